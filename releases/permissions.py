"""Permissions on a producer's releases: one table of actions and roles."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, F, Func, Prefetch, Q, QuerySet, prefetch_related_objects
from django.utils import timezone

from releases.models import Cover, Membership, Producer
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
    ASK_RECIPIENTS = "ask_recipients_to_confirm"
    KEEP_TASKS = "keep_tasks"
    RECORD_CALL = "record_call"
    KNOW_EARLY_FINDINGS = "know_early_findings"
    NAME_INCIDENT_CONTACT = "name_incident_contact"
    RECORD_CORRECTION = "record_correction"
    NAME_COVER = "name_cover"
    PLAN_TRAINING = "plan_training"
    AUTHORISE_HOST = "record_authorised_host"
    CHECK_OPEN_FILES = "check_open_files"
    KNOW_OPEN_FILES = "know_open_files"
    READ_BRIEF = "read_minute_brief"
    MANAGE_WEBHOOKS = "manage_webhooks"


TABLE: dict[Action, frozenset[Role]] = {
    Action.VIEW: EVERY_ROLE,
    Action.EDIT: KEEPERS,
    # A Head of Profession or a deputy decides on the request: releases/rules/date_change.py.
    Action.ASK_DATE_CHANGE: ASKERS,
    Action.CORRECT_REASON: LEADS,
    # These people are the first to know of a delay and can inform readers.
    Action.POST_DELAY_NOTICE: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM},
    # One notice for all releases of a website that is down: releases/outages.py.
    Action.POST_OUTAGE_NOTICE: LEADS,
    # An exemption covers only later breaches: releases/verdict/release.py.
    Action.KEEP_EXEMPTIONS: LEADS,
    # An immediate release after a leak or a public statement, see releases/rules/departure.py.
    Action.RELEASE_AT_ONCE: LEADS,
    # The page that asks a lead on the day what to do with a release that cannot be published as announced. The table of
    # moves (`RELEASE`) decides who may postpone or cancel a release.
    Action.POSTPONE: LEADS,
    # A wider tolerance could hide a breach, so only leads change it; each change is in the history of its series.
    Action.CHANGE_TOLERANCE: LEADS,
    Action.ANSWER: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    Action.PREFLIGHT: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    # People who may send a report outside may export its evidence. Calendar managers and the publishing team may only
    # read the evidence here, because it may show their own work.
    Action.EXPORT_EVIDENCE: LEADS | {Role.STATISTICIAN, Role.AUDITOR},
    # A page that was found early is under embargo, so few people may read its stored copies.
    Action.READ_SEALED: LEADS,
    # An early release is a security incident. The incident contact may know too: releases/early_findings.py.
    Action.KNOW_EARLY_FINDINGS: LEADS,
    # A person who only covers may not: `standing_roles_of`.
    Action.NAME_INCIDENT_CONTACT: LEADS,
    # A correction after release is not in itself a breach: releases/published_corrections.py.
    Action.RECORD_CORRECTION: LEADS | {Role.STATISTICIAN},
    # A person who only covers may not: `standing_roles_of`.
    Action.NAME_COVER: LEADS,
    Action.PLAN_TRAINING: KEEPERS,
    # We send requests to a host only if its owner has authorised this in writing. A lead is responsible for that.
    Action.AUTHORISE_HOST: LEADS,
    Action.CHECK_OPEN_FILES: LEADS | {Role.PUBLISHING_TEAM},
    # An open file is a weakness that others could use. The incident contact may know too: releases/open_files.py.
    Action.KNOW_OPEN_FILES: LEADS | {Role.PUBLISHING_TEAM, Role.AUDITOR},
    # People who edit the list see names; others with a role see only posts.
    Action.KEEP_ACCESS_LIST: LIST_KEEPERS,
    # We then write to people outside the office, such as ministers, so only a lead may turn this on:
    # releases/receipts.py.
    Action.ASK_RECIPIENTS: LEADS,
    # A release that was found early is missing from a brief, so only people who may know of it may read a brief.
    Action.READ_BRIEF: LEADS,
    # A webhook discloses results to another system, so a lead is responsible for it: statsoffice/webhooks.
    Action.MANAGE_WEBHOOKS: LEADS,
    Action.KEEP_TASKS: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    Action.RECORD_CALL: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
}


class NotYours(Exception):
    """The person has no role that allows this; pages answer 404."""


# The role of a person who covers a Head of Profession, for the days of the cover (decision 86).
COVER_ROLE = Role.DEPUTY


def prefetch_roles(person: User) -> None:
    """Read a person's roles once, for all permission checks of a page."""
    rows = Membership.objects.with_cover(at=timezone.now())
    prefetch_related_objects([person], Prefetch("memberships", rows))


