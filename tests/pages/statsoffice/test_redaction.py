"""A Head of Profession removes words on a page, which shows where they are, asks, and removes them for good."""

import logging
import sys
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django.views.debug import ExceptionReporter
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, editing, pdf, redaction
from breaches.models import Report
from breaches.redaction import KIND
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import record_report_event
from releases.rules.lifecycle import Role
from statsoffice import redaction as statsoffice_redaction
from statsoffice import verification
from statsoffice.redaction import PLACES, places_of_messages
from tests.integration.breaches.sign_off.test_redaction import where
from tests.support.factories import ProducerFactory, UserFactory, create_member
from tests.support.people import AT, create_report
from tests.support.report_forms import error_links, filled_in, send, words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NAME = "Quillon Featherstonehaugh"
WHY = "A member of staff is named who has nothing to do with it."
MARKER = "[removed on 9 August 2020]"
GIVEN = {"words": NAME, "why": WHY}


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(AT + timedelta(days=40), tick=False)


@shared_fixture
def report(office):
    """An approved report that names someone in its text, in its document and in a note."""
    report = create_report(office)
    editing.write_note(report, text=f"{NAME} rang at 9:32am.", happened_at=AT, by=office.statistician, at=AT)
    report.refresh_from_db()
    editing.save_section(
        report, section=ReportSection.IMPACT, values={"impact": f"{NAME} told two users."},
        expected_version=report.version, by=office.statistician, at=AT,
    )  # fmt: skip
    report = decisions.submit_report(Report.objects.get(pk=report.pk), by=office.statistician, at=AT)
    decisions.approve_report(report, by=office.head, at=AT, render=pdf.render_pdf)
    return Report.objects.get(pk=report.pk)


@pytest.fixture
def head(client, office):
    client.force_login(office.head)
    return client


def address(name, report, *more):
    return reverse(f"redacting:{name}", args=[report.reference, *more])


def previewed(client, report, **changes):
    """The page that shows where words are, before they are removed."""
    return send(client, address("ask", report), **(GIVEN | changes)).text


def confirmed(page):
    return filled_in(page) | {"sure": ["on"]}


def removed(client, report, page=None):
    return client.post(address("remove", report), confirmed(page or previewed(client, report)), follow=True)


def refused(page):
    """What the error summary says, by the control that each sentence leads to; a control that is not there fails."""
    assert all(error_links(page).values())
    links = LexborHTMLParser(page).css(".govuk-error-summary a")
    return {link.attributes["href"].removeprefix("#id_"): link.text().strip() for link in links}


def redactions(report):
    return report.events.filter(kind=KIND).count()


def test_the_page_of_the_report_leads_there_and_back(head, report):
    assert address("ask", report) in head.get(reverse("breaches:report", args=[report.reference])).text
    assert reverse("breaches:report", args=[report.reference]) in head.get(address("ask", report)).text


def test_before_anything_goes_it_is_shown_where_the_words_stand_and_where_they_stay(head, report):
    shown = words(previewed(head, report))
    assert f"Text to remove {NAME} Replacement {MARKER} Reason {WHY}" in shown
    assert "Timeline notes 1" in shown
    assert "Saved versions of the report " in shown
    version = report.approved_documents.get().version
    assert f"Version {version} of the approved document contains the text." in shown
    assert "We cannot change sent emails, downloaded files or backups" in shown
    assert "You cannot undo this" in shown
    assert where(NAME)
    assert redactions(report) == 0


def test_facts_that_hold_the_words_and_an_open_reports_sources_are_told(head, office):
    draft = create_report(office, ReportStatus.DRAFT)
    editing.write_note(draft, text=f"{NAME} rang.", happened_at=AT, by=office.statistician, at=AT)
    record_report_event(draft, "edited", at=AT, by=office.head, fields=["impact"], noticed_by=NAME)
    shown = words(previewed(head, draft))
    assert "1 event in the history also contains the text" in shown
    assert "This report has not been decided, so we update its facts" in shown
    assert "The documents of this report do not contain the text." in shown
    assert "1 event in the history also contains the text" in words(removed(head, draft).text)


def test_once_confirmed_they_are_gone_and_the_result_says_so_with_its_marker(head, office, report):
    answer = removed(head, report)
    event = report.events.last()
    assert answer.redirect_chain == [(address("done", report, event.position), 302)]
    shown = words(answer.text)
    assert f"{office.head} removed the text at " in shown
    assert f"Each place now shows: {MARKER} Reason: {WHY}" in shown
    assert "Timeline notes 1" in shown
    assert "of the approved document contains the text." in shown
    assert where(NAME) == set()
    assert (event.kind, event.actor, event.words) == (KIND, office.head, WHY)
    assert {one.why for one in verification.check_evidence(now=timezone.now())} == {None}


def test_without_the_confirmation_nothing_goes_and_what_was_given_stays(head, report):
    page = head.post(address("remove", report), filled_in(previewed(head, report))).text
    assert refused(page) == {"sure": "Confirm that you understand this cannot be undone"}
    assert where(NAME)
    assert removed(head, report, page).status_code == 200
    assert where(NAME) == set()


def test_a_second_click_removes_nothing_more_and_ends_at_the_same_result(head, report):
    page = previewed(head, report)
    first, second = removed(head, report, page), removed(head, report, page)
    assert first.redirect_chain == second.redirect_chain
    assert redactions(report) == 1


