"""The demonstration is an office in mid-life: its record is intact, no page is empty, and it loads quickly."""

import re
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta

import pytest
from allauth.account.models import EmailAddress
from django.core.validators import validate_email
from django.db import connection
from django.urls import reverse

from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases import scheduling
from releases.models import DateChange, Observation, PreReleaseAccess, PreReleaseRequest, Release, Verification
from releases.models.event import ReleaseEvent
from releases.rules.calendar import Slot
from releases.rules.lifecycle import Role
from releases.rules.parts import Part
from releases.scheduling import PlannedAddress
from releases.verdict.parts import measure_spread
from statsoffice.demo import access, entries, rehearsals
from statsoffice.demo.loader import find_last_morning, load_demo
from statsoffice.demo.office import PEOPLE, find_user
from statsoffice.fake_publisher.client import rehearsal_site
from statsoffice.notifications import outbox
from statsoffice.verification import check_evidence
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

# A Wednesday, so that the release of the next day is due within a day.
NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
# It took 45,000 statements when each past check was made by a sweep.
MOST_STATEMENTS = 8_000


@pytest.fixture(scope="module")
def practice_site():
    with rehearsal_site() as site:
        yield site


@shared_fixture
def statements_of_the_load(practice_site):
    """Load the demonstration, and return how many statements that took."""
    count = 0

    def note(execute, sql, params, many, context):
        nonlocal count
        count += 1
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        load_demo(now=NOW, site=practice_site)
    return count


@pytest.fixture
def demonstration(statements_of_the_load, time_machine):
    time_machine.move_to(NOW, tick=False)


def test_it_loads_in_a_bounded_number_of_statements(statements_of_the_load):
    assert statements_of_the_load < MOST_STATEMENTS
    assert Observation.objects.count() < 3_000


def test_the_record_is_intact_and_each_verdict_follows_from_its_checks(demonstration):
    results = check_evidence(now=NOW)
    assert [(one.name, one.why) for one in results if one.why] == []
    assert {one.name: one.rows for one in results}["releases.observation"] > 1_000


def test_past_checks_are_marked_as_replayed(demonstration):
    assert not Observation.objects.filter(replayed=False).exists()
    assert not Observation.objects.filter(sent_at__gt=NOW).exists()


def test_it_has_twelve_months_of_results_and_of_calendar(demonstration):
    months = {(one.due_at.year, one.due_at.month) for one in Verification.objects.all()}
    assert len(months) >= 12
    assert Release.objects.filter(planned_on__gt=NOW + timedelta(days=300)).exists()
    outcomes = Counter(Verification.objects.values_list("outcome", flat=True))
    assert outcomes.keys() == {"on_time", "late", "early", "partial", "uncertain"}
    assert DateChange.objects.count() >= 5


def test_one_release_has_a_welsh_page_four_minutes_after_its_english_page(demonstration):
    verdict = Verification.objects.get(release__addresses__part="welsh_page")
    spread = measure_spread(verdict.results)
    assert verdict.outcome == "on_time"
    lags = {one.part.part: one.lag for one in spread.parts}
    assert lags[Part.WELSH_PAGE].from_seconds <= 240 <= lags[Part.WELSH_PAGE].to_seconds
    assert lags[Part.TABLES].from_seconds == 0


def test_its_reports_are_in_every_state(demonstration):
    statuses = Counter(Report.objects.values_list("status", flat=True))
    assert statuses.keys() == set(ReportStatus)
    assert Report.objects.listed().count() >= 12
    assert all(report.drafted_at < NOW for report in Report.objects.all())


