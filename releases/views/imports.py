"""Pages of imports from files and from GOV.UK, and of exports."""

import uuid
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from crispy_forms.layout import Div
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect

from releases.detection.govuk import (
    Announcement,
    AnnouncementState,
    NoAnnouncementError,
    Problem,
    announced_from_json,
    announced_to_json,
)
from releases.forms import (
    ClockTimeField,
    GovukDateField,
    GovukForm,
    LongTextField,
    PickedDateField,
    PrecisionField,
    TableFileField,
    add_refusal,
    build_slot,
    clean_address,
)
from releases.imports import govuk, uploads
from releases.imports.apply import Creation, ImportOutcome
from releases.models import CalendarImport, ImportRow, Producer, Series
from releases.overview import Selection, select_releases
from releases.permissions import Action, producers_where
from releases.probe.probe import open_adhoc_means
from releases.public.export import (
    TooManyReleases,
    calendar_template,
    dated_file_name,
    download_response,
    export_calendar,
)
from releases.rules.calendar import Precision, local_date
from releases.rules.departure import Grounds
from releases.rules.imports import WAITING, ImportSource, ImportStatus
from releases.rules.lifecycle import ChangedMeanwhile, MissingFields, MoveRefused, Status
from releases.rules.tables import MOST_ROWS, TableKind
from releases.rules.written_dates import DateOrder, OpenDateOrder
from releases.text import calendar, imports
from releases.text.pre_release import ON_MONDAYS
from releases.views.base import SignedInRequest, find_table_kind, post_data, post_view, signed_in_part
from releases.views.list_order import Column, ListOrder, place_in, release_columns


class UploadForm(GovukForm):
    button = lazy("Check this file")
    options = {"create_missing": {"size": ""}}

    file = TableFileField()
    create_missing = forms.BooleanField(
        label=lazy("Create any new series and contacts in this file"),
        required=False,
    )


