"""The command that updates the generated tables in the documentation."""

import pkgutil
import re
import tomllib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from breaches import permissions as breach_permissions
from breaches.rules.lifecycle import REPORT
from releases import permissions as release_permissions
from releases.rules.date_change import REQUEST
from releases.rules.imports import IMPORT
from releases.rules.lifecycle import RELEASE, Lifecycle, Role, to_words
from releases.rules.pre_release import ACCESS
from statsoffice import env
from statsoffice.accounts import permissions
from statsoffice.env import SETTINGS, Setting


def list_modules(package: str) -> str:
    """Return the modules of a package as a Markdown table with the first line of each docstring.

    The modules of an app are sorted as in its import-linter contract, top layer first. The package `statsoffice` has no
    layers. For this package, only the subpackages are listed, sorted by name.
    """
    contracts = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [layer for one in contracts if one.get("containers") == [package] for layer in one["layers"]]
    names = [name for layer in layers for name in re.findall(r"\w+", layer)]
    if not names:
        names = [found.name for found in pkgutil.iter_modules(import_module(package).__path__) if found.ispkg]
    rows = [f"| `{package}/{name}` | {_summarise(f'{package}.{name}')} |" for name in names]
    return "\n".join([f"| module of {package} | contents |", "|---|---|", *rows])


def _summarise(module: str) -> str:
    return (import_module(module).__doc__ or "").partition("\n")[0].removesuffix(".").replace("|", "\\|")


def list_moves(lifecycle: Lifecycle) -> str:
    """Return the moves of a lifecycle as a Markdown table, in the order of `lifecycle.moves`."""
    rows = [f"| | begin | {to_words(lifecycle.initial)} | |"]
    for move in lifecycle.moves:
        who = ", ".join(sorted(to_words(role) for role in move.roles)) or "the system"
        rows.append(f"| {to_words(move.source)} | {to_words(move.name)} | {to_words(move.target)} | {who} |")
    return "\n".join(["| from | move | to | by |", "|---|---|---|---|", *rows])


def list_permissions[A: StrEnum](table: Mapping[A, frozenset[Role]]) -> str:
    return _tabulate_roles(["action"], [([to_words(action)], roles) for action, roles in table.items()])


def list_permission_matrix() -> str:
    """Return the permissions of all roles as one Markdown table."""
    return _tabulate_roles(
        ["what", "action", "in state"],
        [
            ([row.subject, to_words(row.action), ", ".join(map(to_words, row.states)) or "any"], row.roles)
            for row in permissions.rows()
        ],
    )


def _tabulate_roles(heads: Sequence[str], rows: Iterable[tuple[Sequence[str], Collection[Role]]]) -> str:
    lines = [[*heads, *map(to_words, Role)]]
    lines += [[*cells, *("yes" if role in roles else "" for role in Role)] for cells, roles in rows]
    head, *body = (f"| {' | '.join(line)} |" for line in lines)
    return "\n".join([head, "|---" * len(lines[0]) + "|", *body])


def list_settings(settings: Iterable[Setting] = SETTINGS) -> str:
    """Return the settings as a Markdown table.

    :raises KeyError: if a setting has no description of its default, and the setting has not been read yet.
    """
    rows = []
    for setting in settings:
        default = setting.default or (f"`{value}`" if (value := env.defaults_read[setting.name]) else "none")
        rows.append(f"| `{setting.name}` | {setting.meaning} | {default} |")
    return "\n".join(["| setting | meaning | default |", "|---|---|---|", *rows])


BLOCKS: dict[str, Callable[[], str]] = {
    "lifecycle of a release": lambda: list_moves(RELEASE),
    "lifecycle of a request for a change of date": lambda: list_moves(REQUEST),
    "lifecycle of an import": lambda: list_moves(IMPORT),
    "lifecycle of a report": lambda: list_moves(REPORT),
    "lifecycle of pre-release access": lambda: list_moves(ACCESS),
    "who may do what": list_permission_matrix,
    "permissions on releases": lambda: list_permissions(release_permissions.TABLE),
    "modules of releases": lambda: list_modules("releases"),
    "modules of breaches": lambda: list_modules("breaches"),
    "packages of statsoffice": lambda: list_modules("statsoffice"),
    "settings": list_settings,
    "permissions on reports": lambda: list_permissions(breach_permissions.TABLE),
}


def update_blocks(text: str) -> str:
    """Return the Markdown text with all generated blocks updated.

    A block is between `<!-- made from the code: NAME -->` and `<!-- end -->`.

    :raises KeyError: if no function generates a block of this name.
    """
    pattern = re.compile(r"(<!-- made from the code: (.+?) -->\n).*?(\n<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda found: found[1] + BLOCKS[found[2]]() + found[3], text)


class Command(BaseCommand):
    help = (
        "Updates the generated tables in README.md and docs/. With --check, only lists the documents that are out of "
        "date."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; fail if something is out of date")

    def handle(self, *args: Any, **options: Any) -> None:
        documents = [settings.BASE_DIR / "README.md", *sorted((settings.BASE_DIR / "docs").rglob("*.md"))]
        stale = [path for path in documents if update_blocks(path.read_text()) != path.read_text()]
        if options["check"] and stale:
            raise CommandError(f"Out of date: {', '.join(map(_name, stale))}. Run: manage.py diagrams")
        for path in stale:
            path.write_text(update_blocks(path.read_text()))
            self.stdout.write(f"updated {_name(path)}")


def _name(document: Path) -> str:
    return str(document.relative_to(settings.BASE_DIR))
