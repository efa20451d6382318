"""The next release of a series, as the public or its producer's own people know of it."""

from django.db.models import Q

from releases.core.status import Status
from releases.models import Release
from releases.models.release import ReleaseQuerySet


def announced_after(release: Release) -> Release | None:
    """Return the next release of the same series that the public calendar shows, or None."""
    return _first_after(release, Release.objects.public())


def planned_after(release: Release) -> Release | None:
    """Return the next release of the same series, announced or not; a rehearsal comes before none."""
    return None if release.rehearsal else _first_after(release, Release.objects.official())


def _first_after(release: Release, releases: ReleaseQuerySet) -> Release | None:
    # Of two that are planned for the same day, the one that was recorded later follows the other.
    later = Q(planned_on__gt=release.planned_on) | Q(planned_on=release.planned_on, pk__gt=release.pk)
    found = releases.filter(later, series=release.series_id).exclude(status=Status.CANCELLED)
    return found.order_by("planned_on", "pk").first()
