"""The list of releases: its columns, filters, search and days."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin import site
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases import scheduling
from releases.models import Membership, Release, Series, Verification
from releases.rules.calendar import Precision, Slot
from releases.rules.lifecycle import Role
from tests.support.admin_site import page, signed_in
from tests.support.factories import (
    ReleaseFactory,
    SeriesFactory,
    create_member,
    london_slot,
)
from tests.support.observations import create_observation
from tests.support.shared_rows import shared_fixture

# Half past midnight in London: the day before in UTC.
NOW = datetime(2026, 6, 29, 23, 30, tzinfo=UTC)
TODAY = date(2026, 6, 30)

pytestmark = pytest.mark.django_db


@shared_fixture
def manager():
    """The calendar manager of one producer with releases from yesterday to next month."""
    series = SeriesFactory(title="Schools inspections")
    for name, days in {"yesterday": -1, "today": 0, "tomorrow": 1, "in-six-days": 6, "in-a-week": 7}.items():
        slot = london_slot(TODAY + timedelta(days=days))
        ReleaseFactory(
            series=series, reference=name, title=f"Schools {name}", slot=slot, url=f"https://a.example.gov.uk/{name}"
        )
    vague = Slot(on=date(2026, 7, 1), at=None, precision=Precision.MONTH)
    ReleaseFactory(series=series, reference="vague", slot=vague, url="https://a.example.gov.uk/vague")
    return create_member(Role.CALENDAR_MANAGER, series.producer, is_staff=True)


@pytest.fixture
def client(manager):
    with time_machine.travel(NOW, tick=False):
        yield signed_in(manager)


def listed(client, **query):
    response = client.get(page("release"), query)
    assert response.status_code == 200
    return {release.reference for release in response.context["cl"].result_list}


EVERYTHING = {"yesterday", "today", "tomorrow", "in-six-days", "in-a-week", "vague"}


def find_in_order(user, **query):
    """List releases as `listed` does, without rendering the page, which takes longest."""
    request = RequestFactory().get(page("release"), query)
    request.user = user
    response = site.get_model_admin(Release).changelist_view(request)
    assert response.status_code == 200
    found = response.context_data["cl"]
    assert "o" in query or found.get_ordering_field_columns() == {}  # no header says that the list is sorted by it
    return [release.reference for release in found.result_list]


def found_by(user, **query):
    return set(find_in_order(user, **query))


@time_machine.travel(NOW, tick=False)
def test_the_list_begins_with_the_next_releases_and_ends_with_those_before_today(manager):
    series = Series.objects.get()
    slot = london_slot(TODAY - timedelta(days=90))
    ReleaseFactory(series=series, reference="long-ago", slot=slot, url="https://a.example.gov.uk/long-ago")
    to_come = ["today", "tomorrow", "vague", "in-six-days", "in-a-week"]
    assert find_in_order(manager) == [*to_come, "yesterday", "long-ago"]
    assert find_in_order(manager, o="2")[:3] == ["long-ago", "yesterday", "today"]
    assert find_in_order(manager, o="-2")[-3:] == ["today", "yesterday", "long-ago"]


@time_machine.travel(NOW, tick=False)
def test_the_list_is_narrowed_by_day_status_and_words(manager, subtests):
    for query, found in (
        ({}, EVERYTHING),
        ({"day": "today"}, {"today"}),
        ({"day": "yesterday"}, {"yesterday"}),
        ({"day": "tomorrow"}, {"tomorrow"}),
        ({"day": "next-week"}, {"today", "tomorrow", "in-six-days"}),
        ({"day": "past-week"}, {"yesterday"}),
        ({"day": "nonsense"}, EVERYTHING),
        ({"status__exact": "provisional"}, EVERYTHING),
        ({"status__exact": "cancelled"}, set()),
        ({"month": "2026-07"}, {"tomorrow", "in-six-days", "in-a-week", "vague"}),
        ({"month": "2026-13"}, EVERYTHING),
        ({"attention": "due_tomorrow"}, {"tomorrow"}),
        ({"attention": "past_its_date"}, {"yesterday"}),
        ({"attention": "no_address"}, set()),
        ({"attention": "nonsense"}, EVERYTHING),
        ({"series": "x", "producer": "9" * 30}, EVERYTHING),
        ({"q": "in-six"}, {"in-six-days"}),
        ({"q": "schools inspections"}, EVERYTHING),
        ({"q": "vague month"}, set()),
        ({"planned_on__year": "2026", "planned_on__month": "7"}, {"tomorrow", "in-six-days", "in-a-week", "vague"}),
    ):
        with subtests.test(query=query):
            assert found_by(manager, **query) == found


def test_the_list_is_narrowed_by_the_verdict_on_the_present_schedule():
    series = SeriesFactory()
    client = signed_in(create_member(Role.AUDITOR, series.producer, is_staff=True))
    late = ReleaseFactory(confirmed=True, series=series, reference="late")
    ReleaseFactory(confirmed=True, series=series, reference="unseen", url="https://a.example.gov.uk/b")
    for version, outcome in ((1, "late"), (2, "early")):
        Verification.objects.create(
            release=late, schedule_version=version, due_at=NOW, tolerance_seconds=120, outcome=outcome
        )
    assert listed(client, verdict="late") == {"late"}
    assert listed(client, verdict="early") == set()
    assert listed(client, verdict="none") == {"unseen"}
    assert ">Late<" in client.get(page("release")).text


def test_the_list_asks_the_database_no_more_for_more_releases(client, django_assert_num_queries):
    with CaptureQueriesContext(connection) as for_one:
        assert len(listed(client, q="tomorrow")) == 1
    with django_assert_num_queries(len(for_one)):
        assert len(listed(client, q="schools")) == 6
    assert len(for_one) <= 28


def test_the_columns_say_date_status_and_verdict_in_words(client):
    text = client.get(page("release")).content.decode()
    assert "30 June 2026 9:30am" in text
    assert "July 2026" in text
    assert ">Admin</" in text
    assert ">Release calendar</a>" in text


def test_the_list_is_narrowed_by_producer_and_series():
    first, second = SeriesFactory(title="Rain"), SeriesFactory(title="Wind")
    user = create_member(Role.AUDITOR, first.producer, is_staff=True)
    Membership.objects.create(user=user, producer=second.producer, role=Role.AUDITOR)
    for series in (first, second):
        ReleaseFactory(series=series, reference=series.title.lower(), slot=london_slot(TODAY))
    client = signed_in(user)
    assert listed(client, producer=first.producer_id) == {"rain"}
    assert listed(client, series=second.pk) == {"wind"}
    assert listed(client, producer=first.producer_id, series=second.pk) == set()


def test_the_list_is_narrowed_by_what_an_open_release_is_missing_whenever_it_is_due():
    series = SeriesFactory()
    bare = SeriesFactory(producer=series.producer, responsible=None, head_of_profession=None)
    far = london_slot(date(2027, 9, 15))
    ReleaseFactory(series=series, reference="all", slot=far)
    ReleaseFactory(series=series, reference="no-page", slot=far).addresses.all().delete()
    ReleaseFactory(series=bare, reference="no-people", slot=far)
    stopped = ReleaseFactory(series=bare, reference="stopped", slot=far)
    scheduling.cancel_release(stopped, reason="Stopped", by=create_member(Role.DEPUTY, series.producer), at=NOW)
    client = signed_in(create_member(Role.AUDITOR, series.producer, is_staff=True))
    assert {lacks: listed(client, lacks=lacks) for lacks in ("page", "contact", "head", "coffee")} == {
        "page": {"no-page"},
        "contact": {"no-people"},
        "head": {"no-people"},
        "coffee": {"no-page", "no-people", "all", "stopped"},
    }


def test_a_filter_offers_nothing_of_another_producer(client):
    foreign = SeriesFactory(title="Of another office", producer__name="Another office")
    ReleaseFactory(series=foreign, reference="foreign", slot=london_slot(date(2031, 1, 7)))
    text = client.get(page("release")).text
    for words in ("Of another office", "Another office", "January 2031"):
        assert words not in text
    assert listed(client, series=foreign.pk, producer=foreign.producer_id) == set()


def test_the_form_of_filters_shows_what_was_chosen_and_keeps_the_order_of_the_list(client):
    query = {"status__exact": "provisional", "q": "schools", "month": "2026-07", "o": "1", "planned_on__year": "2026"}
    text = client.get(page("release"), query).text
    (form,) = re.findall(r'<search class="office-filters".*?</search>', text, flags=re.DOTALL)
    assert re.findall(r'type="hidden" name="(.*?)" value="(.*?)"', form) == [("o", "1"), ("planned_on__year", "2026")]
    assert re.findall(r'<option value="(.*?)" selected>', form) == ["provisional", "2026-07"]
    assert 'name="q" value="schools"' in form


def test_a_row_shows_at_a_glance_where_a_release_stands_and_what_it_is_missing():
    series = SeriesFactory(head_of_profession=None)
    with time_machine.travel(NOW, tick=False):
        ReleaseFactory(
            series=series, reference="bare", slot=london_slot(TODAY + timedelta(days=1))
        ).addresses.all().delete()
        due = {"due_at": NOW + timedelta(days=30), "recorded_at": NOW}
        ReleaseFactory(confirmed=True, series=series, reference="rehearsal", rehearsal=True, **due)
        stopped = ReleaseFactory(announced=True, series=series, reference="stopped", slot=london_slot(TODAY))
        scheduling.cancel_release(stopped, reason="Stopped", by=create_member(Role.DEPUTY, series.producer), at=NOW)
        text = signed_in(create_member(Role.AUDITOR, series.producer, is_staff=True)).get(page("release")).text
    rows = re.findall(r"<tr>.*?</tr>", text, flags=re.DOTALL)
    tags = {
        reference: re.findall(r'class="office-tag [^>]*>([^<]*)<', row)
        for reference in ("bare", "rehearsal", "stopped")
        for row in rows
        if f">{reference}<" in row
    }
    assert tags == {
        "bare": ["Provisional", "Not announced", "1 day’s notice", "No web page", "No Head of Profession"],
        "rehearsal": ["Confirmed", "Rehearsal", "No Head of Profession"],
        "stopped": ["Cancelled"],
    }


def test_notice_is_counted_from_the_day_of_confirming_and_marked_where_it_is_short():
    series, day = SeriesFactory(), date(2026, 9, 30)
    for days in (28, 27, 0):
        at = datetime(2026, 9, 30, 7, tzinfo=UTC) - timedelta(days=days)
        release = ReleaseFactory(series=series, reference=f"days-{days}", slot=london_slot(day))
        scheduling.confirm_release(release, by=None, at=at)
    text = signed_in(create_member(Role.AUDITOR, series.producer, is_staff=True)).get(page("release")).text
    rows = re.findall(r"<tr>.*?</tr>", text, flags=re.DOTALL)
    for days, words in (
        (28, ">28 days’ notice<"),
        (27, 'orange">27 days’ notice<'),
        (0, 'orange">0 days’ notice<'),
    ):
        (row,) = (row for row in rows if f">days-{days}<" in row)
        assert words in row


def test_the_list_and_the_page_of_a_release_count_notice_from_the_same_day():
    series, day = SeriesFactory(), london_slot(date(2026, 6, 30))
    announced_late = ReleaseFactory(series=series, reference="announced-late", slot=day)
    scheduling.confirm_release(announced_late, by=None, at=datetime(2026, 5, 26, 9, tzinfo=UTC))
    scheduling.announce_release(announced_late, by=None, at=datetime(2026, 6, 27, 9, tzinfo=UTC))
    recorded_at = datetime(2026, 5, 1, 9, tzinfo=UTC)
    moved = ReleaseFactory(series=series, reference="moved", announced=True, recorded_at=recorded_at, slot=day)
    head, to = create_member(Role.HEAD_OF_PROFESSION, series.producer), london_slot(date(2026, 7, 3))
    scheduling.change_date(moved, to=to, reason="Late data.", by=head, at=datetime(2026, 6, 29, 9, tzinfo=UTC))
    client = signed_in(create_member(Role.AUDITOR, series.producer, is_staff=True))
    rows = re.findall(r"<tr>.*?</tr>", client.get(page("release")).text, flags=re.DOTALL)
    for release, days in ((announced_late, 3), (moved, 4)):
        (row,) = (row for row in rows if f">{release.reference}<" in row)
        assert f'orange">{days} days’ notice<' in row
        shown = client.get(reverse("releases:release", args=[release.reference])).text
        assert f"This gave {days} days’ notice." in shown


def test_a_rehearsal_gives_no_one_notice():
    release = ReleaseFactory(confirmed=True, rehearsal=True, due_at=NOW + timedelta(days=30), recorded_at=NOW)
    text = signed_in(create_member(Role.AUDITOR, release.series.producer, is_staff=True)).get(page("release")).text
    assert f">{release.reference}<" in text
    assert "notice<" not in text


def test_the_list_is_counted_and_parted_into_years_without_reading_verdicts_of_all(subtests):
    release = ReleaseFactory(confirmed=True)
    client = signed_in(create_member(Role.AUDITOR, release.series.producer, is_staff=True))
    for query in ("", "?verdict=on_time", "?lacks=page"):
        with subtests.test(query):
            with CaptureQueriesContext(connection) as queries:
                client.get(page("release") + query)
            of_all = [each["sql"] for each in queries if "COUNT(" in each["sql"] or "MIN(" in each["sql"]]
            assert of_all
            assert not any('JOIN "releases_verification"' in sql for sql in of_all)


def test_filters_of_the_record_name_codes_in_words_also_with_counts(manager, subtests):
    release = Release.objects.get(reference="yesterday")
    create_observation(release.addresses.get(), "observer_fault", at=NOW - timedelta(hours=1))
    scheduling.announce_release(release, by=manager, at=NOW)
    leader = signed_in(create_member(Role.HEAD_OF_PROFESSION, release.series.producer, is_staff=True))
    for model, query, code, words in (
        ("observation", "result", "observer_fault", "No response, and our own connection failed too"),
        ("releaseevent", "kind", "announce", "Announced"),
    ):
        for facets, count in (({}, ""), ({"_facets": "True"}, " (1)")):
            with subtests.test(model, counts=bool(facets)):
                html = leader.get(page(model), facets).text
                (shown,) = re.findall(rf'href="\?[^"]*{query}={code}[^"]*"[^>]*>\s*([^<]*[^<\s])', html)
                assert shown == f"{words}{count}"
