"""Screenshots as evidence: when they are taken, of what never, who may open them, and how long they stay."""

import os
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from releases import statements
from releases.evidence import export, screenshots, store
from releases.evidence.embargo import NoSuchBody, Withheld
from releases.evidence.screenshots import Session
from releases.host_budgets import claim_hosts, find_screenshot_wait_end, store_pause_of_screenshot
from releases.models import Body, CheckSchedule, HostLease, MonitoringRowRecord, Release, ReleaseEvent, Screenshot
from releases.permissions import NotYours
from releases.probe.browser import Browser, find_chromium
from releases.probe.browser_process import Settings
from releases.rules.canonical import sha256_hex
from releases.rules.host_budget import page_name
from releases.rules.lifecycle import Role
from releases.rules.page_view import PageView
from releases.rules.response import Failure, Hop
from releases.text.release import describe_missing_screenshot
from tests.support.factories import SEED_DUE, ReleaseFactory, UserFactory, create_member
from tests.support.observations import create_observation
from tests.support.scripted_publisher import JumpingClock, ScriptedPublisher
from tests.support.small_site import served
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

PICTURE, SMALL = b"\x89PNG the page", b"\x89PNG small"
LIMIT = timedelta(seconds=120)


class FakeCamera:
    """A browser that shows at once what it was told to; it records the requests."""

    is_installed, is_full = True, False

    def __init__(self, *views):
        self.views, self.requests, self._done = list(views), [], []
        self.while_taking = lambda: None
        self.is_warm = False

    def __len__(self):
        return len(self._done)

    def warm_up(self):
        self.is_warm = True

    def begin(self, key, request):
        self.requests.append(request)
        self.while_taking()
        now = time.monotonic()
        view = self.views.pop(0) if self.views else picture()
        self._done.append((key, view(now) if callable(view) else view))

    def collect(self, timeout_seconds=0.0):
        done, self._done = self._done, []
        return done


def picture(content=PICTURE):
    return lambda now: PageView(
        sent=now - 3,
        pictured=now - 1,
        done=now,
        status=200,
        final_url="https://www.example.gov.uk/page",
        picture=content,
        small=SMALL,
        width=1280,
        height=1024,
        browser="150.0",
    )


def failed(failure):
    return lambda now: PageView(sent=now, done=now, failure=failure)


@pytest.fixture
def unchecked():
    release = ReleaseFactory(announced=True)
    Release.objects.filter(pk=release.pk).update(screenshots=True)
    return Release.objects.select_related("series__producer").get(pk=release.pk)


@pytest.fixture
def release(unchecked):
    """A release whose page was checked at the due time, so that its pictures may be stored."""
    create_observation(unchecked.addresses.get(), "not_live", at=SEED_DUE)
    return unchecked


def session(camera, now, *, process="test"):
    return Session(
        camera,
        now=now,
        process=process,
        vantage="here",
        find_wait_end=lambda url: find_screenshot_wait_end(url, now=now()),
        store_pause=lambda url, view: store_pause_of_screenshot(url, view, now=now()),
    )


def run(camera, at):
    """One run whose clock stands still `at` seconds after the due time."""
    session(camera, lambda: SEED_DUE + timedelta(seconds=at)).run(stop=lambda: False)
    return list(Screenshot.objects.order_by("planned_at", "pk"))


def run_once(time_machine, sessions, *, at):
    """Let each session go through its loop once, `at` seconds after the due time."""
    time_machine.move_to(SEED_DUE + timedelta(seconds=at), tick=False)
    for session in sessions:
        session._plan_at = 0.0
        turns = iter([False, True])
        session.run(stop=lambda turns=turns: next(turns))


def sessions_of(*processes):
    return [session(FakeCamera(), timezone.now, process=process) for process in processes]


def found_live(release, at):
    address = release.addresses.get()
    CheckSchedule.objects.update_or_create(
        address=address,
        defaults={"schedule_version": 1, "live_since": SEED_DUE + timedelta(seconds=at), "next_check_at": None},
    )


