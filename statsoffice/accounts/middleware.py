"""Middleware for required second factors, prefetched roles, and the last use of sessions."""

from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import caches
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from releases.permissions import prefetch_roles
from statsoffice.accounts.models import User
from statsoffice.accounts.second_factor import lacks_second_factor

# An open dashboard sends a request every few seconds. To limit the number of writes, each process updates the time of a
# session at most once a minute.
PRECISION = timedelta(minutes=1)


class SessionLastUse(MiddlewareMixin):
    """Record when each session was last used. A request without a session causes no query."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        session = request.session
        if settings.SESSIONS_LAST_USED and session.accessed and session.session_key and SESSION_KEY in session:
            key = session.session_key
            if caches["rates"].add(f"used:{key}", 1, timeout=PRECISION.total_seconds()):
                now = timezone.now()
                UserSession.objects.filter(session_key=key, last_seen_at__lt=now).update(last_seen_at=now)
        return response


# People who have not yet set up a required second factor can open only these pages: the pages to set up a factor, the
# page to sign out, and the health pages. The health pages are for monitoring tools, which have no session.
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


class SecondFactorRequirement(MiddlewareMixin):
    """Redirect people who lack a required second factor to the page where they can set up a factor.

    This applies to all pages that are not in `OPEN`, including the admin site, and to all request methods.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        person = _person_of(request)
        if person and _url_name(request) not in OPEN and lacks_second_factor(person):
            return redirect("mfa_index")
        return None


class RolePrefetch(MiddlewareMixin):
    """Prefetch a person's roles for GET requests, because many parts of a page check roles.

    Requests that change data do not use prefetched roles. They read the current roles when they make the change.
    """

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        if request.method in {"GET", "HEAD"} and (person := _person_of(request)):
            prefetch_roles(person)


def _person_of(request: HttpRequest) -> User | None:
    """Return the signed-in user, or None.

    If the request has no session cookie, the session is not read, so that caches may store the page.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return request.user
    return None


def _url_name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""
