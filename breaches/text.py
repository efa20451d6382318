"""Labels and short texts about reports, figures and events."""

import calendar
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils.functional import lazy as worked_out_later
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches.models import KIND_CHOICES, STATUS_CHOICES, Report, ReportEvent, SectionComment, Suspicion
from breaches.rules.answers import Answers, Question, describe_answers
from breaches.rules.content import CitedPractice, ContactPerson, Output, ReportContent, ReportSection, TimelineEntry
from breaches.rules.facts import clock_time, exact_time
from breaches.rules.incident import ReportedDisclosure
from breaches.rules.lifecycle import (
    EMAIL_ACCEPTED,
    EMAIL_FAILED,
    EMAIL_RETRIED,
    NOTICE_SENT,
    UNDECIDED,
    AttachmentKind,
    Cause,
    Decision,
    DismissalReason,
    Nature,
    RecordingReason,
    ReportKind,
    ReportStatus,
    ReportTerm,
    sort_kinds,
)
from breaches.rules.statistics import Quarter, round_share
from releases.rules.calendar import format_day, format_moment, local_date
from releases.rules.lifecycle import Role, to_words
from releases.text.calendar import with_token
from releases.text.languages import join_with_and
from releases.text.release import duration
from releases.verdict.address import Outcome

# The name of each status and the colour of its tag.
STATUSES = {
    status: (STATUS_CHOICES[status.value], colour)
    for status, colour in {
        ReportStatus.DRAFT: "blue",
        ReportStatus.WITH_HOP: "purple",
        ReportStatus.RETURNED: "yellow",
        ReportStatus.APPROVED: "green",
        ReportStatus.RECORDED: "turquoise",
        ReportStatus.DISMISSED: "grey",
        ReportStatus.SENT: "green",
        ReportStatus.CLOSED: "grey",
        ReportStatus.WITHDRAWN: "orange",
        ReportStatus.JOINED: "grey",
        ReportStatus.PARTED: "grey",
    }.items()
}

KINDS = {ReportKind(code): words for code, words in KIND_CHOICES.items()}

# Shown instead of "Late" for a release that no check has found yet. This is not a separate kind of breach. The release
# is late, but the length of the delay is not known yet.
NOT_SEEN = lazy("Not live when last checked")
# The label of this kind in a filter, which finds both.
LATE_OR_NOT_SEEN = lazy("Late, or not live when last checked")

# Hints for the kinds of breach whose names need an explanation.
KIND_HINTS = {
    ReportKind.LATE: lazy("Published after the announced time."),
    ReportKind.EARLY: lazy("Published before the announced time."),
    ReportKind.PARTIAL: lazy("On time, but a file or a page was missing."),
    ReportKind.NOT_LIVE: lazy("Due, but not published so far."),
    ReportKind.WRONG_CONTENT: lazy("On time, but with the wrong file, edition or figures."),
    ReportKind.PRA: lazy(
        "Before release, the statistics were sent to the wrong people or at the wrong time, or the wrong document was "
        "sent. Choose this also if an email went to a person who is not on the pre-release access list."
    ),
    ReportKind.ACCESS: lazy("People who did not need access for production had it before release."),
    ReportKind.LEAK: lazy(
        "Figures appeared or were disclosed outside the organisation before release, for example in a news article. "
        "If your organisation sent them to known recipients, choose ‘Pre-release access’."
    ),
    ReportKind.NOT_ANNOUNCED: lazy("Released without having been announced in advance."),
    ReportKind.LATE_ANNOUNCEMENT: lazy(
        "Announced too late, in the wrong place, or without the date or time of the release."
    ),
    ReportKind.USED_IN_PUBLIC: lazy(
        "For example, in a speech, an answer to a question, an online post or a press notice."
    ),
    ReportKind.UNEQUAL_ACCESS: lazy("Some users received the statistics before others."),
}

ROLES = {
    Role.STATISTICIAN: "statistician",
    Role.HEAD_OF_PROFESSION: lazy("Head of Profession"),
    Role.DEPUTY: lazy("Deputy Head of Profession"),
    Role.PUBLISHING_TEAM: lazy("publishing team"),
    Role.CALENDAR_MANAGER: lazy("calendar manager"),
    Role.AUDITOR: "auditor",
}

