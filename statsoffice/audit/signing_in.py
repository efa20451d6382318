"""Hears of log-ins and keeps them.

The house has no signals of its own. These are the interface by which Django and django-allauth tell of log-ins by
whichever way (password, passkey, another provider, the admin site); there is no other that hears of them all.
"""

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import (
    authentication_failed,
    authenticator_added,
    authenticator_removed,
    authenticator_reset,
)
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.utils import timezone

from statsoffice.accounts.models import User
from statsoffice.audit.models import AccountEvent, What

# Under which names the ways to log in pass on what was typed as the name of the account.
NAMES = ("username", "email", "login")


def connect() -> None:
    """Begin to hear of log-ins, log-outs, changed passwords and second steps."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")
    for signal in (password_changed, password_reset, password_set):
        signal.connect(_password_changed, dispatch_uid="audit")
    authenticator_added.connect(_second_step_set_up, dispatch_uid="audit")
    authenticator_removed.connect(_second_step_removed, dispatch_uid="audit")
    authenticator_reset.connect(_second_step_set_up, dispatch_uid="audit")
    authentication_failed.connect(_second_step_failed, dispatch_uid="audit")


def keep(what: What, *, account: User | None, by: User | None, **facts: Any) -> None:
    """Keep one event of an account, as of now."""
    AccountEvent.append([AccountEvent(kind=what, at=timezone.now(), account=account, actor=by, facts=facts)])


def _signed_in(user: User, **_rest: Any) -> None:
    keep(What.SIGNED_IN, account=user, by=user)


def _signed_out(user: User | None, **_rest: Any) -> None:
    # Somebody who was not signed in can ask to be signed out.
    if user is not None:
        keep(What.SIGNED_OUT, account=user, by=user)


def _failed(credentials: dict[str, Any], **_rest: Any) -> None:
    # What was typed is not kept: people type their password there by mistake.
    typed = next((str(credentials[name]) for name in NAMES if credentials.get(name)), "")
    keep(What.SIGN_IN_FAILED, account=User.objects.filter(email__iexact=typed.strip()).first(), by=None)


def _password_changed(user: User, **_rest: Any) -> None:
    keep(What.PASSWORD_CHANGED, account=user, by=user)


def _second_step_set_up(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    made = authenticator.type == Authenticator.Type.RECOVERY_CODES
    what = What.RECOVERY_CODES_MADE if made else What.SECOND_STEP_SET_UP
    keep(what, account=user, by=user, how=str(authenticator.type))


def _second_step_removed(user: User, authenticator: Authenticator, **_rest: Any) -> None:
    keep(What.SECOND_STEP_REMOVED, account=user, by=user, how=str(authenticator.type))


def _second_step_failed(user: User, authenticator: Authenticator | None = None, **_rest: Any) -> None:
    keep(What.SECOND_STEP_FAILED, account=user, by=None, how=str(authenticator.type) if authenticator else "")
