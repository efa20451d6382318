"""What is watched, and which looks fall due: read from the database, written back to it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet

from releases import cadence
from releases.evidence import AddressRole, Expectation, LookResult
from releases.models import Address, Observation, Release, Statement, Watch
from releases.web_address import place_of

AHEAD = cadence.FIRST_LOOK
BEHIND = cadence.GIVE_UP


@dataclass(slots=True)
class Target:
    """One watched address as the sweep holds it in memory."""

    address: Address
    schedule_version: int
    due_at: datetime
    limit_at: datetime
    host: str
    allowed_hosts: frozenset[str]
    texts_not_live: set[str]
    statements: dict[str, str]
    next_look_at: datetime | None = None
    last_planned_at: datetime | None = None
    live_since: datetime | None = None
    fresh_looks: int = 0

    @property
    def next_decides(self) -> bool:
        """Whether the next look falls at the due instant or at the limit, where the verdict is decided."""
        return self.next_look_at in {self.due_at, self.limit_at}

    def expectation(self, *, controls_fail: bool, not_found_text: str) -> Expectation:
        """Return what a look at this address is examined for.

        :param controls_fail: whether the looks at our control addresses fail too.
        :param not_found_text: what its host answers for an address that cannot exist, or empty.
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
            texts_not_live=frozenset(self.texts_not_live),
            previous_edition_texts=said(Statement.Kind.PREVIOUS_EDITION),
            confirmed_texts=said(Statement.Kind.THIS_IS_IT),
            controls_fail=controls_fail,
            due_at=self.due_at,
            not_found_text=not_found_text,
        )

    def agrees_with(self, address: Address) -> bool:
        """Tell whether an address read again is still the one that this target was made from."""
        same_schedule = address.release.schedule_version == self.schedule_version
        return (
            same_schedule and limit_of(address.release) == self.limit_at and _sought(address) == _sought(self.address)
        )

    def as_watch(self) -> Watch:
        """Return the address' row of the schedule with the next look that memory holds."""
        watch = self.address.watch
        watch.next_look_at = self.next_look_at
        return watch

    def plan_next(self, *, now: datetime) -> None:
        """Move to the next planned instant after the last one, by the cadence."""
        self.next_look_at = cadence.next_look(
            due_at=self.due_at,
            limit_at=self.limit_at,
            after=self.last_planned_at,
            now=now,
            key=self.address.url,
        )


def _sought(address: Address) -> tuple[str, ...]:
    """Return where and for what an address is looked at, as far as the people who keep the calendar can correct it."""
    release = address.release
    return (address.url, address.role, address.marker, address.adapter, release.title, release.series.title)


def limit_of(release: Release) -> datetime:
    """Return the last instant at which a release is still on time: its due time and its series' tolerance."""
    if release.due_at is None:
        message = f"{release.reference} has no exact time, so it has no limit either."
        raise ValueError(message)
    return release.due_at + timedelta(seconds=release.series.tolerance_seconds)


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


def enrol(*, now: datetime) -> None:
    """Give every watched address that has none, or one of an older schedule, its first look."""
    for address in watched_addresses(now=now).filter(
        Q(watch__isnull=True) | ~Q(watch__schedule_version=F("release__schedule_version"))
    ):
        release = address.release
        assert release.due_at is not None  # noqa: S101  # watched() returns exact dates alone
        first = cadence.next_look(
            due_at=release.due_at, limit_at=limit_of(release), after=None, now=now, key=address.url
        )
        Watch.objects.update_or_create(
            address=address,
            defaults={"schedule_version": release.schedule_version, "next_look_at": first, "live_since": None},
        )


def falling_due(*, until: datetime, now: datetime, without: Collection[int]) -> list[Address]:
    """Return the watched addresses whose next look comes by an aware instant, without some by key."""
    return list(
        watched_addresses(now=now)
        .filter(watch__next_look_at__lte=until, watch__schedule_version=F("release__schedule_version"))
        .exclude(pk__in=without)
        .select_related("watch")
        .order_by("watch__next_look_at")
    )


def due_or_new(*, until: datetime, now: datetime) -> QuerySet[Address]:
    """Return the watched addresses whose next look comes by an aware instant, or which were not enrolled yet."""
    return watched_addresses(now=now).filter(Q(watch__isnull=True) | Q(watch__next_look_at__lte=until))


def watched_rehearsals(*, now: datetime) -> QuerySet[Address]:
    """Return the addresses of rehearsals that are watched at an aware instant."""
    return watched_addresses(now=now).filter(release__rehearsal=True)


def targets_of(addresses: Iterable[Address]) -> list[Target]:
    """Load what the sweep must know of addresses to look at them and to examine what it sees."""
    addresses = list(addresses)
    keys = [address.pk for address in addresses]
    seen: dict[int, set[str]] = {key: set() for key in keys}
    digests = (
        Observation.objects.filter(address__in=keys, completed_at__lt=F("release__due_at"))
        .exclude(Q(text_digest="") | Q(result=LookResult.LIVE))
        .values_list("address_id", "text_digest")
        .distinct()
    )
    for key, digest in digests:
        seen[key].add(digest)
    said: dict[int, dict[str, str]] = {key: {} for key in keys}
    statements = Statement.objects.filter(address__in=keys).exclude(text_digest="").order_by("stated_at")
    for key, digest, kind in statements.values_list("address_id", "text_digest", "kind"):
        said[key or 0][digest] = kind
    hosts = _hosts_of_releases({address.release_id for address in addresses})
    return [
        Target(
            address=address,
            schedule_version=address.release.schedule_version,
            due_at=limit_of(address.release) - timedelta(seconds=address.release.series.tolerance_seconds),
            limit_at=limit_of(address.release),
            host=place_of(address.url),
            allowed_hosts=hosts[address.release_id] | address.release.series.producer.host_names(),
            texts_not_live=seen[address.pk],
            statements=said[address.pk],
        )
        for address in addresses
    ]


def _hosts_of_releases(releases: set[int]) -> dict[int, frozenset[str]]:
    hosts: dict[int, frozenset[str]] = dict.fromkeys(releases, frozenset())
    for release, url in Address.objects.filter(release__in=releases).values_list("release_id", "url"):
        hosts[release] |= {place_of(url)}
    return hosts
