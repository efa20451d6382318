"""For which dates and times a release may be recorded, confirmed or moved."""

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releases.core.dates import calendar, london
from releases.core.dates.calendar import Nation, Slot
from releases.core.lifecycle import FieldRefused, SomethingMissing
from releases.models import Series

PLAUSIBLE_YEARS = range(1990, 2100)


class SlotRefused(FieldRefused):
    """The date or time is one for which nothing can be announced; `field` names which of the two."""


def check_new(series: Series, *, slot: Slot, rehearsal: bool = False) -> Slot:
    """Return the slot, to the minute, for which a release of a series can be recorded.

    :raises SlotRefused: if the time does not exist, or is not the series' release time.
    :raises SomethingMissing: if an exact date comes without its time.
    """
    slot = usable(slot)
    check_time(slot, series, rehearsal=rehearsal)
    return slot


def usable(slot: Slot) -> Slot:
    """Return a slot to the minute, if there is such a time on that day; a vague one is kept by its month alone.

    A day that was typed for a vague date is shown nowhere, and must not show by the order of lists either.

    :raises SlotRefused: if there is none, or the year is a slip of the keyboard.
    :raises SomethingMissing: if an exact date comes without its time.
    """
    if slot.on.year not in PLAUSIBLE_YEARS:
        raise SlotRefused("planned_on", _("%(year)s is not a year for a release.") % {"year": slot.on.year})
    slot = replace(slot, at=calendar.seconds_dropped(slot.at) if slot.at else None)
    if slot.precision is not calendar.Precision.EXACT:
        slot = replace(slot, on=slot.on.replace(day=1))
    if slot.precision is calendar.Precision.EXACT and slot.at is None:
        raise SomethingMissing("planned_at", _("An exact date needs its time, such as 9:30am."))
    try:
        slot.due_at  # noqa: B018  # asked for its refusals alone
    except ValueError as error:
        raise SlotRefused("planned_at", str(error)) from error
    return slot


def moved(
    was: Slot, *, on: date | None, at: time | None, precision: calendar.Precision, usual_time: time
) -> Slot | None:
    """Return the slot that a person asks for beside the one that was, or None if they ask for no other.

    An exact date keeps its time unless another is given; one that was vague takes the usual time.

    :raises SomethingMissing: if a vague date becomes exact without its day.
    """
    if on is None and at is None and precision is was.precision:
        return None
    if precision is not calendar.Precision.EXACT:
        return replace(was, on=on or was.on, at=None, precision=precision)
    if on is None and was.precision is not precision:
        raise SomethingMissing("planned_on", _("An exact date needs its day."))
    return replace(was, on=on or was.on, at=at or was.at or usual_time, precision=precision)


def check_time(slot: Slot, series: Series, *, rehearsal: bool) -> None:
    """Require the release time of the series; a rehearsal may be due at any minute.

    Source: Code of Practice for Statistics, edition 2.1, T3.6: 9.30am, or the one other time that was approved.

    :raises SlotRefused: if it is another time.
    """
    if rehearsal or slot.due_at is None:
        return
    local = london.in_london(slot.due_at).time()
    if local != series.release_time:
        sentence = _(
            "%(time)s is not the release time of this series, which is %(usual)s; another time needs the approval "
            "recorded on the series."
        ) % {"time": calendar.time_of_day(local), "usual": calendar.time_of_day(series.release_time)}
        raise SlotRefused("planned_at", sentence)


def check_day(slot: Slot, series: Series, *, rehearsal: bool) -> None:
    """Require a working day of the producer's nation; a rehearsal may be due on any day.

    :raises SlotRefused: if it is a weekend or a bank holiday, which is named.
    """
    objection = calendar.no_release_day(slot.on, nation=Nation(series.producer.nation))
    if objection and not rehearsal:
        raise SlotRefused("planned_on", objection)


def check_notice(on: date, *, reason: str, at: datetime) -> None:
    """Require a reason for confirming a date less than four weeks ahead.

    Source: Code of Practice for Statistics, edition 2.1, T3.1 (3.0: 3.1): four weeks ahead, where practicable.

    :param at: the aware instant of confirming.
    :raises SomethingMissing: if the notice is short and no reason is given.
    """
    if reason.strip() or not calendar.is_short_notice(on, given_at=at):
        return
    days = calendar.days_of_notice(on, given_at=at)
    if days < 0:
        sentence = _("Give the reason for less than four weeks' notice: its date is past.")
    else:
        sentence = ngettext(
            "Give the reason for less than four weeks' notice: this gives %(days)s day of notice.",
            "Give the reason for less than four weeks' notice: this gives %(days)s days of notice.",
            days,
        ) % {"days": days}
    raise SomethingMissing("reason", sentence)


def fields_of(slot: Slot) -> dict[str, Any]:
    """Return the values of a release's own fields for a usable slot."""
    return {
        "planned_on": slot.on,
        "planned_at": slot.at,
        "precision": slot.precision,
        "zone": slot.zone,
        "due_at": slot.due_at,
    }
