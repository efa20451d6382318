"""Permissions on breach reports, apart from the moves of their lifecycle: one table of actions and roles."""

from enum import StrEnum

from django.db.models import Q, QuerySet

from breaches.models import Report, ReportQuerySet, StartedReport
from breaches.rules.lifecycle import DECISIONS, REPORT, RESTRICTED, WRITERS
from releases.models import Producer
from releases.permissions import NotYours, Person, producers_with, roles_anywhere, roles_of
from releases.rules.lifecycle import BY_WEIGHT, LEADS, Role


class Action(StrEnum):
    """What can be done with a report without moving it."""

    VIEW = "view"
    DOWNLOAD = "download"
    WRITE_NOTE = "write_note"
    DEAL = "deal_with_it"
    PUBLISH = "publish"
    REDACT = "redact"


TABLE: dict[Action, frozenset[Role]] = {
    Action.VIEW: LEADS | {Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.AUDITOR},
    Action.DOWNLOAD: LEADS | {Role.STATISTICIAN, Role.AUDITOR},
    # Whoever loads the pages knows best what was done on the morning; what is printed of it writers choose.
    Action.WRITE_NOTE: WRITERS | {Role.PUBLISHING_TEAM},
    # Whoever can put the release right may be the one who deals with it.
    Action.DEAL: WRITERS | {Role.PUBLISHING_TEAM},
    Action.PUBLISH: LEADS,
    # What is removed cannot be brought back, so that it is nobody's but the one who answers for the record.
    Action.REDACT: frozenset({Role.HEAD_OF_PROFESSION}),
}


# The Code is the same for every producer, so that any of them gives the right.
CODE_KEEPERS = LEADS | {Role.CALENDAR_MANAGER}


def reports_where(person: Person, action: Action) -> ReportQuerySet:
    """Return the reports with which the table lets a person do something."""
    return reports_with(person, TABLE[action])


def reports_with(person: Person, roles: frozenset[Role]) -> ReportQuerySet:
    """Return the reports that are open to a person and for whose producer they hold at least one of some roles."""
    open_to_them = (
        ~Q(kind__in=list(RESTRICTED))
        | Q(producer__in=producers_with(person, LEADS))
        | Q(pk__in=StartedReport.objects.filter(started_by_id=person.pk).values("report"))
        | (Q(person_dealing_id=person.pk) if person.pk is not None else Q(pk__in=[]))
    )
    return Report.objects.filter(open_to_them, producer__in=producers_with(person, roles))


def roles_for(person: Person, report: Report) -> frozenset[Role]:
    """Return the roles in which a person meets a report; none if it is of a restricted kind and not open to them.

    A report on who had access, or on a leak, is open to the Head of Profession, to deputies and to the person dealing
    with it: the one that started it, or whom one of these has named. To everybody else it does not exist.
    """
    roles = roles_of(person, report.producer)
    if report.kind in RESTRICTED and not (LEADS & roles or is_dealing_with(person, report)):
        return frozenset()
    return roles


def is_dealing_with(person: Person, report: Report) -> bool:
    """Tell whether a person deals with a report: they started it, or were named as dealing with it."""
    if person.pk is not None and report.person_dealing_id == person.pk:
        return True
    return StartedReport.objects.filter(report=report, started_by_id=person.pk).exists()


def may(person: Person, action: Action, report: Report) -> bool:
    """Tell whether the table lets a person do something with a report."""
    return bool(TABLE[action] & roles_for(person, report))


def may_start(person: Person, producer: Producer) -> bool:
    """Tell whether a person may start a report about a release of a producer: whoever writes reports may."""
    return bool(WRITERS & roles_of(person, producer))


def producers_written_for(person: Person) -> QuerySet[Producer]:
    """Return the producers of which a person may write and start reports."""
    return producers_with(person, WRITERS)


def producers_read(person: Person) -> QuerySet[Producer]:
    """Return the producers of which a person may view reports."""
    return producers_with(person, TABLE[Action.VIEW])


def starting_role(person: Person, producer: Producer) -> Role:
    """Name the weightiest of the roles by which a person starts a report.

    :raises NotYours: if none of their roles allows it.
    """
    held = WRITERS & roles_of(person, producer)
    if not held:
        message = f"{person} may not start reports of {producer}."
        raise NotYours(message)
    return next(role for role in BY_WEIGHT if role in held)


def moves_open_to(person: Person, report: Report) -> tuple[str, ...]:
    """Return the moves that a person may make with a report as it stands, in the lifecycle's order."""
    moves = REPORT.available(source=report.status, roles=roles_for(person, report))
    if DECISIONS.isdisjoint(moves) or not declared_own_act(person, report):
        return moves
    return tuple(move for move in moves if move not in DECISIONS)


def declared_own_act(person: Person, report: Report) -> bool:
    """Tell whether a person has declared that a report is about their own act, so that others decide on it."""
    return any(own_act.person_id == person.pk for own_act in report.own_acts.all())


def may_write_or_decide(person: Person, report: Report) -> bool:
    """Tell whether some role of a person lets them write a report or decide on it."""
    return bool(WRITERS & roles_for(person, report))


def may_settle_wording(person: Person) -> bool:
    """Tell whether a person may see the page of the Code of Practice and settle the wording of practices there."""
    return bool(CODE_KEEPERS & roles_anywhere(person))


def may_ever(person: Person, move: str, report: Report) -> bool:
    """Tell whether some state of a report lets a person make a move: if none does, the move is hidden from them."""
    roles = roles_for(person, report)
    return any(row.name == move and row.roles & roles for row in REPORT.moves)


def acting_role(person: Person, roles: frozenset[Role], report: Report) -> Role:
    """Name the weightiest of some roles that a person holds for a report's producer.

    :raises ValueError: if they hold none of them.
    """
    held = roles & roles_for(person, report)
    for role in BY_WEIGHT:
        if role in held:
            return role
    message = f"{person} holds none of the roles that this needs."
    raise ValueError(message)
