"""Delivery of the outbox by email, GOV.UK Notify and webhooks, with retries if a channel is unavailable."""

import logging
import smtplib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import mailers
from django.db import transaction
from django.db.models import F, Q, QuerySet
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from breaches.versions import DocumentChanged, document_bytes, name_document_file
from releases.receipts import LinkUnusable
from releases.rules.canonical import sha256_hex
from statsoffice.fault_isolation import run_each
from statsoffice.notifications.access_links import fill_link, record_link_email
from statsoffice.notifications.html import compose_email
from statsoffice.notifications.models import MOST_ATTEMPTS, Channel, Message, MessageRowRecord
from statsoffice.notifications.recipients import PROBLEM, RESTORED


class DeliveryRefused(Exception):
    """A channel did not accept a message.

    `for_good`: a retry would fail as well. `only_this`: the channel works, so that other messages can be sent.
    """

    def __init__(self, reason: str, *, for_good: bool = False, only_this: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good
        self.only_this = only_this


def describe_fault(fault: Exception) -> str:
    return f"{type(fault).__name__}: {fault}"


def send_by_email(message: Message, *, name: str) -> None:
    """Send one message as text and HTML.

    :param name: identifies the message. It is the same at each attempt, so that a mailbox recognises a duplicate after
        a crash.
    :raises DeliveryRefused: if the server cannot be reached or refuses, or the message cannot be written as an email.
    """
    mail = compose_email(
        name=name,
        subject=message.subject,
        text=message.text,
        to=message.recipient,
        reply_to=message.reply_to,
        attachments=_attachments(message),
    )
    try:
        mailers.default.send_messages([mail])
    except (OSError, ValueError) as fault:  # OSError covers all faults of SMTP; ValueError a line end in a header
        raise DeliveryRefused(
            describe_fault(fault), for_good=_refused_for_good(fault), only_this=_is_about_this_message(fault)
        ) from fault


def _attachments(message: Message) -> list[tuple[str, bytes, str]]:
    """Return the approved document of a message.

    :raises DeliveryRefused: if the document was changed after its approval.
    """
    if message.document is None:
        return []
    try:
        return [(name_document_file(message.document), document_bytes(message.document), "application/pdf")]
    except DocumentChanged as fault:
        raise DeliveryRefused(describe_fault(fault), for_good=True, only_this=True) from fault


def _refused_for_good(fault: Exception) -> bool:
    # RFC 5321, section 4.2.1: replies from 500 on are permanent.
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in fault.recipients.values())
    if isinstance(fault, smtplib.SMTPResponseException):
        return _is_about_this_message(fault) and fault.smtp_code >= 500
    return isinstance(fault, ValueError)


def _is_about_this_message(fault: Exception) -> bool:
    of_the_server = smtplib.SMTPConnectError | smtplib.SMTPHeloError | smtplib.SMTPAuthenticationError
    refused = smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused | ValueError
    return isinstance(fault, refused) and not isinstance(fault, of_the_server)


TIMEOUT_SECONDS = 20
# Retries cannot help with a wrong request, or a wrong or forbidden key; too many requests and Notify's own faults are
# temporary. Source: https://docs.notifications.service.gov.uk/rest-api.html, error codes of sending an email.
WRONG_REQUEST, FORBIDDEN = 400, 403


def send_by_notify(message: Message, *, name: str) -> None:
    """Send one message by GOV.UK Notify.

    :param name: the same at each attempt; Notify stores it as our reference.
    :raises DeliveryRefused: if Notify cannot be reached or refuses, or no key is set any more.
    """
    _send_by_notify(
        lambda client: client.send_email_notification(
            email_address=message.recipient,
            template_id=settings.NOTIFY_TEMPLATE,
            personalisation={"subject": message.subject, "text": message.text},
            reference=name,
        )
    )


