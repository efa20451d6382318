"""The forms of a release's pages: date changes, delay notices, answers and agreement."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import ClockTimeField, GovukDateField, LongTextField, PrecisionField, Question, helper_of
from releases.models import DateChangeRequest, Release
from releases.rules import london
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Status
from releases.statements import TEXT_KINDS

MOST_WORDS = 2000


class ChangeDateForm(forms.Form):
    """The new date of a release; the old one is read from the store, and again when the form is sent."""

    use_required_attribute = False

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    planned_on = GovukDateField(label=lazy("New date"), help_text=lazy("For example, 14 7 2026"))
    planned_at = ClockTimeField(label=lazy("Time in London"), help_text=lazy("For example, 9:30am"), required=False)
    precision = PrecisionField()
    reason = LongTextField(label=lazy("Reason for the change"), required=False, max_length=MOST_WORDS)

    def __init__(self, data: QueryDict | None = None, *, release: Release, asking: bool = False) -> None:
        """Make the form.

        :param asking: whether somebody else has to agree to the change.
        """
        initial = {
            "seen_version": release.schedule_version,
            "planned_at": release.planned_at or release.series.release_time,
            "precision": release.precision,
        }
        super().__init__(data, initial=initial)
        self.zone = release.zone
        hints = {
            "month": _("The day that you give below is not shown."),
            "two_months": _("The month of the date that you give below, and the one after it."),
        }
        precise = [Question("precision", size="s", hints=hints)]
        if release.status != Status.PROVISIONAL:
            # A confirmed release never becomes vague again, so the form does not offer it.
            del self.fields["precision"]
            precise = []
            read_by = gettext("Readers of the release calendar see it, once the change is agreed to.")
            self.fields["reason"].help_text = read_by if asking else _("Readers of the release calendar see it.")
        else:
            self.fields["reason"].label = _("Reason for the change (optional)")
            self.fields["reason"].help_text = _(
                "Kept in our own record; the date is provisional, so it is not published."
            )
        self.helper = helper_of(
            "seen_version",
            *precise,
            Question("planned_on", size="s"),
            Question("planned_at", size="s", css_class="govuk-input--width-5"),
            Question("reason", size="s"),
            button=gettext("Ask for this change") if asking else _("Change the date"),
        )

    def clean_reason(self) -> str:
        """Refuse two reasons for one change: only one of them would be kept."""
        given = self.data.getlist("reason") if isinstance(self.data, QueryDict) else []
        if len(given) > 1:
            raise ValidationError(gettext("Give one reason for the change."))
        return str(self.cleaned_data["reason"])

    def slot(self) -> Slot:
        """Return the new date as typed; a vague one has no time."""
        precision = Precision(self.cleaned_data.get("precision") or Precision.EXACT)
        at = self.cleaned_data["planned_at"] if precision is Precision.EXACT else None
        return Slot(on=self.cleaned_data["planned_on"], at=at, precision=precision, zone=self.zone)

    def change(self) -> dict[str, Any]:
        return {
            "to": self.slot(),
            "reason": self.cleaned_data["reason"],
            "expected_version": self.cleaned_data["seen_version"],
        }

    def see_again(self, release: Release) -> None:
        """Show that the date was changed meanwhile; what was typed stays, and can be sent again for the new date."""
        typed = QueryDict(mutable=True)
        typed.update(self.data)
        typed["seen_version"] = str(release.schedule_version)
        self.data = typed
        sentence = _("Somebody else changed the date meanwhile: it is now %(slot)s.") % {"slot": release.slot}
        self.add_error(None, _("%(sentence)s Check your change and send it again.") % {"sentence": sentence})


class ConfirmForm(forms.Form):
    use_required_attribute = False

    reason = LongTextField(
        label=gettext_lazy("Reason for the short notice"),
        help_text=gettext_lazy("Kept in our own record; it is not published."),
        required=False,
        max_length=MOST_WORDS,
    )

    def __init__(self, data: QueryDict | None = None, *, is_short: bool) -> None:
        super().__init__(data)
        if not is_short:
            del self.fields["reason"]
        asked = [Question("reason", size="s")] if is_short else []
        self.helper = helper_of(*asked, button=gettext("Confirm the date"))


class CancelForm(forms.Form):
    use_required_attribute = False

    reason = LongTextField(
        label=lazy("Reason for cancelling"),
        help_text=lazy("Readers of the release calendar see it. A cancelled release cannot be brought back."),
        required=False,
        max_length=MOST_WORDS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(
            Question("reason", size="s"), button=_("Cancel this release"), css_class="govuk-button--warning"
        )


class SayForm(forms.Form):
    use_required_attribute = False

    kind = forms.ChoiceField(
        label=lazy("What is it?"),
        choices=[(kind.value, kind.label) for kind in TEXT_KINDS],
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Say what it is")},
    )
    words = LongTextField(label=lazy("Anything to add (optional)"), required=False, max_length=MOST_WORDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = {
            "this_is_it": _("Looks that saw it count as live."),
            "previous_edition": _("Looks that saw it count as not live."),
            "not_it": _("An error page, a log-in page, an announcement. Looks that saw it count as not live."),
        }
        self.helper = helper_of(
            Question("kind", size="m", hints=hints), Question("words", size="s"), button=_("Save this answer")
        )


class WasLiveForm(forms.Form):
    use_required_attribute = False

    live_on = GovukDateField(
        label=lazy("Date"), subject=lazy("Date on which it was live"), help_text=lazy("For example, 30 6 2026")
    )
    live_time = ClockTimeField(
        label=lazy("Time in London"), help_text=lazy("For example, 9:30am, or 10:27:15 if you know it")
    )
    words = LongTextField(label=lazy("How do you know? (optional)"), required=False, max_length=MOST_WORDS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(
            Question("live_on", size="s"),
            Question("live_time", size="s", css_class="govuk-input--width-5"),
            Question("words", size="s"),
            button=_("Save this statement"),
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("live_on") and cleaned.get("live_time"):
            try:
                cleaned["live_at"] = london.from_london(datetime.combine(cleaned["live_on"], cleaned["live_time"]))
            except ValueError as error:
                self.add_error("live_time", str(error))
        return cleaned


class DelayNoticeForm(forms.Form):
    use_required_attribute = False

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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(
            "seen",
            Question("expected_on", size="s"),
            Question("expected_time", size="s", css_class="govuk-input--width-5"),
            Question("expected_words", size="s"),
            Question("contact_name", size="s"),
            Question("contact_email", size="s"),
            button=str(lazy("Post this notice")),
        )

    def clean(self) -> dict[str, Any]:
        """Put date and time together into one instant; one of them alone says too little."""
        cleaned = super().clean() or self.cleaned_data
        if {"expected_on", "expected_time"} <= cleaned.keys():
            on, at = cleaned["expected_on"], cleaned["expected_time"]
            if on and not at:
                self.add_error("expected_time", lazy("Give the time as well, or say it in words"))
            if at and not on:
                self.add_error("expected_on", lazy("Give the date as well, or say it in words"))
            if on and at:
                try:
                    cleaned["expected_at"] = london.from_london(datetime.combine(on, at.replace(second=0)))
                except ValueError as error:
                    self.add_error("expected_time", str(error))
        return cleaned

    @property
    def notice(self) -> dict[str, Any]:
        given = self.cleaned_data
        names = ("expected_words", "contact_name", "contact_email", "seen")
        return {"expected_at": given.get("expected_at"), **{name: given[name] for name in names}}


MOST_DIGITS = 18


class AgreeForm(forms.Form):
    use_required_attribute = False

    requests = forms.ModelMultipleChoiceField(
        queryset=DateChangeRequest.objects.none(),
        error_messages={"required": lazy("Select the changes to which you agree")},
    )

    def __init__(self, data: Any = None, *, theirs: QuerySet[DateChangeRequest]) -> None:
        super().__init__(data)
        self.fields["requests"].queryset = theirs  # type: ignore[attr-defined]  # a field of model choices

    @property
    def names_others(self) -> bool:
        # Databases refuse to compare a key with a greater number than any key can be.
        keys = self.data.getlist("requests") if isinstance(self.data, QueryDict) else []
        if any(not key.isdecimal() or len(key) > MOST_DIGITS for key in keys):
            return True
        return any(error.code != "required" for error in self.errors.as_data().get("requests", ()))


class RefuseForm(forms.Form):
    use_required_attribute = False

    reason = LongTextField(
        label=lazy("Reason for refusing"),
        help_text=lazy("The person who asked reads it. It is not published."),
        required=False,
        max_length=MOST_WORDS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of(Question("reason", size="s"), button=str(lazy("Refuse this change")))


class CorrectReasonForm(forms.Form):
    use_required_attribute = False

    seen = forms.IntegerField(widget=forms.HiddenInput)
    reason = LongTextField(
        label=lazy("Public reason"),
        help_text=lazy("Readers see it from now on, and that it was corrected. The first one stays for them to read."),
        required=False,
        max_length=MOST_WORDS,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper_of("seen", Question("reason", size="s"), button=str(lazy("Correct the public reason")))
