"""The account of a pre-release access list: what the list shows, by post, and no word more."""

from dataclasses import replace

import pytest

from breaches.rules.facts import AccessFacts, AccessRequest, PostAccess
from breaches.rules.narrative import write_access_account
from tests.support.report_evidence import DUE, london

READ_AT = london("08:00")
GRANTED_AT = london("09:00", "2020-06-20")
MINISTER = PostAccess(
    post="Minister of State for Schools",
    organisation="Department for Invented Education",
    period="24 hours",
    period_begins_at=london("09:30", "2020-06-29"),
    granted_at=GRANTED_AT,
)
FACTS = AccessFacts(
    release_title="School workforce, March 2020",
    series_title="School workforce",
    planned_for="30 June 2020 9:30am",
    due_at=DUE,
    read_at=READ_AT,
    posts=(MINISTER,),
)


def lines(**changes):
    return write_access_account(replace(FACTS, **changes)).split("\n")


def entry(**changes):
    return lines(posts=(replace(MINISTER, **changes),))[3]


def test_the_release_is_named_with_its_due_time():
    assert lines()[0] == "‘School workforce, March 2020’ is due for release at 9:30am on 30 June 2020."
    assert "was due for release at" in lines(read_at=DUE)[0]


def test_a_vague_release_is_described_as_it_is_planned():
    first, *_ = lines(due_at=None, planned_for="July 2020", posts=(replace(MINISTER, period_begins_at=None),))
    assert "is planned for July 2020." in first


def test_the_list_says_when_it_was_read():
    assert lines()[2] == (
        "The pre-release access list of this release was read at 8:00am on 30 June 2020. It held these posts; each "
        "period is the time before the release:"
    )


def test_an_entry_is_described_by_post_and_organisation_with_period_and_grant():
    assert entry() == (
        "– Minister of State for Schools, Department for Invented Education: 24 hours, from 9:30am on 29 June 2020; "
        "granted at 9:00am on 20 June 2020. It is not recorded when access began."
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"agreed": True},
            "by agreement of the Head of Profession for Statistics or a deputy. It is not recorded when access began.",
        ),
        (
            {"began_at": london("09:45", "2020-06-29")},
            "Access is recorded to have begun at 9:45am on 29 June 2020.",
        ),
        (
            {
                "began_at": london("09:45", "2020-06-29"),
                "ended_at": london("16:00", "2020-06-29"),
            },
            "begun at 9:45am on 29 June 2020 and ended at 4:00pm on 29 June 2020.",
        ),
        (
            {"withdrawn_at": london("12:00", "2020-06-25")},
            "It was withdrawn at 12:00pm on 25 June 2020; no access is recorded.",
        ),
        (
            {"began_at": london("09:29", "2020-06-29")},
            "begun at 9:29am on 29 June 2020. That is before the period.",
        ),
        (
            {"began_at": london("08:59", "2020-06-20")},
            "That is before it was granted. That is before the period.",
        ),
    ],
    ids=["agreed", "begun", "ended", "withdrawn", "before the period", "before the grant"],
)
def test_what_is_recorded_of_an_entry_is_described_and_what_does_not_fit(changes, words):
    assert entry(**changes).endswith(words)


@pytest.mark.parametrize("minutes", ["09:30", "09:31"])
def test_access_in_its_period_is_not_said_to_be_odd(minutes):
    told = entry(began_at=london(minutes, "2020-06-29"))
    assert "before the period" not in told
    assert "before it was granted" not in told


def test_an_empty_list_is_said_to_be_empty():
    assert lines(posts=())[2].endswith("Nobody was on it.")


def test_what_waits_is_described_as_asked_for_and_not_agreed():
    asked = AccessRequest("add", "Press officer", "Department for Invented Education", london("07:00"))
    told = write_access_account(replace(FACTS, requests=(asked,)))
    assert (
        "These changes had been asked for, and nobody had agreed to them:\n"
        "– to grant access to Press officer, Department for Invented Education (asked at 7:00am on 30 June 2020)."
    ) in told


def test_the_account_ends_with_what_a_list_cannot_show():
    assert write_access_account(FACTS).endswith("It does not show what was sent, to whom, or who saw it.")


@pytest.mark.parametrize("word", ["breach", "wrong", "cause", "because"])
def test_the_account_accuses_no_one_and_names_no_cause(word):
    odd = replace(MINISTER, began_at=london("09:00", "2020-06-01"))
    assert word not in write_access_account(replace(FACTS, posts=(odd,))).casefold()
