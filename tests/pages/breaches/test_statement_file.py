"""The statement for an office's own site: the same words as HTML and plain text, without people, nothing cut."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches import dispatches
from breaches.rules.lifecycle import ReportStatus
from releases.rules.calendar import format_day
from tests.support.people import ACTIONS, AT, IMPACT, REGULATOR, accept_dispatch, create_report, move_report

pytestmark = pytest.mark.django_db

NASTY = "<script>alert(1)</script> & an emoji 🙂, صفحة, and a_word_" + "x" * 200


def taken(client, report, name):
    return client.get(reverse(f"breaches:{name}", args=[report.reference]))


def flat(text):
    return re.sub(r"\s+", " ", text).strip()


def test_page_and_text_say_the_same_and_name_no_one(client, office, approved_report):
    client.force_login(office.head)
    page, text = (
        taken(client, approved_report, "statement_html").text,
        taken(client, approved_report, "statement_text").text,
    )
    shown = flat(LexborHTMLParser(page).body.text(separator=" "))
    for part in (IMPACT, *ACTIONS.split("\n\n"), "30 June 2020", "T3.6", approved_report.producer.name):
        assert flat(part) in shown
        assert flat(part) in flat(text)
    for person in (office.head, office.statistician):
        assert person.email not in page + text
    assert max(map(len, text.splitlines())) <= 72


def test_the_address_of_an_output_is_a_link_and_no_other_text_is_one(client, office, approved_report):
    client.force_login(office.head)
    page = LexborHTMLParser(taken(client, approved_report, "statement_html").text)
    assert [link.attributes["href"] for link in page.css("a")] == [
        "https://www.example.gov.uk/statistics/schools-march-2020"
    ]


def test_what_people_typed_is_text_and_whole_in_both(client, office):
    from breaches.decisions import submit_report
    from tests.support.people import approve, write_sections

    draft = write_sections(create_report(office, complete=False), by=office.statistician, impact=NASTY)
    report = approve(submit_report(draft, by=office.statistician, at=AT), office)
    client.force_login(office.head)
    page = taken(client, report, "statement_html").text
    assert "<script>" not in page
    assert flat(NASTY) in flat(LexborHTMLParser(page).body.text(separator=" "))
    assert flat(NASTY) in flat(taken(client, report, "statement_text").text)


def test_what_was_sent_to_no_one_is_called_approved_and_not_reported(client, office, approved_report):
    client.force_login(office.head)
    for name in ("statement_html", "statement_text"):
        unsent = flat(taken(client, approved_report, name).text)
        assert "Not yet sent to the Office for Statistics Regulation." in unsent
        assert "Approved on" in unsent
        assert "Date of breach report" not in unsent
    sent_on = AT + timedelta(days=2)
    accept_dispatch(dispatches.send_report(approved_report, recipient=REGULATOR, by=office.head, at=AT), at=sent_on)
    for name in ("statement_html", "statement_text"):
        sent = flat(taken(client, approved_report, name).text)
        assert f"Reported to the Office for Statistics Regulation on {format_day(sent_on.date())}." in sent
        assert "Date of breach report" in sent
        assert "Approved on" not in sent


@pytest.mark.parametrize("status", [ReportStatus.DRAFT, ReportStatus.WITH_HOP, ReportStatus.DISMISSED])
def test_what_was_not_approved_has_no_statement(client, office, status, draft_report):
    report = move_report(draft_report, office, status)
    client.force_login(office.head)
    assert taken(client, report, "statement_html").status_code == 404
    assert taken(client, report, "statement_text").status_code == 404
    assert "as plain text" not in client.get(reverse("breaches:report", args=[report.reference])).text


def test_a_rehearsal_has_no_statement(client, office):
    report = create_report(office, ReportStatus.APPROVED, rehearsal=True)
    client.force_login(office.head)
    assert taken(client, report, "statement_html").status_code == 404


def test_each_download_is_in_the_history(client, office, sent_report):
    client.force_login(office.head)
    taken(client, sent_report, "statement_text")
    event = sent_report.events.last()
    assert (event.kind, event.actor, event.facts["role"]) == ("statement_downloaded", office.head, "head_of_profession")
