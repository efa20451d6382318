"""Each request has an id: in every line of the log that is written meanwhile, and in the answer."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from statsoffice.logs.about import about
from statsoffice.logs.redaction import redact

HEADER = "X-Request-ID"
TAKEN = re.compile(r"[A-Za-z0-9._-]{8,64}")
"""The ids that are taken from whoever asks; the proxy before the web gives its own. Any other could forge lines."""
# No header of a client can have this name.
_REASON = "statsoffice.refusal"

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
        path, reason = redact(request.path), request.META.get(_REASON, "")
        said = {"method": request.method, "path": path, "status": response.status_code}
        logger.log(
            logging.WARNING if reason else logging.INFO,
            "%s %s: %s in %d ms%s",
            request.method,
            path.encode("unicode_escape").decode(),  # a line break in a path begins no line of the log
            response.status_code,
            milliseconds,
            f" ({redact(reason).encode('unicode_escape').decode()})" if reason else "",
            extra={**said, "milliseconds": milliseconds},
        )


class OneLineForEachRequest(logging.Filter):
    """Leave out Django's own lines about a request that `RequestId` logs, and pass on the reason of a refusal to it.

    Errors of ours (5xx) have lines of their own, with their traceback.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is written."""
        status = getattr(record, "status_code", None)
        if status is None or not record.name.startswith(("django.request", "django.security", "django.server")):
            return True
        if record.name == "django.server":
            return False
        request = getattr(record, "request", None)
        if not 400 <= status < 500 or not isinstance(request, HttpRequest):
            return True
        if record.name.startswith("django.security"):
            request.META[_REASON] = record.getMessage().removesuffix(f": {request.path}")
        return False
