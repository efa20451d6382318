"""Storing checks in the evidence chain, with the page bodies that prove a verdict."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from releases.detection.finding import AddressRole, Finding, LookResult, Reason, publisher_to_json
from releases.models import Address, Body, KeptBody, MonitoringRowRecord, Observation, Release, ReleaseEvent
from releases.models.append_only import Follow, unfollowed
from releases.models.observation import Purpose
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Status
from releases.rules.response import Answer
from releases.verdict.address import Sighting
from releases.verdict.proof import BodySeen, Place, Why, places_of

NOT_KEPT = "bodies_not_kept"
"""The event that says of which looks the bodies could not be stored."""

PRUNED = "bodies_pruned"
"""The event that says which bodies were removed at the end of their time."""

CHUNK = 50


@dataclass(frozen=True, slots=True)
class Brought:
    """A look as it was kept, and the body that it brought with its content-type header."""

    look: Observation
    body: bytes
    media_type: str


@dataclass(frozen=True, slots=True)
class _Kept:
    """A look that fills a place, by the keys of its release and address."""

    release: int
    address: int
    role: str
    schedule_version: int
    sent_at: datetime
    completed_at: datetime
    sha256: str


# address and schedule version, by key and number
type Target = tuple[int, int]


@dataclass(slots=True)
class _Held:
    """What is held already for the releases of some looks: hashes by place, and when their looks were sent."""

    sha256: dict[tuple[Target, Place], str] = field(default_factory=dict)
    sent_at: dict[Target, dict[Place, datetime]] = field(default_factory=lambda: defaultdict(dict))
    page_live_at: dict[tuple[int, int], datetime] = field(default_factory=dict)

    def fill(self, look: _Kept, place: Place) -> None:
        """Take a look's body into a place."""
        target = (look.address, look.schedule_version)
        self.sha256[target, place] = look.sha256
        self.sent_at[target][place] = look.sent_at
        if look.role == AddressRole.PAGE and place == Place(Why.FIRST_LIVE, since_due=True):
            self.page_live_at[look.release, look.schedule_version] = look.completed_at


def store_bodies(brought: Sequence[Brought], *, at: datetime) -> None:
    """Store the bodies that prove something, and let go of those whose place they take.

    To be called in the transaction that has written the looks: it holds the end of their chain locked, so that
    nobody else stores or removes a body meanwhile. A look that is superseded proves nothing.

    :param brought: looks as they were kept just now, with their release and address in memory.
    :param at: the aware instant of keeping.
    """
    chosen, replaced = _choose(brought, at=at)
    if not chosen:
        return
    bodies = {row.sha256: one for row, one in chosen}
    stored = set(Body.objects.filter(pk__in=bodies).values_list("pk", flat=True))
    Body.objects.bulk_create(
        [
            Body.of(one.body, sha256=sha256, media_type=one.media_type)
            for sha256, one in sorted(bodies.items())
            if sha256 not in stored
        ],
        ignore_conflicts=True,
        batch_size=CHUNK,
    )
    _write([row for row, _ in chosen])
    Body.objects.discard_unneeded(replaced - bodies.keys())


def record_missing_bodies(brought: Sequence[Brought], *, at: datetime) -> None:
    """Put on record, in place of the bodies themselves, that they could not be stored.

    The looks and the hashes of what they saw are kept all the same. An event tells it once for each release and
    place: a full disk that stays full says nothing new at every look.

    :param at: the aware instant at which it failed.
    """
    chosen, replaced = _choose(brought, at=at)
    untold: dict[int, list[Observation]] = defaultdict(list)
    known = set(
        KeptBody.objects.filter(
            release__in={row.release_id for row, _ in chosen}, state=KeptBody.State.NOT_STORED
        ).values_list("address_id", "schedule_version", "why", "since_due")
    )
    for row, one in chosen:
        row.state, row.body = KeptBody.State.NOT_STORED, None
        if (row.address_id, row.schedule_version, row.why, row.since_due) not in known:
            untold[row.release_id].append(one.look)
    _write([row for row, _ in chosen])
    Body.objects.discard_unneeded(replaced)
    ReleaseEvent.append([_not_kept(looks, at=at) for looks in untold.values()])


def check_bodies(*, follow: Follow = unfollowed) -> tuple[int, str | None]:
    """Read every stored body, and compare it with its hash and with the look that brought it.

    :return: the number of bodies read, and one sentence on the first that is not what was seen or is gone, or None.
    """
    count, bodies = 0, Body.objects.order_by("pk")
    for body in follow(bodies.iterator(chunk_size=CHUNK), bodies.count()):
        if not body.is_intact():
            return count, f"the bytes kept as {body.sha256} are not those that were seen"
        count += 1
    for kept in KeptBody.objects.select_related("look").order_by("pk").iterator(chunk_size=CHUNK):
        names = ("release_id", "address_id", "schedule_version")
        if kept.sha256 != kept.look.body_sha256 or any(
            getattr(kept, name) != getattr(kept.look, name) for name in names
        ):
            return count, f"the body kept of look {kept.look.position} is not the one that it saw"
    gone = KeptBody.objects.filter(~Exists(Body.objects.filter(pk=OuterRef("sha256"))), state=KeptBody.State.STORED)
    if sha256 := gone.order_by("pk").values_list("sha256", flat=True).first():
        return count, f"the bytes kept as {sha256} are missing"
    return count, _gone_without_event()


