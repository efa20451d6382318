"""Requests made shortly before a release: agreed or refused by a lead, taken back by a keeper, each once."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import pytest

from releases import pre_release_access, scheduling
from releases.models import PreReleaseAccess, PreReleaseRequest, ReleaseEvent
from releases.permissions import NotYours
from releases.pre_release_access import ListRefused, decide_request
from releases.rules.lifecycle import Role, WrongRole, WrongState
from releases.rules.pre_release import REQUEST, RequestStatus
from tests.support.factories import SEED_DUE, UserFactory, london_slot, rolled_back
from tests.support.people import create_office
from tests.support.pre_release_lists import AFTERWARDS, LONG_BEFORE, MINISTER, SHORTLY_BEFORE, asked, someone

pytestmark = pytest.mark.django_db

AGREED_AT = SHORTLY_BEFORE + timedelta(minutes=20)
KEEPERS = {Role.STATISTICIAN, Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
ALLOWED = {"agree": LEADS, "refuse": LEADS, "take_back": KEEPERS}


def changing(entry, details, *, by, at=SHORTLY_BEFORE):
    return pre_release_access.change_access(entry, details, by=by, at=at, expected_version=entry.version)


def withdrawing(entry, *, by, at=SHORTLY_BEFORE):
    return pre_release_access.withdraw_access(entry, by=by, at=at, expected_version=entry.version)


def test_an_agreed_addition_is_on_the_list_with_who_asked_and_who_agreed(office, release):
    decide_request(asked(release, by=office.statistician), "agree", by=office.deputy, at=AGREED_AT)
    entry = PreReleaseAccess.objects.get()
    assert entry.details == MINISTER
    assert (entry.granted_by, entry.agreed_by, entry.granted_at) == (office.statistician, office.deputy, AGREED_AT)
    kinds = [event.kind for event in ReleaseEvent.objects.order_by("position")][-3:]
    assert kinds == ["pre_release_asked", "pre_release_agreed", "pre_release_granted"]


def test_an_agreed_change_is_made_as_it_was_asked_for(office, release, entry):
    new = replace(MINISTER, person="Marigold Underwater")
    decide_request(changing(entry, new, by=office.statistician), "agree", by=office.head, at=AGREED_AT)
    assert PreReleaseAccess.objects.get().details == new


def test_an_agreed_withdrawal_is_made(office, release, entry):
    decide_request(withdrawing(entry, by=office.statistician), "agree", by=office.head, at=AGREED_AT)
    entry.refresh_from_db()
    assert (entry.status, entry.withdrawn_at) == ("withdrawn", AGREED_AT)


@pytest.mark.parametrize("act", ["refuse", "take_back"], ids=["refused", "taken back"])
def test_what_is_refused_or_taken_back_leaves_the_list_as_it_is(office, release, act, entry):
    for request in (asked(release, someone(), by=office.statistician), withdrawing(entry, by=office.statistician)):
        decide_request(request, act, by=office.head, at=AGREED_AT)
    (only,) = PreReleaseAccess.objects.all()
    assert (only.details, only.status) == (MINISTER, "granted")


@pytest.mark.parametrize("name", REQUEST.move_names)
def test_with_the_decision_the_name_goes_from_the_request(office, release, name):
    decide_request(asked(release, by=office.statistician), name, by=office.head, at=AGREED_AT)
    request = PreReleaseRequest.objects.get()
    assert (request.person, request.email, request.post) == ("", "", MINISTER.post)
    assert (request.decided_by, request.decided_at) == (office.head, AGREED_AT)


def test_the_table_says_who_decides_about_a_request(office, release, subtests):
    key = asked(release, by=office.statistician).pk
    for name, role in product(REQUEST.move_names, Role):
        with subtests.test(f"{name} by {role}"), rolled_back():
            request = PreReleaseRequest.objects.get(pk=key)
            if role in ALLOWED[name]:
                decide_request(request, name, by=office.people[role], at=AGREED_AT)
            else:
                with pytest.raises(WrongRole if role in KEEPERS else NotYours):
                    decide_request(request, name, by=office.people[role], at=AGREED_AT)
            assert (PreReleaseRequest.objects.get().status != "waiting") is (role in ALLOWED[name])


@pytest.mark.parametrize("status", [status for status in RequestStatus if status is not RequestStatus.WAITING])
def test_what_is_decided_is_not_decided_again(office, release, status, subtests, waiting):
    first = {"agreed": "agree", "refused": "refuse", "taken_back": "take_back"}[status]
    decide_request(waiting, first, by=office.head, at=AGREED_AT)
    entries = PreReleaseAccess.objects.count()
    for name in REQUEST.move_names:
        with subtests.test(name), rolled_back():
            with pytest.raises(WrongState):
                decide_request(PreReleaseRequest.objects.get(), name, by=office.deputy, at=AGREED_AT)
            assert PreReleaseAccess.objects.count() == entries
    assert REQUEST.available(source=status, roles=LEADS) == ()


def test_strangers_and_another_producers_head_decide_nothing(office, release, waiting):
    for person in (UserFactory(is_superuser=True), create_office().head):
        for name in REQUEST.move_names:
            with pytest.raises(NotYours):
                decide_request(waiting, name, by=person, at=AGREED_AT)


def test_once_the_release_has_been_due_an_addition_is_not_agreed_to_any_more_and_can_be_refused(
    office, release, waiting
):
    with pytest.raises(ListRefused, match="release time has passed"):
        decide_request(waiting, "agree", by=office.head, at=AFTERWARDS)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.person) == ("waiting", MINISTER.person)
    decide_request(waiting, "refuse", by=office.head, at=AFTERWARDS)
    assert not PreReleaseAccess.objects.exists()


def test_a_change_of_the_person_is_not_agreed_to_once_the_release_has_been_due(office, release, entry):
    request = changing(entry, replace(MINISTER, person="Marigold Underwater"), by=office.statistician)
    with pytest.raises(ListRefused, match="only refuse the request"):
        decide_request(request, "agree", by=office.head, at=AFTERWARDS)
    assert PreReleaseAccess.objects.get().details == MINISTER


def test_an_entry_that_moved_on_since_is_not_changed_by_an_older_request(office, release, entry):
    request = changing(entry, someone(), by=office.statistician)
    pre_release_access.record_begin(
        entry, began_at=SHORTLY_BEFORE, by=office.statistician, at=SHORTLY_BEFORE, expected_version=1
    )
    with pytest.raises(ListRefused, match="changed since this request"):
        decide_request(request, "agree", by=office.head, at=AGREED_AT)
    assert PreReleaseAccess.objects.get().details == MINISTER


def test_what_a_lead_put_on_the_list_meanwhile_is_not_put_there_twice(office, release, waiting):
    PreReleaseRequest.objects.filter(pk=waiting.pk).update(post="Held back")
    pre_release_access.grant_access(release, MINISTER, by=office.head, at=SHORTLY_BEFORE)
    PreReleaseRequest.objects.filter(pk=waiting.pk).update(post=MINISTER.post)
    with pytest.raises(ListRefused, match="already"):
        decide_request(waiting, "agree", by=office.head, at=AGREED_AT)
    assert PreReleaseAccess.objects.count() == 1


def test_a_request_still_waits_after_the_release_moved_and_is_agreed_to_then(office, release, waiting):
    scheduling.change_date(release, to=london_slot(date(2020, 7, 6)), reason="Late.", by=office.head, at=SHORTLY_BEFORE)
    decide_request(waiting, "agree", by=office.head, at=SEED_DUE + timedelta(hours=1))
    assert PreReleaseAccess.objects.count() == 1


def test_requests_for_a_cancelled_release_can_only_be_refused(office, release, entry):
    change = changing(entry, someone(), by=office.statistician)
    add = asked(release, someone("Press officer"), by=office.statistician)
    scheduling.cancel_release(release, reason="Stopped.", by=office.head, at=SHORTLY_BEFORE)
    for request in (change, add):
        with pytest.raises(ListRefused, match="cancelled"):
            decide_request(request, "agree", by=office.head, at=AGREED_AT)
        decide_request(request, "refuse", by=office.head, at=AGREED_AT)


def test_requests_wait_for_the_leads_of_their_producer_alone(office, release, waiting):
    for role, person in office.people.items():
        assert list(pre_release_access.requests_waiting_for(person)) == ([waiting] if role in LEADS else [])
    assert not pre_release_access.requests_waiting_for(create_office().head).exists()
    decide_request(waiting, "refuse", by=office.head, at=AGREED_AT)
    assert not pre_release_access.requests_waiting_for(office.head).exists()


def test_long_before_the_release_nothing_has_to_be_asked_for(office, release, entry):
    assert isinstance(changing(entry, someone(), by=office.statistician, at=LONG_BEFORE), PreReleaseAccess)
    assert not PreReleaseRequest.objects.exists()
