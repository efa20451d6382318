"""The command that makes one sweep by hand, or replays a rehearsal's past."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Q

from breaches import drafting
from releases import london, watch, watch_list
from releases.clock import Clock, RealClock, StoppedClock
from releases.models import Release
from releases.probe.probe import probe_from_settings
from statsoffice.tasks import watcher_name


class Command(BaseCommand):
    """Looks, judges and drafts once."""

    help = (
        "Looks once at every release that is due about now, judges it and drafts what is missing. With --at TIME "
        "every rehearsal that is watched at that time (from a day before it is due) is looked at now, and the look "
        "is recorded at TIME: because this puts a time into the evidence that is not the machine's, it touches "
        "rehearsals only, and every such look is marked as replayed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the options."""
        parser.add_argument("--at", metavar="TIME", help="London time YYYY-MM-DD HH:MM[:SS], or ISO with its offset")
        parser.add_argument("--dry-run", action="store_true", help="say what would be looked at, and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the sweep."""
        try:
            at = london.parse_london(options["at"]) if options["at"] else None
        except ValueError as error:
            message = f"--at: {error}"
            raise CommandError(message) from error
        clock: Clock = StoppedClock(at) if at else RealClock()
        if options["dry_run"]:
            self._say_what_is_watched(at=clock.now(), rehearsals_only=at is not None)
            return
        with probe_from_settings(now=clock.now) as probe:
            if at:
                kept = watch.look_once(self._rehearsals(at), clock=clock, look=probe, watcher=watcher_name())
            else:
                kept = watch.sweep(clock=clock, look=probe, watcher=watcher_name(), controls=settings.PROBE_CONTROLS)
        drafted = drafting.draft_missing(now=clock.now())
        if at:
            self.stdout.write(f"Recorded at {london.moment(at)}, rehearsals only.")
        self.stdout.write(f"{kept} looks kept, {len(drafted)} reports drafted.")

    def _rehearsals(self, at: datetime) -> list[Release]:
        addresses = watch_list.watched_addresses(now=at).filter(release__rehearsal=True)
        return list(
            Release.objects.filter(addresses__in=addresses)
            .select_related("series__producer")
            .prefetch_related("addresses")
            .distinct()
        )

    def _say_what_is_watched(self, *, at: datetime, rehearsals_only: bool) -> None:
        addresses = watch_list.watched_addresses(now=at)
        if rehearsals_only:
            addresses = addresses.filter(release__rehearsal=True)
        else:
            falling_due = Q(watch__isnull=True) | Q(watch__next_look_at__lte=at + watch.HORIZON)
            addresses = addresses.filter(falling_due)
        for address in addresses:
            self.stdout.write(f"would look at {address.url} for {address.release.reference}")
        self.stdout.write(f"Looks that would be made: {len(addresses)}. Nothing was changed.")
