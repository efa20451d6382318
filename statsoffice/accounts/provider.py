"""Sign-in with the office's own OpenID Connect provider."""

import hmac
import logging
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

import jwt
import requests
from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.decorators import rate_limit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError, AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from statsoffice.accounts import invitations
from statsoffice.accounts.invitations import InvitationRefused
from statsoffice.accounts.models import User

# Algorithms with a shared key are not accepted, because anyone who knows our client secret could use it to sign tokens.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"},
)
CLOCKS_APART_SECONDS = 30
NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce")


class InvalidTokenError(Exception):
    """An ID token is invalid. The message is written to the log, and contains no part of the token."""


def read_id_token(token: str, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Verify the signature, issuer, audience, times and nonce of an ID token, and return its claims.

    Source: OpenID Connect Core 1.0, 3.1.3.7. The signature is always verified, although the specification does not
    require this if we received the token over our own TLS connection.

    :param keys: the provider's JSON Web Key Set.
    :param nonce: the nonce that was sent with the request. The token must contain the same nonce.
    :raises InvalidTokenError: if the signature or one of these claims is wrong or missing.
    """
    try:
        key = _key(token, keys)
        claims: dict[str, Any] = jwt.decode(
            token,
            key=key,
            algorithms=[key.algorithm_name],
            issuer=issuer,
            audience=client_id,
            leeway=CLOCKS_APART_SECONDS,
            options={"require": list(NEEDED)},
        )
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError) as error:
        raise InvalidTokenError(f"{type(error).__name__}: {error}") from error
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if is_for_several else client_id) != client_id:
        raise InvalidTokenError("The token does not name our client as its authorised party (azp).")
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        raise InvalidTokenError("The nonce in the token is not the nonce that we sent.")
    return claims


def _key(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """Return the key that the token names. If the token names no key, return the provider's only key."""
    named = jwt.get_unverified_header(token).get("kid")
    usable = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in {None, "sig"}]
    fitting = [key for key in usable if named is None or key.key_id == named]
    if len(fitting) != 1 or fitting[0].algorithm_name not in ALGORITHMS:
        raise InvalidTokenError("The provider does not have exactly one usable key for this token.")
    return fitting[0]


logger = logging.getLogger(__name__)


