"""A request made by monitoring, and its response or failure."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Failure(StrEnum):
    """The reasons why a request has no complete and readable response.

    ASKED_TO_WAIT: no request was made, because the site had asked us to wait. BROWSER: our own browser is missing or
    has failed, so nothing is known about the page.
    """

    TIMEOUT = "timeout"
    DNS = "dns"
    CONNECT = "connect"
    TLS = "tls"
    TOO_MANY_REDIRECTS = "too_many_redirects"
    ADDRESS_REFUSED = "address_refused"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"
    BROKEN = "broken"
    ASKED_TO_WAIT = "asked_to_wait"
    BROWSER = "browser"


NO_ANSWER = frozenset({Failure.TIMEOUT, Failure.DNS, Failure.CONNECT, Failure.TLS, Failure.BROKEN})
"""The failures that do not prove that a server responded. Our own network could have caused them."""


@dataclass(frozen=True, slots=True)
class Hop:
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one check: its instants (aware, UTC), its redirects, and the final response with its decoded body.

    `hops` lists all requests that got a response, in the order in which they were made. If `left_allowed_hosts` is
    true, a redirect pointed to a host that may not be requested. Then `final_url` is the target of this redirect, which
    was not requested. `vantage` is the place from which the request was made. Header names are in lower case.

    `seconds` maps names to durations and clock readings:

    - "connect" and "first_byte" are measured from the beginning of the final request.
    - "total" is the duration of all requests together.
    - "monotonic", "monotonic_first_byte" and "monotonic_done" are readings of the machine's monotonic clock. They were
      taken when the first request was sent, when the final response began, and when it was complete. They give true
      durations even if the wall clock was set in the meantime.
    """

    requested_url: str
    planned_at: datetime
    sent_at: datetime
    completed_at: datetime
    failure: Failure | None = None
    failure_detail: str = ""
    status: int | None = None
    hops: tuple[Hop, ...] = ()
    final_url: str = ""
    left_allowed_hosts: bool = False
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    peer_address: str = ""
    certificate_sha256: str = ""
    vantage: str = ""
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def header(self, name: str) -> str:
        return next((value for known, value in reversed(self.headers) if known == name), "")

    @property
    def content_type(self) -> str:
        return self.header("content-type").partition(";")[0].strip().lower()

    @property
    def charset(self) -> str:
        for parameter in self.header("content-type").split(";")[1:]:
            name, _, value = parameter.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip("\"'").lower()
        return ""


def as_response_of_page(answer: Answer, page_of: Callable[[str], str], *, body: bytes | None = None) -> Answer:
    """Return a response to a request for data as if the page itself had been requested.

    :param page_of: returns the address of the page for the address of its data, and any other address unchanged.
    :param body: the HTML page to use as the body, or None to leave the body and the headers unchanged.
    """
    paged = replace(answer, requested_url=page_of(answer.requested_url), final_url=page_of(answer.final_url))
    if body is None:
        return paged
    return replace(paged, body=body, headers=(("content-type", "text/html; charset=utf-8"),))


LONGEST = timedelta(seconds=15)
"""The timeout of one request, including redirects."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """One GET request, with its planned instant and the hosts to which it may be redirected.

    - `key` is chosen by the caller and returned with the `Answer`.
    - `allowed_hosts` are written "host" or "host:port". Redirects to other hosts are not followed.
    - If `fresh` is true, the request asks every cache to revalidate. It also adds a unique query to the address, so
      that no cache can answer from its store.
    - `adapter` names the adapter that recognises a redirect in a body. This redirect is followed like any other.
    - If `decisive` is true, the request has priority over other requests to its host. If the host or the page has asked
      us to wait, a decisive request is made after the wait, and any other request fails with `ASKED_TO_WAIT`.
    - `conditions` are header lines such as 'If-None-Match: "a1"'. If the page has not changed, the site responds with
      status 304.
    """

    key: Hashable
    url: str
    allowed_hosts: frozenset[str]
    planned_at: datetime
    fresh: bool = False
    adapter: str = "page"
    decisive: bool = False
    conditions: tuple[str, ...] = ()
