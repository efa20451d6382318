"""What the dashboard shows of changes of date that wait for agreement, and the way to the register (C12)."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from releases import scheduling
from releases.rules.lifecycle import Role
from tests.support.date_requests import request_date
from tests.support.factories import SEED_DUE, ReleaseFactory, UserFactory, create_member, london_slot

pytestmark = pytest.mark.django_db

DESK = reverse("desk")
WAITING = reverse("releases:changes_waiting")
ASKED_AT = SEED_DUE - timedelta(days=9)


def words_of(response):
    return " ".join(response.text.split())


def test_those_who_may_agree_see_how_many_changes_wait_with_the_way_to_them(client, clock, release):
    second = ReleaseFactory(announced=True, reference="second", series=release.series)
    client.force_login(create_member(Role.DEPUTY, release.series.producer))
    request_date(release, at=ASKED_AT)
    assert "1 date change needs your decision" in words_of(client.get(DESK))
    request_date(second, at=ASKED_AT)
    response = client.get(DESK)
    assert "2 date changes need your decision" in words_of(response)
    assert f'href="{WAITING}"' in response.text


@pytest.mark.parametrize("role", [role for role in Role if role not in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}])
def test_no_one_else_is_told_that_a_change_waits(client, clock, release, role):
    request_date(release, at=ASKED_AT)
    client.force_login(create_member(role, release.series.producer))
    assert WAITING not in client.get(DESK).text


def test_an_overtaken_request_waits_for_no_one(client, clock, release):
    request_date(release, at=ASKED_AT)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 2)), reason="Late data", by=head, at=ASKED_AT)
    client.force_login(head)
    assert WAITING not in client.get(DESK).text


def test_the_desk_leads_everyone_with_a_role_to_the_register(client, clock, release):
    register = f'href="{reverse("releases:changes")}"'
    client.force_login(create_member(Role.AUDITOR, release.series.producer))
    assert register in client.get(DESK).text
    client.force_login(UserFactory())
    assert register not in client.get(DESK).text
