"""The actions of the release list that give the selected releases as a file, in the columns of an import."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.core.tables.files import Kind
from releases.forms.downloads import as_download, dated
from releases.models import Release
from releases.readers import calendar_export
from releases.readers.calendar_export import TooManyReleases

type AdminAction = Callable[[Any, HttpRequest, QuerySet[Release]], HttpResponse | None]


def _export_as(kind: Kind) -> AdminAction:
    @admin.action(description=format_lazy(lazy("Export as {kind}"), kind=kind.upper()), permissions=["view"])
    def export(model_admin: Any, request: HttpRequest, queryset: QuerySet[Release]) -> HttpResponse | None:
        """Give the selected releases as a file, without personal contacts."""
        try:
            content = calendar_export.export(queryset, kind, title=_("Releases"), by=request.user)
        except TooManyReleases as refusal:
            messages.error(request, str(refusal))
            return None
        return as_download(content, kind, name=dated("releases", now=timezone.now()))

    export.__name__ = f"export_{kind}"
    return export


ACTIONS = tuple(_export_as(kind) for kind in Kind)
