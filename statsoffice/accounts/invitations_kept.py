"""The end of an invitation's time: name and address go, and that somebody was invited, by whom and to what, stays."""

from datetime import datetime, timedelta

from releases.models.redaction import redaction_marker
from statsoffice.accounts.models import Invitation


def erase_old(*, now: datetime, kept_for: timedelta, dry_run: bool = False) -> int:
    """Remove name and address from invitations whose link ended longer ago than such details are kept.

    Whoever accepted has an account, to which the invitation goes on referring.

    :param now: the aware instant of removing, whose day in London the marker carries.
    :param dry_run: count what would be changed, and change nothing.
    :return: from how many invitations; a second call changes none of them.
    """
    old = Invitation.objects.filter(expires_at__lt=now - kept_for, erased_at=None)
    return old.count() if dry_run else old.update(name=redaction_marker(now), email="", erased_at=now)
