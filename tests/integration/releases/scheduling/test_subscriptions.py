"""Which announced releases are found by producer, series, designation, words, status and date."""

from datetime import date, timedelta

import pytest

from releases import scheduling
from releases.models import Release
from releases.public import calendar as public_calendar
from releases.public.calendar import CalendarQuery, filter_releases
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from releases.rules.public_calendar import PublicStatus
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.shared_rows import shared_fixture

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def found(**wanted):
    return sorted(filter_releases(CalendarQuery(**wanted)).values_list("reference", flat=True))


@shared_fixture
def calendar():
    """Two producers, three series, and a confidential release."""
    office = ProducerFactory(slug="office")
    prices = SeriesFactory(producer=office, slug="prices", designation="accredited")
    jobs = SeriesFactory(producer=office, slug="jobs")
    other = SeriesFactory(producer=ProducerFactory(slug="agency"), slug="prices")
    ReleaseFactory(announced=True, series=prices, reference="prices-may", title="Consumer prices, May 2020")
    ReleaseFactory(announced=True, series=jobs, reference="jobs-may", title="Jobs and prices of 50% of firms")
    ReleaseFactory(announced=True, series=other, reference="other-prices", title="Farm PRICES")
    ReleaseFactory(series=prices, reference="quiet", title="Quiet prices")


@pytest.mark.parametrize(
    ("wanted", "references"),
    [
        ({}, ["jobs-may", "other-prices", "prices-may"]),
        ({"producer": "office"}, ["jobs-may", "prices-may"]),
        ({"producer": "office", "series": "prices"}, ["prices-may"]),
        ({"series": "prices"}, ["other-prices", "prices-may"]),
        ({"designation": "accredited"}, ["prices-may"]),
        ({"words": "prices"}, ["jobs-may", "other-prices", "prices-may"]),
        ({"words": "MAY  consum"}, ["prices-may"]),
        ({"words": "50%"}, ["jobs-may"]),
        ({"words": "p_ices"}, []),
        ({"producer": "nowhere"}, []),
    ],
    ids=[
        "nothing",
        "producer",
        "series of a producer",
        "series of any producer",
        "designation",
        "a word in any case",
        "all words, also parts of words",
        "a percent sign as itself",
        "an underscore as itself",
        "an unknown producer",
    ],
)
def test_what_fits_is_found_and_nothing_that_is_not_announced(calendar, wanted, references):
    assert found(**wanted) == references


def test_a_vague_release_may_come_on_each_day_of_its_months():
    for reference, on, precision in (
        ("june", date(2026, 6, 20), Precision.MONTH),
        ("may-june", date(2026, 5, 20), Precision.TWO_MONTHS),
    ):
        scheduling.announce_release(
            ReleaseFactory(reference=reference, slot=Slot(on, None, precision)), by=None, at=A_LONG_TIME_AGO
        )
    ReleaseFactory(announced=True, reference="exact", slot=london_slot(date(2026, 6, 10)))
    for since, until, references in (
        (date(2026, 4, 1), date(2026, 4, 30), []),
        (date(2026, 5, 31), date(2026, 5, 31), ["may-june"]),
        (date(2026, 6, 1), date(2026, 6, 9), ["june", "may-june"]),
        (date(2026, 6, 10), date(2026, 6, 10), ["exact", "june", "may-june"]),
        (date(2026, 6, 30), None, ["june", "may-june"]),
        (date(2026, 7, 1), None, []),
        (None, date(2026, 5, 1), ["may-june"]),
        (date.min, date.max, ["exact", "june", "may-june"]),
    ):
        assert found(since=since, until=until) == references, (since, until)


def test_every_status_finds_exactly_the_releases_that_the_calendar_calls_so():
    series = SeriesFactory()
    head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
    at = SEED_DUE - timedelta(days=5)
    scheduling.announce_release(ReleaseFactory(series=series, reference="provisional"), by=None, at=A_LONG_TIME_AGO)
    later, earlier = london_slot(date(2020, 7, 1)), london_slot(date(2020, 6, 29))
    for reference, to in (("confirmed", None), ("postponed", later), ("sooner", earlier), ("ended", later)):
        release = ReleaseFactory(announced=True, series=series, reference=reference)
        if to:
            scheduling.change_date(release, to=to, reason="Late figures", by=head, at=at)
    scheduling.cancel_release(Release.objects.get(reference="ended"), reason="It ended.", by=head, at=at)
    out = ReleaseFactory(announced=True, series=series, reference="published")
    scheduling.publish(out, by=None, at=SEED_DUE, published_at=SEED_DUE)
    called = {}
    for release in public_calendar.announced_facts(filter_releases(CalendarQuery())):
        called.setdefault(release.status, []).append(release.reference)
    assert len(called) == len(PublicStatus)
    for status in PublicStatus:
        assert found(statuses=frozenset({status})) == sorted(called[status]), status
    assert found(statuses=frozenset({PublicStatus.POSTPONED, PublicStatus.PUBLISHED})) == ["postponed", "published"]
    assert found(statuses=frozenset({PublicStatus.CONFIRMED})) == ["confirmed", "sooner"]


def test_a_release_moved_before_it_was_announced_is_not_called_postponed():
    release = ReleaseFactory()
    keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    moved = scheduling.change_date(release, to=london_slot(date(2020, 7, 1)), by=keeper, at=A_LONG_TIME_AGO)
    scheduling.announce_release(
        scheduling.confirm_release(moved, by=None, at=A_LONG_TIME_AGO), by=None, at=A_LONG_TIME_AGO
    )
    assert found(statuses=frozenset({PublicStatus.CONFIRMED})) == [release.reference]
    (fact,) = public_calendar.announced_facts(filter_releases(CalendarQuery()))
    assert (fact.status, fact.moves) == (PublicStatus.CONFIRMED, ())
