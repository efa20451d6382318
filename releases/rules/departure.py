"""Departures from the rules for release times and days, such as a release at a weekend or a release at once."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from releases.rules import calendar
from releases.rules.calendar import Nation, Slot
from releases.rules.lifecycle import FieldRefused, MissingFields

# A release at once must be due within this time. The next day is allowed, because the decision may be made shortly
# before midnight.
AT_ONCE_WITHIN = timedelta(hours=24)


class DepartureKind(StrEnum):
    """Why a release departs from the rules. The values are stored."""

    OSR_AGREEMENT = "osr_agreement"
    BANK_HOLIDAY = "bank_holiday"
    AT_ONCE = "at_once"


class SlotRefused(FieldRefused):
    """A release cannot be announced for this date or time. `field` is the name of the invalid field."""


@dataclass(frozen=True, slots=True)
class Grounds:
    """The grounds that people enter for a departure.

    :ivar osr_reference: the reference of OSR's written agreement to this release.
    :ivar osr_agreed_on: the date of this agreement.
    :ivar bank_holiday_reason: the public reason for a release on a bank holiday, given by the Head of Profession or a
        deputy.
    :ivar osr_told_at: the aware instant at which OSR was informed of a release at once, after a leak or a public
        statement.
    """

    osr_reference: str = ""
    osr_agreed_on: date | None = None
    bank_holiday_reason: str = ""
    osr_told_at: datetime | None = None

    @property
    def names_agreement(self) -> bool:
        return bool(self.osr_reference.strip()) or self.osr_agreed_on is not None


NO_GROUNDS = Grounds()


@dataclass(frozen=True, slots=True)
class Departures:
    """How the slot of a release departs from the rules.

    Statistics are released at a standard time on a weekday. Other times and weekends need OSR's agreement. A bank
    holiday counts as a weekday, so a release on a bank holiday needs a reason but no agreement.

    Sources: Code of Practice for Statistics, edition 2.1, T3.6 (3.0: 3.6); OSR's policy on alternative release times (5
    May 2022).

    :ivar series_time: the release time of the series, if the slot is at a different time.
    :ivar holiday: the name of the bank holiday; empty on other days.
    """

    slot: Slot
    series_time: time | None = None
    is_weekend: bool = False
    holiday: str = ""

    @property
    def needs_agreement(self) -> bool:
        return self.series_time is not None or self.is_weekend


def find_departures(slot: Slot, *, series_time: time, nation: Nation) -> Departures:
    """Check whether a slot is at an unusual time for its series, on a weekend or on a bank holiday.

    A slot without an exact date and time has no departures.

    :param series_time: the release time of the series in London.
    """
    if slot.due_at is None:
        return Departures(slot)
    local = calendar.in_london(slot.due_at)
    day = local.date()
    is_weekend = day.weekday() >= calendar.SATURDAY
    return Departures(
        slot=slot,
        series_time=series_time if local.time() != series_time else None,
        is_weekend=is_weekend,
        holiday="" if is_weekend else calendar.bank_holidays(day.year, nation=nation).get(day, ""),
    )


def check_agreement(departures: Departures, grounds: Grounds, *, required: bool, today: date) -> None:
    """Check that OSR's agreement is given if the departures need it.

    :param required: whether the agreement must be given now. If not, the agreement is optional.
    :param today: the London day on which the agreement is recorded.
    :raises SlotRefused: if the agreement is required and not given at all.
    :raises MissingFields: if the reference or the date of the agreement is missing.
    :raises FieldRefused: if the date of the agreement is in the future, or the slot needs no agreement.
    """
    if not grounds.names_agreement:
        if required:
            raise _refuse_without_agreement(departures)
        return
    if not departures.needs_agreement:
        sentence = f"Leave this empty. {departures.slot} is on a weekday at the usual time of the series."
        raise FieldRefused("osr_reference" if grounds.osr_reference.strip() else "osr_agreed_on", sentence)
    check_complete_agreement(grounds, today=today)


def check_complete_agreement(grounds: Grounds, *, today: date) -> None:
    """Check that OSR's agreement has its reference and its date, and that the date is not in the future.

    :raises MissingFields: if the reference or the date is missing.
    :raises FieldRefused: if the date is after `today`.
    """
    if not grounds.osr_reference.strip():
        raise MissingFields("osr_reference", "Enter the reference of OSR’s written agreement.")
    if grounds.osr_agreed_on is None:
        raise MissingFields("osr_agreed_on", "Enter the date of OSR’s written agreement.")
    if grounds.osr_agreed_on > today:
        raise FieldRefused("osr_agreed_on", "The date of OSR’s written agreement must not be in the future.")


def _refuse_without_agreement(departures: Departures) -> SlotRefused:
    slot = departures.slot
    if departures.is_weekend:
        day = calendar.format_weekday(slot.on)
        sentence = (
            f"{day} is not a weekday. Choose another day, or enter the reference and date of OSR’s written agreement "
            "to this release."
        )
        return SlotRefused("planned_on", sentence)
    assert slot.at is not None and departures.series_time is not None  # noqa: S101, PT018  # no other needs it
    at, usual = calendar.time_of_day(slot.at), calendar.time_of_day(departures.series_time)
    sentence = (
        f"{at} is not the release time of this series, which is {usual}. Choose that time, or enter the reference and "
        "date of OSR’s written agreement to this release."
    )
    return SlotRefused("planned_at", sentence)


def check_holiday_reason(departures: Departures, grounds: Grounds, *, required: bool, is_lead: bool) -> None:
    """Check the reason for a release on a bank holiday.

    :param is_lead: whether the person is a Head of Profession or a deputy. Other people may not give the reason.
    :raises SlotRefused: if the reason is needed and missing, or the person may not give it.
    :raises FieldRefused: if a reason is given and the day is not a bank holiday.
    """
    reason = grounds.bank_holiday_reason.strip()
    if reason and not departures.holiday:
        raise FieldRefused("bank_holiday_reason", f"Leave this empty. {departures.slot} is not on a bank holiday.")
    if not departures.holiday or not (required or reason):
        return
    day = f"{calendar.format_weekday(departures.slot.on)} is a bank holiday ({departures.holiday})."
    if not is_lead:
        sentence = f"{day} Only the Head of Profession or a deputy can give the reason for a release on that day."
        raise SlotRefused("bank_holiday_reason" if reason else "planned_on", sentence)
    if not reason:
        raise SlotRefused("planned_on", f"{day} Choose another day, or give the reason for a release on that day.")


def check_at_once(
    due_at: datetime | None, grounds: Grounds, *, was_due_at: datetime | None, reason: str, at: datetime
) -> None:
    """Check the decision to release at once, after a leak or a public statement.

    :param was_due_at: the current due time. If it is in the future, the new time must be earlier. A release at
        once needs neither OSR's agreement nor a reason for a bank holiday, so it must not be used to postpone a
        release.
    :param reason: the public reason.
    :param at: the instant of the decision.
    :raises MissingFields: if the public reason is missing.
    :raises FieldRefused: if the new time is past, more than 24 hours away or not earlier, or if the time at which OSR
        was informed is in the future.
    """
    if not reason.strip():
        raise MissingFields("reason", "Enter the public reason.")
    if due_at is None or due_at <= at:
        sentence = f"This time has passed. Enter a time after {calendar.time_of_day(calendar.in_london(at).time())}."
        raise FieldRefused("planned_at", sentence)
    if due_at > at + AT_ONCE_WITHIN:
        raise FieldRefused("planned_at", "Enter a time within 24 hours, or change the date instead.")
    if was_due_at is not None and at < was_due_at <= due_at:
        sentence = f"The release is already due at {calendar.format_moment(was_due_at)}. Enter an earlier time."
        raise FieldRefused("planned_at", sentence)
    if grounds.osr_told_at is not None and grounds.osr_told_at > at:
        sentence = "The time at which you informed OSR must not be in the future. Inform OSR before you decide."
        raise FieldRefused("osr_told_at", sentence)
