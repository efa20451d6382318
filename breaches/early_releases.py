"""Decisions to take an early release down, or to publish it to everyone now.

An early release is a security incident (decision 73). This module only records the decisions, and does not change the
web page or the release. People take the page down, or change the release time, in a separate step.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from breaches.models import EarlyReleaseDecision, Report, ReportQuerySet, ReportRowRecord, Suspicion, SuspicionQuerySet
from breaches.rules.lifecycle import ReportKind
from releases.early_findings import current_contact, producers_known_to
from releases.models import Producer
from releases.models.event import lock_release, record_event
from releases.models.training import is_shown_to
from releases.permissions import NotYours, Person, User, roles_of
from releases.rules.lifecycle import BY_WEIGHT, LEADS, TO_COME, ChangedMeanwhile, MoveRefused, Role

Choice = EarlyReleaseDecision.Choice
DECIDED = "early_release_decided"
"""The kind of the event that records a decision."""
INCIDENT_CONTACT = "incident_contact"

# The incident contact may decide to take a page down. Only people who may change release times may decide to publish a
# release now.
TABLE: Mapping[Choice, frozenset[Role | str]] = {
    Choice.TAKE_DOWN: LEADS | {INCIDENT_CONTACT},
    Choice.PUBLISH_NOW: LEADS,
}


class AlreadyReleased(MoveRefused):
    """The release is published or cancelled, so there is nothing left to decide."""


def early_releases_known_to(person: Person) -> SuspicionQuerySet:
    """Return the early releases that a person may know of, the latest first.

    Early releases that are published by now are included.
    """
    found = Suspicion.objects.filter(
        is_shown_to(person, column="release__training"),
        kind=ReportKind.EARLY,
        release__series__producer__in=producers_known_to(person),
    )
    return found.order_by("-raised_at", "-pk")


def reported_early_releases() -> ReportQuerySet:
    """Return the reports that people started about early releases that are still to be published.

    Reports that were drafted from our checks are not included.
    """
    suspected = Suspicion.objects.filter(report__isnull=False).values("report")
    return Report.objects.about_unpublished_early().filter(kind=ReportKind.EARLY).exclude(pk__in=suspected)


def choices_open_to(person: Person, suspicion: Suspicion) -> tuple[Choice, ...]:
    """Return the choices that a person may make about an early release.

    There are no choices once the release is published or cancelled.
    """
    if suspicion.release.status not in TO_COME:
        return ()
    held = _held_roles(person, suspicion.release.series.producer)
    return tuple(choice for choice in Choice if TABLE[choice] & held)


def record_decision(suspicion: Suspicion, choice: Choice, *, by: User, at: datetime, seen: int) -> EarlyReleaseDecision:
    """Record a person's decision on an early release.

    :param seen: the number of the last decision that the person read, or 0 if there was none.
    :raises NotYours: if the person may not make this choice.
    :raises AlreadyReleased: if the release is published or cancelled.
    :raises ChangedMeanwhile: if another decision has been recorded since the person read the page.
    """
    producer = suspicion.release.series.producer
    held = TABLE[choice] & _held_roles(by, producer)
    if not held:
        raise NotYours(f"{by} may not decide on early releases of {producer}.")
    role = next((role for role in BY_WEIGHT if role in held), INCIDENT_CONTACT)
    with transaction.atomic():
        release = lock_release(suspicion.release_id)
        last = suspicion.decisions.last()
        if last and (last.number, last.choice, last.decided_by_id) == (seen + 1, choice, by.pk):
            return last  # the person clicked twice
        if (last.number if last else 0) != seen:
            raise ChangedMeanwhile(
                _("Another decision has been recorded since you opened the page. Read it before you decide.")
            )
        if release.status not in TO_COME:
            raise AlreadyReleased(_("This release is published or cancelled, so there is nothing to decide."))
        decision = EarlyReleaseDecision.objects.create(
            suspicion=suspicion, number=seen + 1, choice=choice, decided_by=by, role=str(role), decided_at=at
        )
        record_event(
            release,
            DECIDED,
            at=at,
            by=by,
            choice=choice.value,
            number=decision.number,
            role=str(role),
            schedule_version=suspicion.schedule_version,
        )
        ReportRowRecord.record({EarlyReleaseDecision: [decision.pk]})
    return decision


def _held_roles(person: Person, producer: Producer) -> frozenset[Role | str]:
    contact = current_contact(producer)
    is_contact = contact is not None and contact.person_id == person.pk
    return roles_of(person, producer) | ({INCIDENT_CONTACT} if is_contact else frozenset())
