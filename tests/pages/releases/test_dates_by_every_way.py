"""The rules of a date hold by whatever way it comes: function, page, admin site or file (C4, C10, C11, C16)."""

from datetime import UTC, date, datetime, time

import pytest
from django.urls import reverse

from releases import scheduling
from releases.imports import apply, parse
from releases.models import DateChangeRequest, Release
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import MoveRefused, Role
from tests.integration.releases.scheduling.test_release_days import DAYS, LONG_BEFORE, PLAIN, typed
from tests.support.admin_site import act, form_of, page, refusals, staff
from tests.support.factories import (
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.import_files import RIGHT, csv_of

pytestmark = pytest.mark.django_db

WAYS = ("function", "page", "admin", "file")
AUTUMN = date(2026, 10, 23)


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(LONG_BEFORE, tick=False)


def keeper_of(release):
    return create_member(Role.CALENDAR_MANAGER, release.series.producer)


def by_file(release, **changes):
    """Import a row about a release as who keeps its calendar; returns why it was refused."""
    series = release.series
    named = {"producer": series.producer.name, "series": series.title, "title": release.title}
    row = RIGHT | named | {"reference": release.reference, "url": release.addresses.get().url} | changes
    reading = parse.read_calendar(csv_of(row), name="calendar.csv", adapters={"page"})
    imported = apply.import_calendar(reading, at=LONG_BEFORE, by=keeper_of(release), skip_refused=True)
    return " ".join(fault.why for row in imported.rows for fault in row.faults)


def confirmed(way, client, release, **written):
    """Confirm a release in one of the ways; return the page or sentence that says what came of it."""
    if way == "page":
        client.force_login(keeper_of(release))
        return client.post(reverse("releases:confirm", args=[release.reference])).text
    if way == "admin":
        return act(staff(Role.DEPUTY, release.series.producer), "confirm", [release]).text
    if way == "file":
        return by_file(release, status="confirmed", **written)
    try:
        scheduling.confirm_release(release, by=keeper_of(release), at=LONG_BEFORE)
    except MoveRefused as refusal:
        return str(refusal)
    return ""


def moved(way, client, release, *, at):
    """Move a provisional release to a day in autumn, at a time as it is typed."""
    if way == "page":
        client.force_login(keeper_of(release))
        address = reverse("releases:change_date", args=[release.reference])
        assert client.post(address, typed(AUTUMN, planned_at=f"{at:%H:%M:%S}", precision="exact")).status_code == 302
    elif way == "admin":
        sent = form_of(release, new_on=f"{AUTUMN:%Y-%m-%d}", new_at=f"{at:%H:%M:%S}")
        site = staff(Role.CALENDAR_MANAGER, release.series.producer)
        assert site.post(page("release", "change", release.pk), sent).status_code == 302
    elif way == "file":
        assert by_file(release, scheduled_for=f"{AUTUMN:%Y-%m-%d} {at:%H:%M:%S}") == ""
    else:
        scheduling.change_date(release, to=london_slot(AUTUMN, at), by=None, at=LONG_BEFORE)
    return Release.objects.get()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("precision", [Precision.MONTH, Precision.TWO_MONTHS])
def test_what_is_known_by_its_month_alone_is_not_confirmed(client, way, precision):
    release = ReleaseFactory(slot=Slot(on=date(2026, 11, 1), at=None, precision=precision))
    told = confirmed(way, client, release, scheduled_for="2026-11", precision=precision)
    assert "exact date" in told
    assert Release.objects.get().status == "provisional"


@pytest.mark.parametrize("way", WAYS)
def test_a_weekend_is_not_confirmed_and_is_named(client, way):
    release = ReleaseFactory(slot=london_slot(date(2026, 12, 5)))
    told = confirmed(way, client, release, scheduled_for="2026-12-05 09:30")
    assert "Saturday 5 December 2026 is not a weekday" in told
    assert Release.objects.get().status == "provisional"


@pytest.mark.parametrize(("nation", "on", "words"), DAYS)
def test_by_file_a_holiday_of_the_producers_own_nation_is_neither_confirmed_nor_asked_for(nation, on, words):
    series = SeriesFactory(producer=ProducerFactory(nation=nation))
    planned = ReleaseFactory(series=series, reference="planned", slot=london_slot(on))
    announced = ReleaseFactory(confirmed=True, series=series, reference="announced", slot=london_slot(PLAIN))
    written = {"scheduled_for": f"{on:%Y-%m-%d} 09:30", "status": "confirmed"}
    refused = [by_file(planned, **written), by_file(announced, **written, date_change_reason="Late data")]
    assert [(words in why if words else why == "") for why in refused] == [True, True]
    planned.refresh_from_db()
    assert (planned.status == "confirmed", DateChangeRequest.objects.exists()) == (not words, not words)


@pytest.mark.parametrize("way", WAYS)
def test_typed_seconds_become_zero_and_london_time_is_kept(client, way):
    release = moved(way, client, ReleaseFactory(slot=london_slot(PLAIN)), at=time(9, 30, 15))
    assert (release.planned_at, release.due_at) == (time(9, 30), datetime(2026, 10, 23, 8, 30, tzinfo=UTC))


@pytest.mark.parametrize("way", WAYS)
def test_another_time_is_taken_where_its_approval_is_on_the_series(client, way):
    release = ReleaseFactory(slot=london_slot(PLAIN))
    series = release.series
    series.release_time, series.alternative_time_reference = time(7), "OSR 12"
    series.alternative_time_approved_on = LONG_BEFORE.date()
    series.save()
    assert moved(way, client, release, at=time(7)).due_at == datetime(2026, 10, 23, 6, 0, tzinfo=UTC)


def test_a_confirmed_date_is_not_moved_to_a_time_that_has_passed_and_the_field_says_so(client, subtests):
    release = ReleaseFactory(confirmed=True, slot=london_slot(PLAIN))
    past, head = date(2025, 12, 17), create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    sentence = "17 December 2025 9:30am has passed. Enter a date and time in the future."
    client.force_login(head)
    with subtests.test("page"):
        refused = client.post(reverse("releases:change_date", args=[release.reference]), typed(past))
        assert refused.context["form"].errors == {"planned_on": [sentence]}
    with subtests.test("admin"):
        sent = form_of(release, new_on=f"{past:%Y-%m-%d}", reason="Late data")
        site = staff(Role.HEAD_OF_PROFESSION, release.series.producer)
        assert refusals(site.post(page("release", "change", release.pk), sent)) == {"new_on": [sentence]}
    with subtests.test("file"):
        written = {"scheduled_for": f"{past:%Y-%m-%d} 09:30", "date_change_reason": "Late data"}
        assert by_file(release, **written) == sentence
    with subtests.test("request"):
        client.force_login(keeper_of(release))
        asking = reverse("releases:ask_date_change", args=[release.reference])
        assert client.post(asking, typed(past)).context["form"].errors == {"planned_on": [sentence]}
    assert Release.objects.get().schedule_version == 1
    assert not DateChangeRequest.objects.exists()
