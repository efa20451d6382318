"""No POST to the admin site goes round the calendar's rules, whatever fields it carries (C2, C5 to C9)."""

from datetime import timedelta

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

from releases import scheduling
from releases.models import DateChange, Release, ReleaseEvent
from releases.rules.lifecycle import Role
from tests.support.admin_site import DAY, act, act_checked, form_of, page, refusals, staff
from tests.support.factories import (
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
    rolled_back,
)
from tests.support.shared_rows import shared_fixture

KEPT = (
    "status",
    "planned_on",
    "planned_at",
    "precision",
    "due_at",
    "schedule_version",
    "rehearsal",
    "series_id",
    "planned_from_id",
    "recorded_at",
    "announced_at",
    "confirmed_at",
    "published_at",
    "cancelled_at",
    "cancellation_reason",
)
# What someone might type into a POST, under the names of the columns.
FORGED = {
    "status": "provisional",
    "planned_on": "2098-12-01",
    "planned_at": "11:00",
    "precision": "month",
    "due_at": "2098-12-01 11:00",
    "due_at_0": "2098-12-01",
    "due_at_1": "11:00",
    "schedule_version": "9",
    "rehearsal": "on",
    "recorded_at": "2020-01-01",
    "announced_at": "",
    "confirmed_at": "",
    "published_at": "2098-01-01",
    "cancelled_at": "",
    "cancellation_reason": "",
    "planned_from": "1",
    "zone": "America/New_York",
}
STATES = ("provisional", "confirmed", "announced", "cancelled", "published")
LEADS_AND_KEEPER = (Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.CALENDAR_MANAGER)

pytestmark = pytest.mark.django_db


def in_state(state, **fields):
    release = ReleaseFactory(slot=london_slot(DAY), **fields)
    at = release.recorded_at
    if state != "provisional":
        release = scheduling.confirm_release(release, by=None, at=at)
    if state in {"announced", "cancelled", "published"}:
        release = scheduling.announce_release(release, by=None, at=at)
    if state == "cancelled":
        deputy = create_member(Role.DEPUTY, release.series.producer)
        release = scheduling.cancel_release(release, reason="The survey was stopped", by=deputy, at=at)
    if state == "published":
        release = scheduling.publish(release, by=None, at=at, published_at=at)
    return release


def stored(release):
    return Release.objects.values(*KEPT).get(pk=release.pk)


@shared_fixture
def announced_release():
    return in_state("announced")


@pytest.mark.parametrize("state", STATES)
def test_the_form_takes_no_column_but_title_and_reference(state, subtests):
    release = in_state(state)
    before = stored(release)
    for role in LEADS_AND_KEEPER:
        client = staff(role, release.series.producer)
        with subtests.test(role), rolled_back():
            form = form_of(release, **FORGED, title="Another title")
            response = client.post(page("release", "change", release.pk), form)
            assert response.status_code == 302, refusals(response)
            assert stored(release) == before
            assert Release.objects.get().title == "Another title"
            assert not DateChange.objects.exists()


