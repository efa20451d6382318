"""The figures are read from the record as it stands: held against reading it row by row, for random small offices."""

import math
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from statistics import median

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from breaches.counted import Scope, history
from breaches.decision import DECISION_ON, Decision
from breaches.figures import Spread, by_producer, by_quarter, by_series, figures_of
from breaches.models import ApprovedDocument, Dispatch, Report, Suspicion
from breaches.quarter import quarter_of
from breaches.status import (
    DECIDED,
    TOLD_ELSEWHERE,
    WITH_DOCUMENT,
    DismissalReason,
    Nature,
    RecordingReason,
    ReportStatus,
)
from releases.agreement import Mark, marks
from releases.london import from_london, local_date
from releases.models import DateChange, Release, Verification
from releases.roles import Role
from releases.verdict import ASKS_A_PERSON, SUSPICIOUS, Outcome
from tests.breaches.people import a_report, an_office, joins
from tests.factories import ProducerFactory, SeriesFactory, UserFactory, member

pytestmark = pytest.mark.django_db

FIRST, LAST = date(2020, 1, 1), date(2020, 12, 31)


class ARandomOffice:
    """Two producers that a person may read and one that they may not, with a random history of all three."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # the histories need be no secret
        self.writer = UserFactory()
        own = [ProducerFactory() for _ in range(2)]
        self.person = member(Role.AUDITOR, own[0])
        joins(self.person, own[1], Role.STATISTICIAN)
        self.own = {producer.pk for producer in own}
        self.series = [SeriesFactory(producer=producer) for producer in (*own, own[0], ProducerFactory())]
        for number in range(40):
            self._release(number)

    def _release(self, number: int) -> None:
        chance = self.random
        on = date(2019, 12, 20) + timedelta(days=chance.randrange(400))
        at = time(chance.choice([0, 9, 23]), 30)
        release = Release.objects.create(
            series=chance.choice(self.series),
            reference=f"release-{number}",
            title=f"Release {number}",
            planned_on=on,
            planned_at=at,
            due_at=from_london(datetime.combine(on, at)),
            rehearsal=chance.random() < 0.15,
            recorded_at=datetime(2019, 1, 2, 9, 0, tzinfo=UTC),
        )
        outcome = chance.choice(list(Outcome))
        late = outcome in {Outcome.LATE, Outcome.PARTIAL}
        verification = Verification.objects.create(
            release=release,
            schedule_version=1,
            due_at=release.due_at,
            tolerance_seconds=120,
            outcome=outcome,
            delay_from=100.0 if late else None,
            delay_to=chance.choice([None, 200.0, float(chance.randrange(200, 9000))]) if late else None,
        )
        if chance.random() < 0.3:
            self._change(release)
        if outcome in SUSPICIOUS:
            self._report(release, verification)

    def _change(self, release) -> None:
        days = self.random.choice([0, 0, 1, 8])
        made_at = release.due_at - timedelta(days=days, hours=self.random.choice([0, 3]))
        agreed = self.random.random() < 0.5
        DateChange.objects.create(
            release=release,
            schedule_version=2,
            was_on=release.planned_on,
            was_at=time(9, 30),
            was_precision=self.random.choice(["exact", "month"]),
            to_on=release.planned_on + timedelta(days=7),
            to_at=time(9, 30),
            to_precision="exact",
            requested_at=made_at - timedelta(days=5) if agreed else made_at,
            agreed_by=self.writer if agreed else None,
            agreed_at=made_at if agreed else None,
        )

    def _report(self, release, verification) -> None:
        chance = self.random
        status = chance.choice([status for status in ReportStatus if status not in TOLD_ELSEWHERE])
        reasons = {ReportStatus.DISMISSED: DismissalReason, ReportStatus.RECORDED: RecordingReason}
        drafted_at = release.due_at + timedelta(minutes=5)
        report = Report.objects.create(
            reference=f"breach-{release.reference}",
            producer=release.series.producer,
            kind="late",
            status=status,
            rehearsal=release.rehearsal,
            drafted_at=drafted_at,
            decided_at=drafted_at if status in DECIDED else None,
            decision_reason=chance.choice(list(reasons[status])) if status in reasons else "",
            occurred_on=chance.choice([None, local_date(release.due_at), local_date(release.due_at)]),
        )
        Suspicion.objects.create(
            release=release,
            schedule_version=1,
            kind="late",
            verification=verification,
            raised_at=drafted_at,
            report=report,
        )
        if status in WITH_DOCUMENT or chance.random() < 0.2:
            self._documents(report, sent=status not in {ReportStatus.APPROVED})

    def _documents(self, report, *, sent: bool) -> None:
        for version in range(2, 2 + self.random.choice([1, 2])):
            document = ApprovedDocument(
                report=report,
                version=version,
                pdf=b"%PDF",
                pdf_sha256="0" * 64,
                content_sha256="0" * 64,
                approved_by=self.writer,
                approved_role=Role.DEPUTY,
                approved_at=report.drafted_at + timedelta(days=self.random.randrange(9) * version),
                one_person=self.random.random() < 0.5,
            )
            document.save()
        if sent:
            Dispatch(
                report=report,
                document=document,
                nature=Nature.REPORT,
                recipient="regulation@example.gov.uk",
                outside=True,
                sent_on=local_date(document.approved_at) + timedelta(days=1),
                by=self.writer,
                role=Role.DEPUTY,
                at=document.approved_at,
            ).save()


def belongs_to(office, series, day):
    """Whether something counts at all, and the producer, series and quarter in which it does."""
    return (
        (series.producer_id, series.pk, quarter_of(day))
        if series.producer_id in office.own and FIRST <= day <= LAST
        else None
    )


def row_by_row(office, chosen):
    """Read the record row by row and count what `chosen` says of producer, series and quarter."""
    outcomes, delays, decisions, reasons, approvals, sendings, alone, with_document = [], [], [], [], [], [], 0, 0
    for verification in Verification.objects.select_related("release__series"):
        place = belongs_to(office, verification.release.series, local_date(verification.due_at))
        if not place or not chosen(*place) or verification.release.rehearsal or verification.outcome == "pending":
            continue
        outcomes.append(verification.outcome)
        delays += [verification.delay_to] if verification.delay_to is not None else []
    for report in Report.objects.filter(rehearsal=False):
        series = report.suspicions.get().release.series
        place = belongs_to(office, series, report.occurred_on or local_date(report.drafted_at))
        if not place or not chosen(*place):
            continue
        decision = DECISION_ON[ReportStatus(report.status)]
        decisions.append(decision)
        reasons += [(decision, report.decision_reason)] if report.decision_reason else []
        documents = list(report.approved_documents.order_by("version"))
        if decision is not Decision.REPORTED:
            continue
        with_document += bool(documents)
        alone += bool(documents and documents[-1].one_person)
        if report.occurred_on and documents:
            first = min(local_date(document.approved_at) for document in documents)
            approvals.append((first - report.occurred_on).days)
        sendings += [(sent.sent_on - report.occurred_on).days for sent in report.dispatches.all() if report.occurred_on]
    return {
        "due": len(outcomes),
        "on_time": outcomes.count("on_time"),
        "not_on_time": len([one for one in outcomes if one in SUSPICIOUS]),
        "unknown": len([one for one in outcomes if one in ASKS_A_PERSON]),
        "delays": spread_of(delays),
        "by_decision": {one: decisions.count(one) for one in decisions},
        "by_reason": {one: reasons.count(one) for one in reasons},
        "days_to_approval": spread_of(approvals),
        "days_to_sending": spread_of(sendings),
        "approvals": with_document,
        "one_person_approvals": alone,
        "same_day_changes": changes_of(office, chosen),
    }


def changes_of(office, chosen):
    """Count the changes that the register of changes marks as made on the day of release."""
    found = 0
    for change in DateChange.objects.select_related("release__series"):
        place = belongs_to(office, change.release.series, local_date(change.made_at))
        marked = marks(change.was, change.to, asked_at=change.requested_at, made_at=change.made_at)
        found += bool(place and chosen(*place) and not change.release.rehearsal and Mark.ON_THE_DAY in marked)
    return found


def spread_of(values):
    """Median, 95th percentile by the nearest rank, and worst."""
    if not values:
        return None
    ordered = sorted(values)
    return Spread(len(ordered), median(ordered), ordered[math.ceil(len(ordered) * 0.95) - 1], ordered[-1])


@pytest.mark.parametrize("seed", range(4))
def test_a_random_history_is_counted_as_row_by_row(seed):
    office = ARandomOffice(seed)
    read = history(Scope(FIRST, LAST), by=office.person)
    counted = [(figures_of(read), lambda producer, series, quarter: True)]
    for quarter, part in by_quarter(read).items():
        counted.append((figures_of(part), lambda p, s, q, wanted=quarter: q == wanted))
    for key, part in by_producer(read).items():
        counted.append((figures_of(part), lambda p, s, q, wanted=key: p == wanted))
    for producer in {series.producer for series in office.series if series.producer_id in office.own}:
        of_one = history(Scope(FIRST, LAST, producer=producer), by=office.person)
        for key, part in by_series(of_one).items():
            counted.append((figures_of(part), lambda p, s, q, wanted=key: s == wanted))
    one = office.series[0]
    of_series = history(Scope(FIRST, LAST, series=one), by=office.person)
    counted.append((figures_of(of_series), lambda p, s, q, wanted=one.pk: s == wanted))
    for figures, chosen in counted:
        wanted = row_by_row(office, chosen)
        assert {name: getattr(figures, name) for name in wanted} == wanted
    assert figures_of(read).due > 5


def test_whoever_reads_no_reports_counts_nothing():
    office = ARandomOffice(9)
    outsider = member(Role.CALENDAR_MANAGER, office.series[0].producer)
    read = history(Scope(FIRST, LAST), by=outsider)
    assert read == history(Scope(FIRST, LAST), by=UserFactory())
    assert (read.verdicts, read.cases, read.delays, read.changes) == ([], [], [], [])


def test_the_number_of_queries_does_not_grow(django_assert_num_queries):
    office = an_office()
    scope = Scope(FIRST, LAST, producer=office.producer)
    with CaptureQueriesContext(connection) as few:
        history(scope, by=office.head)
    larger = ARandomOffice(3)
    producer = larger.series[0].producer
    with django_assert_num_queries(len(few)):
        read = history(Scope(FIRST, LAST, producer=producer), by=larger.person)
    assert read.verdicts
    assert Release.objects.exists()


def test_what_went_into_a_joint_report_is_counted_there_and_nowhere_else():
    office = an_office()
    a_report(office, ReportStatus.JOINED)
    year = Scope(date(2020, 1, 1), date(2020, 12, 31))
    assert [case.decision for case in history(year, by=office.head).cases] == [Decision.UNDECIDED]
