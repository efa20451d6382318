"""Judging a release from the record: by the addresses and the tolerance of its due time, even if others judge too."""

from datetime import timedelta

import pytest
from django.db.models import F

from releases import judge, scheduling
from releases.evidence import repository
from releases.judge import JudgedByOthers
from releases.models import Release, Verification
from releases.scheduling import PlannedAddress
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_checks_until, create_observation, create_observations

pytestmark = pytest.mark.django_db

LIMIT = SEED_DUE + timedelta(minutes=2)
AFTER = LIMIT + timedelta(minutes=1)
TABLES = "https://www.example.gov.uk/statistics/tables.csv"


def on_time(**fields) -> Release:
    release = ReleaseFactory(confirmed=True, **fields)
    create_observations(release, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
    return release


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


@pytest.mark.parametrize(
    ("rehearsal", "outcome"),
    [pytest.param(False, Outcome.ON_TIME, id="release"), pytest.param(True, Outcome.CANNOT_TELL, id="rehearsal")],
)
def test_an_address_added_after_the_due_time_is_not_judged_unless_it_is_a_rehearsals(rehearsal, outcome):
    release = on_time(rehearsal=rehearsal)
    scheduling.add_address(release, PlannedAddress(url=TABLES, role="attachment"), at=SEED_DUE + seconds(30))
    verification = judge.judge_one(release, now=AFTER)
    assert verification.outcome == outcome


def tolerance(release, number, *, changed_at):
    series = release.series
    series.history.update(history_date=SEED_DUE - timedelta(days=1))
    series.tolerance_seconds, series._history_date = number, changed_at
    series.save()


def test_a_tolerance_that_was_widened_after_the_due_time_does_not_count_even_if_no_one_had_judged_yet(
    confirmed_release,
):
    create_observations(confirmed_release, "not_live", "live", start=LIMIT + seconds(10))
    tolerance(confirmed_release, 179, changed_at=SEED_DUE + seconds(60))
    verification = judge.judge_one(confirmed_release, now=AFTER)
    assert (verification.tolerance_seconds, verification.outcome) == (120, Outcome.LATE)


def test_a_tolerance_that_was_changed_before_the_due_time_counts_even_if_someone_had_judged_before(confirmed_release):
    judge.judge_one(confirmed_release, now=SEED_DUE - seconds(60))
    tolerance(confirmed_release, 60, changed_at=SEED_DUE - seconds(30))
    assert judge.judge_one(confirmed_release, now=AFTER).tolerance_seconds == 60


@pytest.mark.both_databases
def test_a_judge_who_is_overtaken_judges_again_so_that_no_live_check_is_lost(monkeypatch, confirmed_release):
    judge.judge_one(confirmed_release, now=SEED_DUE - seconds(10))
    create_observations(confirmed_release, "not_live", "live", start=SEED_DUE - seconds(5))
    read, others = repository.read_sightings, [1]

    def read_while_another_judges(releases):
        looks = read(releases)
        if others:
            others.pop()
            Verification.objects.update(revision=F("revision") + 1)
        return looks

    monkeypatch.setattr(repository, "read_sightings", read_while_another_judges)
    judged = judge.judge_one(confirmed_release, now=AFTER)
    assert (judged.revision, Verification.objects.get().outcome) == (3, Outcome.ON_TIME)


def test_a_judge_who_is_overtaken_each_time_says_so(monkeypatch):
    release = on_time()
    read = repository.read_sightings

    def read_while_another_judges(releases):
        Verification.objects.update(revision=F("revision") + 1)
        return read(releases)

    monkeypatch.setattr(repository, "read_sightings", read_while_another_judges)
    with pytest.raises(JudgedByOthers, match="5 attempts"):
        judge.judge_one(release, now=AFTER)


def test_a_release_that_is_missing_a_part_is_published_when_its_page_was_seen():
    release = on_time(attachments=(TABLES,))
    attachment = release.addresses.get(role="attachment")
    create_checks_until(attachment, LIMIT)
    create_observation(attachment, "not_live", at=LIMIT)
    assert judge.judge_one(release, now=AFTER).outcome == Outcome.PARTIAL
    release.refresh_from_db()
    assert release.published_at == SEED_DUE + seconds(0.2)


@pytest.mark.parametrize(
    ("until", "outcome"),
    [
        pytest.param(LIMIT - timedelta.resolution, Outcome.PENDING, id="the-look-at-the-limit-is-under-way"),
        pytest.param(LIMIT, Outcome.NOT_SEEN, id="every-look-is-over"),
    ],
)
def test_nothing_is_missing_before_every_look_up_to_the_limit_is_over(until, outcome, confirmed_release):
    create_observations(confirmed_release, "not_live", start=LIMIT + seconds(5))
    judged = judge.judge_one(confirmed_release, now=AFTER, answered_until=lambda address: until)
    assert judged.outcome == outcome
