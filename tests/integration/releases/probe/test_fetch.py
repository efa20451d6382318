"""A fetch brings back what a publisher's server said, with its instants, and nothing of an earlier one."""

import gzip
import hashlib
import ssl
import subprocess
import threading
import time
import zlib
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import brotli
import pytest

from releases.probe.client import limit_connections
from releases.rules.host_budget import Budget
from releases.rules.response import Failure, Hop
from releases.rules.web_address import NotAWebAddressError
from tests.support.fetching import PLANNED, QUICK, answers, check_request, fetch, make_fetcher, real_now
from tests.support.publishers import always, once, path_of, publisher, response, self_signed, tls_with

PAGE = b"<title>Pupil absence in schools: autumn 2026</title>" * 20


def test_a_page_comes_back_with_status_headers_body_and_peer():
    with publisher(always(response(200, PAGE, Content_Type="Text/HTML; charset=UTF-8", ETag='"1"'))) as site:
        answer = fetch(site.url("/a?b=c#d"), opened=[site.entry])
    assert answer.failure is None
    assert (answer.status, answer.body) == (200, PAGE)
    assert (answer.content_type, answer.charset) == ("text/html", "utf-8")
    assert answer.header("etag") == '"1"'
    assert answer.peer_address == "127.0.0.1"
    assert answer.hops == (Hop(url=site.url("/a?b=c"), status=200),)
    assert answer.final_url == site.url("/a?b=c")
    assert answer.requested_url == site.url("/a?b=c#d")
    assert answer.planned_at == PLANNED
    assert not answer.left_allowed_hosts
    assert 0 <= answer.seconds["connect"] <= answer.seconds["first_byte"] <= answer.seconds["total"]
    assert path_of(site.requests[0]) == "/a?b=c"


def test_a_request_says_who_asks_and_carries_neither_cookies_nor_conditions():
    named = "statsoffice-release-check (An office; a@example.gov.uk)"
    page = response(200, PAGE, Set_Cookie="a=b", ETag='"1"', Last_Modified="Tue, 24 Nov 2026 09:30:00 GMT")
    with publisher(always(page)) as site, make_fetcher(site.entry, user_agent=named) as fetcher:
        for _ in range(2):
            fetcher.start(check_request(site.url(), site.entry))
            answers(fetcher)
    assert len(site.requests) == 2
    for head in site.requests:
        assert f"User-Agent: {named}\r\n" in head
        assert "Accept-Encoding: gzip, deflate, br\r\n" in head
        assert "cookie" not in head.lower()
        assert "if-none-match" not in head.lower()
        assert "if-modified-since" not in head.lower()


def test_a_connection_is_used_again_but_every_check_is_a_new_request():
    with publisher(always(response(200, PAGE))) as site, make_fetcher(site.entry) as fetcher:
        for _ in range(5):
            fetcher.start(check_request(site.url(), site.entry))
            answers(fetcher)
    assert (site.connections, len(site.requests)) == (1, 5)


def test_a_connection_that_the_server_has_closed_meanwhile_is_no_failure():
    with publisher(once(response(200, PAGE))) as site, make_fetcher(site.entry) as fetcher:
        for _ in range(3):
            fetcher.start(check_request(site.url(), site.entry))
            ((_, answer),) = answers(fetcher)
            assert (answer.failure, answer.status) == (None, 200)
            time.sleep(0.02)


@pytest.mark.parametrize("status", [200, 204, 304, 404, 410, 403, 429, 500, 503])
def test_every_status_is_an_answer(status):
    with publisher(once(f"HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n".encode())) as site:
        answer = fetch(site.url(), opened=[site.entry])
    assert (answer.failure, answer.status) == (None, status)


@pytest.mark.parametrize(
    ("coding", "compressed"),
    [("gzip", gzip.compress(PAGE)), ("deflate", zlib.compress(PAGE)), ("br", brotli.compress(PAGE))],
    ids=["gzip", "deflate", "br"],
)
def test_a_compressed_page_is_decoded(coding, compressed):
    with publisher(always(response(200, compressed, Content_Encoding=coding))) as site:
        answer = fetch(site.url(), opened=[site.entry])
    assert (answer.failure, answer.body) == (None, PAGE)


def test_headers_of_a_reply_in_between_and_after_the_body_are_not_taken_for_the_answers_own():
    raw = (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
        b"X-Kept: caf\xe9\r\nX-Text: \xc3\xbc\r\n\r\n5\r\nwhole\r\n0\r\nX-Trailer: late\r\n\r\n"
    )
    with publisher(once(raw)) as site:
        answer = fetch(site.url(), opened=[site.entry])
    assert (answer.status, answer.body) == (200, b"whole")
    assert answer.headers == (("transfer-encoding", "chunked"), ("x-kept", "café"), ("x-text", "ü"))


