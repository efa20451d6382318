"""A line of the log as JSON says when, how grave, who says what, and what it is about, and no more."""

import json
import logging

from django.test import RequestFactory

from statsoffice.logs import JsonLines, log_context


def written(message, *arguments, error=None, **extra):
    """Write one line and read it again."""
    record = logging.getLogger("releases.watching.watch").makeRecord(
        "releases.watching.watch", logging.ERROR, __file__, 1, message, arguments, error, extra=extra
    )
    line = JsonLines().format(record)
    assert "\n" not in line
    return json.loads(line)


def test_a_line_says_when_how_grave_who_and_what():
    line = written("cannot judge %s", "schools–march", release="schools–march")
    assert line.pop("time").endswith("+00:00")
    assert line.pop("process")
    assert line == {
        "level": "ERROR",
        "logger": "releases.watching.watch",
        "message": "cannot judge schools–march",
        "release": "schools–march",
    }


def test_what_is_about_the_whole_block_is_in_each_of_its_lines_and_in_no_other():
    with log_context(watcher="machine:1"):
        with log_context(request="abc"):
            assert written("x").items() >= {"watcher": "machine:1", "request": "abc"}.items()
        assert "request" not in written("x")
    assert "watcher" not in written("x")


def test_an_error_is_described_in_the_same_line():
    try:
        message = "no such page"
        raise LookupError(message)
    except LookupError as fault:
        line = written("it failed\nbadly", error=(type(fault), fault, fault.__traceback__))
    assert line["message"] == "it failed\nbadly"
    assert line["exception"].endswith("LookupError: no such page")


def test_what_libraries_add_is_left_out():
    request = RequestFactory().get("/?words=something+typed")
    assert "typed" not in json.dumps(written("Not Found", request=request, data={"args": "typed"}))
