"""Imports of uploaded calendars: people upload and confirm them, and a job checks and applies them."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from releases.imports import apply, parse, publishers
from releases.imports.apply import Creation, ImportOutcome, Parties, RowResult, Step, StepKind, group_faults
from releases.imports.parse import CalendarFile, CalendarRow, FileRefused, RowFault, fold_title
from releases.models import CalendarImport, ImportEvent, ImportRow, Producer, Release
from releases.models.claim import is_unclaimed
from releases.models.event import batch_events
from releases.permissions import Action, NotYours, Person, User, producers_where, roles_anywhere
from releases.rules import tables
from releases.rules.canonical import digest_json, sha256_hex
from releases.rules.imports import (
    APPLY,
    ASK_DATE_ORDER,
    CHANGE_OPTIONS,
    CHECK,
    CHECK_AGAIN,
    CONFIRM,
    DISCARD,
    FAIL,
    IMPORT,
    OPEN,
    SET_DATE_ORDER,
    WAITING,
    WAITING_FOR_PERSON,
    ImportSource,
    ImportStatus,
)
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, MoveRefused, Status
from releases.rules.written_dates import DateOrder, OpenDateOrder

logger = logging.getLogger(__name__)

# Rows are tried in small batches, so that transactions stay short and the page shows the progress.
ROWS_AT_A_TIME = 20
# A process claims an import for this long, and renews the claim before each batch of rows.
CLAIM = timedelta(minutes=2)
# All rows of an import are written in one transaction, which takes seconds. So no import is applied shortly before or
# after a due instant.
QUIET_BEFORE, QUIET_AFTER = timedelta(minutes=1), timedelta(minutes=4)
ABANDONED_AFTER = timedelta(days=14)

OUR_ERROR = (
    "We could not complete this import because of an error in this service. We did not change the calendar. Tell your "
    "administrator."
)
CHANGED_MEANWHILE = (
    "We did not import anything, because another person changed the calendar after you checked the import. Check it "
    "again."
)


class NothingToApply(MoveRefused):
    """Every row is refused or would change nothing."""


def may_import(person: Person) -> bool:
    return producers_where(person, Action.EDIT).exists()


def imports_of(person: Person) -> QuerySet[CalendarImport]:
    """Return a person's own imports, the newest first.

    Imports contain releases that are not announced. So an import is left out if the person may no longer edit each
    producer that it is about, and all are left out if the person may no longer import.
    """
    if not may_import(person):
        return CalendarImport.objects.none()
    of_others = Producer.objects.exclude(pk__in=producers_where(person, Action.EDIT).values("pk"))
    own = CalendarImport.objects.filter(uploaded_by=person.pk)
    return own.exclude(producers__in=of_others).defer("content")


def upload_file(
    content: bytes,
    *,
    name: str,
    create_missing: bool,
    by: User,
    at: datetime,
    source: ImportSource = ImportSource.FILE,
) -> CalendarImport:
    """Queue a file, or the rows of a publisher's calendar, for a check. No release is changed.

    :raises NotYours: if the person may not edit the calendar of any producer.
    :raises NotATableError: if the file is too large.
    """
    if not may_import(by):
        raise NotYours(f"{by} does not manage the calendar of any producer.")
    tables.check_table_size(len(content), name=name)
    with transaction.atomic():
        new = CalendarImport.objects.create(
            uploaded_by=by,
            uploaded_at=at,
            source=source,
            file_name=name[-200:],
            content=content,
            sha256=sha256_hex(content),
            size=len(content),
            create_missing=create_missing,
        )
        ImportEvent.objects.create(of=new, kind="upload", at=at, actor=by, facts={"sha256": new.sha256})
    return new


def digest_result(found: CalendarImport) -> str:
    """Return a digest of the result of a check: the options, the rows, and the other objects that would be created."""
    columns = ("number", "reference", "title", "outcome", "steps", "faults")
    rows = ImportRow.objects.filter(of=found).order_by("number").values_list(*columns)
    return digest_json([found.create_missing, found.date_order, found.makes, list(rows)])


def confirm_import(found: CalendarImport, *, seen: str, skip_refused: bool, by: User, at: datetime) -> None:
    """Confirm a checked import, so that the job applies its rows.

    :param seen: the digest of the result that the person read.
    :param skip_refused: whether to leave out the rows that were refused.
    :raises ChangedMeanwhile: if the result has changed since the person read it.
    :raises MissingFields: if rows were refused and `skip_refused` is false.
    :raises NothingToApply: if no row would change anything.
    :raises MoveRefused: if the import is not waiting for confirmation, or the person's roles no longer allow it.
    """
    IMPORT.check(CONFIRM, source=found.status, roles=roles_anywhere(by))
    with transaction.atomic():
        # Lock the import, so that no check can store a new result before the move.
        stored = CalendarImport.objects.select_for_update(no_key=True).defer("content").get(pk=found.pk)
        if digest_result(stored) != seen:
            sentence = _(
                "We did not import anything, because the result has changed since you opened the page. "
                "Read it again before you confirm."
            )
            raise ChangedMeanwhile(sentence)
        counts = count_outcomes(found)
        if counts[ImportOutcome.REFUSED] and not skip_refused:
            sentence = _("Some rows have errors. Leave them out, or correct the file and upload it again.")
            raise MissingFields("skip_refused", sentence)
        if not counts[ImportOutcome.ADDED] + counts[ImportOutcome.CHANGED]:
            raise NothingToApply(_("There is nothing to import. No row would change your calendar."))
        values = {"skip_refused": skip_refused, "rows_done": 0, "notes": []}
        move_import(found, CONFIRM, values=values, by=by, at=at, facts=_facts_of(counts))


def set_date_order(found: CalendarImport, order: DateOrder, *, by: User, at: datetime) -> None:
    """Record whether the day or the month comes first in the dates of a file, and queue the file for a check.

    :raises MoveRefused: if the import is not waiting for the date order, or the person's roles do not allow it.
    """
    values = {"date_order": order, "notes": []}
    move_import(found, SET_DATE_ORDER, values=values, by=by, at=at, facts={"date_order": order})


def change_options(
    found: CalendarImport, *, create_missing: bool, date_order: DateOrder | None = None, by: User, at: datetime
) -> None:
    """Change the options of a checked import, and queue it for another check.

    :param date_order: the new date order, or None to leave it unchanged. The date order is changed only if a person has
        already set it for this file.
    :raises MoveRefused: if the import is not waiting for confirmation, or the person's roles do not allow it.
    """
    options: dict[str, Any] = {"create_missing": create_missing}
    if date_order is not None and found.date_order:
        options["date_order"] = date_order
    values = {**options, "rows_total": None, "rows_done": 0, "notes": []}
    move_import(found, CHANGE_OPTIONS, values=values, by=by, at=at, facts=options)


def open_date_order(found: CalendarImport) -> OpenDateOrder:
    """Return two example dates from a file whose date order is unknown.

    `day_first` can be read with the day first, and `month_first` can be read with the month first.
    """
    day_first, month_first = found.notes
    return OpenDateOrder(day_first=day_first, month_first=month_first)


def discard_import(found: CalendarImport, *, by: User | None, at: datetime) -> None:
    """End an import without changing the calendar, and delete the file.

    :raises MoveRefused: if the import was confirmed already or has ended.
    """
    move_import(found, DISCARD, values={}, by=by, at=at)


def count_outcomes(found: CalendarImport) -> dict[ImportOutcome, int]:
    rows = ImportRow.objects.filter(of=found).order_by().values("outcome").annotate(rows=Count("pk"))
    counted = {row["outcome"]: row["rows"] for row in rows}
    return {outcome: counted.get(outcome, 0) for outcome in ImportOutcome}


def count_cancellations(found: CalendarImport) -> int:
    changed = ImportRow.objects.filter(of=found, outcome=ImportOutcome.CHANGED).values_list("steps", flat=True)
    return sum(any(Step.from_json(step).kind is StepKind.CANCELLED for step in steps) for steps in changed)


def count_warnings(found: CalendarImport) -> dict[StepKind, int]:
    """Return the number of releases of a checked import for each warning. Warnings without releases are left out."""
    kinds = dict.fromkeys(apply.ALL_WARNINGS, 0)
    for steps in ImportRow.objects.filter(of=found).values_list("steps", flat=True):
        for step in steps:
            kind = Step.from_json(step).kind
            if kind in kinds:
                kinds[kind] += 1
    return {kind: count for kind, count in kinds.items() if count}


def read_row(row: ImportRow) -> RowResult:
    return RowResult(
        row.number,
        row.reference,
        ImportOutcome(row.outcome),
        row.title,
        tuple(Step.from_json(step) for step in row.steps),
        tuple(RowFault(row.number, column, why) for column, why in row.faults),
    )


def move_import(
    found: CalendarImport,
    name: str,
    *,
    values: Mapping[str, Any],
    by: User | None,
    at: datetime,
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Apply a move of the `IMPORT` lifecycle to an import, and record an event.

    :raises ChangedMeanwhile: if the status has changed since the import was read.
    :raises MoveRefused: if the lifecycle does not allow the move.
    """
    roles = roles_anywhere(by) if by else frozenset()
    row = IMPORT.check(name, source=found.status, roles=roles, by_system=by is None)
    ends = {} if row.target in OPEN else {"content": None, "ended_at": at}
    with transaction.atomic():
        waiting = CalendarImport.objects.filter(pk=found.pk, status=row.source)
        if not waiting.update(status=row.target, claimed_until=None, **ends, **values):
            raise ChangedMeanwhile(_("This import has changed since you opened the page."))
        ImportEvent.objects.create(of=found, kind=name, at=at, actor=by, facts=dict(facts or {}))
    found.refresh_from_db(fields=["status", "notes", "rows_done", "ended_at"])


