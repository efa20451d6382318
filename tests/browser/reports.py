"""The pages of breach reports in every state, for the tests that open every page."""

from datetime import date, timedelta

from breaches import attachments, comments, compliance, corrective_actions, drafting, editing, publication
from breaches.compliance import ComplianceFiles
from breaches.models import Report
from breaches.redaction import KIND
from breaches.rules.compliance import PolicySection, compliance_digest
from breaches.rules.content import FORM_SECTIONS
from breaches.rules.lifecycle import ReportStatus, ReportTerm
from breaches.rules.public_statement import statement_digest
from statsoffice.redaction import redact
from tests.support.factories import SEED_DUE
from tests.support.people import AT, create_report


def pages_of_yearly_table(morning) -> None:
    """Add the pages of a compliance table that was approved before there was a report, and of punctuality."""
    producer, head = morning.office.producer, morning.office.head
    slug, year = producer.slug, AT.year
    text = "We publish official statistics."
    compliance.save_policy_section(
        producer, year, PolicySection.INTRODUCTION, text, seen=0, by=morning.office.statistician, at=AT
    )
    content = compliance.read_content(producer, year, by=head, now=AT)[0]
    compliance.approve_table(
        producer,
        year,
        read_sha256=compliance_digest(content),
        by=head,
        at=AT,
        write=lambda layout: ComplianceFiles(layout.title.encode(), b"odt", b"pdf"),
    )
    compliance.switch_punctuality(producer, on=True, seen=0, by=head, at=AT)
    morning.add("compliance tables", "breaches:yearly_tables")
    morning.add("a compliance table", "breaches:yearly_table", slug, year)
    morning.add("the text of a policy", "breaches:policy_section", slug, year, PolicySection.DATE_CHANGES)
    morning.add("approving a compliance table", "breaches:approve_yearly_table", slug, year)
    morning.add("the list behind a figure", "breaches:yearly_list", slug, year, "due")
    morning.add("an approved list behind a figure", "breaches:frozen_list", slug, year, 1, "due")
    morning.add("the switch of punctuality", "breaches:switch_punctuality", slug)
    morning.add("who shows punctuality", "transparency:punctuality_list")
    morning.add("punctuality", "transparency:punctuality", slug)


def pages_of_reports(morning) -> str:
    """Add the pages of a report in every state, and return the reference of one that was approved."""
    drafting.draft_missing(now=SEED_DUE + timedelta(minutes=5))
    reports: dict[str, Report] = {}
    for status in ReportStatus:
        reports[status] = create_report(
            morning.office, status, reference=f"report-{status.replace('_', '-')}", title=f"Reported, {status}"
        )
        morning.add(f"a report, {status}", "breaches:report", reports[status].reference)
    draft, with_hop = reports[ReportStatus.DRAFT].reference, reports[ReportStatus.WITH_HOP].reference
    decided, sent = reports[ReportStatus.APPROVED].reference, reports[ReportStatus.SENT].reference
    note = editing.write_note(
        reports[ReportStatus.DRAFT],
        text="The duty statistician told the digital team by phone.",
        happened_at=SEED_DUE + timedelta(minutes=5),
        by=morning.office.statistician,
        at=AT,
        printed=True,
    )
    kept = corrective_actions.add_action(
        reports[ReportStatus.DRAFT],
        corrective_actions.Plan(
            "Manual check at the next release", ReportTerm.SHORT, "Head of dissemination", date(2020, 7, 14)
        ),
        next_release_of=reports[ReportStatus.DRAFT].find_series().first(),
        by=morning.office.statistician,
        at=AT,
    )
    morning.add("changing an action", "breaches:change_action", draft, kept.pk)
    morning.add("correcting a note", "breaches:correct_note", draft, note.pk)
    comments.add_comment(
        reports[ReportStatus.DRAFT], section=FORM_SECTIONS[0], words="Which page?", by=morning.office.head, at=AT
    )
    morning.add("commenting", "breaches:comment", draft, FORM_SECTIONS[0])
    added = attachments.add_attachment(
        reports[ReportStatus.DRAFT], name="cms.log", body=b"09:31 queued", by=morning.office.statistician, at=AT
    )
    morning.add("deleting a file", "breaches:delete_attachment", draft, added.pk)
    for section in FORM_SECTIONS:
        morning.add(f"section {section}", "breaches:section", draft, section)
    for name, page, reference in (
        ("check your answers", "breaches:check", draft),
        ("taking back", "breaches:take_back", with_hop),
        ("returning", "breaches:return", with_hop),
        ("approving", "breaches:approve", with_hop),
        ("keeping in the log", "breaches:record", with_hop),
        ("dismissing", "breaches:dismiss", with_hop),
        ("reopening", "breaches:reopen", decided),
        ("declaring one's own act", "breaches:own_act", with_hop),
        ("sending", "breaches:send", decided),
        ("having sent", "breaches:sent_outside", decided),
        ("recording an answer", "breaches:note_answer", sent),
        ("correcting", "breaches:correct", sent),
        ("withdrawing", "breaches:withdraw", sent),
        ("closing", "breaches:close", sent),
        ("history", "breaches:history", decided),
        ("technical details", "breaches:technical_details", decided),
        ("a timeline", "breaches:timeline", draft),
        ("who is dealing with it", "breaches:dealing", draft),
        ("the cause", "breaches:cause", draft),
        ("corrective actions", "breaches:actions", draft),
        ("attachments", "breaches:attachments", draft),
        ("adding an action", "breaches:add_action", draft),
        ("writing a note", "breaches:note", draft),
        ("choosing what a timeline prints", "breaches:choose_timeline", draft),
    ):
        morning.add(name, page, reference)
    morning.pages["approving with an annex"] = f"{morning.pages['approving']}?annex=1"
    morning.add("an earlier version", "breaches:version", decided, 1)
    morning.add("changes between versions", "breaches:changes", decided, 1, 3)
    to_publish = reports[ReportStatus.SENT]
    seen = statement_digest(publication.preview_statement(to_publish, now=AT))
    publication.publish_statement(to_publish, seen=seen, by=morning.office.head, at=AT)
    morning.add("making public", "breaches:publish", decided)
    morning.add("taking back from the public", "breaches:unpublish", sent)
    morning.add("what is public of breaches", "transparency:statements")
    morning.add("a public breach", "transparency:statement", sent)
    morning.add("the reports", "breaches:report_list")
    closed = reports[ReportStatus.CLOSED]
    editing.write_note(closed, text="Somebody rang twice.", happened_at=AT, by=morning.office.statistician, at=AT)
    redact(closed, words="Somebody", why="It was asked for.", by=morning.office.head, at=AT)
    done = closed.events.filter(kind=KIND).get()
    morning.add("removing personal details", "redacting:ask", decided)
    morning.add("what a redaction did", "redacting:done", closed.reference, done.position)
    return decided
