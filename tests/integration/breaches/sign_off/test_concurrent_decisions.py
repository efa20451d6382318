"""Several people at the same form or the same drafts in one moment: one report comes of it."""

from datetime import date
from functools import partial
from uuid import uuid4

import pytest

from breaches import drafting, merging
from breaches.drafting import ReportSubject
from breaches.models import JoinedDraft, Report, ReportEvent, Suspicion
from breaches.rules.lifecycle import ReportKind
from releases.models.append_only import check_chain
from tests.integration.breaches.drafting.test_merge import a_morning
from tests.integration.releases.pre_release.test_concurrent_changes import PEOPLE, at_once
from tests.support.concurrency import are_done_at_once
from tests.support.people import AT, create_office

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office(transactional_db):
    return create_office()


def start(office, form_key):
    drafting.start_report(
        ReportSubject(office.producer),
        kind=ReportKind.OTHER,
        occurred_on=(date(2020, 6, 30),),
        by=office.head,
        at=AT,
        form_key=form_key,
    )


def test_one_form_that_is_sent_several_times_starts_one_report(office):
    key = uuid4()
    assert at_once(lambda: start(office, key)) == (PEOPLE, 0)
    assert Report.objects.count() == 1
    assert check_chain(ReportEvent)[1] is None


def test_several_forms_about_the_same_thing_start_reports_with_names_of_their_own(office):
    assert at_once(lambda: start(office, uuid4())) == (PEOPLE, 0)
    assert Report.objects.values("reference").distinct().count() == PEOPLE


def test_the_drafts_of_a_morning_are_joined_once(office):
    drafts = a_morning(office, 3)
    assert at_once(lambda: merging.merge_drafts(drafts, by=office.head, at=AT)) == (1, PEOPLE - 1)
    (joint,) = Report.objects.filter(status="draft")
    assert JoinedDraft.objects.count() == Suspicion.objects.filter(report=joint).count() == 3


def test_different_drafts_of_a_morning_are_joined_at_once_under_names_of_their_own(office):
    drafts = a_morning(office, 4)
    merges = [
        partial(merging.merge_drafts, drafts[:2], by=office.head, at=AT),
        partial(merging.merge_drafts, drafts[2:], by=office.head, at=AT),
    ]
    assert are_done_at_once(*merges) == [True, True]
    assert Report.objects.filter(status="draft").values("reference").distinct().count() == 2


def test_a_joint_report_is_taken_apart_once(office):
    drafts = a_morning(office, 2)
    joint = merging.merge_drafts(drafts, by=office.head, at=AT)
    assert at_once(lambda: merging.split_report(Report.objects.get(pk=joint.pk), by=office.head, at=AT)) == (
        1,
        PEOPLE - 1,
    )
    assert Report.objects.filter(status="draft").count() == 2
    assert {suspicion.report for suspicion in Suspicion.objects.all()} == set(drafts)
