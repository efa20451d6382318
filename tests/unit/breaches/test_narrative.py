"""The account of a suspected breach contains the record and nothing else."""

from datetime import timedelta

import pytest

from breaches.rules.facts import Statement, StatementFact
from breaches.rules.narrative import NOT_LIVE_WORDS, write_account
from releases.detection.finding import AddressRole, CheckOutcome, Reason
from releases.rules.lifecycle import Role
from releases.verdict.address import Outcome
from tests.support.report_evidence import (
    LIVE,
    NOT_LIVE,
    SEED_LOOKS,
    UNREACHABLE,
    UNRECOGNISED,
    address,
    london,
    make_check_fact,
    record,
)
from tests.support.seed_case import TITLE, URL

EARLY = (make_check_fact("09:10", NOT_LIVE), make_check_fact("09:14:05", LIVE), make_check_fact("09:15:05", LIVE))
ATTACHMENT = AddressRole.ATTACHMENT
FILES = ("https://www.example.gov.uk/tables.ods", "https://www.example.gov.uk/data.csv")


def test_the_seeds_case_reads_as_a_statistician_would_write_it():
    facts = record(address(*SEED_LOOKS), series="State-funded schools inspections and outcomes")

    assert write_account(facts) == (
        f"‘{TITLE}’, in the series ‘State-funded schools inspections and outcomes’, was due to be released at "
        "9:30am on 30 June 2020. All times given here are London time (British Summer Time on that day).\n\n"
        f"An automatic check looked for the release at its announced address ({URL}). A look at the due time did "
        "not find it: the site answered that there was no such page. The release was still not seen there at "
        "10:26:55am, and was first seen there at 10:27am. Access to it was therefore delayed by just under "
        "an hour: between 56 minutes 55 seconds and 57 minutes."
    )


def test_a_winter_release_names_greenwich_mean_time():
    due_at = london("09:30", "2020-01-14")
    looks = [
        make_check_fact(due_at + timedelta(seconds=seconds), result)
        for seconds, result in ((0, NOT_LIVE), (120, NOT_LIVE), (130, LIVE))
    ]

    text = write_account(record(address(*looks, due_at=due_at), due_at=due_at))

    assert "9:30am on 14 January 2020. All times given here are London time (Greenwich Mean Time" in text


def test_a_release_that_has_not_been_seen_is_said_not_to_have_been_seen_by_the_last_check():
    text = write_account(record(address(*SEED_LOOKS[:3])))

    assert text.endswith("The release had not been seen there by 9:32am, 2 minutes after it was due.")
    assert "first seen" not in text


def test_without_a_check_at_the_due_time_none_is_claimed():
    late = write_account(
        record(
            address(
                make_check_fact("09:29", NOT_LIVE),
                make_check_fact("09:35:01", NOT_LIVE),
                make_check_fact("09:36", LIVE),
            )
        )
    )

    assert "look at the due time" not in late
    assert "The first look after the due time, at 9:35:01am, did not find it." in late


def test_without_any_check_from_the_due_time_on_that_is_said():
    assert "No look was made there at or after the due time." in write_account(record(address(*EARLY)))
    assert "No look was made at the announced address of the release" in write_account(record(address()))


def test_an_early_release_drafted_before_it_is_due_says_nothing_of_checks_still_to_come():
    text = write_account(record(address(*EARLY, settled=False)))

    assert text.endswith("from 9:14:05am to 9:15:05am. The check had not ended when this account was written.")
    assert "No look was made" not in text


def test_the_first_of_the_checks_before_the_due_time_is_described_at_the_second_at_which_it_was_seen():
    seen = (make_check_fact("09:14:05", LIVE, seconds=0.4), make_check_fact("09:15:05", LIVE, seconds=0.4))
    text = write_account(record(address(EARLY[0], *seen, make_check_fact("09:30", LIVE))))

    assert "first seen there at 9:14:06am" in text
    assert "found it there from 9:14:06am to 9:15:06am." in text


def test_an_early_release_tells_when_it_was_seen_and_by_how_many_checks():
    text = write_account(record(address(*EARLY, make_check_fact("09:30", LIVE))))

    assert "still not seen there at 9:10am, and was first seen there at 9:14:05am, before it was due" in text
    assert "between 15 minutes 55 seconds and 20 minutes too early" in text
    assert ("2 looks answered before the due time found it there from 9:14:05am to 9:15:05am.") in text
    assert text.endswith("A look at the due time found it.")


