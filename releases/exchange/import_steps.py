"""What taking one row of a file does: its outcome, and step by step what becomes of the release."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from releases.exchange.import_file import Fault


class Outcome(StrEnum):
    """What becomes of a row."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class StepKind(StrEnum):
    """What is done to a release, or made for it."""

    RECORDED = "recorded"
    AS_REHEARSAL = "as_rehearsal"
    TITLE_CORRECTED = "title_corrected"
    PAGE_ADDED = "page_added"
    PAGE_CORRECTED = "page_corrected"
    ATTACHMENT_ADDED = "attachment_added"
    ANNOUNCEMENT_ADDED = "announcement_added"
    ANNOUNCEMENT_CORRECTED = "announcement_corrected"
    MOVED = "moved"
    CHANGE_ASKED = "change_asked"
    CONFIRMED = "confirmed"
    ANNOUNCED = "announced"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that is done, from what it was to what it is; empty where the kind says it all."""

    kind: StepKind
    was: str = ""
    to: str = ""

    def to_json(self) -> list[str]:
        """Write it for the record."""
        return [self.kind.value, self.was, self.to]

    @classmethod
    def from_json(cls, written: Sequence[str]) -> "Step":
        """Read it from the record.

        :raises ValueError: if the kind is unknown.
        """
        kind, was, to = written
        return cls(StepKind(kind), was, to)


class Making(StrEnum):
    """What is made because a file speaks of it and nobody knew it."""

    PRODUCER = "producer"
    SERIES = "series"
    CONTACT = "contact"
    RESPONSIBLE = "responsible"


@dataclass(frozen=True, slots=True)
class Made:
    """One thing that is made: a producer, series or contact by its name, or who is responsible for which series."""

    kind: Making
    name: str
    of: str = ""

    def to_json(self) -> list[str]:
        """Write it for the record."""
        return [self.kind.value, self.name, self.of]

    @classmethod
    def from_json(cls, written: Sequence[str]) -> "Made":
        """Read it from the record.

        :raises ValueError: if the kind is unknown.
        """
        kind, name, of = written
        return cls(Making(kind), name, of)


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one row, or would become of it; `title` is empty where the row could not be read."""

    number: int
    reference: str
    outcome: Outcome
    title: str = ""
    steps: tuple[Step, ...] = ()
    faults: tuple[Fault, ...] = ()


def refused(number: int, reference: str, faults: Sequence[Fault], *, title: str = "") -> Taken:
    """Say of a row that it cannot be taken, and why."""
    return Taken(number, reference, Outcome.REFUSED, title, faults=tuple(faults))


def refused_as_read(faults: Sequence[Fault], named: Mapping[int, str]) -> list[Taken]:
    """Gather the faults that were found in reading a file, row by row.

    :param named: by the number of a row what it calls itself.
    """
    by_row: dict[int, list[Fault]] = {}
    for fault in faults:
        by_row.setdefault(fault.row, []).append(fault)
    return [refused(number, named.get(number, ""), found) for number, found in by_row.items()]
