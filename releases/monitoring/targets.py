"""The monitored addresses (targets), and the next check of each."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from operator import attrgetter

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet

from releases.detection.finding import AddressRole, CheckOutcome, EarlierTexts, Expectation, Finding
from releases.evidence.repository import read_texts_before
from releases.models import Address, CheckSchedule, NotFoundPage, Release, Series, Statement
from releases.models.observation import Purpose
from releases.rules import cadence
from releases.rules.page_view import BROWSER
from releases.rules.parts import Part
from releases.rules.response import Answer
from releases.rules.web_address import NotAWebAddressError, place_if_any, place_of

logger = logging.getLogger(__name__)


READ_AT_A_TIME = 500
# A claim plans the first checks of at most this many new addresses. Later claims plan the rest, because due checks must
# wait until a claim ends.
ENROLLED_AT_A_TIME = 10_000
# Each batch repeats the search for monitored releases, so targets are compared in large batches. A batch of this size
# takes some megabytes of memory.
COMPARED_AT_A_TIME = 2500
AHEAD = cadence.FIRST_CHECK
BEHIND = cadence.GIVE_UP

# The columns of an address and its release that people can correct.
_CORRECTABLE = (
    "url",
    "role",
    "marker",
    "adapter",
    "part",
    "may_follow_minutes",
    "release__title",
    "release__welsh_title",
    "release__series__title",
    "release__series__welsh_title",
    "release__schedule_version",
    "release__due_at",
    "release__series__tolerance_seconds",
)
_correctable_of = attrgetter(*(name.replace("__", ".") for name in _CORRECTABLE))


def split_valid_addresses(addresses: Iterable[Address]) -> tuple[list[Address], list[NotAWebAddressError]]:
    """Return the addresses that can be requested, and an error for each other address.

    The errors are also logged.

    :param addresses: with `release` selected.
    """
    valid: list[Address] = []
    faults: list[NotAWebAddressError] = []
    for address in addresses:
        try:
            place_of(address.url)
        except NotAWebAddressError as fault:
            reference = address.release.reference
            logger.error("%s has an address that cannot be checked: %s", reference, fault, extra={"release": reference})
            faults.append(fault)
        else:
            valid.append(address)
    return valid, faults


@dataclass(frozen=True, slots=True)
class CheckKey:
    """Identifies one check: the key of its address, the aware instant for which it is planned, and its purpose."""

    address: int
    planned_at: datetime
    purpose: Purpose


@dataclass(slots=True)
class Target:
    """One monitored address in the memory of a sweep."""

    address: Address
    schedule_version: int
    due_at: datetime
    limit_at: datetime
    host: str
    allowed_hosts: frozenset[str]
    texts_before: EarlierTexts
    statements: dict[str, str]
    part_limit_at: datetime | None = None
    """The later limit of a part that may be published after the release time; None for all other addresses."""
    next_check_at: datetime | None = None
    last_planned_at: datetime | None = None
    live_since: datetime | None = None
    """Since when the page is judged live."""
    found_live_at: datetime | None = None
    """When a check found the page live at or after the due time, until the release is judged."""
    live_early_at: list[datetime] = field(default_factory=list)
    fresh_checks: int = 0
    closest: timedelta = cadence.CLOSEST
    is_counted: bool = False
    """Whether the checks of this address were selected to be counted before the limit. See `Sweep._count_checks`."""

    @property
    def last_limit_at(self) -> datetime:
        return self.part_limit_at or self.limit_at

    @property
    def is_live(self) -> bool:
        """Whether the page is judged live, or was found live and is not judged yet."""
        return bool(self.live_since or self.found_live_at)

    @property
    def next_decides(self) -> bool:
        """Whether the next check decides the verdict, because it is planned for the due instant or a limit."""
        return self.decides(self.next_check_at)

    @property
    def next_check_to_save(self) -> datetime | None:
        """When another process has to check the page if it takes over.

        If the page was found live and this process ends before the verdict, the other process must check it at once.
        """
        return self.found_live_at + cadence.CLOSEST if self.found_live_at else self.next_check_at

    def decides(self, at: datetime | None) -> bool:
        return at is not None and at in {self.due_at, self.limit_at, self.part_limit_at}

    def is_near_decision(self, now: datetime, *, within: timedelta) -> bool:
        """Return whether an instant is near the due time or a limit.

        An instant is near if it is between the due time and the limit, or no more than `within` from the due time, the
        limit or `part_limit_at`.
        """
        at_part_limit = self.part_limit_at is not None and abs(now - self.part_limit_at) <= within
        return self.due_at - within <= now <= self.limit_at + within or at_part_limit

    def expectation(self, *, controls_fail: bool, not_found: NotFoundPage | None) -> Expectation:
        """Return the expectation to compare a response of this address with.

        :param controls_fail: whether the control requests failed too.
        :param not_found: the host's page for missing addresses, if known.
        """
        release = self.address.release
        title, series_title = release.title, release.series.title
        if self.address.part == Part.WELSH_PAGE:
            title, series_title = release.welsh_title or title, release.series.welsh_title or series_title

        def texts_stated(kind: str) -> frozenset[str]:
            return frozenset(digest for digest, stated in self.statements.items() if stated == kind)

        return Expectation(
            role=AddressRole(self.address.role),
            url=self.address.url,
            marker=self.address.marker,
            release_title=title,
            series_title=series_title,
            negative_markers=release.series.producer.phrases_of_absence(),
            texts_not_live=self.texts_before.lasting,
            texts_before=self.texts_before.all,
            previous_edition_texts=texts_stated(Statement.Kind.PREVIOUS_EDITION),
            confirmed_texts=texts_stated(Statement.Kind.THIS_IS_IT),
            controls_fail=controls_fail,
            due_at=self.due_at,
            not_found_text=not_found.text if not_found else "",
            not_found_certain=not_found is not None and not_found.status in {404, 410},
            needs_scripts=self.address.part == Part.DASHBOARD and self.address.adapter != BROWSER,
            is_translation=self.address.part == Part.WELSH_PAGE,
        )

    def note(self, answer: Answer, finding: Finding, *, now: datetime) -> None:
        """Record the result of a plain check, and plan the next check again if the check found the release live.

        If the response was complete before the due time, the planned instant of a live check is added to
        `live_early_at`. Otherwise, the page is checked less often at once, because its verdict may have to wait until
        thousands of other responses are examined. If the check did not find the release, its text is recorded for
        comparison with later texts.
        """
        is_live = finding.result is CheckOutcome.LIVE
        if answer.completed_at >= self.due_at:
            if is_live and not self.is_live:
                self.found_live_at = answer.completed_at
                self.plan_next(now=now)
            return
        if is_live:
            self.live_early_at.append(answer.planned_at)
            if len(self.live_early_at) == 1:
                self.plan_next(now=now)
        sent_at, reasons = answer.sent_at, finding.reasons
        self.texts_before.note(finding.result, reasons, finding.text_digest, first=sent_at, last=sent_at)

    def take_verdict(self, *, live_since: datetime | None, now: datetime) -> bool:
        """Take over from the verdict since when the page is live, and return whether the next check was planned again.

        :param live_since: None if the page is not judged live.
        """
        if self.live_since == live_since and not self.found_live_at:
            return False
        self.live_since, self.found_live_at = live_since, None
        self.plan_next(now=now)
        return True

    def plan_next(self, *, now: datetime) -> None:
        """Plan the check that follows the last planned check, according to the cadence."""
        self.next_check_at = cadence.next_check_at(
            due_at=self.due_at,
            limit_at=self.limit_at,
            after=self.last_planned_at,
            now=now,
            key=self.address.url,
            closest=self.closest,
            live_since=self.live_since or self.found_live_at,
            is_judged=not self.found_live_at,
            live_early=self.live_early_at[0] if len(self.live_early_at) == 1 else None,
            may_follow=self.address.may_follow,
        )


def find_changed_targets(
    targets: Mapping[int, Target], monitored: QuerySet[Address], *, judged: bool = True
) -> set[int]:
    """Return the keys of the targets that differ from the database or are no longer monitored.

    :param judged: whether to compare `live_since`, which changes when a release is judged.
    """
    rows, same = monitored.select_related(None).values_list("pk", "schedule__live_since", *_CORRECTABLE), set()
    for some in batched(targets, COMPARED_AT_A_TIME):
        for key, live_since, *stored in rows.filter(pk__in=some):
            target = targets[key]
            if (live_since == target.live_since or not judged) and tuple(stored) == _correctable_of(target.address):
                same.add(key)
    return targets.keys() - same


def save_targets(targets: Iterable[Target]) -> None:
    """Save the `next_check_at` and `live_since` of targets.

    The schedule version is saved too. If the release was moved meanwhile, and another sweep has already planned its
    checks, the version no longer matches. Then the next sweep plans the checks again (`enrol_addresses`).
    """
    schedules = []
    for target in targets:
        schedule = target.address.schedule
        schedule.next_check_at, schedule.live_since = target.next_check_to_save, target.live_since
        schedules.append(schedule)
    _save_schedules(schedules, "schedule_version", "next_check_at", "live_since")


def _save_schedules(schedules: Sequence[CheckSchedule], *columns: str) -> None:
    if schedules:
        # This upsert is several times as fast as an UPDATE of each row.
        CheckSchedule.objects.bulk_create(schedules, update_conflicts=True, unique_fields=["id"], update_fields=columns)


def restart_checks(made_up_to: Mapping[int, datetime], *, now: datetime) -> None:
    """Make the next check of an address due now if a process ended before it saved the time of that check.

    :param made_up_to: maps the key of an address to the planned instant of the last check that was made.
    """
    for address, planned_at in made_up_to.items():
        CheckSchedule.objects.filter(address=address, next_check_at__lte=planned_at).update(next_check_at=now)


def due_of(release: Release) -> datetime:
    """:raises ValueError: if the release has no exact time."""
    if release.due_at is None:
        raise ValueError(f"{release.reference} has no exact time, so it has no limit either.")
    return release.due_at


def monitored_addresses(*, now: datetime) -> QuerySet[Address]:
    """Return the addresses that are monitored at an aware instant.

    An address that was added after its release was due is not monitored, unless it belongs to a rehearsal.
    Announcements are not monitored.
    """
    return (
        Address.objects.exclude(role=Address.Role.ANNOUNCEMENT)
        .filter(
            Q(release__rehearsal=True) | Q(added_at__lt=F("release__due_at")),
            release__in=Release.objects.monitored(now=now, ahead=AHEAD, behind=BEHIND),
        )
        .select_related("release__series__producer")
    )


def enrol_addresses(monitored: QuerySet[Address], *, now: datetime) -> None:
    """Plan the first check of each monitored address whose present schedule has no planned check."""
    new = monitored.filter(Q(schedule__isnull=True) | ~Q(schedule__schedule_version=F("release__schedule_version")))
    # Write in batches, because thousands of addresses may fall due together.
    keys = new.order_by("release__due_at", "pk").values_list("pk", flat=True)[:ENROLLED_AT_A_TIME]
    for some in batched(list(keys), READ_AT_A_TIME):
        with transaction.atomic():
            # Lock the schedules before reading the addresses again. Another sweep may have enrolled the same addresses
            # meanwhile. Its schedules must not be reset to the first check.
            planned = set(
                CheckSchedule.objects.select_for_update()
                .filter(address__in=some)
                .order_by("pk")
                .values_list("address_id", flat=True)
            )
            found = [_plan_first_check(address, now=now) for address in new.filter(pk__in=some)]
            missing = [schedule for schedule in found if schedule.address_id not in planned]
            CheckSchedule.objects.bulk_create(missing, ignore_conflicts=True)
            CheckSchedule.objects.bulk_create(
                [schedule for schedule in found if schedule.address_id in planned],
                update_conflicts=True,
                unique_fields=["address"],
                update_fields=["schedule_version", "next_check_at", "live_since", "host"],
            )


def _plan_first_check(address: Address, *, now: datetime) -> CheckSchedule:
    due_at, limit_at = due_of(address.release), address.release.limit_at
    first = cadence.next_check_at(
        due_at=due_at, limit_at=limit_at, after=None, now=now, key=address.url, may_follow=address.may_follow
    )
    version, host = address.release.schedule_version, place_if_any(address.url)
    return CheckSchedule(address=address, schedule_version=version, next_check_at=first, host=host)


# For each host, this query reads two entries of an index. A query with DISTINCT would read the entries of all due
# addresses. In the largest office, a million addresses are due at 9:30am.
_DUE_HOSTS = """
    WITH RECURSIVE hosts (host) AS (
        SELECT MIN(host) FROM releases_watch
        UNION ALL
        SELECT (SELECT MIN(host) FROM releases_watch WHERE host > hosts.host) FROM hosts WHERE host IS NOT NULL
    )
    SELECT host FROM hosts WHERE (
        SELECT MIN(next_look_at) FROM releases_watch WHERE releases_watch.host = hosts.host
    ) <= %s
