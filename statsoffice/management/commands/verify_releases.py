"""The command that runs one sweep now, or checks rehearsals at a simulated time."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from breaches import drafting
from releases.management.base import PlainCommand
from releases.monitoring import targets
from releases.monitoring.clock import Clock, StoppedClock
from releases.monitoring.sweep import HORIZON, Sweep
from releases.probe.probe import probe_from_settings
from releases.rules import calendar
from statsoffice.jobs import CLOCK, process_name


class Command(PlainCommand):
    help = (
        "Checks once every release that is due about now, judges it and drafts missing reports. With --at TIME it "
        "checks every rehearsal that is monitored at that time (from a day before it is due), and records the checks "
        "at TIME. TIME is not the real time, so the checks are marked as replayed, and only rehearsals are checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--at", metavar="TIME", help="London time YYYY-MM-DD HH:MM[:SS], or ISO with its offset")
        parser.add_argument("--dry-run", action="store_true", help="list the addresses to check, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            at = calendar.parse_london(options["at"]) if options["at"] else None
        except ValueError as error:
            raise CommandError(f"--at: {error}") from error
        clock: Clock = StoppedClock(at) if at else CLOCK
        if options["dry_run"]:
            self._list_checks(at=clock.now(), rehearsals_only=at is not None)
            return
        with probe_from_settings(now=clock.now) as probe:
            if at:
                stored = Sweep.check_rehearsals_once(clock=clock, probe=probe, name=process_name())
            else:
                stored = Sweep(
                    clock=clock,
                    probe=probe,
                    name=process_name(),
                    controls=settings.PROBE_CONTROLS,
                    clock_largest_error=settings.CLOCK_LARGEST_ERROR,
                ).run()
        # Use the real time even with --at, because this also drafts missing reports about releases that are not
        # rehearsals.
        drafted = drafting.draft_missing(now=CLOCK.now())
        if at:
            self.stdout.write(f"Recorded at {calendar.format_moment(at)}, rehearsals only.")
        self.stdout.write(f"{stored} checks stored, {len(drafted)} reports drafted.")

    def _list_checks(self, *, at: datetime, rehearsals_only: bool) -> None:
        if rehearsals_only:
            addresses = targets.monitored_rehearsals(now=at)
        else:
            addresses = targets.find_due_or_new(until=at + HORIZON, now=at)
        for address in addresses:
            self.stdout.write(f"would check {address.url} for {address.release.reference}")
        self.stdout.write(f"Checks that would be made: {len(addresses)}. Nothing was changed.")
