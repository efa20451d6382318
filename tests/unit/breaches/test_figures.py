"""Figures say what a history amounts to: compared with counting by hand over any small history."""

import math
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from breaches.rules.lifecycle import BREACHES, DECISION_ON, MERGED_OR_SPLIT, Cause, Decision, ReportStatus
from breaches.rules.statistics import (
    Case,
    Delay,
    Figures,
    History,
    Quarter,
    SameDayChanges,
    Spread,
    Verdicts,
    by_producer,
    by_quarter,
    by_series,
    by_year,
    figures_of,
    quarter_of,
    quarters_between,
    quarters_of,
    repeat_causes,
    spread_of,
)
from breaches.statistics_tables import compare_years, comparison_tables, delays_table, year_table
from releases.verdict.address import Outcome

Q1, Q2 = Quarter(2020, 1), Quarter(2020, 2)
HERE = {"producer": 1, "quarter": Q2}


def test_the_rate_leaves_out_what_no_one_could_tell():
    figures = figures_of(
        History(
            verdicts=[
                Verdicts(**HERE, outcome=Outcome.ON_TIME, number=6),
                Verdicts(**HERE, outcome=Outcome.LATE),
                Verdicts(**HERE, outcome=Outcome.EARLY),
                Verdicts(**HERE, outcome=Outcome.CANNOT_TELL, number=3),
                Verdicts(**HERE, outcome=Outcome.UNCERTAIN),
            ]
        )
    )
    assert (figures.due, figures.on_time, figures.not_on_time, figures.unknown) == (12, 6, 2, 4)
    assert figures.on_time_rate == Fraction(6, 8)


def test_where_nothing_was_due_there_is_no_rate_and_no_delay():
    figures = figures_of(History())
    assert figures.on_time_rate is None
    assert figures.delays == Spread()
    assert (figures.due, figures.breaches, figures.undecided) == (0, 0, 0)


def test_reported_and_recorded_breaches_count_and_dismissed_ones_stay_visible_by_reason():
    figures = figures_of(
        History(
            cases=[
                Case(**HERE, decision=Decision.REPORTED),
                Case(**HERE, decision=Decision.RECORDED, reason="no_effect"),
                Case(**HERE, decision=Decision.DISMISSED, reason="check_error"),
                Case(**HERE, decision=Decision.DISMISSED, reason="check_error"),
                Case(**HERE, decision=Decision.WITHDRAWN),
                Case(**HERE, decision=Decision.UNDECIDED),
            ]
        )
    )
    assert figures.breaches == 2
    assert figures.undecided == 1
    assert figures.by_reason == {(Decision.RECORDED, "no_effect"): 1, (Decision.DISMISSED, "check_error"): 2}


def test_an_approval_by_the_person_who_wrote_the_text_is_counted_as_long_as_it_stands():
    alone = {"approved": True, "one_person": True}
    cases = [
        Case(**HERE, decision=Decision.REPORTED, **alone),
        Case(**HERE, decision=Decision.REPORTED, approved=True),
        Case(**HERE, decision=Decision.UNDECIDED, **alone),
    ]
    figures = figures_of(History(cases=cases))
    assert (figures.approvals, figures.one_person_approvals) == (2, 1)


def test_a_cause_comes_again_where_one_producer_had_it_twice():
    fault = {"cause": Cause.SCHEDULER_FAULT, "decision": Decision.REPORTED}
    cases = [
        Case(producer=1, quarter=Q1, **fault),
        Case(producer=1, quarter=Q2, **fault),
        Case(producer=2, quarter=Q2, **fault),
        Case(**HERE, cause=Cause.OUTAGE, decision=Decision.RECORDED),
    ]
    assert repeat_causes(cases) == {(1, Cause.SCHEDULER_FAULT): {Q1: 1, Q2: 1}}


