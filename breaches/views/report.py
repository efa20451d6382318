"""The list of reports, one report with its history and documents, and starting one."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Case, F, Prefetch, Value, When, prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from breaches import drafting, editing, facts, publication, refreshing, sign_off, text, versions
from breaches.drafting import ReportSubject
from breaches.editing import FIELDS
from breaches.forms.report import StartAboutListForm, StartForm
from breaches.forms.sections import with_another_row
from breaches.merging import can_be_split, morning_of_drafts
from breaches.models import (
    Dispatch,
    JoinedDraft,
    OwnAct,
    Report,
    ReportQuerySet,
    ReportVersion,
    StartedReport,
    Suspicion,
)
from breaches.pdf import document
from breaches.pdf import render as pdf_render
from breaches.pdf.document import draft_of
from breaches.permissions import (
    TABLE,
    Action,
    acting_role,
    declared_own_act,
    may,
    may_settle_wording,
    may_start,
    may_write_or_decide,
    moves_open_to,
    producers_read,
    producers_written_for,
    reports_where,
    reports_with,
)
from breaches.redaction import removals_of
from breaches.rules import public_statement
from breaches.rules.content import ReportContent, content_from_json
from breaches.rules.lifecycle import (
    BREACHES,
    DECIDED,
    DECISION_ON,
    DECISIONS,
    EDIT,
    OPEN,
    RESTRICTED,
    TOLD_ELSEWHERE,
    WITH_DOCUMENT,
    Nature,
    ReportKind,
    ReportStatus,
)
from breaches.rules.public_statement import PublicStatement
from breaches.rules.validation import Remark, ReportSection, WordChange, compare_words, find_missing
from breaches.versions import comments_by_event, comments_on_last_return, current_version, record_event
from breaches.views.base import report_page
from releases.models import Producer, Release, Series
from releases.permissions import Person
from releases.rules.lifecycle import LEADS
from releases.rules.london import format_day
from releases.verdict.address import SUSPICIOUS
from releases.views.base import SignedInRequest

REPORTS_ON_A_PAGE = 30


@login_required
@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """List the reports of the person's producers: those that wait for a decision, or those decided.

    Whoever reads no producer's reports is told that, and not that there are none.
    """
    decided = request.GET.get("show") == "decided"
    reports = reports_where(request.user, Action.VIEW).select_related("producer")
    reports = reports.exclude(status__in=OPEN) if decided else _theirs_first(reports.undecided(), request.user)
    standing = ReportVersion.objects.filter(number=F("report__version"))
    paginator = Paginator(
        reports.prefetch_related(
            Prefetch("versions", standing, to_attr="standing"), Prefetch("suspicions", Suspicion.objects.with_outcome())
        ),
        REPORTS_ON_A_PAGE,
    )
    page = paginator.get_page(request.GET.get("page"))
    rows = [_listed(report, content_from_json(report.standing[0].content)) for report in page]  # type: ignore[attr-defined]  # by the prefetch
    may_start = producers_written_for(request.user).exists()
    reads = producers_read(request.user).exists()
    context = {
        "page": page,
        "rows": rows,
        "decided": decided,
        "may_start": may_start,
        "reads": reads,
        "may_settle_wording": may_settle_wording(request.user),
    }
    return render(request, "breaches/report_list.html", context)


def _theirs_first(reports: ReportQuerySet, person: Person) -> ReportQuerySet:
    """Put first what waits for this person: what a lead has to decide, what was returned to those who write."""
    leads = reports_with(person, LEADS).exists()
    theirs = ReportStatus.WITH_HOP if leads else ReportStatus.RETURNED
    waits = Case(When(status=theirs, then=Value(0)), default=Value(1))
    return reports.order_by(waits, "-drafted_at", "-pk")


@report_page("GET")
def report_detail(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show a report as a list of tasks, with what the person may do next."""
    version = current_version(report)
    content = content_from_json(version.content)
    moves = moves_open_to(request.user, report)
    tasks = [
        *_tasks(report, version, content, editable=EDIT in moves),
        _cause_task(report, editable=editing.may_choose_cause(request.user, report)),
    ]
    context = {
        "report": report,
        "tasks": tasks,
        **_what_it_says(report, content),
        **_what_may_be_done(request, report, moves),
        **_what_was_done(report),
    }
    return render(request, "breaches/report.html", context)


