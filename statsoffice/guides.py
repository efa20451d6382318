"""The guides for each role, and the pages that every footer links to."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases.permissions import Person, roles_anywhere
from releases.rules.lifecycle import LEADS, Role
from statsoffice.middleware import WRITER


class Guide(StrEnum):
    """A short guide. The value is part of the URL of the guide."""

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
        lazy("Guide for statisticians and publishing teams"),
        lazy("What to do before the release day, at 9:30am and if we draft a breach report"),
    ),
    Guide.HEAD_OF_PROFESSION: GuideText(
        LEADS,
        lazy("Guide for Heads of Profession and deputies"),
        lazy("Your tasks, early releases and decisions on breach reports"),
    ),
    Guide.CALENDAR_MANAGER: GuideText(
        frozenset({Role.CALENDAR_MANAGER}),
        lazy("Guide for calendar managers"),
        lazy("Add, announce and confirm releases, and change dates"),
    ),
}


RESTRICTED_PAGES: dict[str, tuple[str, ...]] = {
    "changes_link": ("releases:changes_waiting",),
    "early_link": ("early_releases:early_releases",),
    "past_years_link": ("exchange:year_reviews",),
    "imports_link": ("exchange:imports",),
    "govuk_link": ("exchange:import_listing", "govuk"),
    "ons_link": ("exchange:import_listing", "ons"),
    "announcement_link": ("exchange:from_govuk",),
}
"""The pages that auditors cannot open. The keys are the names of the links in the templates of the guides."""


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
        raise Http404("There is no such guide for this person.")
    found = Guide(guide)
    may_open = bool(roles_anywhere(request.user) & (GUIDES[found].roles | LEADS))
    links = {
        name: format_html('<a class="govuk-link" href="{}">', reverse(page, args=of)) if may_open else ""
        for name, (page, *of) in RESTRICTED_PAGES.items()
    }
    context = {"title": GUIDES[found].title, "link_end": mark_safe("</a>") if may_open else "", **links}
    return render(request, f"guides/{found.name.lower()}.html", context)


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    return render(request, "guides/accessibility.html", {"contact": settings.ACCESSIBILITY_CONTACT})


@require_safe
def contact(request: HttpRequest) -> HttpResponse:
    return render(request, "guides/contact.html", {"contact": settings.CONTACT})


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    found = (
        (settings.SESSION_COOKIE_NAME, _("Keeps you signed in"), _("When you close your browser, or after 12 hours")),
        (settings.CSRF_COOKIE_NAME, _("Protects forms from being sent by other websites"), _("1 year")),
        (WRITER, _("Returns your unsaved answers to you and no one else"), _("1 month")),
    )
    return render(request, "guides/cookies.html", {"cookies": found})


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    context = {
        "contact": settings.CONTACT,
        "messages_days": settings.MESSAGES_KEPT.days,
        "details_days": settings.FORMER_DETAILS_KEPT.days,
        "names_days": settings.PRE_RELEASE_NAMES_KEPT.days,
    }
    return render(request, "guides/privacy.html", context)
