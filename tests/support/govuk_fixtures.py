"""GOV.UK Frontend's own examples of its components, and Django forms that say the same."""

import itertools
import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from crispy_forms.utils import render_crispy_form
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.forms.widgets import ChoiceWidget
from django.utils.safestring import SafeString

from releases.forms import PARTS, GovukDateField, GovukDateWidget, Question

COMPONENTS = settings.BASE_DIR / "node_modules/govuk-frontend/dist/govuk/components"
VOID = {"input", "br", "path"}


def fixtures(component: str) -> dict[str, dict[str, Any]]:
    """Read a component's examples: name -> options and html."""
    read = json.loads((COMPONENTS / component / "fixtures.json").read_text())["fixtures"]
    return {fixture["name"]: fixture for fixture in read}


class _Outline(HTMLParser):
    """Writes HTML as an indented outline in which order of attributes and of classes, and white space, do not count."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.depth = 0
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.flush()
        words = sorted(f'{name}="{self.value(name, value)}"' for name, value in attrs)
        self.lines.append("  " * self.depth + " ".join([tag, *words]))
        self.depth += tag not in VOID

    def value(self, name: str, value: str | None) -> str:
        return " ".join(sorted(set((value or "").split()))) if name == "class" else value or ""

    def handle_endtag(self, tag: str) -> None:
        self.flush()
        self.depth -= tag not in VOID

    def handle_data(self, data: str) -> None:
        self.text += data

    def flush(self) -> None:
        words = " ".join(self.text.split())
        if words:
            self.lines.append("  " * self.depth + repr(words))
        self.text = ""


def outline(html: str) -> str:
    """Write what a browser would build of some HTML, in a form that compares and reads well."""
    parser = _Outline()
    parser.feed(html)
    parser.close()
    parser.flush()
    assert parser.depth == 0, f"Tags do not close in: {html}"
    return "\n".join(parser.lines)


def text(option: dict[str, Any] | None) -> str:
    """Return what a component's text or html option shows."""
    if not option:
        return ""
    return SafeString(option["html"]) if "html" in option else str(option.get("text", ""))


def _size(option: dict[str, Any]) -> dict[str, Any]:
    classes = option.get("classes", "")
    size = classes.rpartition("--")[2]
    assert classes in ("", f"govuk-label--{size}", f"govuk-fieldset__legend--{size}"), classes
    return {"size": size, "heading": option.get("isPageHeading", False)}


def _attrs(options: dict[str, Any]) -> dict[str, Any]:
    """Collect what Django keeps as attributes of the widget."""
    attrs = dict(options.get("attributes", {}))
    for name in ("autocomplete", "autocapitalize", "pattern", "inputmode", "rows", "type"):
        if name in options:
            attrs[name] = options[name]
    if "spellcheck" in options:
        attrs["spellcheck"] = str(options["spellcheck"]).lower()
    if "multiple" in options:
        attrs["multiple"] = options["multiple"]
    if "classes" in options:
        attrs["class"] = options["classes"]
    described = options.get("describedBy") or options.get("fieldset", {}).get("describedBy")
    if described:
        attrs["aria-describedby"] = described
    identifier = options.get("id") or options.get("idPrefix")
    if identifier and identifier != options.get("name"):
        attrs["id"] = identifier
    return attrs


def _choices(options: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in options.get("items", []) if item and "divider" not in item]


def _dividers(options: dict[str, Any]) -> dict[str, str]:
    items = options.get("items", [])
    return {
        str(following["value"]): item["divider"]
        for item, following in itertools.pairwise(items)
        if item and "divider" in item
    }


def _with_item_attributes(widget: type[ChoiceWidget], options: dict[str, Any]) -> type[ChoiceWidget]:
    items = {str(item.get("value")): item for item in _choices(options)}

    class WithItemAttributes(widget):  # type: ignore[misc, valid-type]  # made for one example
        def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
            option = super().create_option(name, value, *args, **kwargs)
            item = items[str(value)]
            option["attrs"] |= item.get("attributes", {}) | ({"disabled": True} if item.get("disabled") else {})
            return dict(option)

    return WithItemAttributes


def _chosen(options: dict[str, Any]) -> list[str]:
    values = options.get("values", [options["value"]] if "value" in options else [])
    found = []
    for item in _choices(options):
        marked = item.get("checked", item.get("selected"))
        if marked or (marked is None and item["value"] in values):
            found.append(str(item["value"]))
    return found


def _choice_field(options: dict[str, Any], widget: type[ChoiceWidget], *, many: bool) -> forms.Field:
    kind: type[forms.ChoiceField] = forms.MultipleChoiceField if many else forms.ChoiceField
    choices = [(str(item["value"]), text(item)) for item in _choices(options)]
    return kind(choices=choices, required=False, widget=_with_item_attributes(widget, options)(attrs=_attrs(options)))


