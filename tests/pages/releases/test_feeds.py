"""The calendar for other programs to follow, over HTTP: iCalendar files and Atom feeds (C13, C15)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases import corrections, scheduling
from releases.models import Producer, Release
from releases.public import feeds
from releases.rules.lifecycle import Role
from tests.support.cancelled_releases import cancel_release
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ProducerFactory,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.public_links import entries, events, feed, links, text
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

CALENDAR, CHANGES = reverse("releases:office_calendar"), reverse("releases:office_changes")
BEFORE = SEED_DUE - timedelta(days=1)


@pytest.fixture(autouse=True)
def settled(settings, time_machine):
    """The day before the seed's release, at an address of the office's own."""
    settings.ADDRESS = "https://calendar.example.gov.uk"
    time_machine.move_to(BEFORE, tick=False)


@shared_fixture
def series():
    """A series of the office's own producer."""
    producer = ProducerFactory(slug="office", name="Office for Numbers")
    return SeriesFactory(producer=producer, slug="prices", title="Prices")


@shared_fixture
def release(series):
    """An announced release of the series."""
    return ReleaseFactory(announced=True, series=series)


def of(kind, *slugs):
    return reverse(f"releases:{'producer' if len(slugs) == 1 else 'series'}_{kind}", args=slugs)


def moved(release, *, to=date(2020, 7, 14), at=BEFORE - timedelta(days=3), reason="Figures came late."):
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    return scheduling.change_date(release, to=london_slot(to), reason=reason, by=head, at=at)


def test_one_follows_the_office_a_producer_or_a_series(client, series, subtests):
    ReleaseFactory(announced=True, series=series, reference="prices")
    ReleaseFactory(announced=True, series=SeriesFactory(producer=series.producer), reference="jobs")
    ReleaseFactory(announced=True, reference="farms")
    ReleaseFactory(confirmed=True, series=series, reference="quiet")
    ReleaseFactory(confirmed=True, series=series, reference="rehearsed", rehearsal=True)
    for slugs, references in (
        ((), {"prices", "jobs", "farms"}),
        (("office",), {"prices", "jobs"}),
        (("office", "prices"), {"prices"}),
    ):
        with subtests.test(slugs=slugs):
            assert set(events(client.get(of("calendar", *slugs) if slugs else CALENDAR))) == references
            told = entries(client.get(of("changes", *slugs) if slugs else CHANGES))
            assert {entry["link"].split("/")[-2] for entry in told} == references


def test_one_release_can_be_added_to_a_calendar(client, series):
    ReleaseFactory(announced=True, series=series, reference="prices")
    ReleaseFactory(confirmed=True, series=series, reference="quiet")
    response = client.get(reverse("releases:release_calendar", args=["prices"]))
    assert list(events(response)) == ["prices"]
    assert response["Content-Disposition"] == 'attachment; filename="prices.ics"'
    assert client.get(reverse("releases:release_calendar", args=["quiet"])).status_code == 404


def test_nothing_announced_is_an_empty_calendar_and_an_empty_feed(client):
    assert events(client.get(CALENDAR)) == {}
    assert entries(client.get(CHANGES)) == []


@pytest.mark.parametrize("kind", ["calendar", "changes"])
def test_a_producer_or_series_of_which_nothing_is_announced_is_not_there(client, series, kind):
    ReleaseFactory(confirmed=True, series=series)
    assert client.get(of(kind, "office")).status_code == 404
    assert client.get(of(kind, "office", "prices")).status_code == 404
    assert client.get(of(kind, "nowhere")).status_code == 404


