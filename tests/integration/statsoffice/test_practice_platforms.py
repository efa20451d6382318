"""The practice site plays publishing platforms and their calendars, so that adapters can be tried without a script."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import AddressRole, CheckOutcome, Expectation
from releases.imports import publishers
from releases.probe.adapters import get_adapter
from releases.rules.response import Answer
from statsoffice.fake_publisher.__main__ import answer_without_script, home_page
from statsoffice.fake_publisher.calendars import ORGANISATION
from statsoffice.fake_publisher.platforms import find_platform_scene, find_try_outs, next_try_out
from statsoffice.fake_publisher.scenes import SiteState

NOW = datetime(2026, 11, 27, 9, 1, tzinfo=UTC)
DUE = datetime(2026, 11, 27, 9, 10, tzinfo=UTC)
SITE = "http://127.0.0.1:8765"
TRIED = list(find_try_outs(DUE))


def find_by(tried, *, at):
    """Examine the response of the practice site as the probe hands it to an adapter."""
    adapter = get_adapter(tried.adapter)
    asked = adapter.address(f"{SITE}{tried.path}")
    scene = find_platform_scene(asked.removeprefix(SITE), now=at)
    headers = tuple((name.decode(), value.decode()) for name, value in scene.headers)
    answer = Answer(asked, at, at, at, status=scene.status, final_url=asked, headers=headers, body=scene.body)
    title = "Bus fares: October 2026"
    return adapter.examine(answer, Expectation(AddressRole.PAGE, asked, tried.marker, title, "Bus fares", due_at=DUE))


@pytest.mark.parametrize("tried", TRIED, ids=[each.platform for each in TRIED])
class TestPlatform:
    def test_a_release_is_not_live_before_its_time_and_live_three_seconds_after_it(self, tried):
        for seconds, result in ((-480, CheckOutcome.NOT_LIVE), (2, CheckOutcome.NOT_LIVE), (3, CheckOutcome.LIVE)):
            assert find_by(tried, at=DUE + timedelta(seconds=seconds)).result is result

    def test_a_release_may_be_late_or_early(self, tried):
        for how, seconds in (("late", 180), ("early", -30)):
            path = f"{tried.path}-{how}"
            before, after = (find_platform_scene(path, now=DUE + timedelta(seconds=seconds + n)) for n in (-1, 0))
            assert before.body != after.body


def test_addresses_are_offered_for_a_release_that_a_person_has_time_to_record():
    assert next_try_out(now=NOW) == DUE
    assert next_try_out(now=DUE) == DUE + timedelta(minutes=10)
    assert {each.adapter for each in TRIED} == {"govuk", "ons", "ees", "page"}
    page = home_page(SiteState(fixed_at=NOW), site=SITE)
    assert "27 November 2026 at 9:10am" in page or "9:10am on 27 November 2026" in page
    for each in TRIED:
        assert find_platform_scene(each.path, now=NOW) is not None
        assert each.path in page
    assert f"{SITE}/government/organisations/{ORGANISATION}" in page


@pytest.mark.parametrize(
    "path",
    [
        "/releases/bus-fares",
        "/releases/bus-fares-2026-13-01-0930",
        "/releases/bus-fares-2026-03-29-0130",
        "/nhs/",
        "/x",
    ],
)
def test_a_path_without_a_real_release_time_is_not_there(path):
    assert answer_without_script(path, "", now=NOW) is None


class _Means:
    """Requests of an import, which the practice site answers without a network."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def stop(self) -> bool:
        return False

    def request_address(self, url, *, adapter, now):
        self.asked.append(url)
        path, _, query = url.removeprefix(SITE).partition("?")
        scene = answer_without_script(path, query, now=now)
        return Answer(url, now, now, now, status=scene.status, final_url=url, body=scene.body)


@pytest.fixture
def _practice(settings):
    settings.REHEARSAL_SITE = SITE
    settings.PROBE_ALLOW_PRIVATE = frozenset({"127.0.0.1:8765"})


@pytest.mark.usefixtures("_practice")
class TestCalendars:
    def read(self, calendar):
        return {
            one.path.rpartition("/")[2]: one for one in publishers.fetch_releases(calendar, means=_Means(), now=NOW)
        }

    def test_the_calendar_of_govuk_has_a_release_of_each_kind(self):
        url = f"{SITE}/government/organisations/{ORGANISATION}"
        hosts = publishers.govuk.govuk_hosts()
        found = self.read(publishers.find_govuk_calendar(url, hosts=hosts, today=NOW.date()))
        states = {str(one.announced.state) if one.announced else "published" for one in found.values()}
        assert states == {"confirmed", "provisional", "cancelled", "published"}
        assert found["walking"].announced.slot is None
        assert found["bus-fares-2026-12-07-0930"].announced.slot.due_at == datetime(2026, 12, 7, 9, 30, tzinfo=UTC)

    def test_the_calendar_of_the_ons_is_searched_by_words(self):
        hosts = publishers.ons_hosts()
        everything = self.read(
            publishers.find_ons_calendar(f"{SITE}/releasecalendar?keywords=", hosts=hosts, today=NOW.date())
        )
        assert {"rents", "savings"} < set(everything)
        prices = self.read(
            publishers.find_ons_calendar(f"{SITE}/releasecalendar?keywords=shop+prices", hosts=hosts, today=NOW.date())
        )
        assert len(prices) == 2
        assert set(prices) < set(everything)

    def test_a_listed_release_with_a_time_has_its_page(self):
        hosts = publishers.ons_hosts()
        found = self.read(publishers.find_ons_calendar(f"{SITE}/releasecalendar", hosts=hosts, today=NOW.date()))
        timed = [one for one in found.values() if one.announced.state == "confirmed"]
        assert timed
        assert all(find_platform_scene(f"{one.path}/data", now=NOW).status == 200 for one in timed)
