"""Permissions on a producer's releases: one table of actions and roles."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from enum import StrEnum
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from releases.models import Membership, Producer
from releases.rules.date_change import ASKERS
from releases.rules.lifecycle import BY_WEIGHT, EVERY_ROLE, KEEPERS, LEADS, Role
from releases.rules.pre_release import LIST_KEEPERS

if TYPE_CHECKING:
    from django.contrib.auth.models import _User  # a name of django-stubs: the model that AUTH_USER_MODEL names

type User = _User
type Person = User | AnonymousUser


class Action(StrEnum):
    VIEW = "view"
    EDIT = "edit"
    ASK_DATE_CHANGE = "ask_date_change"
    CORRECT_REASON = "correct_public_reason"
    POST_DELAY_NOTICE = "post_delay_notice"
    POST_OUTAGE_NOTICE = "post_outage_notice"
    KEEP_EXEMPTIONS = "keep_exemptions"
    RELEASE_AT_ONCE = "release_at_once"
    POSTPONE = "postpone_or_cancel_on_the_day"
    CHANGE_TOLERANCE = "change_tolerance"
    ANSWER = "answer"
    PREFLIGHT = "preflight"
    EXPORT_EVIDENCE = "export_evidence"
    READ_SEALED = "read_sealed_bodies"
    KEEP_ACCESS_LIST = "keep_pre_release_list"
    KEEP_TASKS = "keep_tasks"
    RECORD_CALL = "record_call"
    KNOW_EARLY_FINDINGS = "know_early_findings"
    NAME_INCIDENT_CONTACT = "name_incident_contact"
    RECORD_CORRECTION = "record_correction"


TABLE: dict[Action, frozenset[Role]] = {
    Action.VIEW: EVERY_ROLE,
    Action.EDIT: KEEPERS,
    # The Head of Profession decides on the request: releases/rules/date_change.py.
    Action.ASK_DATE_CHANGE: ASKERS,
    Action.CORRECT_REASON: LEADS,
    # These people are the first to know of a delay and can inform readers.
    Action.POST_DELAY_NOTICE: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM},
    # One notice for all releases of a website that is down: releases/outages.py.
    Action.POST_OUTAGE_NOTICE: LEADS,
    # An exemption covers only later breaches: releases/verdict/release.py.
    Action.KEEP_EXEMPTIONS: LEADS,
    # A release at once, after a leak or a statement in public: releases/rules/departure.py.
    Action.RELEASE_AT_ONCE: LEADS,
    # On the day, when a release cannot come as announced. The moves themselves have their own rows.
    Action.POSTPONE: LEADS,
    # A wider tolerance could hide a breach, so only leads change it; each change is in the history of its series.
    Action.CHANGE_TOLERANCE: LEADS,
    Action.ANSWER: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    Action.PREFLIGHT: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    # Those who may send a report outside may export its evidence. The evidence may show the work of calendar managers
    # and the publishing team, so these may only read it here.
    Action.EXPORT_EVIDENCE: LEADS | {Role.STATISTICIAN, Role.AUDITOR},
    # A page that was found early is under embargo, so few people may read its stored copies.
    Action.READ_SEALED: LEADS,
    # An early release is a security incident. The incident contact may know too: releases/early_findings.py.
    Action.KNOW_EARLY_FINDINGS: LEADS,
    Action.NAME_INCIDENT_CONTACT: LEADS,
    # A correction after release is no breach by itself: releases/published_corrections.py.
    Action.RECORD_CORRECTION: LEADS | {Role.STATISTICIAN},
    # People who edit the list see names; others with a role see only posts.
    Action.KEEP_ACCESS_LIST: LIST_KEEPERS,
    Action.KEEP_TASKS: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    Action.RECORD_CALL: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
}


class NotYours(Exception):
    """The person has no role that allows this; pages answer 404."""


def roles_of(person: Person, producer: Producer) -> frozenset[Role]:
    """Return the roles that a person holds for a producer; superusers have none by default."""
    return frozenset(Role(held.role) for held in _memberships(person) if held.producer_id == producer.pk)


def roles_anywhere(person: Person) -> frozenset[Role]:
    return frozenset(Role(held.role) for held in _memberships(person))


def _memberships(person: Person) -> Iterable[Membership]:
    # statsoffice.accounts.middleware has prefetched a person's memberships for all permission checks of a page.
    return person.memberships.all() if person.is_authenticated and person.is_active else ()


def may(person: Person, action: Action, producer: Producer) -> bool:
    return bool(TABLE[action] & roles_of(person, producer))


def may_anywhere(person: Person, action: Action) -> bool:
    return bool(TABLE[action] & roles_anywhere(person))


def check_may(person: Person, action: Action, producer: Producer) -> None:
    if not may(person, action, producer):
        raise NotYours(f"{person} may not {action.replace('_', ' ')} releases of {producer}.")


def acting_role(person: Person, action: Action, producer: Producer) -> Role:
    """Return the most senior role by which a person may do an action with a producer's releases.

    :raises NotYours: if none of their roles allows it.
    """
    check_may(person, action, producer)
    held = TABLE[action] & roles_of(person, producer)
    return next(role for role in BY_WEIGHT if role in held)


def find_past_roles(people: Collection[int]) -> dict[tuple[int, int], Role]:
    if not people:
        return {}
    held: dict[tuple[int, int], set[Role]] = defaultdict(set)
    for rows in (Membership.history.filter(user__in=people), Membership.objects.filter(user__in=people)):
        for user, producer, role in rows.values_list("user_id", "producer_id", "role"):
            held[user, producer].add(Role(role))
    return {key: next(role for role in BY_WEIGHT if role in roles) for key, roles in held.items()}


def producers_with(person: Person, roles: frozenset[Role]) -> QuerySet[Producer]:
    if not person.is_authenticated or not person.is_active:
        return Producer.objects.none()
    return Producer.objects.filter(
        pk__in=Membership.objects.filter(user=person, role__in=list(roles)).values("producer")
    )


def producers_where(person: Person, action: Action) -> QuerySet[Producer]:
    return producers_with(person, TABLE[action])
