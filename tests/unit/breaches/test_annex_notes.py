"""The annex states the result of each check, clock errors, gaps, caches, statements and the publisher's time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from breaches import facts
from breaches.rules.annex import annex_of
from breaches.rules.annex_notes import NOT_LIVE_WORDS, OLD_COPY, narrate_check
from breaches.rules.facts import Statement, StatementFact
from breaches.rules.narrative import write_account
from releases import judge
from releases.detection.finding import AddressRole, CheckOutcome, Finding, Reason, Source, reasons_to_json
from releases.models import Verification
from releases.rules.lifecycle import Role
from releases.verdict.release import Diagnosis
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation
from tests.support.report_evidence import LIVE, NOT_LIVE, SEED_LOOKS, address, london, record
from tests.support.report_evidence import make_check_fact as check

SCHEDULED = Source.SCHEDULED_TIME_AND_DELAY
SEED = address(*SEED_LOOKS)


def notes_of(*addresses, **more):
    (output,) = annex_of([record(*addresses, **more)]).outputs
    return output.notes


def by_clock(one, seconds, *, confirmed=True):
    """Return a check whose clock may be off by so many seconds."""
    clock = {"clock_bound": timedelta(seconds=seconds), "clock_confirmed": confirmed}
    return replace(one, sighting=replace(one.sighting, **clock))


@pytest.mark.parametrize(
    ("error", "length"), [(0.2, "0.2 seconds"), (0.1001, "0.2 seconds"), (0.95, "1 second"), (61, "1 minute 1 second")]
)
def test_the_largest_error_of_our_clock_is_stated(error, length):
    checks = [*SEED_LOOKS[:2], check("09:33:05", NOT_LIVE), *SEED_LOOKS[3:]]

    assert notes_of(address(*(by_clock(one, error) for one in checks))) == (
        (
            f"Our clock may have been wrong by up to {length}. The table shows the times of our clock. The chart, "
            "the delays and the account allow for the error."
        ),
    )


def test_the_annex_says_which_further_vantage_point_found_which_page_or_file_in_time():
    page = replace(SEED, found_elsewhere=(("London", london("09:30:05.2")),))
    file = replace(SEED, role=AddressRole.ATTACHMENT, found_elsewhere=(("Leeds", london("09:31")),))

    ours = "The table lists only the checks from our main vantage point."
    assert notes_of(page, file) == (
        f"Our check from ‘London’ found the release by 9:30:06am. {ours}",
        f"Our check from ‘Leeds’ found attachment 1 by 9:31am. {ours}",
    )


def test_a_clock_that_was_not_confirmed_is_stated():
    unconfirmed = [by_clock(one, 0, confirmed=False) for one in SEED_LOOKS]

    assert notes_of(address(*unconfirmed)) == ("The clock was not confirmed, so the times prove nothing.",)
    assert notes_of(address(*SEED_LOOKS[:4], unconfirmed[4])) == (
        "At some checks the clock was not confirmed, so the times of those checks prove nothing.",
    )
    assert notes_of(SEED) == ()


def test_the_clock_of_checks_after_the_release_was_found_does_not_matter():
    assert notes_of(address(*SEED_LOOKS, by_clock(check("18:00", LIVE), 30, confirmed=False))) == ()


def test_the_clock_of_a_check_that_found_the_release_gone_matters():
    gone = by_clock(check("11:05", NOT_LIVE), 3)

    assert "up to 3 seconds" in notes_of(address(*SEED_LOOKS, check("11:00", LIVE), gone))[0]


@pytest.mark.parametrize(
    ("clock", "when"),
    [
        ("09:30", "the time at which it was due"),
        ("09:30:36", "36 seconds after it was due"),
        ("09:20", "10 minutes before it was due"),
    ],
    ids=["at the due time", "after", "before"],
)
def test_the_publishers_time_is_compared_with_the_due_time(clock, when):
    """(V11)"""
    (note,) = notes_of(SEED, publisher_time=(london(clock), Source.CHANGE_HISTORY))

    assert f"(from the public history of the page), {when}. It is not an observation." in note


def test_the_publishers_time_of_another_day_names_the_day():
    (note,) = notes_of(SEED, publisher_time=(london("16:00", "2020-07-01"), SCHEDULED))

    assert "gives 4pm on 1 July 2020 as the time of publication (from its scheduled time and recorded delay)" in note


def test_the_time_of_the_last_update_gives_no_delay():
    gap = ((london("09:30"), london("11:00")),)
    _gap, note = notes_of(SEED, publisher_time=(london("10:40"), Source.PUBLIC_UPDATED_AT), not_observed=gap)

    assert note == (
        "The publisher’s own system gives 10:40am as the time of the last public update of the page. Every update "
        "changes this time. So it shows only that the release was published at this time or earlier. It is not an "
        "observation."
    )


def test_a_publishers_time_within_a_gap_is_the_only_one_known():
    gap = (london("09:40"), london("10:00"))
    notes = notes_of(SEED, publisher_time=(london("09:45"), SCHEDULED), not_observed=(gap,))

    assert notes[0] == "We made no checks from 9:40am to 10am."
    assert notes[2] == "We made no checks from 9:40am to 10am. For that period only the publisher’s time is known."
    assert len(notes_of(SEED, publisher_time=(london("09:39:59"), SCHEDULED), not_observed=(gap,))) == 2


def test_gaps_are_listed_and_many_gaps_are_counted():
    two = ((london("09:40"), london("09:50:00.5")), (london("23:59", "2020-06-29"), london("00:10")))
    many = tuple((london(f"09:4{minute}"), london(f"09:4{minute}:30.2")) for minute in range(6))

    assert notes_of(SEED, not_observed=two) == (
        "We made no checks from 9:40am to 9:50:01am and from 11:59pm on 29 June 2020 to 12:10am.",
    )
    assert notes_of(SEED, not_observed=many) == (
        "We made no checks in 6 periods between 9:40am and 9:45:31am. The longest was 31 seconds.",
    )


def test_an_old_copy_in_a_cache_is_stated_with_both_times():
    """(V13)"""
    late = address(
        check("09:30", NOT_LIVE),
        check("09:32", NOT_LIVE),
        check("09:57:30", NOT_LIVE),
        check("09:58", LIVE),
    )
    found = replace(late, past_caches=(london("09:30:05"), london("09:57:30")))

    assert notes_of(found, diagnoses=(Diagnosis.EDGE_CACHE,)) == (
        (
            "A check that bypassed caches found the release at 9:30:05am. Ordinary checks still did not find it, the "
            f"last of them at 9:57:30am. {OLD_COPY}"
        ),
    )
    assert notes_of(late, diagnoses=(Diagnosis.EDGE_CACHE,)) == (
        f"The stored responses show that checks still received a copy from before the release. {OLD_COPY}",
    )
    assert notes_of(late) == ()


def test_every_statement_is_listed():
    statements = tuple(
        Statement(StatementFact.NOT_IT, Role.STATISTICIAN, london(f"11:0{minute}")) for minute in range(1, 5)
    )
    checks = (check("09:30", NOT_LIVE, by_statement=True), *SEED_LOOKS[2:])
    *stated, rests_on = notes_of(address(*checks), statements=statements)

    assert [note.partition(" that")[0] for note in stated] == [
        f"A statistician stated at 11:0{minute}am" for minute in range(1, 5)
    ]
    assert rests_on == "If a check did not show whether the release was live, the result is based on these statements."


def test_a_statement_that_a_later_one_replaced_says_so():
    first = Statement(StatementFact.THIS_IS_IT, Role.STATISTICIAN, london("11:01"), is_replaced=True)
    last = Statement(StatementFact.PREVIOUS_EDITION, Role.STATISTICIAN, london("11:02"))
    checks = (check("09:30", NOT_LIVE, by_statement=True), *SEED_LOOKS[2:])
    notes = notes_of(address(*checks), statements=(first, last))
    assert [note.endswith("A later statement about it replaced this statement.") for note in notes[-3:]] == [
        True,
        False,
        False,
    ]


# Reasons of checks that found the release live, or proved nothing. Every other reason needs words in a report.
NOT_OF_ABSENCE = {
    *(Reason.TIMEOUT, Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.TOO_MANY_REDIRECTS, Reason.ADDRESS_REFUSED),
    *(Reason.TOO_LARGE, Reason.TOO_DEEP, Reason.UNDECODABLE, Reason.INCOMPLETE, Reason.ASKED_TO_WAIT),
    *(Reason.RATE_LIMITED, Reason.FORBIDDEN, Reason.CLIENT_ERROR, Reason.SERVER_ERROR, Reason.UNEXPECTED_STATUS),
    *(Reason.CONTROLS_FAIL, Reason.CLOCK_OFF, Reason.OUR_ERROR, Reason.EXAMINATION_ENDED, Reason.EXAMINATION_MEMORY),
    *(Reason.EXAMINATION_TIME, Reason.OBSTACLE, Reason.CONSENT, Reason.FAULT_TEXT, Reason.SCRIPT_SHELL),
    *(Reason.LEADS_ON, Reason.EMBEDDED, Reason.MARKER_IN_TITLE, Reason.MARKER_IN_HEADING, Reason.MARKER_IN_TEXT),
    *(Reason.MARKER_IN_META, Reason.MARKER_IN_LINKED_DATA, Reason.MARKER_HIDDEN, Reason.COMMON_MARKER),
    *(Reason.MENTIONED_ONCE, Reason.NO_MARKER, Reason.OTHER_PERIOD, Reason.OTHER_SUBJECT, Reason.OTHER_PAGE),
    *(Reason.OTHER_KIND, Reason.PAGE_ABOVE, Reason.STILL_TO_COME, Reason.STYLES_UNREAD, Reason.CONFIRMED_BY_PERSON),
    *(Reason.RIGHT_TYPE, Reason.BROKEN, Reason.FILE_FOR_PAGE, Reason.UNKNOWN_SHAPE, Reason.UPDATED),
    *(Reason.NOT_UPDATED, Reason.BROWSER, Reason.CHANGED_BY_SCRIPT),
}


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in NOT_OF_ABSENCE])
def test_every_reason_of_a_missing_page_has_words(reason):
    found = check("09:30", NOT_LIVE, Reason.OBSTACLE, reason)

    assert narrate_check(found) == f"did not find it: {NOT_LIVE_WORDS[reason]}"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (check("09:30", NOT_LIVE, "a_code_of_tomorrow"), "did not find it"),
        (check("09:30", LIVE), "found it"),
        (check("09:30", CheckOutcome.UNREACHABLE), "got no usable response"),
        (check("09:30", CheckOutcome.OBSERVER_FAULT), "failed because of a fault in our monitoring"),
        (check("09:30", LIVE, by_statement=True), "got a response, and a person stated that it was the release"),
        (
            check("09:30", NOT_LIVE, by_statement=True),
            "got a response, and a person stated that it was not the release",
        ),
    ],
)
def test_every_result_of_a_check_has_words(made, words):
    assert narrate_check(made) == words


@pytest.mark.parametrize(
    ("reasons", "words", "told"),
    [
        (("negative_marker",), "coming soon", "the page said “coming soon”"),
        (("negative_marker", "withdrawn"), "can't find the page", "the page said “can’t find the page”"),
        (("negative_marker",), "", "the page said “not found”, “coming soon” or similar"),
    ],
    ids=["words on record", "an apostrophe", "a check without words"],
)
def test_a_check_names_the_words_of_the_page_only_if_they_are_on_record(reasons, words, told):
    found = replace(check("09:30", NOT_LIVE, *reasons), words=words)

    assert narrate_check(found) == f"did not find it: {told}"


@pytest.mark.django_db
def test_the_words_of_a_page_get_from_the_record_into_the_annex_and_a_check_without_them_is_described_as_before():
    release = ReleaseFactory(confirmed=True)
    page = release.addresses.get()
    absent = Finding(CheckOutcome.NOT_LIVE, (Reason.NEGATIVE_MARKER,), words="coming soon")
    for seconds in range(-5, 130, 5):
        reasons = ["negative_marker"] if seconds < 60 else reasons_to_json(absent)
        create_observation(page, "not_live", at=SEED_DUE + timedelta(seconds=seconds), reasons=tuple(reasons))
    for seconds in (130, 140):
        create_observation(page, "live", at=SEED_DUE + timedelta(seconds=seconds), reasons=("marker_in_title",))
    judge.judge_one(release, now=SEED_DUE + timedelta(minutes=5))
    verification = Verification.objects.select_related("release__series__producer").get(release=release)
    assert verification.reasons == ["marker_in_title"]
    (output,) = annex_of([facts.facts_of_verifications([verification])[verification.pk]]).outputs
    showed = [one.showed for one in output.parts[0].looks]

    assert showed[0] == "Did not find it: the page said “not found”, “coming soon” or similar."
    assert showed[-4] == "Did not find it: the page said “coming soon”."


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("error", "appeared", "note"),
    [
        (0.25, "It appeared between 9:32am and 9:32:11am", "wrong by up to 0.3 seconds"),
        (None, "do not show whether", "The clock was not confirmed"),
    ],
)
def test_the_error_of_each_check_gets_from_the_record_into_the_report(error, appeared, note):
    release = ReleaseFactory(confirmed=True)
    missing = [(seconds, "not_live") for seconds in range(-5, 121, 5)]
    for seconds, result in (*missing, (121, "not_live"), (130, "live"), (140, "live")):
        create_observation(
            release.addresses.get(), result, at=SEED_DUE + timedelta(seconds=seconds), bound=error, took=timedelta(0)
        )
    judge.judge_one(release, now=SEED_DUE + timedelta(minutes=5))
    verification = Verification.objects.select_related("release__series__producer").get(release=release)
    on_record = facts.facts_of_verifications([verification])[verification.pk]

    assert appeared in write_account(on_record)
    assert note in annex_of([on_record]).outputs[0].notes[0]
