"""The reports of the replayed morning, brought into every state by the people of the demonstration."""

from datetime import datetime, timedelta

from breaches import editing, pdf, sign_off, versions
from breaches.models import Report
from breaches.remarks import Section
from breaches.status import DismissalReason, ReportStatus
from releases.roles import Role
from statsoffice.demo import offices

IMPACT = (
    "Access to the statistics was delayed for all users. Two users asked the statistics mailbox when the release "
    "would appear; both were answered within the hour. No media interest was identified."
)
ACTIONS = (
    "Short-term: the page was published by hand, and the publishing team checked the other releases of the morning."
    "\n\nLong-term: the scheduler's settings are being reviewed with the publishing team, and a manual check is "
    "planned for the next release of the series."
)


def bring_into_every_state(*, now: datetime) -> None:
    """Complete, submit, return, approve and dismiss the drafts of the replayed morning, each once.

    :param now: the aware instant of the present.
    """
    drafts = Report.objects.filter(status=ReportStatus.DRAFT, suspicions__release__reference__startswith="rehearsal-")
    if Report.objects.exclude(status=ReportStatus.DRAFT).exists():
        return
    by_story = {report.suspicions.get().release.reference: report for report in drafts.distinct()}

    def report(story: str) -> Report:
        return next(each for reference, each in by_story.items() if reference.startswith(f"rehearsal-{story}-"))

    statistician, head = offices.user(Role.STATISTICIAN), offices.user(Role.HEAD_OF_PROFESSION)
    for story in ("late-an-hour", "late-minutes", "early"):
        _complete(report(story), now=now)
    approved = sign_off.submit(report("late-an-hour"), by=statistician, at=now - timedelta(minutes=50))
    sign_off.approve(approved, by=head, at=now - timedelta(minutes=20), render=pdf.render)
    returned = sign_off.submit(report("late-minutes"), by=statistician, at=now - timedelta(minutes=40))
    comment = "Please say how many users asked, and who is reviewing the scheduler's settings."
    sign_off.return_(returned, comment=comment, by=head, at=now - timedelta(minutes=15))
    sign_off.submit(report("early"), by=statistician, at=now - timedelta(minutes=10))
    sign_off.dismiss(
        report("late-seconds"),
        reason=DismissalReason.CACHE_ONLY,
        words="The page was live in time at the publisher; only a cache served the old copy for some seconds.",
        by=head,
        at=now - timedelta(minutes=5),
    )


def _complete(report: Report, *, now: datetime) -> None:
    statistician = offices.user(Role.STATISTICIAN)
    content = versions.content_of(report)
    practice = content.other_practices or "Orderly release: statistics are released at the announced time."
    for section, values in (
        (Section.CIRCUMSTANCES, {"other_practices": practice}),
        (Section.IMPACT, {"impact": IMPACT}),
        (Section.CORRECTIVE_ACTIONS, {"corrective_actions": ACTIONS}),
    ):
        report.refresh_from_db()
        whole = {field: getattr(content, field) for field in editing.FIELDS[section]} | values
        editing.save_section(
            report,
            section=section,
            values=whole,
            expected_version=report.version,
            by=statistician,
            at=now - timedelta(minutes=55),
        )
    report.refresh_from_db()
