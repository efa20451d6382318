"""A random history of a few producers, written straight into the record: for counting it in two ways."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

from breaches.models import ApprovedDocument, CorrectiveAction, Dispatch, Suspicion
from breaches.rules.lifecycle import (
    DECIDED,
    MERGED_OR_SPLIT,
    WITH_DOCUMENT,
    Cause,
    DismissalReason,
    Nature,
    RecordingReason,
    ReportStatus,
    ReportTerm,
)
from releases.models import DateChange, Release, ReleaseTask, Verification
from releases.rules.calendar import from_london, local_date
from releases.rules.lifecycle import Role
from releases.verdict.address import SUSPICIOUS, Outcome
from tests.support.factories import ProducerFactory, SeriesFactory, UserFactory, create_bare_report, create_member
from tests.support.people import add_role

FIRST, LAST = date(2020, 1, 1), date(2020, 12, 31)
TODAY = date(2020, 9, 1)


class ARandomOffice:
    """Two producers that a person may read and one that they may not, with a random history of all three."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)  # noqa: S311  # the histories need be no secret
        self.writer = UserFactory()
        own = [ProducerFactory() for _ in range(2)]
        self.person = create_member(Role.AUDITOR, own[0])
        add_role(self.person, own[1], Role.STATISTICIAN)
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
            confirmed_at=datetime(2019, 1, 2, 9, 0, tzinfo=UTC),
            # No figure counts an early release before it is published: tests/pages/statsoffice/test_early_releases.py.
            status="published",
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
        status = chance.choice([status for status in ReportStatus if status not in MERGED_OR_SPLIT])
        reasons = {ReportStatus.DISMISSED: DismissalReason, ReportStatus.RECORDED: RecordingReason}
        drafted_at = release.due_at + timedelta(minutes=5)
        report = create_bare_report(
            reference=f"breach-{release.reference}",
            producer=release.series.producer,
            kind="late",
            status=status,
            rehearsal=release.rehearsal,
            drafted_at=drafted_at,
            decided_at=drafted_at if status in DECIDED else None,
            decision_reason=chance.choice(list(reasons[status])) if status in reasons else "",
            occurred_on=chance.choice([None, local_date(release.due_at), local_date(release.due_at)]),
            cause=chance.choice(["", *Cause]),
        )
        for _ in range(chance.choice([0, 0, 1, 3])):
            self._action(report, release.series)
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

    def _action(self, report, series) -> None:
        done_at = self.random.choice([None, None, report.drafted_at])
        task = None
        if done_at is None and self.random.random() < 0.4:
            ticked = {"done_by": self.writer, "done_at": report.drafted_at} if self.random.random() < 0.5 else {}
            task = ReleaseTask.objects.create(
                series=series, text="Check", added_by=self.writer, added_at=report.drafted_at, **ticked
            )
        CorrectiveAction.objects.create(
            report=report,
            text="Check",
            term=ReportTerm.LONG,
            owner="The publishing team",
            due=self.random.choice([None, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=1)]),
            task=task,
            added_by=self.writer,
            added_at=report.drafted_at,
            done_by=self.writer if done_at else None,
            done_at=done_at,
        )

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
