"""How a form puts its questions to people: layout objects of crispy-forms for the `govuk` template pack."""

from collections.abc import Collection, Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.template import Context
from django.template.loader import render_to_string


class Question(Field):  # type: ignore[misc]  # crispy-forms ships no types
    """One field with GOV.UK's choices of looks; a field named by a plain string has the defaults of them all."""

    def __init__(
        self,
        name: str,
        *,
        size: str = "",
        heading: bool = False,
        prefix: str = "",
        suffix: str = "",
        inline: bool = False,
        small: bool = False,
        hints: Mapping[str, str] | None = None,
        dividers: Mapping[str, str] | None = None,
        exclusive: Collection[str] = (),
        max_words: int | None = None,
        threshold: int | None = None,
        **attrs: Any,
    ) -> None:
        """Describe how one field is asked.

        :param name: the form's field
        :param size: of the label or legend: s, m, l or xl; body text by default
        :param heading: the label or legend is the page's h1
        :param prefix: what stands before a text box, as £
        :param suffix: what stands after it, as "seconds"
        :param inline: radios beside each other
        :param small: small radios or checkboxes
        :param hints: a hint for choices, by value
        :param dividers: a word before choices ("or"), by the value of the choice that follows it
        :param exclusive: values of checkboxes that uncheck all others ("none of these")
        :param max_words: the limit of a text box that counts words
        :param threshold: percentage of the limit from which a counter is shown
        :param attrs: css_class, wrapper_class, and attributes of the control with _ for -
        """
        super().__init__(name, **attrs)
        self.options = {
            "size": size,
            "heading": heading,
            "prefix": prefix,
            "suffix": suffix,
            "inline": inline,
            "small": small,
            "hints": hints or {},
            "dividers": dividers or {},
            "exclusive": exclusive,
            "max_words": max_words,
            "threshold": threshold,
        }

    def render(self, form: forms.BaseForm, context: Context, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> str:
        """Render the field with its looks."""
        return str(
            super().render(
                form,
                context,
                template_pack=template_pack,
                extra_context={"question": self.options},
                **kwargs,
            )
        )


class SubmitButton:
    """A form's button: pressed twice in haste, it sends the form once."""

    template = "govuk/button.html"

    def __init__(self, text: str, *, name: str = "", value: str = "", css_class: str = "") -> None:
        self.attributes = {"text": text, "name": name, "value": value, "classes": css_class, "once": True}

    def render(self, form: forms.BaseForm, context: Context, **_: Any) -> str:  # crispy's signature
        """Render the button."""
        return render_to_string(self.template, self.attributes)


def helper_of(*questions: Any, button: str, css_class: str = "", method: str = "post") -> FormHelper:
    """Lay out a form that asks its questions one under the other, and ends with its button.

    :param css_class: the button's.
    :param method: "get" where what is asked for stands in the page's address.
    """
    helper = FormHelper()
    helper.form_method = method
    helper.layout = Layout(*questions, SubmitButton(button, css_class=css_class))
    return helper


def inside_the_form(*questions: Any) -> FormHelper:
    """Lay out questions within the form element that their page writes itself, with its own token and buttons."""
    helper = FormHelper()
    helper.form_tag, helper.disable_csrf, helper.layout = False, True, Layout(*questions)
    return helper
