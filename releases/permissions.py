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
    from django.contrib.auth.models import _User  # in django-stubs, this is the model of AUTH_USER_MODEL

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
    # A Head of Profession or a deputy decides on the request (see releases/rules/date_change.py).
    Action.ASK_DATE_CHANGE: ASKERS,
    Action.CORRECT_REASON: LEADS,
    # These people are the first to know of a delay and can inform readers.
    Action.POST_DELAY_NOTICE: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM},
    # This posts one notice for all releases of a website that is down (see releases/outages.py).
    Action.POST_OUTAGE_NOTICE: LEADS,
    # An exemption covers only later breaches (see releases/verdict/release.py).
    Action.KEEP_EXEMPTIONS: LEADS,
    # An immediate release follows a leak or a public statement (see releases/rules/departure.py).
    Action.RELEASE_AT_ONCE: LEADS,
    # If a release cannot be published as announced, a lead chooses on the day what to do. This action opens the page
    # for the choice. The table of moves (`RELEASE`) decides who may postpone or cancel a release.
    Action.POSTPONE: LEADS,
    # A wider tolerance could hide a breach, so only leads may change the tolerance. Each change is in the history of
    # the series.
    Action.CHANGE_TOLERANCE: LEADS,
    Action.ANSWER: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    Action.PREFLIGHT: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    # People who may send a report outside the office may also export its evidence. Calendar managers and the publishing
    # team may only read the evidence in this application, because it may show their own work.
    Action.EXPORT_EVIDENCE: LEADS | {Role.STATISTICIAN, Role.AUDITOR},
    # A page that was found early is under embargo, so only a few people may read the stored copies of the page.
    Action.READ_SEALED: LEADS,
    # An early release is a security incident. The incident contact may also know about it (see
    # releases/early_findings.py).
    Action.KNOW_EARLY_FINDINGS: LEADS,
    # People who only cover for another person may not do this (see `standing_roles_of`).
    Action.NAME_INCIDENT_CONTACT: LEADS,
    # A correction after release is not in itself a breach (see releases/published_corrections.py).
    Action.RECORD_CORRECTION: LEADS | {Role.STATISTICIAN},
    # People who only cover for another person may not do this (see `standing_roles_of`).
    Action.NAME_COVER: LEADS,
    Action.PLAN_TRAINING: KEEPERS,
    # We send requests to a host only if its owner has authorised the requests in writing. A lead is responsible for the
    # record of the authorisation.
    Action.AUTHORISE_HOST: LEADS,
    Action.CHECK_OPEN_FILES: LEADS | {Role.PUBLISHING_TEAM},
    # An open file is a weakness that others could use. The incident contact may also know about it (see
    # releases/open_files.py).
    Action.KNOW_OPEN_FILES: LEADS | {Role.PUBLISHING_TEAM, Role.AUDITOR},
    # People who edit the list see names. People with other roles see only posts.
    Action.KEEP_ACCESS_LIST: LIST_KEEPERS,
    # If these requests are turned on, we email people outside the office, such as ministers. So only a lead may turn it
    # on (see releases/receipts.py).
    Action.ASK_RECIPIENTS: LEADS,
    # A brief leaves out releases that were found early. So only people who may know about early releases may read a
    # brief.
    Action.READ_BRIEF: LEADS,
    # A webhook sends results to another system, so a lead is responsible for it (see statsoffice/webhooks).
    Action.MANAGE_WEBHOOKS: LEADS,
    Action.KEEP_TASKS: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
    Action.RECORD_CALL: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.CALENDAR_MANAGER},
}


class NotYours(Exception):
    """The person has no role that allows the action. Pages respond with 404."""


# A person who covers for a Head of Profession has this role on the days of the cover (decision 86).
COVER_ROLE = Role.DEPUTY


def prefetch_roles(person: User) -> None:
    """Read a person's roles once, for all permission checks of a page."""
    if not _has_memberships(person):
        prefetch_related_objects([person], Prefetch("memberships", Membership.objects.with_named()))
        _mark_cover_in_force(person.memberships.all())


def roles_of(person: Person, producer: Producer) -> frozenset[Role]:
    """Return the roles that a person has now for a producer, including the role by cover.

    Superusers have no roles by default.
    """
    return _roles(held for held in _memberships(person) if held.producer_id == producer.pk)


def roles_by_producer(person: Person) -> dict[int, frozenset[Role]]:
    """Return a dict that maps the keys of producers to a person's roles, as in `roles_of`.

    Producers for which the person has no role are left out.
    """
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
    covered = {COVER_ROLE} if any(one.has_cover for one in held) else set()
    return frozenset({*(Role(one.role) for one in held), *covered})


