"""Before anything else: whoever must have a second factor, and has none, sets one up."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve

from statsoffice.accounts.second_factor import lacks_one

# Where one is set up, and the way out; what monitors ask knows nobody.
OPEN = frozenset(
    {
        "account_logout",
        "account_reauthenticate",
        "health_live",
        "health_ready",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_index",
    }
)


class RequireSecondFactor:
    """Leads to the page of second factors from every other page, the admin site's and every POST included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep what answers otherwise."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request, or lead elsewhere."""
        # Whoever brings no session has not signed in; without reading it, caches may keep what everybody is given.
        came_with_session = settings.SESSION_COOKIE_NAME in request.COOKIES
        if (
            came_with_session
            and request.user.is_authenticated
            and _name(request) not in OPEN
            and lacks_one(request.user)
        ):
            return redirect("mfa_index")
        return self.get_response(request)


def _name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""