@dataclass(frozen=True, slots=True)
class ImportMeans:
    """The dependencies of one run of the import job.

    `now` returns the current time. `adapters` contains the names of the registered adapters. `stop` returns true if the
    run should end soon. `pause` is called after each batch of rows, so that other processes can write.
    """

    now: Callable[[], datetime]
    adapters: Collection[str]
    stop: Callable[[], bool] = lambda: False
    pause: Callable[[], None] = lambda: None


class _ClaimLost(Exception):
    """This process must stop working on the import.

    The import was discarded, another process has claimed it, or this process is stopping.
    """


class _ChangedMeanwhile(Exception):
    """The calendar has changed since the rows were tried."""


def run_due_import(means: ImportMeans) -> int:
    """Check or apply the waiting imports, oldest first, and return how many were processed."""
    _discard_abandoned(now=means.now())
    done, confirmed = 0, set[int]()
    while not means.stop() and (claimed := _claim(now=means.now())):
        is_retry = claimed.pk in confirmed
        if claimed.status == ImportStatus.CONFIRMED:
            confirmed.add(claimed.pk)
        try:
            _advance(claimed, means, is_retry=is_retry)
        except _ClaimLost:
            continue
        except OperationalError:
            # The database may be available again soon. The import is retried when the claim expires.
            raise
        except Exception:
            logger.exception("import %s failed", claimed.pk)
            claimed.refresh_from_db(fields=["status"])
            move_import(claimed, FAIL, values={"notes": [OUR_ERROR]}, by=None, at=means.now())
            raise
        done += 1
    return done


