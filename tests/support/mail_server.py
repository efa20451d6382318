"""A real SMTP server on loopback that keeps what it accepts, and refuses mail as a test asks."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from selectolax.lexbor import LexborHTMLParser

from tests.servers.ports import free_port


def without_number(subject: str) -> str:
    """Return a subject with a suspicion's kind in general words, and without due time and number of a report.

    The report may not have been drafted yet.
    """
    subject = re.sub(r", due .+| \(BR-\d{4}-\w+\)", "", subject)
    return re.sub(r"(^|: )(Late|Early|Incomplete): ", r"\1Suspected breach: ", subject)


def with_slug(subject: str) -> str:
    """Return such a subject with the slug instead of the title "slug: Inspections …", which is cut if it is long."""
    return re.sub(r"(: [a-z0-9-]+)(: I.*|:?…)$", r"\1", without_number(subject))


def parts_of(mail: EmailMessage) -> tuple[str, LexborHTMLParser]:
    """Return the text of a mail and its parsed HTML."""
    plain = mail.get_body(("plain",)).get_content().replace("\r\n", "\n")
    return plain, LexborHTMLParser(mail.get_body(("html",)).get_content())


class Mailbox:
    """What the server accepted and when; a reply to a recipient, to all senders or to all content instead."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.arrived: list[datetime] = []
        self.recipients: list[str] = []
        self.refusals: dict[str, str] = {}
        self.refuses_senders = ""
        self.refuses_content = ""

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd's name
        if self.refuses_senders:
            return self.refuses_senders
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd's name
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd's name
        if self.refuses_content:
            return self.refuses_content
        self.arrived.append(datetime.now(UTC))
        self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
        self.recipients += envelope.rcpt_tos
        return "250 Accepted"


@contextmanager
def mail_server(port: int) -> Iterator[Mailbox]:
    """Run an SMTP server on a port of loopback."""
    mailbox = Mailbox()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()


@pytest.fixture
def smtp_port(settings):
    """Send mail to a port of loopback on which nothing listens yet."""
    port = free_port()
    settings.MAILERS = {
        "default": {
            "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "OPTIONS": {"host": "127.0.0.1", "port": port, "timeout": 5},
        }
    }
    return port


@pytest.fixture
def mailbox(smtp_port):
    """Run a mail server, and yield what it accepted."""
    with mail_server(smtp_port) as box:
        yield box
