"""The browser's proxy: what it connects to, and when it ends everything."""

import asyncio
import contextlib

import pytest

from releases.probe.browser_proxy import FilterProxy, PageLimits, own_private_entries
from releases.rules.web_address import parse_address

PUBLIC, LINK_LOCAL = "93.184.216.34", "169.254.169.254"


async def serve(content=b"hello", *, received=None):
    """A server that answers each connection with the same bytes, after the head of a request."""

    async def answer(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if received is not None:
                received.append(head)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content) + content)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    return server, server.sockets[0].getsockname()[1]


async def ask(proxy, head):
    reader, writer = await asyncio.open_connection("127.0.0.1", int(proxy.url.rpartition(":")[2]))
    writer.write(head)
    await writer.drain()
    try:
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


def names(*answers):
    """A resolver that gives one list of addresses after the other, the last one for ever; it counts its calls."""
    calls = []

    async def resolve(host, _port):
        calls.append(host)
        return answers[min(len(calls), len(answers)) - 1]

    resolve.calls = calls
    return resolve


def status(answer):
    return answer.split(b" ")[1] if answer else b""


def test_a_page_is_requested_without_the_headers_for_the_proxy():
    async def play():
        received = []
        server, port = await serve(received=received)
        async with FilterProxy(allow_private=frozenset({f"127.0.0.1:{port}"})) as proxy:
            head = f"GET http://127.0.0.1:{port}/a?b=c HTTP/1.1\r\nHost: x\r\nProxy-Connection: keep-alive\r\n\r\n"
            answer = await ask(proxy, head.encode())
        server.close()
        assert answer.endswith(b"hello")
        assert received == [b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"]

    asyncio.run(play())


def test_a_tunnel_leads_to_the_address_that_was_examined():
    async def play():
        server, port = await serve()
        allowed = frozenset({f"site.example:{port}"})
        async with FilterProxy(allow_private=allowed, resolve=names(["127.0.0.1"])) as proxy:
            head = f"CONNECT site.example:{port} HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"
            answer = await ask(proxy, head.encode())
        server.close()
        assert answer.startswith(b"HTTP/1.1 200 Connection established\r\n\r\nHTTP/1.1 200 OK")

    asyncio.run(play())


def test_a_name_that_changes_to_a_private_address_is_refused_and_resolved_once_for_each_connection():
    """DNS rebinding: the name has a public address when the page is loaded, and then that of an internal server."""

    async def play():
        resolve, opened = names([PUBLIC], ["127.0.0.1"], [LINK_LOCAL, "10.0.0.1"]), []

        async def open_connection(address, port):
            opened.append(address)
            raise OSError

        async with FilterProxy(resolve=resolve) as proxy:
            original, asyncio.open_connection = asyncio.open_connection, open_connection
            try:
                proxy_port = int(proxy.url.rpartition(":")[2])
                answers = []
                for _ in range(3):
                    reader, writer = await original("127.0.0.1", proxy_port)
                    writer.write(b"CONNECT site.example:443 HTTP/1.1\r\n\r\n")
                    answers.append(status(await reader.read()))
                    writer.close()
            finally:
                asyncio.open_connection = original
        assert answers == [b"502", b"403", b"403"]
        # Only the public address was ever tried, and the name was resolved once for each connection.
        assert (opened, resolve.calls) == ([PUBLIC], ["site.example"] * 3)
        assert ["loopback" in proxy.refusals[0], "link-local" in proxy.refusals[1]] == [True, True]

    asyncio.run(play())


def test_of_several_addresses_only_the_public_ones_are_tried():
    async def play():
        opened = []

        async def open_connection(address, port):
            opened.append(address)
            raise OSError

        async with FilterProxy(resolve=names(["10.0.0.1", PUBLIC, "::1"])) as proxy:
            original, asyncio.open_connection = asyncio.open_connection, open_connection
            try:
                reader, writer = await original("127.0.0.1", int(proxy.url.rpartition(":")[2]))
                writer.write(b"CONNECT site.example:443 HTTP/1.1\r\n\r\n")
                await reader.read()
                writer.close()
            finally:
                asyncio.open_connection = original
        assert opened == [PUBLIC]

    asyncio.run(play())


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT site.example:22",
        "CONNECT site.example:25",
        "CONNECT site.example",
        "CONNECT user@site.example:443",
        "CONNECT [::1]:443",
        "CONNECT 127.0.0.1:443",
        "CONNECT 169.254.169.254:80",
        "CONNECT 0.0.0.0:80",
        "GET http://127.0.0.1/",
        "GET http://site.example:6379/",
        "GET file:///etc/passwd",
        "GET ftp://site.example/",
        "GET /",
        "nonsense",
    ],
)
def test_other_ports_private_addresses_and_other_schemes_are_refused(line):
    async def play():
        async with FilterProxy() as proxy:
            assert status(await ask(proxy, f"{line} HTTP/1.1\r\n\r\n".encode())) == b"403"
            assert len(proxy.refusals) == 1

    asyncio.run(play())


