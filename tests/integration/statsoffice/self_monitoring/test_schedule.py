"""One turn over real HTTP: health turns green by a right verdict and by nothing else, and so does the ping."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from releases.verdict.address import Outcome
from statsoffice.self_monitoring import page, synthetic_check
from tests.integration.statsoffice.self_monitoring.record import a_sweep
from tests.integration.statsoffice.self_monitoring.self_test import stale_cache
from tests.integration.statsoffice.self_monitoring.switch import dead_mans_switch
from tests.servers.ports import free_port

pytestmark = pytest.mark.django_db


@pytest.fixture
def switch(settings):
    """Run a dead man's switch, and have it pinged."""
    with dead_mans_switch() as running:
        settings.HEALTH_PING = running.url
        yield running


@pytest.fixture
def take_turn(own_page, clock, client):
    """Return a function that takes a turn a minute after the last, during sweeps, and returns the health's status."""

    def take(*, by=clock):
        clock.pass_seconds(60)
        a_sweep(at=datetime.now(UTC) + timedelta(seconds=20))
        synthetic_check.take_turn(clock=by)
        return client.get(reverse("health_ready")).status_code

    return take


@pytest.mark.both_databases
def test_a_right_verdict_turns_the_health_green_and_pings_once(take_turn, switch):
    assert take_turn() == 200
    assert [path for path, _ in switch.asked] == [urlsplit(switch.url).path]
    assert switch.asked[0][1].startswith("statsoffice-release-check")
    assert take_turn() == 200
    assert len(switch.asked) == 2


def the_same_always(monkeypatch, settings, own_page):
    on_time = Outcome.ON_TIME, None
    monkeypatch.setattr("statsoffice.self_monitoring.synthetic_check.combine_addresses", lambda addresses: on_time)


def nobody_there(monkeypatch, settings, own_page):
    settings.ADDRESS = f"http://127.0.0.1:{free_port()}"


def page_stands_still(monkeypatch, settings, own_page):
    page_state = page.page_state
    monkeypatch.setattr(page, "page_state", lambda token, *, at: page_state(token, at=at - timedelta(minutes=1)))


@pytest.mark.parametrize(
    "harm",
    [the_same_always, nobody_there, page_stands_still],
    ids=["always the same verdict", "cannot connect", "never live"],
)
def test_a_broken_chain_takes_the_green_away_and_sends_no_ping(
    take_turn, switch, harm, monkeypatch, settings, own_page
):
    assert take_turn() == 200
    harm(monkeypatch, settings, own_page)
    pinged = len(switch.asked)
    assert [take_turn() for _ in range(3)] == [503] * 3
    assert len(switch.asked) == pinged


def test_a_stale_cache_takes_the_green_away(take_turn, own_page, settings):
    with stale_cache(own_page) as settings.ADDRESS:
        assert take_turn() == 503


def test_a_clock_that_is_off_takes_the_green_away(take_turn, clock):
    assert take_turn(by=clock.ahead_by(30)) == 503


def test_a_corrected_chain_is_green_again_after_two_right_verdicts(take_turn, own_page, settings, switch):
    take_turn()
    settings.ADDRESS = f"http://127.0.0.1:{free_port()}"
    assert take_turn() == 503
    settings.ADDRESS = own_page
    pinged = len(switch.asked)
    assert [take_turn(), take_turn()] == [503, 200]
    assert len(switch.asked) == pinged + 1


def test_a_monitoring_process_whose_sweeps_are_silent_is_not_pinged_for(own_page, clock, switch):
    synthetic_check.take_turn(clock=clock)
    assert switch.asked == []


@pytest.mark.parametrize(("status", "words"), [(500, "status 500"), (404, "status 404"), (302, "status 302")], ids=str)
def test_a_ping_that_fails_is_logged_without_its_secret_and_changes_nothing(take_turn, switch, caplog, status, words):
    switch.status = status
    assert take_turn() == 200
    assert words in caplog.text
    assert "secret-of-ours" not in caplog.text


def test_a_switch_that_is_not_there_changes_nothing(take_turn, settings, caplog):
    settings.HEALTH_PING = f"http://127.0.0.1:{free_port()}/ping/secret-of-ours"
    assert take_turn() == 200
    assert "connect" in caplog.text
    assert "secret-of-ours" not in caplog.text


def test_without_a_switch_no_one_is_pinged(take_turn, settings):
    settings.HEALTH_PING = ""
    assert take_turn() == 200
