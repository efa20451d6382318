"""Snapshots of announcements, and the nightly comparison of announcements with our calendar."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import F, Q, QuerySet

from releases.detection import govuk
from releases.detection.finding import CheckOutcome
from releases.detection.govuk import (
    CANNOT_TELL,
    Announcement,
    Difference,
    DifferenceKind,
    NoAnnouncementError,
    Ours,
    Problem,
)
from releases.early_findings import unpublished_early_releases
from releases.evidence import repository
from releases.models import Address, Comparison, Observation, Release
from releases.rules import calendar
from releases.rules.lifecycle import TO_COME, Status
from releases.rules.response import Answer
from releases.rules.web_address import NotAWebAddressError, place_of

if TYPE_CHECKING:
    from releases.monitoring.adhoc_checks import AdhocCheck, AdhocMeans

# The first snapshot of an announcement is due at once. Further snapshots are due at these times, counted from the due
# time of the release. Snapshots are also taken after the release, because the publisher's system may then replace the
# announcement.
AGAIN = (-timedelta(hours=1), timedelta(minutes=10), timedelta(days=1))
GIVE_UP = timedelta(days=7)
SNAPSHOT_RETRY_AFTER = timedelta(minutes=15)
SNAPSHOTS_AT_A_TIME = 20

_UNREAD = (CheckOutcome.OBSERVER_FAULT, CheckOutcome.UNREACHABLE)


def is_snapshot_due(*, seen_at: datetime | None, tried_at: datetime | None, due_at: datetime, now: datetime) -> bool:
    """Return whether a snapshot of an announcement is due.

    A snapshot is due if the announcement was never read, or if it was not read since the last planned instant. After a
    failed check, the next check is due 15 minutes later.

    :param seen_at: when the announcement was last read.
    :param tried_at: when the announcement was last requested.
    """
    if tried_at is not None and tried_at > now - SNAPSHOT_RETRY_AFTER and (seen_at is None or tried_at > seen_at):
        return False
    if seen_at is None:
        return True
    return any(seen_at < due_at + after <= now for after in AGAIN)


def make_due_snapshots(*, means: "AdhocMeans", now: datetime) -> "list[AdhocCheck]":
    """Check a batch of the announcements whose snapshot is due, and store the results."""
    addresses = (
        Address.objects.filter(
            ~Q(release__status=Status.CANCELLED),
            role=Address.Role.ANNOUNCEMENT,
            release__due_at__gt=now - GIVE_UP,
        )
        .annotate(
            tried_at=repository.last_announcement_check(),
            seen_at=repository.last_announcement_check(without=_UNREAD),
            due_at=F("release__due_at"),
        )
        .select_related("release__series__producer")
        .order_by("release__due_at", "pk")
    )
    due = [
        address
        for address in addresses
        if is_snapshot_due(seen_at=address.seen_at, tried_at=address.tried_at, due_at=address.due_at, now=now)
    ]
    return means.check_addresses(due[:SNAPSHOTS_AT_A_TIME], now=now) if due else []


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The content of an announcement, as found by one or more consecutive checks with the same result.

    `leads_to` is the target of a redirect, or "". `first_at` and `last_at` are the instants at which the first and the
    last check were sent.
    """

    observation: Observation
    leads_to: str
    first_at: datetime
    last_at: datetime
    checks: int

    @property
    def was_read(self) -> bool:
        return self.observation.result not in _UNREAD


def snapshots_of(release: Release) -> list[Snapshot]:
    """Return the snapshots of a release's announcement. Consecutive checks with the same result are one snapshot."""
    snapshots: list[Snapshot] = []
    previous = None
    for observation in repository.read_announcement_checks(release):
        last_url = observation.hops[-1][0] if observation.hops else ""
        leads_to = last_url if len(observation.hops) > 1 and last_url != observation.url else ""
        result = (observation.url, observation.result, observation.reasons, observation.body_sha256, leads_to)
        if result == previous:
            last = snapshots[-1]
            snapshots[-1] = replace(last, last_at=observation.sent_at, checks=last.checks + 1)
        else:
            snapshots.append(Snapshot(observation, leads_to, observation.sent_at, observation.sent_at, 1))
        previous = result
    return snapshots


ADAPTER = "govuk"
GOVUK = "https://www.gov.uk/"
COMPARISONS_AT_A_TIME = 10
# An inconclusive comparison is retried every hour until four hours after its planned time.
COMPARISON_RETRY_AFTER = timedelta(hours=1)
TRIED_AGAIN_FOR = timedelta(hours=4)
# If only the month or the two months of a release are known, the release counts as a future release for 62 days from
# `planned_on`, because two months have at most 62 days.
LONGEST_VAGUE = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """The result of comparing a release with its announcement.

    `read_at` is when the announcement was last read, and `tried_at` when we last tried to read it. If the last attempt
    failed, `problem` is the reason.
    """

    release: Release
    url: str
    differences: tuple[Difference, ...]
    read_at: datetime | None
    tried_at: datetime
    problem: Problem | None

    @property
    def shows_publication(self) -> bool:
        """Whether the announcement of a release that is not published yet leads to published statistics.

        If they are the statistics of this release, it was published early. So this is not shown in lists, and only
        people who may know about early releases are notified of it or see it on the page of the release.
        """
        kinds = {difference.kind for difference in self.differences}
        return DifferenceKind.PUBLISHED in kinds and self.release.status in TO_COME


def comparison_planned_at(*, at: time, now: datetime) -> datetime:
    today = datetime.combine(calendar.local_date(now), at, tzinfo=calendar.LONDON)
    return today if today <= now else today - timedelta(days=1)


