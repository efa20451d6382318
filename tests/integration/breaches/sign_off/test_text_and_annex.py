"""A release that is still not seen: the printed, approved, submitted and logged text states the known facts."""

from datetime import date

import pytest
from django.urls import reverse

from breaches import decisions, drafting, editing, refreshing
from breaches.layout import lay_out_draft
from breaches.models import ApprovedDocument, Report
from breaches.refreshing import changed_facts, with_annex
from breaches.rules.annex import EDITED_TEXT, LATER_CHECKS, OWN_TEXT, TO_APPROVE
from breaches.rules.content import ReportSection, content_digest
from breaches.rules.lifecycle import RecordingReason, ReportStatus
from breaches.versions import content_of, current_version
from releases import statements
from releases.models import Departure
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import AT, render_text, write_sections
from tests.support.report_evidence import london
from tests.support.report_forms import send, words
from tests.support.report_mornings import LIVE, NOT_LIVE, NOT_SEEN_MORNING, record_checks, record_coverage
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db
DRAFTED, LATER = "at 9:32am", "at 9:44am"


@shared_fixture
def report(office):
    """A draft, written to its end, of a release that was last checked twelve minutes after the draft's text."""
    release = ReleaseFactory(confirmed=True, series=SeriesFactory(producer=office.producer))
    record_coverage(release)
    record_checks(release, *NOT_SEEN_MORNING)
    (drafted,) = drafting.draft_missing(now=london("09:32:02"))
    report = write_sections(drafted, by=office.statistician, at=london("09:33"))
    record_checks(release, ("09:44", NOT_LIVE))
    drafting.draft_missing(now=london("09:44:02"))
    assert DRAFTED in content_of(report).circumstances
    return report


def edited(report, office):
    """The report once a person has changed its account."""
    text = f"{content_of(report).circumstances} Nobody was at work."
    return editing.save_section(
        report,
        section=ReportSection.CIRCUMSTANCES,
        values={"circumstances": text},
        only=("circumstances",),
        expected_version=report.version,
        by=office.statistician,
        at=AT,
    ).report


def last_looks(document):
    return [dict(part.summary)["Last found not live"] for part in document.annex.parts]


def text_of(document):
    return "\n".join(line for section in document.sections for lines in section.paragraphs for line in lines)


def test_a_draft_printed_with_its_annex_tells_in_its_text_of_the_same_last_check(report):
    document = lay_out_draft(report, annex=True)
    assert last_looks(document) == ["09:44:00"]
    assert not [note for note in document.annex.parts[0].notes if LATER_CHECKS in note]
    assert LATER in text_of(document)
    assert DRAFTED not in text_of(document)
    assert Report.objects.get(pk=report.pk).version == report.version


def test_what_is_approved_with_its_annex_is_what_was_shown_and_says_the_same_in_both(client, office, report):
    client.force_login(office.head)
    address = reverse("breaches:approve", args=[report.reference])
    page = client.get(f"{address}?annex=1").text
    assert LATER in words(page)
    assert DRAFTED not in words(page)
    assert send(client, address, page).status_code == 302
    document = ApprovedDocument.objects.get()
    content = content_of(document.report)
    assert LATER in content.circumstances
    assert content_digest(content) == document.content_sha256
    assert content.annex.outputs[0].parts[0].last_not_live_at == london("09:44")


def test_what_the_machine_brought_up_to_date_at_an_approval_is_still_its_own_text(office, report):
    document = decisions.approve_report(report, annex=True, by=office.head, at=AT, render=render_text)
    reopened = decisions.reopen_report(document.report, reason="A user wrote.", by=office.head, at=AT)
    assert current_version(reopened).is_untouched("circumstances")
    assert changed_facts(reopened, current_version(reopened)) == {}


def test_an_edited_text_stays_as_it_was_next_to_the_annex(office, report):
    report = edited(report, office)
    document = decisions.approve_report(report, annex=True, by=office.head, at=AT, render=render_text)
    content = content_of(document.report)
    assert content.circumstances == content_of(report).circumstances
    assert EDITED_TEXT in content.annex.outputs[0].notes


def test_the_annex_says_that_a_person_wrote_a_text_that_was_never_automatic(office, report, monkeypatch):
    version = current_version(edited(report, office))
    version.machine = drafting.NOTHING_ON_RECORD
    monkeypatch.setattr(refreshing, "current_version", lambda report: version)
    assert OWN_TEXT in with_annex(version.report).annex.outputs[0].notes


def test_the_annex_of_a_decided_report_does_not_say_that_a_person_wrote_an_automatic_text(office, report):
    document = decisions.approve_report(report, by=office.head, at=AT, render=render_text)
    assert LATER_CHECKS in with_annex(document.report).annex.outputs[0].notes


