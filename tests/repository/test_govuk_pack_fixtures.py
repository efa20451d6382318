"""The `govuk` template pack writes the markup of GOV.UK Frontend's own examples."""

from typing import Any

import pytest
from django import forms
from django.template.loader import render_to_string

from tests.support.govuk_fixtures import as_django_form, fixtures, outline, text

# crispy-forms looks up addresses; these tests need none of the product's.
pytestmark = pytest.mark.urls("tests.pages.components.pages")

CLASSES_OF_PARTS = "classes and attributes of a field's inner parts cannot be set from a form"
IDS_OF_CHOICES = "choices are identified and named after their field, so that the error summary finds the first"
NOTHING_HIDDEN = (
    "a choice hides no field: the script's aria-expanded on a radio is an error to checkers of accessibility"
)
PLACES = "a list of choices has no gaps, so its identifiers count without gaps"
TWO_LIMITS = "the counter counts what the form's own limit counts; there is no second switch"
NO_LIMIT = "a text box without a limit has no counter"
ENGLISH = "the pages are in British English"
ALWAYS_VALUES = "Django's choices always have their value, and an empty value is the chosen one of an empty field"
THREE_BOXES = "a date is always day, month and year, named and identified after its field"
ERROR_HAS_WORDS = "a field in error always says why"
PLAIN_UPLOAD = "files are chosen with the browser's own button"

DIFFERENT_ON_PURPOSE = {
    "input": {
        "with prefix with classes": CLASSES_OF_PARTS,
        "with prefix with attributes": CLASSES_OF_PARTS,
        "with suffix with classes": CLASSES_OF_PARTS,
        "with suffix with attributes": CLASSES_OF_PARTS,
        "with customised input wrapper": CLASSES_OF_PARTS,
    },
    "textarea": {},
    "character-count": {
        "with count type 'length'": TWO_LIMITS,
        "with count type 'characters'": TWO_LIMITS,
        "with count type 'characters' and value": TWO_LIMITS,
        "with count type 'characters' and error message": TWO_LIMITS,
        "with count type 'characters' and threshold": TWO_LIMITS,
        "with count type 'words'": TWO_LIMITS,
        "with count type 'words' and value": TWO_LIMITS,
        "with count type 'words' and error message": TWO_LIMITS,
        "with count type 'words' and threshold": TWO_LIMITS,
        "with custom textarea description": ENGLISH,
        "with translations": ENGLISH,
        "custom classes on countMessage": CLASSES_OF_PARTS,
        "with textarea maxlength attribute": "a browser's own limit cuts off what is pasted, without a word",
        "to configure in JavaScript": NO_LIMIT,
        "with neither maxlength nor maxwords set": NO_LIMIT,
        "with neither maxlength, maxwords nor textarea description set": NO_LIMIT,
    },
    "select": {
        "without values": ALWAYS_VALUES,
        "without values with selected value": ALWAYS_VALUES,
        "with falsy values": ALWAYS_VALUES,
    },
    "radios": {
        "with conditional items": NOTHING_HIDDEN,
        "with conditional item checked": NOTHING_HIDDEN,
        "with optional form-group classes showing group error": NOTHING_HIDDEN,
        "small with conditional reveal": NOTHING_HIDDEN,
        "textarea in conditional": NOTHING_HIDDEN,
        "with conditional items with special characters": NOTHING_HIDDEN,
        "with conditional items and pre-checked value": NOTHING_HIDDEN,
        "with hints on items": IDS_OF_CHOICES,
        "with disabled": IDS_OF_CHOICES,
        "with falsy items": PLACES,
        "attributes": CLASSES_OF_PARTS,
        "label with classes": CLASSES_OF_PARTS,
        "label with attributes": CLASSES_OF_PARTS,
        "fieldset params": CLASSES_OF_PARTS,
    },
    "checkboxes": {
        "with pre-checked values": NOTHING_HIDDEN,
        "with divider, None and conditional items": NOTHING_HIDDEN,
        "with conditional items": NOTHING_HIDDEN,
        "with optional form-group classes showing group error": NOTHING_HIDDEN,
        "small with conditional reveal": NOTHING_HIDDEN,
        "with conditional items with special characters": NOTHING_HIDDEN,
        "with conditional item checked": NOTHING_HIDDEN,
        "textarea in conditional": NOTHING_HIDDEN,
        "with hints on items": IDS_OF_CHOICES,
        "with id and name": IDS_OF_CHOICES,
        "with disabled item": IDS_OF_CHOICES,
        "with falsy values": PLACES,
        "attributes": CLASSES_OF_PARTS,
        "with label classes": CLASSES_OF_PARTS,
        "label with attributes": CLASSES_OF_PARTS,
        "fieldset params": CLASSES_OF_PARTS,
    },
    "date-input": {
        "with translations": ENGLISH,
        "with values, name prefix and custom names": THREE_BOXES,
        "day and month": THREE_BOXES,
        "day and month (using items)": THREE_BOXES,
        "month and year": THREE_BOXES,
        "month and year (using items)": THREE_BOXES,
        "custom pattern": THREE_BOXES,
        "custom inputmode": THREE_BOXES,
        "with nested name": THREE_BOXES,
        "with id on items": THREE_BOXES,
        "with item value": THREE_BOXES,
        "with field value and items": THREE_BOXES,
        "with field value and item value": THREE_BOXES,
        "with field value, item value and values": THREE_BOXES,
        "with errors only": ERROR_HAS_WORDS,
        "with errors only (using classes)": ERROR_HAS_WORDS,
        "with errors only (using items)": ERROR_HAS_WORDS,
    },
    "password-input": {"with translations": ENGLISH},
    "file-upload": {
        "enhanced": PLAIN_UPLOAD,
        "enhanced, with error message and hint": PLAIN_UPLOAD,
        "enhanced, multiple files": PLAIN_UPLOAD,
        "enhanced, custom wrapper classes and attributes": PLAIN_UPLOAD,
        "translated": PLAIN_UPLOAD,
    },
}


