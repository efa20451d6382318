"""Admin pages to edit the Code of Practice and to view breach reports."""

from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as lazy

from breaches import permissions
from breaches.models import (
    ApprovedDocument,
    CorrectiveAction,
    Dispatch,
    Edition,
    JoinedDraft,
    OwnAct,
    Practice,
    Published,
    RegisterEvent,
    Report,
    ReportEvent,
    ReportVersion,
    Suspicion,
    TimelineNote,
)
from breaches.permissions import Action
from breaches.register import EXPORTED
from breaches.text import event_title, name_report_event_kind
from releases.admin.access import PlainForms, ReadOnlyAdmin, cache_check, words_filter
from releases.models import Producer
from releases.rules.lifecycle import to_words


@admin.register(Edition)
class EditionAdmin(PlainForms[Edition]):
    """Editions of the Code. Django's own permissions decide who may edit them."""

    list_display = ("number", "title", "in_force_from", "in_force_confirmed")


@admin.register(Practice)
class PracticeAdmin(PlainForms[Practice]):
    """Practices of an edition.

    The wording is read-only here. People confirm the wording and state its source on the page "Code of Practice".
    """

    list_display = ("code", "edition", "principle", "summary", "settled_at")
    list_filter = ("edition",)
    list_select_related = ("edition",)
    readonly_fields = ("wording", "settled_at", "settled_by")
    search_fields = ("code", "principle", "summary", "wording")


class OfReports[M: Model](ReadOnlyAdmin[M]):
    """Base class for read-only admin pages that show only rows of reports that the user may view.

    People edit reports and decide on them on the pages of this app, and not in the admin site.

    `report_path` is the lookup path from a row to its report.
    """

    report_path = "report"

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        own = permissions.reports_where(request.user, Action.VIEW)
        return admin.ModelAdmin.get_queryset(self, request).filter(**{f"{self.report_path}__in": own})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if obj is None:
            return cache_check(
                request, "reports", lambda: permissions.reports_where(request.user, Action.VIEW).exists()
            )
        report = obj if isinstance(obj, Report) else getattr(obj, self.report_path)
        return permissions.may_act_on(request.user, Action.VIEW, report)


@admin.register(Report)
class ReportAdmin(OfReports[Report]):
    report_path = "pk"
    list_display = (
        "number",
        "reference",
        "producer",
        "kind",
        "status",
        "version",
        "drafted_at",
        "decided_at",
        "rehearsal",
    )
    list_filter = ("status", "kind", "rehearsal")
    list_select_related = ("producer",)
    search_fields = ("reference", "producer__name")


@admin.register(Suspicion)
class SuspicionAdmin(OfReports[Suspicion]):
    list_display = ("release", "kind", "schedule_version", "raised_at", "report")
    list_filter = ("kind",)
    list_select_related = ("release", "report")
    exclude = ("verification",)  # its label shows the outcome, which only few people may know (decision 73)


@admin.register(ReportVersion)
class ReportVersionAdmin(OfReports[ReportVersion]):
    list_display = ("report", "number", "why", "written_by", "written_at", "content_sha256")
    list_select_related = ("report", "written_by")
    ordering = ("-written_at",)


@admin.register(ReportEvent)
class ReportEventAdmin(OfReports[ReportEvent]):
    list_display = ("position", "report", "what", "at", "actor")
    list_filter = (("kind", words_filter(name_report_event_kind)),)
    list_select_related = ("report", "actor")
    ordering = ("-position",)
    exclude = ("words_salt",)

    @admin.display(description=lazy("what"), ordering="kind")
    def what(self, event: ReportEvent) -> str:
        return event_title(event)


@admin.register(RegisterEvent)
class RegisterEventAdmin(ReadOnlyAdmin[RegisterEvent]):
    """Recorded downloads of breach registers. People see the downloads of a register only if they may download it."""

    list_display = ("position", "producer", "kind", "at", "actor")
    list_select_related = ("producer", "actor")
    ordering = ("-position",)
    exclude = ("words_salt",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegisterEvent]:
        own = permissions.report_producers(request.user, Action.DOWNLOAD)
        return admin.ModelAdmin.get_queryset(self, request).filter(producer__in=own, kind=EXPORTED)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        def own() -> QuerySet[Producer]:
            return permissions.report_producers(request.user, Action.DOWNLOAD)

        if obj is None:
            return cache_check(request, "downloads", lambda: own().exists())
        return own().filter(pk=obj.producer_id).exists()


@admin.register(Dispatch)
class DispatchAdmin(OfReports[Dispatch]):
    list_display = ("report", "nature", "recipient", "outside", "sent_on", "by", "at")
    list_filter = (("nature", words_filter(lambda nature: to_words(nature).capitalize())), "outside")
    list_select_related = ("report", "by")
    ordering = ("-at",)


@admin.register(JoinedDraft)
class JoinedDraftAdmin(OfReports[JoinedDraft]):
    report_path = "joint"
    list_display = ("joint", "draft", "by", "at")
    list_select_related = ("joint", "draft", "by")
    ordering = ("-at",)


@admin.register(Published)
class PublishedAdmin(OfReports[Published]):
    list_display = ("report", "version", "by", "role", "at")
    list_select_related = ("report", "by")


@admin.register(OwnAct)
class OwnActAdmin(OfReports[OwnAct]):
    list_display = ("report", "person", "at")
    list_select_related = ("report", "person")
    ordering = ("-at",)


@admin.register(CorrectiveAction)
class CorrectiveActionAdmin(OfReports[CorrectiveAction]):
    list_display = ("report", "text", "term", "owner", "due", "task", "done_at")
    list_filter = ("term",)
    list_select_related = ("report", "task__series")
    ordering = ("-added_at",)


@admin.register(TimelineNote)
class TimelineNoteAdmin(OfReports[TimelineNote]):
    list_display = ("report", "happened_at", "written_at", "written_by", "corrects")
    list_select_related = ("report", "written_by", "corrects")
    ordering = ("-written_at",)


@admin.register(ApprovedDocument)
class ApprovedDocumentAdmin(OfReports[ApprovedDocument]):
    """Approved documents, without their PDF files.

    People download the PDF on the page of the report, where each download is recorded.
    """

    list_display = ("report", "version", "approved_by", "approved_role", "approved_at", "one_person", "pdf_sha256")
    list_select_related = ("report", "approved_by")
    exclude = ("pdf",)
    ordering = ("-approved_at",)
