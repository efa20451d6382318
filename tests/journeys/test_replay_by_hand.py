"""A past morning replayed by the command, check by check (V15, and what an office would do by hand)."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from breaches.models import Report
from releases import judge
from releases.models import Observation, Verification
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observations

TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"
COLUMNS = "reference,producer,series,title,scheduled_for,status,url,marker,rehearsal,responsible_email"

pytestmark = pytest.mark.django_db


def run(command, *arguments, **options):
    said = StringIO()
    call_command(command, *arguments, stdout=said, **options)
    return said.getvalue()


@pytest.fixture
def calendar(tmp_path, site):
    """A file with a rehearsal and an official release of the same minute, each at its own page."""
    lines = [
        f"{reference},Office for Invented Numbers,School inspections,{TITLE},2020-06-30 09:30,confirmed,"
        f"{site.url('/' + reference)},31 March 2020,{rehearsal},sam@example.gov.uk"
        for reference, rehearsal in (("replayed", "yes"), ("official", ""))
    ]
    file = tmp_path / "calendar.csv"
    file.write_text("\n".join([COLUMNS, *lines]) + "\n")
    run("import_calendar", str(file), create=True)
    site.publish("/replayed", [scene(status=404)])


def test_the_seeds_morning_is_replayed_check_by_check_into_a_verdict_and_a_draft(calendar, site):
    window = [f"09:3{seconds // 60}:{seconds % 60:02}" for seconds in range(0, 121, 10)]
    for time in ("09:29:55", *window, "10:26:55"):
        run("verify_releases", at=f"2020-06-30 {time}")
    assert Report.objects.count() == 1
    site.publish("/replayed", [scene(pages.release_page(TITLE, published="30 June 2020"))])
    said = run("verify_releases", at="2020-06-30 10:27:00")
    assert "rehearsals only" in said
    (status,) = json.loads(run("release_status", "replayed", json=True))
    assert (status["outcome"], status["delay_seconds"]) == ("late", [3415.0, 3420.0])
    (report,) = json.loads(run("breach_reports", json=True))
    assert (report["release"], report["kind"], report["practices"]) == ("replayed", "late", ["T3.6"])
    assert Report.objects.count() == 1


def test_a_replay_touches_rehearsals_only_and_marks_each_check_as_replayed(calendar):
    run("verify_releases", at="2020-06-30 09:32")
    assert set(Observation.objects.values_list("release__reference", "replayed")) == {("replayed", True)}


def test_a_replay_drafts_what_else_is_missing_at_the_real_time_and_not_in_the_past(calendar):
    release = ReleaseFactory(confirmed=True)
    create_observations(release, "not_live", start=SEED_DUE + timedelta(minutes=2))
    judge.judge_one(release, now=SEED_DUE + timedelta(minutes=3))
    begun = timezone.now()
    run("verify_releases", at="2020-06-30 09:29:55")
    report = Report.objects.get(suspicions__release=release)
    assert report.drafted_at >= begun


def test_a_dry_run_says_what_it_would_check_at_and_writes_nothing(calendar):
    said = run("verify_releases", at="2020-06-30 09:32", dry_run=True)
    assert "would check" in said
    assert "/replayed" in said
    assert "/official" not in said
    assert not Observation.objects.exists()
    assert not Verification.objects.exists()


def test_a_time_that_is_none_is_refused_in_one_sentence(calendar):
    with pytest.raises(CommandError, match='"nonsense" is not a time'):
        run("verify_releases", at="nonsense")
