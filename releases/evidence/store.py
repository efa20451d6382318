"""The store of checks in the evidence chain, and of the page bodies that prove a verdict."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from releases.detection.finding import AddressRole, Finding, Reason, publisher_to_json, reasons_to_json
from releases.evidence import repository
from releases.models import (
    Address,
    Body,
    BodyUnavailable,
    ChainHead,
    MonitoringRowRecord,
    Observation,
    Release,
    ReleaseEvent,
    Screenshot,
    StoredBody,
)
from releases.models.append_only import Follow, without_progress
from releases.models.bulk_insert import insert_rows, update_rows
from releases.models.event import RETENTION, record_event
from releases.models.observation import Purpose
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Status
from releases.rules.response import Answer
from releases.verdict.address import sighting_of
from releases.verdict.release import Place, Why, find_filled_places

logger = logging.getLogger(__name__)

NOT_STORED = "bodies_not_kept"
"""The event that records checks whose bodies could not be stored."""
PRUNED = "bodies_pruned"
"""The event that records which bodies were removed at the end of their retention period."""

CHUNK = 50
# The number of releases selected at a time; each is then pruned in a separate transaction.
RELEASES_AT_A_TIME = 200

# Only these response headers are stored. Cookies are never stored.
STORED_HEADERS = frozenset({
    "age", "cache-control", "cf-cache-status", "content-length", "content-type", "date", "etag", "expires",
    "last-modified", "location", "retry-after", "x-cache",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check that is to be stored.

    `clock_bound_seconds` is the largest possible error of the clock at the time of the check, or None if unknown.
    """

    address: Address
    schedule_version: int
    answer: Answer
    finding: Finding
    purpose: Purpose = Purpose.PLAIN
    clock_bound_seconds: float | None = None


# A row that was just stored, and the check result from which it was made. The row's release and address are loaded.
type StoredCheck = tuple[Observation, CheckResult]


def store_checks(
    checks: Sequence[CheckResult], *, process: str, at: datetime, replayed: bool = False
) -> Sequence[Observation]:
    """Append checks to the evidence chain, and store the bodies that are needed as proof.

    If the release is rescheduled or cancelled, or the web address is corrected, before a check is stored, the check is
    stored as superseded. If the bodies cannot be stored, for example because the disk is full, the checks are stored
    without bodies, and an event records this. On SQLite, if the caller has started a transaction, such a failure rolls
    back the whole transaction, and the error is raised. The caller still has the checks in memory.

    :param at: the aware instant of recording.
    :param replayed: whether the instants of the checks come from a replay of the past and not from the machine's clock.
    :return: the stored checks. Checks of addresses that were removed meanwhile are missing. So are checks of addresses
        that have no check yet and that a person is changing.
    """
    connection.ensure_connection()
    line = connection.connection
    for handle_bodies in (_store_bodies, _record_missing_bodies, None):
        stored: Sequence[StoredCheck] = ()
        try:
            with transaction.atomic():
                stored = _append(checks, process=process, at=at, replayed=replayed)
                if handle_bodies:
                    handle_bodies([pair for pair in stored if pair[1].answer.body], at=at)
        except Exception:
            # If the connection was lost, the checks may have been stored already, so do not store them again here.
            lost = connection.connection is not line or connection.needs_rollback
            if not stored or handle_bodies is None or lost:
                raise
            logger.exception("bodies could not be stored; %d checks are stored without them", len(stored))
        else:
            break
    return [row for row, _ in stored]


def _append(checks: Sequence[CheckResult], *, process: str, at: datetime, replayed: bool) -> Sequence[StoredCheck]:
    present = _read_present({check.address.pk for check in checks})
    stored: list[StoredCheck] = []
    for check in checks:
        if address := present.get(check.address.pk):
            row = _build_row(check, process=process, at=at, replayed=replayed)
            row.superseded = address.supersedes(check)
            stored.append((row, check))
        else:
            logger.warning(
                "a check of %s is not stored, because the address was removed or is being changed", check.address.url
            )
    Observation.append([row for row, _ in stored])
    return stored