class TestInstants:
    def test_sent_lies_after_the_start_and_completed_after_the_servers_last_word(self):
        def slowly(connection, head):
            time.sleep(0.2)
            connection.sendall(response(200, PAGE))

        with publisher(slowly) as site:
            before = real_now()
            answer = fetch(site.url(), opened=[site.entry])
            after = real_now()
        assert before <= answer.sent_at <= answer.completed_at <= after
        assert answer.sent_at - before < timedelta(seconds=0.15)
        assert answer.completed_at - answer.sent_at >= timedelta(seconds=0.2)

    def test_sent_is_when_the_request_leaves_not_when_the_connection_is_begun(self, tmp_path):
        pem = self_signed(tmp_path)
        with publisher(always(response(200, PAGE)), tls=tls_with(pem), pause=0.3) as site:
            before = real_now()
            answer = fetch(site.url(), opened=[site.entry], authorities=str(pem))
        assert answer.failure is None
        assert answer.sent_at - before >= timedelta(seconds=0.3)

    def test_an_errand_that_waited_for_its_budget_is_sent_when_its_turn_comes(self):
        budget = Budget(connections=5, per_second=2)
        with (
            publisher(always(response(200, PAGE))) as site,
            make_fetcher(site.entry, default_budget=budget) as fetcher,
        ):
            for number in range(4):
                fetcher.start(check_request(site.url(), site.entry, key=number))
            sent = [answer.sent_at for _, answer in sorted(answers(fetcher), key=lambda pair: pair[0].key)]
        assert sent[2] - sent[0] >= timedelta(seconds=0.98)
        assert sent[1] - sent[0] < timedelta(seconds=0.5)

    def test_a_rehearsals_clock_is_the_only_clock(self):
        instant = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
        with publisher(always(response(200, PAGE))) as site:
            answer = fetch(site.url(), opened=[site.entry], now=lambda: instant)
        assert (answer.sent_at, answer.completed_at) == (instant, instant)

    def test_a_clock_that_is_set_back_does_not_complete_a_check_before_it_was_sent(self):
        instants = iter(datetime(2026, 11, 24, 9, 30, tzinfo=UTC) - timedelta(seconds=n) for n in range(100))
        with publisher(always(response(200, PAGE))) as site:
            answer = fetch(site.url(), opened=[site.entry], now=lambda: next(instants))
        assert answer.completed_at == answer.sent_at


class TestPolling:
    @pytest.mark.slow
    def test_poll_waits_for_an_answer_but_not_longer_than_told(self):
        def slowly(connection, head):
            time.sleep(0.3)
            connection.sendall(response(200, PAGE))

        with publisher(slowly) as site, make_fetcher(site.entry) as fetcher:
            fetcher.start(check_request(site.url(), site.entry))
            assert fetcher.in_flight == 1
            begun = time.monotonic()
            assert fetcher.poll(0) == []
            assert fetcher.poll(0.1) == []
            assert 0.1 <= time.monotonic() - begun < 0.25
            assert len(fetcher.poll(5)) == 1
            assert time.monotonic() - begun < 0.5
            assert fetcher.in_flight == 0

    @pytest.mark.slow
    def test_an_answer_that_came_while_starting_is_not_waited_for(self):
        with publisher(always(response(200, PAGE))) as site, make_fetcher(site.entry) as fetcher:
            begun = time.monotonic()
            for host in ("127.0.0.1", "127.0.0.1", "localhost"):
                fetcher.start(check_request(site.url(host=host), site.entry, f"localhost:{site.port}"))
                assert len(fetcher.poll(5)) == 1
            assert time.monotonic() - begun < 1

    def test_what_is_in_flight_counts_what_waits_what_flies_and_what_no_one_has_fetched_yet(self):
        with make_fetcher("127.0.0.1:1") as fetcher:
            fetcher.start(check_request("ftp://127.0.0.1/", "127.0.0.1"))
            assert fetcher.in_flight == 1
            assert len(fetcher.poll(0)) == 1
            assert fetcher.in_flight == 0

    def test_many_errands_at_once_all_come_back_under_their_own_keys(self):
        def echo(connection, head):
            connection.sendall(response(200, path_of(head).encode()))

        with publisher(echo) as site, make_fetcher(site.entry, most_in_flight=40) as fetcher:
            for number in range(150):
                fetcher.start(check_request(site.url(f"/{number}"), site.entry, key=number))
            assert fetcher.in_flight == 150
            got = {done.key: answer.body for done, answer in answers(fetcher)}
        assert got == {number: f"/{number}".encode() for number in range(150)}
        assert site.most_at_a_time <= 40

    def test_a_budget_holds_the_connections_of_a_host(self):
        def slowly(connection, head):
            time.sleep(0.05)
            connection.sendall(response(200, PAGE))

        with publisher(slowly) as site:
            budgets = {site.entry: Budget(connections=3, per_second=1000)}
            with make_fetcher(site.entry, budgets=budgets) as fetcher:
                for number in range(12):
                    fetcher.start(check_request(site.url(), site.entry, key=number))
                assert len(answers(fetcher)) == 12
        assert site.most_at_a_time == 3

    def test_a_poll_waits_while_all_connections_are_in_use_although_a_host_may_be_asked_again(self, monkeypatch):
        ends, rounds = threading.Event(), []

        def silent(connection, head):
            ends.wait(8)
            connection.sendall(response(200, PAGE))

        limits = replace(QUICK, total_seconds=10)
        with (
            publisher(silent) as site,
            publisher(silent) as other,
            make_fetcher(site.entry, other.entry, most_in_flight=2, limits=limits) as fetcher,
        ):
            fetcher.start(check_request(site.url(), site.entry, key="first"))
            fetcher.rest(site.entry, seconds=0.05)
            fetcher.start(check_request(site.url(), site.entry, key="waits for its host"))
            fetcher.start(check_request(other.url(), other.entry, key="second"))
            fetcher.poll(0.1)
            drive = fetcher._drive
            monkeypatch.setattr(fetcher, "_drive", lambda **fields: [rounds.append(fields), drive(**fields)])
            assert fetcher.poll(0.3) == []
            ends.set()
            assert len(answers(fetcher)) == 3
        assert len(rounds) < 20

    def test_closing_gives_up_what_is_in_flight(self):
        def never(connection, head):
            time.sleep(0.5)

        with publisher(never) as site:
            fetcher = make_fetcher(site.entry)
            fetcher.start(check_request(site.url(), site.entry))
            fetcher.poll(0.05)
            fetcher.close()


