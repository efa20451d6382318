"""The list as the public reads it: post, organisation and period, once the release is out and never before."""

from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from releases.core.pre_release_status import ON_THE_LIST
from releases.core.status import Status
from releases.models import PreReleaseAccess, Producer, Release


def on_list(release: Release) -> QuerySet[PreReleaseAccess]:
    """Return the entries that a release's published list holds: those whose access was not withdrawn beforehand."""
    return release.pre_release_access.filter(status__in=ON_THE_LIST).order_by("organisation", "post", "pk")


def is_out(release: Release, *, now: datetime) -> bool:
    """Tell whether the public may read the list of a release: the release is announced, due, and published.

    :param now: the aware instant of asking.
    """
    if release.rehearsal or release.announced_at is None or release.due_at is None:
        return False
    return release.status == Status.PUBLISHED and now >= release.due_at


def is_shown(release: Release, *, now: datetime) -> bool:
    """Tell whether there is a list that the public may read."""
    return is_out(release, now=now) and on_list(release).exists()


def releases_with_list(producer: Producer, *, now: datetime) -> QuerySet[Release]:
    """Return the releases of a producer whose list the public may read, the latest first."""
    listed = PreReleaseAccess.objects.filter(release=OuterRef("pk"), status__in=ON_THE_LIST)
    out = Release.objects.public().filter(series__producer=producer, status=Status.PUBLISHED, due_at__lte=now)
    return out.filter(Exists(listed)).order_by("-due_at", "title", "pk")
