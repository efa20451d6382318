"""The dashboard: the day as it goes, what waits for whom, and whether monitoring is at work."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse

from breaches import drafting
from releases import judge, morning_summary, scheduling
from releases.models import Release
from releases.rules.lifecycle import Role
from tests.integration.statsoffice.self_monitoring.record import a_rehearsal, a_watcher_that_is_well
from tests.pages.statsoffice.dashboard.morning import AFTER, BEFORE, sign_in, suspect
from tests.support.factories import (
    SEED_DUE,
    ReleaseFactory,
    SeriesFactory,
    UserFactory,
    create_member,
    london_slot,
    rolled_back,
)
from tests.support.observations import create_observations

pytestmark = pytest.mark.django_db

DESK = reverse("desk")
PART = reverse("desk_part")


def test_no_one_unknown_sees_the_desk(client, clock):
    assert client.get(DESK).status_code == 302
    assert client.get(PART).headers["HX-Redirect"] == reverse("account_login")


def test_todays_releases_are_listed_with_due_time_and_countdown_and_a_way_to_refresh(client, clock, release):
    sign_in(client, release)
    text = client.get(DESK).text
    for words in (release.title, "9:30am", "due in 3 min 20 s", "Tuesday 30 June 2020"):
        assert words in text
    assert "The watcher has never been active. No release is being watched." in text
    assert f'href="{DESK}">Refresh</a>' in text


VERDICTS = {
    "on the dot": (["not_live", "live"], 5, ["On time", "1 s"]),
    "within tolerance": (["not_live"] * 3 + ["live"], 5, ["On time", "within tolerance, 11 s"]),
    "late": (["not_live"] * 3 + ["live"], 65, ["Seen late", "2 min 5 s to 3 min 11 s after it was due"]),
    "not seen": (["not_live"] * 3, 65, ["Not seen", "still not there 2 min 5 s after it was due"]),
    "cannot tell": (["unreachable"] * 4, 65, ["Cannot tell"]),
}


def test_the_verdict_stands_there_as_it_falls_with_its_seconds(client, clock, release, subtests):
    sign_in(client, release)
    clock(AFTER)
    for verdict, (results, every, words) in VERDICTS.items():
        with subtests.test(verdict), rolled_back():
            create_observations(
                release, *results, start=SEED_DUE - timedelta(seconds=5), every=timedelta(seconds=every)
            )
            judge.judge_one(Release.objects.get(pk=release.pk), now=AFTER)
            text = client.get(PART).text
            for expected in words:
                assert expected in text


def test_the_mornings_roll_call_is_shown_to_those_of_its_producer_alone(client, clock, release):
    suspect(release)
    morning_summary.record_missing_summaries(now=AFTER)
    clock(AFTER)
    sign_in(client, release)
    words = " ".join(client.get(DESK).content.decode().split())
    assert f"Roll call of 9:30am, {release.series.producer}: 1 due, 0 live, 1 not live" in words
    client.force_login(create_member(Role.STATISTICIAN, SeriesFactory().producer))
    assert "Roll call" not in client.get(DESK).content.decode()


def test_rehearsals_are_listed_and_marked(client, clock):
    release = ReleaseFactory(confirmed=True, rehearsal=True, title="Played through")
    sign_in(client, release)
    text = client.get(DESK).text
    assert "Played through" in text
    assert ">Rehearsal<" in text


def test_releases_of_another_producer_or_another_day_are_not_todays(client, clock, release):
    ReleaseFactory(announced=True, reference="of-others", title="Of another office")
    ReleaseFactory(
        announced=True,
        reference="tomorrow",
        title="Due tomorrow",
        series=release.series,
        slot=london_slot(date(2020, 7, 1)),
    )
    sign_in(client, release)
    response = client.get(DESK)
    assert "Of another office" not in response.text
    today, _, later = response.text.partition("Wednesday 1 July 2020")
    assert "Due tomorrow" not in today
    assert "Due tomorrow" in later


def test_the_day_begins_and_ends_at_midnight_in_london(client, clock, release):
    late = ReleaseFactory(
        confirmed=True,
        reference="late-evening",
        title="Late in the evening",
        series=release.series,
        rehearsal=True,
        due_at=datetime(2020, 6, 30, 22, 59, tzinfo=UTC),
    )
    sign_in(client, late)
    clock(datetime(2020, 6, 29, 23, 1, tzinfo=UTC))
    assert "Late in the evening" in client.get(PART).text
    clock(datetime(2020, 6, 30, 23, 1, tzinfo=UTC))
    assert "Late in the evening" not in client.get(PART).text


def test_a_person_without_any_role_sees_an_empty_desk(client, clock, release):
    client.force_login(UserFactory(is_superuser=True))
    text = client.get(DESK).text
    assert release.title not in text
    assert "Nothing of yours is due today." in text
    assert "Nothing waits for you." in text


def as_shown(part):
    return {name: part[name] for name in ("shown", "told", "waits")}


def test_an_unchanged_list_is_not_sent_again_a_countdown_comes_alone_and_a_verdict_is_told_once(client, clock, release):
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    assert client.get(PART, as_shown(part)).status_code == 204
    clock(BEFORE + timedelta(seconds=2))
    response = client.get(PART, as_shown(part))
    assert f'<div id="today-{release.pk}-detail" hx-swap-oob="innerHTML">due in 3 min 18 s</div>' in response.text
    assert release.title not in response.text
    assert 'id="desk-today"' not in response.text
    assert "desk-summary" not in response.text
    create_observations(release, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
    judge.judge_one(release, now=AFTER)
    clock(AFTER)
    response = client.get(PART, as_shown(part))
    told = f'<div id="desk-summary" hx-swap-oob="innerHTML">{release.title}: On time. On time: 1'
    assert told in response.text
    fresh = response.context["part"]
    assert client.get(PART, as_shown(fresh)).status_code == 204


def test_a_monitoring_process_that_falls_ill_is_told_once_and_not_at_each_refresh(client, clock, release):
    a_watcher_that_is_well(at=BEFORE)
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    assert "watcher" not in part["summary"]
    clock(BEFORE + timedelta(minutes=2))
    response = client.get(PART, as_shown(part))
    assert "The watcher is not well." in response.text.partition('id="desk-summary"')[2]
    clock(BEFORE + timedelta(minutes=2, seconds=2))
    later = client.get(PART, as_shown(response.context["part"]))
    assert later.status_code == 200
    assert "desk-summary" not in later.text


def test_a_draft_comes_to_the_desk_of_those_who_are_watching_it(client, clock, release):
    clock(AFTER)
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    suspect(release)
    text = client.get(PART, as_shown(part)).text
    assert '<div id="desk-waiting" hx-swap-oob="innerHTML">' in text
    assert "Reports to complete" in text


def test_a_monitoring_process_that_is_well_is_said_to_be_so_without_a_warning(client, clock, release):
    a_watcher_that_is_well(at=BEFORE)
    sign_in(client, release)
    text = client.get(DESK).text
    assert "The watcher is active. Its last rehearsal, at 9:25am, came out right." in text
    assert "govuk-warning-text" not in text


def test_a_monitoring_process_that_is_not_well_is_said_to_be_so_with_what_is_to_be_done(client, clock, release):
    a_watcher_that_is_well(at=BEFORE)
    a_rehearsal(finished_at=BEFORE, right=False, found="cannot_tell")
    sign_in(client, release)
    warning = client.get(DESK).text.partition("govuk-warning-text")[2]
    assert "should have come out as “on time” and came out as “cannot tell”" in warning
    assert "look at each release yourself when it is due" in warning


def test_a_long_day_is_cut_and_says_so(client, clock, monkeypatch):
    monkeypatch.setattr("statsoffice.dashboard.today.MOST_LINES", 2)
    series = SeriesFactory()
    for number in range(5):
        release = ReleaseFactory(announced=True, reference=f"release-{number}", series=series)
    sign_in(client, release)
    assert "3 more are due on this day" in client.get(DESK).text


def test_the_number_of_queries_does_not_grow_with_the_day(client, clock, release, django_assert_max_num_queries):
    clock(AFTER)
    suspect(release)
    sign_in(client, release, Role.DEPUTY)
    with django_assert_max_num_queries(31) as few:
        client.get(DESK)
    for number in range(5):
        other = ReleaseFactory(announced=True, reference=f"other-{number}", series=release.series)
        create_observations(other, "not_live", start=SEED_DUE + timedelta(seconds=120))
        judge.judge_one(other, now=AFTER)
    drafting.draft_missing(now=AFTER)
    with django_assert_max_num_queries(len(few)):
        client.get(DESK)


def test_a_cancelled_release_stays_on_the_list_as_cancelled(client, clock, release):
    head = sign_in(client, release, Role.HEAD_OF_PROFESSION)
    scheduling.cancel_release(release, reason="The survey was stopped.", by=head, at=BEFORE)
    assert ">Cancelled<" in client.get(DESK).text


def test_a_provisional_release_is_said_to_be_not_watched(client, clock):
    release = ReleaseFactory()
    sign_in(client, release)
    assert ">Not watched<" in client.get(DESK).text


def test_the_release_page_leads_to_its_report_for_those_who_may_read_it(client, clock, release):
    clock(AFTER)
    report = suspect(release)
    for role, sees in ((Role.STATISTICIAN, True), (Role.AUDITOR, True), (Role.CALENDAR_MANAGER, False)):
        sign_in(client, release, role)
        text = client.get(reverse("releases:release", args=[release.reference])).text
        assert (reverse("breaches:report", args=[report.reference]) in text) == sees, role
