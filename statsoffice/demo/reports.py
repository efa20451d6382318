"""The breach reports of the demonstration: what people wrote and decided after each breach of the past year."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from breaches import comments, corrective_actions, decisions, dispatches, editing, merging, pdf, publication, versions
from breaches.editing import ChosenCause
from breaches.models import Report
from breaches.rules.causes import CAUSE_NOT_RECORDED
from breaches.rules.content import Plan, ReportSection
from breaches.rules.lifecycle import Cause, DismissalReason, RecordingReason, ReportTerm
from breaches.rules.public_statement import statement_digest
from releases import published_corrections, statements
from releases.models import Release
from releases.published_corrections import CorrectionFacts
from releases.rules.calendar import Nation, from_london, local_date, working_days_away
from releases.rules.lifecycle import Role
from statsoffice.demo.office import find_user

RECIPIENT = "Office for Statistics Regulation"


@dataclass(frozen=True, slots=True)
class Action:
    """A corrective action. It is due `days` working days after the breach."""

    text: str
    owner: str
    days: int
    term: ReportTerm = ReportTerm.SHORT
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Narrative:
    """The cause, impact and corrective actions that the authors of a report describe."""

    code: Cause
    cause: str
    impact: str
    actions: Sequence[Action] = ()


PUBLISHING, METHODS = "Head of digital publishing", "Head of methods"
NO_MEDIA = "No media interest was identified."
NARRATIVES: Mapping[str, Narrative] = {
    "with_hop": Narrative(
        Cause.HUMAN_ERROR,
        "At 9:25am a statistician who was preparing for the release found it at its address. They called the "
        "publishing team and the Head of Profession. The page had been scheduled by hand for 9:20am instead of "
        "9:30am. It was left up, because people had already read it.",
        "For ten minutes people who knew the address could read the statistics before the announced time. The site "
        f"counted 14 visits in these minutes, four of them from inside the office. {NO_MEDIA}",
        (Action("Compare the scheduled times of the week’s other releases with the release calendar", PUBLISHING, 1),),
    ),
    "returned": Narrative(
        Cause.NOT_AUTHORISED,
        "The statistician on duty noticed at 9:32am that the release was missing and called the publishing team. The "
        "page had not been authorised. A publishing officer authorised it shortly before 9:36am.",
        f"All users had access six minutes late. Some asked the statistics mailbox when it would appear. {NO_MEDIA}",
        (Action("Check all authorisations on the day before a release", PUBLISHING, 15, ReportTerm.LONG),),
    ),
    "approved": Narrative(
        Cause.SCHEDULER_FAULT,
        "The scheduler did not start the publication at 9:30am. The publishing team published the page by hand at "
        "9:56am, after a call from the statistician on duty.",
        f"All users had access 26 minutes late. One train operator asked for the figures by phone. {NO_MEDIA}",
        (
            Action("Check the scheduler’s log from 9:25am on release days", PUBLISHING, 10),
            Action("Replace the scheduler with the publishing platform’s own", PUBLISHING, 60, ReportTerm.LONG),
        ),
    ),
    "sent": Narrative(
        Cause.WRONG_FILE,
        "The page was published on time, but its data tables were attached to the previous edition. The statistician "
        "on duty found this at 9:41am, and the publishing team moved the file at 9:52am.",
        f"Users could read the main points on time, and the tables 22 minutes late. {NO_MEDIA}",
        (
            Action(
                "Add the data tables to the checklist of the release morning", "Senior statistician", 5, is_done=True
            ),
        ),
    ),
    "answered": Narrative(
        Cause.SCHEDULER_FAULT,
        "Shortly after 9:30am the statistician on duty did not find the release, and called the publishing team. The "
        "scheduler had not published the page. The team published it by hand shortly before 10:30am.",
        "All users had access 57 minutes late. Two users asked the statistics mailbox when the release would appear; "
        f"both had an answer within the hour. {NO_MEDIA}",
        (
            Action("Publish the page by hand and check the morning’s other releases", PUBLISHING, 0, is_done=True),
            Action("Check the scheduler’s settings and test them before the next release", PUBLISHING, 25),
        ),
    ),
    "closed": Narrative(
        Cause.PROCESSING_ERROR,
        "A table failed its last automatic check at 9:28am. The statisticians corrected it and published at 9:43am.",
        f"All users had access 13 minutes late. The published figures were right. {NO_MEDIA}",
        (Action("Run the last check on the day before the release", METHODS, 20, is_done=True),),
    ),
    "joined": Narrative(
        Cause.OUTAGE,
        "The publishing platform was unavailable from 9:24am to 9:48am. All releases of the morning were published "
        "as soon as it was available again.",
        f"All users had access to the three releases 18 minutes late. The office posted a notice at 9:35am. {NO_MEDIA}",
        (Action("Agree with the platform’s provider how we are notified of an outage", PUBLISHING, 30, is_done=True),),
    ),
    "public": Narrative(
        Cause.LATE_FIX,
        "An error in the regional totals was found at 9:15am. The Head of Profession decided to correct it before "
        "publication. The corrected release was published at 11:12am.",
        "All users had access one hour and 42 minutes late. The office explained the delay on its website at 9:40am. "
        "Three newspapers asked for the time of publication.",
        (
            Action("Compare the regional totals with the national one in the first draft", METHODS, 20, is_done=True),
            Action("Publish the agreed wording for delays on the website", "Senior statistician", 40, ReportTerm.LONG),
        ),
    ),
    "withdrawn": Narrative(
        Cause.STATUS_MISUNDERSTOOD,
        "The release was published at 10:03am. The team believed that another time had been agreed for it.",
        f"All users had access 33 minutes late. {NO_MEDIA}",
        (Action("Record agreed times in the release calendar on the same day", "Calendar manager", 5, is_done=True),),
    ),
    "parted": Narrative(
        Cause.SCHEDULER_FAULT,
        "The scheduler looked for the page in another folder. The publishing team moved it and published it by hand.",
        f"All users had access some minutes late. {NO_MEDIA}",
        (Action("Add the folder to the checklist of the release morning", PUBLISHING, 10, is_done=True),),
    ),
}
RETURNED = "Say how many users asked. Name the first release for which authorisations will be checked."


@dataclass(frozen=True, slots=True)
class Case:
    """The drafts of one story. The day of each step is given as a number of working days after the day of `due_at`."""

    drafts: Sequence[Report]
    due_at: datetime
    narrative: Narrative | None
    submitted_after: int = 0
    """The number of working days from the breach until the report is submitted."""

    def at(self, working_days: int, clock_time: time) -> datetime:
        """Return the instant of a London time on the day that is `working_days` working days after the breach."""
        day = working_days_away(local_date(self.due_at), working_days, nation=Nation.ENGLAND)
        return from_london(datetime.combine(day, clock_time))


def write_up(story: str, drafts: Sequence[Report], due_at: datetime) -> None:
    """Apply the steps of a story to its drafts. Each step is recorded with its own time in the past."""
    _STEPS[story](Case(drafts, due_at, NARRATIVES.get(story)))


def answer_for_unreachable_site(release: Release) -> None:
    """Record a staff statement that a release was live on time.

    Checks could not show this, because the site was unreachable.
    """
    assert release.due_at is not None, release  # noqa: S101  # it was due
    statements.record_live_time(
        release,
        live_at=release.due_at,
        by=find_user(Role.HEAD_OF_PROFESSION),
        at=release.due_at + timedelta(minutes=40),
        words="The publishing system shows that the page was published at 9:30am. The site was overloaded.",
    )


def record_demo_correction(release: Release) -> None:
    """Record that an error was found on the afternoon of a release, and corrected two hours later."""
    assert release.due_at is not None, release  # noqa: S101  # it was due
    found_at = release.due_at + timedelta(hours=5)
    facts = CorrectionFacts(
        what_was_wrong="The table by region showed the figures of the North and the Midlands in each other’s rows.",
        found_at=found_at,
        corrected_at=found_at + timedelta(hours=2),
        public_notice="We corrected the table by region. The rows of the North and the Midlands were swapped.",
    )
    by, at = find_user(Role.STATISTICIAN), found_at + timedelta(hours=2, minutes=10)
    published_corrections.record_correction(release, facts, by=by, at=at, seen=0)


def _leave(case: Case) -> None:
    """Leave the draft as it is. In the demonstration, completing the draft is an open task."""


def _submit(case: Case, report: Report | None = None) -> Report:
    """Assign and complete a report, and submit it `submitted_after` working days after the breach."""
    statistician = find_user(Role.STATISTICIAN)
    report = report or case.drafts[0]
    assert case.narrative is not None  # noqa: S101  # a report that is submitted says what happened
    taken_at = max(case.due_at, report.drafted_at) + timedelta(minutes=5)
    report = editing.assign_report(_fresh(report), person=statistician, by=statistician, at=taken_at)
    content = versions.content_of(report)
    account = content.circumstances.removesuffix(f" {CAUSE_NOT_RECORDED}")
    written_at = case.at(0, time(11, 20))
    for section, values in (
        (ReportSection.CIRCUMSTANCES, {"circumstances": f"{account}\n\n{case.narrative.cause}"}),
        (ReportSection.IMPACT, {"impact": case.narrative.impact}),
    ):
        editing.save_section(
            report,
            section=section,
            values={field: getattr(content, field) for field in editing.FIELDS[section]} | values,
            expected_version=_fresh(report).version,
            by=statistician,
            at=written_at,
        )
        written_at += timedelta(minutes=4)
    report = editing.choose_cause(_fresh(report), ChosenCause(case.narrative.code), by=statistician, at=written_at)
    for action in case.narrative.actions:
        plan = Plan(action.text, action.term, action.owner, local_date(case.at(action.days, time())))
        added = corrective_actions.add_action(report, plan, by=statistician, at=written_at)
        if action.is_done:
            # `done_at` is in the past, because only reports that were decided long ago have finished actions.
            done_at = case.at(action.days, time(16))
            corrective_actions.finish_action(added, done=True, by=statistician, at=done_at)
    return decisions.submit_report(_fresh(report), by=statistician, at=case.at(case.submitted_after, time(14, 10)))


def _submit_later(case: Case) -> None:
    """Submit a report after three working days, because the office first had to find out who had read the release."""
    _submit(replace(case, submitted_after=3))


def _return(case: Case) -> None:
    head = find_user(Role.HEAD_OF_PROFESSION)
    submitted = _submit(case)
    at = case.at(1, time(10, 5))
    comments.add_comment(submitted, section=ReportSection.IMPACT, words="How many users asked?", by=head, at=at)
    decisions.return_report(_fresh(submitted), comment=RETURNED, by=head, at=at + timedelta(minutes=3))


def _approve(case: Case, report: Report | None = None) -> Report:
    submitted = _submit(case, report)
    at = case.at(1, time(15, 30))
    decisions.approve_report(submitted, by=find_user(Role.HEAD_OF_PROFESSION), at=at, render=pdf.render_pdf)
    return _fresh(submitted)


def _send(case: Case, report: Report | None = None) -> Report:
    approved = _approve(case, report)
    at = case.at(2, time(9, 45))
    return dispatches.record_sent_outside(
        approved, recipient=RECIPIENT, sent_on=local_date(at), by=find_user(Role.HEAD_OF_PROFESSION), at=at
    )


def _answer(case: Case, report: Report | None = None) -> Report:
    sent = _send(case, report)
    return decisions.record_answer(
        sent,
        answer="Thank you for reporting this. We have recorded it and have no further questions.",
        by=find_user(Role.STATISTICIAN),
        at=case.at(6, time(11)),
    )


def _publish(case: Case) -> Report:
    answered = _answer(case)
    at = case.at(7, time(14))
    seen = statement_digest(publication.preview_statement(answered, now=at))
    publication.publish_statement(answered, seen=seen, by=find_user(Role.HEAD_OF_PROFESSION), at=at)
    return _fresh(answered)


def _close(case: Case, report: Report | None = None) -> None:
    _close_report(case, _answer(case, report))


def _close_public(case: Case) -> None:
    _close_report(case, _publish(case))


def _close_report(case: Case, report: Report) -> None:
    head = find_user(Role.HEAD_OF_PROFESSION)
    decisions.close_report(report, words="All actions are agreed.", by=head, at=case.at(9, time(16)))


def _combine(case: Case) -> None:
    statistician = find_user(Role.STATISTICIAN)
    joint = merging.merge_drafts(case.drafts, by=statistician, at=case.due_at + timedelta(minutes=30))
    _close(case, joint)


def _separate(case: Case) -> None:
    """Combine two drafts, separate them again, close one and record the other in the breach log only."""
    statistician = find_user(Role.STATISTICIAN)
    joint = merging.merge_drafts(case.drafts, by=statistician, at=case.due_at + timedelta(minutes=24))
    merging.split_report(_fresh(joint), by=statistician, at=case.due_at + timedelta(minutes=29))
    first, second = case.drafts
    _record(case, second)
    _close(case, _fresh(first))


def _record(case: Case, report: Report | None = None) -> None:
    decisions.record_report(
        _fresh(report or case.drafts[0]),
        reason=RecordingReason.NO_EFFECT,
        words="It was a few minutes late, and no user asked for it.",
        by=find_user(Role.HEAD_OF_PROFESSION),
        at=case.at(1, time(9, 50)),
    )


def _dismiss(case: Case) -> None:
    decisions.dismiss_report(
        case.drafts[0],
        reason=DismissalReason.CACHE_ONLY,
        words="The page was published on time. A cache showed readers near us the old copy for two and a half minutes.",
        by=find_user(Role.HEAD_OF_PROFESSION),
        at=case.at(1, time(12, 15)),
    )


def _withdraw(case: Case) -> None:
    dispatches.send_withdrawal(
        _send(case),
        notice="The later time had been agreed and announced elsewhere. Our calendar did not show it.",
        by=find_user(Role.HEAD_OF_PROFESSION),
        at=case.at(4, time(10, 30)),
    )


def _fresh(report: Report) -> Report:
    return Report.objects.select_related("producer").get(pk=report.pk)


_STEPS: Mapping[str, Callable[[Case], object]] = {
    "draft": _leave,
    "with_hop": _submit_later,
    "returned": _return,
    "approved": _approve,
    "recorded": _record,
    "sent": _send,
    "answered": _publish,
    "closed": _close,
    "joined": _combine,
    "public": _close_public,
    "dismissed": _dismiss,
    "withdrawn": _withdraw,
    "parted": _separate,
}
