"""Pages on which people are invited, by those who may."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from releases.permissions import NotYours
from releases.views.base import SignedInRequest
from statsoffice.accounts import invitation_mail
from statsoffice.accounts import invitations as inviting
from statsoffice.accounts.forms import InvitationForm
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.models import Invitation, User
from statsoffice.accounts.permissions import producers_invited_to


@login_required
@require_safe
def invitations(request: SignedInRequest) -> HttpResponse:
    """List the invitations to one's own producers that were not accepted yet."""
    _check_invites(request.user)
    waiting = inviting.kept_by(request.user).filter(accepted_at=None, withdrawn_at=None)
    now = timezone.now()
    rows = [(each, each.is_open_at(now)) for each in waiting.select_related("producer", "invited_by")]
    return render(request, "accounts/invitations.html", {"rows": rows})


@login_required
@require_http_methods(["GET", "POST"])
def invite(request: SignedInRequest) -> HttpResponse:
    """Ask whom to invite, and send the invitation."""
    _check_invites(request.user)
    form = InvitationForm(request.POST if request.method == "POST" else None, by=request.user)
    if form.is_valid():
        try:
            invitation, secret = inviting.invite(by=request.user, at=timezone.now(), **form.invited)
        except InvitationRefused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        except NotYours:
            form.add_error("role", _("You cannot give this role for this producer"))
        else:
            return _sent(request, invitation, secret)
    return render(request, "accounts/invite.html", {"form": form})


@login_required
@require_POST
def send_again(request: SignedInRequest, key: int) -> HttpResponse:
    """Send an invitation again, with a new link in place of the old one."""
    invitation = _theirs(request.user, key)
    try:
        secret = inviting.send_again(invitation, by=request.user, at=timezone.now())
    except NotYours as refusal:
        raise Http404(str(refusal)) from refusal
    except InvitationRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("invitations")
    return _sent(request, invitation, secret)


@login_required
@require_POST
def withdraw(request: SignedInRequest, key: int) -> HttpResponse:
    """Withdraw an invitation."""
    invitation = _theirs(request.user, key)
    try:
        inviting.withdraw(invitation, by=request.user, at=timezone.now())
    except NotYours as refusal:
        raise Http404(str(refusal)) from refusal
    except InvitationRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The invitation is withdrawn. Its link no longer works."))
    return redirect("invitations")


def _sent(request: SignedInRequest, invitation: Invitation, secret: str) -> HttpResponse:
    send_and_tell(request, invitation, secret=secret)
    return redirect("invitations")


def send_and_tell(request: HttpRequest, invitation: Invitation, *, secret: str) -> None:
    """Send the mail of an invitation that is recorded, and say on the next page what became of it."""
    try:
        invitation_mail.send(invitation, secret=secret)
    except invitation_mail.NotSent as fault:
        sentence = _("The invitation is kept, and its mail could not be sent: %(fault)s. Send it again later.")
        messages.error(request, sentence % {"fault": fault})
    else:
        messages.success(request, _("The invitation was sent to %(email)s.") % {"email": invitation.email})


def _check_invites(person: User) -> None:
    if not producers_invited_to(person).exists():
        message = "This person invites nobody."
        raise Http404(message)


def _theirs(person: User, key: int) -> Invitation:
    return get_object_or_404(inviting.kept_by(person).select_related("producer"), pk=key)
