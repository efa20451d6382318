"""Every night each release to come is compared with its announcement at a real site, politely and once."""

from datetime import date, datetime, time, timedelta

import pytest

from releases import announcements, corrections, host_budgets, scheduling
from releases.detection.govuk import DifferenceKind
from releases.models import Address, Comparison, Observation, Release
from releases.models.observation import Purpose
from releases.monitoring.clock import StoppedClock
from releases.rules.calendar import Precision, Slot
from releases.scheduling import PlannedAddress
from statsoffice import jobs
from statsoffice.fake_publisher import govuk
from statsoffice.fake_publisher.scenes import scene
from tests.support.content_api import api_path, document_scene, gone_document
from tests.support.factories import ReleaseFactory
from tests.support.preflight import DAY_BEFORE, DUE, TITLE, announce_at

pytestmark = pytest.mark.django_db

PATH = "/government/statistics/announcements/school-inspections"
AT = time(3, 0)
# DAY_BEFORE is two in the afternoon in London: the last night's comparison was due eleven hours before.
NIGHT = DAY_BEFORE - timedelta(hours=11)


def say(site, document, path=PATH, **fields):
    site.publish(api_path(path), [document_scene(document, **fields)])


def announced(**fields):
    return govuk.announcement(PATH, TITLE, **{"due_at": DUE} | fields)


@pytest.fixture
def release(site):
    """A release of tomorrow, announced on a site like GOV.UK for the time for which it is planned."""
    say(site, announced())
    release = ReleaseFactory(confirmed=True, due_at=DUE, title=TITLE)
    announce_at(release, site.url(PATH), adapter="govuk")
    return release


def compare(means, now=DAY_BEFORE):
    return announcements.make_due_comparisons(at=AT, means=means, now=now)


def found(release):
    """What the release differs in now."""
    everything = announcements.announcements_to_come(now=DAY_BEFORE).filter(release=release)
    return [difference.kind for each in announcements.find_differences(everything) for difference in each.differences]


def test_the_same_announcement_is_no_difference_and_is_read_once_a_night(release, means):
    assert compare(means) == 1
    assert found(release) == []
    assert compare(means) == 0
    assert compare(means, DAY_BEFORE + timedelta(hours=12)) == 0
    # From here on the checks come back at the stopped clock, as before; the next night is due all the same.
    assert compare(means, NIGHT + timedelta(days=1, seconds=-1)) == 0


@pytest.mark.parametrize(
    ("now", "planned"),
    [
        pytest.param(datetime.fromisoformat("2026-06-30T02:00Z"), "2026-06-30T02:00+00:00", id="summer-on-the-minute"),
        pytest.param(datetime.fromisoformat("2026-06-30T01:59Z"), "2026-06-29T02:00+00:00", id="summer-before"),
        pytest.param(datetime.fromisoformat("2026-01-14T12:00Z"), "2026-01-14T03:00+00:00", id="winter"),
        pytest.param(datetime.fromisoformat("2026-03-29T12:00Z"), "2026-03-29T02:00+00:00", id="the-clocks-go-forward"),
    ],
)
def test_it_is_planned_for_a_time_in_london(now, planned):
    assert announcements.comparison_planned_at(at=AT, now=now) == datetime.fromisoformat(planned)


@pytest.mark.parametrize("at", [time(1, 30), time(2, 30)], ids=["half-past-one", "half-past-two"])
def test_no_night_on_which_the_clocks_change_stops_it(at):
    for noon in ("2026-03-29T12:00Z", "2026-10-25T12:00Z"):
        assert announcements.comparison_planned_at(
            at=at, now=datetime.fromisoformat(noon)
        ).date() == date.fromisoformat(noon[:10])


