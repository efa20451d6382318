"""Addresses are read into one normal form, and what may not be fetched is refused with a sentence."""

import pytest

from releases.rules.web_address import (
    NotAWebAddressError,
    is_allowed,
    normal_entries,
    numeric_host,
    parse_address,
    parse_target,
    place_of,
)

NORMAL = {
    "case": ("HTTPS://WWW.Example.GOV.UK/A", "https://www.example.gov.uk/A"),
    "final-dot": ("https://www.example.gov.uk./a", "https://www.example.gov.uk/a"),
    "own-port": ("https://www.example.gov.uk:443/a", "https://www.example.gov.uk/a"),
    "other-port": ("https://www.example.gov.uk:8443/a", "https://www.example.gov.uk:8443/a"),
    "no-path": ("http://www.example.gov.uk", "http://www.example.gov.uk/"),
    "query": ("http://www.example.gov.uk/a?b=c%20d&e=f g", "http://www.example.gov.uk/a?b=c%20d&e=f%20g"),
    "fragment": ("http://www.example.gov.uk/a#part", "http://www.example.gov.uk/a"),
    "idna": ("http://bücher.example/ä", "http://xn--bcher-kva.example/%C3%A4"),
    "wide-digits": ("http://１２７．0.0.1/", "http://127.0.0.1/"),
    "ipv6": ("http://[2001:0DB8::0001]:80/", "http://[2001:db8::1]/"),
    "spaces-around": ("  http://www.example.gov.uk/a ", "http://www.example.gov.uk/a"),
    "backslash-in-path": ("http://www.example.gov.uk/a\\b", "http://www.example.gov.uk/a%5Cb"),
}

REFUSED = {
    "file": "file:///etc/passwd",
    "gopher": "gopher://www.example.gov.uk/",
    "no-scheme": "www.example.gov.uk/a",
    "no-host": "http:///a",
    "user": "http://someone@www.example.gov.uk/",
    "user-and-password": "http://www.example.gov.uk:secret@evil.example/",
    "backslash-before-user": "http://www.example.gov.uk\\@evil.example/",
    "backslash-in-host": "http://evil.example\\.example.gov.uk/",
    "port-too-high": "http://www.example.gov.uk:70000/",
    "port-zero": "http://www.example.gov.uk:0/",
    "port-in-words": "http://www.example.gov.uk:https/",
    "line-break": "http://www.example.gov.uk/\r\nHost: evil.example",
    "tab-in-host": "http://www.exa\tmple.gov.uk/",
    "nul": "http://www.example.gov.uk/\0",
    "percent-in-host": "http://%6c%6f%63alhost/",
    "empty-label": "http://www..gov.uk/",
    "long-label": f"http://{'a' * 64}.example/",
    "zone": "http://[fe80::1%25eth0]/",
    "half-bracket": "http://[::1/",
    "space-in-host": "http://www.example .gov.uk/",
    "endless": f"http://www.example.gov.uk/{'a' * 5000}",
}


@pytest.mark.parametrize(("written", "normal"), NORMAL.values(), ids=NORMAL.keys())
def test_an_address_is_brought_into_its_normal_form_once_and_for_all(written, normal):
    assert parse_address(written).url == normal
    assert parse_address(normal).url == normal


@pytest.mark.parametrize("written", REFUSED.values(), ids=REFUSED.keys())
def test_an_address_that_may_not_be_fetched_is_refused(written):
    with pytest.raises(NotAWebAddressError):
        parse_address(written)


def test_a_password_is_not_repeated_in_the_refusal():
    with pytest.raises(NotAWebAddressError) as refusal:
        parse_address("https://someone:secret@www.example.gov.uk/")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b", "https://www.example.gov.uk/b"),
        ("c", "https://www.example.gov.uk/a/c"),
        ("//other.example.gov.uk/b", "https://other.example.gov.uk/b"),
        ("http://www.example.gov.uk:80/ü x", "http://www.example.gov.uk/%C3%BC%20x"),
        ("?page=2", "https://www.example.gov.uk/a/?page=2"),
    ],
    ids=["path", "relative", "scheme-kept", "not-escaped", "query-alone"],
)
def test_a_redirect_is_read_from_where_it_was_met(location, target):
    assert parse_target(parse_address("https://www.example.gov.uk/a/"), location).url == target


@pytest.mark.parametrize(
    "location", ["javascript:alert(1)", "file:///etc/passwd", "ftp://www.example.gov.uk/", "http://a@b.example/", "//["]
)
def test_a_redirect_to_something_else_than_a_web_address_is_refused(location):
    with pytest.raises(NotAWebAddressError):
        parse_target(parse_address("https://www.example.gov.uk/a/"), location)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://www.example.gov.uk/x", True),
        ("http://www.example.gov.uk/x", True),
        ("https://WWW.EXAMPLE.GOV.UK./x", True),
        ("https://www.example.gov.uk:8443/x", False),
        ("https://example.gov.uk/x", False),
        ("https://www.example.gov.uk.evil.example/x", False),
        ("http://localhost:8765/x", True),
        ("http://localhost/x", False),
        ("http://localhost:8766/x", False),
    ],
)
def test_a_host_is_allowed_with_its_own_ports_and_a_host_with_port_with_that_port(url, allowed):
    assert is_allowed(parse_address(url), frozenset({"www.Example.gov.uk.", "localhost:8765"})) is allowed


@pytest.mark.parametrize("entry", ["", "http://www.example.gov.uk", "a b", "user@host", "host:port", "host/path"])
def test_an_entry_that_is_no_host_is_refused(entry):
    with pytest.raises(NotAWebAddressError):
        normal_entries(frozenset({entry}))


def test_the_place_of_an_address_is_its_host_with_a_port_only_where_that_is_unusual():
    assert place_of("https://WWW.gov.uk:443/a") == "www.gov.uk"
    assert place_of("http://localhost:8765/a") == "localhost:8765"
    assert place_of("http://[::1]:8765/a") == "[::1]:8765"


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_every_way_to_write_a_number_as_a_host_is_seen_through(host):
    assert numeric_host(host) == "127.0.0.1"


def test_a_name_is_not_a_number():
    assert numeric_host("www.example.gov.uk") == ""
