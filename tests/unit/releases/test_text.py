"""Verdicts, checks and waiting times in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from releases.detection.finding import AddressRole, CheckOutcome, Reason
from releases.models import Address, Release, ReleaseEvent, Series, Verification
from releases.models.verification import write_address_result
from releases.text.calendar import event_sentence
from releases.text.release import (
    OUTCOMES,
    REASONS,
    RESULTS,
    delay_note,
    describe_check,
    describe_check_times,
    describe_verdict,
    known_sentence,
    status_of_release,
)
from releases.verdict.address import Outcome
from releases.verdict.release import AddressResult
from tests.support.checks import ABSENT, LIVE, judged, make_check
from tests.support.factories import SEED_DUE

LIMIT = SEED_DUE + timedelta(seconds=120)
IN_TIME = "Within the tolerance. We sent the check by the end of the tolerance. Its response arrived within"


def a_verdict(outcome, start=None, end=None, **fields):
    return Verification(
        outcome=outcome, due_at=SEED_DUE, tolerance_seconds=120, delay_from=start, delay_to=end, **fields
    )


def a_confirmed(*addresses, **fields):
    earlier = SEED_DUE - timedelta(days=28)
    given = {"confirmed_at": earlier, "recorded_at": earlier} | fields
    release = Release(pk=1, status="confirmed", due_at=SEED_DUE, series=Series(), **given)
    release._prefetched_objects_cache = {"addresses": addresses or [an_address()]}
    return release


def an_address(role="page", added_at=SEED_DUE - timedelta(days=28)):
    return Address(role=role, added_at=added_at)


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        (a_verdict(Outcome.ON_TIME, -5.0, 0.4), "Live within 1 second"),
        (a_verdict(Outcome.ON_TIME, 0.0, 0.4), "Live within 1 second"),
        (a_verdict(Outcome.ON_TIME, 5.1, 11.2), "Live within 12 seconds, inside the tolerance"),
        (a_verdict(Outcome.ON_TIME, 70.0, 75.0), "Live within 1 minute 15 seconds, inside the tolerance"),
        (a_verdict(Outcome.LATE, 3415.2, 3419.9), "Late by 56 minutes 55 seconds to 57 minutes"),
        (a_verdict(Outcome.EARLY, -605.2, -599.5), "Early by 9 minutes 59 seconds to 10 minutes 6 seconds"),
        (a_verdict(Outcome.ON_TIME, 115.0, 120.0), "Live within 2 minutes, inside the tolerance"),
        (
            a_verdict(Outcome.ON_TIME, 115.0, 120.2),
            f"{IN_TIME} 2 minutes 1 second of the due time",
        ),
        (
            a_verdict(Outcome.ON_TIME, -5.0, 134.8),
            f"{IN_TIME} 2 minutes 15 seconds of the due time",
        ),
        (a_verdict(Outcome.NOT_SEEN, 200.7, None), "Not live 3 minutes 20 seconds after 9:30am"),
        (a_verdict(Outcome.PARTIAL, 780.0, 785.5), "A part was late by 13 minutes to 13 minutes 6 seconds"),
        (a_verdict(Outcome.PARTIAL, 780.0, None), "A part was not live 13 minutes after 9:30am"),
        (a_verdict(Outcome.CANNOT_TELL), "Our checks do not show whether it was on time"),
        (a_verdict(Outcome.UNCERTAIN), "We found it live, but we do not know when it went live"),
    ],
    ids=[
        "on the dot",
        "on the dot, not live at the same instant",
        "within tolerance",
        "within tolerance by more than a minute",
        "late",
        "early",
        "within tolerance to its end",
        "seen by the look at the end of the tolerance",
        "seen by a slow look",
        "not seen",
        "a part late",
        "a part missing",
        "cannot tell",
        "uncertain",
    ],
)
def test_the_seconds_behind_a_verdict_hold_for_both_ends_of_the_interval(verdict, said):
    assert delay_note(verdict) == said


@pytest.mark.parametrize(
    ("now", "label", "detail"),
    [
        (SEED_DUE - timedelta(hours=2, minutes=5, seconds=9), "Not due yet", "Due in 2 hours 5 minutes"),
        (SEED_DUE - timedelta(minutes=3, seconds=20), "Not due yet", "Due in 3 minutes"),
        (SEED_DUE - timedelta(seconds=1), "Not due yet", "Due in less than 1 minute"),
        (SEED_DUE, "Due now", "On time until 9:32:00am"),
        (LIMIT - timedelta(seconds=1), "Due now", "On time until 9:32:00am"),
        (LIMIT, "Waiting for the result", "The last checks are not complete yet"),
        (LIMIT + timedelta(seconds=15), "No result", "The checks until 9:32:00am are not complete"),
    ],
)
def test_a_release_without_a_verdict_says_what_it_waits_for(now, label, detail):
    standing = status_of_release(a_confirmed(), None, now=now)
    assert (standing.label, standing.detail) == (label, detail)


UNCONFIRMED, NO_PAGE = "It was not confirmed before it was due", "It had no web page to check when it was due"


@pytest.mark.parametrize(
    ("release", "detail"),
    [
        (a_confirmed(confirmed_at=SEED_DUE), UNCONFIRMED),
        (a_confirmed(recorded_at=SEED_DUE), UNCONFIRMED),
        (a_confirmed(an_address("announcement")), NO_PAGE),
        (a_confirmed(an_address(added_at=SEED_DUE)), NO_PAGE),
    ],
    ids=["confirmed late", "recorded late", "an announcement only", "an address added late"],
)
@pytest.mark.parametrize("now", [SEED_DUE, LIMIT, LIMIT + timedelta(days=1)])
def test_a_release_that_is_never_checked_says_why_and_awaits_no_result(release, detail, now):
    standing = status_of_release(release, None, now=now)
    assert (standing.label, standing.detail) == ("Not checked", detail)
    assert status_of_release(release, a_verdict(Outcome.PENDING), now=now) == standing
    assert status_of_release(release, None, now=SEED_DUE - timedelta(minutes=3)).label == "Not due yet"


@pytest.mark.parametrize("release", [a_confirmed(), a_confirmed(an_address("announcement"), an_address("attachment"))])
def test_a_release_with_a_page_or_file_is_checked(release):
    assert status_of_release(release, None, now=SEED_DUE).label == "Due now"


def test_a_rehearsal_is_checked_although_it_was_prepared_after_it_was_due():
    late = a_confirmed(an_address(added_at=LIMIT), confirmed_at=LIMIT, recorded_at=LIMIT, rehearsal=True)
    assert status_of_release(late, None, now=SEED_DUE).label == "Due now"


@pytest.mark.parametrize(
    ("status", "label", "detail"),
    [
        ("provisional", "Provisional", "We do not check it until its date is confirmed"),
        ("cancelled", "Cancelled", "We do not check it"),
    ],
)
def test_what_is_not_watched_says_so(status, label, detail):
    release = a_confirmed()
    release.status = status
    standing = status_of_release(release, a_verdict(Outcome.PENDING), now=SEED_DUE)
    assert (standing.label, standing.detail) == (label, detail)


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_label_a_colour_and_a_sentence_and_accuses_no_one(outcome):
    label, colour = OUTCOMES[outcome]
    sentence = describe_verdict(a_verdict(outcome, 1.0, 2.0))
    assert label
    assert colour
    assert "9:30am on 30 June 2020" in sentence
    findings = sentence.replace("or start a breach report.", "")  # says what a person can do, and not the finding
    for accusation in ("breach", "fault", "fail"):
        assert accusation not in f"{label} {findings}".lower()


ABSENT_BEFORE = make_check(ABSENT, -60)
SEEN_BY_UNCONFIRMED_CLOCK = replace(make_check(LIVE, 30), clock_confirmed=False)


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ((ABSENT_BEFORE, make_check(LIVE, 900)), "We found it live later."),
        ((ABSENT_BEFORE, SEEN_BY_UNCONFIRMED_CLOCK), "A check found it live, but we could not confirm our clock"),
        ((ABSENT_BEFORE, make_check(LIVE, -30), make_check(LIVE, 0)), "It may have been live before the due time"),
    ],
    ids=["found after the tolerance", "found by an unconfirmed clock", "found once before it was due"],
)
def test_the_sentence_on_an_uncertain_release_says_what_is_not_known(checks, said):
    result = AddressResult(
        address=1,
        url="https://www.example.gov.uk/page",
        role=AddressRole.PAGE,
        required=True,
        verdict=judged(*checks),
        longest_gap=timedelta(seconds=10),
    )
    verdict = a_verdict(Outcome.UNCERTAIN, addresses=[write_address_result(result)])
    assert result.verdict.outcome is Outcome.UNCERTAIN
    sentence = describe_verdict(verdict)
    assert said in sentence
    assert ("do not show whether it was live at 9:32:00am" in sentence) is (
        said != "It may have been live before the due time"
    )


def test_the_sentence_on_a_missing_part_says_nothing_of_the_page_which_may_be_unknown():
    said = "A part of it was not live at 9:32:00am, when the tolerance ended."
    assert said in describe_verdict(a_verdict(Outcome.PARTIAL, 120.0, None))


def test_the_sentence_names_the_interval_that_holds_the_publication():
    last, first = SEED_DUE + timedelta(minutes=56, seconds=55), SEED_DUE + timedelta(minutes=57)
    verdict = a_verdict(Outcome.LATE, 3415.0, 3420.0, last_not_live_at=last, first_live_at=first)
    said = "Last found not live at 10:26:55am. First found live at 10:27:00am."
    assert describe_verdict(verdict).endswith(said)


def test_the_times_of_an_incomplete_release_are_those_of_a_part():
    last, first = SEED_DUE + timedelta(minutes=17), SEED_DUE + timedelta(minutes=22)
    verdict = a_verdict(Outcome.PARTIAL, 1020.0, 1320.0, last_not_live_at=last, first_live_at=first)
    said = "A part was last found not live at 9:47:00am. This part was first found live at 9:52:00am."
    assert known_sentence(verdict) == said
    assert describe_verdict(verdict).endswith(f"when the tolerance ended. {said}")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3420.2, "10:27:01am"), (3420.0, "10:27:00am"), (-0.4, "9:29:59am"), (-60.4, "9:29:00am")],
    ids=["late", "whole", "just-early", "early"],
)
def test_the_first_live_check_is_rounded_up_as_a_report_writes_it_and_never_over_the_due_instant(seconds, said):
    seen = SEED_DUE + timedelta(seconds=seconds)
    verdict = a_verdict(Outcome.LATE, 0.0, 1.0, last_not_live_at=seen - timedelta(seconds=5.1), first_live_at=seen)
    assert describe_verdict(verdict).endswith(f"First found live at {said}.")


def test_an_instant_on_another_day_than_the_due_one_names_its_day():
    last, first = SEED_DUE - timedelta(days=1), SEED_DUE - timedelta(seconds=1)
    verdict = a_verdict(Outcome.EARLY, -86_400.0, -1.0, last_not_live_at=last, first_live_at=first)
    said = "Last found not live at 9:30:00am on 29 June 2020. First found live at 9:29:59am."
    assert describe_verdict(verdict).endswith(said)


def test_a_check_is_said_with_its_reasons_and_the_word_of_a_person():
    assert describe_check("not_live", ["not_found"]) == "not live: page not found"
    assert describe_check("live", [], said="this_is_it") == "live (a person confirmed that this is the release)"


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_words(reason):
    assert reason in REASONS


@pytest.mark.parametrize("result", list(CheckOutcome))
def test_every_result_of_a_check_has_words(result):
    assert result in RESULTS


def test_a_code_without_words_is_said_as_it_is():
    assert describe_check("not_live", ["some_new_code"]) == "not live: some new code"


def test_checks_on_the_day_of_the_release_are_described_by_their_times_alone():
    first, last = SEED_DUE - timedelta(seconds=55), SEED_DUE + timedelta(seconds=115)
    assert describe_check_times(24, first, last, day_of=SEED_DUE) == "24 checks, 9:29:05am to 9:31:55am"
    assert describe_check_times(1, first, first, day_of=SEED_DUE) == "1 check at 9:29:05am"


def test_checks_on_other_days_name_them():
    day_before = SEED_DUE - timedelta(days=1)
    assert describe_check_times(1, day_before, day_before, day_of=SEED_DUE) == "1 check at 9:30:00am on 29 June 2020"
    assert (
        describe_check_times(9, day_before, SEED_DUE, day_of=SEED_DUE)
        == "9 checks, 9:30:00am on 29 June 2020 to 9:30:00am on 30 June 2020"
    )


@pytest.mark.parametrize("kind", ["pre_release_granted", "pre_release_agreed", "pre_release_names_erased"])
def test_a_change_of_pre_release_access_has_a_sentence(kind):
    assert "re-release access" in event_sentence(ReleaseEvent(kind=kind, facts={}))