SECTIONS = {
    ReportSection.CORE_INFORMATION: lazy("Core Information"),
    ReportSection.WHAT_HAPPENED: lazy("What happened"),
    ReportSection.CIRCUMSTANCES: lazy("Circumstances of breach"),
    ReportSection.IMPACT: lazy("Impact of the breach"),
    ReportSection.CORRECTIVE_ACTIONS: lazy("Corrective actions (taken or planned) to prevent re-occurrence"),
}

REASONS = {
    DismissalReason.EXEMPTION: lazy("An exemption was approved in advance"),
    DismissalReason.AGREED_CHANGE: lazy("The Head of Profession had agreed to the change, and it was announced"),
    DismissalReason.CHECK_ERROR: lazy("The automatic check was wrong"),
    DismissalReason.CACHE_ONLY: lazy("Only a cached copy was out of date. Readers could see the release on time"),
    DismissalReason.OTHER: lazy("Another reason"),
}

RECORDING_REASONS = {
    RecordingReason.NO_EFFECT: lazy("Little or no effect on users"),
    RecordingReason.NOT_NEEDED: lazy("The Office for Statistics Regulation does not need a report"),
    RecordingReason.REPORTED_BY_OTHERS: lazy("Another producer is reporting it"),
    RecordingReason.OTHER: lazy("Another reason"),
}

DECISIONS = {
    Decision.UNDECIDED: lazy("Not decided yet"),
    Decision.REPORTED: lazy("Reported or approved for reporting"),
    Decision.RECORDED: lazy("Recorded in our breach log only"),
    Decision.DISMISSED: lazy("Dismissed"),
    Decision.WITHDRAWN: lazy("Withdrawn"),
}


def _head_label() -> str:
    if settings.LEAD_OFFICIAL:
        return _("Name and contact details of Head of Profession for Statistics or Lead Official")
    return _("Name and contact details of Head of Profession for Statistics")


# Lazy, because the label depends on the setting `LEAD_OFFICIAL`.
HEAD_LABEL = worked_out_later(_head_label, str)()

FIELDS = {
    "outputs": lazy("Title and link to statistical output"),
    "producers": lazy("Name of producer organisation"),
    "dealing": lazy("Name and contact details of person dealing with report"),
    "head_of_profession": HEAD_LABEL,
    "statement_url": lazy("Link to published statement about the breach"),
    "report_date": lazy("Date of breach report"),
    "practices": lazy("Relevant principle(s) and practice(s)"),
    "other_practices": lazy("Other principles or practices"),
    "occurred_on": lazy("Date of occurrence of breach"),
    "circumstances": lazy("Circumstances of breach"),
    "impact": lazy("Impact of the breach"),
    "corrective_actions": lazy("Corrective actions"),
    "timeline": lazy("Timeline"),
    "answers": lazy("What happened"),
}

CAUSES = {
    Cause.SCHEDULER_FAULT: lazy("Scheduler fault"),
    Cause.NOT_AUTHORISED: lazy("Publication not authorised"),
    Cause.LATE_FIX: lazy("Late data correction"),
    Cause.PROCESSING_ERROR: lazy("Processing error"),
    Cause.OUTAGE: lazy("Outage"),
    Cause.WRONG_FILE: lazy("Wrong file"),
    Cause.CACHE: lazy("Cache"),
    Cause.WRONG_RECIPIENT: lazy("Wrong recipient"),
    Cause.LIST_OUT_OF_DATE: lazy("List out of date"),
    Cause.SENT_TOO_EARLY: lazy("Sent too early"),
    Cause.WRONG_DOCUMENT: lazy("Wrong document or link"),
    Cause.STATUS_MISUNDERSTOOD: lazy("Status misunderstood"),
    Cause.LIVE_TEST: lazy("Test on the live site"),
    Cause.SAID_IN_PUBLIC: lazy("Said in public"),
    Cause.HUMAN_ERROR: lazy("Human error"),
    Cause.OTHER: lazy("Other"),
    Cause.NOT_KNOWN: lazy("Not known yet"),
}

ATTACHMENTS = {
    AttachmentKind.CMS_LOG: lazy("CMS log"),
    AttachmentKind.SCREENSHOT: lazy("Screenshot"),
    AttachmentKind.EMAIL: lazy("Email"),
}

TERMS = {ReportTerm.SHORT: lazy("Short-term"), ReportTerm.LONG: lazy("Long-term")}


