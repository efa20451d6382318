"""Who is dealing with a suspected breach: said by a person of the producer, and changed by an event."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from breaches.core.content import Person, ReportContent
from breaches.core.status import DECIDED, OPEN, TOLD_ELSEWHERE
from breaches.models import Report
from breaches.permissions import TABLE, Action, acting_role
from breaches.reports.versions import record
from releases.models import Contact
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class CannotDeal(MoveRefused):
    """Nobody can be put down as dealing with this report, or not this person."""


def people(report: Report) -> QuerySet["User"]:
    """Return those who may deal with a report: the producer's people whose roles allow it, by name."""
    roles = list(TABLE[Action.DEAL])
    held = get_user_model().objects.filter(memberships__producer=report.producer, memberships__role__in=roles)
    return held.filter(is_active=True).distinct().order_by("name", "pk")


def why_nobody(report: Report) -> str:
    """Say why nobody can be put down as dealing with a report as it stands; nothing if somebody can be."""
    if report.status in DECIDED:
        return _("This report is decided: nobody needs to deal with it.")
    if report.status in TOLD_ELSEWHERE:
        return _("This report goes on elsewhere: say there who is dealing with it.")
    return ""


def put_down(report: Report, *, person: "User", by: "User", at: datetime) -> Report:
    """Put down who is dealing with a report: oneself, or somebody else of the producer's people.

    Whoever is put down already stays so without another event.

    :param report: as it was read: if somebody else was put down since, nothing is changed.
    :raises CannotDeal: if it is decided or goes on elsewhere, or the person has no role for it.
    :raises SomebodyWasFaster: if somebody else was put down meanwhile, or it was decided.
    :raises ValueError: if none of the roles of `by` lets them say who is dealing with it.
    """
    role = acting_role(by, TABLE[Action.DEAL], report)
    if sentence := why_nobody(report):
        raise CannotDeal(sentence)
    if not people(report).filter(pk=person.pk).exists():
        sentence = _("%(person)s has no role here by which they could deal with it.")
        raise CannotDeal(sentence % {"person": person})
    if report.person_dealing_id == person.pk:
        return report
    kind = "dealing_taken" if person == by else "dealing_changed"
    with transaction.atomic():
        unchanged = Report.objects.filter(pk=report.pk, person_dealing=report.person_dealing_id)
        if not unchanged.filter(status__in=OPEN).update(person_dealing=person, dealing_since=at):
            raise ChangedMeanwhile(_("Somebody else was faster: read who is dealing with it now."))
        moved = Report.objects.select_related("producer", "person_dealing").get(pk=report.pk)
        words = "" if person == by else str(person)
        record(moved, kind, at=at, by=by, words=words, role=role, was=report.person_dealing_id, person=person.pk)
    return moved


def contact_of(report: Report) -> Person | None:
    """Return how whoever is dealing with a report can be reached: the producer's contact, or else the account."""
    person = report.person_dealing
    if person is None:
        return None
    contact = Contact.objects.filter(producer=report.producer, user=person).first()
    if contact is None:
        return Person(str(person), person.email)
    return Person(contact.name, contact.email, contact.telephone, is_team=contact.is_team)


def offered(report: Report, content: ReportContent) -> Person | None:
    """Return whom to offer as the report's person dealing with it, where its text names somebody else or nobody."""
    person = contact_of(report)
    return None if person == content.dealing else person
