"""An approval is bound to the checks on which the suspicion rests, so that other checks make another digest."""

import hashlib

import pytest
from django.urls import reverse

from breaches import decisions, pdf
from breaches.facts import evidence_digest
from releases.models import Observation
from tests.support.people import AT, create_report, render_text
from tests.support.report_forms import words
from tests.support.report_mornings import NOT_LIVE, record_checks

pytestmark = pytest.mark.django_db


def test_the_digest_is_what_sha256sum_gives_for_the_rows_of_the_evidence_chain(submitted_report):
    rows = Observation.objects.order_by("position").values_list("row_hash", flat=True)
    assert len(rows) > 2
    assert evidence_digest(submitted_report) == hashlib.sha256("".join(f"{row}\n" for row in rows).encode()).hexdigest()


def test_checks_at_another_release_change_nothing_and_one_more_at_its_own_changes_the_digest(office, submitted_report):
    before = evidence_digest(submitted_report)
    create_report(office, reference="another")
    assert evidence_digest(submitted_report) == before
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE))
    assert evidence_digest(submitted_report) != before


def test_the_approved_document_keeps_the_digest_of_its_day_and_its_event_says_it(office, submitted_report):
    bound_to = evidence_digest(submitted_report)
    document = decisions.approve_report(submitted_report, by=office.head, at=AT, render=render_text)
    record_checks(submitted_report.suspicions.get().release, ("11:05", NOT_LIVE))
    assert document.evidence_sha256 == bound_to != evidence_digest(submitted_report)
    assert document.report.events.filter(kind="approved").get().facts["evidence_sha256"] == bound_to


def test_the_digest_is_shown_before_the_approval_and_handed_to_the_printer(
    client, office, submitted_report, monkeypatch
):
    client.force_login(office.head)
    assert evidence_digest(submitted_report) in words(
        client.get(reverse("breaches:approve", args=[submitted_report.reference])).text
    )
    printed_documents = []
    monkeypatch.setattr(pdf, "render_pdf", lambda document: printed_documents.append(document) or b"%PDF")
    decisions.approve_report(submitted_report, by=office.head, at=AT, render=pdf.render_pdf)
    assert printed_documents[0].evidence_hash == evidence_digest(submitted_report)
