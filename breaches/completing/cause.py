"""The cause of a breach, and when what was late was made available: chosen by people, kept beside the report."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.core.status import DECIDED, EDIT, WRITERS, Cause
from breaches.models import Report
from breaches.permissions import acting_role, moves_open_to
from breaches.reports.versions import content_of, record
from releases.permissions import Person, roles_of
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, FieldRefused, MissingFields, MoveRefused
from releases.rules.london import format_moment, local_date

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class CannotBe(FieldRefused):
    """What was given cannot be true; `field` names it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What people have found out: the cause and words about it, and when it was made available, or why nobody knows.

    An empty cause is one that nobody has chosen.
    """

    cause: str = ""
    cause_words: str = ""
    available_at: datetime | None = None
    available_unknown: str = ""


def found_of(report: Report) -> Found:
    """Return what people have found out about a report by now."""
    return Found(report.cause, report.cause_words, report.available_at, report.available_unknown)


def may_choose(person: Person, report: Report) -> bool:
    """Tell whether a person may say what the cause was: whoever may edit the text, and a lead once it is decided.

    A cause that was not known is often found after the report was sent.
    """
    if report.status in DECIDED:
        return bool(LEADS & roles_of(person, report.producer))
    return EDIT in moves_open_to(person, report)


def choose(report: Report, found: Found, *, by: "User", at: datetime) -> Report:
    """Keep what was found out about a report, with an event; what is kept already changes nothing.

    :param report: as it was read: if somebody chose something else since, nothing is changed.
    :raises SomethingMissing: if the cause is not of the list, or another one that is not put in words.
    :raises CannotBe: if it was made available in the future, or before it was due.
    :raises SomebodyWasFaster: if somebody chose something else meanwhile, or the report has moved on.
    :raises MoveRefused: if the person may not choose as the report stands.
    """
    if not may_choose(by, report):
        raise MoveRefused(_("This report cannot be edited by you as it stands."))
    found, was = _checked(report, found, at=at), found_of(report)
    if found == was:
        return report
    with transaction.atomic():
        unchanged = Report.objects.filter(pk=report.pk, status=report.status, **asdict(was))
        if not unchanged.update(**asdict(found)):
            raise ChangedMeanwhile(_("Somebody else chose something else meanwhile; look at it again."))
        moved = Report.objects.select_related("producer").get(pk=report.pk)
        words = "\n".join(part for part in (found.cause_words, found.available_unknown) if part)
        role = acting_role(by, WRITERS, report)
        facts = {"was": _written(was), "to": _written(found)}
        record(moved, "cause_chosen", at=at, by=by, words=words, role=role, **facts)
    return moved


def _checked(report: Report, found: Found, *, at: datetime) -> Found:
    words = found.cause_words.strip()
    if found.cause not in set(Cause):
        raise MissingFields("cause", _("Choose the cause, or say that it is not known yet."))
    if found.cause == Cause.OTHER and not words:
        raise MissingFields("cause_words", _("Say in words what the cause was."))
    available = found.available_at
    if available is not None and available > at:
        sentence = _("It cannot have been made available in the future, at %(moment)s.")
        raise CannotBe("available_time", sentence % {"moment": format_moment(available)})
    if available is not None and (due := _due(report)) and available < due:
        sentence = _("It cannot have been made available before it was due, at %(moment)s.")
        raise CannotBe("available_time", sentence % {"moment": format_moment(due)})
    if available is not None and (first := _first_day(report)) and local_date(available) < first:
        raise CannotBe("available_on", _("It cannot have been made available before the breach occurred."))
    unknown = "" if available else found.available_unknown.strip()
    return Found(found.cause, words, available, unknown)


def _due(report: Report) -> datetime | None:
    # An early release was there before it was due.
    late = report.suspicions.filter(kind="late").select_related("verification")
    return min((suspicion.verification.due_at for suspicion in late), default=None)


def _first_day(report: Report) -> date | None:
    return min(content_of(report).occurred_on, default=None)


def _written(found: Found) -> dict[str, Any]:
    return {"cause": found.cause, "available_at": found.available_at.isoformat() if found.available_at else None}
