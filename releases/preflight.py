"""Checks on the working day before a release, and the problems that they find."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import batched
from time import monotonic
from typing import TYPE_CHECKING

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from releases import host_budgets, judge, tasks
from releases.detection.characters import decode
from releases.detection.finding import LookResult
from releases.detection.markup import TooComplex
from releases.detection.page_text import read_page
from releases.detection.preflight import (
    PreflightCode,
    PreflightFinding,
    findings_of_announcement,
    findings_of_check,
    new_findings,
)
from releases.models import Address, Contact, Coverage, Observation, PreflightRun, Release
from releases.monitoring import adhoc_checks, targets
from releases.monitoring.adhoc_checks import AdhocCheck, AdhocMeans
from releases.permissions import Action, check_may
from releases.rules import calendar, london
from releases.rules.calendar import Nation
from releases.rules.host_budget import Crowd
from releases.rules.lifecycle import MoveRefused, Status
from releases.rules.web_address import place_if_any

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


# The watcher marks itself alive every few seconds; a minute of silence is no chance.
LONGEST_SILENCE = timedelta(minutes=1)


def find_problems(
    release: Release,
    *,
    made: Mapping[int, AdhocCheck],
    left: Collection[int],
    crowds: Sequence[Crowd],
    means: AdhocMeans,
    now: datetime,
) -> list[PreflightFinding]:
    """Return all that was found of one release, the problems first.

    :param made: what was seen at its addresses just now, by the address' key.
    :param left: keys of addresses at which nobody could look.
    :param crowds: the minutes that it shares with others at one host.
    :param now: the aware instant of the check.
    """
    found = [
        *_of_record(release),
        *_of_addresses(release, made=made, left=left),
        *_of_ourselves(means, now=now),
        *(
            PreflightFinding(PreflightCode.OPEN_TASK, facts={"task": task.text})
            for task in tasks.tasks_of_release(release).open()
        ),
        *(PreflightFinding(PreflightCode.SHARES_MINUTE, facts=_facts(crowd)) for crowd in crowds),
    ]
    return sorted(found, key=lambda finding: not finding.is_problem)


def _of_record(release: Release) -> Iterator[PreflightFinding]:
    roles = set(release.addresses.values_list("role", flat=True))
    if release.status != Status.CONFIRMED:
        yield PreflightFinding(PreflightCode.NOT_CONFIRMED)
    if Address.Role.PAGE not in roles:
        yield PreflightFinding(PreflightCode.NO_PAGE)
    series = release.series
    yield from _of_contact(
        series.responsible, missing=PreflightCode.NO_RESPONSIBLE, closed=PreflightCode.RESPONSIBLE_CLOSED
    )
    yield from _of_contact(series.head_of_profession, missing=PreflightCode.NO_HEAD, closed=PreflightCode.HEAD_CLOSED)
    if Address.Role.ATTACHMENT not in roles:
        yield PreflightFinding(PreflightCode.NO_ATTACHMENTS)
    if Address.Role.ANNOUNCEMENT not in roles:
        yield PreflightFinding(PreflightCode.NO_ANNOUNCEMENT)


def _of_contact(
    contact: Contact | None, *, missing: PreflightCode, closed: PreflightCode
) -> Iterator[PreflightFinding]:
    if contact is None:
        yield PreflightFinding(missing)
    elif contact.user and not contact.user.is_active:
        yield PreflightFinding(closed)


def _of_addresses(
    release: Release, *, made: Mapping[int, AdhocCheck], left: Collection[int]
) -> Iterator[PreflightFinding]:
    absent = _seen_absent(release)
    for address in release.addresses.all():
        one = made.get(address.pk)
        if one is None:
            if address.pk in left:
                yield PreflightFinding(
                    PreflightCode.COULD_NOT_LOOK, address.pk, {"place": place_if_any(address.url) or address.url}
                )
        elif address.role == Address.Role.ANNOUNCEMENT:
            yield from _of_announcement(release, address, one)
        else:
            seen = findings_of_check(
                address.pk,
                one.finding.result,
                one.finding.reasons,
                was_absent=absent.get(address.pk, one.row.position) < one.row.position,
            )
            yield from [seen] if seen else []


def _of_announcement(release: Release, address: Address, one: AdhocCheck) -> list[PreflightFinding]:
    assert release.due_at is not None  # noqa: S101  # only releases with an exact date are checked
    answer = one.answer
    reached = one.finding.result not in {LookResult.OBSERVER_FAULT, LookResult.UNREACHABLE} and answer.status == 200
    return findings_of_announcement(
        address.pk,
        says=one.finding.publisher,
        text=_visible_text(one) if reached else None,
        leads_to=answer.final_url if len(answer.hops) > 1 else "",
        due_at=release.due_at,
    )


def _visible_text(one: AdhocCheck) -> str | None:
    try:
        page = read_page(decode(one.answer.body, charset=one.answer.charset))
    except TooComplex:
        return None
    return f"{page.title}\n{page.text}"


def _of_ourselves(means: AdhocMeans, *, now: datetime) -> Iterator[PreflightFinding]:
    last = Coverage.objects.order_by("-ended_at").values_list("ended_at", flat=True).first()
    if last is None or last < now - LONGEST_SILENCE:
        yield PreflightFinding(PreflightCode.WATCHER_SILENT, facts={"last": last.isoformat() if last else None})
    if means.watcher_ill:
        yield PreflightFinding(PreflightCode.WATCHER_ILL)
    if means.clock_error.is_off(largest=means.clock_largest_error):
        yield PreflightFinding(PreflightCode.CLOCK_OFF)


def _seen_absent(release: Release) -> dict[int, int]:
    """Find at which position of the record each address was first seen without the release."""
    looks = Observation.objects.to_judge(release).filter(result=LookResult.NOT_LIVE).order_by("-position")
    return dict(looks.values_list("address_id", "position"))


def _facts(crowd: Crowd) -> dict[str, object]:
    return {"place": crowd.place, "releases": len(crowd.releases), "looks": crowd.looks, "seconds": crowd.seconds}


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
class PreflightCheck:
    """What was seen at a release's addresses, by key, and those at which nobody could look by now."""

    made: Mapping[int, AdhocCheck]
    left: frozenset[int]


