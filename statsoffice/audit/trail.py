"""The trail itself: entries of every source, narrowed as somebody asks, the latest first."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, QuerySet, Value

from statsoffice.accounts.models import User
from statsoffice.audit.scope import Scope
from statsoffice.audit.sources import SOURCES, Kind, timed
from statsoffice.audit.wording import told

# When something happened, the name of the source, and the key of the row there.
type Place = tuple[datetime, str, int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None asks for nothing.

    `first` and `last` are aware instants, both included; `person` is whose doing it was.
    """

    kind: Kind | None = None
    person: int | None = None
    first: datetime | None = None
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the trail: when, who, of which kind, and what in words."""

    at: datetime
    who: str
    kind: Kind
    what: str


def places(wanted: Wanted, scope: Scope) -> "QuerySet[Any, Place]":
    """Return when, in which source and under which key each wanted entry stands, the latest first."""
    asked: dict[str, Any] = {"whose": wanted.person, "when__gte": wanted.first, "when__lte": wanted.last}
    conditions = {name: value for name, value in asked.items() if value is not None}
    found = [
        timed(source, scope)
        .filter(**conditions)
        .annotate(place=Value(source.name, output_field=CharField()))
        .values_list("when", "place", "pk")
        for source in SOURCES.values()
        if wanted.kind in {None, source.kind}
    ]
    joined: QuerySet[Any, Place] = found[0].union(*found[1:], all=True).order_by("-when", "place", "-pk")
    return joined


def entries(found: Sequence[Place], scope: Scope) -> list[Entry]:
    """Read the entries that stand at some places, in their order."""
    keys = defaultdict(set)
    for _when, place, key in found:
        keys[place].add(key)
    rows = {place: timed(SOURCES[place], scope).in_bulk(list(wanted)) for place, wanted in keys.items()}
    names = _names(row.whose for by_key in rows.values() for row in by_key.values())
    return [
        Entry(
            at=when,
            who=names.get(rows[place][key].whose, ""),
            kind=SOURCES[place].kind,
            what=told(place, rows[place][key]),
        )
        for when, place, key in found
    ]


def _names(people: Iterable[int | None]) -> dict[int | None, str]:
    found = User.objects.filter(pk__in={person for person in people if person})
    return {person.pk: str(person) for person in found}
