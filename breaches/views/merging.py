"""Pages and forms to combine drafts into one report and to separate it again."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from breaches import merging, text
from breaches.models import JoinedDraft, Report
from breaches.permissions import may_start
from breaches.rules.lifecycle import PART, ReportKind
from breaches.text import suspicion_name
from breaches.versions import changes_since
from breaches.views.base import MoveForm, MovePage, report_page, return_to_report
from releases.forms import GovukForm, Question, inside_the_form
from releases.models import Producer
from releases.rules.calendar import format_time
from releases.rules.lifecycle import MoveRefused
from releases.text.languages import join_with_and
from releases.views.base import SignedInRequest, post_data

SPLIT_PAGE = MovePage(
    PART,
    MoveForm,
    "breaches/part.html",
    merging.split_report,
    lazy("Report separated into the original drafts."),
)


@report_page("GET", "POST", move=PART)
def split_report_view(request: SignedInRequest, report: Report) -> HttpResponse:
    if request.method != "POST" and not merging.can_be_split(report):
        return return_to_report(request, report, _("You cannot separate this report."))
    return SPLIT_PAGE.respond(request, report)


class MergeForm(GovukForm):
    """Form to choose the drafts to merge into one report. Drafts that may have the same cause are preselected."""

    last_change = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    seen_kinds = forms.CharField(required=False, widget=forms.HiddenInput)
    drafts = forms.MultipleChoiceField(
        label=lazy("Which drafts do you want to combine?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": lazy("Select at least two drafts"),
            "invalid_choice": lazy("You can no longer combine one of these drafts. Check the list and try again"),
        },
    )

    def __init__(self, data: QueryDict | None = None, *, drafts: Sequence[Report], start: str = "") -> None:
        """Offer the drafts.

        :param drafts: reports with prefetched suspicions, verifications and releases.
        :param start: the reference of the draft that the person viewed before this page.
        """
        super().__init__(data, initial={"drafts": [draft.reference for draft in _find_alike(drafts, start)]})
        # The events of all reports are numbered in one sequence. So if one of the drafts changes later, the number of
        # its last change is higher than this maximum.
        self.initial["last_change"] = max((draft.last_change for draft in drafts), default=0)
        self.by_reference = {draft.reference: draft for draft in drafts}
        self.fields["drafts"].choices = [  # type: ignore[attr-defined]  # declared above
            (draft.reference, "; ".join(dict.fromkeys(one.release.title for one in draft.suspicions.all())))
            for draft in drafts
        ]

    def clean_drafts(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["drafts"]
        if len(chosen) < 2:  # there is nothing to merge with
            raise forms.ValidationError(_("Select at least two drafts"))
        return chosen

    def renew(self) -> "MergeForm":
        """Return a form with the same chosen drafts and errors that say what to check before combining them.

        The form contains what the person can now see: the current number of the last change, and the different kinds.
        """
        sent = QueryDict(mutable=True)
        sent.setlist("drafts", self.cleaned_data["drafts"])
        sent["last_change"] = str(self.initial["last_change"])
        sent["seen_kinds"] = ",".join(self.different_kinds)
        renewed = MergeForm(sent, drafts=list(self.by_reference.values()))
        if self.outdated:
            renewed.add_error("drafts", _("Check what has changed, then combine the drafts again"))
        if self.has_unseen_kinds:
            sentence = _(
                "These drafts are of different kinds (%(kinds)s). Combine them only if they have the same cause. To "
                "confirm, select ‘Combine these drafts’ again"
            )
            kinds = ", ".join(str(text.KINDS[ReportKind(kind)]).lower() for kind in self.different_kinds)
            renewed.add_error("drafts", sentence % {"kinds": kinds})
        return renewed

    @property
    def outdated(self) -> list[Report]:
        """The chosen drafts that have changed since the form was opened. The form must be valid."""
        return [draft for draft in self.chosen if draft.last_change > self.cleaned_data["last_change"]]

    @property
    def different_kinds(self) -> list[str]:
        """All kinds of the chosen drafts, or nothing if each draft has the same kinds. The form must be valid."""
        of_each = {frozenset(one.kind for one in draft.suspicions.all()) for draft in self.chosen}
        return sorted(frozenset().union(*of_each)) if len(of_each) > 1 else []

    @property
    def has_unseen_kinds(self) -> bool:
        return ",".join(self.different_kinds) not in {"", self.cleaned_data["seen_kinds"]}

    @property
    def chosen(self) -> list[Report]:
        return [self.by_reference[reference] for reference in self.cleaned_data["drafts"]]

    @cached_property
    def helper(self) -> FormHelper:
        hints = {reference: _hint(draft) for reference, draft in self.by_reference.items()}
        return inside_the_form("last_change", "seen_kinds", Question("drafts", size="m", hints=hints))


def _find_alike(drafts: Iterable[Report], start: str) -> list[Report]:
    """Return the drafts with the same kinds of breach and due times as the draft `start`.

    If none of the drafts is `start`, return the largest group of drafts with the same kinds and due times. If no two
    drafts are alike, return an empty list.
    """
    groups: dict[frozenset[tuple[str, datetime]], list[Report]] = defaultdict(list)
    for draft in drafts:
        groups[frozenset((one.kind, one.verification.due_at) for one in draft.suspicions.all())].append(draft)
    own = (alike for alike in groups.values() if start in {draft.reference for draft in alike})
    largest = max(groups.values(), key=len, default=[])
    return next(own, largest if len(largest) > 1 else [])


def _hint(draft: Report) -> str:
    suspicions = draft.suspicions.all()
    return _("Suspected breach: %(kinds)s. Due at %(due)s. Report %(number)s") % {
        "kinds": join_with_and(dict.fromkeys(suspicion_name(suspicion) for suspicion in suspicions)),
        "due": join_with_and(dict.fromkeys(format_time(suspicion.verification.due_at) for suspicion in suspicions)),
        "number": draft.number,
    }


@login_required
@require_http_methods(["GET", "POST"])
def merge_drafts_view(request: SignedInRequest, producer: str, on: date, *, rehearsal: bool = False) -> HttpResponse:
    """Ask which drafts of a producer to merge, and merge them. All drafts are about releases of the same day."""
    found = Producer.objects.filter(slug=producer).first()
    if found is None or not may_start(request.user, found):
        raise Http404("There is no such producer, or it is not yours.")
    drafts = list(
        merging.drafts_of(found, on=on, rehearsal=rehearsal)
        .prefetch_related("suspicions__release", "suspicions__verification")
        .order_by("pk")
    )
    form = MergeForm(post_data(request), drafts=drafts, start=request.GET.get("from", ""))
    if (joint := _merged_by_this_form(request)) is not None:
        messages.info(request, _("These drafts have already been combined. This is the combined report."))
        return redirect("breaches:report", joint.reference)
    since: list[dict[str, Any]] = []
    if form.is_valid() and (form.outdated or form.has_unseen_kinds):
        since = [
            {"draft": draft, "events": text.list_events(changes, {})}
            for draft in form.outdated
            if (changes := changes_since(draft, form.cleaned_data["last_change"]).select_related("actor"))
        ]
        form = form.renew()
    elif form.is_valid():
        try:
            joint = merging.merge_drafts(form.chosen, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            form.add_error("drafts", str(refused))
        else:
            messages.success(request, _("Drafts combined."))
            return redirect("breaches:report", joint.reference)
    context = {"producer": found, "on": on, "rehearsal": rehearsal, "drafts": drafts, "form": form, "since": since}
    return render(request, "breaches/join.html", context, status=409 if since else 200)


def _merged_by_this_form(request: SignedInRequest) -> Report | None:
    """Return the merged report if the person has already submitted this form, or None."""
    # No form has validated these references. PostgreSQL refuses null characters, so skip references that contain one.
    chosen = {reference for reference in request.POST.getlist("drafts") if "\0" not in reference}
    merged = JoinedDraft.objects.in_force().filter(draft__reference__in=chosen, by=request.user).select_related("joint")
    joint = {row.joint for row in merged}
    return joint.pop() if chosen and len(merged) == len(chosen) and len(joint) == 1 else None
