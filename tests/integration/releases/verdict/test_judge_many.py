"""Judging many releases at once: as one by one, in a fixed number of queries, and none for the fault of another."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from releases import judge as judge_module
from releases import statements
from releases.evidence import repository
from releases.judge import JudgedByOthers, judge_all, judge_one
from releases.models import Release, ReleaseEvent, Statement, Verification
from releases.models.append_only import check_chain
from releases.models.observation import Purpose
from releases.rules.lifecycle import Role, Status
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, create_member
from tests.support.observations import create_observation, create_observations
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

LIMIT = SEED_DUE + timedelta(minutes=2)
AFTER = LIMIT + timedelta(minutes=1)
BEFORE_DUE = SEED_DUE - timedelta(seconds=5)
# results of checks five seconds apart, from when on, and what they amount to
MORNINGS = {
    "on-time": (("not_live", "live"), BEFORE_DUE, Outcome.ON_TIME),
    "late": (("not_live", "live"), LIMIT, Outcome.LATE),
    "not-seen": (("not_live",), LIMIT, Outcome.NOT_SEEN),
    "early": (("not_live", "live", "live"), SEED_DUE - timedelta(hours=1), Outcome.EARLY),
    "uncertain": (("not_live", "live"), LIMIT - timedelta(seconds=1), Outcome.UNCERTAIN),
    "unreachable": (("unreachable",), LIMIT, Outcome.CANNOT_TELL),
    "nobody-looked": ((), LIMIT, Outcome.CANNOT_TELL),
}


@shared_fixture
def series():
    return SeriesFactory()


def seen(series, reference, *results, start) -> Release:
    release = ReleaseFactory(
        confirmed=True, series=series, reference=reference, url=f"https://www.example.gov.uk/{reference}"
    )
    create_observations(release, *results, start=start)
    return release


def late(series, reference) -> Release:
    return seen(series, reference, "not_live", "live", start=LIMIT)


def outcomes() -> dict[str, str]:
    return dict(Verification.objects.values_list("release__reference", "outcome"))


@pytest.mark.both_databases
def test_every_kind_of_morning_ends_as_if_its_release_had_been_judged_alone(series):
    releases = [seen(series, name, *looks, start=start) for name, (looks, start, _) in MORNINGS.items()]
    judged, faults = judge_all(releases, now=AFTER)
    assert outcomes() == {name: outcome for name, (_, _, outcome) in MORNINGS.items()}
    assert faults == []
    together = {verification.release_id: verification for verification in judged}
    for release in releases:
        alone = judge_one(release, now=AFTER)
        assert alone.revision == together[release.pk].revision, "unchanged"
        assert alone.results == together[release.pk].results
    published = Release.objects.filter(status=Status.PUBLISHED).values_list("reference", flat=True)
    assert set(published) == {"on-time", "late", "uncertain"}
    kinds = ReleaseEvent.objects.filter(release__reference="late").values_list("kind", flat=True)
    assert list(kinds)[-2:] == ["judged", "publish"]
    assert check_chain(ReleaseEvent)[1] is None


@pytest.mark.both_databases
def test_more_than_are_judged_at_once_are_all_judged_however_many_remain(series, monkeypatch):
    monkeypatch.setattr(judge_module, "JUDGED_AT_ONCE", 2)
    releases = [seen(series, name, *looks, start=start) for name, (looks, start, _) in MORNINGS.items()]
    judged, faults = judge_all(releases, now=AFTER)
    assert outcomes() == {name: outcome for name, (_, _, outcome) in MORNINGS.items()}
    assert {verification.release_id for verification in judged} == {release.pk for release in releases}
    assert faults == []


@pytest.mark.parametrize("first", [pytest.param(True, id="first-verdict"), pytest.param(False, id="unchanged")])
def test_judging_three_or_twelve_releases_takes_as_many_queries(series, first, django_assert_num_queries, monkeypatch):
    # From twenty rows on, one more statement reserves their keys.
    monkeypatch.setattr("releases.models.bulk_insert.WORTH_COPYING", 1_000)

    def judge(number):
        releases = [late(series, f"late-{number}-{each}") for each in range(number)]
        if not first:
            judge_all(releases, now=AFTER)
        return releases

    few, many = judge(3), judge(12)
    late(series, "later")  # all have checks after those that were counted
    with connection.execute_wrapper(counted := Counted()):
        assert len(judge_all(few, now=AFTER)[0]) == 3
    with django_assert_num_queries(counted.number):
        assert len(judge_all(many, now=AFTER)[0]) == 12


def test_judging_does_not_read_checks_of_further_vantage_points_if_there_are_none(series, monkeypatch):
    releases = [late(series, f"late-{each}") for each in range(2)]
    store_checks(make_check(releases[1].addresses.get(), "live", b"live", at=1, purpose=Purpose.VANTAGE))
    asked = []
    read = repository.read_vantage_sightings
    monkeypatch.setattr(repository, "read_vantage_sightings", lambda keys: asked.append(keys) or read(keys))
    judge_all(releases[:1], now=AFTER)
    with connection.execute_wrapper(counted := Counted()):
        assert read(set()) == {}
    judge_all(releases, now=AFTER)
    assert (asked, counted.number) == ([set(), {releases[1].pk}], 0)


class Counted:
    def __init__(self):
        self.number = 0

    def __call__(self, execute, sql, params, many, context):
        self.number += 1
        return execute(sql, params, many, context)


@pytest.mark.parametrize(
    ("result", "completed"),
    [
        pytest.param("nonsense", timedelta(seconds=1), id="a-look-that-cannot-be-read"),
        pytest.param("live", timedelta(seconds=-9), id="a-verdict-that-the-database-refuses"),
    ],
)
def test_a_release_on_which_our_own_code_fails_stops_no_other_and_is_never_on_time(series, result, completed):
    sound, broken, other = (seen(series, name, "not_live", start=LIMIT) for name in ("sound", "broken", "other"))
    create_observation(broken.addresses.get(), result, at=LIMIT + timedelta(seconds=5), took=completed)
    _, faults = judge_all([sound, broken, other], now=AFTER)
    assert [release for release, _ in faults] == [broken]
    assert outcomes() == {"sound": Outcome.NOT_SEEN, "broken": Outcome.PENDING, "other": Outcome.NOT_SEEN}


@pytest.mark.both_databases
def test_who_is_overtaken_at_one_release_judges_that_one_again_and_keeps_the_others(series, monkeypatch):
    releases = [late(series, name) for name in ("calm", "contested")]
    judge_all(releases, now=SEED_DUE - timedelta(hours=1))
    read, asked = repository.read_sightings, []

    def read_while_another_judges(keys):
        asked.append(set(keys))
        if len(asked) == 1:
            Verification.objects.filter(release__reference="contested").update(revision=F("revision") + 1)
        return read(keys)

    monkeypatch.setattr(repository, "read_sightings", read_while_another_judges)
    _, faults = judge_all(releases, now=AFTER)
    assert asked == [{release.pk for release in releases}, {releases[1].pk}]
    assert faults == []
    assert outcomes() == {"calm": Outcome.LATE, "contested": Outcome.LATE}
    assert ReleaseEvent.objects.filter(kind="judged").count() == 2


def test_who_is_overtaken_each_time_says_so_of_that_release_alone(series, monkeypatch):
    releases = [late(series, name) for name in ("calm", "contested")]
    read = repository.read_sightings

    def read_while_another_judges(keys):
        Verification.objects.filter(release__reference="contested").update(revision=F("revision") + 1)
        return read(keys)

    monkeypatch.setattr(repository, "read_sightings", read_while_another_judges)
    _, faults = judge_all(releases, now=AFTER)
    assert [(release.reference, type(fault)) for release, fault in faults] == [("contested", JudgedByOthers)]
    assert outcomes() == {"calm": Outcome.LATE, "contested": Outcome.PENDING}


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_watchers_and_a_person_who_judge_the_same_releases_at_once_never_wait_for_each_other_for_ever(series):
    releases = [late(series, f"late-{number}") for number in range(8)]
    text = create_observation(releases[0].addresses.get(), "unrecognised", at=SEED_DUE, text="Is it this?").text_digest
    person = create_member(Role.STATISTICIAN, series.producer)

    def work(number):
        last = None
        try:
            for step in range(6):
                if number == 0:
                    kind = (Statement.Kind.THIS_IS_IT, Statement.Kind.PREVIOUS_EDITION)[step % 2]
                    last = statements.record_text_statement(
                        releases[0],
                        releases[0].addresses.get(),
                        kind,
                        text_digest=text,
                        by=person,
                        at=AFTER,
                        seen=last and last.pk,
                    )
                else:
                    # Before the limit nothing is late: every turn changes the verdict on all of them.
                    now = (AFTER, LIMIT - timedelta(seconds=1))[(step + number) % 2]
                    faults = judge_all(releases if number % 2 else releases[::-1], now=now)[1]
                    assert {type(fault) for _, fault in faults} <= {JudgedByOthers}
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=4) as threads:
        list(threads.map(work, range(4)))
    assert judge_all(releases, now=AFTER)[1] == []
    assert set(outcomes().values()) == {Outcome.LATE}
    assert check_chain(ReleaseEvent)[1] is None
