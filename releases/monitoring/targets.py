"""The addresses that are monitored, and when each is checked next."""

import json
import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from django.db.models import F, Max, Min, Q, QuerySet, TextField
from django.db.models.functions import Cast

from releases.detection.finding import AddressRole, Expectation, Finding, LookResult
from releases.detection.page import TextsBefore
from releases.models import Address, NotFoundPage, Observation, Release, Series, Statement, Watch
from releases.models.observation import Purpose
from releases.rules import cadence
from releases.rules.response import Answer
from releases.rules.web_address import NotAWebAddressError, place_if_any, place_of

logger = logging.getLogger(__name__)


def split_askable(addresses: Iterable[Address]) -> tuple[list[Address], list[NotAWebAddressError]]:
    """Part addresses into those that can be looked at and the faults of the others, which are logged.

    :param addresses: read with `release`.
    """
    askable: list[Address] = []
    faults: list[NotAWebAddressError] = []
    for address in addresses:
        try:
            place_of(address.url)
        except NotAWebAddressError as fault:
            reference = address.release.reference
            logger.error(
                "%s has an address that cannot be looked at: %s", reference, fault, extra={"release": reference}
            )
            faults.append(fault)
        else:
            askable.append(address)
    return askable, faults


READ_AT_A_TIME = 500
AHEAD = cadence.FIRST_LOOK
BEHIND = cadence.GIVE_UP


@dataclass(frozen=True, slots=True)
class CheckKey:
    """Names one check of a sweep: of which address, planned for which aware instant, made for what."""

    address: int
    planned_at: datetime
    purpose: Purpose


@dataclass(slots=True)
class Target:
    """One watched address as the sweep holds it in memory."""

    address: Address
    schedule_version: int
    due_at: datetime
    limit_at: datetime
    host: str
    allowed_hosts: frozenset[str]
    texts_before: TextsBefore
    statements: dict[str, str]
    next_look_at: datetime | None = None
    last_planned_at: datetime | None = None
    live_since: datetime | None = None
    seen_early: list[datetime] = field(default_factory=list)
    fresh_looks: int = 0
    closest: timedelta = cadence.CLOSEST

    @property
    def next_decides(self) -> bool:
        """Whether the next look falls at the due instant or at the limit, where the verdict is decided."""
        return self.decides(self.next_look_at)

    def decides(self, at: datetime | None) -> bool:
        """Tell whether a look that is planned at an instant falls there."""
        return at in {self.due_at, self.limit_at}

    def sought(self) -> tuple[object, ...]:
        """Return where and for what it is looked at, as `changed` compares it."""
        address, release = self.address, self.address.release
        return (
            address.url,
            address.role,
            address.marker,
            address.adapter,
            release.title,
            release.series.title,
            self.schedule_version,
            self.due_at,
            release.series.tolerance_seconds,
            self.live_since,
        )

    def expectation(self, *, controls_fail: bool, not_found: NotFoundPage | None) -> Expectation:
        """Return what a look at this address is examined for.

        :param controls_fail: whether the looks at our control addresses fail too.
        :param not_found: what its host answers for an address that cannot exist, if that is known.
        """
        release = self.address.release

        def said(kind: str) -> frozenset[str]:
            return frozenset(digest for digest, what in self.statements.items() if what == kind)

        return Expectation(
            role=AddressRole(self.address.role),
            url=self.address.url,
            marker=self.address.marker,
            release_title=release.title,
            series_title=release.series.title,
            negative_markers=release.series.producer.phrases_of_absence(),
            texts_not_live=self.texts_before.standing,
            texts_before=self.texts_before.all,
            previous_edition_texts=said(Statement.Kind.PREVIOUS_EDITION),
            confirmed_texts=said(Statement.Kind.THIS_IS_IT),
            controls_fail=controls_fail,
            due_at=self.due_at,
            not_found_text=not_found.text if not_found else "",
            not_found_certain=not_found is not None and not_found.status in {404, 410},
        )

    def note(self, answer: Answer, finding: Finding, *, now: datetime) -> None:
        """Remember what a plain look showed before due: a text to know again, or the release, to be looked at soon."""
        if answer.completed_at >= self.due_at:
            return
        if finding.result is LookResult.LIVE:
            self.seen_early.append(answer.planned_at)
            if len(self.seen_early) == 1:
                self.plan_next(now=now)
        sent_at, reasons = answer.sent_at, finding.reasons
        self.texts_before.note(finding.result, reasons, finding.text_digest, first=sent_at, last=sent_at)

    def as_watch(self) -> Watch:
        """Return the address' row of the schedule as memory holds it."""
        watch = self.address.watch
        watch.next_look_at, watch.live_since = self.next_look_at, self.live_since
        return watch

    def plan_next(self, *, now: datetime) -> None:
        """Move to the next planned instant after the last one, by the cadence."""
        self.next_look_at = cadence.next_check_at(
            due_at=self.due_at,
            limit_at=self.limit_at,
            after=self.last_planned_at,
            now=now,
            key=self.address.url,
            closest=self.closest,
            live_since=self.live_since,
            live_early=self.seen_early[0] if len(self.seen_early) == 1 else None,
        )


