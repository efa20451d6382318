"""That access began and ended: recorded as it was, in its period or outside it, and taken back by a lead alone."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from releases import pre_release_access, scheduling
from releases.models import PreReleaseAccess, ReleaseEvent
from releases.permissions import NotYours
from releases.pre_release_access import ListRefused, record_begin, record_end, take_back_times
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, MoveRefused, Role, WrongRole, WrongState
from releases.rules.pre_release import ACCESS, AccessStatus, Oddity
from tests.support.factories import SEED_DUE
from tests.support.pre_release_lists import AFTERWARDS, LONG_BEFORE, MINISTER, SHORTLY_BEFORE, granted, someone

pytestmark = pytest.mark.django_db

KEEPERS = {Role.STATISTICIAN, Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
LEADS = {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
IN_PERIOD = SEED_DUE - timedelta(hours=23)
# Written out apart from the table, so that a slip in the table shows.
ALLOWED = {
    ("granted", "change"): KEEPERS,
    ("begun", "change"): KEEPERS,
    ("ended", "change"): KEEPERS,
    ("granted", "withdraw"): KEEPERS,
    ("granted", "begin"): KEEPERS,
    ("begun", "end"): KEEPERS,
    ("begun", "take_back"): LEADS,
    ("ended", "take_back"): LEADS,
}


def began(entry, *, by, began_at=IN_PERIOD, at=SHORTLY_BEFORE, **given):
    return record_begin(entry, began_at=began_at, by=by, at=at, **{"expected_version": entry.version} | given)


def ended(entry, *, by, ended_at=SHORTLY_BEFORE, at=SHORTLY_BEFORE):
    return record_end(entry, ended_at=ended_at, by=by, at=at, expected_version=entry.version)


def test_the_table_lets_each_role_make_its_moves_from_each_state_and_no_others():
    given = ("agreement", "time")
    for status, move, role in product(AccessStatus, ACCESS.move_names, Role):
        if role in ALLOWED.get((status, move), set()):
            ACCESS.check(move, source=status, roles={role}, given=given)
        else:
            with pytest.raises((WrongState, WrongRole)):
                ACCESS.check(move, source=status, roles={role}, given=given)


@pytest.mark.parametrize("move", ["change", "withdraw"])
def test_the_table_asks_for_the_agreement(move):
    with pytest.raises(MissingFields):
        ACCESS.check(move, source="granted", roles={Role.STATISTICIAN})


@pytest.mark.parametrize("role", list(Role))
def test_the_person_who_keeps_the_list_records_that_access_began_without_anybodys_agreement(office, entry, role):
    person = office.people[role]
    if role not in KEEPERS:
        with pytest.raises(NotYours):
            began(entry, by=person)
        return
    moved = began(entry, by=person)
    assert (moved.status, moved.began_at) == ("begun", IN_PERIOD)
    event = ReleaseEvent.objects.get(kind="pre_release_began")
    assert (event.at, event.actor) == (SHORTLY_BEFORE, person)
    assert event.facts == {
        "began_at": IN_PERIOD.isoformat(),
        "post": MINISTER.post,
        "organisation": MINISTER.organisation,
        "period": "24 hours",
    }


@pytest.mark.parametrize(
    "began_at",
    [LONG_BEFORE - timedelta(days=1), LONG_BEFORE, SEED_DUE - timedelta(hours=25), SEED_DUE],
    ids=["before it was granted", "days before the period", "an hour before the period", "at the due time"],
)
def test_what_happened_outside_the_period_is_recorded_anyway(office, entry, began_at):
    assert began(entry, by=office.statistician, began_at=began_at, at=AFTERWARDS).began_at == began_at


def test_what_is_still_to_come_is_not_recorded(office, entry):
    with pytest.raises(ListRefused, match="in the future") as refused:
        began(entry, by=office.statistician, began_at=SHORTLY_BEFORE + timedelta(seconds=1))
    assert refused.value.field == "time"


def test_from_the_release_on_nobodys_access_began_before_it(office, release, entry):
    scheduling.publish(release, by=None, at=AFTERWARDS, published_at=SEED_DUE + timedelta(minutes=1))
    with pytest.raises(ListRefused, match=r"was published at 9:31am"):
        began(entry, by=office.statistician, began_at=SEED_DUE + timedelta(minutes=2), at=AFTERWARDS)
    assert began(entry, by=office.statistician, began_at=SEED_DUE, at=AFTERWARDS).began_at == SEED_DUE


def test_access_ends_after_it_began_and_not_before(office, entry):
    entry = began(entry, by=office.statistician)
    with pytest.raises(ListRefused, match="Enter a later time"):
        ended(entry, by=office.statistician, ended_at=IN_PERIOD - timedelta(seconds=1))
    moved = ended(entry, by=office.deputy, ended_at=IN_PERIOD)
    assert (moved.status, moved.began_at, moved.ended_at) == ("ended", IN_PERIOD, IN_PERIOD)


def test_access_that_never_began_does_not_end(office, entry):
    with pytest.raises(WrongState):
        ended(entry, by=office.statistician)


def test_a_second_recording_of_the_same_changes_nothing(office, entry):
    began(entry, by=office.statistician)
    with pytest.raises(ChangedMeanwhile):
        began(entry, by=office.deputy)
    fresh = PreReleaseAccess.objects.get()
    with pytest.raises(WrongState):
        began(fresh, by=office.deputy)
    assert ReleaseEvent.objects.filter(kind="pre_release_began").count() == 1


def test_access_that_began_is_not_withdrawn(office, entry):
    entry = began(entry, by=office.statistician)
    with pytest.raises(WrongState):
        pre_release_access.withdraw_access(entry, by=office.head, at=SHORTLY_BEFORE, expected_version=entry.version)


def test_once_access_began_who_had_it_stays_as_it_was_and_only_its_words_are_put_right(office, entry):
    entry = began(entry, by=office.statistician)
    new = replace(MINISTER, post="Minister for Schools", person="Marigold Underwater", reason="Another")
    outcome = pre_release_access.change_access(
        entry, new, by=office.head, at=SHORTLY_BEFORE, expected_version=entry.version
    )
    assert outcome.details == replace(MINISTER, post="Minister for Schools")


def test_a_lead_takes_back_what_was_recorded_by_mistake_step_by_step_and_it_stays_among_the_events(office, entry):
    entry = ended(began(entry, by=office.statistician), by=office.statistician)
    for status, began_at in (("begun", IN_PERIOD), ("granted", None)):
        entry = take_back_times(entry, by=office.head, at=AFTERWARDS, expected_version=entry.version)
        assert (entry.status, entry.began_at, entry.ended_at) == (status, began_at, None)
    first, second = ReleaseEvent.objects.filter(kind="pre_release_record_taken_back").order_by("position")
    assert first.facts["ended_at"] == SHORTLY_BEFORE.isoformat()
    assert second.facts["began_at"] == IN_PERIOD.isoformat()


@pytest.mark.parametrize("early", [0, 1], ids=["in its period", "a minute before its period"])
def test_access_is_compared_with_the_period_that_was_in_force_when_it_began(
    office, release, entry, early, django_assert_num_queries
):
    began_at = SEED_DUE - timedelta(hours=24, minutes=early)
    began(entry, by=office.statistician, began_at=began_at)
    to, postponed_at = slot_at(SEED_DUE + timedelta(days=3)), SEED_DUE - timedelta(minutes=30)
    scheduling.change_date(release, to=to, reason="Late data.", by=office.head, at=postponed_at)
    (row,) = pre_release_access.list_rows_of(release, roles={Role.HEAD_OF_PROFESSION}, now=AFTERWARDS)
    with django_assert_num_queries(0):
        assert row.entry.oddities == ((Oddity.BEFORE_PERIOD,) if early else ())
    later = granted(release, someone(), by=office.head, at=AFTERWARDS)
    assert began(later, by=office.head, began_at=AFTERWARDS, at=AFTERWARDS).oddities == (Oddity.BEFORE_PERIOD,)


def test_a_statistician_takes_nothing_back(office, entry):
    entry = began(entry, by=office.statistician)
    with pytest.raises(MoveRefused):
        take_back_times(entry, by=office.statistician, at=AFTERWARDS, expected_version=entry.version)
    entry.refresh_from_db()
    assert entry.status == "begun"
