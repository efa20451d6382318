"""The forms of a release's pages: date changes, delay notices, answers and agreement."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import (
    ClockTimeField,
    GovukDateField,
    GovukForm,
    LongTextField,
    PrecisionField,
    build_slot,
    clean_reason_field,
)
from releases.models import DateChangeRequest, Release
from releases.rules.lifecycle import Status
from releases.statements import TEXT_KINDS

MOST_CHARACTERS = 2000


class ChangeDateForm(GovukForm):
    options = {
        "precision": {
            "hints": {
                "month": lazy("The day that you give below is not shown."),
                "two_months": lazy("The month of the date that you give below, and the one after it."),
            }
        }
    }

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    planned_on = GovukDateField(label=lazy("New date"), help_text=lazy("For example, 14 7 2026"))
    planned_at = ClockTimeField(label=lazy("Time in London"), help_text=lazy("For example, 9:30am"), required=False)
    precision = PrecisionField()
    reason = LongTextField(label=lazy("Reason for the change"), required=False, max_length=MOST_CHARACTERS)

    def __init__(self, data: QueryDict | None = None, *, release: Release, asking: bool = False) -> None:
        initial = {
            "seen_version": release.schedule_version,
            "planned_at": release.planned_at or release.series.release_time,
            "precision": release.precision,
        }
        super().__init__(data, initial=initial)
        self.zone = release.zone
        self.button = _("Ask for this change") if asking else _("Change the date")
        reason = self.fields["reason"]
        if release.status == Status.PROVISIONAL:
            reason.label = _("Reason for the change (optional)")
            reason.help_text = _("Kept in our own record; the date is provisional, so it is not published.")
            return
        # A confirmed release cannot become vague again, so the form does not offer that.
        del self.fields["precision"]
        read_once_agreed = _("Readers of the release calendar see it, once the change is agreed to.")
        reason.help_text = read_once_agreed if asking else _("Readers of the release calendar see it.")

    def questions(self) -> Iterable[Any]:
        names = ("seen_version", "precision", "planned_on", "planned_at", "reason")
        return [self.question(name) for name in names if name in self.fields]

    def clean_reason(self) -> str:
        return clean_reason_field(self)

    def change(self) -> dict[str, Any]:
        return {
            "to": build_slot(self.cleaned_data, zone=self.zone),
            "reason": self.cleaned_data["reason"],
            "expected_version": self.cleaned_data["seen_version"],
        }

    def see_again(self, release: Release) -> None:
        sentence = _("Somebody else changed the date meanwhile: it is now %(slot)s.") % {"slot": release.slot}
        sentence = _("%(sentence)s Check your change and send it again.") % {"sentence": sentence}
        self.reopen(name="seen_version", version=release.schedule_version, sentence=sentence)


class ConfirmForm(GovukForm):
    button = lazy("Confirm the date")

    reason = LongTextField(
        label=lazy("Reason for the short notice"),
        help_text=lazy("Kept in our own record; it is not published."),
        required=False,
        max_length=MOST_CHARACTERS,
    )

    def __init__(self, data: QueryDict | None = None, *, is_short: bool) -> None:
        super().__init__(data)
        if not is_short:
            del self.fields["reason"]


class CancelForm(GovukForm):
    button, button_class = lazy("Cancel this release"), "govuk-button--warning"

    reason = LongTextField(
        label=lazy("Reason for cancelling"),
        help_text=lazy("Readers of the release calendar see it. A cancelled release cannot be brought back."),
        required=False,
        max_length=MOST_CHARACTERS,
    )


class TextAnswerForm(GovukForm):
    """A person's answer to the question which edition an unrecognised text is."""

    button = lazy("Save this answer")
    options = {
        "kind": {
            "size": "m",
            "hints": {
                "this_is_it": lazy("Looks that saw it count as live."),
                "previous_edition": lazy("Looks that saw it count as not live."),
                "not_it": lazy("An error page, a log-in page, an announcement. Looks that saw it count as not live."),
            },
        }
    }

    kind = forms.ChoiceField(
        label=lazy("What is it?"),
        choices=[(kind.value, kind.label) for kind in TEXT_KINDS],
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Say what it is")},
    )
    words = LongTextField(label=lazy("Anything to add (optional)"), required=False, max_length=MOST_CHARACTERS)


