"""A change of a confirmed date that waits for agreement: asked, agreed, refused, withdrawn or overtaken (C12)."""

from datetime import date, time
from itertools import product

import pytest

from releases import date_changes, scheduling
from releases.date_changes import AlreadyRequested, NothingToAgree
from releases.models import DateChange, DateChangeRequest, Release, ReleaseEvent
from releases.models.append_only import check_chain
from releases.permissions import NotYours
from releases.rules.calendar import Precision, Slot
from releases.rules.date_change import REQUEST, RequestState
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, MissingFields, MoveRefused, Role, WrongRole, WrongState
from releases.scheduling import SlotRefused
from tests.support.date_requests import LATER, NOW, TO, create_head, load_request, person, request_date
from tests.support.factories import ReleaseFactory, UserFactory, rolled_back
from tests.support.factories import london_slot as slot

pytestmark = pytest.mark.django_db


def kinds(count):
    return [event.kind for event in ReleaseEvent.in_order()][-count:]


@pytest.mark.parametrize("role", list(Role))
def test_the_person_who_keeps_the_calendar_or_writes_its_statistics_asks_and_no_one_else(role, announced_release):
    if role in {Role.PUBLISHING_TEAM, Role.AUDITOR}:
        with pytest.raises(NotYours):
            request_date(announced_release, role=role)
        assert not DateChangeRequest.objects.exists()
    else:
        assert request_date(announced_release, role=role).state == RequestState.WAITING


def test_the_date_is_not_changed_before_someone_agrees(announced_release):
    request = request_date(announced_release)
    assert Release.objects.get().slot == announced_release.slot
    assert (request.was, request.to, request.schedule_version) == (announced_release.slot, TO, 1)
    assert not DateChange.objects.exists()
    event = ReleaseEvent.in_order().last()
    assert (event.kind, event.actor, event.words) == ("date_change_asked", request.requested_by, request.public_reason)
    assert "survey" not in str(event.payload())


def test_agreeing_makes_the_change_and_tells_who_asked_from_who_agreed(announced_release):
    request = request_date(announced_release)
    head = create_head(announced_release)
    moved = date_changes.agree_to_date_change(request, by=head, at=LATER)
    assert (moved.slot, moved.schedule_version) == (TO, 2)
    change = DateChange.objects.get()
    assert (change.requested_by, change.requested_at) == (request.requested_by, NOW)
    assert (change.agreed_by, change.agreed_at, change.announced_at) == (head, LATER, LATER)
    assert (change.was, change.to, change.public_reason) == (announced_release.slot, TO, "The survey came in late.")
    assert (load_request().state, load_request().decided_by, load_request().decided_at) == ("agreed", head, LATER)
    assert kinds(3) == ["date_change_asked", "date_change_agreed", "change_date"]
    assert check_chain(ReleaseEvent)[1] is None


def test_a_heads_own_change_stays_one_act(announced_release):
    head = create_head(announced_release)
    scheduling.change_date(announced_release, to=TO, reason="Late data", by=head, at=NOW)
    change = DateChange.objects.get()
    assert (change.requested_by, change.agreed_by, change.requested_at) == (head, head, NOW)
    assert not DateChangeRequest.objects.exists()


def test_refusing_needs_a_reason_for_the_person_who_asked_and_leaves_the_date(announced_release):
    request, deputy = request_date(announced_release), person(announced_release, Role.DEPUTY)
    with pytest.raises(MissingFields) as refusal:
        date_changes.refuse_date_change(request, reason="  ", by=deputy, at=LATER)
    assert refusal.value.field == "reason"
    date_changes.refuse_date_change(request, reason="It can still be done.", by=deputy, at=LATER)
    assert (load_request().state, load_request().refusal, load_request().decided_by) == (
        "refused",
        "It can still be done.",
        deputy,
    )
    assert Release.objects.get().slot == announced_release.slot
    assert ReleaseEvent.in_order().last().words == "It can still be done."