OF_EVERY_ROLE = ("/desk/", "/your-releases/", "/planner/", "/changes/", "/corrections/", "/trainings/")
OF_REPORTS = ("/reports/", "/reports/register/", "/reports/register/figures/", "/reports/near-misses/", "/messages/")
TABLE_OF_THE_YEAR = "/reports/compliance/office-for-invented-statistics/2026/"
OF_LEADS = (
    *OF_EVERY_ROLE,
    *OF_REPORTS,
    "/changes/waiting/",
    "/reports/?show=decided",
    "/reports/compliance/",
    TABLE_OF_THE_YEAR,
    "/audit/",
    "/search/?q=rail",
)
ADDRESSES = {
    Role.HEAD_OF_PROFESSION: OF_LEADS,
    Role.DEPUTY: OF_LEADS,
    Role.STATISTICIAN: (*OF_EVERY_ROLE, *OF_REPORTS, TABLE_OF_THE_YEAR),
    Role.CALENDAR_MANAGER: OF_EVERY_ROLE,
    Role.PUBLISHING_TEAM: OF_EVERY_ROLE,
    Role.AUDITOR: ("/corrections/", *OF_REPORTS, TABLE_OF_THE_YEAR, "/audit/"),
    None: ("/", "/calendar/", "/breaches/", "/pre-release-access/office-for-invented-statistics/"),
}


@pytest.mark.parametrize("role", ADDRESSES)
def test_no_page_is_empty(demonstration, client, role, settings, subtests):
    settings.BREACHES_PUBLIC = True
    outbox.create_missing(now=NOW)
    if role:
        client.force_login(find_user(role))
    for address in ADDRESSES[role]:
        with subtests.test(address):
            page = client.get(address)
            assert page.status_code == 200
            assert "office-empty" not in page.text


def test_its_compliance_table_counts_releases_and_reports_of_the_year(demonstration, client):
    client.force_login(find_user(Role.HEAD_OF_PROFESSION))
    groups = client.get(TABLE_OF_THE_YEAR).context["layout"].groups
    figures = {line.label: line.value for _heading, lines in groups for line in lines}
    expected = (
        "Releases due",
        "Not on time",
        "Changes of announced dates",
        "Breaches reported to OSR",
        "Corrective actions done",
    )
    assert [label for label in expected if figures[label] == "0"] == []


def test_its_early_release_of_the_past_is_on_their_page_and_none_is_open(demonstration, client):
    client.force_login(find_user(Role.DEPUTY))
    page = client.get("/early-releases/").text
    assert "No early releases are open." in page
    assert "Published or cancelled" in page


def test_no_picture_of_the_register_is_empty(demonstration, client):
    client.force_login(find_user(Role.HEAD_OF_PROFESSION))
    pictures = client.get("/reports/register/").context["pictures"]
    assert len(pictures) == 3
    assert [shown.picture.title for shown in pictures if shown.picture.nothing] == []


def test_its_figures_name_a_cause_that_came_twice(demonstration, client):
    client.force_login(find_user(Role.HEAD_OF_PROFESSION))
    page = client.get("/reports/register/figures/").text
    assert "There are no repeat causes" not in page


def test_each_open_task_of_the_head_of_profession_leads_to_a_page(demonstration, client):
    client.force_login(find_user(Role.HEAD_OF_PROFESSION))
    for report in Report.objects.all():
        assert client.get(reverse("breaches:report", args=[report.reference])).status_code == 200


def test_a_second_run_adds_nothing(demonstration, practice_site):
    def stored():
        models = (Release, Report, Observation, ReleaseEvent, PreReleaseAccess, PreReleaseRequest)
        return [model.objects.count() for model in models]

    before = stored()
    load_demo(now=NOW + timedelta(minutes=5), site=practice_site)
    assert stored() == before


@pytest.mark.parametrize("second", [0, 20, 47, 48, 59])
def test_two_rehearsals_fall_due_within_about_a_minute_of_the_start(demonstration, practice_site, second):
    """Releases are due at whole minutes, and monitoring has twelve seconds to start: so within 72 seconds at most."""
    now = NOW + timedelta(seconds=second)
    due = [release.due_at for release in rehearsals.record_rehearsals(now=now, site=practice_site)]
    within = [at for at in due if at <= now + timedelta(seconds=72)]
    assert len(within) == 2
    assert min(due) >= now + rehearsals.AHEAD
    assert len(due) == 4


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        pytest.param(datetime(2026, 11, 25, 15, 0, tzinfo=UTC), 25, id="an-afternoon"),
        pytest.param(datetime(2026, 11, 25, 10, 44, tzinfo=UTC), 24, id="a-morning-that-is-not-over"),
        pytest.param(datetime(2026, 11, 30, 8, 0, tzinfo=UTC), 27, id="before-the-weekend"),
    ],
)
def test_the_last_morning_is_that_of_a_working_day_and_over(now, expected):
    assert find_last_morning(now) == datetime(2026, 11, expected, 9, 30, tzinfo=UTC)


