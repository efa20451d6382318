"""Diagrams and tables of the documentation, made from the tables in the code."""

import re
from collections.abc import Callable, Mapping
from enum import StrEnum

from breaches import permissions as breach_permissions
from breaches.rules.lifecycle import REPORT
from releases import permissions as release_permissions
from releases.rules.date_change import REQUEST
from releases.rules.imports import IMPORT
from releases.rules.lifecycle import RELEASE, Lifecycle, Role, spoken
from releases.rules.pre_release import ACCESS
from statsoffice.accounts import permission_matrix
from statsoffice.documentation import rooms, settings_table


def lifecycle(table: Lifecycle) -> str:
    """Draw a lifecycle as a Mermaid block."""
    return f"```mermaid\n{table.diagram()}\n```"


def permissions[A: StrEnum](table: Mapping[A, frozenset[Role]]) -> str:
    """Write a table of actions and roles in Markdown."""
    heads = [spoken(role) for role in Role]
    rows = [
        f"| {spoken(action)} | " + " | ".join("yes" if role in roles else "" for role in Role) + " |"
        for action, roles in table.items()
    ]
    return "\n".join(["| action | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|", *rows])


def who_may_do_what() -> str:
    """Write every table of roles as one, in Markdown."""
    heads = [spoken(role) for role in Role]
    lines = ["| what | action | in state | " + " | ".join(heads) + " |", "|---" * (len(heads) + 3) + "|"]
    for row in permission_matrix.rows():
        states = ", ".join(map(spoken, row.states)) or "any"
        marks = " | ".join("yes" if role in row.roles else "" for role in Role)
        lines.append(f"| {row.subject} | {spoken(row.action)} | {states} | {marks} |")
    return "\n".join(lines)


BLOCKS: dict[str, Callable[[], str]] = {
    "lifecycle of a release": lambda: lifecycle(RELEASE),
    "lifecycle of a request for a change of date": lambda: lifecycle(REQUEST),
    "lifecycle of an import": lambda: lifecycle(IMPORT),
    "lifecycle of a report": lambda: lifecycle(REPORT),
    "lifecycle of pre-release access": lambda: lifecycle(ACCESS),
    "who may do what": who_may_do_what,
    "permissions on releases": lambda: permissions(release_permissions.TABLE),
    "rooms of releases": lambda: rooms.table("releases"),
    "rooms of breaches": lambda: rooms.table("breaches"),
    "rooms of statsoffice": lambda: rooms.table("statsoffice"),
    "settings": settings_table.table,
    "permissions on reports": lambda: permissions(breach_permissions.TABLE),
}


def renewed(text: str) -> str:
    """Return a Markdown text with every generated block written anew.

    A block stands between `<!-- made from the code: NAME -->` and `<!-- end -->`.

    :raises KeyError: if a block has a name that nothing is made for.
    """
    pattern = re.compile(r"(<!-- made from the code: (.+?) -->\n).*?(\n<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda found: found[1] + BLOCKS[found[2]]() + found[3], text)
