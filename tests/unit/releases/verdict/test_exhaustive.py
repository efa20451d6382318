"""Every short sequence of checks: exactly one outcome each, and no fault of ours changes it."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from releases.detection.finding import CheckOutcome
from releases.verdict.address import AddressVerdict, Outcome, Sighting
from tests.support import checks as written
from tests.support.checks import ABSENT, FAULT, LIVE, UNREACHABLE, UNRECOGNISED, at, make_check

LONGEST_GAP = 60
PLACES = (-60, -30, -5, 0, 60, 120, 125, 600)
CHOICES = (None, ABSENT, LIVE)
SEQUENCES = [
    tuple(make_check(result, place) for place, result in zip(PLACES, results, strict=True) if result)
    for results in itertools.product(CHOICES, repeat=len(PLACES))
]


def judged(*looks: Sighting, settled: bool = True) -> AddressVerdict:
    return written.judged(*looks, settled=settled, gap=LONGEST_GAP)


def is_monitored(absent: list[int]) -> bool:
    """Whether no two neighbours among the due instant and the checks up to the limit are too far from each other."""
    chain = [0, *(when for when in absent if 0 <= when < 120), *[when for when in absent if when >= 120][:1]]
    return all(later - earlier <= LONGEST_GAP for earlier, later in itertools.pairwise(chain))


def rules_that_apply(looks: tuple[Sighting, ...]) -> set[Outcome]:
    """State every row of the table as its own condition, over checks that were answered as planned."""
    seconds = [(int((each.planned_at - at(0)).total_seconds()), each.result) for each in looks]
    absent = [when for when, result in seconds if result is ABSENT]
    proven = [when for when, result in seconds if result is LIVE and any(other < when for other in absent)]
    unproven = [when for when, result in seconds if result is LIVE and when not in proven and when >= 0]
    early = [when for when in proven if when < 0]
    live = [when for when in proven if when >= 0]
    first = min(live, default=None)
    before_first = [when for when in absent if first is None or when < first]
    after_limit = any(when >= 120 for when in before_first) and is_monitored(before_first) and not unproven
    on_time = first is not None and first <= 120
    late = first is not None and first > 120
    rows = {
        Outcome.EARLY: len(early) >= 2,
        Outcome.ON_TIME: len(early) == 0 and on_time,
        Outcome.LATE: len(early) < 2 and late and after_limit,
        Outcome.UNCERTAIN: len(early) < 2 and ((late and not after_limit) or (len(early) == 1 and on_time)),
        Outcome.NOT_SEEN: len(early) < 2 and first is None and after_limit,
        Outcome.CANNOT_TELL: len(early) < 2 and first is None and not after_limit,
    }
    return {outcome for outcome, applies in rows.items() if applies}


def test_every_short_sequence_has_exactly_one_outcome_and_it_is_the_one_of_the_table():
    for looks in SEQUENCES:
        assert {judged(*looks).outcome} == rules_that_apply(looks), looks


def test_no_fault_of_ours_ever_changes_an_outcome():
    for looks in SEQUENCES:
        outcome = judged(*looks).outcome
        for fault, place in zip(itertools.cycle((FAULT, UNREACHABLE, UNRECOGNISED)), (-90, -5, 0, 120, 121, 700)):
            assert judged(*looks, make_check(fault, place, completed=place + 15)).outcome is outcome, (
                looks,
                fault,
                place,
            )


def test_nothing_but_faults_is_never_a_suspicion():
    for results in itertools.product((FAULT, UNREACHABLE, UNRECOGNISED), repeat=4):
        looks = [make_check(result, place) for result, place in zip(results, (-5, 0, 120, 600), strict=True)]
        assert judged(*looks).outcome is Outcome.CANNOT_TELL


def test_the_first_proven_live_answer_always_shows_in_the_verdict():
    for looks in SEQUENCES:
        absent = [each.sent_at for each in looks if each.result is ABSENT]
        proven = [each for each in looks if each.result is LIVE and any(sent < each.sent_at for sent in absent)]
        verdict = judged(*looks)
        shown = {verdict.first_live_at, verdict.live_before_due_at} - {None}
        assert (min(proven, key=lambda each: each.sent_at).completed_at in shown) if proven else not shown, looks


def test_an_outcome_given_before_the_limit_is_never_taken_back():
    for looks in SEQUENCES:
        provisional = judged(*looks, settled=False)
        assert provisional.outcome in {Outcome.PENDING, Outcome.ON_TIME, Outcome.EARLY}
        if provisional.outcome is not Outcome.PENDING:
            assert judged(*looks).outcome is provisional.outcome
            later = judged(*looks, make_check(ABSENT, 900), make_check(LIVE, 950), make_check(ABSENT, 1000))
            assert later.outcome is provisional.outcome


def test_an_accusation_of_lateness_always_rests_on_an_absent_check_at_or_after_the_limit():
    for looks in SEQUENCES:
        verdict = judged(*looks)
        if verdict.outcome in {Outcome.LATE, Outcome.NOT_SEEN}:
            assert verdict.last_not_live_at is not None
            assert verdict.last_not_live_at >= at(120)
            assert verdict.delay is not None
            assert verdict.delay.from_seconds >= 120


LOOKS = st.builds(
    lambda result, planned, late, taken: make_check(
        result, planned, sent=planned + late, completed=planned + late + taken
    ),
    st.sampled_from(CheckOutcome),
    st.sampled_from((-600, -15, -10, -5, -1, 0, 5, 115, 120, 125, 130)),
    st.sampled_from((0, 0.2, 0.5, 0.6, 3)),
    st.sampled_from((0, 0.1, 1, 5, 15)),
)


@given(st.lists(LOOKS, max_size=8), st.randoms(), st.booleans())
def test_the_order_of_arrival_and_a_second_delivery_do_not_matter(looks, shuffler, settled):
    again = [*looks, *looks[:2]]
    shuffler.shuffle(again)
    assert judged(*again, settled=settled) == judged(*looks, settled=settled)


@given(st.lists(LOOKS, max_size=8))
def test_an_interval_never_ends_before_it_begins(looks):
    verdict = judged(*looks)
    if verdict.delay and verdict.delay.to_seconds is not None:
        assert verdict.delay.from_seconds <= verdict.delay.to_seconds


@given(st.lists(LOOKS, max_size=8), st.sampled_from((FAULT, UNREACHABLE, UNRECOGNISED)), st.integers(-700, 700))
def test_a_fault_anywhere_leaves_the_whole_verdict_as_it_was(looks, fault, place):
    assert judged(*looks, make_check(fault, place, completed=place + 15)) == judged(*looks)