def _what_it_says(report: Report, content: ReportContent) -> dict[str, Any]:
    prefetch_related_objects(
        [report], Prefetch("suspicions", Suspicion.objects.select_related("verification", "release"))
    )
    suspicions = report.suspicions.all()
    started = StartedReport.objects.filter(report=report).select_related("release", "series", "started_by")
    return {
        "row": _listed(report, content),
        "suspicions": suspicions,
        "no_longer_suspected": [s for s in suspicions if s.verification.outcome not in SUSPICIOUS],
        "started": started.first(),
        "is_restricted": report.kind in RESTRICTED,
        "is_breach": DECISION_ON.get(ReportStatus(report.status)) in BREACHES,
        "has_document": report.status in WITH_DOCUMENT,
        **_joinings(report),
    }


def _what_may_be_done(request: SignedInRequest, report: Report, moves: Sequence[str]) -> dict[str, Any]:
    person = request.user
    return {
        "moves": moves,
        "decides": report.status in OPEN and not DECISIONS.isdisjoint(moves),
        "may_deal": may(person, Action.DEAL, report) and report.status in OPEN,
        "may_declare": report.status not in TOLD_ELSEWHERE
        and may_write_or_decide(person, report)
        and not declared_own_act(person, report),
        "may_download": may(person, Action.DOWNLOAD, report),
        "may_redact": may(person, Action.REDACT, report),
        "publishing": _publishing(request, report),
    }


def _what_was_done(report: Report) -> dict[str, Any]:
    events = report.events.select_related("actor")
    dispatches = Dispatch.objects.filter(report=report).select_related("document", "by").defer("document__pdf")
    sent = [dispatch.document.version for dispatch in dispatches if dispatch.nature == Nature.REPORT]
    return {
        "last_decision": events.filter(kind__in=("returned", "recorded", "dismissed")).last(),
        "decision_reason": text.reason_name(report),
        "asked_for": _asked_for(report),
        "returned_version": _returned_version(report),
        "own_acts": OwnAct.objects.filter(report=report).select_related("person"),
        "documents": report.approved_documents.select_related("approved_by").defer("pdf"),
        "dispatches": dispatches,
        "sent_version": sent[-1] if sent else None,
        "answer": events.filter(kind="answered").last(),
    }


def _asked_for(report: Report) -> list[dict[str, Any]]:
    return [
        {
            "title": text.SECTIONS[ReportSection(comment.section)],
            "address": reverse("breaches:section", args=[report.reference, ReportSection(comment.section)]),
            "words": comment.words,
        }
        for comment in comments_on_last_return(report)
    ]


def _publishing(request: SignedInRequest, report: Report) -> dict[str, Any] | None:
    """Say what anyone may read of a report, and whether the person may change that; None where neither is."""
    if not settings.BREACHES_PUBLIC:
        return None
    is_public = publication.is_public(report)
    may_publish = may(request.user, Action.PUBLISH, report) and not declared_own_act(request.user, report)
    correction = None if is_public else publication.being_corrected(report)
    may_be_made = may_publish and not is_public and publication.may_be_published(report)
    if is_public or correction or may_be_made:
        return {"is_public": is_public, "correction": correction, "may": may_publish, "may_be_made": may_be_made}
    return None


