"""The morning on which everything breaks: played once, for all tests that ask what came of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from tests.faults.morning import Morning, Outcome, folder_for_sockets
from tests.faults.rows import EARLIEST, ROWS
from tests.morning import running_site

PREPARING = timedelta(seconds=25)
TABLE = pytest.StashKey[list[str]]()


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> Mapping[str, Outcome]:
    """Play the morning of every row at once, and reckon."""
    with folder_for_sockets() as folder, running_site(folder / "site.log") as site:
        begin = datetime.now(UTC) + PREPARING + EARLIEST
        due_at = (begin + timedelta(minutes=1)).replace(second=0, microsecond=0)
        morning = Morning(ROWS, folder=folder, site=site, due_at=due_at)
        with morning.ready():
            found = morning.play()
    request.config.stash[TABLE] = table(found)
    return found


def table(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Write the table of the faults in Markdown."""
    lines = ["| what breaks | looks kept | lost | doubled | untrue |", "|---|---|---|---|---|"]
    for row in ROWS:
        outcome = outcomes[row.office]
        wrong = outcome.reckoning
        counts = (outcome.looks, len(wrong.lost), len(wrong.doubled), len(wrong.untrue))
        lines.append(f"| {row.title} | {' | '.join(map(str, counts))} |")
    return lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table at the end of the run."""
    lines = terminalreporter.config.stash.get(TABLE, [])
    if lines:
        terminalreporter.section("What is left of a release morning when something breaks")
        for line in lines:
            terminalreporter.line(line)
