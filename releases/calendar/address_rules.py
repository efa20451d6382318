"""Which addresses a release may have."""

from django.utils.translation import gettext as _

from releases.core.lifecycle import MoveRefused
from releases.models import Address, Release


class SecondAnnouncement(MoveRefused):
    """The release has an announcement already."""


def check_only_announcement(release: Release, *, but: Address | None = None) -> None:
    """Require that a release has no announcement yet.

    :param but: an address that is about to become it, and does not count.
    :raises SecondAnnouncement: if it has one.
    """
    announcements = release.addresses.filter(role=Address.Role.ANNOUNCEMENT)
    others = announcements.exclude(pk=but.pk) if but else announcements
    if known := others.first():
        message = _("%(reference)s has an announcement already, %(url)s; a release has one at most.") % {
            "reference": release.reference,
            "url": known.url,
        }
        raise SecondAnnouncement(message)
