"""Accepting a known vulnerability takes its name, a reason and a last day."""

from datetime import date

import pytest

from tests.dependencies.accepted import Acceptance, read

TABLE = "[tool.statsoffice.accepted-vulnerabilities]\n"


def test_an_entry_is_read_by_the_name_of_its_advisory():
    text = TABLE + 'ghsa-aaaa-bbbb-cccc = { until = 2027-01-31, reason = "No page parses YAML." }'
    assert read(text) == {"GHSA-AAAA-BBBB-CCCC": Acceptance(date(2027, 1, 31), "No page parses YAML.")}


@pytest.mark.parametrize("text", ["", "[project]\n", TABLE], ids=["empty", "no-table", "empty-table"])
def test_without_entries_nothing_is_accepted(text):
    assert read(text) == {}


@pytest.mark.parametrize(
    "entry",
    [
        '"for now"',
        '{ reason = "No page parses YAML." }',
        "{ until = 2027-01-31 }",
        '{ until = 2027-01-31, reason = " " }',
        '{ until = "2027-01-31", reason = "No page parses YAML." }',
        '{ until = 2027-01-31T00:00:00Z, reason = "No page parses YAML." }',
        '{ until = 2027-01-31, reason = "No page parses YAML.", package = "pyyaml" }',
    ],
    ids=["words", "no-day", "no-reason", "blank-reason", "day-in-words", "instant", "something-else"],
)
def test_another_entry_is_refused_by_name(entry):
    with pytest.raises(ValueError, match=r"^CVE-2026-1 in \[tool\.statsoffice\.accepted-vulnerabilities\] needs a day"):
        read(f"{TABLE}CVE-2026-1 = {entry}")
