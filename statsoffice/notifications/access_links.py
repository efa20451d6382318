"""Messages with a personal link for pre-release access.

The stored text of a message contains a placeholder. When the message is sent, the link with the secret token replaces
the placeholder.
"""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from releases import receipts
from releases.models import AccessLink
from statsoffice.notifications.models import Message

# If a message has a link, its event is this prefix and the primary key of the link.
ACCESS_LINK = "access-link-"


def event_of_link(key: int) -> str:
    return f"{ACCESS_LINK}{key}"


def link_placeholder(key: int) -> str:
    """Return the placeholder for a link in a stored message. It is an address without the token."""
    return settings.ADDRESS + reverse("releases:receipt", args=[f"link-{key}"])


def find_link_key(message: Message) -> int | None:
    """Return the primary key of the link in a message, or None if the message has no link."""
    return int(message.event.removeprefix(ACCESS_LINK)) if message.event.startswith(ACCESS_LINK) else None


def fill_link(message: Message, *, at: datetime) -> None:
    """Replace the placeholder in the text of a message with the link, just before the message is sent.

    The message is not saved, so the database row still has the placeholder.

    :raises LinkUnusable: if the link does not work, for example because access has ended since the message was written.
    """
    if (key := find_link_key(message)) is not None:
        address = settings.ADDRESS + reverse("releases:receipt", args=[receipts.token_to_send(key, now=at)])
        message.text = message.text.replace(link_placeholder(key), address)


def record_link_email(message: Message, *, at: datetime) -> None:
    if (key := find_link_key(message)) is not None:
        receipts.record_send_time(key, at=at)


def events_of_erased_names() -> list[str]:
    """Return the events of messages with a link whose recipient's name was erased from the pre-release access list."""
    links = AccessLink.objects.filter(entry__erased_at__isnull=False)
    return [event_of_link(key) for key in links.values_list("pk", flat=True)]
