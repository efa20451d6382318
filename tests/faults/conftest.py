"""The mornings on which everything breaks: each is played once, for all tests that ask about it."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults import table
from tests.faults.morning import Morning, Outcome, folder_for_sockets
from tests.faults.rows import EARLIEST, ROWS, Row
from tests.support.morning import running_site

# On two cores: for the databases and the site, and for each office, all of which begin at once.
PREPARING = timedelta(seconds=30)
PREPARING_OFFICE = timedelta(seconds=5)


@pytest.fixture(scope="session")
def outcomes(request: pytest.FixtureRequest) -> Mapping[str, Outcome]:
    """Play the mornings of the rows that the chosen tests ask about, and compare the stored record with the truth."""
    asked = [item.callspec.params.get("row") for item in request.session.items if hasattr(item, "callspec")]
    rows = [row for row in ROWS if row in asked]
    found: dict[str, Outcome] = {}
    for together in mornings(rows):
        with folder_for_sockets() as folder, running_site(folder / "site.log") as site:
            morning = Morning(together, folder=folder, site=site, due_at=first_minute(len(together)))
            with morning.ready():
                found |= morning.play()
    table.keep(table.written(found), request.config)
    keep_logs(found, request.config.getoption("--faults-logs"))
    return found


def mornings(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    """Yield the rows that are played at the same time.

    A row that takes more processor time than one core has is played alone, because it would delay the others. The
    others are played in two halves: all of their workers at once have more processes than two cores can serve in time.
    """
    light = [row for row in rows if not row.costly]
    yield from filter(None, (light[::2], light[1::2]))
    yield from ([row] for row in rows if row.costly)


def first_minute(offices: int) -> datetime:
    """Return the first whole minute by which every process of so many offices can be ready."""
    begin = datetime.now(UTC) + PREPARING + offices * PREPARING_OFFICE + EARLIEST
    return (begin + timedelta(minutes=1)).replace(second=0, microsecond=0)


def keep_logs(outcomes: Mapping[str, Outcome], folder: str | None) -> None:
    """Write what every process printed into a folder, if one was named."""
    for office, outcome in outcomes.items() if folder else ():
        for name, log in outcome.logs.items():
            path = Path(folder or "", office, f"{name}.log")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(log)
