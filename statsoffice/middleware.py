"""Middleware of every page: caching headers, rate limits, and text typed before a session ended."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.messages import info
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.csrf import csrf_failure as page_was_open_for_too_long
from django.views.decorators.http import require_http_methods

from releases.public.api import problem_response

FOR_ONE = "private, no-store"
ASKED_AGAIN = "no-cache"


class SayWhatMayBeKept:
    """Add Cache-Control to every response that has none.

    Responses of a session are never stored (OWASP ASVS 4.0.3, 8.2.1). Public pages may be stored and are validated each
    time, so that no reader sees an old calendar; AnswerConditionally, outside this one, answers that in a few bytes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = FOR_ONE if _within_a_session(request) else ASKED_AGAIN
        return response


class AnswerConditionally(ConditionalGetMiddleware):
    """Give HEAD the same ETag as GET, and the same status 304.

    Django's own class leaves HEAD out because a view may answer it without a body. Ours build the whole body, and only
    the server removes it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.method != "HEAD":
            return super().process_response(request, response)
        request.method = "GET"
        try:
            return super().process_response(request, response)
        finally:
            request.method = "HEAD"


def _within_a_session(request: HttpRequest) -> bool:
    session = getattr(request, "session", None)  # a path that no middleware let through has none
    return session is not None and session.accessed and not session.is_empty()


WINDOW_SECONDS = 60
# Monitors and the canary ask by a clock; log-in, to which the admin site leads, has limits of its own.
NOT_COUNTED = ("/admin/", "/accounts/", "/health/", "/canary/")
PROGRAMS = ("/api/",)
FILES = (".ics", ".atom")
# One household or office is given this much of the IPv6 address space (RFC 6177).
ONE_SITE = 64


class Reader(StrEnum):
    """People with pages, or programs, which have no reason to ask often."""

    PERSON = "person"
    PROGRAM = "program"


class LimitRate:
    """Answer 429 to clients that request public pages, feeds or the API too often in a minute."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reader = kind_of(request.path_info)
        most = settings.RATES[reader] if reader else 0
        if not most or count(f"{reader}:{client_of(request)}", now=timezone.now().timestamp()) <= most:
            return self.get_response(request)
        return refuse(request, now=timezone.now().timestamp())


def kind_of(path: str) -> Reader | None:
    """Return who requests an address, or None where requests are not counted, such as those of staff."""
    if path.startswith(NOT_COUNTED) or _asks_to_sign_in(path):
        return None
    return Reader.PROGRAM if path.startswith(PROGRAMS) or path.endswith(FILES) else Reader.PERSON


def _asks_to_sign_in(path: str) -> bool:
    """Return whether the view at an address requires a sign-in; Django's decorator marks it so."""
    try:
        return hasattr(resolve(path).func, "login_url")
    except Resolver404:
        return False


