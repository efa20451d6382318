"""Checks that only repeat what others show are not read, and no verdict and no account is another one for that."""

import random
from datetime import timedelta

import pytest
from django.db.models import Q

from breaches.facts import facts_of_verifications
from breaches.rules import narrative
from releases import judge
from releases.detection.finding import PublisherSays, PublisherState, Source, publisher_to_json
from releases.evidence import repository
from releases.models import Observation, Release, Statement, Verification
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, create_member, rolled_back
from tests.support.observations import create_observation, create_observations

pytestmark = pytest.mark.django_db

LIMIT = SEED_DUE + timedelta(minutes=2)
AFTER = LIMIT + timedelta(minutes=10)
RELEASES, MORE = 80, 250
# so many of the releases were also checked every two seconds from the due time to the limit
CLOSELY = 0.3
# seconds from the due time, between which checks are planned
SPANS = ((-60, 30), (-7200, -60), (-7200, -60), (115, 260))
TEXTS = ("", "a" * 64, "b" * 64, "c" * 64)
REASONS, OFTEN = ("not_found", "clock_off", "gone", "withdrawn"), (980, 2, 9, 9)
RESULTS = ("not_live", "live", "unreachable", "observer_fault", "unrecognised")


def seconds(value: float) -> timedelta:
    return timedelta(seconds=round(value, 3))


def a_random_look(
    chance: random.Random, address, *, published: float, noise: float, planned: float | None = None
) -> Observation:
    """A check at any time around the due one: mostly quick and to plan, sometimes slow, delayed or by a wrong clock.

    It finds a page published so many seconds after the due time, unless by chance it shows anything else.

    :param planned: seconds from the due time; by chance if None.
    """
    by_chance = chance.choice((0, 120, -5, *(chance.uniform(*span) for span in SPANS)))
    planned = SEED_DUE + seconds(by_chance if planned is None else planned)
    sent = planned + seconds(chance.choice((0, 0.1, -0.3, chance.uniform(-1, 14))))
    sent += timedelta(microseconds=chance.randrange(1000))  # no two at once, as on any real day
    took = seconds(chance.choice((0.1, 0.1, 0.1, chance.uniform(0, 15))))
    return Observation(
        release=address.release,
        address=address,
        url=address.url,
        schedule_version=1,
        superseded=chance.random() < 0.02,
        planned_at=planned,
        sent_at=sent,
        completed_at=sent + took,
        recorded_at=sent + took,
        result=chance.choice(RESULTS) if chance.random() < noise else RESULTS[sent >= SEED_DUE + seconds(published)],
        reasons=[chance.choices(REASONS, weights=OFTEN)[0]],
        adapter="page",
        text_digest=chance.choice(TEXTS),
        watcher="test",
        purpose="fresh" if chance.random() < 0.05 else "plain",
        clock_bound_seconds=chance.choices((None, 0.0, 0.02, 0.4, 3.0), weights=(noise / 5, 2, 1, 1, 1))[0],
        publisher_says=_says(chance) if chance.random() < 0.003 else {},
    )


def _says(chance: random.Random):
    at = SEED_DUE + seconds(chance.uniform(-60, 300))
    return publisher_to_json(PublisherSays(PublisherState.PUBLISHED, published_at=at, source=Source.CHANGE_HISTORY))


@pytest.fixture(params=[RELEASES, pytest.param(MORE, marks=pytest.mark.full)])
def mornings(request: pytest.FixtureRequest) -> list[Release]:
    """Many releases, each checked up to sixty times at random, a few of them with a person's word on a text."""
    chance = random.Random(7)  # noqa: S311  # a morning that can be played again
    series = SeriesFactory()
    person = create_member(Role.STATISTICIAN, series.producer)
    rows = []
    for number in range(request.param):
        release = ReleaseFactory(
            confirmed=True, series=series, reference=f"r-{number}", url=f"https://www.example.gov.uk/{number}"
        )
        (page,) = release.addresses.select_related("release")
        day = {
            "published": chance.choice(
                (chance.uniform(-100, 0), chance.uniform(0, 120), chance.uniform(120, 200), 1e6)
            ),
            "noise": chance.choice((0, 0.02, 0.3)),
        }
        rows += [a_random_look(chance, page, **day) for _ in range(chance.randint(0, 60))]
        if chance.random() < CLOSELY:
            rows += [a_random_look(chance, page, **day, planned=since_due) for since_due in range(0, 130, 2)]
        if chance.random() < 0.1:
            kind = chance.choice((Statement.Kind.THIS_IS_IT, Statement.Kind.PREVIOUS_EDITION))
            Statement.objects.create(
                release=release,
                address=page,
                schedule_version=1,
                kind=kind,
                text_digest=TEXTS[1],
                stated_by=person,
                stated_at=AFTER,
            )
    chance.shuffle(rows)
    Observation.append(rows)
    return list(Release.objects.order_by("pk"))


