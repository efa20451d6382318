"""Views of the sections, cause, assignment and conflicts of interest of a report, and of the Code of Practice."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from breaches import code_of_practice, comments, decisions, editing, refreshing, text
from breaches.corrective_actions import save_section_with_actions, write_plans
from breaches.editing import ChosenCause
from breaches.facts import (
    compare_availability,
    compare_with_record,
    find_reported_disclosure,
    find_stated_day,
    has_known_date,
    incident_of,
    is_asked,
    late_titles,
)
from breaches.forms import SECTION_FORMS, SectionForm, remark_field, with_another_row
from breaches.models import Edition, Practice, Report, SectionComment
from breaches.permissions import (
    Action,
    declared_own_act,
    may_settle_wording,
    may_write_or_decide,
    moves_open_to,
    report_producers,
    reports_where,
)
from breaches.rules.answers import Question, causes_of
from breaches.rules.causes import name_last
from breaches.rules.content import (
    FORM_SECTIONS,
    FROM_FACTS,
    Remark,
    ReportContent,
    ReportSection,
    content_from_json,
    sections_of,
)
from breaches.rules.incident import write_account_above_list
from breaches.rules.lifecycle import APPROVE, DECIDED, EDIT, MERGED_OR_SPLIT, UNDECIDED, Cause, ReportKind
from breaches.text import CAUSES
from breaches.versions import content_of, current_version
from breaches.views.base import (
    Conflict,
    describe_conflict,
    digest_values,
    explain_closed_move,
    explain_status,
    read_version,
    refusal_page,
    report_page,
    return_to_report,
)
from breaches.views.detail import CAUSE, continue_after, page_context
from releases.forms import (
    ClockTimeField,
    GovukDateField,
    GovukForm,
    LongTextField,
    add_refusal,
    inside_the_form,
)
from releases.permissions import User
from releases.rules.calendar import format_day, in_london
from releases.rules.lifecycle import ChangedMeanwhile, FieldRefused, MoveRefused
from releases.text.dates import write_moment
from releases.text.languages import join_with_and
from releases.views.base import SignedInRequest, post_data


def answer_signed_out_preview(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Decorate a view: if the session has ended, a preview says so, and the typed answers stay on the page.

    A redirect to the sign-in page would only empty the preview. When the person saves, the middleware `UnsentForms`
    stores the answers until they have signed in again.
    """

    @wraps(view)
    def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method == "POST" and "HX-Request" in request.headers and not request.user.is_authenticated:
            return render(request, "breaches/preview_signed_out.html")
        return view(request, *args, **kwargs)

    return page


@answer_signed_out_preview
@report_page("GET", "POST", move=EDIT)
def edit_section(request: SignedInRequest, report: Report, section: ReportSection) -> HttpResponse:
    if section not in sections_of(asked=is_asked(report)):
        raise Http404("This section is not part of a report of this kind.")
    form = _section_form(report, section, post_data(request))
    if request.method != "POST":
        if EDIT not in moves_open_to(request.user, report):
            return return_to_report(request, report, explain_closed_move(request.user, report, EDIT))
        return _show_section(request, report, section, form)
    if section is ReportSection.WHAT_HAPPENED and "preview" in request.POST:
        return render(request, "breaches/account_preview.html", _preview_account(report, form))
    if form.rows and "add" in request.POST:
        longer = with_another_row(request.POST, form.rows.prefix)
        return _show_section(request, report, section, _section_form(report, section, longer))
    if "take" in request.POST:
        data = request.POST.copy()
        replaced = (_fill_in_contact if request.POST["take"] == "dealing" else _fill_in_account)(report, data)
        return _show_section(request, report, section, _section_form(report, section, data), replaced=replaced)
    return _save_section(request, report, section, form)


