"""In what an announcement differs from our calendar; what it leaves open is no difference."""

from datetime import UTC, date, datetime, time

import pytest

from releases.detection.govuk import (
    CANNOT_TELL,
    AnnouncedTime,
    Announcement,
    AnnouncementState,
    DifferenceKind,
    Ours,
    Problem,
    compare_announcement,
    compare_problem,
)
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Status

DUE = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
EXACT = Slot(on=date(2026, 7, 1), at=time(9, 30))
JULY = Slot(on=date(2026, 7, 20), at=None, precision=Precision.MONTH)
JUNE_JULY = Slot(on=date(2026, 6, 1), at=None, precision=Precision.TWO_MONTHS)


def ours(slot=EXACT, *, status=Status.CONFIRMED, title="Rain in June"):
    return Ours(title=title, slot=slot, status=status)


def said(*, state=AnnouncementState.CONFIRMED, title="Rain in June", displayed="shown", **when):
    return Announcement(title=title, state=state, when=AnnouncedTime(**when), displayed=displayed)


def kinds(mine, theirs):
    return [difference.kind for difference in compare_announcement(mine, theirs)]


@pytest.mark.parametrize(
    ("slot", "when", "found"),
    [
        pytest.param(EXACT, {"at": DUE}, [], id="the-same-minute"),
        pytest.param(EXACT, {"at": DUE.replace(minute=31)}, [DifferenceKind.TIME], id="another-minute"),
        pytest.param(EXACT, {"at": DUE.replace(day=2)}, [DifferenceKind.DATE], id="another-day"),
        pytest.param(
            EXACT, {"at": datetime(2026, 6, 30, 23, 30, tzinfo=UTC)}, [DifferenceKind.TIME], id="the-same-london-day"
        ),
        pytest.param(EXACT, {"on": date(2026, 7, 1)}, [], id="the-same-day-without-time"),
        pytest.param(EXACT, {"on": date(2026, 7, 2)}, [DifferenceKind.DATE], id="another-day-without-time"),
        pytest.param(EXACT, {"month": date(2026, 7, 1)}, [DifferenceKind.PRECISION], id="its-month-alone"),
        pytest.param(EXACT, {"month": date(2026, 8, 1)}, [DifferenceKind.DATE], id="another-month"),
        pytest.param(EXACT, {"two_months": date(2026, 6, 1)}, [DifferenceKind.PRECISION], id="two-months-around-it"),
        pytest.param(EXACT, {"two_months": date(2026, 8, 1)}, [DifferenceKind.DATE], id="two-other-months"),
        pytest.param(EXACT, {}, [], id="no-date-that-can-be-read"),
        pytest.param(JULY, {"month": date(2026, 7, 1)}, [], id="the-same-month"),
        pytest.param(JULY, {"month": date(2026, 8, 1)}, [DifferenceKind.DATE], id="the-next-month"),
        pytest.param(JULY, {"two_months": date(2026, 7, 1)}, [DifferenceKind.PRECISION], id="one-month-more"),
        pytest.param(JULY, {"at": DUE}, [DifferenceKind.PRECISION], id="exact-there-and-not-here"),
        pytest.param(JULY, {"at": DUE.replace(month=8)}, [DifferenceKind.DATE], id="exact-there-in-another-month"),
        pytest.param(JULY, {"on": date(2026, 7, 3)}, [DifferenceKind.PRECISION], id="a-day-there"),
        pytest.param(JUNE_JULY, {"two_months": date(2026, 6, 1)}, [], id="the-same-two-months"),
        pytest.param(
            JUNE_JULY, {"two_months": date(2026, 7, 1)}, [DifferenceKind.PRECISION], id="two-months-that-overlap"
        ),
        pytest.param(JUNE_JULY, {"month": date(2026, 7, 1)}, [DifferenceKind.PRECISION], id="one-of-them"),
    ],
)
def test_dates_are_compared_as_exactly_as_both_are_known(slot, when, found):
    assert kinds(ours(slot), said(**when)) == found


@pytest.mark.parametrize(
    ("status", "state", "found"),
    [
        (Status.CONFIRMED, AnnouncementState.CONFIRMED, [DifferenceKind.DATE]),
        (Status.PROVISIONAL, AnnouncementState.PROVISIONAL, [DifferenceKind.DATE]),
        (Status.PROVISIONAL, AnnouncementState.CONFIRMED, [DifferenceKind.STATE, DifferenceKind.DATE]),
        (Status.CONFIRMED, AnnouncementState.PROVISIONAL, [DifferenceKind.STATE, DifferenceKind.DATE]),
        (Status.CONFIRMED, AnnouncementState.CANCELLED, [DifferenceKind.STATE]),
        (Status.CANCELLED, AnnouncementState.CONFIRMED, [DifferenceKind.STATE]),
        (Status.CANCELLED, AnnouncementState.CANCELLED, []),
    ],
    ids=str,
)
def test_states_are_compared_and_of_what_is_cancelled_no_date(status, state, found):
    assert kinds(ours(status=status), said(state=state, at=DUE.replace(day=9))) == found


@pytest.mark.parametrize(
    ("title", "found"),
    [("Rain in  JUNE", []), ("Rain in June\u00a0", []), ("Rain in July", [DifferenceKind.TITLE])],
    ids=["case-and-spaces", "a-no-break-space", "another"],
)
def test_titles_are_compared_as_readers_see_them(title, found):
    assert kinds(ours(), said(at=DUE, title=title)) == found


def test_both_sides_are_stored_as_readers_are_shown_them():
    (difference,) = compare_announcement(ours(), said(at=DUE.replace(day=2), displayed="2 July 2026 9:30am"))
    assert (difference.theirs, difference.ours) == ("2 July 2026 9:30am", "1 July 2026 9:30am")


@pytest.mark.parametrize("problem", Problem)
def test_an_announcement_that_is_none_is_a_difference_and_what_cannot_be_determined_is_none(problem):
    found = [difference.kind.value for difference in compare_problem(ours(), problem)]
    assert found == ([] if problem in CANNOT_TELL else [problem.value])


def test_an_announcement_of_a_cancelled_release_may_be_taken_away():
    cancelled = ours(status=Status.CANCELLED)
    assert compare_problem(cancelled, Problem.GONE) == compare_problem(cancelled, Problem.NOT_FOUND) == []
    assert compare_problem(cancelled, Problem.PUBLISHED)
