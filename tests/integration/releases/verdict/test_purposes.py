"""Only checks that see what any reader sees are judged; those for another purpose are only stored."""

from datetime import timedelta

import pytest

from releases import judge as releases_judge
from releases.judge import judge_one
from releases.models import Address, Observation
from releases.models.append_only import check_chain
from releases.models.observation import Purpose
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE
from tests.support.observations import create_observations

pytestmark = pytest.mark.django_db
LIMIT = SEED_DUE + timedelta(seconds=120)


def fresh_look(release, result, *, at):
    row = Observation(
        release=release,
        address=release.addresses.get(role="page"),
        url="https://www.example.gov.uk/stats?fresh=1",
        schedule_version=release.schedule_version,
        planned_at=at,
        sent_at=at,
        completed_at=at,
        recorded_at=at,
        result=result,
        adapter="page",
        watcher="test",
        clock_bound_seconds=0.0,
        purpose=Purpose.FRESH,
    )
    return Observation.append([row])[0]


def test_a_release_that_only_a_check_past_the_caches_saw_is_not_seen(provisional_release):
    create_observations(provisional_release, "not_live", "not_live", start=LIMIT)
    fresh_look(provisional_release, "live", at=SEED_DUE + timedelta(seconds=5))
    assert judge_one(provisional_release, now=LIMIT + timedelta(minutes=1)).outcome == Outcome.NOT_SEEN


def test_a_check_past_the_caches_does_not_make_a_release_one_that_someone_checked_at(confirmed_release):
    fresh_look(confirmed_release, "live", at=SEED_DUE + timedelta(seconds=5))
    assert [
        verification.outcome for verification in releases_judge.judge_without_checks(now=LIMIT + timedelta(hours=1))
    ] == [Outcome.CANNOT_TELL]


def test_an_announcement_takes_no_part_in_the_verdict(provisional_release):
    Address.objects.create(
        release=provisional_release,
        url="https://www.example.gov.uk/announced",
        role=Address.Role.ANNOUNCEMENT,
        required=False,
        added_at=SEED_DUE - timedelta(days=30),
    )
    create_observations(provisional_release, "not_live", "live", start=SEED_DUE)
    found = judge_one(provisional_release, now=LIMIT + timedelta(minutes=1))
    assert (found.outcome, [kept["role"] for kept in found.addresses]) == (Outcome.ON_TIME, ["page"])


def test_rows_of_the_first_format_still_hold_next_to_those_of_the_second(provisional_release):
    now_format = Observation.FORMAT
    try:
        Observation.FORMAT = 1
        create_observations(provisional_release, "not_live", start=SEED_DUE)
    finally:
        Observation.FORMAT = now_format
    fresh_look(provisional_release, "live", at=LIMIT)
    assert list(Observation.objects.values_list("format_version", flat=True)) == [1, now_format]
    assert check_chain(Observation) == (2, None)


def test_what_the_publisher_said_cannot_be_changed_unseen_in_the_second_format(provisional_release):
    row = fresh_look(provisional_release, "live", at=LIMIT)
    row.publisher_says = {"published_at": "2020-06-30T08:30:00+00:00"}
    assert row.expected_hash() != row.row_hash