def is_quiet(*, now: datetime) -> bool:
    """Return True unless a confirmed or published release is due within one minute or was due in the last four minutes.

    In the four minutes after the due time, the verdict on a release may still be pending.

    :param now: aware.
    """
    about = Release.objects.official().filter(due_at__gt=now - QUIET_AFTER, due_at__lte=now + QUIET_BEFORE)
    return not about.filter(status__in=[Status.CONFIRMED, Status.PUBLISHED]).exists()


def _claim(*, now: datetime) -> CalendarImport | None:
    free = CalendarImport.objects.filter(is_unclaimed(CLAIM, now=now), status__in=WAITING)
    free = free.order_by("uploaded_at", "pk")
    if not is_quiet(now=now):
        free = free.filter(status=ImportStatus.UPLOADED)
    for key in free.values_list("pk", flat=True):
        if free.filter(pk=key).update(claimed_until=now + CLAIM):
            return CalendarImport.objects.select_related("uploaded_by").get(pk=key)
    return None


def _advance(claimed: CalendarImport, means: ImportMeans, *, is_retry: bool) -> None:
    """Check an import, or apply it.

    :param is_retry: whether this run has already tried to apply the import. If it fails again, the person is asked to
        check the import again, so that the import neither waits for ever nor delays later imports.
    """
    try:
        reading = _read_content(claimed, means)
    except FileRefused as refusal:
        move_import(claimed, FAIL, values={"notes": refusal.sentences}, by=None, at=means.now())
        return
    except OpenDateOrder as question:
        examples = [question.day_first, question.month_first]
        move_import(claimed, ASK_DATE_ORDER, values={"notes": examples}, by=None, at=means.now())
        return
    found, created = _try_rows(claimed, reading, means)
    if claimed.status == ImportStatus.UPLOADED:
        with transaction.atomic():
            _store_producers(claimed, reading.rows)
            _await_confirmation(claimed, CHECK, found, created, at=means.now())
        return
    # Apply the rows only if each of them would still have the effect that the person confirmed.
    confirmed = {row.number: read_row(row) for row in ImportRow.objects.filter(of=claimed)}
    if not all(_is_as_confirmed(row, confirmed.get(row.number), claimed) for row in found):
        _await_confirmation(claimed, CHECK_AGAIN, found, created, at=means.now(), notes=[CHANGED_MEANWHILE])
    elif not is_quiet(now=means.now()):
        _end_claim(claimed)
    elif not _apply(claimed, reading.rows, found, at=means.now()):
        if is_retry:
            _await_confirmation(claimed, CHECK_AGAIN, found, created, at=means.now(), notes=[CHANGED_MEANWHILE])
        else:
            _end_claim(claimed)


