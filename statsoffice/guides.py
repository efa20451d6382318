"""The pages of the guides and the accessibility statement, and the roles of each guide."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases.permissions import Person, roles_anywhere
from releases.rules.lifecycle import LEADS, Role


class Guide(StrEnum):
    """One short guide; its value is a part of its address."""

    STATISTICIAN = "statistician"
    HEAD_OF_PROFESSION = "head-of-profession"
    CALENDAR_MANAGER = "calendar-manager"


@dataclass(frozen=True, slots=True)
class GuideText:
    """The roles for which a guide is written, its title and its summary."""

    roles: frozenset[Role]
    title: Any
    summary: Any


GUIDES: dict[Guide, GuideText] = {
    Guide.STATISTICIAN: GuideText(
        frozenset({Role.STATISTICIAN, Role.PUBLISHING_TEAM}),
        lazy("For statisticians and publishing teams"),
        lazy("Before the day, at half past nine, and the breach report if one is drafted"),
    ),
    Guide.HEAD_OF_PROFESSION: GuideText(
        LEADS,
        lazy("For Heads of Profession and deputies"),
        lazy("What waits for your agreement, and the three decisions on a breach report"),
    ),
    Guide.CALENDAR_MANAGER: GuideText(
        frozenset({Role.CALENDAR_MANAGER}),
        lazy("For calendar managers"),
        lazy("Announce, confirm and change dates, and fill the calendar from a file"),
    ),
}


def guides_for(person: Person) -> list[Guide]:
    """Return the guides for the roles of a person. Heads of Profession, deputies and auditors read all guides."""
    roles = roles_anywhere(person)
    if roles & (LEADS | {Role.AUDITOR}):
        return list(Guide)
    return [guide for guide, written in GUIDES.items() if written.roles & roles]


@login_required
@require_safe
def guide_list(request: HttpRequest) -> HttpResponse:
    guides = guides_for(request.user)
    rows = [{"guide": guide, "title": GUIDES[guide].title, "summary": GUIDES[guide].summary} for guide in guides]
    return render(request, "guides/guides.html", {"rows": rows})


@login_required
@require_safe
def guide(request: HttpRequest, guide: str) -> HttpResponse:
    if guide not in guides_for(request.user):
        raise Http404("There is no such guide for them.")
    found = Guide(guide)
    return render(request, f"guides/{found.name.lower()}.html", {"title": GUIDES[found].title})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "guides/accessibility.html", {"contact": settings.ACCESSIBILITY_CONTACT})