def _send_by_notify(send: Callable[[NotificationsAPIClient], object]) -> None:
    if not settings.NOTIFY_KEY:
        raise DeliveryRefused("STATSOFFICE_NOTIFY_KEY is not set.")
    client = NotificationsAPIClient(settings.NOTIFY_KEY, base_url=settings.NOTIFY_ADDRESS, timeout=TIMEOUT_SECONDS)
    try:
        send(client)
    except APIError as fault:
        # Without a response the client of Notify reports 503, so the status counts only if there is a response.
        status = fault.status_code if fault.response is not None else None
        if status is None:
            reason = f"GOV.UK Notify cannot be reached: {type(fault.__cause__).__name__}"
            raise DeliveryRefused(reason) from fault
        raise DeliveryRefused(
            f"GOV.UK Notify: {status} {_format_errors(fault.message)}",
            for_good=status in {WRONG_REQUEST, FORBIDDEN},
            only_this=status == WRONG_REQUEST,
        ) from fault
    finally:
        client.request_session.close()


def send_text_message(message: Message, *, name: str) -> None:
    """Send one text message by GOV.UK Notify, as `send_by_notify` sends an email."""
    if not settings.NOTIFY_TEXT_TEMPLATE:
        raise DeliveryRefused("STATSOFFICE_NOTIFY_TEXT_TEMPLATE is not set.")
    _send_by_notify(
        lambda client: client.send_sms_notification(
            phone_number=message.recipient,
            template_id=settings.NOTIFY_TEXT_TEMPLATE,
            personalisation={"text": message.text},
            reference=name,
        )
    )


def _format_errors(errors: Any) -> str:
    if isinstance(errors, list):
        return "; ".join(f"{one.get('error')}: {one.get('message')}" for one in errors if isinstance(one, dict))
    return str(errors)


def send_by_webhook(message: Message, *, name: str) -> None:
    """Post one message to the webhook that the settings name as its recipient.

    :param name: not used; a webhook has no field for it.
    :raises DeliveryRefused: if the webhook cannot be reached or refuses, or is not in the settings any more.
    """
    address = settings.WEBHOOKS.get(message.recipient)
    if address is None:
        reason = f"STATSOFFICE_WEBHOOKS holds no webhook named {message.recipient}."
        raise DeliveryRefused(reason, only_this=True)
    # The package is large, so it is imported only where it is needed.
    from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat, NotifyType
    from apprise.plugins.pagerduty import NotifyPagerDuty

    # There is no picture, because a post must load nothing from another site.
    asset = AppriseAsset(app_id=settings.OFFICE_NAME, app_desc=settings.OFFICE_NAME, image_url_mask="")
    post = Apprise(asset=asset)
    post.add(address)
    begins, ends = message.event.startswith(PROBLEM), message.event.startswith(RESTORED)
    for service in post:
        if isinstance(service, NotifyPagerDuty) and (begins or ends):
            # Each incident of monitoring has one incident in PagerDuty, which is resolved when monitoring works again.
            number = message.event.removeprefix(PROBLEM).removeprefix(RESTORED)
            service.dedup, service.action = f"{settings.ADDRESS} {number}", "resolve" if ends else "trigger"
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as log:
        is_sent = post.notify(
            title=message.subject,
            body=message.text,
            body_format=NotifyFormat.TEXT,
            notify_type=NotifyType.FAILURE if begins else NotifyType.INFO,
        )
        reason = " ".join(log.getvalue().split())
    if not is_sent:
        # `only_this`, because other webhooks may still be available.
        raise DeliveryRefused(f"Webhook {message.recipient}: {reason}", only_this=True)


type Send = Callable[[Message], None]

SENDERS = {
    Channel.MAIL: send_by_email,
    Channel.NOTIFY: send_by_notify,
    Channel.WEBHOOK: send_by_webhook,
    Channel.TEXT: send_text_message,
}
BATCH_SIZE = 100
# A claim lasts longer than any channel takes for one message. When it has ended, another process sends the message,
# because the process that claimed it must have died.
CLAIM = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=4)

