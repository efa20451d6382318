"""One pattern for many releases: its effect is shown first, and a release that is already due keeps its address."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from releases import planner, scheduling
from releases.models import Address, Membership, Release, ReleaseEvent
from releases.planner import AddressObjection, Pattern
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from releases.rules.web_address import Fault
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.observations import create_observation
from tests.support.shared_rows import shared_fixture

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
LATER = london_slot(date(2026, 9, 16))
PATTERN = Pattern(url="https://www.example.gov.uk/{slug}-{month_name}-{year}", marker="{month_name} {year}")

pytestmark = pytest.mark.django_db


@shared_fixture
def series():
    return SeriesFactory(slug="rain")


@shared_fixture
def keeper(series):
    return create_member(Role.CALENDAR_MANAGER, series.producer)


def bare(series, reference="rain-sept", slot=LATER, **fields):
    release = ReleaseFactory(series=series, reference=reference, slot=slot, **fields)
    release.addresses.all().delete()
    return release


def proposed(keeper, pattern=PATTERN):
    (found,) = planner.propose_addresses(Release.objects.all(), pattern, by=keeper, now=NOW)
    return found


def test_each_release_gets_the_address_of_its_month_with_an_event_of_its_own(series, keeper):
    bare(series)
    bare(series, "rain-oct", london_slot(date(2026, 10, 14)))
    proposals = planner.propose_addresses(Release.objects.all(), PATTERN, by=keeper, now=NOW)
    assert not Address.objects.exists()
    assert planner.apply_addresses(proposals, by=keeper, at=NOW) == (2, [])
    assert list(Address.objects.order_by("pk").values_list("url", "marker")) == [
        ("https://www.example.gov.uk/rain-september-2026", "September 2026"),
        ("https://www.example.gov.uk/rain-october-2026", "October 2026"),
    ]
    assert ReleaseEvent.objects.filter(kind="address_added", actor=keeper).count() == 2


@pytest.mark.parametrize("status", ["provisional", "confirmed"])
def test_a_release_that_is_due_already_keeps_its_address_whatever_is_asked_for(series, keeper, status):
    ReleaseFactory(confirmed=status == "confirmed", series=series, slot=london_slot(date(2026, 6, 30)))
    before = Address.objects.values().get()
    found = proposed(keeper, Pattern(url=PATTERN.url, marker=PATTERN.marker, replaces=True))
    assert found.objection is AddressObjection.DUE
    assert planner.apply_addresses([found], by=keeper, at=NOW) == (0, [])
    assert Address.objects.values().get() == before


def test_one_that_falls_due_between_the_preview_and_the_act_keeps_its_address_too(series, keeper):
    bare(series, slot=london_slot(date(2026, 7, 1)))
    (found,) = planner.propose_addresses(Release.objects.all(), PATTERN, by=keeper, now=NOW)
    done, refusals = planner.apply_addresses([found], by=keeper, at=datetime(2026, 7, 1, 8, 30, tzinfo=UTC))
    assert done == 0
    assert "because its release time has passed" in refusals[0]
    assert not Address.objects.exists()


def test_a_page_that_is_there_stays_unless_one_asks_for_another(series, keeper):
    release = ReleaseFactory(series=series, slot=LATER)
    found = proposed(keeper)
    assert (found.objection, found.instead_of) == (AddressObjection.HAS_ONE, release.addresses.get())
    found = proposed(keeper, Pattern(url=PATTERN.url, marker=PATTERN.marker, replaces=True))
    assert found.may_be_set
    assert planner.apply_addresses([found], by=keeper, at=NOW) == (1, [])
    assert Address.objects.get().url == "https://www.example.gov.uk/rain-september-2026"
    assert proposed(keeper).objection is AddressObjection.NOTHING_TO_CHANGE


def test_an_address_that_was_checked_at_keeps_its_place_and_may_get_other_words(series, keeper):
    release = ReleaseFactory(series=series, slot=LATER)
    create_observation(release.addresses.get(), "not_live", at=NOW)
    replacing = Pattern(url=PATTERN.url, marker=PATTERN.marker, replaces=True)
    assert proposed(keeper, replacing).objection is AddressObjection.LOOKED_AT
    same_place = Pattern(url=release.addresses.get().url, marker="September 2026", replaces=True)
    planner.apply_addresses([proposed(keeper, same_place)], by=keeper, at=NOW)
    assert Address.objects.get().marker == "September 2026"


def test_two_releases_that_no_one_could_tell_apart_get_no_address(series, keeper):
    for reference, day in (("first", 2), ("second", 16), ("october", 45)):
        bare(series, reference, london_slot(date(2026, 8, 31) + timedelta(days=day)))
    found = planner.propose_addresses(Release.objects.all(), PATTERN, by=keeper, now=NOW)
    assert {proposal.release.reference: proposal.objection for proposal in found} == {
        "first": AddressObjection.NOT_TOLD_APART,
        "second": AddressObjection.NOT_TOLD_APART,
        "october": None,
    }
    by_day = replace(PATTERN, marker="{day} {month_name} {year}")
    assert all(
        proposal.may_be_set for proposal in planner.propose_addresses(Release.objects.all(), by_day, by=keeper, now=NOW)
    )


def test_a_page_and_marker_that_another_release_has_are_not_given_again(series, keeper):
    url = "https://www.example.gov.uk/rain-september-2026"
    ReleaseFactory(series=series, reference="other", slot=LATER, url=url, marker="September 2026")
    release = bare(series)
    (found,) = planner.propose_addresses(Release.objects.filter(pk=release.pk), PATTERN, by=keeper, now=NOW)
    assert found.objection is AddressObjection.NOT_TOLD_APART


def test_an_attachment_comes_next_to_others_and_takes_nobodys_place(series, keeper):
    ReleaseFactory(series=series, slot=LATER, attachments=("https://www.example.gov.uk/a.ods",))
    attachment = Pattern(url="https://www.example.gov.uk/{reference}.ods", role="attachment")
    planner.apply_addresses([proposed(keeper, attachment)], by=keeper, at=NOW)
    assert Address.objects.filter(role="attachment").count() == 2
    assert proposed(keeper, attachment).objection is AddressObjection.NOTHING_TO_CHANGE


def test_an_address_that_stands_there_in_another_role_is_not_named_twice(series, keeper):
    release = ReleaseFactory(series=series, slot=LATER)
    attachment = Pattern(url=release.addresses.get().url, role="attachment", replaces=True)
    assert proposed(keeper, attachment).objection is AddressObjection.NAMED_ALREADY


def test_a_cancelled_release_gets_no_address(series, keeper):
    release = bare(series)
    scheduling.cancel_release(release, reason="Stopped", by=keeper, at=NOW)
    assert proposed(keeper).objection is AddressObjection.CANCELLED


def test_a_pattern_that_names_more_than_is_known_is_an_objection_to_this_release_alone(series, keeper):
    bare(series, slot=Slot(on=date(2026, 9, 1), at=None, precision=Precision.TWO_MONTHS))
    found = proposed(keeper)
    assert (found.objection, found.fault.fault) == (AddressObjection.PATTERN, Fault.MONTH_NOT_KNOWN)


@pytest.mark.parametrize("url", ["ftp://www.example.gov.uk/{slug}", "{slug}", "https://jo@www.example.gov.uk/"])
def test_what_is_no_web_address_is_refused(series, keeper, url):
    bare(series)
    assert proposed(keeper, Pattern(url=url)).objection is AddressObjection.NOT_AN_ADDRESS


def test_a_release_that_one_may_only_read_stays_as_it_is(series, keeper):
    foreign = SeriesFactory()
    Membership.objects.create(user=keeper, producer=foreign.producer, role=Role.AUDITOR)
    bare(foreign)
    assert proposed(keeper).objection is AddressObjection.NOT_YOURS


def test_a_proposal_asks_the_database_no_more_for_more_releases(series, keeper, django_assert_num_queries):
    for number in range(5):
        bare(series, f"rain-{number}", london_slot(date(2026, 8, 3) + timedelta(weeks=5 * number)))
    with django_assert_num_queries(4):
        assert len(planner.propose_addresses(Release.objects.all(), PATTERN, by=keeper, now=NOW)) == 5
