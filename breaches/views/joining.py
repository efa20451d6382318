"""The pages on which the drafts of one morning become one report, and on which that one is taken apart again."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from breaches.core.status import PART
from breaches.drafts import joining
from breaches.drafts.mornings import drafts_of
from breaches.forms.decisions import MoveForm
from breaches.forms.joining import JoinForm
from breaches.models import JoinedDraft, Report
from breaches.permissions import may_start
from breaches.reports.versions import changes_since
from breaches.views.access import report_page
from breaches.views.move_pages import MovePage, decide
from breaches.words import events_in_words
from releases.models import Producer
from releases.rules.lifecycle import MoveRefused
from releases.views.base import SignedInRequest

PART_PAGE = MovePage(
    PART,
    MoveForm,
    "breaches/part.html",
    joining.part,
    lazy("The report is taken apart. Its drafts go on by themselves."),
)


@login_required
@require_http_methods(["GET", "POST"])
def join(request: SignedInRequest, producer: str, on: date, *, rehearsal: bool = False) -> HttpResponse:
    """Ask which drafts of a producer's morning become one report, and join them."""
    found = Producer.objects.filter(slug=producer).first()
    if found is None or not may_start(request.user, found):
        message = "There is no such producer, or it is not yours."
        raise Http404(message)
    drafts = drafts_of(found, on=on, rehearsal=rehearsal).prefetch_related(
        "suspicions__release", "suspicions__verification"
    )
    in_order = list(drafts.order_by("pk"))
    form = JoinForm(request.POST if request.method == "POST" else None, drafts=in_order)
    if (joint := _joined_by_this_form(request)) is not None:
        messages.info(request, _("These drafts are joined already: this is the report."))
        return redirect("breaches:report", joint.reference)
    since: list[dict[str, Any]] = []
    if form.is_valid() and form.outdated:
        since = [
            {"draft": draft, "events": events_in_words.listed(changes, {})}
            for draft in form.outdated
            if (changes := changes_since(draft, form.cleaned_data["last_change"]).select_related("actor"))
        ]
        form = form.renewed()
        form.add_error("drafts", _("Check what has changed, then join the drafts again"))
    elif form.is_valid():
        try:
            joint = joining.join(form.chosen, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            form.add_error("drafts", str(refused))
        else:
            messages.success(request, _("The drafts are one report now."))
            return redirect("breaches:report", joint.reference)
    context = {"producer": found, "on": on, "rehearsal": rehearsal, "drafts": in_order, "form": form, "since": since}
    return render(request, "breaches/join.html", context, status=409 if since else 200)


@report_page("GET", "POST", move=PART)
def part(request: SignedInRequest, report: Report) -> HttpResponse:
    """Take a joint report apart, after reading what that means."""
    if request.method != "POST" and not joining.can_be_parted(report):
        messages.warning(request, _("This report cannot be taken apart."))
        return redirect("breaches:report", report.reference)
    return decide(request, report, PART_PAGE)


def _joined_by_this_form(request: SignedInRequest) -> Report | None:
    """Return the joint report if the person has sent the same form before."""
    chosen = set(request.POST.getlist("drafts"))
    joined = JoinedDraft.objects.standing().filter(draft__reference__in=chosen, by=request.user).select_related("joint")
    joint = {row.joint for row in joined}
    return joint.pop() if chosen and len(joined) == len(chosen) and len(joint) == 1 else None
