"""Whatever the checks were, the account has the times of the record only, and claims no more than they prove."""

import dataclasses
import re
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.causes import CAUSE_NOT_RECORDED, RecordedCause
from breaches.rules.lifecycle import Cause
from breaches.rules.narrative import write_account
from releases.detection.finding import AddressRole, CheckOutcome
from releases.rules.calendar import format_time, format_time_with_seconds
from releases.rules.parts import Part
from releases.verdict.address import NEEDS_CHECKING, Outcome
from tests.support.report_evidence import DUE, LIVE, NOT_LIVE, address, london, make_check_fact, record

CHECKS = st.lists(
    st.builds(
        lambda second, result, by_statement, seconds: make_check_fact(
            DUE + timedelta(seconds=second), result, by_statement=by_statement, seconds=seconds
        ),
        st.one_of(st.integers(-90, 300), st.sampled_from([-5, 0, 5, 120])),
        st.sampled_from(CheckOutcome),
        st.booleans(),
        st.one_of(st.just(0.0), st.floats(0, 9)),
    ),
    max_size=8,
)
TIME = re.compile(r"\d+:\d\d(?::\d\d)?[ap]m")
NEVER = ("because", "caused", "fault of", "error", "no public reaction", "apolog", "unfortunately", "failed to publish")


def times_in_words(instant):
    """Return the ways in which one instant may be printed: rounded down, or up to the next second."""
    down = instant.replace(microsecond=0)
    ways = [down] + ([down + timedelta(seconds=1)] if instant.microsecond else [])
    return {format_time_with_seconds(way) if way.second else format_time(way) for way in ways}


@given(CHECKS, st.booleans())
def test_every_time_in_an_account_is_one_of_the_record_and_no_cause_is_given(checks, settled):
    text = write_account(record(address(*checks, settled=settled)))

    known = times_in_words(DUE)
    for one in checks:
        known |= times_in_words(one.sighting.sent_at) | times_in_words(one.sighting.completed_at)
    assert set(TIME.findall(text)) <= known
    assert not [word for word in NEVER if word in text.lower()]
    assert "  " not in text
    assert ".." not in text
    assert len(text.split()) <= 80
    assert 2 <= text.count(". ") + 1 <= 4
    assert CAUSE_NOT_RECORDED in text


@given(CHECKS, st.booleans(), st.sampled_from([cause for cause in Cause if cause is not Cause.OTHER]))
def test_an_account_with_a_recorded_cause_is_as_short_and_gives_it_once(checks, settled, cause):
    text = write_account(record(address(*checks, settled=settled)), cause=RecordedCause(cause))

    assert len(text.split()) <= 80
    assert 2 <= text.count(". ") + 1 <= 4
    assert CAUSE_NOT_RECORDED not in text
    assert text.count("because") + text.count("caused this") == (cause is not Cause.NOT_KNOWN)


DUE_ABSENT = (make_check_fact("09:29:55", NOT_LIVE), make_check_fact("09:30:07", NOT_LIVE, "previous_edition"))
MORNINGS = {
    "on time": [DUE_ABSENT[0], make_check_fact("09:30", LIVE)],
    "late": [*DUE_ABSENT, make_check_fact("09:52:03", NOT_LIVE), make_check_fact("10:31:07", LIVE)],
    "late, and gone twice": [
        *DUE_ABSENT,
        *(
            make_check_fact(at, result)
            for at, result in [
                ("09:52:03", NOT_LIVE),
                ("10:31:07", LIVE),
                ("10:41:07", NOT_LIVE),
                ("10:52:03", LIVE),
                ("11:41:07", NOT_LIVE),
                ("11:52:03", LIVE),
            ]
        ),
    ],
    "late until the next day": [
        *DUE_ABSENT,
        make_check_fact("09:52:03", NOT_LIVE),
        make_check_fact(london("10:31:07", "2020-07-01"), LIVE),
    ],
    "not live": [*DUE_ABSENT, make_check_fact("11:52:03", NOT_LIVE)],
    "early and gone": [
        make_check_fact(at, result)
        for at, result in [
            ("09:09:07", NOT_LIVE),
            ("09:10:07", LIVE),
            ("09:11:07", LIVE),
            ("09:13:07", NOT_LIVE),
            ("09:32:07", NOT_LIVE),
            ("09:52:03", LIVE),
        ]
    ],
    "early and not back": [
        make_check_fact(at, result)
        for at, result in [
            ("09:09:07", NOT_LIVE),
            ("09:10:07", LIVE),
            ("09:11:07", LIVE),
            ("09:13:07", NOT_LIVE),
            ("09:32:07", NOT_LIVE),
            ("11:52:03", NOT_LIVE),
        ]
    ],
    "early and still there": [
        make_check_fact(at, result)
        for at, result in [("09:09:07", NOT_LIVE), ("09:10:07", LIVE), ("09:11:07", LIVE), ("09:30:07", LIVE)]
    ],
}
UNMONITORED = ((london("09:33:07"), london("09:44:11")), (london("09:53:07"), london("10:14:11")))
THIRTEEN_WORDS = "Statistics on the " + " ".join(f"subject{number}" for number in range(10))


