"""The account of a suspected breach is short, reads as a person would write it, and has only what the record proves."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from breaches.rules.causes import CAUSE_NOT_RECORDED, RecordedCause, find_other_cause
from breaches.rules.facts import EarlyDecision, ReleaseException, Statement, StatementFact
from breaches.rules.lifecycle import Cause
from breaches.rules.narrative import write_account
from releases.detection.finding import AddressRole, Reason
from releases.rules.departure import DepartureKind
from releases.rules.lifecycle import Role
from releases.rules.parts import Part
from tests.support.report_evidence import (
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
from tests.support.seed_case import TITLE

FILES = ("https://www.example.gov.uk/tables.ods", "https://www.example.gov.uk/data.csv")
DUE = f"‘{TITLE}’ was due for release at 9:30am on 30 June 2020."
NOT_FOUND = "At 9:30am our automatic check did not find it on its page."
FOUND_BEFORE = "Our automatic check found it on its page at www.example.gov.uk before then:"
PAGE_LIVE = "Its page at www.example.gov.uk was live on time, but our automatic check did not find"
UNKNOWN = "Our automatic checks do not show whether it was on its page at www.example.gov.uk on time"
APPEARED = "It appeared between 10:26:55am and 10:27am, just under an hour late"

EARLY = (check("09:10", NOT_LIVE), check("09:14:05", LIVE), check("09:15:05", LIVE))
LATER = (check("09:30", NOT_LIVE), check("09:32", NOT_LIVE))
PAGE = address(check("09:29", NOT_LIVE), check("09:30", LIVE))


def by_clock(one, seconds, *, confirmed=True):
    """Return a check whose clock may be off by so many seconds."""
    clock = {"clock_bound": timedelta(seconds=seconds), "clock_confirmed": confirmed}
    return replace(one, sighting=replace(one.sighting, **clock))


def file(*looks, url=FILES[0], required=True, **more):
    return address(*looks, url=url, role=AddressRole.ATTACHMENT, required=required, **more)


ON_TIME = file(check("09:29", NOT_LIVE), check("09:30:05", LIVE))
FILE_LATE = file(*LATER, check("09:43:05", NOT_LIVE), check("09:43:10", LIVE), url=FILES[1])
FILE_EARLIER = file(*LATER, check("09:33", NOT_LIVE), check("09:34", LIVE))
FILE_MISSING = file(*LATER, check("09:33:02", NOT_LIVE))
# The page had the marker before the due time, so its live checks prove nothing.
UNPROVEN = (
    *(check(clock, LIVE) for clock in ("09:29", "09:30", "09:30:49")),
    *(check(clock, NOT_LIVE) for clock in ("09:30:50", "09:31:20", "09:32:01")),
)
UNCONFIRMED = by_clock(check("09:30:05", LIVE), 0, confirmed=False)
SHORT_GAP = {"longest_gap": timedelta(seconds=45)}
GAP = ((london("09:35"), london("10:20:00.5")),)
GAPS = (*GAP, (london("10:21"), london("10:22")))
AROUND_GAP = address(check("09:29", NOT_LIVE), *LATER, check("10:27", LIVE))

ACCOUNTS = {
    "late": (record(address(*SEED_LOOKS)), NOT_FOUND, f"{APPEARED}."),
    "not live yet": (
        record(address(*SEED_LOOKS[:3])),
        NOT_FOUND,
        "It had still not appeared at 9:32am, more than 2 minutes late.",
    ),
    "late until the next day": (
        record(
            address(
                *SEED_LOOKS[:3],
                check(london("03:45", "2020-07-01"), NOT_LIVE),
                check(london("03:45:10", "2020-07-01"), LIVE),
            )
        ),
        NOT_FOUND,
        "It appeared between 3:45am and 3:45:10am on 1 July 2020, 18 to 19 hours late.",
    ),
    "late, and first checked after the due time": (
        record(
            address(
                check("09:29", NOT_LIVE),
                check("09:35:01", NOT_LIVE),
                check("09:36", LIVE),
            )
        ),
        "At 9:35:01am our automatic check did not find it on its page.",
        "It appeared between 9:35:01am and 9:36am, 5 to 6 minutes late.",
    ),
    "late, and no response at the due time": (
        record(
            address(
                check("09:30", UNREACHABLE),
                check("09:30:10", NOT_LIVE),
                *LATER[1:],
                check("09:45", LIVE),
            )
        ),
        "At 9:30am our automatic check of its page gave no result.",
        "It appeared between 9:32am and 9:45am, 2 to 15 minutes late.",
    ),
    "only announced at the due time": (
        record(address(check("09:30", NOT_LIVE, Reason.ANNOUNCEMENT), *SEED_LOOKS[2:])),
        "At 9:30am our automatic check found only its announcement.",
        f"{APPEARED}.",
    ),
    "announced for another time": (
        record(address(check("09:30", NOT_LIVE, Reason.MOVED), *SEED_LOOKS[2:3])),
        "At 9:30am our automatic check found an announcement with another time.",
        "It had still not appeared at 9:32am, more than 2 minutes late.",
    ),
    "the previous edition at the due time": (
        record(address(check("09:30", NOT_LIVE, Reason.PREVIOUS_EDITION), *SEED_LOOKS[2:])),
        "At 9:30am our automatic check found the previous edition.",
        f"{APPEARED}.",
    ),
    "live, gone and live again": (
        record(address(*SEED_LOOKS, check("10:28", NOT_LIVE), check("10:40", LIVE))),
        NOT_FOUND,
        f"{APPEARED}, but it was gone by 10:28am and back by 10:40am.",
    ),
    "gone several times": (
        record(
            address(
                *SEED_LOOKS,
                check("10:28", NOT_LIVE),
                check("10:40", LIVE),
                check("10:43", NOT_LIVE),
            ),
        ),
        NOT_FOUND,
        f"{APPEARED}, but it disappeared 2 times, most recently by 10:43am.",
    ),
    "on time and gone again": (
        record(
            address(
                check("09:29", NOT_LIVE),
                check("09:30", LIVE),
                check("09:50", NOT_LIVE),
                check("09:55", LIVE),
            )
        ),
        (
            "Our automatic check found it on its page at www.example.gov.uk on time, but it was gone by 9:50am "
            "and back by "
            "9:55am."
        ),
    ),
    "a gap in our monitoring": (
        record(AROUND_GAP, not_observed=GAP),
        NOT_FOUND,
        (
            "It appeared between 9:32am and 10:27am, 2 to 57 minutes late (we made no checks between 9:35am and "
            "10:20:01am)."
        ),
    ),
    "several gaps in our monitoring": (
        record(AROUND_GAP, not_observed=GAPS),
        NOT_FOUND,
        (
            "It appeared between 9:32am and 10:27am, 2 to 57 minutes late (we made no checks in 2 periods "
            "between 9:35am "
            "and 10:22am)."
        ),
    ),
    "a gap before and after it appeared": (
        record(
            address(*SEED_LOOKS), not_observed=((london("08:00"), london("08:10")), (london("11:00"), london("12:00")))
        ),
        NOT_FOUND,
        f"{APPEARED}.",
    ),
    "early": (
        record(address(*EARLY, check("09:30", LIVE))),
        f"{FOUND_BEFORE} it appeared between 9:10am and 9:14:05am, 15 to 20 minutes early.",
    ),
    "early and not yet due": (
        record(address(*EARLY, settled=False)),
        f"{FOUND_BEFORE} it appeared between 9:10am and 9:14:05am, 15 to 20 minutes early.",
        "Our checks had not ended when this was written.",
    ),
    "early by less than a second": (
        record(
            address(
                check("09:29", NOT_LIVE),
                *(check("09:29:59", LIVE, seconds=part) for part in (0.5, 0.6)),
            )
        ),
        f"{FOUND_BEFORE} it appeared between 9:29am and 9:29:59am, at most 1 minute early.",
        "Our checks do not show whether it was there at the due time.",
    ),
    "early, gone and late": (
        record(
            address(
                *EARLY,
                check("09:17", NOT_LIVE),
                *LATER,
                check("09:40", NOT_LIVE),
                check("09:40:10", LIVE),
            ),
        ),
        f"{FOUND_BEFORE} it appeared between 9:10am and 9:14:05am, 15 to 20 minutes early, but it was gone by 9:17am.",
        "It was back between 9:40am and 9:40:10am, just over 10 minutes late.",
    ),
    "early, gone and back before it was due": (
        record(
            address(
                *EARLY,
                check("09:17", NOT_LIVE),
                check("09:20", LIVE),
                check("09:30", LIVE),
            )
        ),
        (
            f"{FOUND_BEFORE} it appeared between 9:10am and 9:14:05am, 15 to 20 minutes early, but it was gone "
            "by 9:17am "
            "and back by 9:20am."
        ),
    ),
    "early and not back": (
        record(address(*EARLY, *LATER)),
        f"{FOUND_BEFORE} it appeared between 9:10am and 9:14:05am, 15 to 20 minutes early.",
        "It was still missing at 9:32am.",
    ),
    "an early file": (
        record(PAGE, file(*EARLY, check("09:30", LIVE))),
        (
            "Our automatic check found its file ‘tables.ods’ before then: the file appeared between 9:10am and "
            "9:14:05am, "
            "15 to 20 minutes early."
        ),
    ),
    "incomplete, with one late file": (
        record(PAGE, ON_TIME, FILE_LATE),
        f"{PAGE_LIVE} its file ‘data.csv’ then.",
        "The file appeared between 9:43:05am and 9:43:10am, just over 13 minutes late.",
    ),
    "incomplete, with a file that has no name": (
        record(PAGE, file(*LATER, url="https://www.example.gov.uk/download/17")),
        f"{PAGE_LIVE} its attachment then.",
        "The file had still not appeared at 9:32am, more than 2 minutes late.",
    ),
    "incomplete, with all files late": (
        record(PAGE, FILE_LATE, FILE_EARLIER),
        f"{PAGE_LIVE} its 2 files on time.",
        "The last of them appeared between 9:43:05am and 9:43:10am, just over 13 minutes late.",
    ),
    "incomplete, with a missing file": (
        record(
            PAGE,
            FILE_LATE,
            FILE_MISSING,
            file(*LATER[:0], check("09:29", NOT_LIVE), check("09:30", LIVE)),
        ),
        f"{PAGE_LIVE} 2 of its 3 files on time.",
        "1 of them had still not appeared at 9:33:02am.",
    ),
    "incomplete, with no file": (
        record(PAGE, FILE_MISSING, file(*LATER, url=FILES[1])),
        f"{PAGE_LIVE} its 2 files on time.",
        "They had still not appeared at 9:32am.",
    ),
    "a late file, and a page that proves nothing": (
        record(address(check("09:29", NOT_LIVE), check("09:33", UNREACHABLE), check("09:45", LIVE)), FILE_LATE),
        "Our automatic check did not find its file ‘data.csv’ then.",
        "The file appeared between 9:43:05am and 9:43:10am, just over 13 minutes late.",
    ),
    "late with its file": (
        record(address(*SEED_LOOKS), FILE_LATE),
        NOT_FOUND,
        f"{APPEARED}, and its file between 9:43:05am and 9:43:10am.",
    ),
    "late with its files": (
        record(address(*SEED_LOOKS), FILE_LATE, FILE_EARLIER),
        NOT_FOUND,
        f"{APPEARED}, and the last of its 2 late files between 9:43:05am and 9:43:10am.",
    ),
    "late, and a file that is not required": (
        record(address(*SEED_LOOKS), file(*LATER, required=False)),
        NOT_FOUND,
        f"{APPEARED}.",
    ),
    "no usable response for some time": (
        record(
            address(
                check("09:29", NOT_LIVE),
                check("09:30", UNREACHABLE),
                check("09:33", UNREACHABLE),
                check("09:45", LIVE),
            )
        ),
        f"{UNKNOWN}.",
        "They did not find it at 9:29am and found it at 9:45am.",
    ),
    "found by one check before it was due": (
        record(address(check("09:10", NOT_LIVE), check("09:14", LIVE), check("09:30", LIVE))),
        f"{UNKNOWN}.",
        "They did not find it at 9:10am and found it once before then, at 9:14am.",
    ),
    "found, but perhaps the previous edition": (
        record(address(*UNPROVEN, **SHORT_GAP)),
        f"{UNKNOWN}.",
        ("They may have found it between 9:30am and 9:30:49am and did not find it at 9:32:01am."),
    ),
    "found, but perhaps the previous edition of a file": (
        record(PAGE, file(*UNPROVEN, **SHORT_GAP)),
        "Our automatic checks do not show whether its file ‘tables.ods’ was there on time.",
        "They may have found it between 9:30am and 9:30:49am and did not find it at 9:32:01am.",
    ),
    "found in time by a clock that was not confirmed": (
        record(address(check("09:29:55", NOT_LIVE), *LATER, UNCONFIRMED, check("09:45", LIVE))),
        f"{UNKNOWN} (their clock was not confirmed).",
        "They may have found it at 9:30:05am, did not find it at 9:32am and found it at 9:45am.",
    ),
    "found before it was due by a clock that was not confirmed": (
        record(
            address(check("09:10", NOT_LIVE), by_clock(check("09:14", LIVE), 0, confirmed=False), check("09:30", LIVE))
        ),
        f"{UNKNOWN} (their clock was not confirmed).",
        "They did not find it at 9:10am, may have found it at 9:14am and found it at 9:30am.",
    ),
    "not found by a clock that was not confirmed": (
        record(
            address(
                check("09:29:55", NOT_LIVE),
                *(by_clock(check(clock, NOT_LIVE), 0, confirmed=False) for clock in ("09:30", "09:31", "09:32")),
                **SHORT_GAP,
            )
        ),
        f"{UNKNOWN} (their clock was not confirmed).",
        "They did not find it at 9:29:55am.",
    ),
    "no result in one of two gaps": (
        record(address(*UNPROVEN, longest_gap=timedelta(seconds=40))),
        f"{UNKNOWN}.",
        (
            "They may have found it between 9:30am and 9:30:49am, gave no result between 9:31:20am "
            "and 9:32:01am and did not find it at 9:32:01am."
        ),
    ),
    "no checks": (record(address()), "We made no checks of its page at www.example.gov.uk."),
}


@pytest.mark.parametrize(("facts", "sentences"), [(facts, said) for facts, *said in ACCOUNTS.values()], ids=ACCOUNTS)
def test_every_kind_of_record_has_a_short_account(facts, sentences):
    text = write_account(facts)

    assert text == " ".join((DUE, *sentences, CAUSE_NOT_RECORDED))
    assert len(text.split()) <= 80
    assert 2 <= len(re.findall(r"[a-z]\. |\.$", text)) <= 4


NOT_FOUND_IN_TIME = f"{DUE} {NOT_FOUND}"


@pytest.mark.parametrize(
    ("cause", "words", "said"),
    [
        (Cause.SCHEDULER_FAULT, "", f"{APPEARED}, because of a scheduler fault."),
        (Cause.NOT_AUTHORISED, "", f"{APPEARED}, because the publication was not authorised."),
        (Cause.NOT_KNOWN, "", f"{APPEARED}. The cause is not known yet."),
        (Cause.OTHER, "the template of the site\nmerges pages", f"{APPEARED}. The template of the site merges pages."),
        (Cause.OUTAGE, "Words that only the register has.", f"{APPEARED}, because of an outage."),
    ],
)
def test_the_account_gives_the_recorded_cause_in_its_last_sentence(cause, words, said):
    text = write_account(record(address(*SEED_LOOKS)), cause=RecordedCause(cause, words))

    assert text == f"{NOT_FOUND_IN_TIME} {said}"


def test_the_account_of_an_early_release_gives_its_cause():
    early = record(address(*EARLY, check("09:30", LIVE)))

    assert write_account(early, cause=RecordedCause(Cause.HUMAN_ERROR)).endswith(
        "15 to 20 minutes early, because of human error."
    )


def test_a_cause_after_a_sentence_about_something_else_has_a_sentence_of_its_own():
    gone = record(address(*SEED_LOOKS, check("10:28", NOT_LIVE), check("10:40", LIVE)))

    assert write_account(gone, cause=RecordedCause(Cause.OUTAGE)).endswith(
        "gone by 10:28am and back by 10:40am. An outage caused this."
    )


def test_the_cause_of_several_releases_is_given_once_for_all_of_them():
    late, early = record(address(*SEED_LOOKS)), record(address(*EARLY, check("09:30", LIVE)))
    first, second = write_account(late, early, cause=RecordedCause(Cause.OUTAGE)).split("\n\n")

    assert first == f"{NOT_FOUND_IN_TIME} {APPEARED}."
    assert second.endswith("15 to 20 minutes early. An outage caused these breaches.")


def test_a_long_description_of_another_cause_is_a_paragraph_as_it_was_written():
    words = "The template merges pages. It did so for three years, and no one noticed it until now."
    account, cause = write_account(record(address(*SEED_LOOKS)), cause=RecordedCause(Cause.OTHER, words)).split("\n\n")

    assert account == f"{NOT_FOUND_IN_TIME} {APPEARED}."
    assert cause == words


@pytest.mark.parametrize("cause", [cause for cause in Cause if cause is not Cause.OTHER])
@pytest.mark.parametrize("facts", [facts for facts, *_said in ACCOUNTS.values()], ids=ACCOUNTS)
def test_an_account_with_any_cause_stays_short(facts, cause):
    text = write_account(facts, cause=RecordedCause(cause))

    assert CAUSE_NOT_RECORDED not in text
    assert len(text.split()) <= 80
    assert 2 <= text.count(". ") + 1 <= 4


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ("It appeared at 9:44am. The scheduler did not start.", ""),
        ("It appeared at 9:44am, due to a fault in the scheduler.", ""),
        ("It appeared at 9:44am, because of a scheduler\nfault.", ""),
        ("It appeared at 9:44am. An outage caused this, because of a scheduler fault.", ""),
        ("It appeared at 9:44am, because of an\noutage.", "because of an outage"),
        ("It appeared at 9:44am. An outage caused these breaches.", "An outage caused these breaches"),
        ("It appeared at 9:44am. It happened because the wrong file was used.", "because the wrong file was used"),
        ("It appeared at 9:44am. The cause is not known yet.", "The cause is not known yet"),
    ],
)
def test_only_our_own_words_for_another_cause_contradict_the_recorded_cause(account, words):
    assert find_other_cause(account, RecordedCause(Cause.SCHEDULER_FAULT)) == words


@pytest.mark.parametrize("cause", Cause)
def test_the_account_that_we_write_never_contradicts_its_cause(cause):
    for words in ("A template was wrong.", "A template was wrong. It failed because of\ncaching."):
        recorded = RecordedCause(cause, words)
        assert find_other_cause(write_account(record(address(*SEED_LOOKS)), cause=recorded), recorded) == ""


@pytest.mark.parametrize(
    ("error", "absent", "appeared"),
    [
        (0.2, "9:30am", "between 10:26:54am and 10:27:01am, just under an hour late"),
        (1.2, "9:33:03am", "between 10:26:53am and 10:27:02am, just under an hour late"),
        (61, "9:32:04am", "between 10:25:54am and 10:28:01am, just under an hour late"),
    ],
)
def test_the_times_of_an_account_hold_for_every_error_of_the_clock(error, absent, appeared):
    checks = [*SEED_LOOKS[:2], check("09:33:05", NOT_LIVE), *SEED_LOOKS[3:]]

    account = write_account(record(address(*(by_clock(one, error) for one in checks))))

    assert f"At {absent} our automatic check did not find it on its page. It appeared {appeared}." in account


def test_a_check_whose_clock_was_not_confirmed_does_not_show_that_a_release_was_missing():
    fast = by_clock(check("09:30", NOT_LIVE), 0, confirmed=False)
    late = (check("09:30:05", NOT_LIVE), *SEED_LOOKS[2:])

    assert account_of(address(fast, *late)) == f"{NOT_FOUND.replace('9:30am', '9:30:05am')} {APPEARED}."
    assert account_of(PAGE, file(fast, *late)).startswith(f"{PAGE_LIVE} its file ‘tables.ods’ at 9:30:05am. ")


def test_a_file_was_not_missing_earlier_than_the_clock_proves():
    late = (by_clock(one, 2.3) for one in (check("09:30", NOT_LIVE), check("09:30:04", NOT_LIVE), *SEED_LOOKS[2:]))

    assert account_of(PAGE, file(*late)).startswith(f"{PAGE_LIVE} its file ‘tables.ods’ at 9:30:01am. ")


def test_a_release_was_gone_and_back_no_later_than_the_clock_proves():
    checks = (*SEED_LOOKS, check("10:28", NOT_LIVE, seconds=0.5), check("10:40", LIVE, seconds=0.5))

    assert "but it was gone by 10:28:03am and back by 10:40:03am." in account_of(
        address(*(by_clock(one, 2) for one in checks))
    )


FROM_LONDON = (("London", london("09:30:05.2")),)
DISPUTED = address(check("09:29:55", NOT_LIVE), check("09:32", UNREACHABLE))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        (
            replace(DISPUTED, found_elsewhere=FROM_LONDON),
            "They did not find it at 9:29:55am, but our check from ‘London’ found it by 9:30:06am.",
        ),
        (
            replace(DISPUTED, found_elsewhere=(*FROM_LONDON, ("Leeds", london("09:31")))),
            "They did not find it at 9:29:55am, but our checks from ‘London’ and ‘Leeds’ found it by 9:31am.",
        ),
        (
            replace(address(check("09:32", UNREACHABLE)), found_elsewhere=FROM_LONDON),
            "Our check from ‘London’ found it by 9:30:06am.",
        ),
    ],
    ids=["one place", "two places", "only from there"],
)
def test_the_account_says_that_a_further_vantage_point_found_the_release_in_time(page, said):
    assert account_of(page) == f"{UNKNOWN}. {said}"


def test_a_gap_in_which_a_further_vantage_point_had_results_is_not_said_to_have_none():
    page = address(check("09:29:55", NOT_LIVE), check("09:33", UNREACHABLE), **SHORT_GAP)
    checked = replace(page, elsewhere=(check("09:31", NOT_LIVE).sighting,))

    assert "gave no result between 9:30am and 9:32am" in account_of(page)
    assert "no result" not in account_of(checked)


def test_a_page_that_only_a_further_vantage_point_checked_is_not_said_to_be_unchecked():
    page = replace(address(), elsewhere=(check("09:31", NOT_LIVE).sighting,))

    assert account_of(page) == f"{UNKNOWN}."
    assert "We made no checks" not in account_of(page, FILE_LATE)


@pytest.mark.parametrize(
    ("looks", "found"),
    [
        (
            [check("09:29", NOT_LIVE), check("09:33", UNREACHABLE), check("09:45", LIVE)],
            "did not find it at 9:28:58am and found it at 9:45:02am",
        ),
        (
            [check("09:10", NOT_LIVE), check("09:14", LIVE), check("09:30", LIVE)],
            "did not find it at 9:09:58am and found it once before then, at 9:14:02am",
        ),
        (
            UNPROVEN,
            ("may have found it between 9:29:58am and 9:30:51am and did not find it at 9:31:59am"),
        ),
    ],
    ids=["late", "early", "unproven"],
)
def test_the_times_of_checks_that_prove_nothing_hold_for_every_error_of_the_clock(looks, found):
    assert account_of(address(*(by_clock(one, 2) for one in looks))) == f"{UNKNOWN}. They {found}."


def test_an_early_release_is_no_earlier_than_the_clock_proves():
    checks = [by_clock(one, 3) for one in (*EARLY, check("09:30", LIVE))]

    assert "between 9:09:57am and 9:14:08am" in write_account(record(address(*checks)))


def test_a_clock_that_was_not_confirmed_is_named_and_accuses_no_one():
    text = account_of(address(*(by_clock(one, 0, confirmed=False) for one in SEED_LOOKS)))

    assert text == (f"{UNKNOWN} (their clock was not confirmed). They may have found it at 10:27am.")


def test_a_clock_that_was_confirmed_from_the_due_time_on_is_not_named():
    earlier = by_clock(check("09:12", NOT_LIVE), 0, confirmed=False)
    text = write_account(record(address(earlier, check("09:30", UNREACHABLE), check("09:33", UNREACHABLE))))

    assert "do not show whether" in text
    assert "clock" not in text


def test_accounts_of_several_releases_say_once_that_the_cause_is_not_recorded():
    late, early = record(address(*SEED_LOOKS)), record(address(*EARLY, check("09:30", LIVE)))
    first, second = write_account(late, early).split("\n\n")

    assert first == f"{DUE} {NOT_FOUND} {APPEARED}."
    assert second.endswith(f"early. {CAUSE_NOT_RECORDED}")


def test_the_account_of_a_breach_on_two_dates_gives_each_release_its_own_date_and_times():
    day = "2020-07-01"
    due, looks = london("09:30", day), ("09:29:55", "09:30", "09:32", "09:40")
    page = address(
        *(check(london(clock, day), NOT_LIVE) for clock in looks), check(london("09:40:10", day), LIVE), due_at=due
    )
    tomorrow = record(page, due_at=due)
    first, second = write_account(record(address(*SEED_LOOKS)), tomorrow).split("\n\n")

    assert first == f"{DUE} {NOT_FOUND} {APPEARED}."
    assert second == (
        f"‘{TITLE}’ was due for release at 9:30am on 1 July 2020. {NOT_FOUND} "
        f"It appeared between 9:40am and 9:40:10am, just over 10 minutes late. {CAUSE_NOT_RECORDED}"
    )
    assert "30 June" not in second


def test_what_people_stated_has_a_paragraph_of_its_own_and_names_their_role():
    statements = (
        Statement(StatementFact.WAS_LIVE, Role.STATISTICIAN, london("11:05"), london("09:31")),
        Statement(StatementFact.PREVIOUS_EDITION, Role.HEAD_OF_PROFESSION, london("11:06", "2020-07-01")),
    )
    checks = (check("09:30", NOT_LIVE, by_statement=True), *SEED_LOOKS[2:])
    observed, stated = write_account(record(address(*checks), statements=statements)).split("\n\n")

    assert "stated" not in observed
    assert stated == (
        "The Head of Profession for Statistics stated at 11:06am on 1 July 2020 that the page or file that our check "
        "had found was the previous edition. Our automatic check could not determine the result without this "
        "statement. A statistician stated at 11:05am that the release was live at 9:31am."
    )


WITHOUT = "Our automatic check could not determine the result without"


def stated(clock, said, live_at=None):
    return Statement(said, Role.STATISTICIAN, london(clock), live_at and london(live_at))


@pytest.mark.parametrize(
    ("statements", "times"),
    [
        # A statement that decides nothing does not displace an earlier one that does.
        (
            (
                stated("09:40", StatementFact.PREVIOUS_EDITION),
                stated("09:50", StatementFact.WAS_LIVE, "09:31"),
                stated("09:55", StatementFact.WAS_LIVE, "09:32"),
            ),
            ["9:40am", f"{WITHOUT} this statement", "9:55am"],
        ),
        (
            (
                stated("09:40", StatementFact.PREVIOUS_EDITION),
                stated("09:45", StatementFact.NOT_IT),
                stated("09:50", StatementFact.THIS_IS_IT),
            ),
            ["9:40am", "9:50am", f"{WITHOUT} these statements"],
        ),
        # Of two statements about the same text, only the last one counts.
        (
            (
                replace(stated("09:40", StatementFact.PREVIOUS_EDITION), is_replaced=True),
                stated("09:50", StatementFact.THIS_IS_IT),
            ),
            ["9:50am", f"{WITHOUT} this statement", "9:40am", "A later statement about it replaced this statement"],
        ),
    ],
    ids=["one", "two", "one that replaced another"],
)
def test_the_account_names_only_statements_that_decide_the_result_as_needed(statements, times):
    checks = (check("09:30", NOT_LIVE, by_statement=True), *SEED_LOOKS[2:])
    account = write_account(record(address(*checks), statements=statements))
    sentences = account.split("\n\n")[1].removesuffix(".").split(". ")
    assert [re.sub(r"^A statistician stated at (\S+) .*", r"\1", one) for one in sentences] == times


def test_a_statement_about_no_check_is_not_said_to_decide_the_result():
    statements = (stated("09:40", StatementFact.PREVIOUS_EDITION), stated("09:50", StatementFact.NOT_IT))
    account = write_account(record(address(*SEED_LOOKS), statements=statements))
    assert account.count(" stated at ") == 2
    assert WITHOUT not in account


@pytest.mark.parametrize("role", [*Role, None])
@pytest.mark.parametrize("said", list(StatementFact))
def test_every_statement_of_every_role_has_words(role, said):
    live_at = london("09:31") if said is StatementFact.WAS_LIVE else None
    text = write_account(record(address(*SEED_LOOKS), statements=(Statement(said, role, london("11:05"), live_at),)))

    assert re.search(r"\n\n(A|An|The) [\w ]+ stated at 11:05am that [\w :]+\.$", text)


def test_facts_without_an_address_are_refused():
    with pytest.raises(ValueError, match="at least one address"):
        write_account(record())


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        (
            EarlyDecision(True, Role.HEAD_OF_PROFESSION, london("09:20:10")),
            "The Head of Profession for Statistics decided at 9:20:10am to publish it to everyone.",
        ),
        (
            EarlyDecision(False, Role.DEPUTY, london("09:20")),
            "A Deputy Head of Profession for Statistics decided at 9:20am to take it down.",
        ),
        (EarlyDecision(False, None, london("09:20")), "The incident contact decided at 9:20am to take it down."),
    ],
)
def test_the_decision_on_an_early_release_is_below_the_account_by_post(decision, said):
    facts = replace(record(address(*EARLY, settled=False)), decision=decision)
    account, below = write_account(facts).split("\n\n")

    assert account.endswith(f"Our checks had not ended when this was written. {CAUSE_NOT_RECORDED}")
    assert below == said


def test_after_a_release_at_once_the_account_has_its_time_and_no_checks_that_go_on():
    at_once = ReleaseException(
        DepartureKind.AT_ONCE, due_at=london("09:22"), reason="It was public.", osr_told_at=london("09:21")
    )
    decision = EarlyDecision(True, Role.HEAD_OF_PROFESSION, london("09:20"))
    early = record(address(*EARLY, settled=False))
    account, below = write_account(replace(early, decision=decision, at_once=at_once, date_changed=True)).split("\n\n")

    assert account.endswith(f"15 to 20 minutes early. {CAUSE_NOT_RECORDED}")
    assert "decided at 9:20am to publish it to everyone. Its release time was changed to 9:22am. " in below
    assert "The reason given was: It was public." in below
    assert below.endswith("at 9:21am on 30 June 2020.")
    undecided = write_account(replace(early, at_once=at_once, date_changed=True))
    assert "decided to release the statistics at once (release time: 9:22am on 30 June 2020)." in undecided


HELD_UP = address(*LATER, check("09:36:35", NOT_LIVE), check("09:36:41", LIVE))
STILL_MISSING = address(*LATER, check("10:29:55", NOT_LIVE))
WELSH = {"part": Part.WELSH_PAGE, "url": "https://www.example.gov.uk/cy"}
SIX_MINUTES = "It appeared between 9:36:35am and 9:36:41am, about 6 and a half minutes late"
STILL_NOT_THERE = "It had still not appeared at 10:29:55am, more than 59 minutes late"


def account_of(*addresses, **more):
    """Return the sentences of an account between the due time and the cause."""
    text = write_account(record(*addresses, **more))
    assert 2 <= text.count(". ") + 1 <= 4
    return text.removeprefix(f"{DUE} ").removesuffix(f" {CAUSE_NOT_RECORDED}")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([FILE_LATE], "but its file appeared between 9:43:05am and 9:43:10am"),
        ([FILE_LATE, FILE_EARLIER], "but the last of its 2 late files appeared between 9:43:05am and 9:43:10am"),
        (
            [address(*FILE_LATE.checks, **WELSH)],
            "but its Welsh page appeared between 9:43:05am and 9:43:10am",
        ),
    ],
    ids=["a file", "files", "the Welsh page"],
)
def test_a_part_that_appeared_before_a_missing_page_has_its_own_verb(parts, said):
    assert account_of(STILL_MISSING, *parts) == f"{NOT_FOUND} {STILL_NOT_THERE}, {said}."


def test_a_file_that_appeared_after_the_page_was_gone_has_its_own_verb():
    gone = address(*HELD_UP.checks, check("09:38", NOT_LIVE), check("09:39", LIVE))

    assert account_of(gone, FILE_LATE) == (
        f"{NOT_FOUND} {SIX_MINUTES}, but it was gone by 9:38am and back by 9:39am, "
        "and its file appeared between 9:43:05am and 9:43:10am."
    )


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([FILE_MISSING], "its file had still not appeared at 9:33:02am"),
        ([file(*LATER, check("10:29:55", NOT_LIVE))], "its file had still not appeared at 10:29:55am"),
        ([address(*STILL_MISSING.checks, **WELSH)], "its Welsh page had still not appeared at 10:29:55am"),
        ([FILE_MISSING, ON_TIME], "its file ‘tables.ods’ had still not appeared at 9:33:02am"),
        ([FILE_MISSING, file(*LATER, url=FILES[1])], "its 2 files had still not appeared at 9:32am"),
        ([FILE_MISSING, FILE_LATE], "1 of its 2 late files had still not appeared at 9:33:02am"),
    ],
    ids=["a file", "a file for an hour", "the Welsh page", "one of two files", "both files", "one of two late files"],
)
def test_the_account_of_a_late_page_names_the_parts_that_are_still_missing(parts, said):
    assert account_of(HELD_UP, *parts) == f"{NOT_FOUND} {SIX_MINUTES}, but {said}."


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([FILE_MISSING], "and its file had still not appeared at 9:33:02am"),
        ([file(*STILL_MISSING.checks)], "and nor had its file"),
        ([file(*STILL_MISSING.checks, url=url) for url in FILES], "and nor had its 2 files"),
        ([file(*STILL_MISSING.checks), FILE_LATE], "and 1 of its 2 late files had still not appeared at 10:29:55am"),
    ],
    ids=["at another time", "at the same time", "both files", "one of two late files"],
)
def test_the_account_of_a_missing_page_names_the_parts_that_are_missing_too(parts, said):
    assert account_of(STILL_MISSING, *parts) == f"{NOT_FOUND} {STILL_NOT_THERE}, {said}."


EARLY_PAGE = address(*EARLY, check("09:30", LIVE))
EARLY_FILE = file(*EARLY, check("09:30", LIVE))
PAGE_WAS_EARLY = f"{FOUND_BEFORE} it appeared between 9:10am and 9:14:05am, 15 to 20 minutes early."
FILE_WAS_EARLY = (
    "Our automatic check found its file ‘tables.ods’ before then: the file appeared between 9:10am and 9:14:05am, "
    "15 to 20 minutes early."
)
FILE_THIRTEEN = "data.csv’ appeared between 9:43:05am and 9:43:10am, just over 13 minutes late"


@pytest.mark.parametrize(
    ("addresses", "sentences"),
    [
        (
            [HELD_UP, EARLY_FILE],
            [FILE_WAS_EARLY, "Its page appeared between 9:36:35am and 9:36:41am, about 6 and a half minutes late."],
        ),
        (
            [STILL_MISSING, EARLY_FILE],
            [FILE_WAS_EARLY, "Its page had still not appeared at 10:29:55am, more than 59 minutes late."],
        ),
        ([EARLY_PAGE, FILE_LATE], [PAGE_WAS_EARLY, f"Its file ‘{FILE_THIRTEEN}."]),
        (
            [HELD_UP, EARLY_FILE, FILE_LATE],
            [
                FILE_WAS_EARLY,
                (
                    "Its page appeared between 9:36:35am and 9:36:41am, about 6 and a half minutes late, and its file "
                    "‘data.csv’ between 9:43:05am and 9:43:10am."
                ),
            ],
        ),
        (
            [EARLY_PAGE, FILE_LATE, FILE_EARLIER],
            [
                PAGE_WAS_EARLY,
                "The last of its 2 late files appeared between 9:43:05am and 9:43:10am, just over 13 minutes late.",
            ],
        ),
        (
            [EARLY_PAGE, FILE_LATE, FILE_MISSING],
            [PAGE_WAS_EARLY, "1 of its 2 late files had still not appeared at 9:33:02am."],
        ),
        (
            [EARLY_PAGE, FILE_MISSING],
            [PAGE_WAS_EARLY, "Its file ‘tables.ods’ had still not appeared at 9:33:02am, more than 3 minutes late."],
        ),
        (
            [address(*EARLY, *LATER, check("09:40", LIVE)), FILE_LATE],
            [
                PAGE_WAS_EARLY,
                f"It was back between 9:32am and 9:40am, 2 to 10 minutes late, and its file ‘{FILE_THIRTEEN}.",
            ],
        ),
        (
            [address(*EARLY, *LATER), FILE_LATE],
            [PAGE_WAS_EARLY, f"It was still missing at 9:32am, and its file ‘{FILE_THIRTEEN}."],
        ),
    ],
    ids=[
        "late page",
        "missing page",
        "late file",
        "late page and file",
        "late files",
        "one of two files missing",
        "missing file",
        "the page was back late",
        "the page was not back",
    ],
)
def test_an_early_part_does_not_hide_that_other_parts_were_late(addresses, sentences):
    assert account_of(*addresses) == " ".join(sentences)


def test_an_early_part_that_may_still_follow_does_not_hide_that_the_page_was_late():
    welsh = address(*EARLY, settled=False, may_follow=timedelta(hours=1), **WELSH)
    account = account_of(HELD_UP, welsh)

    assert "Its page appeared between 9:36:35am and 9:36:41am, about 6 and a half minutes late" in account
    assert "our checks had not ended when this was written" in account


def test_the_recorded_cause_is_not_joined_to_the_late_part_of_an_early_release():
    text = write_account(record(HELD_UP, EARLY_FILE), cause=RecordedCause(Cause.OUTAGE))

    assert text.endswith("about 6 and a half minutes late. An outage caused this.")


def test_the_recorded_cause_is_not_joined_to_the_late_return_of_an_early_release():
    taken_down = address(*EARLY, *LATER, check("09:40", NOT_LIVE), check("09:40:10", LIVE))
    text = write_account(record(taken_down), cause=RecordedCause(Cause.HUMAN_ERROR))

    assert text.endswith(
        "It was back between 9:40am and 9:40:10am, just over 10 minutes late. Human error caused this."
    )


def test_a_long_account_of_early_and_late_parts_leaves_out_how_early_and_how_late_they_were():
    gone = file(*EARLY, *LATER, check("09:40", LIVE))
    tables = address(*FILE_LATE.checks, url=FILES[1], role=AddressRole.ATTACHMENT, part=Part.TABLES)
    facts = record(HELD_UP, gone, tables)
    text = write_account(replace(facts, release_title=" ".join(f"word{number}" for number in range(20))))

    assert "Its file ‘tables.ods’ appeared early, between 9:10am and 9:14:05am." in text
    assert "It disappeared, and was back between 9:32am and 9:40am, and" in text
    assert (
        "the last of its 2 late parts, including its page, appeared between 9:43:05am and 9:43:10am. The cause" in text
    )
    assert len(text.split()) <= 80


def elsewhere(one, url="https://statistics.example.org/release"):
    """The same checks of another main page."""
    return address(*one.checks, url=url)


AN_HOUR = address(*LATER, check("10:29:55", NOT_LIVE), check("10:30", LIVE))
UNKNOWN_PAGE = address(check("09:29", NOT_LIVE), check("09:33", UNREACHABLE), check("09:45", LIVE))
NOT_FOUND_ELSEWHERE = "At 9:30am our automatic check did not find it on its page at statistics.example.org."


@pytest.mark.parametrize("is_reversed", [False, True])
@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (HELD_UP, STILL_MISSING, "It had still not appeared there at 10:29:55am, more than 59 minutes late."),
        (HELD_UP, AN_HOUR, "It appeared there between 10:29:55am and 10:30am, about an hour late."),
        (UNKNOWN_PAGE, AN_HOUR, "It appeared there between 10:29:55am and 10:30am, about an hour late."),
        (address(), AN_HOUR, "It appeared there between 10:29:55am and 10:30am, about an hour late."),
    ],
    ids=["late and missing", "late twice", "unknown and late", "unchecked and late"],
)
def test_of_several_main_pages_the_account_is_about_the_one_that_decides(first, second, said, is_reversed):
    pages = [first, elsewhere(second)]

    assert account_of(*(pages[::-1] if is_reversed else pages)) == f"{NOT_FOUND_ELSEWHERE} {said}"


@pytest.mark.parametrize("is_reversed", [False, True])
def test_of_several_early_pages_the_account_is_about_the_first_one(is_reversed):
    earlier = address(check("09:01", NOT_LIVE), check("09:02", LIVE), check("09:03", LIVE), check("09:30", LIVE))
    pages = [EARLY_PAGE, elsewhere(earlier)]

    assert "its page at statistics.example.org before then: it appeared between 9:01am and 9:02am" in account_of(
        *(pages[::-1] if is_reversed else pages)
    )


def test_main_pages_at_one_host_are_named_by_their_path():
    account = account_of(HELD_UP, elsewhere(AN_HOUR, "https://www.example.gov.uk/second?edition=2"))

    assert account.startswith(
        "At 9:30am our automatic check did not find it on its page at www.example.gov.uk/second?edition=2. "
    )


def test_what_a_check_of_one_of_several_pages_found_instead_is_said_of_this_page():
    announced = address(check("09:30", NOT_LIVE, Reason.ANNOUNCEMENT), *AN_HOUR.checks[1:])

    assert account_of(HELD_UP, elsewhere(announced)).startswith(
        "At 9:30am our automatic check found only its announcement on its page at statistics.example.org. It appeared "
    )


@pytest.mark.parametrize(
    ("back", "said"),
    [
        (
            [check("09:40:10", LIVE)],
            "It was back between 9:32am and 9:40:10am, 2 minutes to 10 minutes 10 seconds late.",
        ),
        ([], "It was still missing at 9:32am."),
    ],
    ids=["back", "not back"],
)
def test_a_second_delay_is_no_longer_than_checks_with_a_confirmed_clock_prove(back, said):
    unconfirmed = by_clock(check("09:40", NOT_LIVE), 0, confirmed=False)

    assert account_of(address(*EARLY, *LATER, unconfirmed, *back)).endswith(f"15 to 20 minutes early. {said}")


@pytest.mark.parametrize(
    ("files", "sentences"),
    [
        (
            [FILE_LATE],
            [
                "its file ‘data.csv’ then.",
                "The file appeared between 9:43:05am and 9:43:10am, just over 13 minutes late.",
            ],
        ),
        (
            [FILE_LATE, FILE_EARLIER],
            [
                "its 2 files on time.",
                "The last of them appeared between 9:43:05am and 9:43:10am, just over 13 minutes late.",
            ],
        ),
    ],
    ids=["a file", "two files"],
)
def test_a_page_without_checks_does_not_hide_late_files(files, sentences):
    opening = "We made no checks of its page at www.example.gov.uk, and our automatic check did not find"

    assert account_of(address(), *files) == f"{opening} {' '.join(sentences)}"


OUTAGE = ((london("09:40"), london("10:20")),)
UNCHECKED = "(we made no checks between 9:40am and 10:20am)"
AFTER_OUTAGE = file(*LATER, check("09:39:55", NOT_LIVE), check("10:20:01", LIVE))


def test_a_gap_in_our_monitoring_before_a_file_appeared_is_in_the_clause_about_the_file():
    assert account_of(HELD_UP, AFTER_OUTAGE, not_observed=OUTAGE) == (
        f"{NOT_FOUND} {SIX_MINUTES}, and its file between 9:39:55am and 10:20:01am {UNCHECKED}."
    )


def test_a_gap_in_our_monitoring_is_not_repeated_for_the_file():
    page, late = AROUND_GAP, file(*LATER, check("10:27", NOT_LIVE), check("10:28", LIVE))
    account = account_of(page, late, not_observed=GAP)

    assert account.endswith(
        "late (we made no checks between 9:35am and 10:20:01am), and its file between 10:27am and 10:28am."
    )


def test_a_gap_in_our_monitoring_before_the_last_of_several_files_appeared_is_in_the_account():
    assert account_of(PAGE, FILE_EARLIER, file(*AFTER_OUTAGE.checks, url=FILES[1]), not_observed=OUTAGE).endswith(
        f"The last of them appeared between 9:39:55am and 10:20:01am, 9 to 51 minutes late {UNCHECKED}."
    )


def test_a_gap_in_our_monitoring_before_an_early_release_was_back_is_in_the_account():
    page = address(*EARLY, *AFTER_OUTAGE.checks)

    assert account_of(page, not_observed=OUTAGE).endswith(
        f"It was back between 9:39:55am and 10:20:01am, 9 to 51 minutes late {UNCHECKED}."
    )


def test_a_gap_in_our_monitoring_before_a_late_part_of_an_early_release_is_in_the_account():
    assert account_of(EARLY_PAGE, AFTER_OUTAGE, not_observed=OUTAGE).endswith(
        f"Its file ‘tables.ods’ appeared between 9:39:55am and 10:20:01am, 9 to 51 minutes late {UNCHECKED}."
    )
