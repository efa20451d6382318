"""Draw 200 mutants, 25 from each of eight strata, with mutmut's operators and a fixed seed.

`python -m tests.mutants.draw --checkout PATH` writes mutants.json from the code in a checkout, with its commit.
`Mutations` decides what is never mutated, because nothing would be learnt from it. Mutants that change nothing
observable are excluded by name, with the reason, in excluded.toml.
"""

import argparse
import ast
import difflib
import random
import subprocess
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

from tests.mutants import mutant as mutants
from tests.mutants.mutant import Mutant

HERE = Path(__file__).parent
SEED = 11
PER_STRATUM = 25
ROOTS = ("releases", "breaches", "statsoffice")
# Several mutants of one function test much the same; those of a table do not.
PER_FUNCTION, PER_TABLE = 3, 6

type Operator = Callable[[Any], Iterable[cst.CSTNode]]


def _negated(node: cst.If | cst.While | cst.CompIf) -> Iterator[cst.CSTNode]:
    if isinstance(node.test, cst.UnaryOperation):
        return  # the same as without its "not"
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def _without_element(node: cst.Set | cst.List | cst.Tuple | cst.Dict) -> Iterator[cst.CSTNode]:
    if len(node.elements) > 1:
        for i in range(len(node.elements)):
            yield node.with_changes(elements=[*node.elements[:i], *node.elements[i + 1 :]])


def _without_argument(node: cst.Call) -> Iterator[cst.CSTNode]:
    """Leave out what may be left out: a keyword argument, or one of a method; a function would lack it."""
    for one, argument in zip(_shorter(node), node.args, strict=False):
        if argument.keyword or (isinstance(node.func, cst.Attribute) and _attribute(node.func) not in WITHOUT_EFFECT):
            yield one


def _shorter(node: cst.Call) -> list[cst.CSTNode]:
    made = mutators.operator_arg_removal(node)
    return [one for one in made if isinstance(one, cst.Call) and len(one.args) < len(node.args)]


def _keyword_to_none(node: cst.Call) -> Iterator[cst.CSTNode]:
    for one in mutators.operator_arg_removal(node):
        if isinstance(one, cst.Call) and len(one.args) == len(node.args):
            changed = [new for new, old in zip(one.args, node.args, strict=True) if new is not old]
            if changed[0].keyword:
                yield one


def _string_method(node: cst.Call) -> Iterator[cst.CSTNode]:
    if isinstance(node.func, cst.Attribute) and _attribute(node.func) not in {"find", "index"}:
        yield from mutators.operator_symmetric_string_methods_swap(node)
        yield from mutators.operator_unsymmetrical_string_methods_swap(node)


def _attribute(node: cst.Attribute) -> str:
    return node.attr.value


