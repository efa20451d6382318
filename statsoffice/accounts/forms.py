"""The forms by which people are invited and accept."""

from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms.base import Question, helper_of
from releases.models import Producer
from releases.models.code_words import choices_of
from releases.rules.lifecycle import Role
from statsoffice.accounts.invitations import roles_given
from statsoffice.accounts.models import User
from statsoffice.accounts.permissions import administers_people, producers_invited_to


class InvitationForm(forms.Form):
    """Whom to invite, and to which role of which producer; administrators may leave the role for later."""

    use_required_attribute = False

    email = forms.EmailField(label=lazy("E-mail address"))
    name = forms.CharField(label=lazy("Full name"), max_length=200, help_text=lazy("As reports are to name them"))
    producer = forms.ModelChoiceField(Producer.objects.none(), label=lazy("For which producer?"), empty_label=None)
    role = forms.ChoiceField(label=lazy("In which role?"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        """Offer what the person who invites may give."""
        super().__init__(*args, **kwargs)
        producer: Any = self.fields["producer"]
        producer.queryset = producers_invited_to(by)
        roles: list[tuple[str, Any]] = list(choices_of(roles_given(by)))
        if administers_people(by):
            producer.required = False
            producer.empty_label = _("No producer yet")
            roles.append(("", _("No role yet")))
            self.fields["role"].required = False
        self.fields["role"].choices = roles  # type: ignore[attr-defined]
        self.helper = helper_of(
            Question("email", size="s", autocomplete="off"),
            Question("name", size="s", autocomplete="off"),
            Question("producer", size="s"),
            Question("role", size="s"),
            button=_("Send the invitation"),
        )

    def clean(self) -> dict[str, Any]:
        """Require producer and role together, or neither."""
        cleaned = super().clean() or self.cleaned_data
        if {"producer", "role"} <= cleaned.keys() and bool(cleaned["producer"]) != bool(cleaned["role"]):
            missing = "role" if cleaned["producer"] else "producer"
            self.add_error(missing, _("Choose a producer and a role, or neither of them"))
        return cleaned

    @property
    def invited(self) -> dict[str, Any]:
        """Whom to invite to what."""
        given = self.cleaned_data
        role = Role(given["role"]) if given["role"] else None
        return {"email": given["email"], "name": given["name"], "producer": given["producer"], "role": role}


class FirstPasswordForm(SetPasswordForm[User]):
    """The password of a new account, by the rules of the settings."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Say what makes a good password."""
        super().__init__(*args, **kwargs)
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.label, second.label = _("Password"), _("The same password again")
        first.help_text, second.help_text = PASSWORD_ADVICE, ""
        self.helper = helper_of(
            Question("new_password1", size="s", autocomplete="new-password"),
            Question("new_password2", size="s", autocomplete="new-password"),
            button=_("Make my account"),
        )


# National Cyber Security Centre, "Password policy: updating your approach" and "Three random words": length and no
# common passwords, and neither rules of composition nor expiry.
PASSWORD_ADVICE = lazy("At least 12 characters. Three random words make a good password; it may hold spaces.")
