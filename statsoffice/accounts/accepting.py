"""Pages to which the link of an invitation leads."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from statsoffice.accounts import invitations
from statsoffice.accounts.forms import FirstPasswordForm
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.models import Invitation, User

KEPT_IN_SESSION = "invitation"


@never_cache
@require_safe
def follow(request: HttpRequest, secret: str) -> HttpResponse:
    """Take the secret out of the address, so that it stands in no history of a browser and in no further request.

    Of a link that leads nowhere nothing is kept: anybody can make them up, and each would be a session.
    """
    if invitations.find(secret, at=timezone.now()):
        request.session[KEPT_IN_SESSION] = secret
    else:
        request.session.pop(KEPT_IN_SESSION, None)
    return redirect("account_accept")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def accept(request: HttpRequest) -> HttpResponse:
    """Ask a new person for a password and make their account; ask one who has an account to sign in, and to accept."""
    invitation = invitations.find(str(request.session.get(KEPT_IN_SESSION, "")), at=timezone.now())
    if invitation is None:
        return render(request, "accounts/invitation_over.html", status=410)
    account = invitations.account_of(invitation)
    if request.user.is_authenticated and request.user != account:
        return render(request, "accounts/invited_another.html", {"invitation": invitation}, status=409)
    if account is None:
        return _with_a_password(request, invitation)
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("account_accept"), settings.LOGIN_URL)
    if request.method == "POST":
        return _accepted(request, invitation, password=None)
    return render(request, "accounts/accept.html", {"invitation": invitation})


def _with_a_password(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    unsaved = User(email=invitation.email, name=invitation.name)
    form = FirstPasswordForm(unsaved, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _accepted(request, invitation, password=form.cleaned_data["new_password1"])
    return render(request, "accounts/accept.html", {"invitation": invitation, "form": form})


def _accepted(request: HttpRequest, invitation: Invitation, *, password: str | None) -> HttpResponse:
    try:
        invitations.accept(invitation, password=password, at=timezone.now())
    except InvitationRefused as refusal:
        return render(request, "accounts/invitation_over.html", {"sentence": str(refusal)}, status=409)
    del request.session[KEPT_IN_SESSION]
    if password is None:
        messages.success(request, _("You have accepted the invitation."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    messages.success(request, _("Your account is made. Sign in with your e-mail address and your password."))
    return redirect(settings.LOGIN_URL)
