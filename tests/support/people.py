"""The people of one producer, one for each role, and reports that they have brought into each state."""

from dataclasses import dataclass, replace
from datetime import timedelta

from breaches import corrective_actions, decisions, dispatches, editing, merging
from breaches.corrective_actions import Plan
from breaches.editing import ChosenCause
from breaches.facts import find_unanswered_questions
from breaches.models import Report
from breaches.rules.answers import Answer
from breaches.rules.content import ReportSection
from breaches.rules.lifecycle import (
    MERGED_OR_SPLIT,
    OUT,
    Cause,
    DismissalReason,
    RecordingReason,
    ReportStatus,
    ReportTerm,
)
from breaches.versions import content_of
from releases.models import Membership, Producer
from releases.models.event import record_rows
from releases.rules.lifecycle import Role
from statsoffice.accounts.models import User
from tests.support.factories import ProducerFactory, create_member
from tests.support.report_evidence import london
from tests.support.report_mornings import create_draft

AT = london("11:00")
REGULATOR = "regulation@example.gov.uk"
PDF = b"%PDF-1.7 printed"
IMPACT = "Access was delayed by just under an hour. Nobody has written to us."
ACTIONS = "Short-term: the scheduler was looked at.\n\nLong-term: a person checks at 9:30am."


def render_text(document):
    """A printer for tests that are not about the PDF: the bytes say which document was printed."""
    return PDF + f" {document.number} {document.version} {document.content_hash}".encode()


@dataclass(frozen=True)
class Office:
    """One producer and its people by role."""

    producer: Producer
    people: dict[Role, User]

    @property
    def statistician(self):
        return self.people[Role.STATISTICIAN]

    @property
    def head(self):
        return self.people[Role.HEAD_OF_PROFESSION]

    @property
    def deputy(self):
        return self.people[Role.DEPUTY]


def create_office(**fields) -> Office:
    """A producer with one person for each of the six roles, and one more statistician."""
    producer = ProducerFactory(**fields)
    return Office(producer, {role: create_member(role, producer, name=role.replace("_", " ").title()) for role in Role})


def add_role(user: User, producer: Producer, role: Role) -> None:
    """Grant a person one more role."""
    membership = Membership.objects.create(user=user, producer=producer, role=role)
    record_rows({Membership: [membership.pk]})


def write_sections(report: Report, *, by: User, at=AT, impact=IMPACT, actions=ACTIONS) -> Report:
    """The report with what only people write: two sections, and for some kinds an answer to each required question."""
    if unanswered := find_unanswered_questions(report, content_of(report)):
        unknown = {asked.value: Answer(why_unknown="No one recorded it.") for asked in unanswered}
        values = {"answers": replace(content_of(report).answers, **unknown)}
        version, section = report.version, ReportSection.WHAT_HAPPENED
        editing.save_section(report, section=section, values=values, expected_version=version, by=by, at=at)
    for section, field, text in (
        (ReportSection.IMPACT, "impact", impact),
        (ReportSection.CORRECTIVE_ACTIONS, "corrective_actions", actions),
    ):
        report.refresh_from_db()
        report = editing.save_section(
            report, section=section, values={field: text}, expected_version=report.version, by=by, at=at
        ).report
    unknown = "" if decisions.is_closed(report) else "Nobody saw when it came."
    return editing.choose_cause(report, ChosenCause(Cause.SCHEDULER_FAULT, available_unknown=unknown), by=by, at=at)


def name_person_in_impact(name: str, report: Report, *, by: User) -> Report:
    """The report with an impact that names someone, as it is stored."""
    values = {"impact": f"{name} told two users."}
    editing.save_section(
        report, section=ReportSection.IMPACT, values=values, expected_version=report.version, by=by, at=AT
    )  # fmt: skip
    return Report.objects.select_related("producer").get(pk=report.pk)


def reload_reports(reports):
    """Reports as they are stored by now."""
    return [Report.objects.select_related("producer").get(pk=report.pk) for report in reports]


