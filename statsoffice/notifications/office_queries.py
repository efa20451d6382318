"""Queries for notifications about requests, dummy files, monitoring incidents, and anchors of the evidence."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from itertools import chain

from django.conf import settings
from django.db.models import Q

from releases import open_files
from releases.evidence.anchors import anchor_text
from releases.models import Anchor, Contact, DateChangeRequest, Membership, PreReleaseRequest, Release
from releases.rules import calendar
from releases.rules.calendar import time_of_day
from releases.rules.date_change import RequestState
from releases.rules.lifecycle import LEADS, Role, Status
from releases.rules.pre_release import RequestStatus
from statsoffice.accounts.models import User
from statsoffice.notifications.models import Channel, Message
from statsoffice.notifications.notification import MAX_AGE, Notification, one_line
from statsoffice.notifications.recipients import (
    OPEN_FILE,
    PROBLEM,
    RESTORED,
    add_covers,
    approver_addresses,
    contact_addresses,
    find_cover_addresses,
)
from statsoffice.self_monitoring.models import Incident
from statsoffice.self_monitoring.status import TO_BE_DONE, describe_problem, problem_from_json


def find_date_requests(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    requests = DateChangeRequest.objects.waiting().filter(requested_at__gt=now - MAX_AGE)
    for request in requests.select_related("release__series__producer").order_by("requested_at", "pk"):
        if (event := f"date-request-{request.pk}") not in known:
            yield Notification(event=event, recipients=approver_addresses(request.release), release=request.release)


def find_date_decisions(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the date change requests that were decided or have lapsed.

    Withdrawn requests are left out. Only the requester can withdraw a request, so the requester knows of it already.
    """
    decided = (RequestState.AGREED, RequestState.REFUSED, RequestState.LAPSED)
    requests = DateChangeRequest.objects.filter(state__in=decided, decided_at__gt=now - MAX_AGE)
    related = requests.select_related("release__series__producer", "requested_by")
    for request in related.order_by("decided_at", "pk"):
        if (event := f"date-request-{request.pk}-decided") not in known:
            recipients = _requester_address(request.requested_by)
            yield Notification(event=event, recipients=recipients, release=request.release)