"""


def find_due_hosts(*, until: datetime) -> set[str]:
    """Return the hosts of addresses whose next check is due by an aware instant.

    Addresses that are not monitored count too. The host is "" if an address cannot be requested, or if its host is not
    stored yet.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DUE_HOSTS, [connection.ops.adapt_datetimefield_value(until)])
        return {host for (host,) in cursor.fetchall()}


def find_falling_due(
    monitored: QuerySet[Address], *, until: datetime, hosts: Collection[str], without: Collection[int]
) -> list[Address]:
    """Return the monitored addresses of some hosts whose next check is due by an aware instant.

    :param without: the keys of addresses to leave out.
    """
    # PostgreSQL and SQLite can answer this query from one index. With the conditions of `monitored`, they would read
    # all addresses.
    due = CheckSchedule.objects.filter(host__in=hosts, next_check_at__lte=until).order_by("next_check_at")
    listed = [key for key in due.values_list("address_id", flat=True) if key not in without]
    present = monitored.filter(schedule__schedule_version=F("release__schedule_version")).select_related(None)
    keys = []
    for some in batched(listed, COMPARED_AT_A_TIME):
        found_keys = set(present.order_by().filter(pk__in=some).values_list("pk", flat=True))
        keys += [key for key in some if key in found_keys]
    whole = (
        Address.objects.filter(schedule__schedule_version=F("release__schedule_version"), release__due_at__isnull=False)
        .order_by("schedule__next_check_at")
        .select_related("release", "schedule")
    )
    found = [address for some in batched(keys, READ_AT_A_TIME) for address in whole.filter(pk__in=some)]
    # Share one object for each series to save memory, because a sweep keeps ten thousand addresses for hours.
    series = Series.objects.select_related("producer").in_bulk({address.release.series_id for address in found})
    for address in found:
        address.release.series = series[address.release.series_id]
    _correct_hosts(found)
    return found


