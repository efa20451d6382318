"""The accessibility statement: where everybody finds it, whom it names, and what it may say."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases.text.release import duration

ADDRESS = reverse("accessibility")


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/", "/calendar/", "/accounts/login/", "/nowhere/", ADDRESS])
def test_the_foot_of_every_page_leads_everyone_to_the_statement(client, page):
    assert LexborHTMLParser(client.get(page).text).css_first(f'footer a[href="{ADDRESS}"]') is not None


@pytest.mark.django_db
def test_the_statement_has_the_parts_of_the_model_and_claims_no_conformance_that_no_one_tested(client):
    page = client.get(ADDRESS)
    assert page.status_code == 200
    headings = [" ".join(node.text().split()) for node in LexborHTMLParser(page.text).css("main h2, main h3")]
    assert headings == [
        "How accessible this website is",
        "Feedback and contact information",
        "Enforcement procedure",
        "Technical information about this website’s accessibility",
        "Compliance status",
        "Preparation of this accessibility statement",
    ]
    assert "fully compliant" not in page.text
    assert "We do not know whether this website fully complies" in page.text


@pytest.mark.django_db
def test_the_statement_says_with_which_screen_reader_the_pages_were_read_and_with_which_they_were_not(client):
    text = client.get(ADDRESS).text
    assert "We have not tested with NVDA, JAWS, VoiceOver, TalkBack" in text
    assert "read pages with Orca 48.1 in Chromium" in text


@pytest.mark.django_db
def test_the_statement_claims_no_short_form_of_durations_because_pages_write_them_in_words(client):
    assert duration(timedelta(minutes=2, seconds=5)) == "2 minutes 5 seconds"
    assert "2 min 5 s" not in client.get(ADDRESS).text


@pytest.mark.django_db
def test_the_statement_names_the_address_that_the_office_has_set(client, settings):
    unnamed = client.get(ADDRESS).text
    assert "mailto:" not in unnamed
    assert "has not published an email address for this yet" in unnamed
    settings.ACCESSIBILITY_CONTACT = "access@example.gov.uk"
    named = client.get(ADDRESS).text
    assert 'href="mailto:access@example.gov.uk"' in named
    assert "has not published" not in named


@pytest.mark.django_db
@pytest.mark.parametrize(("contact", "is_told"), [("", True), ("access@example.gov.uk", False)])
def test_check_deploy_tells_an_office_that_it_names_no_address(settings, contact, is_told):
    settings.ACCESSIBILITY_CONTACT = contact
    found = {message.id for message in run_checks(include_deployment_checks=True)}
    assert ("statsoffice.I001" in found) == is_told


def test_nothing_on_a_page_moves_automatically():
    styles = (Path(settings.BASE_DIR) / "static" / "built" / "statsoffice.css").read_text()
    assert re.findall(r"(?:^|[{;])\s*((?:animation|transition|scroll-behavior)[\w-]*:[^;}]+)", styles) == []
