"""A change of date as it is kept for ever: from when to when, why, who asked for it and who agreed."""

from datetime import datetime
from typing import TYPE_CHECKING

from releases.core.dates.calendar import Slot
from releases.models import DateChange, DateChangeRequest, Release
from releases.models.event import record_rows

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


def keep(
    release: Release,
    *,
    was: Slot,
    reason: str,
    confirmed: bool,
    by: "User | None",
    at: datetime,
    asked: DateChangeRequest | None,
) -> None:
    """Keep that a release was moved from another slot to the one at which it is now.

    :param confirmed: whether that date was confirmed: then the reason is public, and whoever moves it agrees to it.
    :param at: the aware instant of moving.
    :param asked: the request, where the person agrees to what somebody asked for.
    """
    to = release.slot
    change = DateChange.objects.create(
        release=release,
        schedule_version=release.schedule_version,
        was_on=was.on,
        was_at=was.at,
        was_precision=was.precision,
        to_on=to.on,
        to_at=to.at,
        to_precision=to.precision,
        zone=to.zone,
        public_reason=reason if confirmed else "",
        requested_by=asked.requested_by if asked else by,
        requested_at=asked.requested_at if asked else at,
        agreed_by=by if confirmed else None,
        agreed_at=at if confirmed else None,
        announced_at=at if release.announced_at else None,
    )
    record_rows({DateChange: [change.pk]})
