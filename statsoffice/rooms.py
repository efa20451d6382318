"""The rooms of both apps as a table of the documentation: from the contracts that hold them, and their own words."""

import pkgutil
import re
import tomllib
from importlib import import_module

from django.conf import settings


def table(app: str) -> str:
    """Write the rooms of an app in Markdown, what imports above what it imports.

    :param app: the name of an app for whose rooms pyproject.toml has a contract.
    """
    rooms = [room for layer in _layers(app) for name in layer for room in _and_inner(name)]
    rows = [f"| `{room.replace('.', '/')}` | {_what(room)} |" for room in rooms]
    return "\n".join([f"| room of {app} | what is in it |", "|---|---|", *rows])


def _layers(app: str) -> list[list[str]]:
    contracts = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (contract,) = (one for one in contracts if one.get("containers") == [app])
    return [[f"{app}.{name}" for name in re.findall(r"\w+", layer)] for layer in contract["layers"]]


def _and_inner(name: str) -> list[str]:
    """Give a room and those inside it that its own inner walls make; the modules of a room are not listed."""
    path = getattr(import_module(name), "__path__", None)
    if path is None:
        return [name]
    inner = [f"{name}.{found.name}" for found in pkgutil.iter_modules(path) if found.ispkg]
    return [name, *(room for room in inner if name.endswith(".core"))]


def _what(room: str) -> str:
    return (import_module(room).__doc__ or "").partition("\n")[0].removesuffix(".").replace("|", "\\|")
