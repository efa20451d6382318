"""The record of a release that was due, and of its pre-release access list."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from releases.detection.finding import AddressRole, Source
from releases.rules.calendar import limit_at
from releases.rules.lifecycle import Role
from releases.verdict.address import AddressVerdict, Outcome, Sighting
from releases.verdict.release import Diagnosis


@dataclass(frozen=True, slots=True)
class CheckFact:
    """One check with the codes of its reasons; `by_statement` if a person's statement gave its result."""

    sighting: Sighting
    reasons: tuple[str, ...] = ()
    by_statement: bool = False


@dataclass(frozen=True, slots=True)
class AddressFacts:
    """One address of the release, the verdict on it, and the plain checks under the schedule, in any order.

    `past_caches` is when a check past the caches found the release, and until when plain checks still did not (aware).
    `repetitions` is how many more checks are on record that were not read, because they only repeat what these show.
    """

    url: str
    role: AddressRole
    required: bool
    verdict: AddressVerdict
    checks: tuple[CheckFact, ...] = ()
    past_caches: tuple[datetime, datetime] | None = None
    repetitions: int = 0

    def checks_in_order(self) -> list[CheckFact]:
        """Sort the checks by when they were sent."""
        return sorted(self.checks, key=lambda check: (check.sighting.sent_at, check.sighting.completed_at))

    def checks_since(self, due_at: datetime) -> list[CheckFact]:
        """Return the checks that count as made at or after the due instant, in order."""
        return [check for check in self.checks_in_order() if check.sighting.instant >= due_at]


class StatementFact(StrEnum):
    """What a person may state of an address; the values are those of `releases.models.Statement.Kind`."""

    THIS_IS_IT = "this_is_it"
    PREVIOUS_EDITION = "previous_edition"
    NOT_IT = "not_it"
    WAS_LIVE = "was_live"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person stated, by role and not by name; `live_at` is given for `StatementFact.WAS_LIVE` alone.

    `role` is None if no record says any more in which role the person made it.
    """

    said: StatementFact
    role: Role | None
    stated_at: datetime
    live_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that the account of one release is written from. Instants are aware.

    `publisher_time` is when, by which of its figures, the publisher's own system says that the release was published.
    """

    release_title: str
    series_title: str
    outcome: Outcome
    due_at: datetime
    tolerance_seconds: int
    addresses: tuple[AddressFacts, ...]
    statements: tuple[Statement, ...] = ()
    not_observed: tuple[tuple[datetime, datetime], ...] = ()
    publisher_time: tuple[datetime, Source] | None = None
    diagnoses: tuple[Diagnosis, ...] = ()

    @property
    def limit_at(self) -> datetime:
        """The last instant at which the release was still on time."""
        return limit_at(self.due_at, tolerance_seconds=self.tolerance_seconds)


@dataclass(frozen=True, slots=True)
class PostAccess:
    """The access of one post. Instants are aware; `period_begins_at` is None while the release has no exact date.

    `agreed` if a Head of Profession or deputy agreed to it, as is needed within a day before the release.
    """

    post: str
    organisation: str
    period: str
    period_begins_at: datetime | None
    granted_at: datetime
    agreed: bool = False
    began_at: datetime | None = None
    ended_at: datetime | None = None
    withdrawn_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A change of the list that no one had agreed to when it was read; `kind` is "add", "change" or "withdraw"."""

    kind: str
    post: str
    organisation: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class AccessFacts:
    """A release's list as it was read at the aware instant `read_at`.

    `planned_for` says in words when the release is planned; `due_at` is None while that is vague.
    """

    release_title: str
    series_title: str
    planned_for: str
    due_at: datetime | None
    read_at: datetime
    posts: tuple[PostAccess, ...] = ()
    requests: tuple[AccessRequest, ...] = ()
