"""Delivery of the outbox by email, GOV.UK Notify and webhooks, with retries if a channel is unavailable."""

import logging
import re
import smtplib
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import mailers
from django.db import transaction
from django.db.models import F, QuerySet
from notifications_python_client.errors import APIError
from notifications_python_client.notifications import NotificationsAPIClient

from breaches.dispatches import record_acceptance, record_failure, record_retry
from breaches.models import Dispatch
from breaches.versions import DocumentChanged, document_bytes, lock_report, name_document_file
from releases.models.claim import is_unclaimed
from releases.permissions import User
from releases.receipts import LinkUnusable
from releases.rules.canonical import sha256_hex
from statsoffice.fault_isolation import run_each
from statsoffice.notifications.access_links import fill_link, record_link_email
from statsoffice.notifications.html import compose_email
from statsoffice.notifications.models import CLAIM, MOST_ATTEMPTS, Channel, Message, MessageRowRecord
from statsoffice.notifications.recipients import PROBLEM, RESTORED
from statsoffice.notifications.report_queries import dispatch_of, retryable_emails


class DeliveryRefused(Exception):
    """A channel did not accept a message.

    `for_good` is True if a retry would fail too. `only_this` is True if the channel may still accept other messages.
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
    :raises DeliveryRefused: if the server cannot be reached, if it refuses the message, or if the message cannot be
        written as an email.
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
    except (OSError, ValueError) as fault:
        # All SMTP errors are subclasses of OSError. ValueError is raised if a header contains a line end.
        raise DeliveryRefused(
            describe_fault(fault), for_good=_refused_for_good(fault), only_this=_is_about_this_message(fault)
        ) from fault


def _attachments(message: Message) -> list[tuple[str, bytes, str]]:
    """Return the approved document of a message as an attachment. The list is empty if the message has no document.

    :raises DeliveryRefused: if the document was changed after its approval.
    """
    if message.document is None:
        return []
    try:
        return [(name_document_file(message.document), document_bytes(message.document), "application/pdf")]
    except DocumentChanged as fault:
        raise DeliveryRefused(describe_fault(fault), for_good=True, only_this=True) from fault


# RFC 1870, section 6.1: the server refuses the size that is stated with the sender.
TOO_LARGE = 552


ENHANCED_CODE = re.compile(rb"[245]\.\d+\.\d+")
# RFC 3463 and RFC 7505: the recipient's address is wrong or has moved, or the mailbox is disabled. 5.1.0, 5.1.7 and
# 5.1.8 are left out, because servers use them for the sender.
ABOUT_ADDRESS = {b"5.1.1", b"5.1.2", b"5.1.3", b"5.1.4", b"5.1.6", b"5.1.10", b"5.2.1"}
# RFC 5321, section 4.2.3: the mailbox does not exist, or its name is not allowed.
ABOUT_MAILBOX = {550, 551, 553}


def _refused_for_good(fault: Exception) -> bool:
    # Replies from 500 on are permanent. But the operator of a server can correct most of them, for example if it does
    # not relay our emails or the mailbox is full. Some servers refuse the sender only when they get the recipient.
    if isinstance(fault, smtplib.SMTPRecipientsRefused):
        return all(_is_about_address(code, reply) for code, reply in fault.recipients.values())
    return isinstance(fault, ValueError)


def _is_about_address(code: int, reply: bytes) -> bool:
    enhanced = ENHANCED_CODE.match(reply)
    return code >= 500 and (enhanced[0] in ABOUT_ADDRESS if enhanced else code in ABOUT_MAILBOX)


def _is_about_this_message(fault: Exception) -> bool:
    of_the_server = smtplib.SMTPConnectError | smtplib.SMTPHeloError | smtplib.SMTPAuthenticationError
    refused = smtplib.SMTPResponseException | smtplib.SMTPRecipientsRefused | ValueError
    if isinstance(fault, smtplib.SMTPSenderRefused):
        return fault.smtp_code == TOO_LARGE
    return isinstance(fault, refused) and not isinstance(fault, of_the_server)


TIMEOUT_SECONDS = 20
# If the request is wrong (400), a retry would fail too. Other errors are not about the message: too many requests, an
# error in Notify, or a key or clock of ours that the operator must correct (403). Source:
# https://docs.notifications.service.gov.uk/rest-api.html, error codes of sending an email.
WRONG_REQUEST = 400


def send_by_notify(message: Message, *, name: str) -> None:
    """Send one message by GOV.UK Notify.

    :param name: the reference that Notify stores. It is the same at each attempt.
    :raises DeliveryRefused: if Notify cannot be reached, if it refuses the message, or if no key is set any more.
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
        # If there is no response, Notify's client reports status 503. So use the status only if there is a response.
        status = fault.status_code if fault.response is not None else None
        if status is None:
            reason = f"GOV.UK Notify cannot be reached: {type(fault.__cause__).__name__}"
            raise DeliveryRefused(reason) from fault
        is_wrong = status == WRONG_REQUEST
        reason = f"GOV.UK Notify: {status} {_format_errors(fault.message)}"
        raise DeliveryRefused(reason, for_good=is_wrong, only_this=is_wrong) from fault
    finally:
        client.request_session.close()