logger = logging.getLogger(__name__)


def send_message(message: Message) -> None:
    """Send a message by its channel.

    :raises DeliveryRefused: if the channel did not accept the message.
    """
    name = sha256_hex(f"{message.event} {message.recipient}".encode())[:32]
    SENDERS[Channel(message.channel)](message, name=name)


def deliver_messages(*, now: datetime, send: Send = send_message, kind: str = "") -> int:
    """Send the messages that are due. Each is claimed first, so that no two processes send the same one.

    A message that was not accepted is retried after a growing pause, at most fifteen times, unless a retry cannot help.
    A channel that is unavailable, or fails because of an error in our code, delays no other channel.

    :param kind: the prefix of the events of the messages to send; "" sends all.
    :return: the number of messages sent.
    :raises ExceptionGroup: if some channels failed because of an error in our code. The other channels are used first.
    """
    begun = time.monotonic()

    def at() -> datetime:
        return now + timedelta(seconds=time.monotonic() - begun)

    rounds = run_each(
        SENDERS,
        lambda channel: _deliver_channel(channel, at=at, send=send, kind=kind),
        failed="channels had an error of our own",
    )
    return sum(rounds)


def _deliver_channel(channel: Channel, *, at: Callable[[], datetime], send: Send, kind: str) -> int:
    sent = 0
    due = _due_messages(at()).filter(channel=channel, event__startswith=kind)
    for key in list(due.values_list("pk", flat=True)[:BATCH_SIZE]):
        begun = at()
        message = _claim(key, at=begun)
        if message is None:
            continue
        try:
            fill_link(message, at=begun)
            send(message)
        except LinkUnusable as ended:
            _record_fault(message, DeliveryRefused(str(ended), for_good=True), at=begun)
        except DeliveryRefused as fault:
            _record_fault(message, fault, at=begun)
            if not fault.only_this:
                break
        except Exception as fault:
            _record_fault(message, DeliveryRefused(describe_fault(fault)), at=begun)
            raise
        else:
            with transaction.atomic():
                Message.objects.filter(pk=key).update(sent_at=begun, claimed_until=None, last_error="")
                MessageRowRecord.record({Message: [key]})
                record_link_email(message, at=begun)
            sent += 1
    return sent


def check_put_off(*, now: datetime) -> str | None:
    """Return a sentence on the first unsent message that is due later than any retry could make it, or None."""
    put_off = Message.objects.filter(sent_at__isnull=True, due_at__gt=now + LONGEST_WAIT + CLAIM)
    key = put_off.order_by("pk").values_list("pk", flat=True).first()
    return None if key is None else f"{Message._meta.label_lower} {key} was put off, so that it is not sent"


def _due_messages(at: datetime) -> QuerySet[Message]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=at)
    return Message.objects.filter(free, sent_at__isnull=True, due_at__lte=at, attempts__lt=MOST_ATTEMPTS).order_by(
        "due_at", "pk"
    )


def _claim(key: int, *, at: datetime) -> Message | None:
    claimed = _due_messages(at).filter(pk=key).update(claimed_until=at + CLAIM, attempts=F("attempts") + 1)
    return Message.objects.select_related("document__report").get(pk=key) if claimed else None


def _record_fault(message: Message, fault: DeliveryRefused, *, at: datetime) -> None:
    attempts = MOST_ATTEMPTS if fault.for_good else message.attempts
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (message.attempts - 1))
    reason = str(fault)[:500]
    Message.objects.filter(pk=message.pk).update(
        attempts=attempts, last_error=reason, due_at=at + wait, claimed_until=None
    )
    level = logging.ERROR if attempts >= MOST_ATTEMPTS else logging.WARNING
    logger.log(level, "Message %s was not sent, attempt %s: %s", message.pk, message.attempts, reason)