def _read_content(claimed: CalendarImport, means: ImportMeans) -> CalendarFile:
    content = bytes(claimed.content or b"")
    if claimed.source != ImportSource.FILE:
        return parse.read_listed_rows(publishers.cells_from_json(content), adapters=means.adapters)
    order = DateOrder(claimed.date_order) if claimed.date_order else None
    return parse.read_calendar(content, name=claimed.file_name, adapters=means.adapters, order=order)


def _await_confirmation(
    claimed: CalendarImport,
    move: str,
    found: Sequence[RowResult],
    created: Sequence[Creation],
    *,
    at: datetime,
    notes: Sequence[str] = (),
) -> None:
    with transaction.atomic():
        _store_rows(claimed, found)
        values = {"makes": [each.to_json() for each in created], "notes": list(notes)}
        move_import(claimed, move, values=values, by=None, at=at, facts=_count_outcomes(found))


def _apply(claimed: CalendarImport, rows: Sequence[CalendarRow], found: Sequence[RowResult], *, at: datetime) -> bool:
    """Apply the rows in one transaction, if each of them still has the expected effect.

    The rows are not applied if they would create a series or another object that the person did not confirm.

    :param found: the results of the rows when they were tried.
    :return: whether the rows were applied. If not, nothing has changed, and all rows must be tried again.
    """
    expected = {row.number: row for row in found}
    accepted = [row for row in apply.sort_rows(rows) if expected[row.number].outcome is not ImportOutcome.REFUSED]
    try:
        with transaction.atomic():
            parties = Parties.known(by=claimed.uploaded_by, create=claimed.create_missing)
            # This locks the import, so that a second process waits here and then finds the import done.
            move_import(claimed, APPLY, values={}, by=None, at=at, facts=_count_outcomes(found))
            with batch_events():
                for row in apply.import_rows(accepted, parties, at=at):
                    if (row.outcome, row.steps) != (expected[row.number].outcome, expected[row.number].own_steps):
                        raise _ChangedMeanwhile
            if not {Creation.from_json(each) for each in claimed.makes}.issuperset(parties.created):
                raise _ChangedMeanwhile
            _store_rows(claimed, found)
            CalendarImport.objects.filter(pk=claimed.pk).update(makes=[each.to_json() for each in parties.created])
    except (_ChangedMeanwhile, IntegrityError):
        # The transaction was rolled back, but the object in memory still has the new status.
        claimed.refresh_from_db(fields=["status", "notes", "rows_done", "ended_at"])
        return False
    return True


