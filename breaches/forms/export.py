"""As which kind of file the register is taken, and whether with the people that its reports name."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import Question, helper_of
from releases.rules.tables import TableKind

KINDS = {
    TableKind.ODS: lazy("ODS, for spreadsheets"),
    TableKind.XLSX: lazy("XLSX, for Excel"),
    TableKind.CSV: lazy("CSV, for programs"),
}


class ExportForm(forms.Form):
    """A kind of file; contacts only for those who lead, and only if they tick it."""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=lazy("Which kind of file?"),
        choices=[(kind.value, words) for kind, words in KINDS.items()],
        initial=TableKind.ODS.value,
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose a kind of file")},
    )
    contacts = forms.BooleanField(
        label=lazy("With the names, e-mail addresses and telephone numbers of the people whom the reports name"),
        required=False,
    )

    def __init__(self, *args: Any, may_have_contacts: bool, **kwargs: Any) -> None:
        """Ask.

        :param may_have_contacts: whether the person leads any producer.
        """
        super().__init__(*args, **kwargs)
        if not may_have_contacts:
            del self.fields["contacts"]
        questions = [Question("contacts")] if may_have_contacts else []
        self.helper = helper_of(Question("kind", size="s"), *questions, button=_("Download"))