def test_a_picture_is_taken_at_the_due_time_at_the_limit_and_at_the_first_live_check(release):
    (due,) = run(FakeCamera(), 1)
    assert (due.moment, due.planned_at, due.state, due.status) == ("due", SEED_DUE, "stored", 200)
    assert due.requested_at <= due.pictured_at <= due.recorded_at == SEED_DUE + timedelta(seconds=1)
    found_live(release, 90)
    assert [row.moment for row in run(FakeCamera(), 95)] == ["due", "first_live"]
    assert [row.moment for row in run(FakeCamera(), 121)] == ["due", "first_live", "limit"]
    camera = FakeCamera()
    run(camera, 125)
    assert camera.requests == []


def test_only_pages_of_releases_that_ask_for_it_are_pictured(release):
    Release.objects.filter(pk=release.pk).update(screenshots=False)
    camera = FakeCamera()
    assert run(camera, 1) == []
    assert camera.requests == []
    release.series.screenshots = True
    release.series.save()
    release.addresses.create(url="https://www.example.gov.uk/data.csv", role="attachment", added_at=release.recorded_at)
    run(camera, 1)
    assert [request.url for request in camera.requests] == [release.addresses.get(role="page").url]
    assert camera.requests[0].picture


def test_the_pictures_are_stored_by_their_hash_and_in_the_record_of_rows(release):
    (row,) = run(FakeCamera(), 1)
    assert (row.sha256, row.small_sha256) == (sha256_hex(PICTURE), sha256_hex(SMALL))
    assert (row.body.content, row.small.content, row.body.media_type) == (PICTURE, SMALL, "image/png")
    assert str(row.pk) in MonitoringRowRecord.in_order().last().digests["releases.screenshot"]
    assert store.check_bodies() == (2, None)


def test_no_picture_is_taken_of_a_page_that_was_live_before_it_was_due(release):
    store_checks(make_check(release.addresses.get(), "live", b"early", at=-30))
    camera = FakeCamera()
    (row,) = run(camera, 1)
    assert camera.requests == []
    assert (row.state, row.reason, row.sha256) == ("not_taken", "early", "")
    assert not Body.objects.filter(pk=sha256_hex(PICTURE)).exists()


def test_a_check_that_is_stored_only_after_the_due_time_still_prevents_a_picture(unchecked):
    """Around a due time monitoring keeps its checks in memory, so the record is not the first to know.

    A check of another address is stored: one process may store its checks before another one does.
    """
    page, asked = unchecked.addresses.get(), []
    data = unchecked.addresses.create(
        url="https://www.example.gov.uk/data.csv", role="attachment", added_at=unchecked.recorded_at
    )
    create_observation(data, "not_live", at=SEED_DUE)

    def stop():
        asked.append(1)
        if len(asked) == 3:
            assert not Screenshot.objects.exists()
            store_checks(make_check(page, "live", b"early", at=-5), make_check(page, "live", b"early", at=0))
        return len(asked) > 5

    session(FakeCamera(), lambda: SEED_DUE + timedelta(seconds=1)).run(stop=stop)
    assert len(asked) > 3
    assert not Screenshot.objects.exclude(state="not_taken").exists()
    assert not Body.objects.filter(pk=sha256_hex(PICTURE)).exists()


def test_a_picture_is_not_kept_if_no_check_of_its_page_is_stored_in_time(unchecked, monkeypatch):
    monkeypatch.setattr(screenshots, "STORED_WITHIN_SECONDS", 0.0)
    (row,) = run(FakeCamera(), 1)
    assert (row.state, row.reason) == ("not_taken", "unchecked")
    assert describe_missing_screenshot(row.reason).startswith("No check of the page was stored in time")
    assert not Body.objects.filter(pk=sha256_hex(PICTURE)).exists()
    *_, limit = run(FakeCamera(failed(Failure.TIMEOUT), failed(Failure.TIMEOUT)), 121)
    assert (limit.moment, limit.reason) == ("limit", "timeout")