def _build_row(check: CheckResult, *, process: str, at: datetime, replayed: bool) -> Observation:
    address, answer, finding = check.address, check.answer, check.finding
    return Observation(
        release=address.release,
        address=address,
        url=address.url,
        schedule_version=check.schedule_version,
        replayed=replayed,
        planned_at=answer.planned_at,
        sent_at=answer.sent_at,
        completed_at=answer.completed_at,
        recorded_at=at,
        result=finding.result,
        reasons=_storable(reasons_to_json(finding)),
        adapter=address.adapter,
        failure=answer.failure or "",
        failure_detail=_storable(answer.failure_detail[:500]),
        status=answer.status,
        hops=_storable([[hop.url, hop.status] for hop in answer.hops]),
        headers=_storable([[name, value[:500]] for name, value in answer.headers if name in STORED_HEADERS]),
        seconds={name: round(value, 6) for name, value in answer.seconds.items()},
        body_sha256=sha256_hex(answer.body) if answer.body else "",
        text_digest=finding.text_digest,
        peer_address=answer.peer_address,
        certificate_sha256=answer.certificate_sha256,
        watcher=process,
        purpose=check.purpose,
        vantage=answer.vantage,
        # A whole number would be read back as a float and give another hash.
        clock_bound_seconds=None if check.clock_bound_seconds is None else float(check.clock_bound_seconds),
        publisher_says=_storable(publisher_to_json(finding.publisher)),
    )


class _PresentAddress(NamedTuple):
    """An address and the schedule of its release as they are stored now.

    `schedule_version` is None if the release is cancelled.
    """

    url: str
    schedule_version: int | None

    def supersedes(self, check: CheckResult) -> bool:
        """Return whether a check was made for another schedule or for another web address."""
        if self.schedule_version != check.schedule_version:
            return True
        # No verdict depends on an announcement, so its web address can be corrected even after it was checked.
        return check.purpose is not Purpose.ANNOUNCEMENT and self.url != check.address.url


def _read_present(keys: Collection[int]) -> dict[int, _PresentAddress]:
    """Read some addresses, and prevent changes of their web addresses until the end of the transaction.

    Once a check that is not superseded is stored, `change_address` no longer changes the web address. Until then, the
    row of the address is locked here.
    """
    current = repository.address_has_current_check()
    rows = Address.objects.filter(pk__in=keys).annotate(is_fixed=current).order_by("pk")
    columns = ("pk", "is_fixed", "url", "release__status", "release__schedule_version")
    stored = {key: values for key, *values in rows.values_list(*columns)}
    changeable = [key for key, (is_fixed, *_) in stored.items() if not is_fixed]
    urls: dict[int, str] = {}
    if changeable:
        # Processes that store checks wait for each other here. They never wait for a person: an import can lock
        # addresses for a minute. A check of such an address is not stored, and is made again.
        ChainHead.hold(Observation.CHAIN)
        lockable = Address.objects.select_for_update(no_key=True, skip_locked=True).filter(pk__in=changeable)
        urls = dict(lockable.values_list("pk", "url"))
    return {
        key: _PresentAddress(urls.get(key, url), None if status == Status.CANCELLED else version)
        for key, (is_fixed, url, status, version) in stored.items()
        if is_fixed or key in urls
    }


def _storable(value: Any) -> Any:
    """Replace the characters that the database cannot store in all strings of a JSON value."""
    match value:
        case str():
            return value.replace("\0", "\ufffd").encode(errors="replace").decode()
        case list():
            return [_storable(part) for part in value]
        case dict():
            return {name: _storable(part) for name, part in value.items()}
        case _:
            return value


# The key of an address and the version of the schedule.
type AddressSchedule = tuple[int, int]


@dataclass(slots=True)
class _Places:
    """The keys and hashes of stored bodies, and the times when their checks were sent.

    All are keyed by address and schedule version, and by place.
    """

    keys: dict[tuple[AddressSchedule, Place], int] = field(default_factory=dict)
    sha256: dict[tuple[AddressSchedule, Place], str] = field(default_factory=dict)
    sent_at: dict[AddressSchedule, dict[Place, datetime]] = field(default_factory=lambda: defaultdict(dict))
    # When the page was first found live at or after the due time. Keyed by release and schedule version.
    page_live_at: dict[tuple[int, int], datetime] = field(default_factory=dict)

    def fill(
        self,
        place: Place,
        *,
        release: int,
        address: int,
        role: str,
        version: int,
        sent_at: datetime,
        completed_at: datetime,
        sha256: str,
    ) -> None:
        self.sha256[(address, version), place] = sha256
        self.sent_at[address, version][place] = sent_at
        if role == AddressRole.PAGE and place == Place(Why.FIRST_LIVE, since_due=True):
            self.page_live_at[release, version] = completed_at


