"""Judging releases: reads the checks, applies the rules, and stores changed verdicts with their events."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from releases import host_budgets, leases, scheduling
from releases.evidence import repository
from releases.models import (
    Address,
    DateChange,
    HostLease,
    Observation,
    Release,
    ReleaseRowRecord,
    Series,
    Verification,
    Watch,
)
from releases.models.append_only import CHUNK
from releases.models.event import ReleaseEvent, happening, hold_all, record_rows
from releases.models.row_record import hold_heads
from releases.rules.cadence import GIVE_UP
from releases.rules.calendar import Precision, limit_at
from releases.rules.lifecycle import Status
from releases.rules.response import LONGEST
from releases.rules.web_address import place_if_any
from releases.verdict.address import RULES_VERSION, Outcome, Sighting, settles_at
from releases.verdict.release import Judgement, judgement_of


@dataclass(frozen=True, slots=True)
class Schedule:
    """One release under one version of its schedule, due at an aware instant."""

    release: Release
    version: int
    due_at: datetime

    @property
    def key(self) -> tuple[int, int]:
        """The release's key and the version."""
        return self.release.pk, self.version


def current_schedule(release: Release) -> Schedule:
    """Return a release as it is scheduled now.

    :raises ValueError: if it has no exact date.
    """
    if release.due_at is None:
        message = f"{release.reference} has no exact date, so nothing can be judged."
        raise ValueError(message)
    return Schedule(release, release.schedule_version, release.due_at)


def unobserved_schedules(*, now: datetime) -> list[Schedule]:
    """List the watched releases that fell due with nobody looking and have no verdict.

    One whose answers only wait to be read and stored is left to its watcher, which judges it itself.

    :param now: the aware instant of asking; a release is left out until its last look would have timed out.
    """
    looked_at = Observation.objects.plain().filter(
        release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"), sent_at__gte=OuterRef("due_at")
    )
    found = Release.objects.watched(now=now, ahead=-LONGEST, behind=GIVE_UP).filter(
        ~Exists(looked_at), ~_decided(), due_at__gt=F("recorded_at"), addresses__isnull=False
    )
    # Only the keys at first: in the minutes after a due instant these may be thousands whose limit is still to come.
    limits = found.values_list("pk", "due_at", "series__tolerance_seconds").distinct()
    over_by = now - LONGEST
    over = {key for key, at, tolerance in limits if at and limit_at(at, tolerance_seconds=tolerance) <= over_by}
    over -= _in_hand(over, now=now)
    return [
        current_schedule(release) for release in Release.objects.filter(pk__in=over).select_related("series__producer")
    ]


def _in_hand(releases: Collection[int], *, now: datetime) -> set[int]:
    """Return those of some releases, by key, at which a watcher that lives looks, though it has stored nothing yet.

    It holds the host, and the look that is due by the database is one whose answer it has not stored.
    """
    until = now + 2 * leases.DURATION  # beyond that somebody's clock was wrong
    held = set(
        HostLease.objects.filter(until__gt=now, until__lte=until).exclude(holder="").values_list("host", flat=True)
    )
    due = Watch.objects.filter(
        address__release__in=releases,
        schedule_version=F("address__release__schedule_version"),
        next_look_at__lte=now,
    )
    pages = due.values_list("address__release_id", "address__url") if held else ()
    return {release for release, url in pages if place_if_any(url) in held}


def unjudged_schedules(*, now: datetime) -> list[Schedule]:
    """List the schedules that were left without a verdict although they had fallen due: moved or cancelled since.

    A release that was moved or cancelled before it was due is not among them: it was not to be published then.

    :param now: the aware instant of asking; what was moved more than a week before is not asked about any more.
    """
    return [*_moved(now=now), *_cancelled(now=now)]


def _decided() -> Exists:
    decided = Verification.objects.filter(decided_at__isnull=False, release=OuterRef("pk"))
    return Exists(decided.filter(schedule_version=OuterRef("schedule_version")))


def _moved(*, now: datetime) -> Iterable[Schedule]:
    decided = Verification.objects.filter(
        decided_at__isnull=False, release=OuterRef("release"), schedule_version=OuterRef("schedule_version") - 1
    )
    # Nobody agrees to the change of a date that is not confirmed.
    changes = DateChange.objects.filter(~Exists(decided), agreed_at__gt=now - GIVE_UP, was_precision=Precision.EXACT)
    for change in changes.filter(release__addresses__isnull=False).select_related("release__series").distinct():
        release, due_at = change.release, change.was.due_at
        if due_at is not None and due_at <= change.made_at and _was_watched(release, due_at=due_at):
            yield Schedule(release, change.schedule_version - 1, due_at)


