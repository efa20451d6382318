"""Screenshots of pages at the key moments of a release, taken independently of the checks.

Checks do not wait for screenshots, and verdicts do not depend on them. If a moment has no row in the database, its
screenshot is still to be taken, and any process can take it. If a stored check found the release live before it was
due, no screenshot of the release is stored.
"""

import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Q

from releases.evidence import repository
from releases.evidence.embargo import READ, How, NoSuchBody, may_read
from releases.models import Address, Body, ChainHead, MonitoringRowRecord, Observation, Release, Screenshot
from releases.models.event import record_event
from releases.permissions import Action, Person, User, acting_role
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Status
from releases.rules.page_view import PageRequest, PageView
from releases.rules.response import Failure
from releases.rules.web_address import place_if_any

logger = logging.getLogger(__name__)

AHEAD = timedelta(seconds=12)
"""If a picture is planned within this time from now, the run waits for it."""
BEHIND = timedelta(days=8)
"""Releases that were due longer ago than this need no more pictures, because they are not monitored any more."""
MOST_LATE = timedelta(minutes=2)
"""The longest delay between a planned moment and the request of the page.

After a longer delay, the page may have changed, so no picture is stored.
"""
FORGOTTEN = timedelta(hours=1)
"""Moments longer ago than this are ignored.

Their pictures are not recorded as missing, because screenshots may have been turned on only after these moments.
"""
_PLANNED_EVERY_SECONDS = 2.0
STORED_WITHIN_SECONDS = 60.0
"""How long a picture waits for a stored check of its page.

Only checks since the due time count. If no such check is stored in time, the picture is discarded.
"""
_CLAIMED = timedelta(seconds=100)
_MOST_CLAIMED_AHEAD = 2
"""How many pictures one process claims before they are due: as many as its browser takes at the same time.

Other processes take the others.
"""
_CLAIM_ENDS = timedelta(seconds=3)
"""How long after the planned moment a claim ahead ends, if the process has not begun to load the page.

If the process has ended meanwhile, another process then takes the picture.
"""
_ATTEMPTS = 2
_OURS = frozenset({Failure.BROWSER, Failure.TIMEOUT, Failure.CONNECT, Failure.DNS, Failure.BROKEN})

NEVER = datetime.min.replace(tzinfo=UTC)
# Reasons for a missing picture. The other possible reasons are the values of `Failure`.
MISSED, EARLY, OTHER_HOST, NO_BROWSER = "missed", "early", "other_host", "no_browser"
UNCHECKED = "unchecked"
ASKED_TO_WAIT = Failure.ASKED_TO_WAIT.value


class Camera(Protocol):
    """The browser that takes the pictures. It must be used by one thread only.

    `collect` returns the finished views. It waits at most `timeout_seconds` for the first.
    """

    @property
    def is_installed(self) -> bool: ...

    @property
    def is_full(self) -> bool: ...

    def __len__(self) -> int: ...

    def warm_up(self) -> None: ...

    def begin(self, key: Hashable, request: PageRequest) -> None: ...

    def collect(self, timeout_seconds: float = 0.0) -> list[tuple[Hashable, PageView]]: ...


@dataclass(frozen=True, slots=True)
class PlannedShot:
    """A picture of an address that is to be taken at one moment of the release's schedule.

    `planned_at` is an aware instant.
    """

    address: Address
    moment: Screenshot.Moment
    planned_at: datetime

    @property
    def key(self) -> tuple[int, int, str]:
        return self.address.pk, self.address.release.schedule_version, self.moment.value


def plan_screenshots(*, now: datetime) -> list[PlannedShot]:
    """Return the missing pictures that are planned up to `now + AHEAD`, sorted by time."""
    monitored = Release.objects.monitored(now=now, ahead=AHEAD, behind=BEHIND).with_screenshots()
    pages = list(
        Address.objects.filter(release__in=monitored, role=Address.Role.PAGE)
        .select_related("release__series__producer", "schedule")
        .order_by("pk")
    )
    if not pages:
        return []
    rows = Screenshot.objects.filter(address__in=pages).values_list("address_id", "schedule_version", "moment")
    known = {(address, version, moment) for address, version, moment in rows}
    shots = [shot for address in pages for shot in _shots_of(address)]
    return sorted(
        (shot for shot in shots if shot.key not in known and now - FORGOTTEN <= shot.planned_at <= now + AHEAD),
        key=lambda shot: shot.planned_at,
    )


