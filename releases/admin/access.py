"""Base classes for the admin site, which limit rows to the user's producers and show the history of a row."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import time
from functools import cache
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.contrib.admin.widgets import AutocompleteSelect, RelatedFieldWidgetWrapper
from django.db.models import Field, JSONField, Model, QuerySet, TimeField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.html import format_html
from django.utils.translation import gettext as _

from releases import permissions
from releases.early_findings import without_early_events
from releases.forms import ClockTimeField, word_missing_answers
from releases.models import Producer, Release
from releases.permissions import Action, NotYours, find_cover_at, list_covers
from releases.rules.calendar import time_of_day
from releases.rules.lifecycle import MoveRefused
from releases.text import calendar


def cache_check(request: HttpRequest, question: str, answer: Callable[[], bool]) -> bool:
    """Return the result of a permission check.

    The result is cached until the end of the request, because the admin site makes the same checks for every model.
    """
    answers: dict[str, bool] = request.META.setdefault("releases.admin.answers", {})
    if question not in answers:
        answers[question] = answer()
    return answers[question]


def words_filter(name: Callable[[str], str]) -> type[admin.AllValuesFieldListFilter]:
    """Return an admin list filter for a field that stores codes. The filter labels each code with `name(code)`.

    The filter offers only the codes of rows that the user may see.
    """

    class WordsFilter(admin.AllValuesFieldListFilter):
        def choices(self, changelist: ChangeList) -> Iterator[Any]:
            for choice in super().choices(changelist):
                code, bracket, count = str(choice["display"]).partition(" (")
                if code in self.lookup_choices:
                    choice["display"] = f"{name(code)}{bracket}{count}"
                yield choice

    return WordsFilter


class PlainLabels:
    """A mixin for forms of the admin site.

    As on the pages outside the admin site, labels have no colon, and the error for an empty field names the field.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        word_missing_answers(self.fields)  # type: ignore[attr-defined]  # every class with it is a form


class PlainRows:
    """A mixin for the formset of an inline. The error for an empty field names the field."""

    def add_fields(self, form: forms.BaseForm, index: int | None) -> None:
        super().add_fields(form, index)  # type: ignore[misc]  # every class with it is a formset
        word_missing_answers(form.fields)


# Use a plain text input. Django's time widget offers a list of times such as 06:00:00, but not the usual release time.
CLOCK_INPUT = forms.TextInput(attrs={"size": 10})
CLOCK_TIMES: Mapping[type[Field[Any, Any]], Mapping[str, Any]] = {
    TimeField: {"form_class": ClockTimeField, "widget": CLOCK_INPUT}
}


class PlainForms[M: Model](admin.ModelAdmin[M]):
    """Shows labels, errors and times in forms and inlines in the same way as the pages outside the admin site.

    Each form has the person who sends it as `by`.
    """

    formfield_overrides = CLOCK_TIMES

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:  # noqa: FBT001, FBT002  # as Django calls it
        form = super().get_form(request, obj, change=change, **kwargs)
        return type(form.__name__, (PlainLabels, form), {"by": request.user})

    def get_formsets_with_inlines(self, request: HttpRequest, obj: Any = None) -> Iterator[Any]:
        for formset, inline in super().get_formsets_with_inlines(request, obj):
            yield type(formset.__name__, (PlainRows, formset), {}), inline


class SearchSelect(AutocompleteSelect):
    """A select box with a search for its options. The HTML is valid even if no option is chosen."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        """Leave out `required`, because HTML does not allow it on a select box without options.

        A search adds the options later. The form still checks that an option is chosen.
        """
        remaining = {key: setting for key, setting in (attrs or {}).items() if key != "required"}
        return super().get_context(name, value, remaining)

    def optgroups(self, *args: Any, **kwargs: Any) -> list[Any]:
        groups = super().optgroups(*args, **kwargs)
        for _name, options, _index in groups:
            for option in options:
                if not option["value"]:
                    option["attrs"]["label"] = _("None")
        return groups


class UnlabelledInput(forms.HiddenInput):
    """A hidden input without a label. The admin site would otherwise write a label for it."""

    def id_for_label(self, id_: str) -> str:
        return ""


class ProducerScopedAdmin[M: Model](PlainForms[M]):
    """Limits rows to the producers for which the user has a role.

    The table of permissions decides whether the user may view or edit the rows. Staff and superusers can open the admin
    site, but if they have no role, they see no rows. Pages of other producers' rows return 404.
    """

    producer_path: ClassVar[str] = "producer"

    def producer_of(self, row: Any) -> Producer:
        for name in self.producer_path.split("__"):
            row = getattr(row, name)
        assert isinstance(row, Producer)  # noqa: S101  # the path of every subclass ends there
        return row

    def may(self, request: HttpRequest, action: Action, row: Any = None) -> bool:
        """Return whether the user may do an action with a row.

        Without a stored row, return whether the user may do the action for at least one producer.
        """
        if row is None or row.pk is None:
            return cache_check(request, action, lambda: permissions.may_anywhere(request.user, action))
        return permissions.may(request.user, action, self.producer_of(row))

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        own = permissions.producers_where(request.user, Action.VIEW)
        return super().get_queryset(request).filter(**{f"{self.producer_path}__in": own})

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        """Suggest a slug for new rows only, because existing slugs are part of addresses."""
        return {} if obj else dict(super().get_prepopulated_fields(request, obj))

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", SearchSelect(db_field, self.admin_site))
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Remove the links to view and delete a related row, such as a series or a contact."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and isinstance(field.widget, RelatedFieldWidgetWrapper):
            field.widget.can_delete_related = field.widget.can_view_related = False
        return field

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> M | None:
        """:raises Http404: if there is no such row among the rows of the user's producers."""
        row = super().get_object(request, object_id, from_field)
        if row is None:
            raise Http404
        return row

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request, Action.VIEW)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Action.VIEW, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, Action.EDIT)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Action.EDIT, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, Action.EDIT, obj)


