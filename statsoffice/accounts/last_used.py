"""When each session was last used, so that a person can tell their own from one that somebody stole."""

from collections.abc import Callable
from datetime import timedelta

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.cache import caches
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone

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