def record_set(english, welsh, first, second, *, may_follow=timedelta(0)):
    """Four parts of a release with a long title, each with its own morning."""
    facts = record(
        address(*english, part=Part.ENGLISH_PAGE),
        address(*welsh, part=Part.WELSH_PAGE, url="https://www.example.gov.uk/cy", may_follow=may_follow),
        address(*first, url="https://www.example.gov.uk/first.ods", role=AddressRole.ATTACHMENT, part=Part.TABLES),
        address(*second, url="https://www.example.gov.uk/second.ods", role=AddressRole.ATTACHMENT),
        not_observed=UNMONITORED,
    )
    return dataclasses.replace(facts, release_title=THIRTEEN_WORDS)


@given(
    st.tuples(*[st.sampled_from(list(MORNINGS.values()))] * 4),
    st.sampled_from([timedelta(0), timedelta(minutes=15)]),
    st.sampled_from([RecordedCause(), RecordedCause(Cause.NOT_AUTHORISED), RecordedCause(Cause.OTHER, "word " * 19)]),
)
def test_an_account_of_several_parts_has_four_sentences_and_eighty_words(mornings, may_follow, cause):
    account, *others = write_account(record_set(*mornings, may_follow=may_follow), cause=cause).split("\n\n")

    assert len(account.split()) <= 80
    assert 2 <= account.count(". ") + 1 <= 4
    assert others in ([], [cause.words.strip()])
    assert cause.cause is not Cause.OTHER or (cause.words.strip() in account.lower()) is (not others)


def test_a_long_account_leaves_out_when_the_release_disappeared_and_keeps_when_we_made_no_checks():
    late, gone = MORNINGS["late"], MORNINGS["late, and gone twice"]
    account = write_account(record_set(gone, MORNINGS["on time"], late, late))

    assert "disappeared" not in account
    assert "we made no checks in 2 periods" in account
    assert "disappeared 2 times" in write_account(record(address(*gone)))


def test_the_time_between_two_parts_is_in_the_clause_about_a_late_part_of_an_early_release():
    facts = record_set(*[MORNINGS[name] for name in ("on time", "late", "early and still there", "on time")])
    account = write_account(dataclasses.replace(facts, release_title="Rail punctuality", not_observed=()))

    late = "Its Welsh page appeared between 9:52:03am and 10:31:07am, 22 minutes to 1 hour 2 minutes late"
    assert f"{late} and 41 minutes to 1 hour 22 minutes after the tables. {CAUSE_NOT_RECORDED}" in account
    assert account.count("appeared") == 2


FILES = ("https://www.example.gov.uk/a.ods", "https://www.example.gov.uk/b.ods")
ON_TIME_A_MINUTE_LATER = [*DUE_ABSENT, make_check_fact("09:30:40", NOT_LIVE), make_check_fact("09:31", LIVE)]


def test_of_two_files_the_account_says_which_one_followed():
    missing, followed = (
        address(*checks, url=url, role=AddressRole.ATTACHMENT)
        for checks, url in zip((MORNINGS["not live"], ON_TIME_A_MINUTE_LATER), FILES, strict=True)
    )
    account = write_account(record(address(*MORNINGS["on time"], part=Part.ENGLISH_PAGE), missing, followed))

    assert "the file ‘b.ods’ appeared" in account
    assert "the file appeared" not in account


def test_files_of_one_name_are_not_told_apart():
    urls = ("https://www.example.gov.uk/1/a.ods", "https://www.example.gov.uk/2/a.ods")
    files = [
        address(*checks, url=url, role=AddressRole.ATTACHMENT)
        for checks, url in zip((MORNINGS["not live"], ON_TIME_A_MINUTE_LATER), urls, strict=True)
    ]
    assert "after the English page" not in write_account(
        record(address(*MORNINGS["on time"], part=Part.ENGLISH_PAGE), *files)
    )