def test_everything_ends_once_the_servers_have_sent_too_much():
    async def play():
        server, port = await serve(b"x" * 100_000)
        place = f"127.0.0.1:{port}"
        async with FilterProxy(allow_private=frozenset({place}), limits=PageLimits(bytes=50_000)) as proxy:
            first = await ask(proxy, f"GET http://{place}/ HTTP/1.1\r\n\r\n".encode())
            assert len(first) < 100_000
            assert proxy.is_over
            assert status(await ask(proxy, f"GET http://{place}/ HTTP/1.1\r\n\r\n".encode())) == b"403"
        server.close()

    asyncio.run(play())


def test_a_server_that_does_not_answer_holds_nothing_up():
    async def play():
        async def never(_host, _port):
            await asyncio.sleep(60)

        async with FilterProxy(resolve=never, limits=PageLimits(connect_seconds=0.1)) as proxy:
            assert status(await ask(proxy, b"CONNECT site.example:443 HTTP/1.1\r\n\r\n")) == b"502"

    asyncio.run(play())


def test_the_egress_proxy_of_the_office_is_used_with_its_password_and_not_for_private_names():
    async def play():
        received = []
        server, port = await serve(received=received)
        async with FilterProxy(upstream=f"http://name:pass%20word@127.0.0.1:{port}") as proxy:
            await ask(proxy, b"CONNECT site.example:443 HTTP/1.1\r\n\r\n")
            for line in (b"CONNECT localhost:443", b"CONNECT 10.0.0.1:443", b"GET http://2130706433/"):
                assert status(await ask(proxy, line + b" HTTP/1.1\r\n\r\n")) == b"403"
        server.close()
        (head,) = received
        assert head.startswith(b"CONNECT site.example:443 HTTP/1.1\r\nHost: site.example:443\r\n")
        assert b"Proxy-Authorization: Basic bmFtZTpwYXNzIHdvcmQ=\r\n" in head

    asyncio.run(play())


def test_a_private_host_is_open_only_to_its_own_pages():
    allowed = frozenset({"intranet.example:8080", "10.1.1.1:80"})
    assert own_private_entries(allowed, frozenset({"www.example.gov.uk"})) == frozenset()
    assert own_private_entries(allowed, frozenset({"Intranet.example:8080"})) == {"intranet.example:8080"}
    assert own_private_entries(allowed, frozenset({"intranet.example"})) == frozenset()


@pytest.mark.parametrize(
    "url", ["https://intranet.example/", "http://10.1.1.1/a", "https://[::1]/", "http://[::1]:443/"]
)
def test_a_private_host_is_open_to_its_own_pages_at_a_default_port(url):
    """The hosts of a page leave out a default port, and the entries of the setting always have a port."""
    address = parse_address(url)
    allowed = frozenset({address.host_with_port, "other.example:443", "[::2]:443"})
    assert own_private_entries(allowed, frozenset({address.place})) == {address.host_with_port}
