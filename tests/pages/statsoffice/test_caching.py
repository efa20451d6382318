"""What browsers and caches may keep: no page of before, and nothing that one person saw."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from releases import scheduling
from releases.rules.lifecycle import Role
from tests.support.factories import ReleaseFactory, create_member
from tests.support.people import create_office
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

NOW = datetime(2020, 6, 1, 9, tzinfo=UTC)
PUBLIC = ["/", "/calendar/2020/6/", "/releases/absence/", "/calendar.ics", "/changes.atom", "/api/v1/releases"]


@pytest.fixture(autouse=True)
def on_a_day_in_june(time_machine):
    time_machine.move_to(NOW, tick=False)


@shared_fixture
def release():
    return ReleaseFactory(announced=True, reference="absence")


def test_a_reader_who_asks_again_is_told_in_no_bytes_that_a_public_page_still_applies(client, release, subtests):
    for address in PUBLIC:
        with subtests.test(address):
            first, head = client.get(address), client.head(address)
            assert "no-cache" in first["Cache-Control"]
            for header in ("ETag", "Content-Length", "Content-Type", "Cache-Control"):
                assert head[header] == first[header]
            for ask in (client.get, client.head):
                again = ask(address, headers={"If-None-Match": first["ETag"]})
                assert (again.status_code, again.content) == (304, b"")


def test_once_a_release_is_cancelled_no_reader_is_told_that_the_page_of_before_stands(client, release, subtests):
    before = {address: client.get(address)["ETag"] for address in PUBLIC}
    scheduling.cancel_release(
        release,
        reason="The survey was stopped.",
        by=create_member(Role.HEAD_OF_PROFESSION, release.series.producer),
        at=NOW,
    )
    for address in PUBLIC:
        with subtests.test(address):
            again = client.get(address, headers={"If-None-Match": before[address]})
            assert again.status_code == 200
            assert again["ETag"] != before[address]


def test_what_one_person_sees_is_kept_nowhere(client, subtests):
    client.force_login(create_office().head)
    for name in ("desk", "breaches:report_list", "outbox:sent", "exchange:release_list"):
        with subtests.test(name):
            answer = client.get(reverse(name))
            assert answer.status_code == 200
            assert answer["Cache-Control"] == "private, no-store"
            assert not answer.has_header("ETag")


def test_the_admins_pages_are_kept_nowhere(admin_client):
    assert "no-store" in admin_client.get("/admin/releases/release/")["Cache-Control"]