def preflight_planned_at(release: Release, *, at: time) -> datetime:
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


def request_preflight(release: Release, *, by: "User | None", now: datetime) -> PreflightRun:
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


def request_missing_preflights(*, at: time, now: datetime) -> int:
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
    return [release for release in _upcoming(now) if london.local_date(preflight_planned_at(release, at=at)) <= today]


def is_quiet_time(*, now: datetime) -> bool:
    """Tell whether no release falls due around an aware instant, so that its looks have no other work beside them."""
    about = Release.objects.filter(due_at__gt=now - QUIET_AFTER, due_at__lte=now + QUIET_BEFORE)
    return not about.filter(status__in=[Status.CONFIRMED, Status.PUBLISHED]).exists()


def run_requested_preflights(
    *,
    means: AdhocMeans,
    now: datetime,
    only: Collection[int] | None = None,
    quiet: Callable[[datetime], bool] | None = None,
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
    planned = preflight_planned_at(release, at=at)
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
    means: AdhocMeans,
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
        together = shared[targets.due_of(run.release)].get(run.release.pk, ())
        try:
            found = find_problems(run.release, made=seen.made, left=seen.left, crowds=together, means=means, now=now)
            _judge_what_is_out(run.release, seen.made.values(), now=now)
        except Exception as fault:
            reference = run.release.reference
            logger.exception("cannot check %s before its release", reference, extra={"release": reference})
            faults.append(fault)
            found = [PreflightFinding(PreflightCode.OUR_ERROR)]
        _finish(run, found, seen.made.values(), now=now)
        yield run.pk


def _find_crowds(
    releases: Iterable[Release], shared: dict[datetime, Mapping[int, Sequence[Crowd]]], *, means: AdhocMeans
) -> None:
    """Find with whom releases share their minute, once for all that are due together; what was found before goes.

    :param shared: by the due instant, and by the release's key.
    """
    known = dict(shared)
    shared.clear()
    together: dict[datetime, list[Release]] = {}
    for release in releases:
        together.setdefault(targets.due_of(release), []).append(release)
    for due_at, some in together.items():
        shared[due_at] = (
            known[due_at] if due_at in known else host_budgets.crowds_of_releases(some, budgets=means.budgets)
        )


def _look(releases: Iterable[Release], *, means: AdhocMeans, now: datetime) -> PreflightCheck:
    asked = Address.objects.filter(release__in=list(releases)).select_related("release__series__producer")
    # A provisional release is not watched, and nothing is put into evidence about it but what announces it.
    watched = asked.filter(Q(release__status=Status.CONFIRMED) | Q(role=Address.Role.ANNOUNCEMENT))
    addresses = list(watched.order_by("release__due_at", "pk"))
    made = {one.row.address_id: one for one in adhoc_checks.check_addresses(addresses, means=means, now=now)}
    return PreflightCheck(made, frozenset(address.pk for address in addresses) - made.keys())


def _of_release(release: Release, looked: PreflightCheck) -> PreflightCheck:
    own = set(release.addresses.values_list("pk", flat=True))
    return PreflightCheck({key: made for key, made in looked.made.items() if key in own}, looked.left & own)


def _judge_what_is_out(release: Release, made: Iterable[AdhocCheck], *, now: datetime) -> None:
    """Judge a release that is seen live now: two looks that see it, after one that did not, show that it is early."""
    if any(one.finding.result is LookResult.LIVE for one in made):
        judge.judge_one(release, now=max([now, *(one.answer.completed_at for one in made)]))


def _finish(run: PreflightRun, found: Sequence[PreflightFinding], made: Iterable[AdhocCheck], *, now: datetime) -> None:
    release = run.release
    earlier = PreflightRun.objects.filter(
        release=release, schedule_version=release.schedule_version, done_at__isnull=False
    )
    told = [
        PreflightFinding.from_json(each) for findings in earlier.values_list("findings", flat=True) for each in findings
    ]
    run.schedule_version = release.schedule_version
    run.findings = [each.to_json() for each in found]
    run.problems = sum(each.is_problem for each in found)
    run.news = new_findings(found, told)
    run.vantage = next((one.answer.vantage for one in made), "")
    run.done_at = max([now, *(one.answer.completed_at for one in made)])
    run.claimed_until = None
    run.save()