# The label and the hint of each question. `QUESTIONS_OF_KIND` has different texts for some kinds of breach.
QUESTIONS: Mapping[Question, tuple[Any, Any]] = {
    Question.WHAT: (
        lazy("What was sent?"),
        lazy("For example, ‘the final bulletin and its tables’ or ‘a link to the draft page’."),
    ),
    Question.WHERE: (lazy("Where could it be seen?"), lazy("For example, ‘on a shared drive’.")),
    Question.ROLE: (
        lazy("Who had access?"),
        lazy("Give posts and organisations, not names, for example ‘analysts in another team’."),
    ),
    Question.PEOPLE: (
        lazy("How many people received it?"),
        lazy("Count only people who received it by mistake or too early."),
    ),
    Question.POSTS: (
        lazy("How many posts do they hold?"),
        lazy("Count each post once, even if several people hold it."),
    ),
    Question.RECIPIENTS: (
        lazy("Which posts and organisations received it?"),
        lazy(
            "Give posts and organisations, not names, for example ‘two press officers at the Department for Examples’."
        ),
    ),
    Question.HAPPENED: (lazy("When was it sent?"), lazy("For example, 30 6 2026")),
    Question.NOTICED: (lazy("When was it noticed?"), lazy("For example, 30 6 2026")),
    Question.NOTICED_BY: (lazy("Who noticed it?"), lazy("A role or post, for example ‘a statistician in the team’.")),
    Question.CONTAINED: (lazy("When was it corrected?"), lazy("For example, 30 6 2026")),
    Question.MEASURES: (
        lazy("What was done to correct it?"),
        lazy("In one sentence, for example ‘A correction was published on the same page.’"),
    ),
    Question.OPENED: (lazy("Was it opened?"), lazy("If only some recipients opened it, select ‘In part’.")),
    Question.DELETED: (lazy("Was it deleted?"), lazy("If only some copies were deleted, select ‘In part’.")),
    Question.CONFIRMED: (
        lazy("Was the deletion confirmed?"),
        lazy("For example, in a reply from each recipient. Leave this unanswered if no copy was deleted."),
    ),
    Question.DUE: (lazy("When was it due?"), lazy("The announced date and time. For example, 30 6 2026")),
}
DUE_FOR_RELEASE: Mapping[Question, tuple[Any, Any]] = {
    Question.DUE: (
        lazy("When were the statistics due for release?"),
        lazy("The announced date and time of this edition. For example, 30 6 2026"),
    ),
}
CONTAINMENT: Mapping[Question, tuple[Any, Any]] = {
    Question.CONTAINED: (
        lazy("When was it contained?"),
        lazy("The date and time after which no one else could receive or open it. For example, 30 6 2026"),
    ),
    Question.MEASURES: (
        lazy("What was done to contain it?"),
        lazy("In one sentence, for example ‘The email was recalled and the recipients were telephoned.’"),
    ),
}
QUESTIONS_OF_KIND: Mapping[ReportKind, Mapping[Question, tuple[Any, Any]]] = {
    ReportKind.PRA: {**DUE_FOR_RELEASE, **CONTAINMENT},
    ReportKind.ACCESS: {
        Question.WHAT: (lazy("What could be seen before release?"), lazy("For example, ‘the draft tables’.")),
        Question.HAPPENED: (lazy("When did their access begin?"), lazy("For example, 30 6 2026")),
        Question.PEOPLE: (lazy("How many people had access?"), ""),
        Question.OPENED: (lazy("Was it opened?"), lazy("If only some of them opened it, select ‘In part’.")),
        **DUE_FOR_RELEASE,
        **CONTAINMENT,
    },
    ReportKind.LEAK: {
        Question.WHAT: (lazy("What was disclosed?"), lazy("For example, ‘three figures from the release’.")),
        Question.WHERE: (lazy("Where did it appear?"), lazy("For example, ‘in an article on a news site’.")),
        Question.ROLE: (
            lazy("Who was the source?"),
            lazy("A role or post, not a name, for example ‘a press officer with pre-release access’."),
        ),
        Question.HAPPENED: (lazy("When did it appear?"), lazy("For example, 30 6 2026")),
        Question.CONTAINED: (lazy("When was it corrected or contained?"), lazy("For example, 30 6 2026")),
        Question.MEASURES: (lazy("What was done about it?"), lazy("In one sentence.")),
        **DUE_FOR_RELEASE,
    },
    ReportKind.USED_IN_PUBLIC: {
        Question.WHAT: (lazy("What was said or shown?"), lazy("For example, ‘the unpublished number of pupils’.")),
        Question.WHERE: (lazy("Where?"), lazy("For example, ‘in an interview on the radio’.")),
        Question.ROLE: (
            lazy("Who said or showed it?"),
            lazy("A role or post, not a name, for example ‘a minister of the department’."),
        ),
        Question.HAPPENED: (lazy("When was it said or shown?"), lazy("For example, 30 6 2026")),
        **DUE_FOR_RELEASE,
    },
    ReportKind.NOT_ANNOUNCED: {
        Question.WHAT: (lazy("What was released without an announcement?"), lazy("For example, ‘the annual tables’.")),
        Question.HAPPENED: (lazy("When was it released?"), lazy("For example, 30 6 2026")),
        Question.MEASURES: (
            lazy("What was done to correct it?"),
            lazy("In one sentence, for example ‘The release was added to the calendar.’"),
        ),
    },
    ReportKind.LATE_ANNOUNCEMENT: {
        Question.WHAT: (
            lazy("What was wrong with the announcement?"),
            lazy("In one sentence, for example ‘The date was announced two days before the release.’"),
        ),
        Question.HAPPENED: (
            lazy("When did it happen?"),
            lazy("When it was announced, or should have been. For example, 30 6 2026"),
        ),
        Question.MEASURES: (
            lazy("What was done to correct it?"),
            lazy("In one sentence, for example ‘The release was added to the calendar.’"),
        ),
    },
    ReportKind.UNEQUAL_ACCESS: {
        Question.WHAT: (lazy("What did some users receive first?"), lazy("For example, ‘the bulletin’.")),
        Question.RECIPIENTS: (
            lazy("Who received it first?"),
            lazy("Give posts and organisations, not names, for example ‘subscribers to the email alert’."),
        ),
        Question.HAPPENED: (lazy("When did they receive it?"), lazy("For example, 30 6 2026")),
        Question.CONTAINED: (lazy("When could all users read it?"), lazy("For example, 30 6 2026")),
    },
    ReportKind.WRONG_CONTENT: {
        Question.WHAT: (lazy("What was wrong?"), lazy("For example, ‘the tables for the previous month’.")),
        Question.HAPPENED: (lazy("When did the wrong content go live?"), lazy("For example, 30 6 2026")),
    },
    ReportKind.LATE: {
        Question.MEASURES: (
            lazy("What was done to correct it?"),
            lazy("In one sentence, for example ‘The release was published by hand.’"),
        ),
    },
    ReportKind.NOT_LIVE: {
        Question.MEASURES: (
            lazy("What was done to correct it?"),
            lazy("In one sentence, for example ‘A new date was announced.’"),
        ),
    },
    ReportKind.EARLY: {
        Question.HAPPENED: (lazy("When did it appear?"), lazy("For example, 30 6 2026")),
        Question.CONTAINED: (
            lazy("When was it contained?"),
            lazy("When it was taken down, or published to everyone. For example, 30 6 2026"),
        ),
        Question.MEASURES: (
            lazy("What was done to contain it?"),
            lazy("In one sentence, for example ‘The page was taken down.’"),
        ),
    },
    ReportKind.PARTIAL: {
        Question.WHAT: (lazy("What was missing?"), lazy("For example, ‘the tables’.")),
        Question.CONTAINED: (lazy("When was it complete?"), lazy("For example, 30 6 2026")),
        Question.MEASURES: (
            lazy("What was done to correct it?"),
            lazy("In one sentence, for example ‘The tables were added to the page.’"),
        ),
    },
    ReportKind.OTHER: {
        Question.WHAT: (lazy("What happened?"), lazy("In one sentence. Use job titles, not people’s names.")),
        Question.HAPPENED: (lazy("When did it happen?"), lazy("For example, 30 6 2026")),
        Question.CONTAINED: (lazy("When was it corrected?"), lazy("For example, 30 6 2026")),
        Question.MEASURES: (lazy("What was done to correct it?"), lazy("In one sentence.")),
    },
}


