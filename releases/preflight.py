"""Preflights: checks on the working day before a release, and the problems that they find."""

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from itertools import batched
from time import monotonic
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from releases import host_budgets, judge, tasks
from releases.detection.characters import decode
from releases.detection.finding import CheckOutcome
from releases.detection.markup import TooComplex
from releases.detection.page_text import read_page
from releases.detection.preflight import (
    PreflightCode,
    PreflightFinding,
    findings_of_announcement,
    findings_of_check,
    new_findings,
)
from releases.early_findings import is_hidden
from releases.evidence import repository
from releases.models import Address, Coverage, PreflightRun, Producer, Release, Verification
from releases.models.claim import is_unclaimed
from releases.monitoring import targets
from releases.permissions import Action, User, check_may
from releases.rules import calendar
from releases.rules.calendar import Nation
from releases.rules.host_budget import Crowd
from releases.rules.lifecycle import MoveRefused, Status
from releases.rules.page_view import BROWSER, BrowserState
from releases.rules.web_address import place_if_any
from releases.verdict.address import Outcome

if TYPE_CHECKING:
    from releases.monitoring.adhoc_checks import AdhocCheck, AdhocMeans

logger = logging.getLogger(__name__)

# Monitoring records every few seconds that it is running. If there is no record for this long, the preflight reports a
# problem.
LONGEST_SILENCE = timedelta(minutes=1)
# Releases that are due within this time are considered. An office may close between Christmas and New Year, which makes
# ten or more non-working days in a row. No office closes for a month, so the working day before each release is within
# this time.
AHEAD = timedelta(days=31)
# If a preflight finds a problem, it is repeated at this interval until the problem is solved. So no one has to request
# it again.
REPEAT_AFTER = timedelta(hours=1)
# No preflight begins within these times before and after a due instant.
QUIET_BEFORE, QUIET_AFTER = timedelta(seconds=20), timedelta(seconds=10)
RELEASES_AT_A_TIME = 10
# Planned preflights are requested in batches, because all releases before a long holiday may take too much memory.
PLANNED_AT_A_TIME = 500
CLAIM = timedelta(minutes=10)
# A run waits this long for a busy host, and then reports that it could not check the addresses on this host.
PATIENCE = timedelta(minutes=10)

type CrowdsByInstant = Mapping[datetime, Mapping[int, Sequence[Crowd]]]
"""The crowds of each release. The outer keys are due instants, and the inner keys are the keys of releases."""


class PreflightRefused(MoveRefused):
    """The release cannot have a preflight. The message is one sentence for people."""


def find_problems(
    release: Release,
    *,
    checks: Mapping[int, "AdhocCheck"],
    unreached: Collection[int],
    crowds: Sequence[Crowd],
    means: "AdhocMeans",
    now: datetime,
) -> list[PreflightFinding]:
    """Return all findings about one release, problems first."""
    found = [
        *_findings_of_record(release),
        *_findings_of_addresses(release, checks=checks, unreached=unreached),
        *_findings_of_monitoring(means, now=now),
        *_findings_of_browser(release, means),
        *(
            PreflightFinding(PreflightCode.OPEN_TASK, facts={"task": task.text})
            for task in tasks.tasks_of_release(release).open()
        ),
    ]
    for crowd in crowds:
        facts = {"place": crowd.place, "releases": len(crowd.releases), "looks": crowd.checks, "seconds": crowd.seconds}
        found.append(PreflightFinding(PreflightCode.SHARES_MINUTE, facts=facts))
    return sorted(found, key=lambda finding: not finding.is_problem)


def _findings_of_record(release: Release) -> Iterator[PreflightFinding]:
    roles = set(release.addresses.values_list("role", flat=True))
    if release.status != Status.CONFIRMED:
        yield PreflightFinding(PreflightCode.NOT_CONFIRMED)
    if Address.Role.PAGE not in roles:
        yield PreflightFinding(PreflightCode.NO_PAGE)
    for contact, missing, closed in (
        (release.series.responsible, PreflightCode.NO_RESPONSIBLE, PreflightCode.RESPONSIBLE_CLOSED),
        (release.series.head_of_profession, PreflightCode.NO_HEAD, PreflightCode.HEAD_CLOSED),
    ):
        if contact is None:
            yield PreflightFinding(missing)
        elif contact.user and not contact.user.is_active:
            yield PreflightFinding(closed)
    if Address.Role.ATTACHMENT not in roles:
        yield PreflightFinding(PreflightCode.NO_ATTACHMENTS)
    if Address.Role.ANNOUNCEMENT not in roles:
        yield PreflightFinding(PreflightCode.NO_ANNOUNCEMENT)


