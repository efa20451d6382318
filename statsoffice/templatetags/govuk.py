"""Template tags for the fields and error summaries of the `govuk` template pack."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.forms.utils import flatatt
from django.template import TemplateSyntaxError
from django.utils.text import capfirst

from releases.forms import NO_ANSWER, PARTS, find_kind, name_missing_answer

register = template.Library()

GROUPED = {"checkboxes", "radios", "date"}
# The attributes of a widget that are not copied to the HTML. The templates write some of them themselves. Others are
# left out for three reasons. The server checks limits, and the character count shows them. If "required" was set, the
# browser would show its own message instead of the page's error summary. Placeholders disappear when people type.
NOT_COPIED = {
    "id",
    "class",
    "type",
    "aria-describedby",
    "required",
    "maxlength",
    "minlength",
    "cols",
    "rows",
    "placeholder",
}
NOT_COPIED_OF_NUMBERS = NOT_COPIED | {"min", "max", "step"}
# Django's default, which we replace with a smaller number. A form that needs ten rows sets the integer 10.
DEFAULT_ROWS = "10"


def kind(field: BoundField) -> str:
    """:raises TemplateSyntaxError: if the template pack has no component for the field."""
    if field.is_hidden:
        return "hidden"
    widget = field.field.widget
    if found := find_kind(widget):
        return found
    raise TemplateSyntaxError(f'The govuk pack has no component for "{field.name}" with its {type(widget).__name__}.')


def base_id(field: BoundField) -> str:
    return str(field.field.widget.attrs.get("id") or field.auto_id or field.html_name)


def parts_in_error(field: BoundField) -> list[str]:
    """List the invalid boxes of a date. If an error does not say which box is invalid, list all three."""
    errors = field.form.errors.as_data().get(field.name, []) if field.form.is_bound else []
    named = {part for error in errors for part in (error.params or {}).get("parts", PARTS)}
    return [part for part in PARTS if part in named]


def error_texts(field: BoundField) -> list[str]:
    """Return the error messages of a field.

    If the form has no message for an empty field, use a general message that names the field.
    """
    errors = field.form.errors.as_data().get(field.name, []) if field.form.is_bound else []
    texts = [text for error in errors for text in error.messages]
    return [name_missing_answer(field.field, field.label) if text == NO_ANSWER else text for text in texts]


@register.simple_tag
def question(field: BoundField, options: Mapping[str, Any] | str = "") -> dict[str, Any]:
    chosen: Mapping[str, Any] = options if isinstance(options, Mapping) else {}
    entry: dict[str, Any] = {
        **chosen,
        "kind": kind(field),
        "id": base_id(field),
        "name": field.html_name,
        "label": field.label,
        "hint": field.help_text,
        "errors": error_texts(field),
        "disabled": {"disabled": True} if field.field.disabled else {},
    }
    entry["template"] = f"govuk/{entry['kind']}.html"
    if entry["kind"] == "hidden":
        given = field.field.widget.get_context(field.html_name, field.value(), {"id": entry["id"]})["widget"]
        return entry | {"boxes": given.get("subwidgets", [given])}
    entry["counted"] = entry["kind"] == "textarea" and (
        chosen.get("max_words") or getattr(field.field, "max_length", None)
    )
    entry["grouped"] = entry["kind"] in GROUPED and bool(field.label)
    entry["described_by"] = " ".join(_describers(field, entry))
    return entry | _control(field, entry)


def _describers(field: BoundField, entry: Mapping[str, Any]) -> Iterable[str]:
    """Yield the ids of the texts that assistive technology reads out with the field.

    The ids are in the same order as the texts on the page.
    """
    if given := field.field.widget.attrs.get("aria-describedby"):
        yield str(given)
    for part, there in (
        ("info", entry["counted"]),
        ("hint", entry["hint"]),
        ("error", entry["errors"]),
    ):
        if there:
            yield f"{entry['id']}-{part}"


def _control(field: BoundField, entry: Mapping[str, Any]) -> dict[str, Any]:
    widget = field.field.widget
    given = widget.get_context(field.html_name, field.value(), {"id": entry["id"]})["widget"]
    special = SPECIAL[entry["kind"]](field, entry, given) if entry["kind"] in SPECIAL else {}
    defaults = special.pop("defaults", {})
    left_out = NOT_COPIED_OF_NUMBERS if isinstance(widget, forms.NumberInput) else NOT_COPIED
    attributes = defaults | _copied(given["attrs"], left_out)
    if entry["kind"] != "date":
        attributes |= entry["disabled"]
    general: dict[str, Any] = {"value": given["value"], "classes": given["attrs"].get("class", "")}
    return general | special | {"attributes": flatatt(attributes)}


def _input(field: BoundField, entry: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Choose the type and input attributes of a text box.

    A number is entered in a text box, because the GOV.UK Design System advises against number inputs.
    """
    if isinstance(field.field.widget, forms.NumberInput):
        whole = isinstance(field.field, forms.IntegerField) and not isinstance(field.field, forms.FloatField)
        return {"type": "text", "defaults": {"spellcheck": "false"} | ({"inputmode": "numeric"} if whole else {})}
    return {"type": given["type"], "defaults": {"spellcheck": "false"} if given["type"] in {"email", "url"} else {}}


