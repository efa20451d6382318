"""Requests for a change of date, as someone of the release's own producer makes them."""

from datetime import UTC, date, datetime, timedelta

from releases import date_changes
from releases.models import DateChangeRequest
from releases.rules.lifecycle import Role
from tests.support.factories import create_member, london_slot

NOW = datetime(2020, 6, 1, 12, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=5)
TO = london_slot(date(2020, 7, 14))


def person(release, role, **fields):
    """Someone of the release's producer, in one role."""
    return create_member(role, release.series.producer, **fields)


def create_head(release):
    """A Head of Profession of the release's producer."""
    return person(release, Role.HEAD_OF_PROFESSION)


def request_date(
    release, *, role=Role.CALENDAR_MANAGER, by=None, to=TO, reason="The survey came in late.", at=NOW, **fields
):
    """A request for another date of a release, made by a calendar manager unless a test says otherwise."""
    return date_changes.request_date_change(
        release, to=to, reason=reason, by=by or person(release, role), at=at, **fields
    )


def load_request():
    """The one request that there is, as it is stored."""
    return DateChangeRequest.objects.get()
