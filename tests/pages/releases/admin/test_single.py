"""The moves on a release's own page: offered by the table, one click each, cancelling with a question (C8, C9)."""

from datetime import date

import pytest
from django.urls import reverse

from releases import scheduling
from releases.models import PreflightRun, Release
from releases.rules.lifecycle import Role
from tests.support.admin_site import DAY, page, said, staff, staff_of
from tests.support.factories import (
    ProducerFactory,
    ReleaseFactory,
    create_member,
    london_slot,
)

pytestmark = pytest.mark.django_db


def move(client, release, name, **fields):
    return client.post(page("release", "move", release.pk, name), fields)


def offered(client, release):
    return {offer.name for offer in client.get(page("release", "change", release.pk)).context["offers"]}


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ({}, {"confirm", "announce", "preflight", "cancel"}),
        ({"confirmed": True}, {"announce", "preflight", "cancel"}),
        ({"announced": True}, {"preflight", "cancel"}),
    ],
    ids=["provisional", "confirmed", "announced"],
)
def test_a_page_offers_what_may_be_done_with_the_release_as_it_stands(state, names):
    release = ReleaseFactory(**state, slot=london_slot(DAY))
    assert offered(staff_of(Role.CALENDAR_MANAGER, release), release) == names
    assert offered(staff_of(Role.AUDITOR, release), release) == set()
    assert offered(staff_of(Role.STATISTICIAN, release), release) == {"preflight"}


def test_what_no_one_can_undo_is_asked_on_a_page_of_its_own(provisional_release):
    client = staff_of(Role.CALENDAR_MANAGER, provisional_release)
    text = client.get(page("release", "change", provisional_release.pk)).text
    for name in ("announce", "confirm"):
        assert f'href="{reverse(f"releases:{name}", args=[provisional_release.reference])}"' in text
        assert f'action="{page("release", "move", provisional_release.pk, name)}"' not in text
    assert f'href="{page("release", "move", provisional_release.pk, "cancel")}"' in text


def move_checked(client, release, name, **fields):
    """Post a move, check the page that it shows, and press its one button."""
    shown = move(client, release, name, **({"answered": "yes", **fields} if fields else {})).context["shown"]
    return move(client, release, name, answered="yes", shown=shown, **fields)


def test_a_move_is_checked_on_a_page_and_comes_back_to_the_release(provisional_release):
    client = staff_of(Role.CALENDAR_MANAGER, provisional_release)
    assert said(move_checked(client, provisional_release, "confirm")) == ["1 release confirmed."]
    response = move_checked(client, provisional_release, "announce")
    assert response.url == page("release", "change", provisional_release.pk)
    stored = Release.objects.get()
    assert (stored.status, stored.announced_at is None) == ("confirmed", False)


def test_a_move_that_the_rules_refuse_says_why():
    release = ReleaseFactory(slot=london_slot(date(2098, 7, 6)))
    assert "is not a weekday" in move(staff_of(Role.DEPUTY, release), release, "confirm").text
    assert Release.objects.get().status == "provisional"


def test_a_check_before_the_day_is_asked_for(confirmed_release):
    move(staff_of(Role.PUBLISHING_TEAM, confirmed_release), confirmed_release, "preflight")
    assert PreflightRun.objects.get().release == confirmed_release


def test_cancelling_asks_for_the_reason_and_comes_back_to_the_release(announced_release):
    client = staff_of(Role.CALENDAR_MANAGER, announced_release)
    assert "Cancel 1 release" in client.get(page("release", "move", announced_release.pk, "cancel")).text
    unreasoned = move_checked(client, announced_release, "cancel", reason=" ")
    assert unreasoned.context["form"].errors["reason"]
    response = move_checked(client, announced_release, "cancel", reason="The survey was stopped")
    assert response.url == page("release", "change", announced_release.pk)
    assert Release.objects.get().cancellation_reason == "The survey was stopped"
    # A second time it is not offered any more, and refused if posted.
    assert move(client, announced_release, "cancel", answered="yes", reason="Another").status_code == 404
    assert Release.objects.get().cancellation_reason == "The survey was stopped"


def test_a_click_that_changes_something_is_a_post(provisional_release):
    client = staff_of(Role.DEPUTY, provisional_release)
    for name in ("confirm", "announce", "preflight"):
        assert client.get(page("release", "move", provisional_release.pk, name)).status_code == 405
    assert Release.objects.get().status == "provisional"