# mutmut's own, without those that only alter texts, and two of ours: it neither negates a condition nor takes anything
# out of a table.
OPERATORS: list[tuple[str, tuple[type, ...], Operator]] = [
    ("number", (cst.BaseNumber,), mutators.operator_number),
    ("true_false", (cst.Name,), mutators.operator_name),
    ("augmented_assignment", (cst.AugAssign,), mutators.operator_augmented_assignment),
    ("remove_not", (cst.UnaryOperation,), mutators.operator_remove_unary_ops),
    ("argument_to_none", (cst.Call,), _keyword_to_none),
    ("argument_removed", (cst.Call,), _without_argument),
    ("string_method", (cst.Call,), _string_method),
    ("lambda", (cst.Lambda,), mutators.operator_lambda),
    ("keyword", (cst.BaseCompOp, cst.Break, cst.Continue), mutators.operator_keywords),
    ("comparison", (cst.ComparisonTarget,), mutators.operator_swap_op),
    ("and_or", (cst.BooleanOperation,), mutators.operator_swap_op),
    ("arithmetic", (cst.BinaryOperation, cst.UnaryOperation, cst.AugAssign), mutators.operator_swap_op),
    ("match", (cst.Match,), mutators.operator_match),
    ("ternary", (cst.IfExp,), mutators.operator_if_exp),
    ("negate_condition", (cst.If, cst.While, cst.CompIf), _negated),
    ("element_removed", (cst.Set, cst.List, cst.Tuple, cst.Dict), _without_element),
]
# How often each operator is drawn, whatever number of mutations it makes: else most mutants would lack an argument.
WEIGHTS = {
    "comparison": 4,
    "and_or": 4,
    "negate_condition": 4,
    "remove_not": 3,
    "keyword": 3,
    "element_removed": 3,
    "number": 2,
    "arithmetic": 2,
    "ternary": 2,
    "true_false": 2,
}
WORDING = {"_", "gettext", "lazy", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext", "cast"}
WORDING |= {"len", "isinstance", "LogCapture"}
# They make a query cheaper, and change nothing in what it finds; or set a row's text.
WITHOUT_EFFECT = {"select_related", "prefetch_related", "only", "defer", "iterator", "flush", "getLogger"}
WORDS = {"message", "sentence", "subject", "text", "words", "title", "paragraphs", "__str__", "diagram"}


@dataclass(frozen=True, slots=True)
class Candidate:
    """One possible mutation of a module: what replaces which node."""

    line: int
    column: int
    operator: str
    node: cst.CSTNode
    by: cst.CSTNode


class Mutations(cst.CSTVisitor):
    """Collects the mutations of a module, without code that is only declared, typed, logged or worded."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Candidate] = []
        self._barred: set[int] = set()
        self._functions = 0
        self._rows: set[int] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        self._functions += isinstance(node, cst.FunctionDef)
        if id(node) in self._barred or _is_noise(node):
            return False
        self._barred |= {id(child) for child in _noise_within(node)}
        self._rows |= {id(row) for row in _rows_within(node)}
        for name, types, operator in OPERATORS:
            # A tuple inside a function, or in a table, is unpacked: without an element that fails whatever it means.
            is_unpacked = isinstance(node, cst.Tuple) and (self._functions or id(node) in self._rows)
            if isinstance(node, types) and not is_unpacked:
                place = self.get_metadata(PositionProvider, node).start
                self.found += [Candidate(place.line, place.column, name, node, by) for by in operator(node)]
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._functions -= isinstance(original_node, cst.FunctionDef)


def _is_noise(node: cst.CSTNode) -> bool:
    match node:
        case cst.Annotation() | cst.Decorator() | cst.Import() | cst.ImportFrom() | cst.TypeAlias() | cst.Param():
            return True
        case (
            cst.Raise()
            | cst.Assert()
            | cst.FormattedString()
            | cst.ConcatenatedString()
            | cst.Subscript(value=cst.Name("frozenset" | "dict" | "list" | "set"))
        ):
            return True
        case cst.If(test=cst.Name("TYPE_CHECKING")) | cst.FunctionDef(name=cst.Name("__str__" | "diagram")):
            return True
        case cst.Call(func=cst.Name(value)):
            return value in WORDING
        case cst.Call(func=cst.Attribute(value=cst.Name("logger"))):
            return True
        case cst.Arg(keyword=cst.Name("strict")) | cst.BinaryOperation(operator=cst.Modulo(), right=cst.Dict()):
            return True
        case cst.Assign(targets=[cst.AssignTarget(cst.Name(value)), *_]):
            return value in WORDS
    return False


def _noise_within(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yield those children of a node that are not mutated, while the node itself may be."""
    match node:
        case cst.ClassDef():
            # Fields, choices and Meta are declarations; methods are not.
            body = node.body.body if isinstance(node.body, cst.IndentedBlock) else []
            yield from (child for child in body if not isinstance(child, cst.FunctionDef))
            yield from node.bases
        case cst.Call(func=cst.Attribute(attr=cst.Name(value)), args=args) if value in WITHOUT_EFFECT:
            yield from args
        case cst.For(target=target) | cst.CompFor(target=target) | cst.AssignTarget(target=target):
            yield target


def _rows_within(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    match node:
        case (
            cst.Element(value=row)
            | cst.DictElement(value=row)
            | cst.Assign(targets=[cst.AssignTarget(cst.Tuple())], value=row)
        ):
            yield row


def candidates_of(source: str) -> tuple[cst.Module, list[Candidate]]:
    """Return the parsed module and its possible mutations, in the order of the source."""
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    mutations = Mutations()
    wrapper.visit(mutations)
    return wrapper.module, mutations.found


def render(candidate: Candidate, module: cst.Module, *, stratum: str, name: str) -> Mutant | None:
    """Return a candidate as a mutant; None if it changes nothing, or only what cannot be found again."""
    source = module.code
    changed = _code(module, candidate)
    try:
        before, after = ast.parse(source), ast.parse(changed)
    except SyntaxError:
        return None
    pair = mutants.difference(before, after)
    scope = _scope_at(candidate.line, before)
    if pair is None or scope is None or isinstance(pair[0], ast.For | ast.If | ast.With | ast.Try | ast.FunctionDef):
        return None
    node = pair[0]
    one = Mutant(
        stratum=stratum,
        module=name,
        scope=scope,
        operator=candidate.operator,
        kind=mutants.kind_of(node),
        original=mutants.fragment(node, source),
        mutated=mutants.fragment(pair[1], changed),
        occurrence=mutants.occurrence_of(node, mutants.scopes(before)[scope]),
        line=candidate.line,
        diff=_diff(source, changed),
    )
    try:
        again = ast.dump(ast.parse(mutants.mutate(source, one)))
    except SyntaxError:
        return None  # a part of a statement that is no expression
    assert again == ast.dump(after), f"{one.name} is not applied as it was drawn"
    return one


def _code(module: cst.Module, candidate: Candidate) -> str:
    changed = module.deep_replace(candidate.node, candidate.by)
    assert isinstance(changed, cst.Module)
    return changed.code


def _scope_at(line: int, tree: ast.Module) -> str | None:
    holding = {
        name: scope.end_lineno - scope.lineno  # type: ignore[operator]
        for name, scope in mutants.scopes(tree).items()
        if scope.lineno <= line <= scope.end_lineno  # type: ignore[operator]
    }
    return min(holding, key=holding.__getitem__, default=None)


def _diff(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def stream(stratum: str, places: Sequence[str], leaves_out: Sequence[str], checkout: Path) -> Iterator[Mutant]:
    """Yield the mutants of a stratum in the order of the seed: an operator by chance, then one of its mutations."""
    pools: dict[str, list[tuple[str, cst.Module, Candidate]]] = defaultdict(list)
    for name in _modules(places, checkout):
        for module, candidate in _drawable(name, leaves_out, checkout):
            pools[candidate.operator].append((name, module, candidate))
    chance = random.Random(f"{SEED} {stratum}")  # noqa: S311  # to be repeated, not to be secret
    for operator in sorted(pools):
        chance.shuffle(pools[operator])
    while pools:
        operator = chance.choices(sorted(pools), [WEIGHTS.get(one, 1) for one in sorted(pools)])[0]
        name, module, candidate = pools[operator].pop()
        if not pools[operator]:
            del pools[operator]
        if one := render(candidate, module, stratum=stratum, name=name):
            yield one


def _modules(patterns: Sequence[str], checkout: Path) -> list[str]:
    """Return the names of the modules that match any of some patterns; each pattern matches at least one."""
    paths = [path.relative_to(checkout).with_suffix("") for root in ROOTS for path in (checkout / root).rglob("*.py")]
    every = [".".join(path.parts).removesuffix(".__init__") for path in paths if "migrations" not in path.parts]
    unmatched = [pattern for pattern in patterns if not any(fnmatchcase(name, pattern) for name in every)]
    assert not unmatched, f"no module matches {unmatched}"
    return sorted(name for name in every if any(fnmatchcase(name, pattern) for pattern in patterns))


def _drawable(name: str, leaves_out: Sequence[str], checkout: Path) -> Iterator[tuple[cst.Module, Candidate]]:
    source = mutants.path_of(name, checkout).read_text()
    tree = ast.parse(source)
    module, found = candidates_of(source)
    for candidate in found:
        scope = _scope_at(candidate.line, tree)
        if scope and not any(fnmatchcase(f"{name}:{scope}", pattern) for pattern in leaves_out):
            yield module, candidate


def draw(checkout: Path) -> list[Mutant]:
    """Draw the mutants of every stratum."""
    table = tomllib.loads((HERE / "strata.toml").read_text())
    excluded = tomllib.loads((HERE / "excluded.toml").read_text())
    unused = set(excluded)
    drawn: list[Mutant] = []
    for stratum, places in table["strata"].items():
        taken: Counter[str] = Counter()
        for one in stream(stratum, places, table["leaves_out"], checkout):
            unused.discard(one.name)
            place = f"{one.module}:{one.scope}"
            if one.name in excluded or taken[place] >= (PER_TABLE if one.scope.isupper() else PER_FUNCTION):
                continue
            taken[place] += 1
            drawn.append(one)
            if taken.total() == PER_STRATUM:
                break
        assert taken.total() == PER_STRATUM, f"{stratum} has only {taken.total()} mutants"
    assert not unused, f"excluded, but never drawn: {sorted(unused)}"
    return drawn


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkout", type=Path, required=True, help="a clone with the code, at any commit")
    parser.add_argument("--output", type=Path, default=HERE / "mutants.json")
    given = parser.parse_args()
    command = ["git", "-C", str(given.checkout), "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    given.output.write_text(mutants.written(draw(given.checkout), commit=commit, seed=SEED))


if __name__ == "__main__":
    main()
