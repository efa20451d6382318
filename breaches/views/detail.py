"""The page of one report, with its document, its status and the next steps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from crispy_forms.helper import FormHelper
from django import forms
from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch, prefetch_related_objects
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches import comments, decisions, dispatches, editing, publication, refreshing, text
from breaches.editing import FIELDS
from breaches.facts import (
    compare_availability,
    compare_with_verdict,
    find_release_with_list,
    has_only_record,
    is_asked,
    recorded_cause,
)
from breaches.layout import lay_out_report
from breaches.merging import can_be_split, morning_of_drafts
from breaches.models import (
    Attachment,
    Dispatch,
    JoinedDraft,
    OwnAct,
    Report,
    ReportEvent,
    ReportVersion,
    SectionComment,
    StartedReport,
    Suspicion,
)
from breaches.permissions import (
    TABLE,
    Action,
    declared_own_act,
    is_about_unpublished_early,
    is_restricted,
    moves_open_to,
    roles_for,
)
from breaches.redaction import KIND, removals_left_in
from breaches.rules.annex import Chart, draw_appearance
from breaches.rules.causes import describe_availability
from breaches.rules.content import Remark, ReportContent, ReportSection, content_from_json, sections_of
from breaches.rules.document import DocumentSection
from breaches.rules.lifecycle import (
    APPROVE,
    BREACHES,
    CORRECT,
    DECIDED,
    DECISION_ON,
    DECISIONS,
    EDIT,
    MERGED_OR_SPLIT,
    PAST_TENSE,
    REOPEN,
    RETURN,
    SEND,
    SUBMIT,
    UNDECIDED,
    WITH_DOCUMENT,
    WITHDRAW,
    WRITERS,
    AttachmentKind,
    ReportKind,
    ReportStatus,
)
from breaches.versions import content_of, current_version
from breaches.views.base import (
    MoveForm,
    explain_closed_move,
    link_remark,
    report_page,
    return_to_report,
    summarise_report,
)
from releases.forms import Question, inside_the_form
from releases.models import Verification
from releases.rules.calendar import format_day
from releases.text.languages import join_with_and
from releases.text.release import describe_clock_error
from releases.verdict.address import SUSPICIOUS
from releases.views.base import SignedInRequest, post_data

CAUSE = "cause"
"""The key of the `ReportPart` about the cause. The page shows this part, but it is not printed in the document."""

# The IDs of the text boxes at the start of some sections. Links to these sections lead to the text box, so that people
# can type at once.
FIRST_CONTROLS = {ReportSection.IMPACT: "id_impact", ReportSection.CORRECTIVE_ACTIONS: "id_actions-0-text"}

# The position of each section in the printed document. "What happened" contains only answers and is not printed.
PRINTED = {
    ReportSection.CORE_INFORMATION: 0,
    ReportSection.CIRCUMSTANCES: 1,
    ReportSection.IMPACT: 2,
    ReportSection.CORRECTIVE_ACTIONS: 3,
}


@dataclass(frozen=True, slots=True)
class ReportPart:
    """One part of the page. It is either a section of the printed document, or answers that are not printed.

    `address` is the URL of the form to edit the part. It is empty if the person cannot edit the part. `remarks` lists
    missing values, each with a link to the form control.
    """

    key: str
    title: str
    address: str
    status: str
    colour: str
    remarks: Sequence[dict[str, str]]
    printed: DocumentSection | None = None
    lines: Sequence[str] = ()
    comments: Sequence[SectionComment] = ()


@dataclass(frozen=True, slots=True)
class ReleasePicture:
    """A chart that shows when a release was due, and between which checks it went live.

    `title` is empty if the report is about only one release. The times in the chart are readings of our clock, which
    may be wrong by up to `clock_bound`.
    """

    title: str
    chart: Chart
    clock_bound: timedelta


def list_report_parts(request: SignedInRequest, report: Report) -> list[ReportPart]:
    """Return the parts of a report, without comments, in the order in which people complete them."""
    version = current_version(report)
    content = content_from_json(version.content)
    return _parts_of(report, version, content, may_edit=EDIT in moves_open_to(request.user, report), request=request)


def continue_after(
    request: SignedInRequest, report: Report, *, after: str, was_incomplete: bool, saved: str = ""
) -> HttpResponse:
    """Redirect to the next page after a person has saved a part of a report.

    If another part that the person can edit is incomplete, redirect to the form of this part. If the report has just
    become complete and the person may submit it, redirect to the check before submission. Otherwise, redirect to the
    page of the report.

    :param after: the key of the part that was saved.
    :param was_incomplete: whether values were missing before the part was saved.
    :param saved: the success message; empty if nothing was changed.
    """
    parts = list_report_parts(request, report)
    place = next((number for number, part in enumerate(parts) if part.key == after), 0)
    incomplete = [part for part in (*parts[place + 1 :], *parts[:place]) if part.remarks and part.address]
    if incomplete:
        # The next page shows the message above its form, because a banner at the top of the page would take the focus
        # from the form.
        address, control = incomplete[0].address.split("#")
        return redirect(f"{address}?{'saved' if saved else 'unchanged'}={after}#{control}")
    if saved:
        messages.success(request, saved)
    else:
        messages.info(request, _("You did not make any changes."))
    still_missing = any(part.remarks for part in parts)
    if was_incomplete and not still_missing and SUBMIT in moves_open_to(request.user, report):
        return redirect("breaches:check", report.reference)
    return redirect(f"{reverse('breaches:report', args=[report.reference])}#section-{after}")


def page_context(request: SignedInRequest, report: Report, *, editor: str = "") -> dict[str, Any]:
    """Return the template context for the page of a report.

    :param editor: the key of the part that is being edited. The page shows the form of this part instead of the text.
    """
    prefetch_related_objects(
        [report],
        Prefetch("suspicions", Suspicion.objects.select_related("verification", "release")),
        Prefetch("own_acts", OwnAct.objects.select_related("person")),
    )
    version = current_version(report)
    content = content_from_json(version.content)
    moves = moves_open_to(request.user, report)
    recipient = dispatches.find_recipient(report, by=request.user)
    with_drafts = comments.find_parts(report)
    commented = comments.open_comments(report, parts=with_drafts)
    parts = _parts_of(report, version, content, may_edit=EDIT in moves, request=request, commented=commented)
    incomplete = [part for part in parts if part.remarks and part.address]
    titles = {part.key: part.title for part in parts}
    past = _past(report)
    occurred = join_with_and(format_day(on) for on in content.occurred_on)
    pictures = _draw_intervals(report.suspicions.all())
    return {
        "report": report,
        "row": summarise_report(
            report, (output.title for output in content.outputs), was_sent=past["sent_version"] is not None
        )
        | {"occurred": occurred},
        "parts": parts,
        "missing": [remark for part in parts for remark in part.remarks] if report.status in UNDECIDED else [],
        "missing_for_log": decisions.find_needs_for_log(report, content) if report.status in UNDECIDED else (),
        "first_incomplete": incomplete[0] if incomplete else None,
        "editor": editor,
        "edited_title": titles.get(editor, ""),
        "saved": titles.get(request.GET.get("saved", ""), "") if editor else "",
        "unchanged": titles.get(request.GET.get("unchanged", ""), "") if editor else "",
        "pictures": pictures,
        "clock_error": describe_clock_error(max((one.clock_bound for one in pictures), default=timedelta(0))),
        "recipient": recipient,
        "has_failed": SEND in moves and dispatches.has_failed_for(report, recipient),
        "attachments": [
            (one, text.ATTACHMENTS[AttachmentKind(one.kind)])
            for one in Attachment.objects.filter(report__in=with_drafts).stored()
        ],
        "has_access_list": find_release_with_list(report) is not None,
        **_origin(report),
        **_permissions(request, report, moves),
        **past,
    }


@report_page("GET")
def report_detail(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show a report section by section, and next to it the steps that the person can take."""
    context = page_context(request, report)
    if context["decides"]:
        context |= {
            "decision": _decision_form(request, report, context),
            "contradiction": compare_availability(report),
        }
    return render(request, "breaches/report.html", context)


