"""Pages of the register of breaches, its figures, its exports and near misses."""

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache, partial
from typing import Any, TypedDict, Unpack
from urllib.parse import urlencode

from crispy_forms.layout import Div
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Case as ShownOutcome
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from breaches import pictures, register, statistics, statistics_tables, text
from breaches.models import RegisterEvent, Report
from breaches.permissions import TABLE, Action, find_unlisted_reports, report_producers
from breaches.register import (
    EDITION_BEFORE,
    EXPORTED,
    REASON_AFTER,
    CannotBeExported,
    RegisterFilter,
    describe_filter,
    export_register,
    find_near_misses,
    list_reports,
    near_miss_releases,
    producers_with_contacts,
    select_reports,
    sort_keys,
)
from breaches.rules.content import read_listed_content
from breaches.rules.lifecycle import (
    DECISION_ON,
    MERGED_OR_SPLIT,
    Decision,
    DismissalReason,
    RecordingReason,
    ReportKind,
    ReportStatus,
)
from breaches.rules.statistics import Case, History, Quarter, by_producer, by_series
from breaches.statistics import Scope
from breaches.statistics_tables import Address, Table
from breaches.views.base import list_part_sentences, summarise_report
from releases.early_findings import shown_outcome
from releases.forms import PARTS, FilterDateField, GovukForm, render_form_once
from releases.models import Producer, Series
from releases.permissions import Person, roles_anywhere
from releases.pictures import Picture, ShownPicture
from releases.public.export import dated_file_name, download_response
from releases.rules.calendar import Month, format_day, format_month, local_date
from releases.rules.tables import TableKind
from releases.text import preflight
from releases.verdict.parts import PartFigures
from releases.views.base import SignedInRequest, find_table_kind, post_data
from releases.views.list_order import Column, ListOrder
from releases.views.pictures import find_picture_file, picture_response, show_picture

REPORTS_ON_A_PAGE = 30
NEAR_MISSES_ON_A_PAGE = 30
LATEST = 20


class ProducerForm(GovukForm):
    """Form to filter by producer and series. If a field is empty, everything that the person may read is included.

    The field for series is shown only if a producer is chosen, or if the person has only one producer.
    """

    button = lazy("Apply filters")
    button_class = "govuk-button--secondary"
    method = "get"

    producer = forms.ModelChoiceField(
        label=lazy("Producer"),
        queryset=Producer.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=lazy("All"),
    )
    series = forms.ModelChoiceField(
        label=lazy("Series"),
        queryset=Series.objects.none(),
        to_field_name="slug",
        required=False,
        empty_label=lazy("All"),
    )

    def __init__(self, data: QueryDict, *, by: Person) -> None:
        """Offer only producers and series that the person may read.

        :param data: the query string.
        """
        super().__init__(data)
        own = report_producers(by)
        self.producers = list(own)
        self.of_one_producer = self.producers[0] if len(self.producers) == 1 else None
        slug = data.get("producer") or (self.of_one_producer.slug if self.of_one_producer else "")
        series = Series.objects.filter(producer__in=own, producer__slug=slug) if slug else Series.objects.none()
        self.all_series = list(series)
        self._set_choices("producer", own, self.producers)
        self._set_choices("series", series, self.all_series)
        if not slug:
            self.hide("series")

    def _set_choices(self, name: str, found: "QuerySet[Any]", rows: Sequence[Producer | Series]) -> None:
        """Set the choices of a field from rows that are already loaded. This avoids a second query."""
        field: Any = self.fields[name]
        field.queryset = found
        field.choices = [("", field.empty_label), *((one.slug, str(one)) for one in rows)]

    def hide(self, name: str) -> None:
        """Hide a field that has only one possible value."""
        self.fields[name].widget = forms.HiddenInput()

    def questions(self) -> list[Div]:
        visible = [name for name, field in self.fields.items() if not field.widget.is_hidden]
        return [Div(*map(self.question, visible), css_class="office-filter")]


