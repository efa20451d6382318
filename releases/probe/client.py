"""The HTTP client, which sends simultaneous requests within the budget of each host and only to allowed addresses."""

import logging
import os
import resource
import selectors
import ssl
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Self

import pycurl

from releases.probe import connection, ssrf
from releases.probe.adapters import get_adapter
from releases.probe.connection import Limits, Line, Route, as_meant, bypass_caches
from releases.probe.rate_limit import Lanes, Pauses
from releases.rules.host_budget import DEFAULT_BUDGET, Budget, is_page_queue, requested_pause
from releases.rules.response import Answer, CheckRequest, Failure, Hop
from releases.rules.web_address import (
    NotAWebAddressError,
    WebAddress,
    is_allowed,
    is_local_name,
    normal_entries,
    numeric_host,
    parse_address,
    parse_target,
    place_if_any,
    place_of,
)

# The usual files of trusted certificate authorities. In order: Debian and Ubuntu, Red Hat, SUSE, Alpine and macOS.
_USUAL_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class NoAuthoritiesError(OSError):
    pass


def authorities_file(environment: Mapping[str, str] = os.environ) -> str:
    """Return the path of the file of trusted certificate authorities.

    If SSL_CERT_FILE is set, use this file. Otherwise search for the file of the system, because the libcurl in pycurl's
    wheel searches only Red Hat's location. Without the file, libcurl refuses every https address.

    :raises NoAuthoritiesError: if no file is found, or SSL_CERT_FILE names a file that does not exist.
    """
    named = environment.get("SSL_CERT_FILE", "")
    if named and not Path(named).is_file():
        raise NoAuthoritiesError(f'SSL_CERT_FILE is "{named}", but this file does not exist.')
    own = ssl.get_default_verify_paths().cafile or ""
    for place in (named, own, *_USUAL_PLACES):
        if place and Path(place).is_file():
            return place
    raise NoAuthoritiesError(
        "No file of certificate authorities was found: install the ca-certificates package, "
        "or name the file in SSL_CERT_FILE."
    )


# We wait for these events instead of using curl's `select` and `perform`. `select` cannot wait for file descriptors
# above 1023, and `perform` visits every transfer at each step.
_READS = {pycurl.POLL_IN: selectors.EVENT_READ, pycurl.POLL_OUT: selectors.EVENT_WRITE}
_READS[pycurl.POLL_INOUT] = selectors.EVENT_READ | selectors.EVENT_WRITE

Ended = tuple[pycurl.Curl, int, str]


class Multi:
    """A curl multi handle, with a selector that waits for its sockets."""

    def __init__(self, *, most_connections: int) -> None:
        self._selector = selectors.DefaultSelector()
        self._timer_at: float | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._register_socket)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)
        self._multi.setopt(pycurl.M_MAXCONNECTS, most_connections)
        # Without this limit, idle connections to one host would stay open in addition to new connections to another
        # host.
        self._multi.setopt(pycurl.M_MAX_TOTAL_CONNECTIONS, most_connections)

    def add(self, curl: pycurl.Curl) -> None:
        self._multi.add_handle(curl)

    def remove(self, curl: pycurl.Curl) -> None:
        """Remove a transfer, finished or not. The connection stays open for the next transfer."""
        self._multi.remove_handle(curl)

    def kick(self) -> None:
        if self._timer_at is not None and self._timer_at <= time.monotonic():
            self._timer_at = None
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)

    def run(self, *, seconds: float) -> list[Ended]:
        """Drive all transfers, wait at most `seconds` for an event, and return the finished transfers.

        :return: the handle, libcurl code (0 for success) and libcurl message of each finished transfer.
        """
        self.kick()
        # A transfer can end as soon as it starts, if the guard refuses it or if its socket already contains the
        # response.
        ended = self._ended()
        if ended:
            seconds = 0.0
        elif self._timer_at is not None:
            seconds = min(seconds, self._timer_at - time.monotonic())
        for key, ready in self._selector.select(max(0.0, seconds)):
            mask = pycurl.CSELECT_IN if ready & selectors.EVENT_READ else 0
            mask |= pycurl.CSELECT_OUT if ready & selectors.EVENT_WRITE else 0
            self._multi.socket_action(key.fd, mask)
        self.kick()
        return ended + self._ended()

    def close(self) -> None:
        self._multi.close()
        self._selector.close()

    def _ended(self) -> list[Ended]:
        ended: list[Ended] = []
        more = True
        while more:
            left, good, bad = self._multi.info_read()
            ended += [(curl, 0, "") for curl in good]
            ended += bad
            more = left > 0
        return ended

    def _register_socket(self, event: int, fd: int, _multi: object, _attached: object) -> None:
        known = fd in self._selector.get_map()
        if event == pycurl.POLL_REMOVE:
            if known:
                self._selector.unregister(fd)
        elif known:
            self._selector.modify(fd, _READS[event])
        else:
            self._selector.register(fd, _READS[event])

    def _set_timer(self, milliseconds: int) -> None:
        self._timer_at = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000