def test_every_move_of_the_calendar_reaches_the_event_of_the_same_identifier(client, series):
    release = scheduling.announce_release(
        ReleaseFactory(series=series, reference="prices"), by=None, at=A_LONG_TIME_AGO
    )
    seen = [events(client.get(CALENDAR))["prices"]]
    for move in (
        lambda: scheduling.confirm_release(release, by=None, at=BEFORE - timedelta(days=9)),
        lambda: moved(Release.objects.get()),
        lambda: cancel_release(Release.objects.get(), at=BEFORE),
    ):
        move()
        seen.append(events(client.get(CALENDAR))["prices"])
    assert {event.uid.value for event in seen} == {str(release.public_id)}
    assert [event.status.value for event in seen] == ["TENTATIVE", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert [int(event.sequence.value) for event in seen] == [0, 1, 2, 3]
    assert seen[2].dtstart.value == datetime(2020, 7, 14, 8, 30, tzinfo=UTC)
    assert seen[3].last_modified.value == BEFORE


def test_the_calendar_holds_the_last_year_and_all_that_is_to_come(client, series):
    for reference, on in (
        ("too-old", date(2019, 5, 31)),
        ("a-year-ago", date(2019, 6, 3)),
        ("far-ahead", date(2023, 6, 6)),
    ):
        ReleaseFactory(announced=True, series=series, reference=reference, slot=london_slot(on))
    assert list(events(client.get(CALENDAR))) == ["a-year-ago", "far-ahead"]


def test_where_there_are_too_many_what_is_to_come_next_stays(client, series, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_RELEASES", 3)
    for number, on in enumerate([date(2020, 5, 5), date(2020, 6, 2), date(2020, 7, 7), date(2020, 8, 4)]):
        ReleaseFactory(announced=True, series=series, reference=f"release-{number}", slot=london_slot(on))
    assert list(events(client.get(CALENDAR))) == ["release-1", "release-2", "release-3"]
    monkeypatch.setattr(feeds, "MOST_RELEASES", 1)
    assert list(events(client.get(CALENDAR))) == ["release-2"]


def test_each_change_is_an_entry_with_the_date_that_stood_then(client, series):
    release = scheduling.announce_release(
        ReleaseFactory(series=series, reference="prices", title="Prices <March>"), by=None, at=A_LONG_TIME_AGO
    )
    scheduling.confirm_release(release, by=None, at=A_LONG_TIME_AGO + timedelta(days=30))
    moved(Release.objects.get(), reason="A survey & its figures\ncame late.")
    cancel_release(Release.objects.get(), at=BEFORE)
    told = entries(client.get(CHANGES))
    assert [(entry["kind"], entry["title"]) for entry in told] == [
        ("cancelled", "Cancelled: Prices <March>"),
        ("moved", "Date changed: Prices <March>"),
        ("confirmed", "Date confirmed: Prices <March>"),
        ("announced", "Announced: Prices <March>"),
    ]
    sentences = [
        "<p>Cancelled. It was planned for 14 July 2020 9:30am. The survey ended.</p>",
        (
            "<p>Date changed from 30 June 2020 9:30am to 14 July 2020 9:30am. A survey &amp; its figures</p><p>came "
            "late.</p>"
        ),
        "<p>Confirmed for 30 June 2020 9:30am.</p>",
        "<p>Announced as provisional, planned for 30 June 2020 9:30am.</p>",
    ]
    assert [entry["summary"] for entry in told] == [f"{each}<p>Office for Numbers · Prices</p>" for each in sentences]
    assert told[0]["updated"] == BEFORE.isoformat()
    assert text(feed(client.get(CHANGES)), "updated") == BEFORE.isoformat()
    assert {entry["link"] for entry in told} == {"https://calendar.example.gov.uk/releases/prices/"}


def test_an_entry_keeps_its_identifier_whatever_happens_later(client, series, release):
    before = {entry["id"] for entry in entries(client.get(CHANGES))}
    moved(release)
    after = {entry["id"] for entry in entries(client.get(CHANGES))}
    assert before < after
    assert all(each.startswith("urn:uuid:") for each in after)


def test_a_publication_is_dated_by_when_it_was_announced_for_however_late_it_was_seen(
    client, series, time_machine, release
):
    seen_at = SEED_DUE + timedelta(hours=2, minutes=13)
    time_machine.move_to(seen_at, tick=False)
    scheduling.publish(release, by=None, at=seen_at, published_at=seen_at)
    first = entries(client.get(CHANGES))[0]
    assert (first["kind"], first["updated"]) == ("published", SEED_DUE.isoformat())
    assert events(client.get(CALENDAR))[release.reference].last_modified.value == SEED_DUE


def test_a_corrected_reason_replaces_the_first_in_calendars_and_feeds(client, series):
    release, head = (
        ReleaseFactory(announced=True, series=series),
        create_member(Role.HEAD_OF_PROFESSION, series.producer),
    )
    scheduling.change_date(release, to=london_slot(date(2020, 7, 14)), reason="Late figuers.", by=head, at=BEFORE)

    def followed():
        (event,) = events(client.get(CALENDAR)).values()
        (entry,) = [entry for entry in entries(client.get(CHANGES)) if entry["kind"] == "moved"]
        return event, entry

    event, entry = followed()
    at = BEFORE + timedelta(hours=2)
    corrections.correct_public_reason(release.date_changes.get(), reason="Late figures.", seen=0, by=head, at=at)
    again, updated = followed()
    for told in (again.description.value, updated["summary"]):
        assert "Late figures." in told
        assert "figuers" not in told
    # A reader who has the first one learns of the second: the same event and the same entry, changed since.
    assert (again.uid.value, updated["id"]) == (event.uid.value, entry["id"])
    assert int(again.sequence.value) == int(event.sequence.value) + 1
    assert again.last_modified.value == at
    assert datetime.fromisoformat(updated["updated"]) == at


def test_a_reason_for_a_provisional_change_is_in_no_feed(client, series):
    release = scheduling.announce_release(ReleaseFactory(series=series), by=None, at=A_LONG_TIME_AGO)
    keeper = create_member(Role.CALENDAR_MANAGER, series.producer)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 1)), reason="A private thought", by=keeper, at=BEFORE)
    for address in (CALENDAR, CHANGES):
        answer = client.get(address).content
        assert b"1 July 2020" in answer
        assert b"private thought" not in answer