def test_entries_are_recorded_as_the_calendar_records_releases_one_by_one(demonstration):
    """Everything is compared but keys, references and random values."""
    series = Release.objects.filter(rehearsal=False).first().series
    entry = entries.Entry(
        series,
        reference="together",
        title="Invented figures",
        slot=Slot(on=date(2027, 3, 3), at=time(9, 30)),
        recorded_at=NOW - timedelta(days=2),
        confirmed_at=NOW - timedelta(days=1),
        addresses=(
            PlannedAddress(url="https://www.example.gov.uk/figures", marker="March 2027"),
            PlannedAddress(url="https://www.example.gov.uk/figures.csv", role="attachment"),
            PlannedAddress(url="https://www.example.gov.uk/announced", role="announcement"),
        ),
    )
    (together,) = entries.record_entries([entry])
    alone = scheduling.record_release(
        series,
        reference="alone",
        title=entry.title,
        slot=entry.slot,
        at=entry.recorded_at,
        addresses=entry.addresses,
    )
    scheduling.announce_release(alone, by=None, at=entry.recorded_at)
    scheduling.confirm_release(alone, by=None, at=entry.confirmed_at)

    def rows(release):
        own = Release.objects.filter(pk=release.pk).values().get()
        addresses = release.addresses.order_by("pk").values("url", "role", "marker", "adapter", "required", "added_at")
        events = release.events.order_by("position").values("kind", "at", "actor", "words", "facts")
        unlike = ("id", "public_id", "reference")
        return {name: value for name, value in own.items() if name not in unlike}, list(addresses), list(events)

    assert rows(together) == rows(alone)


def test_what_was_published_has_a_list_with_times_that_readers_see_without_names(demonstration, client):
    published = Release.objects.filter(status="published", pre_release_access__isnull=False).distinct()
    assert published.count() == access.EDITIONS_WITH_LIST * len(access.ACCESS_SERIES)
    for release in published:
        rows = release.pre_release_access.all()
        assert {(entry.status, entry.ended_at) for entry in rows} == {("ended", release.due_at)}
        assert all(entry.began_at == entry.begins_at and not entry.oddities for entry in rows)
        page = client.get(reverse("releases:pre_release", args=[release.reference])).text
        for details in access.LISTED:
            assert details.post in page
            assert details.person not in page


def test_what_comes_next_has_a_list_and_one_post_waits_for_agreement(demonstration):
    waiting = PreReleaseRequest.objects.filter(status="waiting")
    assert {one.post for one in waiting} == {access.ADDED_LATER.post}
    assert all(one.release.due_at - NOW < timedelta(days=1) for one in waiting)
    coming = Release.objects.filter(status="confirmed", due_at__gt=NOW, pre_release_access__isnull=False).distinct()
    assert set(coming.values_list("series__slug", flat=True)) == set(access.ACCESS_SERIES)


def test_people_find_their_invitations_under_your_account(demonstration):
    verified = EmailAddress.objects.filter(verified=True).values_list("user__email", "email")
    assert sorted(verified) == sorted((person.email, person.email) for person in PEOPLE)


def test_people_are_invented():
    for details in (*access.LISTED, access.ADDED_LATER):
        validate_email(details.email)
        assert re.fullmatch(r"[a-z.]+@example\.gov\.uk", details.email)
    assert all(person.email.endswith("@example.gov.uk") for person in PEOPLE)