def _store_bodies(stored: Sequence[StoredCheck], *, at: datetime) -> None:
    """Store the bodies that are needed as proof, and remove the bodies that they replace.

    The caller has appended the checks in the same transaction, and so holds the lock on the end of the chain. This
    prevents other processes from storing or removing bodies at the same time. Bodies of superseded checks are not
    stored, because they prove nothing.
    """
    chosen, replaced = _choose_bodies(stored, at=at)
    if not chosen:
        return
    answers = {row.sha256: answer for row, answer in chosen}
    present = set(Body.objects.filter(pk__in=answers).values_list("pk", flat=True))
    Body.objects.bulk_create(
        [
            Body.of(answer.body, sha256=sha256, media_type=_storable(answer.header("content-type")))
            for sha256, answer in sorted(answers.items(), key=lambda item: item[0])
            if sha256 not in present
        ],
        ignore_conflicts=True,
        batch_size=CHUNK,
    )
    _write_stored_bodies([row for row, _ in chosen])
    Body.objects.discard_unneeded(replaced - answers.keys())


def _record_missing_bodies(stored: Sequence[StoredCheck], *, at: datetime) -> None:
    """Record that the bodies could not be stored.

    For each release and place, this is recorded only once. Otherwise a full disk would cause an event at every check.
    """
    chosen, replaced = _choose_bodies(stored, at=at)
    unrecorded: dict[Release, list[Observation]] = defaultdict(list)
    known = set(
        StoredBody.objects.filter(
            release__in={row.release_id for row, _ in chosen}, state=StoredBody.State.NOT_STORED
        ).values_list("address_id", "schedule_version", "why", "since_due")
    )
    for row, _ in chosen:
        row.state, row.body = StoredBody.State.NOT_STORED, None
        if (row.address_id, row.schedule_version, row.why, row.since_due) not in known:
            unrecorded[row.release].append(row.observation)
    _write_stored_bodies([row for row, _ in chosen])
    Body.objects.discard_unneeded(replaced)
    events = []
    for release, observations in unrecorded.items():
        facts = {
            "looks": sorted({observation.position for observation in observations}),
            "sha256": sorted({observation.body_sha256 for observation in observations}),
        }
        public_id = release.public_id
        events.append(ReleaseEvent(release=release, release_public_id=public_id, kind=NOT_STORED, at=at, facts=facts))
    ReleaseEvent.append(events)


def _choose_bodies(stored: Iterable[StoredCheck], *, at: datetime) -> tuple[list[tuple[StoredBody, Answer]], set[str]]:
    """Choose the bodies to store, without writing to the database.

    :return: the new rows, each with the response that contains its body, and the hashes of the replaced bodies.
    """
    # For checks from further vantage points, only the hash of the body is stored.
    brought = [(row, check.answer) for row, check in stored if not row.superseded and row.purpose != Purpose.VANTAGE]
    if not brought:
        return [], set()
    places = _read_places({row.release_id for row, _ in brought})
    before = dict(places.sha256)
    chosen: dict[tuple[AddressSchedule, Place], tuple[StoredBody, Answer]] = {}
    for row, answer in sorted(brought, key=lambda pair: (pair[0].sent_at, pair[0].completed_at)):
        key = (row.address_id, row.schedule_version)
        for place in find_filled_places(
            # Use the result of the check itself. Staff statements do not change which bodies are stored.
            sighting_of(
                row.result,
                None,
                planned_at=row.planned_at,
                sent_at=row.sent_at,
                completed_at=row.completed_at,
                text_digest=row.text_digest,
                clock_off=Reason.CLOCK_OFF in row.reasons,
                bound_seconds=row.clock_bound_seconds,
                taken_away=False,
            ),
            role=AddressRole(row.address.role),
            required=row.address.required,
            fresh=row.purpose == Purpose.FRESH,
            due_at=row.release.due_at,
            held=places.sent_at[key],
            page_live_at=places.page_live_at.get((row.release_id, row.schedule_version)),
        ):
            places.fill(
                place,
                release=row.release_id,
                address=row.address_id,
                role=row.address.role,
                version=row.schedule_version,
                sent_at=row.sent_at,
                completed_at=row.completed_at,
                sha256=row.body_sha256,
            )
            stored_body = StoredBody(
                pk=places.keys.get((key, place)),
                release=row.release,
                address=row.address,
                schedule_version=row.schedule_version,
                why=place.why,
                since_due=place.since_due,
                observation=row,
                sha256=row.body_sha256,
                body_id=row.body_sha256,
                stored_at=at,
            )
            chosen[key, place] = (stored_body, answer)
    return list(chosen.values()), {sha256 for key, sha256 in before.items() if places.sha256[key] != sha256}


