"""Checks in addition to the plain ones: past the caches, to distinguish a stale copy from a late release (V13)."""

from contextlib import suppress
from datetime import timedelta

import pytest

from releases.models import NotFoundPage, Observation, Verification
from releases.models.observation import Purpose
from releases.monitoring.sweep import Sweep
from releases.rules import cadence
from releases.rules.cadence import count_fresh_checks
from releases.rules.web_address import NotAWebAddressError, address_that_cannot_exist
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

ABSENT = "<html><body><h1>Page not found</h1></body></html>"
RELEASE = pages.release_page("Inspections as at 31 March 2020", published="30 June 2020")

pytestmark = [pytest.mark.usefixtures("calendar_at_rest"), pytest.mark.django_db]


def seconds_after_due(look):
    return (look.planned_at - SEED_DUE).total_seconds()


def watch_to_the_end(clock, publisher):
    """Sweep every five seconds, as beat does, until the morning is over."""
    with suppress(MorningOver):
        while True:
            Sweep(clock=clock, probe=publisher, name="beside").run()
            clock.sleep_until(clock.now() + timedelta(seconds=5))


def watched(script, *, until, start=SEED_DUE - timedelta(seconds=30)):
    """Monitor one release from before it is due, with a site by the script."""
    ReleaseFactory(confirmed=True)
    clock = JumpingClock(start, ends_at=SEED_DUE + until)
    publisher = ScriptedPublisher(clock, script)
    watch_to_the_end(clock, publisher)
    return publisher


def test_a_release_not_seen_is_asked_for_past_the_caches_once_soon_and_once_later():
    publisher = watched(lambda url, at: (404, ABSENT, 0.1), until=timedelta(minutes=13))
    fresh = Observation.objects.filter(purpose=Purpose.FRESH)
    told = [after.total_seconds() for after in cadence.FRESH_AFTER[:2]]
    assert len(fresh) == len(told)
    plain = set(Observation.objects.plain().values_list("planned_at", flat=True))
    for look, after, within in zip(fresh, told, (5, 150), strict=True):
        assert after <= seconds_after_due(look) <= after + within
        assert look.planned_at in plain, "beside a look as any reader makes it"
    assert told[0] == 5
    assert [check_request.planned_at for check_request in publisher.asked if check_request.fresh] == [
        look.planned_at for look in fresh
    ]


def test_a_release_found_live_at_once_is_not_asked_for_past_the_caches():
    watched(lambda url, at: (200, RELEASE, 0.1) if at >= SEED_DUE else (404, ABSENT, 0.1), until=timedelta(seconds=140))
    assert not Observation.objects.filter(purpose=Purpose.FRESH).exists()


def test_a_copy_that_is_stale_for_readers_stays_late_and_the_fresh_check_stands_next_to_it():
    stale_until = SEED_DUE + timedelta(minutes=3)

    class Edge(ScriptedPublisher):
        def start(self, check_request):
            self.fresh = check_request.fresh
            super().start(check_request)

    ReleaseFactory(confirmed=True)
    clock = JumpingClock(SEED_DUE - timedelta(seconds=30), ends_at=SEED_DUE + timedelta(minutes=4))

    def script(url, at):
        out = at >= SEED_DUE if edge.fresh else at >= stale_until
        return (200, RELEASE, 0.1) if out else (404, ABSENT, 0.1)

    edge = Edge(clock, script)
    watch_to_the_end(clock, edge)
    assert Verification.objects.get().outcome == Outcome.LATE
    assert [look.result for look in Observation.objects.filter(purpose=Purpose.FRESH)] == ["live"]


def test_a_watch_that_begins_late_makes_up_for_no_fresh_checks():
    assert count_fresh_checks(SEED_DUE + timedelta(minutes=30), due_at=SEED_DUE) == 2
    watched(lambda url, at: (404, ABSENT, 0.1), start=SEED_DUE + timedelta(minutes=30), until=timedelta(minutes=33))
    assert not Observation.objects.filter(purpose=Purpose.FRESH).exists()


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        pytest.param("https://www.example.gov.uk/a/b/figures?x=/y/", "https://www.example.gov.uk/a/b/", id="page"),
        pytest.param("https://www.example.gov.uk", "https://www.example.gov.uk/", id="home"),
        pytest.param("https://www.example.gov.uk/a/", "https://www.example.gov.uk/a/", id="folder"),
    ],
)
def test_the_address_that_cannot_exist_lies_in_the_folder_of_the_page(url, folder):
    assert address_that_cannot_exist(url, token="7f3a").startswith(f"{folder}no-such-page-")


def test_no_address_is_made_from_one_that_is_none():
    with pytest.raises(NotAWebAddressError):
        address_that_cannot_exist("ftp://example.gov.uk/", token="7f3a")


SOFT = (
    "<html><head><title>Example Office</title></head><body><main><h1>Our statistics have moved house</h1>"
    "<p>The address that you followed may be an old one. Our figures on schools, hospitals, roads and rivers are now "
    "kept by topic. Use the menu to browse them, or write to the library, who will be glad to look for you.</p>"
    "</main></body></html>"
)


def test_a_host_is_asked_once_what_it_answers_for_an_address_that_cannot_exist():
    publisher = watched(lambda url, at: (404, ABSENT, 0.1), until=timedelta(seconds=140))
    asked = [check_request.url for check_request in publisher.asked if "no-such-page-" in check_request.url]
    assert len(asked) == 1
    assert NotFoundPage.objects.get().url == asked[0]


def test_a_page_like_the_one_for_what_is_not_there_is_told_by_its_reason_and_accuses_no_one_alone():
    watched(lambda url, at: (200, SOFT, 0.1), until=timedelta(seconds=140))
    looks = Observation.objects.plain()
    assert "like_not_found" in {reason for look in looks for reason in look.reasons}
    assert {look.result for look in looks} == {"unrecognised"}
    assert Verification.objects.get().outcome == Outcome.CANNOT_TELL


def test_a_host_whose_answer_says_nothing_is_asked_again_within_the_hour():
    watched(lambda url, at: (503, "", 0.1), until=timedelta(minutes=1))
    page = NotFoundPage.objects.get()
    assert (page.status, page.text) == (503, "")
    assert page.ask_again_at < SEED_DUE + timedelta(hours=1)


def test_a_running_sweep_asks_a_host_again_whose_answer_said_nothing():
    def script(url, at):
        if "no-such-page-" in url:
            return (200, SOFT, 0.1) if at >= SEED_DUE - timedelta(minutes=30) else (503, "", 0.1)
        return 404, ABSENT, 0.1

    ReleaseFactory(confirmed=True)
    clock = JumpingClock(SEED_DUE - timedelta(minutes=60), ends_at=SEED_DUE - timedelta(seconds=5))
    publisher = ScriptedPublisher(clock, script)
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="alone").run()
    assert clock.now() > SEED_DUE - timedelta(seconds=20)
    assert NotFoundPage.objects.get().text
    asked = [request.planned_at for request in publisher.asked if "no-such-page-" in request.url]
    assert len(asked) == 3
    assert asked[1] - asked[0] >= timedelta(minutes=15)


def test_a_host_that_says_with_an_empty_page_that_nothing_is_there_is_asked_once_a_day():
    watched(lambda url, at: (404, "", 0.1), until=timedelta(minutes=1))
    assert NotFoundPage.objects.get().ask_again_at > SEED_DUE + timedelta(hours=23)
