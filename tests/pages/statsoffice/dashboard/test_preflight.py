"""What the dashboard shows before the releases to come: problems, all that is well, and crowded minutes (V17)."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from releases import preflight
from releases.detection.preflight import PreflightCode, PreflightFinding
from releases.models import Membership, NonWorkingDay, PreflightRun
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress, add_address
from tests.pages.releases.test_preflight import checked, words_of
from tests.support.factories import ReleaseFactory, SeriesFactory, create_member
from tests.support.preflight import DAY_BEFORE, DUE
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock(time_machine):
    time_machine.move_to(DAY_BEFORE + timedelta(minutes=1), tick=False)


@shared_fixture
def series():
    return SeriesFactory()


def release_at(series, name, host="www.example.gov.uk", **fields):
    url = f"https://{host}/{name}"
    return ReleaseFactory(
        confirmed=True, series=series, reference=name, title=f"Title {name}", url=url, **{"due_at": DUE} | fields
    )


def desk(client, series, role=Role.STATISTICIAN):
    client.force_login(create_member(role, series.producer))
    return client.get(reverse("desk")).text


def test_problems_are_listed_with_a_link_to_exactly_those_releases(client, series):
    checked(
        release_at(series, "ill"),
        PreflightFinding(PreflightCode.NO_HEAD),
        PreflightFinding(PreflightCode.NO_ANSWER, 1, {"reasons": ["tls"]}),
        PreflightFinding(PreflightCode.NO_ANSWER, 2, {"reasons": ["tls"]}),
    )
    checked(release_at(series, "well"), PreflightFinding(PreflightCode.NO_ATTACHMENTS))
    page = desk(client, series)
    problems = page.partition('id="desk-preflight"')[2].partition("No problems found with")[0]
    assert '/releases/ill/#preflight"' in problems
    assert '/releases/well/#preflight"' not in problems
    text = words_of(page)
    assert "Title ill, due at 9:30am on 1 July 2026" in text
    assert "The series has no Head of Profession." in text
    assert "the connection was not secure. Check the address and our connection to it. (2 addresses)" in text
    assert "No problems found with 1 other release. Last checked at 2pm on 30 June 2026." in text


def test_what_is_worth_knowing_is_listed_with_its_releases_and_the_list_is_short(client, series):
    for number in range(7):
        notes = [
            PreflightFinding(PreflightCode.NO_ATTACHMENTS),
            *([PreflightFinding(PreflightCode.NO_ANNOUNCEMENT)] if number == 3 else []),
        ]
        checked(release_at(series, f"r-{number}"), *notes)
    page = desk(client, series)
    text = words_of(page)
    assert "so we only check the web page: Title r-0; Title r-1; Title r-2; Title r-3; Title r-4; and 2 more" in text
    assert "so we did not compare the announced time: Title r-3 " in text
    assert page.count('/releases/r-3/#preflight"') == 2


def test_problems_of_one_instant_are_in_the_order_in_which_the_releases_were_recorded(client, series):
    for name in ("b", "c", "a"):
        checked(release_at(series, name), PreflightFinding(PreflightCode.NO_HEAD))
    checked(
        release_at(series, "first", due_at=DUE - timedelta(hours=1), rehearsal=True),
        PreflightFinding(PreflightCode.NO_HEAD),
    )
    page = desk(client, series)
    problems = page.partition('id="desk-preflight"')[2]
    assert re.findall('/releases/([a-z]+)/#preflight"', problems) == ["first", "b", "c", "a"]


def test_where_all_is_well_the_desk_says_so(client, series):
    for name in ("one", "two"):
        checked(release_at(series, name))
    assert "No problems found with 2 releases" in words_of(desk(client, series))


def test_a_problem_that_was_corrected_is_gone_with_the_next_check(client, series):
    release = release_at(series, "ill")
    checked(release, PreflightFinding(PreflightCode.NO_HEAD), at=DAY_BEFORE - timedelta(hours=1))
    assert "The series has no Head of Profession." in desk(client, series)
    checked(release)
    text = words_of(desk(client, series))
    assert "The series has no Head of Profession." not in text
    assert "No problems found with 1 release." in text


def test_a_release_whose_hour_has_come_is_about_to_be_checked_and_a_later_one_only_where_that_was_asked(client, series):
    release_at(series, "tomorrow")
    later = release_at(series, "later", due_at=DUE + timedelta(days=5))
    assert "1 release is still to be checked." in words_of(desk(client, series))
    preflight.request_preflight(later, by=None, now=DAY_BEFORE)
    assert "2 releases are still to be checked." in words_of(desk(client, series))


def test_a_release_after_ten_days_without_work_is_about_to_be_checked(client, series, time_machine):
    for day in (29, 30, 31):
        NonWorkingDay.objects.create(producer=series.producer, on=date(2026, 12, day), title="Closed")
    release_at(series, "new-year", due_at=datetime(2027, 1, 4, 9, 30, tzinfo=UTC))
    time_machine.move_to(datetime(2026, 12, 24, 13, 59, tzinfo=UTC), tick=False)
    assert "1 release is still to be checked." not in words_of(desk(client, series))
    time_machine.move_to(datetime(2026, 12, 24, 14, 0, tzinfo=UTC), tick=False)
    assert "1 release is still to be checked." in words_of(desk(client, series))


def test_releases_that_share_a_host_and_a_minute_are_said_the_day_before_with_the_width(client, series, settings):
    settings.PROBE_BUDGETS = {"www.gov.uk": (6, 8)}
    for number in range(11):
        release_at(series, f"r-{number}", host="www.gov.uk")
    # Another producer's releases need the same host at the same time.
    other = release_at(SeriesFactory(), "theirs", host="www.gov.uk")
    add_address(other, PlannedAddress(url="https://www.gov.uk/theirs.ods", role="attachment"), at=other.recorded_at)
    text = words_of(desk(client, series))
    assert (
        "11 releases are due on www.gov.uk at 9:30am on 1 July 2026. "
        "So are releases that you cannot see here, such as those of other producers. "
        "We will make the last check up to 1.2 seconds after the first."
    ) in text
    assert "12 releases" not in text


def test_the_releases_of_another_producer_on_a_shared_host_are_counted_only_for_those_who_may_view_them(
    client, series, settings
):
    settings.PROBE_BUDGETS = {"www.gov.uk": (6, 8)}
    release_at(series, "ours", host="www.gov.uk")
    theirs = SeriesFactory()
    for number in range(2):
        release_at(theirs, f"theirs-{number}", host="www.gov.uk")
    text = words_of(desk(client, series, role=Role.AUDITOR))
    assert (
        "1 release is due on www.gov.uk at 9:30am on 1 July 2026. "
        "So are releases that you cannot see here, such as those of other producers. "
        "We will check them at the same time."
    ) in text
    assert "3 releases" not in text
    assert "with 3 addresses" not in text
    both = create_member(Role.AUDITOR, theirs.producer)
    Membership.objects.create(producer=series.producer, user=both, role=Role.AUDITOR)
    client.force_login(both)
    text = words_of(client.get(reverse("desk")).text)
    assert "3 releases are due on www.gov.uk at 9:30am on 1 July 2026. We will check them at the same time." in text
    assert "cannot see here" not in text


def test_one_release_whose_addresses_wait_for_one_another_is_said_too(client, series, settings):
    settings.PROBE_BUDGETS = {"www.gov.uk": (6, 8)}
    release = release_at(series, "many", host="www.gov.uk")
    for number in range(8):
        sheet = PlannedAddress(url=f"https://www.gov.uk/many/{number}.ods", role="attachment")
        add_address(release, sheet, at=release.recorded_at)
    assert (
        "1 release with 9 addresses is due on www.gov.uk at 9:30am on 1 July 2026. "
        "We will make the last check up to 1.0 seconds after"
    ) in words_of(desk(client, series))


def test_a_host_whose_rounds_take_longer_than_30_seconds_is_named_with_what_follows(client, series, settings):
    settings.PROBE_BUDGETS = {"www.gov.uk": (2, 1)}
    release = release_at(series, "many", host="www.gov.uk")
    for number in range(31):
        sheet = PlannedAddress(url=f"https://www.gov.uk/many/{number}.ods", role="attachment")
        add_address(release, sheet, at=release.recorded_at)
    sentence = "If a release is not live in time, we will ask you about it."
    assert sentence in words_of(desk(client, series))
    release.addresses.filter(url__endswith="30.ods").delete()
    assert sentence not in words_of(desk(client, series))


def test_the_desk_says_how_likely_an_early_release_would_be_noticed(client, series):
    release_at(series, "tomorrow")
    text = words_of(desk(client, series))
    assert "The chance that we detect one that is published early depends on when, and for how long" in text
    day_before = "1% for 10 seconds, 6% for 1 minute, 33% for 5 minutes, 100% for 15 minutes"
    assert f"From a day to an hour before: {day_before}" in text
    assert "In the last minute: 91% for 10 seconds," in text


def test_a_crowd_of_others_or_of_a_day_after_the_next_is_not_spoken_of(client, series):
    release_at(series, "tomorrow")
    for name in ("a", "b"):
        release_at(SeriesFactory(), f"theirs-{name}", host="www.gov.uk")
        release_at(series, f"later-{name}", host="www.later.gov.uk", due_at=DUE + timedelta(days=1))
    text = desk(client, series)
    assert "releases are due on www.gov.uk" not in text
    assert "releases are due on www.later.gov.uk" not in text


def test_every_role_sees_its_own_and_no_one_sees_those_of_others(client, series, subtests):
    checked(release_at(series, "ill"), PreflightFinding(PreflightCode.NO_HEAD))
    for role in Role:
        with subtests.test(role):
            assert "The series has no Head of Profession." in desk(client, series, role)
    for role in (Role.HEAD_OF_PROFESSION, Role.AUDITOR):
        assert "The series has no Head of Profession." not in desk(client, SeriesFactory(), role)


def test_what_is_due_by_now_is_no_matter_for_a_check_any_more(client, series, time_machine):
    checked(release_at(series, "ill"), PreflightFinding(PreflightCode.NO_HEAD))
    time_machine.move_to(DUE, tick=False)
    assert "We have not checked any releases due in the next 10 days yet." in desk(client, series)


def test_the_desk_asks_the_database_no_more_for_more_releases(client, series):
    def queries():
        with CaptureQueriesContext(connection) as asked:
            client.get(reverse("desk"))
        return len(asked)

    checked(release_at(series, "one"), PreflightFinding(PreflightCode.NO_HEAD))
    desk(client, series)
    for_one = queries()
    for number in range(6):
        checked(release_at(series, f"r-{number}"), PreflightFinding(PreflightCode.NO_HEAD))
    assert queries() == for_one
    assert PreflightRun.objects.count() == 7


def test_one_release_beyond_the_longest_list_of_problems_is_one(client, series, monkeypatch):
    monkeypatch.setattr("statsoffice.dashboard.monitoring.MOST_LINES", 1)
    for name in ("one", "two"):
        checked(release_at(series, name), PreflightFinding(PreflightCode.NO_HEAD))
    assert "1 more has problems and is not listed here." in words_of(desk(client, series))
    checked(release_at(series, "three"), PreflightFinding(PreflightCode.NO_HEAD))
    assert "2 more have problems and are not listed here." in words_of(desk(client, series))
