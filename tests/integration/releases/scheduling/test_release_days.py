"""Holidays by nation and both clock changes, as functions, pages and the admin site keep to them (C10, C11, C16)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse

from releases import scheduling
from releases.models import Release
from releases.rules.calendar import Nation
from releases.rules.lifecycle import Role
from releases.scheduling import SlotRefused
from tests.support.admin_site import act_checked, check, form_of, page, planned, refusals, said, staff
from tests.support.factories import (
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

LONG_BEFORE = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PLAIN = date(2026, 6, 30)
DAYS = [
    pytest.param(Nation.SCOTLAND, date(2026, 11, 30), "St Andrew", id="saint-andrew-in-scotland"),
    pytest.param(Nation.ENGLAND, date(2026, 11, 30), "", id="saint-andrew-in-england"),
    pytest.param(
        Nation.NORTHERN_IRELAND, date(2026, 7, 13), "Battle of the Boyne", id="the-twelfth-in-northern-ireland"
    ),
    pytest.param(Nation.SCOTLAND, date(2026, 7, 13), "", id="the-twelfth-in-scotland"),
    pytest.param(Nation.WALES, date(2026, 8, 31), "Summer bank holiday", id="late-summer-in-wales"),
    pytest.param(Nation.SCOTLAND, date(2026, 8, 31), "", id="late-summer-in-scotland"),
    pytest.param(Nation.SCOTLAND, date(2026, 8, 3), "Summer bank holiday", id="early-summer-in-scotland"),
    pytest.param(Nation.UNITED_KINGDOM, date(2026, 4, 6), "Easter Monday", id="easter-monday-in-the-united-kingdom"),
    pytest.param(Nation.NORTHERN_IRELAND, date(2026, 12, 5), "not a weekday", id="a-saturday-anywhere"),
]


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(LONG_BEFORE, tick=False)


def series_of(nation):
    return SeriesFactory(producer=ProducerFactory(nation=nation))


@shared_fixture
def provisional_release():
    return ReleaseFactory(slot=london_slot(PLAIN))


def typed(on, **fields):
    return {
        "planned_on-day": str(on.day),
        "planned_on-month": str(on.month),
        "planned_on-year": str(on.year),
        "planned_at": "9:30am",
        "seen_version": "1",
        "reason": "Late data",
        **fields,
    }


@pytest.mark.parametrize(("nation", "on", "words"), DAYS)
def test_by_function_a_holiday_of_the_producers_own_nation_needs_a_reason(nation, on, words):
    release = ReleaseFactory(series=series_of(nation), slot=london_slot(on))
    if words:
        with pytest.raises(SlotRefused, match=words):
            scheduling.confirm_release(release, by=None, at=LONG_BEFORE)
    else:
        assert scheduling.confirm_release(release, by=None, at=LONG_BEFORE).status == "confirmed"


# Which days are whose holidays is asserted by function above; pages and the admin site call that function.
OWN_NATION = [
    pytest.param(Nation.SCOTLAND, date(2026, 11, 30), "St Andrew", id="saint-andrew-in-scotland"),
    pytest.param(Nation.ENGLAND, date(2026, 11, 30), "", id="saint-andrew-in-england"),
]


@pytest.mark.parametrize(("nation", "on", "words"), OWN_NATION)
def test_by_page_a_holiday_of_the_producers_own_nation_needs_a_reason(client, nation, on, words):
    series = series_of(nation)
    release = ReleaseFactory(series=series, slot=london_slot(on))
    other = SeriesFactory(producer=series.producer)
    confirmed = ReleaseFactory(confirmed=True, series=other, reference="confirmed", slot=london_slot(PLAIN))
    client.force_login(create_member(Role.HEAD_OF_PROFESSION, series.producer))
    response = client.post(reverse("releases:confirm", args=[release.reference]))
    moved = client.post(reverse("releases:change_date", args=["confirmed"]), typed(on))
    assert (response.status_code, moved.status_code) == ((200, 200) if words else (302, 302))
    if words:
        assert words in response.context["form"].errors["bank_holiday_reason"][0]
        assert words in moved.context["form"].errors["planned_on"][0]
    confirmed.refresh_from_db()
    assert (confirmed.planned_on == on) == (not words)


@pytest.mark.parametrize(("nation", "on", "words"), OWN_NATION)
def test_in_the_admin_site_a_holiday_of_the_producers_own_nation_needs_a_reason(nation, on, words):
    series = series_of(nation)
    release = ReleaseFactory(series=series, slot=london_slot(on))
    other = SeriesFactory(producer=series.producer)
    confirmed = ReleaseFactory(confirmed=True, series=other, reference="confirmed", slot=london_slot(PLAIN))
    client = staff(Role.DEPUTY, series.producer)
    moved = client.post(
        page("release", "change", confirmed.pk), form_of(confirmed, new_on=f"{on:%Y-%m-%d}", reason="Late data")
    )
    if words:
        assert words in planned(check(client, "confirm", [release]))[release.reference]
        assert words in refusals(moved)["new_on"][0]
    else:
        assert said(act_checked(client, "confirm", [release])) == ["1 release confirmed."]
        assert moved.status_code == 302


@pytest.mark.parametrize("way", ["function", "page", "admin"])
def test_half_past_nine_in_london_is_kept_on_both_sides_of_both_clock_changes(
    client, way, provisional_release, subtests
):
    producer = provisional_release.series.producer
    client.force_login(create_member(Role.CALENDAR_MANAGER, producer))
    site = staff(Role.CALENDAR_MANAGER, producer)
    for on, utc_hour in (
        (date(2026, 3, 27), 9),
        (date(2026, 3, 30), 8),
        (date(2026, 10, 23), 8),
        (date(2026, 10, 26), 9),
    ):
        release = Release.objects.get()
        with subtests.test(str(on)):
            if way == "function":
                scheduling.change_date(release, to=london_slot(on), by=None, at=LONG_BEFORE)
            elif way == "page":
                address = reverse("releases:change_date", args=[release.reference])
                sent = typed(on, precision="exact", seen_version=str(release.schedule_version))
                assert client.post(address, sent).status_code == 302
            else:
                sent = form_of(release, new_on=f"{on:%Y-%m-%d}", new_at="09:30")
                assert site.post(page("release", "change", release.pk), sent).status_code == 302
            moved = Release.objects.get()
            assert moved.due_at == datetime(on.year, on.month, on.day, utc_hour, 30, tzinfo=UTC)
            assert str(moved.slot).endswith(f"{on:%B %Y} 9:30am")


def test_an_alternative_time_is_taken_with_its_approval_alone():
    release = ReleaseFactory(slot=london_slot(PLAIN))
    series = release.series
    with pytest.raises(SlotRefused, match="enter the reference and date of OSR’s written agreement to this release"):
        scheduling.change_date(release, to=london_slot(PLAIN, time(7)), by=None, at=LONG_BEFORE)
    series.release_time, series.alternative_time_reference = time(7), "OSR 12"
    series.alternative_time_approved_on = LONG_BEFORE.date()
    series.save()
    moved = scheduling.change_date(release, to=london_slot(PLAIN, time(7)), by=None, at=LONG_BEFORE)
    assert moved.due_at == datetime(2026, 6, 30, 6, 0, tzinfo=UTC)
    assert moved.due_at + timedelta(hours=2, minutes=30) == london_slot(PLAIN).due_at