@pytest.mark.parametrize(
    ("document", "kinds"),
    [
        pytest.param(announced(due_at=DUE + timedelta(days=7)), [DifferenceKind.DATE], id="another-day"),
        pytest.param(announced(due_at=DUE + timedelta(minutes=30)), [DifferenceKind.TIME], id="another-time"),
        pytest.param(announced(state="provisional"), [DifferenceKind.STATE], id="provisional"),
        pytest.param(
            govuk.announcement(PATH, TITLE, state="provisional", display_date="July 2026"),
            [DifferenceKind.STATE, DifferenceKind.PRECISION],
            id="the-month-alone",
        ),
        pytest.param(announced(state="cancelled", cancellation_reason="x"), [DifferenceKind.STATE], id="cancelled"),
        pytest.param(govuk.announcement(PATH, "Another title", due_at=DUE), [DifferenceKind.TITLE], id="another-title"),
        pytest.param(gone_document(PATH), [DifferenceKind.GONE], id="gone"),
        pytest.param(govuk.publication(PATH, TITLE, published_at=DUE), [DifferenceKind.PUBLISHED], id="published"),
    ],
)
def test_each_difference_is_found(release, means, site, document, kinds):
    say(site, document)
    compare(means)
    assert found(release) == kinds


def test_a_check_at_the_announcement_of_an_exact_release_is_kept_as_evidence(release, means):
    compare(means)
    look = Observation.objects.get()
    assert (look.purpose, look.publisher_says["state"]) == (Purpose.ANNOUNCEMENT, "announced")


@pytest.mark.parametrize("adapter", ["govuk", "page"])
def test_a_vague_release_is_compared_too_and_its_day_does_not_count(site, means, adapter):
    release = scheduling.record_release(
        ReleaseFactory(reference="other").series,
        reference="vague",
        title=TITLE,
        slot=Slot(on=date(2026, 7, 20), at=None, precision=Precision.MONTH),
        at=DAY_BEFORE - timedelta(days=90),
    )
    announce_at(release, site.url(PATH), adapter=adapter)
    say(site, govuk.announcement(PATH, TITLE, state="provisional", display_date="July 2026"))
    assert compare(means) == (adapter == "govuk")
    assert found(release) == []
    say(site, govuk.announcement(PATH, TITLE, state="provisional", display_date="August 2026"))
    Comparison.objects.update(tried_at=NIGHT - timedelta(days=1))
    compare(means)
    assert found(release) == ([DifferenceKind.DATE] if adapter == "govuk" else [])
    assert not Observation.objects.exists()


def test_an_address_of_gov_uk_is_read_by_its_content_api_whatever_its_adapter(release):
    Address.objects.filter(role="announcement").update(url="https://www.gov.uk/x", adapter="page")
    assert announcements.due_comparisons(at=AT, now=DAY_BEFORE).count() == 1
    Address.objects.filter(role="announcement").update(url="https://www.example.gov.uk/x")
    assert announcements.due_comparisons(at=AT, now=DAY_BEFORE).count() == 0


class TestCannotTell:
    def test_it_is_no_difference_and_is_tried_again_an_hour_later_for_some_hours(self, release, means, site):
        say(site, announced(), headers={"x": "y"})
        site.publish(api_path(PATH), [scene(status=503)])
        Comparison.objects.all().delete()
        night = NIGHT + timedelta(minutes=1)
        assert compare(means, night) == 1
        Comparison.objects.update(tried_at=night)
        (row,) = announcements.compare_with_latest(announcements.announcements_to_come(now=night))
        assert (row.differences, row.problem, row.read_at) == ((), "unreachable", None)
        assert compare(means, night + timedelta(minutes=59)) == 0
        assert compare(means, night + timedelta(minutes=60)) == 1
        Comparison.objects.update(tried_at=night)
        assert compare(means, night + timedelta(hours=5)) == 0

    def test_what_was_read_before_still_applies(self, release, means, site):
        say(site, announced(due_at=DUE + timedelta(days=7)))
        compare(means)
        site.publish(api_path(PATH), [scene("<h1>Not now</h1>")])
        Comparison.objects.update(tried_at=NIGHT - timedelta(hours=1))
        assert compare(means) == 1
        assert found(release) == [DifferenceKind.DATE]
        assert Comparison.objects.get().problem == "unknown_shape"

    def test_a_host_that_others_check_at_is_left_to_the_next_turn(self, release, means, site):
        name = host_budgets.claim_spare(site.base_url.removeprefix("http://"))
        host_budgets.claim_hosts([name], holder="another", now=DAY_BEFORE)
        assert compare(means) == 0
        assert not Comparison.objects.exists()
        host_budgets.release_hosts("another", now=DAY_BEFORE)
        assert compare(means) == 1

    def test_an_address_that_is_none_does_not_come_first_for_ever(self, release, means):
        Address.objects.filter(role="announcement").update(url="nonsense")
        assert compare(means) == 0
        assert Comparison.objects.get().problem == "unreachable"
        assert announcements.due_comparisons(at=AT, now=DAY_BEFORE).count() == 0


