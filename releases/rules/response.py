"""A request that monitoring makes, and the response to it or the reason why there is none."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class Failure(StrEnum):
    """Why a fetch ended without a complete answer that can be read.

    ASKED_TO_WAIT: no request was made, because the site had asked to be left alone until later.
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


NO_ANSWER = frozenset({Failure.TIMEOUT, Failure.DNS, Failure.CONNECT, Failure.TLS, Failure.BROKEN})
"""The failures that our own side could have caused: nothing came back that a server must have sent."""


@dataclass(frozen=True, slots=True)
class Hop:
    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """One fetch: its instants (aware, UTC), the way it took, and the final response with its decoded body.

    `hops` lists every answered request in order, the final one last. Where `left_allowed_hosts` is true a redirect
    pointed to a host that may not be fetched: `final_url` is that target and was not requested. `vantage` says from
    where the request was made. Header names are in lower case. `seconds` holds durations by name: connect and
    first_byte from the beginning of the final request, total in all requests. It also holds readings of the machine's
    monotonic clock, from which true durations follow whatever was done to the wall clock meanwhile: "monotonic" when
    the first request was sent, "monotonic_first_byte" when the final answer began, "monotonic_done" when it was
    complete.
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


LONGEST = timedelta(seconds=15)
"""What one request may take, redirects included, until it counts as timed out."""


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """One GET: what to fetch, for which instant it was planned, and to which hosts it may lead.

    `key` is the caller's own and comes back with the answer. Hosts are written "host" or "host:port", as in an address;
    a redirect to any other host is not followed. A `fresh` request asks every cache on the way to fetch anew, and adds
    a unique query to the address so that none can answer from its store. `adapter` names the adapter that recognises a
    body which redirects its reader; that is followed as any redirect is. A `decisive` request goes before the others of
    its host, and where the host or the page asked us to wait, it is made when the wait is over.
    """

    key: Hashable
    url: str
    allowed_hosts: frozenset[str]
    planned_at: datetime
    fresh: bool = False
    adapter: str = "page"
    decisive: bool = False
