"""The forms for the sections of a report, and form fields that several pages share."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any, ClassVar, cast

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Fieldset
from crispy_forms.utils import TEMPLATE_PACK
from django import forms
from django.core.exceptions import ValidationError
from django.forms.formsets import BaseFormSet, formset_factory
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches import text
from breaches.code_of_practice import PracticeChoice
from breaches.rules import answers
from breaches.rules.answers import (
    ASKED,
    COUNTS,
    EXTENT_LABELS,
    EXTENTS,
    KINDS_BEFORE_RELEASE,
    MAY_BE_OPEN,
    MOMENTS,
    SHORT_LABELS,
    Answer,
    Answers,
    Extent,
    may_not_apply,
)
from breaches.rules.content import (
    CitedPractice,
    ContactPerson,
    Output,
    Plan,
    Remark,
    ReportContent,
    ReportSection,
    is_web_address,
)
from breaches.rules.incident import ReportedDisclosure, unknown_phrases
from breaches.rules.lifecycle import ReportKind, ReportTerm
from breaches.text import TERMS
from releases.forms import ClockTimeField, GovukDateField, LongTextField, Question, inside_the_form
from releases.rules.calendar import format_day, from_london, in_london

MOST_ROWS = 50
LONGEST_REMARK = 4000


def remark_field(label: Any, help_text: Any = "", *, required: Any = None) -> LongTextField:
    """Make a text field that accompanies a move, for example for a reason or a comment.

    :param required: the error message if the field is empty. If it is None, the field is optional.
    """
    return LongTextField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_REMARK,
        required=required is not None,
        error_messages={} if required is None else {"required": required},
    )


def check_web_address(url: str) -> None:
    """Raise a validation error if a link is not a full web address.

    The error has the code "invalid" and no message. Django then shows the message of the field for this code, which
    names the field.
    """
    if not is_web_address(url):
        raise ValidationError("", code="invalid")


class OutputRow(forms.Form):
    use_required_attribute = False
    title = forms.CharField(
        label=lazy("Title of statistical output"),
        help_text=lazy("Name the edition, for example ‘School workforce, March 2020’"),
        required=False,
        max_length=500,
        error_messages={"max_length": lazy("Title of statistical output must be %(limit_value)d characters or less")},
    )
    url = forms.CharField(
        label=lazy("Link to statistical output"),
        required=False,
        max_length=1000,
        validators=[check_web_address],
        error_messages={
            "max_length": lazy("Link to statistical output must be %(limit_value)d characters or less"),
            "invalid": lazy(
                "Link to statistical output must be a full web address, like https://www.example.gov.uk/statistics"
            ),
        },
        widget=forms.URLInput,
    )


class DateRow(forms.Form):
    use_required_attribute = False
    on = GovukDateField(
        label=lazy("Date of occurrence of breach"),
        help_text=lazy("For example, 30 6 2020"),
        required=False,
    )


class RowSet(BaseFormSet):  # type: ignore[type-arg]  # the factory below names each set's form
    """A formset that ignores empty rows and always shows at least one row."""

    prefix: str
    fields: ClassVar[tuple[str, ...]]
    first_control: ClassVar[str]
    another: ClassVar[Any]

    def typed(self) -> list[dict[str, Any]]:
        return [row for form in self.forms if any((row := form.cleaned_data).get(name) for name in self.fields)]

    def object_to(self, sentence: str) -> bool:
        """Add an error to the row that caused it.

        :return: whether a row was found for the error.
        """
        return False

    @property
    def helper(self) -> FormHelper:
        return inside_the_form(*(Question(name) for name in self.fields))


class _Outputs(RowSet):
    prefix = "outputs"
    fields = ("title", "url")
    first_control = "title"
    another = lazy("Add another output")

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if self.total_form_count() > 1 and index is not None:
            for field in form.fields.values():
                field.label = f"{field.label} {index + 1}"


class _Dates(RowSet):
    prefix = "dates"
    fields = ("on",)
    first_control = "on-day"
    another = lazy("Add another date")

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if index:
            form.fields["on"].label = _("Date of occurrence of breach %(number)s") % {"number": index + 1}

    def object_to(self, sentence: str) -> bool:
        for form in self.forms:
            if (on := form.cleaned_data.get("on")) and format_day(on) in sentence:
                form.add_error("on", sentence)
                return True
        return False


_OutputRows = formset_factory(OutputRow, formset=_Outputs, extra=0, min_num=1, max_num=MOST_ROWS)
_DateRows = formset_factory(DateRow, formset=_Dates, extra=0, min_num=1, max_num=MOST_ROWS)


def output_rows(data: QueryDict | None, outputs: Iterable[Output]) -> RowSet:
    initial = [{"title": output.title, "url": output.url} for output in outputs]
    return cast("RowSet", _OutputRows(data, initial=initial, prefix=_Outputs.prefix))


def date_rows(data: QueryDict | None, days: Iterable[date]) -> RowSet:
    return cast("RowSet", _DateRows(data, initial=[{"on": on} for on in days], prefix=_Dates.prefix))


def with_another_row(data: QueryDict, prefix: str) -> QueryDict:
    """Return the submitted data with one more empty row.

    Used by the button that adds a row without JavaScript.
    """
    longer = data.copy()
    counter = f"{prefix}-TOTAL_FORMS"
    given = longer.get(counter, "")
    longer[counter] = str(min(int(given) + 1, MOST_ROWS)) if given and given.isdecimal() else "1"
    return longer


def practice_notes(choice: PracticeChoice) -> Iterator[str]:
    """Yield the sentences that help people to choose a practice. They are not printed in the report."""
    if choice.is_suggested and choice.suggestion is not None:
        cases = choice.suggestion.cases
        if cases is None:
            yield _("Suggested for this kind of breach.")
        else:
            sentence = ngettext(
                "Suggested for this kind of breach, from %(cases)d published report.",
                "Suggested for this kind of breach, from %(cases)d published reports.",
                cases,
            )
            yield sentence % {"cases": cases}
    if (row := choice.row) is not None and not choice.cited.confirmed:
        if row.summary:
            yield _("In summary: %(summary)s") % {"summary": row.summary}
        if row.unconfirmed:
            yield row.unconfirmed


def narrative(label: Any, hint: Any) -> LongTextField:
    """Make the text field for the narrative of a section.

    The layouts of the forms show a character count for this field, but only near the limit.
    """
    return LongTextField(
        label=label,
        help_text=format_lazy(
            "{} {}",
            hint,
            lazy("Leave an empty line between paragraphs. You can save and come back later."),
        ),
        required=False,
        max_length=20_000,  # several times the longest published report
        widget=forms.Textarea(attrs={"rows": 14}),
    )


class SectionForm(forms.Form):
    """The form for one section of a report. No field is required until the report is submitted.

    `version` is the number of the version that the person has read, and `seen` is the digest of its text
    (`editing.section_digest`). `facts_seen` is the digest of the newer facts that the page showed with this version.
    """

    use_required_attribute = False
    section: ClassVar[ReportSection]
    rows: RowSet | None = None
    too_long: ClassVar[Any] = lazy("{label} must be %(limit_value)d characters or less")
    rows_come_last: ClassVar[bool] = False
    """Whether the rows come after all other fields. Otherwise, they come between the `first` and `last` fields."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    facts_seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        content: ReportContent,
        version: int,
        seen: str = "",
        facts_seen: str = "",
        practices: Iterable[PracticeChoice] = (),
        kind: ReportKind = ReportKind.OTHER,
        left_out: Collection[answers.Question] = (),
        stated_day: date | None = None,
        disclosure: ReportedDisclosure | None = None,
    ) -> None:
        """Fill in the form from the report.

        :param content: the present content of the report.
        :param practices: the practices that may be cited on the day of occurrence.
        :param kind: the kind of breach. The questions of "What happened" depend on it.
        :param left_out: the questions that are not asked, because the record already answers them.
        :param stated_day: the day of occurrence that was stated when the report was started.
        :param disclosure: the disclosure that a recipient of pre-release access reported, if the report was started
            from it.
        """
        self.kind = kind
        self.stated_day = stated_day
        self.disclosure = disclosure
        self.asked = tuple(question for question in ASKED[kind] if question not in left_out)
        initial = self.initial_values(content) | {"version": version, "seen": seen, "facts_seen": facts_seen}
        super().__init__(data, initial=initial)
        self.add_questions()
        # Django's error message for a text that is too long does not name the field.
        for field in self.fields.values():
            if isinstance(field, forms.CharField):
                field.error_messages["max_length"] = format_lazy(self.too_long, label=field.label)
        self.set_up(data, content=content, practices=practices)

    def initial_values(self, content: ReportContent) -> dict[str, Any]:
        """Return the initial values of the fields, keyed by field name."""
        raise NotImplementedError

    def add_questions(self) -> None:
        """Add the fields that depend on the kind of breach."""

    def set_up(self, data: QueryDict | None, *, content: ReportContent, practices: Iterable[PracticeChoice]) -> None:
        """Set up the rows and choices, which depend on the report."""

    def values(self) -> dict[str, Any]:
        """Return the submitted values, keyed by the fields of `ReportContent`."""
        raise NotImplementedError

    def plans(self) -> list[Plan]:
        """Return the corrective actions that were entered with the section."""
        return []

    def is_valid(self) -> bool:
        return all([super().is_valid(), self.rows is None or self.rows.is_valid()])

    def object_to(self, remark: Remark) -> None:
        """Add a remark as an error of the field that it is about."""
        if not (self.rows and self.rows.object_to(remark.sentence)):
            self.add_error(remark.field if remark.field in self.fields else None, remark.sentence)

    @property
    def first(self) -> FormHelper:
        """The fields before the rows."""
        return inside_the_form("version", "seen", "facts_seen")

    @property
    def last(self) -> FormHelper:
        """The fields after the rows."""
        raise NotImplementedError


