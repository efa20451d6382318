"""The pages that recipients of pre-release access open with a personal link.

Recipients have no account. Only a button changes the record, so opening a link changes nothing.

No response depends on a cookie, and no response sets one. The pages send no referrer, so browsers send "null" as the
origin of their forms. Django's CSRF protection would refuse these forms, so the views do not use it. Instead, the
secret token in the address protects the forms, because other sites do not know the token.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate

from django import forms
from django.contrib.messages import SUCCESS
from django.contrib.messages.storage.base import Message
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from releases import receipts
from releases.forms import ClockTimeField, GovukDateField, GovukForm
from releases.models import AccessLink
from releases.rules.receipts import ANSWERS, Answer, Disclosure, Purpose
from releases.text.receipts import DISCLOSURES, list_access_terms
from releases.views.base import post_data

HEADERS: Mapping[str, str] = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
# The answers that have a button on the page. A possible disclosure is reported with a form instead.
BUTTONS = (Answer.CONFIRMED, Answer.ACKNOWLEDGED, Answer.NOT_NEEDED)
# The success message at the top of the page after each answer.
GIVEN = {
    Answer.CONFIRMED: lazy("You have confirmed the terms."),
    Answer.ACKNOWLEDGED: lazy("You have confirmed that you have the statistics."),
    Answer.NOT_NEEDED: lazy("You have said that you no longer need access."),
    Answer.DISCLOSURE: lazy("You have reported a possible disclosure."),
}


class DisclosureForm(GovukForm):
    """A report of a possible disclosure. The form has no free text, so that a report cannot contain figures."""

    options = {"what": {"size": "m"}, "on": {"size": "s"}, "time": {"size": "s", "css_class": "govuk-input--width-5"}}

    what = forms.ChoiceField(
        label=lazy("What may have happened?"),
        choices=[(code.value, label) for code, label in DISCLOSURES.items()],
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select what may have happened")},
    )
    on = GovukDateField(
        label=lazy("Date on which it happened (optional)"),
        help_text=lazy("Enter the date and the time together, or leave both empty. For example, 29 6 2026"),
        required=False,
    )
    time = ClockTimeField(
        label=lazy("London time (required if you enter a date)"), help_text=lazy("For example, 4:10pm"), required=False
    )

    def __init__(self, data: QueryDict | None = None) -> None:
        super().__init__(data)
        self.button = _("Report a possible disclosure")
        # CSRF protection would set a cookie.
        self.helper.disable_csrf = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        cleaned["instant"] = None
        if cleaned.get("time") and not cleaned.get("on") and "on" not in self.errors:
            self.add_error("on", _("Enter the date too, or leave both empty"))
        elif cleaned.get("on") and not cleaned.get("time") and "time" not in self.errors:
            self.add_error("time", _("Enter the time too, or leave both empty"))
        elif cleaned.get("on") and cleaned.get("time"):
            self.combine_instant(cleaned, on="on", at="time", to="instant")
            if cleaned.get("instant") and cleaned["instant"] > timezone.now():
                self.add_error("on", _("Enter a time in the past"))
        return cleaned


def link_view[**P](
    view: Callable[Concatenate[HttpRequest, AccessLink, str, P], HttpResponse | None],
) -> Callable[..., HttpResponse]:
    """Decorate a view: find the link for the token in the address, and pass the link to the view.

    All links that do not work get the same response.
    """

    @csrf_exempt
    @require_http_methods(["GET", "HEAD", "POST"])
    @wraps(view)
    def page(request: HttpRequest, token: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method == "POST" and not _is_own_form(request):
            raise PermissionDenied("The form was sent from another site.")
        link = receipts.find_link(token, now=timezone.now())
        response = view(request, link, token, *args, **kwargs) if link else None
        if response is None:
            response = render(request, "releases/receipts/over.html", status=404)
        for name, value in HEADERS.items():
            response.headers[name] = value
        return response

    return page


def _is_own_form(request: HttpRequest) -> bool:
    origin = request.headers.get("Origin", "null")
    return origin in {"null", f"{request.scheme}://{request.get_host()}"}


@link_view
def show_link(request: HttpRequest, link: AccessLink, token: str) -> HttpResponse | None:
    """Show the page of a link. If the person pressed a button, record the answer."""
    if request.method == "POST":
        answer = request.POST.get("answer", "")
        if answer not in BUTTONS or receipts.answer_link(token, Answer(answer), at=timezone.now()) is None:
            return None
        return _back_to_link(token, Answer(answer))
    answered = receipts.recipients_of(link.entry.release)[link.entry_id].answered
    offered = ANSWERS[Purpose(link.purpose)] - answered.keys()
    context = {
        **_context(link, token),
        "answered": {answer.value: at for answer, at in answered.items()},
        "offered": {answer.value for answer in offered},
        "terms": list_access_terms(link.entry),
        "is_handling": link.purpose == Purpose.HANDLING,
        # The page sets no cookie, so the query string names the answer that was just given. Show the message only if
        # this answer is recorded.
        "messages": [
            Message(SUCCESS, str(sentence))
            for answer, sentence in GIVEN.items()
            if request.GET.get("given") == answer and answer in answered
        ],
    }
    return render(request, "releases/receipts/link.html", context)


def _back_to_link(token: str, given: Answer) -> HttpResponse:
    return redirect(reverse("releases:receipt", args=[token], query={"given": given.value}))


@link_view
def report_disclosure(request: HttpRequest, link: AccessLink, token: str) -> HttpResponse | None:
    """Ask what may have been disclosed, and record the report. A person decides what to do about the report.

    Only one report is recorded for each link. If a second report says something else, it is not recorded, and the page
    says so.
    """
    form = DisclosureForm(post_data(request))
    if form.is_valid():
        given = form.cleaned_data
        try:
            reported = receipts.answer_link(
                token,
                Answer.DISCLOSURE,
                at=timezone.now(),
                what=Disclosure(given["what"]),
                happened_at=given["instant"],
            )
        except receipts.AlreadyReported as refusal:
            form.add_error(None, str(refusal))
        else:
            return _back_to_link(token, Answer.DISCLOSURE) if reported else None
    return render(request, "releases/receipts/disclosure.html", {**_context(link, token), "form": form})


def _context(link: AccessLink, token: str) -> dict[str, Any]:
    release = link.entry.release
    return {
        "entry": link.entry,
        "release": release,
        "producer": release.series.producer,
        "contact": release.series.responsible,
        "token": token,
    }
