"""What the `govuk` template pack does beyond the official examples."""

from html.parser import HTMLParser
from typing import Any

import pytest
from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from crispy_forms.utils import render_crispy_form
from django import forms
from django.template import TemplateSyntaxError
from django.template.loader import render_to_string

from releases.forms import GovukDateField, LongTextField, SubmitButton
from statsoffice.templatetags.govuk import problems
from tests.support.govuk_fixtures import outline

# crispy-forms looks up addresses; these tests need none of the product's.
pytestmark = pytest.mark.urls("tests.pages.components.pages")


class Everything(forms.Form):
    title = forms.CharField(max_length=100)
    email = forms.EmailField(label="Email address")
    website = forms.URLField(label="Website")
    seconds = forms.IntegerField(min_value=0, max_value=179)
    share = forms.DecimalField()
    account = LongTextField(max_length=200)
    producer = forms.ChoiceField(choices=[("", "Choose"), ("a", "A"), ("b", "B")])
    decision = forms.ChoiceField(choices=[("yes", "Yes"), ("no", "No")], widget=forms.RadioSelect)
    practices = forms.MultipleChoiceField(choices=[("1", "T3.1"), ("2", "T3.2")], widget=forms.CheckboxSelectMultiple)
    agreed = forms.BooleanField(label="I have read it", help_text="All of it")
    reported = GovukDateField(label="Date of report")
    password = forms.CharField(widget=forms.PasswordInput)
    file = forms.FileField()
    token = forms.CharField(widget=forms.HiddenInput)