def render_unreachable(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.warning("The office's sign-in provider cannot be used: %s", error)
    sentence = _("We cannot reach your organisation’s sign-in page. Try again later, or sign in with your password.")
    return render_refusal(request, sentence, status=503)


def render_refusal(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    return render(request, "accounts/provider_refused.html", {"sentence": sentence}, status=status)


def signal_failure(request: HttpRequest, *, email: str) -> None:
    """Send Django's `user_login_failed` signal, so that the audit trail records the failed sign-in."""
    user_login_failed.send(__name__, credentials={"email": email}, request=request)


# The maximum length of `SocialAccount.uid`, which stores the `sub` of a person.
LONGEST_SUBJECT = 191


class SignInRefused(Exception):
    """A sign-in is refused. The message is one sentence for the person."""

    def __init__(self, sentence: str, *, email: str) -> None:
        super().__init__(sentence)
        self.email = email


def find_account(claims: Mapping[str, Any], *, issuer: str, at: datetime) -> User:
    """Return the account of a person who signs in with the provider.

    At the first sign-in, the account is found by email address and linked to the provider's `sub`. If there is no
    account, an open invitation is accepted. Later sign-ins find the account only by `sub`, because the provider may
    have given the email address to another person (decision 44).

    :param claims: the verified claims from the provider.
    :raises SignInRefused: if the person is unknown, the address is not verified, or the account is closed or linked to
        another `sub`.
    """
    email, subject = str(claims.get("email") or "").strip(), str(claims["sub"])
    if not email or claims.get("email_verified") is not True:
        raise SignInRefused(
            _("Your organisation has not verified your email address. Ask its IT team to verify it."), email=""
        )
    # A case-insensitive search also folds non-ASCII letters, so the search could find a different address.
    if not email.isascii() or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise SignInRefused(
            _("We cannot use the email address or identifier that your organisation sent. Contact an administrator."),
            email=email,
        )
    try:
        with transaction.atomic():
            return _find_or_link(subject, issuer=issuer, email=email, at=at)
    except InvitationRefused as refusal:
        raise SignInRefused(str(refusal), email=email) from refusal
    except IntegrityError as clash:
        sentence = _("Something else changed your account at the same time. Sign in again.")
        raise SignInRefused(sentence, email=email) from clash


def _find_or_link(subject: str, *, issuer: str, email: str, at: datetime) -> User:
    link = SocialAccount.objects.filter(provider=issuer, uid=subject).select_related("user").first()
    user: User | None = link.user if link else User.objects.select_for_update().filter(email__iexact=email).first()
    if user is None:
        invitation = invitations.find_open(email, at=at)
        if invitation is None:
            sentence = _(
                "There is no account or invitation for %(email)s. Ask your Head of Profession or an administrator "
                "for an invitation."
            )
            raise SignInRefused(sentence % {"email": email}, email=email)
        user = invitations.accept(invitation, password=None, at=at)
    if not user.is_active:
        raise SignInRefused(
            _("Your account is closed. To reopen it, contact an administrator at your office."), email=email
        )
    if link is None:
        if SocialAccount.objects.filter(provider=issuer, user=user).exists():
            sentence = _(
                "When this email address was first used here, it belonged to someone else in your organisation. Ask "
                "an administrator to remove the old sign-in link from the account."
            )
            raise SignInRefused(sentence, email=email)
        SocialAccount.objects.create(provider=issuer, uid=subject, user=user, extra_data={})
    return user


# allauth's name for this kind of provider.
PROTOCOL = "openid_connect"
# The endpoints that we need from the discovery document.
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class OfficeProviderAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Use only the provider from the settings, and allow no sign-up."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        office = settings.OFFICE_PROVIDER
        if (
            office is None
            or provider not in {None, office.server, PROTOCOL}
            or client_id not in {None, office.client_id}
        ):
            return []
        return [
            SocialApp(
                provider=PROTOCOL,
                provider_id=office.server,
                name=office.name,
                client_id=office.client_id,
                secret=office.client_secret,
                settings={"server_url": office.server, "oauth_pkce_enabled": True},
            )
        ]

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Delete the provider's token. Otherwise the session would store it until the person enters a second factor."""
        sociallogin.token = None

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Replace allauth's error page with our own.

        :raises ImmediateHttpResponse: always, with our response.
        """
        if error == AuthError.CANCELLED:
            response = render_refusal(request, _("You did not finish signing in. Try again."), status=403)
        elif "state" not in (extra_context or {}):
            # This browser did not begin the sign-in. The request may be forged, so the audit trail does not record it.
            sentence = _("You started to sign in with another browser, or more than 10 minutes ago. Sign in again.")
            response = render_refusal(request, sentence, status=403)
        elif isinstance(exception, requests.RequestException):
            response = render_unreachable(request, exception)
        else:
            logger.warning("A sign-in by the office's provider was refused: %s", exception)
            signal_failure(request, email="")
            sentence = _("We could not verify the response from your organisation. Sign in again.")
            response = render_refusal(request, sentence, status=403)
        raise ImmediateHttpResponse(response)


class VerifyingAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Verify each ID token completely. allauth does not verify the signatures of the tokens that it fetches itself."""

    nonce = ""

    def get_provider(self) -> Any:
        provider = super().get_provider()
        provider.oauth2_adapter_class = VerifyingAdapter
        return provider

    @property
    def openid_config(self) -> dict[str, Any]:
        """Return the provider's discovery document.

        :raises OAuth2Error: if the document is incomplete, or if it names another issuer or an insecure endpoint.
        """
        found = super().openid_config
        if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in ("issuer", *ENDPOINTS)):
            raise OAuth2Error("The provider's discovery document is incomplete.")
        if found["issuer"].rstrip("/") != self.provider_id:
            raise OAuth2Error(f"The provider's discovery document names another issuer: {found['issuer']}.")
        scheme = f"{urlsplit(self.provider_id).scheme}:"
        if not all(found[name].startswith((scheme, "https:")) for name in ENDPOINTS):
            raise OAuth2Error("The provider names an endpoint without https.")
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return a callback address that does not depend on the host of the request."""
        return settings.ADDRESS + reverse("openid_connect_callback")

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Verify the ID token, find or create the account, and return allauth's login for it.

        :raises OAuth2Error: if the token is invalid.
        :raises SignInRefused: if the person may not sign in.
        """
        issuer = self.openid_config["issuer"]
        try:
            claims = read_id_token(
                str(kwargs["response"].get("id_token") or ""),
                keys=_fetch_json(self.openid_config["jwks_uri"]),
                issuer=issuer,
                client_id=app.client_id,
                nonce=self.nonce,
            )
        except InvalidTokenError as refusal:
            raise OAuth2Error(str(refusal)) from refusal
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            claims = self._add_address(claims, token)
        find_account(claims, issuer=self.provider_id, at=timezone.now())
        return self.get_provider().sociallogin_from_response(request, {"sub": claims["sub"]})

    def _add_address(self, claims: dict[str, Any], token: SocialToken) -> dict[str, Any]:
        """Fetch a person's user info, and add the email address from the user info to the claims.

        The user info must have the same `sub` as the claims. Source: OpenID Connect Core 1.0, 5.3.2.

        :raises OAuth2Error: if the user info is about another person.
        """
        user_info = self._fetch_user_info(token.token)
        if user_info.get("sub") != claims["sub"]:
            raise OAuth2Error("The user info is not about the same person as the ID token.")
        return {**claims, "email": user_info.get("email"), "email_verified": user_info.get("email_verified")}


def _fetch_json(address: str) -> dict[str, Any]:
    with get_social_adapter().get_requests_session() as session:
        response = session.get(address)
        response.raise_for_status()
        found = response.json()
    if not isinstance(found, dict):
        raise requests.RequestException(address)
    return found


type Answer = Callable[[HttpRequest], HttpResponse]
type View = Callable[[HttpRequest, VerifyingAdapter], HttpResponse]


def _require_provider(view: View) -> Answer:
    """If the office has no provider, respond with 404 to requests of every method."""

    @wraps(view)
    def answer(request: HttpRequest) -> HttpResponse:
        if settings.OFFICE_PROVIDER is None:
            raise Http404
        return view(request, VerifyingAdapter(request, settings.OFFICE_PROVIDER.server))

    return answer


@never_cache
@_require_provider
@require_POST
@rate_limit(action="login")  # type: ignore[untyped-decorator]  # allauth ships no types
def begin_sign_in(request: HttpRequest, adapter: VerifyingAdapter) -> HttpResponse:
    """Show a page that forwards the person to the provider.

    The request to the provider contains a nonce and a PKCE challenge. Both are bound to this session.

    The response is a page and not a redirect, because browsers apply the `form-action` of our content security policy
    to each redirect after a form is submitted. The provider may redirect people through hosts that we do not know, so
    we cannot list these hosts in the policy.
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
        return render_unreachable(request, error)
    return render(request, "accounts/provider_leads.html", {"address": there.url, "name": provider.app.name})


@never_cache
@_require_provider
@require_GET
def finish_sign_in(request: HttpRequest, adapter: VerifyingAdapter) -> HttpResponse:
    view = _CallbackView()
    view.request, view.adapter = request, adapter
    try:
        answer: HttpResponse = view.dispatch(request)
    except SignInRefused as refusal:
        signal_failure(request, email=refusal.email)
        return render_refusal(request, str(refusal), status=403)
    except (OAuth2Error, requests.RequestException) as error:
        return render_unreachable(request, error)
    except ImmediateHttpResponse as instead:
        answer = instead.response
    return answer


class _CallbackView(OAuth2CallbackView):  # type: ignore[misc]  # allauth ships no types
    """Pass the nonce of the sign-in request to the adapter. Without this nonce, no token is valid."""

    adapter: VerifyingAdapter

    def _get_state(self, request: HttpRequest, provider: Any) -> tuple[dict[str, Any] | None, HttpResponse | None]:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, answer
