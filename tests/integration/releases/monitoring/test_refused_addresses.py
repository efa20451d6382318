"""Invalid addresses: they cannot be checked, and every other one is checked and judged all the same."""

from contextlib import suppress
from datetime import timedelta

import pytest

from releases.models import Address, CheckSchedule, Observation, Verification
from releases.monitoring.sweep import Sweep
from releases.rules.host_budget import Budget
from releases.scheduling import PlannedAddress, add_address
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import A_LONG_TIME_AGO, SEED_DUE, ReleaseFactory
from tests.support.morning import MorningOver
from tests.support.preflight import DAY_BEFORE, a_sound_release, means_with
from tests.support.scripted_publisher import JumpingClock, ScriptedPublisher

TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"
RELEASE = pages.release_page(TITLE, published="30 June 2020")
NONE = "http://[broken"

pytestmark = pytest.mark.django_db


@pytest.fixture
def play_on(morning_from, calendar_at_rest):
    """Play a morning from half a minute before the releases are due, as the worker does: whatever fails, it goes on."""
    morning = morning_from(SEED_DUE - timedelta(seconds=30))

    def play(until):
        while morning.clock.now() < until:
            with suppress(ExceptionGroup):
                morning.play(until)
            with suppress(MorningOver):
                morning.clock.sleep_until(morning.clock.now() + timedelta(seconds=1))

    return play


def recorded(site, path, *, starts, sibling=None):
    """Record a release whose page comes some time after it is due, with an address of a role that is none."""
    site.publish(path, [scene(status=404), scene(RELEASE, starts=SEED_DUE + starts)])
    reference = path.strip("/").replace("/", "-")
    release = ReleaseFactory(confirmed=True, url=site.url(path), reference=reference, title=TITLE, due_at=SEED_DUE)
    if sibling:
        planned = PlannedAddress(url=site.url("/to-be-broken"), role=sibling)
        added = add_address(release, planned, at=A_LONG_TIME_AGO)
        Address.objects.filter(pk=added.pk).update(url=NONE)
    return release


def outcome_of(release):
    return Verification.objects.get(release=release).outcome


@pytest.mark.parametrize("role", [Address.Role.ANNOUNCEMENT, Address.Role.ATTACHMENT])
def test_a_good_page_with_a_sibling_that_is_none_is_checked_at_and_so_are_other_releases(site, play_on, role):
    sound = recorded(site, "/statistics/sound", starts=timedelta(seconds=2))
    recorded(site, "/statistics/broken", starts=timedelta(seconds=2), sibling=role)
    play_on(SEED_DUE + timedelta(seconds=30))
    assert outcome_of(sound) == Outcome.ON_TIME
    assert Observation.objects.filter(release__reference="statistics-broken", planned_at=SEED_DUE).exists()


def test_a_late_page_is_late_although_its_attachment_has_an_address_that_is_none(site, play_on):
    late = recorded(site, "/statistics/late", starts=timedelta(seconds=130), sibling=Address.Role.ATTACHMENT)
    play_on(SEED_DUE + timedelta(seconds=210))
    assert outcome_of(late) == Outcome.LATE


def test_a_replay_by_hand_checks_at_every_other_rehearsal():
    for name in ("sound", "broken"):
        ReleaseFactory(confirmed=True, reference=name, url=f"https://www.example.gov.uk/{name}", rehearsal=True)
    Address.objects.filter(release__reference="broken").update(url=NONE)
    clock = JumpingClock(SEED_DUE, ends_at=SEED_DUE + timedelta(hours=1))
    publisher = ScriptedPublisher(clock, lambda url, at: (404, "", 0.1))
    with pytest.raises(ExceptionGroup):
        Sweep.check_rehearsals_once(clock=clock, probe=publisher, name="by hand")
    assert set(Observation.objects.values_list("release__reference", flat=True)) == {"sound"}


def test_next_to_the_watch_what_can_be_checked_at_is_checked_at(site, means):
    release = a_sound_release(site)
    release.addresses.filter(role="announcement").update(url=NONE)
    addresses = list(release.addresses.order_by("pk"))
    made = means.check_addresses(addresses, now=DAY_BEFORE)
    assert sorted(one.row.address.role for one in made) == ["attachment", "page"]


def test_an_address_that_is_none_needs_no_host_of_which_a_check_next_to_the_watch_takes_the_whole_budget(site, means):
    release = a_sound_release(site)
    broken = ReleaseFactory(confirmed=True, reference="broken").addresses.get()
    CheckSchedule.objects.create(address=broken, schedule_version=1, next_check_at=DAY_BEFORE)
    Address.objects.filter(pk=broken.pk).update(url=NONE)
    small = means_with(means.probe, budgets={site.base_url.removeprefix("http://"): Budget(1, 1)})
    page = release.addresses.get(role="page")
    assert [one.row.address for one in small.check_addresses([page], now=DAY_BEFORE)] == [page]
