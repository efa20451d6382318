"""The check on the working day before a release, against a real site (V17)."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from django.db import connection

from releases import preflight
from releases.detection.preflight import PreflightCode, PreflightFinding
from releases.early_findings import listed_preflights
from releases.models import Observation, PreflightRun, Release, Series, Verification
from releases.models.observation import Purpose
from releases.rules.clock_error import ClockError, Voucher
from releases.rules.page_view import BrowserState
from releases.verdict.address import Outcome
from statsoffice.accounts.models import User
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.corpus.files import ODS, ODS_FILE
from tests.support.factories import ReleaseFactory, UserFactory
from tests.support.observations import create_observation
from tests.support.preflight import (
    ANNOUNCEMENT,
    DAY_BEFORE,
    DUE,
    PAGE,
    SHEET,
    TITLE,
    WORDS,
    a_sound_release,
    announce_at,
    check,
    found_of,
    means_with,
)

TWO = time(14, 0)

pytestmark = pytest.mark.django_db


def test_where_all_is_well_nothing_is_found_and_the_checks_are_kept_as_what_they_are(site, means):
    release = a_sound_release(site)
    assert check(release, means) == set()
    run = PreflightRun.objects.get()
    assert (run.problems, run.news, run.schedule_version, run.vantage) == (0, 0, 1, "the office")
    looks = {look.address.role: (look.purpose, look.result) for look in Observation.objects.select_related("address")}
    assert looks == {
        "page": (Purpose.PLAIN, "not_live"),
        "attachment": (Purpose.PLAIN, "not_live"),
        "announcement": (Purpose.ANNOUNCEMENT, "not_live"),
    }
    assert {look.watcher for look in Observation.objects.all()} == {"beside"}
    assert Verification.objects.count() == 0


@pytest.mark.parametrize(
    ("state", "code", "problems"),
    [
        (BrowserState.SANDBOXED, PreflightCode.BROWSER_IN_SANDBOX, 0),
        (BrowserState.WITHOUT_SANDBOX, PreflightCode.BROWSER_WITHOUT_SANDBOX, 0),
        (BrowserState.NOT_INSTALLED, PreflightCode.NO_BROWSER, 0),
        (BrowserState.DOES_NOT_START, PreflightCode.BROWSER_DOES_NOT_START, 1),
    ],
)
def test_how_the_browser_runs_is_stated_for_a_release_that_needs_it(site, means, state, code, problems):
    release = a_sound_release(site)
    Release.objects.filter(pk=release.pk).update(screenshots=True)
    release.refresh_from_db()
    assert check(release, replace(means, browser_state=lambda: state)) == {(code, None)}
    assert PreflightRun.objects.get().problems == problems


def test_the_browser_is_not_started_for_a_release_that_does_not_need_it(site, means):
    def start():
        raise AssertionError("the browser was started")

    assert check(a_sound_release(site), replace(means, browser_state=start)) == set()


@pytest.mark.parametrize(
    ("path", "shown", "code"),
    [
        pytest.param(PAGE, scene(status=503), PreflightCode.NO_ANSWER, id="the site has a fault"),
        pytest.param(PAGE, scene(status=403), PreflightCode.NO_ANSWER, id="the site does not let us in"),
        pytest.param(
            PAGE,
            scene(pages.release_page(TITLE, published="1 July 2026")),
            PreflightCode.MARKER_MATCHES_ALREADY,
            id="the marker matches from the first",
        ),
        pytest.param(
            PAGE, scene("<h1>Something else</h1>"), PreflightCode.NOT_RECOGNISED, id="a text that nobody knows"
        ),
        pytest.param(ANNOUNCEMENT, scene(status=500), PreflightCode.ANNOUNCEMENT_NO_ANSWER, id="no announcement"),
        pytest.param(
            ANNOUNCEMENT,
            scene("<h1>School inspections</h1><p>2 July 2026 9:30am</p>"),
            PreflightCode.ANNOUNCED_DAY_NOT_FOUND,
            id="announced for another day",
        ),
        pytest.param(
            ANNOUNCEMENT,
            scene("<h1>School inspections</h1><p>1 July 2026 9:30am</p><p>This release is cancelled</p>"),
            PreflightCode.ANNOUNCEMENT_CALLED_OFF,
            id="cancelled",
        ),
    ],
)
def test_what_is_wrong_with_an_address_is_found_at_that_address_and_nothing_else(site, means, path, shown, code):
    release = a_sound_release(site)
    site.publish(path, [shown])
    assert check(release, means) == {(code, path)}


def test_an_announcement_that_leads_to_the_release_before_its_time_is_found(site, means):
    release = a_sound_release(site)
    site.publish(ANNOUNCEMENT, [scene(status=301, headers={"Location": PAGE})])
    assert check(release, means) == {(PreflightCode.ANNOUNCEMENT_LEADS_ON, ANNOUNCEMENT)}


def test_a_release_without_people_page_or_attachment_says_so(site, means):
    release = a_sound_release(site)
    release.addresses.exclude(role="announcement").delete()
    Series.objects.update(responsible=None, head_of_profession=None)
    assert {code for code, _ in check(release, means)} == {
        PreflightCode.NO_PAGE, PreflightCode.NO_RESPONSIBLE, PreflightCode.NO_HEAD, PreflightCode.NO_ATTACHMENTS,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("contact", "code"),
    [("responsible", PreflightCode.RESPONSIBLE_CLOSED), ("head_of_profession", PreflightCode.HEAD_CLOSED)],
    ids=["responsible statistician", "head of profession"],
)
def test_a_person_whose_account_is_closed_is_found_because_no_message_reaches_them(site, means, contact, code):
    release = a_sound_release(site)
    person = getattr(release.series, contact)
    person.user = UserFactory()
    person.save()
    assert check(release, means) == set()
    User.objects.update(is_active=False)
    assert check(release, means) == {(code, None)}


def test_a_release_without_an_announcement_is_noted_because_nothing_was_compared(site, means):
    release = a_sound_release(site)
    release.addresses.filter(role="announcement").delete()
    assert check(release, means) == {(PreflightCode.NO_ANNOUNCEMENT, None)}
    assert PreflightRun.objects.get().problems == 0


def test_a_monitoring_process_that_is_ill_by_its_own_checks_is_found(site, means):
    release = a_sound_release(site)
    assert check(release, replace(means, monitoring_unwell=True)) == {(PreflightCode.WATCHER_ILL, None)}


def test_a_provisional_release_is_said_not_to_be_watched_and_only_its_announcement_is_checked_at(site, means):
    a_sound_release(site)
    site.publish("/another", [scene("page")])
    release = ReleaseFactory(
        due_at=DUE, reference="provisional", url=site.url("/another"), attachments=(site.url("/b"),)
    )
    site.publish("/soon", [scene(WORDS)])
    announce_at(release, site.url("/soon"))
    assert check(release, means) == {(PreflightCode.NOT_CONFIRMED, None)}
    assert [look.address.role for look in Observation.objects.filter(release=release)] == ["announcement"]


def test_releases_that_share_a_host_and_a_minute_are_noted_with_the_width_and_no_one_need_attend_to_that(site, means):
    release = a_sound_release(site)
    site.publish("/another", [scene("page")])
    ReleaseFactory(confirmed=True, due_at=DUE, reference="another", series=release.series, url=site.url("/another"))
    assert check(release, means) == {(PreflightCode.SHARES_MINUTE, None)}
    run = PreflightRun.objects.get()
    host = site.base_url.removeprefix("http://")
    assert run.findings[0]["facts"] == {"place": host, "releases": 2, "looks": 3, "seconds": 0.0}
    assert (run.problems, run.news) == (0, 0)


def test_a_monitoring_process_that_is_silent_and_a_clock_that_is_wrong_are_found(site, means):
    release = a_sound_release(site)
    off = ClockError(voucher=Voucher.NOBODY, bound=None, off_by=timedelta(seconds=30))
    wrong = means_with(means.probe, clock_error=off)
    later = DAY_BEFORE + timedelta(minutes=5)
    assert check(release, wrong, now=later) == {(PreflightCode.WATCHER_SILENT, None), (PreflightCode.CLOCK_OFF, None)}
    assert "clock_off" in Observation.objects.first().reasons


class TestWhatIsSeenLive:
    """Pre-flight checks are checks: their results before the due time are evidence, and reported as such."""

    def test_a_page_that_was_not_there_and_is_there_now_is_live_already(self, site, means):
        release = a_sound_release(site)
        assert check(release, means) == set()
        site.publish(PAGE, [scene(pages.release_page(TITLE, published="1 July 2026"))])
        assert check(release, means) == {(PreflightCode.LIVE_ALREADY, PAGE)}
        assert Verification.objects.get().outcome == Outcome.PENDING

    def test_the_first_one_to_find_it_is_checked_again_at_once_so_that_its_leads_are_notified(self, site, means):
        release = a_sound_release(site)
        create_observation(release.addresses.get(role="page"), "not_live", at=DAY_BEFORE - timedelta(hours=1))
        site.publish(PAGE, [scene(pages.release_page(TITLE, published="1 July 2026"))])
        assert check(release, means) == {(PreflightCode.LIVE_ALREADY, PAGE)}
        assert Observation.objects.filter(address__url=site.url(PAGE), result="live").count() == 2
        assert Verification.objects.get().outcome == Outcome.EARLY
        assert not listed_preflights().exists()

    def test_two_such_checks_are_early_at_once(self, site, means):
        release = a_sound_release(site)
        create_observation(release.addresses.get(role="page"), "not_live", at=DAY_BEFORE - timedelta(hours=1))
        site.publish(PAGE, [scene(pages.release_page(TITLE, published="1 July 2026"))])
        check(release, means)
        check(release, means)
        assert Verification.objects.get().outcome == Outcome.EARLY

    def test_an_attachment_that_is_out_is_found_at_its_own_address(self, site, means):
        release = a_sound_release(site)
        create_observation(release.addresses.get(role="attachment"), "not_live", at=DAY_BEFORE - timedelta(hours=1))
        site.publish(SHEET, [scene(ODS_FILE, content_type=ODS)])
        assert check(release, means) == {(PreflightCode.LIVE_ALREADY, SHEET)}

    def test_if_it_lasts_until_the_release_is_judged_it_leaves_the_verdict_to_monitoring(self, site, means):
        release = a_sound_release(site)
        page, attachment = (release.addresses.get(role=role) for role in ("page", "attachment"))
        create_observation(attachment, "not_live", at=DUE - timedelta(seconds=5))
        create_observation(page, "not_live", at=DUE - timedelta(seconds=5))
        create_observation(page, "live", at=DUE)
        now = release.limit_at + timedelta(seconds=1)
        preflight._judge_live_addresses(release, [page.pk], means=means, now=now)
        assert Verification.objects.get().outcome == Outcome.PENDING

    def test_a_marker_that_matched_all_along_accuses_no_one_however_often_it_is_seen(self, site, means):
        release = a_sound_release(site)
        site.publish(PAGE, [scene(pages.release_page(TITLE, published="1 July 2026"))])
        for _ in range(3):
            assert check(release, means) == {(PreflightCode.MARKER_MATCHES_ALREADY, PAGE)}
        assert Verification.objects.get().outcome == Outcome.PENDING


def test_a_fault_of_our_own_on_one_release_is_said_of_it_and_stops_no_other(site, means, monkeypatch):
    one = a_sound_release(site)
    another = ReleaseFactory(
        confirmed=True, due_at=DUE, reference="another", series=one.series, url=site.url("/another")
    )
    findings = preflight.find_problems

    def broken(release, **given):
        if release == one:
            raise ZeroDivisionError
        return findings(release, **given)

    monkeypatch.setattr(preflight, "find_problems", broken)
    for release in (one, another):
        preflight.request_preflight(release, by=None, now=DAY_BEFORE)
    with pytest.raises(ExceptionGroup):
        preflight.run_requested_preflights(means=means, now=DAY_BEFORE)
    assert found_of(one) == {(PreflightCode.OUR_ERROR, None)}
    assert (PreflightCode.SHARES_MINUTE, None) in found_of(another)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "fact",
    [
        pytest.param(object(), id="not JSON"),
        pytest.param("a\0b", id="a text that PostgreSQL refuses"),
    ],
)
def test_findings_that_cannot_be_stored_are_a_fault_of_our_own_and_stop_no_other_release(
    site, means, monkeypatch, fact
):
    if fact == "a\0b" and connection.vendor != "postgresql":
        return  # SQLite stores it
    one = a_sound_release(site)
    another = ReleaseFactory(
        confirmed=True, due_at=DUE + timedelta(days=1), reference="another", series=one.series, url=site.url(PAGE)
    )
    findings = preflight.find_problems

    def unstorable(release, **given):
        if release == one:
            return [PreflightFinding(PreflightCode.OPEN_TASK, facts={"task": fact})]
        return findings(release, **given)

    monkeypatch.setattr(preflight, "find_problems", unstorable)
    for release in (one, another):
        preflight.request_preflight(release, by=None, now=DAY_BEFORE)
    with pytest.raises(ExceptionGroup):
        preflight.run_requested_preflights(means=means, now=DAY_BEFORE)
    assert not PreflightRun.objects.open().exists()
    assert found_of(one) == {(PreflightCode.OUR_ERROR, None)}
    run = PreflightRun.objects.get(release=one)
    assert (run.problems, run.news, run.claimed_until) == (1, 1, None)
