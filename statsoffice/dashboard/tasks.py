"""A person's tasks, missing information about upcoming releases, and announcements that differ from the calendar."""

from collections.abc import Collection, Iterable, Sized
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Case, Prefetch, Q, QuerySet, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from breaches.dispatches import has_unsent_notice, needs_dispatch
from breaches.merging import Morning, mergeable_drafts
from breaches.models import Report, Suspicion
from breaches.permissions import listed_reports_with
from breaches.register import correction_begun_at, first_day_sent
from breaches.rules.lifecycle import RESTRICTED, WITH_AUTHORS, WRITERS, ReportStatus
from releases import (
    announcements,
    date_changes,
    minute_briefs,
    open_files,
    overview,
    pre_release_access,
    receipts,
    statements,
    tasks,
)
from releases.early_findings import unpublished_early_releases
from releases.models import Contact, DateChange, MinuteBrief, Release, ReleaseTask
from releases.open_files import DummyFileRecord
from releases.overview import Concern
from releases.permissions import Action, Person, producers_where
from releases.rules.calendar import local_date
from releases.rules.lifecycle import LEADS, Role
from releases.text import calendar
from releases.text.minute_brief import brief_headline
from releases.views.list_order import ListOrder, release_columns
from statsoffice.accounts.invitations import open_invitations_of
from statsoffice.accounts.models import Invitation
from statsoffice.accounts.text_numbers import find_numbers_to_confirm
from statsoffice.dashboard.existing_rows import ASKED_AFTER_DUE, ASKED_BEFORE_DUE, ExistingRows
from statsoffice.dashboard.today import Day, Line, not_live_releases
from statsoffice.dashboard.upcoming_releases import UpcomingRelease
from statsoffice.office_api.models import ApiToken
from statsoffice.office_api.tokens import find_expiring_tokens
from statsoffice.webhooks.endpoints import endpoints_of
from statsoffice.webhooks.models import WebhookEndpoint

MOST_LINES = 20
MOST_BRIEFS = 5


@dataclass(frozen=True, slots=True)
class ShownBrief:
    row: MinuteBrief
    headline: str


@dataclass(frozen=True, slots=True)
class PersonTasks:
    """The tasks of one person. Each list has at most twenty entries.

    `incidents` has the reports about disclosures of unpublished statistics that the person should complete.
    `to_complete` has the other reports that the person should complete. `to_send` has the reports that are approved and
    not sent, and those whose email could not be delivered. `notices` has the reports with a notice that a person has to
    send. `to_agree` is the number of date change requests that the person should decide. `briefs` has the minute briefs
    with releases that are still expected. `finished_briefs` has the other minute briefs of today, which are not tasks.
    """

    incidents: list[Report]
    not_live: list[Line]
    to_complete: list[Report]
    to_approve: list[Report]
    to_send: list[Report]
    notices: list[Report]
    to_join: list[Morning]
    to_answer: list[Release]
    to_agree: int
    left_provisional: list[Release]
    access_to_agree: list[Release]
    access_lists: list[receipts.ListTask]
    tasks: list[tuple[ReleaseTask, Release | None]]
    open_files: list[DummyFileRecord]
    briefs: list[ShownBrief]
    finished_briefs: list[ShownBrief]
    api_tokens: list[ApiToken]
    stopped_webhooks: list[WebhookEndpoint]
    invitations: list[Invitation]
    unconfirmed_numbers: list[Contact]
    hides_rehearsals: bool

    @property
    def count(self) -> int:
        """The number of tasks. `to_join` is left out, because its drafts are reports that are already counted."""
        listed: list[Sized] = [
            self.incidents,
            self.briefs,
            self.not_live,
            self.to_complete,
            self.to_approve,
            self.to_send,
            self.notices,
            self.to_answer,
            self.left_provisional,
            self.access_to_agree,
            self.access_lists,
            self.tasks,
            self.open_files,
            self.api_tokens,
            self.stopped_webhooks,
            self.invitations,
            self.unconfirmed_numbers,
        ]
        return self.to_agree + sum(map(len, listed))

    def __bool__(self) -> bool:
        return self.count > 0 or bool(self.finished_briefs)


