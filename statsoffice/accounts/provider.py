"""Sign-in by the office's own provider (OpenID Connect)."""

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

# A key that only we and the provider know signs nothing here: whoever knows our secret could write tokens with it.
ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"},
)
CLOCKS_APART_SECONDS = 30
NEEDED = ("iss", "sub", "aud", "exp", "iat", "nonce")


class NotVerified(Exception):
    """Why an ID token is not believed, for the log; it holds nothing of the token."""


def read_id_token(token: str, *, keys: Mapping[str, Any], issuer: str, client_id: str, nonce: str) -> dict[str, Any]:
    """Return the claims of an ID token whose signature, issuer, audience, times and nonce were verified.

    Source: OpenID Connect Core 1.0, 3.1.3.7. The signature is verified also of a token that came over our own TLS
    connection, where the specification lets one do without.

    :param keys: the provider's JSON Web Key Set.
    :param nonce: what was sent with the question; it must come back.
    :raises NotVerified: if any of it is wrong or missing.
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
        message = f"{type(error).__name__}: {error}"
        raise NotVerified(message) from error
    _check_party(claims, client_id)
    if not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
        message = "The nonce is another."
        raise NotVerified(message)
    return claims


def _key(token: str, keys: Mapping[str, Any]) -> jwt.PyJWK:
    """Choose the key that a token names; one that names none is believed where there is one key only."""
    named = jwt.get_unverified_header(token).get("kid")
    usable = [key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in {None, "sig"}]
    fitting = [key for key in usable if named is None or key.key_id == named]
    if len(fitting) != 1 or fitting[0].algorithm_name not in ALGORITHMS:
        message = "No key of the provider fits the token."
        raise NotVerified(message)
    return fitting[0]


def _check_party(claims: Mapping[str, Any], client_id: str) -> None:
    """Refuse a token that was made for another party, and names us beside it."""
    for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if for_several else client_id) != client_id:
        message = "The token was made for another party."
        raise NotVerified(message)


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
    failure_page(request, email="")
    return refused(request, _("What the provider sent back could not be verified. Begin again."), status=403)


def unreachable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Say that the provider does not answer, or not as such a provider does."""
    logger.warning("The office's provider of sign-in cannot be used: %s", error)
    sentence = _("The provider cannot be reached now. Try again later, or sign in with your password.")
    return refused(request, sentence, status=503)


def refused(request: HttpRequest, sentence: str, *, status: int) -> HttpResponse:
    """Say in one sentence why somebody is not signed in."""
    return render(request, "accounts/provider_refused.html", {"sentence": sentence}, status=status)


def failure_page(request: HttpRequest, *, email: str) -> None:
    """Tell by Django's own signal, as every other way to sign in does; the audit trail hears it."""
    user_login_failed.send(__name__, credentials={"email": email}, request=request)


# The column that keeps it is no longer.
LONGEST_SUBJECT = 191


class NotLetIn(Exception):
    """Why somebody is not let in; one sentence for people."""

    def __init__(self, sentence: str, *, email: str) -> None:
        super().__init__(sentence)
        self.email = email


def let_in(claims: Mapping[str, Any], *, issuer: str, at: datetime) -> User:
    """Return whose account a person opens, and link it to them where it was not; nothing is kept of others.

    From the first sign-in on, an account is the one of the provider's `sub`, and no longer of whoever has its e-mail
    address there (decision 44).

    :param claims: what the provider says of them, verified.
    :raises NotLetIn: if they are not known, or the address is not verified, or the account is closed or another's.
    """
    email, subject = str(claims.get("email") or "").strip(), str(claims["sub"])
    if not email or claims.get("email_verified") is not True:
        raise NotLetIn(_("The provider does not say that your e-mail address is verified."), email="")
    # Databases fold the case of letters beyond ASCII, so that two addresses would be one.
    if not email.isascii() or not 0 < len(subject) <= LONGEST_SUBJECT:
        raise NotLetIn(_("The provider names you in a way that cannot be kept here."), email=email)
    try:
        with transaction.atomic():
            return _linked(subject, issuer=issuer, email=email) or _link(subject, issuer=issuer, email=email, at=at)
    except InvitationRefused as refusal:
        raise NotLetIn(str(refusal), email=email) from refusal
    except IntegrityError as clash:
        sentence = _("Something else was done with your account at the same moment. Sign in again.")
        raise NotLetIn(sentence, email=email) from clash


def _linked(subject: str, *, issuer: str, email: str) -> User | None:
    link = SocialAccount.objects.filter(provider=issuer, uid=subject).select_related("user").first()
    if link is None:
        return None
    if not link.user.is_active:
        raise _closed(email)
    user: User = link.user
    return user


def _link(subject: str, *, issuer: str, email: str, at: datetime) -> User:
    user = User.objects.select_for_update().filter(email__iexact=email).first()
    if user is None:
        user = _invited(email, at=at)
    if not user.is_active:
        raise _closed(email)
    if SocialAccount.objects.filter(provider=issuer, user=user).exists():
        sentence = _(
            "This e-mail address belonged to somebody else at the provider when it was first used here. "
            "Ask an administrator to remove that link."
        )
        raise NotLetIn(sentence, email=email)
    SocialAccount.objects.create(provider=issuer, uid=subject, user=user, extra_data={})
    return user


