"""The facts read from the headers of an answer."""

from datetime import UTC, datetime

import pytest

from releases.rules.response import Answer

AT = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)


def answer_with(*headers: tuple[str, str]) -> Answer:
    return Answer("https://stats.example.gov.uk/a", AT, AT, AT, headers=headers)


@pytest.mark.parametrize(
    ("value", "media_type", "charset"),
    [
        pytest.param("text/html", "text/html", "", id="bare"),
        pytest.param("Text/HTML; Charset=UTF-8", "text/html", "utf-8", id="mixed-case"),
        pytest.param('text/html;charset="windows-1252"', "text/html", "windows-1252", id="quoted"),
        pytest.param("text/html; boundary=x; charset=latin-1", "text/html", "latin-1", id="second-parameter"),
        pytest.param("", "", "", id="empty"),
    ],
)
def test_a_content_type_header_is_split_into_media_type_and_charset(value, media_type, charset):
    answer = answer_with(("content-type", value))
    assert (answer.content_type, answer.charset) == (media_type, charset)


def test_an_answer_without_a_content_type_has_neither_media_type_nor_charset():
    assert (answer_with().content_type, answer_with().charset) == ("", "")


def test_the_last_of_two_headers_of_one_name_counts():
    assert answer_with(("age", "1"), ("age", "2")).header("age") == "2"