def question_text(kind: ReportKind, question: Question) -> tuple[str, str]:
    """Return the label and the hint of a question for a kind of breach. The hint may be empty."""
    label, hint = QUESTIONS_OF_KIND.get(kind, {}).get(question, QUESTIONS[question])
    return str(label), str(hint)


def reported_text(question: Question, disclosure: ReportedDisclosure | None) -> str:
    """Return a hint about what a recipient of pre-release access reported, or "" if there is nothing to show.

    If the question asks when the breach was noticed, the hint gives the time at which the recipient reported it. If the
    question asks when the breach happened, the hint gives the time that the recipient stated.

    :param disclosure: None if the breach was not reported by a recipient.
    """
    if disclosure is not None and question is Question.NOTICED:
        sentence = _("It was reported at %(moment)s. It may have been noticed earlier.")
        return sentence % {"moment": format_moment(disclosure.reported_at)}
    if disclosure is not None and question is Question.HAPPENED and disclosure.stated_at:
        sentence = _("The person who reported it stated that it may have happened at %(moment)s. Check this.")
        return sentence % {"moment": format_moment(disclosure.stated_at)}
    return ""


_NOT_CORRECTED = lazy("It is not corrected yet")
# The label of the answer "not yet", keyed by the kind of breach. Other kinds use `_NOT_CORRECTED`.
NOT_YET: Mapping[ReportKind, Any] = {
    ReportKind.PRA: lazy("It is not contained yet"),
    ReportKind.ACCESS: lazy("It is not contained yet"),
    ReportKind.EARLY: lazy("It is not contained yet"),
    ReportKind.LEAK: lazy("It is not contained yet"),
    ReportKind.PARTIAL: lazy("It is not complete yet"),
    ReportKind.UNEQUAL_ACCESS: lazy("Not all users can read it yet"),
}


