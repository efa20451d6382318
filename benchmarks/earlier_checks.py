"""Checks from the day before releases are due, as monitoring would have stored them: not live."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from releases.detection.finding import CheckOutcome, Reason
from releases.models import Address, Observation
from releases.rules import cadence
from releases.rules.canonical import sha256_hex

AT_A_TIME = 5_000
TOOK = timedelta(seconds=0.2)


def record(addresses: Sequence[Address], *, due_at: datetime, until: datetime) -> None:
    """Write the checks of each address that the cadence plans before the aware instant `until`."""
    rows: list[Observation] = []
    for at in _planned(due_at, until=until):
        for address in addresses:
            rows.append(_build_check(address, at))
            if len(rows) == AT_A_TIME:
                Observation.append(rows)
                rows = []
    Observation.append(rows)


def _planned(due_at: datetime, *, until: datetime) -> Iterator[datetime]:
    at = due_at - 2 * cadence.FIRST_CHECK
    while True:
        planned = cadence.next_check_at(due_at=due_at, limit_at=due_at, after=at, now=at, key="any")
        if planned is None or planned >= until:
            return
        yield planned
        at = planned


def _build_check(address: Address, at: datetime) -> Observation:
    return Observation(
        release=address.release,
        address=address,
        url=address.url,
        schedule_version=1,
        planned_at=at,
        sent_at=at,
        completed_at=at + TOOK,
        recorded_at=at + TOOK,
        result=CheckOutcome.NOT_LIVE,
        reasons=[Reason.NEGATIVE_MARKER],
        adapter="page",
        status=200,
        hops=[[address.url, 200]],
        headers=[["content-type", "text/html; charset=utf-8"]],
        seconds={"connect": 0.0, "first_byte": 0.1, "total": 0.2},
        text_digest=sha256_hex(address.url.encode()),
        watcher="benchmark",
        clock_bound_seconds=0.0,
    )
