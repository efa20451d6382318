"""The proxy of the browser, which connects only to network addresses that the address guard allows.

Each page has its own proxy. The proxies run in the browser process, and do not need Django or the database.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from releases.probe import ssrf
from releases.rules.web_address import (
    DEFAULT_PORTS,
    NotAWebAddressError,
    is_local_name,
    normal_entries,
    normal_host,
    numeric_host,
    parse_address,
)

type Resolve = Callable[[str, int], Awaitable[Collection[str]]]

_HEAD_BYTES = 64 * 1024
_CHUNK = 64 * 1024
_DEFAULT_PORTS = frozenset(DEFAULT_PORTS.values())
# Headers that are not forwarded, because they are only for the proxy or would keep the connection open for a request to
# another host.
_OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "proxy-connection", "proxy-authorization"})


class Refused(Exception):
    """The proxy does not connect; the message says why."""


class Unreachable(Exception):
    pass


@dataclass(frozen=True, slots=True)
class PageLimits:
    """The limits of one page.

    `connect_seconds` is the timeout for each step of connecting. `bytes` is the maximum number of bytes from all
    servers together. `connections` is the maximum number of connections at the same time.
    """

    connect_seconds: float = 3.0
    bytes: int = 25 * 1024 * 1024
    connections: int = 64


@dataclass(frozen=True, slots=True)
class Target:
    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


async def resolve_host(host: str, port: int) -> Collection[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@dataclass(slots=True)
class FilterProxy:
    """A proxy on a loopback port. All connections are closed when the `async with` block ends.

    :param allow_private: "host:port" entries of hosts that may be on private networks. Pass only entries for hosts of
        the page itself. Otherwise a public page could load data from a private network.
    :param upstream: the address of the office's egress proxy, or empty. The egress proxy resolves names itself, so the
        guard knows only the name of a host.
    """

    allow_private: frozenset[str] = frozenset()
    upstream: str = ""
    limits: PageLimits = field(default_factory=PageLimits)
    resolve: Resolve = resolve_host
    refusals: list[str] = field(default_factory=list)
    received: int = 0
    is_over: bool = False
    _server: asyncio.Server | None = None
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> "FilterProxy":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=_HEAD_BYTES)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        assert self._server  # noqa: S101  # inside the context
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task  # noqa: S101  # asyncio runs each connection in a task
        self._tasks.add(task)
        try:
            await self._answer(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            pass  # the browser or the server has ended the connection
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 30)
        line, *headers = head.decode("latin-1").split("\r\n")[:-2]
        try:
            method, written, _version = line.split(" ", 2)
            target = _read_target(method, written)
            self._check_limits()
            self.check_target(target)
            from_server, to_server = await self._connect(target)
        except (Refused, ValueError) as error:
            self.refusals.append(str(error))
            writer.write(_plain_answer("403 Forbidden", str(error)))
            await writer.drain()
            return
        except Unreachable as error:
            writer.write(_plain_answer("502 Bad Gateway", str(error)))
            await writer.drain()
            return
        try:
            if method == "CONNECT":
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                to_server.write(self._forwarded(line, headers, written))
            await self._relay(reader, writer, from_server, to_server)
        finally:
            to_server.close()

    def _check_limits(self) -> None:
        if self.is_over:
            raise Refused(f"more than {self.limits.bytes} bytes")
        if len(self._tasks) > self.limits.connections:
            raise Refused(f"more than {self.limits.connections} connections at a time")

    def check_target(self, target: Target) -> None:
        """Check the port of a target. The addresses of the host are checked later.

        :raises Refused: if pages may not connect to this port.
        """
        if target.port not in _DEFAULT_PORTS and str(target) not in self.allow_private:
            raise Refused(f"port {target.port} of {target.host} is not one of a website")

    async def _connect(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self.upstream and str(target) not in self.allow_private:
            return await self._connect_upstream(target)
        try:
            addresses = await asyncio.wait_for(self.resolve(target.host, target.port), self.limits.connect_seconds)
        except (OSError, TimeoutError, UnicodeError) as error:
            raise Unreachable(f"{target.host} could not be resolved") from error
        # Resolve the name only once, and connect to an address that was checked. If the name were resolved again for
        # the connection, the second result could be a private address.
        reasons = {address: self._refusal(address, target) for address in addresses}
        allowed = [address for address, reason in reasons.items() if not reason]
        if not allowed:
            raise Refused(f"{target.host}: {next(filter(None, reasons.values()), 'no address')}")
        for address in allowed[:3]:
            with suppress(OSError, TimeoutError):
                opening = asyncio.open_connection(address, target.port)
                return await asyncio.wait_for(opening, self.limits.connect_seconds)
        raise Unreachable(f"{target} does not answer")

    def _refusal(self, address: str, target: Target) -> str | None:
        return ssrf.refuse_address(address, host=target.host, port=target.port, allow_private=self.allow_private)

    async def _connect_upstream(self, target: Target) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if is_local_name(target.host):
            raise Refused(f"{target.host} is the proxy's own machine")
        if (numeric := numeric_host(target.host)) and (reason := self._refusal(numeric, target)):
            raise Refused(f"{target.host}: {reason}")
        proxy = urlsplit(self.upstream)
        if proxy.scheme != "http":
            raise Refused("the browser needs an egress proxy whose address starts with http://")
        try:
            opening = asyncio.open_connection(proxy.hostname, proxy.port or 8080)
            reader, writer = await asyncio.wait_for(opening, self.limits.connect_seconds)
            # Open a tunnel for http too. Then the connection can be used in the same way as a direct connection.
            writer.write(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{_credentials(self.upstream)}\r\n".encode())
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), self.limits.connect_seconds)
        except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
            raise Unreachable("the egress proxy does not answer") from error
        if head.split(b" ", 2)[1:2] != [b"200"]:
            writer.close()
            raise Unreachable(f"the egress proxy does not connect to {target}")
        return reader, writer

    def _forwarded(self, line: str, headers: Collection[str], written: str) -> bytes:
        method, _, version = line.split(" ", 2)
        parts = urlsplit(written)
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        passed = [header for header in headers if header.partition(":")[0].strip().lower() not in _OF_THE_CONNECTION]
        return "\r\n".join([f"{method} {path} {version}", *passed, "Connection: close", "", ""]).encode("latin-1")

    async def _relay(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        from_server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        async def upload() -> None:
            while part := await reader.read(_CHUNK):
                to_server.write(part)
                await to_server.drain()
            with suppress(OSError, NotImplementedError):
                to_server.write_eof()

        async def download() -> None:
            while part := await from_server.read(_CHUNK):
                self.received += len(part)
                if self.received > self.limits.bytes:
                    self._end_everything()
                    return
                writer.write(part)
                await writer.drain()

        sending = asyncio.ensure_future(upload())
        try:
            await download()
        finally:
            sending.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await sending

    def _end_everything(self) -> None:
        """End all connections of the page, because it has received too many bytes."""
        self.is_over = True
        for task in self._tasks - {asyncio.current_task()}:
            task.cancel()


def own_private_entries(allow_private: frozenset[str], allowed_hosts: frozenset[str]) -> frozenset[str]:
    """Return the entries of `allow_private` that are also in `allowed_hosts`, the hosts of the page itself.

    :param allowed_hosts: "host" for the default ports 80 and 443, or "host:port".
    :raises NotAWebAddressError: if an entry is neither "host" nor "host:port".
    """
    own = normal_entries(allowed_hosts)
    return frozenset(entry for entry in normal_entries(allow_private) if {entry, _without_default_port(entry)} & own)


def _without_default_port(entry: str) -> str:
    host, _, port = entry.rpartition(":")
    return host if port in {str(default) for default in _DEFAULT_PORTS} else entry


def _read_target(method: str, written: str) -> Target:
    try:
        if method != "CONNECT":
            address = parse_address(written)
            if address.scheme != "http":
                raise Refused(f"{address.scheme} without a tunnel")
            return Target(address.host, address.port)
        parts = urlsplit(f"//{written}")
        if parts.port is None or "@" in written:
            raise Refused(f"{written[:80]!r} is not host:port")
        return Target(normal_host(parts.hostname or ""), parts.port)
    except NotAWebAddressError as error:
        raise Refused(str(error)) from error


def _credentials(upstream: str) -> str:
    from base64 import b64encode

    parts = urlsplit(upstream)
    if not parts.username:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Proxy-Authorization: Basic {b64encode(pair.encode()).decode()}\r\n"


def _plain_answer(status: str, text: str) -> bytes:
    body = f"{text}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body
