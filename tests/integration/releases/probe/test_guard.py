"""The guard refuses every address that is not a plain public one, and opens only what an entry names."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.probe.ssrf import NetworkKind, network_kind, refuse_address

ALL_INTERFACES = "0.0.0.0"  # noqa: S104 (an address to be refused, not to listen on)
NOTHING_OPENED: frozenset[str] = frozenset()

REFUSED = {
    "unspecified": (ALL_INTERFACES, NetworkKind.UNSPECIFIED),
    "this-network": ("0.1.2.3", NetworkKind.UNSPECIFIED),
    "private-10": ("10.0.0.1", NetworkKind.PRIVATE),
    "private-10-last": ("10.255.255.255", NetworkKind.PRIVATE),
    "private-172-first": ("172.16.0.0", NetworkKind.PRIVATE),
    "private-172-last": ("172.31.255.255", NetworkKind.PRIVATE),
    "private-192": ("192.168.1.1", NetworkKind.PRIVATE),
    "cgnat-first": ("100.64.0.0", NetworkKind.CARRIER),
    "cgnat-last": ("100.127.255.255", NetworkKind.CARRIER),
    "loopback": ("127.0.0.1", NetworkKind.LOOPBACK),
    "loopback-other": ("127.8.9.10", NetworkKind.LOOPBACK),
    "cloud-metadata": ("169.254.169.254", NetworkKind.LINK_LOCAL),
    "protocol-assignments": ("192.0.0.8", NetworkKind.RESERVED),
    "documentation-one": ("192.0.2.1", NetworkKind.DOCUMENTATION),
    "documentation-two": ("198.51.100.1", NetworkKind.DOCUMENTATION),
    "documentation-three": ("203.0.113.1", NetworkKind.DOCUMENTATION),
    "six-to-four-relay": ("192.88.99.1", NetworkKind.RELAY),
    "benchmarking": ("198.19.0.1", NetworkKind.BENCHMARKING),
    "multicast": ("224.0.0.1", NetworkKind.MULTICAST),
    "multicast-global": ("233.252.0.1", NetworkKind.MULTICAST),
    "reserved": ("240.0.0.1", NetworkKind.RESERVED),
    "broadcast": ("255.255.255.255", NetworkKind.RESERVED),
    "ipv6-unspecified": ("::", NetworkKind.UNSPECIFIED),
    "ipv6-loopback": ("::1", NetworkKind.LOOPBACK),
    "ipv6-mapped-private": ("::ffff:10.0.0.1", NetworkKind.MAPPED),
    "ipv6-mapped-loopback": ("::ffff:127.0.0.1", NetworkKind.MAPPED),
    "ipv6-mapped-public": ("::ffff:8.8.8.8", NetworkKind.MAPPED),
    "ipv6-mapped-in-hexadecimal": ("::ffff:7f00:1", NetworkKind.MAPPED),
    "ipv6-compatible": ("::7f00:1", NetworkKind.MAPPED),
    "ipv6-translated": ("::ffff:0:127.0.0.1", NetworkKind.MAPPED),
    "nat64": ("64:ff9b::7f00:1", NetworkKind.TRANSLATED),
    "nat64-public": ("64:ff9b::808:808", NetworkKind.TRANSLATED),
    "nat64-local": ("64:ff9b:1::1", NetworkKind.TRANSLATED),
    "discard": ("100::1", NetworkKind.RESERVED),
    "teredo": ("2001::1", NetworkKind.RELAY),
    "orchid": ("2001:20::1", NetworkKind.RESERVED),
    "ipv6-documentation": ("2001:db8::1", NetworkKind.DOCUMENTATION),
    "ipv6-documentation-new": ("3fff::1", NetworkKind.DOCUMENTATION),
    "six-to-four": ("2002:7f00:1::1", NetworkKind.SIX_TO_FOUR),
    "segment-routing": ("5f00::1", NetworkKind.RESERVED),
    "unique-local": ("fd12:3456::1", NetworkKind.PRIVATE),
    "site-local": ("fec0::1", NetworkKind.PRIVATE),
    "ipv6-link-local": ("fe80::1", NetworkKind.LINK_LOCAL),
    "ipv6-link-local-with-zone": ("fe80::1%eth0", NetworkKind.LINK_LOCAL),
    "ipv6-multicast": ("ff02::1", NetworkKind.MULTICAST),
    "ipv6-multicast-global": ("ff0e::1", NetworkKind.MULTICAST),
    "ipv6-not-assigned": ("4000::1", NetworkKind.RESERVED),
    "no-address": ("localhost", NetworkKind.UNREADABLE),
    "octal": ("0177.0.0.1", NetworkKind.UNREADABLE),
    "empty": ("", NetworkKind.UNREADABLE),
}


@pytest.mark.parametrize(("address", "kind"), REFUSED.values(), ids=REFUSED.keys())
def test_an_address_that_is_not_public_is_refused_and_named(address, kind):
    assert network_kind(address) is kind
    reason = refuse_address(address, host="www.example.gov.uk", port=443, allow_private=NOTHING_OPENED)
    assert reason == f"{address} is {kind}"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "151.101.0.144", "172.32.0.1", "100.128.0.1", "2a04:4e42::144", "2606:4700::1"]
)
def test_a_public_address_is_let_through(address):
    assert refuse_address(address, host="www.example.gov.uk", port=443, allow_private=NOTHING_OPENED) is None


@given(st.ip_addresses())
def test_whatever_is_let_through_is_global_unicast_by_the_standard_library_too(address):
    if network_kind(str(address)) is None:
        assert address.is_global
        assert not address.is_multicast
        assert not (isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.sixtofour))


class TestAnEntryOpensOnlyWhatItNames:
    ADDRESS = frozenset({"127.0.0.1:8765"})
    NAME = frozenset({"intranet.example.gov.uk:443"})

    def test_an_address_entry_opens_that_address_and_port(self):
        assert refuse_address("127.0.0.1", host="127.0.0.1", port=8765, allow_private=self.ADDRESS) is None

    def test_an_address_entry_does_not_open_another_port(self):
        assert refuse_address("127.0.0.1", host="127.0.0.1", port=8766, allow_private=self.ADDRESS)

    def test_an_address_entry_does_not_open_another_address(self):
        assert refuse_address("127.0.0.2", host="127.0.0.2", port=8765, allow_private=self.ADDRESS)

    def test_an_address_entry_does_not_open_a_name_that_leads_to_the_address(self):
        assert refuse_address("127.0.0.1", host="rebind.example.com", port=8765, allow_private=self.ADDRESS)

    def test_an_address_entry_does_not_open_another_address_reached_under_its_own(self):
        assert refuse_address("10.0.0.1", host="127.0.0.1", port=8765, allow_private=self.ADDRESS)

    @pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "100.64.0.9", "fd00::1"])
    def test_a_name_entry_opens_the_private_addresses_it_stands_for(self, address):
        assert refuse_address(address, host="intranet.example.gov.uk", port=443, allow_private=self.NAME) is None

    @pytest.mark.parametrize(
        "address", ["169.254.169.254", "fe80::1", "224.0.0.1", ALL_INTERFACES, "::ffff:10.0.0.1", "64:ff9b::a00:1"]
    )
    def test_a_name_entry_never_opens_link_local_and_stranger_addresses(self, address):
        assert refuse_address(address, host="intranet.example.gov.uk", port=443, allow_private=self.NAME)

    def test_a_name_entry_does_not_open_the_address_written_in_numbers(self):
        assert refuse_address("10.1.2.3", host="10.1.2.3", port=443, allow_private=self.NAME)

    def test_an_ipv6_entry_is_written_in_brackets(self):
        assert refuse_address("::1", host="::1", port=8765, allow_private=frozenset({"[::1]:8765"})) is None
        assert refuse_address("::1", host="::1", port=8766, allow_private=frozenset({"[::1]:8765"}))

    @pytest.mark.parametrize("address", [ALL_INTERFACES, "::", "224.0.0.1", "::ffff:127.0.0.1"])
    def test_some_addresses_are_opened_by_no_entry(self, address):
        host_with_port = f"[{address}]:80" if ":" in address else f"{address}:80"
        assert refuse_address(address, host=address, port=80, allow_private=frozenset({host_with_port}))
