"""Parts of a release: what the database accepts, what their digests cover, and where they are copied."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from releases import corrections, planner, scheduling
from releases.models import Address, Release, ReleaseRowRecord
from releases.models.release import find_main_page
from releases.planner import Pattern
from releases.public.calendar import live_page_of
from releases.rules.lifecycle import Role
from releases.scheduling import PartRefused, PlannedAddress
from tests.integration.tampering.changes import change
from tests.integration.tampering.verifying import apply, verify
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member, london_slot, rolled_back

pytestmark = pytest.mark.django_db

BEFORE = SEED_DUE - timedelta(days=1)
WELSH = PlannedAddress(
    url="https://www.example.gov.uk/cy/ysgolion",
    marker="31 Mawrth 2020",
    part="welsh_page",
    may_follow_minutes=15,
)
IMPOSSIBLE = {
    "an unknown part": {"part": "map"},
    "longer than a day": {"may_follow_minutes": 1441},
    "not required": {"required": False},
    "without a name": {"part": ""},
    "a page that is a file": {"role": "attachment"},
    "an announcement": {"role": "announcement", "required": False, "may_follow_minutes": 0},
}


@pytest.fixture
def release():
    return ReleaseFactory(confirmed=True)


def add_welsh_page(release, **fields):
    return corrections.correct_missing_address(release, replace(WELSH, **fields), by=None, at=BEFORE)


def test_the_database_refuses_an_impossible_part(release, subtests):
    add_welsh_page(release)
    for case, fields in IMPOSSIBLE.items():
        with subtests.test(case), pytest.raises(IntegrityError), transaction.atomic():
            Address.objects.filter(part="welsh_page").update(**fields)
    assert Address.objects.filter(part="welsh_page").update(may_follow_minutes=1440)


def test_an_impossible_part_is_refused_in_a_sentence_by_every_action(release, subtests):
    welsh = add_welsh_page(release)
    other = replace(WELSH, url="https://www.example.gov.uk/cy/arall")
    for case, (fields, field) in {
        "not required": ({"required": False}, "may_follow_minutes"),
        "without a name": ({"part": ""}, "part"),
        "a page that is a file": ({"role": "attachment"}, "role"),
    }.items():
        with subtests.test(case):
            with pytest.raises(PartRefused) as added:
                corrections.correct_missing_address(release, replace(other, **fields), by=None, at=BEFORE)
            with pytest.raises(PartRefused) as changed:
                corrections.change_address(welsh, replace(WELSH, **fields), by=None, at=BEFORE)
            assert (added.value.field, changed.value.field) == (field, field)
            assert list(Address.objects.exclude(part="")) == [welsh]


def test_its_limit_is_that_of_the_release_plus_what_it_may_follow(release):
    welsh = add_welsh_page(release)
    assert welsh.limit_at == release.limit_at + timedelta(minutes=15)


def test_an_announcement_loses_its_part(release):
    welsh = add_welsh_page(release, may_follow_minutes=0)
    changed = corrections.change_address(welsh, replace(WELSH, role="announcement"), by=None, at=BEFORE)
    assert (changed.part, changed.may_follow_minutes, changed.required) == ("", 0, False)
    added = scheduling.add_address(ReleaseFactory(reference="other"), replace(WELSH, role="announcement"), at=BEFORE)
    assert (added.part, added.may_follow_minutes) == ("", 0)


def test_the_digest_of_an_address_covers_its_part_and_is_as_before_without_one(release):
    page = Address.objects.get()
    (table,) = (table for table in ReleaseRowRecord.TABLES if table.model is Address)
    without_parts = replace(table, if_used={})
    assert dict(table.digests([page.pk])) == dict(without_parts.digests([page.pk]))
    welsh = add_welsh_page(release)
    assert dict(table.digests([welsh.pk])) != dict(without_parts.digests([welsh.pk]))
    assert verify() == ("", False)
    for statement in (
        "UPDATE releases_address SET may_follow_minutes = 30 WHERE part <> ''",
        "UPDATE releases_address SET part = 'other' WHERE part <> ''",
    ):
        with rolled_back():
            apply(change("", "", statement))
            assert f"releases.address {welsh.pk} was changed" in verify()[0]
    with rolled_back():
        apply(change("", "", "UPDATE releases_address SET part = 'other' WHERE part = ''"))
        assert f"releases.address {page.pk} was changed" in verify()[0]


def test_a_duplicate_of_a_release_has_the_same_parts(release):
    add_welsh_page(release)
    suggestion = planner.suggest_like(Release.objects.get())
    assert [(one.part, one.may_follow_minutes) for one in suggestion.addresses] == [("", 0), ("welsh_page", 15)]


def test_a_pattern_replaces_the_main_page_and_leaves_its_part(time_machine):
    time_machine.move_to("2026-06-01T09:00:00+00:00", tick=False)
    release = ReleaseFactory(slot=london_slot(date(2026, 7, 1)))
    release.addresses.all().delete()
    now = datetime(2026, 6, 1, 9, tzinfo=UTC)
    scheduling.add_address(release, WELSH, at=now)
    english = scheduling.add_address(
        release, PlannedAddress("https://www.example.gov.uk/old", marker="Old", part="english_page"), at=now
    )
    keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    pattern = Pattern(url="https://www.example.gov.uk/rain-{year}", marker="July {year}", replaces=True)
    proposals = planner.propose_addresses(Release.objects.all(), pattern, by=keeper, now=now)
    assert planner.apply_addresses(proposals, by=keeper, at=now) == (1, [])
    english.refresh_from_db()
    assert (english.url, english.part) == ("https://www.example.gov.uk/rain-2026", "english_page")


def test_readers_are_shown_the_main_page_and_never_a_part_that_may_still_follow():
    release = ReleaseFactory(announced=True)
    release.addresses.all().delete()
    scheduling.add_address(release, WELSH, at=BEFORE)
    english = scheduling.add_address(
        release, PlannedAddress("https://www.example.gov.uk/english", marker="March", part="english_page"), at=BEFORE
    )
    assert find_main_page(release.addresses.all()) == english
    scheduling.publish(Release.objects.get(), by=None, at=SEED_DUE, published_at=SEED_DUE)
    assert live_page_of(Release.objects.get(), now=SEED_DUE) == english.url
