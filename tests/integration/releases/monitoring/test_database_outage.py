"""The database goes away while a sweep is at work: checks continue, nothing is lost, and no one is accused for it."""

from contextlib import ExitStack, suppress
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from releases.models import Observation, Verification
from releases.models.append_only import check_chain
from releases.models.observation import Purpose
from releases.monitoring import spool
from releases.monitoring.sweep import Sweep
from releases.monitoring.targets import CheckKey
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = pytest.mark.django_db(transaction=True)

HOST = "https://www.example.gov.uk/statistics"
BACK = 12
OUT = "<title>Inspections as at 31 March 2020</title><h1>Inspections as at 31 March 2020</h1>"


def seconds(count):
    return timedelta(seconds=count)


def live_from(second):
    def script(url, at):
        return (200, OUT, 0.1) if at >= SEED_DUE + seconds(second) else (404, "", 0.1)

    return script


class Outage:
    """A database that refuses every statement, or those that hold a word, as its driver reports it."""

    def __init__(self):
        self._away = ExitStack()

    def begin(self, word="", *, after=lambda: None):
        def refuse(execute, sql, params, many, context):
            if word in sql:
                after()
                message = "connection to server failed: the database system is shutting down"
                raise OperationalError(message)
            return execute(sql, params, many, context)

        self._away.enter_context(connection.execute_wrapper(refuse))

    def end(self):
        self._away.close()


@pytest.fixture
def outage():
    outage = Outage()
    yield outage
    outage.end()


def sweep(start, end, script, *acts, folder=None, watcher="first", stop_at=None, vantage_point=""):
    """Sweep from one second to another, counted from due, while acts happen; return the requests."""
    clock = JumpingClock(SEED_DUE + seconds(start), ends_at=SEED_DUE + seconds(end))
    for second, what in acts:
        clock.act(SEED_DUE + seconds(second), what)
    publisher = ScriptedPublisher(clock, script)
    stop = (lambda: clock.now() >= SEED_DUE + seconds(stop_at)) if stop_at is not None else (lambda: False)
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name=watcher, spool=folder, vantage_point=vantage_point).run(stop=stop)
    return publisher.asked


def made(asked, *, until):
    """Return the instant and the purpose of every check that was asked for, up to a second."""
    keys = [check_request.key for check_request in asked if isinstance(check_request.key, CheckKey)]
    return sorted((key.planned_at, key.purpose) for key in keys if key.planned_at < SEED_DUE + seconds(until))


def kept(*, until):
    """Return the same of every check that is stored."""
    return sorted(
        Observation.objects.filter(planned_at__lt=SEED_DUE + seconds(until)).values_list("planned_at", "purpose")
    )


@pytest.mark.both_databases
@pytest.mark.parametrize("on_disk", [True, False], ids=["file", "memory"])
def test_every_check_of_an_outage_over_the_due_instant_is_made_and_stored_afterwards(outage, tmp_path, on_disk):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    folder = tmp_path if on_disk else None
    asked = sweep(-120, 60, live_from(2), (-90, outage.begin), (40, outage.end), folder=folder)
    assert kept(until=45) == made(asked, until=45)
    assert (SEED_DUE, Purpose.PLAIN) in kept(until=45)
    assert Verification.objects.get().outcome == Outcome.ON_TIME
    during = Observation.objects.filter(sent_at__range=(SEED_DUE - seconds(89), SEED_DUE + seconds(39)))
    assert all(row.recorded_at >= SEED_DUE + seconds(40) for row in during)
    assert check_chain(Observation)[1] is None
    assert list(tmp_path.iterdir()) == []


def test_the_checks_of_a_further_vantage_point_are_judged_although_they_are_stored_after_the_outage(outage, tmp_path):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    sweep(-120, 160, live_from(1000))
    assert Verification.objects.get().outcome == Outcome.NOT_SEEN
    away = (-2, outage.begin), (197, outage.end)
    sweep(-60, 200, live_from(2), *away, folder=tmp_path, watcher="London", vantage_point="London")
    assert Verification.objects.get().outcome == Outcome.UNCERTAIN


@pytest.mark.parametrize(
    "begins", [-71, pytest.param(-72.5, marks=pytest.mark.full), -74, pytest.param(-76, marks=pytest.mark.full)]
)
def test_a_database_that_lets_each_attempt_wait_for_seconds_holds_up_no_check_that_decides(outage, tmp_path, begins):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    clock = JumpingClock(SEED_DUE - seconds(120), ends_at=SEED_DUE + seconds(160))

    def silent():
        outage.begin(after=lambda: clock.sleep_until(clock.now() + seconds(2.6)))

    clock.act(SEED_DUE + seconds(begins), silent)
    clock.act(SEED_DUE + seconds(130), outage.end)
    with suppress(MorningOver):
        publisher = ScriptedPublisher(clock, live_from(9999))
        Sweep(clock=clock, probe=publisher, name="first", spool=tmp_path).run()
    for planned in (SEED_DUE, SEED_DUE + seconds(120)):
        (look,) = Observation.objects.filter(planned_at=planned, purpose=Purpose.PLAIN)
        assert look.sent_at - planned <= seconds(0.5)
    assert Verification.objects.get().outcome == Outcome.NOT_SEEN


