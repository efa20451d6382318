"""Taking a file's planned releases into the calendar: all of them, or none if one cannot be taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING

from django.db import transaction

from releases.core.lifecycle import MoveRefused
from releases.exchange import import_parties, import_row
from releases.exchange.import_file import Fault, FileRefused, Reading, Row
from releases.exchange.import_parties import Parties, RowRefused
from releases.exchange.import_steps import Made, Outcome, Taken, refused, refused_as_read
from releases.models import Release
from releases.models.event import together

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

COLUMNS = {"planned_on": "scheduled_for", "planned_at": "scheduled_for", "exact_date": "scheduled_for"}


@dataclass(slots=True)
class Imported:
    """What an import did, or in a dry run would do: row by row, and what was made beside it."""

    taken: list[Taken] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)

    def of(self, outcome: Outcome) -> list[Taken]:
        """Return the rows with an outcome."""
        return [row for row in self.taken if row.outcome is outcome]


def import_reading(
    reading: Reading,
    *,
    at: datetime,
    by: "User | None" = None,
    create: bool = False,
    skip_refused: bool = False,
    dry_run: bool = False,
) -> Imported:
    """Take planned releases into the calendar in one transaction.

    New ones are recorded and, where the row says so, confirmed; a confirmed one that is no rehearsal is announced
    with it. Of those that are there already, the title and the addresses follow the file, a provisional date moves,
    and a provisional release is confirmed where the file says so. Cells that are empty say nothing.

    :param reading: what the file holds.
    :param at: the aware instant of importing.
    :param by: the person who imports, for the producers whose calendar they keep; None for an operator.
    :param create: whether series and contacts that are not known are made, by an operator producers too.
    :param skip_refused: whether rows that cannot be taken are left out.
    :param dry_run: whether everything is tried and nothing is kept.
    :raises FileRefused: if a row cannot be taken and none is to be left out; then nothing is changed.
    """
    with transaction.atomic():
        parties = Parties.known(by=by, create=create)
        refused_before = refused_as_read(reading.faults, reading.named)
        with together():
            taken = [*refused_before, *take(reading.rows, parties, at=at)]
        imported = Imported(sorted(taken, key=attrgetter("number")), parties.made)
        faults = [fault for row in imported.taken for fault in row.faults]
        if faults and not skip_refused:
            raise FileRefused(faults)
        transaction.set_rollback(dry_run)
    return imported


def take(rows: Sequence[Row], parties: Parties, *, at: datetime) -> Iterator[Taken]:
    """Take rows one by one into the calendar, within the caller's transaction; one that is refused changes nothing.

    :param at: the aware instant of importing.
    """
    there = Release.objects.select_related("series__producer").prefetch_related("addresses")
    known = there.in_bulk([row.reference for row in rows], field_name="reference")
    for row in rows:
        yield _taken(row, known.get(row.reference), parties, at=at)


def _taken(row: Row, release: Release | None, parties: Parties, *, at: datetime) -> Taken:
    try:
        with transaction.atomic(), together():
            taken = _followed_or_recorded(row, release, parties, at=at)
    except (RowRefused, MoveRefused) as refusal:
        parties.take_back()
        fault = Fault(row.number, _column(refusal), str(refusal))
        return refused(row.number, row.reference, [fault], title=row.title)
    parties.accept()
    return taken


def _followed_or_recorded(row: Row, release: Release | None, parties: Parties, *, at: datetime) -> Taken:
    if release is not None and parties.by is not None and not parties.keeps(release.series.producer):
        # Of a release of somebody else's the file learns that its name is taken, and nothing more.
        raise RowRefused("reference", f'"{row.reference}" is not free: choose another reference.')
    series = import_parties.series_of(row, parties)
    if release is None:
        steps = import_row.record(row, series, by=parties.by, at=at)
        return Taken(row.number, row.reference, Outcome.ADDED, row.title, tuple(steps))
    steps = import_row.follow(row, release, series, by=parties.by, at=at)
    outcome = Outcome.CHANGED if steps else Outcome.UNCHANGED
    return Taken(row.number, row.reference, outcome, row.title, tuple(steps))


def _column(refusal: RowRefused | MoveRefused) -> str:
    if isinstance(refusal, RowRefused):
        return refusal.column
    return COLUMNS.get(getattr(refusal, "field", ""), "scheduled_for")
