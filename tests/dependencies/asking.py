"""A tool that asks a service, as a process with a limit of time."""

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MOST_LETTERS_OF_A_REASON = 160


@dataclass(frozen=True)
class Said:
    """What a tool printed; `why_not` is the reason where it was ended by us."""

    printed: str
    errors: str
    why_not: str = ""

    def json(self) -> dict[str, Any]:
        """Read what it printed, and return an empty value where that is no object in JSON."""
        try:
            read = json.loads(self.printed)
        except ValueError:
            return {}
        return read if isinstance(read, dict) else {}


def listen(run: Callable[..., Any], *, folder: Path, limit_seconds: float) -> Said:
    """Run a tool in a folder, and end it when its time is over.

    :param run: called as `subprocess.run` is, without the command. What the tool prints goes into files: whatever it
        might leave running cannot hold us up by a pipe.
    """
    printed, errors = folder / "printed", folder / "errors"
    why_not = ""
    with printed.open("wb") as output, errors.open("wb") as error_output:
        try:
            run(cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=error_output, timeout=limit_seconds)
        except subprocess.TimeoutExpired:
            why_not = f"no answer within {limit_seconds:g} seconds"
    return Said(printed.read_text(errors="replace"), errors.read_text(errors="replace"), why_not)


def in_one_line(reason: str) -> str:
    """Return a reason without breaks, and its start alone where it is long."""
    words = " ".join(reason.split()).rstrip(".")
    if len(words) <= MOST_LETTERS_OF_A_REASON:
        return words
    return words[: MOST_LETTERS_OF_A_REASON - 1] + "…"
