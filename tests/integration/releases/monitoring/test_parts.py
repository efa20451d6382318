"""Mornings with parts over real HTTP: a Welsh page that may follow, data APIs and dashboards (issue L, item 3)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import override_settings

from breaches.models import Suspicion
from releases import judge
from releases.minute_briefs import make_due_briefs
from releases.models import MinuteBrief, Observation, Release, Verification
from releases.rules.lifecycle import Status
from releases.rules.parts import Part
from releases.scheduling import PlannedAddress, add_address
from releases.verdict.address import Outcome
from releases.verdict.parts import measure_spread
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.morning import Morning, calendar_at_rest
from tests.support.shared_rows import shared_fixture

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
TITLE = "State-funded schools inspections and outcomes as at 31 March 2020"
WELSH_SERIES = "Arolygiadau ysgolion"
WELSH_TITLE = f"{WELSH_SERIES}, 31 Mawrth 2020"
TOLERANCE, FOLLOWS = 30, 2
WELSH_AT = {"followed": 100, "too-late": 170}

pytestmark = pytest.mark.django_db


def after(seconds: float) -> datetime:
    return DUE + timedelta(seconds=seconds)


def record(site) -> None:
    site.publish_all({}, replace=True)
    site.publish("/", [scene("<title>Home</title><h1>Welcome</h1>")])
    for name, welsh_at in WELSH_AT.items():
        english = pages.release_page(TITLE, published="30 June 2020")
        welsh = pages.release_page(WELSH_TITLE, published="30 Mehefin 2020")
        url = site.publish(f"/statistics/{name}", [scene(status=404), scene(english, starts=after(2))])
        welsh_url = site.publish(f"/cy/{name}", [scene(status=404), scene(welsh, starts=after(welsh_at))])
        release = ReleaseFactory(
            confirmed=True,
            series=SeriesFactory(tolerance_seconds=TOLERANCE, welsh_title=WELSH_SERIES),
            url=url,
            reference=name,
            title=TITLE,
            welsh_title=WELSH_TITLE,
            due_at=DUE,
        )
        planned = PlannedAddress(welsh_url, marker="31 Mawrth 2020", part="welsh_page", may_follow_minutes=FOLLOWS)
        add_address(release, planned, at=release.recorded_at)


def play(site, start: datetime, until: datetime) -> None:
    opened = frozenset({site.base_url.removeprefix("http://")})
    with override_settings(PROBE_ALLOW_PRIVATE=opened, REHEARSAL_SITE=site.base_url), calendar_at_rest():
        morning = Morning(site, start)
        try:
            morning.play(until)
        finally:
            morning.probe.close()


@shared_fixture
def at_the_limit(running_rehearsal_site):
    """Play until the limit of the releases is over, and the Welsh pages may still follow."""
    record(running_rehearsal_site)
    play(running_rehearsal_site, after(-50), after(60))
    return running_rehearsal_site


@shared_fixture
def after_all(at_the_limit):
    play(at_the_limit, after(60), after(200))


API_DATA = '{"data": [{"month": "2020-02", "trips": 41}, {"month": "2020-03", "trips": 57}]}'
SERIES = "State-funded schools inspections and outcomes"
SCRIPT = '<script src="/app.js"></script>'
SHELL = '<!DOCTYPE html><title>Inspections</title><div id="root"></div>' + SCRIPT


def dashboard_of(edition: str, *, script: str = "") -> str:
    """A dashboard at one address for all editions."""
    main = f"<h1>{SERIES}</h1><h2>Schools as at {edition}</h2><p>Choose a region to see its schools.</p>"
    return pages.frame(SERIES, main + script)


def record_services(site) -> None:
    """Releases whose page is live in time, each with a data API or a dashboard that becomes live, stays or never is."""
    absent, data = scene(status=404), scene(API_DATA, content_type="application/json")
    data_later = scene(API_DATA, starts=after(4), content_type="application/json")
    december, march = dashboard_of("31 December 2019"), dashboard_of("31 March 2020")
    scripted = [dashboard_of(edition, script=SCRIPT) for edition in ("31 December 2019", "31 March 2020")]
    to_come = scripted[0].replace(
        "Choose a region to see its schools.", "These figures will be published on 30 June 2020."
    )
    apis = {
        "of-this-edition": ("/api/2020-03.json", [absent, data_later]),
        "never-there": ("/api/missing.json", [absent]),
        "at-one-address": ("/api/inspections.json", [data]),
        "without-a-file-type": ("/api/2020-03", [absent, data_later]),
    }
    dashboards = {
        "new-text": ("/new", [scene(december), scene(march, starts=after(4))]),
        "new-text-with-scripts": ("/scripted", [scene(scripted[0]), scene(scripted[1], starts=after(4))]),
        "old-text": ("/old", [scene(december)]),
        "old-text-with-scripts": ("/scripted/old", [scene(scripted[0])]),
        "announcement-with-scripts": ("/scripted/soon", [scene(to_come)]),
        "this-edition-before": ("/before", [scene(march)]),
        "without-text": ("/shell", [scene(SHELL)]),
    }
    site.publish_all({}, replace=True)
    site.publish("/", [scene("<title>Home</title><h1>Welcome</h1>")])
    series = SeriesFactory(tolerance_seconds=TOLERANCE, title=SERIES)
    page = pages.release_page(TITLE, published="30 June 2020")
    for part, role, marker, services in (
        (Part.DATA_API, "attachment", "", apis),
        (Part.DASHBOARD, "page", "31 March 2020", dashboards),
    ):
        for name, (path, scenes) in services.items():
            url = site.publish(f"/statistics/{name}", [scene(status=404), scene(page, starts=after(2))])
            release = ReleaseFactory(confirmed=True, series=series, url=url, reference=name, title=TITLE, due_at=DUE)
            planned = PlannedAddress(site.publish(path, scenes), role=role, marker=marker, part=part)
            add_address(release, planned, at=release.recorded_at)


@shared_fixture
def services(running_rehearsal_site):
    record_services(running_rehearsal_site)
    play(running_rehearsal_site, after(-50), after(60))


def verdicts() -> dict[str, Verification]:
    return {row.release.reference: row for row in Verification.objects.select_related("release")}


def named_part(row: Verification):
    return next(result for result in row.results if result.part)


@pytest.mark.usefixtures("at_the_limit")
def test_at_its_limit_a_release_is_on_time_and_published_while_the_welsh_page_may_follow():
    for name, row in verdicts().items():
        assert row.outcome == Outcome.ON_TIME, name
        assert row.delay_to < TOLERANCE
        assert named_part(row).verdict.outcome is Outcome.PENDING
        assert row.release.status == Status.PUBLISHED
    assert not Suspicion.objects.exists()
    assert make_due_briefs(now=after(60)) == []


@pytest.mark.usefixtures("after_all")
def test_the_welsh_page_is_judged_by_its_own_limit_at_which_it_is_checked_exactly():
    found = verdicts()
    assert {name: (row.outcome, named_part(row).verdict.outcome) for name, row in found.items()} == {
        "followed": (Outcome.ON_TIME, Outcome.ON_TIME),
        "too-late": (Outcome.PARTIAL, Outcome.LATE),
    }
    assert {row.limit_at for row in found.values()} == {after(TOLERANCE)}
    planned = Observation.objects.filter(address=named_part(found["too-late"]).address)
    assert {DUE, after(TOLERANCE), after(TOLERANCE + 60 * FOLLOWS)} <= set(planned.values_list("planned_at", flat=True))
    assert list(Suspicion.objects.values_list("release__reference", "kind")) == [("too-late", "partial")]


@pytest.mark.usefixtures("after_all")
def test_the_spread_is_between_two_checks(subtests):
    for name, row in verdicts().items():
        with subtests.test(name):
            spread = measure_spread(row.results)
            lag = next(one.lag for one in spread.others)
            assert lag.from_seconds <= WELSH_AT[name] - 2 <= lag.to_seconds
            assert lag.to_seconds - lag.from_seconds < 20


@pytest.mark.usefixtures("after_all")
def test_the_verdicts_follow_from_the_checks_again():
    assert judge.check_verdicts(now=after(400)) is None


@pytest.mark.usefixtures("after_all")
@pytest.mark.parametrize("has_earlier_brief", [False, True])
def test_the_brief_about_a_part_is_made_after_the_limit_of_the_part(has_earlier_brief):
    limit = TOLERANCE + 60 * FOLLOWS
    producer = Release.objects.get(reference="too-late").series.producer
    if has_earlier_brief:
        times = {"limit_at": after(TOLERANCE), "ready_at": after(TOLERANCE + 5), "made_at": after(TOLERANCE + 5)}
        MinuteBrief.objects.create(producer=producer, due_at=DUE, **times)
    assert make_due_briefs(now=after(limit + 4)) == []
    (brief,) = make_due_briefs(now=after(limit + 5))
    assert (brief.limit_at, brief.producer) == (after(limit), producer)
    assert make_due_briefs(now=after(limit + 6)) == []
    assert MinuteBrief.objects.count() == 1


@pytest.mark.usefixtures("services")
def test_a_data_api_or_dashboard_is_judged_only_by_what_readers_certainly_got():
    unknown = (Outcome.CANNOT_TELL, Outcome.CANNOT_TELL)
    assert {name: (row.outcome, named_part(row).verdict.outcome) for name, row in verdicts().items()} == {
        "of-this-edition": (Outcome.ON_TIME, Outcome.ON_TIME),
        "never-there": (Outcome.PARTIAL, Outcome.NOT_SEEN),
        "at-one-address": unknown,
        "without-a-file-type": unknown,
        "new-text": (Outcome.ON_TIME, Outcome.ON_TIME),
        "new-text-with-scripts": (Outcome.ON_TIME, Outcome.ON_TIME),
        "old-text": (Outcome.PARTIAL, Outcome.NOT_SEEN),
        "old-text-with-scripts": unknown,
        "announcement-with-scripts": unknown,
        "this-edition-before": unknown,
        "without-text": unknown,
    }
    assert set(Suspicion.objects.values_list("release__reference", "kind")) == {
        ("never-there", "partial"),
        ("old-text", "partial"),
    }
