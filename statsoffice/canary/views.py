"""The canary's page over HTTP; for its own requests alone."""

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.log import log_response
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from statsoffice.canary import page


@require_safe
@never_cache
def canary_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the page of a rehearsal as it stands now; it shows nothing of any release."""
    try:
        shown = page.shown_at(token, at=timezone.now())
    except page.NoSuchPage as error:
        raise Http404 from error
    text = render_to_string("canary/page.html", {"shown": shown})
    response = HttpResponse(text, status=503 if shown.silent else 200, headers={"X-Robots-Tag": "noindex"})
    if shown.silent:
        # Written here, it is not written as an error of the server.
        log_response(
            "the canary's page is silent, as its script wants it", response=response, request=request, level="debug"
        )
    return response