def client_of(request: HttpRequest) -> str:
    """Return whose requests are counted together: an IPv4 address, or the network of an IPv6 address.

    Behind as many proxies as STATSOFFICE_PROXIES says, the address is the one that they wrote.
    """
    try:
        written = get_adapter().get_client_ip(request)
        address = ip_address(written.partition("%")[0])
    except (PermissionDenied, ImproperlyConfigured, ValueError):
        return str(request.META.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        return str(ip_network((address, ONE_SITE), strict=False))
    return str(address)


def count(key: str, *, now: float) -> int:
    """Count one request of this minute in the memory of this process, and return how many there were.

    :param now: seconds since 1970.
    """
    cache, minute = caches["rates"], f"{key}:{int(now // WINDOW_SECONDS)}"
    cache.add(minute, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(minute)
    except ValueError:
        # The cache had no room left for it.
        return 1


def refuse(request: HttpRequest, *, now: float) -> HttpResponse:
    seconds = max(1, math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS))
    sentence = ngettext(
        "There were too many requests from your network. Ask again in %(seconds)d second.",
        "There were too many requests from your network. Ask again in %(seconds)d seconds.",
        seconds,
    ) % {"seconds": seconds}
    if kind_of(request.path_info) is Reader.PROGRAM:
        answer = problem_response(sentence, status=429)
    else:
        context = {"sentence": sentence, "heading": _("Too many requests")}
        # Without the request: nothing is read from the database for it.
        answer = HttpResponse(render_to_string("too_many_requests.html", context), status=429)
    answer.headers["Retry-After"] = str(seconds)
    answer.headers["Cache-Control"] = "no-store"
    return answer


KEPT = "unsent"
# Who was signed in last in this browser: nobody else is given what was typed here. No other site's form brings it.
WRITER = "statsoffice_writer"
WRITERS_SALT = "statsoffice.middleware"
MONTH = 60 * 60 * 24 * 30
# Beyond the longest form of a report, several times over.
MOST_CHARACTERS = 400_000
NOT_TYPED = ("csrfmiddlewaretoken", "version", "seen", "was", "facts_seen", "content_sha256", "add", "take")


@dataclass(frozen=True, slots=True)
class Unsent:
    """A form that was sent but not saved: its author, address and fields."""

    writer: str
    path: str
    fields: Mapping[str, Sequence[str]]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The fields that hold what people write, by their names on the form."""
        return [
            (name.replace("_", " ").replace("-", " ").capitalize(), "\n".join(values))
            for name, values in self.fields.items()
            if name not in NOT_TYPED and not name.endswith("_FORMS") and any(values)
        ]


class KeepWhatWasTyped:
    """Store a report's form that arrives after the session ended, and show it again after the next sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_of_reports(request):
            # Public pages read no session, so that caches may keep them.
            return self.get_response(request)
        kept = of_session(request)
        response = self.get_response(request)
        user = request.user
        if user.is_authenticated:
            if _writer(request) != str(user.pk):
                _remember(response, str(user.pk))
            if kept and kept == of_session(request) and _has_taken(request, response, kept):
                del request.session[KEPT]
        elif response.status_code == 302 and _is_for_log_in(response) and keep(request):
            return redirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': reverse('unsent')})}")
        return response


def keep(request: HttpRequest) -> bool:
    """Store the form that a request sends to a report's page, for the last user of this browser.

    :return: whether there was such a form, of a size that is stored.
    """
    writer = _writer(request)
    if request.method != "POST" or not writer or not _is_of_reports(request):
        return False
    fields = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    if sum(len(value) for values in fields.values() for value in values) > MOST_CHARACTERS:
        return False
    request.session[KEPT] = {"writer": writer, "path": request.path, "fields": fields}
    return True


def of_session(request: HttpRequest) -> Unsent | None:
    kept: dict[str, Any] | None = request.session.get(KEPT)
    return Unsent(**kept) if kept else None


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Store the form of a user who signed in again since the page was opened, and show it to be sent again."""
    if request.user.is_authenticated and _writer(request) == str(request.user.pk) and keep(request):
        return redirect("unsent")
    return page_was_open_for_too_long(request, reason)


@login_required
@require_http_methods(["GET", "POST"])
def unsent(request: HttpRequest) -> HttpResponse:
    """Show the stored form, to be sent again or deleted."""
    kept = of_session(request)
    if kept is None or kept.writer != str(request.user.pk):
        request.session.pop(KEPT, None)
        info(request, _("Nothing of yours waits to be sent again."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    if request.method == "POST":
        del request.session[KEPT]
        info(request, _("What you typed is thrown away."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "unsent.html", {"kept": kept})


def _is_of_reports(request: HttpRequest) -> bool:
    return request.path.startswith(reverse("breaches:report_list"))


def _writer(request: HttpRequest) -> str:
    try:
        return str(request.get_signed_cookie(WRITER, default="", salt=WRITERS_SALT, max_age=MONTH))
    except BadSignature:
        return ""


def _remember(response: HttpResponse, writer: str) -> None:
    response.set_signed_cookie(
        WRITER,
        writer,
        salt=WRITERS_SALT,
        max_age=MONTH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _has_taken(request: HttpRequest, response: HttpResponse, kept: Unsent) -> bool:
    """Return whether the page saved a form, or shows it because it could not (409)."""
    sent_again = request.method == "POST" and request.path == kept.path
    return sent_again and (response.status_code < 400 or response.status_code == 409)


def _is_for_log_in(response: HttpResponse) -> bool:
    return response.headers.get("Location", "").startswith(resolve_url(settings.LOGIN_URL))
