"""The check on the working day before a release: what would go wrong tomorrow, while it can still be mended."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import batched
from time import monotonic
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from releases.beforehand import preflight_checks
from releases.calendar import crowds
from releases.core.dates import calendar, london
from releases.core.dates.calendar import Nation
from releases.core.judging.evidence import LookResult
from releases.core.lifecycle import MoveRefused
from releases.core.looks.pacing import Crowd
from releases.core.preflight_findings import Code, Finding, news
from releases.core.status import Status
from releases.models import Address, PreflightRun, Release
from releases.permissions import Action, check_may
from releases.verdicts import judging
from releases.watching import beside, watch_list
from releases.watching.beside import Made, Means

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

logger = logging.getLogger(__name__)

# The longest row of days without work is shorter, so every release is found on the working day before.
AHEAD = timedelta(days=10)
# Where something was found it is looked for again, until it is mended: who mends it need not ask.
FOUND_AGAIN_AFTER = timedelta(hours=1)
# For so long no check begins around a due instant.
QUIET_BEFORE, QUIET_AFTER = timedelta(seconds=20), timedelta(seconds=10)
RELEASES_AT_A_TIME = 10
# The plan reads its releases in parts: those of ten days may be more than memory should hold.
PLANNED_AT_A_TIME = 500
CLAIM = timedelta(minutes=10)
# So long a run waits for its turn at a busy host; after that it says that it could not look.
PATIENCE = timedelta(minutes=10)


class PreflightRefused(MoveRefused):
    """There is nothing to check before this release; the message is one sentence for people."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What was seen at a release's addresses, by key, and those at which nobody could look by now."""

    made: Mapping[int, Made]
    left: frozenset[int]


def planned_at(release: Release, *, at: time) -> datetime:
    """Return the aware instant of the check: at a London time on the working day before, by the nation's calendar.

    :param at: STATSOFFICE_PREFLIGHT_AT.
    :raises ValueError: if the release has no exact date.
    """
    if release.due_at is None:
        message = f"{release.reference} has no exact time, so there is no day before it either."
        raise ValueError(message)
    nation = Nation(release.series.producer.nation)
    day = calendar.working_day_before(london.local_date(release.due_at), nation=nation)
    return london.from_london(datetime.combine(day, at))


def ask(release: Release, *, by: "User | None", now: datetime) -> PreflightRun:
    """Ask for a check of one release; if one is asked for already, that one will do.

    :param by: the person, or None for the plan or an operator.
    :param now: the aware instant of asking.
    :raises NotYours: if none of the person's roles allows it.
    :raises PreflightRefused: if the release is past, cancelled or has no exact date.
    """
    if by is not None:
        check_may(by, Action.PREFLIGHT, release.series.producer)
    if not may_be_checked(release, now=now):
        message = _("There is nothing to check before %(reference)s: it is %(status)s, for %(slot)s.") % {
            "reference": release.reference,
            "status": release.status,
            "slot": release.slot,
        }
        raise PreflightRefused(message)
    return _open_run(release, by=by, now=now)


def may_be_checked(release: Release, *, now: datetime) -> bool:
    """Tell whether a release is still to come, with an exact date, at an aware instant."""
    return (
        release.status in {Status.PROVISIONAL, Status.CONFIRMED} and release.due_at is not None and now < release.due_at
    )


def ask_missing(*, at: time, now: datetime) -> int:
    """Ask for every check that the plan has for now, or had while nobody was there to make it.

    A check that found something is asked for again an hour later, until nothing is found or the release is due.

    :param at: STATSOFFICE_PREFLIGHT_AT.
    :return: how many were asked for.
    """
    asked = PreflightRun.objects.open().filter(release=OuterRef("pk"))
    keys = list(_upcoming(now).filter(~Exists(asked)).values_list("pk", flat=True))
    number = 0
    for some in batched(keys, PLANNED_AT_A_TIME):
        latest = {run.release_id: run for run in PreflightRun.objects.newest().filter(release__in=some)}
        missing = [
            PreflightRun(release=release, schedule_version=release.schedule_version, asked_at=now)
            for release in _upcoming(now).filter(pk__in=some)
            if _is_missing(release, latest.get(release.pk), at=at, now=now)
        ]
        # Where a person asked at the same moment, theirs is the one open run of the release.
        PreflightRun.objects.bulk_create(missing, ignore_conflicts=True)
        number += len(missing)
    return number


