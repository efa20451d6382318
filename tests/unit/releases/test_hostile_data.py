"""Hostile data of a publisher never raise an error, and never make a release that is published look absent."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from releases.detection.finding import AddressRole, CheckOutcome, Expectation
from releases.detection.publisher_calendar import CalendarUnreadableError, read_govuk_page, read_ons_page
from releases.probe.adapters import get_adapter
from releases.rules.response import Answer
from releases.rules.web_address import NotAWebAddressError, parse_address, parse_target
from statsoffice.fake_publisher import ees, govuk, ons
from statsoffice.fake_publisher.calendars import announcement_result, ons_result

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
OUT = DUE + timedelta(seconds=7)
SITE = "https://figures.example.gov.uk"
FIGURES = "<p>Fares rose in one region of three. Figures are the mean of daily values.</p>" * 9
VERSION = ees.summary(("bus-fares", "Bus fares"), ("june-2026", "June 2026"), published=OUT)
DEEP: Any = "x"
for _ in range(200):
    DEEP = [DEEP]
ODD = [
    None, 7, -0.5, 10**400, "", "x" * 20_000, "\ud800", "a\0b", [], [None, 7, [{}]], {}, {"x": DEEP}, DEEP, "//[",
    "/\ud800", "javascript:alert(1)", "http://127.0.0.1:1/", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59",
]  # fmt: skip


def variants(written: Any) -> Iterator[Any]:
    """Return a document with each of its values replaced by each odd one."""
    if isinstance(written, dict):
        for name, value in written.items():
            for odd in ODD:
                yield written | {name: odd}
            for one in variants(value):
                yield written | {name: one}
    elif isinstance(written, list):
        for number, value in enumerate(written):
            for one in variants(value):
                yield [*written[:number], one, *written[number + 1 :]]


def write(said: Any) -> bytes:
    return json.dumps(said).encode()


def ees_page(version: Any) -> bytes:
    whole = ees.page(VERSION, main=FIGURES)
    return whole.replace(json.dumps(VERSION), json.dumps(version)).encode()


ADAPTERS = {
    "ons": (
        "/releases/busfaresjune2026",
        ons.data(
            "/releases/busfaresjune2026",
            "Bus fares: June 2026",
            due_at=DUE,
            date_changes=[(DUE, "Late data.")],
            documents=["Bus fares: June 2026"],
            published=True,
        ),
        write,
    ),
    "ees": ("/find-statistics/bus-fares/june-2026", VERSION, ees_page),
    "ees summary": ("/api/publications/bus-fares/releases/june-2026/version-summary", VERSION, write),
    "govuk": (
        "/government/statistics/bus-fares",
        govuk.publication("/government/statistics/bus-fares", "Bus fares: June 2026", published_at=OUT),
        write,
    ),
}


@pytest.mark.parametrize("name", ADAPTERS)
def test_a_published_release_with_one_odd_value_is_never_absent(name):
    path, document, as_body = ADAPTERS[name]
    adapter = get_adapter(name.partition(" ")[0])
    asked = adapter.address(f"{SITE}{path}")
    expected = Expectation(AddressRole.PAGE, asked, "June 2026", "Bus fares: June 2026", "Bus fares", due_at=DUE)
    examined = 0
    for said in [document, *variants(document)]:
        body = as_body(said)
        answer = Answer(
            asked,
            OUT,
            OUT,
            OUT,
            status=200,
            final_url=asked,
            headers=(("content-type", "text/html" if as_body is ees_page else "application/json"),),
            body=body,
        )
        finding = adapter.examine(answer, expected)
        assert finding.result is not CheckOutcome.NOT_LIVE, said
        leads_to_an_address_or_is_refused(adapter.leads_to(body, url=asked), asked)
        examined += 1
    assert examined > 200


def leads_to_an_address_or_is_refused(location, base):
    if not location:
        return
    try:
        said = parse_target(parse_address(base), location).url
    except NotAWebAddressError as refusal:
        said = str(refusal)
    assert said.encode()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 1_000_000,
        b'{"description":' * 100_000,
        b"[" + b"[]," * 400_000 + b"[]]",
        b'{"total": ' + b"9" * 5000 + b"}",
        b"\xff\xfe" * 1000,
    ],
    ids=["deep lists", "deep objects", "wide", "a number without end", "no text"],
)
@pytest.mark.parametrize("name", ["ons", "ees", "ees summary"])
def test_huge_and_deep_data_prove_nothing(name, body):
    path, _, _ = ADAPTERS[name]
    adapter = get_adapter(name.partition(" ")[0])
    asked = adapter.address(f"{SITE}{path}")
    expected = Expectation(AddressRole.PAGE, asked, "June 2026", "Bus fares: June 2026", "Bus fares", due_at=DUE)
    answer = Answer(asked, OUT, OUT, OUT, status=200, final_url=asked, body=body)
    assert adapter.examine(answer, expected).result not in {CheckOutcome.NOT_LIVE, CheckOutcome.LIVE}
    assert adapter.leads_to(body, url=asked) in {"", f"{SITE}{path}"}


def test_long_data_are_not_read_while_other_responses_wait_and_the_page_is_read_instead():
    data = ADAPTERS["ons"][1] | {"markdown": ["x" * 600_000], "migration_link": "/elsewhere"}
    adapter = get_adapter("ons")
    assert (
        adapter.leads_to(write(data), url=f"{SITE}/releases/busfaresjune2026/data")
        == f"{SITE}/releases/busfaresjune2026"
    )


CALENDARS = {
    "govuk": (
        read_govuk_page,
        {
            "total": 1,
            "results": [announcement_result("rain", "Rain", at=DUE, cancellation_reason="x", change_note="y")],
        },
    ),
    "ons": (
        read_ons_page,
        {
            "breakdown": {"total": 1},
            "releases": [ons_result("rain", "Rain", at=DUE, changes=[{"previous_date": "x", "change_notice": "y"}])],
        },
    ),
}


@pytest.mark.parametrize("name", CALENDARS)
def test_an_odd_calendar_is_read_or_refused_and_nothing_of_it_is_unstorable(name):
    read, page = CALENDARS[name]
    for said in variants(page):
        answer = Answer(SITE, DUE, DUE, DUE, status=200, body=write(said))
        try:
            releases = read(answer).releases
        except CalendarUnreadableError:
            continue
        for one in releases:
            texts = [one.path, one.title]
            if one.announced:
                texts += [one.announced.note, one.announced.displayed, one.announced.previous]
                assert len(one.announced.displayed) <= 100
            assert all("\0" not in text and text.encode() for text in texts if text)


def test_a_flag_that_is_no_flag_cancels_nothing():
    for flag in ("false", "true", 1, [0]):
        page = {"breakdown": {"total": 1}, "releases": [ons_result("rain", "Rain", at=DUE, cancelled=flag)]}
        (one,) = read_ons_page(Answer(SITE, DUE, DUE, DUE, status=200, body=write(page))).releases
        assert (one.announced, one.is_published) == (None, False)
