"""The log of near misses: which releases are near misses by the record, and who reads it."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from breaches import register
from breaches.views import register as views
from releases import statements
from releases.detection.preflight import PreflightCode, PreflightFinding
from releases.models import PreflightRun, Verification
from releases.rules.lifecycle import Role
from tests.support.factories import ProducerFactory, ReleaseFactory, SeriesFactory, UserFactory
from tests.support.people import create_office
from tests.support.report_evidence import DUE, london
from tests.support.report_forms import words
from tests.support.report_mornings import LIVE, NOT_LIVE, SEED_MORNING, record_checks, record_coverage
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

ON_THE_DOT = (("09:29:55", NOT_LIVE), ("09:30", LIVE), ("09:32", LIVE))
IN_A_MINUTE = (("09:29:55", NOT_LIVE), ("09:30", NOT_LIVE), ("09:30:50", NOT_LIVE), ("09:31", LIVE), ("09:32", LIVE))
UNTOLD = (("09:29:55", NOT_LIVE), ("09:40", LIVE))
READERS = set(Role) - {Role.CALENDAR_MANAGER}
NOW = london("11:00")


@shared_fixture
def series(office):
    return SeriesFactory(producer=office.producer, title="State-funded schools")


@pytest.fixture
def afterwards(time_machine):
    time_machine.move_to(NOW, tick=False)


def create_checked_release(series, seen, **fields):
    release = ReleaseFactory(confirmed=True, series=series, **fields)
    record_coverage(release)
    record_checks(release, *seen)
    return release


def checked(release, *runs):
    """Put checks before a release on record: (London time, the codes of the problems that were found)."""
    for clock, codes in runs:
        at = london(clock, "2020-06-29")
        PreflightRun.objects.create(
            release=release,
            schedule_version=1,
            asked_at=at,
            done_at=at,
            findings=[PreflightFinding(code).to_json() for code in codes],
            problems=len(codes),
            news=0,
        )


def found(office, **asked):
    return register.find_near_misses(list(register.near_miss_releases([office.producer], now=NOW, **asked)))


@pytest.mark.both_databases
def test_a_release_that_came_late_within_its_tolerance_is_one(office, series):
    release = create_checked_release(series, IN_A_MINUTE)
    (miss,) = found(office)
    assert (miss.release, miss.stated, miss.failed_run) == (release, (), None)
    assert (miss.within_tolerance.delay_from, miss.within_tolerance.delay_to) == (50.0, 60.0)


@pytest.mark.parametrize("seen", [ON_THE_DOT, SEED_MORNING], ids=["on the dot", "late"])
def test_what_was_on_time_or_is_suspected_is_none(office, series, seen):
    create_checked_release(series, seen)
    assert found(office) == []


def test_a_release_that_was_in_time_by_a_persons_word_where_checks_could_not_tell_is_one(office, series):
    release = create_checked_release(series, UNTOLD)
    assert Verification.objects.get().outcome == "uncertain"
    assert found(office) == []
    statement = statements.record_live_time(release, live_at=london("09:31"), by=office.statistician, at=NOW)
    (miss,) = found(office)
    assert (miss.release, miss.stated, miss.within_tolerance) == (release, (statement,), None)


@pytest.mark.parametrize("live", ["09:29", "09:32:01"], ids=["before it was due", "after the limit"])
def test_a_word_about_another_time_makes_none(office, series, live):
    release = create_checked_release(series, UNTOLD)
    statements.record_live_time(release, live_at=london(live), by=office.statistician, at=NOW)
    assert found(office) == []


@pytest.mark.both_databases
def test_problems_that_were_corrected_before_it_was_due_make_one(office, series):
    release = create_checked_release(series, ON_THE_DOT)
    checked(release, ("09:30", [PreflightCode.NO_RESPONSIBLE]), ("12:00", [PreflightCode.NO_HEAD]), ("15:00", []))
    (miss,) = found(office)
    assert miss.failed_run.findings == [PreflightFinding(PreflightCode.NO_HEAD).to_json()]
    assert miss.passed_run.done_at == london("15:00", "2020-06-29")


@pytest.mark.parametrize(
    "runs",
    [
        [("09:30", [PreflightCode.NO_HEAD])],
        [("09:30", [])],
        [("09:30", []), ("12:00", [PreflightCode.NO_HEAD])],
        [],
    ],
    ids=["not mended", "never found", "found last", "not checked"],
)
def test_problems_that_were_not_found_or_not_corrected_make_none(office, series, runs):
    checked(create_checked_release(series, ON_THE_DOT), *runs)
    assert found(office) == []


def test_problems_that_were_corrected_on_a_release_that_came_late_make_none(office, series):
    checked(create_checked_release(series, SEED_MORNING), ("09:30", [PreflightCode.NO_HEAD]), ("12:00", []))
    assert found(office) == []


def test_rehearsals_other_producers_and_what_is_still_to_come_are_none(office, series):
    create_checked_release(series, IN_A_MINUTE, reference="rehearsed", rehearsal=True)
    create_checked_release(SeriesFactory(), IN_A_MINUTE, reference="elsewhere")
    create_checked_release(series, IN_A_MINUTE, reference="mine")
    assert register.near_miss_releases([office.producer], now=DUE - timedelta(seconds=1)).count() == 0
    assert [miss.release.reference for miss in found(office)] == ["mine"]


@pytest.mark.both_databases
def test_they_are_narrowed_by_series_and_by_period_to_the_day(office, series):
    release = create_checked_release(series, IN_A_MINUTE)
    other = SeriesFactory(producer=office.producer)
    day = date(2020, 6, 30)
    assert found(office, series=series, first=day, last=day)
    assert found(office, series=other) == []
    assert found(office, first=day + timedelta(days=1)) == []
    assert found(office, last=day - timedelta(days=1)) == []
    assert release.series == series


# The page


def listed(client, **asked):
    return words(client.get(reverse("breaches:near_misses"), asked).text)


def test_the_page_says_why_each_is_one(client, office, series, afterwards):
    create_checked_release(series, IN_A_MINUTE, reference="tolerated", title="Tolerated")
    statements.record_live_time(
        create_checked_release(series, UNTOLD, reference="stated", title="Stated"),
        live_at=london("09:31"),
        by=office.statistician,
        at=NOW,
    )
    checked(
        create_checked_release(series, ON_THE_DOT, reference="mended", title="Mended"),
        ("09:30", [PreflightCode.NO_HEAD]),
        ("12:00", []),
    )
    client.force_login(office.head)
    page = listed(client)
    for part in (
        "On time, within the tolerance.",
        "On time, as confirmed by a person. Statistician confirmed that it was live",
        "Problems corrected before release.",
        "Head of Profession",
    ):
        assert part in page
    assert reverse("breaches:near_misses") in client.get(reverse("breaches:report_list")).text


def test_it_is_read_by_those_who_may_view_reports(client, office, series, afterwards, subtests):
    create_checked_release(series, IN_A_MINUTE, title="Ours")
    strangers = {
        "another producer's head": create_office().head,
        "no role": UserFactory(),
        "superuser": UserFactory(is_superuser=True, is_staff=True),
    }
    for who, person in {**office.people, **strangers}.items():
        client.force_login(person)
        with subtests.test(str(who)):
            answer = client.get(reverse("breaches:near_misses"))
            assert answer.status_code == (200 if who in {*READERS, "another producer's head"} else 404)
            assert ("Ours" in answer.text) is (who in READERS)


def test_what_is_asked_for_that_is_not_theirs_or_no_day_is_refused_in_words(client, office, series, afterwards):
    create_checked_release(series, IN_A_MINUTE, title="Ours")
    foreign = SeriesFactory(producer=ProducerFactory())
    client.force_login(office.head)
    for asked in ({"series": foreign.pk}, {"first": "yesterday"}):
        page = listed(client, **asked)
        assert page.count("There is a problem") == 1
        assert "Ours" not in page
    assert "No near misses match your filters." in listed(client, last="2020-06-29")
    assert "Ours" in listed(client, first="2020-06-30", last="2020-06-30", series=series.pk)
    assert "Ours" in listed(client, first="0001-01-01", last="9999-12-31")


def test_without_any_it_says_so(client, office, afterwards):
    client.force_login(office.head)
    assert "There are no near misses." in listed(client)


def test_a_long_log_is_paged_with_as_many_queries_as_one_takes(client, office, series, afterwards, monkeypatch):
    monkeypatch.setattr(views, "NEAR_MISSES_ON_A_PAGE", 3)
    client.force_login(office.head)
    create_checked_release(series, IN_A_MINUTE, reference="one")
    with CaptureQueriesContext(connection) as few:
        listed(client)
    for number in range(4):
        create_checked_release(series, IN_A_MINUTE, reference=f"more-{number:02}")
    with CaptureQueriesContext(connection) as many:
        page = listed(client)
    assert len(many) == len(few)
    assert page.count("On time, within the tolerance.") == 3
    assert listed(client, page=2).count("On time, within the tolerance.") == 2


def test_near_misses_are_listed_in_the_order_that_a_person_chooses(client, office, afterwards, subtests):
    titles = ("Air quality", "rail punctuality", "Schools")
    for days_before, title in ((0, "rail punctuality"), (1, "Air quality"), (4, "Schools")):
        own, at = SeriesFactory(producer=office.producer), london("09:30") - timedelta(days=days_before)
        release = ReleaseFactory(confirmed=True, series=own, title=title, due_at=at, reference=f"r{days_before}")
        late_within_tolerance = {"outcome": "on_time", "delay_from": 50, "delay_to": 60}
        Verification.objects.create(
            release=release, schedule_version=1, due_at=at, tolerance_seconds=120, **late_within_tolerance
        )
    client.force_login(office.head)
    by_due = ("Schools", "Air quality", "rail punctuality")
    for sort, expected in (("", by_due[::-1]), ("due", by_due), ("output", titles)):
        with subtests.test(sort):
            rows = client.get(reverse("breaches:near_misses"), {"sort": sort}).context["rows"]
            assert tuple(row["miss"].release.title for row in rows) == expected
