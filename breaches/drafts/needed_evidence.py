"""Which releases' evidence reports still rest on, and whose lists' names somebody still needs."""

from collections.abc import Collection

from breaches.core.status import ReportStatus
from breaches.models import Report, StartedReport, Suspicion


def needed(releases: Collection[int]) -> set[int]:
    """Return those of some releases on whose evidence a report rests: one that is open or approved, or still to come.

    A report that was dismissed rests on nothing.

    :param releases: by key.
    """
    suspicions = Suspicion.objects.filter(release__in=releases).exclude(report__status=ReportStatus.DISMISSED)
    started = StartedReport.objects.filter(release__in=releases).exclude(report__status=ReportStatus.DISMISSED)
    return {*suspicions.values_list("release_id", flat=True), *started.values_list("release_id", flat=True)}


def names_needed(releases: Collection[int]) -> set[int]:
    """Return those of some releases about whose pre-release access list a report is still undecided.

    :param releases: by key.
    """
    undecided = StartedReport.objects.filter(release__in=releases, report__in=Report.objects.undecided())
    return set(undecided.values_list("release_id", flat=True))
