"""Parts of pages that bring themselves up to date."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect


def signed_in_part(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return a view of a part that leads its whole page to the log-in page, where nobody is signed in any more."""
    of_signed_in = login_required(view)

    @wraps(of_signed_in)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return HttpResponseClientRedirect(resolve_url(settings.LOGIN_URL))
        return of_signed_in(request, *args, **kwargs)

    return answer
