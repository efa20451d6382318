"""Taking the register out of the house as a file."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from breaches.forms.export import ExportForm
from breaches.models import RegisterEvent
from breaches.permissions import Action
from breaches.registers import register, register_export
from breaches.registers.register_export import CannotBeExported
from breaches.views.register import form_of
from releases.public.export import dated_file_name, download_response
from releases.rules.tables import TableKind
from releases.views.base import SignedInRequest

LATEST = 20


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: SignedInRequest) -> HttpResponse:
    """Ask as which file the listed reports are wanted, and give it."""
    theirs = list(register.producers_of(request.user, action=Action.DOWNLOAD))
    if not theirs:
        message = "There is nothing that this person may download."
        raise Http404(message)
    wanted = form_of(request).wanted()
    if wanted is None:
        return _back_to_the_list(request)
    leads = list(register_export.producers_with_contacts(request.user))
    form = ExportForm(request.POST if request.method == "POST" else None, may_have_contacts=bool(leads))
    if form.is_valid():
        now, kind = timezone.now(), TableKind(form.cleaned_data["kind"])
        contacts = bool(form.cleaned_data.get("contacts"))
        try:
            written = register_export.export(wanted, kind, by=request.user, at=now, contacts=contacts)
        except CannotBeExported as refusal:
            messages.error(request, str(refusal))
            return _back_to_the_list(request)
        return download_response(written, kind, name=dated_file_name("breach-reports", now=now))
    taken = RegisterEvent.objects.filter(producer__in=theirs, kind=register_export.EXPORTED)
    context = {
        "form": form,
        "number": register.reports(wanted, by=request.user, action=Action.DOWNLOAD).count(),
        "leads": leads,
        "elsewhere": len(theirs) > len(leads),
        "back": f"{resolve_url('breaches:register')}?{request.GET.urlencode()}",
        "taken": taken.select_related("producer", "actor").order_by("-position")[:LATEST],
    }
    return render(request, "breaches/export.html", context)


def _back_to_the_list(request: SignedInRequest) -> HttpResponse:
    return redirect(f"{resolve_url('breaches:register')}?{request.GET.urlencode()}")
