"""The announced facts of a release, as values: its status, its changes, and how they are counted (C13, C15)."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from releases.rules.calendar import Month, Precision, Slot, month_of
from releases.rules.public_calendar import (
    AnnouncedMove,
    AnnouncedRelease,
    PublicEvent,
    PublicStatus,
    SlugName,
    changes_of,
    days_of,
)

ANNOUNCED_AT = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
WAS, TO = Slot(date(2026, 6, 2), time(9, 30)), Slot(date(2026, 6, 9), time(9, 30))
PROVISIONAL = AnnouncedRelease(
    public_id=UUID(int=7),
    reference="prices-may-2026",
    title="Prices, May 2026",
    status=PublicStatus.PROVISIONAL,
    slot=WAS,
    due_at=WAS.due_at,
    announced_at=ANNOUNCED_AT,
    confirmed_at=None,
    cancelled_at=None,
    cancellation_reason="",
    designation="official",
    series=SlugName("prices", "Prices"),
    producer=SlugName("office", "Office for Invented Numbers"),
)
MOVE = AnnouncedMove(2, WAS, TO, "Late figures.", ANNOUNCED_AT + 20 * DAY)
CONFIRMED = replace(PROVISIONAL, status=PublicStatus.CONFIRMED, confirmed_at=ANNOUNCED_AT + 10 * DAY)
MOVED = replace(CONFIRMED, status=PublicStatus.POSTPONED, slot=TO, due_at=TO.due_at, moves=(MOVE,))
PUBLISHED = replace(MOVED, status=PublicStatus.PUBLISHED)
CANCELLED = replace(
    MOVED, status=PublicStatus.CANCELLED, cancelled_at=ANNOUNCED_AT + 30 * DAY, cancellation_reason="The survey ended."
)


def list_changes(release):
    return [(change.kind, change.at, change.slot) for change in changes_of(release)]


def test_what_happened_is_described_in_its_order_with_the_date_that_stood_then():
    assert list_changes(CANCELLED) == [
        (PublicEvent.ANNOUNCED, ANNOUNCED_AT, WAS),
        (PublicEvent.CONFIRMED, ANNOUNCED_AT + 10 * DAY, WAS),
        (PublicEvent.MOVED, ANNOUNCED_AT + 20 * DAY, TO),
        (PublicEvent.CANCELLED, ANNOUNCED_AT + 30 * DAY, TO),
    ]


def test_when_it_was_published_is_the_time_that_was_announced_and_no_other():
    assert list_changes(PUBLISHED)[-1] == (PublicEvent.PUBLISHED, TO.due_at, TO)


def test_a_date_confirmed_before_it_was_announced_is_part_of_the_announcement():
    (change,) = changes_of(replace(CONFIRMED, confirmed_at=ANNOUNCED_AT - DAY))
    assert (change.kind, change.confirmed) == (PublicEvent.ANNOUNCED, True)
    assert not changes_of(PROVISIONAL)[0].confirmed


def test_the_sequence_and_the_last_change_grow_with_every_move_of_the_calendar():
    for before, after in pairwise([PROVISIONAL, CONFIRMED, MOVED, PUBLISHED]):
        assert after.sequence > before.sequence
        assert after.changed_at > before.changed_at
    assert CANCELLED.sequence > MOVED.sequence
    assert CANCELLED.changed_at > MOVED.changed_at


def test_each_change_keeps_an_identifier_of_its_own():
    first = [change.id for change in changes_of(MOVED)]
    assert [change.id for change in changes_of(CANCELLED)][:3] == first
    assert len({change.id for release in (CANCELLED, PUBLISHED) for change in changes_of(release)}) == 5
    assert not set(first) & {change.id for change in changes_of(replace(MOVED, public_id=UUID(int=8)))}


@pytest.mark.parametrize(
    ("slot", "days"),
    [
        (WAS, (date(2026, 6, 2), date(2026, 6, 2))),
        (Slot(date(2028, 2, 10), None, Precision.MONTH), (date(2028, 2, 1), date(2028, 2, 29))),
        (Slot(date(2026, 12, 10), None, Precision.TWO_MONTHS), (date(2026, 12, 1), date(2027, 1, 31))),
    ],
    ids=["exact", "one month", "two months across New Year"],
)
def test_a_release_may_come_on_each_day_of_what_is_announced(slot, days):
    assert days_of(slot) == days


def test_months_follow_each_other_across_new_year_and_end_with_the_calendar():
    december = month_of(date(2026, 12, 31))
    assert (december.next.first, december.next.previous) == (date(2027, 1, 1), december)
    assert Month(date.min).previous == Month(date.min)