def test_what_a_stopped_monitoring_process_could_not_store_is_stored_and_judged_by_the_next_one(outage, tmp_path):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    sweep(-120, 60, live_from(2), (-90, outage.begin), folder=tmp_path, stop_at=20)
    outage.end()
    assert spool.is_any_waiting(tmp_path)
    assert not Observation.objects.filter(sent_at__gte=SEED_DUE - seconds(80)).exists()
    sweep(600, 604, live_from(2), folder=tmp_path, watcher="second")
    assert Verification.objects.get().outcome == Outcome.ON_TIME
    assert (SEED_DUE, Purpose.PLAIN) in kept(until=45)
    assert set(Observation.objects.filter(sent_at__lte=SEED_DUE + seconds(20)).values_list("watcher", flat=True)) == {
        "first"
    }
    assert not spool.is_any_waiting(tmp_path)


def test_what_a_dead_monitoring_process_had_checked_at_is_not_checked_at_again_for_the_same_instant(outage, tmp_path):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    sweep(-120, 60, live_from(9999), (-90, outage.begin), folder=tmp_path, stop_at=20)
    outage.end()
    asked = sweep(22, 40, live_from(9999), folder=tmp_path, watcher="second")
    assert min(
        check_request.planned_at for check_request in asked if isinstance(check_request.key, CheckKey)
    ) == SEED_DUE + seconds(22)
    planned = [look for look in kept(until=45) if look[1] == Purpose.PLAIN]
    assert len(planned) == len(set(planned))


def asked_by_a_second_watcher(outage, folder, *, until):
    """Sweep with one process over an outage, and from its end with another; return when the second made requests."""
    asked = []

    def script(url, at):
        asked.append(at - SEED_DUE)
        return (404, "", 0.1)

    def begin():
        outage.end()
        sweep(BACK, until, script, folder=folder, watcher="second")

    sweep(-120, 60, live_from(9999), (-90, outage.begin), (BACK, begin), folder=folder)
    return asked


def test_no_one_makes_the_checks_again_that_a_monitoring_process_which_lives_is_about_to_store(outage, tmp_path):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    assert asked_by_a_second_watcher(outage, tmp_path, until=BACK + 2) == []
    planned = [look for look in kept(until=45) if look[1] == Purpose.PLAIN]
    assert len(planned) == len(set(planned))


def test_a_monitoring_process_that_never_stores_is_waited_for_twelve_seconds(outage, tmp_path):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    first, *_ = asked_by_a_second_watcher(outage, tmp_path, until=BACK + 16)
    assert seconds(BACK + 12) <= first <= seconds(BACK + 15)


@pytest.mark.both_databases
@pytest.mark.parametrize("table", ["releases_verification", "releases_hostlease", "releases_watch", "chainhead"])
def test_an_outage_in_the_middle_of_any_step_loses_nothing(outage, tmp_path, table):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    asked = sweep(-30, 60, live_from(2), (1, lambda: outage.begin(table)), (20, outage.end), folder=tmp_path)
    assert kept(until=40) == made(asked, until=40)
    assert Verification.objects.get().outcome == Outcome.ON_TIME


def test_a_sweep_that_begins_while_the_database_is_away_says_so(outage):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    outage.begin()
    with pytest.raises(OperationalError):
        sweep(-30, 10, live_from(2))


@pytest.mark.usefixtures("calendar_at_rest")
@pytest.mark.parametrize(
    ("set_back_after", "live_after"),
    [pytest.param(-30, 9999, id="not live"), pytest.param(5, 0, id="found live and not judged")],
)
def test_a_clock_that_is_set_back_keeps_no_check_waiting(set_back_after, live_after):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")

    set_back_at = SEED_DUE + seconds(set_back_after)

    class SetBack(JumpingClock):
        def sleep_until(self, instant):
            super().sleep_until(instant)
            if self.now() > set_back_at and not self.was_set_back:
                self.was_set_back = True
                self._now = SEED_DUE - seconds(270)

    clock = SetBack(SEED_DUE - seconds(60), ends_at=set_back_at + seconds(10))
    clock.was_set_back = False
    publisher = ScriptedPublisher(clock, live_from(live_after))
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="first", judges=False).run()
    again = [
        check_request.planned_at
        for check_request in publisher.asked
        if check_request.planned_at < SEED_DUE - seconds(61)
    ]
    # Every 15 seconds from four and a half minutes before it is due.
    assert len(again) >= 12


def test_the_database_is_tried_again_as_soon_as_the_wait_is_over(outage):
    ReleaseFactory(confirmed=True, url=f"{HOST}/schools")
    clock = JumpingClock(SEED_DUE - seconds(50), ends_at=SEED_DUE - seconds(20))
    attempts = set()
    clock.act(SEED_DUE - seconds(40), lambda: outage.begin(after=lambda: attempts.add(clock.now())))
    with suppress(MorningOver):
        Sweep(clock=clock, probe=ScriptedPublisher(clock, live_from(9999)), name="first").run()
    assert sorted(attempts) == [SEED_DUE - seconds(before) for before in range(40, 19, -2)]
