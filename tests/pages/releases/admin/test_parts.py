"""Naming the parts of a release in the admin site, and by how much each may follow."""

from datetime import date

import pytest

from releases.models import Address, ReleaseEvent
from releases.rules.lifecycle import Role
from tests.support.admin_site import address_rows, form_of, page, refusals, staff_of
from tests.support.factories import ReleaseFactory, london_slot

pytestmark = pytest.mark.django_db

WELSH = {"url": "https://www.example.gov.uk/cy/ysgolion", "marker": "31 Mawrth 2098", "part": "welsh_page"}
REFUSED = {
    "longer than a day": ({"may_follow_minutes": "1441"}, "may_follow_minutes", "Enter up to 1440 minutes (24 hours)."),
    "without a name": ({"part": "", "may_follow_minutes": "15"}, "part", "Choose the part that may follow."),
    "not required": (
        {"required": "", "may_follow_minutes": "15"},
        "may_follow_minutes",
        "Enter 0, or select ‘Must be live on time’.",
    ),
    "a page that is a file": (
        {"role": "attachment"},
        "role",
        "Choose ‘Web page’ for an English or a Welsh page.",
    ),
    "an announcement": (
        {"role": "announcement", "part": "tables"},
        "part",
        "An announcement is not a part of the release. Choose ‘Not named’.",
    ),
    "an unknown part": ({"part": "map"}, "part", "Select a valid choice. map is not one of the available choices."),
}


@pytest.fixture
def release(time_machine):
    time_machine.move_to("2098-06-01T09:00:00+00:00", tick=False)
    return ReleaseFactory(slot=london_slot(date(2098, 7, 1)), confirmed=True)


def save(release, *new):
    client = staff_of(Role.CALENDAR_MANAGER, release)
    return client.post(page("release", "change", release.pk), form_of(release) | address_rows(release, *new))


def test_a_welsh_page_is_added_that_may_follow_by_15_minutes(release):
    response = save(release, WELSH | {"may_follow_minutes": "15"})
    assert response.status_code == 302, refusals(response)
    welsh = Address.objects.get(part="welsh_page")
    assert (welsh.may_follow_minutes, welsh.required) == (15, True)
    shown = staff_of(Role.CALENDAR_MANAGER, release).get(page("release", "change", release.pk)).content.decode()
    assert "Part of the release" in shown
    assert "May follow within (minutes)" in shown


def test_an_existing_file_gets_a_name_with_an_event(release):
    rows = address_rows(release, part="english_page")
    response = staff_of(Role.CALENDAR_MANAGER, release).post(
        page("release", "change", release.pk), form_of(release) | rows
    )
    assert response.status_code == 302, refusals(response)
    assert Address.objects.get().part == "english_page"
    assert ReleaseEvent.in_order().last().facts["changed"] == {"part": ["", "english_page"]}


def test_an_impossible_part_is_refused_in_one_sentence(release, subtests):
    for case, (fields, field, sentence) in REFUSED.items():
        with subtests.test(case):
            response = save(release, WELSH | fields)
            assert refusals(response) == {field: [sentence]}
            assert Address.objects.count() == 1


def test_at_least_one_part_is_live_at_the_release_time(release):
    rows = address_rows(release, part="english_page", may_follow_minutes="5")
    response = staff_of(Role.CALENDAR_MANAGER, release).post(
        page("release", "change", release.pk), form_of(release) | rows
    )
    assert "At least one part must be live at the release time. Enter 0 minutes for it." in response.content.decode()
    assert Address.objects.get().may_follow_minutes == 0
