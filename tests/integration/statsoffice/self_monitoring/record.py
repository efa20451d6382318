"""The health of monitoring, recorded for tests without real monitoring."""

from datetime import datetime, timedelta

from releases.evidence import coverage
from releases.rules.clock_error import Voucher
from statsoffice.self_monitoring.models import Heartbeat, SyntheticCheck
from statsoffice.self_monitoring.page import script_for

TOOK = timedelta(seconds=30)
WATCHER = "watcher"


def a_sweep(*, at: datetime) -> None:
    """Note that a sweep finished at an instant."""
    coverage.mark_alive(WATCHER, at=at)
    Heartbeat.objects.update_or_create(step="sweep", defaults={"begun_at": at, "begun_by": WATCHER, "finished_at": at})


def a_rehearsal(
    *, finished_at: datetime, right: bool = True, found: str | None = None, clock_off: bool = False
) -> SyntheticCheck:
    """Record the outcome of the next rehearsal; by default the expected one."""
    last = SyntheticCheck.objects.first()
    script = script_for(last.number + 1 if last else 1, begins_at=finished_at - TOOK)
    return SyntheticCheck.objects.create(
        number=script.number,
        expected=script.expected,
        begins_at=script.begins_at,
        live_at=script.live_at,
        finished_at=finished_at,
        right=right,
        found=script.expected if found is None else found,
        clock_voucher=Voucher.KERNEL,
        clock_off=clock_off,
    )


def a_watcher_that_is_well(*, at: datetime) -> None:
    """Note a sweep and two rehearsals that came out right, the last one half a minute before an instant."""
    a_sweep(at=at)
    a_rehearsal(finished_at=at - timedelta(seconds=90))
    a_rehearsal(finished_at=at - timedelta(seconds=30))