ANY = ("", lazy("All"))


class RegisterForm(ProducerForm):
    kind = forms.ChoiceField(label=lazy("Kind of breach"), required=False)
    cause = forms.ChoiceField(label=lazy("Cause"), required=False)
    state = forms.ChoiceField(label=lazy("Status"), required=False)
    decision = forms.ChoiceField(label=lazy("Decision"), required=False)
    practice = forms.ChoiceField(label=lazy("Practice"), required=False)
    actions = forms.ChoiceField(label=lazy("Corrective actions"), required=False)
    first = FilterDateField(label=lazy("Breaches from"), required=False)
    last = FilterDateField(label=lazy("Breaches to"), required=False)

    def __init__(self, data: QueryDict, *, by: Person) -> None:
        super().__init__(data, by=by)
        self.query = data
        # Read once for all queries of the page.
        self.unlisted = find_unlisted_reports()
        self.practices = tuple(register.list_cited_practices(by=by, unlisted=self.unlisted))
        choices_of: dict[str, Any] = {
            "kind": [ANY, *(text.KINDS | {ReportKind.LATE: text.LATE_OR_NOT_SEEN}).items()],
            "cause": [ANY, *text.CAUSES.items()],
            "state": [
                ANY,
                *((state, text.STATUSES[state][0]) for state in ReportStatus if state not in MERGED_OR_SPLIT),
            ],
            "decision": [
                ANY,
                *((one, text.DECISIONS[one]) for one in (Decision.UNDECIDED, Decision.REPORTED, Decision.WITHDRAWN)),
                _reason_group(Decision.RECORDED, text.RECORDING_REASONS),
                _reason_group(Decision.DISMISSED, text.REASONS),
            ],
            "practice": [
                ANY,
                *(
                    (
                        f"{edition}{EDITION_BEFORE}{code}",
                        format_lazy(lazy("{code} (edition {edition})"), code=code, edition=edition),
                    )
                    for edition, code in self.practices
                ),
            ],
            "actions": [ANY, ("open", _("Has open actions"))],
        }
        for name, choices in choices_of.items():
            self.fields[name].choices = choices  # type: ignore[attr-defined]  # all are fields of choices

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day must be the same as or after the first day"))
        return cleaned

    @property
    def cache_key(self) -> Hashable:
        """Everything on which the rendered form depends. Choices that are the same for every person are left out."""
        typed = tuple(tuple(self.query.getlist(name)) for name in self._parameters)
        producers = tuple((one.slug, str(one)) for one in self.producers)
        return typed, producers, tuple((one.slug, str(one)) for one in self.all_series), self.practices

    @property
    def is_narrowed(self) -> bool:
        return any(self.query.get(name) for name in self._parameters)

    @property
    def _parameters(self) -> list[str]:
        return [*self.fields, *(f"{name}-{part}" for name in ("first", "last") for part in PARTS)]

    def to_filter(self) -> RegisterFilter | None:
        """Return the filter, or None if the query string has an invalid value."""
        if not self.is_valid():
            return None
        return RegisterFilter(**{name: value for name, value in self.cleaned_data.items() if value})


def _reason_group[R: (DismissalReason, RecordingReason)](
    decision: Decision, reasons: dict[R, Any]
) -> tuple[Any, list[tuple[str, Any]]]:
    name = text.DECISIONS[decision]
    any_reason = (decision.value, format_lazy("{}: {}", name, lazy("any reason")))
    return name, [any_reason, *((f"{decision}{REASON_AFTER}{reason}", words) for reason, words in reasons.items())]


REPORTS = "#reports"
"""The anchor of the table on the register page. Links need it, because pictures come before the table."""