def upcoming_for_the_day(*, at: time, now: datetime) -> list[Release]:
    """Return the releases still to come whose check falls on today in London, or fell on an earlier day."""
    today = london.local_date(now)
    return [release for release in _upcoming(now) if london.local_date(planned_at(release, at=at)) <= today]


def is_quiet(*, now: datetime) -> bool:
    """Tell whether no release falls due around an aware instant, so that its looks have no other work beside them."""
    about = Release.objects.filter(due_at__gt=now - QUIET_AFTER, due_at__lte=now + QUIET_BEFORE)
    return not about.filter(status__in=[Status.CONFIRMED, Status.PUBLISHED]).exists()


def run_asked(
    *, means: Means, now: datetime, only: Collection[int] | None = None, quiet: Callable[[datetime], bool] | None = None
) -> list[int]:
    """Make the checks that were asked for, some releases at a time, and keep what they found.

    A run whose addresses cannot be looked at yet, because another process looks at their host, stays asked for; so
    do those that are left once it is no longer quiet, or once we are stopped.

    :param now: the aware instant at which the first checks begin.
    :param only: keys of the releases to be checked; all, if not given.
    :param quiet: asked before some releases are checked, with the aware instant, whether that disturbs nobody.
    :return: the keys of the runs that are done.
    :raises ExceptionGroup: at the end, if our own code failed on one of the releases; the others were not held up.
    """
    begun, at = monotonic(), now
    faults: list[Exception] = []
    done: list[int] = []
    shared: dict[datetime, Mapping[int, Sequence[Crowd]]] = {}
    for some in batched(_asked(now=now, only=only), RELEASES_AT_A_TIME):
        if means.stop() or not (quiet is None or quiet(at)):
            break
        done += _run(_claimed(some, now=at), means=means, now=at, shared=shared, faults=faults)
        at = now + timedelta(seconds=monotonic() - begun)
    if faults:
        message = f"our own code failed on {len(faults)} pre-flights"
        raise ExceptionGroup(message, faults)
    return done


def _upcoming(now: datetime) -> QuerySet[Release]:
    due = Release.objects.filter(
        due_at__gt=now, due_at__lte=now + AHEAD, status__in=[Status.PROVISIONAL, Status.CONFIRMED]
    )
    return due.select_related("series__producer").order_by("due_at", "pk")


def _is_missing(release: Release, last: PreflightRun | None, *, at: time, now: datetime) -> bool:
    planned = planned_at(release, at=at)
    if now < planned:
        return False
    if last is None or last.done_at is None or last.asked_at < planned:
        return True
    return bool(last.problems) and now >= last.done_at + FOUND_AGAIN_AFTER


def _open_run(release: Release, *, by: "User | None", now: datetime) -> PreflightRun:
    values = {"schedule_version": release.schedule_version, "asked_at": now, "asked_by": by}
    run, _ = PreflightRun.objects.get_or_create(release=release, done_at=None, defaults=values)
    return run


def _asked(*, now: datetime, only: Collection[int] | None) -> list[int]:
    """Return the keys of the runs that nobody is making; what belongs to them is read when their turn comes."""
    free = _free(now)
    if only is not None:
        free = free.filter(release__in=only)
    return list(free.order_by("release__due_at", "pk").values_list("pk", flat=True))


def _free(now: datetime) -> QuerySet[PreflightRun]:
    return PreflightRun.objects.open().filter(Q(claimed_until__isnull=True) | Q(claimed_until__lte=now))


def _claimed(keys: Collection[int], *, now: datetime) -> list[PreflightRun]:
    """Take those of some runs that nobody else has taken, so that two processes never make the same one."""
    free = _free(now).filter(pk__in=keys)
    runs = free.select_related("release__series__producer", "release__series__responsible__user")
    runs = runs.select_related("release__series__head_of_profession__user").order_by("release__due_at", "pk")
    return [run for run in runs if free.filter(pk=run.pk).update(claimed_until=now + CLAIM)]