def _boxes(options: dict[str, Any], attrs: dict[str, Any]) -> GovukDateWidget:
    widget = GovukDateWidget(attrs=attrs)
    for box, item in zip(widget.widgets, options.get("items", []), strict=False):
        box.attrs |= {name: value for name, value in _attrs(item).items() if name != "id"}
    return widget


def _field(component: str, options: dict[str, Any]) -> forms.Field:
    attrs = _attrs(options)
    upload = type("Upload", (forms.FileInput,), {"allow_multiple_selected": "multiple" in options})
    makers: dict[str, Callable[[], forms.Field]] = {
        "input": lambda: forms.CharField(required=False, widget=forms.TextInput(attrs=attrs)),
        "textarea": lambda: forms.CharField(required=False, widget=forms.Textarea(attrs=attrs)),
        "character-count": lambda: forms.CharField(required=False, widget=forms.Textarea(attrs=attrs)),
        "password-input": lambda: forms.CharField(widget=forms.PasswordInput(attrs=attrs, render_value=True)),
        "file-upload": lambda: forms.FileField(required=False, widget=upload(attrs=attrs)),
        "select": lambda: _choice_field(options, forms.Select, many=False),
        "radios": lambda: _choice_field(options, forms.RadioSelect, many=False),
        "checkboxes": lambda: _choice_field(options, forms.CheckboxSelectMultiple, many=True),
        "date-input": lambda: GovukDateField(required=False, widget=_boxes(options, attrs)),
    }
    return makers[component]()


def _initial(component: str, options: dict[str, Any]) -> Any:
    match component:
        case "radios" | "select":
            return next(iter(_chosen(options)), None)
        case "checkboxes":
            return _chosen(options)
        case "date-input":
            prefix = f"{options['namePrefix']}-" if "namePrefix" in options else ""
            values = {part: options.get("values", {}).get(f"{prefix}{part}") for part in PARTS}
            values |= {part: options[part]["value"] for part in PARTS if "value" in options.get(part, {})}
            values |= {item["name"]: item["value"] for item in options.get("items", []) if "value" in item}
            return [values[part] for part in PARTS]
    return options.get("value")


def _error(component: str, options: dict[str, Any]) -> ValidationError:
    message = text(options["errorMessage"])
    if component == "date-input":
        boxes = {part: options.get(part, {}) for part in PARTS}
        boxes |= {item["name"]: item for item in options.get("items", [])}
        wrong = [part for part in PARTS if boxes[part].get("error") or "--error" in boxes[part].get("classes", "")]
        wrong = wrong or [part for part in PARTS if boxes[part].get("error") is not False]
        return ValidationError(message, params={"parts": wrong})
    return ValidationError(message)


def _question(component: str, options: dict[str, Any]) -> Question:
    label = options.get("fieldset", {}).get("legend", options.get("label", {}))
    items = _choices(options)
    return Question(
        options["name"],
        **_size(label),
        prefix=text(options.get("prefix")),
        suffix=text(options.get("suffix")),
        hints={str(item["value"]): text(item["hint"]) for item in items if "hint" in item},
        dividers=_dividers(options),
        exclusive=[str(item["value"]) for item in items if item.get("behaviour") == "exclusive"],
        max_words=options.get("maxwords"),
        threshold=options.get("threshold"),
        wrapper_class=options.get("formGroup", {}).get("classes"),
    )


def as_django_form(component: str, options: dict[str, Any]) -> str:
    """Render a Django form with one field that says the same as a component's options."""
    options = {"name": options.get("namePrefix") or options.get("id"), **options}
    name = options["name"]
    field = _field(component, options)
    field.label = text(options.get("fieldset", {}).get("legend", options.get("label")))
    field.help_text = text(options.get("hint"))
    field.disabled = options.get("disabled", False)
    if component == "character-count":
        field.max_length = options.get("maxlength")  # type: ignore[attr-defined]
    form_class = type("Example", (forms.Form,), {name: field})
    initial = _initial(component, options)
    if "errorMessage" in options:
        form = form_class(data=_data(component, name, initial), auto_id="%s")
        form.full_clean()
        form.errors.pop(name, None)
        form.add_error(name, _error(component, options))
    else:
        form = form_class(initial={name: initial}, auto_id="%s")
    form.helper = FormHelper()
    form.helper.form_tag = False
    form.helper.disable_csrf = True
    form.helper.layout = Layout(_question(component, options))
    html = str(render_crispy_form(form))
    if component == "date-input" and "namePrefix" not in options:
        # In a Django form the boxes are always named after their field; these examples have no name for the whole.
        for part in PARTS:
            html = html.replace(f'name="{name}-{part}"', f'name="{part}"')
    return html


def _data(component: str, name: str, initial: Any) -> dict[str, Any]:
    if component == "date-input":
        return {f"{name}-{part}": value for part, value in zip(PARTS, initial, strict=True) if value is not None}
    return {} if initial is None else {name: initial}


__all__ = ["as_django_form", "fixtures", "outline", "text"]
