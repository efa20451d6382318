"""While a public report is corrected, only that is shown; the text before the button says so."""

from datetime import date, timedelta

import pytest
from selectolax.lexbor import LexborHTMLParser

from breaches import decisions, dispatches, editing, publication
from breaches.models import Report, Suspicion
from breaches.rules.content import Output, ReportSection
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import content_of
from releases.models import Release
from releases.rules.calendar import format_day, format_moment
from tests.support.people import (
    IMPACT,
    approve,
    create_report,
    dispatch_report,
    move_report,
    reload_reports,
    write_sections,
)
from tests.support.published_reports import LATER, made_public, read
from tests.support.report_forms import last_change, words
from tests.support.shared_rows import shared_fixture
from tests.support.welsh_pages import approve_welsh

pytestmark = pytest.mark.django_db

DAYS_LATER = LATER + timedelta(days=5)
CORRECTED = "its public page says only that it is being corrected"
GONE = "its public page is removed"


@pytest.fixture(autouse=True)
def _shown_to_everybody(settings, time_machine):
    settings.BREACHES_PUBLIC = True
    time_machine.move_to(LATER, tick=False)


@shared_fixture
def corrected(office):
    """A report that was sent and public, and is being corrected."""
    report = made_public(create_report(office, ReportStatus.SENT, announced=True), office)
    return dispatches.send_correction(report, notice="A figure was wrong.", by=office.head, at=DAYS_LATER)


def public_page(client, report):
    client.logout()
    return words(client.get(f"/breaches/{report.reference}/").text)


def test_its_address_says_since_when_and_names_only_the_statistics(client, corrected):
    page = public_page(client, corrected)
    assert (
        f"Being corrected since {format_day(DAYS_LATER.date())} . First published here on {format_day(LATER.date())} ."
        in page
    )
    described = LexborHTMLParser(client.get(f"/breaches/{corrected.reference}/").text).css("meta[name=description]")
    sentence = "We are correcting a statement about a breach of the Code of Practice for Statistics."
    assert [one.attributes["content"] for one in described] == [sentence]
    content = content_of(corrected)
    assert IMPACT not in page
    hidden = (corrected.reference, *content.producers, "A figure")
    assert [word for word in hidden if word in page] == []
    suspicion = corrected.suspicions.get()
    due = format_moment(suspicion.verification.due_at)
    assert f"The statement is about these statistics: {suspicion.release.title} Due at {due}" in page


def listed(client):
    client.logout()
    items = LexborHTMLParser(client.get("/breaches/").text).css(".office-releases__item")
    return [" ".join(item.text(separator=" ").split()) for item in items]


def test_the_list_says_that_the_report_is_being_corrected_without_its_facts(client, office, corrected):
    (item,) = listed(client)
    suspicion = corrected.suspicions.get()
    assert suspicion.release.title in item
    assert f"Due at {format_moment(suspicion.verification.due_at)} Being corrected" in item
    assert f"Published here on {format_day(LATER.date())} ." in item
    assert "Late" not in item
    assert read(client, corrected) == (200, True)
    again = approve(write_sections(corrected, by=office.statistician, impact="None at all."), office)
    made_public(dispatch_report(again, office, ReportStatus.SENT), office)
    (item,) = listed(client)
    assert "Being corrected" not in item
    assert "Late" in item


def test_nothing_of_the_open_correction_is_public(client, office, corrected):
    section, values = ReportSection.CORE_INFORMATION, {"outputs": (Output("Another title"),)}
    version = corrected.version
    editing.save_section(
        corrected, section=section, values=values, only=values, expected_version=version, by=office.head, at=DAYS_LATER
    )
    Report.objects.filter(pk=corrected.pk).update(occurred_on=date(1999, 1, 1))
    Suspicion.objects.filter(report=corrected).update(raised_at=DAYS_LATER)
    title = corrected.suspicions.get().release.title
    for text in (public_page(client, corrected), *listed(client)):
        assert title in text
        assert "Another title" not in text
        assert "1999" not in text
        assert "Due at" not in text


def test_the_due_time_of_a_release_that_is_not_public_is_left_out(client, corrected):
    Release.objects.filter(suspicions__report=corrected).update(announced_at=None)
    for text in (public_page(client, corrected), *listed(client)):
        assert "Due at" not in text


