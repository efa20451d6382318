"""Judge releases from their checks, and store changed verdicts together with their events."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from releases import host_budgets, scheduling
from releases.detection.finding import AddressRole
from releases.evidence import repository
from releases.models import (
    Address,
    CheckSchedule,
    DateChange,
    HostLease,
    Release,
    ReleaseRowRecord,
    Series,
    Verification,
)
from releases.models.append_only import CHUNK, Follow, without_progress
from releases.models.bulk_insert import insert_rows, update_rows
from releases.models.claim import latest_end
from releases.models.event import (
    ReleaseEvent,
    build_event,
    lock_heads,
    lock_release_rows,
    lock_releases,
    record_rows,
)
from releases.models.verification import write_verdict
from releases.rules.cadence import GIVE_UP, longest_gap_until
from releases.rules.calendar import Precision, limit_at
from releases.rules.lifecycle import Status
from releases.rules.parts import Part, part_limit_at
from releases.rules.response import LONGEST
from releases.rules.web_address import place_if_any
from releases.verdict.address import RULES_VERSION, Outcome, judge_address, settles_at
from releases.verdict.release import AddressChecks, AddressResult, ReleaseVerdict, judge_release
from releases.verdict.vantage import awaits_check, combine_vantage_points

# A function that takes an address and returns an instant. All checks of the address that were planned for this instant
# or earlier have a response or have timed out.
type AnsweredUntil = Callable[[Address], datetime]

# Two processes may judge a release at the same time if each of them checks a different address of the release. If other
# processes store their verdicts first this many times in a row, something else is wrong.
ATTEMPTS = 5
# After a day without checks, thousands of releases may have to be judged. Batches limit the memory that this needs.
JUDGED_AT_ONCE = 500
NO_CHECKS = AddressChecks()


def assume_answers(*, now: datetime) -> AnsweredUntil:
    """Return the function `answered_until` of a process that does not know which checks of monitoring are still open.

    Once a check is older than `LONGEST`, it has a response or has timed out.
    """
    return lambda _address: now - LONGEST


class JudgedByOthers(Exception):
    """Other processes judged the release during each of our attempts, so our verdict was not stored."""


class Schedule(NamedTuple):
    """A version of the schedule of a release. `due_at` is an aware instant."""

    release: Release
    version: int
    due_at: datetime

    @property
    def key(self) -> tuple[int, int]:
        return self.release.pk, self.version


class VerdictChange(NamedTuple):
    """A new verdict, and the stored verification that it changes.

    `columns` maps the columns of the verification to their new values.
    """

    schedule: Schedule
    verification: Verification
    verdict: ReleaseVerdict
    columns: Mapping[str, Any]


def judge_one(release: Release, *, now: datetime, answered_until: AnsweredUntil | None = None) -> Verification:
    """Judge a release from all checks of its present schedule, and store the verdict if it has changed.

    :param answered_until: None if no check is under way.
    :raises ValueError: if the release has no exact date.
    :raises JudgedByOthers: if other processes judged the release during each of five attempts.
    """
    judged, faults = judge_all([release], now=now, answered_until=answered_until)
    for _, fault in faults:
        raise fault
    return judged[0]


def judge_all(
    releases: Iterable[Release], *, now: datetime, answered_until: AnsweredUntil | None = None
) -> tuple[list[Verification], list[tuple[Release, Exception]]]:
    """Judge releases as `judge_one` does, in batches of up to 500. Each batch needs a fixed number of queries.

    If our own code fails on a release, the other releases are still judged.

    :return: the verifications, changed or not, and the releases that failed, each with its exception.
    :raises ValueError: if a release has no exact date.
    """
    session = _Session(now, answered_until)
    session.judge([_current_schedule(release) for release in releases])
    return session.judged, session.faults


def judge_without_checks(*, now: datetime) -> list[Verification]:
    """Judge releases that are past their due time and that monitoring does not judge.

    Some of these releases fell due without a check. Others were moved or cancelled after their due time, before they
    had a verdict. A release without a check gets the outcome CANNOT_TELL, and a person is asked. If the date of a
    release was changed, checks of the old schedule are judged as they would have been without the change.

    :raises ExceptionGroup: if our own code failed on some releases. All other releases are judged first.
    """
    session = _Session(now)
    session.judge([*_find_unobserved(now=now), *_find_moved(now=now), *_find_cancelled(now=now)])
    if session.faults:
        message = "Some releases without a check could not be judged"
        raise ExceptionGroup(message, [fault for _, fault in session.faults])
    return session.judged


def read_schedules(
    schedules: Collection[Schedule], *, now: datetime, answered_until: AnsweredUntil | None = None
) -> Callable[[Schedule, Verification], ReleaseVerdict]:
    """Read all data that is needed to judge some schedules, in a fixed number of queries.

    :return: a function that judges one of these schedules.
    """
    releases = {schedule.release.pk for schedule in schedules}
    checks_of = repository.read_sightings(releases)
    addresses: dict[int, list[Address]] = defaultdict(list)
    checked_elsewhere: set[int] = set()
    checked = Address.objects.filter(release__in=releases).exclude(role=Address.Role.ANNOUNCEMENT)
    for address in checked.annotate(checked_elsewhere=repository.has_vantage_check()):
        addresses[address.release_id].append(address)
        if address.checked_elsewhere:
            checked_elsewhere.add(address.release_id)
    from_elsewhere = repository.read_vantage_sightings(checked_elsewhere)
    longest_gap_now = host_budgets.longest_gaps(
        {schedule.due_at for schedule in schedules}, {one.url for listed in addresses.values() for one in listed}
    )

    def judge(schedule: Schedule, verification: Verification) -> ReleaseVerdict:
        checks_by_address = checks_of(schedule.key)
        stored = {result.address: result for result in verification.results}
        judged = []
        for address in addresses[schedule.release.pk]:
            # If an address was added at or after the due instant, it was not announced for that instant. So the address
            # is neither checked nor judged.
            if not schedule.release.rehearsal and address.added_at >= schedule.due_at:
                continue
            checks, before = checks_by_address.get(address.pk, NO_CHECKS), stored.get(address.pk)
            # Reuse the longest gap of the first verdict. Otherwise the verdict could change when a setting changes, or
            # when another release on the same host is cancelled.
            longest_gap = before.longest_gap if before else longest_gap_now(schedule.due_at, address.url)
            may_follow, address_limit_at = address.may_follow, verification.limit_at
            if may_follow:
                address_limit_at = part_limit_at(verification.limit_at, may_follow=may_follow)
                longest_gap = max(longest_gap, longest_gap_until(address_limit_at - schedule.due_at))
            others = from_elsewhere.get(schedule.key, {}).get(address.pk, {})
            # A settled result stays settled. A process that takes over the checks later cannot know that the earlier
            # checks have ended, and a later check may have a larger clock error.
            settled_at = before.settled_at if before else None
            if settled_at is None:
                may_settle_at = settles_at(checks.sightings, limit_at=address_limit_at)
                is_over = answered_until is None or answered_until(address) >= may_settle_at
                # A further vantage point may still store a check that found the address live in time.
                is_awaited = now < may_settle_at + LONGEST and any(
                    awaits_check(sightings, limit_at=address_limit_at) for sightings in others.values()
                )
                settled_at = may_settle_at if now >= may_settle_at and is_over and not is_awaited else None
            judge_checks = partial(
                judge_address,
                due_at=schedule.due_at,
                limit_at=address_limit_at,
                longest_gap=longest_gap,
                settled=settled_at is not None,
            )
            verdict, vantage = combine_vantage_points(
                judge_checks(checks.sightings),
                {
                    name: judge_checks(
                        sightings,
                        settled=settled_at is not None or not awaits_check(sightings, limit_at=address_limit_at),
                    )
                    for name, sightings in others.items()
                },
                due_at=schedule.due_at,
            )
            result = AddressResult(
                address=address.pk,
                url=address.url,
                role=AddressRole(address.role),
                required=address.required,
                verdict=verdict,
                vantage=vantage,
                longest_gap=longest_gap,
                settled_at=settled_at,
                checks=checks.number,
                reasons=tuple(checks.reasons),
                part=Part(address.part),
                may_follow=may_follow,
            )
            judged.append((result, checks))
        return judge_release(judged, due_at=schedule.due_at)

    return judge


@dataclass(slots=True)
class _Session:
    now: datetime
    answered_until: AnsweredUntil | None = None
    judged: list[Verification] = field(default_factory=list)
    faults: list[tuple[Release, Exception]] = field(default_factory=list)

    def judge(self, schedules: Iterable[Schedule]) -> None:
        left = list({schedule.key: schedule for schedule in schedules}.values())
        for _ in range(ATTEMPTS):
            left = [again for some in batched(left, JUDGED_AT_ONCE) for again in self._attempt(some)]
        for schedule in left:
            message = f"{schedule.release.reference} was judged by other processes during each of {ATTEMPTS} attempts."
            self.faults.append((schedule.release, JudgedByOthers(message)))

    def _attempt(self, schedules: Collection[Schedule]) -> list[Schedule]:
        """Judge the schedules and store the changes. Return the schedules that another process judged meanwhile."""
        stored = fix_verifications(schedules, now=self.now)
        judge = read_schedules(schedules, now=self.now, answered_until=self.answered_until)
        changes: list[VerdictChange] = []
        for schedule in schedules:
            verification = stored[schedule.key]
            try:
                verdict = judge(schedule, verification)
            except Exception as fault:  # noqa: BLE001  # handed to the caller: it stops no other release
                self.faults.append((schedule.release, fault))
                continue
            columns = write_verdict(verdict)
            if all(getattr(verification, name) == value for name, value in columns.items()):
                self.judged.append(verification)
            else:
                changes.append(VerdictChange(schedule, verification, verdict, columns))
        return self._store(changes)

    def _store(self, changes: Sequence[VerdictChange]) -> list[Schedule]:
        """Store all changes at once. If this fails, store the changes one by one.

        :return: the schedules that other processes judged meanwhile.
        """
        try:
            stored = _store_verdicts(changes, now=self.now) if changes else {}
        except Exception as fault:  # noqa: BLE001  # handed to the caller: it stops no other release
            if len(changes) > 1:
                return [left for change in changes for left in self._store([change])]
            self.faults.extend((change.schedule.release, fault) for change in changes)
            return []
        self.judged.extend(stored.values())
        return [change.schedule for change in changes if change.schedule.key not in stored]


def _current_schedule(release: Release) -> Schedule:
    if release.due_at is None:
        raise ValueError(f"{release.reference} has no exact date, so nothing can be judged.")
    return Schedule(release, release.schedule_version, release.due_at)


def _find_unobserved(*, now: datetime) -> list[Schedule]:
    """List the monitored releases that have no check since their due time and no verdict.

    A release is left out if a running process may have checks of the release that are not stored yet. That process will
    judge the release.
    """
    found = Release.objects.monitored(now=now, ahead=-LONGEST, behind=GIVE_UP).filter(
        ~repository.release_has_check_since_due(), ~_decided(), due_at__gt=F("recorded_at"), addresses__isnull=False
    )
    # Read only keys and limits first, because in the minutes after a due instant, there may be thousands of releases
    # whose limit has not passed yet.
    limits = found.values_list("pk", "due_at", "series__tolerance_seconds").distinct()
    over_by = now - LONGEST
    over = {key for key, at, tolerance in limits if at and limit_at(at, tolerance_seconds=tolerance) <= over_by}
    over -= _find_in_hand(over, now=now)
    return [
        _current_schedule(release) for release in Release.objects.filter(pk__in=over).select_related("series__producer")
    ]


def _find_in_hand(releases: Collection[int], *, now: datetime) -> set[int]:
    """Return the keys of the given releases for which a running process may have checks that are not stored yet.

    A running process holds a lease for each host that it checks. If a check of a leased host is still due in the
    database, the process may already have made this check.
    """
    since = now - host_budgets.LATEST_RENEWAL
    until = latest_end(host_budgets.DURATION, now=now)
    held = set(
        HostLease.objects.filter(until__gt=since, until__lte=until).exclude(holder="").values_list("host", flat=True)
    )
    due = CheckSchedule.objects.filter(
        address__release__in=releases,
        schedule_version=F("address__release__schedule_version"),
        next_check_at__lte=now,
    )
    pages = due.values_list("address__release_id", "address__url") if held else ()
    return {release for release, url in pages if place_if_any(url) in held}


def _decided() -> Exists:
    decided = Verification.objects.filter(decided_at__isnull=False, release=OuterRef("pk"))
    return Exists(decided.filter(schedule_version=OuterRef("schedule_version")))


def find_releases_with_verdict(releases: Iterable[Release]) -> set[int]:
    """Return the keys of those releases whose present schedule has a verdict."""
    found = Release.objects.filter(_decided(), pk__in=[release.pk for release in releases])
    return set(found.values_list("pk", flat=True))


def _find_moved(*, now: datetime) -> Iterable[Schedule]:
    """Yield the old schedule of each release that was moved after its due time, if this schedule has no verdict.

    Only changes of the last week are included. If a release was moved before its old due time, its old schedule is left
    out, because the release did not have to be published at that time.
    """
    decided = Verification.objects.filter(
        decided_at__isnull=False, release=OuterRef("release"), schedule_version=OuterRef("schedule_version") - 1
    )
    # Only changes of confirmed dates have `agreed_at`, so all other changes are left out.
    changes = DateChange.objects.filter(~Exists(decided), agreed_at__gt=now - GIVE_UP, was_precision=Precision.EXACT)
    for change in changes.filter(release__addresses__isnull=False).select_related("release__series").distinct():
        release, due_at = change.release, change.was.due_at
        if due_at is None or due_at > change.made_at or release.recorded_at >= due_at:
            continue
        if release.rehearsal or (release.confirmed_at is not None and release.confirmed_at < due_at):
            yield Schedule(release, change.schedule_version - 1, due_at)


def _find_cancelled(*, now: datetime) -> list[Schedule]:
    """List the schedules of releases that have no verdict and were cancelled after their due time.

    Only releases that were due within the last week are included.
    """
    cancelled = Release.objects.judged().filter(
        ~_decided(),
        status=Status.CANCELLED,
        due_at__gt=now - GIVE_UP,
        recorded_at__lt=F("due_at"),
        addresses__isnull=False,
    )
    return [_current_schedule(release) for release in cancelled.select_related("series").distinct()]


def fix_verifications(schedules: Collection[Schedule], *, now: datetime) -> dict[tuple[int, int], Verification]:
    """Return the verification of each schedule. Missing verifications are created.

    Each verification has the tolerance that the series had at the due time. Later changes of the series do not apply.
    Before the due time, the verification has the present tolerance of the series.

    :return: the verifications, keyed by `Schedule.key`.
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
            # Lock the releases before the heads of chains. Otherwise the INSERT could wait for a process that has
            # locked a release and waits for the heads.
            lock_release_rows({schedule.release.pk for schedule in missing})
            # Lock the heads before the verifications. A transaction that stores a person's answer locks them in the
            # same order.
            lock_heads(ReleaseRowRecord)
            # Another process may have added some verifications before we got these locks. It needs the same locks, so
            # it cannot add more now.
            stored |= _stored(missing)
            added = [
                Verification(
                    release=schedule.release,
                    schedule_version=schedule.version,
                    due_at=schedule.due_at,
                    tolerance_seconds=in_force.get(schedule.key, present[schedule.release.series_id]),
                )
                for schedule in missing
                if schedule.key not in stored
            ]
            insert_rows(added)
            stored |= {(row.release_id, row.schedule_version): row for row in added}
            record_rows({Verification: [stored[schedule.key].pk for schedule in missing]})
    _correct_tolerances(schedules, stored, present, now=now)
    return stored