def not_yet_text(kind: ReportKind) -> str:
    return str(NOT_YET.get(kind, _NOT_CORRECTED))


def status_name(report: Report) -> str:
    """Return the label of a report's status, such as "Awaiting decision"."""
    return str(STATUSES[ReportStatus(report.status)][0])


def describe_status(report: Report, *, was_sent: bool) -> str:
    """Return the label of a report's status, such as "Draft, being corrected" if a version of the report was sent."""
    correction = describe_correction(report, was_sent=was_sent)
    return ", ".join(filter(None, (status_name(report), correction.lower())))


def describe_correction(report: Report, *, was_sent: bool) -> str:
    """Return the label of a correction that is not approved, or approved but not sent. Otherwise, return an empty text.

    :param was_sent: whether a version of the report reached its recipient.
    """
    if was_sent and report.status in UNDECIDED:
        return _("Being corrected")
    return _("Correction not sent") if was_sent and report.status == ReportStatus.APPROVED else ""


def kind_name(report: Report) -> str:
    """Return the labels of the kinds of breach of a report, such as "Late; early", in the order of `sort_kinds`.

    If no check has found any part of a late release, its label is "Not live when last checked" (decision 31).

    :param report: a report. If you list several reports, prefetch their suspicions and the verdicts of the suspicions,
        to avoid a query for each report.
    """
    kinds = dict.fromkeys(map(_name_suspected, _sort_by_kind(report)))
    return _join_labels(list(kinds) or [str(KINDS[ReportKind(report.kind)])])


def join_kinds(kinds: Iterable[str]) -> str:
    """Return the labels of several kinds of breach in the reader's language, such as "Late; incomplete"."""
    return _join_labels([str(KINDS[ReportKind(kind)]) for kind in kinds])


def _join_labels(labels: Sequence[str]) -> str:
    first, *others = labels
    return "; ".join((first, *map(str.lower, others)))


def _sort_by_kind(report: Report) -> list[Suspicion]:
    suspicions = report.suspicions.all()
    order = sort_kinds(report.kind, (suspicion.kind for suspicion in suspicions))
    return sorted(suspicions, key=lambda suspicion: order.index(ReportKind(suspicion.kind)))


def suspicion_name(suspicion: Suspicion) -> str:
    """Return the kind of a suspicion in lower case, for use within a sentence.

    If the release is late and no check has found any part of it, the text is "not live when last checked".
    """
    return _name_suspected(suspicion).lower()


def _name_suspected(suspicion: Suspicion) -> str:
    is_unseen = suspicion.kind == ReportKind.LATE and suspicion.shown_verdict.outcome == Outcome.NOT_SEEN
    return str(NOT_SEEN if is_unseen else KINDS[ReportKind(suspicion.kind)])


def cause_name(code: str) -> str:
    return str(CAUSES[Cause(code)]) if code else ""


