"""POST requests that send JSON to the webhooks of an office, behind the address guard."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

import pycurl
from django.conf import settings

from releases.probe import ssrf
from releases.probe.client import authorities_file
from releases.probe.connection import Limits, Line, Route
from releases.probe.probe import user_agent_from_settings
from releases.rules.web_address import (
    NotAWebAddressError,
    WebAddress,
    is_local_name,
    normal_entries,
    numeric_host,
    parse_address,
)

LIMITS = Limits(connect_seconds=5.0, total_seconds=15.0, body_bytes=64 * 1024)


@dataclass(frozen=True, slots=True)
class PostResponse:
    """The result of a POST request.

    If there is no response, `status` is None and `fault` states the reason. The body of a response is read up to the
    limit and discarded.
    """

    status: int | None
    fault: str = ""


def refuse_post_address(url: str) -> str | None:
    """Return the reason why an address must not be used for a webhook, or None if it may be used.

    Only https is allowed, except for the entries ("host:port") in STATSOFFICE_PROBE_ALLOW_PRIVATE. If the host is a
    name, the network address to which it resolves is checked later, when the connection is opened.
    """
    try:
        address = parse_address(url)
    except NotAWebAddressError as error:
        return str(error)
    allowed = normal_entries(settings.PROBE_ALLOW_PRIVATE)
    if address.scheme != "https" and address.host_with_port not in allowed:
        return "it does not start with https://"
    return _refuse_host(address, allowed)


def _refuse_host(address: WebAddress, allowed: frozenset[str]) -> str | None:
    """Return the reason why the host of an address is refused, or None if it is allowed.

    Only names of this machine and numeric hosts are checked. They must be checked before the request, because a proxy
    would connect to them from its own network.
    """
    if address.host_with_port not in allowed and is_local_name(address.host):
        return f"{address.host} is this machine"
    numeric = numeric_host(address.host)
    if not numeric:
        return None
    return ssrf.refuse_address(numeric, host=address.host, port=address.port, allow_private=allowed)


def post_json(url: str, body: bytes, headers: Mapping[str, str], *, now: Callable[[], datetime]) -> PostResponse:
    """Send JSON in a POST request with a timeout of fifteen seconds. Redirects are not followed."""
    if (refusal := refuse_post_address(url)) is not None:
        return PostResponse(None, f"The address was refused: {refusal}.")
    address = parse_address(url)
    route = Route(
        user_agent=user_agent_from_settings(),
        allow_private=normal_entries(settings.PROBE_ALLOW_PRIVATE),
        proxy=settings.PROBE_PROXY,
        authorities_file=authorities_file(),
    )
    line = Line(route, LIMITS, now=now)
    try:
        own = ("Content-Type: application/json", "Expect:", *(f"{name}: {value}" for name, value in headers.items()))
        line.prepare(address, seconds=LIMITS.total_seconds, conditions=own)
        line.curl.setopt(pycurl.POST, 1)
        line.curl.setopt(pycurl.POSTFIELDS, body)
        line.finish(*_perform(line.curl))
        if line.status is not None:
            return PostResponse(line.status)
        return PostResponse(None, f"{line.failure}: {line.detail}"[:200])
    finally:
        line.close()


def _perform(curl: pycurl.Curl) -> tuple[int, str]:
    """Perform the request. Return the result code of libcurl, which is 0 for success, and its error message."""
    try:
        curl.perform()
    except pycurl.error as error:
        # The type hints of pycurl do not declare the code and the message.
        code, message = tuple[object, ...](error.args)
        return int(str(code)), str(message)
    return 0, ""