def _gone_without_event() -> str | None:
    """Say which stored body is said to be gone though no event says why, or None."""
    gone = KeptBody.objects.exclude(state=KeptBody.State.STORED).order_by("pk")
    rows = list(gone.values_list("pk", "release_id", "state", "sha256"))
    events = ReleaseEvent.objects.filter(kind__in=[NOT_KEPT, PRUNED]).values_list("release_id", "kind", "facts")
    # That bodies could not be stored is told once for each place, so not of each hash.
    told = {
        (release, kind, sha256)
        for release, kind, facts in events.iterator()
        for sha256 in (facts["sha256"] if kind == PRUNED else [""])
    }
    for key, release, state, sha256 in rows:
        pruned = state == KeptBody.State.PRUNED
        if (release, PRUNED if pruned else NOT_KEPT, sha256 if pruned else "") not in told:
            return f"{KeptBody._meta.label_lower} {key} is said to be {state.replace('_', ' ')}, and no event says so"
    return None


def _choose(brought: Iterable[Brought], *, at: datetime) -> tuple[list[tuple[KeptBody, Brought]], set[str]]:
    """Decide in memory which bodies are kept and as what, and which stored ones lose their place.

    :return: for each place the row that fills it now and the look it is filled by, and the hashes that left one.
    """
    with_body = [one for one in brought if one.body and not one.look.superseded]
    if not with_body:
        return [], set()
    held = _held_for({one.look.release_id for one in with_body})
    before = dict(held.sha256)
    chosen: dict[tuple[Target, Place], tuple[KeptBody, Brought]] = {}
    for one in sorted(with_body, key=lambda one: (one.look.sent_at, one.look.completed_at)):
        look, target = one.look, (one.look.address_id, one.look.schedule_version)
        for place in places_of(
            _seen(look),
            due_at=look.release.due_at,
            held=held.sent_at[target],
            page_live_at=held.page_live_at.get((look.release_id, look.schedule_version)),
        ):
            held.fill(_kept(look), place)
            chosen[target, place] = (_row(look, place, at=at), one)
    return list(chosen.values()), {sha256 for key, sha256 in before.items() if held.sha256[key] != sha256}


def _held_for(releases: Collection[int]) -> _Held:
    held = _Held()
    rows = KeptBody.objects.filter(release__in=releases).order_by().values_list(
        "release_id", "address_id", "address__role", "schedule_version", "look__sent_at", "look__completed_at",
        "sha256", "why", "since_due",
    )  # fmt: skip
    for release, address, role, version, sent_at, completed_at, sha256, why, since_due in rows:
        look = _Kept(release, address, role, version, sent_at, completed_at, sha256)
        held.fill(look, Place(Why(why), since_due))
    return held


def _kept(look: Observation) -> _Kept:
    return _Kept(
        release=look.release_id,
        address=look.address_id,
        role=look.address.role,
        schedule_version=look.schedule_version,
        sent_at=look.sent_at,
        completed_at=look.completed_at,
        sha256=look.body_sha256,
    )


def _seen(look: Observation) -> BodySeen:
    clock_off = Reason.CLOCK_OFF in look.reasons  # such a look is not judged either: nobody knows when it was made
    sighting = Sighting(
        result=LookResult.OBSERVER_FAULT if clock_off else LookResult(look.result),
        planned_at=look.planned_at,
        sent_at=look.sent_at,
        completed_at=look.completed_at,
        clock_bound=timedelta(seconds=look.clock_bound_seconds or 0),
        clock_confirmed=look.clock_bound_seconds is not None,
    )
    return BodySeen(
        role=AddressRole(look.address.role),
        required=look.address.required,
        fresh=look.purpose == Purpose.FRESH,
        sighting=sighting,
    )


def _row(look: Observation, place: Place, *, at: datetime) -> KeptBody:
    return KeptBody(
        release=look.release,
        address=look.address,
        schedule_version=look.schedule_version,
        why=place.why,
        since_due=place.since_due,
        look=look,
        sha256=look.body_sha256,
        body_id=look.body_sha256,
        kept_at=at,
    )


def _write(rows: Sequence[KeptBody]) -> None:
    KeptBody.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["address", "schedule_version", "why", "since_due"],
        update_fields=["look", "sha256", "body", "state", "kept_at"],
    )
    MonitoringRowRecord.record({KeptBody: [row.pk for row in rows]})


def _not_kept(looks: Sequence[Observation], *, at: datetime) -> ReleaseEvent:
    release = looks[0].release
    facts = {
        "looks": sorted({look.position for look in looks}),
        "sha256": sorted({look.body_sha256 for look in looks}),
    }
    return ReleaseEvent(release=release, release_public_id=release.public_id, kind=NOT_KEPT, at=at, facts=facts)


