"""Ask whether a pinned package has a known vulnerability, and tell what is known, what is not, and what is accepted.

    python -m tests.dependencies [--strict] [--service osv|pypi] [--osv-url ADDRESS] [--registry ADDRESS]

pip-audit asks about every package of requirements-test.txt, `npm audit` about every package of package-lock.json, those
of other machines included. The last line says it all in short.

Exit code 1 if a vulnerability is known that is not accepted, 2 if the question was wrong; with --strict 3 if anything
could not be checked.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from tests.dependencies import accepted, npm_packages, python_packages
from tests.dependencies.judging import Outcome, judge

CHECKOUT = Path(__file__).resolve().parents[2]
LIMIT_SECONDS = 120
CODES = {Outcome.CLEAN: 0, Outcome.VULNERABLE: 1, Outcome.UNCHECKED: 0}
STRICT_CODES = CODES | {Outcome.UNCHECKED: 3}


def main(arguments: Sequence[str]) -> int:
    """Ask about all packages and print what came of it, and return the exit code."""
    wanted = _parser().parse_args(arguments)
    checkout: Path = wanted.checkout
    try:
        acceptances = accepted.read((checkout / "pyproject.toml").read_text())
        python = python_packages.pins((checkout / "requirements-test.txt").read_text())
        npm = json.loads((checkout / "package-lock.json").read_text())
        npm_packages.pins(npm)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    limit = wanted.limit
    with ThreadPoolExecutor() as pool:
        asking = [
            pool.submit(
                python_packages.ask, python, service=wanted.service, osv_url=wanted.osv_url, limit_seconds=limit
            ),
            pool.submit(npm_packages.ask, npm, registry=wanted.registry, limit_seconds=limit),
        ]
    judgement = judge([one.result() for one in asking], acceptances, today=datetime.now(UTC).date())
    sys.stdout.write("".join(f"{line}\n" for line in (*judgement.lines, judgement.in_short)))
    return (STRICT_CODES if wanted.strict else CODES)[judgement.outcome]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.dependencies",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--strict", action="store_true", help="fail also if anything could not be checked")
    parser.add_argument(
        "--service", choices=python_packages.SERVICES, default="osv", help="which service pip-audit asks (osv)"
    )
    parser.add_argument("--osv-url", help="where a service answers that speaks as OSV does")
    parser.add_argument("--registry", help="the npm registry to ask, if not the one that npm is set to")
    parser.add_argument("--checkout", type=Path, default=CHECKOUT, help="whose locks to ask about (this one's)")
    parser.add_argument("--limit", type=float, default=LIMIT_SECONDS, help="seconds for each of the two tools (120)")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
