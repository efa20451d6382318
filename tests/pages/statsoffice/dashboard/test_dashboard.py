"""The dashboard: the day as it goes, what waits for whom, and whether monitoring is at work."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils.html import strip_tags

from breaches import drafting
from releases import judge, scheduling
from releases.models import Release
from releases.rules.lifecycle import Role
from statsoffice.fake_publisher import STATISTICS
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


def words_of(response):
    return " ".join(response.text.split())


def test_no_one_unknown_sees_the_desk(client, clock):
    assert client.get(DESK).status_code == 302
    assert client.get(PART).headers["HX-Redirect"] == reverse("account_login")


def test_todays_releases_are_listed_with_due_time_and_countdown_and_a_way_to_refresh(client, clock, release):
    sign_in(client, release)
    text = client.get(DESK).text
    for words in (
        release.title,
        "9:30am: 1 release",
        "Due in 3 minutes",
        "Tuesday 30 June 2020",
        "9:26:40am",
    ):
        assert words in text
    assert "Monitoring has not started. We are not checking any releases." in text
    assert f'href="{DESK}">Refresh</a>' in text


VERDICTS = {
    "on the dot": (["not_live", "live"], 5, ["On time", "Live within 1 second"]),
    "within tolerance": (["not_live"] * 3 + ["live"], 5, ["On time", "Live within 11 seconds, inside the tolerance"]),
    "late": (["not_live"] * 3 + ["live"], 65, ["Late", "Late by 2 minutes 5 seconds to 3 minutes 11 seconds"]),
    "not seen": (["not_live"] * 3, 65, ["Not live when last checked", "Not live 2 minutes 5 seconds after 9:30am"]),
    "cannot tell": (["unreachable"] * 4, 65, ["Needs checking", "Our checks do not show whether it was on time"]),
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


def counts(client, **query):
    return client.get(DESK, query).context["part"]["day"].summary


def test_the_counts_are_those_of_ones_own_producers_and_the_title_says_what_is_late(client, clock, release):
    suspect(release)
    clock(AFTER)
    sign_in(client, release)
    assert counts(client) == "1 due, 0 live, 1 late, 0 to check"
    assert "<title>(1 late) Today’s releases – " in client.get(DESK).text
    client.force_login(create_member(Role.STATISTICIAN, SeriesFactory().producer))
    assert counts(client) == "0 due, 0 live, 0 late, 0 to check"
    assert "<title>Today’s releases – " in client.get(DESK).text


def test_the_next_release_is_named_while_none_is_due(client, clock, release):
    sign_in(client, release)
    clock(SEED_DUE - timedelta(minutes=11))
    assert "Next release at 9:30am" in client.get(DESK).text
    clock(SEED_DUE - timedelta(minutes=10))
    assert "Next release at" not in client.get(DESK).text


def test_a_release_that_needs_checking_is_in_the_title_if_none_is_late(client, clock, release):
    clock(AFTER)
    sign_in(client, release)
    assert "<title>(1 to check) Today’s releases – " in client.get(DESK).text


def test_rehearsals_are_hidden_until_they_are_asked_for_and_are_marked(client, clock, release):
    rehearsal = ReleaseFactory(
        confirmed=True, rehearsal=True, reference="played", title="Played through", series=release.series
    )
    sign_in(client, rehearsal)
    text = client.get(DESK).text
    assert "Played through" not in text
    assert counts(client).startswith("1 due")
    assert f'href="{DESK}?rehearsals=show">Show rehearsals</a>' in text
    text = client.get(DESK, {"rehearsals": "show"}).text
    assert "Played through" in text
    assert ">Rehearsal<" in text
    assert f'href="{DESK}?rehearsals=hide">Hide rehearsals</a>' in text
    assert "Played through" in client.get(PART, {"rehearsals": "show"}).text


def test_rehearsals_of_the_demonstration_are_listed_without_being_asked_for(client, clock):
    series = SeriesFactory(producer__slug=STATISTICS)
    sign_in(client, ReleaseFactory(confirmed=True, rehearsal=True, title="Played through", series=series))
    assert "Played through" in client.get(DESK).text
    assert "Played through" not in client.get(DESK, {"rehearsals": "hide"}).text


@pytest.mark.parametrize(
    ("number", "sentence"), [(1, "1 rehearsal is not counted."), (3, "3 rehearsals are not counted.")]
)
def test_late_rehearsals_of_the_demonstration_are_listed_and_count_neither_in_the_title_nor_above_the_list(
    client, clock, number, sentence
):
    series = SeriesFactory(producer__slug=STATISTICS)
    for place in range(number):
        suspect(ReleaseFactory(confirmed=True, rehearsal=True, reference=f"practice-{place}", series=series))
    real = ReleaseFactory(announced=True, reference="real", series=series)
    create_observations(real, "not_live", "live", start=SEED_DUE, every=timedelta(seconds=1))
    judge.judge_one(Release.objects.get(pk=real.pk), now=AFTER)
    clock(AFTER)
    sign_in(client, real)
    page = client.get(DESK)
    text = page.text
    assert "<title>Today’s releases – " in text
    above = text.partition('id="desk-counts"')[2].partition('id="desk-watcher"')[0]
    assert " ".join(strip_tags(above).split()).endswith(f"1 due 1 live 0 late 0 to check {sentence}")
    assert sum(line.release.rehearsal for line in page.context["part"]["day"].lines) == number
    assert counts(client) == f"1 due, 1 live, 0 late, 0 to check. {sentence.removesuffix('.')}"
    assert "not counted" not in client.get(DESK, {"rehearsals": "hide"}).text


def test_the_result_of_a_rehearsal_is_announced_and_leaves_the_title_and_the_counts(client, clock, release):
    rehearsal = ReleaseFactory(
        confirmed=True, rehearsal=True, reference="played", title="Played through", series=release.series
    )
    shown = {"rehearsals": "show"}
    sign_in(client, rehearsal)
    clock(SEED_DUE + timedelta(seconds=30))
    part = client.get(DESK, shown).context["part"]
    create_observations(rehearsal, "not_live", "live", start=SEED_DUE, every=timedelta(seconds=1))
    judge.judge_one(Release.objects.get(pk=rehearsal.pk), now=SEED_DUE + timedelta(seconds=31))
    clock(SEED_DUE + timedelta(seconds=32))
    response = client.get(PART, shown | as_shown(part))
    assert "<title>Today’s releases – " in response.text
    assert 'id="desk-counts"' not in response.text
    announced = response.text.partition('<div id="desk-summary" hx-swap-oob="innerHTML">')[2]
    assert announced.startswith(
        "Played through: On time. 1 due, 0 live, 0 late, 0 to check. 1 rehearsal is not counted"
    )
    assert client.get(PART, shown | as_shown(response.context["part"])).status_code == 204


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
    today, _, later = response.text.partition("Wednesday 1 July 2020: 1 release")
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
    assert "Late in the evening" in client.get(PART, {"rehearsals": "show"}).text
    clock(datetime(2020, 6, 30, 23, 1, tzinfo=UTC))
    assert "Late in the evening" not in client.get(PART, {"rehearsals": "show"}).text


def test_a_person_without_any_role_sees_an_empty_desk(client, clock, release):
    client.force_login(UserFactory(is_superuser=True))
    text = client.get(DESK).text
    assert release.title not in text
    assert "No releases due today." in text
    assert "You have no tasks." in text


def as_shown(part):
    return {name: part[name] for name in ("shown", "told", "waits", "checks")}


def test_an_unchanged_list_is_not_sent_again_a_countdown_changes_by_the_minute_and_a_verdict_is_told_once(
    client, clock, release
):
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    assert client.get(PART, as_shown(part)).status_code == 204
    clock(BEFORE + timedelta(seconds=2))
    assert client.get(PART, as_shown(part)).status_code == 204
    clock(BEFORE + timedelta(minutes=1))
    response = client.get(PART, as_shown(part))
    assert f'<div id="today-{release.pk}-detail" hx-swap-oob="innerHTML">' in response.text
    assert "Due in 2 minutes" in response.text
    assert release.title not in response.text
    assert 'id="desk-today"' not in response.text
    assert "desk-summary" not in response.text
    create_observations(release, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
    judge.judge_one(release, now=AFTER)
    clock(AFTER)
    response = client.get(PART, as_shown(part))
    told = f'<div id="desk-summary" hx-swap-oob="innerHTML">{release.title}: On time. 1 due, 1 live, 0 late'
    assert told in response.text
    fresh = response.context["part"]
    assert client.get(PART, as_shown(fresh)).status_code == 204


def test_a_strip_is_sent_again_only_when_its_release_has_a_new_check(client, clock, release):
    clock(SEED_DUE + timedelta(seconds=30))
    other = ReleaseFactory(announced=True, reference="other", series=release.series)
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    create_observations(release, "not_live", start=SEED_DUE + timedelta(seconds=31))
    clock(SEED_DUE + timedelta(seconds=32))
    response = client.get(PART, as_shown(part))
    assert f'<div id="today-{release.pk}-strip" hx-swap-oob="innerHTML">' in response.text
    assert f"today-{other.pk}-strip" not in response.text
    assert 'id="desk-today"' not in response.text
    assert ": not live." in response.text
    clock(SEED_DUE + timedelta(seconds=36))
    later = client.get(PART, as_shown(response.context["part"]))
    assert client.get(PART, as_shown(later.context["part"]) if later.status_code == 200 else {}).status_code == 204


def test_a_reader_whose_checks_are_not_known_gets_all_strips(client, clock, release):
    clock(SEED_DUE + timedelta(seconds=30))
    sign_in(client, release)
    known = as_shown(client.get(DESK).context["part"])
    for checks in ("", "nonsense", "99999999"):
        assert f"today-{release.pk}-strip" in client.get(PART, known | {"checks": checks}).text


def test_the_title_follows_a_verdict(client, clock, release):
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    suspect(release)
    clock(AFTER)
    assert "<title>(1 late) Today’s releases – " in client.get(PART, as_shown(part)).text


def test_a_monitoring_process_that_falls_ill_is_told_once_and_not_at_each_refresh(client, clock, release):
    a_watcher_that_is_well(at=BEFORE)
    sign_in(client, release)
    part = client.get(DESK).context["part"]
    assert part["summary"] == "1 due, 0 live, 0 late, 0 to check"
    clock(BEFORE + timedelta(minutes=2))
    response = client.get(PART, as_shown(part))
    assert "Monitoring has a problem." in response.text.partition('id="desk-summary"')[2]
    clock(BEFORE + timedelta(minutes=2, seconds=2))
    assert client.get(PART, as_shown(response.context["part"])).status_code == 204


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
    assert "Monitoring is working. Last self-test passed at 9:25am." in text
    assert "govuk-warning-text" not in text


def test_a_monitoring_process_that_is_not_well_is_said_to_be_so_with_what_is_to_be_done(client, clock, release):
    a_watcher_that_is_well(at=BEFORE)
    a_rehearsal(finished_at=BEFORE, right=False, found="cannot_tell")
    sign_in(client, release)
    warning = client.get(DESK).text.partition("govuk-warning-text")[2]
    assert "was ‘cannot tell’. The expected result was ‘on time’." in warning
    assert "check each release yourself when it is due" in warning


def test_a_long_day_is_cut_and_says_so(client, clock, monkeypatch):
    monkeypatch.setattr("statsoffice.dashboard.today.MOST_LINES", 2)
    series = SeriesFactory()
    for number in range(5):
        release = ReleaseFactory(announced=True, reference=f"release-{number}", series=series)
    for number in range(4):
        ReleaseFactory(confirmed=True, rehearsal=True, reference=f"rehearsal-{number}", series=series)
    sign_in(client, release)
    page = words_of(client.get(DESK))
    assert "3 more releases are due today and are not listed here." in page
    assert page.count("2 of 5 releases are counted") == 2  # below the numbers, and for screen readers
    page = words_of(client.get(DESK, {"rehearsals": "show"}))
    assert page.count("2 of 5 releases are counted") == 2
    assert page.count("4 rehearsals are not counted") == 2
    assert "7 more releases are due today and are not listed here." in page


def test_rehearsals_of_a_group_that_is_not_listed_in_full_are_not_counted(client, clock, release, monkeypatch):
    monkeypatch.setattr("statsoffice.dashboard.today.MOST_OF_GROUP", 2)
    for number in range(4):
        ReleaseFactory(confirmed=True, rehearsal=True, reference=f"rehearsal-{number}", series=release.series)
    sign_in(client, release)
    clock(SEED_DUE - timedelta(hours=1))
    assert counts(client, rehearsals="show").startswith("1 due, ")
    assert counts(client, rehearsals="show").endswith(". 4 rehearsals are not counted")


def test_a_day_that_is_not_cut_says_nothing_of_what_is_counted(client, clock, release):
    sign_in(client, release)
    assert "are counted" not in words_of(client.get(DESK))


def test_a_long_group_that_is_not_due_yet_is_cut_until_the_reader_asks_for_all(client, clock, monkeypatch):
    monkeypatch.setattr("statsoffice.dashboard.today.MOST_OF_GROUP", 2)
    clock(SEED_DUE - timedelta(hours=1))
    a_watcher_that_is_well(at=SEED_DUE - timedelta(hours=1))
    series = SeriesFactory()
    releases = [
        ReleaseFactory(announced=True, reference=f"later-{n}", title=f"Later {n}", series=series) for n in range(4)
    ]
    sign_in(client, releases[0])
    response = client.get(DESK)
    assert [f"Later {n}" in response.text for n in range(4)] == [True, True, False, False]
    assert "Later today, 9:30am: 4 releases" in words_of(response)
    assert response.context["part"]["summary"] == "4 due, 0 live, 0 late, 0 to check"
    assert f'href="{DESK}?all">Show all 4 releases at 9:30am</a>' in response.text
    everything = client.get(DESK, {"all": ""})
    assert all(f"Later {n}" in everything.text for n in range(4))
    assert f'href="{DESK}">Show fewer releases</a>' in everything.text
    assert client.get(PART, {"all": "", **as_shown(everything.context["part"])}).status_code == 204
    # When it is due, a release that needs attention must not be hidden.
    clock(SEED_DUE - timedelta(minutes=9))
    assert all(f"Later {n}" in client.get(DESK).text for n in range(4))


def test_of_many_finished_releases_the_first_are_listed_until_the_reader_asks_for_all(client, clock, monkeypatch):
    monkeypatch.setattr("statsoffice.dashboard.today.MOST_OF_GROUP", 1)
    series = SeriesFactory()
    for number in range(3):
        release = ReleaseFactory(announced=True, reference=f"on-time-{number}", title=f"Live {number}", series=series)
        create_observations(release, "not_live", "live", start=SEED_DUE - timedelta(seconds=5))
        judge.judge_one(release, now=AFTER)
    clock(SEED_DUE + timedelta(hours=1))
    a_watcher_that_is_well(at=SEED_DUE + timedelta(hours=1))
    sign_in(client, release)
    response = client.get(DESK)
    assert [f"Live {n}" in response.text for n in range(3)] == [True, False, False]
    assert "3 finished releases" in words_of(response)
    assert response.context["part"]["summary"] == "3 due, 3 live, 0 late, 0 to check"
    assert f'href="{DESK}?all">Show all 3 finished releases</a>' in response.text
    assert all(f"Live {n}" in client.get(DESK, {"all": ""}).text for n in range(3))


def test_the_number_of_queries_does_not_grow_with_the_day(client, clock, release, django_assert_max_num_queries):
    clock(AFTER)
    suspect(release)
    sign_in(client, release, Role.DEPUTY)
    with django_assert_max_num_queries(20) as few:
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
    assert ">Provisional<" in client.get(DESK).text


def test_the_release_page_leads_to_its_report_for_those_who_may_read_it(client, clock, release):
    clock(AFTER)
    report = suspect(release)
    for role, sees in ((Role.STATISTICIAN, True), (Role.AUDITOR, True), (Role.CALENDAR_MANAGER, False)):
        sign_in(client, release, role)
        text = client.get(reverse("releases:release", args=[release.reference])).text
        assert (reverse("breaches:report", args=[report.reference]) in text) == sees, role
