"""How long it is kept who was told what, and who was a contact: by the worker and by a command."""

import logging
from dataclasses import astuple, dataclass
from datetime import datetime

from django.conf import settings

from releases import contact_history
from statsoffice.accounts import invitations_kept
from statsoffice.audit import log_names
from statsoffice.messages import erasing

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Gone:
    """What one run came to: messages without recipient and words; and, without names, rows of what else there is."""

    messages: int
    contacts: int
    log: int
    invitations: int


def erase_old(*, now: datetime, dry_run: bool = False) -> Gone:
    """Remove what is older than it is kept: of messages, former contacts, the admin site's log and invitations.

    Safe to call again and again: what is gone is not removed twice.

    :param now: the aware instant of removing.
    :param dry_run: count what would be removed, and remove nothing.
    """
    former = settings.FORMER_DETAILS_KEPT
    gone = Gone(
        messages=erasing.erase_old(now=now, kept_for=settings.MESSAGES_KEPT, dry_run=dry_run),
        contacts=contact_history.erase_former_details(now=now, kept_for=former, dry_run=dry_run),
        log=log_names.erase_old(now=now, kept_for=former, dry_run=dry_run),
        invitations=invitations_kept.erase_old(now=now, kept_for=former, dry_run=dry_run),
    )
    if any(astuple(gone)) and not dry_run:
        logger.info("personal details at the end of their time removed: %s", gone)
    return gone
