"""The short concern: what happened, when, the impact and what is done, in the words of the report."""

import dataclasses
from datetime import date

import pytest

from breaches.rules.content import ReportContent
from breaches.rules.document import (
    DRAFT_MARK,
    REHEARSAL_MARK,
    WITHDRAWN_MARK,
    Line,
    SentVersion,
    lay_out,
    lay_out_concern,
)
from tests.support.report_evidence import london
from tests.support.seed_case import CONTENT, TITLE, URL

APPROVED_AT = london("14:15")


def concern(content=CONTENT, *, withdrawn=False, **more):
    report = lay_out(content, **{"number": "BR-2020-001", "version": 3, **more})
    return lay_out_concern(content, report, withdrawn=withdrawn)


def cells(document):
    return {label: [line.text for entry in entries for line in entry] for label, entries in document.rows}


def test_it_says_what_when_impact_and_what_is_done_in_the_reports_words():
    document = concern(approved_at=APPROVED_AT, decision="Approved by Bernard Low.")
    shown = cells(document)

    assert list(shown) == [
        "Statistics",
        "What happened",
        "When",
        "Impact",
        "What is being done",
        "Practices",
        "Contact",
    ]
    assert "\n\n".join(shown["What happened"]) == CONTENT.circumstances
    assert shown["When"] == ["30 June 2020"]
    assert shown["Impact"] == [CONTENT.impact]
    assert "\n\n".join(shown["What is being done"]) == CONTENT.corrective_actions
    assert shown["Contact"] == ["Bernard Low, bernard.low@example.gov.uk"]
    assert document.rows[0][1][0] == (Line(TITLE, href=URL),)
    assert (document.marks, document.source) == ((), "From report BR-2020-001. Approved by Bernard Low.")
    assert document.approved_at == APPROVED_AT


def test_a_draft_is_marked_and_says_what_is_not_written_yet():
    document = concern(ReportContent(), rehearsal=True)

    assert document.marks == (DRAFT_MARK, REHEARSAL_MARK)
    statistics, *others = cells(document).values()
    assert statistics == []
    assert others == [["Not yet written."]] * 6
    assert document.source == "From report BR-2020-001."


def test_a_draft_of_a_correction_names_the_versions_and_says_what_is_not_written_yet():
    document = concern(ReportContent(), replaced=SentVersion(2, "OSR\x07", date(2020, 7, 1)))

    assert document.marks == ("DRAFT: correction of version 2, not yet approved",)
    assert cells(document)["Impact"] == ["Not yet written."]
    assert document.correction == "Corrected report. This replaces version 2, sent to OSR  on 1 July 2020."
    assert document.source == "From report BR-2020-001, version 3."


def test_what_a_decided_report_does_not_say_is_not_expected_any_more():
    document = concern(dataclasses.replace(CONTENT, impact=""), decided="RECORDED")

    assert document.marks == ("RECORDED",)
    assert cells(document)["Impact"] == ["Not recorded."]


def test_a_withdrawn_report_has_a_concern_that_says_so():
    assert concern(approved_at=APPROVED_AT, withdrawn=True).marks == (WITHDRAWN_MARK,)


def test_without_a_head_of_profession_the_person_dealing_is_the_contact():
    document = concern(dataclasses.replace(CONTENT, head_of_profession=None))

    assert cells(document)["Contact"] == ["Ada Hill, ada.hill@example.gov.uk, 01632 960001"]


LIST = (
    "The pre-release access list, as read at midday on 30 June 2020, had 2 posts:\n"
    "– Minister, Department: 24 hours, from 9:30am on 29 June 2020.\n"
    "– Adviser, Department: 24 hours, from 9:30am on 29 June 2020."
)
REQUESTED = (
    "These changes to the list had been requested and not agreed:\n"
    "– to grant access to Press officer, Department (requested at 8am on 29 June 2020)."
)
FORMERLY_REQUESTED = (
    "These changes of the list had been asked for and were not yet agreed:\n"
    "– to grant access to Press officer, Department (asked at 8am on 29 June 2020)."
)


def happened(circumstances):
    return cells(concern(dataclasses.replace(CONTENT, circumstances=circumstances)))["What happened"]


@pytest.mark.parametrize("requested", [REQUESTED, FORMERLY_REQUESTED], ids=["present words", "words of stored reports"])
def test_the_posts_of_a_pre_release_access_list_are_left_out_and_their_number_stays(requested):
    facts = "Further facts:\n– What was done: The email was recalled."
    number = "The pre-release access list, as read at midday on 30 June 2020, had 2 posts."
    changes = "Changes to the list had been requested and not agreed."

    assert happened(f"It was sent.\n\n{facts}\n\n{LIST}\n\n{requested}") == [
        "It was sent.",
        *facts.split("\n"),
        f"{number} {changes}",
    ]


def test_a_list_that_a_person_wrote_in_other_words_stays():
    edited = LIST.replace("– Adviser", "Adviser")
    renamed = LIST.replace("The pre-release access list", "Our list")

    assert happened(edited) == edited.split("\n")
    assert happened(renamed) == renamed.split("\n")
    assert happened(REQUESTED) == REQUESTED.split("\n")
