"""Whose doings somebody may look through: those of the people and producers that they audit or lead."""

from collections.abc import Iterable
from dataclasses import dataclass

from releases.models import Membership, Producer
from releases.permissions import Person, producers_with
from statsoffice.audit.permissions import TABLE, Action


@dataclass(frozen=True, slots=True)
class Scope:
    """Producers, and everybody who holds or held a role for one of them."""

    person: Person
    producers: frozenset[int]
    people: frozenset[int]
    is_narrowed: bool


def producers_audited_by(person: Person) -> "list[Producer]":
    """Return the producers whose trail a person may read, by name."""
    return list(producers_with(person, TABLE[Action.READ]).order_by("name"))


def scope_of(person: Person, producers: Iterable[Producer], *, is_narrowed: bool) -> Scope:
    """Return what belongs to some of the producers that a person audits.

    :param is_narrowed: whether these are fewer than all of them, so that what belongs to no producer is left out.
    """
    keys = frozenset(producer.pk for producer in producers)
    people: set[int] = set()
    for rows in (Membership.objects.all(), Membership.history.all()):
        people.update(rows.filter(producer__in=keys).values_list("user_id", flat=True))
    return Scope(person=person, producers=keys, people=frozenset(people), is_narrowed=is_narrowed)