class NarrativeForm(SectionForm):
    """The form for a section that consists of one text. The text field has the same name as the section."""

    def initial_values(self, content: ReportContent) -> dict[str, Any]:
        return {self.section.value: getattr(content, self.section)}

    def values(self) -> dict[str, Any]:
        return {self.section.value: self.cleaned_data[self.section]}

    @property
    def last(self) -> FormHelper:
        return inside_the_form(Question(self.section.value, size="m", threshold=75))


class ImpactForm(NarrativeForm):
    """Section 3: the impact of the breach."""

    section = ReportSection.IMPACT

    impact = narrative(
        lazy("Impact of the breach"),
        lazy(
            "Describe the effect on your organisation, the effect on users, any reaction and any media interest. Write "
            "only what you know. If there was no effect, reaction or media interest, say so."
        ),
    )


class ActionFields(forms.Form):
    """One corrective action, with its owner and due date."""

    use_required_attribute = False
    text = LongTextField(
        label=lazy("Action"),
        help_text=lazy("For example, ‘manual check at the next release’. Use job titles, not people’s names."),
        max_length=2000,
        error_messages={
            "required": lazy("Enter the action"),
            "max_length": lazy("Action must be %(limit_value)d characters or less"),
        },
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    term = forms.ChoiceField(
        label=lazy("Is this action short-term or long-term?"),
        choices=list(TERMS.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Select short-term or long-term")},
    )
    owner = forms.CharField(
        label=lazy("Owner"),
        help_text=lazy("The post that is responsible, for example ‘head of dissemination’"),
        max_length=200,
        error_messages={
            "required": lazy("Enter the owner"),
            "max_length": lazy("Owner must be %(limit_value)d characters or less"),
        },
    )
    due = GovukDateField(
        label=lazy("Due date (optional)"),
        subject=lazy("Due date"),
        help_text=lazy(
            "For example, 30 9 2026. We send one reminder to the producer’s staff if the action is overdue."
        ),
        required=False,
    )

    def plan(self) -> Plan:
        typed = self.cleaned_data
        return Plan(typed["text"], ReportTerm(typed["term"]), typed["owner"], typed["due"])


class ActionRow(ActionFields):
    """A row for a new action in `CorrectiveActionsForm`."""

    def __init__(self, *args: Any, is_asked: bool, **kwargs: Any) -> None:
        """:param is_asked: whether empty fields are errors. Pass False when a person adds another row."""
        super().__init__(*args, **kwargs)
        if not is_asked:
            for field in self.fields.values():
                field.required = False

    def has_changed(self) -> bool:
        # People cannot clear a radio button. So a row counts as empty if only its term was selected.
        return any(name != "term" for name in self.changed_data)


class _Actions(RowSet):
    prefix = "actions"
    fields = ("text", "term", "owner", "due")
    first_control = "text"
    another = lazy("Add another action")
    # The labels and error messages for the second action and all later actions. The error message is shown if the field
    # is empty.
    later: ClassVar[Mapping[str, tuple[Any, Any]]] = {
        "text": (lazy("Action %(number)s"), lazy("Enter action %(number)s")),
        "term": (
            lazy("Is action %(number)s short-term or long-term?"),
            lazy("Select short-term or long-term for action %(number)s"),
        ),
        "owner": (lazy("Owner of action %(number)s"), lazy("Enter the owner of action %(number)s")),
        "due": (lazy("Due date of action %(number)s (optional)"), ""),
    }

    def add_fields(self, form: forms.Form, index: int | None) -> None:
        super().add_fields(form, index)
        if index:
            number = {"number": index + 1}
            for name, (label, error) in self.later.items():
                form.fields[name].label = label % number
                form.fields[name].error_messages["required"] = error % number
            cast("GovukDateField", form.fields["due"]).subject = _("Due date of action %(number)s") % number

    def object_to(self, sentence: str) -> bool:
        # The only possible error is a due date that is too early. So add it to the row with the earliest due date.
        if dated := [form for form in self.forms if form.cleaned_data.get("due")]:
            min(dated, key=lambda form: form.cleaned_data["due"]).add_error("due", sentence)
        return bool(dated)

    @property
    def helper(self) -> FormHelper:
        return inside_the_form(
            Question("text", size="s", threshold=75),
            Question("term", size="s", inline=True, small=True),
            Question("owner", size="s"),
            Question("due", size="s"),
        )


_ActionRows = formset_factory(ActionRow, formset=_Actions, extra=1, max_num=MOST_ROWS)


class CorrectiveActionsForm(NarrativeForm):
    """Section 4: the actions to prevent the same breach from happening again.

    People enter new actions in rows. When they save the form, the actions are added to the text of the section.
    """

    section = ReportSection.CORRECTIVE_ACTIONS

    corrective_actions = narrative(
        lazy("Corrective actions (taken or planned) to prevent re-occurrence"),
        lazy("Describe what corrected the problem. When you save, we add the actions that you entered above."),
    )

    def set_up(self, data: QueryDict | None, *, content: ReportContent, practices: Iterable[PracticeChoice]) -> None:
        # If a person opened the page before the upgrade that introduced the rows, the submitted form has no rows.
        if data is None or f"{_Actions.prefix}-TOTAL_FORMS" in data:
            is_asked = data is None or "add" not in data
            self.rows = cast("RowSet", _ActionRows(data, prefix=_Actions.prefix, form_kwargs={"is_asked": is_asked}))

    def plans(self) -> list[Plan]:
        return [row.plan() for row in self.rows.forms if row.has_changed()] if self.rows else []


# The contacts in section 1. The dict maps prefixes of form fields to fields of `ReportContent`.
CONTACTS = {"dealing": "dealing", "hop": "head_of_profession"}


class CoreInformationForm(SectionForm):
    """Section 1: the outputs, their producers, and contacts."""

    section = ReportSection.CORE_INFORMATION

    producers = forms.CharField(
        label=lazy("Name of producer organisation"),
        help_text=lazy("Enter each organisation on a new line."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    dealing_name = forms.CharField(label=lazy("Name"), required=False, max_length=200)
    dealing_email = forms.EmailField(
        label=lazy("Email address"),
        required=False,
        error_messages={
            "invalid": lazy("Enter an email address for the person dealing with the report, like name@example.gov.uk")
        },
    )
    dealing_telephone = forms.CharField(label=lazy("Telephone"), required=False, max_length=50)
    dealing_is_team = forms.BooleanField(label=lazy("This is a team, not a person"), required=False)
    hop_name = forms.CharField(label=lazy("Name"), required=False, max_length=200)
    hop_email = forms.EmailField(
        label=lazy("Email address"),
        required=False,
        error_messages={"invalid": lazy("Enter an email address for the Head of Profession, like name@example.gov.uk")},
    )
    hop_telephone = forms.CharField(label=lazy("Telephone"), required=False, max_length=50)
    hop_is_team = forms.BooleanField(label=lazy("This is a team, not a person"), required=False)
    statement_url = forms.CharField(
        label=lazy("Link to published statement about the breach (if relevant)"),
        help_text=lazy("Enter the full web address, starting with https://"),
        required=False,
        max_length=1000,
        validators=[check_web_address],
        error_messages={
            "invalid": lazy(
                "Link to published statement must be a full web address, like https://www.example.gov.uk/statement"
            )
        },
        widget=forms.URLInput,
    )

    def initial_values(self, content: ReportContent) -> dict[str, Any]:
        people = {prefix: getattr(content, field) for prefix, field in CONTACTS.items()}
        return {
            "producers": "\n".join(content.producers),
            "statement_url": content.statement_url,
            **{
                f"{prefix}_{part}": getattr(person, part)
                for prefix, person in people.items()
                if person is not None
                for part in ("name", "email", "telephone", "is_team")
            },
        }

    def set_up(self, data: QueryDict | None, *, content: ReportContent, practices: Iterable[PracticeChoice]) -> None:
        self.rows = output_rows(data, content.outputs)

    def values(self) -> dict[str, Any]:
        typed, rows = self.cleaned_data, self.rows.typed() if self.rows else []
        return {
            "outputs": tuple(Output(row["title"], row["url"]) for row in rows),
            "producers": tuple(line.strip() for line in typed["producers"].splitlines() if line.strip()),
            **{field: _read_contact(prefix, typed) for prefix, field in CONTACTS.items()},
            "statement_url": typed["statement_url"],
        }

    @property
    def last(self) -> FormHelper:
        return inside_the_form(
            Question("producers", threshold=75),
            Fieldset(_("Name and contact details of person dealing with report"), *_contact_questions("dealing")),
            Fieldset(text.HEAD_LABEL, *_contact_questions("hop")),
            "statement_url",
        )


def _read_contact(prefix: str, typed: Mapping[str, Any]) -> ContactPerson | None:
    name, email, telephone = (typed[f"{prefix}_{part}"] for part in ("name", "email", "telephone"))
    if not (name or email or telephone):
        return None
    return ContactPerson(name, email, telephone, is_team=typed[f"{prefix}_is_team"])


def _contact_questions(prefix: str) -> list[Question]:
    return [
        Question(f"{prefix}_name"),
        Question(f"{prefix}_email"),
        Question(f"{prefix}_telephone", css_class="govuk-input--width-20"),
        Question(f"{prefix}_is_team", small=True),
    ]


class CircumstancesForm(SectionForm):
    """Section 2: the practices, the days of occurrence, and the circumstances."""

    section = ReportSection.CIRCUMSTANCES
    rows_come_last = True

    practices = forms.MultipleChoiceField(
        label=lazy("Relevant principle(s) and practice(s)"),
        help_text=lazy(
            "Select all that apply. If a practice applies to only one of several dates, save the dates first. You can "
            "then choose its date."
        ),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other_practices = LongTextField(
        label=lazy("Other principles or practices, in your own words"),
        help_text=lazy("For example, from an edition that is not in the list."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    circumstances = narrative(
        lazy("Circumstances of breach"),
        lazy(
            "Describe what happened. Include dates and London times. State who noticed, whom they notified and when, "
            "how it was corrected, and the cause if it is known. Use job titles, not people’s names."
        ),
    )

    def initial_values(self, content: ReportContent) -> dict[str, Any]:
        return {
            "practices": [practice_key(practice) for practice in content.practices],
            "other_practices": content.other_practices,
            "circumstances": content.circumstances,
        }

    def set_up(self, data: QueryDict | None, *, content: ReportContent, practices: Iterable[PracticeChoice]) -> None:
        """Offer the practices to cite, and add a row for each day of occurrence.

        The practices in force and the practices already cited are offered, with the likely practices first.
        """
        listed = {practice_key(one.cited): one for one in practices}
        # The codes of the practices, keyed by the source of the wording and the web address of this source.
        self.sources: dict[tuple[str, str], list[str]] = {}
        for one in listed.values():
            if one.row is not None and one.row.source_url:
                self.sources.setdefault((one.row.source, one.row.source_url), []).append(one.cited.code)
        cited = {practice_key(practice): practice for practice in content.practices}
        # Keep the copy of a cited practice if its wording was confirmed, or if the practice is no longer in the list.
        # Otherwise, use the practice from the list.
        unchanged = {key: practice for key, practice in cited.items() if practice.confirmed or key not in listed}
        self.citable = {key: one.cited for key, one in listed.items()} | unchanged
        self.notes = {key: " ".join(practice_notes(one)) for key, one in listed.items()}
        self.fields["practices"].choices = [  # type: ignore[attr-defined]  # declared above
            (key, f"{practice.citation} (edition {practice.edition})") for key, practice in self.citable.items()
        ]
        self.dated = self._add_day_fields(data or {}, content) if len(content.occurred_on) > 1 else {}
        self.rows = date_rows(data, content.occurred_on)

    def _add_day_fields(self, sent: Mapping[str, Any], content: ReportContent) -> dict[str, str]:
        """Add a field for each cited practice, to choose the day for which the practice is cited.

        If another person removed a citation after the form was opened, the form still sends the field of this practice.
        So that the day is not lost, this field is added too.

        :return: a dict that maps the names of the fields to the keys of the practices.
        """
        choices = [("", _("All dates")), *((on.isoformat(), format_day(on)) for on in content.occurred_on)]
        cited_for = {practice_key(practice): practice.on for practice in content.practices}
        names = {f"day_of_{key.replace(' ', '_').replace('.', '_')}": key for key in self.citable}
        dated = {name: key for name, key in names.items() if key in cited_for or name in sent}
        for name, key in dated.items():
            on = cited_for.get(key)
            self.fields[name] = forms.ChoiceField(
                label=_("Date of occurrence for %(practice)s") % {"practice": self.citable[key].name},
                choices=choices,
                required=False,
                initial=on.isoformat() if on else "",
            )
        return dated

    def values(self) -> dict[str, Any]:
        typed, rows = self.cleaned_data, self.rows.typed() if self.rows else []
        days: list[date] = list(dict.fromkeys(row["on"] for row in rows))
        cited_for = {key: date.fromisoformat(typed[name]) for name, key in self.dated.items() if typed[name]}
        return {
            "practices": tuple(
                # A practice is cited for a particular date only if the report has several dates.
                replace(practice, on=on if (on := cited_for.get(key)) in days and len(days) > 1 else None)
                for key, practice in self.citable.items()
                if key in typed["practices"]
            ),
            "other_practices": typed["other_practices"],
            "occurred_on": tuple(days),
            "circumstances": typed["circumstances"],
        }

    @property
    def first(self) -> FormHelper:
        return inside_the_form("version", "seen", "facts_seen", Question("circumstances", size="m", threshold=75))

    @property
    def last(self) -> FormHelper:
        practices = [Question("practices", size="m", hints=self.notes)] if self.citable else []
        other = Question("other_practices", threshold=75)
        return inside_the_form(*practices, *self.dated, other)


def practice_key(practice: CitedPractice) -> str:
    return f"{practice.edition} {practice.code}"


class ReasonBox(Div):  # type: ignore[misc]  # crispy-forms ships no types
    """A collapsible box for the reason why a question has no answer.

    The box is open if the field in it has text or an error.
    """

    template = "breaches/reason.html"

    def __init__(self, field: Question, *, summary: str) -> None:
        super().__init__(field)
        self.summary = summary

    def render(self, form: forms.BaseForm, context: Any, template_pack: str = TEMPLATE_PACK, **kwargs: Any) -> str:
        (field,) = self.fields
        bound = form[field.fields[0]]
        shown = {
            "fields": self.get_rendered_fields(form, context, template_pack, **kwargs),
            "summary": self.summary,
            "open": bool(bound.value() or bound.errors),
        }
        return render_to_string(self.template, shown)


UNKNOWN = "_unknown"
NOT_APPLICABLE = "_not_applicable"
NOT_YET = "_not_yet"


class WhatHappenedForm(SectionForm):
    """The questions about what happened, which depend on the kind of breach.

    People can answer a question, or give a reason why they do not know the answer. For some questions, they can also
    give a reason why the question does not apply, or select "not yet" and describe the present situation. Any question
    can stay empty.
    """

    section = ReportSection.WHAT_HAPPENED
    too_long = lazy("Answer to ‘{label}’ must be %(limit_value)d characters or less")

    @property
    def not_yet(self) -> str:
        """The text of the answer "not yet" for the kind of breach, or an empty string if it is not offered."""
        return text.not_yet_text(self.kind) if MAY_BE_OPEN.intersection(self.asked) else ""

    def initial_values(self, content: ReportContent) -> dict[str, Any]:
        values: dict[str, Any] = {f"{question}_on": self.stated_day for question in self._with_stated_day()}
        for question, answer in content.answers.given().items():
            values |= {
                f"{question}{UNKNOWN}": answer.why_unknown,
                f"{question}{NOT_APPLICABLE}": answer.why_not_applicable,
                f"{question}{NOT_YET}": answer.why_not_yet,
            }
            if question in MOMENTS:
                local = in_london(answer.at) if answer.at else None
                values |= {f"{question}_on": answer.on, f"{question}_time": local and local.time()}
            elif question in COUNTS:
                values[question.value] = answer.number
            else:
                values[question.value] = answer.extent.value if answer.extent else answer.text
        return values

    def add_questions(self) -> None:
        phrases = unknown_phrases(self.kind)
        for question in self.asked:
            label, hint = text.question_text(self.kind, question)
            hint = " ".join(filter(None, (text.reported_text(question, self.disclosure), hint)))
            if question in MOMENTS:
                subject = SHORT_LABELS[question]
                self.fields[f"{question}_on"] = GovukDateField(
                    label=label, subject=subject, help_text=hint, required=False
                )
                self.fields[f"{question}_time"] = ClockTimeField(
                    label=_("London time"),
                    help_text=_("For example, 4:10pm. Leave this empty if you only know the day."),
                    required=False,
                )
            elif question in COUNTS:
                self.fields[question.value] = forms.IntegerField(
                    label=label,
                    help_text=hint,
                    required=False,
                    min_value=1,
                    max_value=10_000_000,
                    widget=forms.TextInput(attrs={"inputmode": "numeric"}),
                    error_messages={
                        "invalid": _("Enter a whole number, such as 3"),
                        "min_value": _("Enter 1 or a higher number"),
                        "max_value": _("Enter 10,000,000 or a lower number"),
                    },
                )
            elif question in EXTENTS:
                self.fields[question.value] = forms.ChoiceField(
                    label=label,
                    help_text=hint,
                    required=False,
                    # A radio button cannot be cleared, so "Not answered" lets people remove an answer.
                    choices=[*((one.value, EXTENT_LABELS[one]) for one in Extent), ("", _("Not answered"))],
                    widget=forms.RadioSelect,
                )
            else:
                self.fields[question.value] = LongTextField(
                    label=label,
                    help_text=hint,
                    required=False,
                    max_length=500,
                    widget=forms.Textarea(attrs={"rows": 2}),
                )
            self.fields[f"{question}{UNKNOWN}"] = _reason_field(
                _("Why do you not know %(what)s?") % {"what": phrases[question]}
            )
            if question in may_not_apply(self.kind):
                self.fields[f"{question}{NOT_APPLICABLE}"] = _reason_field(
                    _("Why does ‘%(question)s’ not apply?") % {"question": label}
                )
            if question in MAY_BE_OPEN:
                self.fields[f"{question}{NOT_YET}"] = _reason_field(
                    _("What is the situation now, and when did you last check?")
                )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        for question in self.asked:
            label, _hint = text.question_text(self.kind, question)
            first = f"{question}_on" if question in MOMENTS else question.value
            on, clock = cleaned.get(f"{question}_on"), cleaned.get(f"{question}_time")
            if clock and not on and not self.has_error(first):
                self.add_error(first, _("‘%(question)s’ must include a date") % {"question": label})
            if on and clock:
                try:
                    cleaned[f"{question}_at"] = from_london(datetime.combine(on, clock))
                except ValueError as error:
                    self.add_error(f"{question}_time", str(error))
            is_filled_in = question in self._with_stated_day() and on == self.stated_day and not clock
            if sentence := self._find_two_answers(
                question, cleaned, is_answered=bool(cleaned.get(first)) and not is_filled_in
            ):
                self.add_error(first, sentence % {"question": label})
        return cleaned

    def _with_stated_day(self) -> tuple[answers.Question, ...]:
        """Return the questions for which the stated day is the initial answer.

        If the breach is an early release or happened before the release, the due date has no initial answer, because
        the release may be due on another day.
        """
        is_before = self.kind is ReportKind.EARLY or self.kind in KINDS_BEFORE_RELEASE
        return (answers.Question.HAPPENED,) if is_before else (answers.Question.HAPPENED, answers.Question.DUE)

    def _find_two_answers(self, question: answers.Question, cleaned: Mapping[str, Any], *, is_answered: bool) -> str:
        """Return an error message if a question has two different answers, or else an empty string."""
        why_unknown, why_not_applicable, why_not_yet = (
            bool(cleaned.get(f"{question}{reason}", "").strip()) for reason in (UNKNOWN, NOT_APPLICABLE, NOT_YET)
        )
        if why_not_yet and (is_answered or why_unknown or why_not_applicable):
            return _("‘%(question)s’ has two different answers. Clear all but one of them.")
        if why_unknown and why_not_applicable:
            return _("‘%(question)s’ cannot be both not known and not applicable. Clear one of the reasons.")
        if is_answered and why_not_applicable:
            return _("‘%(question)s’ has an answer and a reason why it does not apply. Clear one of them.")
        if is_answered and why_unknown:
            return _("‘%(question)s’ has an answer and a reason why it is not known. Clear one of them.")
        return ""

    def values(self) -> dict[str, Any]:
        """Return the answers to the questions that are asked for this kind of breach.

        If the form has errors, only the answers without an error are returned.
        """
        given = ((question, self._answer(question)) for question in self.asked)
        return {"answers": Answers(**{question.value: answer for question, answer in given if answer != Answer()})}

    def _answer(self, question: answers.Question) -> Answer:
        typed = self.cleaned_data
        if why := typed.get(f"{question}{UNKNOWN}", "").strip():
            return Answer(why_unknown=why)
        if why := typed.get(f"{question}{NOT_APPLICABLE}", "").strip():
            return Answer(why_not_applicable=why)
        if why := typed.get(f"{question}{NOT_YET}", "").strip():
            return Answer(why_not_yet=why)
        if question in MOMENTS:
            return Answer(on=typed.get(f"{question}_on"), at=typed.get(f"{question}_at"))
        if question in COUNTS:
            return Answer(number=typed.get(question))
        if question in EXTENTS:
            return Answer(extent=Extent(typed[question]) if typed.get(question) else None)
        return Answer(text=typed.get(question, "").strip())

    @property
    def last(self) -> FormHelper:
        return inside_the_form(*(self._group(question) for question in self.asked))

    def _group(self, question: answers.Question) -> Div:
        boxes = [ReasonBox(Question(f"{question}{UNKNOWN}", threshold=75), summary=_("I do not know"))]
        if question in may_not_apply(self.kind):
            reason = Question(f"{question}{NOT_APPLICABLE}", threshold=75)
            boxes.append(ReasonBox(reason, summary=_("This does not apply")))
        if question in MAY_BE_OPEN:
            reason = Question(f"{question}{NOT_YET}", threshold=75)
            boxes.insert(0, ReasonBox(reason, summary=text.not_yet_text(self.kind)))
        if question in MOMENTS:
            time = Question(f"{question}_time", css_class="govuk-input--width-5")
            return Div(Question(f"{question}_on", size="m"), time, *boxes)
        if question in COUNTS:
            number = Question(question.value, size="m", css_class="govuk-input--width-4")
            return Div(number, *boxes)
        if question in EXTENTS:
            choice = Question(question.value, size="m", inline=True, small=True)
            return Div(choice, *boxes)
        return Div(Question(question.value, size="m", threshold=75), *boxes)


def _reason_field(label: str) -> LongTextField:
    return LongTextField(
        label=label,
        help_text=_("Clear this text if you answer the question later."),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )


SECTION_FORMS: Mapping[ReportSection, type[SectionForm]] = {
    form.section: form
    for form in (CoreInformationForm, WhatHappenedForm, CircumstancesForm, ImpactForm, CorrectiveActionsForm)
}