def _save_section(request: SignedInRequest, report: Report, section: ReportSection, form: SectionForm) -> HttpResponse:
    if not form.is_valid():
        return _show_section(request, report, section, form)
    was_incomplete = bool(decisions.find_needs(report, content_of(report)))
    try:
        saved = _save_form(report, section, form, by=request.user, at=timezone.now())
    except (editing.ImpossibleContent, FieldRefused) as refused:
        for remark in _list_remarks(section, refused):
            form.object_to(remark)
        return _show_section(request, report, section, form)
    except editing.SameFieldChanged as conflict:
        # Show the other person's text above the form. The form retains the text that was submitted. If the form is
        # submitted again, the retained text is saved.
        data = request.POST.copy()
        data["version"] = str(conflict.current.number)
        data["seen"] = editing.section_digest(conflict.current, section)
        theirs = content_from_json(conflict.current.content)
        since = report.versions.filter(number__gte=form.cleaned_data["version"]).select_related("written_by")
        changed = conflict.find_change(since.order_by("-number"))
        shown = Conflict(
            [(str(text.FIELDS[field]), text.value_in_words(theirs, field)) for field in conflict.fields],
            changed.written_by,
            changed.written_at,
            is_redacted=conflict.is_redacted,
        )
        return _show_section(request, report, section, _section_form(report, section, data), status=409, conflict=shown)
    except MoveRefused as refused:
        typed = [
            {"label": str(text.FIELDS[field]), "text": "\n".join(text.field_lines(value))}
            for field, value in form.values().items()
        ]
        if plans := form.plans():
            typed.append({"label": _("New actions"), "text": write_plans(plans)})
        return refusal_page(request, report, str(refused), typed=typed)
    if saved.others_editing:
        sentence = _("While you were writing, %(people)s changed other sections.")
        messages.info(request, sentence % {"people": saved.others_editing})
    sentence = _("‘%(section)s’ saved.") % {"section": text.SECTIONS[section]} if saved.changed else ""
    return continue_after(request, saved.report, after=section, was_incomplete=was_incomplete, saved=sentence)


def _list_remarks(section: ReportSection, refused: editing.ImpossibleContent | FieldRefused) -> Iterable[Remark]:
    if isinstance(refused, FieldRefused):
        return [Remark(section, refused.field, str(refused))]
    return refused.remarks


def _save_form(
    report: Report, section: ReportSection, form: SectionForm, *, by: User, at: datetime
) -> editing.SavedSection:
    version, seen = form.cleaned_data["version"], form.cleaned_data["seen"]
    if plans := form.plans():
        text_typed = form.values()["corrective_actions"]
        return save_section_with_actions(
            report, plans, text=text_typed, expected_version=version, by=by, at=at, text_seen=seen
        )
    return editing.save_section(
        report,
        section=section,
        values=form.values(),
        expected_version=version,
        by=by,
        at=at,
        facts_seen=form.cleaned_data["facts_seen"],
        text_seen=seen,
    )


def _fill_in_contact(report: Report, data: QueryDict) -> str:
    """Fill in the contact details of the person dealing with the report, and return the previous values.

    Only `data` is changed. Nothing is saved.
    """
    parts = ("name", "email", "telephone")
    replaced = "\n".join(str(typed) for part in parts if (typed := data.get(f"dealing_{part}")))
    if (person := editing.assigned_contact(report)) is not None:
        for part in parts:
            data[f"dealing_{part}"] = getattr(person, part)
        data.pop("dealing_is_team", None)
        if person.is_team:
            data["dealing_is_team"] = "on"
    return replaced


def _fill_in_account(report: Report, data: QueryDict) -> str:
    """Fill in the newest automatic account, and return the previous text.

    Only `data` is changed. Nothing is saved.
    """
    replaced = str(data.get("circumstances", ""))
    data["circumstances"] = refreshing.insert_newest_account(report, replaced)
    data["facts_seen"] = editing.facts_digest(report)
    return replaced


def _section_form(report: Report, section: ReportSection, data: QueryDict | None = None) -> SectionForm:
    version = current_version(report)
    content = content_from_json(version.content)
    is_citing = section is ReportSection.CIRCUMSTANCES
    return SECTION_FORMS[section](
        data,
        content=content,
        version=report.version,
        seen=editing.section_digest(version, section),
        facts_seen=editing.facts_digest(report),
        practices=code_of_practice.offer_practices(report, content) if is_citing else (),
        kind=ReportKind(report.kind),
        left_out={Question.DUE} if has_known_date(report) else (),
        stated_day=find_stated_day(report, content) if section is ReportSection.WHAT_HAPPENED else None,
        disclosure=find_reported_disclosure(report) if section is ReportSection.WHAT_HAPPENED else None,
    )


