"""Hears of log-ins and keeps them.

The house has no signals of its own. These are the interface by which Django and django-allauth tell of log-ins by
whichever way (password, passkey, another provider, the admin site); there is no other that hears of them all.
"""

from typing import Any

from allauth.account.signals import password_changed, password_reset, password_set
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.utils import timezone

from statsoffice.accounts.models import User
from statsoffice.audit.models import AccountEvent, What

# Under which names the ways to log in pass on what was typed as the name of the account.
NAMES = ("username", "email", "login")


def connect() -> None:
    """Begin to hear of log-ins, log-outs and changed passwords."""
    user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_failed, dispatch_uid="audit")
    for signal in (password_changed, password_reset, password_set):
        signal.connect(_password_changed, dispatch_uid="audit")


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
