"""What needs attention: exactly the releases that a warning speaks of, counted and listed alike (C14, C16)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from releases import overview, scheduling
from releases.models import PreflightRun, Release
from releases.overview import Concern
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.support.factories import (
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
)
from tests.support.shared_rows import shared_fixture

# Half past midnight in London, still the day before in UTC.
NOW = datetime(2026, 6, 29, 23, 30, tzinfo=UTC)
TODAY = date(2026, 6, 30)
MISSING = (Concern.NO_ADDRESS, Concern.NO_CONTACT, Concern.NO_HEAD)

pytestmark = pytest.mark.django_db


@shared_fixture
def series():
    return SeriesFactory()


@shared_fixture
def person(series):
    return create_member(Role.STATISTICIAN, series.producer)


def due(series, days, reference="one", *, announced=True, **fields):
    slot = london_slot(TODAY + timedelta(days=days))
    return ReleaseFactory(announced=announced, series=series, reference=reference, slot=slot, **fields)


def vague(series, reference, on, precision):
    release = ReleaseFactory(series=series, reference=reference, slot=Slot(on=on, at=None, precision=precision))
    return scheduling.announce_release(release, by=None, at=release.recorded_at)


def found(person, concern):
    """List the releases of a concern, and hold the count to them."""
    rows = set(
        overview.releases_of_concern(overview.visible_releases(person), concern, now=NOW).values_list(
            "reference", flat=True
        )
    )
    assert overview.count_concerns(person, now=NOW)[concern] == len(rows)
    return rows


@pytest.mark.parametrize("days", [0, 1, 14], ids=["today", "tomorrow", "in-two-weeks"])
def test_a_release_due_within_two_weeks_without_page_contact_or_head_is_warned_of(series, person, days):
    release = due(series, days)
    for concern in MISSING:
        assert found(person, concern) == set()
    release.addresses.all().delete()
    series.responsible = series.head_of_profession = None
    series.save()
    for concern in MISSING:
        assert found(person, concern) == {"one"}


@pytest.mark.parametrize("days", [-1, 15], ids=["past", "later"])
def test_one_that_is_past_or_due_later_is_not_warned_of(series, person, days):
    due(series, days).addresses.all().delete()
    series.responsible = series.head_of_profession = None
    series.save()
    for concern in MISSING:
        assert found(person, concern) == set()


def test_an_attachment_or_an_announcement_is_no_page_to_check(series, person):
    release = due(series, 3, attachments=("https://www.example.gov.uk/media/tables.ods",))
    release.addresses.filter(role="page").delete()
    assert found(person, Concern.NO_ADDRESS) == {"one"}


@pytest.mark.parametrize("state", ["cancelled", "published"])
def test_nothing_is_asked_of_a_release_that_is_cancelled_or_published(series, person, state):
    release = due(series, 1)
    release.addresses.all().delete()
    at = release.recorded_at
    if state == "cancelled":
        scheduling.cancel_release(release, reason="Stopped", by=create_member(Role.DEPUTY, series.producer), at=at)
    else:
        scheduling.publish(release, by=None, at=at, published_at=at)
    assert {concern for concern in Concern if found(person, concern)} == set()


def test_only_ones_own_producers_count(series, person):
    due(SeriesFactory(responsible=None), 1, "foreign")
    due(series, 1, "own")
    assert found(person, Concern.DUE_TOMORROW) == {"own"}
    for stranger in (UserFactory(), create_member(Role.AUDITOR, ProducerFactory()), UserFactory(is_superuser=True)):
        assert not any(overview.count_concerns(stranger, now=NOW).values())


def test_tomorrow_is_londons(series, person):
    due(series, 0, "today")
    due(series, 1, "tomorrow")
    due(series, 2, "later")
    assert found(person, Concern.DUE_TOMORROW) == {"tomorrow"}


def test_a_provisional_release_is_past_its_date_once_its_last_day_is_over(series, person):
    due(series, -1, "yesterday", announced=False)
    due(series, 0, "today", announced=False)
    due(series, -1, "confirmed")
    vague(series, "may", date(2026, 5, 1), Precision.MONTH)
    vague(series, "june", date(2026, 6, 1), Precision.MONTH)
    vague(series, "april-may", date(2026, 4, 30), Precision.TWO_MONTHS)
    vague(series, "may-june", date(2026, 5, 1), Precision.TWO_MONTHS)
    assert found(person, Concern.PAST_ITS_DATE) == {"yesterday", "may", "april-may"}


def test_a_provisional_date_within_four_weeks_waits_to_be_confirmed(series, person):
    due(series, 27, "in-27-days", announced=False)
    due(series, 28, "in-four-weeks", announced=False)
    due(series, 3, "confirmed")
    due(series, -1, "past", announced=False)
    vague(series, "july", date(2026, 7, 1), Precision.MONTH)
    assert found(person, Concern.NOT_CONFIRMED) == {"in-27-days", "july"}


def test_a_coming_release_that_is_not_announced_is_told_of_and_a_rehearsal_is_not(series, person):
    due(series, 300, "quiet", announced=False)
    due(series, 3, "announced")
    due(series, -3, "past", announced=False)
    due(series, 3, "rehearsal", announced=False, confirmed=True, rehearsal=True)
    assert found(person, Concern.NOT_ANNOUNCED) == {"quiet"}


def test_problems_count_as_the_newest_check_of_the_present_schedule_found_them(series, person):
    for reference, problems in {"ill": (0, 2), "mended": (2, 0)}.items():
        release = due(series, 3, reference)
        for age, count in zip((2, 1), problems, strict=True):
            checked(release, problems=count, at=NOW - timedelta(hours=age))
    moved = due(series, 3, "moved")
    checked(moved, problems=1, at=NOW - timedelta(hours=1))
    Release.objects.filter(pk=moved.pk).update(schedule_version=2)
    assert found(person, Concern.PREFLIGHT_PROBLEMS) == {"ill"}


def checked(release, *, problems, at):
    PreflightRun.objects.create(
        release=release, schedule_version=1, asked_at=at, done_at=at, problems=problems, news=problems
    )


def test_everything_is_counted_with_one_query(series, person, django_assert_num_queries):
    due(series, 1)
    with django_assert_num_queries(1):
        overview.count_concerns(person, now=NOW)
