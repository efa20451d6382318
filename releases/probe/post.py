"""One POST request of JSON behind the address guard, for webhooks to systems of the office."""

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
    """The status of the response, or why there is no response. The body is read up to the limit and discarded."""

    status: int | None
    fault: str = ""


def refuse_post_address(url: str) -> str | None:
    """Return why a webhook may not have an address, or None if it may.

    Only https is allowed, except for a host and port of STATSOFFICE_PROBE_ALLOW_PRIVATE. The network address is checked
    later, when a connection is made.
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
    """Return why this machine's name or a numeric address is refused, or None.

    This check is needed before an address is sent to a proxy, which would connect from its own network.
    """
    if address.host_with_port not in allowed and is_local_name(address.host):
        return f"{address.host} is this machine"
    numeric = numeric_host(address.host)
    if not numeric:
        return None
    return ssrf.refuse_address(numeric, host=address.host, port=address.port, allow_private=allowed)


def post_json(url: str, body: bytes, headers: Mapping[str, str], *, now: Callable[[], datetime]) -> PostResponse:
    """Post JSON in at most fifteen seconds, without following redirects."""
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
    """Return libcurl's code, 0 for success, and its message."""
    try:
        curl.perform()
    except pycurl.error as error:
        # The types of pycurl do not declare the code and the message.
        code, message = tuple[object, ...](error.args)
        return int(str(code)), str(message)
    return 0, ""
