"""Publication and withdrawal of public statements about breaches."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, F, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from breaches import versions
from breaches.models import Dispatch, Published, Report, ReportEvent, StartedReport, Suspicion
from breaches.permissions import TABLE, Action, is_about_unpublished_early, may_act_on, senior_role
from breaches.rules import public_statement
from breaches.rules.answers import describe_moment
from breaches.rules.lifecycle import (
    CORRECT,
    MADE_PUBLIC,
    PAST_TENSE,
    STATES,
    TAKEN_FROM_PUBLIC,
    UNDECIDED,
    Decision,
    sort_kinds,
)
from breaches.rules.public_statement import PublicStatement, ReportedDates
from breaches.versions import CHANGED_SINCE_READ, content_of, record_report_event
from releases.models import Contact, Membership, Release
from releases.permissions import NotYours, User
from releases.public import calendar
from releases.rules.calendar import format_moment, local_date
from releases.rules.lifecycle import TO_COME, ChangedMeanwhile, MoveRefused

PUBLISHABLE = STATES[Decision.REPORTED]
# The first day of the breach in a stored statement. The days in a statement are sorted.
STATED_DAY = KT("statement__occurred_on__0")
_OF_PUBLISHED_REPORT = Q(report__published=F("pk"), report__rehearsal=False)
_IS_PUBLIC = _OF_PUBLISHED_REPORT & Q(report__status__in=PUBLISHABLE, report__version=F("version"))
_IS_BEING_CORRECTED = _OF_PUBLISHED_REPORT & Q(
    report__status__in=(*UNDECIDED, *PUBLISHABLE), corrected_since__isnull=False
)


@dataclass(frozen=True, slots=True)
class NamedOutput:
    """The title of statistics that a published statement names, and the due time of their release, if it is public."""

    title: str
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """The public notice that a report is being corrected. It shows nothing of the correction.

    `since` is when the correction began. `first_published_at` is when the report was first published. `published` is
    the last published statement, which readers have seen.
    """

    since: datetime
    first_published_at: datetime
    published: Published


def published_statements() -> "QuerySet[Any]":
    """Return the public statements, ordered by the day of the breach, the latest first.

    Each statement is annotated with `was_sent`, whether its version of the report was sent to the regulator.

    A statement is only public if it was made from the present version of its report. After a report is reopened or
    corrected, it must be approved and published again.
    """
    return _annotate(Published.objects.filter(_IS_PUBLIC))


def listed_statements() -> "QuerySet[Any]":
    """Return the public statements and the last published statements of the reports that are being corrected.

    They have the annotations and the order of `published_statements`, and `corrected_since`, when the correction began,
    or None if the statement is public.
    """
    return _annotate(_with_corrections().filter(_IS_PUBLIC | _IS_BEING_CORRECTED))


def _with_corrections() -> "QuerySet[Any]":
    """Annotate published statements with when a person began to correct the version that was published."""
    begun = ReportEvent.objects.filter(report=OuterRef("report"), kind=PAST_TENSE[CORRECT])
    of_version = begun.annotate(was=Cast(KT("facts__version__0"), IntegerField())).filter(was=OuterRef("version"))
    return Published.objects.annotate(corrected_since=Subquery(of_version.order_by("-position").values("at")[:1]))


def _annotate(found: "QuerySet[Any]") -> "QuerySet[Any]":
    sent = Dispatch.objects.filter(report=OuterRef("report"), document__version=OuterRef("version")).reported()
    # The day in the report may belong to a correction that is not public, so statements are sorted by their own day.
    annotated: QuerySet[Any] = found.annotate(was_sent=Exists(sent)).select_related("report")
    return annotated.order_by(STATED_DAY.desc(nulls_last=True), "-pk")


def find_earlier_publication(published: Published) -> datetime | None:
    """Return when a report was first published, if its public text has changed since, or None if it has not."""
    earlier = Published.objects.filter(report=published.report_id, pk__lt=published.pk).order_by("at", "pk")
    rows = list(earlier.values_list("at", "statement_sha256"))
    return rows[0][0] if any(digest != published.statement_sha256 for _at, digest in rows) else None


def is_public(report: Report) -> bool:
    return published_statements().filter(report=report).exists()


def find_correction(report: Report) -> Correction | None:
    """Return the unfinished correction of a report, or None.

    A correction begins when a person starts to correct a report that was sent and published. It ends when the report is
    published again, or withdrawn. If a published report is reopened before it was sent, there is no correction. Its
    statement disappears from the public pages without a notice.
    """
    if report.published_id is None:
        return None
    published = _with_corrections().filter(_IS_BEING_CORRECTED, report=report).first()
    if published is None:
        return None
    first = Published.objects.filter(report=report).order_by("at", "pk")[0]
    return Correction(since=published.corrected_since, first_published_at=first.at, published=published)


def name_outputs(rows: Collection[Published]) -> dict[int, list[NamedOutput]]:
    """Return the statistics that published statements name, by the primary key of the statement.

    All titles come from the stored statements. The due times are those of public releases with these titles. Suspicions
    that were raised after the publication are left out, because they may be part of a correction.
    """
    reports = [row.report_id for row in rows]
    is_public = Q(release__in=Release.objects.public())
    judged = Suspicion.objects.filter(is_public, report__in=reports).values_list(
        "report", "release__title", "verification__due_at", "raised_at"
    )
    started = StartedReport.objects.filter(is_public, report__in=reports).values_list(
        "report", "release__title", "release__due_at", "started_at"
    )
    due = [*judged, *started]
    named = {}
    for row in rows:
        known = {title: due_at for report, title, due_at, at in due if report == row.report_id and at <= row.at}
        titles = [output.title for output in public_statement.statement_from_json(row.statement).outputs]
        named[row.pk] = [NamedOutput(title, known.get(title)) for title in titles]
    return named


def may_be_published(report: Report) -> bool:
    """Return whether the state of a report allows a public statement.

    A report about an early release stays private until the release is published or cancelled.
    """
    return report.status in PUBLISHABLE and not report.rehearsal and not is_about_unpublished_early(report)


def check_publishable(report: Report) -> None:
    """Check that the state of a report allows a public statement.

    :raises MoveRefused: if the state does not allow a statement.
    """
    if is_about_unpublished_early(report):
        raise MoveRefused(_("The release is not published yet, so nothing about it can be made public."))
    if not may_be_published(report):
        raise MoveRefused(
            _("You can only make a report public if it is approved, sent or closed, and is not a rehearsal.")
        )


def preview_statement(report: Report, *, now: datetime) -> PublicStatement:
    """Return the statement that would be published.

    The names of people, and the addresses of pages that are not public yet, are left out.
    """
    pages = {page for release in _releases_of(report) if (page := calendar.live_page_of(release, now=now))}
    # Leave out the names of the producer's contacts (except teams), of its present and former members, and of everyone
    # who acted on the report.
    contacts = Contact.objects.filter(producer=report.producer, is_team=False)
    users = get_user_model().objects.all()
    members = users.filter(pk__in=Membership.history.filter(producer=report.producer).values("user"))
    actors = users.filter(pk__in=report.events.filter(actor__isnull=False).values("actor"))
    names = {str(one) for one in (*contacts, *(members | actors))}
    kinds = sort_kinds(report.kind, report.suspicions.values_list("kind", flat=True))
    return public_statement.statement_of(content_of(report), kinds=kinds, names=names, pages=pages)


def find_due_to_come(report: Report, *, now: datetime) -> str:
    """Return the due time of a report's statistics in words, or "" if it is not known or has passed.

    Use the latest due time of the report's releases that are still to be published. If none of these releases has an
    exact date, use the due time from the answers.
    """
    to_come = [release.due_at for release in _releases_of(report) if release.status in TO_COME and release.due_at]
    answer = content_of(report).answers.due
    if latest := max(to_come, default=None):
        return format_moment(latest) if latest > now else ""
    if answer is None or answer.on is None:
        return ""
    is_to_come = answer.at > now if answer.at else answer.on >= local_date(now)
    return describe_moment(answer) if is_to_come else ""


def _releases_of(report: Report) -> QuerySet[Release]:
    return Release.objects.filter(
        pk__in=[
            *Suspicion.objects.filter(report=report).values_list("release", flat=True),
            *StartedReport.objects.filter(report=report).values_list("release", flat=True),
        ]
    )


def reported_dates(report: Report) -> ReportedDates:
    """Return the days on which a report was sent to the regulator. An email counts once the mail server accepted it.

    The result has the day for the present version, and the day for the last earlier version that was sent. The stored
    statement does not contain these days, because a report may be sent after it was published.
    """
    sent = Dispatch.objects.filter(report=report).reported().order_by("document__version")
    days = dict(sent.values_list("document__version", "reported_on"))
    earlier = [on for version, on in days.items() if version < report.version]
    return ReportedDates(on=days.get(report.version), earlier=earlier[-1] if earlier else None)


def publish_statement(report: Report, *, seen: str, by: User, at: datetime) -> Published:
    """Publish the statement of a report.

    :param seen: the digest of the statement in the preview that the person has read.
    :raises NotYours: if none of the person's roles allows publication.
    :raises OwnActIsSubject: if the person declared that the report is about their own act.
    :raises MoveRefused: if the state of the report does not allow a public statement, if the report is a rehearsal, or
        if it is about an early release that is still to be published.
    :raises ChangedMeanwhile: if the report or the preview has changed since the person read it.
    """
    _check_permission(report, by)
    check_publishable(report)
    statement = preview_statement(report, now=at)
    if public_statement.statement_digest(statement) != seen:
        raise ChangedMeanwhile(CHANGED_SINCE_READ)
    role = senior_role(by, TABLE[Action.PUBLISH], report)
    with transaction.atomic():
        row = Published(
            report=report,
            version=report.version,
            statement=public_statement.statement_to_json(statement),
            statement_sha256=seen,
            by=by,
            role=role,
            at=at,
        )
        row.save()
        _set_published(report, row)
        record_report_event(report, MADE_PUBLIC, at=at, by=by, role=role, version=report.version, statement_sha256=seen)
    return row


def withdraw_statement(report: Report, *, words: str = "", by: User, at: datetime) -> None:
    """Remove a report's statement from the public pages. The stored statement is not deleted.

    :raises NotYours: if none of the person's roles allows publication.
    :raises OwnActIsSubject: if the person declared that the report is about their own act.
    :raises MoveRefused: if the report is not public.
    :raises ChangedMeanwhile: if the report has changed since it was read.
    """
    _check_permission(report, by)
    if report.published_id is None:
        raise MoveRefused(_("This report is not public."))
    role = senior_role(by, TABLE[Action.PUBLISH], report)
    with transaction.atomic():
        _set_published(report, None)
        record_report_event(
            report, TAKEN_FROM_PUBLIC, at=at, by=by, words=words.strip(), role=role, version=report.version
        )


def _set_published(report: Report, row: Published | None) -> None:
    unchanged = Report.objects.filter(
        pk=report.pk,
        status=report.status,
        version=report.version,
        last_change=report.last_change,
        published=report.published_id,
    )
    if not unchanged.update(published=row):
        raise ChangedMeanwhile(CHANGED_SINCE_READ)


def _check_permission(report: Report, person: User) -> None:
    if not may_act_on(person, Action.PUBLISH, report):
        raise NotYours(f"{person} may not make reports of {report.producer} public.")
    versions.refuse_own_act(report, by=person)
