"""A printed report about a pre-release access list: posts, periods and prompts, valid PDF/UA, and no person."""

from datetime import date, timedelta

import pytest

from breaches import decisions, drafting
from breaches.layout import lay_out_draft
from breaches.pdf import render_pdf
from breaches.rules.annex import HEADING_OF_ACCESS_LIST
from breaches.rules.document import ACCESS_PROMPT, DRAFT_MARK
from releases import pre_release_access
from releases.rules.calendar import format_moment
from tests.integration.breaches.pdf.documents import text_of, words
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.people import write_sections
from tests.support.pre_release_lists import AFTERWARDS, EMAIL, LONG_BEFORE, MINISTER, PERSON, granted, someone
from tests.support.report_forms import page_of, send
from tests.support.shared_rows import shared_fixture
from tests.verapdf import check_pdf_ua

pytestmark = pytest.mark.django_db


@shared_fixture
def report(office):
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    granted(release, by=office.statistician)
    granted(release, someone("Permanent Secretary"), by=office.statistician)
    return drafting.start_about_list(release, occurred_on=date(2020, 6, 29), by=office.statistician, at=AFTERWARDS)[0]


def test_the_report_names_posts_and_periods_asks_for_what_happened_while_a_draft_and_names_no_one(
    office, report, tmp_path
):
    drafted, approved = tmp_path / "draft.pdf", tmp_path / "approved.pdf"
    drafted.write_bytes(render_pdf(lay_out_draft(report)))
    check_draft(drafted)
    report = decisions.submit_report(
        write_sections(report, by=office.statistician), by=office.statistician, at=AFTERWARDS
    )
    document = decisions.approve_report(report, by=office.head, at=AFTERWARDS, render=render_pdf)
    approved.write_bytes(document.pdf)
    text = words(text_of(approved))
    assert f"{MINISTER.post} and Permanent Secretary, {MINISTER.organisation}: 24 hours" in text
    assert words(ACCESS_PROMPT) not in text
    assert PERSON not in text
    assert PERSON.encode() not in approved.read_bytes()
    assert check_pdf_ua(drafted, approved) == []


def test_the_annex_has_the_complete_list_however_long_it_is_and_names_no_one(client, office, report, tmp_path):
    release = report.started.release
    others = [someone(f"Official number {number}") for number in range(1, 31)]
    *_, last = [granted(release, each, by=office.statistician) for each in others]
    pre_release_access.withdraw_access(last, by=office.statistician, at=LONG_BEFORE, expected_version=last.version)
    report = decisions.submit_report(
        write_sections(report, by=office.statistician), by=office.statistician, at=AFTERWARDS
    )
    client.force_login(office.head)
    assert "Draft with evidence annex (PDF)" in client.get(page_of(report, "report")).text
    assert "?annex=1" in client.get(page_of(report, "approve")).text
    page = client.get(f"{page_of(report, 'approve')}?annex=1").text
    assert send(client, page_of(report, "approve"), page).status_code == 302

    path = tmp_path / "approved.pdf"
    path.write_bytes(bytes(report.approved_documents.get().pdf))
    text = words(text_of(path)).partition(HEADING_OF_ACCESS_LIST)[2]
    for post in (MINISTER.post, "Permanent Secretary", *(each.post for each in others)):
        assert post in text
        assert post in words(page)
    assert text.count(f"24 hours, from {format_moment(SEED_DUE - timedelta(hours=24))}") == 32
    assert text.count("Withdrawn at") == 1
    assert text.count("Period of access") == 2
    for hidden in (PERSON, EMAIL, *(each.person for each in others), MINISTER.reason):
        assert hidden not in text
        assert hidden not in words(page)
    assert check_pdf_ua(path) == []


def test_a_post_that_is_added_after_the_annex_was_read_has_to_be_read_first(client, office, report):
    report = decisions.submit_report(
        write_sections(report, by=office.statistician), by=office.statistician, at=AFTERWARDS
    )
    client.force_login(office.head)
    page = client.get(f"{page_of(report, 'approve')}?annex=1").text
    granted(report.started.release, someone("Adviser"), by=office.statistician)
    assert send(client, page_of(report, "approve"), page).status_code == 409
    assert not report.approved_documents.exists()


def check_draft(path):
    text = words(text_of(path))
    for part in (
        DRAFT_MARK,
        f"{MINISTER.post} and Permanent Secretary, {MINISTER.organisation}: 24 hours, from",
        "Trustworthiness: T3.3",
        "Trustworthiness: T3.4",
        "29 June 2020",
        words(ACCESS_PROMPT),
    ):
        assert part in text
    for hidden in (PERSON, EMAIL, someone("Permanent Secretary").person, MINISTER.reason):
        assert hidden not in text
    # Each entry of the list begins on its own line.
    lines = [line.strip() for line in text_of(path).splitlines()]
    assert any(line.startswith(f"– {MINISTER.post} and ") for line in lines)