def tasks_of(person: Person, day: Day, *, now: datetime, rehearsals: bool | None = None) -> PersonTasks:
    """Return the tasks of a person.

    :param rehearsals: False leaves out the tasks about rehearsals. None, if the reader did not choose, does not leave
        them out, because people who take part in a rehearsal would miss them.
    """
    existing, unlisted = day.existing, day.unlisted
    hides_rehearsals = rehearsals is False
    wanted, of_wanted = (Q(rehearsal=False), Q(release__rehearsal=False)) if hides_rehearsals else (Q(), Q())
    to_complete: list[Report] = []
    if existing.drafts:
        to_complete = _reports(person, WRITERS, wanted & Q(status__in=WITH_AUTHORS), unlisted=unlisted)
    to_approve: list[Report] = []
    if existing.submitted_reports:
        to_approve = _reports(person, LEADS, wanted & Q(status=ReportStatus.WITH_HOP), unlisted=unlisted)
    to_send: list[Report] = []
    if existing.reports_to_send:
        to_send = _reports(person, LEADS, wanted & needs_dispatch(), unlisted=unlisted)
    notices: list[Report] = []
    if existing.unsent_notices:
        notices = _reports(person, LEADS, wanted & has_unsent_notice(), unlisted=unlisted)
    to_join: list[Morning] = []
    if existing.drafts:
        mornings = mergeable_drafts(person, most=MOST_LINES, unlisted=unlisted)
        to_join = [morning for morning in mornings if not (hides_rehearsals and morning.rehearsal)]
    briefs, finished_briefs = _briefs(person, wanted, now=now) if existing.briefs else ([], [])
    return PersonTasks(
        incidents=[report for report in to_complete if _is_incident(report)],
        not_live=not_live_releases(person, day)[:MOST_LINES],
        to_complete=[report for report in to_complete if not _is_incident(report)],
        to_join=to_join,
        to_approve=to_approve,
        to_send=to_send,
        notices=notices,
        to_answer=_questions(person, existing, wanted, now=now),
        to_agree=date_changes.open_requests_for(person).filter(of_wanted).count() if existing.date_requests else 0,
        left_provisional=_left_provisional(person, now=now) if existing.left_provisional else [],
        access_to_agree=_access_lists(person, wanted) if existing.access_requests else [],
        access_lists=receipts.find_list_tasks(person, now=now)[:MOST_LINES] if existing.asking_producers else [],
        tasks=tasks.tasks_waiting_for(person, wanted, most=MOST_LINES) if existing.tasks else [],
        open_files=open_files.find_open_places(person)[:MOST_LINES] if existing.open_files else [],
        briefs=briefs,
        finished_briefs=finished_briefs,
        api_tokens=find_expiring_tokens(person, now=now)[:MOST_LINES] if existing.api_tokens else [],
        stopped_webhooks=list(endpoints_of(person).stopped()[:MOST_LINES]) if existing.stopped_webhooks else [],
        invitations=_invitations(person, now=now) if existing.invitations else [],
        unconfirmed_numbers=find_numbers_to_confirm(person)[:MOST_LINES],
        hides_rehearsals=hides_rehearsals,
    )


def _left_provisional(person: Person, *, now: datetime) -> list[Release]:
    own = Release.objects.left_provisional(now=now).filter(series__producer__in=producers_where(person, Action.EDIT))
    return list(own.order_by("planned_on", "pk")[:MOST_LINES])


def _is_incident(report: Report) -> bool:
    return report.kind in RESTRICTED and not report.rehearsal


def _briefs(person: Person, wanted: Q, *, now: datetime) -> tuple[list[ShownBrief], list[ShownBrief]]:
    """Return the open and the finished minute briefs that a person may read, as two lists.

    Both lists contain only the briefs of the present London day. The latest brief comes first.
    """
    begins_at, _ends_at = overview.london_day(local_date(now))
    rows = minute_briefs.briefs_known_to(person).filter(wanted, due_at__gte=begins_at, due_at__lte=now)
    briefs: dict[bool, list[ShownBrief]] = {True: [], False: []}
    for read in (minute_briefs.read_brief(row, with_hosts=False) for row in rows[:MOST_BRIEFS]):
        briefs[read.brief.is_open].append(ShownBrief(read.row, brief_headline(read)))
    return briefs[True], briefs[False]


def _reports(person: Person, roles: frozenset[Role], condition: Q, *, unlisted: Collection[int]) -> list[Report]:
    own = listed_reports_with(person, roles, unlisted=unlisted).filter(condition)
    # Only these columns are read, because a report and its releases have many more, with long texts.
    listed = own.select_related("started__release", "started__series").only(
        "reference",
        "number_year",
        "number_series",
        "number_position",
        "kind",
        "status",
        "rehearsal",
        "training",
        "drafted_at",
        "decided_at",
        "started__report",
        "started__release__title",
        "started__series__title",
    )
    listed = listed.prefetch_related(Prefetch("suspicions", Suspicion.objects.with_outcome()))
    listed = listed.annotate(correction_begun_at=correction_begun_at(), sent_on=first_day_sent())
    incidents_first = Case(When(kind__in=list(RESTRICTED), rehearsal=False, then=0), default=1)
    return list(listed.order_by(incidents_first, "rehearsal", "drafted_at", "pk")[:MOST_LINES])


