"""Form fields for dates, times and long texts, and form layouts in the GOV.UK design."""

import re
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import date, datetime, time
from functools import lru_cache
from typing import Any, ClassVar

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Field, Layout
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.core.exceptions import ValidationError
from django.forms.utils import pretty_name
from django.forms.widgets import Input
from django.http import QueryDict
from django.template import Context
from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.rules import calendar, tables, web_address
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import FieldRefused, MoveRefused
from releases.rules.tables import MOST_BYTES, MOST_ROWS, NotATableError

CLOCK_TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?\s*(am|pm)?")
ISO_DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
TIMES_BY_NAME = {name: time(*at) for at, name in calendar.NAMED_TIMES.items()} | {"noon": time(12)}
PARTS = ("day", "month", "year")
MONTHS = [f"{date(2000, number, 1):%B}".casefold() for number in range(1, 13)]


@dataclass(frozen=True, slots=True)
class _RenderedForm:
    """The cache key of a rendered form: its class, and everything else on which the rendered form depends."""

    kind: type[forms.Form]
    cache_key: Hashable
    form: forms.Form = field_of(compare=False)


def render_form_once(form: forms.Form, *, cache_key: Hashable) -> SafeString:
    """Render a form without a token or a user's data. Forms with equal cache keys are rendered once (decision 95).

    :param cache_key: everything on which the rendered form depends, except its class and the language.
    """
    return _render_form(_RenderedForm(type(form), cache_key, form), get_language())


# Most requests are for the same few filters. A rendered form takes about 20 kB.
@lru_cache(maxsize=64)
def _render_form(key: _RenderedForm, _language: str | None) -> SafeString:
    return render_to_string("components/filter.html", {"form": key.form})


class TableFileField(forms.FileField):
    """An upload of a CSV, ODS or XLSX table. Files over the size limit are refused."""

    default_error_messages: ClassVar = {
        "required": lazy("Select a file"),
        "empty": lazy("The selected file is empty"),
        "invalid": lazy("The selected file could not be uploaded. Try again"),
    }

    def __init__(self) -> None:
        hint = format_lazy(
            lazy("CSV, ODS or XLSX, up to {size} MB and {rows} rows"),
            rows=f"{MOST_ROWS:,}",
            size=MOST_BYTES // 1024**2,
        )
        widget = forms.FileInput(attrs={"accept": ".csv,.ods,.xlsx"})
        super().__init__(label=lazy("File"), help_text=hint, widget=widget)

    def clean(self, data: Any, initial: Any = None) -> Any:
        file = super().clean(data, initial)
        try:
            tables.check_table_size(file.size or 0, name=file.name or "")
        except NotATableError as error:
            raise ValidationError(str(error)) from error
        return file


class GovukDateWidget(forms.MultiWidget):
    """Three text boxes, named `<name>-day`, `<name>-month` and `<name>-year`. Their ids have the same endings."""

    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({part: forms.TextInput(attrs={"inputmode": "numeric"}) for part in PARTS}, attrs)
        self.widgets_names = [f"-{part}" for part in PARTS]

    def decompress(self, value: Any) -> list[Any]:
        return _boxes(value)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        base = context["widget"]["attrs"].get("id")
        if base:
            for part, box in zip(PARTS, context["widget"]["subwidgets"], strict=True):
                box["attrs"]["id"] = f"{base}-{part}"
        return context

    def id_for_label(self, id_: str) -> str:
        return f"{id_}-{PARTS[0]}" if id_ else id_


# The first matching class is used, so subclasses come before their base classes. For example, CheckboxSelectMultiple
# comes before RadioSelect, and PasswordInput comes before Input.
_KINDS: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.Select, "select"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Textarea, "textarea"),
    (forms.PasswordInput, "password"),
    (forms.FileInput, "file"),
    (GovukDateWidget, "date"),
    (Input, "input"),
)
# Django's message "This field is required." does not name the field. The error summary would repeat this message for
# each empty field.
NO_ANSWER = forms.Field.default_error_messages["required"]
_MISSING_ANSWERS = {
    "select": lazy("Select “{}”"),
    "radios": lazy("Select an answer to “{}”"),
    "checkboxes": lazy("Select at least one answer to “{}”"),
    "checkbox": lazy("Select “{}”"),
    "file": lazy("Select a file for “{}”"),
}


def find_kind(widget: forms.Widget) -> str:
    """Return the name of the GOV.UK component for a widget, or an empty string if there is none."""
    return next((name for widget_class, name in _KINDS if isinstance(widget, widget_class)), "")


