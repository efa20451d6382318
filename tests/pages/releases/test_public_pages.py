"""What anyone may read: the calendar and the page of a release, announced facts alone (C1, C4, C8, C13, C16, B17)."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from releases import judge, scheduling
from releases.models import Address, Contact
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.observations import create_checks_until, create_observation, create_observations

pytestmark = pytest.mark.django_db

JUNE = reverse("releases:month", args=[2020, 6])
BEFORE = SEED_DUE - timedelta(days=1)
AFTER = SEED_DUE + timedelta(hours=3)
SECRETS = (
    "secret-tables",
    "www.example.gov.uk",
    "private marker",
    "suspect",
    "breach",
    "not seen",
    "not live when last checked",
    "not_seen",
    "seen late",
    "rehears",
    "practice-run",
    "tolerance",
)


def page_of(release):
    return reverse("releases:release", args=[release.reference])


def announce(release):
    return scheduling.announce_release(release, by=None, at=A_LONG_TIME_AGO)


@pytest.fixture
def clock(time_machine):
    """Set the clock that pages read; it does not move until it is set again."""

    def to(instant):
        time_machine.move_to(instant, tick=False)

    to(BEFORE)
    return to


@pytest.mark.parametrize(
    ("on", "heading"),
    [
        (date(2026, 12, 10), "The exact date of this release is set"),
        (date(2027, 1, 12), "The date of this release has changed"),
    ],
)
def test_a_day_within_the_announced_month_is_no_change_of_the_date(client, clock, on, heading):
    release = announce(ReleaseFactory(slot=Slot(on=date(2026, 12, 1), at=None, precision=Precision.MONTH)))
    scheduling.change_date(release, to=Slot(on=on, at=time(9, 30)), reason="", by=None, at=BEFORE)
    text = client.get(page_of(release)).text
    headings = ("The exact date of this release is set", "The date of this release has changed")
    assert [one for one in headings if one in text] == [heading]
    assert "It was planned for December 2026." in text


def test_the_calendar_shows_what_is_announced_as_the_slot_prints(client, clock, announced_release):
    text = client.get(JUNE).text
    for fact in (
        announced_release.title,
        "30 June 2020 9:30am",
        announced_release.series.title,
        announced_release.series.producer.name,
        "Confirmed",
    ):
        assert fact in text


def test_the_calendar_opens_on_the_month_that_it_is_in_london(client, clock):
    clock(datetime(2020, 6, 30, 23, 30, tzinfo=UTC))
    assert client.get("/").context["month"] == date(2020, 7, 1)


@pytest.mark.parametrize(
    ("precision", "on", "shown"),
    [
        (Precision.MONTH, date(2026, 7, 1), "July 2026"),
        (Precision.TWO_MONTHS, date(2026, 12, 1), "December 2026 to January 2027"),
    ],
    ids=["one month", "two months across New Year"],
)
def test_a_vague_date_is_shown_as_vague_as_it_is(client, clock, precision, on, shown):
    announce(ReleaseFactory(slot=Slot(on=on, at=None, precision=precision)))
    assert shown in client.get(reverse("releases:month", args=[on.year, on.month])).text


def test_a_release_announced_for_two_months_is_in_both_of_them(client, clock):
    announce(ReleaseFactory(slot=Slot(on=date(2026, 12, 1), at=None, precision=Precision.TWO_MONTHS)))
    for year, month, there in ((2026, 11, 0), (2026, 12, 1), (2027, 1, 1), (2027, 2, 0)):
        assert len(client.get(reverse("releases:month", args=[year, month])).context["releases"]) == there


def test_unannounced_releases_and_rehearsals_are_nowhere_for_the_public(client, clock):
    quiet = ReleaseFactory(confirmed=True, reference="quiet-release", title="Quietly planned")
    rehearsed = ReleaseFactory(confirmed=True, reference="rehearsed-release", title="Only rehearsed", rehearsal=True)
    text = client.get(JUNE).text
    for release in (quiet, rehearsed):
        assert release.title not in text
        assert client.get(page_of(release)).status_code == 404


def test_the_months_next_to_are_the_nearest_ones_with_something_announced(client, clock):
    ReleaseFactory(announced=True)
    ReleaseFactory(announced=True, reference="autumn", slot=london_slot(date(2020, 11, 10)))
    ReleaseFactory(confirmed=True, reference="quiet", slot=london_slot(date(2020, 8, 11)))
    context = client.get(JUNE).context
    assert (context["before"], context["after"]) == (None, date(2020, 11, 1))
    assert "This month" in client.get(reverse("releases:month", args=[2020, 11])).text


@pytest.mark.parametrize("month", ["2020/13", "2020/0", "0/1", "99999/1"])
def test_a_month_that_does_not_exist_is_not_found(client, clock, month):
    assert client.get(f"/calendar/{month}/").status_code == 404


@pytest.mark.parametrize("month", ["1/1", "9999/12"], ids=["the first", "the last"])
def test_the_first_and_the_last_month_that_there_are_are_not_found_rather_than_broken(client, clock, month):
    assert client.get(f"/calendar/{month}/").status_code == 404


def test_an_empty_month_says_so(client, clock):
    assert "No releases are announced for this month." in client.get(JUNE).text


def test_a_long_month_is_parted_into_pages_that_keep_the_choice(client, clock, monkeypatch):
    series = SeriesFactory()
    monkeypatch.setattr("releases.views.calendar.RELEASES_PER_PAGE", 3)
    for number in range(4):
        ReleaseFactory(announced=True, reference=f"release-{number}", title=f"Release {number:02}", series=series)
    first = client.get(JUNE, {"show": "upcoming"})
    assert len(first.context["releases"]) == 3
    assert "show=upcoming&amp;page=2" in first.text
    assert len(client.get(JUNE, {"show": "upcoming", "page": "2"}).context["releases"]) == 1


def test_the_number_of_queries_does_not_grow_with_the_month(client, clock, django_assert_num_queries):
    series = ReleaseFactory(announced=True).series
    with django_assert_num_queries(7):
        client.get(JUNE)
    for number in range(5):
        ReleaseFactory(announced=True, reference=f"release-{number}", series=series)
    with django_assert_num_queries(7):
        client.get(JUNE)


def test_a_release_of_6_june_is_past_at_23_00_utc_because_it_is_7_june_in_london(client, clock):
    ReleaseFactory(announced=True, slot=london_slot(date(2025, 6, 6)))
    month = reverse("releases:month", args=[2025, 6])
    clock(datetime(2025, 6, 6, 22, 59, tzinfo=UTC))
    assert len(client.get(month, {"show": "upcoming"}).context["releases"]) == 1
    clock(datetime(2025, 6, 6, 23, 0, tzinfo=UTC))
    assert len(client.get(month, {"show": "upcoming"}).context["releases"]) == 0


def test_only_published_releases_are_shown_as_published(client, clock):
    scheduling.publish(
        ReleaseFactory(announced=True, title="Out already"),
        by=None,
        at=AFTER,
        published_at=SEED_DUE + timedelta(seconds=3),
    )
    ReleaseFactory(announced=True, reference="other", title="Still to come")
    text = client.get(JUNE, {"show": "published"}).text
    assert "Out already" in text
    assert "Still to come" not in text


def test_a_public_change_of_date_shows_was_to_reason_and_when_it_was_announced(client, clock, announced_release):
    head = create_member(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    scheduling.change_date(
        announced_release, to=london_slot(date(2020, 7, 1)), reason="The survey came in late.", by=head, at=BEFORE
    )
    text = client.get(page_of(announced_release)).text
    assert "30 June 2020 9:30am to 1 July 2020 9:30am" in text
    assert "The survey came in late." in text
    assert "9:30am on 29 June 2020" in text
    # The person is stored with the change, and read in the register by the producer's own people.
    assert "Agreed by the Head of Profession for Statistics or a deputy" in text
    assert head.name not in text


def test_a_reason_typed_for_a_provisional_change_is_not_published(client, clock):
    release = announce(ReleaseFactory())
    keeper = create_member(Role.CALENDAR_MANAGER, release.series.producer)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 1)), reason="A private thought", by=keeper, at=BEFORE)
    text = client.get(page_of(release)).text
    assert "A private thought" not in text
    assert "Agreed by" not in text


def test_a_confirmed_release_moved_to_a_later_date_is_postponed_and_a_cancelled_one_is_cancelled(
    client, clock, announced_release
):
    head = create_member(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    moved = scheduling.change_date(
        announced_release, to=london_slot(date(2020, 7, 1)), reason="Late data", by=head, at=BEFORE
    )
    assert "Postponed" in client.get(page_of(announced_release)).text
    scheduling.cancel_release(moved, reason="The survey was stopped.", by=head, at=BEFORE)
    text = client.get(page_of(announced_release)).text
    assert "Postponed" not in text
    assert "Cancelled" in text
    assert "The survey was stopped." in text


def test_a_confirmed_release_moved_to_an_earlier_date_is_not_postponed(client, clock, announced_release):
    head = create_member(Role.HEAD_OF_PROFESSION, announced_release.series.producer)
    scheduling.change_date(
        announced_release,
        to=london_slot(date(2020, 6, 29)),
        reason="Sooner ready",
        by=head,
        at=BEFORE - timedelta(days=1),
    )
    assert "Postponed" not in client.get(page_of(announced_release)).text


def test_the_contact_of_the_series_can_be_reached(client, clock, announced_release):
    contact = announced_release.series.responsible
    text = client.get(page_of(announced_release)).text
    assert contact.name in text
    assert f"mailto:{contact.email}" in text
    assert announced_release.series.head_of_profession.email not in text


def test_a_contact_that_the_office_does_not_show_to_readers_stands_on_no_public_page(client, clock, announced_release):
    contact = announced_release.series.responsible
    Contact.objects.filter(pk=contact.pk).update(is_public=False)
    text = client.get(page_of(announced_release)).text
    assert [told for told in (contact.name, contact.email, contact.telephone) if told in text] == []
    client.force_login(
        create_member(Role.STATISTICIAN, announced_release.series.producer),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    assert f"{contact.name} (not shown to readers)" in client.get(page_of(announced_release)).text


def test_the_page_is_linked_only_once_it_is_due_and_was_found_live(client, clock, announced_release):
    url = announced_release.addresses.get().url
    assert url not in client.get(page_of(announced_release)).text
    clock(AFTER)
    assert url not in client.get(page_of(announced_release)).text
    create_observations(announced_release, "not_live", start=SEED_DUE)
    create_observations(announced_release, "live", start=SEED_DUE + timedelta(seconds=5))
    judge.judge_one(announced_release, now=AFTER)
    clock(SEED_DUE - timedelta(seconds=1))
    assert url not in client.get(page_of(announced_release)).text
    clock(SEED_DUE + timedelta(seconds=6))
    assert f'href="{url}"' in client.get(page_of(announced_release)).text


def test_an_address_that_is_no_web_address_is_never_linked(client, clock, announced_release):
    Address.objects.update(url="javascript:alert(1)")
    scheduling.publish(announced_release, by=None, at=AFTER, published_at=AFTER)
    clock(AFTER)
    assert "javascript:" not in client.get(page_of(announced_release)).text


def test_no_public_page_source_tells_of_addresses_markers_suspicions_or_rehearsals(client, clock):
    release = ReleaseFactory(announced=True, attachments=("https://www.example.gov.uk/media/secret-tables.ods",))
    ReleaseFactory(confirmed=True, reference="practice-run", title="A rehearsed title", rehearsal=True)
    Address.objects.filter(role="page").update(marker="a very private marker")
    create_checks_until(release.addresses.get(role="page"), SEED_DUE + timedelta(minutes=2))
    create_observation(
        release.addresses.get(role="page"), "not_live", at=SEED_DUE + timedelta(minutes=2), reasons=("not_found",)
    )
    judge.judge_one(release, now=AFTER)
    release.refresh_from_db()
    assert release.verifications.get().outcome == "not_seen"
    clock(AFTER)
    others = [reverse("account_login"), "/releases/practice-run/", "/nowhere/"]
    for address in ("/", JUNE, f"{JUNE}?show=upcoming", page_of(release), *others):
        source = client.get(address).text.lower()
        assert [secret for secret in SECRETS if secret in source] == [], address


def test_markup_in_a_title_is_shown_and_not_run(client, clock):
    release = ReleaseFactory(announced=True, title="<script>alert(1)</script>")
    for address in (JUNE, page_of(release)):
        assert "<script>alert(1)" not in client.get(address).text


def test_pages_for_reading_refuse_a_post(client, clock, announced_release):
    for address in ("/", JUNE, page_of(announced_release)):
        assert client.post(address).status_code == 405


def test_an_alternative_release_time_is_shown_as_announced(client, clock):
    series = SeriesFactory(
        release_time=time(7, 0), alternative_time_reference="OSR 12", alternative_time_approved_on=date(2019, 1, 1)
    )
    ReleaseFactory(announced=True, series=series, slot=london_slot(date(2020, 6, 30), time(7, 0)))
    assert "30 June 2020 7am" in client.get(JUNE).text


def test_the_approval_of_an_alternative_release_time_is_shown_with_reference_and_date(client, clock):
    approved = {"alternative_time_reference": "OSR 12", "alternative_time_approved_on": date(2019, 1, 1)}
    series = SeriesFactory(release_time=time(7, 0), **approved)
    early = ReleaseFactory(announced=True, series=series, slot=london_slot(date(2020, 6, 30), time(7, 0)))
    text = " ".join(client.get(page_of(early)).text.split())
    assert "Alternative release time" in text
    assert "Approved by the Director General for Regulation on" in text
    assert "1 January 2019" in text
    assert "(reference OSR 12)" in text
    usual = ReleaseFactory(announced=True, reference="usual", series=SeriesFactory(**approved))
    assert "OSR 12" not in client.get(page_of(usual)).text


@pytest.mark.parametrize(
    ("address", "described", "feeds"),
    [
        ("/calendar/", "Dates and times of official statistics that", 2),
        ("/calendar/2020/6/", "Dates and times of official statistics that", 2),
        ("/", "Dates and times of official statistics that", 2),
        ("/releases/prices/", "Prices: release date 30 June 2020 9:30am, ", 2),
        ("/api/v1/", "", 0),
        ("/breaches/", "", 0),
        ("/accessibility/", "", 0),
        ("/contact/", "", 0),
        ("/cookies/", "", 0),
        ("/privacy/", "", 0),
    ],
)
def test_the_head_of_a_public_page_has_a_description_and_the_feeds_of_its_releases(
    client, clock, settings, address, described, feeds
):
    settings.BREACHES_PUBLIC = True
    ReleaseFactory(announced=True, reference="prices", title="Prices")
    page = LexborHTMLParser(client.get(address).text)
    (description,) = page.css("head meta[name=description]")
    content = description.attributes["content"]
    assert content.startswith(described)
    assert 20 < len(content) <= 160
    assert "<" not in content
    links = page.css("head link[rel=alternate][type]")
    assert [link.attributes["type"] for link in links] == ["application/atom+xml", "text/calendar"][:feeds]
    for link in links:
        assert "releases" in link.attributes["title"]
        answer = client.get(link.attributes["href"].removeprefix(settings.ADDRESS))
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(link.attributes["type"])
