"""Each request has an id: in every line of the log that is written meanwhile, and in the answer."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from statsoffice.logs.about import about

HEADER = "X-Request-ID"
TAKEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""The ids that are taken from whoever asks; the proxy before the web gives its own. Any other could forge lines."""

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
        said = {"method": request.method, "path": request.path, "status": response.status_code}
        logger.info(
            "%s %s: %s in %d ms",
            request.method,
            request.path.encode("unicode_escape").decode(),  # a line break in a path begins no line of the log
            response.status_code,
            milliseconds,
            extra={**said, "milliseconds": milliseconds},
        )
