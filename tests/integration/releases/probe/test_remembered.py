"""A page that comes back as it was is not read again; what a rule reads of an answer makes it another one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from releases.detection import rules
from releases.detection.finding import AddressRole, CheckOutcome, EarlierTexts, Expectation, Finding
from releases.probe import probe
from releases.probe.probe import Probe, finding_key
from releases.rules.response import Answer, Failure
from tests.corpus.examination import CASES, answered, expectation

NOW = datetime(2026, 7, 14, 8, 30, tzinfo=UTC)
URL = "https://stats.example.gov.uk/statistics/jobs"
ANSWER = Answer(
    requested_url=URL,
    planned_at=NOW,
    sent_at=NOW,
    completed_at=NOW,
    status=200,
    final_url=URL,
    headers=(("content-type", "text/html"),),
    body=b"<h1>Jobs, May 2026</h1>",
)
EXPECTED = Expectation(
    role=AddressRole.PAGE, url=URL, marker="May 2026", release_title="Jobs, May 2026", series_title="Jobs"
)
READ = {"failure", "status", "requested_url", "final_url", "left_allowed_hosts", "content_type", "charset", "body"}
READ |= {"completed_at"}  # compared with the due time alone, as the test below says


class Watched:
    """An answer that notes each part that is read."""

    def __init__(self, answer):
        self.answer, self.read = answer, set()

    def __getattr__(self, name):
        self.read.add(name)
        return getattr(self.answer, name)


class Counted:
    """A pool that counts what it examines."""

    times = 0

    def examine(self, _request):
        self.times += 1
        return Finding(CheckOutcome.LIVE, ())


def times_examined(*pairs):
    """Find each of some answers with its expectation, one after the other, and return how many were examined."""
    pool = Counted()
    asked = Probe(None, pool)
    for answer, expected in pairs:
        asked.examine("page", answer, expected)
    return pool.times


def test_the_same_page_at_a_later_check_is_not_read_again():
    later = NOW + timedelta(seconds=5)
    again = replace(
        ANSWER, planned_at=later, sent_at=later, completed_at=later, vantage="elsewhere", peer_address="::1"
    )
    assert times_examined((ANSWER, EXPECTED), (again, EXPECTED)) == 1


def test_the_same_page_is_read_again_once_it_is_due():
    expected = replace(EXPECTED, due_at=NOW + timedelta(seconds=5))
    later = [replace(ANSWER, completed_at=NOW + timedelta(seconds=count)) for count in (4, 5, 6)]
    assert times_examined(*((answer, expected) for answer in later)) == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"body": b"<h1>Jobs, June 2026</h1>"}, id="body"),
        pytest.param({"status": 404}, id="status"),
        pytest.param({"failure": Failure.TIMEOUT}, id="failure"),
        pytest.param({"final_url": f"{URL}/latest"}, id="final-address"),
        pytest.param({"requested_url": f"{URL}/latest"}, id="requested-address"),
        pytest.param({"left_allowed_hosts": True}, id="left-the-hosts"),
        pytest.param({"headers": (("content-type", "text/html; charset=utf-16"),)}, id="character-set"),
    ],
)
def test_another_answer_is_read(change):
    assert times_examined((ANSWER, EXPECTED), (replace(ANSWER, **change), EXPECTED)) == 2


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"marker": "June 2026"}, id="marker"),
        pytest.param({"texts_not_live": frozenset({"a" * 64})}, id="a-text-known-by-now"),
        pytest.param({"confirmed_texts": frozenset({"a" * 64})}, id="a-persons-word"),
        pytest.param({"controls_fail": True}, id="our-own-network"),
    ],
)
def test_a_page_is_read_again_once_something_else_is_expected_of_it(change):
    assert times_examined((ANSWER, EXPECTED), (ANSWER, replace(EXPECTED, **change))) == 2


def test_a_page_is_read_again_by_another_adapter():
    assert finding_key("page", ANSWER, EXPECTED) != finding_key("govuk", ANSWER, EXPECTED)


def test_the_oldest_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(probe, "MOST_FINDINGS", 2)
    first, second, third = (replace(ANSWER, body=body) for body in (b"1", b"2", b"3"))
    assert times_examined((first, EXPECTED), (second, EXPECTED), (third, EXPECTED), (third, EXPECTED)) == 3
    assert times_examined((first, EXPECTED), (second, EXPECTED), (third, EXPECTED), (first, EXPECTED)) == 4


def test_the_rules_read_nothing_of_an_answer_but_what_a_remembered_finding_goes_by():
    read = set()
    for case in CASES:
        for look in case.looks:
            watched = Watched(answered(case, look))
            expected = expectation(case, url=watched.answer.requested_url, before=EarlierTexts())
            rules.examine(watched, expected)
            read |= watched.read
    assert read == READ
