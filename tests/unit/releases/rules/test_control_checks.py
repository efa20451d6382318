"""Control checks of unrelated hosts distinguish our own fault from one of the publisher's."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from releases.detection.finding import CheckOutcome, Reason
from releases.detection.rules import examine
from releases.models import Observation, Verification
from releases.monitoring.examination import FRESH_FOR, Controls
from releases.monitoring.sweep import Sweep
from releases.rules.response import Answer, Failure
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.release_pages import answered, expected
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

ONE, TWO = "https://one.example.org/", "https://two.example.net/"
GATEWAY = "https://gateway.example.com/login?from=x"


def answer(url, *, failure=None, led_to=""):
    return Answer(
        url,
        SEED_DUE,
        SEED_DUE,
        SEED_DUE,
        status=None if failure else 200,
        failure=failure,
        final_url=led_to or url,
        left_allowed_hosts=bool(led_to),
    )


def asked(*answers):
    controls = Controls(urls=(ONE, TWO))
    assert [check_request.url for check_request in controls.requests(now=SEED_DUE)] == [ONE, TWO]
    for each in answers:
        controls.take(each.requested_url, each)
    return controls


def test_our_own_side_is_at_fault_only_where_no_control_check_is_answered():
    failed = answer(ONE, failure=Failure.TIMEOUT), answer(TWO, failure=Failure.DNS)
    assert asked(*failed).fail
    assert not asked(failed[0], answer(TWO)).fail
    assert not asked(failed[0]).fail, "one has not come back yet"
    assert asked(failed[0]).pending
    assert not asked(answer(ONE)).pending, "one answer is enough"
    assert not Controls(urls=()).fail, "without controls nothing is known"


def test_control_checks_are_made_once_in_a_while():
    controls = asked(answer(ONE), answer(TWO))
    assert controls.requests(now=SEED_DUE + FRESH_FOR / 2) == []
    assert len(controls.requests(now=SEED_DUE + FRESH_FOR)) == 2
    assert len(controls.requests(now=SEED_DUE - timedelta(hours=1))) == 2, "the clock was set back"


def test_a_gateway_of_our_own_leads_every_control_check_away_too():
    led = answer(ONE, led_to=GATEWAY), answer(TWO, led_to=GATEWAY)
    assert asked(*led).lead_away_to("gateway.example.com")
    assert not asked(*led).lead_away_to("login.example.gov.uk")
    assert not asked(led[0], answer(TWO)).lead_away_to("gateway.example.com")
    assert asked(led[0]).pending, "the other one may still answer for itself"
    assert not Controls(urls=()).lead_away_to("gateway.example.com")


def test_what_a_gateway_of_our_own_shows_is_a_fault_of_ours():
    left = answered(status=302, final_url=GATEWAY, left_allowed_hosts=True)
    finding = examine(left, expected(controls_fail=True))
    assert (finding.result, finding.reasons) == (CheckOutcome.OBSERVER_FAULT, (Reason.OTHER_HOST, Reason.CONTROLS_FAIL))
    assert examine(left, expected()).reasons == (Reason.OTHER_HOST, Reason.LOG_IN)


class Network(ScriptedPublisher):
    """A publisher behind a network that, from half a minute before due, lets nothing through or leads all away."""

    def __init__(self, clock, *, reaches, led_to=""):
        super().__init__(clock, lambda url, at: (404, "", 0.1))
        self.reaches, self.led_to = reaches, led_to

    def brought(self, check_request, answer):
        if answer.sent_at < SEED_DUE - timedelta(seconds=30) or check_request.url in self.reaches:
            return answer
        if not self.led_to:
            return replace(answer, status=None, failure=Failure.TIMEOUT, hops=())
        return replace(answer, status=302, final_url=self.led_to, left_allowed_hosts=True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reaches", "led_to", "result", "outcome"),
    [
        pytest.param((), "", "observer_fault", Outcome.CANNOT_TELL, id="our own line is down"),
        pytest.param((ONE,), "", "unreachable", Outcome.CANNOT_TELL, id="their site is down"),
        pytest.param((), GATEWAY, "observer_fault", Outcome.CANNOT_TELL, id="our own gateway asks to log in"),
        pytest.param((ONE, TWO), GATEWAY, "unrecognised", Outcome.CANNOT_TELL, id="their site asks to log in"),
    ],
)
@pytest.mark.usefixtures("calendar_at_rest")
def test_no_fault_of_our_own_network_makes_a_suspicion(reaches, led_to, result, outcome):
    ReleaseFactory(confirmed=True)
    clock = JumpingClock(SEED_DUE - timedelta(seconds=40), ends_at=SEED_DUE + timedelta(seconds=140))
    network = Network(clock, reaches=reaches, led_to=led_to)
    with suppress(MorningOver):
        Sweep(clock=clock, probe=network, name="controls", controls=(ONE, TWO)).run()
    late = Observation.objects.plain().filter(sent_at__gte=SEED_DUE)
    assert {look.result for look in late} == {result}
    assert Verification.objects.get().outcome == outcome