def _cancelled(*, now: datetime) -> Iterable[Schedule]:
    cancelled = Release.objects.filter(
        ~_decided(),
        Q(rehearsal=True) | Q(due_at__gt=F("confirmed_at")),
        status=Status.CANCELLED,
        due_at__gt=now - GIVE_UP,
        due_at__lte=F("cancelled_at"),
        recorded_at__lt=F("due_at"),
        confirmed_at__isnull=False,
        addresses__isnull=False,
    )
    return [current_schedule(release) for release in cancelled.select_related("series").distinct()]


def _was_watched(release: Release, *, due_at: datetime) -> bool:
    confirmed_in_time = release.confirmed_at is not None and release.confirmed_at < due_at
    return release.recorded_at < due_at and (release.rehearsal or confirmed_in_time)


def fix_verifications(schedules: Collection[Schedule], *, now: datetime) -> dict[tuple[int, int], Verification]:
    """Return the verification of each schedule, begun where there is none, with the tolerance in force.

    Nobody widens a tolerance afterwards: from the due time on it is the one that the series had then.

    :param now: the aware instant of judging.
    """
    present = dict(
        Series.objects.filter(pk__in={schedule.release.series_id for schedule in schedules}).values_list(
            "pk", "tolerance_seconds"
        )
    )
    stored = _stored(schedules)
    missing = [schedule for schedule in schedules if schedule.key not in stored]
    in_force = _in_force(missing, present, now=now)
    if missing:
        with transaction.atomic():
            # Before the heads: an INSERT would wait for a release that others hold who wait for the heads.
            hold_all({schedule.release.pk for schedule in missing})
            # A person who answers a question holds them too when their transaction comes to the same verification.
            hold_heads(ReleaseRowRecord)
            Verification.objects.bulk_create(
                [
                    Verification(
                        release=schedule.release,
                        schedule_version=schedule.version,
                        due_at=schedule.due_at,
                        tolerance_seconds=in_force.get(schedule.key, present[schedule.release.series_id]),
                    )
                    for schedule in missing
                ],
                ignore_conflicts=True,
            )
            stored = _stored(schedules)
            record_rows({Verification: [stored[schedule.key].pk for schedule in missing]})
    _correct(schedules, stored, present, now=now)
    return stored


def check_tolerances() -> str | None:
    """Return one sentence on the first series whose tolerance is not the last one of its history, or None."""
    differing = _differing_from_history()
    # One that was just saved may have had its history written since.
    still = differing & _differing_from_history() if differing else differing
    return f"the tolerance of releases.series {min(still)} is not the last one of its history" if still else None


def _differing_from_history() -> set[int]:
    history = Series.history.order_by("history_date", "history_id").values_list("id", "tolerance_seconds")
    last = dict(history.iterator(chunk_size=CHUNK))
    return {key for key, seconds in Series.objects.values_list("pk", "tolerance_seconds") if last.get(key) != seconds}