class DecisionForm(MoveForm):
    """A form with two questions. The answers determine the page where the person makes the decision."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)
    ready = forms.ChoiceField(
        label=lazy("1. Is the report ready?"),
        choices=[("yes", lazy("Yes")), ("no", lazy("No, return it to the authors for changes"))],
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select whether the report is ready")},
    )
    breach = forms.ChoiceField(
        label=lazy("2. Is this a breach of the Code?"),
        help_text=lazy("If you do not report it, we ask for your reason next."),
        choices=[
            ("report", lazy("Yes, report it to the Office for Statistics Regulation (OSR)")),
            ("log", lazy("Yes, record it in our breach log only")),
            ("no", lazy("No, it is not a breach")),
        ],
        widget=forms.RadioSelect,
        required=False,
    )

    def __init__(self, *args: Any, moves: Collection[str], obstacles: Mapping[str, str], **kwargs: Any) -> None:
        """Set up the questions.

        :param moves: the moves that the person may make. If they may not return the report, only the second question is
            asked. If they may withdraw it, it was sent before and must either be sent again or be withdrawn.
        :param obstacles: sentences that explain why an answer to the second question cannot be chosen now, keyed by the
            answer (`report` or `log`). If an answer can be chosen, its sentence is empty.
        """
        super().__init__(*args, **kwargs)
        self.obstacles = {choice: sentence for choice, sentence in obstacles.items() if sentence}
        if WITHDRAW in moves:
            self.fields["breach"].choices = [  # type: ignore[attr-defined]  # declared above
                ("report", _("Yes, report it to the Office for Statistics Regulation (OSR)")),
                ("withdraw", _("No, withdraw the report")),
            ]
            self.fields["breach"].help_text = _("If you withdraw it, you write a notice to the recipient next.")
        if RETURN not in moves:
            del self.fields["ready"]
            self.fields["breach"].label = _("Is this a breach of the Code?")

    @cached_property
    def helper(self) -> FormHelper:
        asked = [Question("ready", size="s", small=True)] if "ready" in self.fields else []
        breach = Question("breach", size="s", small=True, hints=self.obstacles)
        return inside_the_form("last_change", "version", *asked, breach)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.has_error("ready") and cleaned.get("ready") != "no" and not cleaned.get("breach"):
            self.add_error("breach", _("Select whether this is a breach of the Code"))
        return cleaned

    @property
    def page(self) -> str:
        """The URL name of the page for the chosen decision. The form must be valid."""
        if self.cleaned_data.get("ready") == "no":
            return "breaches:return"
        return {
            "report": "breaches:approve",
            "log": "breaches:record",
            "no": "breaches:dismiss",
            "withdraw": "breaches:withdraw",
        }[self.cleaned_data["breach"]]


def _decision_form(request: SignedInRequest, report: Report, page: Mapping[str, Any]) -> DecisionForm:
    obstacle = _count_missing(page["missing"])
    if not obstacle and not decisions.has_second_person(report, request.user):
        obstacle = _(
            "You cannot choose this, because you wrote or submitted this report, or chose the cause of the breach. "
            "Another person must approve the report."
        )
    return DecisionForm(
        post_data(request),
        initial={"last_change": report.last_change, "version": report.version},
        moves=page["moves"],
        obstacles={"report": obstacle, "log": _count_missing(page["missing_for_log"])},
    )


def _count_missing(missing: Sequence[object]) -> str:
    """Return a sentence with the number of missing items, or "" if no items are missing."""
    if not missing:
        return ""
    sentence = ngettext(
        "You cannot do this yet. %(number)d item is missing.",
        "You cannot do this yet. %(number)d items are missing.",
        len(missing),
    )
    return sentence % {"number": len(missing)}


@report_page("GET", "POST", move=APPROVE)
def open_decision_page(request: SignedInRequest, report: Report) -> HttpResponse:
    """Redirect to the page of the chosen decision. The report is not changed here.

    The URL contains the version and the last change that the person has read.
    """
    if request.method != "POST":
        return redirect(f"{reverse('breaches:report', args=[report.reference])}#decision")
    context = page_context(request, report)
    if not context["decides"]:
        return return_to_report(request, report, explain_closed_move(request.user, report, APPROVE))
    form = _decision_form(request, report, context)
    if not form.is_valid():
        invalid = {"decision": form, "form": form, "contradiction": compare_availability(report)}
        return render(request, "breaches/report.html", context | invalid)
    read = {"read": form.cleaned_data["last_change"], "version": form.cleaned_data["version"]}
    return redirect(f"{reverse(form.page, args=[report.reference])}?{urlencode(read)}")


def _parts_of(
    report: Report,
    version: ReportVersion,
    content: ReportContent,
    *,
    may_edit: bool,
    request: SignedInRequest,
    commented: Sequence[SectionComment] = (),
) -> list[ReportPart]:
    document = lay_out_report(report, version)
    needs = decisions.find_needs(report, content)
    changed = refreshing.changed_facts(report, version)
    # Until a person edits the circumstances, the text is written from the answers. So the section is incomplete while
    # answers are missing.
    is_unwritten = version.is_untouched("circumstances") and any(
        one.section is ReportSection.WHAT_HAPPENED for one in needs
    )
    parts = []
    for section in sections_of(asked=is_asked(report)):
        printed = document.sections[PRINTED[section]] if section in PRINTED else None
        needed = [one for one in needs if one.section == section and one.field not in decisions.OF_THE_CAUSE]
        has_changed = may_edit and any(field in changed for field in FIELDS[section])
        is_account = section is ReportSection.CIRCUMSTANCES
        status, colour = _status_of(
            report,
            needed,
            has_changed=has_changed,
            is_unwritten=is_account and is_unwritten,
            is_prompted=is_account and has_only_record(report, version),
        )
        address = reverse("breaches:section", args=[report.reference, section])
        parts.append(
            ReportPart(
                key=section.value,
                title=printed.heading if printed else str(text.SECTIONS[section]),
                address=f"{address}#{FIRST_CONTROLS.get(section, f'section-{section}')}" if may_edit else "",
                status=status,
                colour=colour,
                remarks=_links(report, needed),
                printed=printed,
                lines=() if printed else list(text.field_lines(content.answers)),
                comments=[comment for comment in commented if comment.section == section],
            )
        )
        if section is ReportSection.CIRCUMSTANCES:
            parts.append(_cause_part(report, needs, may_edit=editing.may_choose_cause(request.user, report)))
    return parts


def _cause_part(report: Report, needs: Iterable[Remark], *, may_edit: bool) -> ReportPart:
    needed = [one for one in needs if one.field in decisions.OF_THE_CAUSE]
    status, colour = _status_of(report, needed)
    address = f"{reverse('breaches:cause', args=[report.reference])}#section-{CAUSE}"
    available = recorded_cause(report).available
    stated = describe_availability(available) if available else report.available_unknown
    lines = (text.cause_name(report.cause), report.cause_words, stated)
    return ReportPart(
        key=CAUSE,
        title=_("Cause of the breach"),
        address=address if may_edit else "",
        status=status,
        colour=colour,
        remarks=_links(report, needed),
        lines=[line for line in lines if line],
    )


def _status_of(
    report: Report,
    needed: Sequence[Remark],
    *,
    has_changed: bool = False,
    is_unwritten: bool = False,
    is_prompted: bool = False,
) -> tuple[str, str]:
    """Return the status of a part and the colour of its tag. If the colour is empty, the status is plain text."""
    if has_changed:
        return _("Facts changed"), "yellow"
    is_open = report.status in UNDECIDED
    if not needed and is_open and is_prompted:
        return _("Prompt not answered"), "yellow"
    if not needed and not (is_open and is_unwritten):
        return _("Completed"), ""
    # If the report is decided, the decision was made without the missing values.
    return (_("Incomplete"), "blue") if is_open else (_("Left empty"), "")


def _links(report: Report, needed: Iterable[Remark]) -> list[dict[str, str]]:
    """Return the remarks with links to their form controls. Only undecided reports have remarks."""
    return [link_remark(report, remark) for remark in needed] if report.status in UNDECIDED else []


def _draw_intervals(suspicions: Collection[Suspicion]) -> list[ReleasePicture]:
    """Return a chart for each release, with the due time and the checks between which the release went live.

    If no check showed whether a release was live, there is no chart for this release.
    """
    pictures: dict[int, ReleasePicture] = {}
    has_several = len({suspicion.release_id for suspicion in suspicions}) > 1
    for suspicion in suspicions:
        verdict = suspicion.shown_verdict
        chart = _draw_interval(verdict)
        if chart and suspicion.verification_id not in pictures:
            title = suspicion.release.title if has_several else ""
            pictures[suspicion.verification_id] = ReleasePicture(title, chart, verdict.clock_bound)
    return list(pictures.values())


def _draw_interval(verdict: Verification) -> Chart | None:
    absent, live = verdict.last_not_live_at, verdict.first_live_at
    if not (absent or live):
        return None
    return draw_appearance(
        due_at=verdict.due_at,
        limit_at=verdict.limit_at,
        absent_at=absent,
        live_at=live,
        delay=None if verdict.delay_from is None else (verdict.delay_from, verdict.delay_to),
        clock_bound=verdict.clock_bound,
    )


def _origin(report: Report) -> dict[str, Any]:
    suspicions = report.suspicions.all()
    started = StartedReport.objects.filter(report=report).select_related(
        "release", "series", "started_by", "receipt__link__entry"
    )
    started_report = started.first()
    merged = JoinedDraft.objects.in_force().filter(draft=report)
    return {
        "suspicions": suspicions,
        "changed_records": describe_changed_records(report),
        "started": started_report,
        "is_restricted": started_report is not None and is_restricted(report),
        # Test the kinds first, because they are already loaded. Most reports then do not need the query.
        "is_unlisted": ReportKind.EARLY in {report.kind, *(one.kind for one in suspicions)}
        and is_about_unpublished_early(report),
        "is_breach": DECISION_ON.get(ReportStatus(report.status)) in BREACHES,
        "has_document": report.status in WITH_DOCUMENT,
        "has_statement": report.status in publication.PUBLISHABLE and not report.rehearsal,
        "morning": morning_of_drafts(report),
        "joined_into": merged.select_related("joint", "by").first(),
        "joined_from": JoinedDraft.objects.filter(joint=report).select_related("draft"),
        "can_be_parted": can_be_split(report),
    }


def describe_changed_records(report: Report) -> list[str]:
    """Return a sentence for each release of which no suspicion is still shown by the record.

    The sentences name the release if the report is about several releases. They say what to do before the report is
    decided or, if it is approved, before it is sent. Other reports have no sentence.

    A report that a person started has a sentence or warning also if it was sent or recorded, and if our checks found
    another outcome than the person.

    :param report: loaded with its suspicions, and with their verdict and release.
    """
    suspicions = report.suspicions.all()
    compared = (*UNDECIDED, ReportStatus.APPROVED, ReportStatus.SENT, ReportStatus.RECORDED)
    if report.status in compared and not suspicions:
        return [sentence] if (sentence := compare_with_verdict(report, content_of(report))) else []
    was_started = hasattr(report, "started")
    if report.status not in (compared if was_started else (*UNDECIDED, ReportStatus.APPROVED)):
        return []
    titles = {one.release_id: one.release.title for one in suspicions}
    suspected = {one.release_id for one in suspicions if one.shown_verdict.outcome in SUSPICIOUS}
    changed = [title for release, title in titles.items() if release not in suspected]
    if len(titles) == 1 and changed:
        if report.status == ReportStatus.APPROVED:
            return [_("The record has changed. It no longer shows a breach. Check the report before you send it.")]
        if report.status not in UNDECIDED:
            sentence = _(
                "The record has changed. It no longer shows a breach. Check whether the report must be corrected."
            )
            return [sentence]
        return [_("The record has changed. It no longer shows a breach. Read the circumstances before you decide.")]
    sentence = (
        _("The record of ‘%(release)s’ has changed. It no longer shows a breach. Check the report before you send it.")
        if report.status == ReportStatus.APPROVED
        else _(
            "The record of ‘%(release)s’ has changed. It no longer shows a breach. Read the circumstances before you "
            "decide."
        )
    )
    return [sentence % {"release": title} for title in changed]


def _permissions(request: SignedInRequest, report: Report, moves: Sequence[str]) -> dict[str, Any]:
    roles, is_own_act = roles_for(request.user, report), declared_own_act(request.user, report)
    is_open = report.status in UNDECIDED
    is_writer = bool(WRITERS & roles)
    may_add = is_writer and report.status not in MERGED_OR_SPLIT
    return {
        "moves": moves,
        "decides": is_open and not DECISIONS.isdisjoint(moves),
        "may_deal": is_open and bool(TABLE[Action.DEAL] & roles),
        "is_own_act": is_own_act,
        "may_comment": is_open and is_writer,
        "may_resolve": may_add,
        "may_attach": may_add,
        "may_declare": may_add and not is_own_act,
        "may_download": bool(TABLE[Action.DOWNLOAD] & roles),
        "may_redact": bool(TABLE[Action.REDACT] & roles),
        "publishing": _publication(report, may_publish=bool(TABLE[Action.PUBLISH] & roles) and not is_own_act),
    }


def _publication(report: Report, *, may_publish: bool) -> dict[str, Any] | None:
    """Return the template context for the publication of a report, or None if there is nothing to show."""
    if not settings.BREACHES_PUBLIC:
        return None
    is_public = publication.is_public(report)
    correction = None if is_public else publication.find_correction(report)
    may_be_made = may_publish and not is_public and publication.may_be_published(report)
    if is_public or correction or may_be_made:
        return {"is_public": is_public, "correction": correction, "may": may_publish, "may_be_made": may_be_made}
    return None


@dataclass(frozen=True, slots=True)
class Revision:
    """The revision of a report that was returned, or that was approved and then corrected or reopened.

    `number` is the version that was returned or approved. `begins_with` is the version with which the revision began.
    It has the same text, without the values that the approval set.
    """

    event: ReportEvent
    number: int
    begins_with: int

    @property
    def is_returned(self) -> bool:
        return self.event.kind == PAST_TENSE[RETURN]


def find_revision(report: Report) -> Revision | None:
    """Return the last revision of a report, or None if it was neither returned nor approved before."""
    kinds = [PAST_TENSE[move] for move in (RETURN, CORRECT, REOPEN)]
    event = report.events.filter(kind__in=kinds).select_related("actor").order_by("position").last()
    # A report that was reopened may have been recorded or dismissed.
    if event is None or event.facts["status"][0] not in {ReportStatus.WITH_HOP, *WITH_DOCUMENT}:
        return None
    return Revision(event, *event.facts["version"])


def _past(report: Report) -> dict[str, Any]:
    # Text of a report can only be redacted by an event of its own, or of a report with which it was combined. Most
    # reports have neither, so they do not need the queries for these redactions.
    of_redactions = (KIND, "joint_drafted", "joined")
    kinds = ("returned", "recorded", "dismissed", "answered", *of_redactions)
    events = report.events.filter(kind__in=kinds).select_related("actor")
    last = {event.kind: event for event in events.order_by("position")}
    answer = last.pop("answered", None)
    may_be_redacted = [last.pop(kind) for kind in of_redactions if kind in last]
    documents = list(report.approved_documents.select_related("approved_by").defer("pdf"))
    removals = removals_left_in(documents, report) if documents and may_be_redacted else {}
    # If a returned report was changed and submitted again, the page links to the changes since the returned version.
    revision = find_revision(report) if report.status == ReportStatus.WITH_HOP and "returned" in last else None
    returned_version = revision.number if revision and revision.is_returned else None
    dispatches = Dispatch.objects.filter(report=report).with_attempt().select_related("document", "by")
    reported = Dispatch.objects.filter(report=report).reported().order_by("document__version")
    return {
        "last_decision": max(last.values(), key=lambda event: event.position, default=None),
        "decision_reason": text.reason_name(report),
        "returned_version": returned_version if returned_version != report.version else None,
        "own_acts": report.own_acts.all(),
        "is_decided": report.status in DECIDED,
        "documents": [(document, text.removal_days(removals.get(document.version, ()))) for document in documents],
        "dispatches": dispatches.defer("document__pdf"),
        "sent_version": reported.values_list("document__version", flat=True).last(),
        "is_withdrawn_draft": report.status == ReportStatus.WITHDRAWN
        and not report.approved_documents.filter(version=report.version).exists(),
        "answer": answer,
    }