@pytest.mark.parametrize(("years", "number"), [((2025, 2025), 0), ((2025, 2026), 1), ((2026, 2026), 1), ((2026,), 0)])
def test_a_repeat_cause_is_compared_in_a_year_only_if_it_occurred_in_that_year(years, number):
    fault = {"cause": Cause.SCHEDULER_FAULT, "decision": Decision.REPORTED}
    history = History(cases=[Case(producer=1, quarter=Quarter(year, 1), **fault) for year in years])
    *_others, handling = comparison_tables({1: history}, {1: "Office"}, 2026, what="Producer", address=str)
    assert (handling.columns[-1], handling.rows[0].cells[-1]) == ("Repeat causes", str(number))


@pytest.mark.parametrize("decision", [one for one in Decision if one not in BREACHES])
def test_what_is_no_breach_repeats_no_cause_and_leaves_nothing_to_do(decision):
    case = Case(**HERE, cause=Cause.OUTAGE, decision=decision, open_actions=2, overdue_actions=1)
    assert repeat_causes([case, case]) == {}
    figures = figures_of(History(cases=[case]))
    assert (figures.open_actions, figures.overdue_actions, figures.by_cause) == (0, 0, {})


@pytest.mark.parametrize("cause", [None, Cause.OTHER, Cause.NOT_KNOWN])
def test_two_breaches_of_no_cause_that_is_named_have_none_in_common(cause):
    case = Case(**HERE, cause=cause, decision=Decision.REPORTED)
    assert repeat_causes([case, case]) == {}


@pytest.mark.parametrize("status", [status for status in ReportStatus if status not in MERGED_OR_SPLIT])
def test_every_state_stands_for_one_decision(status):
    assert isinstance(DECISION_ON[status], Decision)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([], Spread()),
        ([7], Spread(1, 7, 7, 7)),
        ([3, 1], Spread(2, 2, 3, 3)),
        (range(1, 21), Spread(20, 10.5, 19, 20)),
        (range(1, 102), Spread(101, 51, 96, 101)),
    ],
    ids=["none", "one", "two", "twenty", "a hundred and one"],
)
def test_a_spread_has_a_middle_a_nearly_all_and_a_worst(values, found):
    assert spread_of(values) == found


@pytest.mark.parametrize(("number", "shown"), [(19, "[z]"), (20, "19 minutes")])
def test_pages_show_the_95th_percentile_only_from_20_delays(number, shown):
    delays = [Delay(**HERE, series=(1,), seconds=60.0 * minutes) for minutes in range(1, number + 1)]
    compared = compare_years(History(delays=delays), 2020)
    rows = {row.name: row.cells for row in year_table(compared).rows}
    assert rows["95th percentile delay"] == [shown, "[z]"]
    assert rows["Longest delay"][0] == f"{number} minutes"
    table = delays_table(compared)
    assert table.rows[1].cells[table.columns.index("95th percentile") - 1] == shown


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=60))
def test_nearly_all_is_the_least_figure_that_95_in_100_do_not_exceed(values):
    found = spread_of(values)
    shares = {value: sum(other <= value for other in values) * 100 for value in values}
    assert found.nearly_all == min(value for value, share in shares.items() if share >= 95 * len(values))
    assert found.worst == max(values)
    below = sum(value < found.middle for value in values)
    above = sum(value > found.middle for value in values)
    assert max(below, above) <= len(values) / 2


DAYS = st.dates(date(2019, 11, 1), date(2020, 8, 1))
WHOSE = {"producer": st.integers(1, 2), "quarter": DAYS.map(quarter_of)}
SOME_SERIES = st.lists(st.integers(1, 3), unique=True, max_size=2).map(tuple)
HISTORIES = st.builds(
    History,
    verdicts=st.lists(
        st.builds(
            Verdicts,
            **WHOSE,
            series=SOME_SERIES,
            outcome=st.sampled_from([one for one in Outcome if one is not Outcome.PENDING]),
            number=st.integers(1, 4),
        ),
        max_size=12,
    ),
    delays=st.lists(st.builds(Delay, **WHOSE, series=SOME_SERIES, seconds=st.floats(0, 1e5)), max_size=8),
    cases=st.lists(
        st.builds(
            Case,
            **WHOSE,
            series=SOME_SERIES,
            decision=st.sampled_from(Decision),
            reason=st.sampled_from(["", "other", "check_error"]),
            cause=st.none() | st.sampled_from(Cause),
            days_to_approval=st.none() | st.integers(0, 90),
            days_to_sending=st.none() | st.integers(0, 90),
            approved=st.booleans(),
            one_person=st.booleans(),
            sent=st.booleans(),
            open_actions=st.integers(0, 3),
            overdue_actions=st.integers(0, 3),
            done_actions=st.integers(0, 3),
        ),
        max_size=10,
    ),
    changes=st.lists(st.builds(SameDayChanges, **WHOSE, series=SOME_SERIES, number=st.integers(1, 3)), max_size=6),
)


