"""Releases in the admin site: recorded, corrected, moved and deleted by its own forms (C2, C5 to C10)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry

from releases import scheduling
from releases.models import Address, DateChange, Release, ReleaseEvent
from releases.rules.lifecycle import Role
from tests.integration.releases.evidence.test_append_only import make_observation
from tests.support.admin_site import (
    DAY,
    act_checked,
    address_rows,
    check,
    form_of,
    page,
    planned,
    refusals,
    said,
    staff,
    staff_of,
)
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot

DUE = datetime(2098, 7, 1, 8, 30, tzinfo=UTC)
PAGE = {"url": "https://www.example.gov.uk/statistics/new", "marker": "March 2098"}

pytestmark = pytest.mark.django_db


def change(client, release, **fields):
    return client.post(page("release", "change", release.pk), form_of(release, **fields))


def test_a_new_release_is_offered_half_past_nine():
    series = SeriesFactory()
    response = staff(Role.CALENDAR_MANAGER, series.producer).get(page("release", "add"))
    assert response.context["adminform"].form["planned_at"].value() == "9:30am"


def test_a_new_release_is_recorded_with_its_addresses_by_the_calendars_own_function():
    series = SeriesFactory()
    new = {
        "series": series.pk,
        "reference": "schools-2098",
        "title": "Schools 2098",
        "planned_on": "2098-07-01",
        "planned_at": "09:30:42",
        "precision": "exact",
    }
    response = staff(Role.CALENDAR_MANAGER, series.producer).post(
        page("release", "add"), new | address_rows(None, PAGE, {"url": PAGE["url"] + ".ods", "role": "attachment"})
    )
    assert response.status_code == 302, refusals(response)
    release = Release.objects.get()
    assert (release.due_at, release.status, release.announced_at) == (DUE, "provisional", None)
    assert [address.role for address in release.addresses.all()] == ["page", "attachment"]
    assert ReleaseEvent.objects.get().kind == "recorded"


REFUSED_RELEASES = {
    "another time": ({"planned_at": "09:31"}, "planned_at", "9:31am is not the release time"),
    "no time": ({"planned_at": ""}, "planned_at", "Enter the time of the exact date"),
    "a slip of the year": ({"planned_on": "2206-07-01"}, "planned_on", "2206 is not a valid year"),
    "no reference": ({"reference": "two words"}, "reference", "valid"),
    "an address of another kind": (
        {"addresses-0-url": "ftp://www.example.gov.uk/"},
        "url",
        "does not start with http",
    ),
    "an address with a user": ({"addresses-0-url": "https://jo@www.example.gov.uk/"}, "url", "user name"),
    "a page without marker": ({"addresses-0-marker": ""}, "__all__", "Enter the text that identifies this edition"),
    "an unknown adapter": (
        {"addresses-0-adapter": "telepathy"},
        "adapter",
        "types of website: browser, ees, govuk, ons, page",
    ),
}


def test_a_new_release_with_a_wrong_field_is_refused_there_and_nothing_is_recorded(subtests):
    series = SeriesFactory()
    new = {
        "series": series.pk,
        "reference": "schools-2098",
        "title": "Schools 2098",
        "planned_on": "2098-07-01",
        "planned_at": "09:30",
        "precision": "exact",
    }
    client = staff(Role.DEPUTY, series.producer)
    for case, (fields, field, words) in REFUSED_RELEASES.items():
        with subtests.test(case):
            response = client.post(page("release", "add"), new | address_rows(None, PAGE) | fields)
            assert words in refusals(response)[field][0]
            assert not Release.objects.exists()
            assert not ReleaseEvent.objects.exists()


def test_a_series_of_another_producer_is_not_offered_and_refused_if_posted():
    own, foreign = SeriesFactory(), SeriesFactory()
    client = staff(Role.HEAD_OF_PROFESSION, own.producer)
    form = client.get(page("release", "add")).context["adminform"].form
    assert list(form.fields["series"].queryset) == [own]
    new = {"series": foreign.pk, "reference": "x", "title": "X", "planned_on": "2098-07-01", "planned_at": "09:30"}
    response = client.post(page("release", "add"), new | {"precision": "exact"} | address_rows(None))
    assert "series" in refusals(response)


def test_the_status_is_shown_and_cannot_be_typed(confirmed_release):
    client = staff_of(Role.HEAD_OF_PROFESSION, confirmed_release)
    form = client.get(page("release", "change", confirmed_release.pk)).context["adminform"].form
    assert "status" not in form.fields
    assert change(client, confirmed_release, status="provisional", confirmed_at="", rehearsal="on").status_code == 302
    stored = Release.objects.get()
    assert (stored.status, stored.rehearsal, stored.confirmed_at) == (
        "confirmed",
        False,
        confirmed_release.confirmed_at,
    )


def test_a_confirmed_date_moves_by_the_same_function_with_reason_agreement_and_event(announced_release):
    client = staff_of(Role.HEAD_OF_PROFESSION, announced_release)
    response = change(client, announced_release, new_on="2098-07-02", reason="Late data")
    assert response.status_code == 302, refusals(response)
    moved = DateChange.objects.get()
    assert (str(moved.was), str(moved.to), moved.public_reason) == (
        "1 July 2098 9:30am",
        "2 July 2098 9:30am",
        "Late data",
    )
    assert moved.agreed_by is not None
    assert Release.objects.get().due_at == DUE + timedelta(days=1)
    assert ReleaseEvent.in_order().last().kind == "change_date"


REFUSED_CHANGES = {
    "without a reason": ({"new_on": "2098-07-02"}, "reason", "Enter the reason"),
    "a reason without a date": ({"reason": "Late data"}, "reason", "The date is already"),
    "the same date": ({"new_on": "2098-07-01", "reason": "Late"}, "reason", "The date is already"),
    "a Sunday": ({"new_on": "2098-07-05", "reason": "Late"}, "new_on", "is not a weekday"),
    "another time": ({"new_at": "2pm", "reason": "Late"}, "new_at", "2pm is not the release time"),
    "no time": ({"new_at": "half nine", "reason": "Late"}, "new_at", "Enter a real time, such as 9:30am"),
    "a vague date": ({"new_precision": "month", "reason": "Late"}, "new_on", "exact date"),
    "no date": ({"new_on": "soon", "reason": "Late"}, "new_on", "Enter a valid date"),
    "unseen": ({"new_on": "2098-07-02", "reason": "Late", "seen_version": ""}, "__all__", "The date has changed"),
}


def test_a_change_of_a_confirmed_date_that_may_not_be_is_refused_on_its_field(announced_release, subtests):
    client = staff_of(Role.DEPUTY, announced_release)
    for case, (fields, field, words) in REFUSED_CHANGES.items():
        with subtests.test(case):
            response = change(client, announced_release, title="Another title", **fields)
            assert words in refusals(response)[field][0]
            stored = Release.objects.get()
            assert (stored.due_at, stored.title) == (DUE, announced_release.title)
            assert not DateChange.objects.exists()


def test_the_date_before_is_shown_read_only_and_read_again_on_save(confirmed_release):
    client = staff_of(Role.DEPUTY, confirmed_release)
    shown = client.get(page("release", "change", confirmed_release.pk))
    assert "1 July 2098 9:30am" in shown.content.decode()
    assert "planned_on" not in shown.context["adminform"].form.fields
    head = create_member(Role.HEAD_OF_PROFESSION, confirmed_release.series.producer)
    scheduling.change_date(
        confirmed_release,
        to=london_slot(DAY + timedelta(days=1)),
        reason="Late data",
        by=head,
        at=confirmed_release.recorded_at,
    )
    stale = change(client, confirmed_release, new_on="2098-07-03", reason="Later data", planned_on="2098-06-01")
    assert "The date has changed to 2 July 2098" in refusals(stale)["__all__"][0]
    assert DateChange.objects.count() == 1


def test_someone_who_is_faster_between_the_form_and_the_save_is_told_of_and_nothing_is_saved(
    monkeypatch, confirmed_release
):
    client = staff_of(Role.DEPUTY, confirmed_release)
    head = create_member(Role.HEAD_OF_PROFESSION, confirmed_release.series.producer)
    check = scheduling.prepare_date_change

    def check_and_lose_the_race(*args, **kwargs):
        check(*args, **kwargs)
        monkeypatch.setattr(scheduling, "prepare_date_change", check)
        to = london_slot(DAY + timedelta(days=1))
        scheduling.change_date(confirmed_release, to=to, reason="Late data", by=head, at=confirmed_release.recorded_at)

    monkeypatch.setattr(scheduling, "prepare_date_change", check_and_lose_the_race)
    response = change(client, confirmed_release, new_on="2098-07-03", reason="Later data", title="Another title")
    assert response.status_code == 302
    assert "The date has changed" in said(response)[0]
    assert Release.objects.get().title == confirmed_release.title


def test_a_calendar_manager_is_not_offered_the_change_of_a_confirmed_date_and_refused_if_posted(confirmed_release):
    client = staff_of(Role.CALENDAR_MANAGER, confirmed_release)
    assert "Change the date" not in client.get(page("release", "change", confirmed_release.pk)).content.decode()
    response = change(client, confirmed_release, new_on="2098-07-02", reason="Late data")
    assert "Only a Head of Profession or deputy can do this" in refusals(response)["__all__"][0]
    assert not DateChange.objects.exists()


def test_a_calendar_manager_moves_a_provisional_date_and_makes_a_vague_one_exact(provisional_release):
    client = staff_of(Role.CALENDAR_MANAGER, provisional_release)
    assert change(client, provisional_release, new_precision="two_months", new_on="2098-12-01").status_code == 302
    vague = Release.objects.get()
    assert (str(vague.slot), vague.due_at) == ("December 2098 to January 2099", None)
    assert "Enter the day of the exact date" in refusals(change(client, vague, new_precision="exact"))["new_on"][0]
    assert change(client, vague, new_precision="exact", new_on="2098-12-03").status_code == 302
    assert str(Release.objects.get().slot) == "3 December 2098 9:30am"


@pytest.mark.parametrize("state", ["cancelled", "published"])
def test_a_cancelled_or_published_release_stays_as_it_is_through_every_form_and_action(state, announced_release):
    head = create_member(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    if state == "cancelled":
        scheduling.cancel_release(
            announced_release, reason="The survey was stopped", by=head, at=announced_release.recorded_at
        )
    else:
        scheduling.publish(
            announced_release, by=None, at=announced_release.recorded_at, published_at=announced_release.recorded_at
        )
    before = Release.objects.values("status", "due_at", "cancellation_reason", "published_at").get()
    client = staff_of(Role.HEAD_OF_PROFESSION, announced_release)
    assert (
        "You cannot do this"
        in refusals(change(client, announced_release, new_on="2098-07-02", reason="Late"))["__all__"][0]
    )
    for action in ("confirm", "cancel", "announce"):
        asked = check(client, action, [announced_release], reason="Another reason")
        assert f"this release is {state}" in planned(asked)[announced_release.reference]
        act_checked(client, action, [announced_release], reason="Another reason")
    assert Release.objects.values(*before).get() == before


def test_a_title_is_corrected_and_the_admins_own_log_says_so(provisional_release):
    assert (
        change(staff_of(Role.CALENDAR_MANAGER, provisional_release), provisional_release, title="Schools").status_code
        == 302
    )
    assert Release.objects.get().title == "Schools"
    assert "Title" in LogEntry.objects.get().get_change_message()


def test_a_welsh_title_is_entered_and_corrected_with_an_event_each(provisional_release):
    client = staff_of(Role.CALENDAR_MANAGER, provisional_release)
    for title in ("Ysgolion", "Ysgolion yng Nghymru"):
        assert change(client, provisional_release, welsh_title=title).status_code == 302
        assert Release.objects.get().welsh_title == title
    last = list(ReleaseEvent.in_order())[-1]
    assert (last.kind, last.facts["changed"]) == ("corrected", {"welsh_title": ["Ysgolion", "Ysgolion yng Nghymru"]})
    assert change(client, provisional_release, title="Schools").status_code == 302
    assert Release.objects.get().welsh_title == "Ysgolion yng Nghymru"


def test_addresses_are_corrected_and_added_with_an_event_each(confirmed_release):
    client = staff_of(Role.CALENDAR_MANAGER, confirmed_release)
    response = change(client, confirmed_release, **address_rows(confirmed_release, PAGE, marker="2098"))
    assert response.status_code == 302, refusals(response)
    assert [address.marker for address in Address.objects.order_by("pk")] == ["2098", "March 2098"]
    kinds = [event.kind for event in ReleaseEvent.in_order()][-2:]
    assert kinds == ["address_changed", "address_added"]


def test_an_address_that_was_checked_at_keeps_its_place_and_the_page_says_why(confirmed_release):
    make_observation(confirmed_release).append([make_observation(confirmed_release)])
    url = "https://www.example.gov.uk/statistics/moved"
    response = change(
        staff_of(Role.DEPUTY, confirmed_release), confirmed_release, **address_rows(confirmed_release, url=url)
    )
    assert "was already checked" in said(response)[0]
    assert Address.objects.get().url != url


def test_the_addresses_of_a_release_that_is_due_cannot_be_changed_by_a_direct_post():
    release = ReleaseFactory(confirmed=True)
    client = staff_of(Role.HEAD_OF_PROFESSION, release)
    assert change(client, release, **address_rows(release, PAGE, required="")).status_code == 302
    assert (Address.objects.count(), Address.objects.get().required) == (1, True)


MEANWHILE = {
    "the title": ({"title": "Rain in July"}, {}),
    "the title in Welsh": ({"welsh_title": "Glaw ym mis Gorffennaf"}, {}),
    "the reference": ({"reference": "rain-july"}, {}),
    "the screenshots": ({"screenshots": "on"}, {}),
    "a web address": ({}, {"url": "https://www.example.gov.uk/statistics/moved"}),
    "the text of an edition": ({}, {"marker": "July 2098"}),
    "the part that must be live": ({}, {"required": ""}),
}


@pytest.mark.parametrize("what", MEANWHILE)
def test_an_old_page_puts_back_nothing_that_another_person_has_corrected(provisional_release, what):
    opened = form_of(provisional_release, title="Rain in June", **address_rows(provisional_release, PAGE))
    fields, rows = MEANWHILE[what]
    first = staff_of(Role.CALENDAR_MANAGER, provisional_release)
    corrected = change(first, provisional_release, **fields, **address_rows(provisional_release, **rows))
    assert corrected.status_code == 302, refusals(corrected)
    before = list(Release.objects.values()), list(Address.objects.values()), ReleaseEvent.objects.count()
    address = page("release", "change", provisional_release.pk)
    again = staff_of(Role.DEPUTY, provisional_release).post(address, opened)
    (why,) = refusals(again)["__all__"]
    assert why == (
        "We did not save your changes, because this release has changed since you opened the page. "
        "Copy what you typed, then open the release again and make your changes there."
    )
    assert 'value="Rain in June"' in again.text
    assert PAGE["url"] in again.text
    assert (list(Release.objects.values()), list(Address.objects.values()), ReleaseEvent.objects.count()) == before


@pytest.mark.parametrize("change_of_rows", ["added", "removed"])
def test_an_old_page_is_refused_after_another_person_added_or_removed_an_address(provisional_release, change_of_rows):
    scheduling.add_address(provisional_release, scheduling.PlannedAddress(**PAGE), at=provisional_release.recorded_at)
    opened = form_of(provisional_release, title="Rain in June")
    if change_of_rows == "added":
        planned_file = scheduling.PlannedAddress("https://www.example.gov.uk/rain.ods", role=Address.Role.ATTACHMENT)
        scheduling.add_address(provisional_release, planned_file, at=provisional_release.recorded_at)
    else:
        Address.objects.get(url=PAGE["url"]).delete()
    address = page("release", "change", provisional_release.pk)
    again = staff_of(Role.DEPUTY, provisional_release).post(address, opened)
    assert "this release has changed since you opened the page" in refusals(again)["__all__"][0]
    assert Release.objects.get().title == provisional_release.title


@pytest.mark.parametrize("precision", ["exact", "month"])
def test_an_old_page_publishes_no_private_reason_after_the_date_was_confirmed(provisional_release, precision):
    opened = form_of(provisional_release, new_on="2098-07-02", new_precision=precision, reason="A private reason")
    manager = create_member(Role.CALENDAR_MANAGER, provisional_release.series.producer)
    scheduling.confirm_release(provisional_release, by=manager, at=provisional_release.recorded_at)
    address = page("release", "change", provisional_release.pk)
    again = staff_of(Role.DEPUTY, provisional_release).post(address, opened)
    assert "this release has changed since you opened the page" in refusals(again)["__all__"][0]
    assert not DateChange.objects.exists()


def test_the_page_of_a_release_sends_back_the_details_that_it_shows(provisional_release):
    client = staff_of(Role.DEPUTY, provisional_release)
    shown = client.get(page("release", "change", provisional_release.pk))
    field = shown.context["adminform"].form["seen_details"]
    assert str(field) in shown.text
    sent = form_of(provisional_release, title="Rain in June", seen_details=field.value())
    assert client.post(page("release", "change", provisional_release.pk), sent).status_code == 302
    auditor = staff_of(Role.AUDITOR, provisional_release)
    assert "seen_details" not in auditor.get(page("release", "change", provisional_release.pk)).text
