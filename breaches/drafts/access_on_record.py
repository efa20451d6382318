"""What the stored list of a release holds, as the facts from which an account is written; persons are never read."""

from datetime import datetime

from breaches.core.account.access_facts import AccessFacts, AskedFor, PostAccess, Stands
from releases.models import PreReleaseAccess, Release
from releases.rules.pre_release import RequestStatus


def access_facts_of(release: Release, *, now: datetime) -> AccessFacts:
    """Gather what is on a release's list, withdrawn entries and waiting requests among it.

    :param release: read with its series and producer.
    :param now: the aware instant of reading.
    """
    # The columns with persons stay in the database: what was never read cannot be written anywhere.
    entries = release.pre_release_access.select_related("release__series__producer").defer(
        "person", "email", "reason", "period_reason"
    )
    asked = release.pre_release_requests.filter(status=RequestStatus.WAITING)
    return AccessFacts(
        release_title=release.title,
        series_title=release.series.title,
        planned_for=str(release.slot),
        due_at=release.due_at,
        read_at=now,
        posts=tuple(_post(entry) for entry in entries.order_by("organisation", "post", "pk")),
        asked_for=tuple(
            AskedFor(*row) for row in asked.values_list("kind", "post", "organisation", "asked_at").order_by("asked_at")
        ),
    )


def _post(entry: PreReleaseAccess) -> PostAccess:
    return PostAccess(
        post=entry.post,
        organisation=entry.organisation,
        period=str(entry.period),
        period_begins_at=entry.begins_at,
        granted_at=entry.granted_at,
        stands=Stands(entry.status),
        agreed=entry.agreed_at is not None,
        began_at=entry.began_at,
        ended_at=entry.ended_at,
        withdrawn_at=entry.withdrawn_at,
    )