def _run(
    runs: Sequence[PreflightRun],
    *,
    means: Means,
    now: datetime,
    shared: dict[datetime, Mapping[int, Sequence[Crowd]]],
    faults: list[Exception],
) -> Iterator[int]:
    to_come = [run.release for run in runs if may_be_checked(run.release, now=now)]
    looked = _look(to_come, means=means, now=now)
    _find_crowds(to_come, shared, means=means)
    for run in runs:
        if run.release not in to_come:
            # Moved into the past, cancelled or published since somebody asked: there is nothing left to check.
            run.delete()
            continue
        seen = _of_release(run.release, looked)
        if seen.left and (means.stop() or now < run.asked_at + PATIENCE):
            PreflightRun.objects.filter(pk=run.pk).update(claimed_until=None)
            continue
        together = shared[watch_list.due_of(run.release)].get(run.release.pk, ())
        try:
            found = preflight_checks.findings(
                run.release, made=seen.made, left=seen.left, crowds=together, means=means, now=now
            )
            _judge_what_is_out(run.release, seen.made.values(), now=now)
        except Exception as fault:
            reference = run.release.reference
            logger.exception("cannot check %s before its release", reference, extra={"release": reference})
            faults.append(fault)
            found = [Finding(Code.OUR_ERROR)]
        _finish(run, found, seen.made.values(), now=now)
        yield run.pk


def _find_crowds(
    releases: Iterable[Release], shared: dict[datetime, Mapping[int, Sequence[Crowd]]], *, means: Means
) -> None:
    """Find with whom releases share their minute, once for all that are due together; what was found before goes.

    :param shared: by the due instant, and by the release's key.
    """
    known = dict(shared)
    shared.clear()
    together: dict[datetime, list[Release]] = {}
    for release in releases:
        together.setdefault(watch_list.due_of(release), []).append(release)
    for due_at, some in together.items():
        shared[due_at] = known[due_at] if due_at in known else crowds.of_releases(some, budgets=means.budgets)


def _look(releases: Iterable[Release], *, means: Means, now: datetime) -> Looked:
    asked = Address.objects.filter(release__in=list(releases)).select_related("release__series__producer")
    # A provisional release is not watched, and nothing is put into evidence about it but what announces it.
    watched = asked.filter(Q(release__status=Status.CONFIRMED) | Q(role=Address.Role.ANNOUNCEMENT))
    addresses = list(watched.order_by("release__due_at", "pk"))
    made = {one.row.address_id: one for one in beside.look_at(addresses, means=means, now=now)}
    return Looked(made, frozenset(address.pk for address in addresses) - made.keys())


def _of_release(release: Release, looked: Looked) -> Looked:
    own = set(release.addresses.values_list("pk", flat=True))
    return Looked({key: made for key, made in looked.made.items() if key in own}, looked.left & own)


def _judge_what_is_out(release: Release, made: Iterable[Made], *, now: datetime) -> None:
    """Judge a release that is seen live now: two looks that see it, after one that did not, show that it is early."""
    if any(one.finding.result is LookResult.LIVE for one in made):
        judging.judge(release, now=max([now, *(one.answer.completed_at for one in made)]))


def _finish(run: PreflightRun, found: Sequence[Finding], made: Iterable[Made], *, now: datetime) -> None:
    release = run.release
    earlier = PreflightRun.objects.filter(
        release=release, schedule_version=release.schedule_version, done_at__isnull=False
    )
    told = [Finding.from_json(each) for findings in earlier.values_list("findings", flat=True) for each in findings]
    run.schedule_version = release.schedule_version
    run.findings = [each.to_json() for each in found]
    run.problems = sum(each.is_problem for each in found)
    run.news = news(found, told)
    run.vantage = next((one.answer.vantage for one in made), "")
    run.done_at = max([now, *(one.answer.completed_at for one in made)])
    run.claimed_until = None
    run.save()
