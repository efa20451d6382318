"""Emails, which are sent as plain text and as HTML without external resources."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template import Context, Engine
from django.template.loader import render_to_string

from statsoffice.notifications.notification import one_line

ITEM = re.compile(r"- |\d{1,2}\. ")
# This line separates the text of an email from the note that says why the person gets it.
RULE = "---"


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a line. The part is shown as a link if it is an address of this service."""

    words: str
    is_link: bool


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or a list.

    `lines` contains the lines of the paragraph, or the items of the list. `list_tag` is "ul" for a list, "ol" for a
    numbered list, and "" for a paragraph. If `is_note` is True, the block follows the line of dashes and is part of the
    note in small print at the end.
    """

    lines: tuple[tuple[Piece, ...], ...]
    list_tag: str
    is_note: bool


def render_text(template: str, context: Mapping[str, object]) -> tuple[str, str]:
    """Render a template, and return the subject and the text. The subject is the first paragraph of the template."""
    values = {**context, "office": settings.OFFICE_NAME, "site": settings.ADDRESS}
    # The result is plain text, so nothing is escaped.
    rendered = Engine.get_default().get_template(template).render(Context(values, autoescape=False))
    subject, _blank, text = rendered.lstrip().partition("\n\n")
    return one_line(subject), text.rstrip("\n") + "\n"


def compose_email(
    *,
    name: str,
    subject: str,
    text: str,
    to: str,
    reply_to: str = "",
    attachments: Sequence[tuple[str, bytes, str]] = (),
) -> EmailMultiAlternatives:
    """Return an email with the text as plain text and as HTML.

    :param name: the part of the Message-ID before the @.
    """
    # RFC 5322, section 3.6.4, recommends the sender's domain for a Message-ID.
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    mail = EmailMultiAlternatives(
        subject=subject,
        body=text,
        to=[to],
        reply_to=[reply_to] if reply_to else None,
        attachments=attachments,
        headers={"Message-ID": f"<{name}@{domain}>", "Auto-Submitted": "auto-generated"},
    )
    mail.attach_alternative(render_html(subject=subject, text=text), "text/html")
    return mail


def render_html(*, subject: str, text: str) -> str:
    """Return a message as an HTML document that loads nothing.

    Text is escaped. Only addresses of this service become links.

    :param text: plain text; a blank line separates paragraphs, "- " or "1. " begins an item of a list, and a line of
        dashes begins the note at the end.
    """
    return render_to_string(
        "notifications/mail.html", {"subject": subject, "blocks": split_blocks(text), "office": settings.OFFICE_NAME}
    )


def split_blocks(text: str) -> list[Block]:
    blocks: list[Block] = []
    is_note = False
    for paragraph in re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n")):
        if paragraph == RULE:
            is_note = True
            continue
        lines: list[str] = []
        for line in paragraph.split("\n"):
            if lines and line.startswith("   "):
                # An indented line continues the item of a list.
                lines[-1] += f"\n{line.strip()}"
                continue
            if lines and bool(ITEM.match(line)) != bool(ITEM.match(lines[-1])):
                blocks.append(_block(lines, is_note=is_note))
                lines = []
            lines.append(line)
        blocks.append(_block(lines, is_note=is_note))
    return blocks


def _block(lines: list[str], *, is_note: bool) -> Block:
    mark = ITEM.match(lines[0])
    list_tag = ("ul" if mark[0] == "- " else "ol") if mark else ""
    return Block(tuple(_pieces(ITEM.sub("", line, count=1) if mark else line) for line in lines), list_tag, is_note)


def _pieces(line: str) -> tuple[Piece, ...]:
    # After our address, only a slash, white space or the end of the line may follow. Otherwise the address
    # https://office.example.evil would match https://office.example.
    parts = re.split(rf"({re.escape(settings.ADDRESS)}(?=[/\s]|$)\S*)", line)
    return tuple(Piece(part, is_link=bool(place % 2)) for place, part in enumerate(parts) if part)
