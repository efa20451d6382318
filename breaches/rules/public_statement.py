"""The public statement about a breach, without people's names and contact details."""

import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from breaches.rules.content import (
    EMAIL_ADDRESS,
    TELEPHONE_NUMBER,
    WEB_ADDRESS,
    Output,
    ReportContent,
    is_web_address,
    plain_json,
)
from releases.rules.calendar import format_day
from releases.rules.canonical import digest_json, read_dataclass

NAME, EMAIL, TELEPHONE, ADDRESS = (
    "[name removed]",
    "[email address removed]",
    "[telephone number removed]",
    "[web address removed]",
)
# Matches a host with a path, such as "www.example.gov.uk/page". File names such as "a.csv/b.csv" are not hosts.
_HOST_AND_PATH = (
    r"(?<![\w.-])(?:[\w-]+\.)+(?!(?:csv|docx?|html?|json|od[st]|pdf|pptx?|txt|xlsx?|xml)\b)[^\W\d_]{2,}(?::\d+)?"
    r"/[^\s<>\"]*[^\s<>\".,;:!?)\]’”]"
)
# Matches the host in automatic text such as "on its page at www.example.gov.uk".
_HOST = r"(?<=\bat )[a-z][\w-]*(?:\.[\w-]+)+"
# One expression, so that no part of an address that is kept is searched again.
_ANY_ADDRESS = re.compile(f"{WEB_ADDRESS.pattern}|{_HOST_AND_PATH}|{_HOST}", re.IGNORECASE)
_TITLES = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof(?:essor)?|Sir|Dame)\.?\s+"
_NARRATIVES = ("other_practices", "circumstances", "impact", "corrective_actions")


@dataclass(frozen=True, slots=True)
class PublicStatement:
    """The public part of one report.

    It has no fields for the Head of Profession or the person who deals with the report.
    """

    kind: str
    outputs: tuple[Output, ...]
    producers: tuple[str, ...]
    report_date: date | None
    occurred_on: tuple[date, ...]
    practices: tuple[str, ...]
    other_practices: str
    circumstances: str
    impact: str
    corrective_actions: str
    statement_url: str
    # All kinds of the report, with `kind` first. It is empty in statements that were stored before this field existed.
    kinds: tuple[str, ...] = ()

    @property
    def all_kinds(self) -> tuple[str, ...]:
        return self.kinds or (self.kind,)


@dataclass(frozen=True, slots=True)
class ReportedDates:
    """The days on which versions of a report were sent to the regulator.

    `on` is the day for the present version, or None if it was not sent. `earlier` is the day for the last version that
    was sent before the present version, or None if there is no such version.
    """

    on: date | None = None
    earlier: date | None = None


def statement_of(
    content: ReportContent, *, kinds: tuple[str, ...], names: Collection[str], pages: Collection[str]
) -> PublicStatement:
    """Return the public statement for the content of a report.

    :param kinds: all kinds of the report, with its own first.
    :param names: the names to remove from the texts. The names of the report's contacts, except teams, are removed too.
    :param pages: the web addresses that are public. All other web addresses are removed from the texts and outputs.
    """
    own = [person.name for person in (content.dealing, content.head_of_profession) if person and not person.is_team]
    people = {*names, *own}
    texts = {field: without_people(getattr(content, field), names=people, pages=pages) for field in _NARRATIVES}
    return PublicStatement(
        kind=kinds[0],
        kinds=kinds,
        outputs=tuple(Output(output.title, output.url if output.url in pages else "") for output in content.outputs),
        producers=content.producers,
        report_date=content.report_date,
        occurred_on=tuple(sorted(content.occurred_on)),
        practices=tuple(f"{one.citation}{one.for_date}" for one in content.practices),
        statement_url=content.statement_url if is_web_address(content.statement_url) else "",
        **texts,
    )


