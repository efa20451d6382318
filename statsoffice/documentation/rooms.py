"""The rooms of the house as tables of the documentation: their order from the contracts, and their own words."""

import pkgutil
import re
import tomllib
from importlib import import_module

from django.conf import settings


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
