"""Messages by GOV.UK Notify: its own client, one template with a subject and a text, one request for each message."""

from typing import Any

from django.conf import settings
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from statsoffice.messages.fault import NotTaken
from statsoffice.messages.models import Message

TIMEOUT_SECONDS = 20
# A wrong request and a wrong or forbidden key stay wrong; too many requests and Notify's own faults pass.
# Source: https://docs.notifications.service.gov.uk/rest-api.html, error codes of sending an email.
WRONG_REQUEST, FORBIDDEN = 400, 403


def send(message: Message, *, name: str) -> None:
    """Ask GOV.UK Notify to send one message, and return once it has taken it.

    :param name: of the message, the same at every attempt; Notify keeps it as our reference.
    :raises NotTaken: if Notify cannot be reached or refuses, or no key is set any more.
    """
    if not settings.NOTIFY_KEY:
        raise NotTaken("STATSOFFICE_NOTIFY_KEY is not set.")
    client = NotificationsAPIClient(settings.NOTIFY_KEY, base_url=settings.NOTIFY_ADDRESS, timeout=TIMEOUT_SECONDS)
    try:
        client.send_email_notification(
            email_address=message.recipient,
            template_id=settings.NOTIFY_TEMPLATE,
            personalisation={"subject": message.subject, "text": message.text},
            reference=name,
        )
    except APIError as fault:
        # Its client calls it 503 where there was no answer at all.
        status = fault.status_code if fault.response is not None else None
        if status is None:
            reason = f"GOV.UK Notify cannot be reached: {type(fault.__cause__).__name__}"
            raise NotTaken(reason) from fault
        raise NotTaken(
            f"GOV.UK Notify: {status} {_in_words(fault.message)}",
            for_good=status in {WRONG_REQUEST, FORBIDDEN},
            only_this=status == WRONG_REQUEST,
        ) from fault
    finally:
        client.request_session.close()


def _in_words(said: Any) -> str:
    """Write what Notify says of a fault, a list of errors with their messages, in one line."""
    if isinstance(said, list):
        return "; ".join(f"{one.get('error')}: {one.get('message')}" for one in said if isinstance(one, dict))
    return str(said)
