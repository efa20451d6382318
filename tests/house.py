"""Measures of the structure of the code: `python -m tests.house [--json]` prints them with the targets of issue 13.

The code is read, never imported. Migrations and tests are left out. What counts:

- An import counts anywhere, also in a function, but not under `if TYPE_CHECKING`. `from package import name` imports
  the submodule of that name if there is one, and the package's `__init__` otherwise.
- A chain counts modules. Modules that import each other in a cycle count as one.
- The main flow is every function that the entries reach. A function reaches what its body names: functions, classes and
  variables of modules. A class reaches all of its methods and its bases, a variable what its value names. Annotations
  reach nothing.
- A value type is a dataclass, NamedTuple, TypedDict or pydantic model. It is on the main flow if the flow reaches it.
- A name is a participle or gerund if its last word ends in -ed or -ing or is in IRREGULAR, and is not in NOUNS.
  Predicates (`is_confirmed`) and exceptions (`MoveRefused`) are left out: pyproject.toml names these so.
"""

import argparse
import ast
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
APPS = ("releases", "breaches", "statsoffice")
# Edit these when the code moves: the sweep, the job that drafts reports, the approval, and the download of the PDF.
ENTRIES = (
    ("statsoffice.jobs", "sweep"),
    ("statsoffice.jobs", "draft"),
    ("breaches.views.decisions", "approve_report_view"),
    ("breaches.views.report", "approved_pdf"),
)
TARGETS = {
    "lines": "at most 45000",
    "files": "at most 250",
    "folders": "at most 35",
    "longest import chain": "at most 12",
    "cycles between files": "0",
    "modules on the main flow": "at most 70",
    "value types on the main flow": "at most 50",
    "participles and gerunds": "0",
}
VALUE_BASES = {"NamedTuple", "TypedDict", "BaseModel", "Schema", "RootModel"}
# Not put and read, which are verbs too.
IRREGULAR = (
    "begun|bound|brought|built|chosen|done|drawn|found|gone|given|heard|held|kept|known|laid|left|lost|made|met|owed"
    "|said|seen|sent|shown|sold|spent|spoken|stood|taken|told|thought|written"
)
# Words in -ing and -ed that are nouns of the field, and the gerunds that are names of modules.
NOUNS = (
    "anything|bring|drafting|editing|embed|encoding|finding|heading|logging|meaning|merging|missing|monitoring"
    "|morning|paging|ping|refreshing|ring|scheduling|setting|sighting|string|thing|timing|training|warning|wording|.*eed"
)
PARTICIPLE = re.compile(rf"(?!(?:{NOUNS})$)(?:{IRREGULAR}|..+(?:ing|ed))")
PREDICATES = ("is_", "are_", "was_", "were_", "has_", "have_", "may_", "can_")

type Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.expr
type Graph = Mapping[str, Collection[str]]
type Reference = tuple[str, str]
"""A module and a name in it."""


