"""Messages in place of a file, distinguished from files that hold the same words."""

import json

import pytest

from releases.detection import files
from releases.detection.files import FileType, Message, found_type


def find_message(text: str) -> Message | None:
    body = text.encode()
    return files.message_in(body, found_type(body))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("File not found.\n", Message.NO_FILE),
        ("404 Not Found\nnginx\n", Message.NO_FILE),
        ("Not yet published.\nCome back at 9.30am.\n", Message.NO_FILE),
        ("Access denied.\n", Message.FAULT),
        ("Sorry, something broke.\n", Message.FAULT),
        ("Notes.\nTable 3: withdrawn.\n", None),
        ("Withdrawn licences by month, with notes\n", None),
        ('{"message": "Not found"}', Message.NO_FILE),
        ('{"status": 404, "error": "no such thing"}', Message.NO_FILE),
        ('{"errors": [{"detail": "The specified key does not exist."}]}', Message.NO_FILE),
        ('{"error": "busy"}', Message.FAULT),
        ('{"status": "failed", "result": null}', Message.FAULT),
        ('{"message": "Figures of June", "rows": [1, 2]}', None),
        ('{"status": "withdrawn", "count": 12}', None),
        ('{"status": 404, "count": 12}', None),
        ("{}", Message.NOTHING),
        ("[]", Message.NOTHING),
        ("[0]", None),
        ('{"rows": [], "notes": {}}', Message.NOTHING),
        ('{"rows": [[]], "total": 0}', None),
        ("<?xml version='1.0'?><!-- x --><s3:Error><Code>NoSuchKey</Code></s3:Error>", Message.FAULT),
        ("<?xml version='1.0'?><Error><Message>The key does not exist.</Message></Error>", Message.NO_FILE),
        ("<?xml version='1.0'?><soap:Fault>x</soap:Fault>", Message.FAULT),
        ("<?xml version='1.0'?><states><state>Not found</state></states>", None),
    ],
)
def test_a_message_is_distinguished_from_data_that_hold_its_words(text, message):
    assert find_message(text) is message


def test_what_is_too_long_for_a_message_is_none():
    rows = [{"status": "cancelled"}] * 500
    assert find_message(json.dumps({"error": rows})) is None
    assert find_message("Not found. " * 500) is None


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ('{"a": [1, 2]}', False),
        ('{"a": [1, 2', True),
        ('{"a": 1}\n{"a": 2}\n', False),
        ("[" * 1_900, True),
        ("[" + "1, " * 2_000 + "1]\n", False),
        ("[" + "1, " * 2_000, True),
    ],
    ids=["whole", "cut off", "one value a line", "too deep", "long", "long and cut off"],
)
def test_data_that_end_before_their_end_are_recognised(text, broken):
    assert files.is_message_cut_off(text.encode(), FileType.JSON) is broken


def test_markup_that_ends_before_its_end_is_recognised():
    assert files.is_message_cut_off(b"<?xml version='1.0'?><a><b>1</b", FileType.XML)
    assert not files.is_message_cut_off(b"<?xml version='1.0'?><a><b>1</b></a>\n", FileType.XML)
    assert not files.is_message_cut_off(b"<a", FileType.TEXT)


@pytest.mark.parametrize(
    ("text", "table"),
    [
        ("month,price\n2026-06,1.42\n", True),
        ("A title\nwith notes, and more\n\nmonth;price\n2026-06;1,42\n", True),
        ("name|town\na|b\nc|d\ne|f\ng|h\n", True),
        ("name|town\na|b\n", False),
        ("month,price\n", False),
        ("Sorry\nplease come again\n", False),
        ("One, two\nthree\n4, 5, 6\n", False),
    ],
    ids=["plain", "below notes", "without figures", "too short", "header alone", "prose", "other widths"],
)
def test_a_table_is_two_lines_of_the_same_width_with_a_figure(text, table):
    assert files.is_table(text.encode()) is table