@pytest.fixture
def every_look_read(monkeypatch):
    """Let every check be read from now on."""

    def now():
        needed = repository.find_needed_checks
        monkeypatch.setattr(repository, "find_needed_checks", lambda keys: (Q(), needed(keys)[1]))

    return now


def found() -> dict[str, tuple[object, ...]]:
    """What the verdict of each release says, and the account that a report would have of it."""
    verifications = list(Verification.objects.select_related("release__series__producer"))
    facts = facts_of_verifications(verifications)
    return {
        one.release.reference: (
            *(
                getattr(one, name)
                for name in ("outcome", "last_not_live_at", "first_live_at", "delay_from", "delay_to")
            ),
            *(one.occurred_at, one.reasons, one.addresses, one.published_at_by_publisher, one.diagnoses),
            narrative.write_account(facts[one.pk]),
        )
        for one in verifications
    }


def test_random_mornings_end_as_they_do_when_every_check_is_read(mornings, every_look_read):
    keys = [release.pk for release in mornings]
    over_by_due = Observation.objects.plain().filter(completed_at__lt=SEED_DUE)  # all that may repeat others
    every, read = over_by_due.count(), over_by_due.filter(repository.find_needed_checks(keys)[0]).count()
    judge.judge_all(mornings, now=AFTER)
    briefly = found()
    assert {outcome for outcome, *_ in briefly.values()} == set(Outcome) - {Outcome.PENDING, Outcome.PARTIAL}
    every_look_read()
    again, faults = judge.judge_all(mornings, now=AFTER)
    assert not faults
    assert {one.revision for one in again} == {1}, "unchanged"
    assert found() == briefly
    assert read < every * 0.75


def test_of_a_day_of_checks_without_the_release_two_are_read(confirmed_release):
    create_observations(
        confirmed_release, *["not_live"] * 40, start=SEED_DUE - timedelta(hours=10), every=timedelta(minutes=10)
    )
    create_observation(confirmed_release.addresses.get(), "unreachable", at=SEED_DUE - timedelta(minutes=1))
    for at in (LIMIT, LIMIT + timedelta(seconds=5)):
        create_observation(confirmed_release.addresses.get(), "not_live", at=at)
    condition, _ = repository.find_needed_checks([confirmed_release.pk])
    assert Observation.objects.filter(condition).count() == 2 + 2
    (kept,) = judge.judge_one(confirmed_release, now=AFTER).addresses
    assert kept["looks"] == 43


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"result": "live"}, id="that-found-it"),
        pytest.param({"result": "live", "fresh": True}, id="that-found-it-past-the-caches"),
        pytest.param({"reasons": ("clock_off",)}, id="by-a-wrong-clock"),
        pytest.param({"reasons": ("gone",)}, id="that-found-it-gone"),
        pytest.param({"reasons": ("withdrawn",)}, id="that-found-it-withdrawn"),
        pytest.param(
            {"says": PublisherSays(PublisherState.PUBLISHED, published_at=SEED_DUE, source=Source.CHANGE_HISTORY)},
            id="with-a-publishers-time",
        ),
    ],
)
def test_every_check_is_read_where_there_is_one(fields, confirmed_release):
    create_observations(confirmed_release, *["not_live"] * 20, start=SEED_DUE - timedelta(minutes=10))
    fields = {"result": "not_live", **fields}
    create_observation(
        confirmed_release.addresses.get(), fields.pop("result"), at=SEED_DUE - timedelta(minutes=5, seconds=2), **fields
    )
    condition, _ = repository.find_needed_checks([confirmed_release.pk])
    assert Observation.objects.filter(condition).count() == 21