def _cases(component: str, left_out: set[str]) -> list[Any]:
    return [
        pytest.param(component, fixture["options"], fixture["html"], id=f"{component}: {name}")
        for name, fixture in fixtures(component).items()
        if name not in left_out
    ]


def _fields() -> list[Any]:
    return [case for component, different in DIFFERENT_ON_PURPOSE.items() for case in _cases(component, set(different))]


@pytest.mark.parametrize(("component", "options", "html"), _fields())
def test_a_field_checks_as_in_the_official_example(component: str, options: dict[str, Any], html: str) -> None:
    assert outline(as_django_form(component, options)) == outline(html)


@pytest.mark.parametrize("component", DIFFERENT_ON_PURPOSE)
def test_every_difference_on_purpose_still_is_one(component: str) -> None:
    official = fixtures(component)
    for name in DIFFERENT_ON_PURPOSE[component]:
        try:
            ours = outline(as_django_form(component, official[name]["options"]))
        except (KeyError, TypeError):
            continue  # these options cannot be said with a Django form at all
        assert ours != outline(official[name]["html"]), name


def _size(options: dict[str, Any]) -> dict[str, Any]:
    return {"size": options.get("classes", "").rpartition("--")[2], "heading": options.get("isPageHeading", False)}


@pytest.mark.parametrize(("component", "options", "html"), _cases("label", {"classes", "attributes"}))
def test_a_label_checks_as_in_the_official_example(component: str, options: dict[str, Any], html: str) -> None:
    ours = render_to_string("govuk/label.html", {"text": text(options), "for": options.get("for"), **_size(options)})
    assert outline(ours) == outline(html)


@pytest.mark.parametrize(("component", "options", "html"), _cases("hint", {"classes", "attributes"}))
def test_a_hint_checks_as_in_the_official_example(component: str, options: dict[str, Any], html: str) -> None:
    assert outline(render_to_string("govuk/hint.html", {"text": text(options), "id": options.get("id")})) == outline(
        html
    )


OTHER_PREFIX = {"translated", "with visually hidden text", "visually hidden text removed"}


@pytest.mark.parametrize(
    ("component", "options", "html"), _cases("error-message", {"classes", "attributes"} | OTHER_PREFIX)
)
def test_an_error_message_checks_as_in_the_official_example(component: str, options: dict[str, Any], html: str) -> None:
    ours = render_to_string("govuk/error_message.html", {"errors": [text(options)], "id": options.get("id")})
    assert outline(ours) == outline(html)


@pytest.mark.parametrize(
    ("component", "options", "html"),
    _cases("fieldset", {"classes", "attributes", "role", "describedBy", "with describedBy", "legend classes"}),
)
def test_a_fieldset_checks_as_in_the_official_example(component: str, options: dict[str, Any], html: str) -> None:
    legend = render_to_string("govuk/legend.html", {"text": text(options["legend"]), **_size(options["legend"])})
    ours = f'<fieldset class="govuk-fieldset">{legend}{options.get("html", "")}</fieldset>'
    assert outline(ours) == outline(html)


POINTER_STATES = {
    name
    for name in fixtures("button")
    if name.endswith(" state") or "disabled" in name or "link" in name or "start" in name
}


@pytest.mark.parametrize(
    ("component", "options", "html"), _cases("button", POINTER_STATES | {"attributes", "don't prevent double click"})
)
def test_a_button_checks_as_in_the_official_example(component: str, options: dict[str, Any], html: str) -> None:
    shown = {
        **options,
        "text": text(options),
        "classes": options.get("classes"),
        "once": options.get("preventDoubleClick"),
    }
    assert outline(render_to_string("govuk/button.html", shown)) == outline(html)


OTHER_SUMMARY = {
    "with description only", "with everything", "html as titleText", "title html", "description",
    "html as descriptionText", "description html", "classes", "attributes", "error list with attributes",
    "autofocus disabled", "autofocus explicitly enabled", "error list with html", "error list with html link",
}  # fmt: skip


@pytest.mark.parametrize(("component", "options", "html"), _cases("error-summary", OTHER_SUMMARY))
def test_an_error_summary_checks_as_in_the_official_example(component: str, options: dict[str, Any], html: str) -> None:
    linked = [item for item in options["errorList"] if "href" in item]
    fields = {item["href"][1:]: forms.CharField(required=False) for item in linked}
    form = type("Example", (forms.Form,), dict(fields))(data={}, auto_id="%s")
    for item in options["errorList"]:
        form.add_error(item.get("href", "")[1:] or None, text(item))
    assert outline(render_to_string("components/error_summary.html", {"form": form})) == outline(html)
