"""Next year's releases from this year's: provisional, on working days, and never made twice."""

from datetime import UTC, date, datetime, time

import pytest
from django.db import IntegrityError

from releases import planner, scheduling
from releases.models import Membership, Release, ReleaseEvent
from releases.planner import PlanObjection
from releases.rules.calendar import Precision, Rule, Slot
from releases.rules.lifecycle import Role
from tests.support.factories import (
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.shared_rows import shared_fixture

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@shared_fixture
def series():
    return SeriesFactory(producer__nation="england")


@shared_fixture
def keeper(series):
    return create_member(Role.CALENDAR_MANAGER, series.producer)


def release(series, on=date(2026, 7, 17), reference="rain-2026", announced=True, **fields):
    return ReleaseFactory(
        announced=announced, series=series, reference=reference, slot=london_slot(on), title=f"Rain {on:%Y}", **fields
    )


def plans(keeper, rule=Rule.SAME_DATE, *, now=NOW, of=None):
    sources = Release.objects.filter(pk__in=of) if of else Release.objects.filter(planned_from=None)
    return planner.plan_year(sources, rule=rule, by=keeper, now=now)


def run(keeper, **fields):
    return planner.record_plans(plans(keeper, **fields), by=keeper, at=NOW)


def test_a_release_is_planned_a_year_later_as_provisional_and_is_not_public(series, keeper):
    source = release(series)
    made, refusals = run(keeper)
    assert refusals == []
    (new,) = made
    new.refresh_from_db()
    assert (new.reference, new.title, str(new.slot)) == ("rain-2027", "Rain 2027", "19 July 2027 9:30am")
    assert (new.status, new.announced_at, new.confirmed_at, new.planned_from) == ("provisional", None, None, source)
    assert not new.addresses.exists()
    event = ReleaseEvent.in_order().last()
    assert (event.kind, event.actor, event.release_public_id) == ("recorded", keeper, new.public_id)


def test_the_plan_says_why_a_day_was_moved_and_makes_nothing(series, keeper):
    release(series)
    (plan,) = plans(keeper)
    assert plan.in_the_way == (date(2027, 7, 17), date(2027, 7, 18))
    assert plan.holidays_known
    assert Release.objects.count() == 1


def test_a_second_run_makes_nothing_again_even_if_what_was_made_is_called_otherwise_and_moved(series, keeper):
    release(series)
    (new,) = run(keeper)[0]
    Release.objects.filter(pk=new.pk).update(reference="another", planned_on=date(2027, 9, 1))
    (plan,) = plans(keeper)
    assert (plan.objection, plan.other.reference) == (PlanObjection.PLANNED_ALREADY, "another")
    assert run(keeper) == ([], [])
    assert Release.objects.count() == 2


def test_two_who_plan_at_once_make_each_release_once(series, keeper):
    release(series)
    both = plans(keeper)
    assert len(planner.record_plans(both, by=keeper, at=NOW)[0]) == 1
    assert planner.record_plans(both, by=keeper, at=NOW) == ([], [])
    assert Release.objects.count() == 2


def test_the_database_itself_takes_no_second_release_for_the_same_one(series):
    source = release(series)
    for reference in ("one", "two"):
        release(series, date(2027, 7, 19), reference, announced=False)
    Release.objects.filter(reference="one").update(planned_from=source)
    with pytest.raises(IntegrityError):
        Release.objects.filter(reference="two").update(planned_from=source)


def test_what_was_planned_and_deleted_can_be_planned_again(series, keeper):
    release(series)
    run(keeper)[0][0].delete()
    assert len(run(keeper)[0]) == 1


def test_a_day_on_which_the_series_has_a_release_already_is_left_alone(series, keeper):
    release(series)
    there = release(series, date(2027, 7, 19), "by-import", announced=False)
    (plan,) = plans(keeper, of=[Release.objects.get(reference="rain-2026").pk])
    assert (plan.objection, plan.other) == (PlanObjection.DAY_TAKEN, there)


def test_two_releases_of_a_day_are_both_planned_one_after_the_other(series, keeper):
    first, second = release(series, reference="rain-a-2026"), release(series, reference="rain-b-2026")
    assert len(run(keeper, of=[first.pk])[0]) == 1
    assert len(run(keeper, of=[first.pk, second.pk])[0]) == 1
    assert Release.objects.filter(planned_on=date(2027, 7, 19)).count() == 2


def test_a_reference_that_there_is_already_is_not_taken_twice(series, keeper):
    release(series)
    there = release(series, date(2027, 11, 9), "rain-2027", announced=False)
    (plan,) = plans(keeper, of=[Release.objects.get(reference="rain-2026").pk])
    assert (plan.objection, plan.other) == (PlanObjection.REFERENCE_TAKEN, there)
    assert planner.record_plans([plan], by=keeper, at=NOW) == ([], [])


def test_of_a_release_of_someone_else_that_has_the_reference_no_more_is_told(series, keeper):
    release(series)
    release(SeriesFactory(), date(2027, 11, 9), "rain-2027", announced=False)
    (plan,) = plans(keeper, of=[Release.objects.get(reference="rain-2026").pk])
    assert (plan.objection, plan.other) == (PlanObjection.REFERENCE_TAKEN, None)


def test_two_whose_references_would_become_the_same_are_not_both_made(series, keeper):
    release(series, date(2026, 7, 14), "rain")
    release(series, date(2026, 8, 18), "rain-2026")
    assert [plan.objection for plan in plans(keeper)] == [None, PlanObjection.REFERENCE_TAKEN]


@pytest.mark.parametrize(
    "why", [PlanObjection.REHEARSAL, PlanObjection.CANCELLED, PlanObjection.PAST, PlanObjection.NOT_YOURS]
)
def test_after_some_nothing_is_planned(series, keeper, why):
    if why is PlanObjection.REHEARSAL:
        release(series, announced=False, confirmed=True, rehearsal=True)
    elif why is PlanObjection.CANCELLED:
        scheduling.cancel_release(release(series), reason="Stopped", by=keeper, at=NOW)
    elif why is PlanObjection.PAST:
        release(series, date(2025, 6, 30))
    else:
        read = SeriesFactory()
        Membership.objects.create(user=keeper, producer=read.producer, role=Role.AUDITOR)
        release(read)
    (plan,) = plans(keeper)
    assert plan.objection is why
    assert planner.record_plans([plan], by=keeper, at=NOW) == ([], [])


def test_a_vague_release_stays_vague(series, keeper):
    slot = Slot(on=date(2026, 12, 1), at=None, precision=Precision.TWO_MONTHS)
    ReleaseFactory(series=series, reference="rain-2026", slot=slot)
    (new,) = run(keeper, rule=Rule.SAME_WEEKDAY)[0]
    assert str(new.slot) == "December 2027 to January 2028"


def test_the_series_time_of_by_then_is_taken(series, keeper):
    release(series)
    series.release_time, series.alternative_time_reference = time(7), "OSR/2026/1"
    series.alternative_time_approved_on = date(2026, 6, 1)
    series.save()
    (new,) = run(keeper)[0]
    assert str(new.slot) == "19 July 2027 7am"


def test_that_the_holidays_of_a_year_are_not_known_yet_is_told(series, keeper):
    release(series, date(2039, 7, 13))
    (plan,) = plans(keeper)
    assert not plan.holidays_known


def test_a_plan_asks_the_database_no_more_for_more_releases(series, keeper, django_assert_num_queries):
    for month in range(1, 7):
        release(series, date(2027, month, 14), f"rain-2027-{month:02}", announced=False)
    with django_assert_num_queries(5):
        assert len(plans(keeper)) == 6
