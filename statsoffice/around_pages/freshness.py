"""Which answers browsers and caches may keep: none for somebody we know, and no other without asking again."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.middleware.http import ConditionalGetMiddleware

FOR_ONE = "private, no-store"
ASKED_AGAIN = "no-cache"


class SayWhatMayBeKept:
    """Say of every answer that does not say it itself whether it may be kept.

    What is shown within somebody's session is kept nowhere (OWASP ASVS 4.0.3, 8.2.1). Public pages may be kept if it
    is asked each time whether they still stand, so that nobody reads a calendar of before; AnswerConditionally, outside
    this one, answers that in a few bytes.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass a request on, and complete what is answered."""
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
        """Treat HEAD as GET while the ETag is made and compared."""
        if request.method != "HEAD":
            return super().process_response(request, response)
        request.method = "GET"
        try:
            return super().process_response(request, response)
        finally:
            request.method = "HEAD"


def _within_a_session(request: HttpRequest) -> bool:
    """Say whether a page was made from what is kept of one browser, such as who is signed in there."""
    session = getattr(request, "session", None)  # a path that no middleware let through has none
    return session is not None and session.accessed and not session.is_empty()
