"""What a sweep takes on, in as many questions to the database whatever the calendar holds."""

from datetime import timedelta
from itertools import count

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from releases import host_budgets
from releases.models import Address, CheckSchedule, HostLease, Release
from releases.monitoring.sweep import Sweep
from releases.monitoring.targets import enrol_addresses, monitored_addresses, save_targets
from releases.rules import cadence
from releases.rules.host_budget import find_owner
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.scripted_publisher import JumpingClock, ScriptedPublisher

pytestmark = pytest.mark.django_db

A_MINUTE_BEFORE = SEED_DUE - timedelta(minutes=1)


def a_sweep(*, holding_nothing=True) -> Sweep:
    """A sweep a minute before releases are due; one that has begun already holds its host."""
    clock = JumpingClock(A_MINUTE_BEFORE, ends_at=SEED_DUE)
    publisher = ScriptedPublisher(clock, lambda url, at: (404, "", 0.0))
    sweep = Sweep(clock=clock, probe=publisher, name="watcher")
    sweep.claim()
    if holding_nothing:
        sweep.targets.clear()
    return sweep


def record(series, names, *, due_at=SEED_DUE):
    for name in names:
        url = f"https://www.example.gov.uk/statistics/{name}"
        ReleaseFactory(confirmed=True, series=series, reference=name, url=url, due_at=due_at)


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "holding_nothing", [pytest.param(True, id="taken-on-anew"), pytest.param(False, id="compared-with-the-plan")]
)
def test_taking_on_one_or_eight_releases_takes_as_many_queries(django_assert_num_queries, holding_nothing):
    series = SeriesFactory()
    record(series, ["first"])
    sweep = a_sweep(holding_nothing=holding_nothing)
    with CaptureQueriesContext(connection) as few:
        sweep.claim()
    record(series, [f"other-{number}" for number in range(7)])
    sweep = a_sweep(holding_nothing=holding_nothing)
    with django_assert_num_queries(len(few)):
        sweep.claim()
    assert len(sweep.targets) == 8


def test_any_sweep_claims_an_address_whose_host_is_not_stored_yet():
    record(SeriesFactory(), ["first"])
    enrol_addresses(monitored_addresses(now=A_MINUTE_BEFORE), now=A_MINUTE_BEFORE)
    CheckSchedule.objects.update(host="")
    other = next(name for name in map(str, count()) if find_owner("", frozenset({name, "watcher"})) == name)
    until = A_MINUTE_BEFORE + host_budgets.SWEEP_DURATION
    HostLease.objects.create(host=f"sweep {other}", holder=other, until=until)
    assert len(a_sweep(holding_nothing=False).targets) == 1
    assert CheckSchedule.objects.get().host == "www.example.gov.uk"


def test_releases_that_do_not_fall_due_cost_a_claim_no_query(django_assert_num_queries):
    series = SeriesFactory()
    record(series, ["first"])
    a_sweep()
    sweep = a_sweep()
    with CaptureQueriesContext(connection) as few:
        sweep.claim()
    record(series, [f"past-{number}" for number in range(5)], due_at=SEED_DUE - timedelta(days=28))
    record(series, [f"to-come-{number}" for number in range(5)], due_at=SEED_DUE + timedelta(days=28))
    sweep = a_sweep()
    with django_assert_num_queries(len(few)):
        sweep.claim()
    assert len(sweep.targets) == 1


@pytest.mark.both_databases
def test_a_sweep_does_not_set_back_what_another_one_planned_meanwhile(monkeypatch):
    record(SeriesFactory(), ["first"])
    address = Address.objects.get()
    next_check_at = cadence.next_check_at

    def plan_while_another_sweep_does(**facts):
        CheckSchedule.objects.create(
            address=address, schedule_version=address.release.schedule_version, next_check_at=SEED_DUE
        )
        return next_check_at(**facts)

    monkeypatch.setattr(cadence, "next_check_at", plan_while_another_sweep_does)
    enrol_addresses(monitored_addresses(now=A_MINUTE_BEFORE), now=A_MINUTE_BEFORE)
    assert CheckSchedule.objects.get().next_check_at == SEED_DUE


def test_a_sweep_that_holds_the_plan_of_an_earlier_date_does_not_change_the_plan_of_the_new_one():
    record(SeriesFactory(), ["first"])
    sweep = a_sweep(holding_nothing=False)
    later = SEED_DUE + timedelta(minutes=5)
    Release.objects.update(due_at=later, schedule_version=2)
    enrol_addresses(monitored_addresses(now=A_MINUTE_BEFORE), now=A_MINUTE_BEFORE)
    planned_at = CheckSchedule.objects.get().next_check_at
    for target in sweep.targets.values():
        target.next_check_at = later + timedelta(minutes=10)
    save_targets(sweep.targets.values())
    enrol_addresses(monitored_addresses(now=A_MINUTE_BEFORE), now=A_MINUTE_BEFORE)
    schedule = CheckSchedule.objects.get()
    assert (schedule.schedule_version, schedule.next_check_at) == (2, planned_at)
