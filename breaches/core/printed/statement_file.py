"""The statement about a breach that an office publishes on its own site: the same words as HTML and as plain text."""

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from breaches.core.content import is_web_address
from breaches.core.printed.public_statement import PublicStatement, Reported
from releases.rules.london import format_day

TITLE = "Statement about a breach of the Code of Practice for Statistics"
OUTPUTS = "Statistical output"
REGULATOR = "the Office for Statistics Regulation"
WIDTH = 72


@dataclass(frozen=True, slots=True)
class StatementSection:
    """One heading with its paragraphs; a paragraph may have several lines.

    `has_links`: the web addresses in it are those of the outputs, and are links on a page.
    """

    heading: str
    paragraphs: tuple[str, ...]
    has_links: bool = False


def sections_of(statement: PublicStatement, reported: Reported) -> tuple[StatementSection, ...]:
    """Lay a public statement out under the headings of the published form; what is empty is left out.

    What was sent to nobody is no report yet, so that its date has a heading of its own.
    """
    return tuple(
        StatementSection(heading, paragraphs, has_links=heading == OUTPUTS)
        for heading, paragraphs in _parts(statement, reported)
        if paragraphs
    )


def as_text(statement: PublicStatement, reported: Reported) -> str:
    """Write a public statement as plain text for mail, in lines of at most 72 signs where words allow it."""
    parts = [TITLE, "=" * len(TITLE)]
    for section in sections_of(statement, reported):
        parts += ["", section.heading, "-" * len(section.heading)]
        for paragraph in section.paragraphs:
            parts.append("")
            parts += [
                wrapped
                for line in paragraph.splitlines()
                for wrapped in textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
            ]
    return "\n".join(parts) + "\n"


def _parts(statement: PublicStatement, reported: Reported) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield (
        OUTPUTS,
        tuple("\n".join(filter(None, (output.title, _address(output.url)))) for output in statement.outputs),
    )
    yield "Producer", statement.producers
    yield _dated(statement, reported)
    yield "Date of occurrence of breach", tuple(format_day(on) for on in statement.occurred_on)
    yield "Relevant principles and practices", (*statement.practices, *_paragraphs(statement.other_practices))
    yield "Circumstances of breach", _paragraphs(statement.circumstances)
    yield "Impact of the breach", _paragraphs(statement.impact)
    yield "Corrective actions (taken or planned) to prevent re-occurrence", _paragraphs(statement.corrective_actions)


def _dated(statement: PublicStatement, reported: Reported) -> tuple[str, tuple[str, ...]]:
    on = (format_day(statement.report_date),) if statement.report_date else ()
    if reported.on:
        return "Date of breach report", (*on, f"Reported to {REGULATOR} on {format_day(reported.on)}.")
    if reported.earlier:
        return "Approved on", (
            *on,
            (
                f"An earlier version was reported to {REGULATOR} on {format_day(reported.earlier)}. "
                "This one is not yet sent."
            ),
        )
    return "Approved on", (*on, f"Not yet sent to {REGULATOR}.")


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip())


def _address(url: str) -> str:
    return url if is_web_address(url) else ""