def _shots_of(address: Address) -> Iterable[PlannedShot]:
    release = address.release
    if release.due_at is None:
        return
    yield PlannedShot(address, Screenshot.Moment.DUE, release.due_at)
    if address.limit_at > release.due_at:
        yield PlannedShot(address, Screenshot.Moment.LIMIT, address.limit_at)
    schedule = getattr(address, "schedule", None)
    if schedule and schedule.live_since and schedule.schedule_version == release.schedule_version:
        yield PlannedShot(address, Screenshot.Moment.FIRST_LIVE, schedule.live_since)


@dataclass(slots=True)
class Session:
    """One run, which takes the pictures as they fall due.

    The run ends when all pictures are stored and no other picture is planned within `AHEAD`. `find_wait_end` returns
    until when the site of an address asked us to wait, or None. A picture is taken after the wait, unless it would then
    be too late. `store_pause` stores the wait that a site asked for when it was loaded for a picture.
    """

    camera: Camera
    now: Callable[[], datetime]
    process: str
    vantage: str
    find_wait_end: Callable[[str], datetime | None]
    store_pause: Callable[[str, PageView], None]
    _planned: list[PlannedShot] = field(default_factory=list)
    _claimed: set[Hashable] = field(default_factory=set)
    _open: dict[Hashable, PlannedShot] = field(default_factory=dict)
    _taken: list[tuple[PlannedShot, PageView]] = field(default_factory=list)
    _attempts: Counter[Hashable] = field(default_factory=Counter)
    _waits: dict[Hashable, datetime] = field(default_factory=dict)
    _plan_at: float = 0.0

    def run(self, *, stop: Callable[[], bool]) -> None:
        while not stop():
            self._plan()
            if not self._planned and not self._open and not self._taken:
                break
            for shot in [shot for shot in self._planned if self._starts_at(shot) <= self.now()]:
                if self.camera.is_full:
                    break
                self._planned.remove(shot)
                if shot.key not in self._open and self._claim_now(shot):
                    self._begin(shot)
            for key, view in self.camera.collect(self._wait_seconds()):
                self._take(self._open.pop(key), view)
            self._store_taken()

    def _plan(self) -> None:
        if time.monotonic() < self._plan_at:
            return
        self._plan_at = time.monotonic() + _PLANNED_EVERY_SECONDS
        under_way = {*self._open, *(shot.key for shot, _ in self._taken)}
        self._planned = [shot for shot in plan_screenshots(now=self.now()) if shot.key not in under_way]
        if self.camera.is_installed:
            self._claim_ahead()

    def _claim_ahead(self) -> None:
        """Claim the next pictures that this process can take, and start the browser for them before they are due.

        A process that has claimed no picture does not start a browser.
        """
        now = self.now()
        known = cache.get_many([_claim_name(shot) for shot in self._planned])
        self._claimed.intersection_update(shot.key for shot in self._planned)
        for shot in self._planned:
            if len(self._claimed) + len(self._open) >= _MOST_CLAIMED_AHEAD:
                break
            ends_in = max(timedelta(), shot.planned_at - now) + _CLAIM_ENDS
            if _claim_name(shot) not in known and _claim(shot, self.process, ends_in):
                self._claimed.add(shot.key)
        if self._claimed:
            self.camera.warm_up()

    def _claim_now(self, shot: PlannedShot) -> bool:
        """Claim a picture that is due, or extend the claim ahead."""
        name, is_claimed = _claim_name(shot), shot.key in self._claimed
        self._claimed.discard(shot.key)
        if is_claimed and cache.get(name) == self.process:
            return bool(cache.touch(name, _CLAIMED.total_seconds()))
        return _claim(shot, self.process, _CLAIMED)

    def _begin(self, shot: PlannedShot) -> None:
        now, latest = self.now(), shot.planned_at + MOST_LATE
        wait_end = self.find_wait_end(shot.address.url)
        if now > latest:
            # A wait that ends after `latest` was recorded as soon as it was known, so the reason is not a wait.
            store_reason(shot, MISSED, at=now, process=self.process)
        elif repository.was_live_before_due(shot.address.release_id):
            store_reason(shot, EARLY, at=now, process=self.process)
        elif not self.camera.is_installed:
            store_reason(shot, NO_BROWSER, at=now, process=self.process)
        elif wait_end and wait_end > latest:
            store_reason(shot, ASKED_TO_WAIT, at=now, process=self.process)
        elif wait_end:
            # Keep the claim until the wait ends, so that no process without a browser takes over the screenshot.
            cache.touch(_claim_name(shot), (wait_end - now + _CLAIMED).total_seconds())
            self._waits[shot.key] = wait_end
            self._claimed.add(shot.key)
            self._planned.append(shot)
        else:
            self._open[shot.key] = shot
            hosts = tuple(sorted(_allowed_hosts(shot.address)))
            self.camera.begin(shot.key, PageRequest(shot.address.url, hosts, picture=True))

    def _take(self, shot: PlannedShot, view: PageView) -> None:
        self._attempts[shot.key] += 1
        self.store_pause(shot.address.url, view)
        if view.failure in _OURS and self._attempts[shot.key] < _ATTEMPTS:
            self._begin(shot)
        else:
            self._taken.append((shot, view))

    def _store_taken(self) -> None:
        """Store each picture as soon as a check of its page is stored. Only checks since the due time count.

        Around a due time, monitoring stores its checks with a delay. A check that is not stored yet may show that the
        page was live too early, and then no picture may be stored. If no check is stored in time, the picture is
        discarded.
        """
        for shot, view in list(self._taken):
            if repository.is_checked_since_due(shot.address):
                self._taken.remove((shot, view))
                store_screenshot(shot, view, at=self.now(), process=self.process, vantage=self.vantage)
            elif time.monotonic() > view.done + STORED_WITHIN_SECONDS:
                self._taken.remove((shot, view))
                store_reason(shot, _find_failure(view) or UNCHECKED, at=self.now(), process=self.process)

    def _starts_at(self, shot: PlannedShot) -> datetime:
        """Return when to begin: at the planned moment, or at the end of the wait that the site asked for."""
        return max(shot.planned_at, self._waits.get(shot.key, shot.planned_at))

    def _wait_seconds(self) -> float:
        if self.camera.is_full:
            return 1.0
        soon = self.now() + timedelta(seconds=1)
        until = min(map(self._starts_at, self._planned), default=soon)
        return min(1.0, max(0.0, (until - self.now()).total_seconds()))


