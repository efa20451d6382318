"""Before words are removed: which approved documents show them still, by their files and not by their versions."""

from datetime import timedelta

import pytest
from django.urls import reverse

from breaches import decisions, editing, pdf
from breaches.models import Report
from breaches.redaction import shows_words
from statsoffice.redaction import redact
from tests.support.people import AT, create_joint_report, create_report, name_person_in_impact
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NAME = "Quillon Featherstonehaugh"
WHY = "A member of staff is named who has nothing to do with the breach."
LATER = AT + timedelta(days=40)


@shared_fixture
def report(office):
    """An approved report whose document names someone."""
    draft = name_person_in_impact(NAME, create_report(office), by=office.statistician)
    submitted = decisions.submit_report(draft, by=office.statistician, at=AT)
    decisions.approve_report(submitted, by=office.head, at=AT, render=pdf.render_pdf)
    return Report.objects.select_related("producer").get(pk=draft.pk)


def test_the_approved_document_is_told_of_though_an_earlier_redaction_took_the_words_from_its_text(office, report):
    version = report.approved_documents.get().version
    redact(report, words=NAME, why=WHY, by=office.head, at=LATER)
    editing.write_note(
        Report.objects.get(pk=report.pk), text="Featherstonehaugh rang.", happened_at=AT, by=office.head, at=AT
    )
    assert redact(report, words="Featherstonehaugh", why=WHY, by=office.head, at=LATER).documents == [version]
    editing.write_note(Report.objects.get(pk=report.pk), text="Zebedee rang.", happened_at=AT, by=office.head, at=AT)
    assert redact(report, words="Zebedee", why=WHY, by=office.head, at=LATER).documents == []


@pytest.mark.parametrize(
    "words",
    ["Jane Doe of the dissemination team", "jane.doe-of-the-team-that-puts-statistics-out" + "-and-out" * 12],
    ids=["several-words", "one-long-word"],
)
def test_words_are_found_in_a_file_wherever_its_lines_end(words):
    cells = "".join(f"<p>{'x' * before} {words} and so on</p>" for before in range(20, 100, 8))
    file = pdf.print_html(f"<html lang='en'><title>t</title><body>{cells}</body></html>")
    assert shows_words(file, words)
    assert not shows_words(file, words.upper())


def test_documents_of_joined_drafts_are_told_of_by_name_and_what_cannot_be_read_as_well(
    office, client, approved_report
):
    reason = "A figure was wrong."
    draft = decisions.reopen_report(approved_report, reason=reason, by=office.head, at=AT + timedelta(minutes=4))
    joint = create_joint_report(office, draft)
    (unread,) = draft.approved_documents.all()
    found = redact(joint, words="just under an hour", why=WHY, by=office.head, at=LATER)
    assert found.documents == []
    assert found.drafts_documents == found.unread_documents == [f"{draft.number}, {unread.version}"]
    event = joint.events.last()
    assert event.facts["unread_documents"] == found.unread_documents
    client.force_login(office.head)
    page = client.get(reverse("redacting:done", args=[joint.reference, event.position])).text
    assert "We could not read some approved documents." in page
    assert page.count(f"Report number and version: {draft.number}, {unread.version}.") == 2
