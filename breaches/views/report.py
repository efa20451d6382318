"""Pages to list, find and start reports, and to view their history, versions and documents."""

from collections.abc import Iterable, Sequence
from datetime import date
from itertools import groupby
from typing import Any
from uuid import uuid4

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import BooleanField, Case, ExpressionWrapper, F, Prefetch, Q, Value, When
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from breaches import drafting, facts, pdf, publication, text, versions
from breaches.dispatches import is_unfinished, needs_dispatch
from breaches.drafting import ReportSubject
from breaches.forms import date_rows, with_another_row
from breaches.layout import lay_out_draft, lay_out_report, lay_out_short_concern
from breaches.models import Report, Suspicion
from breaches.permissions import (
    TABLE,
    Action,
    find_unlisted_reports,
    is_about_unpublished_early,
    listed_reports_with,
    may_settle_wording,
    may_start,
    may_start_about,
    producers_written_for,
    report_producers,
    reports_where,
    senior_role,
    unlisted_reports_of,
)
from breaches.redaction import removals_of
from breaches.register import sort_keys, with_outcome, with_text
from breaches.rules import public_statement
from breaches.rules.content import ListedContent, read_listed_content
from breaches.rules.lifecycle import (
    MERGED_OR_SPLIT,
    RESTRICTED,
    WITH_AUTHORS,
    WITH_DOCUMENT,
    WRITERS,
    ReportKind,
    ReportStatus,
)
from breaches.rules.public_statement import PublicStatement
from breaches.rules.report_number import parse_number
from breaches.text import KIND_HINTS, KINDS
from breaches.versions import comments_by_event, record_report_event
from breaches.views.base import (
    compare_versions,
    file_response,
    list_part_sentences,
    report_page,
    return_to_report,
    summarise_report,
)
from releases.early_findings import producers_known_to
from releases.forms import GovukDateField, GovukForm, Question, inside_the_form
from releases.models import Producer, Release, Series
from releases.permissions import Person, producers_with
from releases.rules.calendar import format_day
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import LEADS, FieldRefused
from releases.text.languages import join_with_and
from releases.views.base import SignedInRequest, post_data
from releases.views.list_order import Column, ListOrder

REPORTS_ON_A_PAGE = 30
NO_TASK = 4
NOTHING = "There is no such page for you."


class FindReportForm(GovukForm):
    """Form to find reports by number. The cleaned value is a list of the matching reports that the person may read."""

    button, button_class, method = lazy("Find"), "govuk-button--secondary", "get"
    options = {"number": {"css_class": "govuk-input--width-10"}}

    number = forms.CharField(
        label=lazy("Find a report by number"),
        help_text=lazy("For example, BR-2026-014"),
        max_length=120,
        error_messages={"required": lazy("Enter a report number")},
    )

    def __init__(self, data: QueryDict | None = None, *, by: Person) -> None:
        super().__init__(data)
        self.person = by

    def clean_number(self) -> list[Report]:
        """Find the reports. People can also enter a report's reference, which is in URLs and older messages."""
        typed = self.cleaned_data["number"].strip()
        readable = reports_where(self.person, Action.VIEW)
        number = parse_number(typed)
        found = list(readable.numbered(number) if number else readable.filter(reference=typed))
        if not found:
            raise forms.ValidationError(_("We found no report with this number. Check the number and try again."))
        return found


