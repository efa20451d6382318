"""A file confirms at short notice, asks for another date and cancels: each with its reason, by the calendar's rules."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from releases import date_changes, scheduling
from releases.models import DateChange, DateChangeRequest, Release
from releases.rules.lifecycle import Role
from tests.support.factories import create_member, london_slot
from tests.support.import_files import RIGHT, csv_of, everything
from tests.support.shared_rows import shared_fixture
from tests.support.stored_imports import NOW, applied, checked, outcomes

pytestmark = pytest.mark.django_db

CONFIRMED = {"status": "confirmed"}
SOON = {"scheduled_for": "2098-06-12 09:30", "status": "confirmed"}
LATER = {"scheduled_for": "2098-07-02 09:30"}
LATE = LATER | {"date_change_reason": "The survey came in late."}
CANCELLED = {"status": "cancelled", "cancellation_reason": "The survey was stopped."}


@shared_fixture
def confirmed(keeper):
    """The release of the file, imported and confirmed."""
    applied(keeper, CONFIRMED)


def faults(found):
    """The faults of an import's rows: column and why."""
    return [tuple(fault) for row in found.rows.all() for fault in row.faults]


def steps(found):
    """The kinds of steps of an import's rows."""
    return [step[0] for row in found.rows.all() for step in row.steps]


def stored():
    return Release.objects.get()


class TestShortNotice:
    def test_a_date_less_than_four_weeks_ahead_needs_a_reason_and_the_days_are_counted(self, keeper):
        ((column, why),) = faults(checked(keeper, SOON))
        assert column == "short_notice_reason"
        assert why == "Enter the reason for less than 4 weeks’ notice. This date gives 11 days’ notice."

    def test_with_the_reason_it_is_confirmed_and_the_reason_is_kept(self, keeper):
        row = SOON | {"short_notice_reason": "The law was changed."}
        applied(keeper, row)
        assert (stored().status, stored().short_notice_reason) == ("confirmed", "The law was changed.")
        assert outcomes(checked(keeper, row)) == [(2, "unchanged")]

    def test_where_there_is_notice_enough_no_reason_is_kept_and_the_same_file_changes_nothing(self, keeper):
        row = CONFIRMED | {"short_notice_reason": "The law was changed."}
        applied(keeper, row)
        assert stored().short_notice_reason == ""
        assert outcomes(checked(keeper, row)) == [(2, "unchanged")]

    def test_another_reason_than_was_given_is_refused_and_not_lost(self, keeper):
        applied(keeper, SOON | {"short_notice_reason": "The law was changed."})
        ((column, why),) = faults(checked(keeper, SOON | {"short_notice_reason": "Another."}))
        assert column == "short_notice_reason"
        assert "You cannot change the recorded reason, which is “The law was changed.”." in why

    @pytest.mark.parametrize("status", ["", "provisional"])
    def test_a_reason_without_a_confirmation_is_refused(self, keeper, status):
        found = checked(keeper, {"status": status, "short_notice_reason": "The law was changed."})
        assert faults(found) == [("short_notice_reason", "You gave a reason, but the status is not “confirmed”.")]

    def test_what_an_operator_brings_may_have_no_reason_and_keeps_the_one_that_it_has(self, series, run, time_machine):
        time_machine.move_to(NOW, tick=False)
        run(SOON | {"short_notice_reason": "The law was changed."}, SOON)
        reasons = Release.objects.order_by("pk").values_list("short_notice_reason", flat=True)
        assert list(reasons) == ["The law was changed.", ""]


class TestConfirmedDates:
    def test_a_reason_asks_for_the_change_and_the_date_stays_until_a_lead_agrees(self, keeper, series, confirmed):
        found = applied(keeper, LATE)
        assert (outcomes(found), steps(found)) == ([(2, "changed")], ["change_asked"])
        asked = DateChangeRequest.objects.get()
        assert (asked.state, asked.requested_by, str(asked.to)) == ("waiting", keeper, "2 July 2098 9:30am")
        assert str(stored().slot) == "1 July 2098 9:30am"
        # The same file twice changes nothing: while it waits, and once it is agreed to.
        assert outcomes(checked(keeper, LATE)) == [(2, "unchanged")]
        date_changes.agree_to_date_change(asked, by=create_member(Role.HEAD_OF_PROFESSION, series.producer), at=NOW)
        assert str(stored().slot) == "2 July 2098 9:30am"
        assert DateChange.objects.get().public_reason == "The survey came in late."
        assert outcomes(checked(keeper, LATE)) == [(2, "unchanged")]

    @pytest.mark.parametrize("role", [Role.CALENDAR_MANAGER, Role.DEPUTY, Role.HEAD_OF_PROFESSION])
    def test_the_person_who_imports_a_file_asks_and_never_moves(self, series, role):
        person = create_member(role, series.producer)
        applied(person, CONFIRMED)
        applied(person, LATE)
        assert (str(stored().slot), DateChange.objects.count()) == ("1 July 2098 9:30am", 0)
        assert DateChangeRequest.objects.get().state == "waiting"

    def test_without_a_reason_it_is_refused_with_the_column_that_is_wanted(self, keeper, confirmed):
        ((column, why),) = faults(checked(keeper, LATER))
        assert column == "scheduled_for"
        assert "the public reason in the column “date_change_reason”" in why

    def test_a_second_change_waits_for_the_first(self, keeper, confirmed):
        applied(keeper, LATE)
        for row in (LATE | {"scheduled_for": "2098-07-03 09:30"}, LATE | {"date_change_reason": "Another"}):
            ((column, why),) = faults(checked(keeper, row))
            assert (column, "It is awaiting agreement" in why) == ("scheduled_for", True)

    @pytest.mark.parametrize(
        ("when", "why"),
        [("2098-07-05 09:30", "is not a weekday"), ("2098-07-02 11:00", "is not the release time")],
        ids=["weekend", "another-time"],
    )
    def test_a_date_for_which_nothing_is_released_is_not_asked_for(self, keeper, when, why, confirmed):
        ((column, said),) = faults(checked(keeper, LATE | {"scheduled_for": when}))
        assert (column, why in said) == ("scheduled_for", True)

    @pytest.mark.parametrize("status", ["provisional", "confirmed"])
    def test_a_reason_with_an_unchanged_date_is_refused(self, keeper, status):
        applied(keeper, {"status": status})
        ((column, why),) = faults(checked(keeper, {"date_change_reason": "The survey came in late."}))
        assert column == "date_change_reason"
        assert why == (
            "The date is already 1 July 2098 9:30am. Enter a different date, or remove the reason for a date change."
        )

    def test_a_change_that_was_made_for_another_reason_takes_no_second_one(self, keeper, series, confirmed):
        head = create_member(Role.HEAD_OF_PROFESSION, series.producer)
        scheduling.change_date(stored(), to=london_slot(date(2098, 7, 2)), reason="Late data.", by=head, at=NOW)
        assert [column for column, _ in faults(checked(keeper, LATE))] == ["date_change_reason"]

    def test_of_a_provisional_date_the_reason_is_not_published(self, keeper):
        applied(keeper, {})
        applied(keeper, LATE)
        assert (str(stored().slot), DateChange.objects.get().public_reason) == ("2 July 2098 9:30am", "")
        assert outcomes(checked(keeper, LATE)) == [(2, "unchanged")]

    def test_a_new_release_has_no_change_to_give_a_reason_for(self, keeper):
        ((column, why),) = faults(checked(keeper, {"date_change_reason": "The survey came in late."}))
        assert (column, why) == (
            "date_change_reason",
            "This release is new. Remove the reason for a date change.",
        )


