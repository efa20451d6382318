"""How long it takes from `./run` until the demonstration has its first verdict on a rehearsal of today.

Everything is installed and the tables exist. The floor is when the first check found the page of a rehearsal live, in
the same run: it appears 25 seconds after the load, or soon after a whole minute.
"""

import os
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import databases
from benchmarks.row import Limit, Row
from releases.detection.finding import CheckOutcome
from releases.models import Observation, Verification
from releases.verdict.address import Outcome
from tests.servers.ports import free_port
from tests.servers.process import running

LIMIT = Limit(60.0)
LONGEST_SECONDS = 300.0


def measure(_size: int, *, rounds: int) -> list[Row]:
    """Start everything once, in this round's database, and wait for the first verdict.

    :raises RuntimeError: if there is no verdict within five minutes.
    """
    command = [str(databases.ROOT / "run"), "--port", str(free_port()), "--rehearsal-port", str(free_port())]
    log = Path(os.environ["STATSOFFICE_VAR"]) / "run.log"
    verdicts = Verification.objects.filter(release__rehearsal=True, release__training=None)
    verdicts = verdicts.exclude(outcome=Outcome.PENDING)
    began, began_at = time.perf_counter(), datetime.now(UTC)
    with running(command, answers=verdicts.exists, log=log, within_seconds=LONGEST_SECONDS):
        figure = time.perf_counter() - began
        live = Observation.objects.filter(
            release__in=verdicts.values("release"), result=CheckOutcome.LIVE, sent_at__gte=began_at
        )
        found_at = live.earliest("sent_at").sent_at
    floor = (found_at - began_at).total_seconds()
    return [Row("./run until the first verdict", figure, "s", floor, "first check that found the page", LIMIT)]
