"""The guard refuses every address that is not a plain public one, and opens only what an entry names."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from releases.probe.guard import Kind, kind_of, refuse

ALL_INTERFACES = "0.0.0.0"  # noqa: S104 (an address to be refused, not to listen on)
NOTHING_OPENED: frozenset[str] = frozenset()

REFUSED = {
    "unspecified": (ALL_INTERFACES, Kind.UNSPECIFIED),
    "this-network": ("0.1.2.3", Kind.UNSPECIFIED),
    "private-10": ("10.0.0.1", Kind.PRIVATE),
    "private-10-last": ("10.255.255.255", Kind.PRIVATE),
    "private-172-first": ("172.16.0.0", Kind.PRIVATE),
    "private-172-last": ("172.31.255.255", Kind.PRIVATE),
    "private-192": ("192.168.1.1", Kind.PRIVATE),
    "cgnat-first": ("100.64.0.0", Kind.CARRIER),
    "cgnat-last": ("100.127.255.255", Kind.CARRIER),
    "loopback": ("127.0.0.1", Kind.LOOPBACK),
    "loopback-other": ("127.8.9.10", Kind.LOOPBACK),
    "cloud-metadata": ("169.254.169.254", Kind.LINK_LOCAL),
    "protocol-assignments": ("192.0.0.8", Kind.RESERVED),
    "documentation-one": ("192.0.2.1", Kind.DOCUMENTATION),
    "documentation-two": ("198.51.100.1", Kind.DOCUMENTATION),
    "documentation-three": ("203.0.113.1", Kind.DOCUMENTATION),
    "six-to-four-relay": ("192.88.99.1", Kind.RELAY),
    "benchmarking": ("198.19.0.1", Kind.BENCHMARKING),
    "multicast": ("224.0.0.1", Kind.MULTICAST),
    "multicast-global": ("233.252.0.1", Kind.MULTICAST),
    "reserved": ("240.0.0.1", Kind.RESERVED),
    "broadcast": ("255.255.255.255", Kind.RESERVED),
    "ipv6-unspecified": ("::", Kind.UNSPECIFIED),
    "ipv6-loopback": ("::1", Kind.LOOPBACK),
    "ipv6-mapped-private": ("::ffff:10.0.0.1", Kind.MAPPED),
    "ipv6-mapped-loopback": ("::ffff:127.0.0.1", Kind.MAPPED),
    "ipv6-mapped-public": ("::ffff:8.8.8.8", Kind.MAPPED),
    "ipv6-mapped-in-hexadecimal": ("::ffff:7f00:1", Kind.MAPPED),
    "ipv6-compatible": ("::7f00:1", Kind.MAPPED),
    "ipv6-translated": ("::ffff:0:127.0.0.1", Kind.MAPPED),
    "nat64": ("64:ff9b::7f00:1", Kind.TRANSLATED),
    "nat64-public": ("64:ff9b::808:808", Kind.TRANSLATED),
    "nat64-local": ("64:ff9b:1::1", Kind.TRANSLATED),
    "discard": ("100::1", Kind.RESERVED),
    "teredo": ("2001::1", Kind.RELAY),
    "orchid": ("2001:20::1", Kind.RESERVED),
    "ipv6-documentation": ("2001:db8::1", Kind.DOCUMENTATION),
    "ipv6-documentation-new": ("3fff::1", Kind.DOCUMENTATION),
    "six-to-four": ("2002:7f00:1::1", Kind.SIX_TO_FOUR),
    "segment-routing": ("5f00::1", Kind.RESERVED),
    "unique-local": ("fd12:3456::1", Kind.PRIVATE),
    "site-local": ("fec0::1", Kind.PRIVATE),
    "ipv6-link-local": ("fe80::1", Kind.LINK_LOCAL),
    "ipv6-link-local-with-zone": ("fe80::1%eth0", Kind.LINK_LOCAL),
    "ipv6-multicast": ("ff02::1", Kind.MULTICAST),
    "ipv6-multicast-global": ("ff0e::1", Kind.MULTICAST),
    "ipv6-not-assigned": ("4000::1", Kind.RESERVED),
    "no-address": ("localhost", Kind.UNREADABLE),
    "octal": ("0177.0.0.1", Kind.UNREADABLE),
    "empty": ("", Kind.UNREADABLE),
}


@pytest.mark.parametrize(("address", "kind"), REFUSED.values(), ids=REFUSED.keys())
def test_an_address_that_is_not_public_is_refused_and_named(address, kind):
    assert kind_of(address) is kind
    reason = refuse(address, host="www.example.gov.uk", port=443, allow_private=NOTHING_OPENED)
    assert reason == f"{address} is {kind}"


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "151.101.0.144", "172.32.0.1", "100.128.0.1", "2a04:4e42::144", "2606:4700::1"]
)
def test_a_public_address_is_let_through(address):
    assert refuse(address, host="www.example.gov.uk", port=443, allow_private=NOTHING_OPENED) is None


@given(st.ip_addresses())
def test_whatever_is_let_through_is_global_unicast_by_the_standard_library_too(address):
    if kind_of(str(address)) is None:
        assert address.is_global
        assert not address.is_multicast
        assert not (isinstance(address, ipaddress.IPv6Address) and (address.ipv4_mapped or address.sixtofour))


class TestAnEntryOpensOnlyWhatItNames:
    ADDRESS = frozenset({"127.0.0.1:8765"})
    NAME = frozenset({"intranet.example.gov.uk:443"})

    def test_an_address_entry_opens_that_address_and_port(self):
        assert refuse("127.0.0.1", host="127.0.0.1", port=8765, allow_private=self.ADDRESS) is None

    def test_an_address_entry_does_not_open_another_port(self):
        assert refuse("127.0.0.1", host="127.0.0.1", port=8766, allow_private=self.ADDRESS)

    def test_an_address_entry_does_not_open_another_address(self):
        assert refuse("127.0.0.2", host="127.0.0.2", port=8765, allow_private=self.ADDRESS)

    def test_an_address_entry_does_not_open_a_name_that_leads_to_the_address(self):
        assert refuse("127.0.0.1", host="rebind.example.com", port=8765, allow_private=self.ADDRESS)

    def test_an_address_entry_does_not_open_another_address_reached_under_its_own(self):
        assert refuse("10.0.0.1", host="127.0.0.1", port=8765, allow_private=self.ADDRESS)

    @pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "100.64.0.9", "fd00::1"])
    def test_a_name_entry_opens_the_private_addresses_it_stands_for(self, address):
        assert refuse(address, host="intranet.example.gov.uk", port=443, allow_private=self.NAME) is None

    @pytest.mark.parametrize(
        "address", ["169.254.169.254", "fe80::1", "224.0.0.1", ALL_INTERFACES, "::ffff:10.0.0.1", "64:ff9b::a00:1"]
    )
    def test_a_name_entry_never_opens_link_local_and_stranger_addresses(self, address):
        assert refuse(address, host="intranet.example.gov.uk", port=443, allow_private=self.NAME)

    def test_a_name_entry_does_not_open_the_address_written_in_numbers(self):
        assert refuse("10.1.2.3", host="10.1.2.3", port=443, allow_private=self.NAME)

    def test_an_ipv6_entry_is_written_in_brackets(self):
        assert refuse("::1", host="::1", port=8765, allow_private=frozenset({"[::1]:8765"})) is None
        assert refuse("::1", host="::1", port=8766, allow_private=frozenset({"[::1]:8765"}))

    @pytest.mark.parametrize("address", [ALL_INTERFACES, "::", "224.0.0.1", "::ffff:127.0.0.1"])
    def test_some_addresses_are_opened_by_no_entry(self, address):
        host_with_port = f"[{address}]:80" if ":" in address else f"{address}:80"
        assert refuse(address, host=address, port=80, allow_private=frozenset({host_with_port}))
