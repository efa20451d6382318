"""Pages of the yearly compliance table, and public pages with punctuality figures."""

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, Concatenate

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from breaches import compliance, compliance_files
from breaches.compliance import FILE_KINDS, LONGEST_SECTION, SECTIONS, ComplianceFileChanged, SectionConflict
from breaches.compliance_figures import (
    FIGURES,
    describe_notice,
    list_years,
    punctuality_years,
    read_punctuality,
    read_year,
    sorting_of,
)
from breaches.models import ComplianceDocument
from breaches.permissions import TABLE, Action, report_producers
from breaches.rules.compliance import (
    AFTER_TABLE,
    BEFORE_TABLE,
    GROUPS,
    Figure,
    FigureChange,
    FigureList,
    Group,
    ListRow,
    PolicySection,
    compliance_digest,
)
from breaches.rules.document import paragraphs
from breaches.views.base import Conflict, file_response
from releases.forms import GovukForm, LongTextField, inside_the_form
from releases.models import Producer
from releases.permissions import User, roles_of
from releases.rules.calendar import local_date
from releases.rules.lifecycle import LEADS, ChangedMeanwhile, MoveRefused
from releases.views.base import SignedInRequest, post_data
from releases.views.list_order import Column, ListOrder

type YearView[**P] = Callable[Concatenate[SignedInRequest, Producer, int, P], HttpResponse]

HINTS = {
    PolicySection.INTRODUCTION: lazy("What this policy is, which statistics it covers, and who is responsible for it."),
    PolicySection.ANNOUNCEMENT: lazy("Your release calendar, and how far ahead you confirm a date."),
    PolicySection.DATE_CHANGES: lazy("Who agrees to a change, and how you announce it."),
    PolicySection.ACCESS: lazy("Who may see statistics before their release, and how you maintain the list."),
    PolicySection.TIMELINESS: lazy(
        "Your release time, any other time that OSR has approved, and how you "
        "make sure that your statistics are timely."
    ),
    PolicySection.BREACHES: lazy("How you find, report and correct breaches, and how you handle corrections."),
    PolicySection.NOTES: lazy("What readers need to know about the figures for this year."),
}