def _correct_hosts(addresses: Iterable[Address]) -> None:
    """Save the hosts that are not stored yet, or that changed because people corrected the addresses."""
    changed = []
    for address in addresses:
        host = place_if_any(address.url)
        if address.schedule.host != host:
            address.schedule.host = host
            changed.append(address.schedule)
    _save_schedules(changed, "host")


def find_near_due(
    monitored: QuerySet[Address], *, begin: datetime, end: datetime, without: Collection[int]
) -> list[Address]:
    """Return the monitored addresses whose releases are due between two aware instants.

    :param without: the keys of addresses to leave out.
    """
    due = monitored.filter(release__due_at__gte=begin, release__due_at__lte=end).order_by("release__due_at", "pk")
    keys = [key for key in due.values_list("pk", flat=True) if key not in without]
    return [address for some in batched(keys, READ_AT_A_TIME) for address in monitored.filter(pk__in=some)]


def find_due_or_new(*, until: datetime, now: datetime) -> QuerySet[Address]:
    """Return the monitored addresses whose next check is due by an aware instant or not planned yet."""
    return monitored_addresses(now=now).filter(Q(schedule__isnull=True) | Q(schedule__next_check_at__lte=until))


def monitored_rehearsals(*, now: datetime) -> QuerySet[Address]:
    return monitored_addresses(now=now).filter(release__rehearsal=True)


