"""Tags for breach reports: their kinds, the reports about a release, and the email of a dispatch."""

import logging
from base64 import b64encode
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import template
from django.db.models import Prefetch, Q
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from breaches import drafting, text
from breaches.dispatches import find_notice_record
from breaches.merging import Morning
from breaches.models import Dispatch, Report, ReportEvent, Suspicion
from breaches.permissions import Action, may_ever, may_start_about, reports_where
from breaches.register import first_day_sent
from breaches.rules.lifecycle import SEND, ReportKind
from breaches.statistics_tables import Row, Table
from breaches.views.report import initial_start_data
from releases.evidence.screenshots import read_picture
from releases.models import BodyUnavailable, Producer, PublishedCorrection, Release, Verification
from releases.rules.calendar import local_date
from releases.text.release import delay_note, describe_age, name_outcome
from releases.verdict.address import Outcome
from statsoffice.notifications.models import Message, failed_messages
from statsoffice.notifications.report_queries import event_of_dispatch, is_without_report, retryable_emails

logger = logging.getLogger(__name__)
register = template.Library()

register.filter("kind_of", text.kind_name)
register.filter("suspected_as", text.suspicion_name)


@dataclass(frozen=True, slots=True)
class ShownReport:
    """The data from which a report among the tasks of a person is rendered. It is also the cache key.

    `about` names the releases, or the release or series about which the report was started. `age` is the age of the
    first of `decided_at`, `correction_begun_at` and `drafted_at` that is not None.
    """

    reference: str
    about: str
    kinds: str
    status: str
    decided_at: datetime | None
    correction_begun_at: datetime | None
    drafted_at: datetime
    age: str
    correction: str
    is_training: bool
    is_rehearsal: bool
    has_notice: bool


@register.simple_tag
def report_task(report: Any, now: datetime, *, has_notice: bool = False) -> SafeString:
    """Render a report among the tasks of a person.

    :param report: a report with the annotations `correction_begun_at` and `sent_on`, its suspicions with their
        releases, and the release or series about which it was started.
    :param has_notice: whether the task is to send a notice about the report, so that the report's age and email do not
        matter.
    """
    titles = [suspicion.release.title for suspicion in report.suspicions.all()]
    started = getattr(report, "started", None)
    subject = started and (started.release or started.series)
    shown = ShownReport(
        reference=report.reference,
        about="; ".join(titles) or (subject.title if subject else report.number),
        kinds=text.kind_name(report).lower(),
        status=report.status,
        decided_at=report.decided_at,
        correction_begun_at=report.correction_begun_at,
        drafted_at=report.drafted_at,
        age=describe_age(report.decided_at or report.correction_begun_at or report.drafted_at, now),
        correction=text.describe_correction(report, was_sent=report.sent_on is not None),
        is_training=report.training_id is not None,
        is_rehearsal=report.rehearsal,
        has_notice=has_notice,
    )
    return _render_report_task(shown, get_language())


@lru_cache(maxsize=1_000)
def _render_report_task(report: ShownReport, _language: str | None) -> SafeString:
    return render_to_string("dashboard/report.html", {"report": report})


@register.simple_tag
def morning_task(morning: Morning) -> SafeString:
    """Render the link to combine the drafts of a morning."""
    producer = morning.producer
    return _render_morning(
        slug=producer.slug,
        name=producer.name,
        on=morning.on,
        rehearsal=morning.rehearsal,
        drafts=morning.drafts,
        _language=get_language(),
    )


# The key has the name of the producer, because two producers with the same primary key are equal.
@lru_cache(maxsize=1_000)
def _render_morning(
    *, slug: str, name: str, on: date, rehearsal: bool, drafts: int, _language: str | None
) -> SafeString:
    morning = Morning(Producer(slug=slug, name=name), on, rehearsal, drafts)
    return render_to_string("breaches/morning.html", {"morning": morning})


@register.filter
def outcome_and_seconds(verification: Verification) -> str:
    """Describe a verdict and its delay in one line: "Late by 40 to 46 seconds"."""
    return delay_note(verification) or name_outcome(Outcome(verification.outcome))


@register.simple_tag
def picture_source(sha256: str, *, printed: bool | str = False) -> str:
    """Return a screenshot as a data URL, or an empty string if the picture was removed.

    If the storage of bodies does not return an existing picture, a web page is shown without the picture. A PDF file
    must contain every existing picture, so the error is raised.

    :param printed: whether the document becomes a PDF file.
    :raises BodyUnavailable: if the storage does not return the picture, and `printed` is true.
    """
    try:
        picture = read_picture(sha256)
    except BodyUnavailable:
        if printed:
            raise
        logger.exception("a screenshot could not be read")
        return ""
    return f"data:image/png;base64,{b64encode(picture).decode()}" if picture else ""


