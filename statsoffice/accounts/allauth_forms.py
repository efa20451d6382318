"""django-allauth's forms in the words and the look of our own pages."""

from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import forms as totp
from allauth.mfa.webauthn import forms as webauthn
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy

from statsoffice.accounts.forms import PASSWORD_ADVICE
from statsoffice.accounts.second_factor import use_code

type Words = str | Promise

CURRENT_PASSWORD, NEW_PASSWORD, AGAIN = lazy("Your password now"), lazy("New password"), lazy("The new password again")
CODE = lazy("Code of your authenticator app, or a recovery code")


class OurWords:
    """Names each question and its hint above the field, and none within it, where it would vanish when one types."""

    labels: ClassVar[dict[str, Words]] = {}
    hints: ClassVar[dict[str, Words]] = {}
    attributes: ClassVar[dict[str, dict[str, str]]] = {}
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Change the words once the form has its fields."""
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]
        for name, field in fields.items():
            field.widget.attrs.pop("placeholder", None)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.hints.get(name, "")
            field.widget.attrs.update(self.attributes.get(name, {}))


class Reauthenticate(OurWords, account.ReauthenticateForm):  # type: ignore[misc]  # allauth ships no types
    """Asks for the password once more."""

    labels: ClassVar[dict[str, Words]] = {"password": CURRENT_PASSWORD}


class ChangePassword(OurWords, account.ChangePasswordForm):  # type: ignore[misc]
    """Asks for the old password and a new one."""

    labels: ClassVar[dict[str, Words]] = {
        "oldpassword": CURRENT_PASSWORD,
        "password1": NEW_PASSWORD,
        "password2": AGAIN,
    }
    hints: ClassVar[dict[str, Words]] = {"password1": PASSWORD_ADVICE}


class SetPassword(OurWords, account.SetPasswordForm):  # type: ignore[misc]
    """Asks somebody who has none for a password."""

    labels: ClassVar[dict[str, Words]] = {"password1": NEW_PASSWORD, "password2": AGAIN}
    hints: ClassVar[dict[str, Words]] = {"password1": PASSWORD_ADVICE}


class ResetPassword(OurWords, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """Asks somebody who followed the link for a new password."""

    labels: ClassVar[dict[str, Words]] = {"password1": NEW_PASSWORD, "password2": AGAIN}
    hints: ClassVar[dict[str, Words]] = {"password1": PASSWORD_ADVICE}


class CodeOnce:
    """Refuses the code of an app that was used before."""

    def clean_code(self) -> str:
        """Check the code, then mark it as used."""
        code: str = super().clean_code()  # type: ignore[misc]
        is_of_app = self.authenticator.type == Authenticator.Type.TOTP  # type: ignore[attr-defined]
        if is_of_app and not use_code(self.user, code):  # type: ignore[attr-defined]
            raise get_adapter().validation_error("incorrect_code")
        return code


class Authenticate(CodeOnce, OurWords, mfa.AuthenticateForm):  # type: ignore[misc]
    """Asks for a code when somebody signs in."""

    labels: ClassVar[dict[str, Words]] = {"code": CODE}
    attributes: ClassVar[dict[str, dict[str, str]]] = {"code": {"inputmode": "numeric", "spellcheck": "false"}}


class ReauthenticateByCode(CodeOnce, OurWords, mfa.ReauthenticateForm):  # type: ignore[misc]
    """Asks for a code once more."""

    labels: ClassVar[dict[str, Words]] = {"code": CODE}
    attributes: ClassVar[dict[str, dict[str, str]]] = {"code": {"inputmode": "numeric", "spellcheck": "false"}}


class ActivateTotp(OurWords, totp.ActivateTOTPForm):  # type: ignore[misc]
    """Asks for the first code of an authenticator app."""

    labels: ClassVar[dict[str, Words]] = {"code": lazy("The six digits that the app shows now")}
    attributes: ClassVar[dict[str, dict[str, str]]] = {"code": {"inputmode": "numeric", "spellcheck": "false"}}

    def clean_code(self) -> str:
        """Check the code, then mark it as used: it cannot sign in as well."""
        code: str = super().clean_code()
        use_code(self.user, code)
        return code


class AddPasskey(OurWords, webauthn.AddWebAuthnForm):  # type: ignore[misc]
    """Asks how a new passkey is called, and whether it is to be enough by itself."""

    labels: ClassVar[dict[str, Words]] = {
        "name": lazy("Name of this passkey"),
        "passwordless": lazy("Let me sign in with this passkey alone, without my password"),
    }
    hints: ClassVar[dict[str, Words]] = {"name": lazy("By which you tell it from others, such as: my phone")}


class RenamePasskey(OurWords, webauthn.EditWebAuthnForm):  # type: ignore[misc]
    """Asks for another name of a passkey."""

    labels: ClassVar[dict[str, Words]] = {"name": lazy("Name of this passkey")}