@report_page("GET")
def report_history(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show everything that happened to a report, and its versions."""
    happened = report.events.select_related("actor").order_by("position")
    events = text.list_events(happened, comments_by_event(report))
    versions = list(report.versions.select_related("written_by").order_by("-number"))
    removals = removals_of(report, versions)
    rows = [(version, text.removed_in_words(removals[version.number])) for version in versions]
    return render(request, "breaches/history.html", {"report": report, "events": events, "versions": rows})


@report_page("GET")
def report_version(request: SignedInRequest, report: Report, number: int) -> HttpResponse:
    """Show one version of a report as it was, less what was removed from it since."""
    shown = get_object_or_404(report.versions.select_related("written_by"), number=number)
    context = {
        "report": report,
        "version": shown,
        "removed": text.removed_in_words(removals_of(report, [shown])[number]),
        "document": document.lay_out_report(report, shown),
    }
    return render(request, "breaches/version.html", context)


def _returned_version(report: Report) -> int | None:
    """Return the version in which a report that is with the lead again was returned last, if it was changed since."""
    if report.status != ReportStatus.WITH_HOP:
        return None
    returned = report.events.filter(kind="returned").last()
    version: int | None = returned.facts["version"][1] if returned else None
    return version if version != report.version else None


def _listed(report: Report, content: ReportContent) -> dict[str, Any]:
    status, colour = text.STATUSES[ReportStatus(report.status)]
    return {
        "report": report,
        "title": "; ".join(output.title for output in content.outputs) or report.reference,
        "kind": text.kind_name(report),
        "occurred": " and ".join(format_day(on) for on in content.occurred_on),
        "status": status,
        "colour": colour,
    }


def _joinings(report: Report) -> dict[str, Any]:
    standing = JoinedDraft.objects.standing().filter(draft=report)
    return {
        "morning": morning_of_drafts(report),
        "joined_into": standing.select_related("joint", "by").first(),
        "joined_from": JoinedDraft.objects.filter(joint=report).select_related("draft"),
        "can_be_parted": can_be_split(report),
    }


def _empty_in_words(report: Report) -> str:
    """Call a part that lacks something as it is: to be done, or left so by a decision that did not need it."""
    return _("Left empty") if report.status in DECIDED else _("Incomplete")


def _in_words(remarks: Iterable[Remark]) -> str:
    return " ".join(remark.sentence for remark in remarks)


def _cause_task(report: Report, *, editable: bool) -> dict[str, str]:
    is_decided = report.status in DECIDED
    needed = () if is_decided else sign_off.cause_needs(report)
    return {
        "title": _("Cause, for the register"),
        "address": reverse("breaches:cause", args=[report.reference]) if editable else "",
        "hint": _in_words(needed),
        "status": _empty_in_words(report) if needed else text.cause_name(report.cause) or _empty_in_words(report),
        "colour": "blue" if needed else "",
    }


def _tasks(
    report: Report, version: ReportVersion, content: ReportContent, *, editable: bool
) -> Iterable[dict[str, str]]:
    is_decided = report.status in DECIDED
    remarks = (*find_missing(content), *sign_off.needs_for_submission(report, content))
    offered = refreshing.changed_facts(report, version)
    for section in ReportSection:
        # What the page of the cause asks for stands in the task of its own.
        needed = [one for one in remarks if one.section == section and one.field not in sign_off.OF_THE_CAUSE]
        status, colour = _("Completed"), ""
        if needed:
            status, colour = _empty_in_words(report), "" if is_decided else "blue"
        if editable and any(field in offered for field in FIELDS[section]):
            status, colour = _("Facts changed"), "yellow"
        yield {
            "title": str(text.SECTIONS[section]),
            "address": reverse("breaches:section", args=[report.reference, section]) if editable else "",
            "hint": "" if is_decided else _in_words(needed),
            "status": status,
            "colour": colour,
        }


@report_page("GET")
def version_changes(request: SignedInRequest, report: Report, number: int, since: int) -> HttpResponse:
    """Show field by field what a later version changed in an earlier one."""
    versions = {version.number: version for version in report.versions.filter(number__in=(since, number))}
    if since >= number or len(versions) != 2:
        message = "There are no such two versions of this report."
        raise Http404(message)
    context = {
        "report": report,
        "before": versions[since],
        "after": versions[number],
        "fields": _changed(versions[since], versions[number]),
    }
    return render(request, "breaches/changes.html", context)


def _changed(before: ReportVersion, after: ReportVersion) -> list[dict[str, Any]]:
    earlier, later = content_from_json(before.content), content_from_json(after.content)
    compared = (
        (label, compare_words(text.value_in_words(earlier, field), text.value_in_words(later, field)))
        for field, label in text.FIELDS.items()
    )
    return [
        {"label": label, "pieces": pieces}
        for label, pieces in compared
        if any(piece.change is not WordChange.SAME for piece in pieces)
    ]


@report_page("GET", action=Action.DOWNLOAD)
def approved_pdf(request: SignedInRequest, report: Report, version: int) -> HttpResponse:
    """Give an approved document as it was stored, and keep who took it."""
    document = get_object_or_404(report.approved_documents, version=version)
    try:
        content = versions.document_bytes(document)
    except versions.DocumentChanged:
        messages.error(request, _("This document was changed after its approval. Tell an administrator."))
        return redirect("breaches:report", report.reference)
    _record(request, report, "downloaded", version=version, pdf_sha256=document.pdf_sha256)
    return _file(content, f"{report.reference}-version-{version}.pdf")


@report_page("GET", action=Action.DOWNLOAD)
def draft_pdf(request: SignedInRequest, report: Report) -> HttpResponse:
    """Print the report as it stands, marked as a draft on every page, and keep who took it; with its annex if asked.

    What was approved is no draft any more: whoever comes by an older page is led to the document.
    """
    if report.status in WITH_DOCUMENT:
        version = report.approved_documents.latest("version").version
        return redirect("breaches:approved_pdf", report.reference, version)
    document = draft_of(report, annex=request.GET.get("annex") == "1")
    try:
        printed = pdf_render.render_pdf(document)
    except pdf_render.NotRendered as fault:
        messages.error(request, _("The draft could not be printed: %(fault)s") % {"fault": fault})
        return redirect("breaches:report", report.reference)
    _record(request, report, "draft_downloaded", version=report.version, content_sha256=document.content_hash)
    return _file(printed, f"{report.reference}-draft-{report.version}.pdf")


@report_page("GET", action=Action.DOWNLOAD)
def statement_html(request: SignedInRequest, report: Report) -> HttpResponse:
    """Give the statement for the office's own site as a page, without people, and keep who took it."""
    sections = public_statement.sections_of(_statement(report), publication.reported_dates(report))
    laid_out = {"title": public_statement.TITLE, "sections": sections}
    page = render_to_string("breaches/statement_file.html", laid_out)
    _record(request, report, "statement_downloaded", version=report.version)
    return _file(page.encode(), f"{report.reference}-statement.html", kind="text/html; charset=utf-8")


@report_page("GET", action=Action.DOWNLOAD)
def statement_text(request: SignedInRequest, report: Report) -> HttpResponse:
    """Give the same statement as plain text for mail, and keep who took it."""
    text = public_statement.statement_as_text(_statement(report), publication.reported_dates(report))
    _record(request, report, "statement_downloaded", version=report.version)
    return _file(text.encode(), f"{report.reference}-statement.txt", kind="text/plain; charset=utf-8")


def _statement(report: Report) -> PublicStatement:
    if report.status not in WITH_DOCUMENT or report.rehearsal:
        message = "Only what was approved, and really happened, has a statement."
        raise Http404(message)
    return publication.preview_statement(report, now=timezone.now())


def _record(request: SignedInRequest, report: Report, kind: str, **facts: Any) -> None:
    role = acting_role(request.user, TABLE[Action.DOWNLOAD], report)
    record_event(report, kind, at=timezone.now(), by=request.user, role=role, **facts)


def _file(content: bytes, name: str, *, kind: str = "application/pdf") -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return HttpResponse(content, content_type=kind, headers=headers)


RELEASE = "series__producer", "series__responsible", "series__head_of_profession"
SERIES = "producer", "responsible", "head_of_profession"


@login_required
@require_http_methods(["GET", "POST"])
def about_access_list(request: SignedInRequest, release: str) -> HttpResponse:
    """Ask when it happened, and start the report with what the list holds."""
    found = _release(request, release)
    now = timezone.now()
    form = StartAboutListForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            on = form.cleaned_data["occurred_on"]
            started = drafting.start_about_list(found, occurred_on=on, by=request.user, at=now)
        except drafting.CannotHaveHappened as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            told = _("A report about this list is open already: this is it.")
            return _led_to(request, started, told=told)
    context = {
        "release": found,
        "form": form,
        "open_report": drafting.open_report_about_list(found, by=request.user),
        "facts": facts.access_facts_of(found, now=now),
    }
    return render(request, "breaches/start_pra.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def about_release(request: SignedInRequest, release: str) -> HttpResponse:
    """Start a report about one release."""
    found = _release(request, release)
    return _start(request, ReportSubject(found.series.producer, release=found))


@login_required
@require_http_methods(["GET", "POST"])
def about_series(request: SignedInRequest, producer: str, series: str) -> HttpResponse:
    """Start a report about one series."""
    found = Series.objects.select_related(*SERIES).filter(producer__slug=producer, slug=series).first()
    if found is None or not may_start(request.user, found.producer):
        raise _nothing()
    return _start(request, ReportSubject(found.producer, series=found))


@login_required
@require_http_methods(["GET", "POST"])
def about_anything(request: SignedInRequest) -> HttpResponse:
    """Start a report about a series, or about nothing that is on record."""
    if not producers_written_for(request.user).exists():
        raise _nothing()
    return _start(request, None)


def _start(request: SignedInRequest, about: ReportSubject | None) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    choices = [] if about else list(_choices(request))
    if data is not None and "add" in data:
        return _shown(request, about, StartForm(with_another_row(data, "dates"), choices=choices))
    form = StartForm(data, choices=choices)
    if form.is_valid():
        try:
            started = drafting.start_report(
                about or _about(form.chosen),
                kind=ReportKind(form.cleaned_data["kind"]),
                occurred_on=[row["on"] for row in form.rows.typed()],
                by=request.user,
                at=timezone.now(),
                form_key=form.key,
            )
        except drafting.CannotHaveHappened as refusal:
            form.object_to(str(refusal))
        else:
            return _led_to(request, started, told=_("You have started this report already: this is it."))
    return _shown(request, about, form)


def _shown(request: SignedInRequest, about: ReportSubject | None, form: StartForm) -> HttpResponse:
    context: dict[str, Any] = {
        "about": about,
        "form": form,
        "rows": form.rows,
        "formset": form.rows,
        "open_reports": drafting.open_reports(about, by=request.user) if about else [],
    }
    return render(request, "breaches/start.html", context)


def _led_to(request: SignedInRequest, started: drafting.StartResult, *, told: str) -> HttpResponse:
    if started.is_new:
        messages.success(request, _("The report is started."))
    else:
        messages.info(request, told)
    return redirect("breaches:report", started.report.reference)


def _choices(request: SignedInRequest) -> Iterator[Series | Producer]:
    for producer in producers_written_for(request.user).order_by("name", "pk"):
        yield from Series.objects.select_related(*SERIES).filter(producer=producer).order_by("title", "pk")
        yield producer


def _about(chosen: Series | Producer) -> ReportSubject:
    return ReportSubject(chosen) if isinstance(chosen, Producer) else ReportSubject(chosen.producer, series=chosen)


def _release(request: SignedInRequest, reference: str) -> Release:
    found = Release.objects.select_related(*RELEASE).prefetch_related("addresses").filter(reference=reference).first()
    if found is None or not may_start(request.user, found.series.producer):
        raise _nothing()
    return found


def _nothing() -> Http404:
    return Http404("There is no such thing, or it is not yours.")
