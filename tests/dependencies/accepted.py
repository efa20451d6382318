"""The known vulnerabilities that are accepted until a day: a table of pyproject.toml."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

TABLE = "tool.statsoffice.accepted-vulnerabilities"


@dataclass(frozen=True)
class Acceptance:
    """Why an advisory does not fail the audit, and the last day on which it does not."""

    until: date
    reason: str


def read(pyproject: str) -> dict[str, Acceptance]:
    """Read the table; the names of advisories come in capitals.

    :raises ValueError: if an entry has no day or no reason, or something else.
    """
    table = tomllib.loads(pyproject).get("tool", {}).get("statsoffice", {}).get("accepted-vulnerabilities", {})
    return {advisory.upper(): _acceptance(advisory, entry) for advisory, entry in table.items()}


def _acceptance(advisory: str, entry: Any) -> Acceptance:
    said = entry if isinstance(entry, dict) else {}
    until, reason = said.get("until"), said.get("reason")
    is_day = isinstance(until, date) and not isinstance(until, datetime)
    if set(said) != {"until", "reason"} or not is_day or not isinstance(reason, str) or not reason.strip():
        message = f'{advisory} in [{TABLE}] needs a day and a reason: {{ until = 2027-01-31, reason = "..." }}'
        raise ValueError(message)
    return Acceptance(until, reason.strip())