def _claim_name(shot: PlannedShot) -> str:
    return f"screenshot:{':'.join(map(str, shot.key))}"


def _claim(shot: PlannedShot, process: str, ends_in: timedelta) -> bool:
    """Claim a picture, so that no other process loads the page for it. Return False if it is already claimed."""
    return bool(cache.add(_claim_name(shot), process, ends_in.total_seconds()))


def _allowed_hosts(address: Address) -> frozenset[str]:
    urls = address.release.addresses.values_list("url", flat=True)
    return frozenset({place_if_any(url) for url in urls} - {""}) | address.release.series.producer.host_names()


def store_screenshot(shot: PlannedShot, view: PageView, *, at: datetime, process: str, vantage: str) -> None:
    """Store the picture of a page or, if there is no picture, the reason.

    If the release was moved, cancelled or withdrawn after the picture was planned, nothing is stored.
    """
    now = time.monotonic()
    requested_at = at - timedelta(seconds=now - view.sent)
    # The request may be late if the browser had to start first, or was still taking another picture of the page.
    late = MISSED if requested_at > shot.planned_at + MOST_LATE else ""
    if reason := _find_failure(view) or late:
        store_reason(shot, reason, at=at, process=process)
        return
    bodies = {sha256_hex(content): content for content in (view.picture, view.small)}
    sha256, small_sha256 = (sha256_hex(content) for content in (view.picture, view.small))
    row = Screenshot(
        **_columns(shot, at=at, process=process),
        # A page is never requested before the planned moment. If it seems so, the wall clock was set back meanwhile.
        requested_at=max(shot.planned_at, requested_at),
        pictured_at=max(shot.planned_at, at - timedelta(seconds=now - view.pictured)),
        state=Screenshot.State.STORED,
        final_url=view.final_url[:1000].replace("\0", ""),
        status=view.status,
        sha256=sha256,
        small_sha256=small_sha256,
        body_id=sha256,
        small_id=small_sha256,
        width=view.width,
        height=view.height,
        browser=view.browser[:50],
        vantage=vantage,
    )
    _store(shot, row, bodies)