class Elements(HTMLParser):
    """Collects every start tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, Any]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def with_id(self, identifier: str) -> tuple[str, dict[str, Any]]:
        return next(element for element in self.found if element[1].get("id") == identifier)


def laid_out(form: forms.Form, *objects: Any) -> str:
    helper = FormHelper()
    helper.layout = Layout(*objects)
    return str(render_crispy_form(form, helper))


def test_each_link_of_the_error_summary_goes_to_the_first_control_of_its_field() -> None:
    form = Everything({})
    page = Elements(render_crispy_form(form))
    targets = {}
    for problem in problems(form):
        if problem["href"]:
            tag, attributes = page.with_id(problem["href"][1:])
            assert tag in {"input", "select", "textarea"}
            targets[attributes["name"]] = attributes.get("value")
    assert set(targets) == (set(Everything.base_fields) - {"reported", "token"}) | {"reported-day"}
    assert targets["decision"] == "yes"
    assert targets["practices"] == "1"


def test_an_empty_field_is_named_in_its_error_unless_the_form_has_words_of_its_own() -> None:
    form = Everything({})
    form.fields["email"].error_messages["required"] = "Enter an email address at which we reach you"
    texts = [problem["text"] for problem in problems(form)]
    assert texts[:3] == ["Enter “Title”", "Enter an email address at which we reach you", "Enter “Website”"]
    assert {"Select an answer to “Decision”", "Select “I have read it”", "Select a file for “File”"} <= set(texts)
    assert "This field is required." not in render_crispy_form(form)


def test_the_summary_links_to_the_box_of_a_date_that_is_wrong() -> None:
    form = Everything({"reported-day": "3", "reported-month": "13", "reported-year": "2020"})
    assert {"text": "Date of report must be a real date", "href": "#id_reported-month"} in problems(form)


def test_an_error_without_a_field_and_one_of_a_hidden_field_are_in_the_summary_without_a_link() -> None:
    form = Everything({})
    form.add_error(None, "Somebody was faster")
    unlinked = [problem["text"] for problem in problems(form) if not problem["href"]]
    assert unlinked == ["Somebody was faster", "Token: This field is required."]


def test_the_summary_covers_the_forms_of_a_formset() -> None:
    formset = forms.formset_factory(Everything, extra=0)(
        {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-title": "One", "form-1-agreed": "on"}
    )
    links = [problem["href"] for problem in problems(formset)]
    assert "#id_form-1-title" in links
    assert "#id_form-0-title" not in links
    assert Elements(render_crispy_form(formset)).with_id("id_form-1-title")[0] == "input"


def test_a_form_that_was_not_sent_has_no_summary() -> None:
    assert render_to_string("components/error_summary.html", {"form": Everything()}).strip() == ""
    assert render_to_string("components/error_summary.html", {}).strip() == ""


def test_the_browser_neither_checks_nor_cuts_off_what_is_typed() -> None:
    html = render_crispy_form(Everything({}))
    elements = Elements(html).found
    assert "novalidate" in next(attributes for tag, attributes in elements if tag == "form")
    assert not [
        attributes
        for _, attributes in elements
        if {"required", "maxlength", "minlength", "min", "max", "step", "aria-invalid"} & set(attributes)
    ]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("email", {"type": "email", "spellcheck": "false"}),
        ("website", {"type": "url", "spellcheck": "false"}),
        ("seconds", {"type": "text", "inputmode": "numeric"}),
        ("share", {"type": "text", "spellcheck": "false"}),
        ("password", {"type": "password", "autocomplete": "current-password"}),
    ],
)
def test_a_box_helps_with_what_is_typed_into_it(name: str, expected: dict[str, str]) -> None:
    attributes = Elements(render_crispy_form(Everything())).with_id(f"id_{name}")[1]
    assert expected.items() <= attributes.items()


def test_a_hint_and_an_error_describe_their_field_in_this_order() -> None:
    page = Elements(render_crispy_form(Everything({})))
    assert page.with_id("id_agreed")[1]["aria-describedby"] == "id_agreed-hint id_agreed-error"
    for _, attributes in page.found:
        for identifier in attributes.get("aria-describedby", "").split():
            assert page.with_id(identifier)


def test_every_identifier_of_a_form_is_there_once() -> None:
    identifiers = [
        attributes["id"] for _, attributes in Elements(render_crispy_form(Everything({}))).found if "id" in attributes
    ]
    assert len(identifiers) == len(set(identifiers))


def test_what_was_typed_is_shown_again_and_never_as_markup() -> None:
    form = Everything({"title": '"><script>', "account": "</textarea><script>", "agreed": "on", "decision": "no"})
    html = render_crispy_form(form)
    assert "<script>" not in html
    page = Elements(html)
    assert page.with_id("id_title")[1]["value"] == '"><script>'
    assert "checked" in page.with_id("id_agreed")[1]
    assert "checked" in page.with_id("id_decision-2")[1]
    assert "checked" not in page.with_id("id_decision")[1]


def test_a_disabled_field_cannot_be_typed_into() -> None:
    form = Everything()
    for field in form.fields.values():
        field.disabled = True
    controls = [
        attributes
        for tag, attributes in Elements(render_crispy_form(form)).found
        if tag in {"input", "select", "textarea"} and attributes.get("type") != "hidden"
    ]
    assert len(controls) == 17
    assert all("disabled" in attributes for attributes in controls)


def test_a_layout_groups_fields_and_buttons() -> None:
    html = laid_out(
        Everything(),
        Fieldset("Who?", "title", "email"),
        SubmitButton("Save", name="step", value="save"),
        SubmitButton("Return it", name="back"),
    )
    assert "legend class=\"govuk-fieldset__legend govuk-fieldset__legend--m\"\n      'Who?'" in outline(html)
    buttons = [attributes for tag, attributes in Elements(html).found if tag == "button"]
    assert [(button["name"], button.get("value"), button["type"]) for button in buttons] == [
        ("step", "save", "submit"),
        ("back", None, "submit"),
    ]
    assert all(button["class"].split() == ["govuk-button"] for button in buttons)


def test_a_widget_that_the_pack_does_not_know_is_refused_by_name() -> None:
    form = type("Odd", (forms.Form,), {"moment": forms.SplitDateTimeField()})()
    with pytest.raises(TemplateSyntaxError, match='no component for "moment" with its SplitDateTimeWidget'):
        render_crispy_form(form)
