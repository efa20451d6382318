"""The page that shows sent messages."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from releases.forms import FilterForm
from releases.views.base import SignedInRequest
from statsoffice.notifications import history

PAGE_SIZE = 30


class MessageFilter(FilterForm):
    """The filter of the messages by release or report, and by state."""

    about = forms.CharField(label=lazy("Reference of a release or report"), required=False, max_length=200)
    state = forms.ChoiceField(
        label=lazy("What became of it"),
        required=False,
        choices=[("", lazy("Anything")), *((state.value, words) for state, words in history.STATES.items())],
        error_messages={"invalid_choice": lazy("There is no state “%(value)s” of a message.")},
    )


@login_required
@require_safe
def list_notifications(request: SignedInRequest) -> HttpResponse:
    form = MessageFilter(request.GET)
    filters: dict[str, Any] = form.cleaned_data if form.is_valid() else {"about": "", "state": ""}
    visible = history.visible_messages(request.user)
    messages = history.filter_messages(visible, about=filters["about"].strip(), state=filters["state"])
    page = Paginator(history.list_event_keys(messages), PAGE_SIZE).get_page(request.GET.get("page"))
    news = list(history.find_notifications(messages, list(page), person=request.user)) if form.is_valid() else []
    context = {
        "form": form,
        "page": page,
        "news": news,
        "about": filters["about"].strip(),
        "is_narrowed": any(filters.values()) or not form.is_valid(),
    }
    return render(request, "notifications/sent.html", context)
