"""The reusable curl handle, its request limits, the decoding of responses, and cache bypassing."""

import hashlib
import re
import secrets
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

import brotli
import pycurl

from releases.probe import ssrf
from releases.rules.response import LONGEST, Failure
from releases.rules.web_address import MOST_CHARACTERS, NotAWebAddressError, WebAddress, parse_address

CACHE_BYPASS_HEADERS = ("Cache-Control: no-cache", "Pragma: no-cache")
PARAMETER = "statsoffice-fresh"

# Query parameters, in lower case, that show that a query is signed. Object stores and content delivery networks use
# them for the signature or for a related value.
_SIGNED = frozenset({
    "signature", "sig", "x-amz-signature", "x-goog-signature", "x-oss-signature", "key-pair-id", "hdnea", "hdnts",
    "__gda__", "hmac", "token", "verify", "policy",
})  # fmt: skip
_OURS = re.compile(rf"([?&]){PARAMETER}=[0-9a-f]+(&|$)")


def bypass_caches(address: WebAddress) -> WebAddress:
    """Add a unique query parameter to an address, so that no cache can respond with a stored copy.

    The rest of the address stays the same, byte for byte. If the address has a query that is signed or contains no "=",
    another parameter would change the meaning of the query. In this case, the address is returned unchanged, and only
    the request headers in `CACHE_BYPASS_HEADERS` bypass caches. The same applies if the new address would be too long.
    """
    query = urlsplit(address.url).query
    names = {name.lower() for name, _ in parse_qsl(query, keep_blank_values=True)}
    if query and ("=" not in query or names & _SIGNED):
        return address
    own = f"{'&' if query else '?'}{PARAMETER}={secrets.token_hex(8)}"
    if len(address.url) + len(own) > MOST_CHARACTERS:
        return address
    try:
        return parse_address(address.url + own)
    except NotAWebAddressError:
        # If escaping makes the new address too long, the original address is requested.
        return address


def as_meant(url: str) -> str:
    """Remove the query parameter that `bypass_caches` added to an address."""
    return _OURS.sub(lambda found: found[1] if found[2] else "", url)


ACCEPTED = "gzip, deflate, br"
_MOST_CODINGS = 3
# Servers send one gzip member, or a few if they compress a body in parts. For each member, the rest of the body is
# copied. So without this limit, a response with hundreds of thousands of empty members would delay all other checks of
# the process for half a minute.
_MOST_GZIP_MEMBERS = 100


class CannotDecodeError(ValueError):
    pass


class TooLargeError(ValueError):
    pass


def undo_codings(body: bytes, codings: str, *, most_bytes: int) -> bytes:
    """Decode a response body.

    :param codings: the Content-Encoding header. It lists the codings in the order in which the server applied them.
    :raises CannotDecodeError: if there are too many codings, if a coding is unknown, or if the body is damaged or
        incomplete.
    :raises TooLargeError: if the body is larger than `most_bytes` after any decoding step.
    """
    names = [name.strip().lower() for name in codings.split(",") if name.strip()]
    if len(names) > _MOST_CODINGS:
        raise CannotDecodeError(f"{len(names)} content codings on top of one another")
    for name in reversed(names):
        # An empty body is not decoded. Many servers send it uncompressed, although the header names a coding.
        body = _undo(name, body, most_bytes) if body else body
    if len(body) > most_bytes:
        raise TooLargeError(f"more than {most_bytes} bytes")
    return body


def _undo(name: str, body: bytes, most_bytes: int) -> bytes:
    match name:
        case "identity":
            return body
        case "gzip" | "x-gzip":
            return _gzip(body, most_bytes)
        case "deflate":
            # "deflate" is the zlib format (RFC 9110), but some servers send a raw deflate stream. The first two bytes
            # show whether the body is in zlib format.
            is_zlib = len(body) > 1 and body[0] & 15 == 8 and (body[0] << 8 | body[1]) % 31 == 0
            return _inflate(body, zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS, most_bytes)[0]
        case "br":
            return _brotli(body, most_bytes)
    raise CannotDecodeError(f'the content coding "{name[:40]}" is unknown')