@login_required
@require_safe
def register_page(request: SignedInRequest) -> HttpResponse:
    """Show pictures of the last 12 months, and a table of the reports that match the filters."""
    form = _register_form(request)
    form.helper.form_action = REPORTS
    filters = form.to_filter()
    # If the filters are invalid, show no pictures, because pictures of all producers could be mistaken for pictures of
    # the chosen producer.
    found = select_reports(filters, by=request.user, unlisted=form.unlisted) if filters else Report.objects.none()
    order = ListOrder(request.GET, _register_columns(), default="-occurred")
    keys = order.sort(found).values_list("pk", flat=True)
    page = Paginator(keys, REPORTS_ON_A_PAGE).get_page(request.GET.get("page"))
    months = statistics.last_months(local_date(timezone.now()))
    selected = {name: form.cleaned_data.get(name) for name in ("producer", "series")}
    context = {
        "form": form,
        "filter": render_form_once(form, cache_key=form.cache_key),
        "page": page,
        "order": order,
        "anchor": REPORTS,
        "rows": [_register_row(report, many_producers=len(form.producers) > 1) for report in list_reports(list(page))],
        "period": _describe_period(months),
        "pictures": [
            _show_picture(draw(), selected)
            for draw in _pictures_of_months(
                months, by=request.user, unlisted=form.unlisted, **_selection(selected)
            ).values()
        ]
        if filters
        else [],
        "may_export": bool(TABLE[Action.DOWNLOAD] & roles_anywhere(request.user)),
        "narrowed": form.is_narrowed,
    }
    return render(request, "breaches/register.html", context)


def _register_columns() -> dict[str, Column]:
    by = sort_keys()
    return {
        "occurred": Column(_("Occurred"), by["occurred"], descending_first=True),
        "output": Column(_("Output"), by["output"]),
        "kind": Column(_("Kind"), by["kind"]),
        "practice": Column(_("Practice"), by["practice"]),
        "cause": Column(_("Cause"), by["cause"]),
        "status": Column(_("Status"), by["status"]),
        "days": Column(_("Days to report"), by["days"], descending_first=True),
    }


def _register_form(request: SignedInRequest) -> RegisterForm:
    """Return the form, filled in from the query string.

    :raises Http404: if there is no producer whose register the person may read.
    """
    form = RegisterForm(request.GET, by=request.user)
    if not form.producers:
        raise Http404("There is no register for this person.")
    return form


@dataclass(frozen=True, slots=True)
class RegisterRow:
    """The data from which a row is rendered. It is also the cache key of the rendered row (decision 95).

    `producer` is empty if the person reads the reports of only one producer.
    """

    reference: str
    number: str
    title: str
    producer: str
    parts: tuple[str, ...]
    occurred: tuple[str, ...]
    kind: str
    practices: tuple[str, ...]
    cause: str
    status: str
    colour: str
    correction: str
    reason: str
    days: str

    def render(self) -> SafeString:
        return _render_row(self, get_language())


# A rendered row takes about two kilobytes.
@lru_cache(maxsize=1_000)
def _render_row(row: RegisterRow, _language: str | None) -> SafeString:
    return render_to_string("breaches/register_row.html", {"row": row})


def _register_row(report: Any, *, many_producers: bool) -> RegisterRow:
    """:param report: a report of `register.list_reports`."""
    content = read_listed_content(report.standing[0].content)
    summary = summarise_report(report, content.titles, was_sent=report.sent_on is not None)
    return RegisterRow(
        reference=report.reference,
        number=report.number,
        title=summary["title"],
        producer=str(report.producer) if many_producers else "",
        parts=tuple(list_part_sentences(report)),
        occurred=tuple(format_day(on) for on in sorted(content.occurred_on)),
        kind=summary["kind"],
        practices=tuple(dict.fromkeys(content.practices)),
        cause=text.cause_name(report.cause),
        status=str(summary["status"]),
        colour=summary["colour"],
        correction=summary["correction"],
        reason=text.reason_name(report),
        days=_days_to_report(report),
    )


