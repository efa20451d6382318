"""What the producer's people read on the page of a release."""

from datetime import timedelta

import pytest
from django.urls import reverse

from releases import judge, scheduling
from releases.evidence import coverage
from releases.models import Series
from releases.rules.calendar import Slot
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member
from tests.support.observations import create_observation, create_observations

pytestmark = pytest.mark.django_db

AFTER = SEED_DUE + timedelta(hours=3)


@pytest.fixture(autouse=True)
def _after(time_machine):
    time_machine.move_to(AFTER, tick=False)


def page(client, release, role=Role.STATISTICIAN):
    client.force_login(create_member(role, release.series.producer))
    return client.get(reverse("releases:release", args=[release.reference]))


def late_by_an_hour(release):
    create_observations(release, "not_live", "live", start=SEED_DUE + timedelta(minutes=56, seconds=55))
    judge.judge_one(release, now=AFTER)


def test_checks_are_folded_into_runs_with_their_times(client, announced_release):
    late_by_an_hour(announced_release)
    text = page(client, announced_release).text
    assert "14 looks from 9:30:00am to 10:26:55am" in text
    assert "1 look at 10:27:00am" in text


def test_the_verdict_is_said_with_its_interval(client, announced_release):
    late_by_an_hour(announced_release)
    text = page(client, announced_release).text
    assert "Seen late" in text
    assert "Last seen not live at 10:26:55am, first seen live at 10:27:01am." in text
    assert "56 min 55 s to 57 min 1 s after it was due" in text
    assert "What was first seen counts from when its answer was complete" in text


@pytest.mark.parametrize("role", list(Role))
def test_every_role_of_the_producer_sees_the_record(client, role, confirmed_release):
    response = page(client, confirmed_release, role)
    assert confirmed_release.addresses.get().url in response.text
    assert "What is on record" in response.text


def test_statements_stand_apart_from_what_was_seen(client, announced_release):
    announced_release.statements.create(
        kind="was_live",
        schedule_version=1,
        live_at=SEED_DUE,
        words="I had it on my screen.",
        stated_by=create_member(Role.STATISTICIAN, announced_release.series.producer, name="Ada Example"),
        stated_at=AFTER,
    )
    text = page(client, announced_release).text
    stated, seen = text.index("What people stated"), text.index("What our automatic check saw")
    assert stated < text.index("I had it on my screen.") < seen
    assert "Ada Example" in text


def test_a_hole_in_the_watching_is_said(client, announced_release):
    coverage.mark_alive("test", at=SEED_DUE - timedelta(minutes=1))
    coverage.mark_alive("test", at=SEED_DUE + timedelta(minutes=1))
    create_observation(announced_release.addresses.get(), "not_live", at=SEED_DUE - timedelta(minutes=1))
    create_observation(announced_release.addresses.get(), "live", at=SEED_DUE + timedelta(minutes=1))
    assert "Nothing was observed from" in page(client, announced_release).text


def test_a_watch_without_a_hole_says_nothing_of_one(client, announced_release):
    for second in range(-10, 130, 5):
        coverage.mark_alive("test", at=SEED_DUE + timedelta(seconds=second))
    create_observation(announced_release.addresses.get(), "live", at=SEED_DUE)
    assert "Nothing was observed" not in page(client, announced_release).text


def test_the_verdict_on_an_earlier_date_stays_next_to_the_present_one(client, announced_release):
    create_observations(announced_release, *["not_live"] * 3, start=SEED_DUE + timedelta(minutes=2))
    judge.judge_one(announced_release, now=AFTER)
    head = create_member(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    scheduling.change_date(
        announced_release,
        to=Slot(on=AFTER.date() + timedelta(days=1), at=announced_release.planned_at),
        reason="Late data",
        by=head,
        at=AFTER,
    )
    sentence = page(client, announced_release).text.partition("Under an earlier date: ")[2].partition("</p>")[0]
    assert "was due at 9:30am on 30 June 2020" in sentence
    assert "last seen not live at 9:32:10am" in sentence.lower()


def test_a_rehearsal_is_marked_as_one(client):
    release = ReleaseFactory(confirmed=True, rehearsal=True)
    assert "This is a rehearsal." in page(client, release).text


def test_a_release_that_is_not_announced_says_so(client):
    assert "This release is not announced." in page(client, ReleaseFactory(confirmed=True)).text


def test_the_number_of_queries_does_not_grow_with_the_checks(client, django_assert_max_num_queries, announced_release):
    late_by_an_hour(announced_release)
    client.force_login(create_member(Role.DEPUTY, announced_release.series.producer))
    address = reverse("releases:release", args=[announced_release.reference])
    with django_assert_max_num_queries(33) as few:
        client.get(address)
    create_observations(announced_release, *["live"] * 30, start=SEED_DUE + timedelta(hours=2))
    with django_assert_max_num_queries(len(few)):
        client.get(address)


def test_a_release_that_no_one_answers_for_has_a_page_anyway(client, confirmed_release):
    Series.objects.update(responsible=None, head_of_profession=None)
    assert page(client, confirmed_release).status_code == 200
