"""Actions on releases in the admin site: confirm, cancel, announce, and delete those never public (C8, C9)."""

from datetime import date, timedelta
from itertools import product

import pytest

from releases import pre_release_access, preflight, scheduling
from releases.models import DateChangeRequest, Membership, PreReleaseRequest, Release, ReleaseEvent
from releases.rules.lifecycle import Role
from tests.support.admin_site import DAY, act, act_checked, check, page, planned, said, signed_in, staff, staff_of
from tests.support.date_requests import request_date
from tests.support.factories import (
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
    rolled_back,
)
from tests.support.pre_release_lists import MINISTER

pytestmark = pytest.mark.django_db


def test_a_page_to_check_says_of_each_release_what_will_happen_or_why_nothing_does():
    series = SeriesFactory()
    good = ReleaseFactory(series=series, reference="good", slot=london_slot(DAY))
    sunday = ReleaseFactory(
        series=series, reference="sunday", slot=london_slot(date(2098, 7, 6)), url="https://a.example.gov.uk/"
    )
    again = ReleaseFactory(
        confirmed=True, series=series, reference="again", slot=london_slot(DAY), url="https://b.example.gov.uk/"
    )
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    asked = check(client, "confirm", [good, sunday, again])
    said_of = planned(asked)
    assert said_of["good"] == "Will be confirmed"
    assert "Sunday 6 July 2098 is not a weekday" in said_of["sunday"]
    assert "this release is confirmed" in said_of["again"]
    assert asked.text.count('<button type="submit" class="button default">') == 1
    assert "Confirm 1 release" in asked.text
    assert Release.objects.filter(status="confirmed").count() == 1
    assert said(act_checked(client, "confirm", [good, sunday, again])) == ["1 release confirmed."]
    assert Release.objects.filter(status="confirmed").count() == 2


@pytest.mark.parametrize("action", ["confirm", "announce", "cancel", "ask_preflight", "move_dates"])
def test_no_bulk_action_changes_anything_before_its_page_was_checked(action, provisional_release):
    client = staff_of(Role.HEAD_OF_PROFESSION, provisional_release)
    before = Release.objects.values().get()
    for fields in (
        {},
        {"answered": "yes", "reason": "Late", "number": "1", "unit": "7", "direction": "1"},
        {"answered": "yes", "reason": "Late", "number": "1", "unit": "7", "direction": "1", "shown": "guessed"},
    ):
        response = act(client, action, [provisional_release], **fields)
        assert response.status_code == 200
        assert provisional_release.title in response.text
        assert Release.objects.values().get() == before
        assert not provisional_release.preflights.exists()


def test_a_release_that_changes_after_the_page_was_shown_is_shown_again():
    series = SeriesFactory()
    release = ReleaseFactory(series=series, slot=london_slot(DAY))
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    shown = check(client, "announce", [release]).context["shown"]
    to = london_slot(DAY + timedelta(days=1))
    scheduling.change_date(release, to=to, by=None, at=release.recorded_at)
    again = act(client, "announce", [release], answered="yes", shown=shown)
    assert "The calendar or your answers have changed. Check the list again." in again.text
    assert Release.objects.get().announced_at is None


def test_a_page_to_check_warns_of_a_missing_contact_and_head_of_profession():
    series = SeriesFactory(title="Rain", responsible=None, head_of_profession=None)
    release = ReleaseFactory(series=series, slot=london_slot(DAY))
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    for action in ("confirm", "announce"):
        text = check(client, action, [release]).text
        assert "The series has no contact" in text
        assert "The series has no Head of Profession" in text
        assert f'href="{page("series", "change", series.pk)}">Add them to Rain</a>' in text
    # They are warnings: the release can be confirmed without them.
    assert said(act_checked(client, "confirm", [release])) == ["1 release confirmed."]


