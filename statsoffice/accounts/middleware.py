"""Middleware of accounts: required second factors, roles fetched once, and when a session was last used."""

from collections.abc import Callable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import caches
from django.db.models import prefetch_related_objects
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.utils import timezone

from statsoffice.accounts.models import User
from statsoffice.accounts.second_factor import lacks_one

# A desk that stays open asks every few seconds; told to the minute, that costs each process one write a minute.
EXACT_TO = timedelta(minutes=1)


class KeepWhenLastUsed:
    """Keep when somebody's session was last used; whoever brings none asks the database for nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep what answers."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass a request on; what it did to the session has been done by then."""
        response = self.get_response(request)
        session = request.session
        if settings.SESSIONS_LAST_USED and session.accessed and session.session_key and SESSION_KEY in session:
            _keep(session.session_key)
        return response


def _keep(session_key: str) -> None:
    if not caches["rates"].add(f"used:{session_key}", 1, timeout=EXACT_TO.total_seconds()):
        return
    now = timezone.now()
    UserSession.objects.filter(session_key=session_key, last_seen_at__lt=now).update(last_seen_at=now)


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
        person = _person_of(request)
        if person and _name(request) not in OPEN and lacks_one(person):
            return redirect("mfa_index")
        return self.get_response(request)


class FetchRoles:
    """Fetches a person's roles once for a page that is only read: it asks for each of its parts who may see it.

    A request that changes something asks for the roles again when it changes it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        """Keep what answers the request."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request."""
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """Fetch the roles of a reader who has signed in, before the page that the address names."""
        if request.method in {"GET", "HEAD"} and (person := _person_of(request)):
            prefetch_related_objects([person], "memberships")


def _person_of(request: HttpRequest) -> User | None:
    """Return the person who has signed in.

    A request without a session is from nobody. The session is not read for it, so that caches may keep the page.
    """
    if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
        return request.user
    return None


def _name(request: HttpRequest) -> str:
    try:
        return resolve(request.path_info).url_name or ""
    except Resolver404:
        return ""