def check_tolerances() -> str | None:
    """Return a sentence about the first series whose tolerance differs from the last one in its history, or None."""
    differing = _find_differing_from_history()
    # Compare again. If a series was just saved, its history may have been written after the first comparison.
    still = differing & _find_differing_from_history() if differing else differing
    if not still:
        return None
    return f"the tolerance of releases.series {min(still)} differs from the last tolerance in its history"


def _find_differing_from_history() -> set[int]:
    history = Series.history.order_by("history_date", "history_id").values_list("id", "tolerance_seconds")
    last = dict(history.iterator(chunk_size=CHUNK))
    return {key for key, seconds in Series.objects.values_list("pk", "tolerance_seconds") if last.get(key) != seconds}


def _stored(schedules: Iterable[Schedule]) -> dict[tuple[int, int], Verification]:
    wanted = {schedule.key for schedule in schedules}
    rows = Verification.objects.filter(release__in={release for release, _ in wanted})
    found = {(row.release_id, row.schedule_version): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def _correct_tolerances(
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
            # Lock the verifications in the order of their keys, and before the heads of chains. `_store_verdicts` uses
            # the same order.
            list(Verification.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
            lock_heads(ReleaseRowRecord)
            Verification.objects.filter(pk__in=keys).update(tolerance_seconds=seconds)
            record_rows({Verification: keys})
        for row in changed:
            row.tolerance_seconds = seconds


def _in_force(
    schedules: Collection[Schedule], present: Mapping[int, int], *, now: datetime
) -> dict[tuple[int, int], int]:
    """Return the tolerance of each schedule at its due time, keyed by `Schedule.key`.

    If the due time is in the future, this is the present tolerance. A schedule is left out if it was due before the
    history of its series begins.
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


def _store_verdicts(changes: Sequence[VerdictChange], *, now: datetime) -> dict[tuple[int, int], Verification]:
    """Store changed verdicts, in one transaction and a fixed number of queries.

    If another process has changed a verification since we read it, the new verdict is not stored.

    :return: the changed verifications, keyed by `Schedule.key`.
    """
    with transaction.atomic():
        releases = lock_releases({change.schedule.release.pk for change in changes})
        unchanged = Verification.objects.filter(pk__in=[change.verification.pk for change in changes])
        revisions = dict(unchanged.select_for_update().order_by("pk").values_list("pk", "revision"))
        mine = [c for c in changes if revisions.get(c.verification.pk) == c.verification.revision]
        stored = [_changed_verification(change, now=now) for change in mine]
        if stored:
            update_rows(stored, [*mine[0].columns, "decided_at", "revision", "rules_version"])
        current = [c for c in mine if releases[c.schedule.release.pk].schedule_version == c.schedule.version]
        _check_often_again(current, now=now)
        # If a release was found live, change its status to published, whether it was on time or late. Leave out
        # releases that a person has moved or cancelled meanwhile.
        live_releases = [
            (release, change.verdict.live_at)
            for change in current
            if change.verdict.live_at is not None
            and (release := releases[change.schedule.release.pk]).status == Status.CONFIRMED
        ]
        published = scheduling.publish_all(live_releases, at=now)
        ReleaseEvent.append(
            [
                *(_judged_event(c, now=now) for c in mine if c.verification.outcome != c.verdict.outcome),
                *(event for change in mine for event in _flip_events(change, now=now)),
                *published,
            ]
        )
        record_rows({Verification: [row.pk for row in stored], Release: [event.release_id for event in published]})
    return {change.schedule.key: verification for change, verification in zip(mine, stored, strict=True)}


def _changed_verification(change: VerdictChange, *, now: datetime) -> Verification:
    was = change.verification
    settled = change.verdict.outcome is not Outcome.PENDING
    return Verification(
        pk=was.pk,
        release=change.schedule.release,
        schedule_version=was.schedule_version,
        due_at=was.due_at,
        tolerance_seconds=was.tolerance_seconds,
        decided_at=(was.decided_at or now) if settled else None,
        revision=was.revision + 1,
        rules_version=RULES_VERSION,
        **change.columns,
    )


def _judged_event(change: VerdictChange, *, now: datetime) -> ReleaseEvent:
    return build_event(
        change.schedule.release,
        "judged",
        at=now,
        outcome=[change.verification.outcome, change.verdict.outcome],
        schedule_version=change.schedule.version,
        rules=RULES_VERSION,
        delay_seconds=[change.columns["delay_from"], change.columns["delay_to"]],
    )


def _flip_events(change: VerdictChange, *, now: datetime) -> Iterator[ReleaseEvent]:
    """Yield an event each time an address disappeared after it was found live, and each time it reappeared.

    Events that are already stored are left out.
    """
    stored = {result.address: result.verdict.flips for result in change.verification.results}
    for result in change.verdict.addresses:
        # Match new flips to stored flips by position, because a late response may change the instant of a stored flip.
        before = stored.get(result.address, ())
        for number, flip in enumerate(result.verdict.flips):
            known = before[number] if number < len(before) else None
            details = {"url": result.url, "seen_at": flip.gone_at.isoformat()}
            if known is None:
                yield build_event(change.schedule.release, "gone_again", at=now, **details)
            if flip.back_at and (known is None or known.back_at is None):
                details["seen_at"] = flip.back_at.isoformat()
                yield build_event(change.schedule.release, "back_again", at=now, **details)


def _check_often_again(changes: Sequence[VerdictChange], *, now: datetime) -> None:
    """Resume frequent checks of addresses that are no longer judged live, for example after a staff statement."""
    not_live = [
        result.address
        for change in changes
        for result in change.verdict.addresses
        if result.verdict.live_since(change.verdict.due_at) is None
    ]
    CheckSchedule.objects.filter(address__in=not_live, live_since__isnull=False).update(
        live_since=None, next_check_at=now
    )


COMPARED = ("outcome", "last_not_live_at", "first_live_at", "delay_from", "delay_to", "occurred_at")
# Monitoring stores checks some seconds before it judges them. If a check of a release was stored less than this long
# ago, the verdict may not include this check yet.
JUDGED_WITHIN = timedelta(minutes=1)


def check_verdicts(*, now: datetime, follow: Follow = without_progress) -> str | None:
    """Recompute verdicts, and return a sentence about the first stored verdict that is different, or None.

    Pending verdicts and verdicts by earlier versions of the rules are left out. Verdicts on rehearsals and on earlier
    schedules are also left out, because their addresses may have changed since.
    """
    rows = (
        Verification.objects.filter(
            rules_version=RULES_VERSION, schedule_version=F("release__schedule_version"), release__rehearsal=False
        )
        .exclude(outcome=Outcome.PENDING)
        .select_related("release")
        .order_by("pk")
    )
    for row in _find_differing(follow(rows.iterator(chunk_size=JUDGED_AT_ONCE), rows.count()), now=now):
        being_judged = repository.is_checked_since(row.release_id, now - JUDGED_WITHIN)
        # Compare again, because the release may have been judged again since the verdict was read.
        if not being_judged and any(_find_differing(rows.filter(pk=row.pk), now=now)):
            name = Verification._meta.label_lower
            return f"{name} {row.pk} differs from the verdict that follows from the stored checks"
    return None


def _find_differing(verifications: Iterable[Verification], *, now: datetime) -> Iterator[Verification]:
    for some in batched(verifications, JUDGED_AT_ONCE):
        schedules = [Schedule(row.release, row.schedule_version, row.due_at) for row in some]
        judge = read_schedules(schedules, now=now)
        for schedule, row in zip(schedules, some, strict=True):
            columns = write_verdict(judge(schedule, row))
            if any(getattr(row, name) != columns[name] for name in COMPARED):
                yield row


def check_outcomes(*, follow: Follow = without_progress) -> str | None:
    """Return a sentence about the first verdict that differs from its last `judged` event, or None.

    The rules version of the verdict may be later than that of the event, because no event is written if later rules
    give the same outcome.
    """
    columns = ("schedule_version", "outcome", "rules_version", "release__public_id")
    rows = Verification.objects.select_related("release").only(*columns).order_by("pk")
    events = ReleaseEvent.objects.filter(kind="judged").order_by("position")
    judged = _outcomes_by_schedule(events)
    newest = max((RULES_VERSION, *(rules for _, rules in judged.values())))
    for row in follow(rows.iterator(chunk_size=CHUNK), rows.count()):
        if _is_last_outcome(row, judged, newest=newest):
            continue
        with transaction.atomic():
            # A verdict may have been stored between the two queries, so compare verdict and event again under a lock.
            lock_heads(ReleaseRowRecord)
            again = _outcomes_by_schedule(events.filter(release_public_id=row.release.public_id))
            if any(not _is_last_outcome(one, again, newest=newest) for one in rows.filter(pk=row.pk)):
                return f"{Verification._meta.label_lower} {row.pk} does not match its last “judged” event"
    return None


def _outcomes_by_schedule(events: QuerySet[ReleaseEvent]) -> dict[tuple[UUID, int], tuple[str, int]]:
    """Return the last outcome of each schedule, and the version of the rules that gave this outcome.

    The keys are the public ID of the release and the version of the schedule.
    """
    rows = events.values_list("release_public_id", "facts").iterator(chunk_size=CHUNK)
    return {(release, facts["schedule_version"]): (facts["outcome"][1], facts["rules"]) for release, facts in rows}


def _is_last_outcome(row: Verification, judged: Mapping[tuple[UUID, int], tuple[str, int]], *, newest: int) -> bool:
    outcome, rules = judged.get((row.release.public_id, row.schedule_version), (Outcome.PENDING, 0))
    return row.outcome == outcome and rules <= row.rules_version <= newest
