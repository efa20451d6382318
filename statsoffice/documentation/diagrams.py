"""The rooms of the house as tables of the documentation: their order from the contracts, and their own words."""

import pkgutil
import re
import tomllib
from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module

from django.conf import settings

from breaches import permissions as breach_permissions
from breaches.rules.lifecycle import REPORT
from releases import permissions as release_permissions
from releases.rules.date_change import REQUEST
from releases.rules.imports import IMPORT
from releases.rules.lifecycle import RELEASE, Lifecycle, Role, spoken
from releases.rules.pre_release import ACCESS
from statsoffice.accounts import permission_matrix
from statsoffice.documentation import settings_table


def table(package: str) -> str:
    """Write the rooms of a package in Markdown: those of an app from the top down, as its contract has them.

    :param package: "releases", "breaches" or "statsoffice".
    """
    rooms = [room for name in _top_down(package) or _inner(package) for room in (name, *_inner_of_core(name))]
    rows = [f"| `{room.replace('.', '/')}` | {_what(room)} |" for room in rooms]
    return "\n".join([f"| room of {package} | what is in it |", "|---|---|", *rows])


def _top_down(app: str) -> list[str]:
    contracts = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [layer for one in contracts if one.get("containers") == [app] for layer in one["layers"]]
    return [f"{app}.{name}" for layer in layers for name in re.findall(r"\w+", layer)]


def _inner(package: str) -> list[str]:
    return [f"{package}.{found.name}" for found in pkgutil.iter_modules(import_module(package).__path__) if found.ispkg]


def _inner_of_core(room: str) -> list[str]:
    return _inner(room) if room.endswith(".core") else []


def _what(room: str) -> str:
    return (import_module(room).__doc__ or "").partition("\n")[0].removesuffix(".").replace("|", "\\|")


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
    "rooms of releases": lambda: table("releases"),
    "rooms of breaches": lambda: table("breaches"),
    "rooms of statsoffice": lambda: table("statsoffice"),
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
