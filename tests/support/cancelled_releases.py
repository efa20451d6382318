"""A cancelled release, with a person who may cancel it."""

from datetime import datetime, timedelta

from releases import scheduling
from releases.models import Membership, Release
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, create_member

AT = SEED_DUE - timedelta(days=9)


def cancel_release(release: Release, *, reason: str = "The survey ended.", at: datetime = AT) -> Release:
    """Cancel a release as its producer's calendar manager."""
    producer = release.series.producer
    kept = Membership.objects.filter(producer=producer, role=Role.CALENDAR_MANAGER).first()
    return scheduling.cancel_release(
        release, reason=reason, by=kept.user if kept else create_member(Role.CALENDAR_MANAGER, producer), at=at
    )
