"""A printed report about a pre-release access list: posts, periods and prompts, valid PDF/UA, and no person."""

from datetime import date

import pytest

from breaches.core.printed.document import ACCESS_PROMPT, DRAFT_MARK
from breaches.deciding import sign_off
from breaches.drafts import starting
from breaches.paper.pdf import render
from breaches.paper.printing import document_of, draft_of
from tests.breaches.paper.papers import text_of, words
from tests.breaches.people import an_office, written
from tests.factories import SeriesFactory, an_announced_release
from tests.releases.pre_release.lists import AFTERWARDS, EMAIL, MINISTER, PERSON, granted, someone
from tests.verapdf import check_pdf_ua

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    return an_office()


@pytest.fixture
def report(office):
    release = an_announced_release(series=SeriesFactory(producer=office.producer))
    granted(release, by=office.statistician)
    granted(release, someone("Permanent Secretary"), by=office.statistician)
    return starting.start_about_list(
        release, occurred_on=date(2020, 6, 29), by=office.statistician, at=AFTERWARDS
    ).report


def test_the_draft_names_posts_and_periods_asks_for_what_happened_and_names_nobody(report, printed):
    path = printed(draft_of(report))
    text = words(text_of(path))
    for part in (
        DRAFT_MARK,
        f"{MINISTER.post}, {MINISTER.organisation}: 24 hours, from",
        f"Permanent Secretary, {MINISTER.organisation}: 24 hours, from",
        "Trustworthiness: T3.3",
        "Trustworthiness: T3.4",
        "29 June 2020",
        words(ACCESS_PROMPT),
    ):
        assert part in text
    for hidden in (PERSON, EMAIL, someone("Permanent Secretary").person, MINISTER.reason):
        assert hidden not in text
    assert check_pdf_ua(path) == []


def test_each_entry_of_the_list_begins_on_a_line_of_its_own(report, printed):
    lines = [line.strip() for line in text_of(printed(draft_of(report))).splitlines()]
    assert any(line.startswith(f"– {MINISTER.post},") for line in lines)
    assert any(line.startswith("– Permanent Secretary,") for line in lines)


def test_the_approved_report_holds_the_facts_and_no_prompt_and_names_nobody(office, report, tmp_path):
    report = sign_off.submit(written(report, by=office.statistician), by=office.statistician, at=AFTERWARDS)
    document = sign_off.approve(report, by=office.head, at=AFTERWARDS, render=render)
    path = tmp_path / "approved.pdf"
    path.write_bytes(document_of(document.report, render=render).pdf)
    text = words(text_of(path))
    assert f"{MINISTER.post}, {MINISTER.organisation}: 24 hours" in text
    assert "To be written by a person" not in text
    assert PERSON not in text
    assert PERSON.encode() not in path.read_bytes()
    assert check_pdf_ua(path) == []
