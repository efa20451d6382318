"""The roles that may invite people, and those that may read the audit trail."""

from enum import StrEnum

from django.db.models import QuerySet

from releases.models import Producer
from releases.permissions import Person, producers_with, roles_of
from releases.rules.lifecycle import KEEPERS, LEADS, Role


class Action(StrEnum):
    INVITE = "invite"


class TrailAction(StrEnum):
    READ = "read"


# Which roles a person may grant depends on all tables together: invitations.may_grant().
TABLE: dict[Action, frozenset[Role]] = {Action.INVITE: KEEPERS}
TRAIL_TABLE: dict[TrailAction, frozenset[Role]] = {TrailAction.READ: LEADS | {Role.AUDITOR}}


def administers_people(person: Person) -> bool:
    """Return whether a person manages accounts and roles in the admin site, and so may grant every role."""
    return person.is_active and person.has_perms(["accounts.add_user", "releases.add_membership"])


def producers_invited_to(person: Person) -> QuerySet[Producer]:
    if administers_people(person):
        return Producer.objects.all()
    return producers_with(person, TABLE[Action.INVITE])


def inviting_roles(person: Person, producer: Producer) -> frozenset[Role]:
    """Return the roles of a person that let them invite others to a producer."""
    return TABLE[Action.INVITE] & roles_of(person, producer)