class LiveTimeForm(GovukForm):
    button = lazy("Save this statement")

    live_on = GovukDateField(
        label=lazy("Date"), subject=lazy("Date on which it was live"), help_text=lazy("For example, 30 6 2026")
    )
    live_time = ClockTimeField(
        label=lazy("Time in London"), help_text=lazy("For example, 9:30am, or 10:27:15 if you know it")
    )
    words = LongTextField(label=lazy("How do you know? (optional)"), required=False, max_length=MOST_CHARACTERS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.combine_instant(cleaned, on="live_on", at="live_time", to="live_at")
        return cleaned


class DelayNoticeForm(GovukForm):
    """A notice of a delay: when the release is now expected, as a time or in words, and a contact for readers."""

    button = lazy("Post this notice")

    seen = forms.IntegerField(widget=forms.HiddenInput)
    expected_on = GovukDateField(
        label=lazy("Expected date (optional)"),
        subject=lazy("Expected date"),
        help_text=lazy("Leave date and time empty where nobody knows yet."),
        required=False,
    )
    expected_time = ClockTimeField(
        label=lazy("Expected time in London (optional)"), help_text=lazy("For example, 11:30am"), required=False
    )
    expected_words = forms.CharField(
        label=lazy("When it is expected, in words"),
        help_text=lazy("For example, later this morning. Needed where there is no date and time."),
        required=False,
        max_length=300,
    )
    contact_name = forms.CharField(label=lazy("Whom can readers ask?"), required=False, max_length=200)
    contact_email = forms.EmailField(label=lazy("E-mail address for readers"), required=False)

    def clean_expected_time(self) -> Any:
        time = self.cleaned_data["expected_time"]
        return time and time.replace(second=0)

    def clean(self) -> dict[str, Any]:
        """Require both date and time, or neither."""
        cleaned = super().clean() or self.cleaned_data
        if {"expected_on", "expected_time"} <= cleaned.keys():
            on, at = cleaned["expected_on"], cleaned["expected_time"]
            if on and not at:
                self.add_error("expected_time", lazy("Give the time as well, or say it in words"))
            if at and not on:
                self.add_error("expected_on", lazy("Give the date as well, or say it in words"))
            self.combine_instant(cleaned, on="expected_on", at="expected_time", to="expected_at")
        return cleaned

    @property
    def notice(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = ("expected_words", "contact_name", "contact_email", "seen")
        return {"expected_at": given.get("expected_at"), **{name: given[name] for name in names}}


MOST_DIGITS = 18


class AgreeForm(GovukForm):
    requests = forms.ModelMultipleChoiceField(
        queryset=DateChangeRequest.objects.none(),
        error_messages={"required": lazy("Select the changes to which you agree")},
    )

    def __init__(self, data: Any = None, *, theirs: QuerySet[DateChangeRequest]) -> None:
        super().__init__(data)
        self.fields["requests"].queryset = theirs  # type: ignore[attr-defined]  # a field of model choices

    @property
    def names_others(self) -> bool:
        """Whether the submitted data include a request on which the person may not decide."""
        # Databases refuse to compare a key with a number larger than any possible key.
        keys = self.data.getlist("requests") if isinstance(self.data, QueryDict) else []
        if any(not key.isdecimal() or len(key) > MOST_DIGITS for key in keys):
            return True
        return any(error.code != "required" for error in self.errors.as_data().get("requests", ()))


class RefuseForm(GovukForm):
    button = lazy("Refuse this change")

    reason = LongTextField(
        label=lazy("Reason for refusing"),
        help_text=lazy("The person who asked reads it. It is not published."),
        required=False,
        max_length=MOST_CHARACTERS,
    )


class CorrectReasonForm(GovukForm):
    button = lazy("Correct the public reason")

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = LongTextField(
        label=lazy("Public reason"),
        help_text=lazy("Readers see it from now on, and that it was corrected. The first one stays for them to read."),
        required=False,
        max_length=MOST_CHARACTERS,
    )
