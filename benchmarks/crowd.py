"""A crowd of readers who request one page again as soon as they have it, as often as the server responds."""

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
    """The responses to a crowd: their 95th percentile in milliseconds, and their number within some seconds.

    A response is right if it has the expected status. All others, and requests without a response, have failed.
    """

    p95: float
    right: int
    failed: int
    seconds: float

    @property
    def a_second(self) -> float:
        """The number of right responses in a second."""
        return self.right / self.seconds

    @property
    def rightly(self) -> float:
        """The share of requests with a right response, in per cent."""
        return 100 * self.right / max(1, self.right + self.failed)


def served(
    address: str, *, readers: int, seconds: int, headers: Mapping[str, str], expected: int = 200, tag: str = ""
) -> Served:
    """Request an address with wrk without a pause; each reader has their own connection.

    :param tag: the ETag of the copy that each reader has already; empty for a first request.
    """
    said = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    command = [
        *(programs.wrk(), "--threads", "1", "--connections", str(readers), "--duration", f"{seconds}s"),
        *("--timeout", f"{PATIENCE_SECONDS}s", *said, "--script", str(SCRIPT), address),
        *("--", str(expected), *([tag] if tag else [])),
    ]
    run = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Served(**json.loads(run.stdout.strip().splitlines()[-1]))
