"""Signing in by the office's own provider: away to it, and back from it."""

import secrets
from collections.abc import Callable
from functools import wraps
from typing import Any

import requests
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.decorators import rate_limit
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from statsoffice.accounts.provider_adapter import VerifyingAdapter
from statsoffice.accounts.provider_failures import refused, tell_of_failure, unreachable
from statsoffice.accounts.provider_people import NotLetIn

type Answer = Callable[[HttpRequest], HttpResponse]
type View = Callable[[HttpRequest, VerifyingAdapter], HttpResponse]


def _where_there_is_one(view: View) -> Answer:
    """Let an address not exist where the office has no provider, whatever the method."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if settings.OFFICE_PROVIDER is None:
            raise Http404
        return view(request, VerifyingAdapter(request, settings.OFFICE_PROVIDER.server))

    return answer


@never_cache
@_where_there_is_one
@require_POST
@rate_limit(action="login")  # type: ignore[untyped-decorator]  # allauth ships no types
def begin(request: HttpRequest, adapter: VerifyingAdapter) -> HttpResponse:
    """Lead to the provider, with a nonce and a challenge that only this session can answer.

    By a page and not by a redirect: browsers hold each redirect after a form to our policy's form-action, and a
    provider may lead people over more hosts than anybody could name there.
    """
    provider = adapter.get_provider()
    nonce = secrets.token_urlsafe(32)
    try:
        there: HttpResponseRedirect = provider.redirect(
            request,
            AuthProcess.LOGIN,
            next_url=get_next_redirect_url(request),
            auth_params={"nonce": nonce},
            nonce=nonce,
        )
    except (OAuth2Error, requests.RequestException) as error:
        return unreachable(request, error)
    return render(request, "accounts/provider_leads.html", {"address": there.url, "name": provider.app.name})


@never_cache
@_where_there_is_one
@require_GET
def come_back(request: HttpRequest, adapter: VerifyingAdapter) -> HttpResponse:
    """Let a person in whom the provider has sent back, or say in one sentence why not."""
    view = _CallbackView()
    view.request, view.adapter = request, adapter
    try:
        answer: HttpResponse = view.dispatch(request)
    except NotLetIn as refusal:
        tell_of_failure(request, email=refusal.email)
        return refused(request, str(refusal), status=403)
    except (OAuth2Error, requests.RequestException) as error:
        return unreachable(request, error)
    except ImmediateHttpResponse as instead:
        answer = instead.response
    return answer


class _CallbackView(OAuth2CallbackView):  # type: ignore[misc]  # allauth ships no types
    """Hands what was kept of the question on to the adapter; without it no token is believed."""

    adapter: VerifyingAdapter

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, answer