def year_page[**P](*methods: str, action: Action = Action.VIEW) -> Callable[[YearView[P]], Callable[..., HttpResponse]]:
    """Return a decorator for views about one year of a producer.

    The view requires sign-in. It returns 404 if the person may not do the action for the producer, or if there is no
    table for the year.

    :param methods: the allowed HTTP methods; GET by default.
    """

    def decorate(view: YearView[P]) -> Callable[..., HttpResponse]:
        answer = require_http_methods([*(methods or ("GET",)), "HEAD"])(view)

        @login_required
        @wraps(view)
        def page(request: SignedInRequest, producer: str, year: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            found, _years = find_years(request.user, producer, year, action)
            return answer(request, found, year, *args, **kwargs)

        return page

    return decorate


def find_years(person: User, slug: str, year: int, action: Action) -> tuple[Producer, list[int]]:
    """Return the producer with this slug, and the years that have a table, the latest first.

    :raises Http404: if the person may not do the action for the producer, or if there is no table for `year`.
    """
    producer = find_producer(person, slug, action)
    years = list_years([producer], by=person, today=local_date(timezone.now()))[producer.pk]
    if year not in years:
        raise Http404(f"There is no table of {year}.")
    return producer, years


def find_producer(person: User, slug: str, action: Action) -> Producer:
    """Return the producer with this slug, if the person may do the action on the producer's reports.

    :raises Http404: if there is no such producer, or if the person may not do the action.
    """
    found = report_producers(person, action).filter(slug=slug).first()
    if found is None:
        raise Http404("There is no such producer, or it is not yours.")
    return found


PRODUCERS_ON_A_PAGE = 20
ROWS_ON_A_PAGE = 100


@login_required
@require_safe
def list_yearly_tables(request: SignedInRequest) -> HttpResponse:
    """List the yearly tables of the person's producers, with the number of the latest approved version."""
    order = ListOrder(request.GET, {"producer": Column(_("Producer"), Lower("name"))}, default="producer")
    found = order.sort(report_producers(request.user))
    page = Paginator(found, PRODUCERS_ON_A_PAGE).get_page(request.GET.get("page"))
    producers = list(page)
    if not producers:
        raise Http404("There are no tables for this person.")
    today = local_date(timezone.now())
    years = list_years(producers, by=request.user, today=today)
    documents = ComplianceDocument.objects.filter(producer__in=producers).order_by("number")
    approved = {(of, year): number for of, year, number in documents.values_list("producer", "year", "number")}
    shown = set(compliance.producers_with_punctuality().values_list("pk", flat=True))
    switchable = set(report_producers(request.user, Action.SHOW_PUNCTUALITY).values_list("pk", flat=True))
    rows = [
        {
            "producer": producer,
            "years": [
                {"year": year, "approved": approved.get((producer.pk, year)), "is_running": year == today.year}
                for year in years[producer.pk]
            ],
            "is_public": producer.pk in shown,
            "may_switch": producer.pk in switchable,
        }
        for producer in producers
    ]
    return render(request, "breaches/compliance/list.html", {"order": order, "page": page, "rows": rows})


class SectionForm(GovukForm):
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    text = LongTextField(required=False, max_length=LONGEST_SECTION)
    defaults = {"size": "s", "threshold": 75}

    def __init__(self, *args: Any, section: PolicySection, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["text"]
        field.label = SECTIONS[section]
        field.help_text = (
            f"{HINTS[section]} {_('Use job titles, not people’s names. Leave an empty line between paragraphs.')}"
        )
        field.widget.attrs["rows"] = 10

    @cached_property
    def helper(self) -> FormHelper:
        return inside_the_form(*self.questions())


@login_required
@require_safe
def show_yearly_table(request: SignedInRequest, producer: str, year: int) -> HttpResponse:
    found, years = find_years(request.user, producer, year, Action.VIEW)
    return _table_page(request, found, year, years)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_policy_section(request: SignedInRequest, producer: str, year: int, section: PolicySection) -> HttpResponse:
    """Show the yearly table with a form to edit one policy section, and save the section."""
    found, years = find_years(request.user, producer, year, Action.WRITE_POLICY)
    policy = compliance.read_policy(found, year)
    initial = {"seen": policy.number, "text": policy.sections.get(section, "")}
    form = SectionForm(post_data(request), section=section, initial=initial)
    conflict = None
    if form.is_valid():
        try:
            saved = compliance.save_policy_section(
                found,
                year,
                section,
                form.cleaned_data["text"],
                seen=form.cleaned_data["seen"],
                by=request.user,
                at=timezone.now(),
            )
        except SectionConflict as refused:
            theirs = refused.theirs
            saved_text = [(str(SECTIONS[section]), theirs.sections.get(section, ""))]
            conflict = Conflict(saved_text, refused.change.written_by, refused.change.written_at)
            # The page now shows the other person's text. If the person saves again, their own text replaces it.
            again = request.POST.copy()
            again["seen"] = str(theirs.number)
            form = SectionForm(again, section=section)
        else:
            if saved:
                messages.success(request, _("%(section)s saved") % {"section": SECTIONS[section]})
            else:
                messages.info(request, _("You did not make any changes."))
            return redirect(f"{reverse('breaches:yearly_table', args=[found.slug, year])}#{section.value}")
    return _table_page(request, found, year, years, edited=section, form=form, conflict=conflict)


def _table_page(request: SignedInRequest, producer: Producer, year: int, years: list[int], **more: Any) -> HttpResponse:
    now, roles = timezone.now(), roles_of(request.user, producer)
    content, record, policy = compliance.read_content(
        producer, year, by=request.user, now=now, with_lists=bool(LEADS & roles)
    )
    documents = list(compliance.list_documents(producer, year))
    # The figures include only the reports that the person may read, and only leads may read all of them. For other
    # people, the figures could differ from the approved ones even if nothing has changed. So list no changes for them.
    changes = compliance.find_changes(documents[0], record.table) if documents and LEADS & roles else ()
    lists_have_changed = bool(documents) and compliance.have_lists_changed(documents[0], content)
    text_has_changed = bool(documents) and compliance.has_text_changed(documents[0], content)
    context = {
        "producer": producer,
        "year": year,
        "years": years,
        "table": record.table,
        "layout": compliance.lay_out_table(producer, content),
        "policy": policy,
        "sections_before": _show_sections(BEFORE_TABLE, policy.sections),
        "sections_after": _show_sections(AFTER_TABLE, policy.sections),
        "documents": documents,
        "changes": [_show_change(one, producer, documents[0]) for one in changes],
        "lists_have_changed": lists_have_changed,
        "text_has_changed": text_has_changed,
        "is_changed": bool(changes or lists_have_changed or text_has_changed),
        "undecided": record.undecided,
        "corrections": record.corrections,
        "reported_address": compliance.list_address(producer, year, Figure.REPORTED),
        "sees_all": bool(LEADS & roles),
        "may_write": bool(TABLE[Action.WRITE_POLICY] & roles),
        "may_approve": bool(TABLE[Action.APPROVE_TABLE] & roles),
        "may_download": bool(TABLE[Action.DOWNLOAD] & roles),
        "events": list(compliance.list_policy_events(producer, year)[:20]),
        "kinds": [*FILE_KINDS],
        **more,
    }
    return render(request, "breaches/compliance/table.html", context)


def _show_change(change: FigureChange, producer: Producer, document: ComplianceDocument) -> dict[str, Any]:
    """Return a changed figure with links to the approved list and the current list behind the figure.

    If the table was approved without lists, `approved_address` is empty.
    """
    figure, year = change.figure, document.year
    frozen = compliance.frozen_list_address(producer, year, document.number, figure) if document.has_lists else ""
    return {
        "label": FIGURES[figure],
        "approved": change.approved,
        "approved_address": frozen,
        "now": change.now,
        "address": compliance.list_address(producer, year, figure),
    }


def _show_sections(sections: Iterable[PolicySection], texts: Mapping[PolicySection, str]) -> list[dict[str, Any]]:
    """Return the key, heading and paragraphs of each section. Empty sections are included."""
    return [
        {"key": section.value, "heading": SECTIONS[section], "paragraphs": paragraphs(texts.get(section, ""))}
        for section in sections
    ]


class ApproveForm(forms.Form):
    content_sha256 = forms.RegexField(r"^[0-9a-f]{64}$", widget=forms.HiddenInput)


@year_page("GET", "POST", action=Action.APPROVE_TABLE)
def approve_yearly_table(request: SignedInRequest, producer: Producer, year: int) -> HttpResponse:
    """Show the table for approval on GET, and approve it on POST.

    If the content has changed since the person read it, the approval is refused, and the page is shown again.
    """
    now, page = timezone.now(), reverse("breaches:yearly_table", args=[producer.slug, year])
    form = ApproveForm(post_data(request))
    if form.is_valid():
        try:
            document = compliance.approve_table(
                producer,
                year,
                read_sha256=form.cleaned_data["content_sha256"],
                by=request.user,
                at=now,
                write=compliance_files.write_files,
            )
        except ChangedMeanwhile as refusal:
            messages.warning(request, str(refusal))
            return redirect("breaches:approve_yearly_table", producer.slug, year)
        except MoveRefused as refusal:
            messages.warning(request, str(refusal))
            return redirect(page)
        messages.success(request, _("Version %(number)s approved") % {"number": document.number})
        return redirect(f"{page}#approved")
    content, record, policy = compliance.read_content(producer, year, by=request.user, now=now)
    obstacle = compliance.find_obstacle(producer, content, record, policy, by=request.user)
    newest = compliance.list_documents(producer, year).first()
    context = {
        "producer": producer,
        "year": year,
        "table": record.table,
        "layout": compliance.lay_out_table(producer, content),
        "obstacle": str(obstacle) if obstacle else "",
        "undecided": record.undecided,
        "corrections": record.corrections,
        "reported_address": compliance.list_address(producer, year, Figure.REPORTED),
        "needs_introduction": not content.sections.get(PolicySection.INTRODUCTION),
        "one_person": compliance.is_author(producer, year, request.user),
        "number": newest.number + 1 if newest else 1,
        "content_sha256": compliance_digest(content),
    }
    return render(request, "breaches/compliance/approve.html", context)


@year_page()
def show_yearly_list(request: SignedInRequest, producer: Producer, year: int, figure: str) -> HttpResponse:
    """Show the current list behind one figure of the table."""
    of = _find_figure(figure)
    record = read_year(producer, year, by=request.user, now=timezone.now())
    newest = compliance.list_documents(producer, year).first()
    more = {"value": record.table.values[of], "approved": newest}
    if newest and newest.has_lists and of in newest.content["values"]:
        more["frozen_address"] = compliance.frozen_list_address(producer, year, newest.number, of)
    return _list_page(request, producer, year, of, record.listings[of], more)


@year_page()
def show_frozen_list(request: SignedInRequest, producer: Producer, year: int, number: int, figure: str) -> HttpResponse:
    """Show the list behind one figure of an approved table, as the list was at the time of approval."""
    of = _find_figure(figure)
    stored = ComplianceDocument.objects.filter(producer=producer, year=year, number=number)
    document = stored.defer("html", "odt", "pdf").first()
    if document is None or not document.has_lists or of not in document.content["values"]:
        raise Http404(f"There is no list {figure} of version {number}.")
    try:
        frozen = compliance.read_frozen_list(document, of, by=request.user)
    except ComplianceFileChanged:
        return _refuse_changed_document(request, producer, year)
    more = {
        "value": frozen.value,
        "document": document,
        "address_today": compliance.list_address(producer, year, of),
        "names_accounts": of in GROUPS[Group.DATE_CHANGES],
        "has_outputs": of in GROUPS[Group.BREACHES],
        "has_actions": of in GROUPS[Group.ACTIONS],
        "leaves_out": not frozen.is_complete,
    }
    return _list_page(request, producer, year, of, frozen.listing, more)


def _find_figure(name: str) -> Figure:
    if name not in set(Figure):
        raise Http404(f"There is no list {name}.")
    return Figure(name)


def _list_page(
    request: SignedInRequest,
    producer: Producer,
    year: int,
    figure: Figure,
    listing: FigureList,
    more: Mapping[str, Any],
) -> HttpResponse:
    order, rows = _sort_list(request, figure, listing)
    page = Paginator(rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "producer": producer,
        "year": year,
        "label": FIGURES[figure],
        "rule": describe_notice() if figure in GROUPS[Group.NOTICE] else "",
        "order": order,
        "page": page,
        "rows": [{"row": row, "cells": list(zip(listing.columns, row.cells, strict=True))[1:]} for row in page],
        **more,
    }
    return render(request, "breaches/compliance/list_behind.html", context)


def _sort_list(request: SignedInRequest, figure: Figure, listing: FigureList) -> tuple[ListOrder, list[ListRow]]:
    """Return the sort order that the person chose, and the rows of the list in this order.

    The query string identifies a column by its position in the list, counted from 0.
    """
    if not listing.can_be_sorted:
        return ListOrder(request.GET, {label: Column(label) for label in listing.columns}), list(listing.rows)
    sorting = sorting_of(figure)
    with_keys = {place for row in listing.rows for place, _key in row.keys}

    def key_of(place: int) -> Callable[[ListRow], str | int | None]:
        if place in with_keys:
            return lambda row: dict(row.keys).get(place)
        return lambda row: row.cells[place].casefold()

    sortable = {*sorting.texts, *with_keys}
    columns = {
        str(place): Column(label, str(place) if place == sorting.own or place in sortable else None)
        for place, label in enumerate(listing.columns)
    }
    order = ListOrder(request.GET, columns, default="" if sorting.own is None else str(sorting.own))
    return order, order.sort_rows(listing.rows, {str(place): key_of(place) for place in sortable})


def _refuse_changed_document(request: SignedInRequest, producer: Producer, year: int) -> HttpResponse:
    messages.error(request, _("This document was changed after its approval. Contact an administrator."))
    return redirect("breaches:yearly_table", producer.slug, year)


@year_page(action=Action.DOWNLOAD)
def download_draft_table(request: SignedInRequest, producer: Producer, year: int, kind: str) -> HttpResponse:
    _check_kind(kind)
    content, _record, _policy = compliance.read_content(
        producer, year, by=request.user, now=timezone.now(), with_lists=False
    )
    write = {"html": compliance_files.write_html, "odt": compliance_files.write_odt, "pdf": compliance_files.write_pdf}
    file = write[kind](compliance.lay_out_table(producer, content))
    return file_response(file, compliance.name_file(producer, year, kind), kind=FILE_KINDS[kind])


@year_page(action=Action.DOWNLOAD)
def download_approved_table(
    request: SignedInRequest, producer: Producer, year: int, number: int, kind: str
) -> HttpResponse:
    _check_kind(kind)
    document = ComplianceDocument.objects.filter(producer=producer, year=year, number=number).first()
    if document is None:
        raise Http404(f"There is no version {number}.")
    try:
        file = compliance.file_of(document, kind)
    except ComplianceFileChanged:
        return _refuse_changed_document(request, producer, year)
    return file_response(file, compliance.name_file(producer, year, kind, number=number), kind=FILE_KINDS[kind])


def _check_kind(kind: str) -> None:
    if kind not in FILE_KINDS:
        raise Http404(f"{kind} is not a supported file type.")


class SwitchForm(forms.Form):
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    on = forms.RegexField(r"^(on|off)$", widget=forms.HiddenInput)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def switch_punctuality_page(request: SignedInRequest, producer: str) -> HttpResponse:
    """Show the figures of the public punctuality page, and turn the page on or off."""
    of = find_producer(request.user, producer, Action.SHOW_PUNCTUALITY)
    now = timezone.now()
    form = SwitchForm(post_data(request))
    if form.is_valid():
        on = form.cleaned_data["on"] == "on"
        try:
            compliance.switch_punctuality(of, on=on, seen=form.cleaned_data["seen"], by=request.user, at=now)
        except MoveRefused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(request, _("The page is now public") if on else _("The page is no longer public"))
        return redirect("breaches:switch_punctuality", of.slug)
    years = punctuality_years(of, today=local_date(now))
    switch = compliance.last_switch(of)
    context = {
        "producer": of,
        "switch": switch,
        "is_on": bool(switch and switch.is_on),
        "seen": switch.number if switch else 0,
        "figures": read_punctuality(of, years[0], now=now) if years else None,
    }
    return render(request, "breaches/compliance/switch.html", context)


@require_safe
def list_punctuality(request: HttpRequest) -> HttpResponse:
    """List the producers that have a public punctuality page."""
    producers = list(compliance.producers_with_punctuality())
    if not producers:
        raise Http404("No producer shows its punctuality.")
    return render(request, "breaches/public/punctuality_list.html", {"producers": producers})


@require_safe
def show_punctuality(request: HttpRequest, producer: str, year: int | None = None) -> HttpResponse:
    """Show the punctuality of a producer to the public, for one year. Return 404 if the page is turned off."""
    of = compliance.producers_with_punctuality().filter(slug=producer).first()
    if of is None:
        raise Http404("This producer does not show its punctuality.")
    now = timezone.now()
    years = punctuality_years(of, today=local_date(now))
    if year is not None and year not in years:
        raise Http404(f"There are no figures of {year}.")
    figures = read_punctuality(of, year or years[0], now=now) if years else None
    return render(request, "breaches/public/punctuality.html", {"producer": of, "years": years, "figures": figures})
