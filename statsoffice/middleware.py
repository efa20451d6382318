"""Middleware for headers, rate limits, invalid addresses, and forms sent after the session ended."""

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
from django.core.exceptions import BadRequest, ImproperlyConfigured, PermissionDenied
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.middleware.http import ConditionalGetMiddleware
from django.shortcuts import redirect, render, resolve_url
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone, translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views import csrf
from django.views.decorators.http import require_http_methods

from releases.text.languages import WELSH, WELSH_PREFIX
from statsoffice import welsh


class WelshPages:
    """Show the pages below /cy/ in Welsh if the office has approved the texts. Otherwise these pages do not exist.

    The language is part of the address, so caches need no cookie and no header to distinguish the languages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not f"{request.path_info}/".startswith(f"/{WELSH_PREFIX}") or not welsh.is_approved():
            return self.get_response(request)
        with translation.override(WELSH):
            response = self.get_response(request)
        response.headers["Content-Language"] = WELSH
        return response


class EmbeddingPolicy(MiddlewareMixin):
    """Set a header that stops other sites from loading our responses into their pages.

    A view can set the header itself to allow this, as feeds and the API do. The header also protects against attacks
    such as Spectre, which read the memory of another site.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class CacheControl(MiddlewareMixin):
    """Add Cache-Control to every response that has none.

    Caches must not store responses that use a session (OWASP ASVS 4.0.3, 8.2.1). They may store public pages, but must
    revalidate a stored page for each request, so that no reader sees an old calendar. If the page has not changed, the
    outer middleware `ConditionalGet` answers 304.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not response.has_header("Cache-Control"):
            session = getattr(request, "session", None)  # None if an outer middleware answered the request
            uses_session = session is not None and session.accessed and not session.is_empty()
            response["Cache-Control"] = "private, no-store" if uses_session else "no-cache"
        return response


class ConditionalGet(ConditionalGetMiddleware):
    """Set the ETag and answer 304 for HEAD requests too, as Django's own class does for GET requests.

    Django's own class ignores HEAD requests, because a view may answer them without a body. Our views always build the
    body, and the server removes it.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.method != "HEAD":
            return super().process_response(request, response)
        request.method = "GET"
        try:
            return super().process_response(request, response)
        finally:
            request.method = "HEAD"


WINDOW_SECONDS = 60
# Requests to these addresses are not counted. Monitoring tools and the self-test send regular requests. The sign-in
# page has its own rate limits, and the admin site redirects to the sign-in page.
NOT_COUNTED = ("/admin/", "/accounts/", "/health/", "/canary/")
# One household or office gets an IPv6 network of this size (RFC 6177).
IPV6_NETWORK_BITS = 64


class Reader(StrEnum):
    """Kinds of readers, which have separate rate limits.

    By default, the limit for programs is lower, because programs have no reason to send many requests.
    """

    PERSON = "person"
    PROGRAM = "program"


