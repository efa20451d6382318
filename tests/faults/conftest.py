"""The morning on which everything breaks: played once, for all tests that ask what came of it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults import table
from tests.faults.morning import Morning, Outcome, folder_for_sockets
from tests.faults.rows import EARLIEST, ROWS
from tests.morning import running_site

# All offices of a full run begin at once, on two cores.
PREPARING = timedelta(seconds=90)


@pytest.fixture(scope="session")
def due_at() -> datetime:
    """Give the first whole minute that leaves everybody the time to be ready."""
    begin = datetime.now(UTC) + PREPARING + EARLIEST
    return (begin + timedelta(minutes=1)).replace(second=0, microsecond=0)


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest, due_at: datetime) -> Mapping[str, Outcome]:
    """Play the morning of every row that is asked about, all at once, and reckon."""
    asked = [item.callspec.params.get("row") for item in request.session.items if hasattr(item, "callspec")]
    rows = [row for row in ROWS if row in asked]
    with folder_for_sockets() as folder, running_site(folder / "site.log") as site:
        morning = Morning(rows, folder=folder, site=site, due_at=due_at)
        with morning.ready():
            found = morning.play()
    table.keep(table.written(found), request.config)
    keep_logs(found, request.config.getoption("--faults-logs"))
    return found


def keep_logs(outcomes: Mapping[str, Outcome], folder: str | None) -> None:
    """Write what every process printed into a folder, if one was named."""
    for office, outcome in outcomes.items() if folder else ():
        for name, log in outcome.logs.items():
            path = Path(folder or "", office, f"{name}.log")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(log)