class RefusalMessagesAdmin[M: Model](ProducerScopedAdmin[M]):
    """Shows an error message if a move is refused after the form was validated."""

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _explain_refusal(super().changeform_view, request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _explain_refusal(super().delete_view, request, *args, **kwargs)

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return _explain_refusal(super().changelist_view, request, *args, **kwargs)


def _explain_refusal(
    view: Callable[..., HttpResponse], request: HttpRequest, *args: Any, **kwargs: Any
) -> HttpResponse:
    # The admin site runs each save in a transaction, so a refusal rolls back the complete save.
    try:
        return view(request, *args, **kwargs)
    except MoveRefused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(request.get_full_path())
    except NotYours as refusal:
        raise Http404 from refusal


@cache
def _indent(field: "JSONField[Any, Any]") -> Callable[[Model], str]:
    """Return an admin column that shows a JSON field as indented text."""

    def indented(row: Model) -> str:
        value = field.value_from_object(row)
        written = json.dumps(value, ensure_ascii=False, indent=2, cls=field.encoder)
        return format_html('<pre class="office-source" dir="ltr">{}</pre>', written) if value else "–"

    indented.__name__ = field.name
    indented.short_description = field.verbose_name  # type: ignore[attr-defined]  # the admin site reads it
    return indented


class ReadOnlyAdmin[M: Model](ProducerScopedAdmin[M]):
    """Shows rows as read-only. JSON fields are shown under "Technical details"."""

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        written = {field.name: _indent(field) for field in self.opts.concrete_fields if isinstance(field, JSONField)}
        names = self.get_fields(request, obj)
        details = [written[name] for name in names if name in written]
        facts = (None, {"fields": [name for name in names if name not in written]})
        return [facts, (_("Technical details"), {"fields": details, "classes": ["collapse"]})] if details else [facts]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


MOST_ENTRIES = 200


class HistoryAdmin[M: Model](ProducerScopedAdmin[M]):
    """Shows the recorded history of a row.

    Earlier versions cannot be restored, because restoring a version would bypass the rules for changes.
    """

    object_history_template = "admin/releases/object_history.html"

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id))
        entries = list(_list_events(row, request.user) if isinstance(row, Release) else _list_versions(row))
        context = {"entries": entries[:MOST_ENTRIES], "left_out": max(0, len(entries) - MOST_ENTRIES)}
        return super().history_view(request, object_id, {**context, **(extra_context or {})})


def _list_events(release: Release, person: permissions.Person) -> Iterator[dict[str, Any]]:
    events = without_early_events(release.events.select_related("actor"), person).order_by("-position")
    covers = list_covers(release.series.producer_id)
    for event in events[: MOST_ENTRIES + 1]:
        cover = find_cover_at(covers, event.actor_id, at=event.at)
        names = {"person": event.actor, "absent": cover.absent} if cover else {}
        yield {
            "at": event.at,
            "who": _("%(person)s, for %(absent)s") % names if cover else str(event.actor or ""),
            "what": calendar.event_sentence(event),
            "details": list(calendar.event_details(event)),
        }


def _list_versions(row: Any) -> Iterator[dict[str, Any]]:
    versions = list(row.history.select_related("history_user").order_by("-history_date", "-history_id"))
    for version, before in zip(versions, [*versions[1:], None], strict=True):
        is_new = version.history_type == "+" or before is None
        yield {
            "at": version.history_date,
            "who": str(version.history_user or ""),
            "what": _("Added") if is_new else _("Changed"),
            "details": [] if is_new else list(_list_differences(version, before)),
        }


def _list_differences(version: Any, before: Any) -> Iterator[str]:
    for change in version.diff_against(before, foreign_keys_are_objs=True).changes:
        name = version.instance_type._meta.get_field(change.field).verbose_name
        yield calendar.changed_fields(name, *map(_write_value, (change.old, change.new)))


def _write_value(value: object) -> str | bool | None:
    if isinstance(value, time):
        return time_of_day(value)
    return value if value is None or isinstance(value, bool) else str(value)