def answer(release, kind, at):
    """A person's answer about the text that the page showed."""
    address, person = release.addresses.get(), create_member(Role.STATISTICIAN, release.series.producer)
    last, at = release.statements.in_order().last(), SEED_DUE + timedelta(seconds=at)
    statements.record_text_statement(
        release, address, kind, text_digest=sha256_hex(b"Renamed"), by=person, at=at, seen=last and last.pk
    )


def test_an_answer_that_makes_a_release_early_prevents_pictures_and_seals_those_that_are_stored(release):
    page = release.addresses.get()
    create_observation(page, "unrecognised", at=SEED_DUE - timedelta(minutes=10), text="Renamed")
    (due,) = run(FakeCamera(), 1)
    assert due.state == "stored"
    assert screenshots.find_open_screenshots(release, schedule_version=1) == [due]
    answer(release, "this_is_it", 60)
    camera = FakeCamera()
    _, limit = run(camera, 121)
    assert camera.requests == []
    assert (limit.moment, limit.state, limit.reason) == ("limit", "not_taken", "early")
    # Until the release is published the early finding is sealed, and so is the picture from before the answer.
    early, now = Release.objects.get(pk=release.pk), SEED_DUE + timedelta(minutes=3)
    producer = early.series.producer
    head, reader = create_member(Role.HEAD_OF_PROFESSION, producer), create_member(Role.STATISTICIAN, producer)
    assert screenshots.find_open_screenshots(early, schedule_version=1) == []
    assert screenshots.list_screenshots(early, by=reader, now=now) == []
    with pytest.raises(NoSuchBody):
        screenshots.open_screenshot(early, due.pk, by=reader, at=now)
    assert screenshots.open_screenshot(early, due.pk, by=head, at=now) == PICTURE
    answer(early, "not_it", 180)
    assert screenshots.find_open_screenshots(early, schedule_version=1) == [], "an answer lifts no seal"


def test_an_answer_while_a_page_is_loaded_prevents_its_picture(release):
    create_observation(release.addresses.get(), "unrecognised", at=SEED_DUE - timedelta(minutes=10), text="Renamed")
    camera = FakeCamera()
    camera.while_taking = lambda: answer(release, "this_is_it", 1)
    run(camera, 1)
    assert len(camera.requests) == 1
    assert not Screenshot.objects.filter(state="stored").exists()
    assert not Body.objects.filter(pk=sha256_hex(PICTURE)).exists()


def test_a_page_that_a_person_called_the_previous_edition_was_not_live(release):
    create_observation(release.addresses.get(), "live", at=SEED_DUE - timedelta(minutes=10), text="Renamed")
    answer(release, "previous_edition", 0)
    (row,) = run(FakeCamera(), 1)
    assert row.state == "stored"


def test_nothing_is_stored_of_a_release_that_was_moved_while_its_page_was_loaded(release):
    camera = FakeCamera()
    camera.while_taking = lambda: Release.objects.filter(pk=release.pk).update(
        schedule_version=2, due_at=SEED_DUE + timedelta(days=1), planned_on=(SEED_DUE + timedelta(days=1)).date()
    )
    assert run(camera, 1) == []
    assert not Body.objects.filter(pk=sha256_hex(PICTURE)).exists()


def test_a_page_that_fails_is_loaded_once_more_and_then_the_row_says_why_there_is_no_picture(release):
    camera = FakeCamera(failed(Failure.BROWSER), picture())
    (row,) = run(camera, 1)
    assert (row.state, len(camera.requests)) == ("stored", 2)
    camera = FakeCamera(failed(Failure.TIMEOUT), failed(Failure.TIMEOUT))
    *_, limit = run(camera, 121)
    assert (limit.moment, limit.state, limit.reason) == ("limit", "not_taken", "timeout")


