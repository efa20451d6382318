"""A report says what a further vantage point found, if our main vantage point did not find the release in time."""

import pytest

from breaches import drafting, facts
from breaches.models import Report
from breaches.refreshing import state_of_verdicts, with_annex
from breaches.rules.narrative import write_account
from releases.models import Verification
from releases.verdict.address import Outcome
from tests.support.factories import ReleaseFactory
from tests.support.report_evidence import LIVE, NOT_LIVE, london
from tests.support.report_mornings import NOT_SEEN_MORNING, record_checks, record_coverage

pytestmark = pytest.mark.django_db

FROM_LONDON = (("09:29:55", NOT_LIVE), ("09:30", NOT_LIVE), ("09:30:05", LIVE))
FOUND = "They did not find it at 9:32am, but our check from ‘London’ found it by 9:30:05am."


@pytest.fixture
def release():
    release = ReleaseFactory(confirmed=True)
    record_coverage(release)
    return release


def account_of(release):
    verdict = facts.uncertain_verdict(release)
    return write_account(facts.facts_of_verifications([verdict])[verdict.pk])


@pytest.mark.both_databases
def test_a_report_about_a_disputed_release_has_what_the_further_vantage_point_found(release):
    record_checks(release, *FROM_LONDON, vantage="London")
    record_checks(release, *NOT_SEEN_MORNING)

    assert Verification.objects.get().outcome == Outcome.UNCERTAIN
    assert FOUND in account_of(release)


def test_a_draft_is_refreshed_once_checks_from_a_further_vantage_point_have_found_the_release_in_time(release):
    record_checks(release, *NOT_SEEN_MORNING)
    (report,) = drafting.draft_missing(now=london("09:32:05"))
    assert "It had still not appeared at 9:32am" in report.machine["circumstances"]
    before = state_of_verdicts(report.suspicions.with_facts())

    record_checks(release, *FROM_LONDON, ("09:33", LIVE), vantage="London")
    drafting.draft_missing(now=london("09:34"))

    report = Report.objects.get()
    assert FOUND in report.machine["circumstances"]
    assert "Our check from ‘London’ found the release by 9:30:05am." in str(with_annex(report).annex)
    first = state_of_verdicts(report.suspicions.with_facts())
    record_checks(release, *FROM_LONDON, ("09:33", LIVE), vantage="Leeds")
    assert Verification.objects.get().outcome == Outcome.UNCERTAIN
    assert before != first != state_of_verdicts(report.suspicions.with_facts())


def test_what_a_further_vantage_point_found_after_the_limit_is_not_said_to_be_in_time(release):
    record_checks(release, ("09:29:55", NOT_LIVE), ("09:32:05", LIVE), vantage="London")
    record_checks(release, *NOT_SEEN_MORNING)
    (report,) = drafting.draft_missing(now=london("09:33"))

    assert "London" not in report.machine["circumstances"]
