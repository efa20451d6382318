"""Keeping the bodies that prove a verdict, beside the looks that brought them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef

from releases.core.judging.evidence import AddressRole, LookResult, Reason
from releases.core.judging.proof import BodySeen, Place, Why, places_of
from releases.core.judging.verdict import Sighting
from releases.models import Body, KeptBody, MonitoringRowRecord, Observation, ReleaseEvent
from releases.models.append_only import Follow, unfollowed
from releases.models.observation import Purpose

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


def keep_bodies(brought: Sequence[Brought], *, at: datetime) -> None:
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


def tell_not_kept(brought: Sequence[Brought], *, at: datetime) -> None:
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
