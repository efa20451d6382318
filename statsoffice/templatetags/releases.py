"""Filters for releases: verdicts, checks, stored pages, the year planner, pre-release access and calendar status."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from releases.check_history import Run, SaidRun
from releases.models import OpenFileFinding, PreReleaseAccess, PreReleaseRequest, PublicationStatement, Release
from releases.open_files import DummyFileRecord
from releases.planner import Day, Month
from releases.receipts import Recipient
from releases.rules.calendar import Pace
from releases.rules.lifecycle import Status
from releases.rules.pre_release import RequestKind
from releases.rules.public_calendar import PublicStatus
from releases.rules.web_address import telephone_uri
from releases.statements import OpenQuestion
from releases.text import calendar, open_files, pre_release
from releases.text import parts as part_text
from releases.text import receipts as receipt_text
from releases.text import release as release_text

register = template.Library()

register.filter("age", release_text.describe_age)
register.filter("verdict_sentence", release_text.describe_verdict)
register.filter("part_rows", part_text.list_parts)
register.filter("part_name", release_text.name_part)
register.filter("time_after", part_text.describe_time_after)
register.filter("publisher_sentence", release_text.describe_publisher)
register.filter("diagnosis_sentences", release_text.describe_diagnosis)
register.filter("vantage_sentences", release_text.describe_vantage)
register.filter("places_in_words", release_text.describe_places)
register.filter("missing_screenshot", release_text.describe_missing_screenshot)
register.filter("screenshot_sentence", release_text.describe_screenshot)
register.filter("strip_sentence", release_text.describe_strip)
register.filter("picture_labels", release_text.label_picture)
register.filter("clock_error", release_text.describe_clock_error)
register.filter("tel_uri", telephone_uri)
register.filter("gap_in_words", calendar.gap_sentence)
register.filter("holiday_in_words", calendar.holiday_name)
register.filter("agreement_sentence", calendar.agreement_sentence)
register.filter("departure_sentence", calendar.departure_sentence)
register.filter("period_text", pre_release.write_period)
register.filter("period_of", pre_release.period_of)
register.filter("recorded_of", pre_release.recorded_of)
register.filter("granted_of", pre_release.granted_of)
register.filter("changes_of", pre_release.request_differences)
register.filter("terms_sentences", pre_release.terms_sentences)
register.filter("opening_sentence", pre_release.opening_sentence)
register.filter("opening_sentence_of_request", pre_release.opening_sentence_of_request)
register.filter("opening_note", pre_release.opening_note)
register.filter("judgement_sentence", pre_release.judgement_sentence)
register.filter("erased_sentence", pre_release.erased_sentence)
register.filter("open_file_target", open_files.name_target)
register.filter("open_file_sentence", open_files.describe_finding)
register.filter("recipient_sentences", receipt_text.recipient_sentences)
register.simple_tag(release_text.describe_publisher_gap, name="filled_by_publisher")


@register.filter
def run_sentence(run: Run) -> str:
    return capfirst(release_text.describe_check(run.result, run.reasons, said=run.said))


@register.filter
def run_when(run: Run | SaidRun, release: Release) -> str:
    return release_text.describe_check_times(run.checks, run.first_at, run.last_at, day_of=release.due_at)


@register.filter
def seen_between(question: OpenQuestion) -> str:
    return release_text.describe_check_times(
        question.checks, question.first_seen_at, question.last_seen_at, day_of=None
    )


@register.filter
def said_sentence(run: SaidRun, release: Release) -> str:
    return release_text.describe_publisher_state(run.says, due_at=release.due_at) if release.due_at else ""


@register.filter
def publication_sentence(statement: PublicationStatement, release: Release) -> str:
    return release_text.describe_publication(statement, due_at=release.due_at)


@register.filter
def pace_in_words(pace: Pace) -> str:
    return str(calendar.PACES[pace])


@register.filter
def signs_of(day: Day) -> SafeString:
    return _signs(day.statuses, calendar.planner_day(day))


@register.filter
def undated_signs_of(month: Month) -> SafeString:
    return _signs(month.undated, calendar.undated_sentence(month))


def _signs(statuses: Iterable[tuple[str, int]], words: str) -> SafeString:
    """Show a sign and the number of releases for each status, and add a sentence for screen readers."""
    signs = format_html_join(
        "",
        '<span class="office-wall__sign office-wall__sign--{}" aria-hidden="true">{}{}</span>',
        [(status, calendar.SIGNS[Status(status)][0], count if count > 1 else "") for status, count in statuses],
    )
    return format_html('{}<span class="govuk-visually-hidden">{}</span>', signs, words)


@register.filter
def recipient_of(recipients: Mapping[int, Recipient] | None, entry: PreReleaseAccess) -> Recipient | None:
    return (recipients or {}).get(entry.pk)


@register.filter
def request_words(request: PreReleaseRequest) -> str:
    return str(pre_release.REQUESTS[RequestKind(request.kind)])


@register.filter
def oddities_of(entry: PreReleaseAccess) -> list[str]:
    return [str(pre_release.ODDITIES[oddity]) for oddity in entry.oddities]


@register.filter
def status_tag(status: PublicStatus) -> SafeString:
    return _tag(calendar.STATUSES[status])


@register.filter
def access_tag(entry: PreReleaseAccess) -> SafeString:
    return _tag(pre_release.access_status(entry))


@register.filter
def receipt_tag(recipient: Recipient) -> SafeString:
    return _tag(receipt_text.RECEIPT_STATUSES[recipient.status])


@register.filter
def open_file_result_tag(finding: OpenFileFinding) -> SafeString:
    return _tag(open_files.name_result(finding))


@register.filter
def open_file_state_tag(record: DummyFileRecord) -> SafeString:
    return _tag(open_files.name_state(record))


def _tag(status: tuple[Any, str]) -> SafeString:
    """Show a tag with the name and the colour of a status."""
    name, colour = status
    return format_html('<strong class="govuk-tag govuk-tag--{}">{}</strong>', colour, name)
