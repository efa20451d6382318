"""After a redaction the pages of a report's versions mark text that is no longer as it was left."""

from datetime import timedelta

import pytest
from django.urls import reverse

from breaches import dispatches, editing, merging
from breaches.layout import lay_out_short_concern
from breaches.models import Report
from breaches.redaction import redact_report
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import content_of
from tests.integration.breaches.drafting.test_merge import a_morning
from tests.support.people import (
    AT,
    create_report,
    move_report,
    name_person_in_impact,
    reload_reports,
    write_sections,
)
from tests.support.report_forms import words
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NAME = "Quillon Featherstonehaugh"
LATER = AT + timedelta(days=40)
REMOVED = "redacted on 9 August 2020 by Head Of Profession"
LEFT_IN = "The approved document still contains text that was removed on"
BEFORE = "The hash is that of the text before the redaction."


@shared_fixture
def report(office):
    """A report whose present version names someone, which the one before it does not."""
    return name_person_in_impact(NAME, create_report(office), by=office.statistician)


def read(client, report, name, *more):
    return words(client.get(reverse(f"breaches:{name}", args=[report.reference, *more])).text)


def test_a_version_says_that_words_were_removed_when_and_by_whom(client, office, report):
    client.force_login(office.head)
    version = report.version
    assert "Text was redacted" not in read(client, report, "version", version)
    assert BEFORE not in read(client, report, "technical_details")
    redact_report(report, words=NAME, why="The name is not needed.", by=office.head, at=LATER)
    page = read(client, report, "version", version)
    assert "Saved by Statistician at" in page
    assert f"Text was {REMOVED}. The hash under ‘Technical details’ is that of the text before the redaction." in page
    assert "Text was redacted" not in read(client, report, "version", version - 1)
    assert read(client, report, "history").count(f"Text was {REMOVED}.") == 1
    assert read(client, report, "technical_details").count(f"Text was {REMOVED}. {BEFORE}") == 1


def test_a_version_that_is_written_with_the_marker_is_as_it_was_left(client, office, report):
    redact_report(report, words=NAME, why="The name is not needed.", by=office.head, at=LATER)
    report = Report.objects.select_related("producer").get(pk=report.pk)
    editing.save_section(
        report, section=ReportSection.CORRECTIVE_ACTIONS, values={"corrective_actions": "A person checks."},
        expected_version=report.version, by=office.head, at=LATER + timedelta(minutes=1),
    )  # fmt: skip
    report.refresh_from_db()
    client.force_login(office.head)
    page = read(client, report, "version", report.version)
    assert "[removed on 9 August 2020] told two users." in page
    assert "Text was redacted" not in page


def test_a_draft_says_what_was_removed_by_way_of_the_joint_report(client, office):
    drafts = a_morning(office, 2)
    write_sections(drafts[0], by=office.statistician, impact=f"{NAME} told two users.")
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    redact_report(joint, words=NAME, why="The name is not needed.", by=office.head, at=LATER)
    client.force_login(office.head)
    drafts[0].refresh_from_db()
    assert f"Text was {REMOVED}." in read(client, drafts[0], "history")
    assert f"Text was {REMOVED}. {BEFORE}" in read(client, drafts[0], "technical_details")
    assert BEFORE not in read(client, drafts[1], "history")


def test_documents_say_that_words_were_removed_after_approval(client, office, report, settings):
    settings.REPORT_RECIPIENT = "regulation@example.gov.uk"
    redact_report(report, words="told", why="It is not needed.", by=office.head, at=AT)
    (report,) = reload_reports([report])
    approved = move_report(report, office, ReportStatus.APPROVED)
    client.force_login(office.head)
    source = lay_out_short_concern(approved).source
    assert "removed" not in source
    assert "was removed" not in read(client, approved, "report")
    assert LEFT_IN not in read(client, approved, "send")
    for days, name in ((40, NAME), (40, "two"), (43, "users")):
        redact_report(approved, words=name, why="It is not needed.", by=office.head, at=AT + timedelta(days=days))
    after = "Text was removed on 9 August 2020 and 12 August 2020, after approval."
    assert lay_out_short_concern(approved).source == f"{source} {after}"
    assert after in read(client, approved, "version", approved.version)
    page = read(client, approved, "report")
    assert "This document still contains text that was removed on 9 August 2020 and 12 August 2020." in page
    left_in = f"{LEFT_IN} 9 August 2020 and 12 August 2020."
    assert f"{left_in} To send it without this text, reopen the report first." in read(client, approved, "send")
    outside = "If you have already sent it, record this first, and then issue a correction."
    assert f"{left_in} {outside}" in read(client, approved, "sent_outside")
    sent = dispatches.send_report(approved, recipient="former@example.gov.uk", by=office.head, at=LATER)
    dispatches.record_failure(dispatches.last_dispatch(sent), at=LATER)
    assert f"{left_in} To send it without this text, issue a correction first." in read(client, sent, "send")


def test_the_document_of_a_joint_report_says_that_words_were_removed_by_way_of_a_draft(client, office):
    drafts = a_morning(office, 2)
    write_sections(drafts[0], by=office.statistician, impact=f"{NAME} told two users.")
    joint = merging.merge_drafts(reload_reports(drafts), by=office.statistician, at=AT)
    joint = write_sections(joint, by=office.statistician, impact=content_of(joint).impact)
    approved = move_report(joint, office, ReportStatus.APPROVED)
    redact_report(reload_reports(drafts)[0], words=NAME, why="The name is not needed.", by=office.head, at=LATER)
    client.force_login(office.head)
    page = read(client, approved, "report")
    assert "This document still contains text that was removed on 9 August 2020." in page
    assert "Text was removed on 9 August 2020, after approval." in lay_out_short_concern(approved).source
