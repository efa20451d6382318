"""One errand under way: where it is, what it has met, and the answer that it ends in."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from releases.core.looks.answer import Answer, Failure, Hop
from releases.core.looks.errand import Errand
from releases.core.web_address import NotAWebAddressError, WebAddress, is_allowed, read_target
from releases.probe import decoding
from releases.probe.line import Limits, Reply
from releases.probe.past_caches import as_meant
from releases.probe.registry import adapter_named

logger = logging.getLogger(__name__)

_SENDS_ON = frozenset({301, 302, 303, 307, 308})


@dataclass(slots=True)
class Flight:
    """An errand from its first request to its answer; `spent` is seconds in requests, not in queues.

    `fragment` is the last that a redirect named (RFC 9110, section 10.2.2).
    `monotonic` is when the first request was begun, and once that is known when it left, on the machine's clock that
    is never set: durations between looks of one process follow from it even if the wall clock was set in between.
    """

    errand: Errand
    address: WebAddress
    begun_at: datetime | None = None
    sent_at: datetime | None = None
    monotonic: float | None = None
    hops: list[Hop] = field(default_factory=list)
    spent: float = 0.0
    fragment: str = ""

    @property
    def reached(self) -> str:
        """The address where it is, as it was meant: with the fragment that a redirect named, which is never sent."""
        return as_meant(self.address.url) + (f"#{self.fragment}" if self.fragment else "")


@dataclass(frozen=True, slots=True)
class _Ending:
    """How a reply ends an errand."""

    failure: Failure | None = None
    detail: str = ""
    body: bytes = b""
    led_to: WebAddress | None = None


def land(
    flight: Flight,
    reply: Reply,
    *,
    certificate_sha256: str,
    completed_at: datetime,
    done: float,
    limits: Limits,
    vantage: str = "",
) -> Answer | None:
    """Take the reply to a flight's request, and return the answer, or None if a redirect is to be followed.

    In the second case the flight's address is the next one to be asked.

    :param certificate_sha256: of the certificate with which the connection was opened, or empty.
    :param completed_at: when the reply was complete.
    :param done: the same on the clock that is never set.
    :param vantage: from where the request was made.
    """
    if flight.sent_at is None and reply.sent_at is not None:
        flight.sent_at, flight.monotonic = reply.sent_at, reply.monotonic
    flight.spent += reply.seconds["total"]
    if reply.status is not None:
        flight.hops.append(Hop(url=flight.address.url, status=reply.status))
    ending = _ending(flight, reply, limits)
    if ending is None:
        return None
    sent_at, completed_at = _instants(flight, completed_at)
    return Answer(
        requested_url=flight.errand.url,
        planned_at=flight.errand.planned_at,
        sent_at=sent_at,
        completed_at=completed_at,
        failure=ending.failure,
        failure_detail=ending.detail,
        status=reply.status,
        hops=tuple(flight.hops),
        final_url=as_meant(ending.led_to.url) if ending.led_to else flight.reached,
        left_allowed_hosts=ending.led_to is not None,
        headers=reply.headers,
        body=ending.body,
        peer_address=reply.peer_address,
        certificate_sha256=certificate_sha256,
        vantage=vantage,
        # The phases are those of the final request; the total is that of all.
        seconds=_seconds(flight, reply.seconds, first_byte=reply.first_byte, done=done),
    )


def turn_back(flight: Flight, failure: Failure, detail: str, *, at: datetime, vantage: str = "") -> Answer:
    """Return the answer of a flight whose next request is not made."""
    sent_at, completed_at = _instants(flight, at)
    return Answer(
        requested_url=flight.errand.url,
        planned_at=flight.errand.planned_at,
        sent_at=sent_at,
        completed_at=completed_at,
        failure=failure,
        failure_detail=detail,
        hops=tuple(flight.hops),
        final_url=flight.reached,
        vantage=vantage,
        seconds=_seconds(flight, {}),
    )


def refused(errand: Errand, reason: str, *, at: datetime) -> Answer:
    """Return the answer of an errand that is not even begun."""
    return Answer(
        requested_url=errand.url,
        planned_at=errand.planned_at,
        sent_at=at,
        completed_at=at,
        failure=Failure.ADDRESS_REFUSED,
        failure_detail=reason,
        final_url=errand.url,
    )


def _ending(flight: Flight, reply: Reply, limits: Limits) -> _Ending | None:
    if reply.failure is not None:
        return _Ending(reply.failure, reply.detail)
    answered = None
    try:
        target = _target(flight.address, reply)
        if target is None:
            answered = _decoded(reply, limits)
            target = _target_in_body(flight, reply, answered)
    except NotAWebAddressError as error:
        return _Ending(Failure.ADDRESS_REFUSED, f"redirected to an address that is not fetched: {error}")
    if target is None:
        return answered
    if not is_allowed(target, flight.errand.allowed_hosts):
        return _Ending(led_to=target)
    if len(flight.hops) > limits.redirects:
        return _Ending(Failure.TOO_MANY_REDIRECTS, f"more than {limits.redirects} redirects")
    flight.address = target
    flight.fragment = _fragment(reply) or flight.fragment
    return None


def _fragment(reply: Reply) -> str:
    """Return the fragment of a redirect's target, at most 200 signs: some sites name a page by it ("/#/release")."""
    location = next(iter(reply.values("location")), "") if reply.status in _SENDS_ON else ""
    return location.partition("#")[2][:200]


def _decoded(reply: Reply, limits: Limits) -> _Ending:
    codings = ", ".join(reply.values("content-encoding"))
    try:
        return _Ending(body=decoding.decode(reply.body, codings, most_bytes=limits.body_bytes))
    except decoding.CannotDecodeError as error:
        return _Ending(Failure.UNDECODABLE, str(error))
    except decoding.TooLargeError as error:
        return _Ending(Failure.TOO_LARGE, str(error))


def _target(address: WebAddress, reply: Reply) -> WebAddress | None:
    """Return where a response redirects to; one that does not say where is an answer by itself."""
    locations = reply.values("location")
    if reply.status not in _SENDS_ON or not locations or not locations[0]:
        return None
    return read_target(address, locations[0])


def _target_in_body(flight: Flight, reply: Reply, answered: _Ending) -> WebAddress | None:
    """Return where a document says that the page is now, as publishing systems may answer instead of redirecting."""
    if reply.status != 200 or answered.failure is not None:
        return None
    try:
        location = adapter_named(flight.errand.adapter).leads_to(answered.body, url=flight.address.url)
    except NotAWebAddressError:
        raise
    except Exception:
        # A body that our own code cannot read must not stop the answers to others; it is examined as it came.
        logger.exception("cannot tell whether %s leads on", flight.address.url)
        return None
    return read_target(flight.address, location) if location else None


def _seconds(
    flight: Flight, of_request: Mapping[str, float], *, first_byte: float | None = None, done: float | None = None
) -> Mapping[str, float]:
    steady = {"monotonic": flight.monotonic, "monotonic_first_byte": first_byte, "monotonic_done": done}
    read = {name: value for name, value in steady.items() if value is not None}
    return MappingProxyType({**of_request, "total": flight.spent, **read})


def _instants(flight: Flight, completed_at: datetime) -> tuple[datetime, datetime]:
    """Return when it was sent and completed, never the other way round: the real clock may be set back in between."""
    sent_at = flight.sent_at or flight.begun_at or completed_at
    return sent_at, max(sent_at, completed_at)
