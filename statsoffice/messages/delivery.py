"""Sending what the outbox holds: each message once, later if the mail server is away, and never marked before."""

import logging
import smtplib
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.core.mail import EmailMultiAlternatives, mailers
from django.db.models import F, Q, QuerySet

from releases.canonical import sha256_hex
from statsoffice.messages import html
from statsoffice.messages.models import Message

type Send = Callable[[Message], None]

MOST_AT_ONCE = 100
MOST_ATTEMPTS = 15
# Longer than a mail server may take over one message; after that a message of a process that died is sent by another.
CLAIM = timedelta(minutes=5)
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=4)

logger = logging.getLogger(__name__)


def send_by_mail(message: Message) -> None:
    """Hand one message, as text and as HTML, to the mail server and return once it was accepted.

    :raises OSError: if the server cannot be reached or refuses (every fault of SMTP is one).
    :raises ValueError: if the message cannot be written as mail, because of line ends in a header.
    """
    name = sha256_hex(f"{message.event} {message.recipient}".encode())[:32]
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.text,
        to=[message.recipient],
        reply_to=[message.reply_to] if message.reply_to else None,
        attachments=_attachments(message),
        # The same at every attempt, so that a mailbox can tell a message that comes twice after a crash.
        headers={"Message-ID": f"<{name}@statsoffice.invalid>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(html.written(subject=message.subject, text=message.text), "text/html")
    mailers.default.send_messages([mail])


def _attachments(message: Message) -> list[tuple[str, bytes, str]]:
    """Return the approved document that a message carries, byte for byte as it was approved."""
    if message.document is None:
        return []
    name = f"{message.document.report.reference}-version-{message.document.version}.pdf"
    return [(name, bytes(message.document.pdf), "application/pdf")]


def deliver(*, now: datetime, send: Send = send_by_mail) -> int:
    """Send the messages that are due, each claimed first so that two deliverers never send the same one.

    A message that is not accepted keeps the reason and is tried again after a growing wait; one that the server
    refuses for good, or that was tried fifteen times, is left with its reason. A server that cannot be reached
    ends this round.

    :param now: the aware instant at which the round begins.
    :return: the number of messages sent.
    """
    begun, sent = time.monotonic(), 0
    for key in list(_waiting(now).values_list("pk", flat=True)[:MOST_AT_ONCE]):
        at = now + timedelta(seconds=time.monotonic() - begun)
        message = _claim(key, at=at)
        if message is None:
            continue
        try:
            send(message)
        except (OSError, ValueError) as fault:
            _keep_fault(message, fault, at=at)
            if not _is_about_this_message(fault):
                break
        else:
            Message.objects.filter(pk=key).update(sent_at=at, claimed_until=None, last_error="")
            sent += 1
    return sent


def _waiting(at: datetime) -> QuerySet[Message]:
    free = Q(claimed_until__isnull=True) | Q(claimed_until__lte=at)
    return Message.objects.filter(free, sent_at__isnull=True, due_at__lte=at, attempts__lt=MOST_ATTEMPTS).order_by(
        "due_at", "pk"
    )


def _claim(key: int, *, at: datetime) -> Message | None:
    claimed = _waiting(at).filter(pk=key).update(claimed_until=at + CLAIM, attempts=F("attempts") + 1)
    return Message.objects.select_related("document__report").get(pk=key) if claimed else None


def _keep_fault(message: Message, fault: Exception, *, at: datetime) -> None:
    for_good = _refused_for_good(fault)
    attempts = MOST_ATTEMPTS if for_good else message.attempts
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (message.attempts - 1))
    reason = f"{type(fault).__name__}: {fault}"[:500]
    Message.objects.filter(pk=message.pk).update(
        attempts=attempts, last_error=reason, due_at=at + wait, claimed_until=None
    )
    level = logging.ERROR if attempts >= MOST_ATTEMPTS else logging.WARNING
    logger.log(level, "Message %s was not sent, attempt %s: %s", message.pk, message.attempts, reason)


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
