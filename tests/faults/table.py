"""The table of the faults: written by whichever process played the morning, printed at the end of the run."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.faults.morning import Outcome
from tests.faults.rows import ROWS

TABLE = pytest.StashKey[list[str]]()
FROM_WORKER = "table_of_faults"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--faults-logs", help="A folder in which the logs of the morning's processes are kept")


def written(outcomes: Mapping[str, Outcome]) -> list[str]:
    """Write the table in Markdown."""
    lines = ["| what breaks | looks kept | lost | doubled | untrue |", "|---|---|---|---|---|"]
    for row in [row for row in ROWS if row.office in outcomes]:
        outcome = outcomes[row.office]
        wrong = outcome.reckoning
        counts = (len(outcome.stored.looks), len(wrong.lost), len(wrong.doubled), len(wrong.untrue))
        lines.append(f"| {row.title} | {' | '.join(map(str, counts))} |")
    return lines


def keep(lines: Sequence[str], config: pytest.Config) -> None:
    """Keep the table until the end of the run; a worker of several hands it to the one that prints."""
    if hasattr(config, "workeroutput"):
        config.workeroutput[FROM_WORKER] = list(lines)
    else:
        config.stash[TABLE] = list(lines)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take over the table of a worker that has ended."""
    if lines := getattr(node, "workeroutput", {}).get(FROM_WORKER):
        node.config.stash[TABLE] = lines


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table at the end of the run."""
    lines = terminalreporter.config.stash.get(TABLE, [])
    if lines:
        terminalreporter.section("What is left of a release morning when something breaks")
        for line in lines:
            terminalreporter.line(line)