def test_provisional_dates_move_by_weeks_to_working_days_and_confirmed_ones_by_request():
    series = SeriesFactory()
    first = ReleaseFactory(series=series, reference="first", slot=london_slot(date(2026, 12, 18)))
    confirmed = ReleaseFactory(
        confirmed=True, series=series, reference="second", slot=london_slot(DAY), url="https://a.example.gov.uk/"
    )
    answers = {"number": "1", "unit": "7", "direction": "1"}
    rows = [first, confirmed]
    manager = staff(Role.CALENDAR_MANAGER, series.producer)
    asked = check(manager, "move_dates", rows, **answers)
    assert asked.context["form"].errors["reason"] == ["Enter the reason. We publish it for a confirmed date."]
    answers["reason"] = "The survey ends later."
    asked = check(manager, "move_dates", rows, **answers)
    # Christmas Day and the days after it are not working days.
    assert "New date: 29 December 2026 9:30am" in asked.text
    assert "Friday 25 December 2026 is a bank holiday (Christmas Day). The next working day is Tuesday" in asked.text
    assert "26 December 2026" not in asked.text
    assert planned(asked) == {"first": "Will be moved", "second": "Needs agreement"}
    assert said(act_checked(manager, "move_dates", rows, **answers)) == [
        "1 release moved.",
        "1 date change requested. The date does not change until the Head of Profession or a deputy agrees.",
    ]
    assert str(Release.objects.get(reference="first").slot) == "29 December 2026 9:30am"
    assert Release.objects.get(reference="second").planned_on == DAY
    assert DateChangeRequest.objects.get().to.on == DAY + timedelta(days=7)


def test_the_page_to_check_says_which_dates_open_pre_release_access_on_a_rest_day():
    series = SeriesFactory()
    rows = [
        ReleaseFactory(series=series, reference=f"july-{day}", slot=london_slot(date(2098, 7, day)))
        for day in (1, 2, 7)
    ]
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    opens = "Pre-release access of 24 hours opens at 9:30am on Sunday 6 July 2098. Some producers avoid Mondays"
    # The first is moved from a Tuesday to a Monday.
    asked = check(client, "move_dates", rows, number="6", unit="1", direction="1")
    assert [any(opens in note for note in row["notes"]) for row in asked.context["rows"]] == [True, False, False]
    assert asked.text.count(opens) == 1
    asked = check(client, "confirm", rows)
    assert [row["notes"] != [] for row in asked.context["rows"]] == [False, False, True]
    assert asked.text.count(opens) == 1


def test_of_a_mixed_choice_only_what_is_ones_own_to_move_moves():
    kept, read = SeriesFactory(), SeriesFactory()
    user = create_member(Role.CALENDAR_MANAGER, kept.producer, is_staff=True)
    Membership.objects.create(user=user, producer=read.producer, role=Role.AUDITOR)
    rows = [ReleaseFactory(series=series, reference=series.slug, slot=london_slot(DAY)) for series in (kept, read)]
    client = signed_in(user)
    for action, words in {"confirm": "Only", "announce": "Only", "ask_preflight": "permission"}.items():
        assert words in planned(check(client, action, rows))[read.slug]
        act_checked(client, action, rows)
    moved = Release.objects.get(series=kept)
    assert (moved.status, moved.announced_at is None) == ("confirmed", False)
    still = Release.objects.get(series=read)
    assert (still.status, still.announced_at) == ("provisional", None)


def test_cancelling_asks_for_a_reason_on_a_page_of_its_own(announced_release):
    client = staff_of(Role.CALENDAR_MANAGER, announced_release)
    asked = check(client, "cancel", [announced_release])
    assert asked.status_code == 200
    assert announced_release.title in asked.content.decode()
    unreasoned = act_checked(client, "cancel", [announced_release], reason="   ")
    assert unreasoned.context["form"].errors["reason"] == ["Enter the reason for cancellation"]
    assert Release.objects.get().status == "confirmed"
    response = act_checked(client, "cancel", [announced_release], reason="The survey was stopped")
    assert said(response) == ["1 release cancelled."]
    assert Release.objects.get().cancellation_reason == "The survey was stopped"


def test_announcing_shows_a_release_and_never_a_rehearsal():
    series = SeriesFactory()
    release = ReleaseFactory(series=series, reference="official", slot=london_slot(DAY))
    rehearsal = ReleaseFactory(series=series, reference="rehearsal", rehearsal=True, url="https://a.example.gov.uk/")
    client = staff(Role.DEPUTY, series.producer)
    assert planned(check(client, "announce", [release, rehearsal]))["rehearsal"] == "You cannot announce a rehearsal."
    assert said(act_checked(client, "announce", [release, rehearsal])) == ["1 release announced."]
    assert Release.objects.get(reference="official").announced_at is not None