def _read_places(releases: Collection[int]) -> _Places:
    places = _Places()
    rows = StoredBody.objects.filter(release__in=releases).order_by().values_list(
        "pk", "release_id", "address_id", "address__role", "schedule_version", "observation__sent_at",
        "observation__completed_at", "sha256", "why", "since_due",
    )  # fmt: skip
    for key, release, address, role, version, sent_at, completed_at, sha256, why, since_due in rows:
        place = Place(Why(why), since_due)
        places.keys[(address, version), place] = key
        places.fill(
            place,
            release=release,
            address=address,
            role=role,
            version=version,
            sent_at=sent_at,
            completed_at=completed_at,
            sha256=sha256,
        )
    return places


def _write_stored_bodies(rows: Sequence[StoredBody]) -> None:
    # The caller holds the lock on the chain of checks, so no other process can add or remove rows meanwhile.
    insert_rows([row for row in rows if row.pk is None])
    update_rows([row for row in rows if row.pk is not None], ["observation", "sha256", "body", "state", "stored_at"])
    MonitoringRowRecord.record({StoredBody: [row.pk for row in rows]})


def check_bodies(*, follow: Follow = without_progress) -> tuple[int, str | None]:
    """Compare every stored body with its hash and with the check that received it.

    Also check that no body or picture is missing without an event that records why.

    :return: the number of intact bodies, and a sentence about the first fault or None if there is no fault.
    """
    count, bodies = 0, Body.objects.order_by("pk")
    for body in follow(bodies.iterator(chunk_size=CHUNK), bodies.count()):
        try:
            intact = body.is_intact()
        except BodyUnavailable as fault:
            return count, str(fault)
        if not intact:
            return count, f"the stored body {body.sha256} does not match its recorded size and hash"
        count += 1
    for stored in StoredBody.objects.select_related("observation").order_by("pk").iterator(chunk_size=CHUNK):
        names = ("release_id", "address_id", "schedule_version")
        if stored.sha256 != stored.observation.body_sha256 or any(
            getattr(stored, name) != getattr(stored.observation, name) for name in names
        ):
            return (
                count,
                f"the stored body of check {stored.observation.position} does not match the check",
            )
    gone = StoredBody.objects.filter(~Exists(Body.objects.filter(pk=OuterRef("sha256"))), state=StoredBody.State.STORED)
    if sha256 := gone.order_by("pk").values_list("sha256", flat=True).first():
        return count, f"the stored body {sha256} is missing"
    return count, _lost_picture() or _gone_without_event()


def _lost_picture() -> str | None:
    """Return one sentence on the first screenshot whose picture is missing, or None."""
    for name in ("sha256", "small_sha256"):
        pictures = Screenshot.objects.filter(state=Screenshot.State.STORED)
        lost = pictures.filter(~Exists(Body.objects.filter(pk=OuterRef(name))))
        if sha256 := lost.order_by("pk").values_list(name, flat=True).first():
            return f"the stored picture {sha256} is missing"
    return None


