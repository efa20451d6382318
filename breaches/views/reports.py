"""The list of reports, one report as a list of tasks, and its history."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Case, F, Prefetch, Value, When, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from breaches.completing import cause, needs
from breaches.completing.editing import FIELDS
from breaches.core.content import ReportContent, from_json
from breaches.core.decision import BREACHES, DECISION_ON
from breaches.core.remarks import Remark, Section, missing
from breaches.core.status import (
    DECIDED,
    DECISIONS,
    EDIT,
    OPEN,
    RESTRICTED,
    TOLD_ELSEWHERE,
    WITH_DOCUMENT,
    Nature,
    ReportStatus,
)
from breaches.deciding import publishing
from breaches.deciding.removed_words import removals_of
from breaches.drafts import refreshing
from breaches.drafts.joining import can_be_parted
from breaches.drafts.mornings import morning_of
from breaches.models import Dispatch, JoinedDraft, OwnAct, Report, ReportVersion, StartedReport, Suspicion
from breaches.models.report import ReportQuerySet
from breaches.paper import printing
from breaches.permissions import (
    Action,
    declared_own_act,
    may,
    may_settle_wording,
    may_write_or_decide,
    moves_open_to,
    producers_read,
    producers_written_for,
    reports_where,
    reports_with,
)
from breaches.reports import comments
from breaches.reports.versions import present
from breaches.views.access import report_page
from breaches.words import events_in_words, wording
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
    rows = [_listed(report, from_json(report.standing[0].content)) for report in page]  # type: ignore[attr-defined]  # by the prefetch
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
def report(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show a report as a list of tasks, with what the person may do next."""
    version = present(report)
    content = from_json(version.content)
    moves = moves_open_to(request.user, report)
    tasks = [
        *_tasks(report, version, content, editable=EDIT in moves),
        _cause_task(report, editable=cause.may_choose(request.user, report)),
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
        "decision_reason": wording.reason_of(report),
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
            "title": wording.SECTIONS[Section(comment.section)],
            "address": reverse("breaches:section", args=[report.reference, Section(comment.section)]),
            "words": comment.words,
        }
        for comment in comments.on_last_return(report)
    ]


def _publishing(request: SignedInRequest, report: Report) -> dict[str, Any] | None:
    """Say what anyone may read of a report, and whether the person may change that; None where neither is."""
    if not settings.BREACHES_PUBLIC:
        return None
    is_public = publishing.is_public(report)
    may_publish = may(request.user, Action.PUBLISH, report) and not declared_own_act(request.user, report)
    correction = None if is_public else publishing.being_corrected(report)
    may_be_made = may_publish and not is_public and publishing.may_be_published(report)
    if is_public or correction or may_be_made:
        return {"is_public": is_public, "correction": correction, "may": may_publish, "may_be_made": may_be_made}
    return None


@report_page("GET")
def history(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show everything that happened to a report, and its versions."""
    happened = report.events.select_related("actor").order_by("position")
    events = events_in_words.listed(happened, comments.by_event(report))
    versions = list(report.versions.select_related("written_by").order_by("-number"))
    removals = removals_of(report, versions)
    rows = [(version, events_in_words.removed_in_words(removals[version.number])) for version in versions]
    return render(request, "breaches/history.html", {"report": report, "events": events, "versions": rows})


@report_page("GET")
def version(request: SignedInRequest, report: Report, number: int) -> HttpResponse:
    """Show one version of a report as it was, less what was removed from it since."""
    shown = get_object_or_404(report.versions.select_related("written_by"), number=number)
    context = {
        "report": report,
        "version": shown,
        "removed": events_in_words.removed_in_words(removals_of(report, [shown])[number]),
        "document": printing.laid_out(report, shown),
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
    status, colour = wording.STATUSES[ReportStatus(report.status)]
    return {
        "report": report,
        "title": "; ".join(output.title for output in content.outputs) or report.reference,
        "kind": wording.kind_of(report),
        "occurred": " and ".join(format_day(on) for on in content.occurred_on),
        "status": status,
        "colour": colour,
    }


def _joinings(report: Report) -> dict[str, Any]:
    standing = JoinedDraft.objects.standing().filter(draft=report)
    return {
        "morning": morning_of(report),
        "joined_into": standing.select_related("joint", "by").first(),
        "joined_from": JoinedDraft.objects.filter(joint=report).select_related("draft"),
        "can_be_parted": can_be_parted(report),
    }


def _empty_in_words(report: Report) -> str:
    """Call a part that lacks something as it is: to be done, or left so by a decision that did not need it."""
    return _("Left empty") if report.status in DECIDED else _("Incomplete")


def _in_words(remarks: Iterable[Remark]) -> str:
    return " ".join(remark.sentence for remark in remarks)


def _cause_task(report: Report, *, editable: bool) -> dict[str, str]:
    is_decided = report.status in DECIDED
    needed = () if is_decided else needs.of_the_cause(report)
    return {
        "title": _("Cause, for the register"),
        "address": reverse("breaches:cause", args=[report.reference]) if editable else "",
        "hint": _in_words(needed),
        "status": _empty_in_words(report) if needed else wording.cause_of(report.cause) or _empty_in_words(report),
        "colour": "blue" if needed else "",
    }


def _tasks(
    report: Report, version: ReportVersion, content: ReportContent, *, editable: bool
) -> Iterable[dict[str, str]]:
    is_decided = report.status in DECIDED
    remarks = (*missing(content), *needs.for_submission(report, content))
    offered = refreshing.offers(report, version)
    for section in Section:
        # What the page of the cause asks for stands in the task of its own.
        needed = [one for one in remarks if one.section == section and one.field not in needs.OF_THE_CAUSE]
        status, colour = _("Completed"), ""
        if needed:
            status, colour = _empty_in_words(report), "" if is_decided else "blue"
        if editable and any(field in offered for field in FIELDS[section]):
            status, colour = _("Facts changed"), "yellow"
        yield {
            "title": str(wording.SECTIONS[section]),
            "address": reverse("breaches:section", args=[report.reference, section]) if editable else "",
            "hint": "" if is_decided else _in_words(needed),
            "status": status,
            "colour": colour,
        }