@register.simple_tag(takes_context=True)
def reports_about(context: dict[str, Any], release: Release, *, with_kinds: bool = False) -> list[Report]:
    """Return the breach reports about a release, the latest first. Leave out reports that the person may not read.

    :param with_kinds: whether to load what the filter `kind_of` needs.
    """
    person = context["request"].user
    about = Q(suspicions__release=release) | Q(started__release=release)
    reports = reports_where(person, Action.VIEW).filter(about).distinct()
    outcomes = [Prefetch("suspicions", Suspicion.objects.with_outcome())] if with_kinds else []
    return list(reports.annotate(sent_on=first_day_sent()).prefetch_related(*outcomes))


@register.filter
def status_of_report(report: Any) -> str:
    """Return the label of a report's status, such as "Draft, being corrected" if a version of the report was sent.

    :param report: a report with the annotation `sent_on` (`breaches.register.first_day_sent`).
    """
    return text.describe_status(report, was_sent=report.sent_on is not None)


@register.simple_tag(takes_context=True)
def may_start_report(context: dict[str, Any], release: Release) -> bool:
    return may_start_about(context["request"].user, release)


@register.simple_tag
def report_to_start(release: Release) -> dict[str, str]:
    """Return the hidden fields of the form that starts a report about a release.

    If the release does not need checking, return an empty dict.
    """
    due_on = drafting.find_uncertain_day(release)
    return initial_start_data(ReportKind.LATE, due_on) if due_on else {}


@register.simple_tag
def report_of_correction(correction: PublishedCorrection) -> dict[str, str]:
    """Return the hidden fields of the form that starts a report about corrected statistics.

    The day of the breach is the day of the release, because the statistics were wrong from then on.
    """
    release = correction.release
    assert release.due_at is not None  # noqa: S101  # a published release has an exact date
    return initial_start_data(ReportKind.WRONG_CONTENT, local_date(release.due_at))


@dataclass(frozen=True, slots=True)
class DispatchEmail:
    """The email of a dispatch by email.

    `message` is None if the email has not been written yet. `is_held` is true if the email is a notice that waits
    because its report could not be delivered. `may_record` is true if the person may record that they sent the notice.
    """

    message: Message | None
    has_failed: bool
    is_held: bool
    may_retry: bool
    may_record: bool


@register.simple_tag(takes_context=True)
def email_of(context: dict[str, Any], dispatch: Dispatch) -> DispatchEmail:
    now, person = timezone.now(), context["request"].user
    message = Message.objects.filter(event=event_of_dispatch(dispatch.pk)).first()
    has_failed = message is not None and failed_messages(at=now).filter(pk=message.pk).exists()
    may_send = may_ever(person, SEND, dispatch.report)
    return DispatchEmail(
        message=message,
        has_failed=has_failed,
        is_held=message is None and is_without_report(dispatch, now=now),
        may_retry=may_send and retryable_emails(dispatch, now=now).exists(),
        may_record=has_failed and may_send and Dispatch.objects.failed_notices().filter(pk=dispatch.pk).exists(),
    )


@dataclass(frozen=True, slots=True)
class NoticeRecord:
    """The record that a person sent a notice outside the system.

    If there is no record, there is no `event` and no `sent_on`. `may_record` is true if the person may record it now.
    """

    event: ReportEvent | None
    sent_on: date | None
    may_record: bool


@register.simple_tag(takes_context=True)
def record_of_notice(context: dict[str, Any], notice: Dispatch) -> NoticeRecord:
    event = find_notice_record(notice)
    return NoticeRecord(
        event=event,
        sent_on=date.fromisoformat(event.facts["sent_on"]) if event else None,
        may_record=event is None and may_ever(context["request"].user, SEND, notice.report),
    )


@register.simple_tag
def figures_rows(table: Table) -> SafeString:
    """Render the columns and rows of a table. The HTML is cached, because the figures of a past year rarely change."""
    lines = tuple((row.name, tuple(row.cells), row.address) for row in table.rows)
    return _render_rows(table.caption, tuple(table.columns), lines, get_language())


# A page has about a dozen tables. If a table has a row for each of fifty producers, its HTML takes about 20 kB.
@lru_cache(maxsize=128)
def _render_rows(
    caption: str,
    columns: tuple[str, ...],
    lines: tuple[tuple[str, tuple[str, ...], str], ...],
    _language: str | None,
) -> SafeString:
    table = Table("", caption, columns, [Row(*line) for line in lines])
    return render_to_string("breaches/figures_rows.html", {"table": table})
