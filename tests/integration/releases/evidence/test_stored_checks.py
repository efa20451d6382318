"""The stored columns of one check, and that they come back from the database as they were hashed."""

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from releases.detection.finding import CheckOutcome, Finding, PublisherSays, PublisherState, Reason, Source
from releases.evidence import store
from releases.evidence.store import STORED_HEADERS, CheckResult
from releases.models import Observation
from releases.models.append_only import check_chain
from releases.models.observation import HASHED, HASHED_SINCE, Purpose
from releases.rules.canonical import sha256_hex
from releases.rules.response import Answer, Failure, Hop
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

BODY = "<title>Größe – 31 March 2020</title>".encode()
SENT = datetime(2020, 6, 30, 8, 30, 0, 123456, tzinfo=UTC)


@shared_fixture
def address():
    return ReleaseFactory(confirmed=True).addresses.get()


def look(address, **changes):
    """A check with something in every field."""
    answer = {
        "requested_url": address.url,
        "planned_at": SEED_DUE,
        "sent_at": SENT,
        "completed_at": SENT + timedelta(seconds=0.654321),
        "status": 200,
        "hops": (Hop(address.url, 302), Hop(f"{address.url}?é=%C3%A9", 200)),
        "final_url": f"{address.url}?é=%C3%A9",
        "headers": (
            ("content-type", "text/html; charset=utf-8"),
            ("age", "37"),
            ("x-cache", "HIT, MISS – ü"),
            ("set-cookie", "session=secret"),
            ("authorization", "Bearer secret"),
            ("x-something", "else"),
            ("etag", '"' + "e" * 900 + '"'),
        ),
        "body": BODY,
        "peer_address": "192.0.2.17",
        "certificate_sha256": "c" * 64,
        "seconds": MappingProxyType(
            {"connect": 0.0, "first_byte": 0.0000014, "total": 0.6543219, "monotonic": 3456789.1234567}
        ),
        "vantage": "watch-1, through proxy proxy.example.gov.uk:3128",
        **changes.pop("answer", {}),
    }
    says = PublisherSays(
        PublisherState.PUBLISHED,
        published_at=SENT,
        source=Source.CHANGE_HISTORY,
        change_note="A “note” \\ with signs\n",
    )
    return CheckResult(
        **{
            "address": address,
            "schedule_version": 1,
            "answer": Answer(**answer),
            "finding": Finding(CheckOutcome.LIVE, (Reason.MARKER_IN_TITLE,), "d" * 64, "Title", publisher=says),
            "purpose": Purpose.FRESH,
            "clock_bound_seconds": 0.1 + 0.2,
            **changes,
        }
    )


def kept(*looks):
    store.store_checks(looks, process="watch-1:4711", at=SENT + timedelta(seconds=2))
    return Observation.objects.order_by("position").last()


def test_a_check_is_stored_with_everything_that_proves_it(address):
    row = kept(look(address))
    assert (row.planned_at, row.sent_at) == (SEED_DUE, SENT)
    assert row.completed_at == SENT + timedelta(seconds=0.654321)
    assert row.seconds == {"connect": 0.0, "first_byte": 0.000001, "total": 0.654322, "monotonic": 3456789.123457}
    assert row.hops == [[address.url, 302], [f"{address.url}?é=%C3%A9", 200]]
    assert (row.status, row.peer_address, row.certificate_sha256) == (200, "192.0.2.17", "c" * 64)
    assert (row.body_sha256, row.text_digest) == (sha256_hex(BODY), "d" * 64)
    assert row.reasons == ["marker_in_title"]
    assert (row.clock_bound_seconds, row.watcher) == (0.1 + 0.2, "watch-1:4711")
    assert row.vantage == "watch-1, through proxy proxy.example.gov.uk:3128"
    assert row.publisher_says["source"] == "change_history"


@pytest.mark.parametrize("name", ["age", "date", "cache-control", "etag", "last-modified", "x-cache"])
def test_what_tells_a_stale_copy_from_a_late_release_is_stored(address, name):
    row = kept(look(address, answer={"headers": ((name, "as it came"), ("server", "x"))}))
    assert row.headers == [[name, "as it came"]]


def test_headers_are_stored_by_name_and_no_secret_is_among_them(address):
    row = kept(look(address))
    assert [name for name, _ in row.headers] == ["content-type", "age", "x-cache", "etag"]
    assert max(len(value) for _, value in row.headers) == 500
    assert "secret" not in str(row.payload())
    assert not {"cookie", "set-cookie", "authorization", "proxy-authorization", "www-authenticate"} & STORED_HEADERS


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="everything"),
        pytest.param({"clock_bound_seconds": None}, id="a-clock-that-nothing-vouched-for"),
        pytest.param({"clock_bound_seconds": 1e-07}, id="a-very-small-bound"),
        pytest.param({"clock_bound_seconds": 5}, id="a-whole-number-as-bound"),
        pytest.param({"answer": {"seconds": {"total": 5, "connect": 1e-9}}}, id="whole-and-very-small-durations"),
        pytest.param(
            {
                "answer": {"headers": (("x-cache", "a\0b\ud800"),), "failure_detail": "\0"},
                "finding": Finding(
                    CheckOutcome.NOT_LIVE,
                    (),
                    publisher=PublisherSays(PublisherState.MOVED, change_note="Late\0 data \udfff"),
                ),
            },
            id="signs-that-no-database-holds",
        ),
        pytest.param(
            {
                "answer": {"failure": Failure.TLS, "status": None, "hops": (), "headers": (), "body": b""},
                "finding": Finding(CheckOutcome.UNREACHABLE, (Reason.TLS,)),
            },
            id="a-failure",
        ),
    ],
)
def test_a_check_comes_back_from_the_database_as_it_was_hashed(address, changes):
    kept(look(address, **changes), look(address))
    assert check_chain(Observation) == (2, None)
    for row in Observation.in_order():
        assert sha256_hex(row.canonical()) == row.row_hash


@pytest.mark.parametrize("name", [*HASHED, *HASHED_SINCE[2]])
def test_every_kept_field_is_part_of_the_hash(address, name):
    row = kept(look(address))
    before = row.expected_hash()
    other = {
        bool: lambda value: not value,
        datetime: lambda value: value + timedelta(microseconds=1),
        str: lambda value: f"{value}x",
        int: lambda value: value + 1,
        float: lambda value: value + 1,
        list: lambda value: [*value, "x"],
        dict: lambda value: {**value, "x": 1},
    }
    setattr(row, name, other[type(getattr(row, name))](getattr(row, name)))
    assert row.expected_hash() != before


def test_no_column_of_a_check_is_left_out_of_the_hash():
    links = {"id", "release_id", "position", "format_version", "previous_hash", "row_hash"}
    columns = {field.attname for field in Observation._meta.concrete_fields}
    assert columns - links == {*HASHED, *(name for names in HASHED_SINCE.values() for name in names)}
