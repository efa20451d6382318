"""The laid-out report: the form's labels and order, the place of each value, and the draft's mark and prompts."""

import dataclasses
from datetime import date

import pytest
from django.template.loader import render_to_string

from breaches.rules.annex import printable
from breaches.rules.content import CitedPractice, ContactPerson, Output, ReportContent, content_digest
from breaches.rules.document import (
    ACTIONS_PROMPT,
    CAUSE_PROMPT,
    DISMISSED_MARK,
    DRAFT_MARK,
    IMPACT_PROMPT,
    Line,
    describe_approval,
    lay_out,
    paragraphs,
)
from releases.rules.lifecycle import Role
from tests.support.report_evidence import london
from tests.support.seed_case import CONTENT, FORM, TITLE, URL

APPROVED_AT = london("14:15")


def document(content=CONTENT, **more):
    return lay_out(content, **{"number": "BR-2020-001", "version": 1, **more})


def entries(laid_out):
    """The rows of a document as label -> entries, each a list of its lines' texts."""
    return {
        label: [[line.text for line in entry] for entry in entries]
        for section in laid_out.sections
        for label, entries in section.rows
    }


def prompts(laid_out):
    return [section.prompt for section in laid_out.sections]


def test_title_headings_and_labels_are_the_forms_word_for_word_and_in_its_order():
    laid_out = document()

    assert laid_out.title == "REPORT OF A BREACH OF THE CODE OF PRACTICE FOR STATISTICS"
    written = []
    for section in laid_out.sections:
        written += [section.heading, *(label for label, _entries in section.rows)]
    assert written == FORM


def test_the_seeds_report_fills_its_rows():
    assert list(entries(document()).values()) == [
        [[TITLE]],
        [["The Office for Standards in Education, Children's Services and Skills (Ofsted)"]],
        [["Ada Hill", "ada.hill@example.gov.uk", "01632 960001"]],
        [["Bernard Low", "bernard.low@example.gov.uk"]],
        [],
        [["30 June 2020"]],
        [
            [
                (
                    "Trustworthiness: T3.6 - Statistics should be released to all users at 9.30am on a weekday. "
                    "(Code of Practice for Statistics, edition 2.0)"
                )
            ]
        ],
        [["30 June 2020"]],
    ]


def test_an_empty_report_shows_every_row_empty():
    laid_out = document(ReportContent())

    assert list(entries(laid_out).values()) == [[]] * 8
    assert all(section.paragraphs == () for section in laid_out.sections)


def test_a_practice_of_2009_names_its_protocol_once_and_the_code_as_it_was_called():
    of_2009 = CitedPractice("1.0", "Protocol 2, Practice 8", "Protocol 2", "Read in the Code.", confirmed=True)
    shown = entries(document(dataclasses.replace(CONTENT, practices=(of_2009,))))
    assert shown["Relevant principle(s) and practice(s)"] == [
        ["Protocol 2, Practice 8 - Read in the Code. (Code of Practice for Official Statistics, edition 1.0)"]
    ]


@pytest.mark.parametrize(
    ("code", "principle", "text", "confirmed", "printed"),
    [
        ("3.6", "Standard 3 (Be transparent)", "", False, "Standard 3 (Be transparent), practice 3.6"),
        ("Standard 3", "Standard 3 (Be transparent)", "", False, "Standard 3 (Be transparent)"),
        ("T3", "Trustworthiness", "Orderly release", False, "Trustworthiness: T3 (Orderly release)"),
        ("3.6", "Standard 3 (Be transparent)", "Words.", True, "Standard 3 (Be transparent), practice 3.6 - Words."),
    ],
    ids=["a practice", "a standard alone", "a principle alone", "settled"],
)
def test_a_practice_prints_its_number_and_title_until_its_wording_is_settled(code, principle, text, confirmed, printed):
    cited = CitedPractice("3.0", code, principle, text, confirmed)
    shown = entries(document(dataclasses.replace(CONTENT, practices=(cited,))))
    assert shown["Relevant principle(s) and practice(s)"] == [
        [f"{printed} (Code of Practice for Statistics, edition 3.0)"]
    ]


def test_several_outputs_producers_practices_and_days_are_entries_of_their_own():
    practice = CONTENT.practices[0]
    laid_out = document(
        dataclasses.replace(
            CONTENT,
            outputs=(Output("One", URL), Output("Two")),
            producers=("Office A", "Agency B"),
            practices=(practice, dataclasses.replace(practice, code="T3.1", on=date(2020, 7, 1))),
            other_practices="V2 Accessibility\n\nas well",
            occurred_on=(date(2020, 6, 30), date(2020, 7, 1)),
        )
    )

    shown = entries(laid_out)
    assert shown["Title and link to statistical output"] == [["One"], ["Two"]]
    assert shown["Name of producer organisation"] == [["Office A"], ["Agency B"]]
    assert shown["Date of occurrence of breach"] == [["30 June 2020"], ["1 July 2020"]]
    first, second, other = shown["Relevant principle(s) and practice(s)"]
    assert first[0].endswith("(Code of Practice for Statistics, edition 2.0)")
    assert second[0].endswith("edition 2.0), for 1 July 2020")
    assert other == ["V2 Accessibility", "as well"]


