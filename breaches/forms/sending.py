"""The forms by which an approved report leaves the house, is answered, corrected, withdrawn and closed."""

from django import forms
from django.utils.translation import gettext_lazy as lazy

from breaches.forms.decisions import LONGEST_REMARK, MoveForm
from releases.forms.base import GovukDateField, LongTextField


class SendForm(MoveForm):
    """Mail from here: the recipient was shown, and a few words may go with it."""

    recipient = forms.CharField(widget=forms.HiddenInput, required=False)
    words = LongTextField(
        label=lazy("What shall the mail say? (optional)"),
        help_text=lazy("It stands above the name of the attached document. The mail says who sends it."),
        max_length=LONGEST_REMARK,
        required=False,
    )


class SentOutsideForm(MoveForm):
    """What a person has sent by other means."""

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
    """What came back."""

    answer = LongTextField(
        label=lazy("What was the answer?"),
        max_length=LONGEST_REMARK,
        error_messages={"required": lazy("Say what the answer was")},
    )
    reference = forms.CharField(
        label=lazy("Their reference (optional)"),
        max_length=200,
        required=False,
    )
    statement_url = forms.URLField(
        label=lazy("Link to the statement that you have published (optional)"),
        max_length=500,
        required=False,
        assume_scheme="https",
        error_messages={"invalid": lazy("Enter a whole web address, such as https://www.example.gov.uk/statement")},
    )


class NoticeForm(MoveForm):
    """What the recipient of a report is told when it is corrected or withdrawn."""

    notice = LongTextField(
        label=lazy("What shall the recipient be told?"),
        help_text=lazy("Say what was wrong. It is sent as it stands here, and stays in the history."),
        max_length=LONGEST_REMARK,
        error_messages={"required": lazy("Say what the recipient shall be told")},
    )


class CloseForm(MoveForm):
    """A closing may say how it ended."""

    words = LongTextField(
        label=lazy("How did it end? (optional)"),
        help_text=lazy("It stays in the history."),
        max_length=LONGEST_REMARK,
        required=False,
    )