def create_report(office: Office, status: ReportStatus = ReportStatus.DRAFT, *, complete=True, **fields) -> Report:
    """A report that the office's people have brought into a state: the statistician writes, the head decides."""
    report = create_draft(producer=office.producer, **fields)
    if complete:
        report = write_sections(report, by=office.statistician)
    return move_report(report, office, status)


def move_report(report: Report, office: Office, status: ReportStatus) -> Report:
    """The draft as the office's people bring it into a state."""
    if status is ReportStatus.DRAFT:
        return report
    if status in MERGED_OR_SPLIT:
        return merge_report(report, office, status)
    if status in {ReportStatus.RECORDED, ReportStatus.DISMISSED}:
        return decide_report(report, office, status)
    report = decisions.submit_report(report, by=office.statistician, at=AT + timedelta(minutes=1))
    if status is ReportStatus.RETURNED:
        return decisions.return_report(report, comment="Say more.", by=office.head, at=AT + timedelta(minutes=2))
    if status is ReportStatus.APPROVED:
        return approve(report, office)
    return dispatch_report(approve(report, office), office, status) if status in OUT else report


def decide_report(report: Report, office: Office, status: ReportStatus) -> Report:
    """The draft as its head decides on it without the published form."""
    if status is ReportStatus.RECORDED:
        words = "No reader saw the old page."
        return decisions.record_report(report, reason=RecordingReason.NO_EFFECT, words=words, by=office.head, at=AT)
    words = "The check was wrong."
    return decisions.dismiss_report(report, reason=DismissalReason.CHECK_ERROR, words=words, by=office.head, at=AT)


def create_joint_report(office: Office, report: Report) -> Report:
    """The report that the statistician joins from a draft and one more of the same morning."""
    beside = create_draft(producer=office.producer, reference=f"beside-{report.pk}")
    return merging.merge_drafts([report, beside], by=office.statistician, at=AT)


def create_joint_report_with_actions(office: Office, *, times: int = 1) -> Report:
    """The joint report of a draft with an overdue action and a finished one, joined with more drafts in turn."""
    joint = create_report(office)
    for text in ("A second person looks.", "The page was corrected."):
        plan = Plan(text, ReportTerm.SHORT, "The publishing team", AT.date())
        action = corrective_actions.add_action(joint, plan, by=office.statistician, at=AT)
    corrective_actions.finish_action(action, done=True, by=office.statistician, at=AT)
    (joint,) = reload_reports([joint])
    for _ in range(times):
        joint = create_joint_report(office, joint)
    return joint


def merge_report(report: Report, office: Office, status: ReportStatus) -> Report:
    """The draft once it is joined with another one, or the joint report once it is taken apart."""
    joint = create_joint_report(office, report)
    if status is ReportStatus.PARTED:
        return merging.split_report(joint, by=office.statistician, at=AT)
    return Report.objects.select_related("producer").get(pk=report.pk)


def dispatch_report(report: Report, office: Office, status: ReportStatus) -> Report:
    """The approved report as it is sent and accepted by the mail server and, if so wanted, closed or withdrawn."""
    sent = dispatches.send_report(report, recipient=REGULATOR, by=office.head, at=AT + timedelta(minutes=3))
    accept_dispatch(sent, at=AT + timedelta(minutes=3))
    if status is ReportStatus.CLOSED:
        return decisions.close_report(sent, by=office.head, at=AT + timedelta(minutes=4))
    if status is ReportStatus.WITHDRAWN:
        notice = "The release had been there in time."
        return dispatches.send_withdrawal(sent, notice=notice, by=office.head, at=AT + timedelta(minutes=4))
    return sent


def accept_dispatch(report: Report, *, at) -> None:
    """Record that the mail server has accepted the email of the report that was sent last."""
    dispatch = dispatches.last_dispatch(report)
    assert dispatch is not None
    dispatches.record_acceptance(dispatch, at=at)


def approve(report: Report, office: Office) -> Report:
    """The report with the document that the head of the office approves."""
    document = decisions.approve_report(report, by=office.head, at=AT + timedelta(minutes=2), render=render_text)
    return document.report