def _days_to_report(report: Any) -> str:
    """Return the number of days between the breach and the day when the report was sent.

    If there is no number, return "Not sent", "[x]" (not available) or "[z]" (not applicable).

    :param report: a report with the annotations of `register.with_outcome`.
    """
    if report.sent_on and report.occurred_on:
        return f"{(report.sent_on - report.occurred_on).days:,}"
    if report.sent_on:
        return text.NOT_AVAILABLE
    may_be_sent = DECISION_ON[ReportStatus(report.status)] in {Decision.UNDECIDED, Decision.REPORTED}
    return _("Not sent") if may_be_sent else text.NOT_APPLICABLE


KINDS = {
    TableKind.ODS: lazy("ODS (spreadsheet)"),
    TableKind.XLSX: lazy("XLSX (Excel)"),
    TableKind.CSV: lazy("CSV (for programs)"),
}


class ExportForm(GovukForm):
    """Form to choose a file format. People who lead a producer can also choose to include contacts."""

    button = lazy("Download")
    options = {"contacts": {"size": ""}}

    kind = forms.ChoiceField(
        label=lazy("File type"),
        choices=[(kind.value, words) for kind, words in KINDS.items()],
        initial=TableKind.ODS.value,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select a file type")},
    )
    contacts = forms.BooleanField(
        label=lazy("Include the names, email addresses and phone numbers of people named in the reports"),
        required=False,
    )

    def __init__(self, *args: Any, may_have_contacts: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_have_contacts:
            del self.fields["contacts"]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def export_register_file(request: SignedInRequest) -> HttpResponse:
    """Ask for a file format, and return a file with the reports that match the filters."""
    producers = list(report_producers(request.user, Action.DOWNLOAD))
    if not producers:
        raise Http404("There is nothing that this person may download.")
    register_address = f"{reverse('breaches:register')}?{request.GET.urlencode()}"
    filters = _register_form(request).to_filter()
    if filters is None:
        return redirect(register_address)
    leads = list(producers_with_contacts(request.user))
    form = ExportForm(post_data(request), may_have_contacts=bool(leads))
    if form.is_valid():
        now, kind = timezone.now(), TableKind(form.cleaned_data["kind"])
        contacts = bool(form.cleaned_data.get("contacts"))
        try:
            written = export_register(filters, kind, by=request.user, at=now, contacts=contacts)
        except CannotBeExported as refusal:
            messages.error(request, str(refusal))
            return redirect(register_address)
        return download_response(written, kind, name=dated_file_name("breach-reports", now=now))
    exports = RegisterEvent.objects.filter(producer__in=producers, kind=EXPORTED)
    context = {
        "form": form,
        "number": select_reports(filters, by=request.user, action=Action.DOWNLOAD).count(),
        "leads": leads,
        "elsewhere": len(producers) > len(leads),
        "back": register_address,
        "taken": exports.select_related("producer", "actor").order_by("-position")[:LATEST],
    }
    return render(request, "breaches/export.html", context)


def _describe_period(months: Sequence[Month]) -> str:
    first, last = format_month(months[0].first), format_month(months[-1].first)
    return _("%(first)s to %(last)s") % {"first": first, "last": last}


class _Selection(TypedDict):
    producer: Producer | None
    series: Series | None


def _selection(of: Mapping[str, Any]) -> _Selection:
    return {"producer": of.get("producer"), "series": of.get("series")}


def _pictures_of_months(
    months: Sequence[Month], *, by: Person, unlisted: Collection[int] | None = None, **of: Unpack[_Selection]
) -> Mapping[str, Callable[[], Picture]]:
    """Return functions that draw the pictures of some months. The keys are also used in the URLs of the pictures."""
    scope = statistics.scope_of_months(months, **of)
    # Two pictures show the same releases, which are read once.
    read = cache(lambda: statistics.read_months_and_series(months, scope, by=by))
    return {
        "punctuality": lambda: pictures.draw_punctuality(read()[0]),
        "causes": lambda: pictures.draw_causes(statistics.count_causes(scope, by=by, unlisted=unlisted)),
        "release-delays": lambda: pictures.draw_delays(read()[1], lambda: statistics.list_results(scope, by=by)),
    }


def _show_picture(picture: Picture, of: Mapping[str, Any]) -> ShownPicture:
    """Return a picture with links to its files.

    :param of: the selected producer and series; for the page of figures, also the selected year.
    """
    chosen = {name: describe_filter(value) for name, value in of.items() if value}
    return show_picture(picture, "breaches:picture", picture.key, query=chosen)


@login_required
@require_safe
def picture_file(request: SignedInRequest, key: str, kind: str) -> HttpResponse:
    """Return a picture as a file.

    If the query string has a layout, the picture is part of a page. Otherwise, it is a file to download. Pages load
    their pictures with separate requests, so drawing a picture does not delay a page.
    """
    file_kind, layout = find_picture_file(request, kind)
    now = timezone.now()
    form = _figures_form(request, local_date(now))
    if not form.is_valid():
        raise Http404("There is no picture of this selection.")
    picture, subtitle = _find_picture(key, request, form, local_date(now))
    name = dated_file_name(f"breach-{key}", now=now)
    return picture_response(picture, file_kind, layout, subtitle=subtitle, name=name)


def _find_picture(key: str, request: SignedInRequest, form: "FiguresForm", today: date) -> tuple[Picture, str]:
    """Return a picture and its subtitle, which names the producer or series and the period.

    :raises Http404: if there is no picture with this key.
    """
    producer, series, year = form.selection()
    whose = series.title if series else producer.name if producer else _("All your producers")
    months = statistics.last_months(today)
    if draw := _pictures_of_months(months, by=request.user, producer=producer, series=series).get(key):
        return draw(), f"{whose}, {_describe_period(months)}"
    table = next((one for one in _tables(_history(request, form, today), form) if one.key == key and one.bars), None)
    if table is None:
        raise Http404(f"There is no picture {key}.")
    return pictures.draw_bars(table), f"{whose}, {year}"


YEARS = 10


class FiguresForm(ProducerForm):
    year = forms.TypedChoiceField(label=lazy("Year"), coerce=int, required=False)

    def __init__(self, data: QueryDict, *, by: Person, this_year: int) -> None:
        """Offer the last ten years. `this_year` is the first choice and the default."""
        super().__init__(data, by=by)
        self.this_year = this_year
        years: Any = self.fields["year"]
        years.choices = [(year, str(year)) for year in range(this_year, this_year - YEARS, -1)]
        if self.of_one_producer:
            self.hide("producer")

    def selection(self) -> tuple[Producer | None, Series | None, int]:
        """Return the selected producer, series and year. Invalid values are ignored. The default year is this year."""
        self.is_valid()
        producer = self.cleaned_data.get("producer") or self.of_one_producer
        series = self.cleaned_data.get("series") if producer else None
        return producer, series, self.cleaned_data.get("year") or self.this_year


@login_required
@require_safe
def figures_page(request: SignedInRequest) -> HttpResponse:
    """Show the quarterly statistics of one year for the person's producers."""
    today = local_date(timezone.now())
    form = _figures_form(request, today)
    context: dict[str, Any] = {"form": form, "today": today, "tables": []}
    if form.is_valid():
        shown = shown_outcome()
        history = _history(request, form, today, shown)
        producer, series, year = form.selection()
        context |= {
            "producer": producer,
            "series": series,
            "year": year,
            "is_running": year == today.year,
            "nothing": history.is_empty,
            "part_figures": [] if history.is_empty else _read_part_figures(request, form, shown),
            "tables": [] if history.is_empty else [_show_table(table, form) for table in _tables(history, form)],
            "kinds": list(TableKind),
        }
    return render(request, "breaches/figures.html", context)


def _read_part_figures(request: SignedInRequest, form: FiguresForm, shown: ShownOutcome) -> list[PartFigures]:
    producer, series, year = form.selection()
    scope = Scope(Quarter(year, 1).first, Quarter(year, 4).last, producer=producer, series=series)
    return statistics.read_part_figures(scope, by=request.user, shown=shown)


def _show_table(table: Table, form: FiguresForm) -> dict[str, Any]:
    producer, series, year = form.selection()
    of = {"producer": producer, "series": series, "year": year}
    lengths = {bar.length for group in table.bars for bar in group.bars} - {None}
    # Tables with `greatest` contain rates, which are also drawn if all are 0%. Do not draw counts if all are 0.
    has_picture = bool(lengths) if table.greatest else any(lengths)
    return {"table": table, "shown": _show_picture(pictures.draw_bars(table), of) if has_picture else None}


@login_required
@require_safe
def export_figures(request: SignedInRequest, kind: str) -> HttpResponse:
    table_kind, now = find_table_kind(kind), timezone.now()
    form = _figures_form(request, local_date(now))
    if not form.is_valid():
        return redirect(f"{reverse('breaches:figures')}?{request.GET.urlencode()}")
    history = _history(request, form, local_date(now))
    _producer, _series, year = form.selection()
    written = statistics_tables.write_figures(
        _figure_parts(history, form), table_kind, year=year, title=_("Punctuality and breaches")
    )
    return download_response(written, table_kind, name=dated_file_name("breach-figures", now=now))


def _figures_form(request: SignedInRequest, today: date) -> FiguresForm:
    form = FiguresForm(request.GET, by=request.user, this_year=today.year)
    if not form.producers:
        raise Http404("There are no figures for this person.")
    return form


def _history(request: SignedInRequest, form: FiguresForm, today: date, shown: ShownOutcome | None = None) -> History:
    producer, series, year = form.selection()
    scope = Scope(Quarter(year - 1, 1).first, Quarter(year, 4).last, producer=producer, series=series)
    return statistics.read_breach_history(scope, by=request.user, today=today, shown=shown)


def _figure_parts(history: History, form: FiguresForm) -> Iterator[tuple[str, str, History]]:
    """Yield (producer name, series name, history) for each part of the selection.

    If no producer is selected, the parts are all producers. If a producer is selected, the parts are the producer as a
    whole and each of its series. If a series is selected, it is the only part.
    """
    producer, series, _year = form.selection()
    if producer is None:
        of_each = by_producer(history)
        yield from ((one.name, "", of_each.get(one.pk, History())) for one in form.producers)
        return
    yield producer.name, series.title if series else "", history
    if not series:
        of_series = by_series(history)
        yield from ((producer.name, one.title, of_series.get(one.pk, History())) for one in form.all_series)


def _tables(history: History, form: FiguresForm) -> Iterator[Table]:
    producer, series, year = form.selection()

    def register(**narrower: Any) -> str:
        return _address("breaches:register", **{"producer": producer, "series": series} | narrower)

    compared = statistics_tables.compare_years(history, year)
    yield statistics_tables.year_table(compared)
    yield statistics_tables.on_time_table(compared)
    yield statistics_tables.delays_table(compared)
    yield statistics_tables.breaches_table(compared, register=register)
    yield statistics_tables.reasons_table(compared, register=register)
    yield statistics_tables.handling_table(compared)
    yield statistics_tables.actions_table(compared, register=register)
    if series:
        yield statistics_tables.repeats_table(compared, [("", history.cases, register)], what=_("Cause"))
        return
    # If a producer is selected, compare its series. Otherwise, compare the producers.
    of: dict[int, Any] = {one.pk: one for one in (form.all_series if producer else form.producers)}
    what, which = (_("Series"), "series") if producer else (_("Producer"), "producer")
    parts = by_series(history) if producer else by_producer(history)
    names = {key: one.title if producer else one.name for key, one in of.items()}
    again: list[tuple[str, Sequence[Case], Address]] = [
        (name, parts[key].cases, partial(register, **{which: of[key]})) for key, name in names.items() if key in parts
    ]
    if producer:
        again.insert(0, (_("All series"), history.cases, register))
    yield statistics_tables.repeats_table(compared, again, what=what)
    yield from statistics_tables.comparison_tables(
        parts,
        names,
        year,
        what=what,
        address=lambda key: _address("breaches:figures", **{"producer": producer, which: of[key], "year": year}),
    )


def _address(page: str, **filters: Any) -> str:
    """Return the URL of a page with the given filters. Empty filters are left out."""
    written = {name: describe_filter(value) for name, value in filters.items() if value}
    return f"{_find_path(page, get_language())}?{urlencode(written)}"


# Cached, because the page of figures for fifty producers has a hundred links to the same two pages.
@cache
def _find_path(page: str, _language: str | None) -> str:
    return reverse(page)


NEAR_MISS_ORDERS = {
    "": lazy("Latest first"),
    "due": lazy("Earliest first"),
    "output": lazy("Output, A to Z"),
    "producer": lazy("Producer, A to Z"),
}
_NEAR_MISS_COLUMNS = {
    "due": Column("", "due_at"),
    "output": Column("", Lower("title")),
    "producer": Column("", Lower("series__producer__name")),
}


class NearMissForm(GovukForm):
    button = lazy("Apply")
    button_class = "govuk-button--secondary"
    method = "get"
    defaults = {}

    producer = forms.ModelChoiceField(
        label=lazy("Producer"),
        queryset=Producer.objects.none(),
        required=False,
        empty_label=lazy("All"),
        to_field_name="slug",
    )
    series = forms.ModelChoiceField(
        label=lazy("Series"), queryset=Series.objects.none(), required=False, empty_label=lazy("All")
    )
    first = FilterDateField(label=lazy("Due from"), required=False)
    last = FilterDateField(label=lazy("Due to"), required=False)
    sort = forms.ChoiceField(label=lazy("Sort by"), choices=list(NEAR_MISS_ORDERS.items()), required=False)

    def __init__(self, data: QueryDict, *, producers: QuerySet[Producer]) -> None:
        """Offer the given producers and their series.

        :param producers: the producers whose reports the person may view.
        """
        super().__init__(data)
        own = {"producer": producers, "series": Series.objects.filter(producer__in=producers)}
        for name, choices in own.items():
            self.fields[name].queryset = choices  # type: ignore[attr-defined]  # both are fields of model choices
        if producers.count() < 2:  # nothing to choose from
            del self.fields["producer"]

    def questions(self) -> list[Div]:
        return [Div(*super().questions(), css_class="office-filter")]


@login_required
@require_safe
def near_miss_log(request: SignedInRequest) -> HttpResponse:
    """List near misses of the person's producers, filtered by producer, series or period."""
    producers = report_producers(request.user)
    if not producers.exists():
        raise Http404("There is no such page for this person.")
    form = NearMissForm(request.GET, producers=producers)
    filters: dict[str, Any] = form.cleaned_data if form.is_valid() else {}
    producer = filters.get("producer")
    found = near_miss_releases(
        [producer] if producer else producers,
        now=timezone.now(),
        series=filters.get("series"),
        first=filters.get("first"),
        last=filters.get("last"),
    )
    # If the form is invalid, show no list, because an unfiltered list could be mistaken for the filtered one.
    listed = ListOrder(request.GET, _NEAR_MISS_COLUMNS).sort(found) if form.is_valid() else found.none()
    page = Paginator(listed, NEAR_MISSES_ON_A_PAGE).get_page(request.GET.get("page"))
    rows = [
        {
            "miss": miss,
            "problems": [
                preflight.finding_sentence(finding, planned=miss.release.due_at)
                for finding in (preflight.read_findings(miss.failed_run.findings) if miss.failed_run else ())
                if finding.is_problem
            ],
        }
        for miss in find_near_misses(list(page))
    ]
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "is_narrowed": any(value for name, value in filters.items() if name != "sort"),
    }
    return render(request, "breaches/near_misses.html", context)