def send_text_message(message: Message, *, name: str) -> None:
    """Send one text message by GOV.UK Notify.

    The parameters and the errors are the same as for `send_by_notify`.
    """
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
    """Post one message to a webhook. The recipient of the message is the name of the webhook in the settings.

    :param name: not used, because webhooks have no field for a reference.
    :raises DeliveryRefused: if the webhook cannot be reached, if it refuses the message, or if it is not in the
        settings any more.
    """
    address = settings.WEBHOOKS.get(message.recipient)
    if address is None:
        reason = f"STATSOFFICE_WEBHOOKS holds no webhook named {message.recipient}."
        raise DeliveryRefused(reason, only_this=True)
    # The package is large, so it is imported only where it is needed.
    from apprise import Apprise, AppriseAsset, LogCapture, NotifyFormat, NotifyType
    from apprise.plugins.pagerduty import NotifyPagerDuty

    # Posts have no picture, because a post must not load anything from another site.
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
# If a server is slow, the next run sends the rest, so that new notifications are written in between.
LONGEST_ROUND = timedelta(seconds=10)
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
    """Send the messages that are due.

    Each message is claimed before it is sent, so that no two processes send the same message. If a channel does not
    accept a message, the message is retried after a pause that grows with each attempt. There are at most fifteen
    attempts. The message is not retried if a retry would fail too. If a channel is unavailable, or fails because of an
    error in our code, the other channels still send their messages.

    :param kind: only messages whose event has this prefix are sent. "" sends all messages.
    :return: the number of messages sent.
    :raises ExceptionGroup: if some channels failed because of an error in our code. All other channels send their
        messages first.
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
    for key in _keys_of_round(due, at=at):
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
            _record_success(message, at=begun)
            sent += 1
    return sent


def _keys_of_round(due: QuerySet[Message], *, at: Callable[[], datetime]) -> Iterator[int]:
    ends_at = at() + LONGEST_ROUND
    for key in list(due.values_list("pk", flat=True)[:BATCH_SIZE]):
        if at() > ends_at:
            return
        yield key


def _record_success(message: Message, *, at: datetime) -> None:
    with transaction.atomic():
        # A redaction locks the report first, then the rows of messages, and then the heads of the chains of reports.
        if dispatch := dispatch_of(message):
            lock_report(dispatch.report)
        Message.objects.filter(pk=message.pk).update(sent_at=at, claimed_until=None, last_error="")
        if dispatch:
            record_acceptance(dispatch, at=at)
        MessageRowRecord.record({Message: [message.pk]})
        record_link_email(message, at=at)


def retry_dispatch(dispatch: Dispatch, *, by: User, at: datetime) -> bool:
    """Send the email of a dispatch again, if it failed for good.

    :return: whether the email will be sent again. False if it has not failed for good, or if another person was first.
    :raises ValueError: if the person may not send the report.
    """
    with transaction.atomic():
        lock_report(dispatch.report)
        if not retryable_emails(dispatch, now=at).update(attempts=0, due_at=at, claimed_until=None, last_error=""):
            return False
        record_retry(dispatch, by=by, at=at)
    return True


def check_put_off(*, now: datetime) -> str | None:
    """Return a sentence about the first unsent message that is due later than any retry can set, or None.

    A person with access to the database could set a late due time to prevent a message from being sent.
    """
    put_off = Message.objects.filter(sent_at__isnull=True, due_at__gt=now + LONGEST_WAIT + CLAIM)
    key = put_off.order_by("pk").values_list("pk", flat=True).first()
    if key is None:
        return None
    return f"{Message._meta.label_lower} {key} has a later due time than any retry sets, so it is not sent until then"


def _due_messages(at: datetime) -> QuerySet[Message]:
    free = Message.objects.filter(is_unclaimed(CLAIM, now=at), sent_at__isnull=True)
    return free.filter(due_at__lte=at, attempts__lt=MOST_ATTEMPTS).order_by("due_at", "pk")


def _claim(key: int, *, at: datetime) -> Message | None:
    claimed = _due_messages(at).filter(pk=key).update(claimed_until=at + CLAIM, attempts=F("attempts") + 1)
    return Message.objects.select_related("document__report").get(pk=key) if claimed else None


def _record_fault(message: Message, fault: DeliveryRefused, *, at: datetime) -> None:
    attempts = MOST_ATTEMPTS if fault.for_good else message.attempts
    wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (message.attempts - 1))
    reason = str(fault)[:500]
    with transaction.atomic():
        failed = dispatch_of(message) if attempts >= MOST_ATTEMPTS else None
        if failed:
            lock_report(failed.report)
        Message.objects.filter(pk=message.pk).update(
            attempts=attempts, last_error=reason, due_at=at + wait, claimed_until=None
        )
        if failed:
            record_failure(failed, at=at)
    level = logging.ERROR if attempts >= MOST_ATTEMPTS else logging.WARNING
    logger.log(level, "Message %s was not sent, attempt %s: %s", message.pk, message.attempts, reason)
