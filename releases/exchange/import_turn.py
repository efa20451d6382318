"""What the product does for an import by itself: it checks what was uploaded, and applies what was confirmed."""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q

from releases.core.import_status import APPLY, CHECK, CHECK_AGAIN, FAIL, WAITING, ImportStatus
from releases.core.lifecycle import SomebodyWasFaster
from releases.core.status import Status
from releases.exchange import import_file, importing, imports
from releases.exchange.import_file import FileRefused, Reading, Row
from releases.exchange.import_parties import Parties
from releases.exchange.import_steps import Made, Outcome, Taken, refused_as_read
from releases.models import CalendarImport, ImportRow, Release
from releases.models.event import together

logger = logging.getLogger(__name__)

# Rows are tried some at a time, so that nobody waits long for the database, and whoever watches sees them counted.
ROWS_AT_A_TIME = 20
# For so long an import belongs to the process that took it; it says so again with every few rows.
CLAIM = timedelta(minutes=2)
# All rows are written in one transaction, which takes seconds: not while verdicts fall.
QUIET_BEFORE, QUIET_AFTER = timedelta(minutes=1), timedelta(minutes=4)
FORGOTTEN_AFTER = timedelta(days=14)

OUR_ERROR = "Our own program failed on this file, and nothing was changed. Tell whoever runs it."
CHANGED_MEANWHILE = (
    "The calendar was changed after you had seen what would be done, so nothing was done. Check it again as it is now."
)


@dataclass(frozen=True, slots=True)
class Means:
    """What a turn works with: the time, the names of adapters that there are, and whether to end soon."""

    now: Callable[[], datetime]
    adapters: Collection[str]
    stop: Callable[[], bool] = lambda: False


class _TakenAway(Exception):
    """The import was discarded, or is another process' by now, or is to be left to one."""


class _ChangedMeanwhile(Exception):
    """The calendar is not any more what it was when the rows were tried."""


def take(means: Means) -> int:
    """Check and apply the imports that wait, the longest waiting first; return how many were brought on."""
    _discard_forgotten(now=means.now())
    done = 0
    while not means.stop() and (claimed := _claim(now=means.now())):
        try:
            _bring_on(claimed, means)
        except _TakenAway:
            continue
        except OperationalError:
            # The database may be back in a moment; the claim runs out, and it is tried again.
            raise
        except Exception:
            logger.exception("import %s failed", claimed.pk)
            claimed.refresh_from_db(fields=["status"])
            imports.move(claimed, FAIL, values={"notes": [OUR_ERROR]}, by=None, at=means.now())
            raise
        done += 1
    return done


def is_quiet(*, now: datetime) -> bool:
    """Tell whether no announced release falls due around an aware instant, or waits for its verdict."""
    about = Release.objects.official().filter(due_at__gt=now - QUIET_AFTER, due_at__lte=now + QUIET_BEFORE)
    return not about.filter(status__in=[Status.CONFIRMED, Status.PUBLISHED]).exists()


def _claim(*, now: datetime) -> CalendarImport | None:
    free = CalendarImport.objects.filter(
        Q(claimed_until__isnull=True) | Q(claimed_until__lte=now), status__in=WAITING
    ).order_by("uploaded_at", "pk")
    if not is_quiet(now=now):
        free = free.filter(status=ImportStatus.UPLOADED)
    for key in free.values_list("pk", flat=True):
        if free.filter(pk=key).update(claimed_until=now + CLAIM):
            return CalendarImport.objects.select_related("uploaded_by").get(pk=key)
    return None


def _bring_on(claimed: CalendarImport, means: Means) -> None:
    try:
        reading = import_file.read(bytes(claimed.content or b""), name=claimed.file_name, adapters=means.adapters)
    except FileRefused as refusal:
        imports.move(claimed, FAIL, values={"notes": refusal.sentences}, by=None, at=means.now())
        return
    found, makes = _tried(claimed, reading, means)
    if claimed.status == ImportStatus.UPLOADED:
        _ask(claimed, CHECK, found, makes, at=means.now())
        return
    # Only where all rows, against the calendar as it is now, do what was confirmed are they applied.
    confirmed = {row.number: imports.taken_of(row) for row in ImportRow.objects.filter(of=claimed)}
    if not all(_is_as_confirmed(row, confirmed.get(row.number), claimed) for row in found):
        _ask(claimed, CHECK_AGAIN, found, makes, at=means.now(), notes=[CHANGED_MEANWHILE])
    elif is_quiet(now=means.now()):
        _apply(claimed, reading.rows, found, at=means.now())
    else:
        _let_go(claimed)


