"""An office is warned before it opens if nothing is set up to confirm the clock of the checks."""

import pytest
from django.core.checks import run_checks

from releases.monitoring import clock

CONTROLS = ["https://one.example.org/", "https://two.example.net/"]

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _machine_without_a_time_keeper(monkeypatch):
    monkeypatch.setattr(clock, "CHRONY", ("no-such-program-here",))
    monkeypatch.setattr(clock, "kernel", lambda: None)


@pytest.mark.parametrize(
    ("servers", "controls", "is_told"),
    [
        pytest.param([], [], True, id="nothing"),
        pytest.param([], CONTROLS[:1], True, id="one-control-address"),
        pytest.param([], CONTROLS, False, id="two-control-addresses"),
        pytest.param(["ntp.example.gov.uk"], [], False, id="a-time-server"),
    ],
)
def test_check_deploy_warns_where_nothing_confirms_the_clock(settings, servers, controls, is_told):
    settings.CLOCK_SERVERS, settings.PROBE_CONTROLS = servers, controls
    found = {message.id for message in run_checks(include_deployment_checks=True)}
    assert ("statsoffice.W001" in found) == is_told