def test_what_another_page_removed_meanwhile_is_said(head, office, report):
    page = previewed(head, report)
    redaction.redact_report(report, words=NAME, why="It was asked for.", by=office.head, at=AT + timedelta(days=40))
    answer = head.post(address("remove", report), confirmed(page))
    assert refused(answer.text) == {"words": NOWHERE}
    assert redactions(report) == 1


def test_what_another_form_removed_for_the_same_reason_does_not_pass_for_what_this_one_did(head, report):
    whole, first_name = previewed(head, report), previewed(head, report, words=NAME.partition(" ")[0])
    removed(head, report, first_name)
    answer = head.post(address("remove", report), confirmed(whole))
    assert refused(answer.text) == {"words": NOWHERE}
    assert where(NAME.partition(" ")[2])


TOO_FEW = "Enter the text to remove. It must have at least 3 characters."
NO_REASON = "Enter the reason for removal."
HELD = "We save the reason, so it must not contain the text to remove."
NOWHERE = "We did not find this text in any place where it can be removed."
IN_A_DAY = (
    "This text is also part of a date or time in the report. We cannot remove dates or times. Enter some of the "
    "surrounding text too."
)


CANNOT_BE_REMOVED = {
    "no words": ({"words": ""}, {"words": TOO_FEW}),
    "too few": ({"words": " of "}, {"words": TOO_FEW}),
    "words that stand nowhere": ({"words": "Somebody Else"}, {"words": NOWHERE}),
    "no reason": ({"why": " "}, {"why": NO_REASON}),
    "a reason with them": ({"why": f"{NAME.upper()} asked."}, {"why": HELD}),
    "a day": ({"words": "2020-06-30"}, {"words": IN_A_DAY}),
}


def test_what_cannot_be_removed_is_said_next_to_the_field_and_nothing_goes(head, report, subtests):
    for case, (changes, errors) in CANNOT_BE_REMOVED.items():
        with subtests.test(case):
            page = previewed(head, report, **changes)
            assert refused(page) == errors
            assert {name: filled_in(page)[name][0] for name in GIVEN} == GIVEN | changes
            assert redactions(report) == 0


def test_for_every_other_role_there_is_no_such_page(client, office, report, subtests):
    for role in set(Role) - {Role.HEAD_OF_PROFESSION}:
        with subtests.test(role):
            client.force_login(office.people[role])
            assert client.get(address("ask", report)).status_code == 404
            for name in ("ask", "remove"):
                assert client.post(address(name, report), GIVEN | {"sure": "on"}).status_code == 404
            seen = client.get(reverse("breaches:report", args=[report.reference]))
            assert address("ask", report) not in seen.text
            assert where(NAME)


def test_for_other_producers_and_administrators_there_is_no_such_page(client, report):
    for other in (create_member(Role.HEAD_OF_PROFESSION, ProducerFactory()), UserFactory(is_superuser=True)):
        client.force_login(other)
        assert client.get(address("ask", report)).status_code == 404
        assert client.post(address("remove", report), GIVEN | {"sure": "on"}).status_code == 404
        assert where(NAME)


def test_no_other_event_passes_for_a_redaction(head, office, report):
    assert head.get(address("done", report, report.events.first().position)).status_code == 404
    removed(head, report)
    other = create_report(office, reference="another")
    assert head.get(address("done", other, report.events.last().position)).status_code == 404
    assert head.get(address("remove", report)).url == address("ask", report)


def test_the_words_stand_in_no_address_no_log_no_session_and_no_row_afterwards(head, report, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = removed(head, report)
    assert NAME not in "".join(step for step, _status in answer.redirect_chain)
    assert "Featherstonehaugh" not in caplog.text
    assert "redactions" in caplog.text
    assert where("Featherstonehaugh") == set()


def test_what_was_typed_is_not_kept_where_the_session_ended(office, report):
    visitor = Client()
    visitor.force_login(office.head)
    page = previewed(visitor, report)
    Session.objects.all().delete()
    assert visitor.post(address("remove", report), confirmed(page)).url.startswith(reverse("account_login"))
    assert not any(NAME in str(kept.get_decoded()) for kept in Session.objects.all())
    assert where(NAME)


def test_a_fault_tells_neither_words_nor_reason(head, report, caplog, monkeypatch):
    def broken(*_args, **_given):
        raise RuntimeError

    monkeypatch.setattr(statsoffice_redaction, "redact", broken)
    head.raise_request_exception = False
    assert head.post(address("ask", report), GIVEN).status_code == 500
    assert "Traceback" in caplog.text
    assert "Featherstonehaugh" not in caplog.text


def test_a_report_of_an_error_hides_what_was_sent(office, report, monkeypatch, settings):
    def broken(*_args, **_given):
        raise RuntimeError

    monkeypatch.setattr(statsoffice_redaction, "redact", broken)
    settings.DEBUG = False
    request = RequestFactory().post(address("ask", report), GIVEN)
    request.user = office.head
    with pytest.raises(RuntimeError):
        statsoffice_redaction.start_redaction(request, report.reference)
    told = ExceptionReporter(request, *sys.exc_info()).get_traceback_text()
    assert "Featherstonehaugh" not in told
    assert WHY not in told


def test_every_place_of_a_redaction_has_words_for_people(report):
    places = [*redaction.places_of(report), places_of_messages(report)]
    assert {place.rows.model._meta.label_lower for place in places} == set(PLACES)