def _find_failure(view: PageView) -> str:
    """Return why the picture of a view cannot be stored, or an empty string if it can be stored."""
    if view.left_allowed_hosts:
        return OTHER_HOST
    return "" if view.picture and not view.failure else (view.failure or Failure.BROWSER).value


def store_reason(shot: PlannedShot, reason: str, *, at: datetime, process: str) -> None:
    """Store the reason why a moment has no picture."""
    columns = _columns(shot, at=at, process=process)
    _store(shot, Screenshot(**columns, state=Screenshot.State.NOT_TAKEN, reason=reason), {})


def _columns(shot: PlannedShot, *, at: datetime, process: str) -> dict[str, Any]:
    return {
        "release": shot.address.release,
        "address": shot.address,
        "schedule_version": shot.address.release.schedule_version,
        "moment": shot.moment,
        "planned_at": shot.planned_at,
        "recorded_at": at,
        "watcher": process,
    }


def _store(shot: PlannedShot, row: Screenshot, bodies: dict[str, bytes]) -> None:
    release = shot.address.release
    try:
        with transaction.atomic():
            known = set(Body.objects.filter(pk__in=bodies).values_list("pk", flat=True))
            for sha256, content in bodies.items():
                if sha256 not in known:
                    Body.of(content, sha256=sha256, media_type="image/png").save()
            # While this lock is held, checks that could show an early release cannot be stored.
            ChainHead.hold(Observation.CHAIN)
            unchanged = Release.objects.filter(
                pk=release.pk,
                schedule_version=release.schedule_version,
                status__in=[Status.CONFIRMED, Status.PUBLISHED],
            )
            if not unchanged.exists() or not Address.objects.filter(pk=shot.address.pk, url=shot.address.url).exists():
                raise _Overtaken
            if row.state == Screenshot.State.STORED and repository.was_live_before_due(release.pk):
                raise _Overtaken
            row.save(force_insert=True)
            MonitoringRowRecord.record({Screenshot: [row.pk]})
    except (_Overtaken, IntegrityError):
        # Another process may have stored this picture. If it is still missing, the next plan contains it again.
        logger.info("the screenshot %s of %s is not stored", shot.moment, release.reference)


class _Overtaken(Exception):
    """The release was changed, or found live too early, while the picture was taken."""


@dataclass(frozen=True, slots=True)
class ScreenshotEntry:
    """A screenshot in the list for one reader.

    If `sealed` is true, the screenshot is under embargo. If `readable` is true, the reader may open its pictures.
    """

    row: Screenshot
    sealed: bool
    readable: bool


def list_screenshots(release: Release, *, by: Person, now: datetime) -> list[ScreenshotEntry]:
    """Return the screenshots of a release, including those that were not taken, sorted by schedule and time.

    If an early release is still under embargo and the reader may not know about it, the list is empty. Otherwise, the
    reasons for missing screenshots or the seals on all screenshots would reveal the early release.
    """
    rows = list(
        Screenshot.objects.filter(release=release)
        .select_related("address")
        .order_by("schedule_version", "planned_at", "address", "pk")
    )
    sealed = find_sealed_screenshots(release, rows, now=now)
    leads = bool(sealed) and may_read(by, [release.series.producer_id])
    if sealed and not leads and repository.was_ever_said_live_before_due(release.pk):
        return []
    return [
        ScreenshotEntry(
            row,
            sealed=row.pk in sealed,
            readable=row.state == Screenshot.State.STORED and (row.pk not in sealed or leads),
        )
        for row in rows
    ]