def test_a_page_on_another_host_is_not_pictured(release):
    (row,) = run(FakeCamera(lambda now: PageView(sent=now, done=now, left_allowed_hosts=True, picture=PICTURE)), 1)
    assert (row.state, row.reason) == ("not_taken", "other_host")


def test_a_moment_that_has_passed_is_recorded_as_missed_and_one_that_is_long_over_is_not(release):
    camera = FakeCamera()
    assert [(row.moment, row.reason) for row in run(camera, 1800)] == [("due", "missed"), ("limit", "missed")]
    assert camera.requests == []
    Screenshot.objects.all().delete()
    assert run(camera, 7200) == []


class SlowCamera:
    """A browser that loads two pages at a time, each in 40 seconds of its own clock."""

    is_installed = True

    def __init__(self):
        self.seconds, self.most, self.begun, self._open = 1.0, 0, [], []

    def __len__(self):
        return len(self._open)

    @property
    def is_full(self):
        return len(self) >= 2

    def now(self):
        return SEED_DUE + timedelta(seconds=self.seconds)

    def warm_up(self):
        pass

    def begin(self, key, request):
        self._open.append(key)
        self.begun.append(self.seconds)
        self.most = max(self.most, len(self))

    def collect(self, timeout_seconds=0.0):
        done, self._open = self._open, []
        self.seconds += 40 if done else timeout_seconds
        return [(key, picture()(time.monotonic())) for key in done]


def test_pages_whose_turn_comes_too_late_are_not_loaded(release):
    for number in range(9):
        address = release.addresses.create(
            url=f"https://www.example.gov.uk/{number}", role="page", marker="x", added_at=release.recorded_at
        )
        create_observation(address, "not_live", at=SEED_DUE)
    camera = SlowCamera()
    session(camera, camera.now).run(stop=lambda: False)
    rows = list(Screenshot.objects.filter(moment="due"))
    assert camera.most == 2
    assert [row.state for row in rows].count("stored") == 6
    assert [row.reason for row in rows].count("missed") == 4
    assert all(row.requested_at <= SEED_DUE + screenshots.MOST_LATE for row in rows if row.state == "stored")


def pause(name, seconds):
    """Store that a host or a page asked us to wait, until so many seconds after the due time."""
    HostLease.objects.create(host=name, holder="", until=SEED_DUE, paused_until=SEED_DUE + timedelta(seconds=seconds))


@pytest.mark.parametrize("whose", ["host", "page"])
def test_a_picture_is_taken_only_after_the_wait_that_the_site_asked_for(release, whose):
    url = release.addresses.get().url
    pause("www.example.gov.uk" if whose == "host" else page_name(url), 30)
    pause("other.example.gov.uk", 60)
    camera = SlowCamera()
    session(camera, camera.now).run(stop=lambda: camera.seconds > 60)
    row = Screenshot.objects.get()
    assert (row.moment, row.state, camera.begun) == ("due", "stored", [30.0])


def test_no_picture_is_taken_of_a_page_that_asked_us_to_wait_for_too_long(release):
    pause(page_name(release.addresses.get().url), 121)
    camera = FakeCamera()
    (row,) = run(camera, 1)
    assert (row.moment, row.state, row.reason, camera.requests) == ("due", "not_taken", "asked_to_wait", [])
    assert describe_missing_screenshot(row.reason) == "The site had asked us to wait."
    assert [row.state for row in run(FakeCamera(), 122)] == ["not_taken", "stored"]


def test_a_picture_for_which_the_browser_was_busy_after_the_wait_is_recorded_as_missed(release, monkeypatch):
    monkeypatch.setattr(screenshots, "_PLANNED_EVERY_SECONDS", 3600.0)
    paused = release.addresses.get()
    pause(page_name(paused.url), 30)
    for number in range(6):
        address = release.addresses.create(
            url=f"https://www.example.gov.uk/{number}", role="page", marker="x", added_at=release.recorded_at
        )
        create_observation(address, "not_live", at=SEED_DUE)
    camera = SlowCamera()
    session(camera, camera.now).run(stop=lambda: False)
    assert camera.begun == [1.0, 1.0, 41.0, 41.0, 81.0, 81.0]
    assert Screenshot.objects.get(address=paused).reason == "missed"


