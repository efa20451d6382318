"""The forms of a release in the admin site: recording, correction with a change of date, and cancellation."""

from typing import Any

from django import forms
from django.contrib.admin.widgets import AdminDateWidget, AdminTimeWidget
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases import scheduling
from releases.forms import add_refusal, build_slot, clean_address, clean_reason_field
from releases.models import Address, Release
from releases.permissions import roles_of
from releases.probe.adapters import ADAPTERS
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import MoveRefused
from releases.scheduling import BeingJudged

# The form's field for each field of a release that a refusal can name.
FIELDS_OF_A_CHANGE = {"planned_on": "new_on", "planned_at": "new_at", "exact_date": "new_on", "reason": "reason"}


class NewReleaseForm(forms.ModelForm[Release]):
    class Meta:
        model = Release
        fields = ("series", "reference", "title", "planned_on", "planned_at", "precision", "rehearsal")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"series", "planned_on", "planned_at", "precision"} <= cleaned.keys():
            try:
                scheduling.check_new_slot(cleaned["series"], slot=self.slot, rehearsal=cleaned["rehearsal"])
            except MoveRefused as refusal:
                add_refusal(self, refusal)
        return cleaned

    @property
    def slot(self) -> Slot:
        return build_slot(self.cleaned_data)


class ReleaseForm(forms.ModelForm[Release]):
    user: Any = None
    new_slot: Slot | None = None

    new_on = forms.DateField(label=lazy("New date"), required=False, widget=AdminDateWidget)
    new_at = forms.TimeField(label=lazy("New time"), required=False, widget=AdminTimeWidget)
    new_precision = forms.ChoiceField(
        label=lazy("Precision"), required=False, choices=[(p.value, p.value.replace("_", " ")) for p in Precision]
    )
    reason = forms.CharField(
        label=lazy("Reason"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=lazy(
            "The public reads it. A change of a confirmed date needs one; of a provisional date it is not shown."
        ),
    )
    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Release
        fields = ("title", "reference")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen_version"] = self.instance.schedule_version
        self.initial["new_precision"] = self.instance.precision

    def clean_reason(self) -> str:
        return clean_reason_field(self)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"new_on", "new_at", "new_precision", "reason", "seen_version"} <= cleaned.keys():
            try:
                self._check_change()
            except MoveRefused as refusal:
                add_refusal(self, refusal, FIELDS_OF_A_CHANGE)
        return cleaned

    def _check_change(self) -> None:
        given = self.cleaned_data
        self.new_slot = scheduling.choose_slot(
            self.instance.slot,
            on=given["new_on"],
            at=given["new_at"],
            precision=Precision(given["new_precision"] or self.instance.precision),
            usual_time=self.instance.series.release_time,
        )
        if self.new_slot or given["reason"]:
            roles = roles_of(self.user, self.instance.series.producer)
            scheduling.prepare_date_change(self.instance, roles=roles, **self.change)

    @property
    def change(self) -> dict[str, Any]:
        return {
            "to": self.new_slot or self.instance.slot,
            "reason": self.cleaned_data["reason"],
            "expected_version": self.cleaned_data["seen_version"] or 0,
        }


class AddressForm(forms.ModelForm[Address]):
    adapter = forms.ChoiceField(
        label=lazy("How it is read"),
        choices=[(name, f"{name}: {adapter.reads}") for name, adapter in ADAPTERS.items()],
        initial="page",
        error_messages={
            "invalid_choice": format_lazy(
                lazy('There is no adapter "%(value)s"; there are: {names}.'), names=", ".join(sorted(ADAPTERS))
            )
        },
    )

    class Meta:
        model = Address
        fields = ("url", "role", "marker", "adapter", "required")
        widgets = {"url": forms.URLInput(attrs={"size": 40}), "marker": forms.TextInput(attrs={"size": 22})}

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        clean_address(url)
        return url

    def clean(self) -> dict[str, Any]:
        """Make an announcement optional: it is evidence, and no verdict depends on it."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("role") == Address.Role.ANNOUNCEMENT:
            cleaned["required"] = False
        return cleaned

    @property
    def planned(self) -> scheduling.PlannedAddress:
        return scheduling.PlannedAddress(**{name: self.cleaned_data[name] for name in self.Meta.fields})


class AddressFormSet(forms.BaseInlineFormSet[Address, Release, forms.ModelForm[Address]]):
    def clean(self) -> None:
        super().clean()
        remaining = [form for form in self.forms if form not in self.deleted_forms and form.is_valid()]
        roles = [form.cleaned_data.get("role") for form in remaining]
        if roles.count(Address.Role.ANNOUNCEMENT) > 1:
            raise ValidationError(_("A release has one announcement at most."))


class CancellationForm(forms.Form):
    reason = forms.CharField(
        label=lazy("Reason"),
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=lazy("The public reads it beside the release."),
    )


class ShortNoticeForm(forms.Form):
    reason = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=lazy("Kept in our own record; it is not published."),
    )


def clean_judged_name(form: forms.ModelForm[Any], name: str, releases: QuerySet[Release]) -> Any:
    """Return the typed name; refuse a change while a release with this name is waiting for its verdict."""
    if name in form.changed_data:
        try:
            scheduling.refuse_names_during_judgement(releases, at=timezone.now())
        except BeingJudged as refusal:
            raise ValidationError(str(refusal)) from refusal
    return form.cleaned_data[name]