def find_access_requests(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    requests = PreReleaseRequest.objects.filter(status=RequestStatus.WAITING, asked_at__gt=now - MAX_AGE)
    for request in requests.select_related("release__series__producer").order_by("asked_at", "pk"):
        if (event := f"access-request-{request.pk}") not in known:
            yield Notification(event=event, recipients=approver_addresses(request.release), release=request.release)


def find_access_decisions(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the decided requests about pre-release access. A withdrawn request needs no notification."""
    decided = (RequestStatus.AGREED, RequestStatus.REFUSED)
    requests = PreReleaseRequest.objects.filter(status__in=decided, decided_at__gt=now - MAX_AGE)
    for request in requests.select_related("release__series__producer", "asked_by").order_by("decided_at", "pk"):
        if (event := f"access-request-{request.pk}-decided") not in known:
            recipients = _requester_address(request.asked_by)
            yield Notification(event=event, recipients=recipients, release=request.release)


def find_open_files(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the dummy files that are open to the public.

    Only the person who requested the check is notified. The message names neither the file nor its address, because
    an open file is a weakness that other people could use.
    """
    for check in open_files.checks_found_open(since=now - MAX_AGE):
        person, dummy_file = check.requested_by, check.dummy_file
        producer = dummy_file.series.producer
        if (event := f"{OPEN_FILE}{check.pk}") not in known and open_files.may_see_files(person, producer):
            yield Notification(
                event=event,
                recipients=_requester_address(person),
                context={
                    "producer": one_line(producer),
                    "file": dummy_file.pk,
                    "moment": calendar.format_moment(check.requested_at),
                },
                of_producer=producer.pk,
                is_confidential=True,
            )


def _requester_address(person: User) -> frozenset[str]:
    return frozenset([person.email.lower()] if person.is_active else [])


WAIT_FOR_TIME_STAMP = timedelta(minutes=10)


def find_anchors(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the anchors to send to STATSOFFICE_ANCHOR_RECIPIENTS.

    If a time stamp was requested for an anchor, the message waits up to ten minutes for the time stamp.
    """
    if not settings.ANCHOR_RECIPIENTS:
        return
    anchors = Anchor.in_order().filter(made_at__gt=now - MAX_AGE)
    for anchor in anchors.select_related("time_stamp", "time_stamp_request"):
        has_request = hasattr(anchor, "time_stamp_request")
        is_waiting = has_request and now < anchor.made_at + WAIT_FOR_TIME_STAMP
        if event_of_anchor(anchor) not in known and not is_waiting:
            stamp = getattr(anchor, "time_stamp", None)
            yield Notification(
                event=event_of_anchor(anchor),
                recipients=frozenset(settings.ANCHOR_RECIPIENTS),
                context={
                    "number": anchor.position,
                    "moment": _format_anchor_moment(anchor.made_at),
                    "lines": anchor_text(anchor),
                    "contact": settings.SECURITY_CONTACT,
                    "stamp": stamp,
                    "stamped": stamp and _format_anchor_moment(stamp.stamped_at),
                    "awaits_stamp": settings.TIMESTAMP_AUTHORITY and has_request,
                },
            )


def event_of_anchor(anchor: Anchor) -> str:
    return f"anchor-{anchor.position}"


def _format_anchor_moment(instant: datetime) -> str:
    return f"{time_of_day(calendar.in_london(instant).time())} on {calendar.format_day(instant)}"


NEAR = timedelta(hours=24)
STALE = timedelta(hours=1)
"""If an alarm could not be written for this long, it is no longer sent."""


def find_incidents(*, known: Collection[str], now: datetime) -> Iterator[Notification]:
    """Find the monitoring incidents that began or ended.

    One alarm is sent for each incident. When the incident ends, one more message is sent to the recipients of the
    alarm, however long the incident was. If the alarm is not written yet, the message about the end waits for the next
    run, because its recipients are not known yet.
    """
    is_recent = Q(alarmed_at__gt=now - MAX_AGE) | Q(ended_at__gt=now - MAX_AGE)
    for incident in Incident.objects.filter(is_recent, alarmed_at__isnull=False).order_by("alarmed_at"):
        assert incident.alarmed_at is not None  # noqa: S101  # the query asked for it
        alarm, end = f"{PROBLEM}{incident.pk}", f"{RESTORED}{incident.pk}"
        if alarm not in known and now - incident.alarmed_at < STALE:
            problems = [describe_problem(problem_from_json(row), now=incident.alarmed_at) for row in incident.why]
            yield Notification(
                event=alarm,
                recipients=_alarm_recipients(now=now),
                is_for_operators=True,
                context={
                    "problems": problems,
                    "to_be_done": TO_BE_DONE,
                    "moment": calendar.format_moment(incident.alarmed_at),
                },
            )
        alarms = Message.objects.filter(event=alarm)
        if incident.ended_at and end not in known and alarms.exists():
            to_people = alarms.filter(erased_at__isnull=True).exclude(channel=Channel.WEBHOOK)
            yield Notification(
                event=end,
                recipients=frozenset(to_people.values_list("recipient", flat=True)),
                is_for_operators=True,
                context={
                    "began": calendar.format_moment(incident.began_at),
                    "ended": calendar.format_moment(incident.ended_at),
                },
            )


def _alarm_recipients(*, now: datetime) -> frozenset[str]:
    """Return the addresses of the people who get an alarm about monitoring.

    The operators always get the alarm. If a release is due in the next 24 hours, or was due in the last 24 hours and
    has not been found live, people with a role for the release get the alarm too. These are the Heads of Profession
    and deputies of the series, and the leads and calendar managers of the producer. People who cover for a recipient
    are included.
    """
    # If the status of a release is still confirmed after its due time, the release has not been found live yet.
    near = Release.objects.official().filter(status=Status.CONFIRMED, due_at__gt=now - NEAR, due_at__lte=now + NEAR)
    contacts = Contact.objects.filter(series_headed__releases__in=near) | Contact.objects.filter(
        series_deputised__releases__in=near
    )
    members = Membership.objects.filter(
        role__in=LEADS | {Role.CALENDAR_MANAGER}, producer__series__releases__in=near, user__is_active=True
    ).values_list("user__email", flat=True)
    found = (
        frozenset(settings.OPERATORS)
        | contact_addresses(contacts.distinct().select_related("user"))
        | frozenset(email.strip().lower() for email in members.distinct())
    )
    return add_covers(found, chain.from_iterable(find_cover_addresses(now=now).values()))