def _findings_of_addresses(
    release: Release, *, checks: Mapping[int, "AdhocCheck"], unreached: Collection[int]
) -> Iterator[PreflightFinding]:
    absent = repository.find_first_absences(release)
    for address in release.addresses.all():
        check = checks.get(address.pk)
        if check is None:
            if address.pk in unreached:
                facts: dict[str, object] = {"place": place_if_any(address.url) or address.url}
                yield PreflightFinding(PreflightCode.COULD_NOT_LOOK, address.pk, facts)
        elif address.role == Address.Role.ANNOUNCEMENT:
            yield from _findings_of_announcement(release, address, check)
        elif found := findings_of_check(
            address.pk,
            check.finding.result,
            check.finding.reasons,
            was_absent=absent.get(address.pk, check.row.position) < check.row.position,
        ):
            yield found


def _findings_of_announcement(release: Release, address: Address, check: "AdhocCheck") -> list[PreflightFinding]:
    answer, text = check.answer, None
    if check.finding.result not in {CheckOutcome.OBSERVER_FAULT, CheckOutcome.UNREACHABLE} and answer.status == 200:
        try:
            page = read_page(decode(answer.body, charset=answer.charset))
        except TooComplex:
            pass
        else:
            text = f"{page.title}\n{page.text}"
    return findings_of_announcement(
        address.pk,
        says=check.finding.publisher,
        text=text,
        leads_to=answer.final_url if len(answer.hops) > 1 and answer.final_url != address.url else "",
        due_at=targets.due_of(release),
    )


def _findings_of_monitoring(means: "AdhocMeans", *, now: datetime) -> Iterator[PreflightFinding]:
    last = Coverage.objects.order_by("-ended_at").values_list("ended_at", flat=True).first()
    if last is None or last < now - LONGEST_SILENCE:
        yield PreflightFinding(PreflightCode.WATCHER_SILENT, facts={"last": last.isoformat() if last else None})
    if means.monitoring_unwell:
        yield PreflightFinding(PreflightCode.WATCHER_ILL)
    if means.clock_error.is_off(largest=means.clock_largest_error):
        yield PreflightFinding(PreflightCode.CLOCK_OFF)


_BROWSER_CODES = {
    BrowserState.NOT_INSTALLED: PreflightCode.NO_BROWSER,
    BrowserState.DOES_NOT_START: PreflightCode.BROWSER_DOES_NOT_START,
    BrowserState.SANDBOXED: PreflightCode.BROWSER_IN_SANDBOX,
    BrowserState.WITHOUT_SANDBOX: PreflightCode.BROWSER_WITHOUT_SANDBOX,
}


def _findings_of_browser(release: Release, means: "AdhocMeans") -> Iterator[PreflightFinding]:
    """Yield a finding about the state of our browser if the release needs a browser.

    If the release does not need a browser, the browser is not started, because it takes much memory.
    """
    if release.has_screenshots or release.addresses.filter(adapter=BROWSER).exists():
        yield PreflightFinding(_BROWSER_CODES[means.browser_state()])


def preflight_planned_at(release: Release, *, at: time) -> datetime:
    """Return when the preflight of a release is planned: on the working day before the release.

    :param at: the London time of day of preflights (STATSOFFICE_PREFLIGHT_AT).
    :raises ValueError: if the release has no exact time.
    """
    if release.due_at is None:
        raise ValueError(f"{release.reference} has no exact time, so its preflight cannot be planned.")
    producer = release.series.producer
    return _planned_before(calendar.local_date(release.due_at), Nation(producer.nation), producer.closed_days(), at=at)


