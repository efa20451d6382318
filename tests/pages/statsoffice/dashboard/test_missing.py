"""What coming releases lack is on the dashboard, and leads to exactly those releases (C14); so does tomorrow."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases import overview, scheduling
from releases.models import Address, Membership, Release
from releases.overview import Concern
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress, add_address
from releases.text.calendar import concern_sentence
from statsoffice.dashboard import tasks
from statsoffice.dashboard.upcoming_releases import read_upcoming_releases
from tests.pages.statsoffice.dashboard.morning import BEFORE, sign_in
from tests.support.factories import (
    SEED_DUE,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
)

TOMORROW = date(2020, 7, 1)
MISSING = (Concern.NO_ADDRESS, Concern.NO_CONTACT, Concern.NO_HEAD)

pytestmark = pytest.mark.django_db


def due(reference, *, series=None, on=TOMORROW, **fields):
    return ReleaseFactory(
        announced=True,
        series=series or SeriesFactory(),
        reference=reference,
        title=f"Title {reference}",
        slot=london_slot(on),
        **fields,
    )


def warned(client):
    """Read the warnings of the dashboard: the words of each, and the references of the releases to which it leads."""
    text = client.get(reverse("desk")).text
    links = re.findall(r'<a class="govuk-link" href="(/desk/missing/[^"]*)">([^<]*)</a>', text)
    return {words: set(re.findall(r'href="/releases/([^/"]*)/"', client.get(address).text)) for address, words in links}


def test_each_warning_leads_to_exactly_the_releases_that_it_counts(client, clock):
    series = SeriesFactory()
    without = SeriesFactory(producer=series.producer, responsible=None, head_of_profession=None)
    due("complete", series=series)
    due("no-page", series=series).addresses.all().delete()
    due("no-people", series=without)
    due("later", series=without, on=TOMORROW + timedelta(days=14))
    due("foreign", series=SeriesFactory(responsible=None))
    client.force_login(create_member(Role.STATISTICIAN, series.producer))
    assert warned(client) == {
        "1 release due in the next 2 weeks has no web page to check": {"no-page"},
        "1 release due in the next 2 weeks has no contact": {"no-people"},
        "1 release due in the next 2 weeks has no Head of Profession": {"no-people"},
    }


@pytest.mark.both_databases
def test_a_heading_sorts_the_releases_and_equal_ones_stay_in_the_order_of_their_days(client, clock, subtests):
    first = SeriesFactory(title="snow")
    second = SeriesFactory(title="Rain", producer=first.producer)
    due("a", series=first, on=TOMORROW + timedelta(days=1))
    due("b", series=first)
    due("c", series=second)
    Address.objects.all().delete()
    Release.objects.filter(reference="b").update(status="provisional")
    client.force_login(create_member(Role.STATISTICIAN, first.producer))
    orders = [
        ("", ["b", "c", "a"], "ascending"),
        ("salt", ["b", "c", "a"], "ascending"),
        ("-date", ["a", "b", "c"], "descending"),
        ("release", ["a", "b", "c"], "ascending"),
        ("-release", ["c", "b", "a"], "descending"),
        ("series", ["c", "b", "a"], "ascending"),
        ("-producer", ["b", "c", "a"], "descending"),
        ("-status", ["c", "a", "b"], "descending"),
    ]
    for sort, references, direction in orders:
        with subtests.test(sort):
            page = client.get(reverse("desk_missing", args=["no_address"]), {"sort": sort})
            assert [release.reference for release in page.context["page"]] == references
            assert re.findall('aria-sort="(.*)"', page.text) == [direction]


def test_the_counts_are_those_of_the_pages_to_which_the_warnings_lead(clock, subtests):
    """The dashboard counts the releases that it has read for several lists; the page asks the database."""
    full, bare = SeriesFactory(), SeriesFactory(responsible=None, head_of_profession=None)
    without_head = SeriesFactory(producer=bare.producer, head_of_profession=None)
    head = create_member(Role.HEAD_OF_PROFESSION, bare.producer)
    Membership.objects.create(user=head, producer=full.producer, role=Role.AUDITOR)
    days = {"past": -1, "today": 0, "tomorrow": 1, "last": 14, "first-that-is-later": 15, "later": 31}
    for name, number in days.items():
        for kind, series in {
            "full": full,
            "bare": bare,
            "without-head": without_head,
            "foreign": SeriesFactory(),
        }.items():
            release = due(f"{kind}-{name}", series=series, on=SEED_DUE.date() + timedelta(days=number))
            if kind != "full" or name == "last":
                release.addresses.all().delete()
    sheet = PlannedAddress(url="https://www.example.gov.uk/tables.ods", role="attachment")
    add_address(Release.objects.get(reference="bare-tomorrow"), sheet, at=SEED_DUE - timedelta(days=9))
    for fields in ({"announced": False}, {"announced": False, "confirmed": True, "rehearsal": True}):
        ReleaseFactory(**fields, series=bare, reference=f"other-{len(fields)}", slot=london_slot(TOMORROW))
    stopped, early = due("stopped", series=bare), due("early", series=bare)
    scheduling.cancel_release(stopped, reason="Stopped", by=head, at=BEFORE - timedelta(days=9))
    scheduling.publish(early, by=None, at=BEFORE, published_at=BEFORE)
    midnight = datetime(2020, 7, 14, 23, tzinfo=UTC)
    for now in (BEFORE, SEED_DUE, *(midnight - timedelta(days=14) + timedelta(seconds=by) for by in (-1, 0, 1))):
        for person in (head, create_member(Role.STATISTICIAN, full.producer), UserFactory()):
            with subtests.test(now=now, person=person.name):
                counted = overview.count_concerns(person, now=now)
                shown = tasks.missing_information_of(read_upcoming_releases(person, now=now), now=now)
                expected = [
                    (concern, concern_sentence(concern, counted[concern])) for concern in MISSING if counted[concern]
                ]
                assert shown == expected
                assert len(shown) == (3 if person == head else 1 if person.memberships.exists() else 0)


def test_where_nothing_is_missing_the_desk_says_so(client, clock, release):
    sign_in(client, release)
    assert warned(client) == {}
    assert "All releases due in the next 2 weeks have a web page" in client.get(reverse("desk")).text


def test_the_page_of_a_concern_that_nothing_of_ones_own_gives_says_so(client, clock, subtests):
    due("foreign", series=SeriesFactory(responsible=None)).addresses.all().delete()
    ReleaseFactory(reference="foreign-too", url="https://a.example.gov.uk/")
    for stranger in (create_member(Role.DEPUTY, SeriesFactory().producer), UserFactory(is_superuser=True)):
        client.force_login(stranger)
        for concern in Concern:
            with subtests.test(concern, superuser=stranger.is_superuser):
                text = client.get(reverse("desk_missing", args=[concern])).text
                assert "None of your releases are affected." in text
                assert "foreign" not in text


def test_a_concern_that_there_is_not_is_no_page_and_no_one_unknown_sees_one(client, release):
    address = reverse("desk_missing", args=["no_address"])
    assert client.get(address).status_code == 302
    sign_in(client, release)
    assert client.get(address).status_code == 200
    assert client.get(reverse("desk_missing", args=["no_coffee"])).status_code == 404
    assert client.post(address).status_code == 405


def test_staff_are_led_to_the_same_releases_in_the_admin_site(client, clock):
    release = due("no-page")
    release.addresses.all().delete()
    client.force_login(create_member(Role.CALENDAR_MANAGER, release.series.producer, is_staff=True))
    text = client.get(reverse("desk_missing", args=["no_address"])).text
    (address,) = re.findall(r'href="(/admin/releases/release/[^"]*)"', text)
    assert [row.reference for row in client.get(address).context["cl"].result_list] == ["no-page"]


def coming_up(client, **query):
    text = client.get(reverse("desk"), query).text
    return " ".join(text.partition('id="desk-coming"')[2].partition('id="desk-missing"')[0].split())


def test_the_next_days_are_listed_with_what_is_missing(client, clock, release):
    sign_in(client, release)
    assert "No releases due in the next 2 weeks." in coming_up(client)
    due("tomorrow", series=release.series)
    bare = SeriesFactory(producer=release.series.producer, responsible=None, head_of_profession=None)
    due("after", series=bare, on=date(2020, 7, 3)).addresses.all().delete()
    text = coming_up(client)
    first, second = text.index("Wednesday 1 July 2020: 1 release"), text.index("Friday 3 July 2020: 1 release")
    assert first < text.index("Title tomorrow") < second < text.index("Title after")
    complete, incomplete = text[first:second], text[second:]
    for words in ("No web page", "No contact", "No Head of Profession"):
        assert words not in complete
        assert words in incomplete


def test_releases_that_are_due_at_the_same_time_are_in_the_order_of_their_titles(client, clock, release):
    sign_in(client, release)
    for name in ("b", "c", "a"):
        due(name, series=release.series)
    assert re.findall("Title [abc]", coming_up(client)) == ["Title a", "Title b", "Title c"]


def test_a_rehearsal_to_come_is_listed_only_if_it_was_asked_for_and_a_cancelled_release_never(client, clock, release):
    head = sign_in(client, release, Role.HEAD_OF_PROFESSION)
    due("stays", series=release.series)
    scheduling.cancel_release(due("stopped", series=release.series), reason="Stopped", by=head, at=BEFORE)
    ReleaseFactory(
        confirmed=True,
        rehearsal=True,
        series=release.series,
        reference="rehearsed",
        title="Title rehearsed",
        slot=london_slot(TOMORROW),
    )
    assert re.findall("Title [a-z]+", coming_up(client)) == ["Title stays"]
    assert "Title rehearsed" in coming_up(client, rehearsals="show")
    assert "Title rehearsed" not in coming_up(client, rehearsals="hide")


def test_a_long_day_to_come_is_cut_and_counted_in_full(client, clock, release):
    sign_in(client, release)
    for number in range(7):
        due(f"r-{number}", series=release.series)
    text = coming_up(client)
    assert "Wednesday 1 July 2020: 7 releases" in text
    assert text.count("Title r-") == 5
    assert "and 2 more" in text


def test_the_desk_asks_the_database_no_more_for_more_releases(client, clock, django_assert_num_queries):
    series = SeriesFactory()

    def add(name):
        due(f"today-{name}", series=series, on=SEED_DUE.date())
        for number, days in enumerate((1, 3)):
            release = due(f"{name}-{number}", series=series, on=SEED_DUE.date() + timedelta(days=days))
            release.addresses.filter(role="page").update(url=f"https://{name}.example.gov.uk/{number}")

    add("first")
    client.force_login(create_member(Role.STATISTICIAN, series.producer))
    client.get(reverse("desk"))
    with CaptureQueriesContext(connection) as for_few:
        client.get(reverse("desk"))
    for name in ("second", "third"):
        add(name)
    with django_assert_num_queries(len(for_few)):
        client.get(reverse("desk"))
