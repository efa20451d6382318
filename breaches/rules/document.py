"""Lay out a breach report in the published form or as a short concern.

Web pages and the PDF share the template for the body of the form. Only the PDF shows the title.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import chain
from typing import NamedTuple

from breaches.rules.annex import AnnexLayout, lay_out_annex, printable
from breaches.rules.content import ContactPerson, Output, ReportContent, content_digest, is_web_address
from breaches.rules.facts import exact_time, join_words
from breaches.rules.incident import shorten_list
from releases.rules.calendar import format_day, format_moment
from releases.rules.lifecycle import Role

# templates/breaches/document.html repeats this title in sentence case: in the <title> of the PDF and in `data-title`,
# from which static/pdf/report.css makes the header of each page except the first.
TITLE = "REPORT OF A BREACH OF THE CODE OF PRACTICE FOR STATISTICS"
# Some reports published in 2020-21 used the first of these labels, and others used the second.
HEAD_LABEL = "Name and contact details of Head of Profession for Statistics"
LEAD_OFFICIAL_LABEL = "Name and contact details of Head of Profession for Statistics or Lead Official"
DRAFT_MARK = "DRAFT: suspected breach, not yet decided"
CORRECTION_MARK = "DRAFT: correction of version {number}, not yet approved"
RECORDED_MARK = "RECORDED: in the office’s breach log only, not reported"
DISMISSED_MARK = "DISMISSED: suspected breach, decided not to be a breach"
JOINED_MARK = "COMBINED: continued in a combined report for the same morning"
PARTED_MARK = "SEPARATED: continued in other reports"
WITHDRAWN_MARK = "WITHDRAWN: this report was withdrawn"
REHEARSAL_MARK = "REHEARSAL: no real release and no real breach"
TRAINING_MARK = "TRAINING: no real release and no real breach. This report is never sent"

CONCERN_TITLE = "Concern under the Code of Practice for Statistics"
NOT_YET_WRITTEN = "Not yet written."
NOT_RECORDED = "Not recorded."

CODE = "Code of Practice for Statistics"
# The Code had another name before edition 2.0. Source: uksa.statisticsauthority.gov.uk/publication/code-of-practice
CODES = {"1.0": "Code of Practice for Official Statistics"}
_FOUND_AND_CORRECTED = "Describe how the breach was found, how it was corrected, and who was notified and when."
ACCOUNT_PROMPT = f"{_FOUND_AND_CORRECTED} Use job titles, not people’s names."
CAUSE_PROMPT = f"{_FOUND_AND_CORRECTED} Add the cause, if it is known. Use job titles, not people’s names."
ACCESS_PROMPT = (
    "Answer the questions under ‘What happened’. They ask what was sent or could be seen, when, and how many people "
    "received it or had access. They also ask when the breach was noticed and contained, and what happened to the "
    "material. Add the cause, if it is known. Use job titles and organisations, not people’s names."
)
INCIDENT_PROMPT = (
    "Answer the questions under ‘What happened’: what happened, when, when it was noticed and when it was corrected. "
    "Add the cause, if it is known. Use job titles, not people’s names."
)
MISSING_CAUSE_PROMPT = "Add the cause, if it is known."
IMPACT_PROMPT = "Describe the effect on your organisation and on users, any reaction, and any media interest."
ACTIONS_PROMPT = (
    "Describe what has been done or is planned, in the short term and in the long term, so that this does not happen "
    "again."
)

ROLE_NAMES = {
    Role.HEAD_OF_PROFESSION: "Head of Profession for Statistics",
    Role.DEPUTY: "Deputy Head of Profession for Statistics",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table cell. `href` is empty if the line is not a link."""

    text: str
    href: str = ""


# A row of a section's table. The first item is the label on the form. The second item has the entries, and each entry
# is a tuple of lines. If the field is empty, there are no entries.
type Row = tuple[str, tuple[tuple[Line, ...], ...]]