class ConfirmForm(GovukForm):
    button = lazy("Confirm and import")
    options = {"skip_refused": {"size": ""}}

    # The digest of the result that the page shows.
    seen = forms.CharField(widget=forms.HiddenInput, required=False)
    skip_refused = forms.BooleanField(label=lazy("Leave out rows with errors"), required=False)

    def __init__(self, *args: Any, any_refused: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any_refused:
            del self.fields["skip_refused"]


class DateOrderForm(GovukForm):
    button = lazy("Continue")
    options = {"date_order": {"size": "l", "heading": True}}

    date_order = forms.ChoiceField(
        label=lazy("Does the day or the month come first?"),
        error_messages={"required": lazy("Select whether the day or the month comes first")},
        widget=forms.RadioSelect,
    )

    def __init__(self, data: QueryDict | None = None, *, question: OpenDateOrder, file: CalendarImport) -> None:
        super().__init__(data)
        sentence = _("We cannot tell from the dates in %(file)s. Your answer applies to all of them.")
        self.fields["date_order"].help_text = sentence % {"file": file}
        choices = [(order.value, imports.describe_date_order(question, order)) for order in DateOrder]
        self.fields["date_order"].choices = choices  # type: ignore[attr-defined]  # a field of choices


class OptionsForm(GovukForm):
    """The options of a checked import.

    If a person has chosen the order of day and month, this order can be changed too.
    """

    button, button_class = lazy("Change options and check again"), "govuk-button--secondary"
    options = {"create_missing": {"size": ""}}

    create_missing = forms.BooleanField(label=UploadForm.base_fields["create_missing"].label, required=False)
    date_order = forms.ChoiceField(
        label=lazy("Is the day or the month first in the dates of this file?"),
        choices=[(DateOrder.DAY_FIRST.value, lazy("Day first")), (DateOrder.MONTH_FIRST.value, lazy("Month first"))],
        error_messages={"required": lazy("Choose whether the day or the month is first")},
        widget=forms.RadioSelect,
    )

    def __init__(self, data: QueryDict | None = None, *, found: CalendarImport) -> None:
        super().__init__(data, initial={"create_missing": found.create_missing, "date_order": found.date_order})
        if found.source != ImportSource.FILE:
            sentence = _("Create a series for each title that does not match an existing series")
            self.fields["create_missing"].label = sentence
        if not found.date_order:
            del self.fields["date_order"]
        self.helper.form_action = resolve_url("exchange:change_options", found.public_id)


class SelectionForm(GovukForm):
    """The filters of a list of releases. An empty field means no filter."""

    button, button_class, method = lazy("Apply filters"), "govuk-button--secondary", "get"
    defaults = {}

    words = forms.CharField(label=lazy("Title or reference"), required=False, max_length=200)
    producer = forms.ModelChoiceField(
        label=lazy("Producer"), queryset=Producer.objects.none(), required=False, empty_label=lazy("All")
    )
    series = forms.ModelChoiceField(
        label=lazy("Series"), queryset=Series.objects.none(), required=False, empty_label=lazy("All")
    )
    status = forms.ChoiceField(
        label=lazy("Status"),
        choices=[("", lazy("All")), *((status.value, status.value.capitalize()) for status in Status)],
        required=False,
    )
    first = PickedDateField(label=lazy("From"), required=False)
    last = PickedDateField(label=lazy("To"), required=False)

    def __init__(self, data: QueryDict, *, producers: QuerySet[Producer]) -> None:
        super().__init__(data)
        own = {"producer": producers, "series": Series.objects.filter(producer__in=producers)}
        for name, choices in own.items():
            self.fields[name].queryset = choices  # type: ignore[attr-defined]  # both are fields of model choices

    def questions(self) -> Iterable[Any]:
        return [Div(*super().questions(), css_class="office-filter")]

    def selection(self) -> Selection:
        self.is_valid()
        return Selection(**{name: value for name, value in self.cleaned_data.items() if value})


class AnnouncementForm(GovukForm):
    button = lazy("Continue")

    url = forms.CharField(
        label=lazy("Web address of the announcement"),
        help_text=lazy("For example, https://www.gov.uk/government/statistics/announcements/rain-june-2026"),
        max_length=1000,
        error_messages={"required": lazy("Enter the web address of the announcement")},
        widget=forms.URLInput,
    )

    def clean_url(self) -> str:
        """Return the pasted address without its query and with a scheme.

        Browsers often hide the scheme, so it may be missing.
        """
        pasted = str(self.cleaned_data["url"]).partition("?")[0]
        return clean_address(pasted if "://" in pasted else f"https://{pasted}")


class AnnouncedReleaseForm(GovukForm):
    button = lazy("Add release")
    options = {
        "precision": {
            "hints": {
                "month": lazy("We do not show the day."),
                "two_months": lazy("We show the month of the date and the month after it."),
            }
        }
    }

    seen = forms.CharField(widget=forms.HiddenInput)
    series = forms.ModelChoiceField(
        label=lazy("Series"),
        queryset=Series.objects.none(),
        empty_label=lazy("Choose"),
        error_messages={"required": lazy("Choose the series")},
    )
    title = forms.CharField(label=lazy("Title"), max_length=300)
    reference = forms.SlugField(
        label=lazy("Reference"),
        help_text=lazy(
            "Use letters, numbers and hyphens. The reference is part of the web address of this release’s page."
        ),
        max_length=100,
    )
    precision = PrecisionField()
    planned_on = GovukDateField(
        label=lazy("Date"), help_text=format_lazy("{}. {}", lazy("For example, 14 7 2026"), ON_MONDAYS)
    )
    planned_at = ClockTimeField(label=lazy("London time"), help_text=lazy("For example, 9:30am"), required=False)
    status = forms.ChoiceField(
        label=lazy("Status"),
        choices=[
            (AnnouncementState.PROVISIONAL, lazy("Provisional, not shown to readers")),
            (AnnouncementState.CONFIRMED, lazy("Confirmed and announced in the public calendar")),
        ],
        widget=forms.RadioSelect,
    )
    reason = LongTextField(
        label=lazy("Reason for short notice (optional)"),
        help_text=lazy(
            "You need a reason if you confirm a date less than 4 weeks ahead. We save the reason but do not publish it."
        ),
        required=False,
        max_length=2000,
    )
    osr_reference = forms.CharField(
        label=lazy("Reference of OSR’s written agreement (optional)"),
        help_text=lazy(
            "You need OSR’s agreement if the release is at a weekend or is not at the usual time of the series."
        ),
        max_length=100,
        required=False,
    )
    osr_agreed_on = GovukDateField(
        label=lazy("Date of OSR’s agreement (optional)"), help_text=lazy("For example, 14 5 2026"), required=False
    )
    page = forms.CharField(
        label=lazy("Web page of the release (optional)"),
        help_text=lazy("The web address where you will publish. We cannot check the release without it."),
        max_length=1000,
        required=False,
        widget=forms.URLInput,
    )
    marker = forms.CharField(
        label=lazy("Text that identifies this edition (optional)"),
        help_text=lazy("Text on this edition’s page that is not on the last edition’s page. For example, June 2026."),
        max_length=300,
        required=False,
    )

    def __init__(self, data: QueryDict | None = None, *, series: QuerySet[Series], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.fields["series"].queryset = series  # type: ignore[attr-defined]  # a field of model choices

    def clean_page(self) -> str:
        url = str(self.cleaned_data["page"])
        return clean_address(url) if url else ""


def initial_release(announced: Announcement, *, series: Series | None) -> dict[str, Any]:
    """Return the initial values of the form from an announcement.

    Fields that the announcement does not state are left empty.
    """
    slot = announced.slot
    day = slot.on if slot else announced.when.on
    return {
        "series": series,
        "title": announced.title[:300],
        "reference": govuk.suggest_reference(announced),
        "precision": slot.precision if slot else Precision.EXACT,
        "planned_on": day,
        "planned_at": slot.at if slot else None,
        "status": announced.state,
    }


RELEASES_PER_PAGE = 50


@login_required
@require_safe
def own_releases(request: SignedInRequest) -> HttpResponse:
    """List the releases that match the filters. Without filters, list the releases from today onwards."""
    today = local_date(timezone.now())
    begins_today = SelectionForm.base_fields.keys().isdisjoint(request.GET)
    data = request.GET.copy()
    if begins_today:
        data["first"] = today.isoformat()
    form = _selection_form(request, data)
    order = ListOrder(request.GET, release_columns(), default="date")
    found = order.sort(select_releases(form.selection(), by=request.user))
    page = Paginator(found, RELEASES_PER_PAGE).get_page(request.GET.get("page"))
    filters = {name: data[name] for name in form.fields if data.get(name)}
    context = {
        "form": form,
        "page": page,
        "order": order,
        "begins_today": begins_today,
        "yesterday": today - timedelta(days=1),
        "query": f"?{urlencode(filters)}",
        "query_with_contacts": f"?{urlencode(filters | {'contacts': 'yes'})}",
        "kinds": list(TableKind),
        "too_many": page.paginator.count > MOST_ROWS,
        "most": MOST_ROWS,
        "may_import": uploads.may_import(request.user),
    }
    return render(request, "imports/release_list.html", context)


@login_required
@require_safe
def export_releases(request: SignedInRequest, kind: str) -> HttpResponse:
    form = _selection_form(request, request.GET)
    the_list = f"{resolve_url('exchange:release_list')}?{request.GET.urlencode()}"
    if not form.is_valid():
        return redirect(the_list)
    table_kind = find_table_kind(kind)
    try:
        content = export_calendar(
            select_releases(form.selection(), by=request.user),
            table_kind,
            title=_("Releases"),
            by=request.user,
            contacts=request.GET.get("contacts") == "yes",
        )
    except TooManyReleases as refusal:
        messages.error(request, str(refusal))
        return redirect(the_list)
    return download_response(content, table_kind, name=dated_file_name("releases", now=timezone.now()))


@login_required
@require_safe
def download_template(request: SignedInRequest, kind: str) -> HttpResponse:
    _check_may_import(request)
    producer = producers_where(request.user, Action.EDIT).first()
    table_kind = find_table_kind(kind)
    content = calendar_template(table_kind, producer=str(producer), now=timezone.now())
    return download_response(content, table_kind, name="calendar-template")


@login_required
@require_safe
def column_guide_view(request: SignedInRequest) -> HttpResponse:
    _check_may_import(request)
    return render(request, "imports/columns.html", {"entries": imports.column_guide(), "kinds": list(TableKind)})


def _selection_form(request: SignedInRequest, data: QueryDict) -> SelectionForm:
    theirs = producers_where(request.user, Action.VIEW)
    if not theirs:
        raise Http404("This person has no role for any producer.")
    return SelectionForm(data, producers=theirs)


def _check_may_import(request: SignedInRequest) -> None:
    if not uploads.may_import(request.user):
        raise Http404("This person may not edit a calendar.")


# This time is short, because a person is waiting for the response, and the request occupies a thread of the web server.
LONGEST_SECONDS = 9.0
_SALT = "releases.views.imports"
_DAY_SECONDS = 24 * 60 * 60


@login_required
@require_http_methods(["GET", "POST"])
def from_govuk(request: SignedInRequest) -> HttpResponse:
    _check_may_import(request)
    form = AnnouncementForm(post_data(request))
    if form.is_valid():
        url = form.cleaned_data["url"]
        if known := govuk.find_announced_release(url, by=request.user):
            messages.info(request, _("This release is already in the calendar."))
            return redirect("releases:release", known.reference)
        try:
            with open_adhoc_means(seconds=LONGEST_SECONDS) as means:
                announced = govuk.find_announcement(url, hosts=govuk.govuk_hosts(), means=means, now=timezone.now())
        except NoAnnouncementError as refusal:
            sentence = str(calendar.PROBLEMS[refusal.problem])
            passes = refusal.problem in {Problem.UNREACHABLE, Problem.ASKED_TO_WAIT}
            form.add_error("url", f"{sentence} {_('Try again in a few minutes.')}" if passes else sentence)
        except MoveRefused as refusal:
            form.add_error("url", str(refusal))
        else:
            if announced.state is not AnnouncementState.CANCELLED:
                return _render_announced(request, announced, url)
            sentence = _("This announcement has been cancelled, so we did not add a release.")
            if announced.note:
                sentence = _("This announcement has been cancelled, so we did not add a release. Reason: %(note)s")
            form.add_error("url", sentence % {"note": announced.note})
    return render(request, "imports/from_govuk.html", {"form": form})


def _page_to_import_from_govuk(request: SignedInRequest) -> str:
    _check_may_import(request)
    return resolve_url("exchange:from_govuk")


@post_view(_page_to_import_from_govuk)
def record_announcement(request: SignedInRequest) -> HttpResponse:
    _check_may_import(request)
    form = AnnouncedReleaseForm(request.POST, series=_editable_series(request))
    try:
        signed = signing.loads(request.POST.get("seen", ""), salt=_SALT, max_age=_DAY_SECONDS)
    except signing.BadSignature:
        messages.error(request, _("We read the announcement too long ago. Enter its web address again."))
        return redirect("exchange:from_govuk")
    if form.is_valid():
        given = form.cleaned_data
        try:
            release = govuk.record_from_announcement(
                slot=build_slot(given),
                announcement=signed["url"],
                confirmed=given["status"] == AnnouncementState.CONFIRMED,
                by=request.user,
                at=timezone.now(),
                grounds=Grounds(given["osr_reference"], given["osr_agreed_on"]),
                **{name: given[name] for name in ("series", "reference", "title", "page", "marker", "reason")},
            )
        except MoveRefused as refusal:
            add_refusal(form, refusal, {"exact_date": "planned_on"})
        else:
            messages.success(request, _("Release added."))
            return redirect("releases:release", release.reference)
    return _check_release_page(request, form, announced_from_json(signed["announced"]), signed["url"])


def _render_announced(request: SignedInRequest, announced: Announcement, url: str) -> HttpResponse:
    series = _editable_series(request)
    theirs = govuk.find_producers(announced, by=request.user)
    of_theirs = [each for each in series if each.producer in theirs] or list(series)
    initial = initial_release(announced, series=govuk.suggest_series(announced.title, of_theirs))
    signed = {"announced": announced_to_json(announced), "url": url}
    form = AnnouncedReleaseForm(series=series, initial=initial | {"seen": signing.dumps(signed, salt=_SALT)})
    return _check_release_page(request, form, announced, url)


def _check_release_page(
    request: SignedInRequest, form: AnnouncedReleaseForm, announced: Announcement, url: str
) -> HttpResponse:
    form.helper.form_action = resolve_url("exchange:record_from_govuk")
    said = [
        (_("Title"), announced.title),
        (_("Organisations"), ", ".join(announced.organisations)),
        (_("Date"), announced.displayed),
        (_("Status"), str(calendar.ANNOUNCEMENT_STATES[announced.state])),
        (_("Previous date"), announced.previous),
        (_("Change note"), announced.note),
    ]
    context = {
        "form": form,
        "url": url,
        "said": [{"key": key, "value": value} for key, value in said if value],
        "is_theirs": bool(govuk.find_producers(announced, by=request.user)),
    }
    return render(request, "imports/check_release.html", context)


def _editable_series(request: SignedInRequest) -> QuerySet[Series]:
    theirs = producers_where(request.user, Action.EDIT)
    return Series.objects.filter(producer__in=theirs).select_related("producer").order_by("producer__name", "title")


ROWS_PER_PAGE = 50
IMPORTS_PER_PAGE = 20


@login_required
@require_http_methods(["GET", "POST"])
def imports_page(request: SignedInRequest) -> HttpResponse:
    _check_may_import(request)
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if form.is_valid():
        file = form.cleaned_data["file"]
        new = uploads.upload_file(
            file.read(),
            name=file.name,
            create_missing=form.cleaned_data["create_missing"],
            by=request.user,
            at=timezone.now(),
        )
        return redirect("exchange:import", new.public_id)
    columns = {
        "file": Column(_("File or calendar"), Lower("file_name")),
        "added": Column(_("Date and time"), "uploaded_at", descending_first=True),
        "status": Column(_("Status"), place_in(ImportStatus, field="status")),
    }
    order = ListOrder(request.GET, columns, default="-added")
    page = Paginator(order.sort(uploads.imports_of(request.user)), IMPORTS_PER_PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "order": order, "kinds": list(TableKind)}
    return render(request, "imports/imports.html", context)


@login_required
@require_safe
def show_import(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    return _import_page(request, _find_import(request, public_id))


@signed_in_part
@require_safe
def import_progress(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Return the current progress of an import. If the status has changed, make the browser load the import page."""
    found = _find_import(request, public_id)
    if found.status != request.GET.get("status"):
        return HttpResponseClientRedirect(resolve_url("exchange:import", public_id))
    if str(found.rows_done) == request.GET.get("done"):
        return HttpResponse(status=204)
    return render(request, "imports/progress.html", _progress_context(found))


def _page_of_import(request: SignedInRequest, public_id: uuid.UUID) -> str:
    return resolve_url("exchange:import", _find_import(request, public_id).public_id)


@post_view(_page_of_import)
def confirm_import_view(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Confirm a checked import, if the person read its current result. A second confirmation changes nothing."""
    found = _find_import(request, public_id)
    form = ConfirmForm(request.POST, any_refused=bool(uploads.count_outcomes(found)[ImportOutcome.REFUSED]))
    if form.is_valid():
        seen, skip = form.cleaned_data["seen"], form.cleaned_data.get("skip_refused", False)
        try:
            uploads.confirm_import(found, seen=seen, skip_refused=skip, by=request.user, at=timezone.now())
        except MissingFields as refusal:
            add_refusal(form, refusal)
            return _import_page(request, found, form=form)
        except MoveRefused as refusal:
            if found.status == ImportStatus.CHECKED:
                messages.error(request, str(refusal))
    return redirect("exchange:import", public_id)


@post_view(_page_of_import)
def set_date_order_view(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Save whether the day or the month comes first in the dates of a file. A second answer changes nothing."""
    found = _find_import(request, public_id)
    if found.status == ImportStatus.AMBIGUOUS:
        form = DateOrderForm(request.POST, question=uploads.open_date_order(found), file=found)
        if not form.is_valid():
            return _date_order_page(request, found, form)
        with suppress(ChangedMeanwhile):
            order = DateOrder(form.cleaned_data["date_order"])
            uploads.set_date_order(found, order, by=request.user, at=timezone.now())
    return redirect("exchange:import", public_id)


@post_view(_page_of_import)
def change_options_view(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    """Check an import again with other options. If the import no longer waits for confirmation, nothing changes."""
    found = _find_import(request, public_id)
    if found.status == ImportStatus.CHECKED:
        form = OptionsForm(request.POST, found=found)
        if not form.is_valid():
            return _import_page(request, found, options=form)
        given = form.cleaned_data
        order = DateOrder(given["date_order"]) if given.get("date_order") else None
        with suppress(ChangedMeanwhile):
            uploads.change_options(
                found, create_missing=given["create_missing"], date_order=order, by=request.user, at=timezone.now()
            )
    return redirect("exchange:import", public_id)


def _date_order_page(request: SignedInRequest, found: CalendarImport, form: DateOrderForm) -> HttpResponse:
    form.helper.form_action = resolve_url("exchange:set_date_order", found.public_id)
    return render(request, "imports/ambiguous.html", {"import": found, "form": form})


@post_view(_page_of_import)
def discard_import_view(request: SignedInRequest, public_id: uuid.UUID) -> HttpResponse:
    found = _find_import(request, public_id)
    try:
        uploads.discard_import(found, by=request.user, at=timezone.now())
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("exchange:import", public_id)
    messages.success(request, _("%(file)s discarded. We did not change the calendar.") % {"file": found})
    return redirect("exchange:imports")


def _find_import(request: HttpRequest, public_id: uuid.UUID) -> CalendarImport:
    return get_object_or_404(uploads.imports_of(request.user), public_id=public_id)


def _import_page(
    request: SignedInRequest,
    found: CalendarImport,
    *,
    form: ConfirmForm | None = None,
    options: OptionsForm | None = None,
) -> HttpResponse:
    if found.status in WAITING:
        return render(request, "imports/waiting.html", _progress_context(found))
    if found.status == ImportStatus.AMBIGUOUS:
        return _date_order_page(request, found, DateOrderForm(question=uploads.open_date_order(found), file=found))
    # Read the digest before the result. If the result changes in between, the confirmation is refused.
    seen = uploads.digest_result(found) if found.status == ImportStatus.CHECKED else ""
    counts = uploads.count_outcomes(found)
    chosen = request.GET.get("show", "")
    rows = found.rows.filter(outcome=chosen) if chosen in set(ImportOutcome) else found.rows.all()
    columns = {
        "row": Column(_("Row"), "number"),
        "title": Column(_("Title"), Lower("title")),
        "status": Column(_("Status"), place_in(ImportOutcome, field="outcome")),
    }
    order = ListOrder(request.GET, columns, default="row")
    page = Paginator(order.sort(rows), ROWS_PER_PAGE).get_page(request.GET.get("page"))
    changes = counts[ImportOutcome.ADDED] + counts[ImportOutcome.CHANGED]
    context: dict[str, Any] = {
        "import": found,
        "counts": [
            (each, imports.OUTCOMES[each], imports.COLOURS[each], count)
            for each, count in counts.items()
            if count or each is not ImportOutcome.LEFT_OUT
        ],
        "changes": changes,
        "rows_total": sum(counts.values()),
        "makes": [imports.describe_creation(Creation.from_json(each)) for each in found.makes],
        "chosen": chosen,
        "order": order,
        "page": page,
        "lines": [_describe_row(row, found) for row in page],
    }
    if found.status == ImportStatus.CHECKED:
        context["options"] = options or OptionsForm(found=found)
    if found.status == ImportStatus.CHECKED and changes:
        context["cancels"] = uploads.count_cancellations(found)
        warnings = uploads.count_warnings(found)
        context["warnings"] = [imports.describe_warning(kind, count) for kind, count in warnings.items()]
        context["form"] = form or ConfirmForm(initial={"seen": seen}, any_refused=bool(counts[ImportOutcome.REFUSED]))
        context["form"].helper.form_action = resolve_url("exchange:confirm_import", found.public_id)
    return render(request, f"imports/{found.status}.html", context)


def _progress_context(found: CalendarImport) -> dict[str, Any]:
    waits = found.status == ImportStatus.CONFIRMED and not uploads.is_quiet(now=timezone.now())
    return {"import": found, "waits_for_quiet": waits}


def _describe_row(row: ImportRow, found: CalendarImport) -> dict[str, Any]:
    result = uploads.read_row(row)
    present = {ImportOutcome.CHANGED, ImportOutcome.UNCHANGED}
    if found.status == ImportStatus.APPLIED:
        present.add(ImportOutcome.ADDED)
    return {
        "number": result.number,
        "reference": result.reference,
        "title": result.title,
        "outcome": imports.OUTCOMES[result.outcome],
        "colour": imports.COLOURS[result.outcome],
        "steps": [imports.describe_step(step) for step in result.steps],
        "faults": [(imports.describe_column(fault.column, source=found.source), fault.why) for fault in result.faults],
        "is_there": result.outcome in present,
    }
