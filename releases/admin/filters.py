"""The filters of the release list: by day and by verdict."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from releases import london
from releases.models import Release
from releases.verdict import Outcome

# Days from today on London's calendar, first and last.
SPANS = {
    "yesterday": ("Yesterday", -1, -1),
    "today": ("Today", 0, 0),
    "tomorrow": ("Tomorrow", 1, 1),
    "past-week": ("Past 7 days", -7, -1),
    "next-week": ("Next 7 days", 0, 6),
    "next-four-weeks": ("Next 4 weeks", 0, 27),
}
NOT_LOOKED_AT = "none"


class DayFilter(admin.SimpleListFilter):
    """Releases by their day in London; those known to the month only are on no day."""

    title = "day"
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the spans of days."""
        return [(name, words) for name, (words, _, _) in SPANS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the releases of the chosen span."""
        if self.value() not in SPANS:
            return queryset
        today = london.local_date(timezone.now())
        _, first, last = SPANS[self.value() or ""]
        days = (today + timedelta(days=first), today + timedelta(days=last))
        return queryset.filter(due_at__isnull=False, planned_on__range=days)


class VerdictFilter(admin.SimpleListFilter):
    """Releases by the verdict on their present schedule."""

    title = "verdict"
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return every outcome, and none."""
        outcomes = [(outcome.value, outcome.value.replace("_", " ").capitalize()) for outcome in Outcome]
        return [*outcomes, (NOT_LOOKED_AT, "Not looked at")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the releases with the chosen verdict."""
        chosen = self.value()
        if chosen == NOT_LOOKED_AT:
            return queryset.filter(Q(verdict__isnull=True))
        return queryset.filter(Q(verdict=chosen)) if chosen else queryset