def _gzip(body: bytes, most_bytes: int) -> bytes:
    """Decode a gzip stream, which may consist of several members (RFC 1952)."""
    decoded = bytearray()
    for _ in range(_MOST_GZIP_MEMBERS):
        part, body = _inflate(body, 16 + zlib.MAX_WBITS, most_bytes - len(decoded))
        decoded += part
        body = body.lstrip(b"\0")
        if not body:
            return bytes(decoded)
    raise CannotDecodeError(f"the compressed body has more than {_MOST_GZIP_MEMBERS} gzip members")


def _inflate(body: bytes, window_bits: int, most_bytes: int) -> tuple[bytes, bytes]:
    machine = zlib.decompressobj(window_bits)
    try:
        decoded = machine.decompress(body, most_bytes + 1)
    except zlib.error as error:
        raise CannotDecodeError(f"the compressed body is damaged ({error})") from error
    if len(decoded) > most_bytes:
        raise TooLargeError(f"more than {most_bytes} bytes when decoded")
    if not machine.eof:
        raise CannotDecodeError("the compressed body breaks off before its end")
    return decoded, machine.unused_data


def _brotli(body: bytes, most_bytes: int) -> bytes:
    machine = brotli.Decompressor()
    decoded = bytearray()
    try:
        decoded += machine.process(body, output_buffer_limit=most_bytes + 1)
        while not machine.is_finished() and not machine.can_accept_more_data() and len(decoded) <= most_bytes:
            decoded += machine.process(b"", output_buffer_limit=most_bytes + 1 - len(decoded))
    except brotli.error as error:
        raise CannotDecodeError(f"the compressed body is damaged ({error})") from error
    if len(decoded) > most_bytes:
        raise TooLargeError(f"more than {most_bytes} bytes when decoded")
    if not machine.is_finished():
        raise CannotDecodeError("the compressed body breaks off before its end")
    return bytes(decoded)


_TOO_LARGE = 100  # CURLE_TOO_LARGE; pycurl has no constant for this code yet

_FAILURES = {
    pycurl.E_OPERATION_TIMEDOUT: Failure.TIMEOUT,
    pycurl.E_COULDNT_RESOLVE_HOST: Failure.DNS,
    pycurl.E_COULDNT_RESOLVE_PROXY: Failure.DNS,
    pycurl.E_COULDNT_CONNECT: Failure.CONNECT,
    pycurl.E_SSL_CONNECT_ERROR: Failure.TLS,
    pycurl.E_PEER_FAILED_VERIFICATION: Failure.TLS,
    pycurl.E_SSL_CACERT_BADFILE: Failure.TLS,
    pycurl.E_SSL_CERTPROBLEM: Failure.TLS,
    pycurl.E_SSL_CIPHER: Failure.TLS,
    pycurl.E_SSL_INVALIDCERTSTATUS: Failure.TLS,
    pycurl.E_SSL_ISSUER_ERROR: Failure.TLS,
    pycurl.E_SSL_SHUTDOWN_FAILED: Failure.TLS,
    pycurl.E_USE_SSL_FAILED: Failure.TLS,
    pycurl.E_FILESIZE_EXCEEDED: Failure.TOO_LARGE,
    pycurl.E_BAD_CONTENT_ENCODING: Failure.UNDECODABLE,
    _TOO_LARGE: Failure.TOO_LARGE,
}