def announcements_to_come(*, now: datetime) -> QuerySet[Address]:
    """Return the GOV.UK announcements of future releases, including cancelled ones."""
    vague_since = calendar.local_date(now) - LONGEST_VAGUE
    to_come = Q(release__due_at__gt=now) | Q(release__due_at__isnull=True, release__planned_on__gte=vague_since)
    return (
        Address.objects.filter(
            to_come,
            Q(adapter=ADAPTER) | Q(url__startswith=GOVUK),
            role=Address.Role.ANNOUNCEMENT,
            release__rehearsal=False,
        )
        .exclude(release__status=Status.PUBLISHED)
        .select_related("release__series__producer", "comparison")
        .order_by("release__planned_on", "pk")
    )


def due_comparisons(*, at: time, now: datetime) -> QuerySet[Address]:
    """Return the announcements that were not read since the last planned comparison.

    If a release was found early, its announcement is left out until the release is published, so that its last
    comparison does not change. If lists showed a newer comparison or no comparison, they would disclose that the
    release was found early.

    :param at: STATSOFFICE_COMPARISON_AT, London time.
    """
    planned = comparison_planned_at(at=at, now=now)
    never = Q(comparison__isnull=True) | ~Q(comparison__url=F("url"))
    again = Q(comparison__tried_at__lt=planned)
    if now < planned + TRIED_AGAIN_FOR:
        again |= ~Q(comparison__problem="") & Q(comparison__tried_at__lte=now - COMPARISON_RETRY_AFTER)
    unpublished = unpublished_early_releases()
    return announcements_to_come(now=now).filter(never | again).exclude(release__in=unpublished.values("pk"))


def make_due_comparisons(*, at: time, means: "AdhocMeans", now: datetime) -> int:
    """Read a batch of the due announcements and store their content.

    :param at: STATSOFFICE_COMPARISON_AT, London time.
    :return: the number of announcements that could be requested.
    """
    return compare_announcements(due_comparisons(at=at, now=now)[:COMPARISONS_AT_A_TIME], means=means, now=now)


def compare_announcements(addresses: Iterable[Address], *, means: "AdhocMeans", now: datetime) -> int:
    """Read some announcements and store their content.

    If the release has an exact date and the address has the GOV.UK adapter, the check is stored as evidence like any
    other check. Otherwise, no check is stored.

    :return: the number of announcements that could be requested.
    """
    readable = [address for address in addresses if _has_valid_address(address, now=now)]
    evidence = [address for address in readable if address.adapter == ADAPTER and address.release.due_at]
    checks = means.check_addresses(evidence, now=now) if evidence else []
    answers: dict[int, Answer | None] = {check.row.address_id: check.answer for check in checks}
    for address in readable:
        if address not in evidence:
            answers[address.pk] = means.request_address(address.url, adapter=ADAPTER, now=now)
    for address in readable:
        if answer := answers.get(address.pk):
            _store(address, _read(answer), at=answer.completed_at)
    return sum(answer is not None for answer in answers.values())


def _has_valid_address(address: Address, *, now: datetime) -> bool:
    try:
        place_of(address.url)
    except NotAWebAddressError:
        # Store the problem, because an announcement without a row would always be due.
        _store(address, Problem.UNREACHABLE, at=now)
        return False
    return True


def _read(answer: Answer) -> Announcement | Problem:
    try:
        return govuk.read_announcement(answer)
    except NoAnnouncementError as none:
        return none.problem


def _store(address: Address, found: Announcement | Problem, *, at: datetime) -> None:
    row = Comparison.objects.filter(address=address).first() or Comparison(address=address, tried_at=at)
    if row.url != address.url:
        row.url, row.read_at, row.said, row.missing = address.url, None, {}, ""
    row.tried_at, row.problem = at, ""
    if isinstance(found, Problem) and found in CANNOT_TELL:
        row.problem = found.value
    else:
        row.read_at = at
        row.missing = found.value if isinstance(found, Problem) else ""
        row.said = {} if isinstance(found, Problem) else govuk.announced_to_json(found)
        differences = [[difference.kind.value, difference.theirs] for difference in _differences(row, address.release)]
        if any(difference not in row.told for difference in differences):
            row.news, row.news_at = row.news + 1, at
        row.told, row.differs = differences, bool(differences)
    row.save()


def compare_with_latest(addresses: Iterable[Address]) -> list[ComparisonResult]:
    """Compare the present facts of releases with the content that was last read from their announcements."""
    results = []
    for address in addresses:
        row = getattr(address, "comparison", None)
        # Content that was read from a previous address does not apply to the present address.
        if row is None or row.url != address.url:
            continue
        results.append(
            ComparisonResult(
                release=address.release,
                url=address.url,
                differences=tuple(_differences(row, address.release)),
                read_at=row.read_at,
                tried_at=row.tried_at,
                problem=Problem(row.problem) if row.problem else None,
            )
        )
    return results


def find_differences(announcements: QuerySet[Address]) -> list[ComparisonResult]:
    """Return the results for the announcements that differ from our present calendar."""
    return [each for each in compare_with_latest(announcements.filter(comparison__differs=True)) if each.differences]


def _differences(row: Comparison, release: Release) -> list[Difference]:
    ours = Ours(title=release.title, slot=release.slot, status=Status(release.status))
    if row.missing:
        return govuk.compare_problem(ours, Problem(row.missing))
    said: Announcement | None = govuk.announced_from_json(row.said) if row.said else None
    return govuk.compare_announcement(ours, said) if said else []