@dataclass(frozen=True)
class Module:
    """One file: what it binds at its top level, and what it imports anywhere."""

    tree: ast.Module

    @cached_property
    def definitions(self) -> Mapping[str, Definition]:
        found: dict[str, Definition] = {}
        blocks = [node.body for node in self.tree.body if isinstance(node, ast.If | ast.Try) and not is_typing(node)]
        for node in chain(self.tree.body, *blocks):
            match node:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    found[name] = node
                case ast.Assign(targets=targets, value=value):
                    found |= {one.id: value for one in targets if isinstance(one, ast.Name)}
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    found[name] = value
        return found

    @property
    def public(self) -> Iterator[tuple[str, Definition]]:
        return (
            (name, one) for name, one in self.definitions.items() if name[0] != "_" and not isinstance(one, ast.expr)
        )

    @cached_property
    def imports(self) -> Sequence[tuple[str, str, str]]:
        """Each imported module, the name in it (or ""), and the name that it is bound to here."""
        found = []
        for node in _run_time(self.tree):
            if isinstance(node, ast.Import):
                found += [(one.name, "", one.asname or one.name) for one in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                found += [(node.module, one.name, one.asname or one.name) for one in node.names]
        return found


def is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _run_time(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes below one that are executed, so neither those under TYPE_CHECKING nor annotations."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns", "type_params"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.TypeAlias) or not isinstance(child, ast.AST):
                continue
            yield child
            if is_typing(child) and isinstance(child, ast.If):
                for other in child.orelse:
                    yield from (other, *_run_time(other))
            else:
                yield from _run_time(child)


@dataclass
class Code:
    """The modules by dotted name."""

    modules: Mapping[str, Module]
    _resolved: dict[Reference, Reference | None] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path, files: Iterable[Path]) -> "Code":
        """Read files, whose paths are relative to the root."""
        names = {path: ".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in files}
        return cls({name: Module(ast.parse((root / path).read_text())) for path, name in names.items()})

    def graph(self) -> Graph:
        """The modules that each module imports."""
        found: dict[str, set[str]] = {name: set() for name in self.modules}
        for module in found:
            for source, name, _ in self.modules[module].imports:
                wanted = f"{source}.{name}" if f"{source}.{name}" in self.modules else source
                found[module] |= {wanted} & found.keys() - {module}
        return found

    def resolve(self, module: str, name: str) -> Reference | None:
        """Find where a name of a module is defined; a module itself is (its name, "")."""
        if (module, name) not in self._resolved:
            self._resolved[module, name] = None  # ends a cycle of imports
            self._resolved[module, name] = self._find(module, name)
        return self._resolved[module, name]

    def _find(self, module: str, name: str) -> Reference | None:
        if f"{module}.{name}" in self.modules and name not in self.modules[module].definitions:
            return f"{module}.{name}", ""
        if name in self.modules[module].definitions:
            return module, name
        for source, imported, bound in self.modules[module].imports:
            if imported and bound == name:
                if f"{source}.{imported}" in self.modules:
                    return f"{source}.{imported}", ""
                return self.resolve(source, imported) if source in self.modules else None
            if not imported and bound.partition(".")[0] == name:
                return (source if bound != source else name, "") if source in self.modules else None
        return None

    def references(self, module: str, node: ast.AST) -> Iterator[Reference]:
        """What a definition names: its decorators and bases, its body, and what hangs on modules by a dot."""
        own = _local_names(node) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else frozenset()
        for child in (node, *_run_time(node)):
            match child:
                case ast.Name(id=name) if name not in own:
                    if (found := self.resolve(module, name)) and found[1]:
                        yield found
                case ast.Attribute():
                    if found := self._dotted(module, child, own):
                        yield found

    def _dotted(self, module: str, node: ast.expr, own: Collection[str]) -> Reference | None:
        if isinstance(node, ast.Attribute):
            holder = self._dotted(module, node.value, own)
            return self.resolve(holder[0], node.attr) if holder and not holder[1] else None
        return self.resolve(module, node.id) if isinstance(node, ast.Name) and node.id not in own else None

    def reached(self, entries: Iterable[Reference]) -> set[Reference]:
        """All definitions that the entries reach.

        :raises KeyError: if there is no such entry.
        """
        waiting, found = list(entries), set(entries)
        while waiting:
            module, name = waiting.pop()
            for reference in self.references(module, self.modules[module].definitions[name]):
                if reference not in found:
                    found.add(reference)
                    waiting.append(reference)
        return found


def is_def(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def holds_function(node: ast.AST) -> bool:
    """Return whether a definition is a function or a class with methods."""
    return is_def(node) or (isinstance(node, ast.ClassDef) and any(map(is_def, node.body)))


def is_exception(node: ast.AST) -> bool:
    """Return whether a class inherits from an exception, by the names of its bases."""
    return isinstance(node, ast.ClassDef) and any(
        ast.unparse(base).endswith(("Exception", "Error", "Refused")) for base in node.bases
    )


def _local_names(node: ast.FunctionDef | ast.AsyncFunctionDef) -> frozenset[str]:
    """The parameters and variables of a function, which hide names of its module."""
    arguments = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
    assigned = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    declared = {name for one in ast.walk(node) if isinstance(one, ast.Global) for name in one.names}
    return frozenset(arguments | assigned - declared)


def components(graph: Graph) -> dict[str, frozenset[str]]:
    """Return for each module those that import each other with it in a cycle, itself among them."""
    reached = {node: _reachable(graph, node) for node in graph}
    return {node: frozenset({node, *(one for one in reached[node] if node in reached[one])}) for node in graph}


def _reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = set(graph[waiting.pop()]) - found
        found |= new
        waiting += new
    return found


def longest_chain(graph: Graph) -> Sequence[str]:
    """The longest chain of imports, by one module of each component."""
    component = components(graph)

    @cache
    def chain_from(start: frozenset[str]) -> tuple[str, ...]:
        after = {component[other] for node in start for other in graph[node]} - {start}
        return (min(start), *longest(map(chain_from, after)))

    def longest(chains: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
        return max(chains, key=lambda one: (len(one), one), default=())

    return longest(map(chain_from, component.values()))


def is_value_type(node: Definition) -> bool:
    """Return whether a definition is a dataclass, NamedTuple, TypedDict or pydantic model."""
    if not isinstance(node, ast.ClassDef):
        return False
    decorators = (ast.unparse(one).partition("(")[0] for one in node.decorator_list)
    bases = (ast.unparse(one).partition("[")[0].rpartition(".")[2] for one in node.bases)
    return "dataclass" in {one.rpartition(".")[2] for one in decorators} or bool(VALUE_BASES & set(bases))


def is_participle(name: str) -> bool:
    """Return whether the last word of a name is a participle or gerund; `is_confirmed` is a sentence and none."""
    if name.startswith(PREDICATES):
        return False
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return bool(words and PARTICIPLE.fullmatch(words[-1].lower()))


def docstring_lines(tree: ast.Module) -> int:
    """Count the lines of all docstrings."""
    documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    texts = (ast.get_docstring(node) for node in ast.walk(tree) if isinstance(node, documented))
    return sum(len(text.splitlines()) for text in texts if text)


@dataclass(frozen=True)
class Measures:
    """The measures by name, and the lists behind them."""

    counts: Mapping[str, int]
    chain: Sequence[str]
    cycles: Sequence[Sequence[str]]
    main_flow: Sequence[str]
    value_types: Sequence[str]
    repeated_names: Mapping[str, int]
    participles: Sequence[str]


def measure(root: Path, files: Sequence[Path], *, entries: Sequence[Reference] = ENTRIES) -> Measures:
    """Measure the files, whose paths are relative to the root."""
    code = Code.read(root, files)
    graph = code.graph()
    chained = longest_chain(graph)
    cycles = sorted(sorted(one) for one in set(components(graph).values()) if len(one) > 1)
    reached = sorted(code.reached(entries))
    functions = [one for one in reached if holds_function(code.modules[one[0]].definitions[one[1]])]
    flow = sorted({module for module, _ in functions})
    value_types = [f"{name}:{one}" for name, one in reached if is_value_type(code.modules[name].definitions[one])]
    public = Counter(name for module in code.modules.values() for name, node in module.public if is_def(node))
    repeated = {name: count for name, count in public.most_common() if count > 1}
    participles = [name for name in code.modules if is_participle(name.rpartition(".")[2])]
    participles += [
        f"{name}:{defined}"
        for name, module in code.modules.items()
        for defined, node in module.public
        if is_participle(defined) and not is_exception(node)
    ]
    counts = {
        "lines": sum(len((root / path).read_text().splitlines()) for path in files),
        "files": len(files),
        "folders": len({path.parent for path in files}),
        "longest import chain": len(chained),
        "cycles between files": len(cycles),
        "modules on the main flow": len(flow),
        "functions and classes on the main flow": len(functions),
        "value types on the main flow": len(value_types),
        "public functions whose name is in several modules": len(repeated),
        "participles and gerunds": len(participles),
        "docstring lines": sum(docstring_lines(module.tree) for module in code.modules.values()),
    }
    return Measures(counts, chained, cycles, flow, value_types, dict(list(repeated.items())[:15]), sorted(participles))


def tracked_files() -> list[Path]:
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z", "--", *(f"{app}/*.py" for app in APPS)]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    paths = [Path(name) for name in names if name]
    return [path for path in paths if "migrations" not in path.parts and (ROOT / path).is_file()]


def table(measures: Measures) -> str:
    """Write the measures as a table in Markdown, followed by the lists that say what to change."""
    lines = ["| measure | now | target |", "|---|---|---|"]
    lines += [f"| {name} | {count} | {TARGETS.get(name, '')} |" for name, count in measures.counts.items()]
    lines += ["", "Longest import chain: " + " > ".join(measures.chain)]
    lines += [f"Cycle: {', '.join(cycle)}" for cycle in measures.cycles]
    lines += ["Names in most modules: " + ", ".join(f"{name} {n}" for name, n in measures.repeated_names.items())]
    return "\n".join([*lines, "Participles and gerunds: " + ", ".join(measures.participles)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.house", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print all measures and lists as JSON")
    found = measure(ROOT, tracked_files())
    sys.stdout.write((json.dumps(vars(found), indent=2) if parser.parse_args().json else table(found)) + "\n")