REQUEST_HEADERS = (
    "Accept: text/html,application/xhtml+xml,application/pdf;q=0.9,*/*;q=0.8",
    "Accept-Language: en-GB",
    f"Accept-Encoding: {ACCEPTED}",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one request.

    `body_bytes` is the maximum size of the body, both as sent and as decoded.
    """

    connect_seconds: float = 3.0
    total_seconds: float = LONGEST.total_seconds()
    body_bytes: int = 5 * 1024 * 1024
    header_bytes: int = 64 * 1024
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Route:
    """Settings that are the same for all requests.

    `allow_private` contains the "host:port" of each host that may be on a private network. Requests to these hosts do
    not use the proxy. `proxy` is the address of the proxy, or empty. `authorities_file` contains the trusted
    certificate authorities. `vantage` is the name of the place from which requests are sent.
    """

    user_agent: str
    allow_private: frozenset[str]
    proxy: str
    authorities_file: str
    vantage: str = ""

    def is_proxied(self, address: WebAddress) -> bool:
        """Return whether a request to an address uses the proxy. Requests to `allow_private` do not use it."""
        return bool(self.proxy) and address.host_with_port not in self.allow_private

    def vantage_for(self, address: WebAddress) -> str:
        if not self.is_proxied(address):
            return self.vantage
        # The address of a proxy may contain a password, which must not be stored with a check.
        by_proxy = f"through proxy {self.proxy.rpartition('@')[2].rpartition('//')[2]}"
        return f"{self.vantage} {by_proxy}".strip()


class Line:
    """A reusable curl handle and the reply to its last request.

    Options that are the same for all requests are set only once. `body` is the body as sent, so it may still be
    compressed. `monotonic` is the time at which the request was sent, and `first_byte` is the time at which the
    response began, both by the monotonic clock. `new_certificate_sha256` is empty if the request reused a connection.
    """

    failure: Failure | None
    detail: str
    status: int | None
    headers: tuple[tuple[str, str], ...]
    body: bytes
    sent_at: datetime | None
    monotonic: float | None
    first_byte: float | None
    peer_address: str
    connection: int
    new_certificate_sha256: str
    seconds: Mapping[str, float]

    def __init__(self, route: Route, limits: Limits, *, now: Callable[[], datetime]) -> None:
        self._route = route
        self._limits = limits
        self._now = now
        self._sockets: list[socket.socket] = []
        self._more_headers: tuple[str, ...] = ()
        self.curl = _new_curl(route, limits)
        self.curl.setopt(pycurl.OPENSOCKETFUNCTION, self._open_socket)
        self.curl.setopt(pycurl.PREREQFUNCTION, self._about_to_send)
        self.curl.setopt(pycurl.HEADERFUNCTION, self._take_header)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._take_body)

    def prepare(
        self, address: WebAddress, *, seconds: float, fresh: bool = False, conditions: tuple[str, ...] = ()
    ) -> None:
        """Prepare the handle for one GET request with a timeout in seconds.

        :param fresh: whether to ask caches for a new copy.
        :param conditions: additional header lines, such as those of a conditional request.
        """
        self._address = address
        self._proxied = self._route.is_proxied(address)
        self._refused = ""
        self._too_large = ""
        self._headers: list[tuple[str, str]] = []
        self._header_bytes = 0
        self._headers_over = False
        self._body: list[bytes] = []
        self._body_bytes = 0
        self.sent_at = self.monotonic = self.first_byte = None
        self.peer_address = ""
        self.curl.setopt(pycurl.URL, address.url)
        more = (*(CACHE_BYPASS_HEADERS if fresh else ()), *conditions)
        if more != self._more_headers:
            self._more_headers = more
            self.curl.setopt(pycurl.HTTPHEADER, [*REQUEST_HEADERS, *more])
        self.curl.setopt(pycurl.TIMEOUT_MS, max(1, round(seconds * 1000)))
        if self._route.proxy:
            self.curl.setopt(pycurl.PROXY, self._route.proxy if self._proxied else "")

    def finish(self, code: int, message: str) -> None:
        """Read the reply to a finished request from the handle.

        :param code: the result code of libcurl, 0 for success.
        :param message: the error message of libcurl.
        """
        self.failure, self.detail = self._failure(code, message)
        self._close_sockets()
        curl = self.curl
        # If the proxy refuses the connection, curl receives headers from the proxy, but no status from the site.
        self.status = (curl.getinfo(pycurl.RESPONSE_CODE) or None) if self._headers_over else None
        self.headers = tuple(self._headers) if self.status else ()
        self.body = b"".join(self._body) if self.failure is None else b""
        self._body.clear()
        self.first_byte = self.first_byte if self.status else None
        self.connection = curl.getinfo(pycurl.CONN_ID)
        self.new_certificate_sha256 = self._certificate_sha256() if self._address.scheme == "https" else ""
        self.seconds = {
            "connect": curl.getinfo(pycurl.CONNECT_TIME),
            "first_byte": curl.getinfo(pycurl.STARTTRANSFER_TIME),
            "total": curl.getinfo(pycurl.TOTAL_TIME),
        }

    def values(self, name: str) -> list[str]:
        """Return all values of a header, in order. `name` is in lower case."""
        return [value for known, value in self.headers if known == name]

    def close(self) -> None:
        self._close_sockets()
        self.curl.close()

    def _failure(self, code: int, message: str) -> tuple[Failure | None, str]:
        if code == 0:
            # libcurl accepts incomplete headers as a complete response without a body.
            return (None, "") if self._headers_over else (Failure.BROKEN, "the headers break off")
        if self._too_large:
            return Failure.TOO_LARGE, self._too_large
        if self._refused and not self._sockets:
            return Failure.ADDRESS_REFUSED, self._refused
        return _FAILURES.get(code, Failure.BROKEN), message or f"error {code} of libcurl"

    def _certificate_sha256(self) -> str:
        """Return the SHA-256 of the certificate, or an empty string if an open connection was reused."""
        # `getinfo` would decode every field of every certificate, and raise an exception if one of them is not UTF-8.
        for certificate in self.curl.getinfo_raw(pycurl.INFO_CERTINFO)[:1]:
            for name, value in certificate:
                if name == b"Cert":
                    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(value.decode().strip())).hexdigest()
        return ""

    def _close_sockets(self) -> None:
        # pycurl uses a duplicate of each socket, so the original must be closed here.
        for opened in self._sockets:
            opened.close()
        self._sockets.clear()

    # Callbacks of curl. They must not raise, because curl would print the traceback and continue.

    def _open_socket(self, _purpose: int, to: pycurl.CurlSockAddr) -> socket.socket | int:
        # A proxy resolves the name and opens the connection itself. So the proxy must refuse connections to internal
        # networks.
        if not self._proxied:
            reason = ssrf.refuse_address(
                str(to.addr[0]),
                host=self._address.host,
                port=self._address.port,
                allow_private=self._route.allow_private,
            )
            if reason:
                self._refused = reason
                return pycurl.SOCKET_BAD
        opened = socket.socket(to.family, to.socktype, to.protocol)
        self._sockets.append(opened)
        return opened

    def _about_to_send(self, peer: str, _own: str, _peer_port: int, _own_port: int) -> int:
        # If a reused connection is dead, curl sends the request again. The time of the first attempt is recorded,
        # because a page that was found missing may have appeared at any time after the first attempt.
        if self.sent_at is None:
            self.sent_at, self.monotonic = self._now(), time.monotonic()
        self.peer_address = peer
        return pycurl.PREREQFUNC_OK

    def _take_header(self, line: bytes) -> int | None:
        self._header_bytes += len(line)
        if self._header_bytes > self._limits.header_bytes:
            self._too_large = f"more than {self._limits.header_bytes} bytes of headers"
            return 0
        if line.startswith(b"HTTP/"):
            self._headers.clear()
            self._headers_over = False
            self.first_byte = time.monotonic()
        elif not line.strip():
            self._headers_over = True
        elif not self._headers_over:
            self._headers.append(_header(line))
        return None

    def _take_body(self, part: bytes) -> int | None:
        self._body_bytes += len(part)
        if self._body_bytes > self._limits.body_bytes:
            self._too_large = f"more than {self._limits.body_bytes} bytes"
            return 0
        self._body.append(part)
        return None


@lru_cache(maxsize=2048)
def _header(line: bytes) -> tuple[str, str]:
    """Return the name and the value of a header line.

    Results are cached so that equal lines share one object. This saves memory, because thousands of responses may be in
    memory at once.
    """
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = line.decode("latin-1")
    name, _, value = text.partition(":")
    return name.strip().lower(), value.strip()


def _new_curl(route: Route, limits: Limits) -> pycurl.Curl:
    curl = pycurl.Curl()
    for option, value in (
        (pycurl.PROTOCOLS, pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS),
        (pycurl.FOLLOWLOCATION, 0),
        (pycurl.NOSIGNAL, 1),
        # With HTTP/1.1, each connection carries one request at a time. So a host's budget of connections also limits
        # the requests in flight.
        (pycurl.HTTP_VERSION, pycurl.CURL_HTTP_VERSION_1_1),
        (pycurl.HTTP_CONTENT_DECODING, 0),
        (pycurl.CONNECTTIMEOUT_MS, round(limits.connect_seconds * 1000)),
        (pycurl.MAXFILESIZE, limits.body_bytes),
        (pycurl.SSL_VERIFYPEER, 1),
        (pycurl.SSL_VERIFYHOST, 2),
        (pycurl.CAINFO, route.authorities_file),
        (pycurl.OPT_CERTINFO, 1),
        (pycurl.USERAGENT, route.user_agent),
        (pycurl.HTTPHEADER, list(REQUEST_HEADERS)),
        # An empty string prevents curl from reading http_proxy or no_proxy from the environment.
        (pycurl.PROXY, ""),
        (pycurl.NOPROXY, ""),
    ):
        curl.setopt(option, value)
    return curl
