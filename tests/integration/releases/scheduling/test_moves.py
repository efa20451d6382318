"""Every move of the calendar, from every status, by every role, as it is stored (C1, C2, C5, C7, C8, C11)."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import product

import pytest

from releases import scheduling
from releases.models import DateChange, Release, ReleaseEvent
from releases.models.append_only import check_chain
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import (
    CANCEL_ONCE_DUE,
    RELEASE,
    ChangedMeanwhile,
    MissingFields,
    MoveRefused,
    Role,
    Status,
    WrongRole,
)
from releases.scheduling import SlotRefused
from tests.support.factories import (
    SEED_DUE,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
    rolled_back,
)

NOW = datetime(2020, 6, 1, 12, 0, tzinfo=UTC)
ONCE_DUE = SEED_DUE + timedelta(hours=2)
LATER = london_slot(date(2020, 7, 1))

pytestmark = pytest.mark.django_db

RELEASE_MOVES = {(row.source, row.name): row for row in RELEASE.moves}


def make(move, release, by):
    """Make one move with all that it may need."""
    return {
        "announce": lambda: scheduling.announce_release(release, by=by, at=NOW),
        "confirm": lambda: scheduling.confirm_release(release, by=by, at=NOW),
        "change_date": lambda: scheduling.change_date(release, to=LATER, reason="Late data", by=by, at=NOW),
        "cancel": lambda: scheduling.cancel_release(release, reason="Not needed", by=by, at=NOW),
        "cancel_once_due": lambda: scheduling.cancel_release(release, reason="Not needed", by=by, at=ONCE_DUE),
        "publish": lambda: scheduling.publish(release, by=by, at=NOW, published_at=NOW),
    }[move]()


def a_release_that_is(status):
    if status == Status.PROVISIONAL:
        return ReleaseFactory()
    release = ReleaseFactory(confirmed=True)
    if status == Status.CANCELLED:
        by = create_member(Role.DEPUTY, release.series.producer)
        return scheduling.cancel_release(release, reason="The survey was stopped", by=by, at=NOW)
    if status == Status.PUBLISHED:
        return scheduling.publish(release, by=None, at=NOW, published_at=NOW)
    return release


@pytest.mark.parametrize("status", Status)
def test_only_the_moves_of_the_table_are_made_and_a_refused_one_changes_nothing(status, subtests):
    release = a_release_that_is(status)
    people = {role: create_member(role, release.series.producer) for role in Role}
    people[None] = UserFactory(is_superuser=True, is_staff=True)
    before, events = Release.objects.values().get(), ReleaseEvent.objects.count()
    for move, role in product(RELEASE.move_names, people):
        # A provisional release never falls due: it is cancelled later as it is before.
        if (status, move) == (Status.PROVISIONAL, CANCEL_ONCE_DUE):
            continue
        with subtests.test(f"{move} by {role or 'a stranger'}"), rolled_back():
            person, row = people[role], RELEASE_MOVES.get((status, move))
            if row and role in row.roles:
                assert make(move, Release.objects.get(), person).status == row.target
                event = ReleaseEvent.in_order().last()
                assert (event.kind, event.actor) == (move, person)
                assert event.at == (ONCE_DUE if move == CANCEL_ONCE_DUE else NOW)
            else:
                with pytest.raises(MoveRefused):
                    make(move, Release.objects.get(), person)
                assert Release.objects.values().get() == before
                assert ReleaseEvent.objects.count() == events
                assert not DateChange.objects.exists()
            assert check_chain(ReleaseEvent)[1] is None


def test_a_change_made_from_a_schedule_that_is_not_the_present_one_is_refused_with_the_present_date(confirmed_release):
    head = create_member(Role.HEAD_OF_PROFESSION, confirmed_release.series.producer)
    scheduling.change_date(confirmed_release, to=LATER, reason="Late data", by=head, at=NOW)
    with pytest.raises(ChangedMeanwhile, match="to 1 July 2020 9:30am"):
        scheduling.change_date(
            confirmed_release,
            to=london_slot(date(2020, 7, 2)),
            reason="Later data",
            by=head,
            at=NOW,
            expected_version=1,
        )
    assert DateChange.objects.count() == 1


def test_the_date_before_a_change_is_the_stored_one_and_not_that_of_the_copy_in_hand(confirmed_release):
    head = create_member(Role.HEAD_OF_PROFESSION, confirmed_release.series.producer)
    confirmed_release.planned_on = date(2020, 1, 1)
    scheduling.change_date(confirmed_release, to=LATER, reason="Late data", by=head, at=NOW, expected_version=1)
    assert str(DateChange.objects.get().was) == "30 June 2020 9:30am"


def test_the_system_moves_a_provisional_date_and_never_a_confirmed_one(provisional_release):
    scheduling.change_date(provisional_release, to=LATER, by=None, at=NOW)
    change = DateChange.objects.get()
    assert (change.requested_by, change.agreed_by, Release.objects.get().planned_on) == (None, None, date(2020, 7, 1))
    confirmed = scheduling.confirm_release(Release.objects.get(), by=None, at=NOW)
    with pytest.raises(WrongRole, match="Head of Profession or a deputy"):
        scheduling.change_date(confirmed, to=london_slot(date(2020, 7, 2)), reason="Late data", by=None, at=NOW)


@pytest.mark.parametrize(
    ("slot", "field", "words"),
    [
        pytest.param(Slot(date(2026, 3, 29), time(1, 30)), "planned_at", "does not exist", id="a-time-leapt-over"),
        pytest.param(
            Slot(date(2026, 10, 25), time(1, 30)), "planned_at", "happens twice", id="a-time-that-comes-twice"
        ),
        pytest.param(
            Slot(date(2206, 6, 30), time(9, 30)), "planned_on", "2206 is not a valid year", id="a-slip-of-the-year"
        ),
        pytest.param(Slot(date(2026, 6, 30), time(9, 0)), "planned_at", "9am is not the release time", id="nine"),
    ],
)
def test_a_date_or_time_for_which_nothing_can_be_released_is_refused_on_its_field(
    slot, field, words, provisional_release
):
    keeper = create_member(Role.CALENDAR_MANAGER, provisional_release.series.producer)
    with pytest.raises(SlotRefused, match=words) as refusal:
        scheduling.change_date(provisional_release, to=slot, by=keeper, at=NOW)
    assert refusal.value.field == field
    with pytest.raises(SlotRefused, match=words):
        scheduling.record_release(provisional_release.series, reference="another", title="Another", slot=slot, at=NOW)
    assert Release.objects.count() == 1


def test_an_exact_date_needs_its_time():
    with pytest.raises(MissingFields, match="Enter the time of the exact date"):
        scheduling.record_release(
            SeriesFactory(), reference="one", title="One", slot=Slot(date(2026, 6, 30), None), at=NOW
        )


def test_a_vague_date_becomes_exact_and_an_exact_provisional_one_vague_again():
    release = ReleaseFactory(slot=Slot(date(2020, 7, 1), None, Precision.MONTH))
    keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    exact = scheduling.change_date(release, to=LATER, by=keeper, at=NOW)
    assert exact.due_at == LATER.due_at
    vague = scheduling.change_date(
        exact, to=Slot(date(2020, 8, 1), None, Precision.TWO_MONTHS), by=keeper, at=NOW + timedelta(hours=1)
    )
    assert (vague.due_at, str(vague.slot)) == (None, "August to September 2020")


def test_a_confirmed_date_does_not_move_to_a_bank_holiday_of_the_producers_nation_without_a_reason(confirmed_release):
    head = create_member(Role.HEAD_OF_PROFESSION, confirmed_release.series.producer)
    with pytest.raises(SlotRefused, match="Summer bank holiday") as refusal:
        scheduling.change_date(
            confirmed_release, to=london_slot(date(2020, 8, 31)), reason="Late data", by=head, at=NOW
        )
    assert refusal.value.field == "planned_on"