def _try_rows(
    claimed: CalendarImport, reading: CalendarFile, means: ImportMeans
) -> tuple[list[RowResult], list[Creation]]:
    """Import the rows and roll back, to find out what each row would change.

    The progress is stored, so that the page of the import can show it.
    """
    found, created = group_faults(reading), dict[Creation, None]()
    total, rows = len(reading.named), apply.sort_rows(reading.rows)
    before = apply.read_slots(rows)
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        if means.stop():
            _end_claim(claimed)
            raise _ClaimLost
        _report_progress(claimed, done=len(found), total=total, now=means.now())
        with transaction.atomic():
            parties = Parties.known(by=claimed.uploaded_by, create=claimed.create_missing)
            found += apply.import_rows(rows[start : start + ROWS_AT_A_TIME], parties, at=means.now())
            transaction.set_rollback(True)  # the positional boolean is Django's own signature
        created |= dict.fromkeys(parties.created)
        means.pause()
    found = apply.warn_of_passed_editions(found, rows, before)
    _report_progress(claimed, done=total, total=total, now=means.now())
    return sorted(found, key=attrgetter("number")), list(created)


def _report_progress(claimed: CalendarImport, *, done: int, total: int, now: datetime) -> None:
    mine = CalendarImport.objects.filter(pk=claimed.pk, status=claimed.status, claimed_until=claimed.claimed_until)
    until = now + CLAIM
    if not mine.update(rows_done=done, rows_total=total, claimed_until=until):
        raise _ClaimLost
    claimed.claimed_until = until


def _is_as_confirmed(row: RowResult, confirmed: RowResult | None, claimed: CalendarImport) -> bool:
    """Return whether a row may be applied without asking the person again.

    This is true if the row would still do what the person confirmed. It is also true if the row would no longer change
    anything and was not refused before, or if the row is refused now and the person chose to leave out refused rows.
    """
    if confirmed is None:
        return False
    same = (row.outcome, row.steps) == (confirmed.outcome, confirmed.steps)
    left_out = row.outcome is ImportOutcome.REFUSED and claimed.skip_refused
    return (
        same or left_out or (row.outcome is ImportOutcome.UNCHANGED and confirmed.outcome is not ImportOutcome.REFUSED)
    )


def _end_claim(claimed: CalendarImport) -> None:
    CalendarImport.objects.filter(pk=claimed.pk).update(claimed_until=None, rows_done=0)


def _discard_abandoned(*, now: datetime) -> None:
    forgotten = CalendarImport.objects.filter(status__in=WAITING_FOR_PERSON, uploaded_at__lt=now - ABANDONED_AFTER)
    for found in forgotten.defer("content"):
        with suppress(ChangedMeanwhile):
            discard_import(found, by=None, at=now)


def _store_rows(claimed: CalendarImport, found: Sequence[RowResult]) -> None:
    ImportRow.objects.filter(of=claimed).delete()
    rows = [
        ImportRow(
            of=claimed,
            number=row.number,
            reference=row.reference[:200],
            title=row.title,
            outcome=row.outcome,
            steps=[step.to_json() for step in row.steps],
            faults=[[fault.column, fault.why] for fault in row.faults],
        )
        for row in found
    ]
    ImportRow.objects.bulk_create(rows, batch_size=500)


def _store_producers(claimed: CalendarImport, rows: Sequence[CalendarRow]) -> None:
    """Store the producers that the rows name, and those whose releases the rows change.

    Producers of an earlier check stay. Otherwise another check after the loss of a role would open the import again.
    """
    editable = producers_where(claimed.uploaded_by, Action.EDIT)
    names = {fold_title(row.producer) for row in rows}
    named = {producer.pk for producer in editable if fold_title(producer.name) in names}
    releases = Release.objects.select_related("series").only("reference", "series__producer")
    changed = releases.in_bulk([row.reference for row in rows], field_name="reference").values()
    found = named | {release.series.producer_id for release in changed}
    claimed.producers.add(*(found & {producer.pk for producer in editable}))


def _count_outcomes(found: Sequence[RowResult]) -> dict[str, int]:
    return _facts_of({outcome: sum(row.outcome is outcome for row in found) for outcome in ImportOutcome})


def _facts_of(counts: Mapping[ImportOutcome, int]) -> dict[str, int]:
    """Return the counts for the facts of an event.

    If the count of LEFT_OUT is 0, it is omitted, because only imports of publishers' calendars have this outcome.
    """
    return {
        outcome.value: number for outcome, number in counts.items() if number or outcome is not ImportOutcome.LEFT_OUT
    }
