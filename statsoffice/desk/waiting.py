"""What waits for a person: reports, releases to say something of, changes and lists to agree to, dates gone by."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch, QuerySet

from breaches.merging import Morning, mergeable_drafts
from breaches.models import Report, Suspicion
from breaches.permissions import reports_with
from breaches.rules.lifecycle import WRITERS, ReportStatus
from releases import date_changes, pre_release_access, statements, tasks
from releases.models import DateChange, Release, ReleaseTask
from releases.permissions import Action, Person, producers_where
from releases.rules.lifecycle import LEADS, Role

MOST_LINES = 20
# A release is asked about from the day before it is due until the watch has long ended.
ASKED_AHEAD = timedelta(days=1)
ASKED_BEHIND = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for one person; each list is cut at twenty, the longest waiting first.

    `to_agree` counts the changes of date that wait for their agreement, all of them.
    """

    to_complete: list[Report]
    to_approve: list[Report]
    to_join: list[Morning]
    to_answer: list[Release]
    to_agree: int
    left_provisional: list[Release]
    access_to_agree: list[Release]
    tasks: list[tuple[ReleaseTask, Release | None]]

    def __bool__(self) -> bool:
        reports = self.to_complete or self.to_approve
        to_agree = self.to_agree or self.access_to_agree
        return bool(reports or self.to_answer or to_agree or self.left_provisional or self.tasks)


def waiting_for(person: Person, *, now: datetime) -> Waiting:
    """Return what waits for a person, by their roles for each producer.

    :param now: the aware instant around which releases are asked about.
    """
    return Waiting(
        to_complete=_reports(person, WRITERS, ReportStatus.DRAFT, ReportStatus.RETURNED),
        to_join=mergeable_drafts(person, most=MOST_LINES),
        to_approve=_reports(person, LEADS, ReportStatus.WITH_HOP),
        to_answer=_questions(person, now=now),
        to_agree=date_changes.to_agree(person).count(),
        left_provisional=_left_provisional(person, now=now),
        access_to_agree=_access_lists(person),
        tasks=tasks.tasks_waiting_for(person, most=MOST_LINES),
    )


def _reports(person: Person, roles: frozenset[Role], *statuses: ReportStatus) -> list[Report]:
    theirs = reports_with(person, roles).filter(status__in=statuses)
    listed = theirs.select_related("producer", "started__release", "started__series")
    suspicions = Prefetch("suspicions", Suspicion.objects.select_related("release", "verification"))
    return list(listed.prefetch_related(suspicions).order_by("drafted_at")[:MOST_LINES])


def _access_lists(person: Person) -> list[Release]:
    """Return the releases on whose pre-release access list a change waits for this person, the first due first."""
    # Asked first, because there are few, and none most days: joined, the database walks the whole calendar for them.
    asked = set(pre_release_access.requests_waiting_for(person).order_by().values_list("release", flat=True))
    return list(Release.objects.filter(pk__in=asked).select_related("series__producer").order_by("due_at")[:MOST_LINES])


def _questions(person: Person, *, now: datetime) -> list[Release]:
    theirs = Release.objects.filter(series__producer__in=producers_where(person, Action.ANSWER))
    recent: QuerySet[Release] = theirs.filter(due_at__gt=now - ASKED_BEHIND, due_at__lte=now + ASKED_AHEAD)
    asked = set(statements.unanswered(recent).values_list("release_id", flat=True))
    moved = theirs.filter(pk__in=DateChange.objects.made_since(now - ASKED_BEHIND).values("release"))
    asked |= set(
        statements.unanswered(moved).filter(due_at__gt=now - ASKED_BEHIND).values_list("release_id", flat=True)
    )
    asked |= {question.address.release_id for question in statements.open_questions(recent)}
    return list(Release.objects.filter(pk__in=asked).select_related("series__producer").order_by("due_at")[:MOST_LINES])


def _left_provisional(person: Person, *, now: datetime) -> list[Release]:
    theirs = Release.objects.left_provisional(now=now).filter(series__producer__in=producers_where(person, Action.EDIT))
    return list(theirs.order_by("planned_on", "pk")[:MOST_LINES])
