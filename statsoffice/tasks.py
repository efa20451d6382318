"""What the ticks do: each asks the database what is due or missing, and may come twice, late or never."""

import os
import socket
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from celery import shared_task
from django.conf import settings

from breaches.drafts import drafting
from releases.calendar import date_requests
from releases.exchange import import_turn
from releases.probe.clock_source import ClockSource
from releases.probe.probe import Probe, probe_from_settings
from releases.probe.registry import ADAPTERS
from releases.verdicts import judging, roll_call
from releases.watching import unstored, watch
from releases.watching.clock import RealClock
from statsoffice.canary import illness, left_in_files, pulse, turn
from statsoffice.keeping import details_kept, names_kept
from statsoffice.logs.about import about
from statsoffice.messages import delivery, outbox
from statsoffice.steps import progress, repeating, unhurried

CLOCK = RealClock(ClockSource())
_probes: dict[tuple[int, int], Probe] = {}


def watcher_name() -> str:
    """Return the name under which this process, or a thread beside its main one, keeps looks, coverage and leases."""
    name, thread = f"{socket.gethostname()}:{os.getpid()}", threading.current_thread()
    return name if thread is threading.main_thread() else f"{name}:{thread.name}"


def probe() -> Probe:
    """Return this thread's own probe: connections are shared neither with others nor with a forked process."""
    own = (os.getpid(), threading.get_ident())
    if own not in _probes:
        _probes[own] = probe_from_settings(now=CLOCK.now)
    return _probes[own]


def unstored_folder() -> Path:
    """Return where looks are kept that the database did not take."""
    return settings.VAR_DIR / "unstored"


def sweep_once(*, stop: Callable[[], bool] = lambda: False) -> None:
    """Look at every release that falls due in the next seconds, and judge it.

    :param stop: asked at every step whether to end; what is under way is kept first.
    """
    with about(watcher=watcher_name()), pulse.beating(pulse.SWEEP, now=CLOCK.now, by=watcher_name()):
        watch.sweep(
            clock=CLOCK,
            look=probe(),
            watcher=watcher_name(),
            controls=settings.PROBE_CONTROLS,
            clock_largest_error=settings.CLOCK_LARGEST_ERROR,
            unstored=unstored_folder(),
            stop=stop,
        )


@shared_task(name="sweep")
def sweep() -> None:
    """Look at every release that falls due in the next seconds, and judge it."""
    _begin("sweep")
    sweep_once(stop=_is_ending)


@shared_task(name="draft")
def draft() -> None:
    """Judge what nobody looked at, draft the report of every suspected breach, and call the judged morning's roll."""
    _begin("draft")
    draft_once()


def draft_once() -> None:
    """Do what the task `draft` does."""
    repeating.each(_judge_unobserved, drafting.draft_missing, roll_call.call_missing, now=CLOCK.now)


@shared_task(name="deliver")
def deliver() -> None:
    """Attend to the watcher's health, end requests that were overtaken, create the messages owed, send those due."""
    _begin("deliver")
    deliver_once()


def deliver_once() -> None:
    """Do what the task `deliver` does."""
    repeating.each(
        _note_unstored,
        illness.attend,
        date_requests.lapse_overtaken,
        outbox.create_missing,
        delivery.deliver,
        now=CLOCK.now,
    )


@shared_task(name="canary")
def canary() -> None:
    """Rehearse one look through the whole chain, and ping whoever would miss us."""
    _begin("canary")
    turn.take(clock=CLOCK, stop=_canary_is_ending)


@shared_task(name="preflight")
def preflight() -> None:
    """Make the checks before releases and the snapshots that fell due or were asked for, and prune old evidence."""
    _begin("preflight")
    unhurried.take(clock=CLOCK, watcher=watcher_name(), stop=_preflight_is_ending)


@shared_task(name="erase_names")
def erase_names() -> None:
    """Erase names on lists of pre-release access, in messages, histories and the log, at the end of their time."""
    _begin("erase_names")
    erase_names_once()


def erase_names_once() -> None:
    """Do what the task `erase_names` does."""
    repeating.each(names_kept.erase_old, details_kept.erase_old, now=CLOCK.now)


@shared_task(name="imports")
def imports() -> None:
    """Check the calendar files that people uploaded, and apply what they confirmed."""
    _begin("imports")
    imports_once(stop=progress.is_ending)


def imports_once(*, stop: Callable[[], bool] = lambda: False) -> None:
    """Do what the task `imports` does.

    :param stop: asked every few rows whether to end; the next turn goes on.
    """
    import_turn.take(import_turn.Means(now=CLOCK.now, adapters=ADAPTERS.keys(), stop=stop))


@shared_task(name="verify_releases_at_0930")
def verify_releases_at_0930() -> None:
    """Verify the morning's releases at 9.30am and call the roll; everything derives from their due times."""
    sweep_once(stop=_is_ending)
    draft_once()


def _begin(step: str) -> None:
    """Let the worker know that a tick came, and whose."""
    progress.note_tick()
    progress.note(step)


def _is_ending() -> bool:
    """Tell a long sweep whether its worker is to end; that it asks shows that it is at work."""
    progress.note("sweep")
    return progress.is_ending()


def _canary_is_ending() -> bool:
    """Tell a rehearsal whether its worker is to end; that it asks shows that it is at work."""
    progress.note("canary")
    return progress.is_ending()


def _preflight_is_ending() -> bool:
    """Tell unhurried looks whether their worker is to end; that they ask shows that they are at work."""
    progress.note("preflight")
    return progress.is_ending()


def _note_unstored(*, now: datetime) -> None:
    """Let the whole office know whether looks wait in this machine's files."""
    left_in_files.note(unstored_folder(), machine=socket.gethostname(), now=now)


def _judge_unobserved(*, now: datetime) -> None:
    """Judge what nobody looked at, unless looks wait to be stored that somebody may have made."""
    if not unstored.is_any_waiting(unstored_folder()):
        judging.judge_unobserved(now=now)
