"""No page asks the database more often because there is more to show: the lists, and all that names nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from benchmarks import office
from breaches.models import Report
from breaches.rules.lifecycle import ReportStatus
from releases import date_changes, open_files, scheduling, trainings
from releases.imports import uploads
from releases.models import Release, Training
from releases.rules.calendar import slot_at
from releases.rules.lifecycle import Status
from statsoffice.notifications import outbox
from tests.support.year_reviews import create_review

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
PRODUCERS, SERIES = 5, 20
EACH_TIME = 20
NAMED = [
    "/calendar/2026/7/",
    "/planner/2026/",
    "/producers/office-1/calendar.ics",
    "/producers/office-3/changes.atom",
    "/producers/office-1/absence-1/calendar.ics",
    "/pre-release-access/office-3/",
    "/api/v1/releases",
    "/reports/?show=decided",
    "/reports/register/?decision=reported",
    "/desk/missing/past_its_date/",
    "/audit/?sort=person",
    "/messages/?sort=notification",
    "/trainings/?sort=-participants",
    "/open-files/?sort=result",
    "/imports/?sort=status",
    "/imports/past-years/?sort=producer",
]
# What ./test counts of the admin site: the lists that people use most, and the longest one.
ADMIN_LISTS = ["/admin/", "/admin/releases/release/", "/admin/breaches/report/", "/admin/releases/observation/"]


def addresses_that_name_nothing(patterns=None, before="/") -> Iterator[str]:
    """Yield every address that is in the table of addresses without an argument."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        part = str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if isinstance(pattern, URLResolver):
            yield from addresses_that_name_nothing(pattern.url_patterns, before + part)
        elif isinstance(pattern, URLPattern) and not set("<([\\") & set(part):
            yield before + part


def queries(client, address):
    """Count what one address costs."""
    with CaptureQueriesContext(connection) as captured:
        read(client, address)
    return len(captured)


def read(client, address):
    """Read one address to its end, and say how it answered."""
    answer = client.get(address)
    if answer.streaming:
        b"".join(answer.streaming_content)
    return answer.status_code


@pytest.fixture
def full_office(time_machine):
    time_machine.move_to(NOW, tick=False)
    found = office.found(producers=PRODUCERS, series=SERIES)
    found.head.is_staff = found.head.is_superuser = True
    found.head.save()
    return found


@pytest.fixture
def head(client, full_office):
    client.force_login(full_office.head)
    return client


def test_what_a_page_asks_the_database_does_not_grow_with_what_there_is(full_office, head, subtests):
    addresses = {one for one in addresses_that_name_nothing() if not one.startswith("/admin/")}
    shown = do_not_grow(full_office, head, addresses | {*NAMED, *ADMIN_LISTS}, subtests)
    assert {"/", "/desk/", "/reports/", "/reports/register/", "/messages/", "/your-releases/"} <= shown
    assert {*NAMED, *ADMIN_LISTS} <= shown


@pytest.mark.full
def test_no_page_of_the_admin_site_asks_the_database_more_often(full_office, head, subtests):
    addresses = {one for one in addresses_that_name_nothing() if one.startswith("/admin/")}
    assert {"/admin/outbox/message/", *ADMIN_LISTS} <= do_not_grow(full_office, head, addresses, subtests)


def do_not_grow(full_office, client, addresses, subtests):
    """Count what pages cost with a few releases and with twice as many; return those that exist for a client."""
    add_more(full_office)
    # Read once before they are counted: what a process asks once, such as content types, is no matter of a page.
    shown = [one for one in sorted(addresses - {"/accounts/logout/"}) if read(client, one) == 200]
    few = {address: queries(client, address) for address in shown}
    add_more(full_office)
    many = {address: queries(client, address) for address in shown}
    for address in shown:
        with subtests.test(address):
            assert many[address] == few[address]
    return set(shown)


def add_more(full):
    """Add releases, late ones, cancelled ones and some of today, open reports and messages."""
    office.fill(full, releases=EACH_TIME, late=EACH_TIME // 2, now=NOW)
    office.announce(full, [NOW + timedelta(hours=3)] * (EACH_TIME // 10))
    newest = Report.objects.order_by("-pk").values_list("pk", flat=True)[: EACH_TIME // 10]
    Report.objects.filter(pk__in=list(newest)).update(status=ReportStatus.DRAFT, decided_at=None, decision_reason="")
    ahead = Release.objects.filter(status=Status.CONFIRMED, due_at__gt=NOW + timedelta(days=40))
    for release in ahead.order_by("-pk")[: EACH_TIME // 20]:
        scheduling.cancel_release(release, reason="The survey ended.", by=full.head, at=NOW)
    add_to_short_lists(full)
    outbox.create_missing(now=NOW)


def add_to_short_lists(full):
    """Add a request for another date, a training, an import, a past year and a dummy file."""
    number = Training.objects.count()
    # With the releases of `add_more` and of the training, each series gets as many of each kind every time.
    page, *_ = office.announce(full, [NOW + timedelta(weeks=8, minutes=-30)] * (2 * SERIES - EACH_TIME * 11 // 10 - 1))
    to = slot_at(page.release.due_at + timedelta(weeks=1))
    date_changes.request_date_change(page.release, to=to, reason="The survey came in late.", by=full.head, at=NOW)
    series = full.series[number]
    trainings.plan_training(
        series,
        title=f"Late release {number}",
        participants=[full.head],
        due_at=NOW + timedelta(days=1),
        url=f"https://www.example.gov.uk/training/{number}",
        marker="March 2020",
        by=full.head,
        at=NOW,
    )
    uploads.upload_file(b"reference", name=f"{number}.csv", create_missing=False, by=full.head, at=NOW)
    create_review(series.producer, year=2000 + number)
    open_files.make_dummy_file(series, by=full.head, at=NOW)
