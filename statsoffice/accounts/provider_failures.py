"""What people are told where signing in by the office's own provider does not succeed, and what is kept of it."""

import logging

import requests
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)


def answer_to_failure(
    request: HttpRequest, *, exception: Exception | None, began_here: bool, cancelled: bool
) -> HttpResponse:
    """Say in one sentence why signing in did not succeed.

    :param exception: what went wrong, if something did.
    :param began_here: whether this browser had asked; of what others make up nothing is kept.
    :param cancelled: whether the person themselves, or the provider in their place, said no.
    """
    if cancelled:
        return refused(request, _("You did not sign in there. Nothing has changed."), status=403)
    if not began_here:
        sentence = _("This sign-in was not begun in this browser, or more than ten minutes ago. Begin again.")
        return refused(request, sentence, status=403)
    if isinstance(exception, requests.RequestException):
        return unreachable(request, exception)
    logger.warning("A sign-in by the office's provider was refused: %s", exception)
    tell_of_failure(request, email="")
    return refused(request, _("What the provider sent back could not be verified. Begin again."), status=403)


def unreachable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Say that the provider does not answer, or not as such a provider does."""
    logger.warning("The office's provider of sign-in cannot be used: %s", error)
    sentence = _("The provider cannot be reached now. Try again later, or sign in with your password.")
    return refused(request, sentence, status=503)


def refused(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """Say in one sentence why somebody is not signed in."""
    return render(request, "accounts/provider_refused.html", {"sentence": sentence}, status=status)


def tell_of_failure(request: HttpRequest, *, email: str) -> None:
    """Tell by Django's own signal, as every other way to sign in does; the audit trail hears it."""
    user_login_failed.send(__name__, credentials={"email": email}, request=request)
