"""The forms of the moves of a report. Each carries the number of the last change that the person read."""

from collections.abc import Mapping, Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.models import Report
from breaches.text import REASONS, RECORDING_REASONS, SECTIONS, suspicion_name
from releases.forms import GovukDateField, GovukForm, LongTextField, Question, inside_the_form
from releases.rules.calendar import format_time

LONGEST_REMARK = 4000


def remark_field(label: Any, help_text: Any = "", *, required: Any = None) -> LongTextField:
    """Make a text field about a move.

    :param required: the error message of an empty field; without one the field is optional.
    """
    return LongTextField(
        label=label,
        help_text=help_text,
        max_length=LONGEST_REMARK,
        required=required is not None,
        error_messages={} if required is None else {"required": required},
    )


def reason_field(label: Any, reasons: Mapping[Any, Any], *, required: Any) -> forms.ChoiceField:
    """Make a choice of reasons.

    :param required: the error message if none is chosen.
    """
    return forms.ChoiceField(
        label=label, choices=list(reasons.items()), widget=forms.RadioSelect, error_messages={"required": required}
    )


class MoveForm(GovukForm):
    """A move without fields of its own; the form carries only the number of the last change that the person read."""

    defaults = {"size": "s", "threshold": 75}

    last_change = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    @cached_property
    def helper(self) -> FormHelper:
        return inside_the_form(*self.questions())

    def details(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "last_change"}


class ApproveForm(MoveForm):
    """An approval, with the hash of the content that the person read, and whether the annex was included."""

    annex = forms.BooleanField(required=False, widget=forms.HiddenInput)
    content_sha256 = forms.CharField(widget=forms.HiddenInput)


class TakeBackForm(MoveForm):
    reason = remark_field(
        lazy("Why do you take it back? (optional)"),
        lazy("The Head of Profession reads this, and it stays in the history."),
    )


