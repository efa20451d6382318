"""The filters of the release list: by concern, day, month, status, verdict, producer and series."""

from datetime import date, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as lazy

from releases import permissions
from releases.core.dates import london
from releases.core.judging.verdict import Outcome
from releases.core.status import OPEN, Status
from releases.models import Release, Series, Verification
from releases.models.release import ReleaseQuerySet
from releases.overview import attention
from releases.overview.attention import Concern
from releases.permissions import Action
from releases.words import attention_wording
from releases.words.wording import OUTCOMES

# Days from today on London's calendar, first and last.
SPANS = {
    "yesterday": (lazy("Yesterday"), -1, -1),
    "today": (lazy("Today"), 0, 0),
    "tomorrow": (lazy("Tomorrow"), 1, 1),
    "past-week": (lazy("Past 7 days"), -7, -1),
    "next-week": (lazy("Next 7 days"), 0, 6),
    "next-four-weeks": (lazy("Next 4 weeks"), 0, 27),
}
LACKS = {
    "page": (lazy("No page"), Q(has_page=False)),
    "contact": (lazy("No contact"), Q(series__responsible=None)),
    "head": (lazy("No Head of Profession"), Q(series__head_of_profession=None)),
}
NOT_LOOKED_AT = "none"
STATUSES = {
    Status.PROVISIONAL: (lazy("Provisional"), "yellow"),
    Status.CONFIRMED: (lazy("Confirmed"), "blue"),
    Status.PUBLISHED: (lazy("Published"), "green"),
    Status.CANCELLED: (lazy("Cancelled"), "grey"),
}

type Choices = list[tuple[str, Any]]


class AttentionFilter(admin.SimpleListFilter):
    """Releases that need attention, for one reason: what the warnings of the index and the desk lead to."""

    title = lazy("what needs attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return every concern."""
        return [(concern.value, attention_wording.TITLES[concern]) for concern in Concern]

    def queryset(self, request: HttpRequest, queryset: ReleaseQuerySet) -> QuerySet[Release]:  # type: ignore[override]  # releases only
        """Return exactly the releases that a warning counts."""
        chosen = self.value()
        if chosen not in set(Concern):
            return queryset
        return attention.narrowed(queryset, Concern(chosen), now=timezone.now())


class LacksFilter(admin.SimpleListFilter):
    """Releases still to come, whenever they are due, by what they lack."""

    title = lazy("what it lacks")
    parameter_name = "lacks"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return what a release may lack."""
        return [(name, words) for name, (words, _) in LACKS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the open releases without it; the list has annotated `has_page`."""
        chosen = self.value()
        return queryset.filter(LACKS[chosen][1], status__in=OPEN) if chosen in LACKS else queryset


class DayFilter(admin.SimpleListFilter):
    """Releases by their day in London; those known to the month only are on no day."""

    title = lazy("day")
    parameter_name = "day"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
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


class StatusFilter(admin.SimpleListFilter):
    """Releases by their status."""

    title = lazy("status")
    parameter_name = "status__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return every status."""
        return [(status.value, label) for status, (label, _) in STATUSES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the releases of the chosen status."""
        return queryset.filter(status=self.value()) if self.value() else queryset


class RehearsalFilter(admin.SimpleListFilter):
    """Rehearsals, or the others."""

    title = lazy("rehearsals")
    parameter_name = "rehearsal__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return yes and no."""
        return [("0", lazy("Without rehearsals")), ("1", lazy("Rehearsals only"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the rehearsals, or the others."""
        return queryset.filter(rehearsal=self.value() == "1") if self.value() in {"0", "1"} else queryset


class VerdictFilter(admin.SimpleListFilter):
    """Releases by the verdict on their present schedule."""

    title = lazy("verdict")
    parameter_name = "verdict"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return every outcome, and none."""
        outcomes: Choices = [(outcome.value, OUTCOMES[outcome][0]) for outcome in Outcome]
        return [*outcomes, (NOT_LOOKED_AT, lazy("Not looked at"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the releases with the chosen verdict."""
        chosen = self.value()
        if chosen == NOT_LOOKED_AT:
            return queryset.filter(~Exists(present_verdicts()))
        return queryset.filter(Exists(present_verdicts().filter(outcome=chosen))) if chosen else queryset


class MonthFilter(admin.SimpleListFilter):
    """Releases by the month for which they are planned."""

    title = lazy("month")
    parameter_name = "month"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the months from the first to the last for which anything of one's own is planned, the last first."""
        planned = attention.theirs(request.user).order_by("planned_on").values_list("planned_on", flat=True)
        first, last = planned.first(), planned.last()
        months = _months_back(last, first) if first and last else []
        return [(f"{month:%Y-%m}", london.month(month)) for month in months]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the releases of the chosen month."""
        try:
            first = date.fromisoformat(f"{self.value()}-01")
        except ValueError:
            return queryset
        return queryset.filter(planned_on__year=first.year, planned_on__month=first.month)


class ProducerFilter(admin.SimpleListFilter):
    """Releases by producer, for those who have more than one."""

    title = lazy("producer")
    parameter_name = "producer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return one's own producers."""
        own = permissions.producers_where(request.user, Action.VIEW)
        return [(str(key), name) for key, name in own.values_list("pk", "name")]

    def has_output(self) -> bool:
        """Offer it where there is a choice, or one was made."""
        return len(self.lookup_choices) > 1 or bool(self.value())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the releases of the chosen producer."""
        chosen = _key(self.value())
        return queryset if chosen is None else queryset.filter(series__producer=chosen)


class SeriesFilter(admin.SimpleListFilter):
    """Releases by series."""

    title = lazy("series")
    parameter_name = "series"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Choices:
        """Return the series of one's own producers."""
        own = Series.objects.filter(producer__in=permissions.producers_where(request.user, Action.VIEW))
        producer = _key(request.GET.get(ProducerFilter.parameter_name))
        if producer is not None:
            own = own.filter(producer=producer)
        return [(str(key), title) for key, title in own.values_list("pk", "title")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Release]) -> QuerySet[Release]:
        """Return the releases of the chosen series."""
        chosen = _key(self.value())
        return queryset if chosen is None else queryset.filter(series=chosen)


def present_verdicts() -> QuerySet[Verification]:
    """Return the verdict on the present schedule of a release that a query outside asks for."""
    return Verification.objects.filter(release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"))


def _key(value: str | None) -> int | None:
    # Longer ones fit into no column of keys.
    return int(value) if value and value.isascii() and value.isdecimal() and len(value) < 19 else None


def _months_back(last: date, first: date) -> list[date]:
    numbers = range(last.year * 12 + last.month - 1, first.year * 12 + first.month - 2, -1)
    return [date(number // 12, number % 12 + 1, 1) for number in numbers]
