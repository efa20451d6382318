"""Pages to check whether unpublished files are open to the public. Only a few people may know about these checks."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Max
from django.db.models.functions import Lower
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from releases import open_files
from releases.forms import GovukDateField, GovukForm
from releases.models import HostAuthorisation, OpenFileRemedy, Producer, Series
from releases.open_files import Authorisation, DummyFileRecord
from releases.permissions import Action, may, producers_where
from releases.rules.lifecycle import ChangedMeanwhile, MoveRefused
from releases.views.base import SignedInRequest, is_completed, post_data
from releases.views.list_order import Column, ListOrder

NOTHING = "There is no such dummy file or host, or this person may not know of it."
FILES_ON_A_PAGE = 30
KINDS = {"txt": "text/plain", "csv": "text/csv"}


class HostForm(GovukForm):
    """The owner's written authorisation to check dummy files on a host."""

    button = lazy("Record the authorisation")

    host = forms.CharField(
        label=lazy("Host"),
        help_text=lazy("For example, assets.example.gov.uk"),
        max_length=255,
        error_messages={"required": lazy("Enter a host, such as www.example.gov.uk")},
    )
    owner_name = forms.CharField(
        label=lazy("Name of the owner"),
        help_text=lazy("The person responsible for the host, for example a service owner."),
        max_length=200,
        error_messages={"required": lazy("Enter the name of the owner")},
    )
    owner_post = forms.CharField(
        label=lazy("Post of the owner"),
        max_length=200,
        error_messages={"required": lazy("Enter the post of the owner")},
    )
    reference = forms.CharField(
        label=lazy("Reference of the written authorisation"),
        help_text=lazy("So that you can find the letter or email again."),
        max_length=200,
        error_messages={"required": lazy("Enter the reference of the written authorisation")},
    )
    authorised_on = GovukDateField(
        label=lazy("Date of the written authorisation"), help_text=lazy("For example, 30 6 2026")
    )


class AddressForm(GovukForm):
    """The addresses of a dummy file and of its unpublished page.

    The person must also confirm that the file is at its address.
    """

    button = lazy("Check these addresses")

    file_url = forms.CharField(
        label=lazy("Web address of the dummy file"),
        max_length=1000,
        error_messages={"required": lazy("Enter the web address of the dummy file")},
    )
    page_url = forms.CharField(
        label=lazy("Web address of the unpublished dummy page (optional)"),
        help_text=lazy(
            "A draft or preview of a page that you made for this dummy file. We check if it can be read without "
            "signing in."
        ),
        max_length=1000,
        required=False,
    )
    in_place = forms.BooleanField(
        label=lazy("The dummy file is at this address now"),
        help_text=lazy("The result ‘Not open’ means nothing if the file is not there."),
        error_messages={"required": lazy("Confirm that the dummy file is at this address now")},
    )

    def __init__(self, data: QueryDict | None = None, *, record: DummyFileRecord) -> None:
        last = record.last_check
        super().__init__(data, initial={"file_url": last.file_url, "page_url": last.page_url} if last else None)
        self.fields["file_url"].help_text = _(
            "The file name must contain %(code)s. Never enter the address of a real file that is not published."
        ) % {"code": record.dummy_file.code}


class RemedyForm(GovukForm):
    """The measure that was taken after a check found an open address."""

    button = lazy("Record what was done")
    options = {"measure": {"size": "m"}}

    measure = forms.ChoiceField(
        label=lazy("What was done?"),
        choices=OpenFileRemedy.Measure.choices,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select what was done")},
    )


