"""Which tests cover a mutant, by a coverage file with one context per test, and in which order they are run."""

import ast
import sqlite3
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import cache
from pathlib import Path

from tests.mutants.mutant import scopes

# The first tests of each file are run before the rest of any: what kills a mutant is often in another file.
FIRST_OF_FILE = 5
MOST_FILES, MOST_TESTS = 40, 600
# Constants made of a constant, of which the users count as its own.
MOST_NAMES = 40


class Coverage:
    """A coverage file of pytest-cov with `--cov-context=test`; it may come from another folder."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(f"file:{path}?mode=ro", uri=True, check_same_thread=False)
        contexts = self._database.execute("SELECT id, context FROM context").fetchall()
        self._tests = {key: name.rpartition("|")[0] for key, name in contexts if "|" in name}
        self._files = dict(self._database.execute("SELECT path, id FROM file"))
        self._covered: dict[str, int] = defaultdict(int)
        for key, number in self._database.execute("SELECT context_id, count(*) FROM arc GROUP BY context_id"):
            if key in self._tests:
                self._covered[self._tests[key]] += number

    def tests_of(self, path: str, lines: Collection[int]) -> set[str]:
        """Return the node ids of the tests that run at least one of some lines of a file."""
        file = next((key for known, key in self._files.items() if known.endswith(f"/{path}") or known == path), None)
        marks = ",".join("?" * len(lines))
        rows = self._database.execute(
            f"SELECT DISTINCT context_id FROM arc WHERE file_id = ? AND (tono IN ({marks}) OR fromno IN ({marks}))",  # noqa: S608  # marks alone
            [file, *lines, *lines],
        )
        return {self._tests[key] for (key,) in rows if key in self._tests}

    def tests(self) -> set[str]:
        """Return the node ids of all tests."""
        return set(self._tests.values())

    def tests_in(self, files: Collection[str]) -> set[str]:
        """Return the node ids of all tests in some test files."""
        return {test for test in self._tests.values() if test.partition("::")[0] in files}

    def lines_of(self, test: str) -> int:
        """Count the steps between lines that a test takes in the whole product."""
        return self._covered[test]


def tests_for(module: str, scope: str, node: ast.AST, checkout: Path, coverage: Coverage) -> set[str]:
    """Return the tests that cover what a mutant changes: its statement or, of a constant, what uses that."""
    path = _path(module, checkout)
    tree = ast.parse((checkout / path).read_text())
    statement = _innermost(tree, node)
    if _is_inside_function(tree, node):
        return coverage.tests_of(str(path), _lines(statement))
    found: set[str] = set()
    for user, lines in _users(module, scope.partition(".")[0], checkout):
        found |= coverage.tests_of(user, lines)
    # A test of a table may read the table itself.
    return found | coverage.tests_in(_test_files(module, checkout))


def in_order(tests: Collection[str], module: str, checkout: Path, coverage: Coverage) -> list[str]:
    """Order tests: first those of files that import the module or are named like it, then by how little they run."""
    direct = _test_files(module, checkout)

    def place(test: str) -> tuple[bool, int, int, str]:
        file = test.partition("::")[0]
        return file not in direct, -_likeness(file, module), coverage.lines_of(test), test

    ranked = sorted(tests, key=place)
    by_file: dict[str, list[str]] = defaultdict(list)
    for test in ranked:
        by_file[test.partition("::")[0]].append(test)
    kept = list(by_file.values())[:MOST_FILES]
    first = [test for of_file in kept for test in of_file[:FIRST_OF_FILE]]
    return (first + [test for of_file in kept for test in of_file[FIRST_OF_FILE:]])[:MOST_TESTS]


def _likeness(file: str, module: str) -> int:
    """Count the folders that a test file shares with a module, and one more for the module's own name."""
    folders = Path(file).parts[1:]
    shared = 0
    for folder, part in zip(folders, module.split("."), strict=False):
        if folder != part:
            break
        shared += 1
    return shared + (module.rpartition(".")[2] in folders[-1])


def _path(module: str, checkout: Path) -> Path:
    path = Path(module.replace(".", "/") + ".py")
    return path if (checkout / path).exists() else path.with_suffix("") / "__init__.py"


