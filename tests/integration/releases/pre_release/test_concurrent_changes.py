"""Several people at one list in the same moment: each act is done once, and the others are refused with the reason."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection, transaction

from breaches import drafting
from breaches.models import Report, StartedReport
from releases import pre_release_access
from releases.models import Observation, PreReleaseAccess, PreReleaseRequest, ReleaseEvent
from releases.models.append_only import check_chain
from tests.support.concurrency import are_done_at_once
from tests.support.observations import create_observation
from tests.support.pre_release_lists import AFTERWARDS, LONG_BEFORE, MINISTER, SHORTLY_BEFORE, asked, granted

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]
PEOPLE = 4
A_YEAR_LATER = AFTERWARDS + timedelta(days=365)


def at_once(act):
    """Do one act in several threads at the same moment, and return how often it was done and how often refused."""
    done = are_done_at_once(*[act] * PEOPLE)
    assert check_chain(ReleaseEvent)[1] is None
    return done.count(True), done.count(False)


def events(kind):
    return ReleaseEvent.objects.filter(kind=kind).count()


@pytest.mark.parametrize(
    ("at", "kind"), [(LONG_BEFORE, "pre_release_granted"), (SHORTLY_BEFORE, "pre_release_asked")], ids=["long", "soon"]
)
def test_one_person_is_put_on_the_list_once(office, release, at, kind):
    counts = at_once(lambda: pre_release_access.grant_access(release, MINISTER, by=office.statistician, at=at))
    assert counts == (1, PEOPLE - 1)
    assert PreReleaseAccess.objects.count() + PreReleaseRequest.objects.count() == events(kind) == 1


def test_two_leads_who_agree_put_one_entry_on_the_list(office, release):
    request = asked(release, by=office.statistician)
    counts = at_once(lambda: pre_release_access.decide_request(request, "agree", by=office.head, at=SHORTLY_BEFORE))
    assert counts == (1, PEOPLE - 1)
    assert PreReleaseAccess.objects.count() == events("pre_release_agreed") == events("pre_release_granted") == 1


def test_that_access_began_is_recorded_once(office, release):
    entry = granted(release, by=office.statistician)
    given = {"by": office.statistician, "at": SHORTLY_BEFORE, "expected_version": 1}
    counts = at_once(lambda: pre_release_access.record_begin(entry, began_at=SHORTLY_BEFORE, **given))
    assert counts == (1, PEOPLE - 1)
    assert events("pre_release_began") == 1


def test_one_report_is_started(office, release):
    granted(release, by=office.statistician)
    at_once(lambda: drafting.start_about_list(release, occurred_on=date(2020, 6, 29), by=office.head, at=AFTERWARDS))
    assert Report.objects.count() == StartedReport.objects.count() == 1


@pytest.mark.postgresql_only
@pytest.mark.parametrize("what", ["its list is changed", "its names are erased", "a report on it is started"])
def test_meanwhile_a_check_at_the_release_is_stored(office, release, what):
    granted(release, by=office.statistician)
    page = release.addresses.first()

    def look():
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '2s'")
        try:
            create_observation(page, "not_live", at=SHORTLY_BEFORE)
        finally:
            connection.close()

    with ThreadPoolExecutor() as threads, transaction.atomic():
        if what == "its list is changed":
            pre_release_access.lock_list(release, by=office.statistician)
        elif what == "its names are erased":
            pre_release_access.erase_old_names(now=A_YEAR_LATER, retention=timedelta(days=1), needed=lambda _: ())
        else:
            drafting.start_about_list(release, occurred_on=date(2020, 6, 29), by=office.head, at=AFTERWARDS)
        threads.submit(look).result()
    assert Observation.objects.count() == 1
