"""Which releases' evidence reports still rest on."""

from collections.abc import Collection

from breaches.models import Suspicion
from breaches.status import ReportStatus


def needed(releases: Collection[int]) -> set[int]:
    """Return those of some releases on whose evidence a report rests: one that is open or approved, or still to come.

    A report that was dismissed rests on nothing.

    :param releases: by key.
    """
    suspicions = Suspicion.objects.filter(release__in=releases).exclude(report__status=ReportStatus.DISMISSED)
    return set(suspicions.values_list("release_id", flat=True))