def find_changed_targets(targets: Mapping[int, Target], watched: QuerySet[Address]) -> set[int]:
    """Find the addresses that are not watched any more as memory holds them: moved, corrected, ended, or judged anew.

    :param targets: by the address' key.
    """
    stated, same = watched.select_related(None).values_list("pk", *_SOUGHT), set()
    for some in batched(targets, READ_AT_A_TIME):
        stored = stated.filter(pk__in=some)
        same |= {key for key, *fields in stored if tuple(fields) == targets[key].sought()}
    return targets.keys() - same


def write_targets(targets: Iterable[Target]) -> None:
    """Write when some addresses are looked at next, and since when they are live, as memory holds it."""
    watches = [target.as_watch() for target in targets]
    if watches:
        # Several times as fast as an UPDATE of as many rows.
        Watch.objects.bulk_create(
            watches, update_conflicts=True, unique_fields=["id"], update_fields=["next_look_at", "live_since"]
        )


def restart_checks(made_up_to: Mapping[int, datetime], *, now: datetime) -> None:
    """Look now at addresses whose next look, as it is written down, was made by a watcher that has died since.

    :param made_up_to: by the address' key, the last instant for which a look was planned and made.
    :param now: the aware instant at which the next look falls due instead.
    """
    for address, planned_at in made_up_to.items():
        Watch.objects.filter(address=address, next_look_at__lte=planned_at).update(next_look_at=now)


# Where and for what an address is looked at, as far as the people who keep the calendar can correct it.
_SOUGHT = (
    "url",
    "role",
    "marker",
    "adapter",
    "release__title",
    "release__series__title",
    "release__schedule_version",
    "release__due_at",
    "release__series__tolerance_seconds",
    "watch__live_since",
)


def due_of(release: Release) -> datetime:
    """Return the instant at which a release is due.

    :raises ValueError: if it has no exact time.
    """
    if release.due_at is None:
        message = f"{release.reference} has no exact time, so it has no limit either."
        raise ValueError(message)
    return release.due_at


def watched_addresses(*, now: datetime) -> QuerySet[Address]:
    """Return the addresses that are watched at an aware instant.

    One that was added after its release was due is not watched, unless it belongs to a rehearsal; an announcement
    is kept as evidence, and not watched.
    """
    return (
        Address.objects.exclude(role=Address.Role.ANNOUNCEMENT)
        .filter(
            Q(release__rehearsal=True) | Q(added_at__lt=F("release__due_at")),
            release__in=Release.objects.watched(now=now, ahead=AHEAD, behind=BEHIND),
        )
        .select_related("release__series__producer")
    )


def enrol_addresses(watched: QuerySet[Address], *, now: datetime) -> None:
    """Give every watched address that has none, or one of an older schedule, its first look."""
    new = watched.filter(Q(watch__isnull=True) | ~Q(watch__schedule_version=F("release__schedule_version")))
    # Some at a time: thousands may fall due together.
    for some in batched(list(new.values_list("pk", flat=True)), READ_AT_A_TIME):
        watches = []
        for address in new.filter(pk__in=some):
            due_at, limit_at = due_of(address.release), address.release.limit_at
            first = cadence.next_check_at(due_at=due_at, limit_at=limit_at, after=None, now=now, key=address.url)
            version = address.release.schedule_version
            watches.append(Watch(address=address, schedule_version=version, next_look_at=first))
        Watch.objects.bulk_create(
            watches,
            update_conflicts=True,
            unique_fields=["address"],
            update_fields=["schedule_version", "next_look_at", "live_since"],
        )


