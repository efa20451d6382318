"""What somebody typed into a report while their session ended: kept on the server, and given back after signing in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.messages import info
from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.csrf import csrf_failure as page_was_open_for_too_long
from django.views.decorators.http import require_http_methods

KEPT = "unsent"
# Who was signed in last in this browser: nobody else is given what was typed here. No other site's form brings it.
WRITER = "statsoffice_writer"
WRITERS_SALT = "statsoffice.around_pages.unsent"
MONTH = 60 * 60 * 24 * 30
# Beyond the longest form of a report, several times over.
MOST_CHARACTERS = 400_000
NOT_TYPED = ("csrfmiddlewaretoken", "version", "seen", "was", "facts_seen", "content_sha256", "add", "take")


@dataclass(frozen=True, slots=True)
class Unsent:
    """A form that was sent and not taken: by whom, to which address, with which fields."""

    writer: str
    path: str
    fields: Mapping[str, Sequence[str]]

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The fields that hold what people write, named as the form names them, with what they hold."""
        return [
            (name.replace("_", " ").replace("-", " ").capitalize(), "\n".join(values))
            for name, values in self.fields.items()
            if name not in NOT_TYPED and not name.endswith("_FORMS") and any(values)
        ]


class KeepWhatWasTyped:
    """Keep a report's form that comes from nobody who is signed in, and lead on from the log-in page to it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request on; what is turned away to the log-in page is kept before."""
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
    """Keep the form that a request sends to a report's page, for whoever was signed in last in this browser.

    :return: whether there was such a form, of a size that is kept.
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
    """Return what is kept in a request's session, if anything."""
    kept: dict[str, Any] | None = request.session.get(KEPT)
    return Unsent(**kept) if kept else None


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Keep what was typed where somebody signed in anew since the page was opened; show it to them to be sent again."""
    if request.user.is_authenticated and _writer(request) == str(request.user.pk) and keep(request):
        return redirect("unsent")
    return page_was_open_for_too_long(request, reason)


@login_required
@require_http_methods(["GET", "POST"])
def unsent(request: HttpRequest) -> HttpResponse:
    """Show what was typed and not taken, to be sent again or thrown away."""
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
    """Tell whether the page took a form, or shows what was typed because it could not (409)."""
    sent_again = request.method == "POST" and request.path == kept.path
    return sent_again and (response.status_code < 400 or response.status_code == 409)


def _is_for_log_in(response: HttpResponse) -> bool:
    return response.headers.get("Location", "").startswith(resolve_url(settings.LOGIN_URL))
