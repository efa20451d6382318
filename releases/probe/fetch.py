"""The one HTTP client: many addresses at a time, within each host's budget and behind the guard."""

import resource
import time
from collections.abc import Callable, Hashable, Mapping
from datetime import UTC, datetime
from typing import Self

import pycurl

from releases.core.looks.answer import Answer, Failure
from releases.core.looks.errand import Errand
from releases.core.looks.pacing import DEFAULT_BUDGET, Budget
from releases.core.looks.retry_after import pause_asked
from releases.core.web_address import NotAWebAddressError, is_allowed, normal_entries, numeric_host, read
from releases.probe import guard
from releases.probe.budget import Lanes
from releases.probe.flight import Flight, land, refused, turn_back
from releases.probe.line import Limits, Line, Route
from releases.probe.multi import Multi
from releases.probe.past_caches import past_caches
from releases.probe.pauses import Pauses, is_page
from releases.probe.trust import authorities_file

# Beyond this more connections only take turns on the processor; what waits longer is the network's part.
MOST_IN_FLIGHT = 1000
# What the process needs beside its looks: database, broker, log, libraries.
_FILES_KEPT_FREE = 128
# So many are begun before the first of them is driven on, or it would wait for the last.
_BEGUN_AT_A_TIME = 25
_MOST_CERTIFICATES_KEPT = 20_000


