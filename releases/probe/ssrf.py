"""The address guard, which decides to which network addresses connections may be opened."""

from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network


class NetworkKind(StrEnum):
    """The kinds of IP addresses that are not ordinary public addresses."""

    LOOPBACK = "a loopback address"
    PRIVATE = "a private address"
    CARRIER = "an address shared behind a carrier's translation (CGNAT)"
    LINK_LOCAL = "a link-local address"
    UNSPECIFIED = "an unspecified address"
    MULTICAST = "a multicast address"
    RESERVED = "a reserved address"
    DOCUMENTATION = "an address for documentation"
    BENCHMARKING = "an address for benchmarking"
    RELAY = "a relay of 6to4, Teredo, AMT or AS112"
    SIX_TO_FOUR = "a 6to4 address, which hides an IPv4 address"
    TRANSLATED = "a NAT64 address, which hides an IPv4 address"
    MAPPED = "an IPv4 address written inside an IPv6 address"
    UNREADABLE = "not an address"


# Source: IANA's special-purpose registries of IPv4 and IPv6 addresses (RFC 6890 and its successors). All networks are
# listed, because on some versions of Python `is_global` is true for 6to4, NAT64, multicast and other addresses. If an
# address is in several networks, the first of them counts.
_RANGES = tuple(
    (ip_network(network), kind)
    for network, kind in (
        ("0.0.0.0/8", NetworkKind.UNSPECIFIED),
        ("10.0.0.0/8", NetworkKind.PRIVATE),
        ("100.64.0.0/10", NetworkKind.CARRIER),
        ("127.0.0.0/8", NetworkKind.LOOPBACK),
        ("169.254.0.0/16", NetworkKind.LINK_LOCAL),
        ("172.16.0.0/12", NetworkKind.PRIVATE),
        ("192.0.0.0/24", NetworkKind.RESERVED),
        ("192.0.2.0/24", NetworkKind.DOCUMENTATION),
        ("192.31.196.0/24", NetworkKind.RELAY),
        ("192.52.193.0/24", NetworkKind.RELAY),
        ("192.88.99.0/24", NetworkKind.RELAY),
        ("192.168.0.0/16", NetworkKind.PRIVATE),
        ("192.175.48.0/24", NetworkKind.RELAY),
        ("198.18.0.0/15", NetworkKind.BENCHMARKING),
        ("198.51.100.0/24", NetworkKind.DOCUMENTATION),
        ("203.0.113.0/24", NetworkKind.DOCUMENTATION),
        ("224.0.0.0/4", NetworkKind.MULTICAST),
        ("240.0.0.0/4", NetworkKind.RESERVED),
        ("::/128", NetworkKind.UNSPECIFIED),
        ("::1/128", NetworkKind.LOOPBACK),
        ("::/96", NetworkKind.MAPPED),
        ("::ffff:0:0/96", NetworkKind.MAPPED),
        ("::ffff:0:0:0/96", NetworkKind.MAPPED),
        ("64:ff9b::/96", NetworkKind.TRANSLATED),
        ("64:ff9b:1::/48", NetworkKind.TRANSLATED),
        ("100::/64", NetworkKind.RESERVED),
        ("2001::/32", NetworkKind.RELAY),
        ("2001:db8::/32", NetworkKind.DOCUMENTATION),
        ("2001::/23", NetworkKind.RESERVED),
        ("2002::/16", NetworkKind.SIX_TO_FOUR),
        ("2620:4f:8000::/48", NetworkKind.RELAY),
        ("3fff::/20", NetworkKind.DOCUMENTATION),
        ("5f00::/16", NetworkKind.RESERVED),
        ("fc00::/7", NetworkKind.PRIVATE),
        ("fe80::/10", NetworkKind.LINK_LOCAL),
        ("fec0::/10", NetworkKind.PRIVATE),
        ("ff00::/8", NetworkKind.MULTICAST),
    )
)
_PUBLIC_IPV6 = ip_network("2000::/3")

_OPENED_BY_A_NAME = frozenset({NetworkKind.LOOPBACK, NetworkKind.PRIVATE, NetworkKind.CARRIER})
_NEVER_OPENED = frozenset({NetworkKind.UNSPECIFIED, NetworkKind.MULTICAST, NetworkKind.MAPPED, NetworkKind.UNREADABLE})


def refuse_address(address: str, *, host: str, port: int, allow_private: Iterable[str]) -> str | None:
    """Return the reason why a connection to an address must not be opened, or None if it may be opened.

    The address is the one to which a socket is about to connect. So it does not matter how the URL writes the host (as
    a name, in decimal or in octal), or whether a name later resolves to another address.

    :param address: an IPv4 or IPv6 address.
    :param host: the host of the URL, normalised and without brackets.
    :param allow_private: "host:port" entries. An entry applies only to URLs with this host and port. If the host is an
        address, the entry allows this address. If the host is a name, the entry allows the loopback, private and shared
        addresses to which the name resolves. A name never allows link-local addresses, because clouds serve credentials
        there.
    """
    kind = network_kind(address)
    entry = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if kind is None or (entry in allow_private and _opens(host, address, kind)):
        return None
    return f"{address} is {kind}"


@lru_cache(maxsize=4096)
def network_kind(address: str) -> NetworkKind | None:
    """Return the kind of an address, or None if it is an ordinary public address."""
    parsed = _parsed(address)
    if parsed is None:
        return NetworkKind.UNREADABLE
    for network, kind in _RANGES:
        if parsed.version == network.version and parsed in network:
            return kind
    if not parsed.is_global or (parsed.version == 6 and parsed not in _PUBLIC_IPV6):
        return NetworkKind.RESERVED
    return None


def _opens(host: str, address: str, kind: NetworkKind) -> bool:
    if kind in _NEVER_OPENED:
        return False
    literal = _parsed(host)
    if literal is not None:
        return literal == _parsed(address)
    return kind in _OPENED_BY_A_NAME


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    try:
        # A zone ("%eth0") names an interface of this machine and changes nothing about the address.
        return ip_address(text.partition("%")[0])
    except ValueError:
        return None
