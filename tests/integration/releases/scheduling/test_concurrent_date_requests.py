"""Several people at one request at the same time: one change is made, and there is no deadlock (V14)."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from django.db import connection, transaction

from releases import date_changes, scheduling
from releases.models import DateChange, DateChangeRequest, Release, ReleaseEvent
from releases.models.append_only import check_chain
from releases.models.event import lock_release
from releases.rules.lifecycle import MoveRefused, Role
from tests.support.concurrency import is_done
from tests.support.date_requests import LATER, TO, create_head, load_request, person, request_date
from tests.support.factories import ReleaseFactory, SeriesFactory, london_slot

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]


def at_once(*acts):
    """Do some things in separate threads that start together; return the result of each, by name."""
    start, outcomes = threading.Barrier(len(acts), timeout=20), []

    def run(name, act):
        start.wait()
        try:
            act()
            outcomes.append((name, "done"))
        except MoveRefused as refusal:
            outcomes.append((name, type(refusal).__name__))
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    assert len(outcomes) == len(acts)
    return outcomes


def agree(by):
    return lambda: date_changes.agree_to_date_change(load_request(), by=by, at=LATER)


def test_of_several_who_agree_at_once_one_makes_the_change():
    release = ReleaseFactory(announced=True)
    request_date(release)
    people = [person(release, role) for role in (Role.HEAD_OF_PROFESSION, Role.DEPUTY, Role.DEPUTY)]
    outcomes = at_once(*(("agree", agree(lead)) for lead in people))
    assert [outcome for _, outcome in outcomes].count("done") == 1
    assert DateChange.objects.count() == 1
    assert ReleaseEvent.objects.filter(kind="date_change_agreed").count() == 1
    assert check_chain(ReleaseEvent)[1] is None


@pytest.mark.parametrize("round_", range(3))
def test_who_agrees_while_another_moves_or_refuses_ends_in_one_plain_state(round_):
    release = ReleaseFactory(announced=True)
    request_date(release)
    head, deputy, other = (person(release, Role.DEPUTY) for _ in range(3))

    def move():
        present = Release.objects.get(pk=release.pk)
        to = london_slot(TO.on.replace(day=15 + round_))
        scheduling.change_date(present, to=to, reason="Late data", by=other, at=LATER, expected_version=1)

    at_once(
        ("agree", agree(head)),
        ("refuse", lambda: date_changes.refuse_date_change(load_request(), reason="No", by=deputy, at=LATER)),
        ("move", move),
    )
    date_changes.lapse_overtaken(now=LATER)
    state, changes = load_request().state, DateChange.objects.count()
    assert state in {"agreed", "refused", "lapsed"}
    assert changes == Release.objects.get().schedule_version - 1 <= 1
    if state == "agreed":
        assert Release.objects.get().slot == TO
    assert check_chain(ReleaseEvent)[1] is None


def test_many_requests_are_decided_at_once_in_any_order_and_none_waits_for_ever():
    series = SeriesFactory()
    releases = [ReleaseFactory(announced=True, series=series, reference=f"r-{number}") for number in range(4)]
    keys = [request_date(release).pk for release in releases]
    leads = [person(releases[0], Role.DEPUTY) for _ in range(2)]

    def agree_in(order, lead):
        def run():
            for key in order:
                try:
                    date_changes.agree_to_date_change(DateChangeRequest.objects.get(pk=key), by=lead, at=LATER)
                except MoveRefused:
                    continue

        return run

    at_once(("up", agree_in(keys, leads[0])), ("down", agree_in(keys[::-1], leads[1])))
    assert set(DateChangeRequest.objects.values_list("state", flat=True)) == {"agreed"}
    assert DateChange.objects.count() == 4
    assert check_chain(ReleaseEvent)[1] is None


@pytest.mark.postgresql_only
@pytest.mark.parametrize("decision", ["lapse", "refuse", "withdraw", "agree"])
def test_a_decision_waits_for_the_release_before_it_locks_the_request(decision):
    """A request through the API locks the release, and then marks the overtaken request as lapsed.

    If the decision locks the request first, both wait for each other, and PostgreSQL ends one with an error.
    """
    release = ReleaseFactory(announced=True)
    manager, head = person(release, Role.CALENDAR_MANAGER), create_head(release)
    request = request_date(release, by=manager)

    def overtake():
        present = Release.objects.get(pk=release.pk)
        scheduling.change_date(present, to=london_slot(TO.on.replace(day=15)), reason="Late data", by=head, at=LATER)

    decide = {
        "lapse": partial(date_changes.lapse_overtaken, now=LATER),
        "refuse": partial(date_changes.refuse_date_change, request, reason="No", by=head, at=LATER),
        "withdraw": partial(date_changes.withdraw_date_change, request, by=manager, at=LATER),
        "agree": partial(date_changes.agree_to_date_change, request, by=head, at=LATER),
    }
    if decision == "lapse":
        overtake()
    with ThreadPoolExecutor(max_workers=1) as threads:
        with transaction.atomic():
            lock_release(release.pk)
            waiting = threads.submit(is_done, decide[decision])
            # It cannot end before this transaction does, unless it does not wait for the release.
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
            if decision != "lapse":
                overtake()
            again = request_date(Release.objects.get(pk=release.pk), by=manager, to=TO)
        is_decided = waiting.result(timeout=20)
    assert is_decided == (decision == "lapse")
    states = dict(DateChangeRequest.objects.values_list("pk", "state"))
    assert states == {request.pk: "lapsed", again.pk: "waiting"}
    assert ReleaseEvent.objects.filter(kind="date_change_lapsed").count() == 1
    assert check_chain(ReleaseEvent)[1] is None
