"""The public statement of a report says correctly whether it was sent."""

from datetime import timedelta

import pytest

from breaches import dispatches
from releases.rules.calendar import format_day
from tests.support.people import AT, accept_dispatch, approve, write_sections
from tests.support.published_reports import LATER, made_public
from tests.support.report_forms import words

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _shown_to_everybody(settings, time_machine):
    settings.BREACHES_PUBLIC = True
    time_machine.move_to(LATER, tick=False)


def test_it_is_reported_on_a_day_only_once_it_was_sent(client, office, approved_report):
    report = made_public(approved_report, office)
    client.logout()
    page, listed = words(client.get(f"/breaches/{report.reference}/").text), words(client.get("/breaches/").text)
    assert f"Approved on {format_day(AT.date())} Not yet sent to the Office for Statistics Regulation." in page
    assert "Reported on" not in page
    assert "Not yet sent to the Office for Statistics Regulation" in listed
    sent = dispatches.send_report(report, recipient="regulation@example.gov.uk", by=office.head, at=LATER)
    page, listed = words(client.get(f"/breaches/{report.reference}/").text), words(client.get("/breaches/").text)
    assert "Reported on" not in page
    assert "Not yet sent to the Office for Statistics Regulation" in page
    assert "Not yet sent to the Office for Statistics Regulation" in listed
    accepted_at = LATER + timedelta(days=3)
    accept_dispatch(sent, at=accepted_at)
    page, listed = words(client.get(f"/breaches/{report.reference}/").text), words(client.get("/breaches/").text)
    assert f"Reported on {format_day(accepted_at.date())}" in page
    assert "Not yet sent" not in page + listed


def test_the_person_who_makes_it_public_reads_whether_it_was_sent(client, office, approved_report):
    client.force_login(office.head)
    page = words(client.get(f"/reports/{approved_report.reference}/publish/").text)
    assert "Not yet sent to the Office for Statistics Regulation." in page
    assert "Regulation yet, and the public page will say so." in page
    assert "Reported on" not in page


def test_a_correction_that_is_not_sent_yet_says_when_an_earlier_version_was(client, office, sent_report):
    report = dispatches.send_correction(sent_report, notice="A figure.", by=office.head, at=LATER)
    made_public(approve(write_sections(report, by=office.statistician, impact="None at all."), office), office)
    client.logout()
    page = words(client.get(f"/breaches/{report.reference}/").text)
    earlier = f"An earlier version was reported to the Office for Statistics Regulation on {format_day(AT.date())} ."
    assert f"{earlier} This version has not been sent yet." in page
