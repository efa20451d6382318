"""The moves of the calendar (C1, C2, C4, C8, C10, C16)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from releases import bulk_moves, date_changes, scheduling
from releases.bulk_moves import Answers, BulkMove
from releases.models import DateChange, Release, ReleaseEvent
from releases.models.append_only import AppendOnlyRow
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, MoveRefused, Role, WrongRole, WrongState
from releases.scheduling import SlotRefused
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member, london_slot

NOW = datetime(2020, 6, 1, 12, 0, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def head_of(release: Release):
    return create_member(Role.HEAD_OF_PROFESSION, release.series.producer)


def test_a_confirmed_date_moved_without_a_reason_is_refused_on_the_reason_field(announced_release):
    with pytest.raises(MissingFields) as refusal:
        scheduling.change_date(
            announced_release, to=london_slot(date(2020, 7, 1)), by=head_of(announced_release), at=NOW
        )
    assert refusal.value.field == "reason"
    assert Release.objects.get().planned_on == date(2020, 6, 30)


def test_a_confirmed_date_moved_with_a_reason_keeps_who_when_and_why_for_ever():
    release, head = ReleaseFactory(announced=True), None
    head = head_of(release)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 1)), reason="Late data", by=head, at=NOW)
    change = DateChange.objects.get()
    assert (str(change.was), str(change.to)) == ("30 June 2020 9:30am", "1 July 2020 9:30am")
    assert (change.public_reason, change.requested_by, change.agreed_by, change.announced_at) == (
        "Late data",
        head,
        head,
        NOW,
    )
    with pytest.raises(AppendOnlyRow):
        DateChange.objects.update(public_reason="Something else")
    with pytest.raises(AppendOnlyRow):
        change.delete()


def test_moving_many_dates_publishes_no_private_reason_for_one_that_was_confirmed_meanwhile(provisional_release):
    head, answers = head_of(provisional_release), Answers(reason="A private reason", days=7)
    plans = bulk_moves.plan_moves(Release.objects.all(), BulkMove.MOVE_DATES, answers, by=head, at=NOW)
    scheduling.confirm_release(provisional_release, by=head, at=NOW)
    made = bulk_moves.make_moves(plans, BulkMove.MOVE_DATES, answers, by=head, now=lambda: NOW)
    assert list(made.refusals) == [
        "This release has become confirmed since you read it. Check it before you try again."
    ]
    assert not DateChange.objects.exists()


def test_a_date_change_starts_a_new_schedule_and_moves_the_due_time(confirmed_release):
    changed = scheduling.change_date(
        confirmed_release, to=london_slot(date(2020, 12, 1)), reason="Late data", by=head_of(confirmed_release), at=NOW
    )
    assert changed.schedule_version == 2
    assert changed.due_at == datetime(2020, 12, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(minutes=59)], ids=["now", "an hour ago"])
@pytest.mark.parametrize("after_due", [False, True], ids=["before it was due", "after it was due"])
def test_a_confirmed_date_is_not_moved_to_a_time_that_has_passed(confirmed_release, after_due, ago):
    """Otherwise no verdict would ever say that the release was late."""
    day = date(2020, 7, 1) if after_due else date(2020, 6, 29)
    to, head = london_slot(day), head_of(confirmed_release)
    with pytest.raises(SlotRefused, match=r"9:30am has passed\. Enter a date and time in the future\.") as refusal:
        scheduling.change_date(confirmed_release, to=to, reason="Late data", by=head, at=to.due_at + ago)
    assert refusal.value.field == "planned_on"
    with pytest.raises(SlotRefused, match="has passed"):
        date_changes.request_date_change(confirmed_release, to=to, reason="Late data", by=head, at=to.due_at + ago)
    stored = Release.objects.get()
    assert (stored.schedule_version, stored.due_at) == (1, SEED_DUE)
    moved = scheduling.change_date(
        confirmed_release, to=to, reason="Late data", by=head, at=to.due_at - timedelta(seconds=1)
    )
    assert (moved.schedule_version, moved.due_at) == (2, to.due_at)


def test_a_provisional_release_and_a_rehearsal_move_to_a_time_that_has_passed():
    for release in (ReleaseFactory(), ReleaseFactory(confirmed=True, rehearsal=True, reference="rehearsal")):
        to = london_slot(date(2020, 6, 29))
        at = to.due_at + timedelta(hours=1)
        assert scheduling.change_date(release, to=to, reason="Typed wrong", by=head_of(release), at=at).slot == to


def test_only_a_head_of_profession_or_deputy_moves_a_confirmed_date(confirmed_release):
    keeper = create_member(Role.CALENDAR_MANAGER, confirmed_release.series.producer)
    with pytest.raises(WrongRole):
        scheduling.change_date(
            confirmed_release, to=london_slot(date(2020, 7, 1)), reason="Late data", by=keeper, at=NOW
        )


def test_a_confirmed_release_cannot_be_confirmed_again_or_made_provisional(confirmed_release):
    with pytest.raises(WrongState):
        scheduling.confirm_release(confirmed_release, by=head_of(confirmed_release), at=NOW)
    with pytest.raises(MissingFields) as refusal:
        scheduling.change_date(
            confirmed_release,
            to=Slot(on=date(2020, 8, 1), at=None, precision=Precision.MONTH),
            reason="Late data",
            by=head_of(confirmed_release),
            at=NOW,
        )
    assert refusal.value.field == "exact_date"


@pytest.mark.parametrize("precision", [Precision.MONTH, Precision.TWO_MONTHS])
def test_a_vague_date_cannot_be_confirmed(precision):
    release = ReleaseFactory(slot=Slot(on=date(2020, 7, 1), at=None, precision=precision))
    with pytest.raises(MissingFields):
        scheduling.confirm_release(release, by=head_of(release), at=NOW)


def test_a_provisional_date_moves_without_a_reason_and_a_typed_one_is_not_published(provisional_release):
    keeper = create_member(Role.CALENDAR_MANAGER, provisional_release.series.producer)
    scheduling.change_date(
        provisional_release, to=london_slot(date(2020, 7, 1)), reason="A private thought", by=keeper, at=NOW
    )
    assert DateChange.objects.get().public_reason == ""


def test_a_day_typed_for_a_vague_date_is_not_kept_and_another_one_is_no_change():
    release = ReleaseFactory(slot=Slot(date(2020, 7, 17), None, Precision.MONTH))
    assert release.planned_on == date(2020, 7, 1)
    keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    with pytest.raises(SlotRefused, match="The date is already"):
        scheduling.change_date(release, to=Slot(date(2020, 7, 20), None, Precision.MONTH), by=keeper, at=NOW)
    to = Slot(date(2020, 8, 20), None, Precision.TWO_MONTHS)
    scheduling.change_date(release, to=to, by=keeper, at=NOW)
    assert DateChange.objects.get().to_on == date(2020, 8, 1)


def test_a_reason_with_an_unchanged_date_is_refused(confirmed_release):
    with pytest.raises(SlotRefused) as refusal:
        scheduling.change_date(
            confirmed_release, to=confirmed_release.slot, reason="Late data", by=head_of(confirmed_release), at=NOW
        )
    assert refusal.value.field == "reason"


def test_cancelling_needs_a_reason_and_a_second_cancel_changes_nothing(confirmed_release):
    head = head_of(confirmed_release)
    with pytest.raises(MissingFields):
        scheduling.cancel_release(confirmed_release, reason="  ", by=head, at=NOW)
    cancelled = scheduling.cancel_release(confirmed_release, reason="The survey was stopped", by=head, at=NOW)
    with pytest.raises(WrongState):
        scheduling.cancel_release(cancelled, reason="Another reason", by=head, at=NOW)
    assert Release.objects.get().cancellation_reason == "The survey was stopped"


def test_a_released_time_other_than_the_standard_one_needs_the_series_approved_alternative():
    with pytest.raises(SlotRefused) as refusal:
        ReleaseFactory(slot=london_slot(date(2020, 6, 30), time(7, 0)))
    assert refusal.value.field == "planned_at"


def test_typed_seconds_become_zero():
    release = ReleaseFactory(slot=london_slot(date(2020, 6, 30), time(9, 30, 42)))
    assert release.due_at == datetime(2020, 6, 30, 8, 30, tzinfo=UTC)


def test_half_past_nine_in_london_is_half_past_nine_utc_in_winter_and_half_past_eight_in_summer():
    assert london_slot(date(2026, 1, 12)).due_at == datetime(2026, 1, 12, 9, 30, tzinfo=UTC)
    assert london_slot(date(2026, 6, 30)).due_at == datetime(2026, 6, 30, 8, 30, tzinfo=UTC)


def test_a_weekend_or_bank_holiday_without_its_agreement_or_reason_is_refused_and_the_holiday_is_named():
    release = ReleaseFactory(slot=london_slot(date(2020, 12, 25)))
    with pytest.raises(SlotRefused, match="Christmas Day"):
        scheduling.confirm_release(release, by=head_of(release), at=NOW)


def test_of_two_people_who_announce_a_release_at_the_same_time_the_first_stays(provisional_release):
    first, second = Release.objects.get(), Release.objects.get()
    by = head_of(provisional_release)
    scheduling.announce_release(first, by=by, at=NOW)
    assert scheduling.announce_release(second, by=by, at=NOW + timedelta(minutes=1)).announced_at == NOW
    assert Release.objects.get().announced_at == NOW
    assert ReleaseEvent.objects.filter(kind="announce").count() == 1


def test_a_rehearsal_may_be_due_at_any_minute_of_any_day_and_is_never_announced():
    release = ReleaseFactory(confirmed=True, slot=london_slot(date(2020, 6, 28), time(23, 59)), rehearsal=True)
    with pytest.raises(MoveRefused):
        scheduling.announce_release(release, by=head_of(release), at=NOW)


def test_a_move_made_from_a_stale_copy_is_refused(confirmed_release):
    stale = Release.objects.get()
    head = head_of(confirmed_release)
    scheduling.change_date(confirmed_release, to=london_slot(date(2020, 7, 1)), reason="Late data", by=head, at=NOW)
    with pytest.raises(ChangedMeanwhile):
        scheduling.cancel_release(stale, reason="Not needed", by=head, at=NOW)


def test_being_a_superuser_gives_no_role(confirmed_release):
    someone = create_member(Role.AUDITOR, confirmed_release.series.producer, is_superuser=True)
    with pytest.raises(WrongRole):
        scheduling.cancel_release(confirmed_release, reason="Not needed", by=someone, at=NOW)
