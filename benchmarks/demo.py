"""How long the demonstration takes to load, as `./run` loads it: two offices with their past and coming year.

The figure is the duration of `manage.py demo` on a database with tables and no rows, with the practice site running.
The floor is the same command again. It then finds the demonstration and adds only new rehearsals.
"""

import os
import subprocess
import sys
import time
from urllib.parse import urlsplit

from benchmarks import databases
from benchmarks.row import Limit, Row
from statsoffice import processes
from statsoffice.fake_publisher.client import rehearsal_site

LIMIT = Limit(5.0)


def measure(_size: int, *, rounds: int) -> list[Row]:
    """Load the demonstration into this round's database, then run the command `rounds` times more."""
    with rehearsal_site() as site:
        port = urlsplit(site.base_url).port
        environment = processes.make_environment(os.environ, port=8000, rehearsal_port=port)
        figure = _load(environment)
        floors = sorted(_load(environment) for _ in range(rounds))
    floor_is = "the command again, which adds only rehearsals"
    return [Row("load of the demonstration", figure, "s", floors[rounds // 2], floor_is, LIMIT)]


def _load(environment: dict[str, str]) -> float:
    began = time.perf_counter()
    command = [sys.executable, "manage.py", "demo"]
    subprocess.run(command, cwd=databases.ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began
