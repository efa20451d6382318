"""How django-allauth asks the office's own provider: its app comes from the settings, and every token is verified."""

from typing import Any
from urllib.parse import urlsplit

import requests
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthError
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from statsoffice.accounts import id_token, provider_people
from statsoffice.accounts.provider_failures import answer_to_failure

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
            claims = id_token.read(
                str(kwargs["response"].get("id_token") or ""),
                keys=_fetched(self.openid_config["jwks_uri"]),
                issuer=issuer,
                client_id=app.client_id,
                nonce=self.nonce,
            )
        except id_token.NotVerified as refusal:
            raise OAuth2Error(str(refusal)) from refusal
        if "email" not in claims and "userinfo_endpoint" in self.openid_config:
            claims = self._with_address(claims, token)
        provider_people.let_in(claims, issuer=self.provider_id, at=timezone.now())
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
