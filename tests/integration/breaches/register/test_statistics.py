"""The figures are read from the record unchanged: compared with reading it row by row, for random small offices."""

import math
from datetime import date
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches import dispatches, merging
from breaches.models import Report
from breaches.register import RegisterFilter, select_reports
from breaches.rules.lifecycle import BREACHES, Decision, ReportStatus, decision_on
from breaches.rules.statistics import Spread, by_producer, by_quarter, by_series, figures_of, quarter_of
from breaches.statistics import (
    Scope,
    count_causes,
    last_months,
    read_breach_history,
    read_months_and_series,
    scope_of_months,
)
from releases.models import DateChange, Release, Verification
from releases.rules.calendar import local_date
from releases.rules.date_change import Mark, date_change_marks
from releases.rules.lifecycle import Role
from releases.verdict.address import NEEDS_CHECKING, SUSPICIOUS
from tests.support.factories import UserFactory, create_member
from tests.support.people import AT, create_joint_report_with_actions, create_report, decide_report
from tests.support.random_office import FIRST, LAST, TODAY, ARandomOffice

pytestmark = pytest.mark.django_db


def belongs_to(office, series, day):
    """Whether something counts at all, and the producer, series and quarter in which it does."""
    return (
        (series.producer_id, series.pk, quarter_of(day))
        if series.producer_id in office.own and FIRST <= day <= LAST
        else None
    )


class RowByRow:
    """The record read row by row, each with the producer, series and quarter in which it counts."""

    def __init__(self, office):
        self.verifications = [
            (place, one)
            for one in Verification.objects.select_related("release__series")
            if (place := belongs_to(office, one.release.series, local_date(one.due_at)))
            and not one.release.rehearsal
            and one.outcome != "pending"
        ]
        self.reports = [
            (place, one, list(one.actions.all()), list(one.approved_documents.order_by("version")))
            for one in Report.objects.filter(rehearsal=False)
            if (place := self._place_of(office, one))
        ]
        self.changes = [
            place
            for one in DateChange.objects.select_related("release__series")
            if (place := belongs_to(office, one.release.series, local_date(one.made_at)))
            and not one.release.rehearsal
            # As the register marks changes made on the day of release.
            and Mark.ON_THE_DAY
            in date_change_marks(one.was, one.to, requested_at=one.requested_at, made_at=one.made_at)
        ]

    @staticmethod
    def _place_of(office, report):
        series = report.suspicions.select_related("release__series").get().release.series
        return belongs_to(office, series, report.occurred_on or local_date(report.drafted_at))

    def count(self, chosen):
        """Count what `chosen` says of producer, series and quarter."""
        outcomes, delays, decisions, reasons, approvals, sendings, alone, with_document = [], [], [], [], [], [], 0, 0
        causes, still_open, overdue = [], 0, 0
        for _, verification in only(self.verifications, chosen):
            outcomes.append(verification.outcome)
            delays += [verification.delay_to] if verification.delay_to is not None else []
        for _, report, actions, documents in only(self.reports, chosen):
            decision = decision_on(ReportStatus(report.status), was_sent=report.dispatches.exists())
            decisions.append(decision)
            reasons += [(decision, report.decision_reason)] if report.decision_reason else []
            if decision in BREACHES:
                causes += [report.cause] if report.cause else []
                left = [action for action in actions if action.finished_at is None]
                still_open += len(left)
                overdue += len([action for action in left if action.due and action.due < TODAY])
            if decision is not Decision.REPORTED:
                continue
            with_document += bool(documents)
            alone += bool(documents and documents[-1].one_person)
            if report.occurred_on and documents:
                first = min(local_date(document.approved_at) for document in documents)
                approvals.append((first - report.occurred_on).days)
            if report.occurred_on:
                sendings += [(sent.sent_on - report.occurred_on).days for sent in report.dispatches.all()]
        return {
            "due": len(outcomes),
            "on_time": outcomes.count("on_time"),
            "not_on_time": len([one for one in outcomes if one in SUSPICIOUS]),
            "unknown": len([one for one in outcomes if one in NEEDS_CHECKING]),
            "delays": spread_of(delays),
            "by_decision": {one: decisions.count(one) for one in decisions},
            "by_reason": {one: reasons.count(one) for one in reasons},
            "days_to_approval": spread_of(approvals),
            "days_to_sending": spread_of(sendings),
            "approvals": with_document,
            "one_person_approvals": alone,
            "same_day_changes": sum(1 for place in self.changes if chosen(*place)),
            "by_cause": {one: causes.count(one) for one in causes},
            "open_actions": still_open,
            "overdue_actions": overdue,
        }


def only(rows, chosen):
    """The rows in whose place `chosen` is true."""
    return [row for row in rows if chosen(*row[0])]


def spread_of(values):
    """Median, 95th percentile by the nearest rank, and worst."""
    if not values:
        return Spread()
    ordered = sorted(values)
    return Spread(len(ordered), median(ordered), ordered[math.ceil(len(ordered) * 0.95) - 1], ordered[-1])


