"""Checks outside a sweep: before releases, snapshots of announcements, comparisons; and daily removal of old data."""

import os
from collections.abc import Callable, Collection
from datetime import datetime
from functools import cache, partial

from django.conf import settings

from releases import announcements, preflight
from releases.announcements import compare_release
from releases.host_budgets import budgets_from_settings
from releases.models import Address, PreflightRun
from releases.monitoring.adhoc_checks import AdhocMeans
from releases.monitoring.clock import Clock
from releases.probe.probe import Probe, probe_from_settings
from statsoffice.canary import illness
from statsoffice.fault_isolation import run_steps
from statsoffice.keeping import evidence_kept, sessions_kept

_probes: dict[int, Probe] = {}


def run_due(*, clock: Clock, watcher: str, stop: Callable[[], bool] = lambda: False) -> None:
    """Make the checks, snapshots and comparisons that are due or were requested; once a day remove old evidence.

    Around a due instant nothing begins; a later run makes the checks that are left. A failure in one part does not
    prevent the next.

    :param watcher: the name of this process.
    :param stop: asked whether to end; finished checks are stored, and the next run does the rest.
    :raises ExceptionGroup: in the end, if parts failed.
    """
    if not preflight.is_quiet_time(now=clock.now()):
        return

    @cache
    def means() -> AdhocMeans:
        # Made by the first step that looks: what looks at nothing is done even where no probe can be made.
        return means_of(probe(now=clock.now), clock=clock, watcher=watcher, stop=stop)

    run_steps(
        partial(preflight.request_missing_preflights, at=settings.PREFLIGHT_AT),
        lambda now: preflight.run_requested_preflights(
            means=means(), now=now, quiet=lambda at: preflight.is_quiet_time(now=at)
        ),
        lambda now: announcements.make_due_snapshots(means=means(), now=now),
        lambda now: evidence_kept.prune_daily(clock=clock, by=watcher, stop=stop),
        sessions_kept.remove_expired,
        lambda now: announcements.make_due_comparisons(at=settings.COMPARISON_AT, means=means(), now=now),
        now=clock.now,
        stop=stop,
    )


def check_now(releases: Collection[int], *, clock: Clock, watcher: str) -> list[PreflightRun]:
    """Make the checks of some releases, by their keys, that were asked for; return those that could be made."""
    with probe_from_settings(now=clock.now, beside=True) as look:
        means = means_of(look, clock=clock, watcher=watcher)
        done = preflight.run_requested_preflights(means=means, now=clock.now(), only=releases)
    made = PreflightRun.objects.filter(pk__in=done).select_related("release")
    return list(made.order_by("release__due_at", "pk"))


def compare_now(announcements: Collection[Address], *, clock: Clock, watcher: str) -> int:
    """Compare some announcements now; return how many could be asked."""
    with probe_from_settings(now=clock.now, beside=True) as look:
        means = means_of(look, clock=clock, watcher=watcher)
        return compare_release(announcements, means=means, now=clock.now())


def probe(*, now: Callable[[], datetime]) -> Probe:
    """Return this process's own probe for looks beside the watch; a sweep in another thread has its own."""
    return _probes.setdefault(os.getpid(), probe_from_settings(now=now, beside=True))


def means_of(look: Probe, *, clock: Clock, watcher: str, stop: Callable[[], bool] = lambda: False) -> AdhocMeans:
    """Put together with what looks are made beside the watch, as the operator set it up."""
    return AdhocMeans(
        look=look,
        # A sweep of the same process holds leases too; giving back ours must not give back its own.
        holder=f"{watcher} beside",
        budgets=budgets_from_settings(),
        clock_error=clock.error(),
        clock_largest_error=settings.CLOCK_LARGEST_ERROR,
        stop=stop,
        watcher_ill=illness.is_told(),
    )