def test_a_feed_has_pages_that_lead_to_each_other_and_miss_nothing(client, series, monkeypatch):
    monkeypatch.setattr(feeds, "CHANGES_PER_PAGE", 4)
    for number in range(9):
        # Announced in one minute, as in bulk: the order must be the same on every page all the same.
        release = ReleaseFactory(announced=True, series=series, reference=f"release-{number}")
        if number % 3 == 0:
            moved(release)
    address, found = f"https://calendar.example.gov.uk{CHANGES}", []
    pages = []
    while address:
        response = client.get(address.removeprefix("https://calendar.example.gov.uk"))
        found += [entry["id"] for entry in entries(response)]
        pages.append(links(response))
        address = links(response).get("next")
    assert len(found) == len(set(found)) == 12
    assert len(pages) == 3
    assert pages[1]["previous"] == pages[1]["first"] == pages[0]["self"]
    assert pages[2]["previous"] == pages[1]["self"]


def test_a_page_that_a_feed_has_not_is_not_found(client):
    for number in ("0", "11", "x", "1.5", "-1", "", "²", "9" * 5000):
        assert client.get(CHANGES, {"page": number}).status_code == 404, number


@pytest.mark.parametrize("address", [CALENDAR, CHANGES])
def test_an_answer_that_still_applies_is_not_sent_again(client, series, address, time_machine, release):
    first = client.get(address)
    assert (first["Cache-Control"], first["Access-Control-Allow-Origin"]) == ("no-cache", "*")
    assert "Cookie" not in first.get("Vary", "")
    time_machine.move_to(BEFORE + timedelta(hours=1), tick=False)
    again = client.get(address, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    cancel_release(release)
    assert client.get(address, headers={"if-none-match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("address", [CALENDAR, CHANGES])
def test_a_new_name_is_a_new_answer_although_no_release_moved(client, series, address, release):
    first = client.get(address)["ETag"]
    Producer.objects.update(name="Office for Renamed Numbers")
    second = client.get(address, headers={"if-none-match": first})
    assert second.status_code == 200
    corrections.correct_release(release, title="Renamed", reference=release.reference, by=None, at=BEFORE)
    assert client.get(address, headers={"if-none-match": second["ETag"]}).status_code == 200


@pytest.mark.parametrize("address", [CALENDAR, CHANGES])
def test_a_feed_is_only_read(client, address):
    assert client.post(address).status_code == 405
    assert client.head(address).status_code == 200


def test_the_number_of_queries_does_not_grow(client, series, subtests):
    past = ReleaseFactory(announced=True, series=series, reference="past", slot=london_slot(date(2020, 6, 4)))
    moved(past, to=date(2020, 6, 5), at=A_LONG_TIME_AGO + timedelta(days=9))
    moved(ReleaseFactory(announced=True, series=series, reference="to-come"))
    expected = {"calendar": 4, "changes": 8}
    cases = [
        (of(kind, *slugs) if slugs else reverse(f"releases:office_{kind}"), queries + bool(slugs))
        for kind, queries in expected.items()
        for slugs in ((), ("office",), ("office", "prices"))
    ]

    def check(releases):
        for address, queries in cases:
            with subtests.test(f"{address} of {releases} releases"):
                with CaptureQueriesContext(connection) as asked:
                    client.get(address)
                assert len(asked) == queries

    check(2)
    for number in range(5):
        moved(ReleaseFactory(announced=True, series=series, reference=f"release-{number}"))
    check(7)
