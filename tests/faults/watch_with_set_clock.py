"""`manage.py watch` under a wall clock that can be set: `python -m tests.faults.watch_with_set_clock FILE`.

The file holds the seconds by which the wall clock is ahead of the machine's. The kernel confirms the clock until it is
set, and withdraws its figures then.
"""

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import django

from releases.monitoring.clock import RealClock
from releases.rules.clock_error import Figures, Voucher


def settable_clock(file: Path) -> RealClock:
    """Make the machine's clock as it would be if someone had set it."""
    at_first = file.read_text()

    def figures() -> Sequence[Figures]:
        return [Figures(Voucher.KERNEL, bound=timedelta(0))] if file.read_text() == at_first else []

    return RealClock(figures, wall=lambda: datetime.now(UTC) + timedelta(seconds=float(file.read_text())))


def main(file: Path) -> None:
    """Monitor until asked to stop."""
    django.setup()
    from django.core.management import call_command

    from statsoffice import jobs

    jobs.CLOCK = settable_clock(file)
    call_command("watch")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