def find_planned_instants(releases: Collection[tuple[int, datetime, int]], *, at: time) -> dict[int, datetime]:
    """Return when the preflight of each release is planned. The calendars of all producers are read with one query.

    :param releases: for each release, its primary key, its due instant and the primary key of its producer.
    :param at: the London time of day of preflights (STATSOFFICE_PREFLIGHT_AT).
    :return: a dict that is keyed by the primary key of the release.
    """
    if not releases:
        return {}
    nations: dict[int, Nation] = {}
    closed: dict[int, set[date]] = defaultdict(set)
    producers = Producer.objects.filter(pk__in={producer for _, _, producer in releases})
    for producer, nation, on in producers.values_list("pk", "nation", "non_working_days__on"):
        nations[producer] = Nation(nation)
        if on is not None:
            closed[producer].add(on)
    calendars = {producer: (nation, frozenset(closed[producer])) for producer, nation in nations.items()}

    return {
        key: _planned_before(calendar.local_date(due_at), *calendars[producer], at=at)
        for key, due_at, producer in releases
    }


# Most producers have the same calendar, and the result depends on nothing else.
@lru_cache(maxsize=1_000)
def _planned_before(on: date, nation: Nation, closed: frozenset[date], *, at: time) -> datetime:
    # Use the office's working days, because people have to correct the problems that a preflight finds.
    day = calendar.working_day_before(on, nation=nation, closed=closed)
    return calendar.from_london(datetime.combine(day, at))


def check_request(release: Release, *, by: User | None, now: datetime) -> None:
    """Raise an exception if a preflight of a release may not be requested.

    :param by: the person who requests the preflight, or None if the schedule or an operator requests it.
    :raises NotYours: if no role of the person allows the request.
    :raises PreflightRefused: if the release is cancelled, published or already due, or has no exact time.
    """
    if by is not None:
        check_may(by, Action.PREFLIGHT, release.series.producer)
    if not may_be_checked(release, now=now):
        raise PreflightRefused(
            _("We cannot check %s because it is cancelled, is already due or has no exact date and time.")
            % release.title
        )


def request_preflight(release: Release, *, by: User | None, now: datetime) -> PreflightRun:
    """Request a preflight of a release. If there already is an open request, return it.

    :param by: the person who requests the preflight, or None if the schedule or an operator requests it.
    :raises NotYours: if no role of the person allows the request.
    :raises PreflightRefused: if the release is cancelled, published or already due, or has no exact time.
    """
    check_request(release, by=by, now=now)
    values = {"schedule_version": release.schedule_version, "asked_at": now, "asked_by": by}
    run, _created = PreflightRun.objects.get_or_create(release=release, done_at=None, defaults=values)
    return run


def may_be_checked(release: Release, *, now: datetime) -> bool:
    return (
        release.status in {Status.PROVISIONAL, Status.CONFIRMED} and release.due_at is not None and now < release.due_at
    )


def request_missing_preflights(*, at: time, now: datetime) -> int:
    """Request each preflight whose planned time has come, unless it is already requested.

    If a preflight finds a problem, it is requested again after an hour, until there is no problem or the release is
    due.

    :param at: STATSOFFICE_PREFLIGHT_AT.
    :return: the number of preflights that were requested.
    """
    open_runs = PreflightRun.objects.open().filter(release=OuterRef("pk"))
    columns = _upcoming(now).filter(~Exists(open_runs)).values_list("pk", "due_at", "series__producer_id")
    upcoming = [(key, due_at, producer) for key, due_at, producer in columns if due_at]
    planned = find_planned_instants(upcoming, at=at)
    # Read only the releases whose planned time has come.
    keys = [key for key, _, _ in upcoming if planned[key] <= now]
    number = 0
    for some in batched(keys, PLANNED_AT_A_TIME):
        latest = {run.release_id: run for run in PreflightRun.objects.newest().filter(release__in=some)}
        missing = [
            PreflightRun(release=release, schedule_version=release.schedule_version, asked_at=now)
            for release in _upcoming(now).filter(pk__in=some)
            if _is_missing(release, latest.get(release.pk), planned=planned, now=now)
        ]
        # A person may have requested a preflight at the same moment. A release can have only one open run, so the
        # conflict is ignored.
        PreflightRun.objects.bulk_create(missing, ignore_conflicts=True)
        number += len(missing)
    return number


def upcoming_for_the_day(*, at: time, now: datetime) -> list[Release]:
    """Return the upcoming releases whose preflight is planned for today (in London) or an earlier day."""
    today = calendar.local_date(now)
    found = _upcoming(now).select_related("series__producer").prefetch_related("series__producer__non_working_days")
    return [release for release in found if calendar.local_date(preflight_planned_at(release, at=at)) <= today]


