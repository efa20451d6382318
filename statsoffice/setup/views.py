"""The pages on which an administrator sets up an office."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from releases.forms import GovukForm
from releases.models import Producer, Series
from releases.models.append_only import choices_of
from releases.models.producer import Designation
from releases.permissions import NotYours
from releases.rules import web_address
from releases.rules.calendar import Nation
from releases.rules.lifecycle import MoveRefused
from releases.views.base import SignedInRequest
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.views import send_with_message
from statsoffice.setup import steps
from statsoffice.setup.steps import Office, Step, StepStatus, last_rehearsal, may_set_up, office_of

LONGEST_WAIT = 120
SHORTEST_WAIT = 2


class StepForm(GovukForm):
    button = lazy("Save and continue")


class ProducerForm(StepForm):
    name = forms.CharField(
        label=lazy("Name of the producer"),
        max_length=300,
        error_messages={"required": lazy("Enter the name of the producer")},
    )
    nation = forms.ChoiceField(
        label=lazy("Bank holidays"),
        choices=choices_of(Nation),
        initial=Nation.ENGLAND,
        widget=forms.RadioSelect,
    )
    hosts = forms.CharField(
        label=lazy("Websites where the producer publishes (optional)"),
        help_text=lazy(
            "Enter one on each line, for example www.gov.uk. Web pages of releases can only redirect to these websites."
        ),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if Producer.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("A producer with this name already exists"))
        return name


class HeadForm(StepForm):
    name = forms.CharField(
        label=lazy("Full name"), max_length=200, error_messages={"required": lazy("Enter their full name")}
    )
    post = forms.CharField(
        label=lazy("Post"), max_length=200, initial=lazy("Head of Profession for Statistics"), required=False
    )
    email = forms.EmailField(
        label=lazy("Email address"),
        help_text=lazy("We send notifications to this address. The Head of Profession also uses it to sign in."),
        error_messages={"required": lazy("Enter their email address")},
    )
    telephone = forms.CharField(label=lazy("Telephone (optional)"), max_length=50, required=False)


class SeriesForm(StepForm):
    title = forms.CharField(
        label=lazy("Title of the series"),
        help_text=lazy("For example, Labour market overview"),
        max_length=300,
        error_messages={"required": lazy("Enter the title of the series")},
    )
    designation = forms.ChoiceField(
        label=lazy("Designation"),
        choices=Designation.choices,
        initial=Designation.OFFICIAL,
        widget=forms.RadioSelect,
    )
    team = forms.CharField(
        label=lazy("Contact"),
        help_text=lazy("A person or team. We notify them if a release is late."),
        max_length=200,
        error_messages={"required": lazy("Enter the contact")},
    )
    email = forms.EmailField(
        label=lazy("Contact email address"), error_messages={"required": lazy("Enter the contact’s email address")}
    )
    telephone = forms.CharField(label=lazy("Contact telephone (optional)"), max_length=50, required=False)
    screenshots = forms.BooleanField(
        label=lazy("Take screenshots of the web page at the release time"),
        help_text=lazy(
            "We need a browser on our server for this. Ask the people who run this service whether it is installed."
        ),
        required=False,
    )

    def __init__(self, *args: Any, producer: Producer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.producer = producer

    def clean_title(self) -> str:
        title: str = self.cleaned_data["title"]
        if Series.objects.filter(producer=self.producer, title__iexact=title).exists():
            raise forms.ValidationError(_("A series with this title already exists"))
        return title


class RehearsalForm(StepForm):
    button = lazy("Start rehearsal")
    options = {"minutes": {"suffix": lazy("minutes"), "css_class": "govuk-input--width-3"}}

    url = forms.CharField(
        label=lazy("Web page"),
        help_text=lazy("A test page on your own website that you can publish yourself."),
        max_length=1000,
        error_messages={"required": lazy("Enter the web page")},
    )
    marker = forms.CharField(
        label=lazy("Text that the page shows when it is published"),
        help_text=lazy(
            "The page must not show this text before you publish it. For example, Rehearsal on Tuesday morning"
        ),
        max_length=200,
        error_messages={"required": lazy("Enter the text that the page shows when it is published")},
    )
    minutes = forms.IntegerField(
        label=lazy("Minutes until the rehearsal is due"),
        min_value=SHORTEST_WAIT,
        max_value=LONGEST_WAIT,
        initial=5,
        error_messages={"required": lazy("Enter the number of minutes")},
    )

    def clean_url(self) -> str:
        try:
            return web_address.parse_address(self.cleaned_data["url"]).url
        except web_address.NotAWebAddressError as error:
            raise forms.ValidationError(str(error)) from error


TITLES = {
    Step.NAME: lazy("Name your office"),
    Step.PRODUCER: lazy("Add a producer"),
    Step.HEAD: lazy("Add the Head of Profession"),
    Step.SERIES: lazy("Add a series"),
    Step.CALENDAR: lazy("Add releases"),
    Step.REHEARSAL: lazy("Rehearse a release"),
}
STANDINGS = {
    StepStatus.DONE: (lazy("Completed"), ""),
    StepStatus.UNDER_WAY: (lazy("In progress"), "light-blue"),
    StepStatus.TO_DO: (lazy("To do"), "blue"),
    StepStatus.WAITS: (lazy("Cannot start yet"), ""),
}


@login_required
@require_safe
def overview(request: SignedInRequest) -> HttpResponse:
    office = _office(request)
    tasks = []
    for step, standing in office.standings.items():
        status, colour = STANDINGS[standing]
        address = "" if standing is StepStatus.WAITS else reverse(f"setting_up:{step.name.lower()}")
        tasks.append({"title": TITLES[step], "address": address, "status": status, "colour": colour})
    return render(request, "setup/overview.html", {"tasks": tasks, "left": office.left})


@login_required
@require_safe
def name(request: SignedInRequest) -> HttpResponse:
    office = _office(request)
    named = office.standings[Step.NAME] is StepStatus.DONE
    return _page(request, Step.NAME, office, named=named, setting="STATSOFFICE_OFFICE_NAME")


@login_required
@require_http_methods(["GET", "POST"])
def producer(request: SignedInRequest) -> HttpResponse:
    office = _office(request)
    form = ProducerForm(request.POST or None)
    if office.producer is None and form.is_valid():
        given = {**form.cleaned_data, "nation": Nation(form.cleaned_data["nation"])}
        try:
            _or_404(lambda: steps.create_first_producer(**given, by=request.user))
        except steps.RolesExist as refusal:
            form.add_error(None, str(refusal))
        else:
            return _redirect_to_overview(request, Step.PRODUCER)
    return _page(request, Step.PRODUCER, office, form=form if office.producer is None else None)


@login_required
@require_http_methods(["GET", "POST"])
def head(request: SignedInRequest) -> HttpResponse:
    office = _office(request)
    current = _producer(office)
    form = HeadForm(request.POST or None)
    if form.is_valid():
        try:
            invited = _or_404(
                lambda: steps.appoint_head(current, **form.cleaned_data, by=request.user, at=timezone.now())
            )
        except InvitationRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            if invited is None:
                return _redirect_to_overview(request, Step.HEAD)
            send_with_message(request, invited[0], secret=invited[1])
            return redirect("setting_up:overview")
    return _page(request, Step.HEAD, office, form=form, under_way=office.standings[Step.HEAD] is StepStatus.UNDER_WAY)


@login_required
@require_http_methods(["GET", "POST"])
def series(request: SignedInRequest) -> HttpResponse:
    office = _office(request)
    current = _producer(office)
    form = SeriesForm(request.POST or None, producer=current)
    if form.is_valid():
        _or_404(lambda: steps.create_series(current, **form.cleaned_data, by=request.user))
        return _redirect_to_overview(request, Step.SERIES)
    return _page(request, Step.SERIES, office, form=form, series=current.series.all())


@login_required
@require_safe
def calendar(request: SignedInRequest) -> HttpResponse:
    office = _office(request)
    _producer(office)
    return _page(request, Step.CALENDAR, office)


@login_required
@require_http_methods(["GET", "POST"])
def rehearsal(request: SignedInRequest) -> HttpResponse:
    office = _office(request)
    current = _producer(office)
    rehearsed = current.series.order_by("pk").first()
    if rehearsed is None:
        raise Http404
    form = RehearsalForm(request.POST or None)
    if form.is_valid():
        try:
            _or_404(
                lambda: steps.schedule_rehearsal(rehearsed, **form.cleaned_data, by=request.user, at=timezone.now())
            )
        except MoveRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Rehearsal started. Publish the page at the due time."))
            return redirect("setting_up:rehearsal")
    return _page(request, Step.REHEARSAL, office, form=form, release=last_rehearsal(current))


def _office(request: SignedInRequest) -> Office:
    if not may_set_up(request.user):
        raise Http404("Only administrators can set up the office.")
    return office_of(request.user)


def _producer(office: Office) -> Producer:
    if office.producer is None:
        raise Http404("There is no producer yet.")
    return office.producer


def _or_404[Result](act: Callable[[], Result]) -> Result:
    try:
        return act()
    except NotYours as refusal:
        raise Http404 from refusal


def _page(
    request: SignedInRequest, step: Step, office: Office, *, form: StepForm | None = None, **context: object
) -> HttpResponse:
    complete = {
        "title": TITLES[step],
        "number": list(Step).index(step) + 1,
        "count": len(Step),
        "done": office.standings[step] is StepStatus.DONE,
        "producer": office.producer,
        "office": settings.OFFICE_NAME,
        "form": form,
        **context,
    }
    return render(request, f"setup/{step.name.lower()}.html", complete)


def _redirect_to_overview(request: SignedInRequest, step: Step) -> HttpResponse:
    messages.success(request, _("‘%(step)s’ completed.") % {"step": TITLES[step]})
    return redirect("setting_up:overview")
