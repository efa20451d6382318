"""Runs pytest where Django's developers type `manage.py test`."""

import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

ROOT = Path(__file__).resolve().parents[2]
VERBOSITY = {0: ["-qq"], 1: ["-q"], 2: ["-v"], 3: ["-vv"]}


class PytestRunner:
    """Django's test runner, with those of its options that pytest has too."""

    def __init__(self, **options: Any) -> None:
        self.options = options

    @classmethod
    def add_arguments(cls, parser: ArgumentParser) -> None:
        parser.add_argument("--failfast", action="store_true", help="Stop at the first test that fails.")
        parser.add_argument("--keepdb", action="store_true", help="Keep the PostgreSQL database for the next run.")
        parser.add_argument("--pdb", action="store_true", help="Start the debugger where a test fails.")
        parser.add_argument(
            "--parallel",
            nargs="?",
            const="auto",
            metavar="N",
            help="Run in N processes, or in one for each core (auto).",
        )
        parser.add_argument("--tag", action="append", dest="tags", metavar="MARKER", help="Run tests with this marker.")
        parser.add_argument(
            "--exclude-tag", action="append", dest="exclude_tags", metavar="MARKER", help="Leave out this marker."
        )
        parser.add_argument(
            "-k", action="append", dest="patterns", metavar="PATTERN", help="Run tests whose name contains this."
        )

    def run_tests(self, labels: Sequence[str]) -> int:
        """Run pytest in its own process, because this one has loaded the settings of the office.

        :return: how pytest ended: 0 if every test passed.
        """
        command = [
            sys.executable,
            "-m",
            "pytest",
            *pytest_options(self.options),
            *chain.from_iterable(map(find_tests, labels)),
        ]
        return subprocess.run(command, cwd=ROOT, check=False).returncode


def pytest_options(options: dict[str, Any]) -> list[str]:
    """Translate the options of Django's command."""
    chosen = list(VERBOSITY[options.get("verbosity", 1)])
    chosen += ["-x"] if options.get("failfast") else []
    chosen += ["--reuse-db"] if options.get("keepdb") else []
    chosen += ["--pdb"] if options.get("pdb") else []
    if options.get("parallel"):
        chosen += ["-n", str(options["parallel"])]
    if options.get("patterns"):
        chosen += ["-k", " or ".join(f"({pattern.strip('*')})" for pattern in options["patterns"])]
    wanted, unwanted = options.get("tags") or [], options.get("exclude_tags") or []
    markers = [f"({' or '.join(wanted)})"] if wanted else []
    markers += [f"not {marker}" for marker in unwanted]
    return chosen + (["-m", " and ".join(markers)] if markers else [])


def find_tests(label: str) -> list[str]:
    """Translate a label to what pytest takes: an app or a part of it, a dotted path, or a file or folder.

    :return: several folders for an app, which has unit tests, integration tests and tests of pages.
    :raises CommandError: if there are no such tests.
    """
    path, separator, names = label.partition("::")
    for candidate in (f"tests/{path}", path):
        if candidate.startswith("tests/") and (ROOT / candidate).exists():
            return [candidate + separator + names]
    parts = label.removeprefix("tests.").replace("/", ".").split(".")
    of_app = [
        found for kind in ("unit", "integration", "pages") if (ROOT / (found := Path("tests", kind, *parts))).is_dir()
    ]
    if of_app:
        return [str(folder) for folder in of_app]
    for length in range(len(parts), 0, -1):
        found = Path("tests", *parts[:length])
        if (ROOT / found.with_suffix(".py")).exists():
            return ["::".join([str(found.with_suffix(".py")), *parts[length:]])]
        if (ROOT / found).is_dir() and length == len(parts):
            return [str(found)]
    message = f"There are no tests called {label}. Name an app, a file below tests/, or its dotted path."
    raise CommandError(message)
