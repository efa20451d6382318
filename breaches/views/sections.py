"""Editing a section, the cause, the assignment and conflicts of interest, and the Code of Practice."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from breaches import code_of_practice as breaches_code_of_practice
from breaches import editing, refreshing, sign_off, text, versions
from breaches.editing import ChosenCause
from breaches.forms import SECTION_FORMS, SectionForm
from breaches.forms.decisions import OwnActForm
from breaches.forms.report import CauseForm, DealingForm
from breaches.forms.sections import WordingForm, with_another_row
from breaches.models import Edition, Practice, Report
from breaches.permissions import (
    Action,
    declared_own_act,
    may,
    may_settle_wording,
    may_write_or_decide,
    moves_open_to,
    reports_where,
)
from breaches.rules.content import FROM_FACTS, ReportContent, content_from_json
from breaches.rules.lifecycle import APPROVE, DECIDED, EDIT, TOLD_ELSEWHERE
from breaches.rules.validation import ReportSection
from breaches.versions import content_of, current_version
from breaches.views.base import report_page
from releases.rules.canonical import canonical_json, sha256_hex
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused
from releases.rules.london import format_day, in_london
from releases.views.base import SignedInRequest


@report_page("GET", "POST", move=EDIT)
def edit_section(request: SignedInRequest, report: Report, section: ReportSection) -> HttpResponse:
    """Show a section to write in, and save what was written."""
    if request.method == "POST":
        return _written(request, report, section)
    if EDIT not in moves_open_to(request.user, report):
        messages.warning(request, _("This report cannot be edited by you as it stands."))
        return redirect("breaches:report", report.reference)
    return _shown(request, report, section, _form(report, section))


def _written(request: SignedInRequest, report: Report, section: ReportSection) -> HttpResponse:
    form = _form(report, section, request.POST)
    if form.rows and "add" in request.POST:
        return _shown(
            request, report, section, _form(report, section, with_another_row(request.POST, form.rows.prefix))
        )
    if "take" in request.POST:
        dealing_taken = request.POST["take"] == "dealing"
        return (_with_the_person_dealing if dealing_taken else _with_the_records_text)(request, report, section)
    if not form.is_valid():
        return _shown(request, report, section, form)
    try:
        saved = editing.save_section(
            report,
            section=section,
            values=form.values(),
            expected_version=form.cleaned_data["version"],
            by=request.user,
            at=timezone.now(),
            facts_seen=form.cleaned_data["facts_seen"],
        )
    except editing.ImpossibleContent as refused:
        for remark in refused.remarks:
            form.object_to(remark)
        return _shown(request, report, section, form)
    except editing.SameFieldChanged as faster:
        return _both_texts(request, report, section, faster)
    except MoveRefused as refused:
        typed = _typed(form.values())
        context = {"report": report, "sentence": str(refused), "typed": typed}
        return render(request, "breaches/refused.html", context, status=409)
    _tell(request, saved, section)
    return redirect("breaches:report", report.reference)


def _tell(request: SignedInRequest, saved: editing.SavedSection, section: ReportSection) -> None:
    told = _("‘%(section)s’ is saved.") if saved.changed else _("‘%(section)s’ already said this: nothing was changed.")
    messages.success(request, told % {"section": text.SECTIONS[section]})
    if saved.beside:
        beside = _("While you were writing, other parts were changed by %(people)s.")
        messages.info(request, beside % {"people": saved.beside})


def _with_the_person_dealing(request: SignedInRequest, report: Report, section: ReportSection) -> HttpResponse:
    """Put whoever said that they are dealing with it into the boxes, unsaved; what stood there is shown beside it."""
    data = request.POST.copy()
    parts = ("name", "email", "telephone")
    stood = (data.get(f"dealing_{part}") for part in parts)
    replaced = "\n".join(str(part) for part in stood if part)
    if (person := editing.assigned_contact(report)) is not None:
        for part in parts:
            data[f"dealing_{part}"] = getattr(person, part)
        data.pop("dealing_is_team", None)
        if person.is_team:
            data["dealing_is_team"] = "on"
    return _shown(request, report, section, _form(report, section, data), replaced=replaced)


def _with_the_records_text(request: SignedInRequest, report: Report, section: ReportSection) -> HttpResponse:
    """Put the record's newest account into the box, unsaved; what stood there is shown beside it.

    Where the box holds the account that the record gave before, word for word, only that is replaced: what people wrote
    around it stays.
    """
    data = request.POST.copy()
    replaced = data.get("circumstances", "")
    newest = report.machine.get("circumstances", replaced)
    earlier, stood = current_version(report).machine.get("circumstances", ""), replaced.replace("\r\n", "\n")
    data["circumstances"] = stood.replace(earlier, newest, 1) if earlier and earlier in stood else newest
    data["facts_seen"] = editing.facts_digest(report)
    return _shown(request, report, section, _form(report, section, data), replaced=replaced)


def _both_texts(
    request: SignedInRequest, report: Report, section: ReportSection, faster: editing.SameFieldChanged
) -> HttpResponse:
    """Show the other writer's text above one's own, which is kept and saved once it is sent again."""
    data = request.POST.copy()
    data["version"] = str(faster.current.number)
    theirs = content_from_json(faster.current.content)
    again = _form(report, section, data)
    conflicts = [{"label": text.FIELDS[field], "theirs": text.value_in_words(theirs, field)} for field in faster.fields]
    context = {"conflicts": conflicts, "other": faster.current}
    return _shown(request, report, section, again, status=409, **context)


def _form(report: Report, section: ReportSection, data: QueryDict | None = None) -> SectionForm:
    content = content_from_json(current_version(report).content)
    return SECTION_FORMS[section](
        data,
        content=content,
        version=report.version,
        facts_seen=editing.facts_digest(report),
        practices=breaches_code_of_practice.offer_practices(report, content)
        if section is ReportSection.CIRCUMSTANCES
        else (),
    )


def _machine(report: Report) -> ReportContent:
    return content_from_json(report.machine) if report.machine else ReportContent()


def _shown(
    request: SignedInRequest,
    report: Report,
    section: ReportSection,
    form: SectionForm,
    *,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    version = current_version(report)
    offered = refreshing.changed_facts(report, version)
    machine = _machine(report)
    content = content_from_json(version.content)
    context = {
        "report": report,
        "section": section,
        "title": text.SECTIONS[section],
        "asked_for": [
            comment.words for comment in versions.comments_on_last_return(report) if comment.section == section
        ],
        "form": form,
        "rows": form.rows,
        "formset": form.rows,
        "occurred": " and ".join(format_day(on) for on in content.occurred_on),
        "on_record": [
            {
                "label": text.FIELDS[field],
                "text": text.value_in_words(machine, field),
                "changed": field in offered,
                "can_be_taken": field == "circumstances",
            }
            for field in editing.FIELDS[section]
            if field in FROM_FACTS and report.machine
        ],
        "dealing": editing.offered_people(report, content) if section is ReportSection.CORE_INFORMATION else None,
        "facts_changed": any(field in offered for field in editing.FIELDS[section]),
        **more,
    }
    return render(request, "breaches/section.html", context, status=status)


def _typed(values: dict[str, Any]) -> list[dict[str, str]]:
    return [
        {"label": str(text.FIELDS[field]), "text": "\n".join(text.field_lines(value))}
        for field, value in values.items()
    ]


@report_page("GET", "POST")
def edit_cause(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask for the cause, and keep it; what somebody else chose meanwhile is shown beside what was typed."""
    if not may_write_or_decide(request.user, report):
        message = "There is no such page, or it is not yours."
        raise Http404(message)
    if request.method == "GET" and not editing.may_choose_cause(request.user, report):
        messages.warning(request, _("This report cannot be edited by you as it stands."))
        return redirect("breaches:report", report.reference)
    form = _cause_form(report, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return _shown_cause(request, report, form)
    stands = editing.cause_of(report)
    if form.cleaned_data["seen"] != _digest(stands) and form.found() != stands:
        data = request.POST.copy()
        data["seen"] = _digest(stands)
        return _shown_cause(request, report, _cause_form(report, data), theirs=stands, status=409)
    try:
        kept = editing.choose_cause(report, form.found(), by=request.user, at=timezone.now())
    except MoveRefused as refused:
        field = getattr(refused, "field", None)
        form.add_error(field if field in form.fields else None, str(refused))
        return _shown_cause(request, report, form)
    still_needed = () if kept.status in DECIDED else sign_off.cause_needs(kept)
    if not still_needed:
        messages.success(request, _("The cause is kept."))
        return redirect("breaches:report", report.reference)
    sentence = _("The cause is kept. Still needed before the report can be submitted: %(needed)s")
    messages.warning(request, sentence % {"needed": " ".join(remark.sentence for remark in still_needed)})
    return redirect("breaches:cause", report.reference)


def _cause_form(report: Report, data: QueryDict | None) -> CauseForm:
    found = editing.cause_of(report)
    available = in_london(found.available_at) if found.available_at else None
    initial = {
        "seen": _digest(found),
        "cause": found.cause,
        "cause_words": found.cause_words,
        "available_on": available and available.date(),
        "available_time": available and available.time(),
        "available_unknown": found.available_unknown,
    }
    return CauseForm(data, asks_when=sign_off.is_late(report), initial=initial)


def _digest(found: ChosenCause) -> str:
    at = found.available_at.isoformat() if found.available_at else None
    said = [found.cause, found.cause_words, at, found.available_unknown]
    return sha256_hex(canonical_json({"said": said}))[:16]


def _shown_cause(
    request: SignedInRequest, report: Report, form: CauseForm, *, theirs: ChosenCause | None = None, status: int = 200
) -> HttpResponse:
    context: dict[str, Any] = {
        "report": report,
        "form": form,
        "theirs": theirs,
        "their_cause": text.cause_name(theirs.cause) if theirs else "",
        "is_known": sign_off.is_late(report) and sign_off.is_closed(report),
    }
    return render(request, "breaches/cause.html", context, status=status)


@report_page("GET", "POST")
def assign(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask who is dealing with a report, and put them down."""
    if not may(request.user, Action.DEAL, report):
        message = "There is no such page, or it is not yours."
        raise Http404(message)
    was = str(report.person_dealing_id or "")
    form = DealingForm(
        request.POST if request.method == "POST" else None,
        people=editing.people_to_assign(report),
        initial={"was": was, "person": report.person_dealing_id},
    )
    if request.method == "GET" and (sentence := editing.reason_unassigned(report)):
        messages.info(request, sentence)
        return redirect("breaches:report", report.reference)
    if form.is_valid():
        return _put_down(request, report, form)
    return render(request, "breaches/dealing.html", {"report": report, "form": form})


def _put_down(request: SignedInRequest, report: Report, form: DealingForm) -> HttpResponse:
    person = form.cleaned_data["person"]
    changed_meanwhile = form.cleaned_data["was"] != str(report.person_dealing_id or "")
    if changed_meanwhile and person != report.person_dealing:
        sentence = _("%(person)s is dealing with it by now; nothing was changed.")
        messages.warning(request, sentence % {"person": report.person_dealing})
        return redirect("breaches:dealing", report.reference)
    try:
        editing.assign_report(report, person=person, by=request.user, at=timezone.now())
    except MoveRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("%(person)s is dealing with this report.") % {"person": person})
    return redirect("breaches:report", report.reference)


@report_page("GET", "POST")
def declare_own_act(request: SignedInRequest, report: Report) -> HttpResponse:
    """Ask whether the report is about something that the person did, and keep that it is."""
    if not may_write_or_decide(request.user, report):
        message = "There is no such report, or it is not yours."
        raise Http404(message)
    if declared_own_act(request.user, report):
        messages.info(request, _("You have declared that this report is about your own act."))
        return redirect("breaches:report", report.reference)
    if report.status in TOLD_ELSEWHERE:
        messages.warning(request, _("This is told in another report now: declare it there."))
        return redirect("breaches:report", report.reference)
    form = OwnActForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        editing.declare_own_act(report, by=request.user, at=timezone.now(), words=form.cleaned_data["words"])
        messages.success(request, _("It is kept that this report is about your own act. Somebody else decides on it."))
        return redirect("breaches:report", report.reference)
    return render(request, "breaches/own_act.html", {"report": report, "form": form})


@login_required
@require_safe
def code_of_practice(request: SignedInRequest) -> HttpResponse:
    """Show the editions of the Code, the latest first; those that a report to approve cites come before all others."""
    _check_may_settle(request)
    report = _report_to_approve(request)
    context = {
        "editions": Edition.objects.order_by("-in_force_from").prefetch_related("practices__settled_by"),
        "report": report,
        "of_report": _unsettled_in(report) if report else [],
    }
    return render(request, "breaches/code_of_practice.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def settle_wording(request: SignedInRequest, practice: int) -> HttpResponse:
    """Ask for the wording of one practice and its source, and settle it for the office."""
    _check_may_settle(request)
    found = get_object_or_404(Practice.objects.select_related("edition", "settled_by"), pk=practice)
    report = _report_to_approve(request)
    initial = {
        "seen": found.settled_mark,
        "wording": found.wording,
        "source": found.source,
        "source_url": found.source_url,
    }
    form = WordingForm(request.POST if request.method == "POST" else None, initial=initial)
    status = 200
    if form.is_valid():
        try:
            found = breaches_code_of_practice.settle_wording(
                found, **form.cleaned_data, by=request.user, at=timezone.now()
            )
        except ChangedMeanwhile as faster:
            # What was typed stays; what the other person settled is shown above it.
            found.refresh_from_db()
            form = WordingForm({**request.POST.dict(), "seen": found.settled_mark})
            form.add_error(None, str(faster))
            status = 409
        else:
            messages.success(request, _("The wording of %(practice)s is settled.") % {"practice": found})
            address = reverse("breaches:code_of_practice")
            return redirect(f"{address}?report={report.reference}" if report else f"{address}#practice-{found.pk}")
    context = {"practice": found, "form": form, "report": report}
    return render(request, "breaches/settle_wording.html", context, status=status)


def _check_may_settle(request: SignedInRequest) -> None:
    if not may_settle_wording(request.user):
        message = "There is no such page for this person."
        raise Http404(message)


def _report_to_approve(request: SignedInRequest) -> Report | None:
    """Return the report whose approval led to the page, if the person may still approve it."""
    reference = request.GET.get("report", "")
    report = reports_where(request.user, Action.VIEW).select_related("producer").filter(reference=reference).first()
    return report if report and APPROVE in moves_open_to(request.user, report) else None


def _unsettled_in(report: Report) -> list[Practice]:
    cited = breaches_code_of_practice.cited_by(
        report, breaches_code_of_practice.with_settled_wording(content_of(report))
    )
    return [one.row for one in cited if one.row is not None and not one.cited.confirmed]
