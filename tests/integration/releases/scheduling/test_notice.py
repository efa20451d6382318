"""Four weeks of notice, counted; less needs a reason; market-sensitive series are advised of six months (C12)."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.urls import reverse

from releases import scheduling
from releases.models import Release, ReleaseEvent
from releases.rules import calendar
from releases.rules.lifecycle import MissingFields, Role
from releases.scheduling import SlotRefused
from tests.support.admin_site import act_checked, check, said, staff
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member, london_slot

DUE_ON = date(2020, 6, 30)
NOON = datetime(2020, 6, 2, 11, 0, tzinfo=UTC)  # four weeks before to the day
SHORT = NOON + timedelta(days=1)


@pytest.mark.parametrize(
    ("given_at", "days"),
    [
        pytest.param(datetime(2020, 6, 1, 22, 59, tzinfo=UTC), 29, id="the-evening-before-in-london"),
        pytest.param(datetime(2020, 6, 1, 23, 0, tzinfo=UTC), 28, id="after-midnight-in-london"),
        pytest.param(datetime(2020, 6, 2, 22, 59, tzinfo=UTC), 28, id="late-on-the-day"),
        pytest.param(datetime(2020, 6, 2, 23, 0, tzinfo=UTC), 27, id="a-minute-later"),
        pytest.param(datetime(2020, 6, 30, 7, 0, tzinfo=UTC), 0, id="on-the-day"),
        pytest.param(datetime(2020, 7, 1, 7, 0, tzinfo=UTC), -1, id="a-day-late"),
    ],
)
def test_notice_is_counted_in_days_of_londons_calendar(given_at, days):
    assert calendar.days_of_notice(DUE_ON, given_at=given_at) == days
    assert calendar.is_short_notice(DUE_ON, given_at=given_at) == (days < 28)


def test_notice_counts_days_across_both_clock_changes():
    for on in (date(2026, 4, 10), date(2026, 11, 6)):
        given_at = datetime.combine(on - timedelta(weeks=4), time(12), tzinfo=UTC)
        assert calendar.days_of_notice(on, given_at=given_at) == 28


@pytest.mark.parametrize(
    ("given_on", "first"),
    [
        pytest.param(date(2026, 1, 15), date(2026, 7, 15), id="the-same-day-of-the-month"),
        pytest.param(date(2026, 8, 31), date(2027, 2, 28), id="a-month-without-that-day"),
        pytest.param(date(2027, 8, 31), date(2028, 2, 29), id="a-leap-year"),
        pytest.param(date(2026, 12, 31), date(2027, 6, 30), id="across-new-year"),
    ],
)
def test_market_sensitive_dates_are_best_given_six_months_ahead(given_on, first):
    given_at = datetime.combine(given_on, time(12), tzinfo=UTC)
    assert not calendar.is_short_for_markets(first, given_at=given_at)
    assert calendar.is_short_for_markets(first - timedelta(days=1), given_at=given_at)


pytestmark = pytest.mark.django_db


def keeper_of(release):
    return create_member(Role.CALENDAR_MANAGER, release.series.producer)


def page_of(release, name="confirm"):
    return reverse(f"releases:{name}", args=[release.reference])


def words_of(response):
    return " ".join(response.text.split())


@pytest.fixture
def clock(time_machine):
    """Set the clock that pages read."""
    time_machine.move_to(SHORT, tick=False)
    return lambda instant: time_machine.move_to(instant, tick=False)


def test_four_weeks_of_notice_need_no_reason_and_none_is_kept(provisional_release):
    confirmed = scheduling.confirm_release(
        provisional_release, by=keeper_of(provisional_release), at=NOON, reason="A private thought"
    )
    assert (confirmed.status, confirmed.short_notice_reason) == ("confirmed", "")
    assert ReleaseEvent.in_order().last().facts["notice_days"] == 28


def test_less_than_four_weeks_need_a_reason_with_the_days_told_and_nothing_is_confirmed_before(provisional_release):
    with pytest.raises(MissingFields, match="This date gives 27 days’ notice") as refusal:
        scheduling.confirm_release(provisional_release, by=keeper_of(provisional_release), at=SHORT, reason=" ")
    assert refusal.value.field == "reason"
    assert Release.objects.get().status == "provisional"


def test_the_reason_for_short_notice_is_kept_for_ourselves(provisional_release):
    scheduling.confirm_release(
        provisional_release, by=keeper_of(provisional_release), at=SHORT, reason=" The survey was ordered late. "
    )
    assert Release.objects.get().short_notice_reason == "The survey was ordered late."
    event = ReleaseEvent.in_order().last()
    assert (event.facts["notice_days"], event.words) == (27, "The survey was ordered late.")


def test_a_date_that_is_past_gives_no_notice_at_all(provisional_release):
    with pytest.raises(MissingFields, match="The date has passed"):
        scheduling.confirm_release(
            provisional_release, by=keeper_of(provisional_release), at=datetime(2020, 7, 3, 9, 0, tzinfo=UTC)
        )


def test_a_rehearsal_needs_no_notice():
    release = ReleaseFactory(rehearsal=True)
    assert scheduling.confirm_release(release, by=keeper_of(release), at=SHORT).status == "confirmed"


def test_what_an_import_brings_was_confirmed_elsewhere_and_its_notice_is_told_without_a_reason(client, clock):
    release = ReleaseFactory(confirmed=True, recorded_at=SHORT)
    assert release.short_notice_reason == ""
    client.force_login(keeper_of(release))
    text = words_of(client.get(page_of(release, "release")))
    assert "This gave 27 days’ notice." in text
    assert "This is less than 4 weeks." in text
    assert "Reason for short notice" not in text


def test_the_rule_for_the_day_comes_before_the_question_for_a_reason():
    release = ReleaseFactory(slot=london_slot(date(2020, 6, 27)))
    with pytest.raises(SlotRefused, match="is not a weekday"):
        scheduling.confirm_release(release, by=keeper_of(release), at=SHORT)


def test_the_page_warns_with_the_number_of_days_and_asks_for_the_reason(client, clock, provisional_release):
    client.force_login(keeper_of(provisional_release))
    text = words_of(client.get(page_of(provisional_release)))
    assert "This gives 27 days’ notice. The Code of Practice asks for 4 weeks’ notice" in text
    assert "Reason for short notice" in text
    clock(NOON + timedelta(days=27))
    client.force_login(keeper_of(provisional_release))
    assert "This gives 1 day’s notice." in words_of(client.get(page_of(provisional_release)))


def test_with_enough_notice_the_page_asks_for_nothing(client, clock):
    clock(NOON)
    release = ReleaseFactory()
    client.force_login(keeper_of(release))
    text = words_of(client.get(page_of(release)))
    assert "This gives 28 days’ notice." in text
    assert "Reason for short notice" not in text
    assert client.post(page_of(release)).status_code == 302
    assert Release.objects.get().status == "confirmed"


def test_a_direct_post_without_a_reason_is_refused_on_the_reason_field(client, clock, provisional_release):
    client.force_login(keeper_of(provisional_release))
    for sent in ({}, {"reason": "  "}):
        response = client.post(page_of(provisional_release), sent)
        assert "This date gives 27 days’ notice" in response.context["form"].errors["reason"][0]
        assert 'href="#id_reason"' in response.text
    assert Release.objects.get().status == "provisional"


def test_with_a_reason_it_is_confirmed_and_our_own_people_alone_read_why(client, clock):
    release = scheduling.announce_release(ReleaseFactory(), by=None, at=NOON)
    client.force_login(keeper_of(release))
    assert client.post(page_of(release), {"reason": "The survey was ordered late."}).status_code == 302
    assert "The survey was ordered late." in client.get(page_of(release, "release")).text
    client.logout()
    assert "ordered late" not in client.get(page_of(release, "release")).text


def test_readers_see_when_the_exact_date_was_confirmed_if_that_was_after_the_announcement(client):
    """Otherwise they would count the notice of the exact date from the announcement of the month."""
    release = scheduling.announce_release(ReleaseFactory(), by=None, at=NOON - timedelta(days=14))
    page = page_of(release, "release")
    assert "Date confirmed" not in client.get(page).text
    keeper = keeper_of(release)
    scheduling.confirm_release(release, by=keeper, at=NOON + timedelta(days=20), reason="The survey was ordered late.")
    assert re.search(r"Date confirmed</dt> <dd[^>]*> <time[^>]*>22 June 2020</time>", words_of(client.get(page)))
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    later = NOON + timedelta(days=23)
    scheduling.change_date(release, to=london_slot(date(2020, 7, 7)), reason="A late source", by=head, at=later)
    assert re.search(r"Date confirmed</dt> <dd[^>]*> <time[^>]*>25 June 2020</time>", words_of(client.get(page)))


def test_a_date_that_is_confirmed_on_the_day_of_the_announcement_has_no_other_day_for_readers(client):
    release = ReleaseFactory()
    scheduling.confirm_release(release, by=keeper_of(release), at=NOON - timedelta(days=14))
    scheduling.announce_release(release, by=None, at=NOON)
    assert "Date confirmed" not in client.get(page_of(release, "release")).text


def test_after_a_change_of_date_the_notice_is_that_of_the_new_date(client, clock, provisional_release):
    scheduling.confirm_release(provisional_release, by=keeper_of(provisional_release), at=NOON)
    head = create_member(Role.HEAD_OF_PROFESSION, provisional_release.series.producer)
    scheduling.change_date(
        provisional_release, to=london_slot(date(2020, 6, 15)), reason="Ready sooner", by=head, at=SHORT
    )
    client.force_login(head)
    text = words_of(client.get(page_of(provisional_release, "release")))
    assert "This gave 12 days’ notice." in text
    assert "This is less than 4 weeks." in text


def test_a_confirmed_date_that_is_announced_later_gives_notice_from_its_announcement(client, clock):
    release = ReleaseFactory()
    scheduling.confirm_release(release, by=keeper_of(release), at=NOON - timedelta(days=7))
    clock(NOON + timedelta(days=25))
    client.force_login(keeper_of(release))
    asked = words_of(client.get(page_of(release, "announce")))
    assert "This gives 3 days’ notice. The Code of Practice asks for 4 weeks’ notice" in asked
    assert client.post(page_of(release, "announce")).status_code == 302
    text = words_of(client.get(page_of(release, "release")))
    assert "This gave 3 days’ notice." in text
    assert "This is less than 4 weeks." in text


def test_the_notice_of_a_provisional_date_is_no_concern_of_its_announcement(client, clock, provisional_release):
    client.force_login(keeper_of(provisional_release))
    assert "days’ notice" not in words_of(client.get(page_of(provisional_release, "announce")))
    client = staff(Role.CALENDAR_MANAGER, provisional_release.series.producer)
    (row,) = check(client, "announce", [provisional_release]).context["rows"]
    assert row["warnings"] == []


def test_announcing_many_in_the_admin_site_names_the_days_of_confirmed_dates_and_asks_for_no_reason(clock):
    release = ReleaseFactory(confirmed=True)
    client = staff(Role.CALENDAR_MANAGER, release.series.producer)
    asked = check(client, "announce", [release])
    (row,) = asked.context["rows"]
    assert row["warnings"] == ["27 days’ notice, less than 4 weeks"]
    assert not asked.context["form"].fields
    assert said(act_checked(client, "announce", [release])) == ["1 release announced."]


@pytest.mark.parametrize(("sensitive", "warned"), [(True, True), (False, False)], ids=["sensitive", "other"])
def test_a_market_sensitive_series_is_advised_of_six_months_and_not_refused(client, clock, sensitive, warned):
    clock(datetime(2020, 1, 6, 12, 0, tzinfo=UTC))
    release = ReleaseFactory(series=SeriesFactory(market_sensitive=sensitive))
    client.force_login(keeper_of(release))
    assert ("announce dates 6 months ahead" in words_of(client.get(page_of(release)))) == warned
    assert client.post(page_of(release)).status_code == 302
    assert Release.objects.get().status == "confirmed"


def test_six_months_ahead_even_a_market_sensitive_series_is_advised_of_nothing(client, clock):
    clock(datetime(2019, 12, 30, 12, 0, tzinfo=UTC))
    release = ReleaseFactory(series=SeriesFactory(market_sensitive=True))
    client.force_login(keeper_of(release))
    assert "6 months" not in client.get(page_of(release)).text


def test_confirming_many_in_the_admin_site_asks_once_for_the_reason_and_names_the_days_of_each(clock):
    series = SeriesFactory()
    short = ReleaseFactory(series=series, reference="short", title="On short notice")
    long = ReleaseFactory(series=series, reference="long", title="Long ahead", slot=london_slot(date(2020, 9, 1)))
    client = staff(Role.CALENDAR_MANAGER, series.producer)
    asked = check(client, "confirm", [short, long])
    warnings = {row["release"].reference: row["warnings"] for row in asked.context["rows"]}
    assert warnings == {"short": ["27 days’ notice, less than 4 weeks"], "long": []}
    for reason in ("", " "):
        unreasoned = act_checked(client, "confirm", [short, long], reason=reason)
        assert unreasoned.context["form"].errors["reason"]
    assert not Release.objects.filter(status="confirmed").exists()
    response = act_checked(client, "confirm", [short, long], reason="The survey was ordered late.")
    assert said(response) == ["2 releases confirmed."]
    assert list(Release.objects.order_by("pk").values_list("short_notice_reason", flat=True)) == [
        "The survey was ordered late.",
        "",
    ]


@pytest.mark.parametrize("sensitive", [False, True], ids=["not-sensitive", "sensitive"])
def test_confirming_in_the_admin_site_advises_of_six_months_for_market_sensitive_series(clock, sensitive):
    clock(NOON)
    release = ReleaseFactory(series=SeriesFactory(market_sensitive=sensitive))
    client = staff(Role.DEPUTY, release.series.producer)
    advice = "Market sensitive, with less than 6 months’ notice"
    assert (advice in check(client, "confirm", [release]).text) == sensitive
    assert said(act_checked(client, "confirm", [release])) == ["1 release confirmed."]


def test_where_the_notice_of_all_is_enough_the_admin_site_asks_nothing(clock):
    clock(NOON)
    release = ReleaseFactory()
    client = staff(Role.DEPUTY, release.series.producer)
    assert not check(client, "confirm", [release]).context["form"].fields
    assert said(act_checked(client, "confirm", [release])) == ["1 release confirmed."]
