"""The notes on a practice of the Code that help people to choose it, and the form that settles its wording."""

from collections.abc import Iterable, Iterator

from crispy_forms.helper import FormHelper
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches.reports.practices import Offered
from releases.forms.base import LongTextField, Question, helper_of


def suggestion_of(offered: Offered) -> str:
    """Say that we suggest a practice for this kind of breach, and on how many cases that rests; empty if we do not."""
    if not offered.is_suggested or offered.suggestion is None:
        return ""
    cases = offered.suggestion.cases
    if cases is None:
        return _("Suggested for this kind of breach.")
    sentence = ngettext(
        "Suggested for this kind of breach, from %(cases)d published report.",
        "Suggested for this kind of breach, from %(cases)d published reports.",
        cases,
    )
    return sentence % {"cases": cases}


def notes_on(offered: Offered) -> Iterator[str]:
    """Say what a person needs to know to choose a practice. None of it is printed."""
    if suggested := suggestion_of(offered):
        yield suggested
    if (row := offered.row) is not None and not offered.cited.confirmed:
        if row.summary:
            yield _("In summary: %(summary)s") % {"summary": row.summary}
        if row.unconfirmed:
            yield row.unconfirmed


def sources_of(offered: Iterable[Offered]) -> dict[tuple[str, str], list[str]]:
    """Return where people read the words of practices: by source and address, the codes."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in offered:
        if one.row is not None and one.row.source_url:
            found.setdefault((one.row.source, one.row.source_url), []).append(one.cited.code)
    return found


class WordingForm(forms.Form):
    """The words of one practice and where a person has read them."""

    use_required_attribute = False

    seen = forms.CharField(required=False, widget=forms.HiddenInput)
    wording = LongTextField(
        label=lazy("Wording"),
        help_text=lazy("Copy the words of the Code. Reports print them after the number of the practice."),
        error_messages={"required": lazy("Enter the wording")},
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
    )
    source = forms.CharField(
        label=lazy("Where did you read it?"),
        help_text=lazy("For example, the edition of the Code and its page."),
        error_messages={"required": lazy("Enter where you read the wording")},
        max_length=300,
    )
    source_url = forms.URLField(
        label=lazy("Web address (optional)"),
        required=False,
        max_length=300,
        assume_scheme="https",
        error_messages={"invalid": lazy("Enter a web address, such as https://code.statisticsauthority.gov.uk/")},
    )

    @property
    def helper(self) -> FormHelper:
        """The questions and the button."""
        return helper_of(
            "seen",
            Question("wording", size="m", threshold=75),
            Question("source", size="s"),
            Question("source_url", size="s"),
            button=_("Settle this wording"),
        )
