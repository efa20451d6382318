"""The synthetic check: the self-test checks our own page as any release is checked, and pings when all is well."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from releases.detection.finding import AddressRole, Expectation, Reason, TextsBefore
from releases.leases import ProbeInterface
from releases.monitoring import examination
from releases.monitoring.clock import Clock
from releases.probe.probe import Probe, probe_from_settings
from releases.rules import cadence
from releases.rules.host_budget import LEAST_LONGEST_GAP
from releases.rules.response import Answer, Errand
from releases.rules.web_address import parse_address, place_of
from releases.verdict.address import AddressVerdict, Outcome, Sighting, judge_address, result_counted
from releases.verdict.release import combine_addresses
from statsoffice import health
from statsoffice.self_monitoring import page
from statsoffice.self_monitoring.models import Rehearsed
from statsoffice.self_monitoring.page import Script, script_for


def own_probe(url: str, *, now: Callable[[], datetime]) -> Probe:
    """Make a probe like the watcher's that may also connect to one address of our own on a private network.

    The watcher's own probe stays as it is: no release can lead it to this service's private side. Behind an egress
    proxy nothing is opened, so that the proxy is part of what is tried; the operator can still open the address
    with STATSOFFICE_PROBE_ALLOW_PRIVATE.

    :param url: the address; its host and port alone are opened.
    :param now: the clock.
    :raises NotAWebAddressError: if it is none.
    """
    opened = frozenset() if settings.PROBE_PROXY else frozenset({parse_address(url).host_with_port})
    return probe_from_settings(now=now, also_private=opened)


ADAPTER = "page"
TITLE = "Rehearsal of the watcher"
GLANCE = timedelta(seconds=0.5)
"""How often the rehearsal asks whether it is to stop."""


class Stopped(Exception):
    """The rehearsal was told to stop before its end, and says nothing."""


@dataclass(frozen=True, slots=True)
class Played:
    """What the chain made of one rehearsal; the reasons are those of its last look."""

    outcome: Outcome
    verdict: AddressVerdict
    reasons: tuple[Reason, ...]


@dataclass(slots=True)
class _Seen:
    sightings: list[Sighting] = field(default_factory=list)
    texts_before: TextsBefore = field(default_factory=TextsBefore)
    reasons: tuple[Reason, ...] = ()


def rehearse(
    script: Script, *, url: str, clock: Clock, look: ProbeInterface, stop: Callable[[], bool] = lambda: False
) -> Played:
    """Look at a rehearsal's page by the cadence of every release, and judge what was seen.

    :param url: where its page stands.
    :param clock: the watcher's clock.
    :param look: the probe.
    :param stop: asked twice a second whether to end.
    :raises Stopped: if it is told to end before the last look was answered.
    """
    seen = _Seen()
    planned = _plan(script, url=url, clock=clock)
    next_at = next(planned, None)
    while next_at is not None or look.in_flight:
        if stop():
            raise Stopped
        now = clock.now()
        if next_at is not None and next_at <= now:
            look.start(_errand(url, look=look, planned_at=next_at))
            next_at = next(planned, None)
            continue
        wake_at = min(now + GLANCE, next_at or now + GLANCE)
        if look.in_flight:
            for _, answer in look.poll((wake_at - now).total_seconds()):
                _take(seen, answer, script=script, url=url, clock=clock, look=look)
        else:
            clock.sleep_until(wake_at)
    # Every look up to the limit was answered or has timed out: that is why the loop ended.
    verdict = judge_address(
        seen.sightings,
        due_at=script.due_at,
        limit_at=script.limit_at,
        longest_gap=LEAST_LONGEST_GAP,
        settled=True,
    )
    outcome, _ = combine_addresses([(AddressRole.PAGE, True, verdict)])
    return Played(outcome=outcome, verdict=verdict, reasons=seen.reasons)


def _plan(script: Script, *, url: str, clock: Clock) -> Iterator[datetime]:
    """Give the instant of one look after the other, as the cadence plans them."""
    after: datetime | None = None
    while True:
        after = cadence.next_check_at(
            due_at=script.due_at, limit_at=script.limit_at, after=after, now=clock.now(), key=url
        )
        if after is None or after > script.last_look_at:
            return
        yield after


def _errand(url: str, *, look: ProbeInterface, planned_at: datetime) -> Errand:
    address = look.fetched_address(ADAPTER, url)
    return Errand(key=planned_at, url=address, allowed_hosts=frozenset({place_of(url)}), planned_at=planned_at)


def _take(seen: _Seen, answer: Answer, *, script: Script, url: str, clock: Clock, look: ProbeInterface) -> None:
    expectation = Expectation(
        role=AddressRole.PAGE,
        url=url,
        marker=script.marker,
        release_title=f"{TITLE}, {script.marker}",
        series_title=TITLE,
        texts_not_live=seen.texts_before.standing,
        texts_before=seen.texts_before.all,
        due_at=script.due_at,
    )
    finding = look.examine(ADAPTER, answer, expectation)
    if answer.completed_at < script.due_at:
        sent_at, reasons = answer.sent_at, finding.reasons
        seen.texts_before.note(finding.result, reasons, finding.text_digest, first=sent_at, last=sent_at)
    error = clock.error()
    clock_off = error.is_off(largest=settings.CLOCK_LARGEST_ERROR)
    seen.reasons = examination.mark_clock_off(finding, error, largest=settings.CLOCK_LARGEST_ERROR).reasons
    seen.sightings.append(
        Sighting(
            result=result_counted(finding.result, None, clock_off=clock_off),
            planned_at=answer.planned_at,
            sent_at=answer.sent_at,
            completed_at=answer.completed_at,
            clock_bound=error.bound or timedelta(0),
            text_digest=finding.text_digest,
        )
    )


KEPT = 60
SHORTEST_PAUSE = timedelta(seconds=55)
"""Between the beginnings of two rehearsals; two beats ask twice as often as one."""

logger = logging.getLogger(__name__)


def perform_next(
    *, clock: Clock, look: Callable[[str], ProbeInterface], stop: Callable[[], bool] = lambda: False
) -> Rehearsed | None:
    """Play the next rehearsal and keep what came of it, unless it is another process's turn or not the time.

    :param clock: the watcher's clock.
    :param look: gives the probe for the page's address.
    :param stop: asked twice a second whether to end; an unfinished rehearsal says nothing.
    :return: the rehearsal as it was kept; None if none was played to its end.
    """
    if not settings.CANARY:
        return None
    script = _claim(now=clock.now())
    if script is None:
        return None
    url = page.url_of(script)
    try:
        played = rehearse(script, url=url, clock=clock, look=look(url), stop=stop)
    except Stopped:
        return None
    except Exception:
        _keep(script, None, clock=clock)
        raise
    return _keep(script, played, clock=clock)


def _claim(*, now: datetime) -> Script | None:
    """Take the number after the last one; of two that want it, the database lets one have it."""
    last = Rehearsed.objects.first()
    # One that lies ahead was begun by a clock that was off, and must not keep the canary waiting for its time.
    if last and timedelta(0) <= now - last.begins_at < SHORTEST_PAUSE:
        return None
    script = script_for(last.number + 1 if last else 1, begins_at=now)
    try:
        with transaction.atomic():
            Rehearsed.objects.create(
                number=script.number, expected=script.expected, begins_at=script.begins_at, live_at=script.live_at
            )
    except IntegrityError:
        return None
    return script


def _keep(script: Script, played: Played | None, *, clock: Clock) -> Rehearsed:
    right = played is not None and script.is_right(played.outcome, played.verdict)
    result = Rehearsed.objects.get(number=script.number)
    result.finished_at, result.right = clock.now(), right
    error = clock.error()
    result.clock_off = error.is_off(largest=settings.CLOCK_LARGEST_ERROR)
    result.clock_voucher = error.voucher
    if played is not None:
        result.found, result.reasons = played.outcome, list(played.reasons)
        result.last_not_live_at = played.verdict.last_not_live_at
        result.first_live_at = played.verdict.first_live_at
    result.save()
    Rehearsed.objects.filter(number__lte=script.number - KEPT).delete()
    if not right:
        logger.warning(
            "rehearsal %s should have come out as %s and came out as %s (%s)",
            script.number,
            script.expected,
            result.found or "an error",
            ", ".join(result.reasons) or "no look",
        )
    return result


GLANCE_SECONDS = 0.5
"""How long a ping under way keeps whoever wants to end it waiting."""


def ping(
    url: str, *, look: ProbeInterface, now: Callable[[], datetime], stop: Callable[[], bool] = lambda: False
) -> bool:
    """Ask the address once; a failure is logged, and changes nothing else.

    The address itself is often the only secret of such a switch, and stays out of the log.

    :param stop: asked twice a second whether to end.
    :return: whether it answered with a status of success.
    """
    host = place_of(url)
    look.start(Errand(key="ping", url=url, allowed_hosts=frozenset({host}), planned_at=now()))
    answers: list[tuple[Errand, Answer]] = []
    while not answers and not stop():
        answers = look.poll(GLANCE_SECONDS)
    for _, answer in answers:
        if answer.failure is None and answer.status is not None and 200 <= answer.status < 300:
            return True
        logger.warning("The ping to %s failed: %s", host, answer.failure or f"status {answer.status}")
    return False


def take_turn(*, clock: Clock, stop: Callable[[], bool] = lambda: False) -> None:
    """Play the next rehearsal, and then ping if its verdict was right and nothing else is wrong.

    :param clock: the watcher's clock.
    :param stop: asked twice a second whether to end.
    """
    with contextlib.ExitStack() as stack:

        def look(url: str) -> ProbeInterface:
            return stack.enter_context(own_probe(url, now=clock.now))

        played = perform_next(clock=clock, look=look, stop=stop)
        if not settings.HEALTH_PING or played is None or not played.right or stop():
            return
        if all(check.well for check in health.check_health(clock.now())):
            ping(settings.HEALTH_PING, look=look(settings.HEALTH_PING), now=clock.now, stop=stop)