def test_a_release_that_was_never_public_is_deleted_singly(provisional_release):
    response = staff_of(Role.CALENDAR_MANAGER, provisional_release).post(
        page("release", "delete", provisional_release.pk), {"post": "yes"}
    )
    assert response.status_code == 302
    assert not Release.objects.exists()
    assert ReleaseEvent.in_order().last().kind == "removed"


def delete(client, release, way):
    if way == "singly":
        client.post(page("release", "delete", release.pk), {"post": "yes"})
    else:
        act(client, "delete_selected", [release], post="yes")


def test_a_release_that_was_never_public_is_deleted_with_the_change_that_was_asked_for_it(confirmed_release, subtests):
    request_date(confirmed_release, to=london_slot(DAY + timedelta(days=1)))
    client = staff_of(Role.CALENDAR_MANAGER, confirmed_release)
    for way in ("singly", "in bulk"):
        with subtests.test(way), rolled_back():
            delete(client, confirmed_release, way)
            assert not Release.objects.exists()
            assert not DateChangeRequest.objects.exists()
            assert [event.kind for event in ReleaseEvent.in_order()][-2:] == ["date_change_asked", "removed"]


def test_a_release_that_was_never_public_is_deleted_with_what_hangs_on_it(confirmed_release, subtests):
    release = confirmed_release
    statistician = create_member(Role.STATISTICIAN, release.series.producer)
    shortly = release.due_at - timedelta(hours=3)

    def a_waiting_change_of_the_list():
        request = pre_release_access.grant_access(release, MINISTER, by=statistician, at=shortly)
        assert isinstance(request, PreReleaseRequest)

    def next_years():
        later = ReleaseFactory(series=release.series, reference="later", slot=london_slot(DAY + timedelta(days=364)))
        Release.objects.filter(pk=later.pk).update(planned_from=release)

    attached = {
        "a list": lambda: pre_release_access.grant_access(release, MINISTER, by=statistician, at=release.recorded_at),
        "a change of the list": a_waiting_change_of_the_list,
        "a check": lambda: preflight.request_preflight(release, by=None, now=shortly),
        "next year's": next_years,
    }
    client = staff_of(Role.CALENDAR_MANAGER, release)
    for (what, attach), way in product(attached.items(), ("singly", "in bulk")):
        with subtests.test(f"{what} {way}"), rolled_back():
            attach()
            delete(client, release, way)
            assert not Release.objects.filter(pk=release.pk).exists()
            assert Release.objects.filter(reference="later").exists() == (attach is next_years)


def test_a_release_that_was_ever_public_is_not_deleted_singly_and_the_advice_is_to_cancel_it(announced_release):
    client = staff_of(Role.HEAD_OF_PROFESSION, announced_release)
    response = client.post(page("release", "delete", announced_release.pk), {"post": "yes"})
    assert "because it was announced. Cancel it instead" in response.content.decode()
    assert Release.objects.exists()


def test_no_release_is_deleted_in_bulk_if_one_of_them_was_ever_public():
    series = SeriesFactory()
    public = ReleaseFactory(announced=True, series=series, slot=london_slot(DAY))
    draft = ReleaseFactory(series=series, reference="draft", slot=london_slot(DAY), url="https://a.example.gov.uk/")
    client = staff(Role.HEAD_OF_PROFESSION, series.producer)
    response = act(client, "delete_selected", [public, draft], post="yes")
    assert "Cancel it instead" in response.content.decode()
    assert Release.objects.count() == 2
    act(client, "delete_selected", [draft], post="yes")
    assert list(Release.objects.all()) == [public]


def test_a_release_announced_between_the_question_and_the_answer_is_not_deleted(monkeypatch, provisional_release):
    client = staff_of(Role.CALENDAR_MANAGER, provisional_release)
    monkeypatch.setattr("releases.admin.actions.objection_to_deletion", lambda provisional_release: "")
    scheduling.announce_release(provisional_release, by=None, at=provisional_release.recorded_at)
    for response in (
        client.post(page("release", "delete", provisional_release.pk), {"post": "yes"}),
        act(client, "delete_selected", [provisional_release], post="yes"),
    ):
        assert any("because it was announced" in sentence for sentence in said(response))
    assert Release.objects.exists()