class TestResolved:
    def test_a_difference_that_they_mend_disappears_with_the_next_night(self, release, means, site):
        say(site, announced(due_at=DUE + timedelta(days=7)))
        compare(means)
        say(site, announced())
        Comparison.objects.update(tried_at=NIGHT - timedelta(hours=1))
        compare(means)
        assert found(release) == []
        assert Comparison.objects.get().differs is False

    def test_one_that_is_corrected_here_disappears_at_once(self, release, means, site):
        say(site, govuk.announcement(PATH, "Another title", due_at=DUE))
        compare(means)
        assert found(release) == [DifferenceKind.TITLE]
        corrections.correct_release(release, title="Another title", reference=release.reference, by=None, at=DAY_BEFORE)
        assert found(release) == []

    def test_what_was_read_at_another_address_says_nothing(self, release, means, site):
        say(site, announced(due_at=DUE + timedelta(days=7)))
        compare(means)
        say(site, announced(), path=PATH + "-2")
        address = release.addresses.get(role="announcement")
        moved = PlannedAddress(site.url(PATH + "-2"), Address.Role.ANNOUNCEMENT, adapter="govuk")
        corrections.change_address(address, moved, by=None, at=DAY_BEFORE)
        assert found(release) == []
        assert compare(means) == 1
        assert found(release) == []
        assert Comparison.objects.get().url == site.url(PATH + "-2")


class TestNews:
    def again(self, means, site, document):
        say(site, document)
        Comparison.objects.update(tried_at=NIGHT - timedelta(hours=1))
        compare(means)
        return Comparison.objects.get().news

    def test_a_difference_is_news_once_and_another_one_is_again(self, release, means, site):
        first = announced(due_at=DUE + timedelta(days=7))
        compare(means)
        assert Comparison.objects.get().news == 0
        assert self.again(means, site, first) == 1
        assert self.again(means, site, first) == 1
        assert self.again(means, site, announced(due_at=DUE + timedelta(days=8))) == 2
        assert self.again(means, site, announced()) == 2
        assert self.again(means, site, first) == 3


class TestWhich:
    def test_past_published_and_rehearsed_releases_are_not_compared_and_cancelled_ones_are(self, release, site):
        def count(now=DAY_BEFORE):
            return announcements.due_comparisons(at=AT, now=now).count()

        assert count() == 1
        assert count(DUE) == 0
        Release.objects.update(rehearsal=True)
        assert count() == 0
        Release.objects.update(rehearsal=False, status="published")
        assert count() == 0
        cancelled = {"status": "cancelled", "cancelled_at": DAY_BEFORE, "cancellation_reason": "x"}
        Release.objects.update(**cancelled)
        assert count() == 1

    def test_a_few_are_read_at_a_time(self, site, means, monkeypatch):
        monkeypatch.setattr(announcements, "COMPARISONS_AT_A_TIME", 2)
        series = ReleaseFactory(reference="other").series
        for number in range(3):
            one = ReleaseFactory(confirmed=True, series=series, reference=f"n{number}", title=TITLE, due_at=DUE)
            announce_at(one, site.url(PATH), adapter="govuk")
        say(site, announced())
        assert [compare(means) for _ in range(3)] == [2, 1, 0]


def test_a_tick_makes_the_comparison_and_none_around_a_due_instant(release, site, settings, monkeypatch):
    monkeypatch.setattr(jobs, "_probes", {})
    settings.COMPARISON_AT = AT
    near = ReleaseFactory(confirmed=True, due_at=DAY_BEFORE, reference="due-now", rehearsal=True)
    jobs.run_due_checks(clock=StoppedClock(DAY_BEFORE), process="worker")
    assert not Comparison.objects.exists()
    assert near.due_at == DAY_BEFORE
    jobs.run_due_checks(clock=StoppedClock(DAY_BEFORE + timedelta(seconds=31)), process="worker")
    assert Comparison.objects.get().read_at is not None
