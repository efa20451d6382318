"""Pages to list, add and download the attachments of a report, and to delete their files."""

from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches import attachments
from breaches.forms import LONGEST_REMARK
from breaches.models import Attachment, Report
from breaches.permissions import TABLE, Action, may_act_on, may_write_or_decide, senior_role
from breaches.rules.lifecycle import MERGED_OR_SPLIT, AttachmentKind
from breaches.text import ATTACHMENTS
from breaches.versions import record_report_event
from breaches.views.base import report_page, return_to_report
from releases.forms import GovukForm, LongTextField, add_refusal
from releases.rules.lifecycle import MoveRefused
from releases.views.base import SignedInRequest, post_data


class AttachmentForm(GovukForm):
    button = lazy("Add attachment")
    options: ClassVar = {"checked": {"size": "", "small": True}}

    file = forms.FileField(
        label=lazy("Select a file"),
        help_text=lazy(
            "You can add a CMS log (.txt, .log or .csv), a screenshot (.png or .jpg) or an email (.eml), "
            "up to 5MB. The evidence annex prints the name of the file, so do not name people in it."
        ),
        widget=forms.FileInput(attrs={"accept": ",".join(attachments.TYPES)}),
        error_messages={
            "required": lazy("Select a file"),
            "empty": lazy("The selected file is empty"),
            "invalid": lazy("We did not receive the file. Select it again"),
        },
    )
    checked = forms.BooleanField(
        label=lazy("I have checked that this file contains no unreleased figures"),
        error_messages={"required": lazy("Confirm that the file contains no unreleased figures")},
    )


class DeleteFileForm(GovukForm):
    button, button_class = lazy("Delete file"), "govuk-button--warning"
    options: ClassVar = {"why": {"threshold": 75}}

    why = LongTextField(
        label=lazy("Why are you deleting the file?"),
        help_text=lazy("The history of the report shows your reason. Do not name people in it."),
        max_length=LONGEST_REMARK,
        error_messages={"required": lazy("Enter why you are deleting the file")},
        widget=forms.Textarea(attrs={"rows": 3}),
    )


@report_page("GET", "POST", action=Action.DOWNLOAD)
def list_attachments(request: SignedInRequest, report: Report) -> HttpResponse:
    """List the attachments of a report. People who may write or decide also get a form to add an attachment."""
    may_add = may_write_or_decide(request.user, report)
    if request.method == "POST" and not may_add:
        raise Http404("There is no such page for this person.")
    is_replaced = report.status in MERGED_OR_SPLIT
    if request.method == "POST" and is_replaced:
        return return_to_report(request, report, str(attachments.REPLACED))
    form = AttachmentForm(post_data(request), request.FILES or None)
    if form.is_valid():
        file = form.cleaned_data["file"]
        try:
            # Read one byte more than the limit, so that `add_attachment` can refuse a file that is too large.
            body = file.read(attachments.LARGEST + 1)
            attachments.add_attachment(report, name=file.name, body=body, by=request.user, at=timezone.now())
        except MoveRefused as refused:
            add_refusal(form, refused)
        else:
            messages.success(request, _("Attachment added."))
            return redirect("breaches:attachments", report.reference)
    listed = Attachment.objects.of(report).select_related("added_by", "report")
    stored = set(listed.stored().values_list("pk", flat=True))
    context = {
        "report": report,
        "attachments": [(one, ATTACHMENTS[AttachmentKind(one.kind)], one.pk in stored) for one in listed],
        "form": form if may_add and not is_replaced else None,
        "is_scanned": bool(settings.ATTACHMENT_SCANNER),
        "may_delete": may_act_on(request.user, Action.REDACT, report),
    }
    return render(request, "breaches/attachments.html", context)


@report_page("GET", action=Action.DOWNLOAD)
def download_attachment(request: SignedInRequest, report: Report, attachment: int) -> HttpResponse:
    """Return an attachment, and record who downloads it. Browsers save the file and do not open it."""
    found = _find(report, attachment)
    if not hasattr(found, "file"):
        return _return_to_list(request, report, _("This file was deleted."))
    role = senior_role(request.user, TABLE[Action.DOWNLOAD], report)
    facts: dict[str, Any] = {"attachment": found.pk, "sha256": found.sha256}
    record_report_event(report, "attachment_downloaded", at=timezone.now(), by=request.user, role=role, **facts)
    response = HttpResponse(bytes(found.file.body), content_type="application/octet-stream")
    name = content_disposition_header(as_attachment=True, filename=found.name)
    response.headers["Content-Disposition"] = name or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@report_page("GET", "POST", action=Action.REDACT)
def delete_attachment(request: SignedInRequest, report: Report, attachment: int) -> HttpResponse:
    """Ask for a reason, and delete the file of an attachment. The list still shows the attachment."""
    found = _find(report, attachment)
    if not hasattr(found, "file"):
        return _return_to_list(request, report, _("This file was deleted."))
    form = DeleteFileForm(post_data(request))
    if form.is_valid():
        attachments.delete_file(found, why=form.cleaned_data["why"], by=request.user, at=timezone.now())
        messages.success(request, _("File deleted."))
        return redirect("breaches:attachments", report.reference)
    context = {"report": report, "attachment": found, "form": form}
    return render(request, "breaches/delete_attachment.html", context)


def _find(report: Report, key: int) -> Attachment:
    found: Attachment = get_object_or_404(Attachment.objects.of(report).select_related("file", "report"), pk=key)
    return found


def _return_to_list(request: SignedInRequest, report: Report, sentence: str) -> HttpResponse:
    messages.info(request, sentence)
    return redirect("breaches:attachments", report.reference)
