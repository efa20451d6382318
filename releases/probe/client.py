"""The HTTP client: simultaneous requests within each host's budget and behind the address guard."""

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
from releases.probe.rate_limit import Lanes, Pauses, is_page_queue
from releases.rules.host_budget import DEFAULT_BUDGET, Budget, requested_pause
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

# The usual files of trusted authorities on Debian and Ubuntu, Red Hat, SUSE, and Alpine and macOS.
_USUAL_PLACES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)


class NoAuthoritiesError(OSError):
    pass


def authorities_file(environment: Mapping[str, str] = os.environ) -> str:
    """Find the file of trusted authorities: SSL_CERT_FILE if set, else that of the system.

    The libcurl inside pycurl's wheel searches only Red Hat's location, and so refuses every https address on other
    systems.

    :raises NoAuthoritiesError: if no file is found, or SSL_CERT_FILE names a file that does not exist.
    """
    named = environment.get("SSL_CERT_FILE", "")
    if named and not Path(named).is_file():
        raise NoAuthoritiesError(f'SSL_CERT_FILE is "{named}", and no such file is there.')
    own = ssl.get_default_verify_paths().cafile or ""
    for place in (named, own, *_USUAL_PLACES):
        if place and Path(place).is_file():
            return place
    raise NoAuthoritiesError(
        "No file of certificate authorities was found: install the ca-certificates package, "
        "or name the file in SSL_CERT_FILE."
    )


# curl's `select` cannot wait for file descriptors above 1023, and its `perform` visits every transfer at each step;
# readiness events have neither limitation.
_READS = {pycurl.POLL_IN: selectors.EVENT_READ, pycurl.POLL_OUT: selectors.EVENT_WRITE}
_READS[pycurl.POLL_INOUT] = selectors.EVENT_READ | selectors.EVENT_WRITE

Ended = tuple[pycurl.Curl, int, str]


class Multi:
    """A curl multi handle, and the selector for its ready sockets."""

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
        """Drive every transfer, wait at most this long for an event, and return the finished transfers.

        :return: handle, libcurl's code (0 for success) and its message, of each finished transfer.
        """
        self.kick()
        # A transfer can end while it is started: refused by the guard, or answered from data already in its socket.
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
    """A check from its first request to its response.

    `spent` is the number of seconds spent in requests, without waiting in queues. `fragment` is the last fragment from
    a redirect (RFC 9110, section 10.2.2). `monotonic` is when the first request was begun or, once known, sent, by the
    machine's monotonic clock. This clock gives the true durations between checks of one process even if the wall clock
    was set in between. At the end of the check, `failure`, `detail`, `body` and `led_to` are set. `led_to` is the
    target of a redirect outside the allowed hosts.
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
        """The last address, with the fragment of a redirect, although the fragment is never sent."""
        if self.led_to:
            return as_meant(self.led_to.url)
        return as_meant(self.address.url) + (f"#{self.fragment}" if self.fragment else "")

    def fail(self, failure: Failure, detail: str) -> None:
        self.failure, self.detail, self.body = failure, detail, b""


def _take_reply(pending: PendingCheck, line: Line, limits: Limits) -> bool:
    """Take a reply, and return whether it completes the check. If not, it redirects to the new `pending.address`."""
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
    """Return the fragment of a redirect's target, by which some sites identify a page ("/#/release")."""
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
    """Return the target of a redirect, or None if the response has none."""
    locations = line.values("location")
    if line.status not in _SENDS_ON or not locations or not locations[0]:
        return None
    return parse_target(address, locations[0])