class TestCancelling:
    @pytest.mark.parametrize("status", ["provisional", "confirmed"])
    def test_a_release_that_is_there_is_cancelled_with_the_reason_that_readers_see(self, keeper, status):
        applied(keeper, {"status": status})
        found = applied(keeper, CANCELLED)
        assert (outcomes(found), steps(found)) == ([(2, "changed")], ["cancelled"])
        assert (stored().status, stored().cancellation_reason) == ("cancelled", "The survey was stopped.")
        assert stored().events.last().actor == keeper
        # A second cancel changes nothing.
        before = everything()
        assert outcomes(checked(keeper, CANCELLED)) == [(2, "unchanged")]
        assert outcomes(checked(keeper, CANCELLED | {"cancellation_reason": ""})) == [(2, "unchanged")]
        ((column, _),) = faults(checked(keeper, CANCELLED | {"cancellation_reason": "Another."}))
        assert column == "cancellation_reason"
        assert everything() == before

    def test_without_a_reason_it_is_refused(self, keeper, confirmed):
        ((column, why),) = faults(checked(keeper, {"status": "cancelled"}))
        assert (column, why) == ("cancellation_reason", "Enter the reason.")

    def test_a_reason_without_the_status_cancels_nothing(self, keeper, confirmed):
        found = checked(keeper, CONFIRMED | {"cancellation_reason": "The survey was stopped."})
        assert faults(found) == [("cancellation_reason", "You gave a reason, but the status is not “cancelled”.")]

    def test_a_cancellation_moves_nothing(self, keeper, confirmed):
        ((column, why),) = faults(checked(keeper, LATE | CANCELLED))
        assert (column, why) == (
            "scheduled_for",
            (
                "You cannot change the date and cancel the release in one row. To cancel the release, enter its "
                "present date: 1 July 2098 9:30am."
            ),
        )

    def test_what_is_new_or_published_is_not_cancelled(self, keeper):
        ((column, _),) = faults(checked(keeper, CANCELLED))
        assert column == "status"
        applied(keeper, CONFIRMED)
        scheduling.publish(stored(), by=None, at=NOW, published_at=NOW)
        ((column, why),) = faults(checked(keeper, CANCELLED))
        assert (column, why) == ("status", "rain-june-2098 is published and cannot become cancelled.")

    def test_the_preview_warns_of_it_and_nothing_is_cancelled_before_the_confirmation(self, client, keeper):
        applied(keeper, CONFIRMED, {}, {})
        found = checked(keeper, CANCELLED, CANCELLED, {"title": "Rain, corrected"})
        client.force_login(keeper)
        page = client.get(reverse("exchange:import", args=[found.public_id])).text
        assert "This import will cancel 2 releases and publish the reasons. You cannot undo this." in page
        assert "Cancelled, with the public reason: The survey was stopped." in page
        assert not Release.objects.filter(status="cancelled").exists()

    def test_a_preview_without_cancellations_warns_of_none(self, client, keeper):
        found = checked(keeper, {})
        client.force_login(keeper)
        assert "be cancelled" not in client.get(reverse("exchange:import", args=[found.public_id])).text


def test_a_file_without_the_columns_of_reasons_is_taken_as_before(keeper):
    columns = [column for column in RIGHT if not column.endswith("_reason")]
    assert b"reason" not in csv_of({}, columns=columns)
    assert outcomes(applied(keeper, {}, columns=columns)) == [(2, "added")]


def test_a_title_that_differs_while_the_verdict_falls_is_refused_in_its_own_column(series, run, time_machine):
    run(CONFIRMED)
    time_machine.move_to(stored().due_at + timedelta(seconds=5), tick=False)
    _, err = run(CONFIRMED | {"title": "Rain, corrected"})
    assert err.startswith("Row 2, title: We are checking rain-june-2098, which was due at 9:30am.")
    assert stored().title == RIGHT["title"]