logger = logging.getLogger(__name__)

_SENDS_ON = frozenset({301, 302, 303, 307, 308})
_MISSING = frozenset({404, 410})


@dataclass(slots=True)
class PendingCheck:
    """A check that is waiting for its final response.

    `spent` is the duration of all requests in seconds, without the time in queues. `fragment` is the fragment of the
    last redirect that had one (RFC 9110, section 10.2.2).

    `monotonic` is the reading of the machine's monotonic clock when the first request was sent. Until the time of
    sending is known, `monotonic` is the reading when the first request was begun. The monotonic clock gives the true
    durations between checks of one process, even if the wall clock is set between the checks.

    `failure`, `detail`, `body` and `led_to` are set at the end of the check. If a redirect led to a host that is not
    allowed, `led_to` is the target of the redirect.
    """

    request: CheckRequest
    address: WebAddress
    begun_at: datetime | None = None
    sent_at: datetime | None = None
    monotonic: float | None = None
    hops: list[Hop] = field(default_factory=list)
    spent: float = 0.0
    fragment: str = ""
    failure: Failure | None = None
    detail: str = ""
    body: bytes = b""
    led_to: WebAddress | None = None

    @property
    def final_url(self) -> str:
        """The last address of the check.

        The address includes the fragment of a redirect, although fragments are never sent.
        """
        if self.led_to:
            return as_meant(self.led_to.url)
        return as_meant(self.address.url) + (f"#{self.fragment}" if self.fragment else "")

    def fail(self, failure: Failure, detail: str) -> None:
        self.failure, self.detail, self.body = failure, detail, b""


def _take_reply(pending: PendingCheck, line: Line, limits: Limits) -> bool:
    """Process a reply, and return whether the check is complete.

    If the check is not complete, `pending.address` is changed to the next address to request.
    """
    if line.failure is not None:
        pending.fail(line.failure, line.detail)
        return True
    try:
        target = _target(pending.address, line)
        if target is None:
            _decode(pending, line, limits)
            target = _target_in_body(pending, line)
    except NotAWebAddressError as error:
        pending.fail(Failure.ADDRESS_REFUSED, f"redirected to an address that is not fetched: {error}")
        return True
    if target is None:
        return True
    pending.body = b""
    if not is_allowed(target, pending.request.allowed_hosts):
        pending.led_to = target
        return True
    if len(pending.hops) > limits.redirects:
        pending.fail(Failure.TOO_MANY_REDIRECTS, f"more than {limits.redirects} redirects")
        return True
    pending.address = target
    pending.fragment = _fragment(line) or pending.fragment
    return False


def _fragment(line: Line) -> str:
    """Return the fragment of a redirect's target, or an empty string.

    Some sites identify a page by the fragment, as in "/#/release".
    """
    location = next(iter(line.values("location")), "") if line.status in _SENDS_ON else ""
    return location.partition("#")[2][:200]


def _decode(pending: PendingCheck, line: Line, limits: Limits) -> None:
    codings = ", ".join(line.values("content-encoding"))
    try:
        pending.body = connection.undo_codings(line.body, codings, most_bytes=limits.body_bytes)
    except connection.CannotDecodeError as error:
        pending.fail(Failure.UNDECODABLE, str(error))
    except connection.TooLargeError as error:
        pending.fail(Failure.TOO_LARGE, str(error))