def _stored(schedules: Iterable[Schedule]) -> dict[tuple[int, int], Verification]:
    wanted = {schedule.key for schedule in schedules}
    rows = Verification.objects.filter(release__in={release for release, _ in wanted})
    found = {(row.release_id, row.schedule_version): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def _correct(
    schedules: Iterable[Schedule],
    stored: Mapping[tuple[int, int], Verification],
    present: Mapping[int, int],
    *,
    now: datetime,
) -> None:
    differing = [s for s in schedules if stored[s.key].tolerance_seconds != present[s.release.series_id]]
    in_force = _in_force(differing, present, now=now)
    rows: dict[int, list[Verification]] = defaultdict(list)
    for schedule in differing:
        row = stored[schedule.key]
        if in_force.get(schedule.key, row.tolerance_seconds) != row.tolerance_seconds:
            rows[in_force[schedule.key]].append(row)
    for seconds, changed in rows.items():
        keys = [row.pk for row in changed]
        with transaction.atomic():
            # Before the heads, as `verdicts.keep` does, and in its order.
            list(Verification.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
            hold_heads(ReleaseRowRecord)
            Verification.objects.filter(pk__in=keys).update(tolerance_seconds=seconds)
            record_rows({Verification: keys})
        for row in changed:
            row.tolerance_seconds = seconds


def _in_force(
    schedules: Collection[Schedule], present: Mapping[int, int], *, now: datetime
) -> dict[tuple[int, int], int]:
    """Return the tolerance at each due time, or the present one if that is still to come.

    A schedule whose series' history begins after its due time is left out.
    """
    due = [schedule for schedule in schedules if schedule.due_at <= now]
    changes: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    if due:
        history = Series.history.filter(id__in={schedule.release.series_id for schedule in due})
        rows = history.order_by("history_date", "history_id").values_list("id", "history_date", "tolerance_seconds")
        for series, since, seconds in rows:
            changes[series].append((since, seconds))
    found = {s.key: present[s.release.series_id] for s in schedules if s.due_at > now}
    for schedule in due:
        until = [seconds for since, seconds in changes[schedule.release.series_id] if since <= schedule.due_at]
        if until:
            found[schedule.key] = until[-1]
    return found


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A judgement that differs from the verification, as it was read, of the same schedule."""

    schedule: Schedule
    verification: Verification
    judgement: Judgement


def store_verdicts(changes: Sequence[VerdictChange], *, now: datetime) -> dict[tuple[int, int], Verification]:
    """Write verdicts over the ones they were judged from, in one transaction and a fixed number of queries.

    :param now: the aware instant of judging.
    :return: the verifications as they now stand, by schedule; one that somebody else wrote meanwhile is not among them.
    """
    if not changes:
        return {}
    with transaction.atomic():
        standing = hold_all({change.schedule.release.pk for change in changes})
        unchanged = Verification.objects.filter(pk__in=[change.verification.pk for change in changes])
        revisions = dict(unchanged.select_for_update().order_by("pk").values_list("pk", "revision"))
        mine = [c for c in changes if revisions.get(c.verification.pk) == c.verification.revision]
        kept = [_as_judged(change, now=now) for change in mine]
        columns = {name for change in mine for name in change.judgement.found}
        if kept:
            # Ten times as fast as an UPDATE of as many rows; they are locked, so each of them is there.
            columns |= {"decided_at", "revision", "rules_version"}
            Verification.objects.bulk_create(
                kept, update_conflicts=True, unique_fields=["id"], update_fields=list(columns)
            )
        _look_again(mine, standing, now=now)
        published = scheduling.publish_all(_seen_live(mine, standing), at=now)
        ReleaseEvent.append([*_judged(mine, now=now), *_flipped(mine, now=now), *published])
        record_rows({Verification: [row.pk for row in kept], Release: [event.release_id for event in published]})
    return {change.schedule.key: verification for change, verification in zip(mine, kept, strict=True)}


def _as_judged(change: VerdictChange, *, now: datetime) -> Verification:
    was, found = change.verification, change.judgement.found
    settled = found["outcome"] != Outcome.PENDING
    return Verification(
        pk=was.pk,
        release=change.schedule.release,
        schedule_version=was.schedule_version,
        due_at=was.due_at,
        tolerance_seconds=was.tolerance_seconds,
        decided_at=(was.decided_at or now) if settled else None,
        revision=was.revision + 1,
        rules_version=RULES_VERSION,
        **found,
    )


def _judged(changes: Sequence[VerdictChange], *, now: datetime) -> list[ReleaseEvent]:
    return [
        happening(
            change.schedule.release,
            "judged",
            at=now,
            outcome=[change.verification.outcome, change.judgement.found["outcome"]],
            schedule_version=change.schedule.version,
            rules=RULES_VERSION,
            delay_seconds=[change.judgement.found["delay_from"], change.judgement.found["delay_to"]],
        )
        for change in changes
        if change.verification.outcome != change.judgement.found["outcome"]
    ]


def _flipped(changes: Sequence[VerdictChange], *, now: datetime) -> list[ReleaseEvent]:
    """Tell of each address that went away after it had been seen live, and of each that came back, once."""
    return [
        happening(change.schedule.release, kind, at=now, url=address["url"], seen_at=seen_at)
        for change in changes
        for address in change.judgement.found["addresses"]
        for kind, seen_at in _new_flips(address, _flips_before(change, address["address"]))
    ]


def _flips_before(change: VerdictChange, address: int) -> Sequence[Sequence[str | None]]:
    kept = (one for one in change.verification.addresses if one["address"] == address)
    return next((one.get("flips", ()) for one in kept), ())


def _new_flips(address: Mapping[str, Any], before: Sequence[Sequence[str | None]]) -> Iterator[tuple[str, str]]:
    # By their number: an answer that came in late may move the instant of one that was told already.
    for number, (gone_at, back_at) in enumerate(address["flips"]):
        known = before[number] if number < len(before) else None
        if known is None:
            yield "gone_again", gone_at
        if back_at and (known is None or known[1] is None):
            yield "back_again", back_at


def _look_again(changes: Sequence[VerdictChange], standing: Mapping[int, Release], *, now: datetime) -> None:
    """Take up the close watch again of addresses that, by what a person said since, were not live after all."""
    not_live = [
        address["address"]
        for change in changes
        if standing[change.schedule.release.pk].schedule_version == change.schedule.version
        for address in change.judgement.found["addresses"]
        if address["address"] not in change.judgement.live_since
    ]
    Watch.objects.filter(address__in=not_live, live_since__isnull=False).update(live_since=None, next_look_at=now)


def _seen_live(changes: Sequence[VerdictChange], standing: Mapping[int, Release]) -> list[tuple[Release, datetime]]:
    # On time or late, what readers can see is published; somebody may have moved or cancelled it meanwhile.
    return [
        (release, change.judgement.live_at)
        for change in changes
        if change.judgement.live_at is not None
        and (release := standing[change.schedule.release.pk]).status == Status.CONFIRMED
        and release.schedule_version == change.schedule.version
    ]


type AnsweredUntil = Callable[[Address], datetime]

# Two watchers may judge a release at once, each for an address of its own; losing that often is a fault.
ATTEMPTS = 5
# A day on which nobody looked leaves thousands to judge at once, and what each of them brings would stay to the end.
JUDGED_AT_ONCE = 500


class JudgedByOthers(Exception):
    """Others judged the release again and again while this was tried; nothing of this attempt is kept."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What judging one release came to, and since when each of its addresses, by key, is known to be live.

    An address that was not seen live since the release was due is not among them.
    """

    verification: Verification
    changed: bool
    live_since: Mapping[int, datetime]


@dataclass(frozen=True, slots=True)
class Session:
    """What judging some releases came to: those that were judged, and those on which our own code failed."""

    judged: list[Judged] = field(default_factory=list)
    faults: list[tuple[Release, Exception]] = field(default_factory=list)


def judge_one(release: Release, *, now: datetime, answered_until: AnsweredUntil | None = None) -> Judged:
    """Judge a release with an exact date from all looks kept for its present schedule, and keep what changed.

    :param now: the aware instant of judging; nothing is late before the limit has passed.
    :param answered_until: for an address, the instant up to which (included) every planned look was answered or
        has timed out; if not given, no look is under way.
    :raises JudgedByOthers: if others judged it five times in a row meanwhile.
    """
    session = judge_all([release], now=now, answered_until=answered_until)
    for _, fault in session.faults:
        raise fault
    return session.judged[0]


def judge_all(releases: Iterable[Release], *, now: datetime, answered_until: AnsweredUntil | None = None) -> Session:
    """Judge releases with exact dates as `judge` does, some hundreds at once with a fixed number of queries.

    A release on which our own code fails keeps no other from being judged.
    """
    return _judge([current_schedule(release) for release in releases], now=now, answered_until=answered_until)


def judge_unobserved(*, now: datetime) -> list[Judged]:
    """Judge what fell due with nobody looking, or was moved or cancelled since without a verdict.

    Of a release that nobody saw nobody can tell, and a person is asked. What was seen of a schedule before the date
    was changed is judged as it would have been.

    :param now: the aware instant of judging; a release is left alone until its last look would have timed out.
    :raises ExceptionGroup: after everything else was judged, if our own code failed on some.
    """
    session = _judge([*unobserved_schedules(now=now), *unjudged_schedules(now=now)], now=now, answered_until=None)
    if session.faults:
        message = "Some releases that nobody looked at could not be judged"
        raise ExceptionGroup(message, [fault for _, fault in session.faults])
    return session.judged


def compute_judgements(listed: Sequence[tuple[Schedule, Verification]], *, now: datetime) -> list[Judgement]:
    """Judge schedules from what is stored, each with its verification, and store nothing.

    :param now: the aware instant of judging.
    """
    releases = {schedule.release.pk for schedule, _ in listed}
    looks_of = repository.read_sightings(releases)
    addresses = _addresses(releases)
    gap_now = host_budgets.longest_gaps({schedule.due_at for schedule, _ in listed})
    return [
        _judgement(
            schedule,
            verification,
            _by_due(addresses[schedule.release.pk], schedule),
            looks_of=looks_of,
            gap_now=gap_now,
            now=now,
            answered_until=None,
        )
        for schedule, verification in listed
    ]


def _judge(listed: Sequence[Schedule], *, now: datetime, answered_until: AnsweredUntil | None) -> Session:
    session = Session()
    left = list({schedule.key: schedule for schedule in listed}.values())
    for _ in range(ATTEMPTS):
        if not left:
            return session
        left = [
            again
            for some in batched(left, JUDGED_AT_ONCE)
            for again in _attempt(some, session, now=now, answered_until=answered_until)
        ]
    for schedule in left:
        message = f"{schedule.release.reference} was judged by others {ATTEMPTS} times while this was tried."
        session.faults.append((schedule.release, JudgedByOthers(message)))
    return session


def _attempt(
    listed: Collection[Schedule], session: Session, *, now: datetime, answered_until: AnsweredUntil | None
) -> list[Schedule]:
    """Judge and keep once, and return what somebody else judged meanwhile."""
    stored = fix_verifications(listed, now=now)
    releases = {schedule.release.pk for schedule in listed}
    looks_of = repository.read_sightings(releases)
    addresses = _addresses(releases)
    gap_now = host_budgets.longest_gaps({schedule.due_at for schedule in listed})
    changes: list[VerdictChange] = []
    for schedule in listed:
        verification = stored[schedule.key]
        try:
            judgement = _judgement(
                schedule,
                verification,
                _by_due(addresses[schedule.release.pk], schedule),
                looks_of=looks_of,
                gap_now=gap_now,
                now=now,
                answered_until=answered_until,
            )
        except Exception as fault:  # noqa: BLE001  # handed to the caller: it stops no other release
            session.faults.append((schedule.release, fault))
            continue
        if all(getattr(verification, name) == value for name, value in judgement.found.items()):
            session.judged.append(Judged(verification, changed=False, live_since=judgement.live_since))
        else:
            changes.append(VerdictChange(schedule, verification, judgement))
    return _keep(changes, session, now=now)


def _judgement(
    schedule: Schedule,
    verification: Verification,
    addresses: Sequence[Address],
    *,
    looks_of: repository.Reader,
    gap_now: Callable[[datetime, str], timedelta],
    now: datetime,
    answered_until: AnsweredUntil | None,
) -> Judgement:
    limit_at = verification.limit_at
    # What counted as monitored when the release was first judged counts for good: neither a setting nor a cancelled
    # neighbour changes a verdict afterwards.
    at_first = {kept["address"]: timedelta(seconds=kept["longest_gap_seconds"]) for kept in verification.addresses}

    def longest_gap(address: Address) -> timedelta:
        return at_first.get(address.pk) or gap_now(schedule.due_at, address.url)

    # Another process may go on with the checks later and not know that these were over.
    settled_before = {kept["address"]: kept.get("settled_at") for kept in verification.addresses}

    def settled_at(address: Address, looks: Sequence[Sighting]) -> datetime | None:
        at = settles_at(looks, limit_at=limit_at)
        before = settled_before.get(address.pk)
        is_over = answered_until is None or answered_until(address) >= at
        return at if now >= at and (is_over or (before and datetime.fromisoformat(before) >= at)) else None

    return judgement_of(
        addresses,
        looks_of(schedule.key),
        due_at=schedule.due_at,
        limit_at=limit_at,
        longest_gap=longest_gap,
        settled_at=settled_at,
    )


def _addresses(releases: Collection[int]) -> dict[int, list[Address]]:
    found: dict[int, list[Address]] = defaultdict(list)
    for address in Address.objects.filter(release__in=releases).exclude(role=Address.Role.ANNOUNCEMENT):
        found[address.release_id].append(address)
    return found


def _by_due(addresses: Iterable[Address], schedule: Schedule) -> list[Address]:
    # One that was added after the due instant was not announced for it: it is neither watched nor judged.
    return [a for a in addresses if schedule.release.rehearsal or a.added_at < schedule.due_at]


def _keep(changes: Sequence[VerdictChange], session: Session, *, now: datetime) -> list[Schedule]:
    """Keep all changes at once or, where that fails, one by one; return what somebody else judged meanwhile."""
    try:
        kept = store_verdicts(changes, now=now)
    except Exception as fault:  # noqa: BLE001  # handed to the caller: it stops no other release
        if len(changes) > 1:
            return [left for change in changes for left in _keep([change], session, now=now)]
        session.faults.extend((change.schedule.release, fault) for change in changes)
        return []
    for change in changes:
        if change.schedule.key in kept:
            live_since = change.judgement.live_since
            session.judged.append(Judged(kept[change.schedule.key], changed=True, live_since=live_since))
    return [change.schedule for change in changes if change.schedule.key not in kept]
