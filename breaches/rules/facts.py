"""What is on record about one release that was due: its looks, its verdicts, what people stated."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from releases.detection.finding import AddressRole, LookResult, Source
from releases.rules.calendar import limit_at
from releases.rules.lifecycle import Role
from releases.verdict.address import AddressVerdict, Outcome, Sighting, early_sightings
from releases.verdict.release import Diagnosis


@dataclass(frozen=True, slots=True)
class CheckFact:
    """One look with the codes of its reasons.

    `by_statement` says that a person's word, not the check itself, made the result what it is.
    """

    sighting: Sighting
    reasons: tuple[str, ...] = ()
    by_statement: bool = False


@dataclass(frozen=True, slots=True)
class PastCaches:
    """A look past the caches found the release, and looks as any reader makes them still did not; aware instants.

    `found_at` is when the one was answered, `not_found_until` when the last of the others was sent.
    """

    found_at: datetime
    not_found_until: datetime


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """One address of the release, the verdict on it, and the plain looks under the schedule, in any order.

    `repetitions` is how many more are on record that were not read, because they only repeat what these show.
    """

    url: str
    role: AddressRole
    required: bool
    verdict: AddressVerdict
    looks: tuple[CheckFact, ...] = ()
    past_caches: PastCaches | None = None
    repetitions: int = 0


class StatementFact(StrEnum):
    """What a person may state of an address; the values are those of `releases.models.Statement.Kind`."""

    THIS_IS_IT = "this_is_it"
    PREVIOUS_EDITION = "previous_edition"
    NOT_IT = "not_it"
    WAS_LIVE = "was_live"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person stated, by role and not by name; `live_at` is given for `Said.WAS_LIVE` alone.

    `role` is None where no record holds any more in which role the person spoke.
    """

    said: StatementFact
    role: Role | None
    stated_at: datetime
    live_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class PublisherTime:
    """When the publisher's own system says that the release was published (aware), and by which of its figures."""

    at: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the account of one release is written from. Instants are aware."""

    release_title: str
    series_title: str
    outcome: Outcome
    due_at: datetime
    tolerance_seconds: int
    addresses: tuple[AddressFacts, ...]
    statements: tuple[Statement, ...] = ()
    not_observed: tuple[tuple[datetime, datetime], ...] = ()
    publisher_time: PublisherTime | None = None
    diagnoses: tuple[Diagnosis, ...] = ()

    @property
    def limit_at(self) -> datetime:
        """The last instant at which the release was still on time."""
        return limit_at(self.due_at, tolerance_seconds=self.tolerance_seconds)


def facts_in_order(address: AddressFacts) -> list[CheckFact]:
    """Return the looks at an address in the order in which they were sent."""
    return sorted(address.looks, key=lambda look: (look.sighting.sent_at, look.sighting.completed_at))


def is_before(look: CheckFact, due_at: datetime) -> bool:
    """Tell whether a look was made and answered before the due instant."""
    return look.sighting.instant < due_at and look.sighting.completed_at < due_at


def from_due_on(address: AddressFacts, due_at: datetime) -> list[CheckFact]:
    """Return the looks that count as made at or after the due instant, in order."""
    return [look for look in facts_in_order(address) if look.sighting.instant >= due_at]


def live_before_due(address: AddressFacts, due_at: datetime) -> list[Sighting]:
    """Return the looks that prove that the release was there before the due instant, in order."""
    return early_sightings((look.sighting for look in address.looks), due_at=due_at)


def seen_again(address: AddressFacts, due_at: datetime) -> tuple[CheckFact | None, CheckFact | None]:
    """Find, from the due instant on, the last look without the release before the first with it, and that first.

    Where it was not seen again, the first of the pair is the last look that did not show it.
    """
    looks = from_due_on(address, due_at)
    first = next((look for look in looks if look.sighting.result is LookResult.LIVE), None)
    absent = [
        look
        for look in looks
        if look.sighting.result is LookResult.NOT_LIVE
        and (first is None or look.sighting.sent_at < first.sighting.sent_at)
    ]
    return (absent[-1] if absent else None), first