def _target_in_body(pending: PendingCheck, line: Line) -> WebAddress | None:
    """Return the address to request next if the body redirects, or if the document is missing; else None.

    Publishing systems may send a document instead of a redirect, or may have a page without a document about it.
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
        # If our own code cannot read a body, that must not stop other responses; the body is examined unchanged.
        logger.exception("cannot determine whether %s redirects", url)
        return None
    return parse_target(pending.address, location) if location else None


# With more connections than this, the connections only compete for the processor.
MOST_IN_FLIGHT = 1000
# Open files that the process needs in addition to its connections: database, broker, log, libraries.
_RESERVED_FILES = 128
# After this many new transfers, all transfers are driven. Otherwise the first one would wait until the last has begun.
_BEGUN_AT_A_TIME = 25
_MOST_CERTIFICATES = 20_000


class Fetcher:
    """Sends plain GET requests without a cache of our own. A fetcher belongs to one thread."""

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
        :param allow_private: "host:port" entries that may be on private addresses; no proxy is used for them.
        :param budgets: by host or host:port.
        :param proxy: the address of the egress proxy, or empty.
        :param authorities: a file of trusted authorities instead of the system's.
        :param most_in_flight: the maximum for all hosts; 0 means the limit from this process's open files.
        :param vantage: the name of the place from which requests are sent, stored with each response.
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
        """When the first request continues, if all open requests are waiting for the end of a pause; else None."""
        waits = [self._wait_of(pending) for pending in self._held]
        if len(self._held) < self.in_flight or None in waits:
            return None
        return min((until for _, until in filter(None, waits)), default=None)

    def start(self, request: CheckRequest) -> None:
        """Begin a request at once or as soon as its host's budget allows. It always ends with an `Answer`."""
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
        """Whether the request of a key is waiting for its turn, so that nothing was sent yet."""
        return key in self._waiting

    def hand_turn(self, key: Hashable, request: CheckRequest) -> None:
        """Replace the waiting request of a key, which is then never sent, by another for the same address.

        :raises KeyError: if no request of this key is waiting.
        :raises ValueError: if the two requests differ in their address or in `fresh`.
        """
        pending = self._waiting[key]
        if (request.url, request.fresh) != (pending.request.url, pending.request.fresh):
            raise ValueError(f"{request.url} cannot replace the waiting request of {pending.request.url}.")
        self._not_waiting(pending)
        pending.request = request
        self._waiting[request.key] = pending

    def poll(self, timeout_seconds: float) -> list[tuple[CheckRequest, Answer]]:
        """Return the complete responses, waiting at most this long for the first; with 0, return at once.

        Every call also begins the requests that the budgets now allow. A call waits even if there are no requests.
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
        """Request nothing of a host or a page until an aware instant.

        A decisive request to the host or page waits until then. Any other request ends at once with `ASKED_TO_WAIT`.
        """
        self._pauses.add(name, until=until)
        if not is_page_queue(name):
            self._hold_back_waiting(name)

    def requested_wait(self, url: str) -> tuple[str, datetime] | None:
        """Return the host or page that asked us not to request an address, and until when; None if neither did."""
        return self._pauses.find(place=place_if_any(url), url=url)

    def take_wait(self, answer: Answer) -> None:
        """Pause as a response asks for, if the response was received by other means than this client."""
        wait = requested_pause(answer.status, answer.headers)
        place = place_of(answer.hops[-1].url if answer.hops else answer.requested_url)
        if wait and self._pauses.take_request(place=place, url=answer.requested_url, wait=wait):
            self._hold_back_waiting(place)

    def give_up_waits(self) -> None:
        """End the requests that are waiting for the end of a pause with a failure, because this process has to end."""
        held, self._held = self._held, []
        for pending in held:
            self._not_waiting(pending)
            self._answer_that_it_waits(pending)

    def rest(self, place: str, *, seconds: float) -> None:
        """Send nothing to a host for this many seconds; requests for it wait."""
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
        moments = [until, *filter(None, [self._lanes.next_moment()])]
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
        """Delay a pending check if its host or page asked us to wait; return whether it is delayed."""
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
        """Return why an address may not be requested through the proxy, or an empty text if it may.

        The proxy resolves names, so the guard does not see the network address and can only examine the URL.
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
        completed_at, done = self._now(), time.monotonic()
        line, pending, place = self._flying.pop(curl)
        self._multi.remove(curl)
        line.finish(code, message)
        self._idle_lines.append(line)
        self._lanes.ended(place)
        wait = requested_pause(line.status, line.headers)
        if wait and self._pauses.take_request(place=place, url=pending.request.url, wait=wait):
            self._hold_back_waiting(place)
        if pending.sent_at is None and line.sent_at is not None:
            pending.sent_at, pending.monotonic = line.sent_at, line.monotonic
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
        """Add the response of a pending check: the last reply, or the reason why no further request is made.

        :param done: when the reply was complete, by the monotonic clock.
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
            # The phases are of the final request; the total is of all requests.
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
        """Return the SHA-256 of the certificate of a connection, or an empty text.

        Only the request that opened the connection received the certificate (`new`), so its SHA-256 is cached.
        """
        if new:
            if len(self._certificates) >= _MOST_CERTIFICATES:
                self._certificates.pop(next(iter(self._certificates)))
            self._certificates[connection] = new
        return self._certificates.get(connection, "")


def limit_connections(open_files: int) -> int:
    """Return the maximum number of connections of a process that may have this many open files; -1 means no limit."""
    return MOST_IN_FLIGHT if open_files < 0 else max(1, min(MOST_IN_FLIGHT, open_files - _RESERVED_FILES))