def reason_name(report: Report) -> str:
    """Return why a breach was recorded in the log only, or why a report was dismissed; "" for other reports."""
    match report.status:
        case ReportStatus.RECORDED:
            return str(RECORDING_REASONS[RecordingReason(report.decision_reason)])
        case ReportStatus.DISMISSED:
            return str(REASONS[DismissalReason(report.decision_reason)])
        case _:
            return ""


def value_in_words(content: ReportContent, field: str) -> str:
    return "\n".join(field_lines(getattr(content, field)))


def field_lines(value: Any) -> Iterable[str]:
    """Yield the value of a `ReportContent` field as lines of text. A value with several parts has several lines."""
    match value:
        case None | "":
            yield _("(empty)")
        case str():
            yield value
        case Output(title, url):
            yield f"{title} {url}".strip()
        case ContactPerson(name, email, telephone, is_team):
            yield from (part for part in (name, email, telephone, _("(a team)") if is_team else "") if part)
        case CitedPractice():
            yield f"{value.citation} (edition {value.edition}){value.for_date}"
        case TimelineEntry(at, text):
            yield f"{exact_time(at)}: {text}"
        case tuple() | Answers():
            parts = describe_answers(value) if isinstance(value, Answers) else value
            yield from [line for one in parts for line in field_lines(one)] or [_("(empty)")]
        case _:
            yield format_day(value)


# These symbols come from the Analysis Function's guidance on symbols in tables.
NOT_APPLICABLE, NOT_AVAILABLE = "[z]", "[x]"

OUTCOMES: Mapping[Outcome, Any] = {
    Outcome.ON_TIME: lazy("On time"),
    Outcome.EARLY: lazy("Early"),
    Outcome.LATE: lazy("Late"),
    Outcome.PARTIAL: lazy("Incomplete"),
    Outcome.NOT_SEEN: lazy("Not live when last checked"),
}


CHARTS: Mapping[str, Any] = {
    "punctuality": lazy("Punctuality by month"),
    "release-delays": lazy("Delay of each release by series"),
    "causes": lazy("Causes of breaches"),
    "on-time": lazy("Releases on time by quarter"),
    "delays": lazy("Delays by quarter"),
    "breaches": lazy("Breaches by quarter"),
    "actions": lazy("Open corrective actions by quarter of the breach"),
}
"""Chart titles. The keys are also used in the URLs of the charts."""


def quarter_name(of: Quarter) -> str:
    """Return the name of a quarter, such as "January to March 2020"."""
    return _("%(first)s to %(last)s %(year)s") % {**_months(of), "year": of.year}


def quarter_months(of: Quarter) -> str:
    """Return the name of a quarter without the year, such as "January to March"."""
    return _("%(first)s to %(last)s") % _months(of)


def describe_rate(share: Fraction | None) -> str:
    """Return a share as a percentage with one decimal place, or "[z]" if there is no share.

    Only a share of exactly 1 is shown as 100.0%, and only a share of exactly 0 as 0.0%.
    """
    return NOT_APPLICABLE if share is None else f"{round_share(share, parts=1000) / 10:.1f}%"


def describe_delay(seconds: float | None) -> str:
    """Return a delay in words, such as "57 minutes". The delay is rounded up to whole seconds."""
    return NOT_APPLICABLE if seconds is None else duration(timedelta(seconds=math.ceil(seconds)))


def describe_days(number: float | None) -> str:
    """Return a number of days in words. A median can be a fraction, such as "2.5 days"."""
    if number is None:
        return NOT_APPLICABLE
    return ngettext("%(number)s day", "%(number)s days", math.ceil(number)) % {"number": f"{number:g}"}


def _months(of: Quarter) -> dict[str, str]:
    return {"first": calendar.month_name[of.first.month], "last": calendar.month_name[of.last.month]}