class TestTls:
    def test_a_certificate_that_no_one_vouches_for_is_a_tls_failure(self, tmp_path):
        with publisher(always(response(200, PAGE)), tls=tls_with(self_signed(tmp_path))) as site:
            answer = fetch(site.url(), opened=[site.entry])
        assert answer.failure is Failure.TLS
        assert answer.status is None
        assert "certificate" in answer.failure_detail
        assert site.requests == []

    def test_a_certificate_for_another_name_is_a_tls_failure(self, tmp_path):
        pem = self_signed(tmp_path, name="www.example.gov.uk")
        with publisher(always(response(200, PAGE)), tls=tls_with(pem)) as site:
            answer = fetch(site.url(), opened=[site.entry], authorities=str(pem))
        assert answer.failure is Failure.TLS
        assert site.requests == []

    def test_a_server_that_speaks_no_tls_is_a_tls_failure(self):
        with publisher(always(b""), greeting=b"220 mail.example.gov.uk ESMTP\r\n") as site:
            answer = fetch(site.url().replace("http:", "https:"), opened=[site.entry])
        assert answer.failure is Failure.TLS

    def test_a_trusted_certificates_fingerprint_is_kept_on_every_use_of_the_connection(self, tmp_path):
        pem = self_signed(tmp_path)
        der = ssl.PEM_cert_to_DER_cert((tmp_path / "certificate.pem").read_text())
        with (
            publisher(always(response(200, PAGE)), tls=tls_with(pem)) as site,
            make_fetcher(site.entry, authorities=str(pem)) as fetcher,
        ):
            for _ in range(3):
                fetcher.start(check_request(site.url(), site.entry))
                ((_, answer),) = answers(fetcher)
                assert (answer.failure, answer.body) == (None, PAGE)
                assert answer.certificate_sha256 == hashlib.sha256(der).hexdigest()
        assert site.connections == 1

    def test_a_certificate_with_text_that_is_not_utf_8_is_recorded_as_any_other(self, tmp_path):
        key, certificate, pem = tmp_path / "key.pem", tmp_path / "certificate.pem", tmp_path / "both.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
                *("-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
                *("-addext", b"nsComment=caf\xe9", "-keyout", str(key), "-out", str(certificate)),
            ],
            check=True,
            capture_output=True,
        )
        pem.write_bytes(key.read_bytes() + certificate.read_bytes())
        with publisher(always(response(200, PAGE)), tls=tls_with(pem)) as site:
            answer = fetch(site.url(), opened=[site.entry], authorities=str(pem))
        assert (answer.failure, answer.body) == (None, PAGE)
        der = ssl.PEM_cert_to_DER_cert(certificate.read_text())
        assert answer.certificate_sha256 == hashlib.sha256(der).hexdigest()

    def test_a_plain_page_has_no_certificate(self):
        with publisher(always(response(200, PAGE))) as site:
            assert fetch(site.url(), opened=[site.entry]).certificate_sha256 == ""


def test_connections_to_many_hosts_together_stay_within_the_most():
    with ExitStack() as stack:
        sites = [stack.enter_context(publisher(always(response(200, PAGE)))) for _ in range(6)]
        fetcher = stack.enter_context(make_fetcher(*(site.entry for site in sites), most_in_flight=4))
        for number in range(60):
            site = sites[number % 6]
            fetcher.start(check_request(site.url(), site.entry, key=number))
        assert {answer.failure for _, answer in answers(fetcher)} == {None}
        time.sleep(0.1)
        assert sum(site.open_connections for site in sites) <= 4


@pytest.mark.parametrize(("open_files", "connections"), [(1024, 896), (20_000, 1000), (-1, 1000), (64, 1)])
def test_no_more_connections_are_opened_than_the_process_may_have_files(open_files, connections):
    assert limit_connections(open_files) == connections


def test_an_entry_that_is_no_host_and_port_is_refused_at_once():
    with pytest.raises(NotAWebAddressError):
        make_fetcher("http://127.0.0.1:80/")