@dataclass(frozen=True, slots=True)
class DocumentSection:
    """One numbered section of the form.

    Each paragraph is a tuple of lines. `prompt` asks the author for missing text. The entries of `timeline` are sorted
    by time. Each entry consists of a London time and a tuple of lines.
    """

    heading: str
    rows: tuple[Row, ...] = ()
    paragraphs: tuple[tuple[str, ...], ...] = ()
    prompt: str = ""
    timeline: tuple[tuple[str, tuple[str, ...]], ...] = ()


class SentVersion(NamedTuple):
    """A version of a report that reached its recipient. `sent_on` is a day in London."""

    number: int
    recipient: str
    sent_on: date


@dataclass(frozen=True, slots=True)
class ReportDocument:
    """A report that is ready to be shown or printed.

    `marks` are short notices, such as `DRAFT_MARK`, that are printed on every page. `evidence_hash` is the digest of
    the checks to which the approval is bound. If the approver read the report with an annex, these are the checks that
    were on record at that time. Otherwise, they are the checks that were on record at the approval. The hash is empty
    if the report is not approved or has no checks. `correction` says which version a corrected report replaces. It is
    empty if no earlier version reached its recipient.

    If you add a text field, also handle the field in `_with_whole_hyphens` of breaches/pdf.py.
    """

    title: str
    sections: tuple[DocumentSection, ...]
    number: str
    version: int
    content_hash: str
    evidence_hash: str
    marks: tuple[str, ...]
    decision: str
    approved_at: datetime | None
    is_draft: bool
    correction: str = ""
    annex: AnnexLayout | None = None

    @property
    def hashes(self) -> tuple[tuple[str, str], ...]:
        """The version of the report, and the digests of the content, the checks, the screenshots and the attachments.

        Each item has a label and a value. The items are printed with the annex.
        """
        rows = [("Version of the report", str(self.version)), ("SHA-256 of the content", self.content_hash)]
        if self.evidence_hash:
            rows.append(("SHA-256 of the checks behind it", self.evidence_hash))
        return (*rows, *(self.annex.digests if self.annex else ()))


@dataclass(frozen=True, slots=True)
class ConcernDocument:
    """A short concern, half a page long. A Head of Profession can send it instead of the form.

    `source` states the number of the report and the decision on the report.

    The form was used from 2018 to 2021. The GSS then replaced the process that used the form with a lighter process.
    Source: Analysis Function blog, "A simpler way to report concerns under the Code of Practice for Statistics".
    """

    title: str
    rows: tuple[Row, ...]
    number: str
    marks: tuple[str, ...]
    source: str
    approved_at: datetime | None
    correction: str = ""