EVENTS = {
    "drafted": lazy("Drafted automatically"),
    "started": lazy("Started"),
    "facts_refreshed": lazy("Facts updated automatically"),
    "facts_offered": lazy("The facts on record changed. The new facts are shown next to the text"),
    "numbered": lazy("Number assigned"),
    "suspicion_joined": lazy("Suspected breach added from our checks"),
    "dealing_taken": lazy("Took on the report"),
    "dealing_changed": lazy("Assigned"),
    "action_added": lazy("Corrective action added"),
    "action_changed": lazy("Corrective action changed"),
    "action_done": lazy("Corrective action done"),
    "action_open_again": lazy("Corrective action reopened"),
    "cause_chosen": lazy("Cause selected"),
    "edited": lazy("Edited"),
    "note_written": lazy("Note added to the timeline"),
    "note_corrected": lazy("Note in the timeline corrected"),
    "commented": lazy("Comment added"),
    "comment_resolved": lazy("Comment resolved"),
    "attachment_added": lazy("Attachment added"),
    "attachment_deleted": lazy("File of an attachment deleted"),
    "attachment_downloaded": lazy("Attachment downloaded"),
    "submitted": lazy("Submitted to the Head of Profession"),
    "taken_back": lazy("Taken back from the Head of Profession"),
    "returned": lazy("Returned to the authors"),
    "approved": lazy("Approved"),
    "own_act_declared": lazy("Conflict of interest declared"),
    "recorded": lazy("Recorded in our breach log only"),
    "dismissed": lazy("Dismissed: not a breach"),
    "reopened": lazy("Reopened"),
    "sent": lazy("Sent"),
    EMAIL_ACCEPTED: lazy("Email accepted by the mail server"),
    EMAIL_FAILED: lazy("Email could not be delivered"),
    EMAIL_RETRIED: lazy("Email to be sent again"),
    NOTICE_SENT: lazy("Recorded as sent outside this service"),
    "answered": lazy("Reply recorded"),
    "correction_begun": lazy("Correction started, with a notice to the recipient"),
    "withdrawn": lazy("Withdrawn, with a notice to the recipient"),
    "closed": lazy("Closed"),
    "joint_drafted": lazy("Combined from several drafts"),
    "joined": lazy("Combined with others"),
    "resumed": lazy("Separated. It is a draft again"),
    "parted": lazy("Separated into the original drafts"),
    "made_public": lazy("Published, without names"),
    "public_taken_back": lazy("Unpublished"),
    "redacted": lazy("Text redacted in the report and its history"),
    "downloaded": lazy("Approved document downloaded"),
    "statement_downloaded": lazy("Statement for your website downloaded"),
    "draft_downloaded": lazy("Draft downloaded"),
    "concern_downloaded": lazy("Short concern downloaded"),
}


def removed_in_words(redactions: Iterable[ReportEvent]) -> str:
    """Return when and by whom text was redacted, such as "on 9 August 2020 by Ada Hill".

    Return "" if no text was redacted.
    """
    sentence = _("on %(day)s by %(person)s")
    return _(" and ").join(sentence % {"day": format_day(event.at), "person": event.actor} for event in redactions)


def removal_days(redactions: Iterable[ReportEvent]) -> str:
    """Return the days on which text was redacted, such as "9 August 2020", or "" if no text was redacted."""
    return join_with_and(dict.fromkeys(format_day(event.at) for event in redactions))


def list_events(
    events: Iterable[ReportEvent], on_sections: Mapping[int, Iterable[SectionComment]]
) -> list[dict[str, Any]]:
    """Return the title, author, time and text of each event.

    :param on_sections: comments on single sections, keyed by the primary key of the event that added them.
    """
    return [
        {
            "title": event_title(event),
            "by": event_author(event),
            "at": event.at,
            "text": _event_text(event, on_sections.get(event.pk, ())),
        }
        for event in events
    ]


def event_title(event: ReportEvent) -> str:
    title = name_report_event_kind(event.kind)
    title = _TITLES_WITH_FACTS[event.kind](title, event) if event.kind in _TITLES_WITH_FACTS else title
    return with_token(title, event.facts)


def name_report_event_kind(kind: str) -> str:
    return str(EVENTS.get(kind, to_words(kind).capitalize()))


def _event_text(event: ReportEvent, comments: Iterable[SectionComment]) -> str:
    on_sections = [f"{SECTIONS[ReportSection(comment.section)]}: {comment.words}" for comment in comments]
    return "\n\n".join(text for text in (event.words, *on_sections) if text)


def event_author(event: ReportEvent) -> str:
    if event.kind in {EMAIL_ACCEPTED, EMAIL_FAILED}:
        return _("Email delivery")
    if event.actor is None:
        return _("A person on the list") if "receipt" in event.facts else _("The automatic check")
    role, absent = event.facts.get("role"), event.facts.get("covers")
    if absent:
        person = get_user_model().objects.get(pk=absent)
        return _("%(person)s, for %(absent)s, Head of Profession") % {"person": event.actor, "absent": person}
    return f"{event.actor}, {ROLES[Role(role)]}" if role else str(event.actor)