def _target(address: WebAddress, line: Line) -> WebAddress | None:
    """Return the target of an HTTP redirect, or None if the response is not a redirect."""
    locations = line.values("location")
    if line.status not in _SENDS_ON or not locations or not locations[0]:
        return None
    return parse_target(address, locations[0])


def _target_in_body(pending: PendingCheck, line: Line) -> WebAddress | None:
    """Return the next address to request, or None if the check is complete.

    If the body redirects, return the target, because some publishing systems send a document instead of an HTTP
    redirect. If the requested document is missing, return the fallback of the adapter, because some pages have no
    document.
    """
    if (line.status != 200 and line.status not in _MISSING) or pending.failure is not None:
        return None
    url = pending.address.url
    try:
        adapter = get_adapter(pending.request.adapter)
        location = adapter.fallback(url) if line.status in _MISSING else adapter.leads_to(pending.body, url=url)
    except NotAWebAddressError:
        raise
    except Exception:
        # If our own code fails on one body, other responses must not be affected. This body is treated as if it had no
        # redirect.
        logger.exception("cannot determine whether %s redirects", url)
        return None
    return parse_target(pending.address, location) if location else None


# With more connections than this, the connections only compete for the processor.
MOST_IN_FLIGHT = 1000
# Open files that the process needs in addition to its connections: database, broker, log, libraries.
_RESERVED_FILES = 128
# Each time this many transfers have begun, all transfers are driven. Otherwise the first transfer would wait until the
# last transfer has begun.
_BEGUN_AT_A_TIME = 25
_MOST_CERTIFICATES = 20_000


