"""A person's own imports: upload, confirm, discard. What waits in between is done by `import_turn`."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from releases.core.canonical import sha256_hex
from releases.core.import_status import CONFIRM, DISCARD, IMPORT, OPEN
from releases.core.lifecycle import MoveRefused, SomebodyWasFaster, SomethingMissing
from releases.core.tables import files
from releases.exchange.import_file import Fault
from releases.exchange.import_steps import Outcome, Step, StepKind, Taken
from releases.models import CalendarImport, ImportEvent, ImportRow
from releases.permissions import Action, NotYours, Person, producers_where, roles_anywhere

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class NothingToApply(MoveRefused):
    """Every row is refused or says what the calendar says already."""


def may_import(person: Person) -> bool:
    """Tell whether a person keeps the calendar of any producer."""
    return producers_where(person, Action.EDIT).exists()


def of(person: Person) -> QuerySet[CalendarImport]:
    """Return a person's own imports, the newest first; nobody sees those of others."""
    return CalendarImport.objects.filter(uploaded_by=person.pk).defer("content")


def upload(content: bytes, *, name: str, create_missing: bool, by: "User", at: datetime) -> CalendarImport:
    """Put a file into the queue; nothing of it is read yet, and nothing in the calendar is changed by it.

    :param name: the file's, as it is shown and named in sentences.
    :param create_missing: whether series and contacts that are not known are to be made.
    :param at: the aware instant of uploading.
    :raises NotYours: if the person keeps no producer's calendar.
    :raises NotATableError: if the file is too large.
    """
    if not may_import(by):
        message = f"{by} keeps no producer's calendar."
        raise NotYours(message)
    files.check_size(len(content), name=name)
    with transaction.atomic():
        new = CalendarImport.objects.create(
            uploaded_by=by,
            uploaded_at=at,
            file_name=name[-200:],
            content=content,
            sha256=sha256_hex(content),
            size=len(content),
            create_missing=create_missing,
        )
        ImportEvent.objects.create(of=new, kind="upload", at=at, actor=by, facts={"sha256": new.sha256})
    return new


def confirm(found: CalendarImport, *, skip_refused: bool, by: "User", at: datetime) -> None:
    """Let what the check found be applied: all of it, or without the rows that are refused.

    :param at: the aware instant of confirming.
    :raises SomethingMissing: if rows are refused, and it was not said that they be left out.
    :raises NothingToApply: if no row would change anything.
    :raises MoveRefused: if the import does not wait for this, or the person's roles do not allow it any more.
    """
    IMPORT.check(CONFIRM, source=found.status, roles=roles_anywhere(by))
    counts = counts_of(found)
    if counts[Outcome.REFUSED] and not skip_refused:
        sentence = _("Rows are refused: tick that they are left out, or mend the file and upload it again.")
        raise SomethingMissing("skip_refused", sentence)
    if not counts[Outcome.ADDED] + counts[Outcome.CHANGED]:
        message = _("There is nothing to apply: no row would change anything.")
        raise NothingToApply(message)
    values = {"skip_refused": skip_refused, "rows_done": 0, "notes": []}
    move(found, CONFIRM, values=values, by=by, at=at, facts={outcome.value: n for outcome, n in counts.items()})


def discard(found: CalendarImport, *, by: "User | None", at: datetime) -> None:
    """End an import without changing anything in the calendar; the file goes.

    :param by: the person, or None for the product itself, where nobody came back to it.
    :param at: the aware instant of discarding.
    :raises MoveRefused: if it was confirmed already or has ended.
    """
    move(found, DISCARD, values={}, by=by, at=at)


def counts_of(found: CalendarImport) -> dict[Outcome, int]:
    """Count an import's rows by what becomes of them."""
    rows = ImportRow.objects.filter(of=found).order_by().values("outcome").annotate(rows=Count("pk"))
    counted = {row["outcome"]: row["rows"] for row in rows}
    return {outcome: counted.get(outcome, 0) for outcome in Outcome}


def cancelled_by(found: CalendarImport) -> int:
    """Count the releases that an import cancels, which is for good."""
    changed = ImportRow.objects.filter(of=found, outcome=Outcome.CHANGED).values_list("steps", flat=True)
    return sum(any(Step.from_json(step).kind is StepKind.CANCELLED for step in steps) for steps in changed)


def taken_of(row: ImportRow) -> Taken:
    """Read what becomes of a row from the record."""
    return Taken(
        row.number,
        row.reference,
        Outcome(row.outcome),
        row.title,
        tuple(Step.from_json(step) for step in row.steps),
        tuple(Fault(row.number, column, why) for column, why in row.faults),
    )


def as_row(taken: Taken, *, of: CalendarImport) -> ImportRow:
    """Write what becomes of a row for the record."""
    return ImportRow(
        of=of,
        number=taken.number,
        reference=taken.reference[:200],
        title=taken.title,
        outcome=taken.outcome,
        steps=[step.to_json() for step in taken.steps],
        faults=[[fault.column, fault.why] for fault in taken.faults],
    )


def move(
    found: CalendarImport,
    name: str,
    *,
    values: Mapping[str, Any],
    by: "User | None",
    at: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Make one move of an import, if it still stands where it was read, and write its event.

    :param values: what changes with it; at the end of an import the file goes.
    :param by: the person, or None for the product itself.
    :param at: the aware instant of the move.
    :raises SomebodyWasFaster: if it has moved on.
    :raises MoveRefused: if the table does not allow the move.
    """
    roles = roles_anywhere(by) if by else frozenset()
    row = IMPORT.check(name, source=found.status, roles=roles, by_system=by is None)
    ends = {} if row.target in OPEN else {"content": None, "ended_at": at}
    with transaction.atomic():
        waiting = CalendarImport.objects.filter(pk=found.pk, status=row.source)
        if not waiting.update(status=row.target, claimed_until=None, **ends, **values):
            message = _("This import has moved on since you saw it.")
            raise SomebodyWasFaster(message)
        ImportEvent.objects.create(of=found, kind=name, at=at, actor=by, facts=dict(facts or {}))
    found.refresh_from_db(fields=["status", "notes", "rows_done", "ended_at"])
