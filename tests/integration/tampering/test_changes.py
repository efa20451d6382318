"""Each change made by SQL to the record of an office is named by verify_evidence."""

from datetime import timedelta

import pytest

from breaches import attachments
from breaches.early_releases import Choice, record_decision
from breaches.models import Report, ReportRowRecord, ReportVersion
from breaches.redaction import redact_report
from breaches.rules.lifecycle import ReportStatus
from breaches.versions import record_report_event
from releases import corrections, early_findings, published_corrections, scheduling
from releases.evidence import coverage
from releases.models import Release, ReleaseRowRecord, Verification, event
from releases.models.event import REDACTION
from releases.published_corrections import CorrectionFacts
from releases.rules.calendar import slot_at
from releases.rules.departure import Grounds
from statsoffice import anchors
from statsoffice.accounts.models import User
from statsoffice.anchors import ROW_RECORDS
from statsoffice.notifications import outbox
from tests.integration.tampering.changes import CHANGES, NO_EVENT_TELLS, Change
from tests.integration.tampering.verifying import apply, record_anew, verify
from tests.support import stored_checks as bodies
from tests.support.early_release import FOUND_AT, create_early_release
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, rolled_back
from tests.support.people import Office, create_office, create_report, move_report
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

REWRITTEN = next(change for change in CHANGES if change.name == "the text of the first version rewritten")


@shared_fixture
def office() -> Office:
    """An office with a row of each table that has digests.

    An approved report with an attachment, stored bodies, a changed date, an exception, an incident contact, a decision
    on an early release, messages and anchors.
    """
    office = create_office()
    report = move_report(create_report(office), office, ReportStatus.APPROVED)
    decided_at = report.decided_at
    attachments.add_attachment(report, name="cms.log", body=b"09:31 queued", by=office.statistician, at=decided_at)
    outbox.create_missing(now=decided_at + timedelta(minutes=1))
    series = SeriesFactory(producer=office.producer)
    address = ReleaseFactory(confirmed=True, series=series, reference="with-bodies").addresses.get()
    bodies.store_checks(bodies.make_check(address, "not_live", b"not yet", at=-5))
    bodies.store_checks(bodies.make_check(address, "live", b"what was seen", at=1))
    moved = ReleaseFactory(confirmed=True, series=series, reference="moved", due_at=SEED_DUE + timedelta(days=100))
    # At 10:30am, with OSR's agreement.
    to, agreed = slot_at(SEED_DUE + timedelta(days=101, hours=1)), Grounds("OSR 12", SEED_DUE.date())
    scheduling.change_date(moved, to=to, reason="A source was late.", by=office.head, at=SEED_DUE, grounds=agreed)
    departure = moved.departures.get()
    corrections.correct_agreement(
        departure, reference="OSR 13", agreed_on=SEED_DUE.date(), by=office.head, at=SEED_DUE, seen=0
    )
    published = ReleaseFactory(announced=True, series=series, reference="published")
    scheduling.publish(published, by=None, at=SEED_DUE, published_at=SEED_DUE)
    published_corrections.record_correction(
        published, CorrectionFacts("A wrong file.", SEED_DUE, None, "Table 2 is wrong."), by=office.head, at=SEED_DUE,
        seen=0,
    )  # fmt: skip
    early_findings.name_contact(office.producer, office.statistician, by=office.head, at=SEED_DUE, seen=0)
    early = create_early_release(office)
    record_decision(early.suspicion, Choice.TAKE_DOWN, by=office.head, at=FOUND_AT, seen=0)
    for day in range(2):
        anchors.make_due(now=SEED_DUE + timedelta(days=day))
    coverage.mark_alive("office-1", at=SEED_DUE + timedelta(hours=3))
    coverage.mark_alive("office-1", at=SEED_DUE + timedelta(hours=3, seconds=5))
    User.objects.create_superuser("administrator@example.gov.uk", name="Administrator")
    return office


def test_the_record_of_the_office_holds(office):
    assert verify() == ("", False)


def test_a_verdict_that_was_changed_together_with_its_digest_differs_from_its_event(office):
    with rolled_back():
        late = Verification.objects.filter(outcome="late")
        late.update(outcome="on_time")
        ReleaseRowRecord.record({Verification: list(Verification.objects.values_list("pk", flat=True))})
        found, _failed = verify()
    assert "does not match its last “judged” event" in found


def test_a_delay_that_was_changed_together_with_its_digest_is_computed_again(office):
    with rolled_back():
        Verification.objects.filter(outcome="late").update(delay_from=1, delay_to=9)
        record_anew()
        found, _failed = verify()
    assert "differs from the verdict that follows from the stored checks" in found


def test_a_record_that_calls_a_change_a_redaction_needs_the_event_of_one(office):
    version = ReportVersion.objects.filter(number=1, report__status="approved")
    with rolled_back():
        apply(REWRITTEN)
        ReportRowRecord.record({ReportVersion: [version.get().pk]}, why=REDACTION)
        found, _failed = verify()
    assert f"breaches.reportversion {version.get().pk} was changed, and no event explains it" in found


def test_words_that_were_rewritten_after_a_redaction_are_not_those_it_left(office):
    """A forger rewrites the row and lets the record of an earlier redaction account for that."""
    report = Report.objects.get(status="approved")
    version = report.versions.get(number=1)
    with rolled_back():
        redact_report(
            report, words=version.content["circumstances"][:12], why="A test.", by=office.head, at=report.decided_at
        )
        assert verify() == ("", False)
        apply(REWRITTEN)
        ReportRowRecord.record({ReportVersion: [version.pk]}, why=REDACTION)
        found, _failed = verify()
    assert f"breaches.reportversion {version.pk} was changed, and no event explains it" in found


@pytest.mark.parametrize(
    "ended",
    [change for change in CHANGES if "together with its head" in change.name],
    ids=lambda change: change.name,
)
def test_a_deleted_end_is_named_though_the_product_goes_on(office, ended):
    with rolled_back():
        apply(ended)
        report = Report.objects.get(status="approved")
        record_report_event(report, "downloaded", at=report.decided_at, version=report.version)
        event.record_event(Release.objects.first(), "evidence_read", at=report.decided_at)
        for rows in ROW_RECORDS:
            table = next(table for table in rows.TABLES if table.model._base_manager.exists())
            rows.record({table.model: [table.model._base_manager.first().pk]})
        found, failed = verify()
    assert failed
    assert f"{ended.found_in}: row" in found


# One in four for a commit: the changes are of one kind, and ./test --all makes each.
RECORDED_AGAIN = [change for change in CHANGES if change.name not in NO_EVENT_TELLS]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(change, id=change.name, marks=[pytest.mark.full] if place % 4 else [])
        for place, change in enumerate(RECORDED_AGAIN)
    ],
)
def test_a_change_is_named_though_its_rows_were_recorded_again(office: Office, change: Change):
    with rolled_back():
        apply(change)
        record_anew()
        found, failed = verify()
    assert (failed, found) != (False, "")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)
def test_a_change_by_sql_is_named(office: Office, change: Change):
    with rolled_back():
        apply(change)
        found, failed = verify()
    assert failed
    assert change.found_in in found
