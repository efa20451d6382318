"""The forms of an access list's pages. The actions that they call decide which input is allowed."""

from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import ClockTimeField, GovukDateField, GovukForm, LongTextField
from releases.models import PreReleaseAccess
from releases.rules import calendar
from releases.rules.pre_release import PUBLIC, WORDS, Details, Period, Unit, Usual
from releases.text import pre_release

LONGEST_REASON = 1000
IN_ONE_LINE = (*PUBLIC, "person", "email")
UNITS = ((Unit.HOURS.value, lazy("Hours")), (Unit.WORKING_DAYS.value, lazy("Working days")))


class EntryForm(GovukForm):
    """One entry of a list: its public part, its private part, the period and the reasons."""

    defaults = {"size": "s", "threshold": 75}
    options = {"length": {"css_class": "govuk-input--width-3"}, "unit": {"inline": True, "small": True}}

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    post = forms.CharField(
        label=lazy("Post"),
        help_text=lazy("Such as: Minister of State for Schools. The published list shows it."),
        max_length=200,
        required=False,
    )
    organisation = forms.CharField(
        label=lazy("Organisation"), help_text=lazy("The published list shows it."), max_length=200, required=False
    )
    person = forms.CharField(
        label=lazy("Person who holds the post"),
        help_text=lazy("Only those who keep the list see this. It is in no history and can be erased."),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    email = forms.EmailField(
        label=lazy("E-mail address (optional)"),
        max_length=254,
        required=False,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    reason = LongTextField(
        label=lazy("Why is access needed?"),
        help_text=lazy("Name posts, not people."),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    length = forms.IntegerField(
        label=lazy("Period before the release"), error_messages={"required": lazy("Give the period as a number")}
    )
    unit = forms.ChoiceField(label=lazy("Counted in"), choices=UNITS, widget=forms.RadioSelect)
    period_reason = LongTextField(
        label=lazy("Reason for another period than the usual one"),
        help_text=lazy("Leave this empty for the usual period."),
        max_length=LONGEST_REASON,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        usual: Usual,
        button: str,
        entry: PreReleaseAccess | None = None,
        only_words: bool = False,
    ) -> None:
        initial: dict[str, Any] = {"length": usual.period.length, "unit": usual.period.unit}
        if entry is not None:
            initial = {name: getattr(entry, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        self.entry, self.usual, self.button = entry, usual.period, button
        self.fields["length"].help_text = pre_release.usual_sentence(usual)
        if only_words:
            for name in [name for name in self.fields if name not in {*PUBLIC, "version"}]:
                del self.fields[name]

    def details(self) -> Details:
        """Return the entry as typed; values without a field in the form do not change."""
        was = self.entry.details if self.entry else None
        period = was.period if was else self.usual
        if "length" in self.fields:
            period = Period(self.cleaned_data["length"], Unit(self.cleaned_data["unit"]))
        typed = {name: str(self.cleaned_data.get(name, getattr(was, name, ""))) for name in (*IN_ONE_LINE, *WORDS)}
        typed |= {name: " ".join(typed[name].split()) for name in IN_ONE_LINE}
        return Details(period=period, **typed)

    def see_again(self, entry: PreReleaseAccess) -> None:
        sentence = _(
            "This entry was changed meanwhile: it is now %(entry)s. Check what you typed and send it again."
        ) % {"entry": entry}
        self.reopen(name="version", version=entry.version, sentence=sentence)


class TimeForm(GovukForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    on = GovukDateField(label=lazy("Date"), help_text=lazy("For example, 29 6 2026"))
    time = ClockTimeField(label=lazy("Time in London"), help_text=lazy("For example, 9:30am"))

    def __init__(self, data: QueryDict | None = None, *, entry: PreReleaseAccess, now: datetime, button: str) -> None:
        local = calendar.in_london(now)
        offered = {"version": entry.version, "on": local.date(), "time": local.time().replace(second=0, microsecond=0)}
        super().__init__(data, initial=offered)
        self.button = button

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.combine_instant(cleaned, on="on", at="time", to="instant")
        return cleaned


class VersionForm(forms.Form):
    """A confirmation without input; it carries the version of the entry that the person read."""

    version = forms.IntegerField(widget=forms.HiddenInput)
