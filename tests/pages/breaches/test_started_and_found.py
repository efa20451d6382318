"""The warning on the pages of a report that a person started, if our checks found another outcome."""

import pytest

from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import content_of
from releases.models import Verification
from tests.integration.breaches.drafting.test_started_before_verdict import (
    LATER,
    drafting,
    make_late,
    make_on_time,
    start,
)
from tests.support.factories import ReleaseFactory
from tests.support.people import move_report, reload_reports, write_sections
from tests.support.report_forms import page_of, section_address, words
from tests.support.report_mornings import LIVE, NOT_LIVE, record_checks
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

WARNING = (
    "According to our checks, the release was on time. Last found not live at 9:29:55am. First found live at "
    "9:30:00am. Check whether this report is still needed, and whether it is about the right release and page. The "
    "report and our checks can both be right if the release was late at another address, or if some readers could not "
    "open it. The report does not contain these results."
)
UNTIL_DECIDED = (ReportStatus.DRAFT, ReportStatus.WITH_HOP, ReportStatus.RETURNED)


@shared_fixture
def uncertain(series):
    release = ReleaseFactory(confirmed=True, series=series)
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:45", LIVE))
    return release


@pytest.mark.parametrize("status", [*UNTIL_DECIDED, ReportStatus.APPROVED, ReportStatus.SENT, ReportStatus.RECORDED])
def test_authors_and_approvers_are_warned_that_the_release_was_on_time(client, office, uncertain, status, time_machine):
    report = move_report(write_sections(start(uncertain, office), by=office.statistician), office, status)
    before = content_of(report)
    time_machine.move_to(LATER, tick=False)
    client.force_login(office.head)
    assert WARNING not in words(client.get(page_of(report, "report")).text)
    make_on_time(uncertain)
    assert WARNING in words(client.get(page_of(report, "report")).text)
    if status in UNTIL_DECIDED:
        page = client.get(page_of(report, "approve" if status is ReportStatus.WITH_HOP else "check")).text
        assert WARNING in words(page)
        assert f"{section_address(report, ReportSection.WHAT_HAPPENED)}#id_noticed_on-day" in page
    if status is ReportStatus.WITH_HOP:
        for move in ("return", "record", "dismiss"):
            assert WARNING in words(client.get(page_of(report, move)).text), move
    assert content_of(reload_reports([report])[0]) == before


def test_a_sent_report_that_took_the_late_verdict_is_warned_about_if_the_record_changes(
    client, office, uncertain, time_machine
):
    report = move_report(write_sections(start(uncertain, office), by=office.statistician), office, ReportStatus.SENT)
    make_late(uncertain)
    assert drafting.draft_missing(now=LATER) == []
    time_machine.move_to(LATER, tick=False)
    client.force_login(office.head)
    warning = "It no longer shows a breach. Check whether the report must be corrected."
    assert warning not in words(client.get(page_of(report, "report")).text)
    Verification.objects.update(outcome="on_time", occurred_at=None)
    assert warning in words(client.get(page_of(report, "report")).text)


def test_each_form_has_the_warning_once(client, office, uncertain, time_machine):
    report = start(uncertain, office)
    make_on_time(uncertain)
    time_machine.move_to(LATER, tick=False)
    client.force_login(office.statistician)
    assert words(client.get(section_address(report, ReportSection.WHAT_HAPPENED)).text).count(WARNING) == 1
    assert WARNING in words(client.get(section_address(report, ReportSection.IMPACT)).text)


def test_a_report_that_took_the_late_verdict_still_has_its_questions_and_no_warning(
    client, office, uncertain, time_machine
):
    report = start(uncertain, office)
    make_late(uncertain)
    assert drafting.draft_missing(now=LATER) == []
    time_machine.move_to(LATER, tick=False)
    client.force_login(office.statistician)
    page = words(client.get(page_of(report, "report")).text)
    assert "Our checks found" not in page
    assert "15 minutes late" in page
    assert client.get(section_address(report, ReportSection.WHAT_HAPPENED)).status_code == 200