def _preview_account(report: Report, form: SectionForm) -> dict[str, Any]:
    """Return the template context for a preview of the account.

    If the form was submitted, the account is written from the submitted answers. Otherwise it is written from the saved
    answers. Nothing is saved.
    """
    content, is_saved = content_of(report), not form.is_bound
    if not is_saved:
        form.is_valid()
        content = replace(content, answers=form.values()["answers"])
    incident = incident_of(report, content, now=timezone.now())
    needed = {remark.field for remark in decisions.cause_needs(report)}
    too_long = (remark.sentence for remark in decisions.find_long_account_remarks(incident))
    return {
        "account": write_account_above_list(incident),
        "is_saved": is_saved,
        "warnings": list(filter(None, [compare_with_record(report, content), *too_long])),
        "asks_when_available": "available_on" in needed,
        "asks_cause": "cause" in needed,
        "has_list": incident.access is not None,
        "is_edited": not current_version(report).is_untouched("circumstances"),
    }


def _show_section(
    request: SignedInRequest,
    report: Report,
    section: ReportSection,
    form: SectionForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    version = current_version(report)
    content = content_from_json(version.content)
    machine = content_from_json(report.machine) if report.machine else ReportContent()
    changed = refreshing.changed_facts(report, version)
    context = {
        **page_context(request, report, editor=section),
        "section": section,
        "form": form,
        "rows": form.rows,
        "formset": form.rows,
        "occurred": join_with_and(format_day(on) for on in content.occurred_on),
        "on_record": [
            {
                "label": text.FIELDS[field],
                "text": text.value_in_words(machine, field),
                "changed": field in changed,
                "can_be_taken": field == "circumstances",
            }
            for field in editing.FIELDS[section]
            if field in FROM_FACTS and report.machine
        ],
        "dealing": editing.suggest_contact(report, content) if section is ReportSection.CORE_INFORMATION else None,
        "from_answers": is_asked(report),
        "facts_changed": any(field in changed for field in editing.FIELDS[section]),
        "preview": _preview_account(report, form) if section is ReportSection.WHAT_HAPPENED else None,
        **more,
    }
    if context["preview"] and not report.suspicions.all():
        context["changed_records"] = []  # the preview contains this warning
    return render(request, "breaches/report.html", context, status=status)


class CauseForm(GovukForm):
    """Asks for the cause of a breach and a description of the cause.

    For a late release, the form also asks when the release became available, or why the time is not known.
    """

    options = {
        "cause": {"size": "m", "dividers": {"not_known": lazy("or")}},
        "cause_words": {"threshold": 75},
        "available_on": {"size": "m"},
        "available_unknown": {"threshold": 75},
    }

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    cause = forms.ChoiceField(
        label=lazy("What was the cause?"),
        choices=list(CAUSES.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select the cause, or ‘Not known yet’")},
    )
    cause_words = LongTextField(
        label=lazy("Describe the cause (required if you choose ‘Other’)"),
        help_text=lazy(
            "If you choose ‘Other’, we add this to ‘Circumstances of breach’. Use job titles, not people’s names."
        ),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    available_on = GovukDateField(
        help_text=lazy("For example, 30 6 2026"),
        required=False,
    )
    available_time = ClockTimeField(label=lazy("London time"), help_text=lazy("For example, 10:27am"), required=False)
    available_unknown = LongTextField(
        label=lazy("If you do not know the time, explain why"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,
        late: Sequence[str] | None,
        causes: Iterable[Cause],
        stated_day: date | None = None,
        **kwargs: Any,
    ) -> None:
        """:param late: the titles of the late releases. If there are several, the form asks when the last of them
            became available. If it is None, the form does not ask when a release became available.
        :param causes: the causes to offer, in order.
        :param stated_day: the day of the breach that was stated when the report was started. The form suggests this day
            as the day on which the releases became available. If the person adds no time, the day is not stored.
        """
        super().__init__(*args, **kwargs)
        self.stated_day, self.has_several = stated_day, late is not None and len(late) > 1
        self.fields["cause"].choices = [  # type: ignore[attr-defined]  # declared above
            (cause.value, CAUSES[cause]) for cause in causes
        ]
        if late is None:
            for name in ("available_on", "available_time", "available_unknown"):
                del self.fields[name]
            return
        on = self.fields["available_on"]
        names = {"release": name_last(late)}
        on.label = _("When did %(release)s become available?") % names
        on.subject = _("The date on which %(release)s became available") % names  # type: ignore[attr-defined]

    @cached_property
    def helper(self) -> FormHelper:
        return inside_the_form(*self.questions())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        on, clock = cleaned.get("available_on"), cleaned.get("available_time")
        if on and on != self.stated_day and not clock and "available_time" in cleaned:
            self.add_error("available_time", _("Enter the time as well"))
        if clock and not on and "available_on" in cleaned:
            self.add_error("available_on", _("Enter the date as well"))
        self.combine_instant(cleaned, on="available_on", at="available_time", to="available_at")
        return cleaned

    def chosen_cause(self) -> ChosenCause:
        typed = self.cleaned_data
        return ChosenCause(
            typed["cause"], typed["cause_words"], typed.get("available_at"), typed.get("available_unknown", "")
        )


@report_page("GET", "POST", allowed=may_write_or_decide)
def edit_cause(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show the form for the cause, and save the cause.

    If another person chose a different cause meanwhile, show that cause above the form instead of saving.
    """
    if request.method == "GET" and not editing.may_choose_cause(request.user, report):
        return return_to_report(request, report, explain_closed_move(request.user, report, EDIT))
    form = _cause_form(report, post_data(request))
    if not form.is_valid():
        return _show_cause(request, report, form)
    current = editing.cause_of(report)
    if form.cleaned_data["seen"] != _digest_cause(current) and form.chosen_cause() != current:
        data = request.POST.copy()
        data["seen"] = _digest_cause(current)
        return _show_cause(request, report, _cause_form(report, data), conflict=_describe_other_cause(report, form))
    was_incomplete = bool(decisions.find_needs(report, content_of(report)))
    try:
        saved = editing.choose_cause(report, form.chosen_cause(), by=request.user, at=timezone.now())
    except MoveRefused as refused:
        add_refusal(form, refused)
        return _show_cause(request, report, form)
    still_needed = () if saved.status in DECIDED else decisions.cause_needs(saved)
    warning = compare_availability(saved)
    is_changed = editing.cause_of(saved) != current
    outcome = _("Cause saved.") if is_changed else _("You did not make any changes.")
    if not still_needed and not warning:
        sentence = outcome if is_changed else ""
        return continue_after(request, saved, after=CAUSE, was_incomplete=was_incomplete, saved=sentence)
    # Stay on this page. The page jumps to the form of the next section, which is far below the messages.
    if warning:
        messages.warning(request, warning)
    if still_needed:
        sentence = _("The report cannot be submitted or approved yet. %(needed)s")
        needed = " ".join(remark.sentence for remark in still_needed)
        messages.warning(request, f"{outcome} {sentence % {'needed': needed}}")
    else:
        messages.add_message(request, messages.SUCCESS if is_changed else messages.INFO, outcome)
    return redirect("breaches:cause", report.reference)


def _cause_form(report: Report, data: QueryDict | None) -> CauseForm:
    cause = editing.cause_of(report)
    available = in_london(cause.available_at) if cause.available_at else None
    is_late = decisions.is_late(report)
    stated_day = find_stated_day(report, content_of(report)) if is_late else None
    initial = {
        "seen": _digest_cause(cause),
        "cause": cause.cause,
        "cause_words": cause.cause_words,
        "available_on": available.date() if available else stated_day,
        "available_time": available and available.time(),
        "available_unknown": cause.available_unknown,
    }
    offered = causes_of(ReportKind(report.kind))
    # If the present cause is not in the list for this kind of breach, offer it too, so that the person can keep it.
    chosen = [] if not report.cause or report.cause in offered else [Cause(report.cause)]
    return CauseForm(
        data,
        late=late_titles(report) if is_late else None,
        causes=[*chosen, *offered],
        stated_day=stated_day,
        initial=initial,
    )


def _digest_cause(cause: ChosenCause) -> str:
    at = cause.available_at.isoformat() if cause.available_at else None
    return digest_values(cause.cause, cause.cause_words, at, cause.available_unknown)


def _describe_other_cause(report: Report, form: CauseForm) -> Conflict:
    saved, last = editing.cause_of(report), editing.find_last_choice(report)
    values = {
        "cause": text.cause_name(saved.cause),
        "cause_words": saved.cause_words,
        "available_on": write_moment(saved.available_at) if saved.available_at else "",
        "available_unknown": saved.available_unknown,
    }
    answers = [(str(form.fields[name].label), value) for name, value in values.items() if name in form.fields]
    was_removed = last is not None and last.actor is None
    reason = (
        _("Another release of this report is late now. Enter when the last of the late releases became available.")
        if was_removed
        else ""
    )
    chosen = form.chosen_cause()
    return describe_conflict(answers, last, typed=(chosen.cause_words, chosen.available_unknown), reason=reason)


def _show_cause(
    request: SignedInRequest, report: Report, form: CauseForm, *, conflict: Conflict | None = None
) -> HttpResponse:
    context: dict[str, Any] = {
        **page_context(request, report, editor=CAUSE),
        "form": form,
        "conflict": conflict,
        "is_known": decisions.is_late(report) and decisions.is_closed(report),
        "ends_approval": report.producer.two_person_approval and APPROVE in moves_open_to(request.user, report),
    }
    return render(request, "breaches/report.html", context, status=409 if conflict else 200)


class AssignmentForm(GovukForm):
    """Asks for the new assignee, who must be one of `people`.

    `was` is the primary key of the person to whom the report was assigned when the page was loaded.
    """

    button = lazy("Save")
    defaults = {"size": "m"}

    was = forms.CharField(required=False, widget=forms.HiddenInput)
    person: "forms.ModelChoiceField[User]" = forms.ModelChoiceField(
        label=lazy("Assign to"),
        queryset=None,
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select a person")},
    )

    def __init__(self, *args: Any, people: "QuerySet[User]", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = people  # type: ignore[attr-defined]  # declared above


@report_page("GET", "POST", action=Action.DEAL)
def assign(request: SignedInRequest, report: Report) -> HttpResponse:
    was = str(report.person_dealing_id or "")
    form = AssignmentForm(
        post_data(request),
        people=editing.people_to_assign(report),
        initial={"was": was, "person": report.person_dealing_id},
    )
    if request.method == "GET" and (sentence := editing.assignment_obstacle(report)):
        return return_to_report(request, report, sentence, messages.INFO)
    if not form.is_valid():
        return render(request, "breaches/dealing.html", {"report": report, "form": form})
    person = form.cleaned_data["person"]
    if form.cleaned_data["was"] != was and person != report.person_dealing:
        sentence = _("Another person assigned this report to %(person)s. We did not change the assignment.")
        messages.warning(request, sentence % {"person": report.person_dealing})
        return redirect("breaches:dealing", report.reference)
    try:
        editing.assign_report(report, person=person, by=request.user, at=timezone.now())
    except MoveRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("Report assigned to %(person)s.") % {"person": person})
    return redirect("breaches:report", report.reference)


class CommentForm(GovukForm):
    button = lazy("Add comment")

    words = remark_field(lazy("Your comment"), required=lazy("Enter your comment"))


@report_page("GET", "POST", allowed=may_write_or_decide)
def add_comment_view(request: SignedInRequest, report: Report, section: ReportSection) -> HttpResponse:
    if section not in FORM_SECTIONS:
        raise Http404("There are no comments on this section.")
    if request.method == "GET" and report.status not in UNDECIDED:
        return return_to_report(request, report, explain_status(report))
    form = CommentForm(post_data(request))
    if form.is_valid():
        try:
            words = form.cleaned_data["words"]
            comments.add_comment(report, section=section, words=words, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Comment added."))
            return _redirect_to_section(report, section)
    context = {"report": report, "title": text.SECTIONS[section], "form": form}
    return render(request, "breaches/comment.html", context)


@report_page("POST", allowed=may_write_or_decide)
def resolve_comment_view(request: SignedInRequest, report: Report, comment: int) -> HttpResponse:
    shown = SectionComment.objects.filter(event__report__in=comments.find_parts(report)).select_related("event__report")
    found = get_object_or_404(shown, pk=comment)
    try:
        comments.resolve_comment(report, found, by=request.user, at=timezone.now())
    except MoveRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("Comment resolved."))
    return _redirect_to_section(report, found.section)


def _redirect_to_section(report: Report, section: str) -> HttpResponse:
    return redirect(f"{reverse('breaches:report', args=[report.reference])}#section-{section}")


class OwnActForm(GovukForm):
    defaults = {"size": "s", "threshold": 75}

    words = remark_field(
        lazy("Details (optional)"),
        lazy("Everyone who works on the report can read your details in the history."),
    )

    @cached_property
    def helper(self) -> FormHelper:
        return inside_the_form(*self.questions())


@report_page("GET", "POST", allowed=may_write_or_decide)
def declare_own_act_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if declared_own_act(request.user, report):
        return return_to_report(request, report, _("You have already declared a conflict of interest."), messages.INFO)
    if report.status in MERGED_OR_SPLIT:
        return return_to_report(
            request,
            report,
            _("This report was combined or separated. Declare the conflict in the report that replaced it."),
        )
    form = OwnActForm(post_data(request))
    if form.is_valid():
        editing.declare_own_act(report, by=request.user, at=timezone.now(), words=form.cleaned_data["words"])
        sentence = (
            _(
                "Conflict of interest declared. You cannot reopen, correct, withdraw or close this report, or decide "
                "whether it is public."
            )
            if report.status in DECIDED
            else _("Conflict of interest declared. Someone else must decide on this report.")
        )
        return return_to_report(request, report, sentence, messages.SUCCESS)
    return render(request, "breaches/own_act.html", {"report": report, "form": form})


@login_required
@require_safe
def list_editions(request: SignedInRequest) -> HttpResponse:
    """Show the editions of the Code, newest first.

    If the person came from the approval page of a report, the cited practices whose wording is not confirmed are listed
    above the editions.
    """
    _require_code_keeper(request)
    report = _report_to_approve(request)
    unsettled: list[Practice] = []
    if report:
        cited = code_of_practice.find_cited_practices(report, code_of_practice.with_settled_wording(content_of(report)))
        unsettled = [one.row for one in cited if one.row is not None and not one.cited.confirmed]
    read = urlencode(read_version(request))
    approval = reverse("breaches:approve", args=[report.reference]) if report else ""
    reads = report_producers(request.user).exists()
    context = {
        "editions": Edition.objects.order_by("-in_force_from").prefetch_related("practices__settled_by"),
        "report": report,
        "of_report": unsettled,
        "read": read,
        "approval": f"{approval}?{read}" if read else approval,
        "back_address": reverse("breaches:report_list" if reads else "desk"),
        "back_text": _("Breach reports") if reads else _("Today’s releases"),
    }
    return render(request, "breaches/code_of_practice.html", context)


class WordingForm(GovukForm):
    """Asks for the wording of one practice, and for the source of the wording."""

    button = lazy("Confirm this wording")
    options = {"wording": {"size": "m", "threshold": 75}}

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    wording = LongTextField(
        label=lazy("Wording"),
        help_text=lazy("Copy the wording of the Code. Reports print it after the number of the practice."),
        error_messages={"required": lazy("Enter the wording")},
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    source = forms.CharField(
        label=lazy("Where did you read it?"),
        help_text=lazy("For example, the edition and page of the Code."),
        error_messages={"required": lazy("Enter where you read the wording")},
        max_length=300,
    )
    source_url = forms.URLField(
        label=lazy("Web address (optional)"),
        required=False,
        max_length=300,
        assume_scheme="https",
        error_messages={"invalid": lazy("Enter a web address, such as https://code.statisticsauthority.gov.uk/")},
    )


@login_required
@require_http_methods(["GET", "POST"])
def settle_wording_view(request: SignedInRequest, practice: int) -> HttpResponse:
    _require_code_keeper(request)
    found = get_object_or_404(Practice.objects.select_related("edition", "settled_by"), pk=practice)
    report = _report_to_approve(request)
    back_address = reverse("breaches:code_of_practice")
    if report is not None:
        back_address = f"{back_address}?{urlencode({'report': report.reference, **read_version(request)})}"
    initial = {
        "seen": found.settled_mark,
        "wording": found.wording,
        "source": found.source,
        "source_url": found.source_url,
    }
    form = WordingForm(post_data(request), initial=initial)
    status = 200
    if form.is_valid():
        try:
            found = code_of_practice.settle_wording(found, **form.cleaned_data, by=request.user, at=timezone.now())
        except ChangedMeanwhile as conflict:
            # The page shows the other person's wording above the form. The form retains the typed text.
            found.refresh_from_db()
            form = WordingForm({**request.POST.dict(), "seen": found.settled_mark})
            form.add_error(None, str(conflict))
            status = 409
        else:
            messages.success(request, _("Wording of %(practice)s confirmed.") % {"practice": found})
            return redirect(f"{back_address}#practice-{found.pk}" if report is None else back_address)
    context = {"practice": found, "form": form, "back_address": back_address}
    return render(request, "breaches/settle_wording.html", context, status=status)


def _require_code_keeper(request: SignedInRequest) -> None:
    if not may_settle_wording(request.user):
        raise Http404("There is no such page for this person.")


def _report_to_approve(request: SignedInRequest) -> Report | None:
    """Return the report that is named in the query string, or None if the person may not approve it.

    The approval page of a report links to the Code of Practice with the reference of the report in the query string.
    """
    reference = request.GET.get("report", "")
    report = reports_where(request.user, Action.VIEW).select_related("producer").filter(reference=reference).first()
    return report if report and APPROVE in moves_open_to(request.user, report) else None
