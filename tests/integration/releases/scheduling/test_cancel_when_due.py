"""A confirmed release that has fallen due is cancelled by the Head of Profession or a deputy alone (C8, V8)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from releases import bulk_moves, scheduling
from releases.bulk_moves import Answers, BulkMove
from releases.models import Release
from releases.rules.lifecycle import Role, WrongRole
from tests.support.admin_site import act_checked, check, page, planned, said, staff
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member, rolled_back

pytestmark = pytest.mark.django_db

JUST_BEFORE, ONCE_DUE = SEED_DUE - timedelta(seconds=1), SEED_DUE + timedelta(hours=1)
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
KEEPERS = LEADS | {Role.CALENDAR_MANAGER}


@pytest.mark.parametrize("at", [JUST_BEFORE, SEED_DUE, ONCE_DUE], ids=["before", "as-it-falls-due", "later"])
def test_who_keeps_the_calendar_cancels_until_the_due_instant_and_not_from_it_on(at, announced_release):
    by = create_member(Role.CALENDAR_MANAGER, announced_release.series.producer)
    if at < SEED_DUE:
        assert scheduling.cancel_release(announced_release, reason="Not needed", by=by, at=at).status == "cancelled"
    else:
        with pytest.raises(WrongRole, match="Only a Head of Profession or deputy can do this"):
            scheduling.cancel_release(announced_release, reason="Not needed", by=by, at=at)
        assert Release.objects.get().status == "confirmed"


def test_a_provisional_release_was_promised_to_no_one_and_is_cancelled_later_as_before(provisional_release):
    by = create_member(Role.CALENDAR_MANAGER, provisional_release.series.producer)
    assert scheduling.cancel_release(provisional_release, reason="Not needed", by=by, at=ONCE_DUE).status == "cancelled"


def test_the_page_is_offered_and_open_once_due_to_those_who_may(client, time_machine, announced_release, subtests):
    time_machine.move_to(ONCE_DUE, tick=False)
    address = reverse("releases:cancel", args=[announced_release.reference])
    page_of_release = reverse("releases:release", args=[announced_release.reference])
    checked = {"reason": "Not needed", "seen_version": announced_release.schedule_version, "checked": "yes"}
    for role in Role:
        client.force_login(create_member(role, announced_release.series.producer))
        with subtests.test(role), rolled_back():
            offered = f'href="{address}"' in client.get(page_of_release).text
            assert offered == (role in LEADS)
            refused = 409 if role in KEEPERS else 404
            assert client.get(address).status_code == (200 if role in LEADS else refused)
            assert client.post(address, checked).status_code == (302 if role in LEADS else refused)
            assert (Release.objects.get().status == "cancelled") == (role in LEADS)


def test_the_admin_site_refuses_it_to_who_keeps_the_calendar(time_machine):
    time_machine.move_to(ONCE_DUE, tick=False)
    release = ReleaseFactory(announced=True)
    keeper, deputy = (staff(role, release.series.producer) for role in (Role.CALENDAR_MANAGER, Role.DEPUTY))
    refused = planned(check(keeper, "cancel", [release]))[release.reference]
    assert "Only a Head of Profession or deputy can do this" in refused
    act_checked(keeper, "cancel", [release], reason="Not needed")
    assert Release.objects.get().status == "confirmed"
    assert said(act_checked(deputy, "cancel", [release], reason="Not needed")) == ["1 release cancelled."]


@pytest.mark.parametrize(
    ("role", "why"),
    [
        (Role.CALENDAR_MANAGER, "Only a Head of Profession or deputy can do this"),
        (Role.DEPUTY, "We are checking this release"),
    ],
)
def test_a_release_that_falls_due_while_others_are_cancelled_is_not_cancelled_as_before(announced_release, role, why):
    ReleaseFactory(announced=True, series=announced_release.series, reference="second")
    by, answers = create_member(role, announced_release.series.producer), Answers(reason="Not needed")
    plans = bulk_moves.plan_moves(Release.objects.all(), BulkMove.CANCEL, answers, by=by, at=JUST_BEFORE)
    assert all(plan.is_possible for plan in plans)
    clock = iter([JUST_BEFORE, SEED_DUE])
    made = bulk_moves.make_moves(plans, BulkMove.CANCEL, answers, by=by, now=lambda: next(clock))
    assert made.moved == [announced_release]
    (refusal,) = made.refusals
    assert why in refusal
    assert Release.objects.get(reference="second").status == "confirmed"


def test_the_admin_site_offers_it_to_those_alone_who_may(announced_release, time_machine, subtests):
    for at, offered in ((JUST_BEFORE, KEEPERS), (ONCE_DUE, LEADS)):
        time_machine.move_to(at, tick=False)
        for role in sorted(KEEPERS):
            with subtests.test(f"{role} at {at:%H:%M:%S}"):
                client = staff(role, announced_release.series.producer)
                answer = client.get(page("release", "change", announced_release.pk))
                assert ("cancel" in {offer.name for offer in answer.context["offers"]}) == (role in offered)
