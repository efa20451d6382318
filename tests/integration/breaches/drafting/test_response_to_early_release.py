"""The report of an early release has the decision on it, its release at once, and when OSR was informed."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import drafting, editing
from breaches.early_releases import Choice, record_decision
from breaches.models import Report, ReportVersion
from breaches.versions import content_of
from releases import scheduling
from releases.models import Observation, Release
from releases.rules.calendar import slot_at
from tests.support.early_release import FOUND_AT, TITLE, add_checks, create_early_release, move_to_quarter_past
from tests.support.factories import SEED_DUE
from tests.support.report_evidence import london
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOT_ENDED = "Our checks had not ended when this was written."
DECIDED_AT = FOUND_AT + timedelta(seconds=30)


@shared_fixture
def early(office):
    return create_early_release(office)


def account_after(early, seconds):
    """The circumstances after the next run of the drafts."""
    drafting.draft_missing(now=FOUND_AT + timedelta(seconds=seconds))
    return content_of(Report.objects.get(pk=early.report.pk)).circumstances


def test_the_next_run_adds_the_decision_by_post_to_the_account(early):
    before = account_after(early, 10)
    assert before.endswith(f"{NOT_ENDED} The cause has not been recorded.")
    record_decision(early.suspicion, Choice.TAKE_DOWN, by=early.office.deputy, at=DECIDED_AT, seen=0)
    decided = "A Deputy Head of Profession for Statistics decided at 9:11:30am to take it down."
    assert account_after(early, 60) == f"{before}\n\n{decided}"


def test_the_last_decision_counts(early):
    record_decision(early.suspicion, Choice.TAKE_DOWN, by=early.office.deputy, at=DECIDED_AT, seen=0)
    account_after(early, 40)
    record_decision(
        early.suspicion, Choice.PUBLISH_NOW, by=early.office.head, at=DECIDED_AT + timedelta(seconds=20), seen=1
    )
    account = account_after(early, 60)
    assert account.endswith("The Head of Profession for Statistics decided at 9:11:50am to publish it to everyone.")
    assert "deputy" not in account


def test_after_a_release_at_once_the_account_has_its_time_and_when_osr_was_informed_and_no_open_checks(early):
    record_decision(early.suspicion, Choice.PUBLISH_NOW, by=early.office.head, at=DECIDED_AT, seen=0)
    move_to_quarter_past(early)
    account, decision = account_after(early, 90).split("\n\n")
    assert account.startswith(f"‘{TITLE}’ was due for release at 9:30am on 30 June 2020. ")
    assert account.endswith(" early. The cause has not been recorded.")
    assert decision.startswith("The Head of Profession for Statistics decided at 9:11:30am to publish it to everyone. ")
    assert "Its release time was changed to 9:15am." in decision
    assert "(OSR) was" in decision
    assert decision.endswith("at 9:12am on 30 June 2020.")


def test_an_account_that_has_the_decision_already_is_not_written_again(early):
    record_decision(early.suspicion, Choice.PUBLISH_NOW, by=early.office.head, at=DECIDED_AT, seen=0)
    account_after(early, 60)
    versions = ReportVersion.objects.filter(report=early.report).count()
    account_after(early, 3600)
    assert ReportVersion.objects.filter(report=early.report).count() == versions


def test_after_a_new_date_that_changes_nothing_in_the_account_the_checks_are_not_read_again(early):
    add_checks(early.release, *(("not_live", at) for at in range(-60, 125, 5)))
    account_after(early, 1320)
    release = Release.objects.select_related("series__producer").get(pk=early.release.pk)
    to = slot_at(SEED_DUE + timedelta(days=7))
    scheduling.change_date(release, to=to, reason="Later.", by=early.office.head, at=london("09:50"))
    account = account_after(early, 2400)
    with CaptureQueriesContext(connection) as queries:
        assert account_after(early, 2401) == account
    assert not [query["sql"] for query in queries if Observation._meta.db_table in query["sql"]]


def test_the_timeline_of_the_report_offers_the_decision_the_release_at_once_and_osr(early):
    record_decision(early.suspicion, Choice.PUBLISH_NOW, by=early.office.head, at=DECIDED_AT, seen=0)
    move_to_quarter_past(early)
    entries = [(entry.at, entry.text) for entry in editing.timeline_entries(early.report)]
    decided = f"The Head of Profession for Statistics decided to publish ‘{TITLE}’ to everyone."
    assert (DECIDED_AT, decided) in entries
    at_once = "The Head of Profession for Statistics or a deputy decided to release"
    assert (london("09:12"), f"{at_once} ‘{TITLE}’ at once, at 9:15am on 30 June 2020.") in entries
    assert (london("09:12"), "The Office for Statistics Regulation (OSR) was informed.") in entries


def test_the_decision_on_an_early_release_is_in_no_account_of_another_breach(early):
    record_decision(early.suspicion, Choice.TAKE_DOWN, by=early.office.head, at=DECIDED_AT, seen=0)
    add_checks(early.release, *(("not_live", at) for at in range(-60, 125, 5)))
    drafting.draft_missing(now=london("09:33"))
    others = Report.objects.exclude(pk=early.report.pk)
    assert not [report for report in others if "decided" in content_of(report).circumstances]