class RateLimit(MiddlewareMixin):
    """Answer 429 to clients that request public pages, feeds or the API too often in a minute."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        reader, now = find_reader(request.path_info), timezone.now().timestamp()
        most = settings.RATES[reader] if reader else 0
        if not most or count_request(f"{reader}:{client_of(request)}", now=now) <= most:
            return None
        seconds = max(1, math.ceil(WINDOW_SECONDS - now % WINDOW_SECONDS))
        sentence = ngettext(
            "There have been too many requests from your network. Try again in %(seconds)d second.",
            "There have been too many requests from your network. Try again in %(seconds)d seconds.",
            seconds,
        ) % {"seconds": seconds}
        response: HttpResponse
        if reader is Reader.PROGRAM:
            response = JsonResponse({"error": sentence}, status=429, json_dumps_params={"ensure_ascii": False})
        else:
            context = {"sentence": sentence, "heading": _("Too many requests")}
            # Render the page without the request, so that no database query is needed.
            response = HttpResponse(render_to_string("too_many_requests.html", context), status=429)
        response.headers["Retry-After"] = str(seconds)
        response.headers["Cache-Control"] = "no-store"
        return response


def find_reader(path: str) -> Reader | None:
    """Return the kind of reader that requests an address, or None if requests to the address are not counted.

    Requests to pages that require sign-in are not counted.
    """
    if path.startswith(NOT_COUNTED):
        return None
    try:
        # Django's decorator sets this attribute on views that require sign-in.
        if hasattr(resolve(path).func, "login_url"):
            return None
    except Resolver404:
        pass
    return Reader.PROGRAM if path.startswith("/api/") or path.endswith((".ics", ".atom")) else Reader.PERSON


def client_of(request: HttpRequest) -> str:
    """Return the key for counting a client's requests: the IPv4 address, or the network of the IPv6 address.

    If the office runs its own proxies (STATSOFFICE_PROXIES), this is the client's address as forwarded by the outermost
    proxy.
    """
    try:
        written = get_adapter().get_client_ip(request)
        address = ip_address(written.partition("%")[0])
    except (PermissionDenied, ImproperlyConfigured, ValueError):
        return str(request.META.get("REMOTE_ADDR", ""))
    if isinstance(address, IPv6Address):
        return str(ip_network((address, IPV6_NETWORK_BITS), strict=False))
    return str(address)


def count_request(key: str, *, now: float) -> int:
    """Count one request, and return the number of requests with this key in the current minute.

    The counts are stored in the memory of this process.

    :param now: seconds since 1970.
    """
    cache, minute = caches["rates"], f"{key}:{int(now // WINDOW_SECONDS)}"
    cache.add(minute, 0, timeout=2 * WINDOW_SECONDS)
    try:
        return cache.incr(minute)
    except ValueError:
        # The cache was full and had dropped the count.
        return 1


class NullCharacters(MiddlewareMixin):
    """Answer 400 if an address contains a null character, because PostgreSQL refuses null characters in queries.

    Addresses of the APIs are not checked here. The APIs validate their own parameters and explain the error in JSON.
    Forms validate posted data.
    """

    def process_request(self, request: HttpRequest) -> None:
        if request.path_info.startswith("/api/"):
            return
        if "\0" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("There is a null character in the address.")


UNSENT = "unsent"
# The name of the cookie that identifies the last user of this browser. A stored form is shown only to this user.
# Browsers do not send the cookie with a form that another site submits.
WRITER = "statsoffice_writer"
WRITERS_SALT = "statsoffice.middleware"
MONTH = 60 * 60 * 24 * 30
# Larger forms are not stored. The limit is several times the size of the longest form of a report.
MOST_CHARACTERS = 400_000
NOT_TYPED = (
    "csrfmiddlewaretoken",
    "version",
    "seen",
    "was",
    "facts_seen",
    "content_sha256",
    "last_change",
    "signed",
    "add",
    "take",
)
# The URL names of the forms that only save text. A stored form of another page, such as an approval, is never sent
# again from the page of stored forms, because that page does not show what the form would do.
_TEXT_FORMS = frozenset({
    "section", "cause", "comment", "note", "correct_note", "add_action", "change_action", "policy_section",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnsentForm:
    """A form that was sent but could not be saved.

    `writer` is the primary key of the user who wrote the form. `path` is the path to which the form was sent.
    """

    writer: str
    path: str
    fields: Mapping[str, Sequence[str]]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """Pairs of the name and text of each field in which the user can type. Empty fields are left out."""
        return [
            (name.replace("_", " ").replace("-", " ").capitalize(), "\n".join(values))
            for name, values in self.fields.items()
            if name not in NOT_TYPED and not name.endswith("_FORMS") and any(values)
        ]

    @property
    def is_text(self) -> bool:
        """Whether the form only saves text, so that the user can save it on the page of stored forms."""
        return resolve(self.path).url_name in _TEXT_FORMS

    @property
    def page(self) -> str:
        """The address of the page that the user can open again: that of the report, or that of the form."""
        reference = resolve(self.path).kwargs.get("reference")
        return reverse("breaches:report", args=[reference]) if reference else self.path


class UnsentForms:
    """If a form of a report is sent after the session ended, store the form and show it after the next sign-in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _is_report_page(request):
            # Do not read the session here, because caches could then not store public pages.
            return self.get_response(request)
        unsent = find_unsent_form(request)
        response = self.get_response(request)
        log_in = resolve_url(settings.LOGIN_URL)
        if not request.user.is_authenticated:
            leads_to_log_in = response.status_code == 302 and response.headers.get("Location", "").startswith(log_in)
            if leads_to_log_in and _store_form(request):
                return redirect(f"{log_in}?{urlencode({'next': reverse('unsent')})}")
            return response
        if _find_writer(request) != str(request.user.pk):
            response.set_signed_cookie(
                WRITER,
                str(request.user.pk),
                salt=WRITERS_SALT,
                max_age=MONTH,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        # A status below 400 means that the page has saved the form. A status of 409 means that the page could not save
        # the form, and shows it again.
        is_saved_or_shown = response.status_code < 400 or response.status_code == 409
        is_handled = request.method == "POST" and getattr(request, "reached_view", False) and is_saved_or_shown
        if unsent and unsent == find_unsent_form(request) and is_handled and request.path == unsent.path:
            del request.session[UNSENT]
        return response

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        """Mark a request that reaches its view.

        If the CSRF check refuses a form, or `SecondFactorRequirement` redirects the person, no view handles the form.
        """
        request.reached_view = True  # type: ignore[attr-defined]


def find_unsent_form(request: HttpRequest) -> UnsentForm | None:
    stored: dict[str, Any] | None = request.session.get(UNSENT)
    return UnsentForm(**stored) if stored else None


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Return the response to a request that failed the CSRF check.

    If the user opened a page of a report, signed in again and then sent the form, store the form and show it, so that
    the user can send it again. Otherwise, return Django's error page.
    """
    if request.user.is_authenticated and _find_writer(request) == str(request.user.pk) and _store_form(request):
        return redirect("unsent")
    return csrf.csrf_failure(request, reason)


@login_required
@require_http_methods(["GET", "POST"])
def show_unsent_form(request: HttpRequest) -> HttpResponse:
    """Show the stored form, so that the user can delete it, or send it again if it only saves text."""
    unsent = find_unsent_form(request)
    if unsent is None or unsent.writer != str(request.user.pk):
        request.session.pop(UNSENT, None)
        info(request, _("You have no unsaved answers."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    if request.method == "POST":
        del request.session[UNSENT]
        info(request, _("Answers deleted."))
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "unsent.html", {"kept": unsent})


def _store_form(request: HttpRequest) -> bool:
    """Store the form of a POST request to a page of a report, for the last user of this browser.

    :return: False if the form was not stored, because the request is not a POST request to a page of a report, the last
        user is not known, or the form is too large.
    """
    writer = _find_writer(request)
    if request.method != "POST" or not writer or not _is_report_page(request):
        return False
    fields = {name: values for name, values in request.POST.lists() if name != "csrfmiddlewaretoken"}
    if sum(len(value) for values in fields.values() for value in values) > MOST_CHARACTERS:
        return False
    request.session[UNSENT] = {"writer": writer, "path": request.path, "fields": fields}
    return True


def _is_report_page(request: HttpRequest) -> bool:
    # A preview saves nothing, so it must neither replace nor delete a stored form.
    is_preview = "HX-Request" in request.headers
    return request.path.startswith(reverse("breaches:report_list")) and not is_preview


def _find_writer(request: HttpRequest) -> str:
    try:
        return str(request.get_signed_cookie(WRITER, default="", salt=WRITERS_SALT, max_age=MONTH))
    except BadSignature:
        return ""
