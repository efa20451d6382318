"""Delivery of the outbox by email, GOV.UK Notify and webhooks: once, and retried if a channel is away."""

import logging
import smtplib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, mailers
from django.db import transaction
from django.db.models import F, Q, QuerySet
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from breaches.versions import DocumentChanged, document_bytes
from releases.rules.canonical import sha256_hex
from statsoffice.fault_isolation import run_each
from statsoffice.notifications import html
from statsoffice.notifications.models import Channel, Message, MessageRowRecord


class NotTaken(Exception):
    """A message was not taken; whether trying again can help, and whether others would meet the same.

    `for_good`: it is refused, and would be again. `only_this`: what was refused is this message, and not the way.
    """

    def __init__(self, reason: str, *, for_good: bool = False, only_this: bool = False) -> None:
        super().__init__(reason)
        self.for_good = for_good
        self.only_this = only_this


def describe_fault(fault: Exception) -> str:
    """Write a fault in one line: its kind and what it says."""
    return f"{type(fault).__name__}: {fault}"


def send_by_email(message: Message, *, name: str) -> None:
    """Hand one message, as text and as HTML, to the mail server and return once it was accepted.

    :param name: of the message, the same at every attempt, so that a mailbox can tell one that comes twice after a
        crash.
    :raises NotTaken: if the server cannot be reached or refuses, or the message cannot be written as mail.
    """
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.recipient],
        reply_to=[message.reply_to] if message.reply_to else None,
        attachments=_attachments(message),
        headers={"Message-ID": f"<{name}@statsoffice.invalid>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(html.render_html(subject=message.subject, text=message.text), "text/html")
    try:
        mailers.default.send_messages([mail])
    except (OSError, ValueError) as fault:  # every fault of SMTP is the first, a line end in a header the second
        raise NotTaken(
            describe_fault(fault), for_good=_refused_for_good(fault), only_this=_is_about_this_message(fault)
        ) from fault


def _attachments(message: Message) -> list[tuple[str, bytes, str]]:
    """Return the approved document that a message carries, byte for byte as it was approved.

    :raises NotTaken: if it was changed after its approval.
    """
    if message.document is None:
        return []
    name = f"{message.document.report.reference}-version-{message.document.version}.pdf"
    try:
        return [(name, document_bytes(message.document), "application/pdf")]
    except DocumentChanged as fault:
        raise NotTaken(describe_fault(fault), for_good=True, only_this=True) from fault


def _refused_for_good(fault: Exception) -> bool:
    # RFC 5321, section 4.2.1: replies from 500 on are permanent.
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in fault.recipients.values())
    if isinstance(fault, smtplib.SMTPResponseException):
        return _is_about_this_message(fault) and fault.smtp_code >= 500
    return isinstance(fault, ValueError)


def _is_about_this_message(fault: Exception) -> bool:
    """Tell a message that was refused from a server that cannot be talked to, which every message would meet."""
    of_the_server = smtplib.SMTPConnectError | smtplib.SMTPHeloError | smtplib.SMTPAuthenticationError
    refused = smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused | ValueError
    return isinstance(fault, refused) and not isinstance(fault, of_the_server)


TIMEOUT_SECONDS = 20
# A wrong request and a wrong or forbidden key stay wrong; too many requests and Notify's own faults pass.
# Source: https://docs.notifications.service.gov.uk/rest-api.html, error codes of sending an email.
WRONG_REQUEST, FORBIDDEN = 400, 403


def send_by_notify(message: Message, *, name: str) -> None:
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


def send_by_webhook(message: Message, *, name: str) -> None:
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


type Send = Callable[[Message], None]

SENDERS = {Channel.MAIL: send_by_email, Channel.NOTIFY: send_by_notify, Channel.WEBHOOK: send_by_webhook}
MOST_AT_ONCE = 100
MOST_ATTEMPTS = 15
# Longer than a channel may take over one message; after that a message of a process that died is sent by another.
CLAIM = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=4)

logger = logging.getLogger(__name__)


def hand_over(message: Message) -> None:
    """Hand one message to its channel and return once it was accepted.

    :raises NotTaken: if it was not.
    """
    name = sha256_hex(f"{message.event} {message.recipient}".encode())[:32]
    SENDERS[Channel(message.channel)](message, name=name)


def deliver(*, now: datetime, send: Send = hand_over) -> int:
    """Send the messages that are due, each claimed first so that two deliverers never send the same one.

    A message that is not accepted keeps the reason and is tried again after a growing wait; one that is refused for
    good, or that was tried fifteen times, is left with its reason. A channel that is away, or meets a fault of our own,
    ends its own round, and holds no other up.

    :param now: the aware instant at which the round begins.
    :return: the number of messages sent.
    :raises ExceptionGroup: after the rounds of all channels, if some met a fault of our own.
    """
    begun = time.monotonic()

    def at() -> datetime:
        return now + timedelta(seconds=time.monotonic() - begun)

    rounds = run_each(
        SENDERS, lambda channel: _round(channel, at=at, send=send), failed="channels met a fault of our own"
    )
    return sum(rounds)


def _round(channel: Channel, *, at: Callable[[], datetime], send: Send) -> int:
    sent = 0
    due = _waiting(at()).filter(channel=channel)
    for key in list(due.values_list("pk", flat=True)[:MOST_AT_ONCE]):
        begun = at()
        message = _claim(key, at=begun)
        if message is None:
            continue
        try:
            send(message)
        except NotTaken as fault:
            _keep_fault(message, fault, at=begun)
            if not fault.only_this:
                break
        except Exception as fault:
            _keep_fault(message, NotTaken(describe_fault(fault)), at=begun)
            raise
        else:
            with transaction.atomic():
                Message.objects.filter(pk=key).update(sent_at=begun, claimed_until=None, last_error="")
                MessageRowRecord.record({Message: [key]})
            sent += 1
    return sent


def check_put_off(*, now: datetime) -> str | None:
    """Return one sentence on the first unsent message that is put off longer than any delivery puts it off, or None."""
    put_off = Message.objects.filter(sent_at__isnull=True, due_at__gt=now + LONGEST_WAIT + CLAIM)
    key = put_off.order_by("pk").values_list("pk", flat=True).first()
    return None if key is None else f"{Message._meta.label_lower} {key} was put off, so that it is not sent"


def _waiting(at: datetime) -> QuerySet[Message]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=at)
    return Message.objects.filter(free, sent_at__isnull=True, due_at__lte=at, attempts__lt=MOST_ATTEMPTS).order_by(
        "due_at", "pk"
    )


def _claim(key: int, *, at: datetime) -> Message | None:
    claimed = _waiting(at).filter(pk=key).update(claimed_until=at + CLAIM, attempts=F("attempts") + 1)
    return Message.objects.select_related("document__report").get(pk=key) if claimed else None


def _keep_fault(message: Message, fault: NotTaken, *, at: datetime) -> None:
    attempts = MOST_ATTEMPTS if fault.for_good else message.attempts
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (message.attempts - 1))
    reason = str(fault)[:500]
    Message.objects.filter(pk=message.pk).update(
        attempts=attempts, last_error=reason, due_at=at + wait, claimed_until=None
    )
    level = logging.ERROR if attempts >= MOST_ATTEMPTS else logging.WARNING
    logger.log(level, "Message %s was not sent, attempt %s: %s", message.pk, message.attempts, reason)