@login_required
@require_safe
def report_list(request: HttpRequest) -> HttpResponse:
    """List the open reports or the decided reports of the person's producers.

    An approved report is open until it is sent.

    If the person may not read the reports of any producer, the page says so.

    If the query string has a report number, redirect to the report with this number. If several producers have a report
    with this number, list these reports instead.
    """
    decided = request.GET.get("show") == "decided"
    unlisted = find_unlisted_reports()
    reports = listed_reports_with(request.user, TABLE[Action.VIEW], unlisted=unlisted)
    place_of_task = _order_of_tasks(request.user)
    form = FindReportForm(request.GET if "number" in request.GET else None, by=request.user)
    found = form.cleaned_data["number"] if form.is_valid() else []
    if len(found) == 1:
        return redirect("breaches:report", found[0].reference)
    if found:
        reports = reports.filter(pk__in=[report.pk for report in found]).order_by("producer__name", "pk")
    elif decided:
        # Leave out reports that were merged or split, because other reports continue them and get the decision.
        reports = reports.exclude(is_unfinished() | Q(status__in=MERGED_OR_SPLIT))
        reports = reports.order_by(F("occurred_on").desc(nulls_last=True), "-pk")
    else:
        reports = reports.filter(is_unfinished()).order_by(place_of_task, "-drafted_at", "-pk")
    by = sort_keys()
    columns = {
        "report": Column(_("Report"), by["output"]),
        "kind": Column(_("Kind"), by["kind"]),
        "occurred": Column(_("Occurred"), by["occurred"], descending_first=True),
        "person": Column(_("Assigned to"), Lower("person_dealing__name")),
        "status": Column(_("Status"), by["status"]),
    }
    order = ListOrder(request.GET, columns, default="-occurred" if decided and not found else "")
    # Sort and page the keys in a separate query, because sorting whole rows is slow.
    keys = order.sort(reports).values_list("pk", place_of_task)
    page = Paginator(keys, REPORTS_ON_A_PAGE).get_page(request.GET.get("page"))
    listed = list(page)
    context = {
        "page": page,
        "order": order,
        "has_tasks": not decided and any(place != NO_TASK for _key, place in listed),
        "form": form,
        "same_number": found,
        "rows": [
            _report_row(report, read_listed_content(report.standing[0].content))
            for report in _read_listed([key for key, _place in listed])
        ],
        "decided": decided,
        "may_start": producers_written_for(request.user).exists(),
        "reads": report_producers(request.user).exists(),
        "may_settle_wording": may_settle_wording(request.user),
        "knows_early_releases": producers_known_to(request.user).exists()
        or (bool(unlisted) and unlisted_reports_of(request.user).exists()),
    }
    return render(request, "breaches/report_list.html", context)


def _order_of_tasks(person: Person) -> Case:
    """Return the place of the kind of task that an unfinished report is for a person, or `NO_TASK`.

    Today's releases lists the same reports as tasks, in the same order of their kinds: incidents, reports to decide on,
    reports to send (also those whose email failed), and reports to complete.
    """
    decides = Q(producer__in=producers_with(person, LEADS))
    to_complete = Q(producer__in=producers_with(person, WRITERS), status__in=WITH_AUTHORS)
    return Case(
        When(to_complete & Q(kind__in=list(RESTRICTED), rehearsal=False), then=Value(0)),
        When(decides & Q(status=ReportStatus.WITH_HOP), then=Value(1)),
        When(decides & Q(status__in=(ReportStatus.APPROVED, ReportStatus.SENT)), then=Value(2)),
        When(to_complete, then=Value(3)),
        default=Value(NO_TASK),
    )


def _read_listed(keys: Sequence[int]) -> list[Any]:
    """Return the reports with these keys in the same order, with everything that the list shows."""
    reports = with_text(Report.objects.filter(pk__in=keys)).select_related("person_dealing")
    reports = reports.annotate(needs_dispatch=ExpressionWrapper(needs_dispatch(), output_field=BooleanField()))
    outcomes = Prefetch("suspicions", Suspicion.objects.with_outcome())
    found = {report.pk: report for report in with_outcome(reports).prefetch_related(outcomes)}
    return [found[key] for key in keys if key in found]


def _report_row(report: Any, content: ListedContent) -> dict[str, Any]:
    occurred = join_with_and(format_day(on) for on in content.occurred_on)
    summary = summarise_report(report, content.titles, was_sent=report.sent_on is not None)
    return summary | {"occurred": occurred, "parts": list_part_sentences(report)}


