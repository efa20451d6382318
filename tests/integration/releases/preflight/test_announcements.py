"""Announcements are snapshotted when first seen, before the release, and once it has taken their place (V16)."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from releases import announcements, host_budgets, scheduling
from releases.evidence import repository
from releases.models import Address, Observation, StoredBody, Verification
from releases.models.append_only import check_chain
from releases.models.observation import Purpose
from releases.probe.probe import probe_from_settings
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ReleaseFactory, create_member
from tests.support.preflight import ANNOUNCEMENT, DAY_BEFORE, DUE, PAGE, WORDS, a_sound_release, announce_at, means_with

pytestmark = pytest.mark.django_db


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def look(means, now: datetime) -> int:
    return len(announcements.make_due_snapshots(means=means, now=now))


@pytest.mark.parametrize(
    ("seen", "tried", "now", "due"),
    [
        pytest.param(None, None, -240, True, id="never seen"),
        pytest.param(None, -240.1, -240, False, id="tried a moment ago, without an answer"),
        pytest.param(None, -240.5, -240, True, id="tried half an hour ago, without an answer"),
        pytest.param(-240, -240, -100, False, id="seen, and the release is days away"),
        pytest.param(-240, -240, -1, True, id="an hour before the release"),
        pytest.param(-240, -1.1, -1, False, id="an hour before the release, just tried without an answer"),
        pytest.param(-1, -1, -0.5, False, id="seen an hour before the release"),
        pytest.param(-19, -19, 0.1, True, id="the hour before the release was missed"),
        pytest.param(-1, -1, 0.2, True, id="ten minutes after the release"),
        pytest.param(0.2, 0.2, 12, False, id="seen after the release"),
        pytest.param(0.2, 0.2, 24, True, id="a day after the release"),
        pytest.param(24, 24, 100, False, id="seen a day after the release"),
    ],
)
def test_an_announcement_is_checked_at_when(seen, tried, now, due):
    at = {name: None if value is None else DUE + hours(value) for name, value in (("seen", seen), ("tried", tried))}
    assert (
        announcements.is_snapshot_due(seen_at=at["seen"], tried_at=at["tried"], due_at=DUE, now=DUE + hours(now)) == due
    )


def test_what_was_announced_is_still_on_record_when_the_release_has_taken_its_place(site, means):
    release = a_sound_release(site)
    assert look(means, DAY_BEFORE - hours(200)) == 1
    assert look(means, DAY_BEFORE) == 0
    assert look(means, DUE - hours(1)) == 1
    site.publish(ANNOUNCEMENT, [scene(status=301, headers={"Location": PAGE})])
    assert look(means, DUE + hours(0.2)) == 1
    first, before, after = repository.read_announcement_checks(release)
    assert first.body_sha256 == before.body_sha256 == sha256_hex(WORDS.encode())
    assert dict(before.headers)["content-type"].startswith("text/html")
    assert [hop[1] for hop in after.hops] == [301, 200]
    assert after.body_sha256 != before.body_sha256
    assert {row.purpose for row in (first, before, after)} == {Purpose.ANNOUNCEMENT}
    assert check_chain(Observation) == (3, None)
    told = [(snapshot.checks, snapshot.leads_to) for snapshot in announcements.snapshots_of(release)]
    assert told == [(2, ""), (1, site.url(PAGE))]


def test_the_bytes_of_the_announcement_as_it_was_before_the_release_outlast_its_replacement(site, settings):
    release = a_sound_release(site)
    moments = iter([DAY_BEFORE - hours(200), DUE - hours(1), DUE + hours(0.2)])
    moved = f"{WORDS}<p>A change note</p>"
    for scenes in (WORDS, moved, None):
        now = next(moments)
        answer = scene(scenes) if scenes else scene(status=301, headers={"Location": PAGE})
        site.publish(ANNOUNCEMENT, [answer])
        with probe_from_settings(now=lambda now=now: now, adhoc=True) as probe:
            assert look(means_with(probe), now) == 1
    kept = StoredBody.objects.filter(release=release).select_related("body", "observation")
    assert {one.why: (one.observation.sent_at, one.body.content.decode()) for one in kept} == {
        "first_seen": (DAY_BEFORE - hours(200), WORDS),
        "announcement": (DUE - hours(1), moved),
    }


def test_an_announcement_that_names_the_marker_is_no_release_and_judges_nothing(site, means):
    release = a_sound_release(site)
    site.publish(ANNOUNCEMENT, [scene(f"<title>{release.title}</title><h1>{release.title}</h1>")])
    look(means, DAY_BEFORE)
    assert [(row.result, row.reasons) for row in repository.read_announcement_checks(release)] == [
        ("not_live", ["announcement"])
    ]
    assert Observation.objects.plain().count() == Verification.objects.count() == 0


def test_an_announcement_that_does_not_answer_is_tried_again_and_that_is_on_record_too(site, means):
    release = a_sound_release(site)
    site.publish(ANNOUNCEMENT, [scene(status=503)])
    assert look(means, DAY_BEFORE) == 1
    assert look(means, DAY_BEFORE + timedelta(minutes=5)) == 0
    site.publish(ANNOUNCEMENT, [scene(WORDS)])
    assert look(means, DAY_BEFORE + timedelta(minutes=16)) == 1
    assert [row.result for row in repository.read_announcement_checks(release)] == ["unreachable", "not_live"]


def test_a_cancelled_release_needs_no_further_snapshot(site, means):
    release = a_sound_release(site)
    keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    scheduling.cancel_release(release, reason="No survey.", by=keeper, at=DAY_BEFORE)
    assert look(means, DAY_BEFORE) == 0


def test_a_release_has_one_announcement_and_it_is_never_required(site):
    release = ReleaseFactory(confirmed=True, due_at=DUE, url=site.url(PAGE))
    announce_at(release, site.url(ANNOUNCEMENT))
    another = {"url": site.url("/another"), "role": "announcement", "required": False, "added_at": DUE}
    with pytest.raises(IntegrityError), transaction.atomic():
        Address.objects.create(release=release, **another)
    with pytest.raises(ValidationError, match="one announcement"):
        Address(release=release, url=site.url("/b"), role="announcement", required=False, added_at=DUE).full_clean()
    with pytest.raises(ValidationError, match="cannot be required"):
        Address(release=release, url=site.url("/b"), role="announcement", required=True, added_at=DUE).full_clean()


@pytest.mark.slow
def test_checks_next_to_the_watch_never_ask_a_host_more_than_once_in_a_second(site, settings):
    series = a_sound_release(site).series
    for number in range(2):
        release = ReleaseFactory(
            confirmed=True, series=series, due_at=DUE, reference=f"r-{number}", url=site.url(f"/p{number}")
        )
        announce_at(release, site.url(f"/a{number}"))
    site.forget_arrivals()
    with probe_from_settings(now=lambda: DAY_BEFORE, adhoc=True) as probe:
        assert look(means_with(probe), DAY_BEFORE) == 3
    at = [arrival.at for arrival in site.arrivals()]
    assert all(later - earlier > timedelta(seconds=0.9) for earlier, later in pairwise(at))
    assert host_budgets.claim_hosts(
        [host_budgets.claim_spare(site.base_url.removeprefix("http://"))], holder="next", now=DAY_BEFORE + hours(1)
    )