def test_who_asked_withdraws_it_and_no_one_else_does(announced_release):
    request = request_date(announced_release)
    for other in (person(announced_release, Role.CALENDAR_MANAGER), create_head(announced_release)):
        with pytest.raises(WrongRole, match="Only the person who requested"):
            date_changes.withdraw_date_change(request, by=other, at=LATER)
    date_changes.withdraw_date_change(request, by=request.requested_by, at=LATER)
    assert load_request().state == "withdrawn"
    assert Release.objects.get().slot == announced_release.slot


def a_request_that_is(state, release):
    request = request_date(release)
    head = create_head(release)
    match state:
        case RequestState.AGREED:
            date_changes.agree_to_date_change(request, by=head, at=NOW)
        case RequestState.REFUSED:
            date_changes.refuse_date_change(request, reason="No", by=head, at=NOW)
        case RequestState.WITHDRAWN:
            date_changes.withdraw_date_change(request, by=request.requested_by, at=NOW)
        case RequestState.LAPSED:
            scheduling.cancel_release(release, reason="Not needed", by=head, at=NOW)
            date_changes.lapse_overtaken(now=NOW)
    return load_request()


MOVES = {
    "agree": lambda request, by: date_changes.agree_to_date_change(request, by=by, at=LATER),
    "refuse": lambda request, by: date_changes.refuse_date_change(request, reason="No", by=by, at=LATER),
    "withdraw": lambda request, by: date_changes.withdraw_date_change(request, by=by, at=LATER),
}
MAKERS = {"agree": LEADS, "refuse": LEADS, "withdraw": {Role.CALENDAR_MANAGER, Role.STATISTICIAN}}
MOVES_OF_THE_TABLE = {row.name: row for row in REQUEST.moves}


def stored_rows():
    return DateChangeRequest.objects.values().get(), Release.objects.values().get(), ReleaseEvent.objects.count()


@pytest.mark.parametrize("state", RequestState)
def test_only_the_moves_of_the_table_are_made_and_a_refused_one_changes_nothing(state, subtests, announced_release):
    a_request_that_is(state, announced_release)
    people = {role: person(announced_release, role) for role in Role} | {None: UserFactory(is_superuser=True)}
    for move, role in product(MOVES, people):
        with subtests.test(f"{move} by {role or 'a stranger'}"), rolled_back():
            by, may_make = people[role], role in MAKERS[move]
            if move == "withdraw" and may_make:
                DateChangeRequest.objects.update(requested_by=by)
            before = stored_rows()
            if may_make and state == RequestState.WAITING:
                MOVES[move](load_request(), by)
                assert (load_request().state, load_request().decided_by) == (MOVES_OF_THE_TABLE[move].target, by)
            else:
                with pytest.raises(MoveRefused):
                    MOVES[move](load_request(), by)
                assert stored_rows() == before


def test_one_request_waits_at_a_time_and_another_may_follow_it(announced_release):
    first = request_date(announced_release)
    with pytest.raises(
        AlreadyRequested, match=f"{first.requested_by} has already requested a change to 14 July 2020 9:30am"
    ):
        request_date(announced_release, to=slot(date(2020, 7, 15)))
    date_changes.withdraw_date_change(first, by=first.requested_by, at=NOW)
    second = request_date(announced_release, to=slot(date(2020, 7, 15)))
    assert date_changes.latest_request(announced_release) == second


def test_of_two_who_ask_at_once_the_second_is_told(monkeypatch, announced_release):
    check = date_changes._check_none_waiting
    seen = []

    def look_away_once(of):
        if seen:
            check(of)
        seen.append(of)

    request_date(announced_release)
    monkeypatch.setattr(date_changes, "_check_none_waiting", look_away_once)
    with pytest.raises(AlreadyRequested):
        request_date(announced_release)
    assert DateChangeRequest.objects.count() == 1