@report_page("GET")
def report_history(request: SignedInRequest, report: Report) -> HttpResponse:
    events = text.list_events(report.events.select_related("actor").order_by("position"), comments_by_event(report))
    stored = list(report.versions.select_related("written_by"))
    removals = removals_of(report, stored)
    # Each row is about one sitting, which can have several versions (see `versions.group_sittings`). The row links to
    # the last version of the sitting, so the row lists the redactions of this version.
    rows = [
        {
            "version": sitting[-1],
            "first": sitting[0].number,
            "before": sitting[0].number - 1,
            "removed": text.removed_in_words(removals[sitting[-1].number]),
        }
        for sitting in reversed(versions.group_sittings(report, stored))
    ]
    return render(request, "breaches/history.html", {"report": report, "events": events, "rows": rows})


@report_page("GET")
def technical_details(request: SignedInRequest, report: Report) -> HttpResponse:
    """Show the reference of a report, and the digests of its versions and approved documents."""
    versions = list(report.versions.select_related("written_by").order_by("-number"))
    removals = removals_of(report, versions)
    context = {
        "report": report,
        "documents": report.approved_documents.defer("pdf").order_by("-version"),
        "versions": [(version, text.removed_in_words(removals[version.number])) for version in versions],
    }
    return render(request, "breaches/technical_details.html", context)


@report_page("GET")
def report_version(request: SignedInRequest, report: Report, number: int) -> HttpResponse:
    """Show one version of a report. Text that was redacted later is not shown."""
    version = get_object_or_404(report.versions.select_related("written_by"), number=number)
    context = {
        "report": report,
        "version": version,
        "removed": text.removed_in_words(removals_of(report, [version])[number]),
        "document": lay_out_report(report, version),
    }
    return render(request, "breaches/version.html", context)


@report_page("GET")
def version_changes(request: SignedInRequest, report: Report, number: int, since: int) -> HttpResponse:
    """Show the differences between two versions of a report, field by field."""
    versions = {version.number: version for version in report.versions.filter(number__in=(since, number))}
    if since >= number or len(versions) != 2:
        raise Http404("This report does not have these two versions.")
    before, after = versions[since], versions[number]
    context = {"report": report, "before": before, "after": after, "fields": compare_versions(before, after)}
    return render(request, "breaches/changes.html", context)


@report_page("GET", action=Action.DOWNLOAD)
def approved_pdf(request: SignedInRequest, report: Report, version: int) -> HttpResponse:
    """Return the stored PDF of an approved version, and record who downloads it."""
    document = get_object_or_404(report.approved_documents, version=version)
    try:
        content = versions.document_bytes(document)
    except versions.DocumentChanged:
        return return_to_report(
            request,
            report,
            _("This document was changed after its approval. Contact an administrator."),
            messages.ERROR,
        )
    _record(request, report, "downloaded", version=version, pdf_sha256=document.pdf_sha256)
    return file_response(content, versions.name_document_file(document))


@report_page("GET", action=Action.DOWNLOAD)
def draft_pdf(request: SignedInRequest, report: Report) -> HttpResponse:
    """Render the current report as a PDF that is marked as a draft, and record who opens it.

    The query string says whether to include the annex. The PDF is a preview, so it opens in the browser.

    If the report is approved (`WITH_DOCUMENT`), redirect to the approved document. This happens if a person follows a
    link on a page that they opened before the approval.
    """
    if report.status in WITH_DOCUMENT:
        version = report.approved_documents.latest("version").version
        return redirect("breaches:approved_pdf", report.reference, version)
    with_annex = request.GET.get("annex") == "1"
    document = lay_out_draft(report, annex=with_annex)
    try:
        printed = pdf.render_pdf(document)
    except pdf.NotRendered as fault:
        return return_to_report(
            request, report, _("We could not create the PDF. %(fault)s") % {"fault": fault}, messages.ERROR
        )
    _record(request, report, "draft_downloaded", version=report.version, content_sha256=document.content_hash)
    return file_response(printed, versions.name_unapproved_file(report, annex=with_annex), is_preview=True)


