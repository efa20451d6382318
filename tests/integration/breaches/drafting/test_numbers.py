"""The short number of a report: one for each producer and year, in order and without gaps."""

from datetime import date, timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction

from breaches import drafting, merging, versions
from breaches.drafting import ReportSubject
from breaches.models import Report
from breaches.rules.lifecycle import RESTRICTED, ReportKind
from tests.support.concurrency import are_done_at_once
from tests.support.factories import ProducerFactory, SeriesFactory, create_bare_report
from tests.support.people import AT, create_office
from tests.support.report_evidence import london
from tests.support.report_mornings import create_draft, create_late_release

pytestmark = pytest.mark.django_db
NOW = london("10:27:02")


def start(office, kind=ReportKind.LATE, at=AT):
    about = ReportSubject(office.producer)
    on = (date(2020, 6, 29),)
    report, _ = drafting.start_report(about, kind=kind, occurred_on=on, by=office.head, at=at, form_key=uuid4())
    return report


def test_drafts_of_each_producer_count_from_one_and_rehearsals_by_themselves():
    one, other = SeriesFactory(), SeriesFactory()
    for number in range(3):
        create_late_release(series=one, reference=f"one-{number}")
    create_late_release(series=other, reference="other")
    create_late_release(series=one, reference="practice", rehearsal=True)
    drafting.draft_missing(now=NOW)

    numbers = {report.reference: report.number for report in Report.objects.all()}
    assert numbers == {
        "breach-one-0": "BR-2020-001",
        "breach-one-1": "BR-2020-002",
        "breach-one-2": "BR-2020-003",
        "breach-other": "BR-2020-001",
        "breach-practice": "BR-2020-R001",
    }


def test_a_report_that_a_person_starts_has_the_next_number_and_each_year_begins_anew():
    office = create_office()
    create_draft(producer=office.producer)

    assert start(office).number == "BR-2020-002"
    assert start(office, at=AT + timedelta(days=365)).number == "BR-2021-001"


@pytest.mark.parametrize("kind", sorted(RESTRICTED))
def test_the_number_of_a_confidential_report_does_not_tell_how_many_there_are_and_leaves_no_gap(kind):
    office = create_office()
    assert start(office).number == "BR-2020-001"
    confidential = [start(office, kind).number for _ in range(3)]
    assert start(office).number == "BR-2020-002"

    assert all(number.startswith("BR-2020-C") and len(number) == len("BR-2020-C4821") for number in confidential)
    assert len(set(confidential)) == 3


def test_a_joint_report_has_a_number_and_its_drafts_keep_theirs():
    office = create_office()
    series = SeriesFactory(producer=office.producer)
    for number in ("one", "two"):
        create_late_release(series=series, reference=number)
    drafts = drafting.draft_missing(now=NOW)
    joint = merging.merge_drafts(drafts, by=office.head, at=AT)

    assert joint.number == "BR-2020-003"
    assert [draft.number for draft in drafts] == ["BR-2020-001", "BR-2020-002"]
    assert joint.events.get(kind="joint_drafted").facts["numbers"] == ["BR-2020-001", "BR-2020-002"]
    merging.split_report(joint, by=office.head, at=AT)
    assert [Report.objects.get(pk=draft.pk).number for draft in drafts] == ["BR-2020-001", "BR-2020-002"]


def test_a_number_that_was_not_used_because_of_a_fault_is_used_by_the_next_report(monkeypatch):
    office = create_office()

    def fail(*_):
        message = "the disk is full"
        raise OSError(message)

    with monkeypatch.context() as broken:
        broken.setattr(versions, "record_citations", fail)
        with pytest.raises(OSError, match="disk"):
            start(office)
    assert start(office).number == "BR-2020-001"


def test_the_database_refuses_a_number_that_is_taken():
    first = create_bare_report(reference="one", producer=ProducerFactory(), kind="late", drafted_at=AT)
    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.create(
            reference="two", producer=first.producer, kind="late", drafted_at=AT, number_year=2020, number_position=1
        )


@pytest.mark.django_db(transaction=True)
def test_people_who_start_reports_at_once_get_different_numbers():
    office = create_office()

    assert are_done_at_once(*[partial(start, office)] * 4) == [True] * 4
    numbers = sorted(report.number for report in Report.objects.all())
    assert numbers == ["BR-2020-001", "BR-2020-002", "BR-2020-003", "BR-2020-004"]


def test_a_report_that_the_version_before_drafts_during_an_upgrade_is_numbered_and_verified_afterwards():
    report = create_draft()
    Report.objects.filter(pk=report.pk).update(number_year=None, number_position=None)
    report.refresh_from_db()
    assert report.number == report.reference

    drafting.draft_missing(now=NOW)
    report.refresh_from_db()
    assert report.number == "BR-2020-001"
    assert report.events.get(kind="numbered").facts == {"number": "BR-2020-001"}
    call_command("verify_evidence", verbosity=0)