def without_people(text: str, *, names: Collection[str], pages: Collection[str] = ()) -> str:
    """Remove people's names and contact details from a text. Remove web addresses and hosts that are not in `pages`.

    A page in `pages` is also kept if the text leaves out its scheme, as in "www.example.gov.uk/page".

    The case of names is ignored. The last part of a name is also removed if it follows a title, as in "Ms Hill".
    """
    cleaned = EMAIL_ADDRESS.sub(EMAIL, text)
    public = {*pages, *(urlsplit(page).hostname for page in pages), *(page.partition("://")[2] for page in pages)}
    cleaned = _ANY_ADDRESS.sub(lambda found: found[0] if found[0] in public else ADDRESS, cleaned)
    cleaned = TELEPHONE_NUMBER.sub(TELEPHONE, cleaned)
    for name in sorted(names, key=len, reverse=True):
        parts = name.split()
        if not parts:
            continue
        whole = r"\s+".join(map(re.escape, parts))
        called = rf"(?<!\w)(?:{whole}|{_TITLES}{re.escape(parts[-1])})(?!\w)"
        cleaned = re.sub(called, NAME, cleaned, flags=re.IGNORECASE)
    return cleaned


def statement_to_json(statement: PublicStatement) -> dict[str, Any]:
    value: dict[str, Any] = plain_json(statement)
    return value


def statement_from_json(value: Mapping[str, Any]) -> PublicStatement:
    """Return the statement from the result of `statement_to_json`.

    :raises ValueError: if a field is missing or has the wrong type.
    """
    statement: PublicStatement = read_dataclass(PublicStatement, value)
    return statement


def statement_digest(statement: PublicStatement) -> str:
    return digest_json(statement_to_json(statement))


TITLE = "Statement about a breach of the Code of Practice for Statistics"
OUTPUTS = "Statistical output"
REGULATOR = "the Office for Statistics Regulation"
WIDTH = 72


@dataclass(frozen=True, slots=True)
class StatementSection:
    """One heading with its paragraphs. A paragraph may have several lines.

    `has_links` is true for the section that lists the outputs. Pages show the web addresses in this section as links.
    """

    heading: str
    paragraphs: tuple[str, ...]
    has_links: bool = False


def lay_out_statement(statement: PublicStatement, reported: ReportedDates) -> tuple[StatementSection, ...]:
    """Lay out a public statement under the headings of the published form. Empty fields are left out."""
    return tuple(
        StatementSection(heading, paragraphs, has_links=heading == OUTPUTS)
        for heading, paragraphs in _parts(statement, reported)
        if paragraphs
    )


def statement_as_text(statement: PublicStatement, reported: ReportedDates) -> str:
    """Write a public statement as plain text for an email.

    Lines have at most 72 characters, unless a single word is longer.
    """
    parts = [TITLE, "=" * len(TITLE)]
    for section in lay_out_statement(statement, reported):
        parts += ["", section.heading, "-" * len(section.heading)]
        for paragraph in section.paragraphs:
            parts.append("")
            parts += [
                wrapped
                for line in paragraph.splitlines()
                for wrapped in textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False) or [""]
            ]
    return "\n".join(parts) + "\n"


def _parts(statement: PublicStatement, reported: ReportedDates) -> Iterator[tuple[str, tuple[str, ...]]]:
    lines = ((one.title, one.url if is_web_address(one.url) else "") for one in statement.outputs)
    yield OUTPUTS, tuple("\n".join(filter(None, both)) for both in lines)
    yield "Producer", statement.producers
    yield _dated(statement, reported)
    yield "Date of occurrence of breach", tuple(format_day(on) for on in statement.occurred_on)
    yield "Relevant principles and practices", (*statement.practices, *_paragraphs(statement.other_practices))
    yield "Circumstances of breach", _paragraphs(statement.circumstances)
    yield "Impact of the breach", _paragraphs(statement.impact)
    yield "Corrective actions (taken or planned) to prevent re-occurrence", _paragraphs(statement.corrective_actions)


def _dated(statement: PublicStatement, reported: ReportedDates) -> tuple[str, tuple[str, ...]]:
    on = (format_day(statement.report_date),) if statement.report_date else ()
    if reported.on:
        return "Date of breach report", (*on, f"Reported to {REGULATOR} on {format_day(reported.on)}.")
    sentence = f"Not yet sent to {REGULATOR}."
    if reported.earlier:
        earlier = format_day(reported.earlier)
        sentence = f"An earlier version was reported to {REGULATOR} on {earlier}. This version has not been sent yet."
    return "Approved on", (*on, sentence)


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in re.split(r"\n\s*\n", text.replace("\r\n", "\n")) if part.strip())