def _started(title: str, event: ReportEvent) -> str:
    # Older events do not store the kind of breach. At that time, people could only start reports about a pre-release
    # access list.
    is_about_list = "release" in event.facts and event.facts.get("breach", ReportKind.PRA) == ReportKind.PRA
    return _("%(title)s from the pre-release access list") % {"title": title} if is_about_list else title


def _edited(title: str, event: ReportEvent) -> str:
    fields = ", ".join(str(FIELDS[field]) for field in event.facts["fields"])
    if event.actor_id is None:
        return _("%(fields)s updated automatically after the cause was selected") % {"fields": fields}
    return f"{title}: {fields}"


def _cause_chosen(title: str, event: ReportEvent) -> str:
    was, to = event.facts["was"], event.facts["to"]
    if event.actor_id is None:
        return _("Time of availability removed, because another release is late")
    if was["cause"] != to["cause"]:
        return f"{title}: {cause_name(to['cause'])}"
    before, after = (datetime.fromisoformat(one["available_at"]) if one["available_at"] else None for one in (was, to))
    if before == after:
        return _("Answers about the cause changed")
    if not after:
        return _("Time of availability removed")
    if not before:
        return _("Time of availability added: %(time)s") % {"time": exact_time(after)}
    is_same_day = local_date(before) == local_date(after)
    return _("Time of availability changed from %(before)s to %(after)s") % {
        "before": clock_time(before) if is_same_day else exact_time(before),
        "after": clock_time(after) if is_same_day else exact_time(after),
    }


def _joint(title: str, event: ReportEvent) -> str:
    # Older events do not contain a report number, so use the reference.
    return _("%(title)s (%(others)s)") % {"title": title, "others": event.facts.get("number", event.facts["joint"])}


def _sent(title: str, event: ReportEvent) -> str:
    how = _("%(title)s outside this service") if event.facts["outside"] else _("%(title)s by email")
    return _("%(title)s to %(recipient)s (version %(version)s)") % {
        "title": how % {"title": title},
        "recipient": event.facts["recipient"],
        "version": event.facts["version"][0],
    }


NATURES = {
    Nature.REPORT: lazy("report"),
    Nature.CORRECTION_NOTICE: lazy("correction notice"),
    Nature.WITHDRAWAL_NOTICE: lazy("withdrawal notice"),
}


def _email(title: str, event: ReportEvent) -> str:
    return _("%(title)s: %(nature)s (version %(version)s)") % {
        "title": title,
        "nature": NATURES[Nature(event.facts["nature"])],
        "version": event.facts["version"],
    }


def _answered(title: str, event: ReportEvent) -> str:
    reference = event.facts["reference"]
    return _("%(title)s, reference %(reference)s") % {"title": title, "reference": reference} if reference else title


def _version(title: str, event: ReportEvent) -> str:
    return _("%(title)s (version %(version)s)") % {"title": title, "version": event.facts["version"]}


_TITLES_WITH_FACTS: Mapping[str, Callable[[str, ReportEvent], str]] = {
    "edited": _edited,
    "comment_resolved": lambda title, event: f"{title}: {SECTIONS[ReportSection(event.facts['sections'][0])]}",
    "started": _started,
    "joint_drafted": lambda title, event: (
        _("%(title)s (%(others)s)")
        % {"title": title, "others": ", ".join(event.facts.get("numbers", event.facts["drafts"]))}
    ),
    "joined": _joint,
    "resumed": _joint,
    "sent": _sent,
    EMAIL_ACCEPTED: _email,
    EMAIL_FAILED: _email,
    EMAIL_RETRIED: _email,
    NOTICE_SENT: _email,
    "answered": _answered,
    "cause_chosen": _cause_chosen,
    "dealing_changed": lambda title, event: _("%(title)s to %(person)s") % {"title": title, "person": event.words},
    "recorded": lambda title, event: f"{title}. {RECORDING_REASONS[RecordingReason(event.facts['reason'])]}",
    "dismissed": lambda title, event: f"{title}. {REASONS[DismissalReason(event.facts['reason'])]}",
    "downloaded": _version,
    "draft_downloaded": _version,
    "concern_downloaded": _version,
    "statement_downloaded": _version,
}