def _memberships(person: Person) -> Iterable[Membership]:
    if not person.is_authenticated or not person.is_active:
        return ()
    if _has_memberships(person):
        return person.memberships.all()
    return _mark_cover_in_force(Membership.objects.filter(user=person).with_named())


def _mark_cover_in_force(rows: Iterable[Membership]) -> list[Membership]:
    """Set `has_cover` of a person's memberships to whether the person covers for the producer now."""
    held = list(rows)
    # The query for covers in force is slow to build, and most people never cover for anyone.
    if any(getattr(one, "was_named", False) for one in held):
        # Use the present time, even if the action has another time. Cover must be in force now, just as `is_active`
        # must be true now.
        in_force = Cover.objects.in_force(at=timezone.now()).filter(person=held[0].user_id)
        producers = set(in_force.values_list("producer", flat=True))
        for one in held:
            one.has_cover = one.producer_id in producers
    return held


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
        raise NotYours(f"{person} has no role at {producer} that allows this action: {action.replace('_', ' ')}.")


def acting_role(person: Person, action: Action, producer: Producer) -> Role:
    """Return the person's most senior role that allows an action on a producer's releases.

    A role that the person has only by cover is returned only if no other role allows the action.

    :raises NotYours: if none of the person's roles allows the action.
    """
    check_may(person, action, producer)
    held = TABLE[action] & standing_roles_of(person, producer) or TABLE[action] & roles_of(person, producer)
    return next(role for role in BY_WEIGHT if role in held)


def people_with(producer: Producer, roles: Collection[Role]) -> "QuerySet[User]":
    """Return the people with an active account who have one of the roles at a producer, in the order of their names.

    Cover does not count.
    """
    held = Membership.objects.filter(producer=producer, role__in=list(roles))
    return get_user_model().objects.filter(pk__in=held.values("user"), is_active=True).order_by("name", "pk")


def find_roles_at(moments: Collection[tuple[int, int, datetime]]) -> dict[tuple[int, int, datetime], Role]:
    """Return the most senior roles that people held at given moments. Cover does not count.

    In an example office, data about the past is written before people get their roles. So a person's first role also
    counts for earlier moments.

    :param moments: tuples of a person's key, a producer's key and an aware instant.
    :return: the roles, keyed by moment. Moments at which the person had no role are left out.
    """
    if not moments:
        return {}
    given = Membership.history.filter(
        user__in={user for user, _producer, _at in moments},
        producer__in={producer for _user, producer, _at in moments},
    )
    # Read the complete history of each membership, because an administrator can change the person or the producer of a
    # row.
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
        # Use a list of keys. Otherwise, each query of a page would contain the same subqueries.
        return _producers_of({held.producer_id for held in _memberships(person) if roles & _roles([held])})
    held = Q(pk__in=Membership.objects.filter(user=person, role__in=list(roles)).values("producer"))
    if COVER_ROLE in roles:
        held |= Q(pk__in=Cover.objects.in_force(at=timezone.now()).filter(person=person).values("producer"))
    return Producer.objects.filter(held)


def _producers_of(keys: Collection[int]) -> QuerySet[Producer]:
    """Return the producers with these keys.

    The keys are written into the SQL. When they were passed as parameters, fifty keys in each of twenty queries took a
    fifth of the processor time of a page.
    """
    if not keys:
        return Producer.objects.none()
    written = ", ".join(str(int(key)) for key in sorted(keys))
    is_one = Func(F("pk"), keys=written, template="%(expressions)s IN (%(keys)s)", output_field=BooleanField())
    return Producer.objects.filter(is_one)


def producers_with_standing_role(person: Person, roles: frozenset[Role]) -> QuerySet[Producer]:
    """Return the producers for which a person holds one of the roles. Cover does not count."""
    if not person.is_authenticated or not person.is_active:
        return Producer.objects.none()
    held = Membership.objects.filter(user=person, role__in=list(roles))
    return Producer.objects.filter(pk__in=held.values("producer"))


def producers_where(person: Person, action: Action) -> QuerySet[Producer]:
    return producers_with(person, TABLE[action])


def cover_of(person: int, producer: int, *, at: datetime) -> Cover | None:
    """Return the cover under which a person acts for someone else at an instant, or None.

    The instant may be in the past.

    :param person: the key of the person.
    :param producer: the key of the producer.
    """
    return find_cover_at(list_covers(producer), person, at=at)


def list_covers(producer: int) -> list[Cover]:
    return list(Cover.objects.filter(producer=producer).select_related("absent"))


def find_cover_at(covers: Iterable[Cover], person: int | None, *, at: datetime) -> Cover | None:
    """Return the first cover under which a person acts for someone else at an instant, or None.

    :param person: the key of the person.
    """
    return next((row for row in covers if row.person_id == person and row.span.is_in_force(at)), None)
