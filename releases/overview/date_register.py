"""The register of changes of date: every one of a person's producers, the latest first."""

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce, TruncDate

from releases.core.dates import london
from releases.core.dates.calendar import Precision
from releases.models import DateChange, Producer
from releases.permissions import Action, Person, producers_where

MADE_AT = Coalesce(F("agreed_at"), F("requested_at"))


def producers_of(person: Person) -> QuerySet[Producer]:
    """Return the producers whose changes a person may read."""
    return producers_where(person, Action.VIEW)


def changes_of(person: Person, *, producer: str = "", on_the_day: bool = False) -> QuerySet[DateChange]:
    """Return the changes of date that a person may read, the latest first; rehearsals have none.

    :param producer: the slug of the one producer that is asked about, or nothing for all.
    :param on_the_day: whether only those made on the day of release, as it was or as it is, are asked about; it is
        what `marks` marks so.
    """
    found: QuerySet[DateChange] = DateChange.objects.filter(
        release__series__producer__in=producers_of(person), release__rehearsal=False
    )
    if producer:
        found = found.filter(release__series__producer__slug=producer)
    if on_the_day:
        found = made_on_the_day(found)
    people = found.select_related("release__series__producer", "requested_by", "agreed_by")
    return people.prefetch_related("corrections").order_by(MADE_AT.desc(), "-pk")


def made_on_the_day(changes: QuerySet[DateChange]) -> QuerySet[DateChange]:
    """Leave the changes made on the day of release, as it was or as it is; `made_on` is that day, in London."""
    return changes.annotate(made_on=TruncDate(MADE_AT, tzinfo=london.LONDON)).filter(
        Q(was_precision=Precision.EXACT, was_on=F("made_on")) | Q(to_precision=Precision.EXACT, to_on=F("made_on"))
    )
