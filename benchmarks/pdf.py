"""How long the printing of a full report takes, compared with a static page of the same size in WeasyPrint.

The floor is the same text as one finished HTML page with its own short style sheet (page headers and footers, two
tables, links) and a font of the machine. WeasyPrint writes it as PDF/UA-1 with as many pages. The ratio shows the
additional cost of the layout, the template, the longer style sheet, the product's own fonts, and the search for
characters that no font can draw.
"""

import dataclasses
import statistics
import time
from collections.abc import Callable
from datetime import date
from html import escape

from weasyprint import HTML

from benchmarks.row import Limit, Row
from breaches.pdf import render_pdf
from breaches.rules.content import CitedPractice, ContactPerson, Output, ReportContent
from breaches.rules.document import Line, lay_out

LIMIT = Limit(1.3, of="ratio")
PARAGRAPH = "The statistics were not at their announced address when they were due, and users could not read them. "
STATIC_STYLE = """
@page {
  size: A4; margin: 25mm 20mm 28mm;
  @top-left { content: "DRAFT: suspected breach, not yet decided"; font: 700 9.5pt sans-serif; width: 50% }
  @top-right { content: "Report of a breach of the Code of Practice for Statistics"; font-size: 7pt; width: 50% }
  @bottom-left { content: "Report BR-2026-0001, version 1\\A Content SHA-256"; white-space: pre-line; font-size: 7pt }
  @bottom-right { content: "Page " counter(page) " of " counter(pages); font-size: 7pt }
}
body { font: 10.5pt/1.45 "Liberation Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere }
table { border: 0.5pt solid gray; border-spacing: 0; table-layout: fixed; width: 100% }
th, td { border-top: 0.5pt solid gray; padding: 2mm 2.5mm; text-align: left; vertical-align: top }
th { background: #f3f2f1; width: 36% }
a { color: blue }
"""


def full_content() -> ReportContent:
    """Build the content of a report with every row filled in and long narratives: about four pages."""
    practice = CitedPractice("2.1", "T3.6", "Trustworthiness", PARAGRAPH, confirmed=True)
    return ReportContent(
        outputs=tuple(
            Output(f"Quarterly statistics, part {part}", f"https://www.example.gov.uk/statistics/part-{part}")
            for part in range(1, 6)
        ),
        producers=("Office for Examples", "Agency for Instances"),
        dealing=ContactPerson("Ada Hill", "ada.hill@example.gov.uk", "01632 960001"),
        head_of_profession=ContactPerson("Bernard Low", "bernard.low@example.gov.uk"),
        statement_url="https://www.example.gov.uk/statement",
        report_date=date(2026, 6, 30),
        practices=(practice, dataclasses.replace(practice, code="T3.1")),
        occurred_on=(date(2026, 6, 30),),
        circumstances="\n\n".join([PARAGRAPH * 5] * 6),
        impact="\n\n".join([PARAGRAPH * 5] * 5),
        corrective_actions="\n\n".join([PARAGRAPH * 5] * 5),
    )


def static_line(line: Line) -> str:
    """Write one line of a cell as HTML, as a link if it has an address."""
    return f'<a href="{escape(line.href)}">{escape(line.text)}</a>' if line.href else escape(line.text)


def static_page(content: ReportContent) -> str:
    """Write the same text as a plain HTML page with its own style sheet."""
    parts = ["<h1>Report of a breach</h1>"]
    for section in lay_out(content, number="BR-2026-0001", version=1).sections:
        rows = "".join(
            f"<tr><th scope=row>{escape(label)}</th><td>"
            + "".join(f"<div>{'<br>'.join(map(static_line, entry))}</div>" for entry in entries)
            + "</td></tr>"
            for label, entries in section.rows
        )
        parts.append(f"<h2>{escape(section.heading)}</h2>")
        parts.append(f"<table><tbody>{rows}</tbody></table>" if rows else "")
        parts += [f"<p>{escape(line)}</p>" for paragraph in section.paragraphs for line in paragraph]
    body = "".join(parts)
    return f"<!DOCTYPE html><html lang=en-GB><title>Report</title><style>{STATIC_STYLE}</style><body>{body}</body>"


def timed(work: Callable[[], bytes]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def measure(_size: int, *, rounds: int) -> list[Row]:
    """Print both in turns, so that a busy machine slows both. The figures are medians."""
    content = full_content()
    page = static_page(content)

    def report() -> bytes:
        return render_pdf(lay_out(content, number="BR-2026-0001", version=1))

    def floor() -> bytes:
        return bytes(HTML(string=page).write_pdf(pdf_variant="pdf/ua-1"))

    report(), floor()  # the first call of each reads files
    times = [(timed(report), timed(floor)) for _ in range(rounds)]
    ours, bare = (statistics.median(column) * 1000 for column in zip(*times, strict=True))
    return [Row("a report as PDF", ours, "ms", bare, "WeasyPrint, static page", limit=LIMIT)]
