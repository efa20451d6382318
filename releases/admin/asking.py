"""Actions of the release list that ask something first: the page between the choice and its effect."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from releases.models import Release

# A page names each of them, perhaps with a box to tick; DATA_UPLOAD_MAX_NUMBER_FIELDS lets as many come back.
MOST_AT_ONCE = 1000


def too_many(request: HttpRequest, queryset: QuerySet[Release]) -> bool:
    """Tell whether more releases were selected than one page can show, and say so."""
    count = queryset.count()
    if count > MOST_AT_ONCE:
        sentence = _("You chose %(count)s releases; choose at most %(most)s at once. Nothing was changed.")
        messages.error(request, sentence % {"count": count, "most": MOST_AT_ONCE})
    return count > MOST_AT_ONCE


def ask_first(
    model_admin: Any, request: HttpRequest, queryset: QuerySet[Release], action: str, context: dict[str, Any]
) -> HttpResponse:
    """Show an action's own page, which comes back to the action with the same releases.

    :param action: the action's name, after which its template is named as well.
    """
    whole = {
        **model_admin.admin_site.each_context(request),
        "releases": queryset,
        "opts": model_admin.opts,
        "action": action,
        "action_checkbox_name": ACTION_CHECKBOX_NAME,
        "media": model_admin.media,
        **context,
    }
    return TemplateResponse(request, f"admin/releases/release/{action}.html", whole)
