"""A crowd of readers who ask for one page again as soon as they have it: as many requests as the server can take."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.servers import programs

SCRIPT = Path(__file__).with_name("crowd.lua")
PATIENCE_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Served:
    """What a crowd was served: its 95th percentile in milliseconds, and how much of what in how many seconds.

    Right are the answers of the status that was expected; failed are all others, and requests that had no answer.
    """

    p95: float
    right: int
    failed: int
    seconds: float

    @property
    def a_second(self) -> float:
        """How many right answers came in a second."""
        return self.right / self.seconds

    @property
    def rightly(self) -> float:
        """The part of all requests that had a right answer, in per cent."""
        return 100 * self.right / max(1, self.right + self.failed)


def served(
    address: str, *, readers: int, seconds: int, headers: Mapping[str, str], expected: int = 200, tag: str = ""
) -> Served:
    """Let so many readers ask for an address by wrk without a pause, each on their own connection.

    :param tag: what each says that it has already; nothing where each asks as if for the first time.
    """
    said = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [
        *(programs.wrk(), "--threads", "1", "--connections", str(readers), "--duration", f"{seconds}s"),
        *("--timeout", f"{PATIENCE_SECONDS}s", *said, "--script", str(SCRIPT), address),
        *("--", str(expected), *([tag] if tag else [])),
    ]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Served(**json.loads(run.stdout.strip().splitlines()[-1]))
