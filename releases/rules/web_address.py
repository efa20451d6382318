"""Web addresses in normal form, allowed hosts, and patterns for the addresses of releases."""

import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv6Address
from string import Formatter
from urllib.parse import quote, urljoin, urlsplit

from releases.rules.calendar import Precision

DEFAULT_PORTS = {"http": 80, "https": 443}
MOST_CHARACTERS = 4096

# Control characters, and halves of surrogate pairs. JSON may contain them, but they cannot be sent or stored.
_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# The characters that RFC 3986 allows in a path or a query. They include "%", so that escaped characters are not escaped
# again.
_UNQUOTED = "/:@!$&'()*+,;=~?%[]-._"


class NotAWebAddressError(ValueError):
    """The text is not an address that may be fetched. The message says why."""


@dataclass(frozen=True, slots=True)
class WebAddress:
    """An http or https address in normal form.

    The host is in ASCII and in lower case, without a final dot. The address has no user name and no fragment.
    """

    url: str
    scheme: str
    host: str
    port: int

    @property
    def place(self) -> str:
        """The host, with the port if it is not the default of the scheme. This is the key of budgets and leases."""
        return self.host_with_port if self.port != DEFAULT_PORTS[self.scheme] else _bracketed(self.host)

    @property
    def host_with_port(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"


_TELEPHONE = re.compile(r"\+?\d(?:[\d ()./-]*\d)?")


def is_uk_mobile(uri: str) -> bool:
    """Return whether a result of `telephone_uri` is a UK mobile number, which can receive text messages."""
    return bool(re.fullmatch(r"tel:(\+44|0)7\d{9}", uri))


def telephone_uri(number: str) -> str:
    """Return the `tel:` address of the first telephone number in a text (RFC 3966); empty if it has none.

    If the number has a country code, a zero in brackets is left out. So "+44 (0)20 ..." becomes "tel:+4420...".
    """
    found = _TELEPHONE.search(number)
    if not found:
        return ""
    written = found[0].replace("(0)", "") if found[0].startswith("+") else found[0]
    return f"tel:{re.sub(r'[^+0-9]', '', written)}"


# The results are cached, because each check parses its address, and thousands of checks can be due at one instant.
@lru_cache(maxsize=20_000)
def parse_address(url: str) -> WebAddress:
    """Parse an address, and return its normal form.

    :raises NotAWebAddressError: if the address is not http or https, has no valid host, has an invalid port, has a user
        name or password, contains control characters, or is too long.
    """
    written = url.strip(" ")
    if _CONTROL.search(written) or len(written) > MOST_CHARACTERS:
        raise NotAWebAddressError(
            f"{written[:80]!r} has control characters or more than {MOST_CHARACTERS:,} characters"
        )
    try:
        parts = urlsplit(written)
        port = parts.port
    except ValueError as error:
        raise NotAWebAddressError(f'"{written}" cannot be read: {error}') from error
    if parts.scheme not in DEFAULT_PORTS:
        raise NotAWebAddressError(f'"{written}" does not start with http:// or https://')
    if "@" in parts.netloc:
        raise NotAWebAddressError(f'"{parts.scheme}://...@..." has a user name. Remove it')
    if port == 0:
        raise NotAWebAddressError(f'"{written}" has port 0, which is not a port of a website')
    host = normal_host(parts.hostname or "")
    address = WebAddress("", parts.scheme, host, port or DEFAULT_PORTS[parts.scheme])
    path = quote(parts.path or "/", safe=_UNQUOTED)
    query = f"?{quote(parts.query, safe=_UNQUOTED)}" if parts.query else ""
    return WebAddress(f"{parts.scheme}://{address.place}{path}{query}", address.scheme, host, address.port)


def parse_target(base: WebAddress, location: str) -> WebAddress:
    """Return the target of a redirect from `base`.

    :raises NotAWebAddressError: if the target is not an address that may be fetched.
    """
    try:
        joined = urljoin(base.url, location.strip())
    except ValueError as error:
        raise NotAWebAddressError(f"{location[:80]!r} cannot be read") from error
    return parse_address(joined)


def normal_host(host: str) -> str:
    """Return a host in lower case and ASCII (IDNA), without a final dot. IPv6 addresses are in their short form.

    :raises NotAWebAddressError: if the host is empty or not valid.
    """
    if ":" in host:
        try:
            parsed = IPv6Address(host)
        except ValueError as error:
            raise NotAWebAddressError(f'"{host}" is not an IPv6 address') from error
        if parsed.scope_id is not None:
            raise NotAWebAddressError(f'"{host}" has a zone identifier (after %). Remove it')
        return str(parsed)
    try:
        ascii_host = host.encode("idna").decode().lower().removesuffix(".")
    except UnicodeError as error:
        raise NotAWebAddressError(f'"{host}" is not a host') from error
    if len(ascii_host) > 253 or not all(_LABEL.fullmatch(label) for label in ascii_host.split(".")):
        raise NotAWebAddressError(f'"{host}" is not a host')
    return ascii_host


def place_of(url: str) -> str:
    """:raises NotAWebAddressError: if `url` is not an address that may be fetched."""
    return parse_address(url).place


def place_if_any(url: str) -> str:
    """Return the place of an address like `place_of`, or "" if the address may not be fetched."""
    try:
        return place_of(url)
    except NotAWebAddressError:
        return ""


def address_that_cannot_exist(url: str, *, token: str) -> str:
    """Return an address at which no page can exist, in the same folder as `url`.

    The site responds with its "not found" page. Some sites send this page with a success status. The folder is the
    same, because parts of a site may have different "not found" pages.

    :param token: letters and digits with which no address of the site ends.
    :raises NotAWebAddressError: if `url` is not an address that may be fetched.
    """
    folder, _, _ = parse_address(url).url.partition("?")[0].rpartition("/")
    return f"{folder}/no-such-page-{token}"


@lru_cache(maxsize=1024)
def normal_entries(entries: frozenset[str]) -> frozenset[str]:
    """Normalise "host" and "host:port" entries, so that they can be compared with addresses.

    :raises NotAWebAddressError: if an entry has neither form.
    """
    return frozenset(_normal_entry(entry) for entry in entries)


def is_allowed(address: WebAddress, allowed_hosts: frozenset[str]) -> bool:
    """Return whether an address is on one of the allowed hosts.

    :param allowed_hosts: "host" allows the default ports 80 (http) and 443 (https); "host:port" allows that port.
    """
    normal = normal_entries(allowed_hosts)
    return address.place in normal or address.host_with_port in normal


def is_local_name(host: str) -> bool:
    """Return whether a host name refers to the requesting machine without a DNS query (RFC 6761)."""
    return host == "localhost" or host.endswith(".localhost")


def numeric_host(host: str) -> str:
    """Return the IP address if a host is an IP address, or "" if the host is a name.

    IPv4 addresses in decimal, octal or short form are recognised too.
    """
    if ":" in host:
        return host
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return ""


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


class Fault(StrEnum):
    BRACES = "braces"
    UNKNOWN_NAME = "unknown_name"
    MORE_THAN_A_NAME = "more_than_a_name"
    MONTH_NOT_KNOWN = "month_not_known"
    DAY_NOT_KNOWN = "day_not_known"


class BadPattern(ValueError):
    """The pattern cannot be used. `fault` is the reason, and `name` is the text between the braces."""

    def __init__(self, fault: Fault, name: str = "") -> None:
        super().__init__(f"{fault.value}: {name}" if name else fault.value)
        self.fault = fault
        self.name = name


@dataclass(frozen=True, slots=True)
class Facts:
    on: date
    precision: Precision
    slug: str
    reference: str
    title: str = ""

    @property
    def last_month(self) -> date:
        return self.on.replace(day=1) - timedelta(days=1)


NAMES: dict[str, Callable[[Facts], str]] = {
    "year": lambda facts: f"{facts.on:%Y}",
    "month": lambda facts: f"{facts.on:%m}",
    "month_name": lambda facts: f"{facts.on:%B}",
    "day": lambda facts: f"{facts.on:%d}",
    "last_month_year": lambda facts: f"{facts.last_month:%Y}",
    "last_month": lambda facts: f"{facts.last_month:%m}",
    "last_month_name": lambda facts: f"{facts.last_month:%B}",
    "slug": lambda facts: facts.slug,
    "reference": lambda facts: facts.reference,
    "title": lambda facts: facts.title,
}
"""Maps each name that is allowed between braces to a function that returns its text."""

_OF_THE_MONTH = frozenset({"year", "month", "month_name", "last_month_year", "last_month", "last_month_name"})


def pattern_names(pattern: str) -> list[str]:
    """Return the names between the braces of a pattern, in order.

    :raises BadPattern: if a brace is unmatched, or the text between two braces is not a known name.
    """
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError as error:
        raise BadPattern(Fault.BRACES) from error
    names = []
    for _, name, formatting, conversion in parts:
        if name is None:
            continue
        if formatting or conversion:
            raise BadPattern(Fault.MORE_THAN_A_NAME, name)
        if name not in NAMES:
            raise BadPattern(Fault.UNKNOWN_NAME, name)
        names.append(name)
    return names


def fill_pattern(pattern: str, facts: Facts, *, is_address: bool) -> str:
    """Fill in a pattern for one release. If `is_address`, names of months are in lower case.

    :raises BadPattern: if the pattern is invalid, or contains a part of the date that is not known yet.
    """
    values = {}
    for name in pattern_names(pattern):
        if name in _OF_THE_MONTH and facts.precision is Precision.TWO_MONTHS:
            raise BadPattern(Fault.MONTH_NOT_KNOWN, name)
        if name == "day" and facts.precision is not Precision.EXACT:
            raise BadPattern(Fault.DAY_NOT_KNOWN, name)
        value = NAMES[name](facts)
        values[name] = value.lower() if is_address and name.endswith("month_name") else value
    return Formatter().vformat(pattern, (), values)
