"""Messages to a webhook, such as a room of Teams or Slack: a reference and a link, posted by Apprise."""

import logging

from django.conf import settings

from statsoffice.messages.fault import NotTaken
from statsoffice.messages.models import Message


def send(message: Message, *, name: str) -> None:
    """Post one message to the webhook that the settings hold under its recipient, and return once it was taken.

    :param name: of the message; a webhook has no place for it.
    :raises NotTaken: if it cannot be reached or refuses, or the settings hold no such webhook any more.
    """
    address = settings.WEBHOOKS.get(message.recipient)
    if address is None:
        reason = f"STATSOFFICE_WEBHOOKS holds no webhook named {message.recipient}."
        raise NotTaken(reason, only_this=True)
    # It knows a hundred services: imported where it is needed, and not by every process.
    from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat

    # No picture of its own: what is posted loads nothing from anywhere.
    asset = AppriseAsset(app_id=settings.OFFICE_NAME, app_desc=settings.OFFICE_NAME, image_url_mask="")
    post = Apprise(asset=asset)
    post.add(address)
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as said:
        taken = post.notify(title=message.subject, body=message.text, body_format=NotifyFormat.TEXT)
        reason = " ".join(said.getvalue().split())
    if not taken:
        # One webhook that is away says nothing of another.
        raise NotTaken(f"Webhook {message.recipient}: {reason}", only_this=True)