def lay_out(
    content: ReportContent,
    *,
    number: str,
    version: int,
    approved_at: datetime | None = None,
    evidence_hash: str = "",
    lead_official: bool = False,
    with_cause_prompt: bool = False,
    cause_prompt: str = CAUSE_PROMPT,
    rehearsal: bool = False,
    training: bool = False,
    decided: str = "",
    decision: str = "",
    to_approve: bool = False,
    replaced: SentVersion | None = None,
) -> ReportDocument:
    """Lay out a report's content with the exact labels and order of the published form.

    If both `approved_at` and `decided` are missing, every page is marked as a draft, and sections without text show a
    prompt.

    :param number: the short number of the report, which is printed on every page.
    :param lead_official: whether to use the label that also names a Lead Official. For drafts, the caller passes the
        setting `LEAD_OFFICIAL`. An approved report uses the label that is recorded in its content.
    :param training: whether the report is part of a training. If so, every page is marked as a training and not as a
        rehearsal.
    :param with_cause_prompt: whether to show `cause_prompt` even if the circumstances have text. This is for drafts
        whose circumstances are still the automatic text.
    :param decided: the mark for a report that was decided without an approved document, such as `DISMISSED_MARK`.
    :param decision: a text that says who approved the report, or who made another decision and why.
    :param to_approve: whether the reader can approve the report on the page that shows this document.
    :param replaced: the version that a corrected report replaces.
    """
    draft = approved_at is None and not decided
    draft_mark = CORRECTION_MARK.format(number=replaced.number) if replaced else DRAFT_MARK
    mark = "" if approved_at else decided or draft_mark
    return ReportDocument(
        title=TITLE,
        sections=(
            DocumentSection(
                "1. Core Information",
                rows=_core_information(content, lead_official=content.lead_official or lead_official),
            ),
            DocumentSection(
                "2. Circumstances of breach",
                rows=_circumstances(content),
                paragraphs=paragraphs(content.circumstances),
                prompt=cause_prompt if draft and (with_cause_prompt or not content.circumstances.strip()) else "",
                timeline=tuple(
                    (exact_time(entry.at), tuple(printable(entry.text).strip().split("\n")))
                    for entry in sorted(content.timeline, key=lambda entry: entry.at)
                ),
            ),
            DocumentSection(
                "3. Impact of the breach",
                paragraphs=paragraphs(content.impact),
                prompt=IMPACT_PROMPT if draft and not content.impact.strip() else "",
            ),
            DocumentSection(
                "4. Corrective actions (taken or planned) to prevent re-occurrence",
                paragraphs=paragraphs(content.corrective_actions),
                prompt=ACTIONS_PROMPT if draft and not content.corrective_actions.strip() else "",
            ),
        ),
        number=number,
        version=version,
        content_hash=content_digest(content),
        evidence_hash=evidence_hash,
        marks=tuple(filter(None, (mark, TRAINING_MARK if training else REHEARSAL_MARK if rehearsal else ""))),
        decision=printable(decision),
        approved_at=approved_at,
        annex=lay_out_annex(content.annex, approved=approved_at is not None, to_approve=to_approve)
        if content.annex
        else None,
        is_draft=draft,
        correction=describe_correction(replaced) if replaced else "",
    )


def lay_out_concern(content: ReportContent, report: ReportDocument, *, withdrawn: bool = False) -> ConcernDocument:
    """Lay out a short concern with the text of the report.

    The list of posts with pre-release access is left out, because a concern has to fit on half a page.

    :param report: the full report, laid out from the same content. The number, marks, approval and correction are
        copied from it. The version is only named if the report is a correction.
    """
    missing = NOT_YET_WRITTEN if report.is_draft else NOT_RECORDED
    head = content.head_of_profession or content.dealing
    cited = [lines for lines in _practice_lines(content) if lines]
    contact = ", ".join(filter(None, (head.name, head.email, head.telephone))) if head else ""
    named = f"{report.number}, version {report.version}" if report.correction else report.number

    def prose(text: str) -> list[list[Line]]:
        return [[Line(line) for line in lines] for lines in paragraphs(text)] or [[Line(missing)]]

    return ConcernDocument(
        title=CONCERN_TITLE,
        rows=(
            _make_row("Statistics", *map(_link_title, content.outputs), *([Line(name)] for name in content.producers)),
            _make_row("What happened", *prose(shorten_list(content.circumstances))),
            _make_row("When", *([[Line(format_day(on))] for on in content.occurred_on] or [[Line(missing)]])),
            _make_row("Impact", *prose(content.impact)),
            _make_row("What is being done", *prose(content.corrective_actions)),
            _make_row("Practices", *(cited or [[Line(missing)]])),
            _make_row("Contact", [Line(contact or missing)]),
        ),
        number=report.number,
        marks=(*((WITHDRAWN_MARK,) if withdrawn else ()), *report.marks),
        source=f"From report {named}. {report.decision}".strip(),
        approved_at=report.approved_at,
        correction=report.correction,
    )


def describe_correction(replaced: SentVersion) -> str:
    """Write which version a corrected report replaces, and to whom and when that version was sent."""
    recipient = printable(replaced.recipient)
    return (
        f"Corrected report. This replaces version {replaced.number}, sent to {recipient} on "
        f"{format_day(replaced.sent_on)}."
    )