def _textarea(field: BoundField, entry: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    rows = given["attrs"].get("rows")
    return {"rows": 5 if rows in (None, DEFAULT_ROWS) else rows}


def _password(field: BoundField, entry: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {"defaults": {"autocomplete": "current-password"}}


def _checkbox(field: BoundField, entry: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {"value": given["attrs"].get("value", "on"), "checked": given["attrs"].get("checked", False)}


def _select(field: BoundField, entry: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "groups": [
            (name, [choice | {"attributes": flatatt(choice["attrs"])} for choice in choices])
            for name, choices, _ in given["optgroups"]
        ]
    }


def _listed(groups: Iterable[tuple[Any, list[dict[str, Any]], int]], entry: Mapping[str, Any]) -> Iterable[Any]:
    """Yield the radios or checkboxes of a field.

    The id of the first one is the id of the field, without a number, because the error summary links to it.
    """
    place = 0
    for choice in (choice for _, choices, _ in groups for choice in choices):
        value = str(choice["value"])
        divider = entry.get("dividers", {}).get(value, "")
        place += 2 if divider else 1
        identifier = entry["id"] if place == 1 else f"{entry['id']}-{place}"
        hint = entry.get("hints", {}).get(value, "")
        described = [f"{identifier}-item-hint"] if hint else []
        if entry["kind"] == "checkboxes" and not entry["grouped"] and entry["described_by"]:
            described.insert(0, entry["described_by"])
        yield {
            "id": identifier,
            "value": value,
            "label": choice["label"],
            "divider": divider,
            "hint": hint,
            "described_by": " ".join(described),
            "checked": choice["selected"],
            "exclusive": value in entry.get("exclusive", ()),
            "attributes": flatatt(_copied(choice["attrs"], NOT_COPIED) | entry["disabled"]),
        }


def _choices(field: BoundField, entry: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {"choices": list(_listed(given["optgroups"], entry))}


def _date(field: BoundField, entry: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    wrong = parts_in_error(field)
    parts = [
        {
            "label": part.capitalize(),
            "id": box["attrs"]["id"],
            "name": box["name"],
            "value": box["value"],
            "width": 4 if part == "year" else 2,
            "error": part in wrong,
            "classes": widget.attrs.get("class", ""),
            "attributes": flatatt(_copied(widget.attrs, NOT_COPIED) | entry["disabled"]),
        }
        for part, box, widget in zip(PARTS, given["subwidgets"], field.field.widget.widgets, strict=True)
    ]
    return {"parts": parts}


SPECIAL: dict[str, Callable[[BoundField, Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]] = {
    "input": _input,
    "textarea": _textarea,
    "password": _password,
    "checkbox": _checkbox,
    "select": _select,
    "radios": _choices,
    "checkboxes": _choices,
    "date": _date,
}


def _copied(attributes: Mapping[str, Any], left_out: set[str]) -> dict[str, Any]:
    return {name: value for name, value in attributes.items() if name not in left_out}


@register.simple_tag
def problems(*forms_with_errors: Any) -> list[dict[str, str]]:
    """Return the entries of the error summary of forms and formsets.

    Each entry has the text of an error, and the address of the control to which it links. An error that is not about a
    visible field links to nothing.
    """
    found: list[dict[str, str]] = []
    for form in forms_with_errors:
        if isinstance(form, list | tuple):
            found += problems(*form)
        elif isinstance(form, BaseFormSet):
            found += [{"text": str(text), "href": ""} for text in form.non_form_errors()]
            found += problems(*form.forms)
        elif isinstance(form, forms.BaseForm) and form.is_bound:
            found += [{"text": str(text), "href": ""} for text in form.non_field_errors()]
            found += [problem for field in form for problem in _problems_of(field)]
    return found


@register.simple_tag
def admin_problems(form: forms.BaseForm, inlines: Iterable[Any] = ()) -> list[dict[str, str]]:
    """Return the entries of the error summary of a page of the admin site.

    If an error is about a field, its entry links to the field. The text of the entry begins with the name of the field,
    unless the error message already contains the name.

    :param inlines: Django's inline formsets of the page. If an error is in one of their rows, its text begins with the
        name and number of the row, as on the page.
    """
    found = _named_problems(form, row="")
    for inline in inlines:
        found += [{"text": str(text), "href": ""} for text in inline.formset.non_form_errors()]
        name = capfirst(inline.opts.verbose_name)
        for number, row in enumerate(inline.formset.forms, start=1):
            found += _named_problems(row, row=f"{name} {number}")
    return found


def _named_problems(form: forms.BaseForm, *, row: str) -> list[dict[str, str]]:
    found = [(str(text), "") for text in form.non_field_errors()]
    for field in form:
        href = f"#{field.id_for_label or f'{field.auto_id}_0'}"  # for radios, the id of the first one
        # The message about an empty field already names the field.
        named = str(field.field.error_messages.get("required", ""))
        found += [(text if text == named else f"{field.label}: {text}", href) for text in map(str, field.errors)]
    return [{"text": f"{row}: {text}" if row else text, "href": href} for text, href in found]


def _problems_of(field: BoundField) -> list[dict[str, str]]:
    if field.is_hidden:
        return [{"text": f"{field.label}: {text}", "href": ""} for text in field.errors]
    if not field.errors:
        return []
    suffix = f"-{parts_in_error(field)[0]}" if kind(field) == "date" else ""
    return [{"text": text, "href": f"#{base_id(field)}{suffix}"} for text in error_texts(field)]
