"""The public part of a report names no person, and shows no contact and no address that is not public."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.content import EMAIL_ADDRESS, ContactPerson, Output, ReportContent
from breaches.rules.public_statement import (
    ADDRESS,
    EMAIL,
    NAME,
    TELEPHONE,
    PublicStatement,
    statement_digest,
    statement_from_json,
    statement_of,
    statement_to_json,
    without_people,
)
from tests.support import seed_case

NAMES = ("Ada Hill", "Bo Öz-Lind")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Ada Hill told us.", f"{NAME} told us."),
        ("ADA  HILL told us.", f"{NAME} told us."),
        ("Ms Hill told Dr. Öz-Lind.", f"{NAME} told {NAME}."),
        ("Ada\nHill", NAME),
        ("The hill was steep, and Ada was there.", "The hill was steep, and Ada was there."),
        ("Adalbert Hillman", "Adalbert Hillman"),
        ("Write to ada.hill@example.gov.uk, please.", f"Write to {EMAIL}, please."),
        ("(press+desk@mail.example.gov.uk)", f"({EMAIL})"),
        ("Ring 020 7946 0000 or +44 (0)20 7946 0000.", f"Ring {TELEPHONE} or {TELEPHONE}."),
        ("07700 900123", TELEPHONE),
        ("At 9:30am on 30 June 2020, 3,420 seconds late.", "At 9:30am on 30 June 2020, 3,420 seconds late."),
        ("Between 09:30 and 10:27 on 30/06/2020", "Between 09:30 and 10:27 on 30/06/2020"),
        ("See https://www.example.gov.uk/a.", f"See {ADDRESS}."),
        ("See https://www.example.gov.uk/open.", "See https://www.example.gov.uk/open."),
        ("See www.example.gov.uk/hidden!", f"See {ADDRESS}!"),
        ("See www.example.gov.uk/open.", "See www.example.gov.uk/open."),
        ("It was at statistics.example.gov.uk/secret.ods.", f"It was at {ADDRESS}."),
        ("It was on statistics.example.gov.uk/secret.ods.", f"It was on {ADDRESS}."),
        ("(statistics.example.gov.uk:8443/secret)", f"({ADDRESS})"),
        ("See //statistics.example.gov.uk/secret.", f"See //{ADDRESS}."),
        ("ftp://files.example.gov.uk/secret.ods", ADDRESS),
        ("SFTP://files.example.gov.uk/secret.ods", ADDRESS),
        ("See file:///srv/secret.ods, please.", f"See {ADDRESS}, please."),
        ("ftp://www.example.gov.uk/open", ADDRESS),
        ("https://www.example.gov.uk/open/statistics.example.gov.uk/a", ADDRESS),
    ],
)
def test_texts_lose_what_names_or_reaches_people_and_nothing_else(text, left):
    assert without_people(text, names=NAMES, pages={"https://www.example.gov.uk/open"}) == left


@pytest.mark.parametrize(
    "text",
    [
        "users and/or producers",
        "Between 9.30/10.00 and 11.15/12.00",
        "9.30am/10.00am, a.m./p.m., e.g./i.e.",
        "GDP/head rose by 0.3/0.4 points.",
        "v2.0/v3.0 of the file",
        "30/06/2020 or 30.06.2020/01.07.2020",
        "The U.K./England figures in table 3.b2/b3",
        "table-1.csv/table-2.ods and notes.html/notes.pdf",
        "We use example.gov.uk. It was down: 1/2 of users noticed.",
        "Was it on www? No: it was not.",
    ],
)
def test_ordinary_text_with_dots_and_slashes_stays(text):
    assert without_people(text, names=NAMES) == text


def test_no_part_of_a_public_address_is_searched_again():
    page = "https://www.example.gov.uk/a,statistics.example.gov.uk/b"
    assert without_people(f"See {page}.", names=(), pages={page}) == f"See {page}."


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ada.hill@example.gov.uk", ["ada.hill@example.gov.uk"]),
        ("Ada <ada@example.org>; mailto:bo@example.org, [al@example.org]", ["ada@example.org", "bo@example.org",
         "al@example.org"]),
        (f"{'a' * 70}@example.org", [f"{'a' * 70}@example.org"]),
        ("ada@hill@example.org", ["hill@example.org"]),
        ("'ö+x/y'@example.org.", ["'ö+x/y'@example.org"]),
        ("ada@example.org@example.org", ["ada@example.org"]),
        ("ada@, @example.org, ada@example, ada@example.", []),
    ],
)  # fmt: skip
def test_email_addresses_are_found_wherever_they_stand(text, found):
    assert EMAIL_ADDRESS.findall(text) == found


def test_a_long_run_of_letters_is_searched_for_an_email_address_once():
    address = f"{'a' * 100}@example.org"
    assert EMAIL_ADDRESS.match(address)
    assert not any(EMAIL_ADDRESS.match(address, place) for place in range(1, address.index("@")))


@given(st.text(max_size=60), st.text(max_size=60), st.sampled_from([" ", "\n", ", ", " (", ": "]))
def test_wherever_they_stand_names_and_addresses_go(before, after, gap):
    text = f"{before}{gap}Ada Hill{gap}ada.hill@example.gov.uk{gap}{after}"
    left = without_people(text, names=NAMES)
    assert "Ada Hill" not in left
    assert "ada.hill@" not in left


def test_a_statement_has_no_place_for_people():
    assert {field.name for field in fields(ReportContent)} - {field.name for field in fields(PublicStatement)} == {
        "dealing",
        "head_of_profession",
        "timeline",  # what people did, minute by minute
        "annex",  # what the checks showed, for the regulator
        "answers",  # from which the circumstances are written
        "lead_official",  # how the form calls one of the people
    }
    assert not any("person" in str(field.type).lower() for field in fields(PublicStatement))


def a_content(**changes):
    whose = {"dealing": ContactPerson("Cy Dee", "cy.dee@example.gov.uk", "020 7946 0002"), "head_of_profession": None}
    return replace(seed_case.CONTENT, **whose, **changes)


def test_the_people_of_the_form_are_taken_out_of_its_texts_and_teams_stay():
    content = a_content(impact="Cy Dee and the schools team wrote to cy.dee@example.gov.uk.")
    statement = statement_of(content, kinds=("late",), names=(), pages=())
    assert statement.impact == f"{NAME} and the schools team wrote to {EMAIL}."
    team = replace(content, dealing=ContactPerson("the schools team", is_team=True))
    assert "the schools team" in statement_of(team, kinds=("late",), names=(), pages=()).impact


def test_only_addresses_that_are_public_stand_at_the_outputs():
    outputs = (Output("Open", "https://www.example.gov.uk/open"), Output("Not", "https://www.example.gov.uk/not"))
    content = a_content(outputs=outputs, statement_url="javascript:alert(1)")
    statement = statement_of(content, kinds=("late",), names=(), pages={"https://www.example.gov.uk/open"})
    assert [output.url for output in statement.outputs] == ["https://www.example.gov.uk/open", ""]
    assert statement.statement_url == ""


def test_only_hosts_of_public_addresses_are_named_in_the_account():
    account = "It was not on its page at www.example.gov.uk at 9:30am. It was on its page at staging.example.gov.uk."
    public, hidden = (
        without_people(account, names=(), pages=pages) for pages in ({"https://www.example.gov.uk/open"}, ())
    )
    assert (
        public == "It was not on its page at www.example.gov.uk at 9:30am. It was on its page at [web address removed]."
    )
    assert "example.gov.uk" not in hidden
    assert "9:30am" in hidden


def test_a_statement_is_read_back_as_it_was_written():
    statement = statement_of(a_content(), kinds=("late",), names=(), pages=())
    assert statement_from_json(statement_to_json(statement)) == statement
    assert statement_digest(statement) == statement_digest(statement_from_json(statement_to_json(statement)))
    assert statement_digest(replace(statement, impact="Another.")) != statement_digest(statement)


def test_a_statement_from_before_several_kinds_were_stored_is_still_read():
    written = statement_to_json(statement_of(a_content(), kinds=("late", "partial"), names=(), pages=()))
    assert statement_from_json(written).all_kinds == ("late", "partial")
    del written["kinds"]
    assert statement_from_json(written).all_kinds == ("late",)