def describe_approval(by: str, role: Role, *, at: datetime, one_person: bool, absent: str = "") -> str:
    """Write who approved a report, and whether the same person had also written or submitted the report.

    :param absent: the name of an absent Head of Profession for whom the person approved the report.
    """
    name = f"for {absent}, Head of Profession" if absent else ROLE_NAMES.get(role, role.replace("_", " "))
    sentence = f"Approved by {by}, {name}, at {format_moment(at)}."
    return f"{sentence} One person both wrote and approved this report." if one_person else sentence


def describe_removals(moments: Iterable[datetime]) -> str:
    """Write on which days text was redacted after its approval. The moments are aware, and at least one."""
    return f"Text was removed on {join_words(dict.fromkeys(map(format_day, moments)))}, after approval."


def paragraphs(text: str) -> tuple[tuple[str, ...], ...]:
    """Split plain text into paragraphs at blank lines. Each paragraph is a tuple of lines."""
    parts = re.split(r"\n\s*\n", printable(text).strip())
    return tuple(tuple(part.strip().split("\n")) for part in parts if part.strip())


def _core_information(content: ReportContent, *, lead_official: bool) -> tuple[Row, ...]:
    return (
        _make_row("Title and link to statistical output", *map(_link_title, content.outputs)),
        _make_row("Name of producer organisation", *([Line(name)] for name in content.producers)),
        _make_row("Name and contact details of person dealing with report", _person(content.dealing)),
        _make_row(LEAD_OFFICIAL_LABEL if lead_official else HEAD_LABEL, _person(content.head_of_profession)),
        _make_row("Link to published statement about the breach (if relevant)", [_link(content.statement_url)]),
        _make_row("Date of breach report", [Line(format_day(content.report_date))] if content.report_date else []),
    )


def _circumstances(content: ReportContent) -> tuple[Row, ...]:
    return (
        _make_row("Relevant principle(s) and practice(s)", *_practice_lines(content)),
        _make_row("Date of occurrence of breach", *([Line(format_day(on))] for on in content.occurred_on)),
    )


def _practice_lines(content: ReportContent) -> list[list[Line]]:
    """Return the lines for each practice that the report cites.

    Practices from the Code come first, with the name and edition of the Code. Practices that people entered as text
    follow.
    """
    cited = []
    for practice in content.practices:
        code = CODES.get(practice.edition, CODE)
        cited.append([Line(f"{practice.citation} ({code}, edition {practice.edition}){practice.for_date}")])
    return [*cited, [Line(line) for paragraph in paragraphs(content.other_practices) for line in paragraph]]


def _person(person: ContactPerson | None) -> list[Line]:
    return [Line(person.name), Line(person.email), Line(person.telephone)] if person else []


def _link_title(output: Output) -> list[Line]:
    """Return the title of an output as a link to its address.

    If there is no title or the address is not a valid web address, return the title and the address on separate lines.
    """
    if output.title.strip() and is_web_address(output.url):
        return [Line(output.title, href=output.url)]
    return [Line(output.title), _link(output.url)]


def without_links(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows with plain text instead of links.

    If the address of a link differs from the text of the link, the address is added as a line below the text.
    """
    return tuple(
        (label, tuple(tuple(chain.from_iterable(map(_unlink, entry))) for entry in entries)) for label, entries in rows
    )


def _unlink(line: Line) -> list[Line]:
    return [Line(line.text)] + ([Line(line.href)] if line.href not in {"", line.text} else [])


def without_links_to_outputs(document: ReportDocument) -> ReportDocument:
    """Return a document without links in its first section, which lists the outputs.

    The addresses of the outputs are shown as text.
    """
    first, *others = document.sections
    return replace(document, sections=(replace(first, rows=without_links(first.rows)), *others))


def _link(url: str) -> Line:
    return Line(url, href=url if is_web_address(url) else "")


def _make_row(label: str, *entries: list[Line]) -> Row:
    """Return a row without empty lines and without empty entries."""
    printed = (
        tuple(Line(printable(line.text).replace("\n", " ").strip(), line.href) for line in entry if line.text.strip())
        for entry in entries
    )
    return label, tuple(filter(None, printed))