def _invitations(person: Person, *, now: datetime) -> list[Invitation]:
    return list(open_invitations_of(person, at=now)[:MOST_LINES]) if person.is_authenticated else []


def _access_lists(person: Person, wanted: Q) -> list[Release]:
    # Two queries instead of a join, because there are few requests and a join would read the whole calendar.
    keys = set(pre_release_access.requests_waiting_for(person).order_by().values_list("release", flat=True))
    listed = Release.objects.filter(wanted, pk__in=keys).select_related("series__producer")
    return list(listed.order_by("due_at", "pk")[:MOST_LINES])


def _questions(person: Person, existing: ExistingRows, wanted: Q, *, now: datetime) -> list[Release]:
    own = Release.objects.filter(wanted, series__producer__in=producers_where(person, Action.ANSWER)).shown_to(person)
    # The dashboard may be shown on a wall. So it does not ask about an early release until the release is published.
    own = own.exclude(pk__in=unpublished_early_releases().values("pk"))
    recent: QuerySet[Release] = own.filter(due_at__gt=now - ASKED_AFTER_DUE, due_at__lte=now + ASKED_BEFORE_DUE)
    keys: set[int] = set()
    if existing.unsure_verdicts:
        moved = own.filter(pk__in=DateChange.objects.made_since(now - ASKED_AFTER_DUE).values("release"))
        of_moved = statements.verdicts_without_answer(moved, reader=person).filter(due_at__gt=now - ASKED_AFTER_DUE)
        unanswered = (
            statements.verdicts_without_answer(recent, reader=person).order_by().values_list("release_id", flat=True)
        )
        keys |= set(unanswered.union(of_moved.order_by().values_list("release_id", flat=True)))
    questions = statements.find_open_questions(recent, has_statements=existing.statements)
    keys |= {question.address.release_id for question in questions}
    return list(Release.objects.filter(pk__in=keys).select_related("series__producer").order_by("due_at")[:MOST_LINES])


RELEASES_PER_PAGE = 50


def missing_information_of(upcoming: Iterable[UpcomingRelease], *, now: datetime) -> list[tuple[Concern, str]]:
    """Return the kinds of information that are missing from releases of the next two weeks, each with a sentence.

    The counts are the same as those of `overview.count_concerns`, which would need another query.

    :param upcoming: the upcoming releases that the person may view.
    """
    end = overview.end_of_soon(now)
    soon = [release for release in upcoming if release.is_to_come and release.due_at < end]
    counted = {
        Concern.NO_ADDRESS: sum(release.page is None for release in soon),
        Concern.NO_CONTACT: sum(release.responsible is None for release in soon),
        Concern.NO_HEAD: sum(release.head is None for release in soon),
    }
    return [(concern, calendar.concern_sentence(concern, count)) for concern, count in counted.items() if count]


@login_required
@require_safe
def list_missing(request: HttpRequest, concern: str) -> HttpResponse:
    if concern not in set(Concern):
        raise Http404("Nothing is listed under this name.")
    reason = Concern(concern)
    found = overview.releases_of_concern(overview.visible_releases(request.user), reason, now=timezone.now())
    found = found.select_related("series__producer").order_by("planned_on", "planned_at", "title", "pk")
    order = ListOrder(request.GET, release_columns(), default="date")
    context = {
        "concern": reason,
        "title": calendar.TITLES[reason],
        "advice": calendar.ADVICE[reason],
        "order": order,
        "page": Paginator(order.sort(found), RELEASES_PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "dashboard/missing.html", context)


@dataclass(frozen=True, slots=True)
class AnnouncementDifferences:
    """The releases whose GOV.UK announcement differs from our calendar.

    Each line has a release, sentences about the differences, and the time at which the announcement was read.
    `left_out` is the number of further releases that have no line.
    """

    lines: list[tuple[Release, list[str], datetime | None]]
    left_out: int

    def __bool__(self) -> bool:
        return bool(self.lines)


def differences_of(person: Person, *, now: datetime) -> AnnouncementDifferences:
    own = producers_where(person, Action.VIEW)
    of_producers = announcements.announcements_to_come(now=now).filter(release__series__producer__in=own)
    found = [each for each in announcements.find_differences(of_producers) if not each.shows_publication]
    lines = [
        (each.release, [calendar.difference_sentence(difference) for difference in each.differences], each.read_at)
        for each in found[:MOST_LINES]
    ]
    return AnnouncementDifferences(lines, max(0, len(found) - MOST_LINES))
