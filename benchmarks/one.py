"""One round of one measurement, in its own process, which writes its rows as JSON.

`python -m benchmarks` starts it with the environment of `databases.surroundings`.
"""

import importlib
import json
import sys

import django


def main(name: str, size: str, rounds: str) -> int:
    """Measure once, write the rows to standard output, and return the exit code."""
    django.setup()
    measure = importlib.import_module(f"benchmarks.{name}").measure
    rows = measure(int(size), rounds=int(rounds))
    print(json.dumps([row.to_json() for row in rows]))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
