"""The self-test (synthetic check), which monitors our own page like a release, and sends a ping if all is well."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from releases.detection.finding import AddressRole, EarlierTexts, Expectation, Reason
from releases.host_budgets import ProbeInterface
from releases.monitoring import examination
from releases.monitoring.clock import Clock
from releases.probe.probe import Probe, probe_from_settings
from releases.rules import cadence
from releases.rules.host_budget import LEAST_LONGEST_GAP
from releases.rules.response import Answer, CheckRequest
from releases.rules.web_address import parse_address, place_of
from releases.verdict.address import AddressVerdict, Outcome, Sighting, count_result, judge_address
from releases.verdict.release import JudgedPart, combine_addresses
from statsoffice import health
from statsoffice.self_monitoring import page
from statsoffice.self_monitoring.models import SyntheticCheck
from statsoffice.self_monitoring.page import Script, script_for


def make_private_probe(url: str, *, now: Callable[[], datetime]) -> Probe:
    """Create a probe that may also connect to the host and port of `url`, even if they are on a private network.

    The probe that checks releases is not changed, so no release can make it connect to a private address. If an egress
    proxy is set, no private address is allowed here, so that the self-test also tests the proxy. In that case,
    STATSOFFICE_PROBE_ALLOW_PRIVATE can allow the address.

    :raises NotAWebAddressError: if `url` is not a web address.
    """
    opened = frozenset() if settings.PROBE_PROXY else frozenset({parse_address(url).host_with_port})
    return probe_from_settings(now=now, also_private=opened)


ADAPTER = "page"
TITLE = "Self-test of the monitoring"
GLANCE = timedelta(seconds=0.5)
"""The longest wait between two calls of `stop`."""


class Stopped(Exception):
    """The self-test was stopped before its end and has no result."""


@dataclass(frozen=True, slots=True)
class RehearsalResult:
    """The verdict of one self-test. `reasons` explains the result of its last check."""

    outcome: Outcome
    verdict: AddressVerdict
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class _Progress:
    sightings: list[Sighting] = field(default_factory=list)
    texts_before: EarlierTexts = field(default_factory=EarlierTexts)
    reasons: tuple[Reason, ...] = ()


def run_rehearsal(
    script: Script, *, url: str, clock: Clock, probe: ProbeInterface, stop: Callable[[], bool] = lambda: False
) -> RehearsalResult:
    """Check the page of a self-test as often as the page of a release, and return the verdict.

    :param probe: fetches the page.
    :param stop: called at least twice a second.
    :raises Stopped: if `stop` returns true before the last response has arrived.
    """
    progress = _Progress()
    planned = _plan(script, url=url, clock=clock)
    next_at = next(planned, None)
    while next_at is not None or probe.in_flight:
        if stop():
            raise Stopped
        now = clock.now()
        if next_at is not None and next_at <= now:
            address, hosts = probe.fetched_address(ADAPTER, url), frozenset({place_of(url)})
            probe.start(CheckRequest(key=next_at, url=address, allowed_hosts=hosts, planned_at=next_at))
            next_at = next(planned, None)
            continue
        wake_at = min(now + GLANCE, next_at or now + GLANCE)
        if probe.in_flight:
            for _, answer in probe.poll((wake_at - now).total_seconds()):
                _record_answer(progress, answer, script=script, url=url, clock=clock, probe=probe)
        else:
            clock.sleep_until(wake_at)
    # The loop has ended, so every check up to the limit has a response or has timed out.
    verdict = judge_address(
        progress.sightings,
        due_at=script.due_at,
        limit_at=script.limit_at,
        longest_gap=LEAST_LONGEST_GAP,
        settled=True,
    )
    outcome, _ = combine_addresses([JudgedPart(AddressRole.PAGE, required=True, verdict=verdict)])
    return RehearsalResult(outcome=outcome, verdict=verdict, reasons=progress.reasons)


def _plan(script: Script, *, url: str, clock: Clock) -> Iterator[datetime]:
    after: datetime | None = None
    while True:
        after = cadence.next_check_at(
            due_at=script.due_at, limit_at=script.limit_at, after=after, now=clock.now(), key=url
        )
        if after is None or after > script.last_check_at:
            return
        yield after


def _record_answer(
    progress: _Progress, answer: Answer, *, script: Script, url: str, clock: Clock, probe: ProbeInterface
) -> None:
    expectation = Expectation(
        role=AddressRole.PAGE,
        url=url,
        marker=script.marker,
        release_title=f"{TITLE}, {script.marker}",
        series_title=TITLE,
        texts_not_live=progress.texts_before.lasting,
        texts_before=progress.texts_before.all,
        due_at=script.due_at,
    )
    finding = probe.examine(ADAPTER, answer, expectation)
    if answer.completed_at < script.due_at:
        sent_at, reasons = answer.sent_at, finding.reasons
        progress.texts_before.note(finding.result, reasons, finding.text_digest, first=sent_at, last=sent_at)
    error = clock.error()
    clock_off = error.is_off(largest=settings.CLOCK_LARGEST_ERROR)
    progress.reasons = examination.mark_clock_off(finding, error, largest=settings.CLOCK_LARGEST_ERROR).reasons
    progress.sightings.append(
        Sighting(
            result=count_result(finding.result, None, clock_off=clock_off),
            planned_at=answer.planned_at,
            sent_at=answer.sent_at,
            completed_at=answer.completed_at,
            clock_bound=error.bound or timedelta(0),
            text_digest=finding.text_digest,
        )
    )


STORED_RESULTS = 60
SHORTEST_PAUSE = timedelta(seconds=55)
"""The shortest time from the start of one self-test to the start of the next, even if two schedulers run."""

logger = logging.getLogger(__name__)


def perform_next(
    *, clock: Clock, open_probe: Callable[[str], ProbeInterface], stop: Callable[[], bool] = lambda: False
) -> SyntheticCheck | None:
    """Run the next self-test if it is due and no other process runs it, and store its result.

    :param open_probe: takes the address of the page, and returns the probe that requests it.
    :param stop: called at least twice a second. If it returns true, the self-test ends without a result.
    :return: the stored result, or None if no self-test was finished.
    """
    if not settings.CANARY:
        return None
    script = _claim(now=clock.now())
    if script is None:
        return None
    url = page.page_address(script)
    try:
        played = run_rehearsal(script, url=url, clock=clock, probe=open_probe(url), stop=stop)
    except Stopped:
        return None
    except Exception:
        _store_result(script, None, clock=clock)
        raise
    return _store_result(script, played, clock=clock)


def _claim(*, now: datetime) -> Script | None:
    """Claim the next self-test. Return None if it is not due, or if another process has claimed it.

    Self-tests are numbered, and the number is the primary key, so only one process can store each number.
    """
    last = SyntheticCheck.objects.first()
    # If the last self-test appears to have begun in the future, a clock was wrong. This must not delay the next one.
    if last and timedelta(0) <= now - last.begins_at < SHORTEST_PAUSE:
        return None
    script = script_for(last.number + 1 if last else 1, begins_at=now)
    try:
        with transaction.atomic():
            SyntheticCheck.objects.create(
                number=script.number, expected=script.expected, begins_at=script.begins_at, live_at=script.live_at
            )
    except IntegrityError:
        return None
    return script


def _store_result(script: Script, played: RehearsalResult | None, *, clock: Clock) -> SyntheticCheck:
    right = played is not None and script.is_right(played.outcome, played.verdict)
    result = SyntheticCheck.objects.get(number=script.number)
    result.finished_at, result.right = clock.now(), right
    error = clock.error()
    result.clock_off = error.is_off(largest=settings.CLOCK_LARGEST_ERROR)
    result.clock_voucher = error.voucher
    if played is not None:
        result.found, result.reasons = played.outcome, list(played.reasons)
        result.last_not_live_at = played.verdict.last_not_live_at
        result.first_live_at = played.verdict.first_live_at
    result.save()
    SyntheticCheck.objects.filter(number__lte=script.number - STORED_RESULTS).delete()
    if not right:
        logger.warning(
            "self-test %s failed: expected %s, found %s (%s)",
            script.number,
            script.expected,
            result.found or "an error",
            ", ".join(result.reasons) or "no check",
        )
    return result


GLANCE_SECONDS = 0.5
"""The longest wait between two calls of `stop` during a ping."""


def ping(
    url: str, *, probe: ProbeInterface, now: Callable[[], datetime], stop: Callable[[], bool] = lambda: False
) -> bool:
    """Send one request to the address, and log a failure.

    The log shows only the host, because the address is often a secret.

    :return: whether the response has a 2xx status.
    """
    host = place_of(url)
    probe.start(CheckRequest(key="ping", url=url, allowed_hosts=frozenset({host}), planned_at=now()))
    answers: list[tuple[CheckRequest, Answer]] = []
    while not answers and not stop():
        answers = probe.poll(GLANCE_SECONDS)
    for _, answer in answers:
        if answer.failure is None and answer.status is not None and 200 <= answer.status < 300:
            return True
        logger.warning("The ping to %s failed: %s", host, answer.failure or f"status {answer.status}")
    return False


def take_turn(*, clock: Clock, stop: Callable[[], bool] = lambda: False) -> None:
    """Run the next self-test. If its verdict is right and all health checks pass, send a ping to HEALTH_PING."""
    with contextlib.ExitStack() as stack:

        def open_probe(url: str) -> ProbeInterface:
            return stack.enter_context(make_private_probe(url, now=clock.now))

        played = perform_next(clock=clock, open_probe=open_probe, stop=stop)
        if not settings.HEALTH_PING or played is None or not played.right or stop():
            return
        if all(check.well for check in health.check_health(clock.now())):
            ping(settings.HEALTH_PING, probe=open_probe(settings.HEALTH_PING), now=clock.now, stop=stop)
