"""Answers amount to a known vulnerability, to none, or to unchecked packages: silence never means none."""

from datetime import date

import pytest

from tests.dependencies.accepted import Acceptance
from tests.dependencies.answer import Answer, Package, Vulnerability, held_to_control, none
from tests.dependencies.judging import Outcome, judge

TODAY = date(2026, 11, 25)
DJANGO, TZDATA = Package("Python", "django", "6.1.3"), Package("Python", "tzdata", "2026.1")
SASS, CONTROL = Package("npm", "sass", "1.93.0"), Package("Python", "bottle", "0.12.8")
HOLE = Vulnerability(DJANGO, ("PYSEC-2026-7", "CVE-2026-1234"), ("6.1.4",))
UNMENDED = Vulnerability(SASS, ("GHSA-aaaa-bbbb-cccc",))
KNOWN_CONTROL = Vulnerability(CONTROL, ("PYSEC-2018-66",))
CLEAN, CLEAN_NPM = Answer(frozenset({DJANGO, TZDATA})), Answer(frozenset({SASS}))
HOLED, HOLED_NPM = Answer(CLEAN.asked, (HOLE,)), Answer(CLEAN_NPM.asked, (UNMENDED,))
SILENT = none(CLEAN.asked, why="connection refused")
HALF = Answer(CLEAN.asked, unchecked={TZDATA: "not found"})


def until(day):
    return {"CVE-2026-1234": Acceptance(day, "We sign in nobody by LDAP.")}


YESTERDAY, TO_COME = until(date(2026, 11, 24)), until(date(2026, 11, 26))


@pytest.mark.parametrize(
    ("answers", "accepted", "outcome", "in_short"),
    [
        pytest.param([CLEAN, CLEAN_NPM], {}, Outcome.CLEAN, "none known in 3 packages", id="all-clean"),
        pytest.param(
            [HOLED, CLEAN_NPM], {}, Outcome.VULNERABLE, "1 known: django 6.1.3 (Python): PYSEC-2026-7", id="vulnerable"
        ),
        pytest.param(
            [HOLED, HOLED_NPM],
            {},
            Outcome.VULNERABLE,
            "2 known: django 6.1.3 (Python): PYSEC-2026-7, sass 1.93.0 (npm): GHSA-aaaa-bbbb-cccc",
            id="both-vulnerable",
        ),
        pytest.param(
            [SILENT, CLEAN_NPM],
            {},
            Outcome.UNCHECKED,
            "2 of 3 packages not checked (Python: connection refused)",
            id="one-tool-silent",
        ),
        pytest.param(
            [SILENT, none(CLEAN_NPM.asked, why="405")],
            {},
            Outcome.UNCHECKED,
            "3 of 3 packages not checked (Python: connection refused; npm: 405)",
            id="both-tools-silent",
        ),
        pytest.param(
            [HALF, CLEAN_NPM],
            {},
            Outcome.UNCHECKED,
            "1 of 3 packages not checked (Python: not found)",
            id="one-unknown",
        ),
        pytest.param(
            [SILENT, HOLED_NPM],
            {},
            Outcome.VULNERABLE,
            "1 known: sass 1.93.0 (npm): GHSA-aaaa-bbbb-cccc; 2 of 3 packages not checked (Python: connection refused)",
            id="vulnerable-and-silent",
        ),
        pytest.param(
            [HOLED, CLEAN_NPM],
            TO_COME,
            Outcome.CLEAN,
            "none known in 3 packages but what is accepted; 1 accepted",
            id="accepted",
        ),
        pytest.param(
            [HOLED, CLEAN_NPM],
            until(TODAY),
            Outcome.CLEAN,
            "none known in 3 packages but what is accepted; 1 accepted",
            id="accepted-on-its-last-day",
        ),
        pytest.param(
            [HOLED, CLEAN_NPM],
            YESTERDAY,
            Outcome.VULNERABLE,
            "1 known: django 6.1.3 (Python): PYSEC-2026-7",
            id="accepted-until-yesterday",
        ),
        pytest.param(
            [HOLED, none(CLEAN_NPM.asked, why="405")],
            TO_COME,
            Outcome.UNCHECKED,
            "1 accepted; 1 of 3 packages not checked (npm: 405)",
            id="accepted-and-silent",
        ),
    ],
)
def test_the_outcome_and_its_line_are(answers, accepted, outcome, in_short):
    judgement = judge(answers, accepted, today=TODAY)
    assert (judgement.outcome, judgement.in_short) == (outcome, in_short)


@pytest.mark.parametrize(
    ("answer", "accepted", "line"),
    [
        pytest.param(
            HOLED,
            {},
            "Vulnerable: django 6.1.3 (Python): PYSEC-2026-7 (also CVE-2026-1234), mended in 6.1.4.",
            id="vulnerable",
        ),
        pytest.param(
            HOLED_NPM,
            {},
            "Vulnerable: sass 1.93.0 (npm): GHSA-aaaa-bbbb-cccc, no version is told that mends it.",
            id="unmended",
        ),
        pytest.param(
            HOLED,
            TO_COME,
            "Accepted until 26 November 2026: django 6.1.3 (Python): PYSEC-2026-7 (also CVE-2026-1234), mended in"
            " 6.1.4: We sign in nobody by LDAP.",
            id="accepted",
        ),
        pytest.param(
            HOLED,
            YESTERDAY,
            "Vulnerable: django 6.1.3 (Python): PYSEC-2026-7 (also CVE-2026-1234), mended in 6.1.4; it was accepted"
            " until 24 November 2026, which has passed: We sign in nobody by LDAP.",
            id="past-its-day",
        ),
        pytest.param(HALF, {}, "Not checked: 1 of 2 Python packages: not found.", id="not-checked"),
        pytest.param(
            CLEAN,
            TO_COME,
            "CVE-2026-1234 is accepted, but found in no package any more: take it out of"
            " [tool.statsoffice.accepted-vulnerabilities].",
            id="accepted-for-nothing",
        ),
    ],
)
def test_each_thing_is_told_in_a_line(answer, accepted, line):
    assert judge([answer], accepted, today=TODAY).lines == [line]


def test_what_is_accepted_is_not_called_needless_where_not_all_was_checked():
    assert judge([SILENT], TO_COME, today=TODAY).lines == ["Not checked: 2 of 2 Python packages: connection refused."]


def test_silence_is_believed_where_the_control_was_told_of():
    answer = Answer(CLEAN.asked | {CONTROL}, (KNOWN_CONTROL,))
    assert held_to_control(answer, CONTROL) == CLEAN


def test_silence_on_all_is_not_believed_where_it_covers_the_control():
    judgement = judge([held_to_control(Answer(CLEAN.asked | {CONTROL}), CONTROL)], {}, today=TODAY)
    assert judgement.outcome == Outcome.UNCHECKED
    assert "2 of 2 packages not checked" in judgement.in_short
    assert "knows nothing of bottle 0.12.8" in judgement.in_short


def test_what_is_told_next_to_silence_on_the_control_stands():
    judgement = judge([held_to_control(Answer(CLEAN.asked | {CONTROL}, (HOLE,)), CONTROL)], {}, today=TODAY)
    assert judgement.outcome == Outcome.VULNERABLE
    assert "1 of 2 packages not checked" in judgement.in_short


def test_a_reason_that_was_given_stands_before_the_silence_on_the_control():
    answer = none(CLEAN.asked | {CONTROL}, why="connection refused")
    assert held_to_control(answer, CONTROL) == SILENT
