"""Pages to send and accept invitations, and the page of a person's own account."""

from allauth.usersessions.internal.flows.sessions import end_sessions
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Paginator
from django.db.models.functions import Lower
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render, resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from releases.permissions import NotYours, roles_anywhere
from releases.rules.lifecycle import Role
from releases.views.base import SignedInRequest, post_data, post_view
from releases.views.list_order import Column, ListOrder, place_in
from statsoffice.accounts import invitations
from statsoffice.accounts.cover import covers_about, producers_covered_by
from statsoffice.accounts.emails import NotSent, send_invitation
from statsoffice.accounts.forms import FirstPasswordForm, InvitationForm
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.models import Invitation, User
from statsoffice.accounts.permissions import TOKEN_TABLE, TokenAction, producers_invited_to
from statsoffice.accounts.second_factor import has_second_factor

SESSION_KEY = "invitation"
INVITATIONS_ON_A_PAGE = 25


@never_cache
@require_safe
def follow_invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Move the secret of an invitation from the URL to the session.

    This keeps the secret out of the browser history and out of later requests. The secret of an invalid link is not
    stored. Otherwise anyone could invent links, and each link would create a session.
    """
    if invitations.find(secret, at=timezone.now()):
        request.session[SESSION_KEY] = secret
    else:
        request.session.pop(SESSION_KEY, None)
    return redirect("account_accept")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def accept_invitation(request: HttpRequest) -> HttpResponse:
    """Let new people choose a password. People who already have an account must sign in and accept."""
    invitation = invitations.find(str(request.session.get(SESSION_KEY, "")), at=timezone.now())
    if invitation is None:
        return _render_over(request)
    account = invitations.existing_account(invitation)
    if request.user.is_authenticated and request.user != account:
        return render(request, "accounts/invited_another.html", {"invitation": invitation}, status=409)
    if account is None:
        new_user = User(email=invitation.email, name=invitation.name)
        form = FirstPasswordForm(new_user, post_data(request))
        if form.is_valid():
            return _accept(request, invitation, password=form.cleaned_data["new_password1"])
        return render(request, "accounts/accept.html", {"invitation": invitation, "form": form})
    if not request.user.is_authenticated:
        return redirect_to_login(reverse("account_accept"), settings.LOGIN_URL)
    return _answer(request, invitation, by=account)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def own_invitation(request: SignedInRequest, key: int) -> HttpResponse:
    """Let a person whose email address is verified accept or refuse an invitation without the emailed link."""
    invitation = get_object_or_404(invitations.invitations_of(request.user), pk=key)
    if not invitations.is_valid(invitation, timezone.now()):
        return _render_over(request)
    return _answer(request, invitation, by=request.user)


def _render_over(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/invitation_over.html", status=410)


def _answer(request: HttpRequest, invitation: Invitation, *, by: User) -> HttpResponse:
    """Let a signed-in person accept or refuse an invitation to their account."""
    if request.method != "POST":
        return render(request, "accounts/accept.html", {"invitation": invitation})
    if "refuse" in request.POST:
        return _refuse(request, invitation, by=by)
    return _accept(request, invitation, password=None)


def _refuse(request: HttpRequest, invitation: Invitation, *, by: User) -> HttpResponse:
    try:
        invitations.refuse(invitation, by=by, at=timezone.now())
    except InvitationRefused as refusal:
        return render(request, "accounts/invitation_over.html", {"sentence": str(refusal)}, status=409)
    request.session.pop(SESSION_KEY, None)
    messages.success(request, _("Invitation refused."))
    return redirect("your_account")


def _accept(request: HttpRequest, invitation: Invitation, *, password: str | None) -> HttpResponse:
    try:
        invitations.accept(invitation, password=password, at=timezone.now())
    except InvitationRefused as refusal:
        return render(request, "accounts/invitation_over.html", {"sentence": str(refusal)}, status=409)
    request.session.pop(SESSION_KEY, None)
    if password is None:
        messages.success(request, _("Invitation accepted."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    messages.success(request, _("Account created. Sign in with your email address and password."))
    return redirect(settings.LOGIN_URL)


@login_required
@require_safe
def invitation_list(request: SignedInRequest) -> HttpResponse:
    _check_invites(request.user)
    waiting = invitations.manageable_invitations(request.user).filter(accepted_at=None, withdrawn_at=None)
    columns = {
        "name": Column(_("Name"), Lower("name")),
        "producer": Column(_("Producer"), Lower("producer__name")),
        "role": Column(_("Role"), place_in(Role, field="role")),
        "invited": Column(_("Invited"), "invited_at", descending_first=True),
        "expires": Column(_("Expires"), "expires_at"),
    }
    order = ListOrder(request.GET, columns, default="-invited")
    found = order.sort(waiting.select_related("producer", "invited_by"))
    page = Paginator(found, INVITATIONS_ON_A_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    rows = [(each, each.is_open_at(now)) for each in page]
    return render(request, "accounts/invitations.html", {"order": order, "page": page, "rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def invite_view(request: SignedInRequest) -> HttpResponse:
    _check_invites(request.user)
    form = InvitationForm(post_data(request), by=request.user)
    if form.is_valid():
        try:
            invitation, secret = invitations.invite(by=request.user, at=timezone.now(), **form.invited)
        except InvitationRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        except NotYours:
            form.add_error("role", _("You cannot give this role at this producer"))
        else:
            send_with_message(request, invitation, secret=secret)
            return redirect("invitations")
    return render(request, "accounts/invite.html", {"form": form})


def _page_of_invitations(request: SignedInRequest, key: int) -> str:
    _get_invitation(request.user, key)
    return resolve_url("invitations")


@post_view(_page_of_invitations)
def send_again_view(request: SignedInRequest, key: int) -> HttpResponse:
    invitation = _get_invitation(request.user, key)
    try:
        secret = invitations.send_again(invitation, by=request.user, at=timezone.now())
    except NotYours as refusal:
        raise Http404(str(refusal)) from refusal
    except InvitationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("invitations")
    send_with_message(request, invitation, secret=secret)
    return redirect("invitations")


@post_view(_page_of_invitations)
def withdraw_view(request: SignedInRequest, key: int) -> HttpResponse:
    invitation = _get_invitation(request.user, key)
    try:
        invitations.withdraw(invitation, by=request.user, at=timezone.now())
    except NotYours as refusal:
        raise Http404(str(refusal)) from refusal
    except InvitationRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Invitation withdrawn. The link no longer works."))
    return redirect("invitations")


def send_with_message(request: HttpRequest, invitation: Invitation, *, secret: str) -> None:
    """Email an invitation, and show on the next page whether the email was sent."""
    try:
        send_invitation(invitation, secret=secret)
    except NotSent as fault:
        sentence = _(
            "We saved the invitation, but could not send the email. Send it again later. The reason was: %(fault)s"
        )
        messages.error(request, sentence % {"fault": fault})
    else:
        messages.success(request, _("Invitation sent to %(email)s.") % {"email": invitation.email})


def _check_invites(person: User) -> None:
    if not producers_invited_to(person).exists():
        raise Http404("This person may not invite anyone.")


def _get_invitation(person: User, key: int) -> Invitation:
    return get_object_or_404(invitations.manageable_invitations(person).select_related("producer"), pk=key)


@login_required
@require_safe
def your_account(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    context = {
        "invitations": invitations.open_invitations_of(request.user, at=now),
        "memberships": request.user.memberships.select_related("producer"),
        "covers": covers_about(request.user, now=now),
        "may_name_cover": producers_covered_by(request.user).exists(),
        "has_second_factor": has_second_factor(request.user),
        "has_text_messages": bool(settings.NOTIFY_TEXT_TEMPLATE),
        "may_invite": producers_invited_to(request.user).exists(),
        "may_see_tokens": bool(TOKEN_TABLE[TokenAction.REVOKE] & roles_anywhere(request.user)),
    }
    return render(request, "accounts/your_account.html", context)


def _page_of_sessions(_request: SignedInRequest) -> str:
    return resolve_url("usersessions_list")


@post_view(_page_of_sessions)
def sign_out_everywhere(request: SignedInRequest) -> HttpResponse:
    end_sessions(request, list(UserSession.objects.filter(user=request.user)))
    messages.success(request, _("You have signed out everywhere."))
    return redirect("account_login")