def test_the_page_to_approve_says_that_the_annex_is_approved_with_the_report(client, office, report):
    client.force_login(office.head)
    page = words(client.get(f"{reverse('breaches:approve', args=[report.reference])}?annex=1").text)
    assert TO_APPROVE in page
    assert "It has not been approved" not in page


def test_without_an_annex_what_is_approved_is_the_text_as_it_stands(office, report):
    document = decisions.approve_report(report, by=office.head, at=AT, render=render_text)
    assert content_of(document.report).circumstances == content_of(report).circumstances


def test_a_report_is_submitted_with_its_figures_as_they_are_by_now_and_no_one_is_named_as_their_author(office, report):
    submitted = decisions.submit_report(report, by=office.statistician, at=AT)
    version = current_version(submitted)
    assert LATER in content_of(submitted).circumstances
    assert (version.number, version.why, version.written_by) == (report.version + 1, "facts", None)
    assert version.is_untouched("circumstances")
    assert changed_facts(submitted, version) == {}
    assert [event.kind for event in submitted.events.order_by("position")][-1] == "submitted"


def test_a_form_of_a_submission_that_is_sent_twice_asks_for_nothing_new(statistician, report):
    page = statistician.get(reverse("breaches:check", args=[report.reference])).text
    address = reverse("breaches:submit", args=[report.reference])
    assert [send(statistician, address, page).status_code for _ in range(2)] == [302, 302]
    assert Report.objects.get(pk=report.pk).status == ReportStatus.WITH_HOP


def in_the_log(report, office):
    reason = RecordingReason.NO_EFFECT
    return decisions.record_report(report, reason=reason, words="Nobody looked.", by=office.head, at=AT)


def test_what_is_kept_in_the_log_is_kept_with_its_figures_as_they_are_by_now(office, report):
    assert LATER in content_of(in_the_log(report, office)).circumstances


def test_an_edited_text_and_one_that_agrees_already_are_submitted_as_they_stand(office, report):
    report = edited(report, office)
    submitted = decisions.submit_report(report, by=office.statistician, at=AT)
    assert (submitted.version, content_of(submitted)) == (report.version, content_of(report))


def test_news_that_no_one_has_read_does_not_enter_what_is_decided(office, report):
    report = decisions.submit_report(report, by=office.statistician, at=london("09:46"))
    record_checks(report.suspicions.get().release, ("10:26:55", NOT_LIVE), ("10:27", LIVE))
    kept = content_of(report)
    drafting.draft_missing(now=london("10:27:02"))
    report.refresh_from_db()
    assert content_of(report) == kept
    assert "circumstances" in changed_facts(report, current_version(report))
    assert content_of(in_the_log(report, office)).circumstances == kept.circumstances


@pytest.mark.parametrize("decide", ["submit", "record"])
def test_a_statement_that_no_one_has_read_does_not_enter_what_is_decided(office, report, decide):
    kept, release = content_of(report), report.suspicions.get().release
    statements.record_live_time(release, live_at=london("09:40"), by=office.statistician, at=london("09:45"))
    if decide == "submit":
        decided = decisions.submit_report(report, by=office.statistician, at=london("09:46"))
    else:
        decided = in_the_log(report, office)
    assert content_of(decided) == kept


def test_an_exception_that_no_one_had_read_enters_the_text_of_a_report_once_it_is_reopened(office, report):
    agreed = {"kind": "osr_agreement", "osr_reference": "OSR/12", "osr_agreed_on": date(2020, 6, 1)}
    suspicion = report.suspicions.get()
    release = suspicion.release
    # No verdict is newer than the text, so only the reopening can ask for the text to be written again.
    report.suspicions.update(facts_revision=suspicion.verification.revision)
    Departure.objects.create(release=release, schedule_version=1, decided_by=office.head, decided_at=AT, **agreed)
    decided = in_the_log(report, office)
    assert "OSR/12" not in content_of(decided).circumstances
    decisions.reopen_report(decided, reason="OSR had agreed.", by=office.head, at=london("12:45"))
    drafting.draft_missing(now=london("12:46"))
    assert "(reference OSR/12)" in content_of(Report.objects.get(pk=report.pk)).circumstances


def test_a_statement_enters_the_text_of_a_draft_that_no_one_edited_without_another_check(office, report):
    release = report.suspicions.get().release
    statements.record_live_time(release, live_at=london("09:40"), by=office.statistician, at=london("09:45"))
    drafting.draft_missing(now=london("09:46"))
    report.refresh_from_db()
    circumstances = content_of(report).circumstances
    assert "stated at 9:45am that the release was live" in circumstances
    drafting.draft_missing(now=london("09:47"))
    assert Report.objects.get(pk=report.pk).version == report.version
    submitted = decisions.submit_report(report, by=office.statistician, at=london("09:48"))
    assert content_of(submitted).circumstances == circumstances