@login_required
@require_safe
def list_open_files(request: SignedInRequest) -> HttpResponse:
    """List the dummy files and authorised hosts that the person may know about."""
    known = open_files.producers_shown_to(request.user).order_by("name")
    producers = list(known)
    if not producers:
        raise Http404(NOTHING)
    hosts = HostAuthorisation.objects.current().filter(producer__in=producers).select_related("producer", "recorded_by")
    columns = {"file": Column(_("Dummy file"), "code"), "series": Column(_("Series"), Lower("series__title"))}
    if len(producers) > 1:
        columns["producer"] = Column(_("Producer"), Lower("series__producer__name"))
    columns["checked"] = Column(_("Last checked"), "checked_at", descending_first=True)
    columns["result"] = Column(_("Result"), "state_place")
    order = ListOrder(request.GET, columns)
    files = open_files.files_known_to(request.user)
    if order.chosen.endswith("result"):
        files = open_files.with_state_place(files)
    # Set the order explicitly, because queries with GROUP BY ignore `Meta.ordering`.
    in_list = files.annotate(checked_at=Max("checks__requested_at")).order_by("-made_at", "-pk")
    page = Paginator(order.sort(in_list), FILES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "order": order,
        "records": open_files.read_records(page),
        "hosts": hosts.order_by("producer__name", "host"),
        "several_producers": len(producers) > 1,
        "checked_producers": [one for one in producers if may(request.user, Action.CHECK_OPEN_FILES, one)],
        "led_producers": [one for one in producers if may(request.user, Action.AUTHORISE_HOST, one)],
    }
    return render(request, "releases/open_files/list.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def authorise_host_view(request: SignedInRequest, producer: str) -> HttpResponse:
    owner = _find_producer(request, producer, Action.AUTHORISE_HOST)
    form = HostForm(post_data(request))

    def act() -> None:
        open_files.authorise_host(owner, Authorisation(**form.cleaned_data), by=request.user, at=timezone.now())

    if is_completed(form, act):
        messages.success(request, _("Authorisation recorded. You can check dummy files on this host now."))
        return redirect("releases:open_files")
    return render(request, "releases/open_files/authorise_host.html", {"producer": owner, "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def withdraw_host_view(request: SignedInRequest, key: int) -> HttpResponse:
    """Ask for confirmation, and withdraw the authorisation of a host."""
    rows = HostAuthorisation.objects.filter(producer__in=producers_where(request.user, Action.AUTHORISE_HOST))
    authorisation = get_object_or_404(rows.exclude(kind="withdrawn").select_related("producer", "recorded_by"), pk=key)
    if request.method == "POST":
        try:
            open_files.withdraw_authorisation(authorisation, by=request.user, at=timezone.now())
        except ChangedMeanwhile as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Authorisation withdrawn. We will not send requests to this host."))
        return redirect("releases:open_files")
    return render(request, "releases/open_files/withdraw_host.html", {"authorisation": authorisation})


@login_required
@require_http_methods(["GET", "POST"])
def make_dummy_file_view(request: SignedInRequest, producer: str) -> HttpResponse:
    owner = _find_producer(request, producer, Action.CHECK_OPEN_FILES)
    form = SeriesForm(post_data(request), producer=owner)
    made = []

    def act() -> None:
        made.append(open_files.make_dummy_file(form.cleaned_data["series"], by=request.user, at=timezone.now()))

    if is_completed(form, act):
        messages.success(request, _("Dummy file created. Download it, and follow the steps on this page."))
        return redirect("releases:open_file", made[0].pk)
    context = {"producer": owner, "form": form, "has_series": owner.series.exists()}
    return render(request, "releases/open_files/make.html", context)


class SeriesForm(GovukForm):
    button = lazy("Create a dummy file")

    series = forms.ModelChoiceField(
        label=lazy("Which series uses this location?"),
        queryset=Series.objects.none(),
        empty_label=lazy("Choose one"),
        error_messages={"required": lazy("Select a series")},
    )

    def __init__(self, data: QueryDict | None = None, *, producer: Producer) -> None:
        super().__init__(data)
        self.fields["series"].queryset = producer.series.order_by("title")  # type: ignore[attr-defined]  # declared above


def _find_producer(request: SignedInRequest, slug: str, action: Action) -> Producer:
    return get_object_or_404(producers_where(request.user, action), slug=slug)


@login_required
@require_safe
def show_open_file(request: SignedInRequest, key: int) -> HttpResponse:
    """Show a dummy file, the steps to follow, and the results of its checks."""
    record = _find_record(request, key)
    return render(request, "releases/open_files/open_file.html", _context(request, record))


def _find_record(request: SignedInRequest, key: int, action: Action | None = None) -> DummyFileRecord:
    """Return the record of a dummy file if the person may know about it.

    :param action: an action that the person must also be allowed to perform, if any.
    :raises Http404: if there is no such file, or the person may not know about it or perform the action.
    """
    dummy_file = open_files.files_known_to(request.user).filter(pk=key).first()
    if dummy_file is None or (action and not may(request.user, action, dummy_file.series.producer)):
        raise Http404(NOTHING)
    (record,) = open_files.read_records([dummy_file])
    return record


def _context(request: SignedInRequest, record: DummyFileRecord) -> dict[str, Any]:
    producer = record.dummy_file.series.producer
    return {
        "record": record,
        "dummy_file": record.dummy_file,
        "producer": producer,
        "may_check": may(request.user, Action.CHECK_OPEN_FILES, producer),
        "has_hosts": HostAuthorisation.objects.current().filter(producer=producer).exists(),
        "kinds": list(KINDS),
    }


@login_required
@require_safe
def download_dummy_file(request: SignedInRequest, key: int, kind: str) -> HttpResponse:
    record = _find_record(request, key, Action.CHECK_OPEN_FILES)
    if kind not in KINDS:
        raise Http404(NOTHING)
    content = open_files.write_dummy_file(record.dummy_file, kind)
    response = HttpResponse(content, content_type=f"{KINDS[kind]}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{record.dummy_file.name}.{kind}"'
    return response


@login_required
@require_http_methods(["GET", "POST"])
def check_open_file(request: SignedInRequest, key: int) -> HttpResponse:
    """Ask for the addresses of a dummy file, and request a check of these addresses."""
    record = _find_record(request, key, Action.CHECK_OPEN_FILES)
    form = AddressForm(post_data(request), record=record)

    def act() -> None:
        given = form.cleaned_data
        open_files.request_check(
            record.dummy_file,
            file_url=given["file_url"],
            page_url=given["page_url"],
            by=request.user,
            at=timezone.now(),
        )

    if is_completed(form, act):
        messages.success(request, _("Check requested. Refresh this page for the result, usually within a minute."))
        return redirect("releases:open_file", key)
    return render(request, "releases/open_files/check.html", {**_context(request, record), "form": form})


@login_required
@require_http_methods(["GET", "POST"])
def record_remedy_view(request: SignedInRequest, key: int) -> HttpResponse:
    """Show the form for the action that was taken on an open dummy file, and record the answer."""
    record = _find_record(request, key, Action.CHECK_OPEN_FILES)
    form = RemedyForm(post_data(request))
    done = []

    def act() -> None:
        measure = OpenFileRemedy.Measure(form.cleaned_data["measure"])
        done.append(open_files.record_remedy(record, measure, by=request.user, at=timezone.now()))

    try:
        if is_completed(form, act):
            if done[0]:
                messages.success(request, _("Recorded. Now check again: the task ends when the result is ‘Not open’."))
            else:
                messages.info(request, _("You did not make any changes."))
            return redirect("releases:open_file", key)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("releases:open_file", key)
    return render(request, "releases/open_files/remedy.html", {**_context(request, record), "form": form})