class ReturnForm(MoveForm):
    """A return to the authors, with comments on the whole report or on sections."""

    comment = remark_field(
        lazy("What has to be done?"), lazy("Those who write the report read this, and it stays in the history.")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for section, title in SECTIONS.items():
            self.fields[section] = remark_field(_("On ‘%(section)s’ (optional)") % {"section": title})

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(cleaned[name].strip() for name in ("comment", *SECTIONS)):
            self.add_error("comment", _("Say what has to be done"))
        return cleaned

    def details(self) -> dict[str, Any]:
        return {
            "comment": self.cleaned_data["comment"],
            "sections": {section: self.cleaned_data[section] for section in SECTIONS},
        }


class RecordForm(MoveForm):
    reason = reason_field(
        lazy("Why is it not reported?"), RECORDING_REASONS, required=lazy("Choose why it is not reported")
    )
    words = remark_field(
        lazy("Explain in words"),
        lazy("The reason is counted in the register; the words stay in the history and in the note."),
        required=lazy("Explain why this is kept in your own log only"),
    )


class DismissForm(MoveForm):
    reason = reason_field(lazy("Why is this no breach?"), REASONS, required=lazy("Choose why this is no breach"))
    words = remark_field(
        lazy("Explain in words"),
        lazy("The reason is counted in the register; the words stay in the history."),
        required=lazy("Explain why this is no breach"),
    )


class ReopenForm(MoveForm):
    reason = remark_field(
        lazy("Why is it reopened?"),
        lazy("It stays in the history."),
        required=lazy("Say why the report is reopened"),
    )


class SendForm(MoveForm):
    recipient = forms.CharField(widget=forms.HiddenInput, required=False)
    words = remark_field(
        lazy("What shall the mail say? (optional)"),
        lazy("It stands above the name of the attached document. The mail says who sends it."),
    )


class SentOutsideForm(MoveForm):
    recipient = forms.CharField(
        label=lazy("To whom was it sent?"),
        max_length=254,
        error_messages={"required": lazy("Say to whom it was sent")},
    )
    sent_on = GovukDateField(
        label=lazy("On which day was it sent?"),
        subject=lazy("Day on which it was sent"),
        help_text=lazy("For example, 30 6 2026"),
    )
    reference = forms.CharField(
        label=lazy("Reference (optional)"),
        help_text=lazy("Where it can be found again, such as the number of a letter or of a case"),
        max_length=200,
        required=False,
    )


class AnswerForm(MoveForm):
    answer = remark_field(lazy("What was the answer?"), required=lazy("Say what the answer was"))
    reference = forms.CharField(label=lazy("Their reference (optional)"), max_length=200, required=False)
    statement_url = forms.URLField(
        label=lazy("Link to the statement that you have published (optional)"),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": lazy("Enter a whole web address, such as https://www.example.gov.uk/statement")},
    )


class NoticeForm(MoveForm):
    """The notice to the recipient of a report that is corrected or withdrawn."""

    notice = remark_field(
        lazy("What shall the recipient be told?"),
        lazy("Say what was wrong. It is sent as it stands here, and stays in the history."),
        required=lazy("Say what the recipient shall be told"),
    )


class CloseForm(MoveForm):
    words = remark_field(lazy("How did it end? (optional)"), lazy("It stays in the history."))


class PublishForm(MoveForm):
    """The digest of the statement that the person read, and their confirmation that it names no one."""

    seen = forms.CharField(widget=forms.HiddenInput)
    read = forms.BooleanField(
        label=lazy("I have read it as it is shown here, and it names nobody"),
        error_messages={"required": lazy("Confirm that you have read it and that it names nobody")},
    )


class WithdrawStatementForm(MoveForm):
    words = remark_field(lazy("Why is it no longer public? (optional)"), lazy("It stays in the history."))


class OwnActForm(GovukForm):
    defaults = {"size": "s", "threshold": 75}

    words = remark_field(
        lazy("Do you want to say more? (optional)"),
        lazy("It stays in the history, where everybody who works on the report can read it."),
    )

    @cached_property
    def helper(self) -> FormHelper:
        return inside_the_form(*self.questions())


class MergeForm(GovukForm):
    """The drafts to merge into one report; initially all are selected."""

    last_change = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    drafts = forms.MultipleChoiceField(
        label=lazy("Which drafts become one report?"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": lazy("Choose at least two drafts"),
            "invalid_choice": lazy("One of these drafts cannot be joined any more: look at what is left"),
        },
    )

    def __init__(self, data: QueryDict | None = None, *, drafts: Sequence[Report]) -> None:
        """:param drafts: with prefetched suspicions, and the verification and release of each."""
        super().__init__(data, initial={"drafts": [draft.reference for draft in drafts]})
        # The events of all reports share one sequence of numbers, so any later event of a draft has a higher number.
        self.initial["last_change"] = max((draft.last_change for draft in drafts), default=0)
        self.by_reference = {draft.reference: draft for draft in drafts}
        self.fields["drafts"].choices = [  # type: ignore[attr-defined]  # declared above
            (draft.reference, "; ".join(dict.fromkeys(one.release.title for one in draft.suspicions.all())))
            for draft in drafts
        ]

    def clean_drafts(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["drafts"]
        if len(chosen) < 2:  # one draft is already a report
            raise forms.ValidationError(_("Choose at least two drafts"))
        return chosen

    def renew(self) -> "MergeForm":
        """Return the submitted form with the current number of the last change."""
        sent = QueryDict(mutable=True)
        sent.setlist("drafts", self.cleaned_data["drafts"])
        sent["last_change"] = str(self.initial["last_change"])
        return MergeForm(sent, drafts=list(self.by_reference.values()))

    @property
    def outdated(self) -> list[Report]:
        """The chosen drafts that have changed since the form was opened. The form must be valid."""
        return [draft for draft in self.chosen if draft.last_change > self.cleaned_data["last_change"]]

    @property
    def chosen(self) -> list[Report]:
        return [self.by_reference[reference] for reference in self.cleaned_data["drafts"]]

    @cached_property
    def helper(self) -> FormHelper:
        hints = {reference: _hint(draft) for reference, draft in self.by_reference.items()}
        return inside_the_form("last_change", Question("drafts", size="m", hints=hints))


def _hint(draft: Report) -> str:
    suspicions = draft.suspicions.all()
    return _("suspected %(kinds)s, due at %(due)s. Report %(reference)s") % {
        "kinds": " and ".join(dict.fromkeys(suspicion_name(suspicion) for suspicion in suspicions)),
        "due": " and ".join(dict.fromkeys(format_time(suspicion.verification.due_at) for suspicion in suspicions)),
        "reference": draft.reference,
    }
