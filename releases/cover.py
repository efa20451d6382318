"""Record and end cover for a Head of Profession who is away, and find who covers."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releases.models import Contact, Cover, Producer, Release
from releases.models.event import lock_producer, record_rows
from releases.permissions import TABLE, Action, NotYours, User, people_with, standing_roles_of
from releases.rules.calendar import format_day, local_date
from releases.rules.cover import COVERERS, CoverFault, CoverProblem, find_cover_problem
from releases.rules.lifecycle import FieldRefused, Role


class CoverRefused(FieldRefused):
    """A cover that cannot be accepted.

    `field` names the invalid field. The fields of the absence are `absent`, `first` and `last`. The fields of the first
    person who covers are `person_1`, `begins_1` and `ends_1`. The fields of the second person end in `_2`.
    """


@dataclass(frozen=True, slots=True)
class CoverPerson:
    """A person who covers, from the day `first` to the day `last` in London."""

    person: User
    first: date
    last: date


def may_name_cover(person: User, producer: Producer) -> bool:
    """Return whether a person may record and end cover for a producer.

    Roles that a person has through a cover do not count. Otherwise, people who cover could record further covers, and
    the absence could be covered permanently.
    """
    return bool(TABLE[Action.NAME_COVER] & standing_roles_of(person, producer))


def find_heads(producer: Producer) -> "QuerySet[User]":
    """Return the Heads of Profession of a producer who have an open account."""
    return people_with(producer, {Role.HEAD_OF_PROFESSION})


def find_coverers(producer: Producer) -> "QuerySet[User]":
    """Return the people who can cover for a Head of Profession of a producer and have an open account."""
    return people_with(producer, COVERERS)


def name_cover(
    producer: Producer,
    absent: User,
    *,
    first: date,
    last: date,
    people: Sequence[CoverPerson],
    by: User,
    at: datetime,
) -> list[Cover]:
    """Record who covers for a Head of Profession during an absence.

    People have the permissions of a deputy on the days on which they cover.

    :param first: the first day of the absence in London.
    :param last: the last day of the absence in London.
    :raises NotYours: if `by` may not record cover for the producer.
    :raises CoverRefused: if the absence is not valid or starts in the past, if a person may not cover on their days, or
        if a day of the absence is not covered by exactly one person.
    """
    if not may_name_cover(by, producer):
        raise NotYours(f"{by} may not name cover for {producer}.")
    with transaction.atomic():
        lock_producer(producer.pk)
        _check_absence(producer, absent, first=first, last=last, at=at)
        _check_people(producer, absent, people, by=by)
        _check_days(first, last, people)
        rows = [
            Cover.objects.create(
                producer=producer,
                absent=absent,
                person=one.person,
                starts_on=one.first,
                ends_on=one.last,
                named_by=by,
                named_at=at,
            )
            for one in people
        ]
        record_rows({Cover: [row.pk for row in rows]})
    return rows


def _check_absence(producer: Producer, absent: User, *, first: date, last: date, at: datetime) -> None:
    if not find_heads(producer).filter(pk=absent.pk).exists():
        raise CoverRefused("absent", _("Select a Head of Profession who has an open account."))
    if first < local_date(at):
        raise CoverRefused("first", _("The first day must be today or later."))
    if last < first:
        raise CoverRefused("last", _("The last day must be the same as or after the first day."))
    other = _planned(producer, first, last).filter(absent=absent.pk).first()
    if other:
        sentence = _(
            "%(person)s already covers from %(first)s to %(last)s. Choose other days, or end that cover first."
        )
        raise CoverRefused("first", sentence % _name_days(other))
    covers = _planned(producer, first, last).filter(person=absent.pk).first()
    if covers:
        sentence = _(
            "%(person)s covers for %(absent)s from %(first)s to %(last)s. Choose other days, or end that cover first."
        )
        raise CoverRefused("first", sentence % _name_days(covers))


def _check_people(producer: Producer, absent: User, people: Sequence[CoverPerson], *, by: User) -> None:
    eligible = set(find_coverers(producer).values_list("pk", flat=True))
    for number, one in enumerate(people, start=1):
        field = f"person_{number}"
        if one.person.pk == absent.pk:
            raise CoverRefused(field, _("Choose someone else. This person is away."))
        if one.person.pk == by.pk:
            raise CoverRefused(field, _("You cannot name yourself. Ask another Head of Profession or deputy."))
        if one.person.pk not in eligible:
            sentence = _(
                "Select a statistician, deputy or Head of Profession of this producer who has an open account."
            )
            raise CoverRefused(field, sentence)
        away = _planned(producer, one.first, one.last).filter(absent=one.person.pk).first()
        if away:
            sentence = _("%(absent)s is away between %(first)s and %(last)s. Choose someone else for these days.")
            raise CoverRefused(field, sentence % _name_days(away))


def _check_days(first: date, last: date, people: Sequence[CoverPerson]) -> None:
    problem = find_cover_problem(first, last, [(one.first, one.last) for one in people])
    if problem is not None:
        raise CoverRefused(*_explain(problem, first, last))


def _explain(problem: CoverProblem, first: date, last: date) -> tuple[str, str]:
    """Return the name of the invalid field, and the message about the problem."""
    days = {"first": format_day(problem.first), "last": format_day(problem.last)}
    number = max(problem.place, 0) + 1
    if problem.fault is CoverFault.BACKWARDS:
        return f"ends_{number}", _("The last day must be the same as or after the first day.")
    if problem.fault is CoverFault.OUTSIDE:
        days = {"first": format_day(first), "last": format_day(last)}
        return f"begins_{number}", _("The days must be between %(first)s and %(last)s.") % days
    if problem.fault is CoverFault.GAP:
        if problem.first == problem.last:
            return f"ends_{number}", _("There is no cover on %(first)s. Change the days or add a person.") % days
        return f"ends_{number}", _(
            "There is no cover from %(first)s to %(last)s. Change the days or add a person."
        ) % days
    if problem.first == problem.last:
        return f"begins_{number}", _("Two people cover on %(first)s. Change the days.") % days
    return f"begins_{number}", _("Two people cover from %(first)s to %(last)s. Change the days.") % days


def _planned(producer: Producer, first: date, last: date) -> "QuerySet[Cover]":
    """Return the covers of a producer that overlap with a period. Covers that a person has ended are left out."""
    rows = Cover.objects.filter(producer=producer, ended_at__isnull=True, starts_on__lte=last, ends_on__gte=first)
    return rows.select_related("person", "absent")


def _name_days(cover: Cover) -> dict[str, str]:
    return {
        "person": str(cover.person),
        "absent": str(cover.absent),
        "first": format_day(cover.starts_on),
        "last": format_day(cover.ends_on),
    }


def end_cover(cover: Cover, *, by: User, at: datetime) -> bool:
    """End a cover before its last day.

    :return: False if the cover was already ended. A second click then changes nothing.
    :raises NotYours: if the person may not end cover for the producer.
    """
    if not may_name_cover(by, cover.producer):
        raise NotYours(f"{by} may not end cover for {cover.producer}.")
    with transaction.atomic():
        stored = Cover.objects.select_for_update(no_key=True).get(pk=cover.pk)
        if stored.ended_at is not None:
            return False
        stored.ended_by, stored.ended_at = by, at
        stored.save(update_fields=["ended_by", "ended_at"])
        record_rows({Cover: [stored.pk]})
    return True


def find_stand_ins(releases: Sequence[Release]) -> Mapping[int, Mapping[int, Contact]]:
    """Find the people who are away at the due times of releases, and the contacts who cover for them.

    :return: a nested mapping. The outer keys are the primary keys of releases. Each inner mapping maps the primary key
        of the account of a person who is away to the contact of the person who covers.
    """
    producers = {release.series.producer_id for release in releases}
    rows = list(Cover.objects.valid().filter(producer__in=producers, ended_at__isnull=True))
    found: dict[int, dict[int, Contact]] = defaultdict(dict)
    if not rows:
        return found
    people = Contact.objects.filter(producer__in=producers, user__in=[row.person_id for row in rows])
    contacts = {(contact.producer_id, contact.user_id): contact for contact in people}
    for release in releases:
        for row in rows:
            contact = contacts.get((release.series.producer_id, row.person_id))
            is_its_producer = row.producer_id == release.series.producer_id
            if contact and is_its_producer and release.due_at and row.span.is_in_force(release.due_at):
                found[release.pk][row.absent_id] = contact
    return found
