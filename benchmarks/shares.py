"""How evenly ten sweeps share hosts, how soon the hosts of a killed one move, and how many queries the claims need.

The sweeps are separate processes that claim every second, as monitoring does. The first one begins alone and has every
host. For the fullest share the floor is an equal share. For a claim it is one UPDATE of the rows.
"""

import contextlib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.row import Limit, Row
from releases import host_budgets
from releases.models import HostLease
from releases.probe.client import Fetcher
from releases.probe.probe import Probe
from releases.rules.host_budget import find_owner

SWEEPS = 10
CLAIMED_HOSTS = 10_000
PATIENCE_SECONDS = 60.0
BETWEEN_GLANCES_SECONDS = 0.02


def measure(size: int, *, rounds: int) -> list[Row]:
    """Share some hosts between ten sweeps, and kill one of them; then claim 10,000 hosts."""
    hosts, first, *others = _hosts(size), *(f"sweep {number}" for number in range(SWEEPS))
    owned = Counter(find_owner(host, frozenset({first, *others})) for host in hosts)
    with contextlib.ExitStack() as stack:
        killed = stack.enter_context(_sweep(first, size))
        _wait_for_holders(hosts, lambda holders: holders.keys() == {first})
        for other in others:
            stack.enter_context(_sweep(other, size))
        _wait_for_holders(hosts, lambda holders: holders == owned)
        killed.kill()
        moved_after = _wait_for_holders(hosts, lambda holders: first not in holders)
    return [
        Row(f"hosts of the fullest of ten sweeps, {size} hosts", max(owned.values()), "", size / SWEEPS, "equal share"),
        Row("hosts of a killed sweep are monitored by others after", moved_after, "s", limit=Limit(5.0)),
        _claim_of_many(hosts, rounds=rounds),
    ]


def _probe() -> Probe:
    """Make a probe that makes no requests here. A claim gives it the waits and pauses of hosts."""
    return Probe(Fetcher(now=lambda: datetime.now(UTC), user_agent="benchmarks"))


def _hosts(size: int) -> list[str]:
    return [f"www{number}.example.gov.uk" for number in range(size)]


@contextlib.contextmanager
def _sweep(name: str, size: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process that claims as one sweep, for the duration of a `with` block."""
    script = "import django; django.setup(); from benchmarks import shares; shares.claim_until_killed()"
    with subprocess.Popen([sys.executable, "-c", script, name, str(size)]) as process:
        try:
            yield process
        finally:
            process.kill()


def claim_until_killed() -> None:
    """Claim a sweep's share of some hosts. The arguments of the command line are its name and the number of hosts."""
    name, size = sys.argv[1:]
    with _probe() as probe:
        while True:
            host_budgets.claim_share(_hosts(int(size)), holder=name, now=datetime.now(UTC), probe=probe, staying=[])
            time.sleep(host_budgets.RENEWED_EVERY.total_seconds())


def _wait_for_holders(hosts: list[str], condition: Callable[[Counter[str]], bool]) -> float:
    """Wait until each host is held and the numbers of hosts by holder meet a condition, and return the seconds.

    :raises RuntimeError: if that takes too long.
    """
    began = time.monotonic()
    while True:
        leases = HostLease.objects.filter(host__in=hosts, until__gt=datetime.now(UTC)).exclude(holder="")
        holders = Counter(leases.values_list("holder", flat=True))
        if holders.total() == len(hosts) and condition(holders):
            return time.monotonic() - began
        if time.monotonic() - began > PATIENCE_SECONDS:
            message = f"the hosts are held by {holders}"
            raise RuntimeError(message)
        time.sleep(BETWEEN_GLANCES_SECONDS)


def _claim_of_many(hosts: list[str], *, rounds: int) -> Row:
    """Renew the leases of 10,000 hosts; the queries are counted with the shared number of hosts and with 10,000."""
    many, now = [f"many-{host}" for host in _hosts(CLAIMED_HOSTS)], datetime.now(UTC)
    took: list[float] = []
    bare: list[float] = []
    with _probe() as probe:
        queries = [_statements(some, probe, now=now) for some in (many[: len(hosts)], many)]
        for number in range(1, rounds + 1):
            later = now + number * host_budgets.RENEWED_EVERY
            began = time.perf_counter()
            host_budgets.claim_share(many, holder="many", now=later, probe=probe, staying=[])
            took.append(time.perf_counter() - began)
            began = time.perf_counter()
            HostLease.objects.filter(host__in=many).update(until=later + timedelta(seconds=1))
            bare.append(time.perf_counter() - began)
    return Row(
        f"claim of {CLAIMED_HOSTS:,} hosts",
        sorted(took)[len(took) // 2] * 1000,
        "ms",
        sorted(bare)[len(bare) // 2] * 1000,
        "one UPDATE",
        queries=(queries[0], queries[1]),
    )


def _statements(hosts: list[str], probe: Probe, *, now: datetime) -> int:
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            host_budgets.claim_share(hosts, holder="many", now=now, probe=probe, staying=[])
    return len(queries)
