"""Run the tests that cover each mutant, and record which mutants they detect.

Each process works in a copy of the checkout of its own. A mutant is killed if a chosen test fails, or if one that
otherwise ends in time does not; it survives if all pass, or if the time is over first. At the end every test that
killed a mutant is run without one: a test that fails even so has shown nothing, and its mutants are run again.
"""

import argparse
import ast
import itertools
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.mutants.covering import Coverage, in_order, tests_for
from tests.mutants.mutant import Moved, Mutant, NotFound, locate, mutate, path_of, read

HERE = Path(__file__).parent
# A test that begins in the last seconds would be cut off and appear to be a mutant that never ends.
LAST_BEGINS_BEFORE_END = 15
NEVER = 24 * 60 * 60
TO_END = 10
NOT_COPIED = (".git", ".venv", "node_modules", "var", ".mypy_cache", ".ruff_cache", ".hypothesis", ".pytest_cache")
LINKED = (".venv", "node_modules")
KILLED, TIMEOUT, SURVIVED, NO_TESTS, NOT_FOUND, BROKEN = (
    "killed",
    "timeout",
    "survived",
    "no tests",
    "not found",
    "broken",
)
SETTLED_AS_KILLED = {KILLED, TIMEOUT}


@dataclass(slots=True)
class Result:
    """What came of one mutant; `by` is the test that detected it, `run` of `chosen` tests were run."""

    name: str
    stratum: str
    place: str
    outcome: str
    by: str = ""
    chosen: int = 0
    run: int = 0
    seconds: float = 0.0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of pytest: its exit code, None if it was cut off, and what the plugin reported (chosen_tests.py)."""

    code: int | None
    said: str
    ended: float
    found: int = 0
    run: int = 0
    running: str | None = None
    failed: str | None = None
    began: float = 0.0
    took: float = 0.0


class Copies:
    """Copies of the checkout, of which each is used by one thread at a time."""

    def __init__(self, checkout: Path, into: Path) -> None:
        self.checkout = checkout
        self._into = into
        self._free: list[Path] = []
        self._made = itertools.count()

    @contextmanager
    def lend(self) -> Iterator[Path]:
        """Yield a copy that no one else uses meanwhile."""
        try:
            copy = self._free.pop()
        except IndexError:
            copy = self._make()
        yield copy
        self._free.append(copy)

    def _make(self) -> Path:
        copy = self._into / f"copy-{next(self._made)}"
        shutil.copytree(self.checkout, copy, symlinks=True, ignore=shutil.ignore_patterns(*NOT_COPIED))
        for name in LINKED:
            if (self.checkout / name).exists():
                (copy / name).symlink_to((self.checkout / name).absolute())
        return copy


@dataclass(frozen=True, slots=True)
class Runner:
    """How the tests are run."""

    copies: Copies
    command: Sequence[str]
    environment: dict[str, str]
    seconds: float

    def run(self, copy: Path, tests: Sequence[str], *, is_limited: bool = True) -> Run:
        """Run tests in a copy until one fails or, unless it is not limited, the time is over."""
        with tempfile.TemporaryDirectory(prefix="mutant-") as name:
            folder = Path(name)
            folder.chmod(0o755)  # a database server of the tests runs as another user
            limit = self.seconds if is_limited else NEVER
            until = time.time() + limit - LAST_BEGINS_BEFORE_END
            chosen = {"order": list(tests), "until": until, "report": str(folder / "report")}
            (folder / "chosen").write_text(json.dumps(chosen))
            files = dict.fromkeys(test.partition("::")[0] for test in tests)
            code = self._pytest(copy, folder, [file for file in files if (copy / file).exists()], limit)
            report = json.loads((folder / "report").read_text()) if (folder / "report").exists() else {}
            return Run(code=code, said=(folder / "output").read_text(errors="replace"), ended=time.time(), **report)

    def _pytest(self, copy: Path, folder: Path, files: Sequence[str], limit: float) -> int | None:
        environment = {
            **os.environ,
            **self.environment,
            "CHOSEN_TESTS": str(folder / "chosen"),
            "PYTHONPATH": str(HERE),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "TMPDIR": str(folder),
        }
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [*self.command, *files],
                cwd=copy,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                return process.wait(limit)
            except subprocess.TimeoutExpired:
                return None
            finally:
                _end(process)

    def try_mutant(self, mutant: Mutant, tests: Sequence[str], renamed: Mapping[str, str]) -> Result:
        """Run tests with a mutant in a copy, which is as before afterwards."""
        began = time.monotonic()
        with self.copies.lend() as copy:
            path = path_of(mutant.module, copy)
            source = path.read_text()
            _write(path, mutate(source, mutant, renamed))
            try:
                run = self.run(copy, tests)
            finally:
                _write(path, source)
            outcome, by = self._judge(run, tests, copy)
        place = f"{mutant.module}:{mutant.scope}"
        detail = "" if by or outcome == SURVIVED else "\n".join(run.said.splitlines()[-15:])
        seconds = round(time.monotonic() - began, 1)
        return Result(mutant.name, mutant.stratum, place, outcome, by, len(tests), run.run, seconds, detail)

    def _judge(self, run: Run, tests: Sequence[str], copy: Path) -> tuple[str, str]:
        if run.failed:
            return KILLED, run.failed
        if run.code is None:
            return self._judge_timeout(run, copy)
        if run.found:
            return (SURVIVED if run.run else BROKEN), ""  # the machine was too slow to begin a test in time
        # No test was found: the mutant broke an import, if the same is possible without it.
        return (KILLED if self.run(copy, tests[:1], is_limited=False).run else BROKEN), ""

    def _judge_timeout(self, run: Run, copy: Path) -> tuple[str, str]:
        """Distinguish a test that a mutant makes endless from a slow one that began late."""
        if not run.running:
            return (SURVIVED if run.run else BROKEN), ""
        alone = self.run(copy, [run.running], is_limited=False)
        is_endless = alone.run == 1 and run.ended - run.began > 2 * alone.took + 3
        return (TIMEOUT, run.running) if is_endless else (SURVIVED, "")


def _write(path: Path, source: str) -> None:
    path.write_text(source)
    for compiled in path.parent.glob(f"__pycache__/{path.stem}.*.pyc"):
        compiled.unlink()


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End what a run has started: first so that it ends its own servers, then whatever is left in its session."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGINT)
            process.wait(TO_END)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def check(runner: Runner, coverage: Coverage) -> None:
    """Require that one of the smallest tests passes without any mutant: else every mutant would seem to be killed."""
    with runner.copies.lend() as copy:
        for test in sorted(coverage.tests(), key=coverage.lines_of)[:5]:
            run = runner.run(copy, [test], is_limited=False)
            if run.run and not run.failed:
                return
    sys.exit(f"No test passes without a mutant:\n{run.said}")


def run_all(
    mutants: Sequence[Mutant], moved: Moved, coverage: Coverage, runner: Runner, processes: int
) -> list[Result]:
    """Run every mutant; those whose killing test fails without them too are run again without that test."""
    distrusted: set[str] = set()
    results: dict[str, Result] = {}
    waiting = list(mutants)

    def one(mutant: Mutant) -> Result:
        result = _one(mutant, moved, coverage, runner, distrusted)
        print(f"{result.name:24} {result.outcome:10} {result.seconds:5.1f} s  {result.by}", flush=True)  # noqa: T201
        return result

    while waiting:
        with ThreadPoolExecutor(processes) as pool:
            results |= {result.name: result for result in pool.map(one, waiting)}
        killers = sorted({result.by for result in results.values() if result.outcome == KILLED and result.by})
        failing = _failing_without(killers, runner)
        distrusted |= failing
        waiting = [mutant for mutant in mutants if results[mutant.name].by in failing]
    return [results[mutant.name] for mutant in mutants]


def _failing_without(tests: Sequence[str], runner: Runner) -> set[str]:
    """Return those of some tests that fail although there is no mutant."""
    failing: set[str] = set()
    while left := [test for test in tests if test not in failing]:
        with runner.copies.lend() as copy:
            run = runner.run(copy, left, is_limited=False)
        if not run.failed:
            break
        failing.add(run.failed)
    return failing


def _one(mutant: Mutant, moved: Moved, coverage: Coverage, runner: Runner, distrusted: set[str]) -> Result:
    now, renamed = moved.apply(mutant)
    place = f"{now.module}:{now.scope}"
    checkout = runner.copies.checkout
    try:
        source = path_of(now.module, checkout).read_text()
        node = locate(now, ast.parse(source), renamed)
        mutate(source, now, renamed)
    except (NotFound, SyntaxError) as fault:
        return Result(mutant.name, mutant.stratum, place, NOT_FOUND, detail=str(fault))
    tests = tests_for(now.module, now.scope, node, checkout, coverage) - distrusted
    chosen = in_order(tests, now.module, checkout, coverage)
    if not chosen:
        return Result(mutant.name, mutant.stratum, place, NO_TESTS)
    result = runner.try_mutant(now, chosen, renamed)
    result.name, result.chosen = mutant.name, len(tests)
    return result


def table(results: Sequence[Result]) -> str:
    """Return the outcomes by stratum as a Markdown table, and the mutants that were not killed."""
    columns = [KILLED, TIMEOUT, SURVIVED, NO_TESTS, NOT_FOUND, BROKEN]
    lines = [f"| Stratum | {' | '.join(columns)} | Detected |", f"|---|{'---:|' * (len(columns) + 1)}"]
    strata = sorted({result.stratum for result in results})
    for stratum in [*strata, None]:
        count = Counter(result.outcome for result in results if stratum in {None, result.stratum})
        detected = sum(count[outcome] for outcome in SETTLED_AS_KILLED)
        cells = " | ".join(str(count[column]) for column in columns)
        lines.append(f"| {stratum or 'all'} | {cells} | {100 * detected / count.total():.0f} % |")
    lines += ["", "| Not detected | Place | Outcome | Tests run |", "|---|---|---|---:|"]
    lines += [
        f"| {result.name} | `{result.place}` | {result.outcome} | {result.run} of {result.chosen} |"
        for result in results
        if result.outcome not in SETTLED_AS_KILLED
    ]
    return "\n".join(lines) + "\n"


def lost(before: Path, results: Sequence[Result]) -> list[str]:
    """Name the mutants that an earlier run detected and this one did not."""
    earlier = {one["name"] for one in json.loads(before.read_text()) if one["outcome"] in SETTLED_AS_KILLED}
    return [result.name for result in results if result.name in earlier and result.outcome not in SETTLED_AS_KILLED]


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, required=True, help="the code and its tests")
    parser.add_argument("--coverage", type=Path, required=True, help="of a run with --cov-branch --cov-context=test")
    parser.add_argument("--output", type=Path, required=True, help="JSON; the table is written beside it as Markdown")
    parser.add_argument("--mutants", type=Path, default=HERE / "mutants.json")
    parser.add_argument("--moved", type=Path, help="where the code has gone since; moved.toml where it has moved")
    parser.add_argument("--before", type=Path, help="an earlier output: fails if a mutant detected then is not now")
    parser.add_argument("--only", nargs="*", default=[], help="names, or the beginnings of names, of mutants")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60, help="at most, for one mutant")
    parser.add_argument("--python", default=".venv/bin/python", help="in the checkout; may be a whole command")
    parser.add_argument("--pytest", default="-m 'not slow and not browser' --hypothesis-seed=0", help="its arguments")
    parser.add_argument("--environment", nargs="*", default=[], metavar="NAME=VALUE")
    return parser.parse_args()


def main() -> int:
    given = _arguments()
    mutants = [one for one in read(given.mutants) if one.name.startswith(tuple(given.only) or "")]
    moved = Moved(**tomllib.loads(given.moved.read_text())) if given.moved else Moved()
    fixed = [
        "-m",
        "pytest",
        "-x",
        "-q",
        "--tb=line",
        "-p",
        "no:randomly",
        "-p",
        "no:cacheprovider",
        "-p",
        "chosen_tests",
    ]
    command = [*shlex.split(given.python), *fixed, *shlex.split(given.pytest)]
    environment = dict(one.split("=", 1) for one in given.environment)
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = Copies(given.checkout.resolve(), Path(folder))
        runner = Runner(copies, command, environment, given.seconds)
        coverage = Coverage(given.coverage)
        check(runner, coverage)
        results = run_all(mutants, moved, coverage, runner, given.processes)
    given.output.write_text(json.dumps([asdict(result) for result in results], indent=2) + "\n")
    given.output.with_suffix(".md").write_text(table(results))
    print(table(results))  # noqa: T201
    missing = lost(given.before, results) if given.before else []
    for name in missing:
        print(f"{name} was detected before, and is not any more", file=sys.stderr)  # noqa: T201
    return bool(missing or any(result.outcome in {NOT_FOUND, BROKEN} for result in results))


if __name__ == "__main__":
    sys.exit(main())