class Fetcher:
    """Sends GET requests, without caching the responses. Each fetcher must be used by one thread only."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        user_agent: str,
        allow_private: frozenset[str] = frozenset(),
        budgets: Mapping[str, Budget] | None = None,
        default_budget: Budget = DEFAULT_BUDGET,
        proxy: str = "",
        limits: Limits | None = None,
        authorities: str = "",
        most_in_flight: int = 0,
        vantage: str = "",
    ) -> None:
        """
        :param allow_private: "host:port" entries of hosts that may have private addresses. These hosts are requested
            without the proxy.
        :param budgets: the budgets, keyed by host or host:port.
        :param proxy: the address of the egress proxy, or empty.
        :param authorities: the path of a file of trusted certificate authorities, or empty for `authorities_file()`.
        :param most_in_flight: the maximum number of simultaneous requests to all hosts. If 0, the maximum is computed
            from the number of files that this process may open.
        :param vantage: the name of the place from which requests are sent. It is stored with each response.
        :raises NotAWebAddressError: if an entry of `allow_private` is not host:port.
        """
        self._now = now
        self._limits = limits or Limits()
        self._route = Route(
            user_agent=user_agent,
            allow_private=normal_entries(frozenset(allow_private)),
            proxy=proxy,
            authorities_file=authorities or authorities_file(),
            vantage=vantage,
        )
        self._lanes: Lanes[PendingCheck] = Lanes(budgets or {}, default=default_budget)
        self._most_in_flight = most_in_flight or limit_connections(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self._multi = Multi(most_connections=self._most_in_flight)
        self._begun = 0
        self._pauses = Pauses(now)
        self._held: list[PendingCheck] = []
        self._waiting: dict[Hashable, PendingCheck] = {}
        self._idle_lines: list[Line] = []
        self._flying: dict[pycurl.Curl, tuple[Line, PendingCheck, str]] = {}
        self._done: list[tuple[CheckRequest, Answer]] = []
        self._certificates: dict[int, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def in_flight(self) -> int:
        """The number of started requests whose responses `poll` has not returned yet."""
        return self._lanes.waiting + len(self._held) + len(self._flying) + len(self._done)

    @property
    def held_until(self) -> datetime | None:
        """When the first pause ends, if all open requests are waiting for pauses to end. Otherwise None."""
        waits = [self._wait_of(pending) for pending in self._held]
        if len(self._held) < self.in_flight or None in waits:
            return None
        return min((until for _, until in filter(None, waits)), default=None)

    def start(self, request: CheckRequest) -> None:
        """Begin a request as soon as the budget of its host allows. Every request ends with an `Answer`."""
        try:
            address = parse_address(request.url)
            if not is_allowed(address, request.allowed_hosts):
                raise NotAWebAddressError(f'the host of "{address.url}" is not one that may be fetched')
        except NotAWebAddressError as error:
            now = self._now()
            refusal = Answer(
                requested_url=request.url,
                planned_at=request.planned_at,
                sent_at=now,
                completed_at=now,
                failure=Failure.ADDRESS_REFUSED,
                failure_detail=str(error),
                final_url=request.url,
            )
            self._done.append((request, refusal))
            return
        pending = PendingCheck(request, bypass_caches(address) if request.fresh else address)
        if self._hold_back(pending):
            return
        self._waiting[request.key] = pending
        self._lanes.add(address.place, pending, first=request.decisive)
        self._launch()
        self._begun += 1
        if self._begun % _BEGUN_AT_A_TIME == 0:
            self._drive(seconds=0.0)

    def waits(self, key: Hashable) -> bool:
        """Return whether the request with this key is still waiting for its turn. If so, nothing has been sent yet."""
        return key in self._waiting

    def hand_turn(self, key: Hashable, request: CheckRequest) -> None:
        """Replace a waiting request with another request for the same address. The replaced request is never sent.

        :param key: the key of the waiting request.
        :raises KeyError: if no request with this key is waiting.
        :raises ValueError: if the two requests differ in their address or in `fresh`.
        """
        pending = self._waiting[key]
        if (request.url, request.fresh) != (pending.request.url, pending.request.fresh):
            raise ValueError(f"{request.url} cannot replace the waiting request of {pending.request.url}.")
        self._not_waiting(pending)
        pending.request = request
        self._waiting[request.key] = pending

    def poll(self, timeout_seconds: float) -> list[tuple[CheckRequest, Answer]]:
        """Return the complete responses. Wait at most `timeout_seconds` for the first response.

        Each call also begins the requests that the budgets now allow. A call waits even if there are no requests.
        """
        until = time.monotonic() + timeout_seconds
        while True:
            self._drive(seconds=self._seconds_to_wait(until))
            if self._done or time.monotonic() >= until:
                done, self._done = self._done, []
                return done

    @property
    def pauses(self) -> Mapping[str, datetime]:
        return self._pauses.all()

    def pause(self, name: str, *, until: datetime) -> None:
        """Send no requests to a host or a page until an aware instant.

        A decisive request to the host or page waits until then. Any other request ends at once with `ASKED_TO_WAIT`.
        """
        self._pauses.add(name, until=until)
        if not is_page_queue(name):
            self._hold_back_waiting(name)

    def requested_wait(self, url: str) -> tuple[str, datetime] | None:
        """Return the host or page that asked us to wait, and the end of the wait.

        If neither the host nor the page of the address asked us to wait, return None.
        """
        return self._pauses.find(place=place_if_any(url), url=url)

    def take_wait(self, answer: Answer) -> None:
        """Pause requests if a response asks for a pause. This is for responses that this client did not receive."""
        wait = requested_pause(answer.status, answer.headers)
        place = place_of(answer.hops[-1].url if answer.hops else answer.requested_url)
        if wait and self._pauses.take_request(place=place, url=answer.requested_url, wait=wait):
            self._hold_back_waiting(place)

    def give_up_waits(self) -> None:
        """Fail all requests that are waiting for the end of a pause. This is called before the process ends."""
        held, self._held = self._held, []
        for pending in held:
            self._not_waiting(pending)
            self._answer_that_it_waits(pending)

    def rest(self, place: str, *, seconds: float) -> None:
        """Send nothing to a host for some seconds. Requests to the host wait."""
        self._lanes.rest(place, until=time.monotonic() + seconds)

    def close(self) -> None:
        for curl in self._flying:
            self._multi.remove(curl)
        for line in [*self._idle_lines, *(line for line, _, _ in self._flying.values())]:
            line.close()
        self._idle_lines.clear()
        self._flying.clear()
        self._multi.close()

    def _seconds_to_wait(self, until: float) -> float:
        if self._done:
            return 0.0
        moments = [until]
        # While all connections are in use, no request can begin, even if the budget of its host allows it.
        if len(self._flying) < self._most_in_flight and (moment := self._lanes.next_moment()):
            moments.append(moment)
        for _, ends_at in filter(None, map(self._wait_of, self._held)):
            moments.append(time.monotonic() + (ends_at - self._now()).total_seconds())
        return max(0.0, min(moments) - time.monotonic())

    def _drive(self, *, seconds: float) -> None:
        for curl, code, message in self._multi.run(seconds=seconds):
            self._land(curl, code, message)
        self._launch()

    def _launch(self) -> None:
        for held in [pending for pending in self._held if not self._wait_of(pending)]:
            self._held.remove(held)
            self._lanes.add(held.address.place, held, first=True)
        while len(self._flying) < self._most_in_flight:
            pending = self._lanes.next(time.monotonic())
            if pending is None:
                break
            self._send(pending)
        self._multi.kick()

    def _send(self, pending: PendingCheck) -> None:
        place = pending.address.place
        if self._hold_back(pending):
            # Another page of the host, or the host to which a redirect leads, has asked us to wait.
            self._lanes.ended(place)
            return
        self._not_waiting(pending)
        now = self._now()
        if pending.begun_at is None:
            pending.begun_at, pending.monotonic = now, time.monotonic()
        left = self._limits.total_seconds - pending.spent
        reason = self._refused_behind_proxy(pending)
        if reason or left <= 0:
            failure = Failure.ADDRESS_REFUSED if reason else Failure.TIMEOUT
            detail = reason or f"more than {self._limits.total_seconds:g} seconds in redirects"
            self._lanes.ended(place)
            pending.fail(failure, detail)
            self._finish(pending, at=now)
            return
        line = self._idle_lines.pop() if self._idle_lines else Line(self._route, self._limits, now=self._now)
        request = pending.request
        line.prepare(pending.address, seconds=left, fresh=request.fresh, conditions=request.conditions)
        self._flying[line.curl] = (line, pending, place)
        self._multi.add(line.curl)

    def _not_waiting(self, pending: PendingCheck) -> None:
        if self._waiting.get(pending.request.key) is pending:
            del self._waiting[pending.request.key]

    def _wait_of(self, pending: PendingCheck) -> tuple[str, datetime] | None:
        return self._pauses.find(place=pending.address.place, url=pending.request.url)

    def _hold_back_waiting(self, place: str) -> None:
        for pending in self._lanes.clear(place):
            if not self._hold_back(pending):
                self._lanes.add(place, pending)

    def _hold_back(self, pending: PendingCheck) -> bool:
        """Hold back a check if its host or page asked us to wait, and return whether the check was held back.

        If the check is decisive and has not begun, it begins after the pause. Otherwise it ends with a failure.
        """
        if not self._wait_of(pending):
            return False
        if pending.request.decisive and pending.begun_at is None:
            self._waiting[pending.request.key] = pending
            self._held.append(pending)
        else:
            self._not_waiting(pending)
            self._answer_that_it_waits(pending)
        return True

    def _answer_that_it_waits(self, pending: PendingCheck) -> None:
        who, until = self._wait_of(pending) or (pending.address.place, self._now())
        detail = f"{who.removeprefix('page ')} asked not to be asked again before {until.astimezone(UTC):%H:%M:%S} UTC"
        pending.fail(Failure.ASKED_TO_WAIT, detail)
        self._finish(pending, at=self._now())

    def _refused_behind_proxy(self, pending: PendingCheck) -> str:
        """Return the reason why an address may not be requested through the proxy, or an empty string.

        The proxy resolves names. So the guard does not see the network address, and can only examine the URL.
        """
        address = pending.address
        if not self._route.is_proxied(address):
            return ""
        if is_local_name(address.host):
            return f"{address.host} is the proxy's own machine"
        numeric = numeric_host(address.host)
        if not numeric:
            return ""
        return ssrf.refuse_address(numeric, host=address.host, port=address.port, allow_private=frozenset()) or ""

    def _land(self, curl: pycurl.Curl, code: int, message: str) -> None:
        """Process a finished transfer.

        If our own code fails on the response, only this check fails. The exception is logged and not raised, so that
        the other finished transfers are processed too.

        :param code: the result code of libcurl, 0 for success.
        :param message: the error message of libcurl.
        """
        completed_at, done = self._now(), time.monotonic()
        line, pending, place = self._flying.pop(curl)
        self._multi.remove(curl)
        self._lanes.ended(place)
        if pending.sent_at is None and line.sent_at is not None:
            pending.sent_at, pending.monotonic = line.sent_at, line.monotonic
        try:
            line.finish(code, message)
            self._process_reply(pending, line, place=place, completed_at=completed_at, done=done)
        except Exception as error:
            logger.exception("cannot process the response of %s", pending.address.url)
            # The handle may be in an unknown state, so it is not used again.
            line.close()
            # This is our own fault. If the transfer succeeded, the connection must not be reported as interrupted.
            failure = Failure.BROKEN if code else Failure.UNDECODABLE
            pending.fail(failure, f"an error in our own program ({type(error).__name__})")
            self._finish(pending, at=completed_at, done=done)
        else:
            self._idle_lines.append(line)

    def _process_reply(
        self, pending: PendingCheck, line: Line, *, place: str, completed_at: datetime, done: float
    ) -> None:
        wait = requested_pause(line.status, line.headers)
        if wait and self._pauses.take_request(place=place, url=pending.request.url, wait=wait):
            self._hold_back_waiting(place)
        pending.spent += line.seconds["total"]
        if line.status is not None:
            pending.hops.append(Hop(url=pending.address.url, status=line.status))
        certificate = self._certificate(line.connection, line.new_certificate_sha256)
        if _take_reply(pending, line, self._limits):
            self._finish(pending, at=completed_at, line=line, done=done, certificate=certificate)
        else:
            self._lanes.add(pending.address.place, pending, first=True)

    def _finish(
        self,
        pending: PendingCheck,
        *,
        at: datetime,
        line: Line | None = None,
        done: float | None = None,
        certificate: str = "",
    ) -> None:
        """Add the `Answer` of a check to the results.

        The answer contains the last reply, or the reason why no further request is made.

        :param line: the connection that received the last reply, or None if there is none.
        :param done: the reading of the monotonic clock when the reply was complete.
        """
        sent_at = pending.sent_at or pending.begun_at or at
        first_byte = line.first_byte if line else None
        steady = {"monotonic": pending.monotonic, "monotonic_first_byte": first_byte, "monotonic_done": done}
        answer = Answer(
            requested_url=pending.request.url,
            planned_at=pending.request.planned_at,
            sent_at=sent_at,
            # The clock may have been set back in between.
            completed_at=max(sent_at, at),
            failure=pending.failure,
            failure_detail=pending.detail,
            status=line.status if line else None,
            hops=tuple(pending.hops),
            final_url=pending.final_url,
            left_allowed_hosts=pending.led_to is not None,
            headers=line.headers if line else (),
            body=pending.body,
            peer_address=line.peer_address if line else "",
            certificate_sha256=certificate,
            vantage=self._route.vantage_for(pending.address),
            # The phases are those of the final request. The total is the duration of all requests.
            seconds=MappingProxyType(
                {
                    **(line.seconds if line else {}),
                    "total": pending.spent,
                    **{name: value for name, value in steady.items() if value is not None},
                }
            ),
        )
        self._done.append((pending.request, answer))

    def _certificate(self, connection: int, new: str) -> str:
        """Return the SHA-256 of the certificate of a connection, or an empty string.

        The certificate is only received with the request that opens the connection, so its SHA-256 is cached.

        :param new: the SHA-256 if the request has received the certificate, or else empty.
        """
        if new:
            if len(self._certificates) >= _MOST_CERTIFICATES:
                self._certificates.pop(next(iter(self._certificates)))
            self._certificates[connection] = new
        return self._certificates.get(connection, "")


def limit_connections(open_files: int) -> int:
    """Return the maximum number of connections of a process.

    :param open_files: the maximum number of open files of the process, or -1 for no limit.
    """
    return MOST_IN_FLIGHT if open_files < 0 else max(1, min(MOST_IN_FLIGHT, open_files - _RESERVED_FILES))
