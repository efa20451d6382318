"""Messages by mail: handed to the mail server as text and HTML, with the document where there is one."""

import smtplib

from django.core.mail import EmailMultiAlternatives, mailers

from breaches.versions import DocumentChanged, document_bytes
from statsoffice.messages import html
from statsoffice.messages.fault import NotTaken, told
from statsoffice.messages.models import Message


def send(message: Message, *, name: str) -> None:
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
    mail.attach_alternative(html.written(subject=message.subject, text=message.text), "text/html")
    try:
        mailers.default.send_messages([mail])
    except (OSError, ValueError) as fault:  # every fault of SMTP is the first, a line end in a header the second
        raise NotTaken(
            told(fault), for_good=_refused_for_good(fault), only_this=_is_about_this_message(fault)
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
        raise NotTaken(told(fault), for_good=True, only_this=True) from fault


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
