"""Text typed into a long form in a real browser survives the end of the session."""

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from breaches.models import Report
from breaches.rules.content import ReportSection
from breaches.versions import content_of
from tests.support.people import create_office, create_report
from tests.support.report_forms import section_address

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_what_was_typed_when_the_session_ended_is_sent_again_after_signing_in(page, live_server):
    office = create_office()
    report = create_report(office, complete=False)
    person = office.statistician
    page.goto(f"{live_server.url}/accounts/login/?next={section_address(report, ReportSection.IMPACT)}")
    _sign_in(page, person)
    page.get_by_label("Impact of the breach").fill("First paragraph.\n\nSecond paragraph.")
    Session.objects.all().delete()
    page.get_by_role("button", name="Save").last.click()
    _sign_in(page, person)
    page.wait_for_url(f"**{reverse('unsent')}")
    page.get_by_role("button", name="Save answers").click()
    page.wait_for_url(lambda address: reverse("unsent") not in address)
    assert content_of(Report.objects.get(pk=report.pk)).impact == "First paragraph.\n\nSecond paragraph."


def _sign_in(page, person):
    page.locator("input[name=login]").fill(person.email)
    page.locator("input[name=password]").fill("correct horse battery")
    page.locator("main form button[type=submit]").first.click()
