"""Until when the office wants a report to be decided, and on which days it reminds people of it.

No deadline is laid down for reports of a breach; most of the published ones are dated the day of the breach or the
next. What is due here is the office's own aim, a setting.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from releases.rules import calendar
from releases.rules.calendar import Nation


class Reminder(NamedTuple):
    """A day on which people are reminded, so many working days after the day that is due; before it, if negative."""

    days_after: int
    on: date


def due_on(drafted_on: date, *, working_days: int, nation: Nation) -> date:
    """Return the day by which a report that was drafted on a day in London should be decided."""
    return calendar.working_days_away(drafted_on, working_days, nation=nation)


def reminders(due: date, *, days_after: Sequence[int], drafted_on: date, nation: Nation) -> tuple[Reminder, ...]:
    """Return the days on which people are reminded of a report that is due on a day, in their order.

    None of them lies on or before the day on which it was drafted, because people were told of it then.

    :param days_after: working days from the day that is due; negative ones lie before it.
    """
    found = (Reminder(days, calendar.working_days_away(due, days, nation=nation)) for days in sorted(set(days_after)))
    return tuple(reminder for reminder in found if reminder.on > drafted_on)