def test_a_page_that_fails_and_asks_us_to_wait_is_loaded_again_only_after_the_wait(release):
    camera = FakeCamera(failed(Failure.TIMEOUT))
    camera.while_taking = lambda: camera.requests[1:] or pause("www.example.gov.uk", 240)
    (row,) = run(camera, 1)
    assert (row.reason, len(camera.requests)) == ("asked_to_wait", 1)


def busy(status=503, seconds=30, hops=()):
    """A page that asks its readers to wait."""
    headers = (("retry-after", str(seconds)),)
    return lambda now: replace(picture()(now), status=status, headers=headers, hops=hops)


def pauses_of_a_check(at):
    """The pauses of a process that checks other sites, in seconds after the due time."""
    now = SEED_DUE + timedelta(seconds=at)
    probe = ScriptedPublisher(JumpingClock(now, ends_at=now), lambda url, at: (200, "", 0.0))
    claim_hosts(["elsewhere.example.gov.uk"], holder="sweep", now=now, probe=probe)
    return {name: (until - SEED_DUE).total_seconds() for name, until in probe.pauses.items()}


@pytest.mark.parametrize(("status", "seconds"), [(503, 30), (429, 300)])
def test_checks_do_not_wait_if_a_site_asks_for_a_wait_when_it_is_pictured(release, status, seconds):
    (row,) = run(FakeCamera(busy(status, seconds)), 1)
    assert (row.state, row.status) == ("stored", status)
    assert pauses_of_a_check(at=2) == {}


def test_a_wait_that_a_site_asks_for_when_it_is_pictured_applies_to_other_pictures(release):
    run(FakeCamera(busy(429, 300)), 1)
    other = release.addresses.create(
        url="https://www.example.gov.uk/2", role="page", marker="x", added_at=release.recorded_at
    )
    create_observation(other, "not_live", at=SEED_DUE)
    camera = SlowCamera()
    session(camera, camera.now, process="another").run(stop=lambda: camera.seconds > 70)
    assert camera.begun == [61.0]


def test_a_page_that_asks_for_a_wait_again_when_it_is_pictured_does_not_stop_its_host_again(release):
    url = release.addresses.get().url
    run(FakeCamera(busy(429, 60)), 1)
    found_live(release, 90)
    run(FakeCamera(busy(429, 60)), 95)
    now = SEED_DUE + timedelta(seconds=96)
    assert find_screenshot_wait_end(url, now=now) == SEED_DUE + timedelta(seconds=155)
    assert find_screenshot_wait_end("https://www.example.gov.uk/other", now=now) is None


def test_the_host_to_which_a_pictured_page_leads_is_the_one_that_waits(release):
    url, other = release.addresses.get().url, "https://data.example.gov.uk/2026"
    run(FakeCamera(busy(429, 300, hops=(Hop(url, 302), Hop(other, 429)))), 1)
    later = SEED_DUE + timedelta(seconds=2)
    waits = {
        address: find_screenshot_wait_end(address, now=later)
        for address in (url, f"{url}/other", "https://data.example.gov.uk/else")
    }
    assert waits == {
        url: SEED_DUE + timedelta(seconds=301),
        f"{url}/other": None,
        "https://data.example.gov.uk/else": SEED_DUE + timedelta(seconds=61),
    }


def test_a_page_that_the_browser_requested_too_late_is_recorded_as_missed(release):
    shot, now = screenshots.plan_screenshots(now=SEED_DUE)[0], time.monotonic()
    at = SEED_DUE + timedelta(minutes=3)
    screenshots.store_screenshot(shot, picture()(now), at=at, process="test", vantage="")
    row = Screenshot.objects.get()
    assert (row.state, row.reason) == ("not_taken", "missed")
    assert not Body.objects.filter(pk=sha256_hex(PICTURE)).exists()


