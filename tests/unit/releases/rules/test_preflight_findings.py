"""What the check on the day before makes of what it read and saw (V17): codes and facts alone."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import CheckOutcome, PublisherSays, PublisherState, Reason
from releases.detection.preflight import (
    NOTES,
    PreflightCode,
    PreflightFinding,
    findings_of_announcement,
    findings_of_check,
    new_findings,
)

DUE = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
RIGHT = "School inspections. Release date: 1 July 2026 9:30am (confirmed)"


@pytest.mark.parametrize(
    ("result", "was_absent", "code"),
    [
        pytest.param(CheckOutcome.NOT_LIVE, False, None, id="not live, as it should be"),
        pytest.param(CheckOutcome.NOT_LIVE, True, None, id="still not live"),
        pytest.param(CheckOutcome.LIVE, True, PreflightCode.LIVE_ALREADY, id="out before its time"),
        pytest.param(
            CheckOutcome.LIVE, False, PreflightCode.MARKER_MATCHES_ALREADY, id="a marker that matches something else"
        ),
        pytest.param(CheckOutcome.UNRECOGNISED, False, PreflightCode.NOT_RECOGNISED, id="a text that nobody knows"),
        pytest.param(CheckOutcome.UNREACHABLE, False, PreflightCode.NO_ANSWER, id="no usable response"),
        pytest.param(CheckOutcome.OBSERVER_FAULT, False, PreflightCode.NO_ANSWER, id="a fault of our own"),
    ],
)
def test_a_check_the_day_before_means(result, was_absent, code):
    found = findings_of_check(7, result, (Reason.NOT_FOUND,), was_absent=was_absent)
    assert (found and (found.code, found.address, found.facts)) == (code and (code, 7, {"reasons": ["not_found"]}))


def test_an_address_that_leads_to_a_host_that_may_not_be_asked_is_described_while_it_can_be_allowed():
    found = findings_of_check(7, CheckOutcome.NOT_LIVE, (Reason.OTHER_HOST,), was_absent=False)
    assert found == PreflightFinding(PreflightCode.LEADS_TO_ANOTHER_HOST, 7, {"reasons": ["other_host"]})


def announced(*, says=None, text=None, leads_to=""):
    return [each.code for each in findings_of_announcement(7, says=says, text=text, leads_to=leads_to, due_at=DUE)]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        pytest.param(RIGHT, [], id="day and time as planned"),
        pytest.param("Release date: 2 July 2026 9:30am", [PreflightCode.ANNOUNCED_DAY_NOT_FOUND], id="another day"),
        pytest.param("Release date: 1 July 2026 noon", [PreflightCode.ANNOUNCED_TIME_NOT_FOUND], id="another time"),
        pytest.param(f"Cancelled. {RIGHT}", [PreflightCode.ANNOUNCEMENT_CALLED_OFF], id="cancelled"),
        pytest.param(
            "Postponed to August 2026",
            [PreflightCode.ANNOUNCED_DAY_NOT_FOUND, PreflightCode.ANNOUNCEMENT_CALLED_OFF],
            id="postponed to another day",
        ),
        pytest.param(None, [PreflightCode.ANNOUNCEMENT_NO_ANSWER], id="nothing that can be read"),
    ],
)
def test_the_words_of_an_announcement_are_compared_with_what_is_planned(text, codes):
    assert announced(text=text) == codes


def test_an_announcement_that_leads_elsewhere_has_been_replaced_already():
    assert announced(text=RIGHT, leads_to="https://www.example.gov.uk/out") == [PreflightCode.ANNOUNCEMENT_LEADS_ON]


@pytest.mark.parametrize(
    ("says", "codes"),
    [
        pytest.param(PublisherSays(PublisherState.ANNOUNCED, announced_for=DUE), [], id="the same instant"),
        pytest.param(
            PublisherSays(PublisherState.ANNOUNCED, announced_text="1 July 2026 9:30am"), [], id="the same words"
        ),
        pytest.param(
            PublisherSays(
                PublisherState.ANNOUNCED, announced_for=DUE + timedelta(minutes=1), announced_text="1 July 2026 9:30am"
            ),
            [PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME],
            id="a minute later, whatever its words say",
        ),
        pytest.param(
            PublisherSays(PublisherState.ANNOUNCED, announced_text="July 2026"),
            [PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME],
            id="a month",
        ),
        pytest.param(
            PublisherSays(PublisherState.MOVED, announced_text="8 July 2026 9:30am"),
            [PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME],
            id="moved",
        ),
        pytest.param(PublisherSays(PublisherState.CANCELLED), [PreflightCode.ANNOUNCEMENT_CALLED_OFF], id="cancelled"),
        pytest.param(PublisherSays(PublisherState.GONE), [PreflightCode.ANNOUNCEMENT_CALLED_OFF], id="gone"),
        pytest.param(
            PublisherSays(PublisherState.PUBLISHED), [PreflightCode.ANNOUNCEMENT_LEADS_ON], id="published already"
        ),
    ],
)
def test_what_the_publishers_own_system_says_goes_before_the_words(says, codes):
    assert announced(says=says, text="nothing of use") == codes


@pytest.mark.parametrize("state", [PublisherState.MOVED, PublisherState.CANCELLED, PublisherState.WITHDRAWN])
def test_what_a_publisher_says_is_a_fact_that_every_database_can_store(state):
    says = PublisherSays(state, announced_text="August\0 \ud83d", change_note="More\0 time \udcff")
    (found,) = findings_of_announcement(7, says=says, text=None, leads_to="", due_at=DUE)
    assert found.facts["note"] == "More time ?"
    assert found.facts.get("announced_text", "August ?") == "August ?"


def test_only_problems_that_were_not_found_before_are_news():
    before = [
        PreflightFinding(PreflightCode.NO_HEAD),
        PreflightFinding(PreflightCode.NO_ANSWER, 1),
        PreflightFinding(PreflightCode.SHARES_MINUTE),
    ]
    now = [
        *before,
        PreflightFinding(PreflightCode.NO_ANSWER, 2),
        PreflightFinding(PreflightCode.NO_ATTACHMENTS),
        PreflightFinding(PreflightCode.NO_ANSWER, 2, {"a": 1}),
    ]
    assert (new_findings(now, before), new_findings(before, []), new_findings(before, before)) == (1, 2, 0)


def test_a_finding_is_the_same_after_it_was_stored():
    finding = PreflightFinding(PreflightCode.SHARES_MINUTE, None, {"seconds": 1.25})
    assert PreflightFinding.from_json(finding.to_json()) == finding
    assert {finding.code} <= NOTES
    assert not finding.is_problem
