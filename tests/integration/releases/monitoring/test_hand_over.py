"""Checks under way while something changes: the monitoring process, the calendar, the expected content."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest

from releases import corrections, host_budgets, scheduling
from releases.models import Observation, Verification
from releases.monitoring.sweep import Sweep
from releases.rules.host_budget import find_owner
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from releases.verdict.address import Outcome
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member, london_slot
from tests.support.observations import create_checks_until
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

pytestmark = pytest.mark.django_db

HOST = "www.example.gov.uk"
URL = f"https://{HOST}/statistics/schools-march-2020"
LIMIT = SEED_DUE + timedelta(minutes=2)
OUT = "<title>Inspections as at 31 March 2020</title><h1>Inspections as at 31 March 2020</h1>"


def seconds(count):
    return timedelta(seconds=count)


def never_live(url, at):
    return 404, "", 0.1


def live_from_due(url, at):
    return (200, OUT, 0.1) if at >= SEED_DUE else (404, "", 0.1)


def sweep(start, end, script, *acts, faults=None):
    """Sweep from one instant to another while people act; return the requests. Add the times of reported faults."""
    clock = JumpingClock(start, ends_at=end)
    for at, what in acts:
        clock.act(at, what)
    publisher = ScriptedPublisher(clock, script)
    on_fault = (lambda: None) if faults is None else (lambda: faults.append(clock.now()))
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="second", on_fault=on_fault).run()
    return publisher.asked


def other_sweep():
    """The name of a sweep to which the host belongs as long as that one runs."""
    names = (f"other {number}" for number in range(100))
    return next(name for name in names if find_owner(HOST, frozenset({"second", name})) == name)


def claim_for_other(start, end):
    """The claims of another sweep, one a second from one instant to another, as acts."""
    name, probe = other_sweep(), ScriptedPublisher(JumpingClock(start, ends_at=end), never_live)

    def claim(at):
        host_budgets.claim_share([HOST], holder=name, now=at, probe=probe, staying=[])

    instants = (start + seconds(number) for number in range(int((end - start).total_seconds())))
    return [(at, partial(claim, at)) for at in instants]


def outcome():
    return Verification.objects.get().outcome


def test_a_monitoring_process_that_takes_over_at_the_limit_waits_for_the_checks_of_the_one_before():
    create_checks_until(ReleaseFactory(confirmed=True, url=URL).addresses.get(), LIMIT - seconds(1))
    host_budgets.claim_hosts([HOST], holder="first", now=LIMIT - seconds(10))
    sweep(LIMIT - seconds(1), LIMIT + seconds(12), never_live)
    assert outcome() == Outcome.PENDING
    sweep(LIMIT + seconds(20), LIMIT + seconds(50), never_live)
    assert outcome() == Outcome.NOT_SEEN


def test_a_sweep_hands_a_host_over_to_the_one_to_which_it_belongs_and_makes_no_more_checks_of_it():
    ReleaseFactory(confirmed=True, url=URL)
    begun = SEED_DUE - seconds(90)
    acts = claim_for_other(begun, SEED_DUE - seconds(40))
    asked = sweep(SEED_DUE - seconds(110), SEED_DUE - seconds(40), never_live, *acts)
    assert asked
    assert max(request.planned_at for request in asked if request.url == URL) < begun + seconds(5)


def test_a_running_sweep_takes_up_a_release_of_another_host_that_is_confirmed_shortly_before_it_is_due():
    series = ReleaseFactory(confirmed=True, url=URL).series
    other = "https://statistics.example.gov.uk/prisons-march-2020"
    confirm = partial(ReleaseFactory, confirmed=True, series=series, reference="prisons", url=other)
    asked = sweep(SEED_DUE - seconds(60), SEED_DUE + seconds(1), never_live, (SEED_DUE - seconds(15), confirm))
    assert SEED_DUE in {request.planned_at for request in asked if request.url == other}


def test_a_host_whose_release_is_due_within_half_a_minute_is_not_handed_over():
    create_checks_until(ReleaseFactory(confirmed=True, url=URL).addresses.get(), SEED_DUE - seconds(30))
    acts = claim_for_other(SEED_DUE - seconds(28), LIMIT + seconds(1))
    sweep(SEED_DUE - seconds(30), LIMIT + seconds(1), never_live, *acts)
    assert outcome() == Outcome.NOT_SEEN
    assert set(Observation.objects.filter(planned_at__gte=SEED_DUE).values_list("watcher", flat=True)) == {"second"}


def test_a_monitoring_process_that_has_held_the_host_all_along_judges_in_the_second_of_the_limit():
    create_checks_until(ReleaseFactory(confirmed=True, url=URL).addresses.get(), LIMIT - seconds(60))
    sweep(LIMIT - seconds(60), LIMIT + seconds(1), never_live)
    assert outcome() == Outcome.NOT_SEEN


def test_a_process_that_takes_over_after_the_verdict_does_not_reopen_it():
    create_checks_until(ReleaseFactory(confirmed=True, url=URL).addresses.get(), LIMIT - seconds(60))
    sweep(LIMIT - seconds(60), LIMIT + seconds(1), never_live)
    decided_at = Verification.objects.get().decided_at
    sweep(LIMIT + seconds(2), LIMIT + seconds(12), never_live)
    assert (outcome(), Verification.objects.get().decided_at) == (Outcome.NOT_SEEN, decided_at)


def test_a_monitoring_process_waits_for_the_slow_answer_to_its_own_check_before_the_limit():
    ReleaseFactory(confirmed=True, url=URL)

    def slow_once(url, at):
        return (200, OUT, 12) if LIMIT - seconds(6) < at < LIMIT - seconds(1) else (404, "", 0.1)

    sweep(LIMIT - seconds(60), LIMIT + seconds(3), slow_once)
    assert outcome() == Outcome.PENDING
    sweep(LIMIT + seconds(3), LIMIT + seconds(4), slow_once)


def test_a_marker_that_is_corrected_during_a_sweep_is_what_is_checked_for():
    release = ReleaseFactory(confirmed=True, url=URL, marker="31 Mrach 2020")
    page = release.addresses.get()
    sweep(
        SEED_DUE - seconds(60),
        SEED_DUE + seconds(10),
        live_from_due,
        (
            SEED_DUE - seconds(21),
            lambda: corrections.change_address(
                page, PlannedAddress(url=URL, marker="31 March 2020"), by=None, at=SEED_DUE - seconds(21)
            ),
        ),
    )
    assert outcome() == Outcome.ON_TIME


def test_a_check_of_a_wrong_web_address_is_no_proof_that_the_release_was_absent_at_the_correct_one():
    release = ReleaseFactory(confirmed=True, url=f"{URL}-typo")
    page, corrected_at = release.addresses.get(), SEED_DUE - seconds(62)

    def previous_edition(url, at):
        return (200, OUT, 0.1) if url == URL else (404, "", 9.0)

    def correct():
        corrections.change_address(page, PlannedAddress(url=URL, marker="31 March 2020"), by=None, at=corrected_at)

    asked = sweep(SEED_DUE - seconds(70), LIMIT + seconds(5), previous_edition, (corrected_at, correct))
    sent = [request.planned_at for request in asked if request.url == page.url]
    assert [at for at in sent if at < corrected_at < at + seconds(9)]
    assert set(Observation.objects.filter(url=page.url).values_list("result", "superseded")) == {("not_live", True)}
    assert Observation.objects.filter(url=URL, sent_at__lt=SEED_DUE, result="live").count() >= 2
    assert outcome() != Outcome.EARLY


def test_a_check_under_way_while_its_address_is_read_again_is_not_made_twice():
    release = ReleaseFactory(confirmed=True, url=URL)
    page = release.addresses.get()

    def slow(url, at):
        return 404, "", 9.0

    asked = sweep(
        SEED_DUE - seconds(60),
        SEED_DUE - seconds(5),
        slow,
        (SEED_DUE - seconds(30), lambda: page.__class__.objects.update(marker="March 2020")),
    )
    planned = [check_request.planned_at for check_request in asked if check_request.url == URL]
    assert len(planned) == len(set(planned))
    kept = set(Observation.objects.values_list("planned_at", flat=True))
    assert kept >= {instant for instant in planned if instant < SEED_DUE - seconds(15)}


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("removed", ["address", "release"])
def test_a_check_under_way_while_its_address_is_removed_stops_no_other_check(removed, caplog):
    release = ReleaseFactory(confirmed=True, url=URL)
    series = release.series
    mistake = ReleaseFactory(confirmed=True, series=series, reference="mistake", url=f"{URL}-mistake")
    address, removed_at = mistake.addresses.get(), SEED_DUE - seconds(63)

    def remove():
        if removed == "address":
            corrections.remove_address(address, by=None, at=removed_at)
        else:
            corrections.remove_release(mistake, by=None, at=removed_at)

    def slow_by_mistake(url, at):
        return (404, "", 9.0) if url == f"{URL}-mistake" else live_from_due(url, at)

    asked = sweep(SEED_DUE - seconds(70), SEED_DUE + seconds(5), slow_by_mistake, (removed_at, remove))
    (sent,) = [request.planned_at for request in asked if request.url == f"{URL}-mistake"]
    assert sent < removed_at < sent + seconds(9)
    assert "is not stored, because the address was removed" in caplog.text
    assert set(Observation.objects.values_list("url", flat=True)) == {URL}
    assert outcome() == Outcome.ON_TIME


def test_a_check_under_way_while_its_release_is_moved_is_kept_and_judges_nothing():
    release = ReleaseFactory(confirmed=True, url=URL)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    to = london_slot((SEED_DUE + timedelta(days=1)).date())

    def slow(url, at):
        return 404, "", 7.0

    moved_at = SEED_DUE - seconds(2)
    sweep(
        SEED_DUE - seconds(30),
        SEED_DUE + seconds(8),
        slow,
        (moved_at, lambda: scheduling.change_date(release, to=to, reason="Late data", by=head, at=moved_at)),
    )
    assert Observation.objects.filter(superseded=True).exists()
    assert not Verification.objects.exists()


def test_a_fault_of_our_own_is_reported_while_the_sweep_goes_on_and_seldom(monkeypatch):
    ReleaseFactory(confirmed=True, url=URL)
    reported = []

    def fail(*_):
        message = "no such adapter"
        raise LookupError(message)

    monkeypatch.setattr(Sweep, "_errand", fail)
    begun = SEED_DUE - seconds(30)
    sweep(begun, SEED_DUE + seconds(30), never_live, faults=reported)
    assert reported[0] < begun + seconds(6)
    assert 5 <= len(reported) <= 6
    assert all(later - earlier >= seconds(10) for earlier, later in pairwise(reported))