def test_without_a_browser_everything_works_and_the_row_says_what_is_missing(release):
    camera = FakeCamera()
    camera.is_installed = False
    (row,) = run(camera, 1)
    assert (row.state, row.reason, camera.requests) == ("not_taken", "no_browser", [])


def test_only_a_process_that_has_claimed_a_picture_starts_its_browser_before_the_due_time(release, time_machine):
    for number in range(2):
        page = release.addresses.create(
            url=f"https://www.example.gov.uk/{number}", role="page", marker="x", added_at=release.recorded_at
        )
        create_observation(page, "not_live", at=SEED_DUE)
    sessions = sessions_of("first", "second", "third")
    cameras = [session.camera for session in sessions]
    run_once(time_machine, sessions, at=-13)
    assert [camera.is_warm for camera in cameras] == [False, False, False], "nothing is planned within 12 seconds"
    for at in (-11, -5):
        run_once(time_machine, sessions, at=at)
        assert [camera.is_warm for camera in cameras] == [True, True, False]
        assert [camera.requests for camera in cameras] == [[], [], []]
    run_once(time_machine, sessions, at=0)
    assert [len(camera.requests) for camera in cameras] == [2, 1, 0]
    assert Screenshot.objects.filter(state="stored").count() == 3


def test_another_process_takes_the_picture_of_one_that_ended_before_the_due_time(release, time_machine):
    ended, other = sessions_of("ended", "other")
    run_once(time_machine, [ended], at=-10)
    run_once(time_machine, [other], at=0)
    assert other.camera.requests == []
    run_once(time_machine, [other], at=4)
    assert len(other.camera.requests) == 1
    assert Screenshot.objects.get().state == "stored"


def test_a_claim_lasts_while_its_page_is_loaded(release, time_machine):
    first, second = sessions_of("first", "second")
    run_once(time_machine, [first], at=-10)
    first.camera.while_taking = lambda: run_once(time_machine, [second], at=60)
    run_once(time_machine, [first], at=0)
    assert (len(first.camera.requests), second.camera.requests) == (1, [])


def test_two_processes_take_one_picture(release):
    first, second = FakeCamera(), FakeCamera()
    first.while_taking = lambda: run(second, 1)
    assert len(run(first, 1)) == 1
    assert (len(first.requests), len(second.requests)) == (1, 0)


def test_a_picture_is_sealed_if_the_release_was_found_early_or_moved_until_it_is_due_and_live(release):
    run(FakeCamera(), 1)
    producer = release.series.producer
    head, reader = create_member(Role.HEAD_OF_PROFESSION, producer), create_member(Role.STATISTICIAN, producer)
    key, now = Screenshot.objects.get().pk, SEED_DUE + timedelta(minutes=5)
    assert screenshots.open_screenshot(release, key, by=reader, at=now) == PICTURE
    Release.objects.filter(pk=release.pk).update(due_at=SEED_DUE + timedelta(days=7), schedule_version=2)
    moved = Release.objects.select_related("series__producer").get(pk=release.pk)
    assert [entry.sealed for entry in screenshots.list_screenshots(moved, by=reader, now=now)] == [True]
    for small in (True, False):
        with pytest.raises(NoSuchBody):
            screenshots.open_screenshot(moved, key, by=reader, at=now, small=small)
    assert screenshots.open_screenshot(moved, key, by=head, at=now) == PICTURE
    assert screenshots.find_open_screenshots(moved, schedule_version=1) == []
    later = SEED_DUE + timedelta(days=7, minutes=1)
    Release.objects.filter(pk=release.pk).update(status="published", published_at=later)
    assert screenshots.open_screenshot(Release.objects.get(pk=release.pk), key, by=reader, at=later) == PICTURE


