"""Starting a report by hand about a release's pre-release access list."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from breaches import access_on_record, starting
from breaches.forms.starting import StartForm
from breaches.permissions import may_start
from breaches.views.access import SignedInRequest
from releases.models import Release


@login_required
@require_http_methods(["GET", "POST"])
def about_access_list(request: SignedInRequest, release: str) -> HttpResponse:
    """Ask when it happened, and start the report with what the list holds."""
    found = Release.objects.select_related("series__producer").filter(reference=release).first()
    if found is None or not may_start(request.user, found.series.producer):
        message = "There is no such release, or it is not yours."
        raise Http404(message)
    now = timezone.now()
    form = StartForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            started = starting.start(found, occurred_on=form.cleaned_data["occurred_on"], by=request.user, at=now)
        except starting.CannotHaveHappened as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            if started.is_new:
                messages.success(request, _("The report is started."))
            else:
                messages.info(request, _("A report about this list is open already: this is it."))
            return redirect("breaches:report", started.report.reference)
    context = {
        "release": found,
        "form": form,
        "open_report": starting.open_report(found),
        "facts": access_on_record.access_facts_of(found, now=now),
    }
    return render(request, "breaches/start_pra.html", context)