def test_a_report_that_was_reopened_and_corrected_later_is_not_listed(client, office, draft_report):
    report = made_public(move_report(draft_report, office, ReportStatus.APPROVED), office)
    report = decisions.reopen_report(report, reason="A figure.", by=office.head, at=LATER)
    assert listed(client) == []
    again = dispatch_report(approve(report, office), office, ReportStatus.SENT)
    dispatches.send_correction(again, notice="A figure was wrong.", by=office.head, at=DAYS_LATER)
    assert read(client, again) == (404, False)


def test_in_welsh_the_notice_speaks_of_a_report_and_not_of_a_release(client, corrected, settings):
    approve_welsh(settings)
    client.logout()
    main = LexborHTMLParser(client.get(f"/cy/breaches/{corrected.reference}/").text).css_first("main")
    assert main.css_first("h1").text().strip() == "Mae’r adroddiad hwn am dorri’r Cod yn cael ei gywiro"
    assert "adroddiad wedi’i gywiro" in main.text()
    # The Welsh word for a release, as on all other pages.
    assert "datganiad" not in main.text()


def test_it_is_said_until_the_corrected_report_is_public(client, office, corrected):
    again = approve(write_sections(corrected, by=office.statistician, impact="None at all."), office)
    assert "Being corrected since" in public_page(client, again)
    again = dispatch_report(again, office, ReportStatus.SENT)
    assert "Being corrected since" in public_page(client, again)
    made_public(again, office)
    page = public_page(client, again)
    assert "None at all." in page
    assert "Being corrected" not in page
    first = f"We first published a report about this breach on {format_day(LATER.date())} ."
    assert f"{first} We published this version on" in page


def test_a_text_that_was_removed_and_published_again_unchanged_has_one_date(client, office):
    report = made_public(create_report(office, ReportStatus.SENT), office)
    publication.withdraw_statement(report, by=office.head, at=LATER)
    (report,) = reload_reports([report])
    page = public_page(client, made_public(report, office))
    assert f"Published here on {format_day(LATER.date())} ." in page
    assert "first published" not in page


def test_a_lead_takes_the_notice_back_too(client, office, corrected):
    client.force_login(office.head)
    page = client.get(f"/reports/{corrected.reference}/")
    assert "Its public page says only that it is being corrected" in words(page.text)
    assert "Remove the correction notice" in words(page.text)
    assert "Publish this report" not in page.text
    client.post(f"/reports/{corrected.reference}/unpublish/", {"last_change": last_change(corrected)})
    assert read(client, corrected) == (404, False)


def test_who_may_not_change_it_reads_that_the_notice_stands(client, office, corrected):
    client.force_login(office.statistician)
    page = words(client.get(f"/reports/{corrected.reference}/").text)
    assert "Its public page says only that it is being corrected" in page
    assert "Remove the correction notice" not in page


def test_the_public_page_of_a_report_that_is_withdrawn_during_its_correction_is_gone(client, office, corrected):
    client.force_login(office.head)
    page = client.get(f"/reports/{corrected.reference}/withdraw/").text
    assert f"The public page says that this report is being corrected. If you withdraw the report, {GONE}." in words(
        page
    )
    dispatches.send_withdrawal(corrected, notice="The check was wrong.", by=office.head, at=DAYS_LATER)
    assert read(client, corrected) == (404, False)


def test_what_was_not_public_when_its_correction_began_is_not_spoken_of(client, office, sent_report):
    dispatches.send_correction(sent_report, notice="A figure.", by=office.head, at=DAYS_LATER)
    assert read(client, sent_report) == (404, False)
    taken_back = made_public(create_report(office, ReportStatus.SENT, reference="taken-back"), office)
    publication.withdraw_statement(taken_back, by=office.head, at=LATER)
    taken_back.refresh_from_db()
    dispatches.send_correction(taken_back, notice="A figure.", by=office.head, at=DAYS_LATER)
    assert read(client, taken_back) == (404, False)


def test_without_the_setting_no_notice_stands(client, corrected, settings):
    settings.BREACHES_PUBLIC = False
    assert read(client, corrected) == (404, False)


@pytest.mark.parametrize(
    ("status", "move", "sentence"),
    [
        (ReportStatus.SENT, "correct", CORRECTED),
        (ReportStatus.SENT, "withdraw", GONE),
        (ReportStatus.APPROVED, "reopen", GONE),
    ],
)
def test_what_becomes_of_the_public_page_is_said_before_the_button(
    client, office, status, move, sentence, draft_report
):
    report = move_report(draft_report, office, status)
    client.force_login(office.head)
    address = f"/reports/{report.reference}/{move}/"
    assert sentence not in words(client.get(address).text)
    made_public(report, office)
    assert sentence in words(client.get(address).text)
