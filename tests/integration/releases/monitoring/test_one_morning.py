"""Every kind of release on one played morning, over real HTTP: the verdicts, and which can be moved (V1 to V8)."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from breaches.models import Report, Suspicion
from releases import scheduling
from releases.models import Observation, Release, Verification
from releases.models.append_only import check_chain
from releases.rules.lifecycle import Role, Status
from releases.scheduling import BeingJudged
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.client import RehearsalSite
from statsoffice.fake_publisher.scenes import scene
from tests.support import practice_pages
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.morning import Morning, calendar_at_rest
from tests.support.shared_rows import shared_fixture

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
SERIES = "State-funded schools inspections and outcomes"
TITLE = f"{SERIES} as at 31 March 2020"
LAST_EDITION = pages.release_page(f"{SERIES} as at 31 December 2019", published="1 April 2020")
RELEASE = pages.release_page(TITLE, published="30 June 2020")
TABLES = "/statistics/part-missing/tables.csv"

pytestmark = pytest.mark.django_db


def after(**delta) -> datetime:
    return DUE + timedelta(**delta)


# The verdict falls once the checks at the limit are answered. Where nothing is asserted about it, it is half a minute.
TOLERANCE, JUDGED = 30, after(seconds=45)


def trouble(page: str, **fields) -> list[dict[str, object]]:
    """An unreadable page is at the address from half a minute before due."""
    return [scene(status=404), scene(page, starts=after(seconds=-30), **fields)]


# How each of these pages is read is asserted in tests/corpus; the verdict follows from the reading.
SCENES = {
    "on-time": [scene(status=404), scene(RELEASE, starts=after(seconds=7))],
    "early": [scene(status=404), scene(RELEASE, starts=after(seconds=-40))],
    "live-from-the-first-look": [scene(RELEASE)],
    "server-error": trouble(practice_pages.error_page(), status=500),
    "renamed": trouble(pages.release_page("Something renamed", published="30 June 2020")),
    "soft-not-found": [scene(pages.not_found_page())],
    "last-edition": [scene(LAST_EDITION)],
    "redirect-to-the-home-page": [scene(status=302, headers={"Location": "/"})],
}
NOT_LIVE = {"soft-not-found", "last-edition", "redirect-to-the-home-page"}
NEVER_LATE = {"live-from-the-first-look", "server-error", "renamed"}
SCENES_OF_FOLLOWED = {
    "late": [scene(status=404), scene(RELEASE, starts=after(minutes=4, seconds=3))],
    "part-missing": [scene(status=404), scene(RELEASE, starts=after(seconds=3))],
    "moved-before-its-time": [scene(status=404)],
    "moved-after-its-time": [scene(status=404)],
    "cancelled-after-its-time": [scene(status=404)],
}


def record(site: RehearsalSite, scenes: dict[str, list[dict[str, object]]], **of_series) -> dict[str, Release]:
    """Set the pages of some releases, and no others, on the site, and confirm these releases."""
    site.publish_all({}, replace=True)
    site.publish("/", [scene("<title>Home</title><h1>Welcome</h1>")])
    releases = {}
    for name, script in scenes.items():
        url = site.publish(f"/statistics/{name}", script)
        attachments = (site.url(TABLES),) if name == "part-missing" else ()
        series = SeriesFactory(**of_series)
        releases[name] = ReleaseFactory(
            confirmed=True, series=series, url=url, reference=name, title=TITLE, due_at=DUE, attachments=attachments
        )
    return releases


def play(site: RehearsalSite, start: datetime, until: datetime) -> None:
    opened = frozenset({site.base_url.removeprefix("http://")})
    with override_settings(PROBE_ALLOW_PRIVATE=opened, REHEARSAL_SITE=site.base_url), calendar_at_rest():
        morning = Morning(site, start)
        try:
            morning.play(until)
        finally:
            morning.probe.close()


def change_date(release: Release, *, at: datetime) -> None:
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    moved_to = london_slot((DUE + timedelta(days=1)).date())
    scheduling.change_date(release, to=moved_to, reason="Late data", by=head, at=at)


def cancel(release: Release, *, at: datetime) -> None:
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.cancel_release(release, reason="Late data", by=head, at=at)


MOVES = {"moved-after-its-time": change_date, "cancelled-after-its-time": cancel}


@shared_fixture
def judged(running_rehearsal_site: RehearsalSite) -> dict[str, Release]:
    """Play a morning until the verdicts have fallen."""
    releases = record(running_rehearsal_site, SCENES, tolerance_seconds=TOLERANCE)
    play(running_rehearsal_site, after(seconds=-50), JUDGED)
    return releases


@dataclass
class Followed:
    """A release monitored beyond its limit, and the refusal to move it while its verdict is being reached."""

    releases: dict[str, Release]
    refused: dict[str, str] = field(default_factory=dict)


@shared_fixture
def due(running_rehearsal_site: RehearsalSite) -> Followed:
    """Play a morning, with people who move releases, until the verdicts have fallen."""
    found = Followed(record(running_rehearsal_site, SCENES_OF_FOLLOWED))
    table = scene("a,b\n1,2\n", starts=after(minutes=4), content_type="text/csv")
    running_rehearsal_site.publish(TABLES, [scene(status=404), table])
    play(running_rehearsal_site, after(seconds=-40), after(seconds=-30))
    change_date(found.releases["moved-before-its-time"], at=after(seconds=-30))
    play(running_rehearsal_site, after(seconds=-30), after(seconds=20))
    for name, move in MOVES.items():
        try:
            move(found.releases[name], at=after(seconds=20))
        except BeingJudged as refusal:
            found.refused[name] = str(refusal)
    play(running_rehearsal_site, after(seconds=20), after(minutes=2, seconds=10))
    return found


@shared_fixture
def followed(running_rehearsal_site: RehearsalSite, due: Followed) -> dict[str, Release]:
    """Play on until five minutes after due, with two releases moved or cancelled soon after their verdicts."""
    for name, move in MOVES.items():
        move(due.releases[name], at=after(seconds=155))
    play(running_rehearsal_site, after(seconds=155), after(minutes=5))
    return due.releases


def verdict(release: Release) -> Verification:
    return Verification.objects.get(release=release, schedule_version=1)


def suspected() -> dict[str, str]:
    return dict(Suspicion.objects.values_list("release__reference", "kind"))


def test_each_release_gets_its_verdict(judged):
    assert {name: verdict(release).outcome for name, release in judged.items()} == {
        "on-time": Outcome.ON_TIME,
        "early": Outcome.EARLY,
        **dict.fromkeys(NEVER_LATE, Outcome.CANNOT_TELL),
        **dict.fromkeys(NOT_LIVE, Outcome.NOT_SEEN),
    }
    assert all(verdict(judged[name]).reasons for name in NOT_LIVE)


def test_what_is_early_or_not_live_at_the_limit_is_suspected_and_nothing_else_is(judged):
    assert suspected() == {"early": "early", **dict.fromkeys(NOT_LIVE, "late")}


def test_a_release_live_at_its_due_time_is_on_time_with_its_seconds_and_becomes_published(judged):
    release = judged["on-time"]
    found = verdict(release)
    assert found.delay_from <= 7 <= found.delay_to
    release.refresh_from_db()
    assert (release.status, release.published_at) == (Status.PUBLISHED, found.first_live_at)


def test_a_release_found_live_twice_before_it_is_due_is_early_by_so_many_seconds(judged):
    found = verdict(judged["early"])
    assert found.delay_from <= -40 <= found.delay_to


def test_the_evidence_chain_holds_and_names_the_row_that_was_tampered_with(judged):
    rows = list(Observation.objects.order_by("position"))
    tampered = next(row for row in rows[3:] if row.result != "live")

    def tamper(stored, _total):
        for row in stored:
            row.result = "live" if row == tampered else row.result
            yield row

    assert check_chain(Observation) == (len(rows), None)
    assert check_chain(Observation, follow=tamper)[0] == tampered.position - 1


def test_what_is_not_live_at_the_limit_is_suspected_and_drafted_within_seconds(due):
    assert suspected() == {
        "part-missing": "partial",
        **dict.fromkeys(["late", "moved-after-its-time", "cancelled-after-its-time"], "late"),
    }
    raised_at = dict(Suspicion.objects.values_list("release__reference", "raised_at"))
    assert {name: at - DUE for name, at in raised_at.items() if at > after(minutes=2, seconds=10)} == {}
    assert Report.objects.filter(suspicions__release=due.releases["late"]).count() == 1
    assert verdict(due.releases["late"]).outcome == Outcome.NOT_SEEN


def test_a_release_moved_before_its_time_is_not_judged_at_the_old_time(due):
    release = due.releases["moved-before-its-time"]
    assert not release.suspicions.exists()
    assert not release.verifications.exclude(outcome=Outcome.PENDING).exists()


def test_checks_fall_at_the_due_instant_and_at_the_limit_exactly(due):
    planned = set(Observation.objects.filter(release=due.releases["late"]).values_list("planned_at", flat=True))
    assert {after(seconds=-5), DUE, after(seconds=120)} <= planned


def test_no_one_moves_a_release_away_while_its_verdict_falls(due):
    assert due.refused.keys() == MOVES.keys()
    for name, refusal in due.refused.items():
        assert "From 9:32:30am, you can change its date or cancel it" in refusal
        assert verdict(due.releases[name]).outcome == Outcome.NOT_SEEN


def test_a_change_agreed_after_the_due_time_never_alters_the_verdict(followed):
    for name, status in (
        ("moved-after-its-time", Status.CONFIRMED),
        ("cancelled-after-its-time", Status.CANCELLED),
    ):
        release = followed[name]
        release.refresh_from_db()
        assert release.status == status
        assert verdict(release).outcome == Outcome.NOT_SEEN
        assert release.suspicions.count() == 1


def test_a_release_not_live_at_the_limit_is_followed_until_it_is_live(followed):
    release = followed["late"]
    found = verdict(release)
    assert (found.outcome, found.occurred_at) == (Outcome.LATE, DUE)
    assert found.delay_from <= 243 <= found.delay_to
    assert found.delay_to - found.delay_from <= 11
    release.refresh_from_db()
    assert (release.status, release.published_at) == (Status.PUBLISHED, found.first_live_at)
    assert release.suspicions.count() == Report.objects.filter(suspicions__release=release).count() == 1


def test_a_missing_attachment_makes_a_live_release_partial_with_its_own_delay(followed):
    found = verdict(followed["part-missing"])
    assert found.outcome == Outcome.PARTIAL
    assert found.delay_from <= 240 <= found.delay_to
    by_role = {kept["role"]: kept["outcome"] for kept in found.addresses}
    assert by_role == {"page": Outcome.ON_TIME, "attachment": Outcome.LATE}
