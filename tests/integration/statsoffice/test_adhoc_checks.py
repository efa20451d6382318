"""Checks outside a sweep, by the job and by command, against a real site (V17)."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command

from releases import host_budgets
from releases import preflight as preflight_of_tomorrow
from releases.detection.preflight import PreflightCode
from releases.models import HostLease, Observation, PreflightRun
from releases.monitoring.clock import StoppedClock
from statsoffice import jobs, retention
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from statsoffice.self_monitoring import status
from statsoffice.self_monitoring.models import Incident
from tests.support.early_release import add_checks
from tests.support.factories import ReleaseFactory
from tests.support.preflight import ANNOUNCEMENT, DAY_BEFORE, DUE, PAGE, TITLE, a_sound_release, found_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_probe(monkeypatch):
    """A probe is made for the settings of the test, and not reused from the one before."""
    monkeypatch.setattr(jobs, "_probes", {})


def take(at=DAY_BEFORE):
    jobs.run_due_checks(clock=StoppedClock(at), process="worker")


def preflight(*references):
    said = StringIO()
    call_command("preflight", *references, stdout=said)
    return said.getvalue()


def test_a_tick_makes_what_is_planned_once_and_takes_the_snapshot_with_it(site):
    release = a_sound_release(site)
    take()
    take()
    assert found_of(release) == set()
    assert PreflightRun.objects.count() == 1
    looks = Observation.objects.values_list("address__role", "watcher", "clock_bound_seconds")
    assert sorted(looks) == [(role, "worker beside", 0.0) for role in ("announcement", "attachment", "page")]
    assert set(HostLease.objects.values_list("holder", flat=True)) == {""}


def test_before_its_hour_a_tick_takes_the_first_snapshot_of_an_announcement_and_checks_nothing(site):
    a_sound_release(site)
    take(DAY_BEFORE.replace(hour=8))
    assert [look.address.role for look in Observation.objects.select_related("address")] == ["announcement"]
    assert PreflightRun.objects.count() == 0


def test_around_a_due_instant_a_tick_does_nothing_and_the_next_one_makes_up_for_it(site):
    release = a_sound_release(site)
    ReleaseFactory(confirmed=True, due_at=DAY_BEFORE, reference="due-now", rehearsal=True)
    take()
    assert PreflightRun.objects.count() == Observation.objects.count() == 0
    take(DAY_BEFORE + timedelta(seconds=31))
    assert found_of(release) == set()


@pytest.mark.parametrize("fails", ["request_missing_preflights", "run_requested_preflights", "own_probe"])
def test_a_fault_in_one_part_is_raised_and_keeps_no_other_from_being_done(site, monkeypatch, fails):
    def fault(*_args, **_named):
        message = "a fault of our own"
        raise RuntimeError(message)

    a_sound_release(site)
    gone = Session.objects.create(session_key="old", session_data="", expire_date=DAY_BEFORE - timedelta(hours=1))
    monkeypatch.setattr(jobs if fails == "own_probe" else preflight_of_tomorrow, fails, fault)
    with pytest.raises(ExceptionGroup) as raised:
        take()
    assert raised.group_contains(RuntimeError, match="a fault of our own")
    assert not Session.objects.filter(pk=gone.pk).exists()
    assert Observation.objects.filter(address__role="announcement").exists() is (fails != "own_probe")
    assert status.find_heartbeat(retention.PRUNE).finished_at == DAY_BEFORE


def test_a_watcher_of_which_people_were_told_that_it_is_ill_is_found_and_one_that_failed_by_chance_is_not(site):
    release = a_sound_release(site)
    illness = Incident.objects.create(began_at=DAY_BEFORE, observed_at=DAY_BEFORE)
    take()
    assert found_of(release) == set()
    Incident.objects.filter(pk=illness.pk).update(alarmed_at=DAY_BEFORE)
    preflight_of_tomorrow.request_preflight(release, by=None, now=DAY_BEFORE)
    take()
    assert found_of(release) == {(PreflightCode.WATCHER_ILL, None)}


def test_the_sweep_of_the_same_process_keeps_its_hosts(site):
    a_sound_release(site)
    host = site.base_url.removeprefix("http://")
    host_budgets.claim_hosts([host], holder="worker", now=DAY_BEFORE)
    take()
    assert HostLease.objects.get(host=host).holder == "worker"


class TestByCommand:
    @pytest.fixture(autouse=True)
    def _at_two(self, time_machine):
        time_machine.move_to(DAY_BEFORE, tick=False)

    def test_it_prints_what_was_found_of_each_release_of_the_day(self, site):
        release = a_sound_release(site)
        site.publish(PAGE, [scene(status=503)])
        site.publish(ANNOUNCEMENT, [scene("<h1>School inspections</h1><p>2 July 2026</p>")])
        said = preflight()
        assert f"{release.reference}, due at 9:30am on 1 July 2026: 2 problems" in said
        assert "problem: We got no usable response from the address: the website reported an error." in said
        assert site.url(PAGE) in said
        assert "does not give the planned date, 9:30am on 1 July 2026." in said
        assert "Checked: 1. With problems: 1." in said
        assert found_of(release) == {
            (PreflightCode.NO_ANSWER, PAGE),
            (PreflightCode.ANNOUNCED_DAY_NOT_FOUND, ANNOUNCEMENT),
        }

    def test_a_release_that_is_named_is_checked_whenever_it_is_due(self, site, time_machine):
        release = a_sound_release(site)
        time_machine.move_to(DAY_BEFORE.replace(day=20), tick=False)
        assert "Checked: 0." in preflight()
        assert "Checked: 1." in preflight(release.reference)

    def test_a_reference_that_is_not_known_changes_nothing(self, site):
        release = a_sound_release(site)
        with pytest.raises(CommandError, match=r"There is no release nowhere\. Nothing was checked"):
            preflight(release.reference, "nowhere")
        assert PreflightRun.objects.count() == 0

    def test_a_release_that_is_past_is_refused_in_one_sentence(self, site, time_machine):
        release = a_sound_release(site)
        time_machine.move_to(DUE, tick=False)
        with pytest.raises(CommandError, match="past, cancelled or without an exact date"):
            preflight(release.reference)

    def test_a_site_that_others_check_at_just_now_is_said_to_be_and_stays_asked_for(self, site):
        release = a_sound_release(site)
        name = host_budgets.claim_spare(site.base_url.removeprefix("http://"))
        host_budgets.claim_hosts([name], holder="another", now=DAY_BEFORE)
        assert preflight(release.reference) == (
            "Without a new result: 1. Another process may be checking these releases or their sites. Try again later.\n"
            "Checked: 0. With problems: 0.\n"
        )
        assert PreflightRun.objects.open().count() == 1

    @pytest.mark.parametrize("is_checked_before", [False, True])
    @pytest.mark.parametrize(
        ("path", "code", "shown"),
        [
            (PAGE, PreflightCode.LIVE_ALREADY, scene(pages.release_page(TITLE, published="30 June 2026"))),
            (ANNOUNCEMENT, PreflightCode.ANNOUNCEMENT_LEADS_ON, scene(status=301, headers={"Location": PAGE})),
        ],
        ids=["found live", "announcement that redirects"],
    )
    def test_it_prints_of_an_early_release_what_it_prints_of_a_release_that_others_check(
        self, site, time_machine, path, code, shown, is_checked_before
    ):
        release = a_sound_release(site)
        if is_checked_before:
            assert "Checked: 1. With problems: 0." in preflight()
        else:
            add_checks(release, ("not_live", -7200))
        time_machine.move_to(DAY_BEFORE + timedelta(minutes=10), tick=False)
        name = host_budgets.claim_spare(site.base_url.removeprefix("http://"))
        host_budgets.claim_hosts([name], holder="another", now=DAY_BEFORE + timedelta(minutes=10))
        busy = preflight()
        host_budgets.release_hosts("another", now=DAY_BEFORE + timedelta(minutes=9))
        site.publish(path, [shown])
        assert preflight() == busy
        assert (code, path) in found_of(release)
        line = f"{release.reference}, due at 9:30am on 1 July 2026, checked at 2pm on 30 June 2026: no problems"
        assert (line in busy) is (release.reference in busy) is is_checked_before
