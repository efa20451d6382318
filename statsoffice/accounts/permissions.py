"""Permissions to invite people, read the audit trail and issue API tokens, and a matrix of all permissions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import QuerySet

from breaches import permissions as breach_permissions
from breaches.rules.lifecycle import REPORT
from releases import permissions as release_permissions
from releases.models import Producer
from releases.permissions import Person, producers_with_standing_role, standing_roles_of
from releases.rules.date_change import REQUEST
from releases.rules.imports import IMPORT
from releases.rules.lifecycle import KEEPERS, LEADS, RELEASE, Lifecycle, Role
from releases.rules.pre_release import ACCESS
from releases.rules.pre_release import REQUEST as ACCESS_REQUEST


class Action(StrEnum):
    INVITE = "invite"


class TrailAction(StrEnum):
    READ = "read"


class TokenAction(StrEnum):
    ISSUE = "issue"
    REVOKE = "revoke"


# This table says who may invite people. `invitations.may_grant` says which roles a person may grant.
TABLE: dict[Action, frozenset[Role]] = {Action.INVITE: KEEPERS}
TRAIL_TABLE: dict[TrailAction, frozenset[Role]] = {TrailAction.READ: LEADS | {Role.AUDITOR}}
TOKEN_TABLE: dict[TokenAction, frozenset[Role]] = {
    # A token can read and change data in the name of its issuer for up to a year, and so outlasts any cover. People who
    # cover have the role of a deputy, so deputies may not issue tokens.
    TokenAction.ISSUE: frozenset({Role.HEAD_OF_PROFESSION}),
    # A leaked token must be revoked at once, even while the Head of Profession is away, so deputies may revoke tokens.
    TokenAction.REVOKE: LEADS,
}


# The Django permissions of people who manage accounts and roles in the admin site.
OF_ADMINISTRATORS = ("accounts.add_user", "releases.add_membership")


def administers_people(person: Person) -> bool:
    """Return whether a person may manage accounts and roles in the admin site. If so, they may grant every role."""
    return person.is_active and person.has_perms(OF_ADMINISTRATORS)


def producers_invited_to(person: Person) -> QuerySet[Producer]:
    if administers_people(person):
        return Producer.objects.all()
    return producers_with_standing_role(person, TABLE[Action.INVITE])


def inviting_roles(person: Person, producer: Producer) -> frozenset[Role]:
    """Return the roles that allow a person to invite others to a producer. Roles held as cover do not count."""
    return TABLE[Action.INVITE] & standing_roles_of(person, producer)


@dataclass(frozen=True, slots=True)
class Row:
    """An action on one kind of object, with the states in which it is possible and the roles that may do it.

    If `states` is empty, the action is possible in every state. Superusers are not included, because they have no role.
    """

    subject: str
    action: str
    states: tuple[str, ...]
    roles: frozenset[Role]


def rows() -> tuple[Row, ...]:
    """Return the rows of the permission matrix: all actions in the tables, and all moves that people may make."""
    return (
        *_actions("a release", release_permissions.TABLE),
        *_moves("a release", RELEASE),
        *_moves("a request for another date", REQUEST),
        *_moves("an import", IMPORT),
        *_moves("an entry of a pre-release access list", ACCESS),
        *_moves("a request for a change of such a list", ACCESS_REQUEST),
        *_actions("a report", breach_permissions.TABLE),
        *_moves("a report", REPORT),
        *_actions("a person", TABLE),
        *_actions("the audit trail", TRAIL_TABLE),
        *_actions("an API token", TOKEN_TABLE),
    )


def includes(role: Role, other: Role) -> bool:
    return all(role in row.roles for row in rows() if other in row.roles)


def _actions[A: StrEnum](subject: str, table: Mapping[A, frozenset[Role]]) -> Iterator[Row]:
    return (Row(subject, str(action), (), roles) for action, roles in table.items())


def _moves(subject: str, lifecycle: Lifecycle) -> Iterator[Row]:
    """Return rows for the moves of a lifecycle that people may make.

    Moves with the same name and the same roles share one row. Moves that only the system makes are left out.
    """
    states: dict[tuple[str, frozenset[Role]], list[str]] = {}
    for move in lifecycle.moves:
        if move.roles:
            states.setdefault((move.name, move.roles), []).append(str(move.source))
    return (Row(subject, name, tuple(sources), roles) for (name, roles), sources in states.items())
