"""How often one reader may ask for what is public; whoever asks more often is told when to come back."""

import math
from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv6Address, ip_address, ip_network

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.cache import caches
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from releases.public.api import problem_response

WINDOW_SECONDS = 60
# Monitors and the canary ask by a clock; log-in, to which the admin site leads, has limits of its own.
NOT_COUNTED = ("/admin/", "/accounts/", "/health/", "/canary/")
PROGRAMS = ("/api/",)
FILES = (".ics", ".atom")
# One household or office is given this much of the IPv6 address space (RFC 6177).
ONE_SITE = 64


class Reader(StrEnum):
    """Who asks: people with pages, or programs, which have no reason to ask often."""

    PERSON = "person"
    PROGRAM = "program"


class LimitRate:
    """Answer 429 to whoever asks for public pages, feeds or the API more often in a minute than anybody needs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Count a request, and pass it on unless there were too many."""
        reader = kind_of(request.path_info)
        most = settings.RATES[reader] if reader else 0
        if not most or count(f"{reader}:{client_of(request)}", now=timezone.now().timestamp()) <= most:
            return self.get_response(request)
        return refuse(request, now=timezone.now().timestamp())


def kind_of(path: str) -> Reader | None:
    """Tell by its address who a request comes from, or None where nothing is counted: of staff, who are known."""
    if path.startswith(NOT_COUNTED) or _asks_to_sign_in(path):
        return None
    return Reader.PROGRAM if path.startswith(PROGRAMS) or path.endswith(FILES) else Reader.PERSON


def _asks_to_sign_in(path: str) -> bool:
    """Tell whether the page at an address is for those who signed in; Django's decorator marks its view so."""
    try:
        return hasattr(resolve(path).func, "login_url")
    except Resolver404:
        return False


def client_of(request: HttpRequest) -> str:
    """Return whose requests are counted together: an IPv4 address, or the network of an IPv6 address.

    Behind proxies of our own, as many as STATSOFFICE_PROXIES says, the address is the one that they wrote.
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
    """Say in one sentence when to ask again."""
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