logger = logging.getLogger(__name__)

# Kept of a response's headers; cookies and everything else are not.
HEADERS_KEPT = frozenset(
    {
        "age",
        "cache-control",
        "cf-cache-status",
        "content-length",
        "content-type",
        "date",
        "etag",
        "expires",
        "last-modified",
        "location",
        "retry-after",
        "x-cache",
    }
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One look as it came back, before it is kept, and how far the clock may have been off then (None: unknown)."""

    address: Address
    schedule_version: int
    answer: Answer
    finding: Finding
    purpose: Purpose = Purpose.PLAIN
    clock_bound_seconds: float | None = None


def store_checks(
    looks: Sequence[CheckResult], *, watcher: str, at: datetime, replayed: bool = False
) -> Sequence[Observation]:
    """Write looks at the end of the evidence chain, together with the bodies that prove something.

    A look made for a schedule that was changed or cancelled meanwhile is kept as superseded. Where the bodies cannot
    be stored, as on a full disk, the looks are kept without them, and that is put on record. (Not so inside a
    transaction of the caller's on SQLite, which undoes all of it: then this fails, and the caller still has the looks.)

    :param at: the aware instant of recording.
    :param replayed: whether the instants are those of a replayed past, not of the machine's clock.
    """
    connection.ensure_connection()
    line = connection.connection
    for beside in (store_bodies, record_missing_bodies, _nothing_beside):
        kept: Sequence[Observation] = ()
        try:
            with transaction.atomic():
                kept = _append(looks, watcher=watcher, at=at, replayed=replayed)
                beside(_brought(looks, kept), at=at)
        except Exception:
            # Once the connection is lost nobody knows whether the looks were stored: they must not be doubled here.
            lost = connection.connection is not line or connection.needs_rollback
            if not kept or beside is _nothing_beside or lost:
                raise
            logger.exception("bodies could not be stored; %d looks are kept without them", len(looks))
        else:
            break
    return kept


def _nothing_beside(_brought: Sequence[Brought], *, at: datetime) -> None:
    """Keep the looks alone, once not even the lack of their bodies can be put on record."""


def _brought(looks: Sequence[CheckResult], kept: Sequence[Observation]) -> list[Brought]:
    return [
        Brought(row, look.answer.body, _storable(look.answer.header("content-type")))
        for look, row in zip(looks, kept, strict=True)
        if look.answer.body
    ]


def _append(looks: Sequence[CheckResult], *, watcher: str, at: datetime, replayed: bool) -> Sequence[Observation]:
    now_scheduled = dict(
        Release.objects.filter(pk__in={look.address.release_id for look in looks})
        .exclude(status=Status.CANCELLED)
        .values_list("pk", "schedule_version")
    )
    return Observation.append(
        [
            _observation(
                look,
                superseded=now_scheduled.get(look.address.release_id) != look.schedule_version,
                replayed=replayed,
                watcher=watcher,
                at=at,
            )
            for look in looks
        ]
    )


def _observation(look: CheckResult, *, superseded: bool, replayed: bool, watcher: str, at: datetime) -> Observation:
    answer, finding = look.answer, look.finding
    return Observation(
        release=look.address.release,
        address=look.address,
        url=look.address.url,
        schedule_version=look.schedule_version,
        superseded=superseded,
        replayed=replayed,
        planned_at=answer.planned_at,
        sent_at=answer.sent_at,
        completed_at=answer.completed_at,
        recorded_at=at,
        result=finding.result,
        reasons=list(finding.reasons),
        adapter=look.address.adapter,
        failure=answer.failure or "",
        failure_detail=_storable(answer.failure_detail[:500]),
        status=answer.status,
        hops=_storable([[hop.url, hop.status] for hop in answer.hops]),
        headers=_storable([[name, value[:500]] for name, value in answer.headers if name in HEADERS_KEPT]),
        seconds={name: round(value, 6) for name, value in answer.seconds.items()},
        body_sha256=sha256_hex(answer.body) if answer.body else "",
        text_digest=finding.text_digest,
        peer_address=answer.peer_address,
        certificate_sha256=answer.certificate_sha256,
        watcher=watcher,
        purpose=look.purpose,
        vantage=answer.vantage,
        # A whole number would come back as a fraction, and be hashed as another thing.
        clock_bound_seconds=None if look.clock_bound_seconds is None else float(look.clock_bound_seconds),
        publisher_says=_storable(publisher_to_json(finding.publisher)),
    )


def _storable(value: Any) -> Any:
    """Replace the signs that a site can send and a database cannot hold, wherever they stand in a JSON-able value."""
    match value:
        case str():
            return value.replace("\0", "\ufffd").encode(errors="replace").decode()
        case list():
            return [_storable(part) for part in value]
        case dict():
            return {name: _storable(part) for name, part in value.items()}
        case _:
            return value