def name_missing_answer(field: forms.Field, label: Any) -> str:
    """Return the error message for an empty field. The message names the field, for example "Select “Series”"."""
    # The admin site wraps the widget of a relation in a RelatedFieldWidgetWrapper. Its `widget` attribute is the
    # original widget.
    widget: Any = getattr(field.widget, "widget", field.widget)
    return str(_MISSING_ANSWERS.get(find_kind(widget), lazy("Enter “{}”"))).format(label)


def word_missing_answers(fields: Mapping[str, forms.Field]) -> None:
    """Set the error message that each field shows if it is empty. The message names the field.

    A message that the form itself has set is not replaced.
    """
    for name, field in fields.items():
        if field.error_messages.get("required") == NO_ANSWER:
            label = pretty_name(name) if field.label is None else field.label
            field.error_messages["required"] = name_missing_answer(field, label)


class GovukDateField(forms.Field):
    """A date typed as day, month and year. Each error names the missing or wrong parts."""

    widget = GovukDateWidget
    default_error_messages = {
        "required": "Enter the %(lower_subject)s",
        "incomplete": "%(subject)s must include a %(missing)s",
        "year": "Year must include 4 numbers",
        "invalid": "%(subject)s must be a real date",
    }

    def __init__(self, *, subject: object = "", **kwargs: Any) -> None:
        self.subject = subject
        super().__init__(**kwargs)

    def clean(self, value: Sequence[str] | date | None) -> Any:
        """Return the date in the three boxes, or None if all boxes are empty and the field is optional.

        :raises ValidationError: if a box is empty or wrong. `params["parts"]` has the names of these boxes.
        """
        if isinstance(value, date):
            return value
        typed = _typed(value)
        if not any(typed):
            if self.required:
                raise self._error("required", PARTS)
            return None
        missing = [part for part, text in zip(PARTS, typed, strict=True) if not text]
        if missing:
            raise self._error("incomplete", missing)
        found = self._read(*typed)
        self.run_validators(found)
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:
        return _typed(initial) != _typed(data)

    def _read(self, day: str, month: str, year: str) -> date:
        numbers = {"day": _number(day), "month": _month(month), "year": _number(year)}
        unreadable = [part for part, number in numbers.items() if number is None]
        if unreadable:
            raise self._error("invalid", unreadable)
        if len(year) != 4:
            raise self._error("year", ["year"])
        if not 1 <= (numbers["month"] or 0) <= 12:
            raise self._error("invalid", ["month"])
        try:
            return date(numbers["year"] or 0, numbers["month"] or 0, numbers["day"] or 0)
        except ValueError:
            raise self._error("invalid", ["day"] if numbers["year"] else ["year"]) from None

    def _error(self, code: str, parts: Sequence[str]) -> ValidationError:
        subject = str(self.subject or self.label or "Date")
        words: dict[str, Any] = {
            "parts": tuple(parts),
            "subject": subject,
            "lower_subject": subject[:1].lower() + subject[1:],
            "missing": " and ".join(parts),
        }
        return ValidationError(self.error_messages[code], code=code, params=words)


class FilterDateWidget(GovukDateWidget):
    """Three text boxes in a form that filters a list.

    The query string may have one text for the date instead, such as 2026-06-30. Our own links and older bookmarks do.
    """

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        typed = super().value_from_datadict(data, files, name)
        text = (data.get(name) or "").strip()
        if any(typed) or not text:
            return typed
        if iso := ISO_DATE.fullmatch(text):
            return [iso["day"], iso["month"], iso["year"]]
        boxes = re.split(r"[\s/]+", text, maxsplit=2)
        return [*boxes, "", ""][:3]


class FilterDateField(GovukDateField):
    widget = FilterDateWidget


class PickedDateField(forms.DateField):
    """A date picked in the browser's own calendar, or typed if the browser has none."""

    widget = forms.DateInput(attrs={"type": "date"})
    input_formats = ["%Y-%m-%d", "%d/%m/%Y", "%d %m %Y"]


class ClockTimeField(forms.Field):
    """A time of day as people type it: 9:30am, 9.30 am, 09:30, 9am, midday or 10:27:05.

    The box shows a time in the style 9:30am, with seconds if there are any.
    """

    widget = forms.TextInput
    default_error_messages = {
        "required": "Enter a time, such as 9:30am",
        "invalid": "Enter a real time, such as 9:30am or 14:05",
    }

    def to_python(self, value: Any) -> time | None:
        if value in self.empty_values or isinstance(value, time):
            return value or None
        typed = str(value).strip().lower()
        if typed in TIMES_BY_NAME:
            return TIMES_BY_NAME[typed]
        written = CLOCK_TIME.fullmatch(typed)
        if not written or (written[2] is None and not written[4]):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        hour, minute, second = (int(part or 0) for part in written.group(1, 2, 3))
        half = written[4]
        if half and not 1 <= hour <= 12:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        try:
            return time(hour, minute, second)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, time):
            return value
        if not value.second:
            return calendar.time_of_day(value)
        return f"{value.hour % 12 or 12}:{value:%M:%S}{'am' if value.hour < 12 else 'pm'}"


