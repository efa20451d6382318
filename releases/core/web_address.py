"""Web addresses in one normal form, and the hosts that may be fetched."""

import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin, urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
MOST_CHARACTERS = 4096

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# What RFC 3986 lets stand in a path or a query; "%" too, because what is escaped already stays as it is.
_KEPT = "/:@!$&'()*+,;=~?%[]-._"


class NotAWebAddressError(ValueError):
    """The text is not an address that may be fetched; the message says why."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An http or https address: its host in lower case and ASCII, without user, fragment or final dot."""

    url: str
    scheme: str
    host: str
    port: int

    @property
    def place(self) -> str:
        """The host, with the port where it is not the scheme's own: what budgets and leases go by."""
        return self.host_with_port if self.port != DEFAULT_PORTS[self.scheme] else _bracketed(self.host)

    @property
    def host_with_port(self) -> str:
        """The host and the port, always both; IPv6 in brackets."""
        return f"{_bracketed(self.host)}:{self.port}"


# A watched address is read again for every look, thousands of them at the same instant.
@lru_cache(maxsize=20_000)
def read(url: str) -> WebAddress:
    """Read an address into its normal form.

    :raises NotAWebAddressError: if it is not http or https, has no host or a host that cannot be one,
        carries a user name or password, or holds control characters.
    """
    written = url.strip(" ")
    if _CONTROL.search(written) or len(written) > MOST_CHARACTERS:
        raise NotAWebAddressError(f"{written[:80]!r} holds control characters or is too long")
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError as error:
        raise NotAWebAddressError(f'"{written}" cannot be read: {error}') from error
    if parts.scheme not in DEFAULT_PORTS:
        raise NotAWebAddressError(f'"{written}" does not start with http:// or https://')
    if "@" in parts.netloc:
        raise NotAWebAddressError(f'"{parts.scheme}://...@..." carries a user name, which is never sent')
    if port == 0:
        raise NotAWebAddressError(f'"{written}" names port 0')
    host = normal_host(parts.hostname or "")
    address = WebAddress("", parts.scheme, host, port or DEFAULT_PORTS[parts.scheme])
    path = quote(parts.path or "/", safe=_KEPT)
    query = f"?{quote(parts.query, safe=_KEPT)}" if parts.query else ""
    return WebAddress(f"{parts.scheme}://{address.place}{path}{query}", address.scheme, host, address.port)


def read_target(base: WebAddress, location: str) -> WebAddress:
    """Read where a redirect from `base` points to.

    :raises NotAWebAddressError: if the target is not an address that may be fetched.
    """
    try:
        joined = urljoin(base.url, location.strip())
    except ValueError as error:
        raise NotAWebAddressError(f'"{location}" cannot be read: {error}') from error
    return read(joined)


def normal_host(host: str) -> str:
    """Write a host in lower case, in ASCII (IDNA) and without a final dot; IPv6 in its short form.

    :raises NotAWebAddressError: if there is none, or it cannot be a host.
    """
    if ":" in host:
        try:
            parsed = IPv6Address(host)
        except ValueError as error:
            raise NotAWebAddressError(f'"{host}" is not an IPv6 address') from error
        if parsed.scope_id is not None:
            raise NotAWebAddressError(f'"{host}" names an interface of one machine')
        return str(parsed)
    try:
        ascii_host = host.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError as error:
        raise NotAWebAddressError(f'"{host}" is not a host') from error
    if len(ascii_host) > 253 or not all(_LABEL.fullmatch(label) for label in ascii_host.split(".")):
        raise NotAWebAddressError(f'"{host}" is not a host')
    return ascii_host


def place_of(url: str) -> str:
    """Return the host of an address, with its port where that is not the scheme's own.

    :raises NotAWebAddressError: if it is not an address that may be fetched.
    """
    return read(url).place


def place_if_any(url: str) -> str:
    """Return the place of an address as `place_of` does, or "" if it is not one that may be fetched."""
    try:
        return place_of(url)
    except NotAWebAddressError:
        return ""


def normal_entries(entries: Iterable[str]) -> frozenset[str]:
    """Write "host" and "host:port" entries in normal form, so that they compare with addresses.

    :raises NotAWebAddressError: if an entry is neither.
    """
    return frozenset(_normal_entry(entry) for entry in entries)


def is_allowed(address: WebAddress, allowed_hosts: frozenset[str]) -> bool:
    """Say whether an address lies on one of these hosts.

    :param allowed_hosts: "host" opens the ports 80 and 443 by their own scheme; "host:port" that port.
    """
    normal = _cached_entries(allowed_hosts)
    return address.place in normal or address.host_with_port in normal


def numeric_host(host: str) -> str:
    """Return the IP address that a host is written as, also in decimal, octal or short forms, or ""."""
    if ":" in host:
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return ""


@lru_cache(maxsize=1024)
def _cached_entries(entries: frozenset[str]) -> frozenset[str]:
    return normal_entries(entries)


def _normal_entry(entry: str) -> str:
    try:
        parts = urlsplit(f"//{entry.strip()}")
        port = parts.port
    except ValueError as error:
        raise NotAWebAddressError(f'"{entry}" is neither a host nor host:port') from error
    if parts.netloc != entry.strip() or "@" in entry:
        raise NotAWebAddressError(f'"{entry}" is neither a host nor host:port')
    host = _bracketed(normal_host(parts.hostname or ""))
    return host if port is None else f"{host}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
