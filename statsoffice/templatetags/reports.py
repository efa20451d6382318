"""Tags for breach reports: their kinds, the reports about a release, and the email of a dispatch."""

import logging
from base64 import b64encode
from functools import lru_cache
from typing import Any

from django import template
from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from breaches import drafting, text
from breaches.models import Dispatch, Report
from breaches.permissions import Action, may_start_about, reports_where
from breaches.rules.lifecycle import ReportKind
from breaches.statistics_tables import Row, Table
from breaches.views.report import initial_start_data
from releases.evidence.screenshots import read_picture
from releases.models import BodyUnavailable, PublishedCorrection, Release, Verification
from releases.rules.calendar import local_date
from releases.text.release import delay_note, name_outcome
from releases.verdict.address import Outcome
from statsoffice.notifications.models import Message
from statsoffice.notifications.report_queries import event_of_dispatch

logger = logging.getLogger(__name__)
register = template.Library()

register.filter("kind_of", text.kind_name)
register.filter("status_of_report", text.status_name)
register.filter("suspected_as", text.suspicion_name)


@register.filter
def outcome_and_seconds(verification: Verification) -> str:
    """Describe a verdict and its delay in one line: "Late by 40 to 46 seconds"."""
    return delay_note(verification) or name_outcome(Outcome(verification.outcome))


@register.simple_tag
def picture_source(sha256: str, *, printed: bool | str = False) -> str:
    """Return the source of a screenshot in a document: the picture itself; empty if it was removed.

    :param printed: whether the document is a file, in which no existing picture may be missing.
    :raises BodyUnavailable: if the storage of bodies does not return the picture for a file. A page leaves it out.
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
def reports_about(context: dict[str, Any], release: Release) -> list[Report]:
    """List the breach reports about a release that the person may read, the latest first."""
    person = context["request"].user
    about = Q(suspicions__release=release) | Q(started__release=release)
    return list(reports_where(person, Action.VIEW).filter(about).distinct())


@register.simple_tag(takes_context=True)
def may_start_report(context: dict[str, Any], release: Release) -> bool:
    return may_start_about(context["request"].user, release)


@register.simple_tag
def report_to_start(release: Release) -> dict[str, str]:
    """Return the hidden fields that start a report about a release that needs checking; empty for any other."""
    due_on = drafting.find_uncertain_day(release)
    return initial_start_data(ReportKind.LATE, due_on) if due_on else {}


@register.simple_tag
def report_of_correction(correction: PublishedCorrection) -> dict[str, str]:
    """Return the hidden fields that start a report about the statistics that a correction is about.

    The statistics were wrong from the day on which they were released.
    """
    release = correction.release
    assert release.due_at is not None  # noqa: S101  # a published release has an exact date
    return initial_start_data(ReportKind.WRONG_CONTENT, local_date(release.due_at))


@register.simple_tag
def mail_of(dispatch: Dispatch) -> Message | None:
    """Return the email of a dispatch from the outbox; None if it is not written yet, or was sent outside the system."""
    return Message.objects.filter(event=event_of_dispatch(dispatch.pk)).first()


@register.simple_tag
def figures_rows(table: Table) -> SafeString:
    """Render the columns and lines of a table. They are cached, because the figures of a past year rarely change."""
    lines = tuple((row.name, tuple(row.cells), row.address) for row in table.rows)
    return _render_rows(table.caption, tuple(table.columns), lines, get_language())


# A page has a dozen tables. A rendered table with a line for each of fifty producers has about twenty kilobytes.
@lru_cache(maxsize=128)
def _render_rows(
    caption: str,
    columns: tuple[str, ...],
    lines: tuple[tuple[str, tuple[str, ...], str], ...],
    _language: str | None,
) -> SafeString:
    table = Table("", caption, columns, [Row(*line) for line in lines])
    return render_to_string("breaches/figures_rows.html", {"table": table})