def roles_of(person: Person, producer: Producer) -> frozenset[Role]:
    """Return the roles that a person holds or covers now for a producer; superusers have none by default."""
    return _roles(held for held in _memberships(person) if held.producer_id == producer.pk)


def roles_by_producer(person: Person) -> dict[int, frozenset[Role]]:
    """Return the roles of a person as `roles_of` does, for all producers at once and by the producer's key."""
    held: dict[int, list[Membership]] = defaultdict(list)
    for membership in _memberships(person):
        held[membership.producer_id].append(membership)
    return {producer: _roles(memberships) for producer, memberships in held.items()}


def standing_roles_of(person: Person, producer: Producer) -> frozenset[Role]:
    """Return the roles that a person holds for a producer, without cover.

    Cover must not become permanent, so people who only cover may not name a cover or a contact, or invite people.
    """
    return frozenset(Role(held.role) for held in _memberships(person) if held.producer_id == producer.pk)


def roles_anywhere(person: Person) -> frozenset[Role]:
    return _roles(_memberships(person))


def _roles(memberships: Iterable[Membership]) -> frozenset[Role]:
    held = list(memberships)
    # Cover counts only if the rows were read with `with_cover`, which adds the annotation `has_cover`.
    covered = {COVER_ROLE} if any(getattr(one, "has_cover", False) for one in held) else set()
    return frozenset({*(Role(one.role) for one in held), *covered})


def _memberships(person: Person) -> Iterable[Membership]:
    if not person.is_authenticated or not person.is_active:
        return ()
    if _has_memberships(person):
        return person.memberships.all()
    # Use the present time, even if the action has another time: like `is_active`, cover must be in force now.
    return Membership.objects.filter(user=person).with_cover(at=timezone.now())


def _has_memberships(person: Person) -> bool:
    """Return whether `prefetch_roles` has read a person's roles.

    statsoffice.accounts.middleware calls `prefetch_roles` for each page.
    """
    return "memberships" in getattr(person, "_prefetched_objects_cache", {})


def may(person: Person, action: Action, producer: Producer) -> bool:
    return bool(TABLE[action] & roles_of(person, producer))


def may_anywhere(person: Person, action: Action) -> bool:
    return bool(TABLE[action] & roles_anywhere(person))


def check_may(person: Person, action: Action, producer: Producer) -> None:
    if not may(person, action, producer):
        raise NotYours(f"{person} may not {action.replace('_', ' ')} releases of {producer}.")


def acting_role(person: Person, action: Action, producer: Producer) -> Role:
    """Return the most senior role by which a person may do an action with a producer's releases.

    A role that the person has only by cover comes last.

    :raises NotYours: if none of the person's roles allows the action.
    """
    check_may(person, action, producer)
    held = TABLE[action] & standing_roles_of(person, producer) or TABLE[action] & roles_of(person, producer)
    return next(role for role in BY_WEIGHT if role in held)


def people_with(producer: Producer, roles: Collection[Role]) -> "QuerySet[User]":
    """Return the people with an open account and one of some roles at a producer, by name. Cover does not count."""
    held = Membership.objects.filter(producer=producer, role__in=list(roles))
    return get_user_model().objects.filter(pk__in=held.values("user"), is_active=True).order_by("name", "pk")