def load_targets(addresses: Iterable[Address]) -> list[Target]:
    """Load the data needed to check addresses and to examine their responses."""
    addresses = list(addresses)
    if not addresses:
        return []
    keys = [address.pk for address in addresses]
    texts_before = read_texts_before(keys)
    said: dict[int, dict[str, str]] = {key: {} for key in keys}
    statements = Statement.objects.filter(address__in=keys).exclude(text_digest="").in_order()
    for key, digest, kind in statements.values_list("address_id", "text_digest", "kind"):
        said[key or 0][digest] = kind
    releases = {address.release_id for address in addresses}
    hosts: dict[int, frozenset[str]] = dict.fromkeys(releases, frozenset())
    for release, url in Address.objects.filter(release__in=releases).values_list("release_id", "url"):
        # An announcement with an invalid address does not prevent checks of the page.
        hosts[release] |= {place_if_any(url)} - {""}
    return [
        Target(
            address=address,
            schedule_version=address.release.schedule_version,
            due_at=due_of(address.release),
            limit_at=address.release.limit_at,
            part_limit_at=address.limit_at if address.may_follow else None,
            host=place_of(address.url),
            allowed_hosts=hosts[address.release_id] | address.release.series.producer.host_names(),
            texts_before=texts_before[address.pk],
            statements=said[address.pk],
        )
        for address in addresses
    ]