class LongTextField(forms.CharField):
    """A text of several paragraphs. A line break counts as one character, as in the character counter on the page."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        return (super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


class PrecisionField(forms.ChoiceField):
    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        choices = [
            (Precision.EXACT, lazy("Day and time")),
            (Precision.MONTH, lazy("Month")),
            (Precision.TWO_MONTHS, lazy("2 months")),
        ]
        super().__init__(label=lazy("What do you know about the date?"), choices=choices, **kwargs)


def _boxes(value: Any) -> list[Any]:
    return [value.day, value.month, value.year] if isinstance(value, date) else [None, None, None]


def _typed(value: Any) -> list[str]:
    boxes = value if isinstance(value, list | tuple) else _boxes(value)
    return [str(part or "").strip() for part in boxes]


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 4 else None


def _month(text: str) -> int | None:
    name = text.casefold().rstrip(".")
    if len(name) >= 3:
        for number, month in enumerate(MONTHS, start=1):
            if month.startswith(name):
                return number
    return _number(text)


class Question(Field):  # type: ignore[misc]  # crispy-forms ships no types
    """A field with design options of GOV.UK. In a layout, a plain string stands for a field with default options."""

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
        """Set the options of one field.

        :param size: the size of the label or legend: s, m, l or xl. The default is the size of body text.
        :param heading: whether the label or legend is the h1 of the page.
        :param hints: hints for choices, keyed by the value of the choice.
        :param dividers: text between two choices, such as "or". Keyed by the value of the second choice.
        :param exclusive: the values of checkboxes that uncheck all other boxes, such as "None of these".
        :param max_words: the limit of a text box with a word counter.
        :param threshold: the percentage of the limit at which the counter appears.
        :param attrs: css_class, wrapper_class, and HTML attributes of the control. Write _ instead of - in their names.
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
        extra = {"question": self.options}
        return str(super().render(form, context, template_pack=template_pack, extra_context=extra, **kwargs))


class Disclosure:
    """A details element with questions that few people need."""

    template = "govuk/details.html"

    def __init__(self, summary: str, *questions: Question | str, is_open: bool) -> None:
        self.summary, self.questions, self.is_open = summary, questions, is_open

    def render(self, form: forms.BaseForm, context: Context, template_pack: str = TEMPLATE_PACK, **_: Any) -> str:
        content = mark_safe("".join(Layout(*self.questions).render(form, context, template_pack=template_pack)))  # noqa: S308  # rendered fields
        return render_to_string(self.template, {"summary": self.summary, "content": content, "is_open": self.is_open})


class SubmitButton:
    """A form's submit button; a double click sends the form once."""

    template = "govuk/button.html"

    def __init__(self, text: str, *, name: str = "", value: str = "", css_class: str = "") -> None:
        self.attributes = {"text": text, "name": name, "value": value, "classes": css_class, "once": True}

    def render(self, form: forms.BaseForm, context: Context, **_: Any) -> str:  # crispy's signature
        return render_to_string(self.template, self.attributes)


def helper_of(*questions: Any, button: Any, css_class: str = "", method: str = "post") -> FormHelper:
    """Lay out a form with its questions in order and a submit button at the end."""
    helper = FormHelper()
    helper.form_method = method
    helper.layout = Layout(*questions, SubmitButton(button, css_class=css_class))
    return helper


def inside_the_form(*questions: Any) -> FormHelper:
    """Lay out questions for a page whose template has the form element, the CSRF token and the buttons."""
    helper = FormHelper()
    helper.form_tag, helper.disable_csrf, helper.layout = False, True, Layout(*questions)
    return helper