def find_roles_at(moments: Collection[tuple[int, int, datetime]]) -> dict[tuple[int, int, datetime], Role]:
    """Return the most senior role that a person, by key, held for a producer, by key, at an instant, without cover.

    The past data of an example office is written before its roles are given. So a person's first role also counts at
    earlier instants.
    """
    if not moments:
        return {}
    given = Membership.history.filter(
        user__in={user for user, _producer, _at in moments},
        producer__in={producer for _user, producer, _at in moments},
    )
    # Read by the key of the membership, because an administrator can give the same row to another person or producer.
    history = Membership.history.filter(id__in=given.values("id")).order_by("id", "history_date", "history_id")
    rows = list(history.values_list("history_date", "history_type", "id", "user_id", "producer_id", "role", named=True))
    changes = {key: list(group) for key, group in groupby(rows, key=lambda row: row.id)}
    keys: dict[tuple[int, int], set[int]] = defaultdict(set)
    begins: dict[tuple[int, int], datetime] = {}
    for row in rows:
        whose = row.user_id, row.producer_id
        keys[whose].add(row.id)
        begins[whose] = min(row.history_date, begins.get(whose, row.history_date))
    found: dict[tuple[int, int, datetime], Role] = {}
    for user, producer, at in moments:
        whose = user, producer
        until = max(at, begins.get(whose, at))
        last = (next((row for row in reversed(changes[key]) if row.history_date <= until), None) for key in keys[whose])
        in_force = [row for row in last if row and row.history_type != "-"]
        held = {Role(row.role) for row in in_force if (row.user_id, row.producer_id) == whose}
        if held:
            found[user, producer, at] = next(role for role in BY_WEIGHT if role in held)
    return found


def producers_with(person: Person, roles: frozenset[Role]) -> QuerySet[Producer]:
    if not person.is_authenticated or not person.is_active:
        return Producer.objects.none()
    if _has_memberships(person):
        # Use a list of keys, so that not every query of a page contains the same subqueries.
        return _producers_of({held.producer_id for held in _memberships(person) if roles & _roles([held])})
    held = Q(pk__in=Membership.objects.filter(user=person, role__in=list(roles)).values("producer"))
    if COVER_ROLE in roles:
        held |= Q(pk__in=Cover.objects.in_force(at=timezone.now()).filter(person=person).values("producer"))
    return Producer.objects.filter(held)


def _producers_of(keys: Collection[int]) -> QuerySet[Producer]:
    """Return producers by key.

    The keys are written into the SQL. As parameters, fifty keys in each of twenty queries took a fifth of the processor
    time of a page.
    """
    if not keys:
        return Producer.objects.none()
    written = ", ".join(str(int(key)) for key in sorted(keys))
    is_one = Func(F("pk"), keys=written, template="%(expressions)s IN (%(keys)s)", output_field=BooleanField())
    return Producer.objects.filter(is_one)


def producers_with_standing_role(person: Person, roles: frozenset[Role]) -> QuerySet[Producer]:
    """Return the producers for which a person holds one of some roles, without cover."""
    if not person.is_authenticated or not person.is_active:
        return Producer.objects.none()
    held = Membership.objects.filter(user=person, role__in=list(roles))
    return Producer.objects.filter(pk__in=held.values("producer"))


def producers_where(person: Person, action: Action) -> QuerySet[Producer]:
    return producers_with(person, TABLE[action])


def cover_of(person: int, producer: int, *, at: datetime) -> Cover | None:
    """Return the cover by which a person, by key, acts for someone else at an instant, now or in the past."""
    return find_cover_at(list_covers(producer), person, at=at)


def list_covers(producer: int) -> list[Cover]:
    return list(Cover.objects.filter(producer=producer).select_related("absent"))


def find_cover_at(covers: Iterable[Cover], person: int | None, *, at: datetime) -> Cover | None:
    """Return the first cover by which a person, by key, acts for someone else at an instant, or None."""
    return next((row for row in covers if row.person_id == person and row.span.is_in_force(at)), None)