def open_screenshot(release: Release, key: int, *, by: User, at: datetime, small: bool = False) -> bytes:
    """Return the picture of a screenshot, and record that the person opened it.

    Opening a small picture is recorded only if it is sealed, because the page of the release shows the small pictures.

    :raises NotYours: if the person has no role for the release's producer.
    :raises NoSuchBody: if the release has no such screenshot, or the screenshot is sealed for the person.
    :raises BodyUnavailable: if the storage of bodies does not return the picture.
    """
    role = acting_role(by, Action.VIEW, release.series.producer)
    entry = next((entry for entry in list_screenshots(release, by=by, now=at) if entry.row.pk == key), None)
    if entry is None or not entry.readable:
        raise NoSuchBody(f"{release.reference} has no screenshot {key} that {by} may open.")
    if not small or entry.sealed:
        how, sha256 = How.SCREENSHOT.value, entry.row.sha256
        record_event(release, READ, at=at, by=by, sha256=sha256, how=how, role=role.value, sealed=entry.sealed)
    wanted = entry.row.small_id if small else entry.row.body_id
    return Body.objects.get(pk=wanted).content


def find_open_screenshots(release: Release, *, schedule_version: int) -> list[Screenshot]:
    """Return those stored screenshots of a schedule version that are not sealed.

    Documents that anyone may read may contain only these screenshots.
    """
    rows = list(
        Screenshot.objects.filter(
            release=release, schedule_version=schedule_version, state=Screenshot.State.STORED
        ).order_by("planned_at", "pk")
    )
    # A release becomes published only once it is due. So only its status matters, and we pass the due time as `now`.
    sealed = find_sealed_screenshots(release, rows, now=release.due_at or NEVER)
    return [row for row in rows if row.pk not in sealed]


def read_picture(sha256: str) -> bytes | None:
    """Return the picture of the screenshot with this hash, or None if the picture was removed.

    Documents refer to pictures by their hashes.
    """
    row = Screenshot.objects.filter(sha256=sha256, body__isnull=False).select_related("body").first()
    return row.body.content if row and row.body else None


def find_sealed_pictures(hashes: Collection[str], *, now: datetime) -> set[str]:
    """Return the hashes of those bodies that are pictures of sealed screenshots.

    The result always has the hashes of both pictures of a screenshot, even if `hashes` has only one of them.
    """
    rows = Screenshot.objects.filter(Q(body__in=hashes) | Q(small__in=hashes)).select_related("release")
    by_release: dict[Release, list[Screenshot]] = defaultdict(list)
    for row in rows:
        by_release[row.release].append(row)
    sealed: set[str] = set()
    for release, of_release in by_release.items():
        keys = find_sealed_screenshots(release, of_release, now=now)
        sealed |= {sha256 for row in of_release if row.pk in keys for sha256 in (row.sha256, row.small_sha256)}
    return sealed


def find_sealed_screenshots(release: Release, rows: Collection[Screenshot], *, now: datetime) -> set[int]:
    """Return the primary keys of the sealed screenshots.

    As for bodies, the seals end when the release is due and was found live. Until then, a screenshot is sealed if its
    page was requested before the due time, or if it belongs to an earlier schedule. All screenshots are sealed if the
    release has no exact date, or if a check or a staff statement ever said that it was live too early.
    """
    if not rows or (release.status == Status.PUBLISHED and release.due_at is not None and release.due_at <= now):
        return set()
    if repository.was_ever_said_live_before_due(release.pk):
        return {row.pk for row in rows}
    return {
        row.pk
        for row in rows
        if release.due_at is None
        or row.schedule_version != release.schedule_version
        or (row.requested_at is not None and row.requested_at < release.due_at)
    }
