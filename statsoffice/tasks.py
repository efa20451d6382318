"""What the ticks do: each asks the database what is due or missing, and may come twice, late or never."""

import os
import socket
from collections.abc import Callable

from celery import shared_task
from django.conf import settings

from breaches import drafting
from releases import judging, roll_call, watch
from releases.clock import RealClock
from releases.probe.clock_source import ClockSource
from releases.probe.probe import Probe, probe_from_settings
from statsoffice import unhurried
from statsoffice.canary import illness, pulse, turn
from statsoffice.messages import delivery, outbox

CLOCK = RealClock(ClockSource())
_probes: dict[int, Probe] = {}


def watcher_name() -> str:
    """Return the name under which this process keeps its looks, coverage and leases."""
    return f"{socket.gethostname()}:{os.getpid()}"


def probe() -> Probe:
    """Return this process's own probe: connections must not be shared with the process it was forked from."""
    return _probes.setdefault(os.getpid(), probe_from_settings(now=CLOCK.now))


def sweep_once(*, stop: Callable[[], bool] = lambda: False) -> None:
    """Look at every release that falls due in the next seconds, and judge it.

    :param stop: asked at every step whether to end; what is under way is kept first.
    """
    with pulse.beating(pulse.SWEEP, now=CLOCK.now, by=watcher_name()):
        watch.sweep(
            clock=CLOCK,
            look=probe(),
            watcher=watcher_name(),
            controls=settings.PROBE_CONTROLS,
            clock_largest_error=settings.CLOCK_LARGEST_ERROR,
            stop=stop,
        )


@shared_task(name="sweep")
def sweep() -> None:
    """Look at every release that falls due in the next seconds, and judge it."""
    sweep_once()


@shared_task(name="draft")
def draft() -> None:
    """Judge what nobody looked at, draft the report of every suspected breach, and call the judged morning's roll."""
    _each(judging.judge_unobserved, drafting.draft_missing, roll_call.call_missing)


@shared_task(name="deliver")
def deliver() -> None:
    """Attend to the watcher's health, create the messages that are owed, and send those that are due."""
    _each(illness.attend, outbox.create_missing, delivery.deliver)


@shared_task(name="canary")
def canary() -> None:
    """Rehearse one look through the whole chain, and ping whoever would miss us."""
    turn.take(clock=CLOCK)


@shared_task(name="preflight")
def preflight() -> None:
    """Make the checks before releases and the snapshots of announcements that fell due or were asked for."""
    unhurried.take(clock=CLOCK, watcher=watcher_name())


@shared_task(name="verify_releases_at_0930")
def verify_releases_at_0930() -> None:
    """Verify the morning's releases at 9.30am and call the roll; everything derives from their due times."""
    sweep_once()
    _each(judging.judge_unobserved, drafting.draft_missing, roll_call.call_missing)


def _each(*steps: Callable[..., object]) -> None:
    """Do one step after the other; a fault in one keeps no other from being done, and is raised in the end."""
    faults: list[Exception] = []
    for step in steps:
        try:
            step(now=CLOCK.now())
        except Exception as fault:  # noqa: BLE001  # raised below
            faults.append(fault)
    if faults:
        message = f"{len(faults)} of {len(steps)} steps failed"
        raise ExceptionGroup(message, faults)