def _innermost(tree: ast.Module, node: ast.AST) -> ast.stmt:
    holding = [
        one
        for one in ast.walk(tree)
        if isinstance(one, ast.stmt) and one.lineno <= node.lineno and one.end_lineno >= node.end_lineno  # type: ignore[attr-defined,operator]
    ]
    return min(holding, key=lambda one: one.end_lineno - one.lineno)  # type: ignore[operator]


def _lines(statement: ast.stmt) -> list[int]:
    """Return the lines of a statement; of one with others inside it, those of its head."""
    inside = [one.lineno for one in ast.walk(statement) if isinstance(one, ast.stmt) and one is not statement]
    end = min(inside) - 1 if inside else statement.end_lineno
    assert end is not None
    return list(range(statement.lineno, max(end, statement.lineno) + 1))


def _is_inside_function(tree: ast.Module, node: ast.AST) -> bool:
    return any(
        one.lineno < node.lineno <= (one.end_lineno or 0)  # type: ignore[attr-defined]
        for one in ast.walk(tree)
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def _users(module: str, name: str, checkout: Path) -> Iterator[tuple[str, list[int]]]:
    """Yield the lines of functions that use a name of a module, directly or by constants made of it."""
    seen: set[tuple[str, str]] = set()
    waiting = [(module, name)]
    while waiting and len(seen) < MOST_NAMES:
        origin = waiting.pop()
        if origin in seen:
            continue
        seen.add(origin)
        for path, scope, statement in _using(*origin, checkout):
            if isinstance(statement, ast.FunctionDef):
                yield str(path), [one.lineno for one in ast.walk(statement) if isinstance(one, ast.stmt)][1:]
            elif not isinstance(statement, ast.ClassDef) and "." not in scope:
                waiting.append((_module(path), scope))


def _using(module: str, name: str, checkout: Path) -> Iterator[tuple[Path, str, ast.stmt]]:
    """Yield the functions and constants, with their files, in which a name of a module occurs."""
    for path in _sources(checkout):
        if name not in _read(checkout / path):
            continue
        tree = _parsed(checkout / path)
        known = {name} if _module(path) == module else _imported(tree, module, name)
        yield from ((path, scope, found) for scope, found in scopes(tree).items() if known & _names(found))


def _module(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


@cache
def _read(path: Path) -> str:
    return path.read_text()


@cache
def _parsed(path: Path) -> ast.Module:
    return ast.parse(_read(path))


@cache
def _test_files(module: str, checkout: Path) -> frozenset[str]:
    """Return the test files that import a module."""
    package, _, name = module.rpartition(".")
    ways = (f"from {module} import ", f"import {module}\n")
    found: set[str] = set()
    for path in (checkout / "tests").rglob("test_*.py"):
        lines = _read(path).splitlines(keepends=True)
        by_package = (line for line in lines if line.startswith(f"from {package} import "))
        if any(line.startswith(ways) for line in lines) or any(f" {name}" in line for line in by_package):
            found.add(str(path.relative_to(checkout)))
    return frozenset(found)


@cache
def _sources(checkout: Path) -> tuple[Path, ...]:
    """Return the files of the product's packages."""
    packages = [one.parent for one in sorted(checkout.glob("*/__init__.py"))]
    product = [package for package in packages if package.name not in {"tests", "benchmarks"}]
    found = [path.relative_to(checkout) for package in product for path in sorted(package.rglob("*.py"))]
    return tuple(path for path in found if "migrations" not in path.parts)


def _imported(tree: ast.Module, module: str, name: str) -> set[str]:
    """Return by which names a module knows a name of another one; that of the other itself for "from a import b"."""
    package, _, last = module.rpartition(".")
    known: set[str] = set()
    for one in ast.walk(tree):
        if isinstance(one, ast.ImportFrom) and one.module == module:
            known |= {alias.asname or alias.name for alias in one.names if alias.name == name}
        if isinstance(one, ast.ImportFrom) and one.module == package:
            known |= {f"{alias.asname or alias.name}.{name}" for alias in one.names if alias.name == last}
    return known


def _names(statement: ast.AST) -> set[str]:
    found: set[str] = set()
    for one in ast.walk(statement):
        if isinstance(one, ast.Name):
            found.add(one.id)
        elif isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            found.add(f"{one.value.id}.{one.attr}")
    return found
