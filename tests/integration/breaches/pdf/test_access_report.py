"""A printed report about a pre-release access list: posts, periods and prompts, valid PDF/UA, and no person."""

from datetime import date

import pytest

from breaches import decisions, drafting
from breaches.layout import lay_out_draft
from breaches.pdf import render_pdf
from breaches.rules.document import ACCESS_PROMPT, DRAFT_MARK
from tests.integration.breaches.pdf.documents import text_of, words
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import write_sections
from tests.support.pre_release_lists import AFTERWARDS, EMAIL, MINISTER, PERSON, granted, someone
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
    assert "Add the cause, if it is known, how" not in text
    assert PERSON not in text
    assert PERSON.encode() not in approved.read_bytes()
    assert check_pdf_ua(drafted, approved) == []


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