def find_falling_due(watched: QuerySet[Address], *, until: datetime, without: Collection[int]) -> list[Address]:
    """Return the watched addresses whose next look comes by an aware instant, without some by key."""
    due = (
        watched.filter(watch__next_look_at__lte=until, watch__schedule_version=F("release__schedule_version"))
        .order_by("watch__next_look_at")
        .select_related(None)
    )
    keys = [key for key in due.values_list("pk", flat=True) if key not in without]
    whole = due.select_related("release", "watch")
    found = [address for some in batched(keys, READ_AT_A_TIME) for address in whole.filter(pk__in=some)]
    # One object for each series in place of one for each address: a sweep holds ten thousand for hours.
    series = Series.objects.select_related("producer").in_bulk({address.release.series_id for address in found})
    for address in found:
        address.release.series = series[address.release.series_id]
    return found


def due_or_new(*, until: datetime, now: datetime) -> QuerySet[Address]:
    """Return the watched addresses whose next look comes by an aware instant, or which were not enrolled yet."""
    return watched_addresses(now=now).filter(Q(watch__isnull=True) | Q(watch__next_look_at__lte=until))


def watched_rehearsals(*, now: datetime) -> QuerySet[Address]:
    """Return the addresses of rehearsals that are watched at an aware instant."""
    return watched_addresses(now=now).filter(release__rehearsal=True)


def targets_of(addresses: Iterable[Address]) -> list[Target]:
    """Load what the sweep must know of addresses to look at them and to examine what it sees."""
    addresses = list(addresses)
    if not addresses:
        return []
    keys = [address.pk for address in addresses]
    before = _texts_before(keys)
    said: dict[int, dict[str, str]] = {key: {} for key in keys}
    statements = Statement.objects.filter(address__in=keys).exclude(text_digest="").in_order()
    for key, digest, kind in statements.values_list("address_id", "text_digest", "kind"):
        said[key or 0][digest] = kind
    hosts = _hosts_of_releases({address.release_id for address in addresses})
    return [
        Target(
            address=address,
            schedule_version=address.release.schedule_version,
            due_at=due_of(address.release),
            limit_at=address.release.limit_at,
            host=place_of(address.url),
            allowed_hosts=hosts[address.release_id] | address.release.series.producer.host_names(),
            texts_before=before[address.pk],
            statements=said[address.pk],
        )
        for address in addresses
    ]


def _texts_before(addresses: Collection[int]) -> dict[int, TextsBefore]:
    """Read what the looks at some addresses, by key, showed before their releases were due."""
    before = {key: TextsBefore() for key in addresses}
    looks = (
        Observation.objects.filter(address__in=addresses, completed_at__lt=F("release__due_at"))
        .exclude(result__in=[LookResult.LIVE, LookResult.UNREACHABLE, LookResult.OBSERVER_FAULT])
        .annotate(codes=Cast("reasons", TextField()))
        .values("address_id", "result", "codes", "text_digest")
        .annotate(first=Min("sent_at"), last=Max("sent_at"))
        .values_list("address_id", "result", "codes", "text_digest", "first", "last")
    )
    for key, result, codes, digest, first, last in looks:
        before[key].note(LookResult(result), json.loads(codes), digest, first=first, last=last)
    return before


def _hosts_of_releases(releases: set[int]) -> dict[int, frozenset[str]]:
    hosts: dict[int, frozenset[str]] = dict.fromkeys(releases, frozenset())
    for release, url in Address.objects.filter(release__in=releases).values_list("release_id", "url"):
        # Its announcement may be none that can be fetched: that opens no host, and keeps the page from no look.
        hosts[release] |= {place_if_any(url)} - {""}
    return hosts