@report_page("GET", action=Action.DOWNLOAD)
def concern_pdf(request: SignedInRequest, report: Report) -> HttpResponse:
    """Render the short concern of a report as a PDF, and record who downloads it.

    If the report is not approved, the PDF is marked as a draft.
    """
    version = report.approved_documents.latest("version").version if report.status in WITH_DOCUMENT else report.version
    try:
        printed = pdf.render_concern(lay_out_short_concern(report))
    except pdf.NotRendered as fault:
        sentence = _("We could not create the PDF. %(fault)s") % {"fault": fault}
        return return_to_report(request, report, sentence, messages.ERROR)
    _record(request, report, "concern_downloaded", version=version, sha256=sha256_hex(printed))
    draft = "" if report.status in WITH_DOCUMENT else "-draft"
    return file_response(printed, f"{report.number}-short-concern{draft}-{version}.pdf")


@report_page("GET", action=Action.DOWNLOAD)
def statement_html(request: SignedInRequest, report: Report) -> HttpResponse:
    """Return an HTML page with the statement for the office's own website, and record who downloads it.

    The statement contains no names of people.
    """
    sections = public_statement.lay_out_statement(_statement(report), publication.reported_dates(report))
    laid_out = {"title": public_statement.TITLE, "sections": sections}
    page = render_to_string("breaches/statement_file.html", laid_out)
    _record(request, report, "statement_downloaded", version=report.version)
    return file_response(page.encode(), f"{report.number}-statement.html", kind="text/html; charset=utf-8")


@report_page("GET", action=Action.DOWNLOAD)
def statement_text(request: SignedInRequest, report: Report) -> HttpResponse:
    words = public_statement.statement_as_text(_statement(report), publication.reported_dates(report))
    _record(request, report, "statement_downloaded", version=report.version)
    return file_response(words.encode(), f"{report.number}-statement.txt", kind="text/plain; charset=utf-8")


def _statement(report: Report) -> PublicStatement:
    if report.status not in publication.PUBLISHABLE or report.rehearsal:
        raise Http404("Only an approved report that is neither withdrawn nor a rehearsal has a statement.")
    return publication.preview_statement(report, now=timezone.now())


def _record(request: SignedInRequest, report: Report, kind: str, **facts: Any) -> None:
    role = senior_role(request.user, TABLE[Action.DOWNLOAD], report)
    record_report_event(report, kind, at=timezone.now(), by=request.user, role=role, **facts)


class StartAboutListForm(GovukForm):
    """Form to enter the day of the breach. The report cites the edition of the Code that was in force on this day."""

    button = lazy("Start the report")

    occurred_on = GovukDateField(
        label=lazy("When did it happen?"),
        subject=lazy("Date on which it happened"),
        help_text=lazy("For example, 29 6 2026. The report cites the edition of the Code in force on that day."),
    )


