"""The command that compares releases with their announcements now instead of at night."""

from typing import Any

from django.core.management.base import CommandError, CommandParser

from releases.announcements import ComparisonResult, announcements_to_come, compare_announcements, compare_with_latest
from releases.early_findings import unpublished_early_releases
from releases.management.base import PlainCommand
from releases.models import Release
from releases.monitoring.clock import RealClock
from releases.text import calendar
from statsoffice.jobs import open_command_means


class Command(PlainCommand):
    help = (
        "Reads the GOV.UK announcements of releases to come, now and from this machine, and compares date, time, "
        "precision, state and title with our calendar. Without references it compares every release that has such an "
        "announcement. As after the nightly comparison, the result is stored and shown on Today's releases, and the "
        "people responsible for a release are notified of new differences."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", nargs="*", help="references of the releases to compare")

    def handle(self, *args: Any, **options: Any) -> None:
        clock, references = RealClock(), options["reference"]
        announcements = announcements_to_come(now=clock.now())
        if references:
            self._check_known(references)
            announcements = announcements.filter(release__reference__in=references)
        # A release that was found early is not compared again until it is published (decision 73).
        chosen = list(announcements.exclude(release__in=unpublished_early_releases().values("pk")))
        with open_command_means(clock=clock) as means:
            done = compare_announcements(chosen, means=means, now=clock.now())
        found = compare_with_latest(announcements.all())
        for each in found:
            self._report_comparison(each)
        if done < len(chosen):
            self.stdout.write(f"{len(chosen) - done} could not be requested now. Try again.")
        differ = sum(bool(each.differences) for each in found)
        self.stdout.write(f"Compared: {done}. Different: {differ}.")

    def _check_known(self, references: list[str]) -> None:
        known = set(Release.objects.filter(reference__in=references).values_list("reference", flat=True))
        unknown = [reference for reference in references if reference not in known]
        if unknown:
            raise CommandError(f"There is no release {', '.join(unknown)}; nothing was compared.")

    def _report_comparison(self, compared: ComparisonResult) -> None:
        sentences = [calendar.difference_sentence(difference) for difference in compared.differences]
        if compared.problem:
            sentences.append(str(calendar.PROBLEMS[compared.problem]))
        self.stdout.write(f"{compared.release.reference}: {' '.join(sentences) or 'no difference'}")
