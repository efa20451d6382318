"""Who to call about a release: contacts in phone order by release time and day, and those who did not answer."""

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
    """The place of one contact, by key, in the rota of a series.

    `at` is a London time of day; None means every release time.
    """

    contact: int
    order: int
    at: time | None = None
    days: RotaDays = RotaDays.EVERY_DAY


def find_call_list(
    rota: Collection[RotaPlace], *, at: time, on: date, nation: Nation, closed: ClosedDays = NEVER_CLOSED
) -> tuple[int, ...]:
    """Return the contacts to call about a release, by key, in phone order; each once.

    Exactly one list of the rota is used. On a day when the office is closed, a list for closed days takes precedence.
    Among lists for the same days, the list for the release time takes precedence over the list for every time.

    :param at: the release time in London.
    :param on: the day of the release in London.
    :param closed: the days on which the office is closed, besides weekends and bank holidays.
    """
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
    """Return the contacts who did not answer, each with the event that says so.

    :param events: the kind, the contact's key and the event itself, of the kinds in `CALL_EVENTS`, in order.
    """
    found: dict[int, E] = {}
    for kind, contact, event in events:
        if kind == NO_ANSWER:
            found.setdefault(contact, event)
        else:
            found.pop(contact, None)
    return found