class StartForm(forms.Form):
    """Form to start a report. It asks for the kind and the days of the breach.

    If the URL does not name the subject of the report, the form also asks for a release, a series or a producer.

    The empty form gets a new `form_key`. If the form is submitted twice, the key prevents a second report.
    """

    use_required_attribute = False

    form_key = forms.UUIDField(widget=forms.HiddenInput)
    about = forms.ChoiceField(
        label=lazy("What is it about?"),
        help_text=lazy(
            "If the report is about a release, choose it and we fill in when it was due. The list has the releases due "
            "within two weeks of today. For any other release, start the report from the page of that release. If you "
            "choose a series or something else, you enter the title."
        ),
        error_messages={"required": lazy("Select what the report is about")},
    )
    kind = forms.ChoiceField(
        label=lazy("What happened?"),
        choices=list(KINDS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select what happened")},
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        kinds: Iterable[ReportKind],
        choices: Iterable[Release | Series | Producer] = (),
    ) -> None:
        """Set the choices.

        :param kinds: the kinds of breach to offer.
        :param choices: the releases, series and producers to offer, grouped by producer. If it is empty, the form does
            not ask for the subject of the report.
        """
        super().__init__(data, initial={"form_key": uuid4()})
        self.rows = date_rows(data, ())
        self.fields["kind"].choices = [  # type: ignore[attr-defined]  # declared above
            (kind.value, KINDS[kind]) for kind in kinds
        ]
        self.choices = {_choice_key(choice): choice for choice in choices}
        if not self.choices:
            del self.fields["about"]
            return
        groups = groupby(self.choices.items(), key=lambda item: _producer_of(item[1]))
        self.fields["about"].choices = [  # type: ignore[attr-defined]  # declared above
            ("", _("Choose one")),
            *((str(producer), [(key, _choice_title(choice)) for key, choice in group]) for producer, group in groups),
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        kind = cleaned.get("kind")
        if kind and cleaned.get("about") and kind not in (fitting := drafting.kinds_about(self.subject)):
            (other,) = {ReportKind.NOT_ANNOUNCED, ReportKind.LATE_ANNOUNCEMENT}.intersection(fitting)
            sentence = _("‘%(kind)s’ does not fit this release. Select ‘%(other)s’ instead.")
            self.add_error("kind", sentence % {"kind": KINDS[ReportKind(kind)], "other": KINDS[other]})
        return cleaned

    def is_valid(self) -> bool:
        readable = all([super().is_valid(), self.rows.is_valid()])
        if readable and not self.rows.typed():
            self.rows.forms[0].add_error("on", _("Enter the date on which it happened"))
            return False
        return readable

    def object_to(self, sentence: str) -> None:
        if not self.rows.object_to(sentence):
            self.add_error(None, sentence)

    @property
    def subject(self) -> ReportSubject:
        """The chosen release, series or producer. The form must be valid."""
        choice = self.choices[self.cleaned_data["about"]]
        return ReportSubject(
            _producer_of(choice),
            release=choice if isinstance(choice, Release) else None,
            series=choice if isinstance(choice, Series) else None,
        )

    @property
    def first(self) -> FormHelper:
        """The layout of the fields before the days. The form element is in the template."""
        about = [Question("about", size="s")] if "about" in self.fields else []
        hints = {kind.value: hint for kind in ReportKind if (hint := _kind_hint(kind))}
        return inside_the_form("form_key", *about, Question("kind", size="s", hints=hints))

    @property
    def days(self) -> FormHelper:
        return inside_the_form(Question("on", size="s"))


def initial_start_data(kind: ReportKind, on: date) -> dict[str, str]:
    """Return the hidden field values for a page that submits `StartForm` with a given kind and day."""
    rows = date_rows(None, [on])
    management = {
        rows.management_form.add_prefix(name): str(value) for name, value in rows.management_form.initial.items()
    }
    first = rows.forms[0].add_prefix("on")
    day = {f"{first}-{part}": str(getattr(on, part)) for part in ("day", "month", "year")}
    return {"form_key": str(uuid4()), "kind": kind.value, **management, **day}


def _producer_of(choice: Release | Series | Producer) -> Producer:
    match choice:
        case Release():
            return choice.series.producer
        case Series():
            return choice.producer
        case Producer():
            return choice


def _choice_key(choice: Release | Series | Producer) -> str:
    match choice:
        case Release():
            return f"release:{choice.reference}"
        case Series():
            return f"{choice.producer.slug}/{choice.slug}"
        case Producer():
            return choice.slug


def _choice_title(choice: Release | Series | Producer) -> str:
    match choice:
        case Release():
            return _("%(title)s, due %(planned)s") % {"title": choice.title, "planned": choice.slot}
        case Series():
            return choice.title
        case Producer():
            return _("Something else from this producer")


def _kind_hint(kind: ReportKind) -> str:
    readers = (
        _("Only you, the Head of Profession, deputies and the person to whom the report is assigned can read it.")
        if kind in RESTRICTED
        else ""
    )
    return f"{KIND_HINTS.get(kind, '')} {readers}".strip()


RELEASE = "series__producer", "series__responsible", "series__head_of_profession"
SERIES = "producer", "responsible", "head_of_profession"


@login_required
@require_http_methods(["GET", "POST"])
def about_access_list(request: SignedInRequest, release: str) -> HttpResponse:
    """Ask for the day of the breach, and start a report about the pre-release access list of a release."""
    found = _release(request, release)
    now = timezone.now()
    form = StartAboutListForm(post_data(request))
    if form.is_valid():
        try:
            on = form.cleaned_data["occurred_on"]
            report, is_new = drafting.start_about_list(found, occurred_on=on, by=request.user, at=now)
        except FieldRefused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            sentence = _("There is already an open report about this list.")
            return _redirect_to_started(request, report, sentence, is_new=is_new)
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
    found = _release(request, release)
    return _start_report(request, ReportSubject(found.series.producer, release=found))


@login_required
@require_http_methods(["GET", "POST"])
def about_series_view(request: SignedInRequest, producer: str, series: str) -> HttpResponse:
    found = Series.objects.select_related(*SERIES).filter(producer__slug=producer, slug=series).first()
    if found is None or not may_start(request.user, found.producer):
        raise Http404(NOTHING)
    return _start_report(request, ReportSubject(found.producer, series=found))


@login_required
@require_http_methods(["GET", "POST"])
def about_anything(request: SignedInRequest) -> HttpResponse:
    """Start a report, and let the person choose its subject.

    The subject can be a release due near today, a series, or something else that concerns a producer.
    """
    if not producers_written_for(request.user).exists():
        raise Http404(NOTHING)
    return _start_report(request, None)


def _release(request: SignedInRequest, reference: str) -> Release:
    found = Release.objects.select_related(*RELEASE).prefetch_related("addresses").filter(reference=reference).first()
    if found is None or not may_start_about(request.user, found):
        raise Http404(NOTHING)
    return found


def _start_report(request: SignedInRequest, about: ReportSubject | None) -> HttpResponse:
    """Ask what happened and start the report.

    :param about: the subject of the report. If it is None, the form also asks for the subject.
    """
    choices: list[Release | Series | Producer] = []
    if about is None:
        near = drafting.releases_due_near(timezone.now(), by=request.user)
        for producer in producers_written_for(request.user).order_by("name", "pk"):
            choices += [release for release in near if release.series.producer_id == producer.pk]
            choices += Series.objects.select_related(*SERIES).filter(producer=producer).order_by("title", "pk")
            choices.append(producer)
    data = post_data(request)
    is_longer = data is not None and "add" in data
    form = StartForm(
        with_another_row(request.POST, "dates") if is_longer else data,
        kinds=drafting.kinds_about(about),
        choices=choices,
    )
    if not is_longer and form.is_valid():
        try:
            report, is_new = drafting.start_report(
                about or form.subject,
                kind=ReportKind(form.cleaned_data["kind"]),
                occurred_on=[row["on"] for row in form.rows.typed()],
                by=request.user,
                at=timezone.now(),
                form_key=form.cleaned_data["form_key"],
            )
        except FieldRefused as refusal:
            form.object_to(str(refusal))
        else:
            sentence = _("You have already started this report.")
            return _redirect_to_started(request, report, sentence, is_new=is_new)
    context: dict[str, Any] = {
        "about": about,
        "form": form,
        "rows": form.rows,
        "formset": form.rows,
        "open_reports": drafting.open_reports(about, by=request.user) if about else [],
    }
    return render(request, "breaches/start.html", context)


NOTIFIED = lazy(
    "Report started. We notify the Head of Profession, the deputies and the incident contact at once. Do not share the "
    "address of the release."
)


def _redirect_to_started(request: SignedInRequest, report: Report, sentence: str, *, is_new: bool) -> HttpResponse:
    """Redirect to a report. If the report is not new, show `sentence` instead of a success message."""
    if is_new:
        is_urgent = is_about_unpublished_early(report) and not report.rehearsal
        messages.success(request, NOTIFIED if is_urgent else _("Report started."))
    else:
        messages.info(request, sentence)
    return redirect("breaches:report", report.reference)