def _gone_without_event() -> str | None:
    """Return a sentence about the first body or screenshot that is gone without an event that records why, or None."""
    gone = StoredBody.objects.exclude(state=StoredBody.State.STORED).order_by("pk")
    rows = list(gone.values_list("pk", "release_id", "state", "sha256"))
    events = ReleaseEvent.objects.filter(kind__in=[NOT_STORED, PRUNED]).values_list("release_id", "kind", "facts")
    # If bodies cannot be stored, this is recorded once for each place and not for each hash. So hashes are compared
    # only for pruned bodies.
    explained = {
        (release, kind, sha256)
        for release, kind, facts in events.iterator()
        for sha256 in (facts["sha256"] if kind == PRUNED else [""])
    }
    for key, release, state, sha256 in rows:
        pruned = state == StoredBody.State.PRUNED
        if (release, PRUNED if pruned else NOT_STORED, sha256 if pruned else "") not in explained:
            return f"the stored body {key} is marked as {state.replace('_', ' ')}, but no event records it"
    removed = Screenshot.objects.filter(state=Screenshot.State.PRUNED).order_by("pk")
    for key, release, sha256 in removed.values_list("pk", "release_id", "sha256"):
        if (release, PRUNED, sha256) not in explained:
            return f"the screenshot {key} is marked as pruned, but no event records it"
    return None


# A function that takes release keys, and returns the keys of the releases whose old evidence is still needed.
type Needed = Callable[[Collection[int]], Collection[int]]


@dataclass(frozen=True, slots=True)
class PruneResult:
    """The result of one run.

    `releases` is the number of releases that lost bodies, and `bodies` is the number of removed bodies. A body counts
    once for each place in which it was stored, and a screenshot counts as one body. `spared` is the number of releases
    with old bodies that are still needed.
    """

    releases: int
    bodies: int
    spared: int


def prune_bodies(
    *,
    now: datetime,
    retention: timedelta,
    needed: Needed,
    dry_run: bool = False,
    stop: Callable[[], bool] = lambda: False,
) -> PruneResult:
    """Remove the bodies and screenshots whose retention period has ended, unless they are still needed.

    The retention period of a body begins when the body was received or when its release is due, whichever is later. If
    the release was cancelled, its due time does not count.

    :param needed: a function that returns the releases whose bodies a suspicion or a report still needs.
    :param stop: called before each release. If it returns True, the remaining releases are left for the next run.
    """
    before = now - retention
    over = Q(release__due_at__lt=before) | Q(release__status=Status.CANCELLED)
    old = StoredBody.objects.filter(over, state=StoredBody.State.STORED, observation__completed_at__lt=before)
    pictures = Screenshot.objects.filter(over, state=Screenshot.State.STORED, pictured_at__lt=before)
    keys = sorted({key for rows in (old, pictures) for key in rows.order_by().values_list("release_id", flat=True)})
    pruned = bodies = spared = 0
    for start in range(0, len(keys), RELEASES_AT_A_TIME):
        some = keys[start : start + RELEASES_AT_A_TIME]
        in_use = set(needed(some))
        spared += len(in_use & set(some))
        for release in Release.objects.filter(pk__in=set(some) - in_use).order_by("pk"):
            if stop():
                return PruneResult(releases=pruned, bodies=bodies, spared=spared)
            of_release = old.filter(release=release), pictures.filter(release=release)
            gone = _prune(release, *of_release, now=now, before=before, dry_run=dry_run)
            pruned, bodies = pruned + bool(gone), bodies + gone
    return PruneResult(releases=pruned, bodies=bodies, spared=spared)


def _prune(
    release: Release,
    old: QuerySet[StoredBody],
    pictures: QuerySet[Screenshot],
    *,
    now: datetime,
    before: datetime,
    dry_run: bool,
) -> int:
    if dry_run:
        return old.count() + pictures.count()
    with transaction.atomic():
        # Every process that stores bodies locks the end of the chain of checks. Take this lock, so that no process
        # stores a body meanwhile.
        ChainHead.objects.select_for_update().filter(chain=Observation.CHAIN).first()
        hashes = set(old.order_by().values_list("sha256", flat=True))
        hashes |= {sha256 for pair in pictures.values_list("sha256", "small_sha256") for sha256 in pair}
        keys = list(old.order_by().values_list("pk", flat=True))
        of_pictures = list(pictures.order_by().values_list("pk", flat=True))
        gone = old.update(body=None, state=StoredBody.State.PRUNED)
        gone += Screenshot.objects.filter(pk__in=of_pictures).update(
            body=None, small=None, state=Screenshot.State.PRUNED
        )
        if gone:
            Body.objects.discard_unneeded(sorted(hashes))
            MonitoringRowRecord.record({StoredBody: keys, Screenshot: of_pictures}, why=RETENTION)
            record_event(release, PRUNED, at=now, sha256=sorted(hashes), older_than=before.isoformat())
    return gone
