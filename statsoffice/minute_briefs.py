"""The page of a minute brief, for Heads of Profession, deputies and the people who cover for them.

The page is computed from the record at each request, and updates automatically like Today's releases. Its address does
not name a release, because notifications contain the address.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from breaches import merging
from breaches.permissions import Action as ReportAction
from breaches.permissions import reports_where
from breaches.register import first_day_sent
from breaches.rules.lifecycle import UNDECIDED
from releases import calls, minute_briefs, outages
from releases.calls import NO_CALLS, CallList
from releases.delay_notices import current_notice
from releases.minute_briefs import BriefLine, ReadBrief
from releases.models import Contact, DelayNotice, Release
from releases.models.release import find_main_page
from releases.permissions import Action, Person, may
from releases.rules import calendar
from releases.rules.lifecycle import Status
from releases.rules.web_address import telephone_uri
from releases.statements import OpenQuestion, find_open_questions
from releases.text import minute_brief as texts
from releases.text.release import StatusLabel, known_sentence, status_of_release
from releases.verdict.minute_brief import AWAITED, BriefState
from releases.views.base import SignedInRequest, signed_in_part
from statsoffice.dashboard.live_text import LiveText, split_live_text
from statsoffice.dashboard.monitoring import monitoring_status
from statsoffice.deadlines import DueStep, list_decision_steps


@dataclass(frozen=True, slots=True)
class ContactLine:
    """One contact to call.

    `uri` is the telephone number as a `tel:` address. If the contact covers for another person, or did not answer a
    call, `note` says so.
    """

    contact: Contact
    uri: str
    note: str


@dataclass(frozen=True, slots=True)
class ReleaseItem:
    """One release of the brief as the page shows it.

    `observed` describes the result of our checks. `stated` describes the publisher's own statements, or is "".
    `questions` are texts that we found on the release's pages. For each of them, we ask the reader whether the text is
    the release. `notice` is the delay notice that is public now, or None. If no delay notice is public, `draft` may be
    a suggested one. `notice_address` is the address of the page to enter a delay notice, or "" if the release cannot
    have a delay notice.
    """

    line: BriefLine
    standing: StatusLabel
    observed: str
    stated: str
    page: str
    questions: tuple[OpenQuestion, ...] = ()
    notice: DelayNotice | None = None
    draft: DelayNotice | None = None
    notice_address: str = ""
    contacts: tuple[ContactLine, ...] = ()

    @property
    def release(self) -> Release:
        return self.line.release


@login_required
@require_safe
def show_brief(request: SignedInRequest, key: int) -> HttpResponse:
    row = get_object_or_404(minute_briefs.briefs_known_to(request.user), pk=key)
    now = timezone.now()
    read = minute_briefs.read_brief(row)
    still = "still" in request.GET
    text = _render_body(request.user, read, now=now)
    context = {
        "row": row,
        "text": text,
        "now": now,
        "still": still,
        "updates": read.brief.is_open,
        "here": reverse("minute_brief", args=[key]),
        "follow_address": _follow_address(key, split_live_text(text)),
    }
    return render(request, "minute_briefs/brief.html", context)


@signed_in_part
@require_safe
def update_brief(request: SignedInRequest, key: int) -> HttpResponse:
    """Return the parts of the page that changed, or status 204 if no part changed and the brief is still open."""
    row = get_object_or_404(minute_briefs.briefs_known_to(request.user), pk=key)
    now = timezone.now()
    read = minute_briefs.read_brief(row)
    text = _render_body(request.user, read, now=now)
    live = split_live_text(text)
    changed = live.since(request.GET.get("shown", ""))
    if changed == {} and read.brief.is_open:
        return HttpResponse(status=204)
    context = {
        "text": text,
        "changed": changed or {},
        "all_changed": changed is None,
        "updates": read.brief.is_open,
        "news": _say_news(read) if changed is None or "brief-outcome" in changed else "",
        "follow_address": _follow_address(key, live),
    }
    return render(request, "minute_briefs/part.html", context)


def _say_news(read: ReadBrief) -> str:
    return " ".join(filter(None, (texts.brief_headline(read), texts.since_sentence(read))))


def _follow_address(key: int, live: LiveText) -> str:
    return f"{reverse('minute_brief_part', args=[key])}?{urlencode({'shown': live.shown})}"


def _render_body(person: Person, read: ReadBrief, *, now: datetime) -> SafeString:
    return render_to_string("minute_briefs/body.html", _context(person, read, now=now))


def _context(person: Person, read: ReadBrief, *, now: datetime) -> dict[str, Any]:
    releases = [line.release for line in read.lines]
    to_call = calls.find_call_lists([line.release for line in read.not_live])
    prefetch_related_objects([line.release for line in read.not_live], "delay_notices")
    reports = _find_reports(person, releases)
    undecided = [report for report in reports if report.status in UNDECIDED]
    judged = [(line.release, line.verdict) for line in read.lines if not line.is_over]
    found = outages.find_outages(person, judged)
    # While monitoring has a problem, missing responses may be our own fault, so no outage is shown.
    if found and not monitoring_status(now=now).active:
        found = []
    questions = _find_questions(person, read)
    items = {
        state: [
            _describe(
                line,
                calls=to_call.get(line.release.pk, NO_CALLS),
                questions=questions.get(line.release.pk, ()),
                now=now,
            )
            for line in read.in_state(state)
        ]
        for state in BriefState
    }
    return {
        "headline": texts.brief_headline(read),
        "since": texts.since_sentence(read),
        "delay": texts.delay_sentence(read),
        "not_live": items[BriefState.NOT_LIVE],
        "incomplete": items[BriefState.INCOMPLETE],
        "live_now": items[BriefState.LIVE_NOW],
        "live": items[BriefState.LIVE],
        "not_known": items[BriefState.NOT_KNOWN],
        "hosts": [texts.host_sentence(count) for count in read.brief.hosts],
        "outages": found,
        "reports": reports,
        "has_suspected": any(report.sent_on is None for report in undecided),
        "corrected": [report for report in undecided if report.sent_on is not None],
        "morning": _find_morning(read),
        "steps": list(_list_steps(read, reports, now=now)),
        "is_open": read.brief.is_open,
    }


def _find_questions(person: Person, read: ReadBrief) -> dict[int, list[OpenQuestion]]:
    """Return a dict that maps the key of each release to the open questions about the release.

    The dict has only releases that are still expected and were not found live at the limit. If the person may not
    answer questions, the dict is empty.
    """
    found = defaultdict(list)
    if may(person, Action.ANSWER, read.row.producer):
        not_found = [line.release for line in read.lines if line.state is not BriefState.LIVE and not line.is_over]
        for question in find_open_questions(not_found):
            found[question.address.release_id].append(question)
    return found


def _describe(line: BriefLine, *, calls: CallList, questions: Sequence[OpenQuestion], now: datetime) -> ReleaseItem:
    release = line.release
    page = find_main_page(release.addresses.all())
    may_tell = line.state in AWAITED and release.announced_at is not None and release.status == Status.CONFIRMED
    responsible = release.series.responsible
    notice = current_notice(release, list(release.delay_notices.all())) if may_tell else None
    draft = None
    if may_tell and notice is None and responsible is not None:
        draft = DelayNotice(
            release=release,
            expected_words=texts.UNKNOWN_TIME,
            contact_name=responsible.name,
            contact_email=responsible.email,
        )
    return ReleaseItem(
        line=line,
        standing=status_of_release(release, line.verdict, now=now),
        observed=known_sentence(line.verdict) if line.verdict else _("We have no result for this release."),
        stated=texts.publisher_sentence(line),
        # The address may be shown, because every release of a brief is past its due time and none was found early.
        page=page.url if page else "",
        questions=tuple(questions),
        notice=notice,
        draft=draft,
        notice_address=f"{reverse('releases:delay_notice', args=[release.reference])}?brief" if may_tell else "",
        contacts=tuple(_list_contacts(calls)),
    )


def _list_contacts(calls: CallList) -> Iterator[ContactLine]:
    for line in calls.lines:
        notes = [_("covering for %(absent)s") % {"absent": line.absent}] if line.absent else []
        if line.attempt:
            notes.append(_("no answer at %(at)s") % {"at": calendar.format_time(line.attempt.at)})
        yield ContactLine(line.contact, telephone_uri(line.contact.telephone), ", ".join(notes))


def _find_reports(person: Person, releases: Sequence[Release]) -> list[Any]:
    """Return the reports about these releases that the person may read and that lists may show.

    The result is one joint report, or several drafts.
    """
    about = reports_where(person, ReportAction.VIEW).listed().about(releases).annotate(sent_on=first_day_sent())
    return list(about.defer("machine").select_related("producer", "person_dealing").order_by("drafted_at", "pk"))


def _find_morning(read: ReadBrief) -> merging.Morning | None:
    """Return the morning of the brief, if it has drafts that can be combined into one report.

    Return None if there are fewer than two drafts, or if the brief belongs to a training.
    """
    row = read.row
    if row.training_id is not None:
        return None
    on = calendar.local_date(row.due_at)
    drafts = merging.drafts_of(row.producer, on=on, rehearsal=row.rehearsal).count()
    return merging.Morning(row.producer, on, row.rehearsal, drafts) if drafts > 1 else None


def _list_steps(read: ReadBrief, reports: Sequence[Any], *, now: datetime) -> Iterator[DueStep]:
    """List when we check next, when we send a reminder about unassigned reports, and when reports should be decided."""
    waiting = [line.release for line in read.not_live if not line.is_over]
    if (check_at := minute_briefs.find_next_check(waiting)) is not None:
        when = calendar.format_time_with_seconds(max(check_at, now))
        yield DueStep(when, _("We check again whether the release is live."))
    yield from list_decision_steps(read.row.producer, reports, rehearsal=read.row.rehearsal, now=now)
