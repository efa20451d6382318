"""The unhurried step, beside the watch: checks, snapshots of announcements, comparisons, the end of what is old."""

import os
from collections.abc import Callable, Collection
from datetime import datetime
from functools import cache, partial

from django.conf import settings

from releases.beforehand import announcements, comparing, preflight
from releases.models import Address, PreflightRun
from releases.probe.probe import Probe, budgets_from_settings, probe_from_settings
from releases.watching.beside import Means
from releases.watching.clock import Clock
from statsoffice.canary import illness
from statsoffice.keeping import evidence_kept, sessions_kept
from statsoffice.steps import repeating

_probes: dict[int, Probe] = {}


def take(*, clock: Clock, watcher: str, stop: Callable[[], bool] = lambda: False) -> None:
    """Make the checks, snapshots and comparisons that fell due or were asked for; once a day prune old evidence.

    Around a due instant it begins nothing; the checks that are left then are made by a later step. A fault in one part
    keeps no other from being done.

    :param clock: the watcher's clock.
    :param watcher: the name of this process.
    :param stop: asked whether to end; what was seen by then is kept, and the rest is done by the next step.
    :raises ExceptionGroup: in the end, of whatever failed.
    """
    if not preflight.is_quiet(now=clock.now()):
        return

    @cache
    def means() -> Means:
        # Made by the first step that looks: what looks at nothing is done even where no probe can be made.
        return means_of(probe(now=clock.now), clock=clock, watcher=watcher, stop=stop)

    repeating.each(
        partial(preflight.ask_missing, at=settings.PREFLIGHT_AT),
        lambda now: preflight.run_asked(means=means(), now=now, quiet=lambda at: preflight.is_quiet(now=at)),
        lambda now: announcements.look_at_due(means=means(), now=now),
        lambda now: evidence_kept.prune_daily(clock=clock, by=watcher, stop=stop),
        sessions_kept.remove_expired,
        lambda now: comparing.compare_due(at=settings.COMPARISON_AT, means=means(), now=now),
        now=clock.now,
    )


def check_now(releases: Collection[int], *, clock: Clock, watcher: str) -> list[PreflightRun]:
    """Make the checks of some releases, by their keys, that were asked for; return those that could be made."""
    with probe_from_settings(now=clock.now, beside=True) as look:
        means = means_of(look, clock=clock, watcher=watcher)
        done = preflight.run_asked(means=means, now=clock.now(), only=releases)
    made = PreflightRun.objects.filter(pk__in=done).select_related("release")
    return list(made.order_by("release__due_at", "pk"))


def compare_now(announcements: Collection[Address], *, clock: Clock, watcher: str) -> int:
    """Compare some announcements now; return how many could be asked."""
    with probe_from_settings(now=clock.now, beside=True) as look:
        means = means_of(look, clock=clock, watcher=watcher)
        return comparing.compare(announcements, means=means, now=clock.now())


def probe(*, now: Callable[[], datetime]) -> Probe:
    """Return this process's own probe for looks beside the watch; a sweep in another thread has its own."""
    return _probes.setdefault(os.getpid(), probe_from_settings(now=now, beside=True))


def means_of(look: Probe, *, clock: Clock, watcher: str, stop: Callable[[], bool] = lambda: False) -> Means:
    """Put together with what looks are made beside the watch, as the operator set it up."""
    return Means(
        look=look,
        # A sweep of the same process holds leases too; giving back ours must not give back its own.
        holder=f"{watcher} beside",
        budgets=budgets_from_settings(),
        clock_error=clock.error(),
        clock_largest_error=settings.CLOCK_LARGEST_ERROR,
        stop=stop,
        watcher_ill=illness.is_told(),
    )