def test_an_account_says_that_tables_were_gone_and_not_that_they_was():
    flicker = MORNINGS["late, and gone twice"]
    tables = address(
        *flicker[:-2], url="https://www.example.gov.uk/t.ods", role=AddressRole.ATTACHMENT, part=Part.TABLES
    )
    facts = record(address(*MORNINGS["on time"], part=Part.ENGLISH_PAGE), tables)

    account = write_account(dataclasses.replace(facts, release_title="Rail punctuality"))
    assert "minutes after the English page, but they were gone by 10:41:07am and back by 10:52:03am" in account


@given(CHECKS)
def test_an_account_says_late_or_early_exactly_where_that_is_proven(checks):
    facts = record(address(*checks))
    verdict, text = facts.addresses[0].verdict, write_account(facts)
    late = {Outcome.LATE, Outcome.NOT_SEEN}

    assert (" late" in text) <= bool(late & {verdict.outcome, verdict.from_due})
    assert (" late" in text) >= (verdict.outcome is Outcome.LATE)
    assert (" early" in text) is (verdict.outcome is Outcome.EARLY)
    assert ("do not show" in text) >= (verdict.outcome in {Outcome.UNCERTAIN, Outcome.CANNOT_TELL} and bool(checks))


CLOCKED_CHECKS = st.lists(
    st.builds(
        lambda second, result, confirmed, bound, seconds: set_clock(
            make_check_fact(DUE + timedelta(seconds=second), result, seconds=seconds),
            confirmed=confirmed,
            bound=timedelta(seconds=bound),
        ),
        st.one_of(st.integers(-90, 300), st.sampled_from([-5, 0, 5, 120])),
        st.sampled_from(CheckOutcome),
        st.booleans(),
        st.sampled_from([0, 0.02, 2.3, 8]),
        st.sampled_from([0, 0.4, 9]),
    ),
    min_size=1,
    max_size=12,
)


def set_clock(one, *, confirmed, bound):
    clock = {"clock_confirmed": confirmed, "clock_bound": bound if confirmed else timedelta(0)}
    return dataclasses.replace(one, sighting=dataclasses.replace(one.sighting, **clock))


def instant_of(clock):
    return datetime.strptime(f"2020-06-30 {clock}", "%Y-%m-%d %I:%M:%S%p").replace(tzinfo=DUE.tzinfo)


def with_seconds(clock):
    return clock if clock.count(":") == 2 else f"{clock[:-2]}:00{clock[-2:]}"


@given(CLOCKED_CHECKS, st.sampled_from([timedelta(seconds=10), timedelta(hours=1)]), st.booleans())
def test_an_account_by_any_clocks_is_short_and_hides_no_result_of_a_check(checks, longest_gap, is_disputed):
    page = address(*checks, longest_gap=longest_gap)
    if is_disputed and page.verdict.outcome in NEEDS_CHECKING:
        page = dataclasses.replace(page, found_elsewhere=(("London", DUE), ("Newport", DUE)))
    facts = record(page)
    text = write_account(dataclasses.replace(facts, release_title=THIRTEEN_WORDS))

    assert len(text.split()) <= 80
    assert 2 <= text.count(". ") + 1 <= 4
    assert ("from ‘London’ and ‘Newport’ found it by 9:30am." in text) is bool(page.found_elsewhere)
    sightings = [one.sighting for one in checks]
    for silent in re.findall(r"gave no result between (\S+[ap]m) and (\S+[ap]m)", text):
        begins, ends = (instant_of(with_seconds(clock)) for clock in silent)
        results = [one for one in sightings if begins < one.sent_at and one.completed_at <= ends - timedelta(seconds=1)]
        assert LIVE not in {one.result for one in results}
        assert NOT_LIVE not in {one.result for one in results if not one.clock_confirmed}
    for clock in re.findall(r"At (\S+[ap]m) our automatic check did not find it", text):
        at = instant_of(with_seconds(clock))
        assert at >= DUE
        assert [
            one
            for one in sightings
            if one.result is NOT_LIVE and one.clock_confirmed and at <= one.at_the_earliest < at + timedelta(seconds=1)
        ]


@given(CHECKS)
def test_the_order_in_which_checks_are_handed_over_does_not_matter(checks):
    facts = record(address(*checks))
    backwards = dataclasses.replace(facts.addresses[0], checks=facts.addresses[0].checks[::-1])

    assert facts.addresses[0].verdict == record(address(*checks[::-1])).addresses[0].verdict
    assert len({one.sighting.sent_at for one in checks}) < len(checks) or write_account(facts) == write_account(
        dataclasses.replace(facts, addresses=(backwards,))
    )