def _invited(email: str, *, at: datetime) -> User:
    invitation = invitations.open_for(email, at=at)
    if invitation is None:
        sentence = _(
            "Nobody here has the e-mail address %(email)s, and it is not invited. "
            "Ask your Head of Profession or one of the office’s administrators for an invitation."
        )
        raise NotLetIn(sentence % {"email": email}, email=email)
    return invitations.accept(invitation, password=None, at=at)


def _closed(email: str) -> NotLetIn:
    return NotLetIn(_("This account is closed. Ask an administrator to open it again."), email=email)


# By which allauth knows this kind of provider.
PROTOCOL = "openid_connect"
# What this product asks of the provider's description of itself.
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class KnownPeopleAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """Knows the one provider of the settings, whatever stands in the database, and lets nobody sign up."""

    def list_apps(self, request: HttpRequest, provider: str | None = None, client_id: str | None = None) -> list[Any]:
        """Return the office's provider if it is set and asked for."""
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
        """Refuse every sign-up: whoever may come in has an account before allauth looks for one."""
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Forget the provider's token, which would otherwise wait in the session for the second step."""
        sociallogin.token = None

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: str | None = None,
        exception: Exception | None = None,
        extra_context: dict[str, Any] | None = None,
    ) -> None:
        """Answer in our own words, in the place of allauth's page.

        :raises ImmediateHttpResponse: always; allauth's way to be answered for.
        """
        began_here, cancelled = "state" in (extra_context or {}), error == AuthError.CANCELLED
        answer = answer_to_failure(request, exception=exception, began_here=began_here, cancelled=cancelled)
        raise ImmediateHttpResponse(answer)


class VerifyingAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """Verifies each ID token wholly; allauth believes the signature of one that it fetched itself."""

    nonce = ""

    def get_provider(self) -> Any:
        """Return the office's provider, which asks by this adapter and not by allauth's own."""
        provider = super().get_provider()
        provider.oauth2_adapter_class = VerifyingAdapter
        return provider

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the provider says of itself, if it is the one that was asked.

        :raises OAuth2Error: if it names another issuer, or not all that is needed.
        """
        found = super().openid_config
        if not isinstance(found, dict) or not all(isinstance(found.get(name), str) for name in ("issuer", *ENDPOINTS)):
            message = "The provider's description of itself is not complete."
            raise OAuth2Error(message)
        if found["issuer"].rstrip("/") != self.provider_id:
            message = f"The provider says that it is {found['issuer']}."
            raise OAuth2Error(message)
        scheme = f"{urlsplit(self.provider_id).scheme}:"
        if not all(found[name].startswith((scheme, "https:")) for name in ENDPOINTS):
            message = "The provider asks to be spoken to without https."
            raise OAuth2Error(message)
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return the one address to which the provider sends people back, whatever host was asked for."""
        return settings.ADDRESS + reverse("openid_connect_callback")

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> SocialLogin:
        """Verify the ID token, see whose account it opens, and hand that on to allauth.

        :raises OAuth2Error: if the token is not to be believed.
        :raises NotLetIn: if whoever it speaks of does not come in.
        """
        issuer = self.openid_config["issuer"]
        try:
            claims = read_id_token(
                str(kwargs["response"].get("id_token") or ""),
                keys=_fetched(self.openid_config["jwks_uri"]),
                issuer=issuer,
                client_id=app.client_id,
                nonce=self.nonce,
            )
        except NotVerified as refusal:
            raise OAuth2Error(str(refusal)) from refusal
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            claims = self._with_address(claims, token)
        let_in(claims, issuer=self.provider_id, at=timezone.now())
        return self.get_provider().sociallogin_from_response(request, {"sub": claims["sub"]})

    def _with_address(self, claims: dict[str, Any], token: SocialToken) -> dict[str, Any]:
        """Ask for the e-mail address of a token that has none; the answer must be about the same person.

        Source: OpenID Connect Core 1.0, 5.3.2.
        """
        said = self._fetch_user_info(token.token)
        if said.get("sub") != claims["sub"]:
            message = "The provider told of another person than it signed for."
            raise OAuth2Error(message)
        return {**claims, "email": said.get("email"), "email_verified": said.get("email_verified")}


def _fetched(address: str) -> dict[str, Any]:
    with get_social_adapter().get_requests_session() as session:
        response = session.get(address)
        response.raise_for_status()
        found = response.json()
    if not isinstance(found, dict):
        raise requests.RequestException(address)
    return found


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
def begin_sign_in(request: HttpRequest, adapter: VerifyingAdapter) -> HttpResponse:
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
def finish_sign_in(request: HttpRequest, adapter: VerifyingAdapter) -> HttpResponse:
    """Let a person in whom the provider has sent back, or say in one sentence why not."""
    view = _CallbackView()
    view.request, view.adapter = request, adapter
    try:
        answer: HttpResponse = view.dispatch(request)
    except NotLetIn as refusal:
        failure_page(request, email=refusal.email)
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
