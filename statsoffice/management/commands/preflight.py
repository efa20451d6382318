"""The command that runs preflight checks immediately."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from releases import preflight
from releases.early_findings import listed_preflights
from releases.management.base import PlainCommand
from releases.models import PreflightRun, Release
from releases.monitoring.clock import RealClock
from releases.rules import calendar
from releases.text import preflight as preflight_text
from statsoffice.jobs import open_command_means


class Command(PlainCommand):
    help = (
        "Runs preflight checks of releases now, from this machine: whether the announcement matches the calendar, "
        "whether each address answers and is not live yet, and whether contacts are named. Without references it "
        "checks every release whose preflight was planned for today or earlier. The findings are stored, shown on "
        "Today's releases and sent to the people responsible, as after a planned preflight."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("reference", nargs="*", help="references of the releases to check")

    def handle(self, *args: Any, **options: Any) -> None:
        clock = RealClock()
        if options["reference"]:
            releases = self._find_releases(options["reference"])
        else:
            releases = preflight.upcoming_for_the_day(at=settings.PREFLIGHT_AT, now=clock.now())
        try:
            for release in releases:
                preflight.request_preflight(release, by=None, now=clock.now())
        except preflight.PreflightRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        with open_command_means(clock=clock) as means:
            keys = preflight.run_requested_preflights(
                means=means, now=clock.now(), only=[release.pk for release in releases]
            )
        # An operator may not know of an early release. So print what lists show, and the same whether the result of a
        # release is hidden or the release could not be checked.
        listed = listed_preflights().newest().filter(release__in=releases)
        shown = listed.select_related("release").order_by("release__due_at", "pk")
        for run in shown:
            self._report_run(run, is_new=run.pk in keys)
        new = [run for run in shown if run.pk in keys]
        if without := len(releases) - len(new):
            self.stdout.write(
                f"Without a new result: {without}. Another process may be checking these releases or their sites. Try "
                "again later."
            )
        found = sum(bool(run.problems) for run in new)
        self.stdout.write(f"Checked: {len(new)}. With problems: {found}.")

    def _find_releases(self, references: list[str]) -> list[Release]:
        known = Release.objects.select_related("series__producer").in_bulk(references, field_name="reference")
        unknown = [reference for reference in references if reference not in known]
        if unknown:
            raise CommandError(f"There is no release {', '.join(unknown)}. Nothing was checked.")
        past = [
            release.reference
            for release in known.values()
            if not preflight.may_be_checked(release, now=RealClock().now())
        ]
        if past:
            raise CommandError(
                f"These releases are past, cancelled or without an exact date: {', '.join(past)}. Nothing was checked."
            )
        return list(known.values())

    def _report_run(self, run: PreflightRun, *, is_new: bool) -> None:
        release = run.release
        urls = dict(release.addresses.values_list("pk", "url"))
        due = calendar.format_moment(release.due_at) if release.due_at else str(release.slot)
        checked = "" if is_new or run.done_at is None else f", checked at {calendar.format_moment(run.done_at)}"
        self.stdout.write(f"{release.reference}, due at {due}{checked}: {preflight_text.outcome_name(run.problems)}")
        for finding in preflight_text.read_findings(run.findings):
            mark = "  problem:" if finding.is_problem else "  note:"
            sentence = preflight_text.finding_sentence(finding, planned=release.due_at)
            url = urls.get(finding.address, "") if finding.address is not None else ""
            self.stdout.write(" ".join(filter(None, [mark, sentence, url])))