def test_a_release_seen_in_the_last_half_second_before_due_is_not_said_to_be_seen_at_the_due_time():
    looks = (
        make_check_fact("09:29", NOT_LIVE),
        make_check_fact("09:29:58", LIVE, seconds=0.5),
        make_check_fact("09:29:59", LIVE, seconds=0.5),
    )
    first_in_the_last_second = (looks[0], *(make_check_fact("09:29:59", LIVE, seconds=part) for part in (0.5, 0.6)))

    assert "first seen there at 9:29:59am, before" in write_account(record(address(*looks)))
    assert "first seen there at 9:29:59am, before" in write_account(record(address(*first_in_the_last_second)))


def test_a_release_that_was_early_then_gone_and_then_late_tells_all_three_in_order():
    gone = (
        make_check_fact("09:17", NOT_LIVE),
        make_check_fact("09:30", NOT_LIVE, "not_found"),
        make_check_fact("09:32", NOT_LIVE),
    )
    text = write_account(
        record(address(*EARLY, *gone, make_check_fact("09:40", NOT_LIVE), make_check_fact("09:40:10", LIVE)))
    )

    parts = (
        "9:14:05am, before it was due",
        "A later look, at 9:17am, did not find it there any more.",
        "A look at the due time did not find it",
        "After the due time it was still not seen there at 9:40am, and was next seen there at 9:40:10am.",
        "delayed by just over 10 minutes: between 10 minutes and 10 minutes 10 seconds.",
    )
    positions = [text.index(part) for part in parts]
    assert positions == sorted(positions)


def test_a_release_that_was_early_and_has_not_come_back_says_so():
    text = write_account(
        record(address(*EARLY, make_check_fact("09:30", NOT_LIVE), make_check_fact("09:32", NOT_LIVE)))
    )

    assert text.endswith("After the due time it had not been seen again there by 9:32am, 2 minutes after it was due.")


def test_one_check_before_the_due_time_proves_nothing_and_is_described():
    text = write_account(
        record(
            address(make_check_fact("09:10", NOT_LIVE), make_check_fact("09:14", LIVE), make_check_fact("09:30", LIVE))
        )
    )

    assert "One look before the due time, at 9:14am, found it there; a single look is not taken as proof." in text
    assert "The record does not show whether it was there in time." in text


def test_a_partial_release_names_each_attachment_by_number_and_address_with_its_own_delay():
    page = address(make_check_fact("09:29", NOT_LIVE), make_check_fact("09:30", LIVE))
    in_time = address(
        make_check_fact("09:29", NOT_LIVE), make_check_fact("09:30:05", LIVE), url=FILES[0], role=ATTACHMENT
    )
    behind = address(
        make_check_fact("09:30", NOT_LIVE, "wrong_type"),
        make_check_fact("09:32", NOT_LIVE),
        make_check_fact("09:43:05", NOT_LIVE),
        make_check_fact("09:43:10", LIVE),
        url=FILES[1],
        role=ATTACHMENT,
    )
    facts = record(page, in_time, behind)
    _, of_page, of_first, of_second = write_account(facts).split("\n\n")

    assert facts.outcome is Outcome.PARTIAL
    assert "The release was seen in time: first at 9:30am, within the tolerance of 2 minutes." in of_page
    assert of_first.startswith(f"An automatic check looked for attachment 1 at its announced address ({FILES[0]}).")
    assert "Attachment 1 was seen in time" in of_first
    assert of_second.startswith(f"An automatic check looked for attachment 2 at its announced address ({FILES[1]}).")
    assert "not a file of the announced kind" in of_second
    assert "Access to it was therefore delayed by just over 13 minutes" in of_second


def test_an_attachment_that_is_not_required_is_said_not_to_be():
    extra = address(
        make_check_fact("09:30", NOT_LIVE), make_check_fact("09:32", NOT_LIVE), role=ATTACHMENT, required=False
    )

    assert "The release counts as complete without it." in write_account(record(address(*SEED_LOOKS), extra))


def test_checks_that_could_not_tell_are_counted_with_their_times():
    text = write_account(
        record(
            address(
                make_check_fact("09:29", NOT_LIVE),
                make_check_fact("09:30", UNREACHABLE),
                make_check_fact("09:31", UNREACHABLE),
                make_check_fact("09:32", UNRECOGNISED),
                make_check_fact("09:33", CheckOutcome.OBSERVER_FAULT),
                make_check_fact("09:45", LIVE),
            )
        )
    )

    assert "A look at the due time got no answer that could be used." in text
    assert "2 looks from 9:30am to 9:31am got no answer that could be used." in text
    assert "One look at 9:32am got an answer in which the release could be neither recognised nor ruled out." in text
    assert "One look at 9:33am failed on the side of the check itself." in text
    assert "delayed" not in text