def is_quiet_time(*, now: datetime) -> bool:
    """Return whether no release is due shortly before or after `now`.

    Near a due instant, a preflight could disturb the checks of the release that is due then.
    """
    about = Release.objects.filter(due_at__gt=now - QUIET_AFTER, due_at__lte=now + QUIET_BEFORE)
    return not about.filter(status__in=[Status.CONFIRMED, Status.PUBLISHED]).exists()


def run_requested_preflights(
    *,
    means: "AdhocMeans",
    now: datetime,
    only: Collection[int] | None = None,
    quiet: Callable[[datetime], bool] | None = None,
) -> list[int]:
    """Run the requested preflights in batches of releases, and store their findings.

    A run stays open if another process holds the lease of a host, if a due instant is near, or if this process has to
    stop.

    :param only: the keys of the releases to check, or None for all releases.
    :param quiet: a function that is called before each batch with the current aware instant. It returns whether no due
        instant is near.
    :return: the keys of the runs that are done.
    :raises ExceptionGroup: if our own code failed on some releases. All other releases are checked first.
    """
    begun, at = monotonic(), now
    faults: list[Exception] = []
    done: list[int] = []
    crowds: CrowdsByInstant = {}
    free = _free_runs(now) if only is None else _free_runs(now).filter(release__in=only)
    keys = list(free.order_by("release__due_at", "pk").values_list("pk", flat=True))
    for some in batched(keys, RELEASES_AT_A_TIME):
        if means.stop() or not (quiet is None or quiet(at)):
            break
        runs = _claim_runs(some, now=at)
        releases = [run.release for run in runs if may_be_checked(run.release, now=at)]
        checks, unreached = _check_addresses(releases, means=means, now=at)
        crowds = _find_crowds(releases, crowds, means=means)
        for run in runs:
            if run.release not in releases:
                # The release was moved into the past, cancelled or published since the request.
                run.delete()
            elif _make_run(run, checks, unreached, crowds, means=means, now=at, faults=faults):
                done.append(run.pk)
        at = now + timedelta(seconds=monotonic() - begun)
    if faults:
        raise ExceptionGroup(f"our own code failed on {len(faults)} preflights", faults)
    return done


def _upcoming(now: datetime) -> QuerySet[Release]:
    due = Release.objects.filter(
        due_at__gt=now, due_at__lte=now + AHEAD, status__in=[Status.PROVISIONAL, Status.CONFIRMED]
    )
    return due.order_by("due_at", "pk")


def _is_missing(release: Release, last: PreflightRun | None, *, planned: Mapping[int, datetime], now: datetime) -> bool:
    """Return whether a preflight whose planned time has come must be requested.

    :param last: the latest preflight of the release, or None.
    :param planned: the planned times of preflights, keyed by the primary key of the release.
    """
    if last is None or last.done_at is None or last.asked_at < planned[release.pk]:
        return True
    return bool(last.problems) and now >= last.done_at + REPEAT_AFTER


def _free_runs(now: datetime) -> QuerySet[PreflightRun]:
    return PreflightRun.objects.open().filter(is_unclaimed(CLAIM, now=now))


def _claim_runs(keys: Collection[int], *, now: datetime) -> list[PreflightRun]:
    """Claim the runs that no other process has claimed, and return them.

    This prevents two processes from making the same run.
    """
    free = _free_runs(now).filter(pk__in=keys)
    runs = free.select_related("release__series__producer", "release__series__responsible__user")
    runs = runs.select_related("release__series__head_of_profession__user").order_by("release__due_at", "pk")
    return [run for run in runs if free.filter(pk=run.pk).update(claimed_until=now + CLAIM)]


def _check_addresses(
    releases: Sequence[Release], *, means: "AdhocMeans", now: datetime
) -> tuple[dict[int, "AdhocCheck"], set[int]]:
    """Check the addresses of the releases.

    :return: a dict that maps the key of an address to its check, and the keys of the addresses that could not be
        checked.
    """
    found = Address.objects.filter(release__in=releases).select_related("release__series__producer")
    # If a release is provisional, check only its announcement. Provisional releases are not monitored, so checks of
    # their other addresses are not stored as evidence.
    found = found.filter(Q(release__status=Status.CONFIRMED) | Q(role=Address.Role.ANNOUNCEMENT))
    addresses = list(found.order_by("release__due_at", "pk"))
    checks = {check.row.address_id: check for check in means.check_addresses(addresses, now=now)}
    return checks, {address.pk for address in addresses} - checks.keys()


