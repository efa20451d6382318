"""From kept looks and statements to the verdict on a release as it was scheduled, for many releases at once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched

from releases.calendar import host_budgets
from releases.core.judging.judgement import Judgement, judgement_of
from releases.core.judging.verdict import Sighting, settles_at
from releases.models import Address, Release, Verification
from releases.record import sightings
from releases.verdicts import schedules, tolerance, verdicts
from releases.verdicts.schedules import Schedule
from releases.verdicts.verdicts import Change

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


def judge(release: Release, *, now: datetime, answered_until: AnsweredUntil | None = None) -> Judged:
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
    return _judge([schedules.present(release) for release in releases], now=now, answered_until=answered_until)


def judge_unobserved(*, now: datetime) -> list[Judged]:
    """Judge what fell due with nobody looking, or was moved or cancelled since without a verdict.

    Of a release that nobody saw nobody can tell, and a person is asked. What was seen of a schedule before the date
    was changed is judged as it would have been.

    :param now: the aware instant of judging; a release is left alone until its last look would have timed out.
    :raises ExceptionGroup: after everything else was judged, if our own code failed on some.
    """
    session = _judge([*schedules.unobserved(now=now), *schedules.left_unjudged(now=now)], now=now, answered_until=None)
    if session.faults:
        message = "Some releases that nobody looked at could not be judged"
        raise ExceptionGroup(message, [fault for _, fault in session.faults])
    return session.judged


def compute(listed: Sequence[tuple[Schedule, Verification]], *, now: datetime) -> list[Judgement]:
    """Judge schedules from what is stored, each with its verification, and store nothing.

    :param now: the aware instant of judging.
    """
    releases = {schedule.release.pk for schedule, _ in listed}
    looks_of = sightings.read(releases)
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
    stored = tolerance.verifications_of(listed, now=now)
    releases = {schedule.release.pk for schedule in listed}
    looks_of = sightings.read(releases)
    addresses = _addresses(releases)
    gap_now = host_budgets.longest_gaps({schedule.due_at for schedule in listed})
    changes: list[Change] = []
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
            changes.append(Change(schedule, verification, judgement))
    return _keep(changes, session, now=now)


def _judgement(
    schedule: Schedule,
    verification: Verification,
    addresses: Sequence[Address],
    *,
    looks_of: sightings.Reader,
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


def _keep(changes: Sequence[Change], session: Session, *, now: datetime) -> list[Schedule]:
    """Keep all changes at once or, where that fails, one by one; return what somebody else judged meanwhile."""
    try:
        kept = verdicts.keep(changes, now=now)
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