def ended(release, state):
    at = release.recorded_at
    if state == "cancelled":
        deputy = create_member(Role.DEPUTY, release.series.producer)
        return scheduling.cancel_release(release, reason="Stopped", by=deputy, at=at)
    return scheduling.publish(release, by=None, at=at, published_at=at)


@pytest.mark.parametrize("state", ["cancelled", "published"])
def test_no_move_leads_out_of_a_final_status(announced_release, state):
    release = ended(announced_release, state)
    client = staff_of(Role.HEAD_OF_PROFESSION, release)
    for name in ("confirm", "announce", "cancel", "change_date"):
        assert move(client, release, name, answered="yes", reason="Again").status_code == 404, name
        assert Release.objects.get().status == state


def test_a_release_of_someone_else_is_not_found(provisional_release):
    stranger = staff(Role.HEAD_OF_PROFESSION, ProducerFactory())
    others = [staff_of(role, provisional_release) for role in (Role.AUDITOR, Role.STATISTICIAN)]
    for name in ("confirm", "announce", "preflight", "cancel", "nonsense"):
        for client in others:
            if name != "preflight":
                assert move(client, provisional_release, name).status_code == 404, name
        assert move(stranger, provisional_release, name).status_code == 404, name
        assert stranger.get(page("release", "move", provisional_release.pk, name)).status_code == 404, name
        assert Release.objects.get().status == "provisional"


@pytest.mark.parametrize("announced", [False, True], ids=["never-public", "public"])
def test_cancelling_replaces_deleting_once_a_release_was_public(announced):
    release = ReleaseFactory(announced=announced, slot=london_slot(DAY))
    text = staff_of(Role.CALENDAR_MANAGER, release).get(page("release", "change", release.pk)).text
    row = text[text.index('class="submit-row"') :]
    assert (page("release", "delete", release.pk) in row) == (not announced)
    assert (page("release", "move", release.pk, "cancel") in row) == announced


ASK = "Request a date change"


def asking_page(release):
    return reverse("releases:ask_date_change", args=[release.reference])


def test_asking_for_another_date_is_offered_to_those_who_ask_and_cannot_change_it_themselves(
    announced_release, subtests
):
    for role in Role:
        with subtests.test(role):
            client = staff_of(role, announced_release)
            text = client.get(page("release", "change", announced_release.pk)).text
            asks = role in {Role.CALENDAR_MANAGER, Role.STATISTICIAN}
            assert (asking_page(announced_release) in text, ASK in text) == (asks, asks)
            assert not asks or client.get(asking_page(announced_release)).status_code == 200
            assert ("Leave this empty if the date does not change" in text) == (
                role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
            )


def test_asking_for_another_date_is_offered_for_a_confirmed_release_alone(announced_release, subtests):
    series = announced_release.series
    releases = {
        "provisional": ReleaseFactory(slot=london_slot(DAY), series=series, reference="provisional"),
        "cancelled": ended(announced_release, "cancelled"),
        "published": ended(
            ReleaseFactory(announced=True, slot=london_slot(DAY), series=series, reference="out"), "published"
        ),
    }
    client = staff_of(Role.CALENDAR_MANAGER, announced_release)
    for state, release in releases.items():
        with subtests.test(state):
            assert ASK not in client.get(page("release", "change", release.pk)).text


def test_while_a_change_waits_its_page_says_so_and_offers_no_second_one(announced_release):
    manager = staff_of(Role.CALENDAR_MANAGER, announced_release)
    change = page("release", "change", announced_release.pk)
    sent = {"planned_on-day": "2", "planned_on-month": "7", "planned_on-year": "2098", "planned_at": "9:30am"}
    asked = manager.post(asking_page(announced_release), sent | {"seen_version": "1", "reason": "Late data"})
    assert asked.status_code == 302
    waits = "asked to change the date to 2 July 2098 9:30am"
    text = manager.get(change).text
    assert waits in text
    assert ASK not in text
    assert "Agree or refuse" not in text
    head = staff_of(Role.HEAD_OF_PROFESSION, announced_release)
    text = head.get(change).text
    assert waits in text
    assert reverse("releases:changes_waiting") in text
    # Moved by someone else meanwhile, it waits no more.
    lead = create_member(Role.DEPUTY, announced_release.series.producer)
    scheduling.change_date(
        announced_release,
        to=london_slot(date(2098, 7, 3)),
        reason="Late data",
        by=lead,
        at=announced_release.recorded_at,
    )
    text = manager.get(change).text
    assert waits not in text
    assert ASK in text
