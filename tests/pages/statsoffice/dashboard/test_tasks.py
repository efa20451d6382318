"""What the dashboard says waits for whom: reports to complete or decide, and questions to answer."""

from datetime import timedelta

import pytest
from django.urls import reverse

from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases import judge
from releases.rules.lifecycle import Role
from tests.pages.statsoffice.dashboard.morning import AFTER, BEFORE, sign_in, suspect
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member, rolled_back
from tests.support.observations import create_observation

pytestmark = pytest.mark.django_db

DESK = reverse("desk")


COMPLETE = {Role.STATISTICIAN, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
DECIDE = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}


def test_reports_wait_for_those_who_may_move_them(client, clock, release, subtests):
    clock(AFTER)
    report = suspect(release)
    for role in Role:
        with subtests.test(str(role)), rolled_back():
            sign_in(client, release, role)
            assert ("Reports to complete" in client.get(DESK).text) == (role in COMPLETE)
            Report.objects.filter(pk=report.pk).update(status=ReportStatus.WITH_HOP)
            text = client.get(DESK).text
            assert ("Reports to decide" in text) == (role in DECIDE)
            assert "Reports to complete" not in text


def test_a_decided_report_waits_for_no_one(client, clock, release):
    clock(AFTER)
    report = suspect(release)
    sign_in(client, release, Role.DEPUTY)
    for status, reason in (("approved", ""), ("recorded", "no_effect"), ("dismissed", "other")):
        Report.objects.filter(pk=report.pk).update(status=status, decided_at=AFTER, decision_reason=reason)
        assert "Nothing waits for you." in client.get(DESK).text, status


def test_reports_of_another_producer_do_not_wait_for_me(client, clock, release):
    clock(AFTER)
    suspect(release)
    sign_in(client, ReleaseFactory(announced=True, reference="of-others"), Role.DEPUTY)
    assert "Nothing waits for you." in client.get(DESK).text


def test_a_release_of_which_no_one_can_tell_waits_until_someone_says_when_it_was_live(client, clock, release):
    create_observation(release.addresses.get(), "unreachable", at=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=AFTER)
    clock(AFTER)
    person = sign_in(client, release)
    assert "Questions to answer" in client.get(DESK).text
    release.statements.create(kind="was_live", schedule_version=1, live_at=SEED_DUE, stated_by=person, stated_at=AFTER)
    assert "Questions to answer" not in client.get(DESK).text


def test_a_text_that_no_one_has_placed_waits_even_before_the_release_is_due(client, clock, release):
    create_observation(release.addresses.get(), "unrecognised", at=BEFORE - timedelta(hours=1), text="What is this?")
    sign_in(client, release)
    assert "Questions to answer" in client.get(DESK).text
    client.force_login(create_member(Role.AUDITOR, release.series.producer))
    assert "Questions to answer" not in client.get(DESK).text


def test_what_waits_is_reached_from_the_top_past_a_long_morning(client, clock, release):
    clock(AFTER)
    sign_in(client, release, Role.DEPUTY)
    page = client.get(DESK).text
    assert page.index('href="#desk-waits"') < page.index("Today:") < page.index('id="desk-waits"')
