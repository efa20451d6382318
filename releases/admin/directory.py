"""Pages of the admin site that import and export contacts, series and producers."""

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core import signing
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from releases.admin.access import HistoryAdmin, PlainLabels
from releases.forms import TableFileField
from releases.imports import directory
from releases.imports.apply import ImportOutcome
from releases.imports.directory import DirectoryKind
from releases.imports.parse import FileRefused
from releases.public.export import dated_file_name, download_response
from releases.rules.tables import TableKind
from releases.text.imports import COLOURS, OUTCOMES

_SALT = "releases.admin.directory"
_DAY_SECONDS = 24 * 60 * 60


class DirectoryFileForm(PlainLabels, forms.Form):
    file = TableFileField()


class DirectoryAdmin[M: Model](HistoryAdmin[M]):
    """Adds pages to import and export the rows of the person's producers.

    An import first shows what each row would change. The changes are made only after the person has confirmed them. If
    the result is different when the person confirms, the page shows the new result instead.
    """

    directory: ClassVar[DirectoryKind]
    change_list_template = "admin/releases/directory/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        view, name = self.admin_site.admin_view, f"{self.opts.app_label}_{self.opts.model_name}"
        return [
            path("import/", view(self.import_view), name=f"{name}_import"),
            path("export/<slug:file_kind>/", view(self.export_view), name=f"{name}_export"),
            *super().get_urls(),
        ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        exchange = self._exchange_context(request) if self._may_exchange(request) else {}
        return super().changelist_view(request, {**exchange, **(extra_context or {})})

    def export_view(self, request: HttpRequest, file_kind: str) -> HttpResponse:
        self._check_may(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET"])
        if file_kind not in set(TableKind):
            raise Http404(f"{file_kind} is not a supported file type.")
        kind, user = TableKind(file_kind), self._user(request)
        title = str(self.opts.verbose_name_plural).capitalize()
        content = directory.export_directory(self.directory, kind, by=user, title=title)
        return download_response(content, kind, name=dated_file_name(self.directory.value, now=timezone.now()))

    def import_view(self, request: HttpRequest) -> HttpResponse:
        self._check_may(request)
        if request.method == "POST" and "rows" in request.POST:
            return self._apply(request)
        is_sent = request.method == "POST"
        form = DirectoryFileForm(request.POST if is_sent else None, request.FILES if is_sent else None)
        refusals: list[str] = []
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            try:
                rows = directory.read_directory(file.read(), name=file.name, kind=self.directory)
            except FileRefused as refusal:
                refusals = refusal.sentences
            else:
                return self._show_result(request, rows)
        context = {"form": form, "refusals": refusals, "columns": directory.DIRECTORIES[self.directory].names}
        return self._render(request, "import", context)

    def _show_result(self, request: HttpRequest, rows: Any, *, is_stale: bool = False) -> HttpResponse:
        user, now = self._user(request), timezone.now()
        # `skip_refused` does not affect the results of a dry run.
        result = directory.import_directory(rows, self.directory, by=user, at=now, skip_refused=True, dry_run=True)
        context = {
            "rows": [
                {"row": row, "label": OUTCOMES[row.outcome], "colour": COLOURS[row.outcome]}
                for row in result.rows
                if row.outcome is not ImportOutcome.UNCHANGED
            ],
            "unchanged": result.count(ImportOutcome.UNCHANGED),
            "changed": result.changed,
            "refused": result.count(ImportOutcome.REFUSED),
            "signed": signing.dumps({"rows": rows, "by": user.pk}, salt=self._salt, compress=True),
            "shown": result.digest,
            "is_stale": is_stale,
        }
        return self._render(request, "check", context)

    def _apply(self, request: HttpRequest) -> HttpResponse:
        user, now = self._user(request), timezone.now()
        try:
            signed = signing.loads(request.POST["rows"], salt=self._salt, max_age=_DAY_SECONDS)
        except signing.BadSignature:
            signed = {}
        if signed.get("by") != user.pk:
            messages.error(request, _("This page has expired. Upload the file again."))
            return HttpResponseRedirect(request.path)
        rows = [(int(number), cells) for number, cells in signed["rows"]]
        seen = directory.import_directory(rows, self.directory, by=user, at=now, skip_refused=True, dry_run=True)
        if seen.digest != request.POST.get("shown"):
            return self._show_result(request, rows, is_stale=True)
        skip = request.POST.get("skip_refused") == "yes"
        if seen.count(ImportOutcome.REFUSED) and not skip:
            messages.error(request, _("Some rows have errors. Leave them out or correct the file and upload it again."))
            return self._show_result(request, rows)
        result = directory.import_directory(rows, self.directory, by=user, at=now, skip_refused=skip)
        counts = {"added": result.count(ImportOutcome.ADDED), "changed": result.count(ImportOutcome.CHANGED)}
        messages.success(request, _("Import complete: %(added)s added, %(changed)s changed.") % counts)
        return HttpResponseRedirect(reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist"))

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        titles = {"import": _("Import and export %(what)s"), "check": _("Check the import of %(what)s")}
        whole = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": titles[template] % {"what": self.opts.verbose_name_plural},
            **self._exchange_context(request),
            **context,
        }
        return TemplateResponse(request, f"admin/releases/directory/{template}.html", whole)

    def _exchange_context(self, request: HttpRequest) -> dict[str, Any]:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}"
        exports = [(kind.upper(), reverse(f"{name}_export", args=[kind.value])) for kind in TableKind]
        return {"import_address": reverse(f"{name}_import"), "exports": exports}

    def _may_exchange(self, request: HttpRequest) -> bool:
        return directory.may_exchange(self._user(request), self.directory)

    def _check_may(self, request: HttpRequest) -> None:
        if not self._may_exchange(request):
            raise Http404("This user does not manage a calendar.")

    @property
    def _salt(self) -> str:
        return f"{_SALT}.{self.directory}"

    def _user(self, request: HttpRequest) -> Any:
        return request.user