@pytest.mark.parametrize(
    "url", [pytest.param("file:///etc/passwd", id="file"), pytest.param("javascript:alert(1)", id="script")]
)
def test_an_address_that_is_no_web_address_is_printed_as_text(url):
    content = dataclasses.replace(CONTENT, outputs=(Output("Schools", url),), statement_url=url)
    rows = document(content).sections[0].rows

    assert rows[0][1] == ((Line("Schools"), Line(url)),)
    assert rows[4][1] == ((Line(url),),)


def test_the_title_is_the_link_and_its_address_is_not_printed():
    content = dataclasses.replace(CONTENT, outputs=(Output("Schools", URL), Output("", URL)), statement_url=URL)
    rows = document(content).sections[0].rows

    assert rows[0][1] == ((Line("Schools", href=URL),), (Line(URL, href=URL),))
    assert rows[4][1] == ((Line(URL, href=URL),),)


def test_the_digests_of_a_report_are_its_technical_details():
    assert document(evidence_hash="e7" * 32).hashes == (
        ("Version of the report", "1"),
        ("SHA-256 of the content", content_digest(CONTENT)),
        ("SHA-256 of the checks behind it", "e7" * 32),
    )
    assert len(document().hashes) == 2


def test_an_undecided_report_carries_the_mark_and_asks_for_what_is_empty():
    empty = dataclasses.replace(CONTENT, impact=" ", corrective_actions="")

    assert document(empty).marks == ("DRAFT: suspected breach, not yet decided",) == (DRAFT_MARK,)
    assert prompts(document(empty)) == ["", "", IMPACT_PROMPT, ACTIONS_PROMPT]
    assert prompts(document(empty, with_cause_prompt=True))[1] == CAUSE_PROMPT
    assert prompts(document()) == ["", "", "", ""]
    assert document(empty).decision == ""
    assert document(empty).approved_at is None


def test_a_dismissed_report_says_that_it_was_decided_and_asks_no_one_to_write():
    laid_out = document(dataclasses.replace(CONTENT, impact=""), decided=DISMISSED_MARK, with_cause_prompt=True)

    assert laid_out.marks == ("DISMISSED: suspected breach, decided not to be a breach",)
    assert prompts(laid_out) == ["", "", "", ""]


def test_what_was_approved_once_keeps_its_approval_when_the_report_is_dismissed_later():
    assert document(approved_at=APPROVED_AT, decided=DISMISSED_MARK).marks == ()


def test_an_approved_report_carries_no_mark_and_no_prompt():
    laid_out = document(dataclasses.replace(CONTENT, impact=""), approved_at=APPROVED_AT, with_cause_prompt=True)

    assert laid_out.marks == ()
    assert prompts(laid_out) == ["", "", "", ""]


def test_prompts_never_enter_the_content_that_is_hashed():
    assert document().content_hash == content_digest(CONTENT) == document(with_cause_prompt=True).content_hash


def test_the_record_says_who_approved_and_whether_one_person_did_both():
    by_one = describe_approval("Bernard Low", Role.DEPUTY, at=APPROVED_AT, one_person=True)
    by_two = describe_approval("Bernard Low", Role.HEAD_OF_PROFESSION, at=APPROVED_AT, one_person=False)

    assert document(approved_at=APPROVED_AT, decision=by_two).decision == (
        "Approved by Bernard Low, Head of Profession for Statistics, at 2:15pm on 30 June 2020."
    )
    assert document(approved_at=APPROVED_AT, decision=by_one).decision == (
        "Approved by Bernard Low, Deputy Head of Profession for Statistics, at 2:15pm on 30 June 2020. "
        "One person both wrote and approved this report."
    )
    assert document(approved_at=APPROVED_AT).approved_at == APPROVED_AT


def test_blank_lines_part_paragraphs_and_single_breaks_part_lines():
    assert paragraphs("\n one\r\ntwo \n \n\n three\n") == (("one", "two"), ("three",))
    assert paragraphs(" \n ") == ()


def test_control_characters_and_marks_of_direction_do_not_reach_the_document():
    assert printable("a\x00b\x0bc\td\u202egpj.exe\u2066\nnext") == "a b c dgpj.exe\nnext"


def test_a_team_without_a_telephone_is_shown_by_what_there_is():
    content = dataclasses.replace(CONTENT, dealing=ContactPerson("Schools team", "team@example.gov.uk", is_team=True))

    label = "Name and contact details of person dealing with report"
    assert entries(document(content))[label] == [["Schools team", "team@example.gov.uk"]]


def test_the_page_and_the_pdf_share_one_body_that_escapes_what_people_typed():
    content = dataclasses.replace(CONTENT, impact="<script>alert(1)</script> {{ 7|add:7 }}\nnext line")
    html = render_to_string("breaches/document_body.html", {"document": document(content)})

    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7|add:7 }}" in html
    assert html.count('<th scope="row"') == 8
    assert f'<a class="govuk-link" href="{URL}">{TITLE}</a>' in html