def test_who_opens_a_picture_at_full_size_is_on_record_and_strangers_open_none(release):
    run(FakeCamera(), 1)
    reader, key = create_member(Role.STATISTICIAN, release.series.producer), Screenshot.objects.get().pk
    assert screenshots.open_screenshot(release, key, by=reader, at=SEED_DUE, small=True) == SMALL
    assert not ReleaseEvent.objects.filter(kind="body_read").exists()
    screenshots.open_screenshot(release, key, by=reader, at=SEED_DUE)
    (event,) = ReleaseEvent.objects.filter(kind="body_read")
    assert (event.actor, event.facts["how"], event.facts["sealed"]) == (reader, "screenshot", False)
    with pytest.raises(NotYours):
        screenshots.open_screenshot(release, key, by=UserFactory(), at=SEED_DUE)
    with pytest.raises(NoSuchBody):
        screenshots.open_screenshot(release, key + 1, by=reader, at=SEED_DUE)


def test_pictures_are_removed_at_the_end_of_their_retention_and_their_hashes_stay(release):
    run(FakeCamera(), 1)
    later = SEED_DUE + timedelta(days=400)
    spared = store.prune_bodies(now=later, retention=timedelta(days=365), needed=lambda keys: keys)
    assert (spared.bodies, spared.spared) == (0, 1)
    result = store.prune_bodies(now=later, retention=timedelta(days=365), needed=lambda _keys: ())
    assert (result.releases, result.bodies) == (1, 1)
    row = Screenshot.objects.get()
    assert (row.state, row.sha256, row.body, row.small) == ("pruned", sha256_hex(PICTURE), None, None)
    assert not Body.objects.filter(pk__in=[row.sha256, row.small_sha256]).exists()
    assert store.check_bodies() == (0, None)
    assert set(ReleaseEvent.objects.get(kind="bodies_pruned").facts["sha256"]) == {row.sha256, row.small_sha256}


def test_the_removal_of_a_check_s_body_leaves_a_picture_alone(release):
    run(FakeCamera(), 1)
    assert Body.objects.discard_unneeded([sha256_hex(PICTURE), sha256_hex(SMALL)]) == 0


def test_a_lost_picture_is_noticed(release):
    run(FakeCamera(), 1)
    Screenshot.objects.update(body=None, small=None, state="pruned")
    assert "no event records it" in store.check_bodies()[1]


def test_the_bundle_lists_the_pictures_and_has_those_that_are_not_sealed(release):
    run(FakeCamera(), 1)
    files = {name: b"".join(parts) for name, parts in export.evidence_files(release, now=SEED_DUE)}
    assert files[f"screenshots/{sha256_hex(PICTURE)}.png"] == PICTURE
    assert sha256_hex(PICTURE).encode() in files["screenshots.jsonl"]
    withheld = Withheld(screenshots=True)
    names = {name for name, _ in export.evidence_files(release, now=SEED_DUE, withheld=withheld)}
    assert not [name for name in names if name.startswith("screenshots")]


@pytest.mark.browser
def test_a_real_browser_pictures_the_page_of_a_release_at_its_due_time(release):
    site = served()
    site.pages["/"] = "<h1>Bus fares</h1>"
    release.addresses.update(url=site.url())
    options = Settings(find_chromium(""), sandbox=os.getuid() != 0, user_agent="test", allow_private=(site.place,))
    begun = time.monotonic()

    def now():
        """The clock shows two seconds before the due time when the test begins."""
        return SEED_DUE + timedelta(seconds=time.monotonic() - begun - 2)

    with Browser(options) as browser:
        session(browser, now).run(stop=lambda: now() > SEED_DUE + timedelta(seconds=60) or Screenshot.objects.exists())
    site.shutdown()
    site.server_close()
    row = Screenshot.objects.get()
    assert (row.moment, row.state, row.status, row.final_url) == ("due", "stored", 200, site.url())
    assert SEED_DUE <= row.requested_at <= row.pictured_at
    assert row.body.content.startswith(b"\x89PNG\r\n")
    assert row.small.content.startswith(b"\x89PNG\r\n")
    assert (row.width, row.vantage) == (1280, "here")
