"""Anchors as text: what is written can be read again from what mail programs and files make of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from releases.core.anchor_text import lines_of, read
from releases.core.merkle import Head, root_of

HEADS = [
    Head("accounts.event", 3, "1a" * 32, 2, "2b" * 32),
    Head("releases.monitoring_row", 40, "3c" * 32, 41, "4d" * 32),
]
LINES = lines_of(17, made_at=datetime(2026, 6, 30, 8, 31, 2, tzinfo=UTC), root=root_of(HEADS), heads=HEADS)


def test_an_anchor_is_written_as_lines():
    assert [
        "anchor 17",
        "made 2026-06-30T08:31:02.000000+00:00",
        f"root {root_of(HEADS)}",
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
    (anchor,) = read(text)
    assert (anchor.number, anchor.root, list(anchor.heads), anchor.is_consistent()) == (17, root_of(HEADS), HEADS, True)


def test_several_anchors_are_read_from_one_text():
    other = lines_of(18, made_at=datetime(2026, 7, 1, tzinfo=UTC), root=root_of(HEADS[:1]), heads=HEADS[:1])
    assert [(one.number, len(one.heads)) for one in read("\n".join([*LINES, "", *other]))] == [(17, 2), (18, 1)]


def test_an_anchor_with_a_changed_line_is_not_consistent():
    changed = [replace(HEADS[0], position=4), HEADS[1]]
    lines = lines_of(17, made_at=datetime(2026, 6, 30, tzinfo=UTC), root=root_of(HEADS), heads=changed)
    assert [one.is_consistent() for one in read("\n".join(lines))] == [False]


def test_a_text_without_an_anchor_has_none():
    assert list(read(f"root {root_of(HEADS)}\nanchor 17\n")) == []