class GovukForm(forms.Form):
    """A form that shows all its fields in order, with a submit button at the end."""

    # With this attribute, browsers would show their own message about an empty field instead of the page's error
    # summary.
    use_required_attribute = False
    button: Any = ""
    button_class = ""
    method = "post"
    # Arguments of `Question`. `defaults` apply to every field. `options` are keyed by field name.
    defaults: ClassVar[Mapping[str, Any]] = {"size": "s"}
    options: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    @cached_property
    def helper(self) -> FormHelper:
        return helper_of(*self.questions(), button=self.button, css_class=self.button_class, method=self.method)

    def questions(self) -> Iterable[Any]:
        return [self.question(name) for name in self.fields]

    def question(self, name: str) -> Question | str:
        field = self.fields[name]
        if field.widget.is_hidden:
            return name
        clock = {"css_class": "govuk-input--width-5"} if isinstance(field, ClockTimeField) else {}
        return Question(name, **{**self.defaults, **clock, **self.options.get(name, {})})

    def combine_instant(self, cleaned: dict[str, Any], *, on: str, at: str, to: str) -> None:
        """Add the instant of a London date and time to the cleaned data.

        If the time does not exist or happens twice on that date, the field of the time gets an error.

        :param on: the name of the date field.
        :param at: the name of the time field.
        :param to: the key for the instant.
        """
        if cleaned.get(on) and cleaned.get(at):
            try:
                cleaned[to] = calendar.from_london(datetime.combine(cleaned[on], cleaned[at]))
            except ValueError as error:
                self.add_error(at, str(error))

    def reopen(self, *, name: str, version: int | str, sentence: str, **also_seen: str) -> None:
        """Show the typed values again for a second attempt, after another person has saved a newer version.

        :param name: the field with the version that the person has seen.
        :param version: the version that the other person saved.
        :param sentence: the error to show above the form.
        :param also_seen: the new values of other hidden fields that say what the person has seen.
        """
        typed = QueryDict(mutable=True)
        typed.update(self.data)
        for field, value in {name: str(version), **also_seen}.items():
            typed[field] = value
        self.data = typed
        self.add_error(None, sentence)


def list_typed_texts(posted: QueryDict) -> list[dict[str, str]]:
    """Return the name and the text of each free-text field that a person sent.

    A page that refuses a form shows them, so that the person can copy them. The page may be refused before its form is
    built, so the fields are recognised by the names that free-text fields have in all forms.
    """
    free = {
        name
        for form in _form_classes(GovukForm)
        for name, field in form.base_fields.items()
        if find_kind(field.widget) in {"input", "textarea"} and not field.widget.is_hidden
    }
    return [
        {"label": pretty_name(name), "text": text}
        for name, values in posted.lists()
        for text in values
        # A text without a letter may be the key of a row, which a button sends under the same name.
        if name in free and any(map(str.isalpha, text))
    ]


def _form_classes(form_class: type[GovukForm]) -> Iterator[type[GovukForm]]:
    yield form_class
    for subclass in form_class.__subclasses__():
        yield from _form_classes(subclass)


class FilterForm(GovukForm):
    """A form that filters a list; its values are in the query string."""

    button, method = lazy("Filter"), "get"

    def questions(self) -> Iterable[Any]:
        return [Div(*super().questions(), css_class="office-filter")]


def clean_reason_field(form: forms.BaseForm) -> str:
    """Return the reason for a change. Refuse a form with two reasons, because only one reason would be stored."""
    given = form.data.getlist("reason") if isinstance(form.data, QueryDict) else []
    if len(given) > 1:
        raise ValidationError(_("Give one reason for the change."))
    return str(form.cleaned_data["reason"])


def build_slot(cleaned: Mapping[str, Any], *, zone: str = calendar.LONDON.key) -> Slot:
    """Return the slot that a person has typed. If the date is only a month or two months, the slot has no time."""
    precision = Precision(cleaned.get("precision") or Precision.EXACT)
    at = cleaned["planned_at"] if precision is Precision.EXACT else None
    return Slot(on=cleaned["planned_on"], at=at, precision=precision, zone=zone)


def clean_address(url: str) -> str:
    """Return an address in normalised form.

    :raises ValidationError: if the address may not be fetched.
    """
    try:
        return web_address.parse_address(url).url
    except web_address.NotAWebAddressError as error:
        raise ValidationError(f"{error}.") from error


def add_refusal(form: forms.BaseForm, refusal: MoveRefused, fields: Mapping[str, str] | None = None) -> None:
    """Add a refusal to the errors of the field that it names, or to the errors of the whole form.

    The other refusals that were found at the same time are added too.

    :param fields: maps field names in refusals to field names of the form, where these differ.
    """
    form.add_error(find_refused_field(refusal, form, fields), str(refusal))
    for other in refusal.others if isinstance(refusal, FieldRefused) else ():
        field = find_refused_field(other, form, fields)
        if field is None or not form.has_error(field):
            form.add_error(field, str(other))


def find_refused_field(refusal: MoveRefused, form: forms.BaseForm, fields: Mapping[str, str] | None) -> str | None:
    named = refusal.field if isinstance(refusal, FieldRefused) else ""
    field = (fields or {}).get(named, named)
    return field if field in form.fields else None
