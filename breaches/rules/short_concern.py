"""The short concern: half a page that a Head of Profession can send instead of the form, from the same content.

The GSS replaced the form's process of 2018 to 2021 with a lighter one. Source: Analysis Function blog, "A simpler way
to report concerns under the Code of Practice for Statistics".
"""

from dataclasses import dataclass
from datetime import datetime

from breaches.rules.content import ReportContent
from breaches.rules.document import (
    DRAFT_MARK,
    WITHDRAWN_MARK,
    Line,
    ReportDocument,
    Row,
    link_title,
    make_row,
    paragraphs,
    practice_lines,
)
from releases.rules.calendar import format_day

TITLE = "Concern under the Code of Practice for Statistics"
NOT_YET_WRITTEN = "Not yet written."
NOT_RECORDED = "Not recorded."


@dataclass(frozen=True, slots=True)
class ConcernDocument:
    """A short concern ready to be printed, with `marks` on every page; `source` names the report and its approval."""

    title: str
    rows: tuple[Row, ...]
    number: str
    marks: tuple[str, ...]
    source: str
    approved_at: datetime | None


def lay_out_concern(content: ReportContent, report: ReportDocument, *, withdrawn: bool = False) -> ConcernDocument:
    """Lay out what happened, when, the impact and what is done about it, in the words of the report.

    :param report: the layout of the same content as a report, which has the number, the marks and the approval.
    """
    missing = NOT_YET_WRITTEN if DRAFT_MARK in report.marks else NOT_RECORDED
    head = content.head_of_profession or content.dealing
    cited = [lines for lines in practice_lines(content) if lines]
    contact = ", ".join(filter(None, (head.name, head.email, head.telephone))) if head else ""

    def prose(text: str) -> list[list[Line]]:
        return [[Line(line) for line in lines] for lines in paragraphs(text)] or [[Line(missing)]]

    return ConcernDocument(
        title=TITLE,
        rows=(
            make_row("Statistics", *map(link_title, content.outputs), *([Line(name)] for name in content.producers)),
            make_row("What happened", *prose(content.circumstances)),
            make_row("When", *([[Line(format_day(on))] for on in content.occurred_on] or [[Line(missing)]])),
            make_row("Impact", *prose(content.impact)),
            make_row("What is being done", *prose(content.corrective_actions)),
            make_row("Practices", *(cited or [[Line(missing)]])),
            make_row("Contact", [Line(contact or missing)]),
        ),
        number=report.number,
        marks=(*((WITHDRAWN_MARK,) if withdrawn else ()), *report.marks),
        source=f"From report {report.number}. {report.decision}".strip(),
        approved_at=report.approved_at,
    )
