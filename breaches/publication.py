"""Publishing a statement about a breach, as a separate step."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from breaches import versions
from breaches.models import Dispatch, Published, Report, StartedReport, Suspicion
from breaches.permissions import TABLE, Action, acting_role, may
from breaches.rules import public_statement
from breaches.rules.lifecycle import CORRECT, MADE_PUBLIC, OPEN, PAST_TENSE, STATES, TAKEN_FROM_PUBLIC, Decision, Nature
from breaches.rules.public_statement import PublicStatement, ReportedDates
from breaches.versions import CHANGED_SINCE_READ, content_of, record_event
from releases.models import Contact, Membership, Release
from releases.permissions import NotYours
from releases.public import calendar
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

# What is suspected, dismissed, kept in the office's own log or withdrawn is nobody else's.
PUBLISHABLE = STATES[Decision.REPORTED]


class CannotBePublished(MoveRefused):
    """The report as it stands is not one that anyone may read."""


@dataclass(frozen=True, slots=True)
class BeingCorrected:
    """What the public is told of a report that is corrected: two instants, and no content."""

    since: datetime
    first_published_at: datetime


def published_statements() -> QuerySet[Published]:
    """Return what anyone may read now, the latest occurrence first.

    A report that was taken up again, corrected or withdrawn since is not among it; what was approved anew has to be
    marked anew.
    """
    standing = Report.objects.official().filter(status__in=PUBLISHABLE, published__version=F("version"))
    return (
        Published.objects.filter(pk__in=standing.values("published"))
        .select_related("report")
        .order_by(F("report__occurred_on").desc(nulls_last=True), "-pk")
    )


def is_public(report: Report) -> bool:
    """Tell whether anyone may read a report now."""
    return published_statements().filter(report=report).exists()


def being_corrected(report: Report) -> BeingCorrected | None:
    """Tell whether a notice of a correction stands where a report was public, and since when.

    Only what was sent and public is said to be corrected, and only until it is public again, taken back, or decided to
    be nobody else's: what is reopened before it was sent is suspected again, and gone without a word.
    """
    standing = report.published
    if standing is None or report.rehearsal or report.status not in (*OPEN, *PUBLISHABLE):
        return None
    begun = report.events.filter(kind=PAST_TENSE[CORRECT], facts__version__0=standing.version).last()
    if begun is None:
        return None
    first = Published.objects.filter(report=report).order_by("at", "pk")[0]
    return BeingCorrected(since=begun.at, first_published_at=first.at)


def may_be_published(report: Report) -> bool:
    """Tell whether a report as it stands could be shown to everybody."""
    return report.status in PUBLISHABLE and not report.rehearsal


def preview_statement(report: Report, *, now: datetime) -> PublicStatement:
    """Return what would be public of a report: without people, and with no address that is not public already.

    :param now: the aware instant at which it would be made public.
    """
    releases = Release.objects.filter(
        pk__in=[
            *Suspicion.objects.filter(report=report).values_list("release", flat=True),
            *StartedReport.objects.filter(report=report).values_list("release", flat=True),
        ]
    )
    pages = {page for release in releases if (page := calendar.live_page_of(release, now=now))}
    content = content_of(report)
    return public_statement.statement_of(content, kind=report.kind, names=_names(report), pages=pages)


def reported_dates(report: Report) -> ReportedDates:
    """Return on which days the present version of a report, and one before it, went to the regulator.

    It follows the record and not the words that were read, because a report may be sent after it was made public.
    """
    sent = Dispatch.objects.filter(report=report, nature=Nature.REPORT).values_list("document__version", "sent_on")
    days = dict(sent.order_by("document__version"))
    earlier = [on for version, on in days.items() if version < report.version]
    return ReportedDates(on=days.get(report.version), earlier=earlier[-1] if earlier else None)


def publish_statement(report: Report, *, seen: str, by: "User", at: datetime) -> Published:
    """Show a report to everybody, in the words that the person has read.

    :param seen: the digest of the preview that the person was shown.
    :raises NotYours: if none of the person's roles allows it.
    :raises OwnActIsSubject: if the person declared that the report is about their own act.
    :raises CannotBePublished: if the report's state does not allow it, or it is about a rehearsal.
    :raises SomebodyWasFaster: if the report, or what would be public of it, has changed since it was read.
    """
    _check_may(report, by)
    if not may_be_published(report):
        raise CannotBePublished(_("Only a real report that is approved, sent or closed can be made public."))
    statement = preview_statement(report, now=at)
    if public_statement.statement_digest(statement) != seen:
        raise ChangedMeanwhile(CHANGED_SINCE_READ)
    role = acting_role(by, TABLE[Action.PUBLISH], report)
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
        _point(report, row)
        record_event(report, MADE_PUBLIC, at=at, by=by, role=role, version=report.version, statement_sha256=seen)
    return row


def withdraw_statement(report: Report, *, words: str = "", by: "User", at: datetime) -> None:
    """Show a report to nobody outside any more; what was public stays on record.

    :param words: why; it may be empty.
    :raises NotYours: if none of the person's roles allows it.
    :raises OwnActIsSubject: if the person declared that the report is about their own act.
    :raises CannotBePublished: if it is not public.
    :raises SomebodyWasFaster: if the report has moved on since it was read.
    """
    _check_may(report, by)
    if report.published_id is None:
        raise CannotBePublished(_("This report is not public."))
    role = acting_role(by, TABLE[Action.PUBLISH], report)
    with transaction.atomic():
        _point(report, None)
        record_event(report, TAKEN_FROM_PUBLIC, at=at, by=by, words=words.strip(), role=role, version=report.version)


def _point(report: Report, row: Published | None) -> None:
    unchanged = Report.objects.filter(
        pk=report.pk,
        status=report.status,
        version=report.version,
        last_change=report.last_change,
        published=report.published_id,
    )
    if not unchanged.update(published=row):
        raise ChangedMeanwhile(CHANGED_SINCE_READ)


def _check_may(report: Report, person: "User") -> None:
    if not may(person, Action.PUBLISH, report):
        message = f"{person} may not make reports of {report.producer} public."
        raise NotYours(message)
    versions.refuse_own_act(report, by=person)


def _names(report: Report) -> set[str]:
    """Return the names of all who are, or ever were, contacts or members of the producer; teams are no people."""
    contacts = Contact.objects.filter(producer=report.producer, is_team=False)
    members = Membership.history.filter(producer=report.producer).values("user")
    actors = report.events.filter(actor__isnull=False).values("actor")
    people = get_user_model().objects.filter(pk__in=members) | get_user_model().objects.filter(pk__in=actors)
    return {str(one) for one in (*contacts, *people)}
