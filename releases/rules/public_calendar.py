"""The announced facts of a release, which the public calendar, its feeds and its API show.

These types have no fields for private plans, checks, findings or notes. So this data cannot be published by mistake.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID, uuid5

from releases.rules.calendar import Precision, Slot, month_of
from releases.rules.lifecycle import Status


class PublicStatus(StrEnum):
    """The status of a release in the public calendar; "postponed" is derived and never stored."""

    PROVISIONAL = "provisional"
    CONFIRMED = "confirmed"
    POSTPONED = "postponed"
    PUBLISHED = "published"
    CANCELLED = "cancelled"


class PublicEvent(StrEnum):
    ANNOUNCED = "announced"
    CONFIRMED = "confirmed"
    MOVED = "moved"
    CANCELLED = "cancelled"
    PUBLISHED = "published"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class Bilingual:
    """A title or a name in English and in Welsh. `welsh` is empty if the producer has not entered a Welsh text."""

    english: str
    welsh: str = ""


@dataclass(frozen=True, slots=True)
class SlugName:
    slug: str
    name: str
    welsh_name: str = ""

    @property
    def names(self) -> Bilingual:
        return Bilingual(self.name, self.welsh_name)


@dataclass(frozen=True, slots=True)
class AnnouncedMove:
    """An announced change of the date of a release from `was` to `to`. All instants are aware.

    `reason` is the present public reason. If this reason was corrected, `first_reason` is the original reason,
    `corrections` is the number of corrections, and `corrected_at` is the instant of the last correction.
    """

    version: int
    was: Slot
    to: Slot
    reason: str
    announced_at: datetime
    first_reason: str = ""
    corrections: int = 0
    corrected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AnnouncedCorrection:
    """A correction of a published release, with a notice for readers. All instants are aware.

    `notice` is empty if the notice was withdrawn. `announced_at` is the instant at which the first notice was
    published. `updated_at` is the instant of the last change of the notice or of `corrected_at`. `corrected_at` is None
    until the statistics are corrected.
    """

    number: int
    notice: str
    announced_at: datetime
    updated_at: datetime
    corrected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AnnouncedRelease:
    """The announced facts of one release. All instants are aware.

    `page` is the address of the release's web page. It is empty until the release is due and live.
    """

    public_id: UUID
    reference: str
    title: str
    status: PublicStatus
    slot: Slot
    due_at: datetime | None
    announced_at: datetime
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    cancellation_reason: str
    designation: str
    series: SlugName
    producer: SlugName
    moves: tuple[AnnouncedMove, ...] = ()
    page: str = ""
    welsh_title: str = ""
    corrections: tuple[AnnouncedCorrection, ...] = ()

    @property
    def titles(self) -> Bilingual:
        return Bilingual(self.title, self.welsh_title)

    @property
    def listed_correction(self) -> AnnouncedCorrection | None:
        """The correction that lists name, or None if no notice is in force.

        This is a correction that is still to be made. If there is none, it is the one that was made last.
        """
        in_force = (one for one in self.corrections if one.notice)
        return max(
            in_force, key=lambda one: (one.corrected_at is None, one.corrected_at or one.announced_at), default=None
        )

    @property
    def sequence(self) -> int:
        ended = self.status in {PublicStatus.PUBLISHED, PublicStatus.CANCELLED}
        corrections = sum(move.corrections for move in self.moves)
        return len(self.moves) + corrections + (self.confirmed_at is not None) + ended

    @property
    def changed_at(self) -> datetime:
        return max(change.updated_at for change in changes_of(self))


@dataclass(frozen=True, slots=True)
class MoveNotice:
    """The notice of a move or a cancellation at the top of the public page of a release.

    The notice of a move is shown only while the release is still to come. `to` is None for a cancellation.
    `announced_at` is aware. It is None in a preview, before the move or the cancellation is made.
    """

    was: Slot
    to: Slot | None
    reason: str
    announced_at: datetime | None = None

    @property
    def is_later(self) -> bool:
        was, to = self._instants
        return was is not None and to is not None and to > was

    @property
    def is_earlier(self) -> bool:
        was, to = self._instants
        return was is not None and to is not None and to < was

    @property
    def is_exact_day(self) -> bool:
        """Whether the release had a month or two months before, and now has a day within them (decision 158)."""
        return self.to is not None and self.to.is_day_within(self.was)

    @property
    def _instants(self) -> tuple[datetime | None, datetime | None]:
        return self.was.due_at, self.to.due_at if self.to else None


@dataclass(frozen=True, slots=True)
class Change:
    """One change in the public history of a release. All instants are aware.

    `slot` is the date after the change. `was` is the date before a move. `reason` is the public reason or, for a
    correction, the notice for readers. `changed_at` is the instant at which this text was last changed. `corrected_at`
    is the instant at which the statistics were corrected, or None if they are not corrected yet. `at` is the instant of
    the announcement. For a publication, `at` is the announced time of the release, because the time at which we found
    the release live is not an announced fact.
    """

    id: UUID
    kind: PublicEvent
    at: datetime
    release: AnnouncedRelease
    slot: Slot
    was: Slot | None = None
    reason: str = ""
    changed_at: datetime | None = None
    corrected_at: datetime | None = None
    confirmed: bool = False

    @property
    def updated_at(self) -> datetime:
        return self.changed_at or self.at


def public_status(status: str, *, last_move: tuple[Slot, Slot] | None) -> PublicStatus:
    if status == Status.CONFIRMED and last_move:
        was, to = (slot.due_at for slot in last_move)
        if was and to and to > was:
            return PublicStatus.POSTPONED
    return PublicStatus(status)


def days_of(slot: Slot) -> tuple[date, date]:
    """Return the first and the last day that a slot covers. For an exact date, both are the same day."""
    if slot.precision is Precision.EXACT:
        return slot.on, slot.on
    month = month_of(slot.on)
    return month.first, (month.next if slot.precision is Precision.TWO_MONTHS else month).last


def changes_of(release: AnnouncedRelease) -> list[Change]:
    """Return the announcement of a release and all later changes, in order.

    Changes before the announcement are not listed, because the announcement already includes their results.
    """
    confirmed_at, cancelled_at = release.confirmed_at, release.cancelled_at
    first = _change(release, PublicEvent.ANNOUNCED, at=release.announced_at)
    later = [
        _change(release, PublicEvent.MOVED, at=move.announced_at, move=move, reason=move.reason)
        for move in release.moves
    ]
    if confirmed_at and not first.confirmed:
        later.append(_change(release, PublicEvent.CONFIRMED, at=confirmed_at))
    if cancelled_at:
        later.append(_change(release, PublicEvent.CANCELLED, at=cancelled_at, reason=release.cancellation_reason))
    later.sort(key=lambda change: change.at)
    if release.status is PublicStatus.PUBLISHED and release.due_at:
        later.append(_change(release, PublicEvent.PUBLISHED, at=release.due_at))
    return [first, *later, *(_correction(release, one) for one in release.corrections)]


def _correction(release: AnnouncedRelease, correction: AnnouncedCorrection) -> Change:
    return Change(
        id=uuid5(release.public_id, f"{PublicEvent.CORRECTED} {correction.number}"),
        kind=PublicEvent.CORRECTED,
        at=correction.announced_at,
        release=release,
        slot=release.slot,
        reason=correction.notice,
        changed_at=correction.updated_at,
        corrected_at=correction.corrected_at,
        confirmed=True,
    )


def _change(
    release: AnnouncedRelease, kind: PublicEvent, *, at: datetime, move: AnnouncedMove | None = None, reason: str = ""
) -> Change:
    return Change(
        id=uuid5(release.public_id, f"{kind} {move.version}" if move else kind),
        kind=kind,
        at=at,
        release=release,
        slot=move.to if move else _slot_at(release, at),
        was=move.was if move else None,
        reason=reason,
        changed_at=move.corrected_at if move else None,
        confirmed=release.confirmed_at is not None and release.confirmed_at <= at,
    )


def _slot_at(release: AnnouncedRelease, at: datetime) -> Slot:
    return next((move.was for move in release.moves if move.announced_at > at), release.slot)
