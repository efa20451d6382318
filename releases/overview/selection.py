"""Which of the releases that a person may see are listed: by words, producer, series, status and days."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from releases.models import Producer, Release, Series
from releases.permissions import Action, Person, producers_where


@dataclass(frozen=True, slots=True)
class Selection:
    """What is asked for; None and "" ask for nothing. A vague release counts as on the day that stands
    for its month."""

    words: str = ""
    producer: Producer | None = None
    series: Series | None = None
    status: str = ""
    first: date | None = None
    last: date | None = None


def selected(selection: Selection, *, by: Person) -> QuerySet[Release]:
    """Return the releases that are asked for, of the producers that a person may view, in the order of their days."""
    found = Release.objects.filter(series__producer__in=producers_where(by, Action.VIEW))
    for word in selection.words.split():
        named = Q(title__icontains=word) | Q(reference__icontains=word) | Q(series__title__icontains=word)
        found = found.filter(named | Q(series__producer__name__icontains=word))
    asked = {
        "series__producer": selection.producer,
        "series": selection.series,
        "status": selection.status,
        "planned_on__gte": selection.first,
        "planned_on__lte": selection.last,
    }
    found = found.filter(**{name: value for name, value in asked.items() if value})
    return found.select_related("series__producer").order_by("planned_on", "due_at", "reference")
