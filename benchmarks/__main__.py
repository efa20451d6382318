"""Make every measurement and print one table: figures, floors, ratios and limits.

    python -m benchmarks [--only NAME ...] [--rounds NUMBER] [--quick]

A figure is that of the middle round. The floor is the least that any program needs for the same work. The two are
measured in turns, so that a busy machine slows both. The docstring of each measurement says what its floor is.

The exit code is 1 if a limit is missed, and 2 if a measurement failed. With --quick each measurement has almost no
work. Its figures then mean nothing, and limits are ignored.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import databases, machine
from benchmarks.measurement import MEASUREMENTS, Measurement
from benchmarks.row import Row, middle
from benchmarks.table import written

NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
MAKERS = {"sqlite": databases.sqlite, "postgresql": databases.postgresql}


def main(arguments: Sequence[str]) -> int:
    """Make the requested measurements, and return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only",
        action="append",
        choices=[one.name for one in MEASUREMENTS],
        help="the measurement to make; repeat it for several",
    )
    parser.add_argument("--rounds", type=_counted, help="the number of rounds of each measurement that has several")
    parser.add_argument("--quick", action="store_true", help="only test that every measurement works")
    chosen = parser.parse_args(arguments)
    wanted = [one for one in MEASUREMENTS if (one.name in chosen.only if chosen.only else not one.on_request)]
    if chosen.rounds:
        wanted = [replace(one, rounds=chosen.rounds if one.rounds > 1 else 1) for one in wanted]
    loads: list[float] = []
    failed: list[str] = []
    rows = _measure([one.quick for one in wanted] if chosen.quick else wanted, loads=loads, failed=failed)
    print(f"\n{machine.sentence()}")
    print(f"load before each round: {min(loads):.1f} to {max(loads):.1f}\n")
    print(written([replace(row, limit=None, queries=None) for row in rows] if chosen.quick else rows))
    for what in failed:
        print(f"not measured: {what}")
    if failed:
        return 2
    return 0 if chosen.quick else int(not all(row.held for row in rows))


def _counted(typed: str) -> int:
    """:raises ArgumentTypeError: if the text is not a whole number of at least 1."""
    if typed.isdecimal() and int(typed) > 0:
        return int(typed)
    message = f"{typed!r} is not a number of rounds: give 1 or more."
    raise argparse.ArgumentTypeError(message)


def _measure(measurements: Sequence[Measurement], *, loads: list[float], failed: list[str]) -> list[Row]:
    """Make measurements one after the other. If a measurement has several databases, its rows name the database.

    A measurement that fails is named in `failed`. The others continue.
    """
    rows: list[Row] = []
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="benchmarks-")))
        needed = {kind for one in measurements for kind in one.databases}
        makers = {kind: stack.enter_context(MAKERS[kind](folder)) for kind in sorted(needed)}
        for one in measurements:
            for size in one.sizes:
                for kind in one.databases:
                    try:
                        found = _rounds(one, size, new=makers[kind], kind=kind, loads=loads)
                    except subprocess.CalledProcessError:
                        failed.append(f"{one.name} {size:,}, {NAMES[kind]}; its output above has the reason")
                        continue
                    beside = f", {NAMES[kind]}" if len(one.databases) > 1 else ""
                    rows += [replace(row, what=row.what + beside) for row in found]
    return rows


def _rounds(measurement: Measurement, size: int, *, new: Callable[[], str], kind: str, loads: list[float]) -> list[Row]:
    rounds: list[list[Row]] = []
    for number in range(measurement.rounds):
        loads.append(machine.load())
        title = f"{measurement.name} {size:,}, {NAMES[kind]}, round {number + 1} of {measurement.rounds}"
        print(f"{title}, load {loads[-1]:.1f}", file=sys.stderr, flush=True)
        rounds.append(_round(measurement, size, database=new()))
    return [middle(same) for same in zip(*rounds, strict=True)]


def _round(measurement: Measurement, size: int, *, database: str) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="benchmark-") as var:
        run = subprocess.run(
            [sys.executable, "-m", "benchmarks.one", measurement.name, str(size), str(measurement.rounds_inside)],
            cwd=databases.ROOT,
            env=databases.surroundings(database, var=Path(var)),
            stdout=subprocess.PIPE,
            check=True,
        )
    return [Row.from_json(row) for row in json.loads(run.stdout)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
