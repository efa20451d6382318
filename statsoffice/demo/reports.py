"""The reports of the replayed morning, brought into every state by the people of the demonstration."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from breaches import editing, sign_off, versions
from breaches.editing import ChosenCause
from breaches.models import Report
from breaches.pdf import render
from breaches.rules.lifecycle import Cause, DismissalReason, ReportStatus
from breaches.rules.validation import ReportSection
from releases.rules.lifecycle import Role
from statsoffice.demo import offices


@dataclass(frozen=True, slots=True)
class Words:
    """What the people of one story write: how it came about, what it meant, and what is done about it."""

    listed: Cause
    cause: str
    impact: str
    actions: str


WRITTEN = {
    "late-an-hour": Words(
        listed=Cause.SCHEDULER_FAULT,
        cause=(
            "Shortly after 9.30am the statistician on duty looked for the release, did not find it, and rang the "
            "publishing team. The scheduler had not published the page; the team published it by hand shortly before "
            "10.30am. Why the scheduler failed is being looked into."
        ),
        impact=(
            "Access to the statistics was delayed for all users. Two users asked the statistics mailbox when the "
            "release would appear; both were answered within the hour. No media interest was identified."
        ),
        actions=(
            "Short-term: the page was published by hand, and the publishing team checked the other releases of the "
            "morning.\n\n"
            "Long-term: the publishing team is reviewing the scheduler’s settings, and a manual check is planned for "
            "the next release of the series."
        ),
    ),
    "late-minutes": Words(
        listed=Cause.NOT_AUTHORISED,
        cause=(
            "The statistician on duty noticed at 9.32am that the release was missing and told the publishing team. "
            "The page had not been authorised; a publishing officer authorised it shortly before 9.43am."
        ),
        impact=(
            "Access to the statistics was delayed for all users. Some of them asked the statistics mailbox when the "
            "release would appear. No media interest was identified."
        ),
        actions=(
            "Short-term: the page was authorised, and the publishing team checked the other releases of the morning."
            "\n\n"
            "Long-term: authorisations will be checked on the day before a release."
        ),
    ),
    "early": Words(
        listed=Cause.HUMAN_ERROR,
        cause=(
            "At 9.25am a statistician who was preparing for the release found it at its address already, and told the "
            "publishing team and the Head of Profession. The page had been scheduled by hand, for 9.20am in place of "
            "9.30am. It was left up, because it could not be taken back from those who had read it."
        ),
        impact=(
            "For some ten minutes the statistics could be read by those who knew the address, while other users "
            "waited for the announced time. The site counted 14 visits in these minutes, four of them from inside "
            "the office. No media interest was identified."
        ),
        actions=(
            "Short-term: the publishing team compared the scheduled times of the week’s other releases with the "
            "release calendar, and found no other difference.\n\n"
            "Long-term: the publishing team copies the time from the release calendar, and a second person compares "
            "both on the day before."
        ),
    ),
}


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
    for story, words in WRITTEN.items():
        _complete(report(story), words, now=now)
    approved = sign_off.submit_report(report("late-an-hour"), by=statistician, at=now - timedelta(minutes=50))
    sign_off.approve_report(approved, by=head, at=now - timedelta(minutes=20), render=render.render_pdf)
    returned = sign_off.submit_report(report("late-minutes"), by=statistician, at=now - timedelta(minutes=40))
    comment = "Please say how many users asked, and who will check authorisations, from which release on."
    sign_off.return_report(returned, comment=comment, by=head, at=now - timedelta(minutes=15))
    sign_off.submit_report(report("early"), by=statistician, at=now - timedelta(minutes=10))
    sign_off.dismiss_report(
        report("late-seconds"),
        reason=DismissalReason.CACHE_ONLY,
        words="The page was live in time at the publisher; only a cache served the old copy for some seconds.",
        by=head,
        at=now - timedelta(minutes=5),
    )


def _complete(report: Report, words: Words, *, now: datetime) -> None:
    statistician = offices.user(Role.STATISTICIAN)
    content = versions.content_of(report)
    circumstances = {"circumstances": f"{content.circumstances}\n\n{words.cause}"}
    for section, values in (
        (ReportSection.CIRCUMSTANCES, circumstances),
        (ReportSection.IMPACT, {"impact": words.impact}),
        (ReportSection.CORRECTIVE_ACTIONS, {"corrective_actions": words.actions}),
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
    editing.choose_cause(report, ChosenCause(words.listed), by=statistician, at=now - timedelta(minutes=55))
    report.refresh_from_db()
