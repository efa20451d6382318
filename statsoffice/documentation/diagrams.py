"""The generated parts of the documentation: modules in the order of the contracts, lifecycles, roles and settings."""

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
    """Return the modules of a package as a Markdown table with the first line of each docstring.

    The modules of an app are in the order of its contract, from the top layer down. Of `statsoffice`, which has no
    layers, only the packages are listed, by name.
    """
    rows = [
        f"| `{module.replace('.', '/')}` | {_summary(module)} |" for module in _top_down(package) or _packages(package)
    ]
    return "\n".join([f"| module of {package} | contents |", "|---|---|", *rows])


def _top_down(app: str) -> list[str]:
    contracts = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [layer for one in contracts if one.get("containers") == [app] for layer in one["layers"]]
    return [f"{app}.{name}" for layer in layers for name in re.findall(r"\w+", layer)]


def _packages(package: str) -> list[str]:
    return [f"{package}.{found.name}" for found in pkgutil.iter_modules(import_module(package).__path__) if found.ispkg]


def _summary(module: str) -> str:
    return (import_module(module).__doc__ or "").partition("\n")[0].removesuffix(".").replace("|", "\\|")


def lifecycle(table: Lifecycle) -> str:
    return f"```mermaid\n{table.diagram()}\n```"


def permissions[A: StrEnum](table: Mapping[A, frozenset[Role]]) -> str:
    heads = [spoken(role) for role in Role]
    rows = [
        f"| {spoken(action)} | " + " | ".join("yes" if role in roles else "" for role in Role) + " |"
        for action, roles in table.items()
    ]
    return "\n".join(["| action | " + " | ".join(heads) + " |", "|---" * (len(heads) + 1) + "|", *rows])


def who_may_do_what() -> str:
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
    "modules of releases": lambda: table("releases"),
    "modules of breaches": lambda: table("breaches"),
    "packages of statsoffice": lambda: table("statsoffice"),
    "settings": settings_table.table,
    "permissions on reports": lambda: permissions(breach_permissions.TABLE),
}


def renewed(text: str) -> str:
    """Return a Markdown text in which every generated block is up to date.

    A block is between `<!-- made from the code: NAME -->` and `<!-- end -->`.

    :raises KeyError: if no function generates a block of this name.
    """
    pattern = re.compile(r"(<!-- made from the code: (.+?) -->\n).*?(\n<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda found: found[1] + BLOCKS[found[2]]() + found[3], text)
