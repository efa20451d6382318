"""The self-test's page: what it shows follows from a signed address and the time, and no one else can ask for it."""

from datetime import timedelta

import pytest
from django.core import signing
from django.urls import reverse

from releases.verdict.address import Outcome
from statsoffice.self_monitoring import page
from statsoffice.self_monitoring.page import EXPECTED_IN_TURN, script_for
from tests.integration.statsoffice.self_monitoring.self_test import MORNING

A_MOMENT = timedelta(seconds=0.1)


def a_script(expected):
    return script_for(EXPECTED_IN_TURN.index(expected) + 1, begins_at=MORNING)


def path_of(script):
    return "/" + page.page_address(script).split("/", 3)[3]


@pytest.fixture
def status_at(client, time_machine):
    """Return a function that requests a page at an instant."""

    def ask(script, at):
        time_machine.move_to(at, tick=False)
        return client.get(path_of(script))

    return ask


def test_the_page_goes_live_at_its_scripted_instant(status_at):
    script = a_script(Outcome.LATE)
    before, after = status_at(script, script.live_at - A_MOMENT), status_at(script, script.live_at)
    assert "not yet published" in before.text
    assert "has gone live" in after.text
    assert "not yet published" not in after.text


def test_a_page_that_is_to_be_silent_answers_with_an_error_from_its_due_time_on(status_at):
    script = a_script(Outcome.CANNOT_TELL)
    assert status_at(script, script.due_at - A_MOMENT).status_code == 200
    assert status_at(script, script.due_at).status_code == 503


def test_the_page_is_gone_a_minute_after_its_rehearsal(status_at):
    script = a_script(Outcome.ON_TIME)
    gone_at = script.last_check_at + page.STAYS_UP_FOR
    assert status_at(script, gone_at - A_MOMENT).status_code == 200
    assert status_at(script, gone_at).status_code == 404


def test_no_cache_and_no_search_engine_is_to_keep_it(status_at):
    response = status_at(a_script(Outcome.ON_TIME), MORNING)
    assert "no-store" in response.headers["Cache-Control"]
    assert response.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize("token", ["1", "number", "WyJudW1iZXIgMSJd:1abc:forged"], ids=["a number", "a word", "forged"])
def test_an_address_that_the_self_test_did_not_make_is_not_there(client, token):
    assert client.get(reverse("canary_page", args=[token])).status_code == 404


def test_a_signed_value_made_for_something_else_is_no_address_of_the_page(client):
    token = signing.dumps(["number 1", None, None, (MORNING + timedelta(days=9999)).timestamp()], salt="another")
    assert client.get(reverse("canary_page", args=[token])).status_code == 404


def test_the_page_is_read_only(client, time_machine):
    time_machine.move_to(MORNING, tick=False)
    assert client.post(path_of(a_script(Outcome.ON_TIME))).status_code == 405