@pytest.mark.both_databases
@pytest.mark.parametrize("seed", range(4))
def test_a_random_history_is_counted_as_row_by_row(seed):
    office = ARandomOffice(seed)
    read = read_breach_history(Scope(FIRST, LAST), by=office.person, today=TODAY)
    counted = [(figures_of(read), lambda producer, series, quarter: True)]
    for quarter, part in by_quarter(read).items():
        counted.append((figures_of(part), lambda p, s, q, wanted=quarter: q == wanted))
    for key, part in by_producer(read).items():
        counted.append((figures_of(part), lambda p, s, q, wanted=key: p == wanted))
    for producer in {series.producer for series in office.series if series.producer_id in office.own}:
        of_one = read_breach_history(Scope(FIRST, LAST, producer=producer), by=office.person, today=TODAY)
        for key, part in by_series(of_one).items():
            counted.append((figures_of(part), lambda p, s, q, wanted=key: s == wanted))
    one = office.series[0]
    of_series = read_breach_history(Scope(FIRST, LAST, series=one), by=office.person, today=TODAY)
    counted.append((figures_of(of_series), lambda p, s, q, wanted=one.pk: s == wanted))
    rows = RowByRow(office)
    for figures, chosen in counted:
        wanted = rows.count(chosen)
        assert {name: getattr(figures, name) for name in wanted} == wanted
    assert figures_of(read).due > 5


@pytest.mark.both_databases
def test_both_databases_return_the_numbers_of_verdicts_in_the_types_that_are_counted():
    """Their expressions have a field that converts nothing."""
    office = ARandomOffice(1)
    months = last_months(LAST)
    scope = scope_of_months(months, producer=None, series=None)
    by_month, by_series = read_months_and_series(months, scope, by=office.person)
    delays = [delay for found in by_series.values() for delay in found.delays if delay is not None]
    delays += [delay.seconds for delay in read_breach_history(scope, by=office.person, today=TODAY).delays]
    assert {type(delay) for delay in delays} == {float}
    assert sum(figures.due for figures in by_month.values()) == sum(len(one.outcomes) for one in by_series.values()) > 0


def test_the_person_who_reads_no_reports_counts_nothing():
    office = ARandomOffice(9)
    outsider = create_member(Role.CALENDAR_MANAGER, office.series[0].producer)
    read = read_breach_history(Scope(FIRST, LAST), by=outsider, today=TODAY)
    assert read == read_breach_history(Scope(FIRST, LAST), by=UserFactory(), today=TODAY)
    assert (read.verdicts, read.cases, read.delays, read.changes) == ([], [], [], [])


def test_the_number_of_queries_does_not_grow(django_assert_num_queries, office):
    create_report(office)  # without any report, the series of the reports are not read
    scope = Scope(FIRST, LAST, producer=office.producer)
    with CaptureQueriesContext(connection) as few:
        read_breach_history(scope, by=office.head, today=TODAY)
    larger = ARandomOffice(3)
    producer = larger.series[0].producer
    with django_assert_num_queries(len(few)):
        read = read_breach_history(Scope(FIRST, LAST, producer=producer), by=larger.person, today=TODAY)
    assert read.verdicts
    assert Release.objects.exists()


@pytest.mark.both_databases
def test_what_went_into_a_joint_report_is_counted_there_and_nowhere_else(office):
    create_report(office, ReportStatus.JOINED)
    year = Scope(date(2020, 1, 1), date(2020, 12, 31))
    assert [case.decision for case in read_breach_history(year, by=office.head, today=TODAY).cases] == [
        Decision.UNDECIDED
    ]


@pytest.mark.both_databases
@pytest.mark.parametrize("times", [1, 2])
def test_actions_of_drafts_that_were_combined_count_in_the_report_that_prints_them(office, times):
    def count():
        year = Scope(date(2020, 1, 1), date(2020, 12, 31))
        figures = figures_of(read_breach_history(year, by=office.head, today=TODAY))
        return figures.open_actions, figures.overdue_actions, figures.done_actions

    joint = create_joint_report_with_actions(office, times=times)
    assert count() == (0, 0, 0)
    decide_report(joint, office, ReportStatus.RECORDED)
    assert count() == (1, 1, 1)


def test_actions_of_a_draft_that_was_separated_again_do_not_count_in_the_joint_report(office):
    joint = create_joint_report_with_actions(office)
    merging.split_report(joint, by=office.statistician, at=AT)
    year = Scope(date(2020, 1, 1), date(2020, 12, 31))
    cases = read_breach_history(year, by=office.head, today=TODAY).cases
    assert sorted(case.open_actions for case in cases) == [0, 1]


@pytest.mark.both_databases
def test_a_report_that_was_sent_counts_as_reported_while_it_is_corrected_until_it_is_withdrawn(office, sent_report):
    year = Scope(date(2020, 1, 1), date(2020, 12, 31))

    def count():
        (case,) = read_breach_history(year, by=office.head, today=TODAY).cases
        listed = [one for one in Decision if select_reports(RegisterFilter(decision=one), by=office.head).exists()]
        return case.decision, listed, count_causes(year, by=office.head).total()

    assert count() == (Decision.REPORTED, [Decision.REPORTED], 1)
    corrected = dispatches.send_correction(sent_report, notice="A date was wrong.", by=office.head, at=AT)
    assert corrected.status == ReportStatus.DRAFT
    assert count() == (Decision.REPORTED, [Decision.REPORTED], 1)
    dispatches.send_withdrawal(corrected, notice="The release was on time.", by=office.head, at=AT)
    assert count() == (Decision.WITHDRAWN, [Decision.WITHDRAWN], 0)
