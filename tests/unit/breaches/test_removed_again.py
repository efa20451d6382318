"""An output that was there, then not, and then there again: account, timeline, annex and refreshing show both."""

from dataclasses import replace
from datetime import timedelta

import pytest

from breaches import drafting, editing
from breaches.models import Report
from breaches.rules.annex import checks_around_change
from breaches.rules.causes import CAUSE_NOT_RECORDED
from breaches.rules.narrative import write_account
from breaches.versions import content_of
from releases.detection.finding import AddressRole
from releases.models.verification import read_results, write_verdict
from releases.verdict.address import Flip, Outcome
from releases.verdict.release import AddressResult, ReleaseVerdict
from tests.support.report_evidence import (
    DUE,
    LIVE,
    NOT_LIVE,
    SEED_LOOKS,
    UNREACHABLE,
    address,
    london,
    record,
)
from tests.support.report_evidence import (
    make_check_fact as check,
)
from tests.support.report_mornings import create_draft, record_checks
from tests.support.seed_case import URL

GONE = ", but it was gone by 11:05am"
EARLY = (check("09:14", NOT_LIVE), check("09:14:05", LIVE), check("09:15", LIVE))


def account_of(*checks):
    return write_account(record(address(*checks)))


@pytest.mark.parametrize(
    ("later", "said"),
    [
        ((("11:05", NOT_LIVE),), f"{GONE}."),
        ((("11:05", NOT_LIVE), ("11:06", LIVE)), f"{GONE} and back by 11:06am."),
        (
            (("11:05", NOT_LIVE), ("11:06", LIVE), ("11:10", NOT_LIVE)),
            ", but it disappeared 2 times, most recently by 11:10am.",
        ),
        (
            tuple((f"11:{minute:02}", NOT_LIVE if minute % 2 else LIVE) for minute in range(5, 11)),
            ", but it disappeared 3 times, most recently by 11:09am, and was back by 11:10am.",
        ),
        ((("11:05", NOT_LIVE), ("11:06", UNREACHABLE)), f"{GONE}."),
    ],
    ids=["gone", "back", "gone-twice", "gone-and-back-three-times", "no-response-is-not-back"],
)
def test_the_account_says_when_it_was_gone_and_when_it_was_back(later, said):
    assert account_of(*SEED_LOOKS, *(check(*one) for one in later)).endswith(f"{said} {CAUSE_NOT_RECORDED}")


def test_an_early_release_that_was_gone_before_it_was_due_is_not_said_to_be_back_after_it():
    later = account_of(
        *EARLY,
        check("09:17", NOT_LIVE),
        check("09:30", NOT_LIVE),
        check("09:40", LIVE),
        check("09:45", NOT_LIVE),
    )
    assert "early, but it was gone by 9:17am. Our checks do not show whether it was there at the due time." in later
    assert later.count("gone") == 1


@pytest.mark.parametrize(
    ("since_due", "back_by"),
    [((("09:30", LIVE),), "9:30am"), ((("09:30", NOT_LIVE), ("09:31", LIVE)), "9:31am")],
    ids=["at the due time", "within the tolerance"],
)
def test_an_early_release_that_was_gone_before_it_was_due_is_said_to_be_back_if_it_was_on_time(since_due, back_by):
    later = account_of(*EARLY, check("09:17", NOT_LIVE), *(check(*one) for one in since_due), check("09:40", LIVE))
    assert f"early, but it was gone by 9:17am. It was back by {back_by}. {CAUSE_NOT_RECORDED}" in later


def test_the_time_at_which_an_early_release_was_back_allows_for_the_error_of_the_clock():
    back = check("09:30", LIVE)
    sighting = replace(back.sighting, completed_at=DUE + timedelta(seconds=1.7), clock_bound=timedelta(seconds=0.4))
    later = account_of(*EARLY, check("09:17", NOT_LIVE), replace(back, sighting=sighting), check("09:40", LIVE))
    assert "gone by 9:17am. It was back by 9:30:03am." in later


def test_the_annex_shows_the_look_that_found_it_again():
    between = [check(f"{hour}:00", LIVE) for hour in range(11, 16)]
    back = check("17:00", LIVE)
    facts = record(address(*SEED_LOOKS, *between, check("16:00", NOT_LIVE), back, check("18:00", LIVE)))
    assert back in checks_around_change(facts, facts.addresses[0])


def test_a_verdict_of_before_this_was_kept_tells_of_the_first_going_alone():
    gone = london("11:05")
    result = AddressResult(1, URL, AddressRole.PAGE, True, address(*SEED_LOOKS).verdict, timedelta(seconds=10))
    verdict = ReleaseVerdict(DUE, Outcome.LATE, result.verdict, (result,), None, None, ())
    (stored,) = write_verdict(verdict)["addresses"]
    del stored["flips"]
    for gone_at, flips in ((gone.isoformat(), (Flip(gone, None),)), (None, ())):
        (read,) = read_results([stored | {"gone_again_at": gone_at}])
        assert read.verdict.flips == flips


@pytest.mark.django_db
def test_a_draft_and_its_timeline_tell_soon_that_it_was_seen_again():
    report = create_draft()
    release = report.suspicions.get().release
    record_checks(release, ("11:05", NOT_LIVE))
    drafting.draft_missing(now=london("11:05:30"))
    assert GONE in content_of(Report.objects.get(pk=report.pk)).circumstances
    record_checks(release, ("11:06", LIVE))
    drafting.draft_missing(now=london("11:06:30"))
    assert f"{GONE} and back by 11:06am." in content_of(Report.objects.get(pk=report.pk)).circumstances
    standing = editing.timeline_entries(report)
    assert [(one.at, one.text) for one in standing if one.text.endswith(("any more.", "again."))] == [
        (london("11:05"), f"The automatic check did not find ‘{release.title}’ there any more."),
        (london("11:06"), f"The automatic check found ‘{release.title}’ there again."),
    ]