def by_hand(history: History, belongs) -> Figures:
    """Count one fact after the other, in the plainest way."""
    cases = [case for case in history.cases if belongs(case)]
    outcomes = [fact.outcome for fact in history.verdicts if belongs(fact) for _ in range(fact.number)]
    reported = [case for case in cases if case.decision == Decision.REPORTED]
    with_document = [case for case in reported if case.approved]
    decisions = [case.decision for case in cases]
    reasons = [(case.decision, case.reason) for case in cases if case.reason]
    breaches = [case for case in cases if case.decision in BREACHES]
    causes = [case.cause for case in breaches if case.cause]
    return Figures(
        {one: outcomes.count(one) for one in outcomes},
        _spread_by_hand([delay.seconds for delay in history.delays if belongs(delay)]),
        {one: decisions.count(one) for one in decisions},
        {one: reasons.count(one) for one in reasons},
        _spread_by_hand([case.days_to_approval for case in reported if case.days_to_approval is not None]),
        _spread_by_hand([case.days_to_sending for case in reported if case.days_to_sending is not None]),
        len(with_document),
        len([case for case in with_document if case.one_person]),
        len([case for case in reported if case.sent]),
        sum(change.number for change in history.changes if belongs(change)),
        {one: causes.count(one) for one in causes},
        sum(case.open_actions for case in breaches),
        sum(case.overdue_actions for case in breaches),
        sum(case.done_actions for case in breaches),
    )


def _spread_by_hand(values):
    if not values:
        return Spread()
    values = sorted(values)
    half = len(values) // 2
    middle = values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2
    return Spread(len(values), middle, values[math.ceil(len(values) * 95 / 100) - 1], values[-1])


@given(HISTORIES)
def test_any_history_is_counted_as_by_hand_whole_and_in_every_part(history):
    assert figures_of(history) == by_hand(history, lambda fact: True)
    for parted, belongs in (
        (by_quarter(history), lambda fact, part: fact.quarter == part),
        (by_year(history), lambda fact, part: fact.quarter.year == part),
        (by_producer(history), lambda fact, part: fact.producer == part),
        (by_series(history), lambda fact, part: part in fact.series),
    ):
        for part, of in parted.items():
            assert figures_of(of) == by_hand(history, lambda fact, part=part, fits=belongs: fits(fact, part))


@given(HISTORIES)
def test_producers_and_quarters_add_up_to_the_whole(history):
    whole = figures_of(history)
    for parts in (by_producer(history), by_quarter(history)):
        counted = [figures_of(part) for part in parts.values()]
        for name in (
            "due",
            "on_time",
            "not_on_time",
            "unknown",
            "breaches",
            "undecided",
            "same_day_changes",
            "open_actions",
        ):
            assert sum(getattr(figures, name) for figures in counted) == getattr(whole, name)
    assert whole.breaches == sum(case.decision in BREACHES for case in history.cases)


@given(DAYS, st.integers(0, 900))
def test_the_quarters_between_two_days_follow_each_other(first, days):
    last = first + timedelta(days=days)
    found = quarters_between(first, last)
    assert (found[0], found[-1]) == (quarter_of(first), quarter_of(last))
    assert all(later.first == earlier.last + timedelta(days=1) for earlier, later in pairwise(found))


@given(DAYS)
def test_every_day_lies_in_one_quarter(day):
    quarter = quarter_of(day)
    assert quarter.first <= day <= quarter.last
    assert [one for one in quarters_of(day.year) if one.first <= day <= one.last] == [quarter]
    assert quarter_of(quarter.last + timedelta(days=1)) > quarter
    assert quarter.a_year_before == Quarter(quarter.year - 1, quarter.number)