def _find_crowds(releases: Iterable[Release], known: CrowdsByInstant, *, means: "AdhocMeans") -> CrowdsByInstant:
    """Return the crowds of the releases, with one search for each due instant.

    :param known: the crowds of the previous batch. A due instant in `known` is not searched again.
    """
    by_instant: dict[datetime, list[Release]] = {}
    for release in releases:
        by_instant.setdefault(targets.due_of(release), []).append(release)
    return {
        due_at: known[due_at] if due_at in known else host_budgets.crowds_of_releases(some, budgets=means.budgets)
        for due_at, some in by_instant.items()
    }


def _judge_live_addresses(release: Release, addresses: Collection[int], *, means: "AdhocMeans", now: datetime) -> None:
    """Judge a release that has live addresses before it is due.

    The release is early if two live checks follow a check that did not find the release. The finding of a single live
    check is shown to no one (decision 73). So if a second check is needed, it is made now instead of at the next
    planned time, and the release is judged again.

    :param addresses: the keys of the live addresses.
    """

    # A preflight may last until the release is due.
    def judge_at(at: datetime) -> Verification:
        return judge.judge_one(release, now=at, answered_until=judge.assume_answers(now=at))

    verdict = judge_at(now)
    if verdict.outcome == Outcome.EARLY or not is_hidden(release, [verdict]):
        return
    live = release.addresses.filter(pk__in=addresses).select_related("release__series__producer")
    if again := means.check_addresses(list(live), now=now):
        judge_at(max(check.answer.completed_at for check in again))


def _make_run(
    run: PreflightRun,
    checks: Mapping[int, "AdhocCheck"],
    unreached: Collection[int],
    crowds: CrowdsByInstant,
    *,
    means: "AdhocMeans",
    now: datetime,
    faults: list[Exception],
) -> bool:
    """Store the findings of a run and return True.

    If some addresses could not be checked, release the claim on the run and return False. Then the run is retried.
    After `PATIENCE`, the findings are stored anyway, unless this process has to stop.
    """
    release = run.release
    addresses = set(release.addresses.values_list("pk", flat=True))
    checks = {key: check for key, check in checks.items() if key in addresses}
    unreached = addresses.intersection(unreached)
    if unreached and (means.stop() or now < run.asked_at + PATIENCE):
        PreflightRun.objects.filter(pk=run.pk).update(claimed_until=None)
        return False
    done_at = max([now, *(check.answer.completed_at for check in checks.values())])
    shared = crowds[targets.due_of(release)].get(release.pk, ())
    vantage = next((check.answer.vantage for check in checks.values()), "")
    try:
        found = find_problems(release, checks=checks, unreached=unreached, crowds=shared, means=means, now=now)
        live = [key for key, check in checks.items() if check.finding.result is CheckOutcome.LIVE]
        if live:
            _judge_live_addresses(release, live, means=means, now=done_at)
        _store_findings(run, found, vantage=vantage, done_at=done_at)
    except Exception as fault:
        logger.exception("cannot check %s before its release", release.reference, extra={"release": release.reference})
        faults.append(fault)
        _store_findings(run, [PreflightFinding(PreflightCode.OUR_ERROR)], vantage=vantage, done_at=done_at)
    return True


def _store_findings(run: PreflightRun, found: Sequence[PreflightFinding], *, vantage: str, done_at: datetime) -> None:
    release = run.release
    earlier = PreflightRun.objects.filter(
        release=release, schedule_version=release.schedule_version, done_at__isnull=False
    )
    earlier_findings = [
        PreflightFinding.from_json(each) for findings in earlier.values_list("findings", flat=True) for each in findings
    ]
    run.schedule_version = release.schedule_version
    run.findings = [each.to_json() for each in found]
    run.problems = sum(each.is_problem for each in found)
    run.news = new_findings(found, earlier_findings)
    run.vantage = vantage
    run.done_at = done_at
    run.claimed_until = None
    # The savepoint leaves the connection usable if PostgreSQL refuses the findings, so that our error can be stored.
    with transaction.atomic():
        run.save()