def test_checks_without_an_answer_long_before_a_late_release_are_left_out():
    text = write_account(record(address(make_check_fact("08:00", UNREACHABLE), *SEED_LOOKS)))

    assert "8:00am" not in text


def test_a_hole_in_our_own_watching_is_said():
    holes = ((london("09:40"), london("09:50:00.5")), (london("23:59", "2020-06-29"), london("00:10")))
    text = write_account(record(address(*SEED_LOOKS), not_observed=holes))

    assert "Nothing was observed from 9:40am to 9:50:01am and from 11:59pm on 29 June 2020 to 12:10am." in text


def test_many_short_holes_are_counted_in_one_sentence():
    holes = tuple((london(f"09:4{minute}"), london(f"09:4{minute}:30.2")) for minute in range(6))
    text = write_account(record(address(*SEED_LOOKS), not_observed=holes))

    assert (
        "Between 9:40am and 9:45:31am there were 6 periods, each of at most 31 seconds, in which nothing was observed."
    ) in text


def test_what_people_stated_is_stored_separately_and_by_role():
    statements = (
        Statement(StatementFact.WAS_LIVE, Role.STATISTICIAN, london("11:05"), london("09:31")),
        Statement(StatementFact.PREVIOUS_EDITION, Role.HEAD_OF_PROFESSION, london("11:06", "2020-07-01")),
    )
    looks = (make_check_fact("09:30", NOT_LIVE, by_statement=True), *SEED_LOOKS[2:])
    first, second, third = write_account(record(address(*looks), statements=statements)).split("\n\n")

    assert "stated" not in first
    assert "A look at the due time got what a person stated not to be the release." in second
    assert third == (
        "A statistician stated at 11:05am that the release was live at 9:31am; this is that person’s word, not an "
        "observation. The Head of Profession for Statistics stated at 11:06am on 1 July 2020 that what the check "
        "had found was the previous edition; this is that person’s word, not an observation. Looks that the check "
        "could not decide are counted here as these statements say."
    )


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("said", list(StatementFact))
def test_every_statement_of_every_role_has_words(role, said):
    live_at = london("09:31") if said is StatementFact.WAS_LIVE else None
    statement = Statement(said, role, london("11:05"), live_at)

    assert "stated at 11:05am" in write_account(record(address(*SEED_LOOKS), statements=(statement,)))


def test_a_statement_of_a_person_whose_role_is_not_on_record_is_described_anyway():
    statement = Statement(StatementFact.NOT_IT, None, london("11:05"))
    text = write_account(record(address(*SEED_LOOKS), statements=(statement,)))

    assert "A person whose role is not on record stated at 11:05am" in text


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
    Reason.NOT_UPDATED,
}


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason not in NOT_OF_ABSENCE])
def test_every_way_in_which_a_check_can_fail_to_find_a_release_has_words(reason):
    text = write_account(
        record(address(make_check_fact("09:30", NOT_LIVE, Reason.OBSTACLE, reason), make_check_fact("09:32", NOT_LIVE)))
    )

    assert f"A look at the due time did not find it: {NOT_LIVE_WORDS[reason]}." in text


def test_a_check_without_a_reason_that_has_words_only_says_that_it_did_not_find_the_release():
    text = write_account(
        record(address(make_check_fact("09:30", NOT_LIVE, "a_code_of_tomorrow"), make_check_fact("09:32", NOT_LIVE)))
    )

    assert "A look at the due time did not find it." in text


def test_facts_without_an_address_are_refused():
    with pytest.raises(ValueError, match="at least one address"):
        write_account(record())


def test_two_pages_are_distinguished():
    text = write_account(record(address(*SEED_LOOKS), address(*SEED_LOOKS, url=FILES[0])))

    assert "looked for page 1 at" in text
    assert f"looked for page 2 at its announced address ({FILES[0]})" in text


def test_a_check_made_in_time_and_answered_after_it_claims_no_more():
    slow = address(make_check_fact("09:29", NOT_LIVE), make_check_fact("09:31:55", LIVE, seconds=9))
    missing = address(
        make_check_fact("09:29", NOT_LIVE), make_check_fact("09:32", NOT_LIVE), url=FILES[0], role=ATTACHMENT
    )
    assert (
        "was seen in time, by a look made within the tolerance of 2 minutes and answered at 9:32:04am."
    ) in write_account(record(slow, missing))
