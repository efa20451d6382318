"""Who may invite people: one row of roles; which roles somebody gives follows from all the tables together."""

from enum import StrEnum

from django.db.models import QuerySet

from releases.models import Producer
from releases.permissions import Person, producers_with, roles_of
from releases.rules.lifecycle import KEEPERS, Role


class Action(StrEnum):
    INVITE = "invite"


# Whoever invites gives no role that may do what they may not: permission_matrix.includes().
TABLE: dict[Action, frozenset[Role]] = {Action.INVITE: KEEPERS}


def administers_people(person: Person) -> bool:
    """Tell whether a person keeps accounts and memberships in the admin site, and so invites anybody to anything."""
    return person.is_active and person.has_perms(["accounts.add_user", "releases.add_membership"])


def producers_invited_to(person: Person) -> QuerySet[Producer]:
    if administers_people(person):
        return Producer.objects.all()
    return producers_with(person, TABLE[Action.INVITE])


def inviting_roles(person: Person, producer: Producer) -> frozenset[Role]:
    """Return the roles by which a person invites others to a producer; empty if they may not."""
    return TABLE[Action.INVITE] & roles_of(person, producer)
