"""No page asks the database more often because there is more to show: the lists, and all that names nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from benchmarks import office
from breaches.core.status import ReportStatus
from breaches.models import Report
from releases.calendar import scheduling
from releases.core.status import Status
from releases.models import Release
from statsoffice.messages import outbox

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 30, 9, tzinfo=UTC)
PRODUCERS, SERIES = 5, 20
EACH_TIME = 20
NAMED = [
    "/calendar/2026/7/",
    "/planner/2026/",
    "/producers/office-3/calendar.ics",
    "/producers/office-3/changes.atom",
    "/producers/office-3/absence-3/calendar.ics",
    "/pre-release-access/office-3/",
    "/api/v1/releases",
    "/reports/?show=decided",
    "/reports/register/?decision=reported",
    "/desk/missing/past_its_date/",
]


def addresses_that_name_nothing(patterns=None, before="/") -> Iterator[str]:
    """Give every address that stands in the table of addresses without an argument."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        part = str(pattern.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if isinstance(pattern, URLResolver):
            yield from addresses_that_name_nothing(pattern.url_patterns, before + part)
        elif isinstance(pattern, URLPattern) and not set("<([\\") & set(part):
            yield before + part


def queries(client, address):
    """Count what one address costs, and say how it answered."""
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
        if answer.streaming:
            b"".join(answer.streaming_content)
    return len(captured), answer.status_code


def test_what_a_page_asks_the_database_does_not_grow_with_what_there_is(time_machine, subtests):
    time_machine.move_to(NOW, tick=False)
    full = office.found(producers=PRODUCERS, series=SERIES)
    full.head.is_staff = full.head.is_superuser = True
    full.head.save()
    client = Client()
    client.force_login(full.head)
    addresses = sorted({*addresses_that_name_nothing(), *NAMED} - {"/accounts/logout/"})
    few = with_more(full, client, addresses)
    many = with_more(full, client, addresses)
    shown = [address for address in addresses if few[address][1] == 200]
    assert {"/", "/desk/", "/reports/", "/reports/register/", "/messages/", "/your-releases/", *NAMED} <= set(shown)
    for address in shown:
        with subtests.test(address):
            assert many[address] == few[address]


def with_more(full, client, addresses):
    """Add releases, late ones, cancelled ones and some of today, open reports and messages; count what pages cost."""
    office.fill(full, releases=EACH_TIME, late=EACH_TIME // 2, now=NOW)
    office.announce(full, [NOW + timedelta(hours=3)] * (EACH_TIME // 10))
    newest = Report.objects.order_by("-pk").values_list("pk", flat=True)[: EACH_TIME // 10]
    Report.objects.filter(pk__in=list(newest)).update(status=ReportStatus.DRAFT, decided_at=None, decision_reason="")
    ahead = Release.objects.filter(status=Status.CONFIRMED, due_at__gt=NOW + timedelta(days=40))
    for release in ahead.order_by("-pk")[: EACH_TIME // 20]:
        scheduling.cancel(release, reason="The survey ended.", by=full.head, at=NOW)
    outbox.create_missing(now=NOW)
    return {address: queries(client, address) for address in addresses}
