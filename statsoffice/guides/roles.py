"""Which guide is written for whom."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as lazy

from releases.permissions import Person, roles_anywhere
from releases.rules.lifecycle import LEADS, Role


class Guide(StrEnum):
    """One short guide; its value is a part of its address."""

    STATISTICIAN = "statistician"
    HEAD_OF_PROFESSION = "head-of-profession"
    CALENDAR_MANAGER = "calendar-manager"


@dataclass(frozen=True, slots=True)
class Written:
    """For which roles a guide is written, and what it is called and tells."""

    roles: frozenset[Role]
    title: Any
    tells: Any


GUIDES: dict[Guide, Written] = {
    Guide.STATISTICIAN: Written(
        frozenset({Role.STATISTICIAN, Role.PUBLISHING_TEAM}),
        lazy("For statisticians and publishing teams"),
        lazy("Before the day, at half past nine, and the breach report if one is drafted"),
    ),
    Guide.HEAD_OF_PROFESSION: Written(
        LEADS,
        lazy("For Heads of Profession and deputies"),
        lazy("What waits for your agreement, and the three decisions on a breach report"),
    ),
    Guide.CALENDAR_MANAGER: Written(
        frozenset({Role.CALENDAR_MANAGER}),
        lazy("For calendar managers"),
        lazy("Announce, confirm and change dates, and fill the calendar from a file"),
    ),
}


def guides_for(person: Person) -> list[Guide]:
    """Return the guides that are written for the roles of a person, in the order of the list.

    Whoever leads an office, or looks at it as its auditor, is shown what all of its people do.
    """
    roles = roles_anywhere(person)
    if roles & (LEADS | {Role.AUDITOR}):
        return list(Guide)
    return [guide for guide, written in GUIDES.items() if written.roles & roles]
