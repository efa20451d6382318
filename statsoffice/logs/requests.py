"""Each request has an id: in every line of the log that is written meanwhile, and in the answer."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, resolve

from statsoffice.logs.about import about

HEADER = "X-Request-ID"
TAKEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""The ids that are taken from whoever asks; the proxy before the web gives its own. Any other could forge lines."""

# Whoever has such a part of an address is let in by it: an invitation, a new password, the page of a rehearsal.
SECRET_PARTS = ("secret", "key", "token")

logger = logging.getLogger(__name__)


class RequestId:
    """Give each request an id, and write one line when it is answered: no question and no address of the reader."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request on under its id."""
        brought = request.headers.get(HEADER, "")
        given = brought if TAKEN.fullmatch(brought) else uuid.uuid4().hex
        begun = time.monotonic()
        with about(request=given):
            response = self.get_response(request)
            self._tell(request, response, milliseconds=round((time.monotonic() - begun) * 1000))
        response.headers[HEADER] = given
        return response

    def _tell(self, request: HttpRequest, response: HttpResponse, *, milliseconds: int) -> None:
        path = path_told(request)
        said = {"method": request.method, "path": path, "status": response.status_code}
        logger.info(
            "%s %s: %s in %d ms",
            request.method,
            path.encode("unicode_escape").decode(),  # a line break in a path begins no line of the log
            response.status_code,
            milliseconds,
            extra={**said, "milliseconds": milliseconds},
        )


def path_told(request: HttpRequest) -> str:
    """Return a request's path as the log may hold it: without the parts that let somebody in."""
    path = request.path
    try:
        parts = resolve(request.path_info).kwargs
    except Resolver404:
        return path
    for name in SECRET_PARTS:
        # A row's number lets nobody in, and is what a line is read for.
        if isinstance(part := parts.get(name), str):
            path = path.replace(part, "[secret]")
    return path