def test_every_check_is_read_where_one_that_found_it_was_under_way_when_it_was_due(confirmed_release):
    create_observations(confirmed_release, *["not_live"] * 20, start=SEED_DUE - timedelta(minutes=10))
    create_observation(
        confirmed_release.addresses.get(), "live", at=SEED_DUE - timedelta(seconds=8), took=timedelta(seconds=9)
    )
    assert Observation.objects.filter(repository.find_needed_checks([confirmed_release.pk])[0]).count() == 21


def test_a_check_that_another_monitoring_process_keeps_meanwhile_is_left_to_the_next_reading(confirmed_release):
    create_observations(confirmed_release, *["not_live"] * 20, start=SEED_DUE - timedelta(minutes=10))
    condition, _ = repository.find_needed_checks([confirmed_release.pk])
    create_observation(confirmed_release.addresses.get(), "live", at=SEED_DUE - timedelta(minutes=5, seconds=2))
    assert Observation.objects.filter(condition).count() == 1
    assert Observation.objects.filter(repository.find_needed_checks([confirmed_release.pk])[0]).count() == 21


def test_checks_of_another_schedule_are_read_all(confirmed_release):
    create_observations(confirmed_release, *["not_live"] * 20, start=SEED_DUE - timedelta(minutes=10))
    Release.objects.filter(pk=confirmed_release.pk).update(schedule_version=2)
    seen = repository.read_sightings([confirmed_release.pk])((confirmed_release.pk, 1))
    assert [len(one.sightings) for one in seen.values()] == [20]


def needed_now(keys):
    condition, number = repository.find_needed_checks(keys)
    return set(Observation.objects.filter(condition, release__in=keys).values_list("pk", flat=True)), dict(number)


def test_counts_to_which_later_checks_are_added_are_those_of_all_checks(monkeypatch):
    chance = random.Random(11)  # noqa: S311  # a morning that can be played again
    series = SeriesFactory()
    releases = [
        ReleaseFactory(confirmed=True, series=series, reference=f"r-{n}", url=f"https://www.example.gov.uk/{n}")
        for n in range(12)
    ]
    pages = [release.addresses.select_related("release").get() for release in releases]
    keys = [release.pk for release in releases]
    for some in (keys, keys[:5], keys[3:8], keys[:1], keys):
        day = {"published": chance.uniform(-30, 200), "noise": chance.choice((0, 0.02, 0.3))}
        Observation.append([a_random_look(chance, chance.choice(pages), **day) for _ in range(60)])
        added_up = needed_now(some)
        with monkeypatch.context() as patch:
            patch.setattr(repository, "_counts", repository._CountCache())
            assert needed_now(some) == added_up


def test_earlier_checks_are_counted_once(confirmed_release, django_assert_num_queries):
    create_observations(confirmed_release, *["not_live"] * 20, start=SEED_DUE - timedelta(minutes=10))
    repository.count_checks([confirmed_release.pk])
    # the end of the chain, the schedules, the hash of the row up to which they are counted, and statements
    with django_assert_num_queries(4):
        _, number = repository.find_needed_checks([confirmed_release.pk])
    assert list(number.values()) == [20]


def test_checks_are_counted_anew_for_another_date(confirmed_release):
    create_observations(confirmed_release, *["not_live"] * 20, start=SEED_DUE - timedelta(minutes=10))
    before = needed_now([confirmed_release.pk])
    Release.objects.filter(pk=confirmed_release.pk).update(due_at=SEED_DUE - timedelta(minutes=9))
    assert needed_now([confirmed_release.pk]) != before


def test_counts_are_not_used_for_another_chain(confirmed_release):
    address = confirmed_release.addresses.get()
    with rolled_back():
        create_observations(confirmed_release, *["live"] * 3, start=SEED_DUE - timedelta(minutes=10))
        repository.count_checks([confirmed_release.pk])
    for second in range(3):
        create_observation(address, "not_live", at=SEED_DUE - timedelta(minutes=9, seconds=second))
    condition, _ = repository.find_needed_checks([confirmed_release.pk])
    assert Observation.objects.filter(condition).count() == 1


def test_a_process_remembers_the_counts_of_a_limited_number_of_releases(monkeypatch, confirmed_release):
    monkeypatch.setattr(repository, "_counts", repository._CountCache())
    monkeypatch.setattr(repository._CountCache, "MOST", 1)
    other = ReleaseFactory(confirmed=True, reference="another")
    repository.count_checks([confirmed_release.pk, other.pk])
    assert list(repository._counts._counts) == [other.pk]