def _ask(
    claimed: CalendarImport,
    move: str,
    found: Sequence[Taken],
    makes: Sequence[Made],
    *,
    at: datetime,
    notes: Sequence[str] = (),
) -> None:
    """Show what would be done, and ask for a confirmation of it."""
    with transaction.atomic():
        _store(claimed, found)
        values = {"makes": _written(makes), "notes": list(notes)}
        imports.move(claimed, move, values=values, by=None, at=at, facts=_counted(found))


def _apply(claimed: CalendarImport, rows: Sequence[Row], found: Sequence[Taken], *, at: datetime) -> None:
    try:
        _write(claimed, rows, found, at=at)
    except (_ChangedMeanwhile, IntegrityError):
        # Somebody was there in the very moment between; the next turn tries all rows again, and finds which.
        _let_go(claimed)


def _write(claimed: CalendarImport, rows: Sequence[Row], found: Sequence[Taken], *, at: datetime) -> None:
    """Apply every row that is not refused, in one transaction: all of them, or none."""
    expected = {row.number: row for row in found}
    to_take = [row for row in rows if expected[row.number].outcome is not Outcome.REFUSED]
    with transaction.atomic():
        parties = Parties.known(by=claimed.uploaded_by, create=claimed.create_missing)
        # First, so that of two processes one waits here and then finds it done.
        imports.move(claimed, APPLY, values={}, by=None, at=at, facts=_counted(found))
        with together():
            for taken in importing.take(to_take, parties, at=at):
                if (taken.outcome, taken.steps) != (expected[taken.number].outcome, expected[taken.number].steps):
                    raise _ChangedMeanwhile
        _store(claimed, found)
        CalendarImport.objects.filter(pk=claimed.pk).update(makes=_written(parties.made))


def _tried(claimed: CalendarImport, reading: Reading, means: Means) -> tuple[list[Taken], list[Made]]:
    """Try all rows without keeping anything, and count them where everybody sees it."""
    found, makes = refused_as_read(reading.faults, reading.named), dict[Made, None]()
    total, rows = len(reading.named), reading.rows
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        if means.stop():
            _let_go(claimed)
            raise _TakenAway
        _count(claimed, done=len(found), total=total, now=means.now())
        with transaction.atomic():
            parties = Parties.known(by=claimed.uploaded_by, create=claimed.create_missing)
            found += importing.take(rows[start : start + ROWS_AT_A_TIME], parties, at=means.now())
            transaction.set_rollback(True)  # Django's own signature
        makes |= dict.fromkeys(parties.made)
    _count(claimed, done=total, total=total, now=means.now())
    return sorted(found, key=attrgetter("number")), list(makes)


def _count(claimed: CalendarImport, *, done: int, total: int, now: datetime) -> None:
    mine = CalendarImport.objects.filter(pk=claimed.pk, status=claimed.status, claimed_until=claimed.claimed_until)
    until = now + CLAIM
    if not mine.update(rows_done=done, rows_total=total, claimed_until=until):
        raise _TakenAway
    claimed.claimed_until = until


def _is_as_confirmed(row: Taken, confirmed: Taken | None, claimed: CalendarImport) -> bool:
    """Tell whether a row would do what was confirmed, or less: nothing, or be left out where that was allowed."""
    if confirmed is None:
        return False
    same = (row.outcome, row.steps) == (confirmed.outcome, confirmed.steps)
    left_out = row.outcome is Outcome.REFUSED and claimed.skip_refused
    return same or left_out or (row.outcome is Outcome.UNCHANGED and confirmed.outcome is not Outcome.REFUSED)


def _let_go(claimed: CalendarImport) -> None:
    CalendarImport.objects.filter(pk=claimed.pk).update(claimed_until=None, rows_done=0)


def _discard_forgotten(*, now: datetime) -> None:
    forgotten = CalendarImport.objects.filter(status=ImportStatus.CHECKED, uploaded_at__lt=now - FORGOTTEN_AFTER)
    for found in forgotten.defer("content"):
        with suppress(SomebodyWasFaster):
            imports.discard(found, by=None, at=now)


def _store(claimed: CalendarImport, found: Sequence[Taken]) -> None:
    ImportRow.objects.filter(of=claimed).delete()
    ImportRow.objects.bulk_create([imports.as_row(row, of=claimed) for row in found], batch_size=500)


def _written(makes: Sequence[Made]) -> list[list[str]]:
    return [made.to_json() for made in makes]


def _counted(found: Sequence[Taken]) -> dict[str, int]:
    return {outcome.value: sum(row.outcome is outcome for row in found) for outcome in Outcome}
