"""The history of one release for staff: verdicts, checks in runs, gaps in monitoring, and statements."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from releases.detection.finding import PublisherSays, publisher_from_json
from releases.evidence import coverage
from releases.models import Address, Observation, Release, Statement, Verification
from releases.models.observation import Purpose
from releases.statements import OpenQuestion, find_open_questions
from releases.verdict.address import last_statements

type Hole = tuple[datetime, datetime]
type ChecksByAddress = Mapping[int, Sequence[CheckEntry]]


@dataclass(frozen=True, slots=True)
class CheckEntry:
    """One check in the history; instants are aware."""

    result: str
    reasons: tuple[str, ...]
    sent_at: datetime
    completed_at: datetime
    said: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive checks with the same result; the first was sent at `first_at`, the last at `last_at`."""

    result: str
    reasons: tuple[str, ...]
    said: str
    first_at: datetime
    last_at: datetime
    checks: int


def fold_runs(checks: Iterable[CheckEntry], *, due_at: datetime) -> list[Run]:
    """Group checks into runs with the same result, reasons and statement. No run crosses the due instant.

    :param checks: the checks of one address in any order.
    """
    runs: list[Run] = []
    for check in sorted(checks, key=lambda check: (check.sent_at, check.completed_at)):
        last = runs[-1] if runs else None
        if last and (
            (last.result, last.reasons, last.said) == (check.result, check.reasons, check.said)
            and (last.last_at < due_at) == (check.sent_at < due_at)
        ):
            runs[-1] = Run(last.result, last.reasons, last.said, last.first_at, check.sent_at, last.checks + 1)
        else:
            runs.append(Run(check.result, check.reasons, check.said, check.sent_at, check.sent_at, 1))
    return runs


@dataclass(frozen=True, slots=True)
class SaidRun:
    """Consecutive checks with the same statement by the publisher's own system, and when they were sent."""

    says: PublisherSays
    first_at: datetime
    last_at: datetime
    checks: int


@dataclass(frozen=True, slots=True)
class AddressRecord:
    """One address with its runs of checks, in order; `checks` is the number of checks.

    `past_caches` are the runs of checks that bypassed caches, which are not judged. `said` are the statements of the
    publisher's own system.
    """

    address: Address
    runs: list[Run]
    check_count: int
    past_caches: list[Run]
    said: list[SaidRun]


@dataclass(frozen=True, slots=True)
class ReleaseRecord:
    """The complete record of one release. `verification` is the verdict on its present schedule."""

    verification: Verification | None
    earlier_verifications: list[Verification]
    addresses: list[AddressRecord]
    holes: list[Hole]
    questions: list[OpenQuestion]
    statements: list[Statement]

    @property
    def verdicts(self) -> list[Verification]:
        """The verdicts on the present and all earlier schedules."""
        return [*([self.verification] if self.verification else []), *self.earlier_verifications]

    @property
    def anything_said(self) -> bool:
        """Whether there is any statement of the publisher's own system."""
        return any(record.said for record in self.addresses)


def release_record_of(release: Release, *, now: datetime) -> ReleaseRecord:
    """Return the record of a release, in a number of queries that does not grow with its checks."""
    verdicts = list(Verification.objects.filter(release=release).order_by("-schedule_version"))
    for verdict in verdicts:
        verdict.release = release  # as read by the caller, with its series
    present = next((v for v in verdicts if v.schedule_version == release.schedule_version), None)
    statements = list(Statement.objects.filter(release=release).select_related("stated_by", "address").in_order())
    checks, said, replayed = _read_checks(release, statements)
    fresh, due_at = _read_fresh_checks(release), release.due_at
    return ReleaseRecord(
        verification=present,
        earlier_verifications=[verdict for verdict in verdicts if verdict is not present],
        addresses=[
            AddressRecord(
                address,
                fold_runs(checks.get(address.pk, ()), due_at=due_at) if due_at else [],
                len(checks.get(address.pk, ())),
                fold_runs(fresh.get(address.pk, ()), due_at=due_at) if due_at else [],
                said.get(address.pk, []),
            )
            for address in release.addresses.all()
        ],
        # No process was running in a replayed past, so coverage cannot show gaps in it.
        holes=[] if replayed else _find_holes(release, checks, now=now),
        questions=find_open_questions([release]),
        statements=statements,
    )


def _read_checks(
    release: Release, statements: list[Statement]
) -> tuple[ChecksByAddress, Mapping[int, list[SaidRun]], bool]:
    """Return the checks of each address by key, its publisher's statements, and whether a past morning was replayed."""
    stated = last_statements((statement.text_digest, statement.kind) for statement in statements)
    checks: dict[int, list[CheckEntry]] = defaultdict(list)
    said: dict[int, list[SaidRun]] = defaultdict(list)
    any_replayed = False
    rows = Observation.objects.to_judge(release).values_list(
        "address_id", "result", "reasons", "sent_at", "completed_at", "text_digest", "replayed", "publisher_says"
    )
    for address, result, reasons, sent_at, completed_at, digest, replayed, says in rows:
        checks[address].append(CheckEntry(result, tuple(reasons), sent_at, completed_at, stated.get(digest, "")))
        if read := publisher_from_json(says):
            runs = said[address]
            if runs and runs[-1].says == read:
                runs[-1] = replace(runs[-1], last_at=sent_at, checks=runs[-1].checks + 1)
            else:
                runs.append(SaidRun(read, sent_at, sent_at, 1))
        any_replayed = any_replayed or replayed
    return checks, said, any_replayed


def _read_fresh_checks(release: Release) -> ChecksByAddress:
    """Return the checks that bypassed caches for the present schedule, by the address's key."""
    checks: dict[int, list[CheckEntry]] = defaultdict(list)
    rows = Observation.objects.filter(
        release=release, schedule_version=release.schedule_version, purpose=Purpose.FRESH, superseded=False
    ).values_list("address_id", "result", "reasons", "sent_at", "completed_at")
    for address, result, reasons, sent_at, completed_at in rows:
        checks[address].append(CheckEntry(result, tuple(reasons), sent_at, completed_at))
    return checks


def _find_holes(release: Release, checks: ChecksByAddress, *, now: datetime) -> list[Hole]:
    """Find the gaps in monitoring, from the first check (or the due instant) to the last one or the limit."""
    if release.due_at is None or now < release.due_at or not release.addresses.exists():
        return []
    made = [check for each in checks.values() for check in each]
    start = min([release.due_at, *(check.sent_at for check in made)])
    end = max([min(release.limit_at, now), *(check.sent_at for check in made)])
    return coverage.find_gaps(start=start, end=end, checks=made) if start < end else []