class Fetcher:
    """Fetches addresses with plain GETs, each a new request that no cache of ours can answer.

    Not for several threads: one thread starts and polls.
    """

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
        """Make a fetcher; it opens nothing before the first errand.

        :param now: the wall clock, real or of a rehearsal; gives aware instants.
        :param user_agent: what it says it is.
        :param allow_private: "host:port" entries that may lie on private addresses.
        :param budgets: by host or host:port; for all others `default_budget` holds.
        :param proxy: the egress proxy's address, or empty. What `allow_private` opens is asked directly.
        :param authorities: a file of trusted authorities instead of the system's.
        :param most_in_flight: over all hosts; 0 means as many as this process may have files open.
        :param vantage: what this machine is called where an answer says from where it was asked for.
        :raises NotAWebAddressError: if an entry of `allow_private` is not host:port.
        """
        self._now = now
        self._limits = limits or Limits()
        self._route = Route(
            user_agent=user_agent,
            allow_private=normal_entries(allow_private),
            proxy=proxy,
            authorities_file=authorities or authorities_file(),
            vantage=vantage,
        )
        self._lanes: Lanes[Flight] = Lanes(budgets or {}, default=default_budget)
        self._most_in_flight = most_in_flight or affordable(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
        self._multi = Multi(most_connections=self._most_in_flight)
        self._begun = 0
        self._pauses = Pauses(now)
        self._held: list[Flight] = []
        self._waiting: dict[Hashable, Flight] = {}
        self._idle_lines: list[Line] = []
        self._flying: dict[pycurl.Curl, tuple[Line, Flight, str]] = {}
        self._done: list[tuple[Errand, Answer]] = []
        self._certificates: dict[int, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def in_flight(self) -> int:
        """How many errands have been started and their answers not handed out yet."""
        return self._lanes.waiting + len(self._held) + len(self._flying) + len(self._done)

    @property
    def held_until(self) -> datetime | None:
        """When the first errand goes on, if all that are in flight wait for the end of a pause; else None."""
        waits = [self._wait_of(flight) for flight in self._held]
        if len(self._held) < self.in_flight or None in waits:
            return None
        return min((until for _, until in filter(None, waits)), default=None)

    def start(self, errand: Errand) -> None:
        """Begin an errand at once, or as soon as its host's budget allows; it always ends in an answer."""
        try:
            address = read(errand.url)
            if not is_allowed(address, errand.allowed_hosts):
                raise NotAWebAddressError(f'the host of "{address.url}" is not one that may be fetched')
        except NotAWebAddressError as error:
            self._done.append((errand, refused(errand, str(error), at=self._now())))
            return
        flight = Flight(errand, past_caches(address) if errand.fresh else address)
        if self._hold_back(flight):
            return
        self._waiting[errand.key] = flight
        self._lanes.add(address.place, flight, first=errand.decisive)
        self._launch()
        self._begun += 1
        if self._begun % _BEGUN_AT_A_TIME == 0:
            self._drive(seconds=0.0)

    def waits(self, key: Hashable) -> bool:
        """Tell whether the errand of a key waits for its turn, so that nothing of it has left this machine."""
        return key in self._waiting

    def hand_turn(self, key: Hashable, errand: Errand) -> None:
        """Let an errand for the same address take the turn of the one of a key, which is never made then.

        :raises KeyError: if that one does not wait, or not any more.
        :raises ValueError: if the two do not ask for the same.
        """
        flight = self._waiting[key]
        if (errand.url, errand.fresh) != (flight.errand.url, flight.errand.fresh):
            message = f"The turn of {flight.errand.url} cannot be taken by {errand.url}."
            raise ValueError(message)
        self._not_waiting(flight)
        flight.errand = errand
        self._waiting[errand.key] = flight

    def poll(self, timeout_seconds: float) -> list[tuple[Errand, Answer]]:
        """Return the answers that are complete, waiting for at least one, but not longer than this.

        0 only looks. Every call also begins what the budgets allow by now. With nothing in flight it waits too.
        """
        until = time.monotonic() + timeout_seconds
        while True:
            self._drive(seconds=self._seconds_to_wait(until))
            if self._done or time.monotonic() >= until:
                done, self._done = self._done, []
                return done

    @property
    def pauses(self) -> Mapping[str, datetime]:
        """Until when which host (with its port, if not the usual one) or page is left alone, because it asked us."""
        return self._pauses.all()

    def pause(self, name: str, *, until: datetime) -> None:
        """Leave a host or a page alone until an aware instant.

        What waits for it, and what comes for it, ends at once in an answer that says so; what is decisive waits.
        """
        self._pauses.add(name, until=until)
        if not is_page(name):
            self._hold_back_waiting(name)

    def give_up_waits(self) -> None:
        """End what waits for the end of a pause in answers that say so, because this process has to end."""
        held, self._held = self._held, []
        for flight in held:
            self._not_waiting(flight)
            self._answer_that_it_waits(flight)

    def rest(self, place: str, *, seconds: float) -> None:
        """Begin nothing at a host for so many seconds; what comes for it waits."""
        self._lanes.rest(place, until=time.monotonic() + seconds)

    def close(self) -> None:
        """Give up what is in flight and close every connection."""
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
        for held in [flight for flight in self._held if not self._wait_of(flight)]:
            self._held.remove(held)
            self._lanes.add(held.address.place, held, first=True)
        while len(self._flying) < self._most_in_flight:
            flight = self._lanes.next(time.monotonic())
            if flight is None:
                break
            self._send(flight)
        self._multi.kick()

    def _send(self, flight: Flight) -> None:
        place = flight.address.place
        if self._hold_back(flight):
            # Another page of the host, or the host to which a redirect leads, has asked us to wait.
            self._lanes.ended(place)
            return
        self._not_waiting(flight)
        now = self._now()
        if flight.begun_at is None:
            flight.begun_at, flight.monotonic = now, time.monotonic()
        left = self._limits.total_seconds - flight.spent
        reason = self._refused_behind_proxy(flight)
        if reason or left <= 0:
            failure = Failure.ADDRESS_REFUSED if reason else Failure.TIMEOUT
            detail = reason or f"more than {self._limits.total_seconds:g} seconds in redirects"
            self._lanes.ended(place)
            vantage = self._route.vantage_for(flight.address)
            self._done.append((flight.errand, turn_back(flight, failure, detail, at=now, vantage=vantage)))
            return
        line = self._idle_lines.pop() if self._idle_lines else self._new_line()
        line.prepare(flight.address, seconds=left, fresh=flight.errand.fresh)
        self._flying[line.curl] = (line, flight, place)
        self._multi.add(line.curl)

    def _not_waiting(self, flight: Flight) -> None:
        if self._waiting.get(flight.errand.key) is flight:
            del self._waiting[flight.errand.key]

    def _new_line(self) -> Line:
        return Line(route=self._route, limits=self._limits, now=self._now)

    def _wait_of(self, flight: Flight) -> tuple[str, datetime] | None:
        return self._pauses.find(place=flight.address.place, url=flight.errand.url)

    def _hold_back_waiting(self, place: str) -> None:
        for flight in self._lanes.clear(place):
            if not self._hold_back(flight):
                self._lanes.add(place, flight)

    def _hold_back(self, flight: Flight) -> bool:
        """Hold a flight back if its host or page asked us to wait; tells whether it is."""
        if not self._wait_of(flight):
            return False
        if flight.errand.decisive and flight.begun_at is None:
            self._waiting[flight.errand.key] = flight
            self._held.append(flight)
        else:
            self._not_waiting(flight)
            self._answer_that_it_waits(flight)
        return True

    def _answer_that_it_waits(self, flight: Flight) -> None:
        who, until = self._wait_of(flight) or (flight.address.place, self._now())
        detail = f"{who.removeprefix('page ')} asked not to be asked again before {until.astimezone(UTC):%H:%M:%S} UTC"
        vantage = self._route.vantage_for(flight.address)
        answer = turn_back(flight, Failure.ASKED_TO_WAIT, detail, at=self._now(), vantage=vantage)
        self._done.append((flight.errand, answer))

    def _refused_behind_proxy(self, flight: Flight) -> str:
        """A proxy connects in our place, where the guard cannot see; what a URL says openly it can judge."""
        address = flight.address
        if not self._route.is_proxied(address):
            return ""
        if address.host == "localhost" or address.host.endswith(".localhost"):
            return f"{address.host} is the proxy's own machine"
        numeric = numeric_host(address.host)
        if not numeric:
            return ""
        return guard.refuse(numeric, host=address.host, port=address.port, allow_private=frozenset()) or ""

    def _land(self, curl: pycurl.Curl, code: int, message: str) -> None:
        completed_at, done = self._now(), time.monotonic()
        line, flight, place = self._flying.pop(curl)
        self._multi.remove(curl)
        reply = line.reply(code, message)
        self._idle_lines.append(line)
        self._lanes.ended(place)
        wait = pause_asked(reply.status, reply.headers)
        if wait and self._pauses.take_request(place=place, url=flight.errand.url, wait=wait):
            self._hold_back_waiting(place)
        answer = land(
            flight,
            reply,
            certificate_sha256=self._certificate(reply.connection, reply.new_certificate_sha256),
            completed_at=completed_at,
            done=done,
            limits=self._limits,
            vantage=self._route.vantage_for(flight.address),
        )
        if answer is None:
            self._lanes.add(flight.address.place, flight, first=True)
        else:
            self._done.append((flight.errand, answer))

    def _certificate(self, connection: int, new: str) -> str:
        """Only the request that opened a connection saw its certificate; the later ones are told here."""
        if new:
            if len(self._certificates) >= _MOST_CERTIFICATES_KEPT:
                self._certificates.pop(next(iter(self._certificates)))
            self._certificates[connection] = new
        return self._certificates.get(connection, "")


def affordable(open_files: int) -> int:
    """Return how many connections a process may keep that may have so many files open; -1 means no limit."""
    return MOST_IN_FLIGHT if open_files < 0 else max(1, min(MOST_IN_FLIGHT, open_files - _FILES_KEPT_FREE))
