"""The page about one's own account, and signing out everywhere."""

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from releases.views.base import SignedInRequest
from statsoffice.accounts.permissions import producers_invited_to
from statsoffice.accounts.second_factor import has_one


@login_required
@require_safe
def your_account(request: SignedInRequest) -> HttpResponse:
    """Show who one is here, one's roles, and what there is to look after."""
    context = {
        "memberships": request.user.memberships.select_related("producer"),
        "has_second_factor": has_one(request.user),
        "may_invite": producers_invited_to(request.user).exists(),
    }
    return render(request, "accounts/your_account.html", context)


@login_required
@require_POST
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    """End every session of the person, this one included."""
    end_sessions(request, list(UserSession.objects.filter(user=request.user)))
    messages.success(request, _("You are signed out everywhere."))
    return redirect("account_login")
