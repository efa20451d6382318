"""Messages with a one-person link. Their stored text has a placeholder; the token is filled in when they are sent."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from releases import receipts
from releases.models import AccessLink
from statsoffice.notifications.models import Message

# The prefix of the event of a message with a link. The key of the link follows.
ACCESS_LINK = "access-link-"


def event_of_link(key: int) -> str:
    return f"{ACCESS_LINK}{key}"


def link_placeholder(key: int) -> str:
    """Return the address without a token that the stored message has in place of the link."""
    return settings.ADDRESS + reverse("releases:receipt", args=[f"link-{key}"])


def find_link_key(message: Message) -> int | None:
    """Return the key of the link that a message sends; None for every other message."""
    return int(message.event.removeprefix(ACCESS_LINK)) if message.event.startswith(ACCESS_LINK) else None


def fill_link(message: Message, *, at: datetime) -> None:
    """Put the link into the text of a message that is about to be sent; the row is not changed.

    :raises LinkUnusable: if the link has ended since the message was written.
    """
    if (key := find_link_key(message)) is not None:
        address = settings.ADDRESS + reverse("releases:receipt", args=[receipts.token_to_send(key, now=at)])
        message.text = message.text.replace(link_placeholder(key), address)


def record_link_email(message: Message, *, at: datetime) -> None:
    if (key := find_link_key(message)) is not None:
        receipts.record_send_time(key, at=at)


def events_of_erased_names() -> list[str]:
    """Return the events of the messages to recipients whose names were erased from their list."""
    links = AccessLink.objects.filter(entry__erased_at__isnull=False)
    return [event_of_link(key) for key in links.values_list("pk", flat=True)]
