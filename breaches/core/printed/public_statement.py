"""What anyone may read of a breach: a value without a place for people, and texts without their names and addresses."""

import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any

from breaches.core.content import Output, ReportContent, is_web_address
from breaches.core.reaching_people import EMAIL_ADDRESS, TELEPHONE_NUMBER, WEB_ADDRESS
from releases.rules.canonical import canonical_json, sha256_hex

NAME, EMAIL, TELEPHONE, ADDRESS = (
    "[name removed]",
    "[e-mail address removed]",
    "[telephone number removed]",
    "[web address removed]",
)
_TITLES = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Prof(?:essor)?|Sir|Dame)\.?\s+"
_NARRATIVES = ("other_practices", "circumstances", "impact", "corrective_actions")


@dataclass(frozen=True, slots=True)
class PublicStatement:
    """What is public of one report; it has no field for whoever dealt with it or heads the profession."""

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


@dataclass(frozen=True, slots=True)
class Reported:
    """On which days a report went to the regulator; None where it did not.

    `on`: in the version that the statement is of; `earlier`: in a version before it, last.
    """

    on: date | None = None
    earlier: date | None = None


def statement_of(
    content: ReportContent, *, kind: str, names: Collection[str], pages: Collection[str]
) -> PublicStatement:
    """Make the public statement of a report's content.

    :param names: of people who must not be named; those in the content's own fields are added.
    :param pages: web addresses that anyone may know by now; every other is taken out.
    """
    own = [person.name for person in (content.dealing, content.head_of_profession) if person and not person.is_team]
    people = {*names, *own}
    texts = {field: without_people(getattr(content, field), names=people, pages=pages) for field in _NARRATIVES}
    return PublicStatement(
        kind=kind,
        outputs=tuple(Output(output.title, output.url if output.url in pages else "") for output in content.outputs),
        producers=content.producers,
        report_date=content.report_date,
        occurred_on=tuple(sorted(content.occurred_on)),
        practices=tuple(f"{one.citation}{one.for_date}" for one in content.practices),
        statement_url=content.statement_url if is_web_address(content.statement_url) else "",
        **texts,
    )


def without_people(text: str, *, names: Collection[str], pages: Collection[str] = ()) -> str:
    """Take out of a text what names people or reaches them, and web addresses that are not for everybody.

    A name goes in any spelling of its letters, and the last part of one behind a title ("Ms Hill").
    """
    cleaned = EMAIL_ADDRESS.sub(EMAIL, text)
    cleaned = WEB_ADDRESS.sub(lambda found: found[0] if found[0] in pages else ADDRESS, cleaned)
    cleaned = TELEPHONE_NUMBER.sub(TELEPHONE, cleaned)
    for name in sorted(names, key=len, reverse=True):
        parts = name.split()
        if not parts:
            continue
        whole = r"\s+".join(map(re.escape, parts))
        called = rf"(?<!\w)(?:{whole}|{_TITLES}{re.escape(parts[-1])})(?!\w)"
        cleaned = re.sub(called, NAME, cleaned, flags=re.IGNORECASE)
    return cleaned


def to_json(statement: PublicStatement) -> dict[str, Any]:
    """Write a statement as a JSON-able mapping, dates as ISO 8601."""
    value = asdict(statement)
    value["report_date"] = statement.report_date.isoformat() if statement.report_date else None
    value["occurred_on"] = [day.isoformat() for day in statement.occurred_on]
    return value | {name: list(value[name]) for name in ("outputs", "producers", "practices")}


def from_json(value: Mapping[str, Any]) -> PublicStatement:
    """Read a statement back from what `to_json` wrote."""
    plain = {field.name: value[field.name] for field in fields(PublicStatement)}
    return PublicStatement(
        **plain
        | {
            "outputs": tuple(Output(**output) for output in value["outputs"]),
            "producers": tuple(value["producers"]),
            "practices": tuple(value["practices"]),
            "report_date": date.fromisoformat(value["report_date"]) if value["report_date"] else None,
            "occurred_on": tuple(date.fromisoformat(day) for day in value["occurred_on"]),
        }
    )


def digest(statement: PublicStatement) -> str:
    """Return the SHA-256 of a statement, to tell whether what a person read is what would be public."""
    return sha256_hex(canonical_json(to_json(statement)))
