"""The phone rota: the contacts to call about a release, and the contacts who did not answer."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, time
from enum import StrEnum

from releases.rules.calendar import NEVER_CLOSED, ClosedDays, Nation, is_working_day


class RotaDays(StrEnum):
    EVERY_DAY = "every_day"
    CLOSED_DAYS = "closed_days"


@dataclass(frozen=True, slots=True)
class RotaPlace:
    """The place of one contact in the rota of a series.

    `contact` is the primary key of the contact. `at` is the London release time for which the contact is called. If
    `at` is None, the contact is called for every release time.
    """

    contact: int
    order: int
    at: time | None = None
    days: RotaDays = RotaDays.EVERY_DAY


def find_call_list(
    rota: Collection[RotaPlace], *, at: time, on: date, nation: Nation, closed: ClosedDays = NEVER_CLOSED
) -> tuple[int, ...]:
    """Return the primary keys of the contacts to call about a release, in phone order and without duplicates.

    A rota can have several lists, and only one of them is used. On a day when the office is closed, a list for closed
    days takes precedence. Among lists for the same days, the list for the release time takes precedence over the list
    for every time.

    :param at: the release time in London.
    :param on: the day of the release in London.
    :param closed: the days on which the office is closed, besides weekends and bank holidays.
    """
    if not rota:
        return ()
    days = [RotaDays.EVERY_DAY]
    if not is_working_day(on, nation=nation, closed=closed):
        days.insert(0, RotaDays.CLOSED_DAYS)
    for which in days:
        for hour in (at, None):
            chosen = [place for place in rota if (place.days, place.at) == (which, hour)]
            if chosen:
                chosen.sort(key=lambda place: place.order)
                return tuple(dict.fromkeys(place.contact for place in chosen))
    return ()


NO_ANSWER, NO_ANSWER_UNDONE = CALL_EVENTS = ("no_answer", "no_answer_undone")


def find_contacts_without_answer[E](events: Iterable[tuple[str, int, E]]) -> dict[int, E]:
    """Return the event for each contact who did not answer, keyed by the contact's primary key.

    :param events: tuples of an event's kind, the contact's primary key and the event, in order of time. All kinds are
        in `CALL_EVENTS`.
    """
    found: dict[int, E] = {}
    for kind, contact, event in events:
        if kind == NO_ANSWER:
            found.setdefault(contact, event)
        else:
            found.pop(contact, None)
    return found
