"""The one way in which a person moves a report on: what the table allows, made once, in the role that allows it."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as lazy

from breaches.core.changes import PAST_TENSE, STEPS
from breaches.core.remarks import Remark
from breaches.core.status import DECISIONS, REPORT
from breaches.models import Report
from breaches.permissions import acting_role, declared_own_act, roles_for
from breaches.reports.versions import advance, changes_since
from releases.rules.lifecycle import MissingFields, Move, MoveRefused, Role

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

SOMEBODY_ELSE_DECIDES = lazy("You have declared that this report is about your own act: somebody else decides on it.")


class Incomplete(MissingFields):
    """Something that the form needs is missing or cannot be true; `remarks` says what, field by field."""

    def __init__(self, remarks: tuple[Remark, ...]) -> None:
        super().__init__(remarks[0].field, " ".join(remark.sentence for remark in remarks))
        self.remarks = remarks


class OwnActIsSubject(MoveRefused):
    """The person has declared that the report is about their own act, so another person must decide."""


def was_done_by(report: Report, kind: str, *, read: int, person: "User") -> bool:
    """Tell whether a person has already taken a step by the same form, so that a second click asks for nothing new.

    :param kind: of the event that the step leaves.
    :param read: the number of the last change that the form carries.
    """
    first = changes_since(report, read).first()
    last = report.events.filter(kind__in=STEPS).order_by("position").last()
    return bool(first and first == last and first.kind == kind and first.actor_id == person.pk)


def check(report: Report, name: str, *, by: "User", remarks: tuple[Remark, ...] = (), **given: bool) -> Move:
    """Return the row for a move if the report's state, the person's roles and what was given allow it.

    :param remarks: what is missing or impossible in the text; told field by field where that is why it is refused.
    :param given: by the name of each thing that a move may need, whether it is there.
    :raises OwnActIsSubject: if the person declared that the report is about their own act, and this decides on it.
    :raises Incomplete: if the text lacks what the move needs.
    :raises SomethingMissing: if anything else that it needs was not given.
    :raises MoveRefused: if the report's state or the person's roles do not allow it.
    """
    if name in DECISIONS:
        refuse_own_act(report, by=by)
    things = [thing for thing, there in given.items() if there]
    try:
        return REPORT.check(name, source=report.status, roles=roles_for(by, report), given=things)
    except MissingFields:
        if remarks:
            raise Incomplete(remarks) from None
        raise


def refuse_own_act(report: Report, *, by: "User") -> None:
    """Refuse a decision on a report to a person who has declared that it is about their own act.

    :raises OwnActIsSubject: if they have.
    """
    if declared_own_act(by, report):
        raise OwnActIsSubject(SOMEBODY_ELSE_DECIDES)


def role_for(move: Move, report: Report, *, by: "User") -> Role:
    """Return the weightiest of the roles by which a person makes a move that `check` has allowed."""
    return acting_role(by, move.roles, report)


def make(report: Report, move: Move, *, by: "User", at: datetime, **details: Any) -> Report:
    """Make a move that `check` has allowed, in the weightiest of the roles that allow it.

    :param details: what `versions.advance` takes besides: new columns, content, words, facts of the event.
    :return: the report as it now is.
    :raises SomebodyWasFaster: if the report has moved on since it was read; nothing is changed then.
    """
    role = role_for(move, report, by=by)
    return advance(report, move, kind=PAST_TENSE[move.name], by=by, at=at, role=role, **details)
