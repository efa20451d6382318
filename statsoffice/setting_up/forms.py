"""What each step of setting an office up asks for."""

from typing import Any

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import Question, helper_of
from releases.models import Producer, Series
from releases.models.code_words import choices_of
from releases.models.producer import Designation
from releases.rules import web_address
from releases.rules.calendar import Nation

LONGEST_WAIT = 120
SHORTEST_WAIT = 2


class StepForm(forms.Form):
    """The questions of one step, one under the other."""

    use_required_attribute = False

    @property
    def helper(self) -> FormHelper:
        """The questions in their order."""
        return helper_of(*(Question(name, size="s") for name in self.fields), button=_("Save and continue"))


class ProducerForm(StepForm):
    """The organisation that produces the statistics."""

    name = forms.CharField(label=lazy("Name of the producer"), max_length=300)
    nation = forms.ChoiceField(
        label=lazy("Whose bank holidays count?"),
        choices=choices_of(Nation),
        initial=Nation.ENGLAND,
        widget=forms.RadioSelect,
    )
    hosts = forms.CharField(
        label=lazy("Hosts on which it publishes (optional)"),
        help_text=lazy("One on each line, such as www.gov.uk. A release’s page may lead on to these and to no others."),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def clean_name(self) -> str:
        """Refuse the name of another producer."""
        name: str = self.cleaned_data["name"]
        if Producer.objects.filter(name__iexact=name).exists():
            raise forms.ValidationError(_("There is a producer of this name already"))
        return name


class HeadForm(StepForm):
    """The Head of Profession for Statistics."""

    name = forms.CharField(label=lazy("Full name"), max_length=200)
    post = forms.CharField(
        label=lazy("Post"), max_length=200, initial=lazy("Head of Profession for Statistics"), required=False
    )
    email = forms.EmailField(label=lazy("E-mail address"), help_text=lazy("They sign in with it, and are told by it."))
    telephone = forms.CharField(label=lazy("Telephone (optional)"), max_length=50, required=False)


class SeriesForm(StepForm):
    """The first series, and who answers for it."""

    title = forms.CharField(
        label=lazy("Title of the series"), help_text=lazy("Such as: Labour market overview"), max_length=300
    )
    designation = forms.ChoiceField(
        label=lazy("What are they?"),
        choices=Designation.choices,
        initial=Designation.OFFICIAL,
        widget=forms.RadioSelect,
    )
    team = forms.CharField(
        label=lazy("Who answers for it?"),
        help_text=lazy("A person or a team. They are told if a release is late."),
        max_length=200,
    )
    email = forms.EmailField(label=lazy("Their e-mail address"))
    telephone = forms.CharField(label=lazy("Their telephone (optional)"), max_length=50, required=False)

    def __init__(self, *args: Any, producer: Producer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.producer = producer

    def clean_title(self) -> str:
        """Refuse the title of another series of the producer."""
        title: str = self.cleaned_data["title"]
        if Series.objects.filter(producer=self.producer, title__iexact=title).exists():
            raise forms.ValidationError(_("There is a series of this title already"))
        return title


class RehearsalForm(StepForm):
    """Which page of the office's own is watched, and when."""

    url = forms.CharField(
        label=lazy("Address of the page"),
        help_text=lazy("A test page of your own that you publish yourself at the minute, such as on your website."),
        max_length=1000,
    )
    marker = forms.CharField(
        label=lazy("Words that it shows once it is published"),
        help_text=lazy("And not before, such as: Rehearsal of Tuesday morning"),
        max_length=200,
    )
    minutes = forms.IntegerField(
        label=lazy("In how many minutes is it due?"), min_value=SHORTEST_WAIT, max_value=LONGEST_WAIT, initial=5
    )

    @property
    def helper(self) -> FormHelper:
        """The questions in their order."""
        return helper_of(
            Question("url", size="s"),
            Question("marker", size="s"),
            Question("minutes", size="s", suffix=str(_("minutes")), css_class="govuk-input--width-3"),
            button=_("Begin the rehearsal"),
        )

    def clean_url(self) -> str:
        """Refuse what could not be fetched."""
        try:
            return web_address.parse_address(self.cleaned_data["url"]).url
        except web_address.NotAWebAddressError as error:
            raise forms.ValidationError(str(error)) from error