def test_no_button_of_the_form_makes_another_release_of_it(announced_release, subtests):
    client = staff(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    for button in ("_saveasnew", "_save", "_addanother", "_continue", "_popup"):
        with subtests.test(button), rolled_back():
            form = form_of(announced_release, **FORGED, **{button: "1"})
            client.post(page("release", "change", announced_release.pk), form)
            assert Release.objects.count() == 1
            assert Release.objects.get().status == "confirmed"


def test_saving_as_new_is_recording_a_new_release_by_the_same_rules(announced_release):
    client = staff(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    copied = (
        FORGED | {"series": announced_release.series_id, "precision": "exact", "_saveasnew": "1"} | {"rehearsal": ""}
    )
    of_now = {"status": "published", "announced_at": "2098-01-01", "confirmed_at": "2098-01-01"}
    asked = form_of(announced_release, **copied | of_now | {"reference": "copy", "planned_at": "09:30"})
    asked["addresses-INITIAL_FORMS"] = asked["addresses-TOTAL_FORMS"] = 0
    response = client.post(page("release", "change", announced_release.pk), asked)
    assert response.status_code == 302, refusals(response)
    new = Release.objects.get(reference="copy")
    assert (new.status, new.announced_at, new.confirmed_at, new.planned_from) == ("provisional", None, None, None)


def test_the_list_edits_nothing(announced_release):
    before = stored(announced_release)
    client = staff(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    rows = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": announced_release.pk, "_save": "Save"}
    client.post(page("release"), rows | {f"form-0-{name}": value for name, value in FORGED.items()})
    assert stored(announced_release) == before


@pytest.mark.parametrize("precision", ["month", "two_months"])
def test_a_confirmed_date_becomes_neither_vague_nor_provisional(precision, announced_release):
    client = staff(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    response = client.post(
        page("release", "change", announced_release.pk),
        form_of(announced_release, new_precision=precision, reason="Late data"),
    )
    assert refusals(response)
    assert act_checked(client, "confirm", [announced_release]).status_code == 200
    assert Release.objects.get().status == "confirmed"
    assert Release.objects.get().precision == "exact"


def test_two_reasons_for_one_change_are_not_taken(announced_release):
    client = staff(Role.DEPUTY, announced_release.series.producer)
    moved = form_of(announced_release, new_on="2098-07-02", reason="Late data")
    assert client.post(page("release", "change", announced_release.pk), moved).status_code == 302
    # The same form sent again speaks of a schedule that is no more; a reason without a date changes nothing either.
    again = client.post(page("release", "change", announced_release.pk), moved | {"reason": "Another reason"})
    assert "The date has changed" in refusals(again)["__all__"][0]
    alone = form_of(Release.objects.get(), reason="Another reason")
    assert (
        "The date is already"
        in refusals(client.post(page("release", "change", announced_release.pk), alone))["reason"][0]
    )
    # Nor are two of them in one form.
    twice = form_of(Release.objects.get(), new_on="2098-07-03", reason=["Late data", "Another reason"])
    assert "one reason" in refusals(client.post(page("release", "change", announced_release.pk), twice))["reason"][0]
    assert [change.public_reason for change in DateChange.objects.all()] == ["Late data"]


def test_a_change_of_date_is_neither_edited_nor_deleted_nor_added_in_any_way(announced_release, subtests):
    release = announced_release
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    to = london_slot(DAY + timedelta(days=1))
    scheduling.change_date(release, to=to, reason="Late data", by=head, at=release.recorded_at)
    before = DateChange.objects.values().get()
    forged = {"public_reason": "Nicer", "announced_at": "", "release": release.pk, "post": "yes"}
    chosen = {"action": "delete_selected", ACTION_CHECKBOX_NAME: [before["id"]], "post": "yes"}
    # As if its changes were in the form of the release.
    inline = {"date_changes-TOTAL_FORMS": 1, "date_changes-INITIAL_FORMS": 1, "date_changes-0-id": before["id"]}
    inline |= {"date_changes-0-DELETE": "on", "date_changes-0-public_reason": "Nicer"}
    for role in LEADS_AND_KEEPER:
        client = staff(role, release.series.producer, is_superuser=True)
        with subtests.test(role), rolled_back():
            for name, keys in (("add", ()), ("change", (before["id"],)), ("delete", (before["id"],))):
                assert client.post(page("datechange", name, *keys), forged).status_code == 403
            client.post(page("datechange"), chosen)
            client.post(page("release", "change", release.pk), form_of(Release.objects.get(), **inline))
            assert DateChange.objects.values().get() == before


def test_choosing_everything_reaches_no_one_elses_releases(subtests):
    own, foreign = in_state("provisional"), in_state("provisional", series=SeriesFactory(), reference="foreign")
    before = stored(foreign)
    client = staff(Role.HEAD_OF_PROFESSION, own.series.producer)
    everything = {"select_across": "1", "answered": "yes", "reason": "Stopped", "post": "yes"}
    for action in ("confirm", "announce", "cancel", "move_dates", "delete_selected", "plan_next_year"):
        with subtests.test(action), rolled_back():
            asked = act(client, action, [own, foreign], **everything)
            shown = asked.context["shown"] if asked.context and "shown" in asked.context else ""
            act(client, action, [own, foreign], **everything, shown=shown)
            assert stored(foreign) == before
            assert not ReleaseEvent.objects.filter(release=foreign).exclude(kind="recorded").exists()


def test_what_is_not_there_and_what_is_not_ones_own_is_refused_alike():
    foreign = ReleaseFactory(announced=True, slot=london_slot(DAY))
    client = staff(Role.HEAD_OF_PROFESSION, SeriesFactory().producer)
    for key in (foreign.pk, 999_999, "x"):
        for name in ("change", "delete", "history"):
            assert client.get(page("release", name, key)).status_code == 404
            assert client.post(page("release", name, key), {"post": "yes"}).status_code == 404


def test_a_series_or_person_on_whom_releases_rest_is_not_deleted(announced_release, subtests):
    series = announced_release.series
    client = staff(Role.HEAD_OF_PROFESSION, series.producer, is_superuser=True)
    for model, row in (("series", series), ("contact", series.responsible), ("producer", series.producer)):
        with subtests.test(model), rolled_back():
            assert "You cannot delete it" in client.get(page(model, "delete", row.pk)).text
            client.post(page(model, "delete", row.pk), {"post": "yes"})
            chosen = {"action": "delete_selected", ACTION_CHECKBOX_NAME: [row.pk], "post": "yes"}
            assert "You cannot delete them" in client.post(page(model), chosen).text
            assert type(row).objects.filter(pk=row.pk).exists()
            assert Release.objects.filter(pk=announced_release.pk).exists()
