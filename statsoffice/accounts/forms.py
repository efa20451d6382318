"""Forms for invitations and first passwords, and django-allauth's forms with our own labels."""

from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from releases.forms import GovukForm, Question, helper_of
from releases.models import Producer
from releases.models.append_only import choices_of
from releases.rules.lifecycle import Role
from statsoffice.accounts.invitations import grantable_roles
from statsoffice.accounts.models import User
from statsoffice.accounts.permissions import administers_people, producers_invited_to
from statsoffice.accounts.second_factor import use_code


class InvitationForm(GovukForm):
    button = lazy("Send invitation")
    options = {"email": {"autocomplete": "off"}, "name": {"autocomplete": "off"}}

    email = forms.EmailField(label=lazy("Email address"), error_messages={"required": lazy("Enter an email address")})
    name = forms.CharField(
        label=lazy("Full name"),
        max_length=200,
        help_text=lazy("As it should appear in reports"),
        error_messages={"required": lazy("Enter a full name")},
    )
    producer = forms.ModelChoiceField(Producer.objects.none(), label=lazy("Producer"), empty_label=None)
    role = forms.ChoiceField(
        label=lazy("Role"), widget=forms.RadioSelect, error_messages={"required": lazy("Select a role")}
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        producer: Any = self.fields["producer"]
        producer.queryset = producers_invited_to(by)
        roles: list[tuple[str, Any]] = list(choices_of(grantable_roles(by)))
        if administers_people(by):
            producer.required = False
            producer.empty_label = _("No producer yet")
            roles.append(("", _("No role yet")))
            self.fields["role"].required = False
        self.fields["role"].choices = roles  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"producer", "role"} <= cleaned.keys() and bool(cleaned["producer"]) != bool(cleaned["role"]):
            missing = "role" if cleaned["producer"] else "producer"
            self.add_error(missing, _("Choose both a producer and a role, or neither"))
        return cleaned

    @property
    def invited(self) -> dict[str, Any]:
        given = self.cleaned_data
        role = Role(given["role"]) if given["role"] else None
        return {"email": given["email"], "name": given["name"], "producer": given["producer"], "role": role}


class FirstPasswordForm(SetPasswordForm[User]):
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        first, second = self.fields["new_password1"], self.fields["new_password2"]
        first.label, second.label = _("Password"), _("Confirm your password")
        first.help_text, second.help_text = PASSWORD_ADVICE, ""
        self.helper = helper_of(
            Question("new_password1", size="s", autocomplete="new-password"),
            Question("new_password2", size="s", autocomplete="new-password"),
            button=_("Create account"),
        )


# The National Cyber Security Centre recommends a minimum length and a ban on common passwords. It advises against
# complexity rules and expiry. Sources: "Password policy: updating your approach", "Three random words".
PASSWORD_ADVICE = lazy("Use at least 12 characters. Three random words make a good password. You can use spaces.")


type Labels = Mapping[str, str | Promise]

CURRENT_PASSWORD = lazy("Current password")
NEW_PASSWORD: Labels = {"password1": lazy("New password"), "password2": lazy("Confirm your new password")}
NEW_PASSWORD_HINTS: Labels = {"password1": PASSWORD_ADVICE}
CODE: Labels = {"code": lazy("Code from your authenticator app, or a recovery code")}
CODE_ATTRIBUTES = {"code": {"inputmode": "numeric", "spellcheck": "false"}}


class OwnLabels:
    """A mixin that sets our labels and hints. It removes placeholders, because they disappear when a person types."""

    labels: ClassVar[Labels] = {}
    hints: ClassVar[Labels] = {}
    attributes: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
            field.widget.attrs.update(self.attributes.get(name, {}))


class Reauthenticate(OwnLabels, account.ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    labels: ClassVar[Labels] = {"password": CURRENT_PASSWORD}


class ChangePassword(OwnLabels, account.ChangePasswordForm):  # type: ignore[misc]
    labels: ClassVar[Labels] = {**NEW_PASSWORD, "oldpassword": CURRENT_PASSWORD}
    hints = NEW_PASSWORD_HINTS


class SetPassword(OwnLabels, account.SetPasswordForm):  # type: ignore[misc]
    labels = NEW_PASSWORD
    hints = NEW_PASSWORD_HINTS


class ResetPassword(OwnLabels, account.ResetPasswordKeyForm):  # type: ignore[misc]
    labels = NEW_PASSWORD
    hints = NEW_PASSWORD_HINTS


class SingleUseCode:
    def clean_code(self) -> str:
        code: str = super().clean_code()  # type: ignore[misc]
        is_of_app = self.authenticator.type == Authenticator.Type.TOTP  # type: ignore[attr-defined]
        if is_of_app and not use_code(self.user, code):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class Authenticate(SingleUseCode, OwnLabels, mfa.AuthenticateForm):  # type: ignore[misc]
    labels = CODE
    attributes = CODE_ATTRIBUTES


class ReauthenticateByCode(SingleUseCode, OwnLabels, mfa.ReauthenticateForm):  # type: ignore[misc]
    labels = CODE
    attributes = CODE_ATTRIBUTES


class ActivateTotp(OwnLabels, totp.ActivateTOTPForm):  # type: ignore[misc]
    labels: ClassVar[Labels] = {"code": lazy("6-digit code from the app")}
    attributes = CODE_ATTRIBUTES

    def clean_code(self) -> str:
        """Check the code, then mark it as used, so that it cannot also be used to sign in."""
        code: str = super().clean_code()
        use_code(self.user, code)
        return code


class AddPasskey(OwnLabels, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    labels: ClassVar[Labels] = {
        "name": lazy("Passkey name"),
        "passwordless": lazy("Sign in with this passkey without a password"),
    }
    hints: ClassVar[Labels] = {"name": lazy("For example, my phone")}


class RenamePasskey(OwnLabels, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    labels: ClassVar[Labels] = {"name": lazy("Passkey name")}
