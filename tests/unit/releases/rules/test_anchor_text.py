"""Anchors as text: they can be read again from mail programs and files."""

import json
import textwrap
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from releases.rules.anchor import Head, anchor_lines, merkle_root, read_anchor, read_anchor_file

HEADS = [
    Head("accounts.event", 3, "1a" * 32, 2, "2b" * 32),
    Head("releases.monitoring_row", 40, "3c" * 32, 41, "4d" * 32),
]
LINES = anchor_lines(17, made_at=datetime(2026, 6, 30, 8, 31, 2, tzinfo=UTC), root=merkle_root(HEADS), heads=HEADS)


def test_an_anchor_is_written_as_lines():
    assert [
        "anchor 17",
        "made 2026-06-30T08:31:02.000000+00:00",
        f"root {merkle_root(HEADS)}",
        f"accounts.event 3 {'1a' * 32} 2 {'2b' * 32}",
        f"releases.monitoring_row 40 {'3c' * 32} 41 {'4d' * 32}",
    ] == LINES


@pytest.mark.parametrize(
    "text",
    [
        "Dear all,\n\n" + "\n".join(LINES) + "\n\nRegards",
        "\r\n".join(f"> {line}" for line in LINES),
        json.dumps({"anchor": LINES, "engine": "postgresql"}, indent=1),
        json.dumps({"engine": "postgresql", "anchor": LINES}),
    ],
    ids=["text", "quoted", "manifest", "one line"],
)
def test_it_is_read_again_from_a_text(text):
    (anchor,) = read_anchor(text)
    assert (anchor.number, anchor.root, list(anchor.heads), anchor.is_consistent()) == (
        17,
        merkle_root(HEADS),
        HEADS,
        True,
    )


def test_several_anchors_are_read_from_one_text():
    other = anchor_lines(18, made_at=datetime(2026, 7, 1, tzinfo=UTC), root=merkle_root(HEADS[:1]), heads=HEADS[:1])
    assert [(one.number, len(one.heads)) for one in read_anchor("\n".join([*LINES, "", *other]))] == [(17, 2), (18, 1)]


def test_an_anchor_with_a_changed_line_is_not_consistent():
    changed = [replace(HEADS[0], position=4), HEADS[1]]
    lines = anchor_lines(17, made_at=datetime(2026, 6, 30, tzinfo=UTC), root=merkle_root(HEADS), heads=changed)
    assert [one.is_consistent() for one in read_anchor("\n".join(lines))] == [False]


def test_a_text_without_an_anchor_has_none():
    assert list(read_anchor(f"root {merkle_root(HEADS)}\nanchor 17\n")) == []


def mail(*, plain="See below.", html=None, charset="utf-8"):
    message = EmailMessage()
    message["Subject"] = "Anchor"
    message.set_content(plain, charset=charset, cte="base64")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    return message


def forwarding(*content, **kind):
    message = EmailMessage()
    message.set_content("See the attachment.")
    message.add_attachment(*content, **kind)
    return message.as_bytes()


TEXT = "\n".join(LINES)
HTML = "<html><body><p>See below.</p>\n<p>\n" + "<br>\n ".join(LINES).replace(" 2 ", "\n2 ") + "</p></body></html>"
FILES = {
    "a plain text": TEXT.encode(),
    "with a mark of its encoding": TEXT.encode("utf-8-sig"),
    "a manifest": json.dumps({"anchor": LINES, "engine": "</html>"}).encode(),
    "an email": mail(plain=TEXT).as_bytes(),
    "an email in UTF-16": mail(plain=TEXT, charset="utf-16").as_bytes(),
    "an email of HTML alone": mail(html=HTML).as_bytes(),
    "an email with both": mail(plain=TEXT, html=HTML).as_bytes(),
    "an email whose text is wrapped": mail(plain=textwrap.fill(TEXT, 76), html=HTML).as_bytes(),
    "an attached email": forwarding(mail(plain=TEXT)),
    "an attached file": forwarding(
        mail(plain=TEXT).as_bytes(), maintype="application", subtype="octet-stream", filename="a.EML"
    ),
    "a saved page": HTML.encode(),
    "an unknown encoding": mail(plain=TEXT).as_bytes().replace(b'"utf-8"', b'"unknown-8"'),
}


@pytest.mark.parametrize("name", FILES)
def test_it_is_read_once_from_a_file(name):
    (anchor,) = read_anchor_file(FILES[name])
    assert (anchor.number, list(anchor.heads), anchor.is_consistent()) == (17, HEADS, True)


@pytest.mark.parametrize(
    "content",
    [b"", textwrap.fill(TEXT, 76).encode(), TEXT.encode("utf-16"), mail().as_bytes(), bytes(range(256))],
    ids=["empty", "wrapped", "UTF-16", "an email without one", "no text"],
)
def test_another_file_has_none(content):
    assert read_anchor_file(content) == []
