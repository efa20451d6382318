"""Values written as plain JSON come back as they were."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

import pytest

from releases.detection.finding import CheckOutcome, Finding, PublisherSays, PublisherState, Reason, Source
from releases.rules import canonical
from releases.rules.response import Answer, Failure, Hop

AT = datetime(2020, 6, 30, 8, 30, 0, 123456, tzinfo=UTC)
URL = "https://www.example.gov.uk/statistics"

ANSWERED = Answer(
    requested_url=URL,
    planned_at=AT,
    sent_at=AT,
    completed_at=AT,
    status=200,
    hops=(Hop(URL, 301), Hop(f"{URL}/new", 200)),
    final_url=f"{URL}/new",
    headers=(("content-type", "text/html"), ("age", "3")),
    body=b"\x00\xff<title>",
    seconds=MappingProxyType({"total": 0.25, "connect": 0}),
)
UNANSWERED = Answer(requested_url=URL, planned_at=AT, sent_at=AT, completed_at=AT, failure=Failure.TIMEOUT)
SAID = PublisherSays(
    state=PublisherState.PUBLISHED, published_at=AT, source=Source.CHANGE_HISTORY, change_note="“Late”"
)
FOUND = Finding(CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE, Reason.CLOCK_OFF), "abc", "Title", publisher=SAID)


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True)
class Old:
    name: str
    gone: int = 0


@dataclass(frozen=True)
class New:
    name: str
    colour: Colour = Colour.RED


@pytest.mark.parametrize("value", [ANSWERED, UNANSWERED, FOUND], ids=["answered", "unanswered", "finding"])
def test_what_was_written_is_read_as_it_was(value):
    told = json.loads(json.dumps(canonical.write_dataclass(value)))
    assert canonical.read_dataclass(type(value), told) == value


def test_a_field_that_came_later_takes_its_default_and_one_that_went_is_left_out():
    assert canonical.read_dataclass(New, canonical.write_dataclass(Old("first", gone=3))) == New("first", Colour.RED)


@pytest.mark.parametrize(
    "plain",
    [None, {}, {"name": 3}, {"name": "first", "colour": "blue"}, ["first"], "first"],
    ids=["nothing", "empty", "number", "unknown-colour", "list", "text"],
)
def test_what_is_something_else_is_refused(plain):
    with pytest.raises(canonical.NotThisKind):
        canonical.read_dataclass(New, plain)


def test_each_part_of_a_pair_is_read_as_its_own_type():
    assert canonical.read_dataclass(tuple[str, int], ["first", 1]) == ("first", 1)
    assert canonical.read_dataclass(tuple[str, ...], ["first", "second", "third"]) == ("first", "second", "third")


@pytest.mark.parametrize("plain", [[], ["first"], ["first", 1, 1], [1, "first"]])
def test_a_pair_with_other_parts_is_refused(plain):
    with pytest.raises(canonical.NotThisKind):
        canonical.read_dataclass(tuple[str, int], plain)


def test_what_could_not_be_read_again_is_not_written():
    with pytest.raises(TypeError, match="a set cannot be written"):
        canonical.write_dataclass({"ones": {1, 2}})