def test_of_two_who_decide_at_once_the_second_is_told_and_one_change_is_made(announced_release):
    request = request_date(announced_release)
    stale = load_request()
    date_changes.agree_to_date_change(request, by=create_head(announced_release), at=LATER)
    for again in (
        lambda: date_changes.agree_to_date_change(stale, by=create_head(announced_release), at=LATER),
        lambda: date_changes.refuse_date_change(stale, reason="No", by=create_head(announced_release), at=LATER),
        lambda: date_changes.withdraw_date_change(stale, by=stale.requested_by, at=LATER),
    ):
        with pytest.raises(ChangedMeanwhile):
            again()
    assert DateChange.objects.count() == 1
    assert load_request().state == "agreed"


def test_only_the_change_of_a_confirmed_date_needs_agreement():
    with pytest.raises(NothingToAgree, match="This release is provisional"):
        request_date(ReleaseFactory())
    cancelled = ReleaseFactory(announced=True, reference="stopped")
    scheduling.cancel_release(cancelled, reason="Not needed", by=create_head(cancelled), at=NOW)
    with pytest.raises(NothingToAgree, match="cancelled"):
        request_date(Release.objects.get(reference="stopped"))


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        pytest.param({"reason": " "}, "reason", "Enter the reason", id="without-a-reason"),
        pytest.param({"to": slot(date(2020, 6, 30))}, "reason", "The date is already", id="an-unchanged-date"),
        pytest.param({"to": slot(date(2020, 8, 31))}, "planned_on", "Summer bank holiday", id="a-bank-holiday"),
        pytest.param({"to": slot(date(2020, 7, 4))}, "planned_on", "is not a weekday", id="a-saturday"),
        pytest.param({"to": slot(date(2020, 7, 14), time(7))}, "planned_at", "not the release time", id="another-time"),
        pytest.param(
            {"to": Slot(date(2020, 7, 1), None, Precision.MONTH)}, "exact_date", "Enter the exact date", id="a-month"
        ),
    ],
)
def test_what_no_one_could_agree_to_cannot_be_asked_for(fields, field, words, announced_release):
    with pytest.raises((SlotRefused, MissingFields), match=words) as refusal:
        request_date(announced_release, **fields)
    assert refusal.value.field == field
    assert not DateChangeRequest.objects.exists()


def test_a_request_from_a_date_that_is_not_the_present_one_is_refused_with_the_present_date(announced_release):
    scheduling.change_date(
        announced_release, to=slot(date(2020, 7, 2)), reason="Late data", by=create_head(announced_release), at=NOW
    )
    with pytest.raises(ChangedMeanwhile, match="to 2 July 2020 9:30am"):
        request_date(Release.objects.get(), expected_version=1)


def test_those_who_lead_a_producer_are_shown_its_waiting_requests_and_no_others():
    release, other = ReleaseFactory(announced=True), ReleaseFactory(announced=True, reference="of-others")
    request = request_date(release)
    request_date(other)
    assert list(date_changes.open_requests_for(create_head(release))) == [request]
    for role in set(Role) - {Role.HEAD_OF_PROFESSION, Role.DEPUTY}:
        assert not date_changes.open_requests_for(person(release, role)).exists()


def test_a_release_that_was_never_public_is_removed_with_what_was_asked_for_it_and_the_events_stay(confirmed_release):
    request_date(confirmed_release)
    Release.objects.all().delete()
    assert not DateChangeRequest.objects.exists()
    assert kinds(1) == ["date_change_asked"]


def test_a_decided_request_is_not_decided_again_by_its_own_table(announced_release):
    date_changes.agree_to_date_change(request_date(announced_release), by=create_head(announced_release), at=LATER)
    with pytest.raises(WrongState, match="this request is agreed"):
        date_changes.agree_to_date_change(load_request(), by=create_head(announced_release), at=LATER)
