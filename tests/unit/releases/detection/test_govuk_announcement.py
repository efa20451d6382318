"""An announcement of GOV.UK is read as exactly as it is written, or the reason is stated why there is none to read."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from releases.detection import govuk as documents
from releases.detection.govuk import (
    CANNOT_TELL,
    AnnouncedTime,
    AnnouncementState,
    NoAnnouncementError,
    Problem,
    read_display_date,
)
from releases.rules.calendar import Precision
from releases.rules.response import Answer, Failure
from statsoffice.fake_publisher import govuk
from tests.support.content_api import gone_document

DUE = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
PATH = "/government/statistics/announcements/rain-june-2026"
TITLE = "Rain in June 2026"


def answer(document=None, *, status=200, body=None, **fields):
    content = body if body is not None else json.dumps(document).encode()
    return Answer(PATH, DUE, DUE, DUE, status=status, final_url=PATH, body=content, **fields)


def read(document, **fields):
    return documents.read_announcement(answer(document, **fields))


def test_the_exact_time_of_an_announcement_counts_only_if_it_is_confirmed():
    def announced_time(state):
        details = {"state": state, "release_timestamp": DUE.isoformat(), "display_date": "July 2026"}
        written = {"schema_name": "announcement", "document_type": "official", "base_path": PATH, "details": details}
        return documents.announced_time(documents.read_document(json.dumps(written).encode()))

    assert announced_time("confirmed") == AnnouncedTime(at=DUE)
    assert announced_time("provisional") == AnnouncedTime(month=date(2026, 7, 1))


def problem(*arguments, **fields):
    with pytest.raises(NoAnnouncementError) as refused:
        documents.read_announcement(answer(*arguments, **fields))
    return refused.value.problem


def test_a_confirmed_announcement_is_read_whole():
    said = read(
        govuk.announcement(
            PATH, f"  {TITLE} &amp; others", due_at=DUE, organisations=["Office for Rain", "Office for Snow"],
            previous_display_date="30 June 2026 9:30am", latest_change_note="<p>More\n time.</p>",
        )
    )  # fmt: skip
    assert said.title == f"{TITLE} & others"
    assert (said.state, said.displayed, said.note) == (AnnouncementState.CONFIRMED, "1 July 2026 9:30am", "More time.")
    assert (said.previous, said.organisations) == ("30 June 2026 9:30am", ("Office for Rain", "Office for Snow"))
    assert (said.slot.due_at, said.slot.precision) == (DUE, Precision.EXACT)


@pytest.mark.parametrize(
    ("displayed", "slot"),
    [
        pytest.param("January 2027", "January 2027", id="a-month"),
        pytest.param("January to February 2027", "January to February 2027", id="two-months"),
        pytest.param("December to January 2027", "December 2026 to January 2027", id="across-new-year"),
        pytest.param("December 2026 to January 2027", "December 2026 to January 2027", id="both-years"),
        pytest.param("14 January 2027 9:30am", "14 January 2027 9:30am", id="to-the-minute"),
        pytest.param("14 January 2027", "None", id="a-day-without-time"),
        pytest.param("January to March 2027", "None", id="three-months"),
        pytest.param("Winter 2027", "None", id="no-date"),
        pytest.param("", "None", id="nothing"),
    ],
)
def test_a_provisional_date_is_as_vague_as_it_is_displayed(displayed, slot):
    said = read(govuk.announcement(PATH, TITLE, state="provisional", display_date=displayed))
    assert (str(said.slot), said.state) == (slot, AnnouncementState.PROVISIONAL)


def test_one_of_two_months_differs_from_a_time_in_neither():
    two = read_display_date("June to July 2026")
    assert two == AnnouncedTime(two_months=date(2026, 6, 1))
    assert [two.differs_from(DUE.replace(month=month)) for month in (5, 6, 7, 8)] == [True, False, False, True]


@pytest.mark.parametrize(
    "displayed",
    [
        "December 9999 to January 9999",
        "November to December 9999",
        "December 9999",
        "31 December 9999 11:59pm",
        "12 June 2026 25:00am",
        "12 June 2026 0:30am",
        "29 March 2026 1:30am",
    ],
)
def test_a_date_that_no_release_can_have_is_no_date(displayed):
    assert read_display_date(displayed) == AnnouncedTime()


@pytest.mark.parametrize(
    ("found", "why"),
    [
        pytest.param(lambda: problem({}, failure=Failure.TIMEOUT), Problem.UNREACHABLE, id="no-answer"),
        pytest.param(lambda: problem({}, failure=Failure.ASKED_TO_WAIT), Problem.ASKED_TO_WAIT, id="a-pause"),
        pytest.param(lambda: problem({}, status=429), Problem.ASKED_TO_WAIT, id="too-many"),
        pytest.param(lambda: problem({}, status=503), Problem.UNREACHABLE, id="a-fault-of-theirs"),
        pytest.param(lambda: problem({}, status=404), Problem.NOT_FOUND, id="no-such-page"),
        pytest.param(lambda: problem({}, status=410), Problem.GONE, id="gone"),
        pytest.param(lambda: problem(gone_document(PATH)), Problem.GONE, id="gone-by-its-document"),
        pytest.param(lambda: problem(left_allowed_hosts=True), Problem.LED_ELSEWHERE, id="another-host"),
        pytest.param(lambda: problem(body=b"<html>"), Problem.UNKNOWN_SHAPE, id="a-page"),
        pytest.param(lambda: problem({"schema_name": 1}), Problem.UNKNOWN_SHAPE, id="another-shape"),
        pytest.param(lambda: problem(govuk.redirect(PATH, "/x")), Problem.UNKNOWN_SHAPE, id="a-redirect-not-followed"),
        pytest.param(
            lambda: problem(govuk.publication(PATH, TITLE, published_at=DUE)), Problem.PUBLISHED, id="published"
        ),
        pytest.param(
            lambda: problem(govuk.publication(PATH, TITLE, published_at=DUE, kind="guidance")),
            Problem.OTHER_KIND,
            id="something-else",
        ),
        pytest.param(lambda: problem(govuk.announcement(PATH, TITLE, state="odd")), Problem.UNKNOWN_SHAPE, id="odd"),
        pytest.param(lambda: problem(govuk.announcement(PATH, " ")), Problem.UNKNOWN_SHAPE, id="no-title"),
    ],
)
def test_what_is_no_announcement_is_distinguished(found, why):
    assert found() is why


def test_only_what_says_nothing_of_the_announcement_leaves_us_in_the_dark():
    assert {each.value for each in CANNOT_TELL} == {"unreachable", "asked_to_wait", "unknown_shape"}


def test_what_was_read_is_written_and_read_again():
    said = read(govuk.announcement(PATH, TITLE, due_at=DUE, organisations=["Office for Rain"], latest_change_note="x"))
    for when in (
        said.when,
        AnnouncedTime(on=date(2026, 7, 1)),
        read_display_date("June to July 2026"),
        AnnouncedTime(),
    ):
        one = replace(said, when=when)
        assert documents.announced_from_json(json.loads(json.dumps(documents.announced_to_json(one)))) == one


def test_words_of_a_hostile_site_can_be_stored():
    document = govuk.announcement(PATH, "Rain \ud800\0" + "x" * 20_000, due_at=DUE)
    document["links"] = {"organisations": [{"title": None}, {"title": "y" * 900}, 7]}
    said = read(document)
    assert 490 < len(said.title) <= 500
    said.title.encode()
    assert [len(each) for each in said.organisations] == [500]
