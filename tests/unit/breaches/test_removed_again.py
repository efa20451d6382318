"""An output that was there, then not, and then there again: account, timeline, annex and refreshing show both."""

from datetime import timedelta

import pytest

from breaches import drafting, editing
from breaches.models import Report
from breaches.rules.annex import checks_around_change
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
    make_check_fact,
    record,
)
from tests.support.report_mornings import create_draft, record_checks
from tests.support.seed_case import URL

GONE = "A later look, at 11:05am, did not find it there any more."
BACK = " It was seen there again at 11:06am."
LAST = "it was seen there again at 11:10am."
EARLY = (make_check_fact("09:14", NOT_LIVE), make_check_fact("09:14:05", LIVE), make_check_fact("09:15", LIVE))


def write_account_of(*looks):
    return write_account(record(address(*looks)))


@pytest.mark.parametrize(
    ("later", "said"),
    [
        ((("11:05", NOT_LIVE),), GONE),
        ((("11:05", NOT_LIVE), ("11:06", LIVE)), GONE + BACK),
        (
            (("11:05", NOT_LIVE), ("11:06", LIVE), ("11:10", NOT_LIVE)),
            f"{GONE}{BACK} That happened once more: a look at 11:10am did not find it there.",
        ),
        (
            tuple((f"11:{minute:02}", NOT_LIVE if minute % 2 else LIVE) for minute in range(5, 11)),
            f"{GONE}{BACK} That happened 2 more times: the last time a look at 11:09am did not find it there; {LAST}",
        ),
        ((("11:05", NOT_LIVE), ("11:06", UNREACHABLE)), GONE),
    ],
    ids=["gone", "back", "gone-twice", "gone-and-back-three-times", "no-answer-is-not-back"],
)
def test_the_account_says_when_it_was_gone_and_when_it_was_seen_again(later, said):
    assert write_account_of(*SEED_LOOKS, *(make_check_fact(*one) for one in later)).endswith(said)


def test_of_an_early_release_what_happened_before_it_was_due_is_described_so():
    back = write_account_of(
        *EARLY, make_check_fact("09:17", NOT_LIVE), make_check_fact("09:20", LIVE), make_check_fact("09:30", LIVE)
    )
    assert "at 9:17am, did not find it there any more. It was seen there again at 9:20am. A look at the due" in back
    later = write_account_of(
        *EARLY,
        make_check_fact("09:17", NOT_LIVE),
        make_check_fact("09:30", NOT_LIVE),
        make_check_fact("09:40", LIVE),
        make_check_fact("09:45", NOT_LIVE),
    )
    assert "any more. A look at the due time did not find it" in later
    assert "seen there again" not in later
    assert later.count("any more") == 1


def test_the_annex_shows_the_check_that_found_it_again():
    between = [make_check_fact(f"{hour}:00", LIVE) for hour in range(11, 16)]
    back = make_check_fact("17:00", LIVE)
    facts = record(
        address(*SEED_LOOKS, *between, make_check_fact("16:00", NOT_LIVE), back, make_check_fact("18:00", LIVE))
    )
    assert back in checks_around_change(facts, facts.addresses[0])


def test_a_verdict_of_before_this_was_stored_tells_of_the_first_going_alone():
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
    assert GONE + BACK in content_of(Report.objects.get(pk=report.pk)).circumstances
    standing = editing.timeline_entries(report)
    assert [(one.at, one.text) for one in standing if one.text.endswith(("any more.", "again."))] == [
        (london("11:05"), f"The automatic check did not find ‘{release.title}’ there any more."),
        (london("11:06"), f"The automatic check found ‘{release.title}’ there again."),
    ]
