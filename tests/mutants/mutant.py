"""One mutant, identified by what it changes inside a function, so that it is found again in moved and renamed code."""

import ast
import hashlib
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

ATOMS = (ast.Constant, ast.Name, ast.Attribute)
EXPRESSION, STATEMENT, KEYWORD = "expression", "statement", "keyword"


class NotFound(Exception):
    """The code that a mutant changes is not there; the message says what was searched, and where."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change of one fragment of a function's source; `occurrence` counts equal fragments in it, from 0.

    `scope` is a function, a method ("Class.method") or a constant of the module. `line` and `diff` are for people.
    """

    stratum: str
    module: str
    scope: str
    operator: str
    kind: str
    original: str
    mutated: str
    occurrence: int
    line: int
    diff: list[str]

    @property
    def name(self) -> str:
        """The stable name: the stratum and a digest of what identifies the mutant."""
        identity = [self.module, self.scope, self.operator, self.original, self.mutated, self.occurrence]
        return f"{self.stratum}-{hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Moved:
    """Where code has gone since the mutants were drawn.

    `modules` and `functions` ("module:scope") map old to new; `names` maps renamed identifiers, as
    {"module:scope": {old: new}} with the old function, or "*" for all; `fragments` replaces, for one mutant by name,
    some of `original`, `mutated` and `occurrence`.
    """

    modules: Mapping[str, str] = field(default_factory=dict)
    functions: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    fragments: Mapping[str, Mapping[str, str | int]] = field(default_factory=dict)

    def apply(self, mutant: Mutant) -> tuple[Mutant, Mapping[str, str]]:
        """Return the mutant in its present form, and the identifiers that were renamed in it."""
        place = f"{mutant.module}:{mutant.scope}"
        module = self.modules.get(mutant.module, mutant.module)
        new_module, _, scope = self.functions.get(place, f"{module}:{mutant.scope}").partition(":")
        renamed = {**self.names.get("*", {}), **self.names.get(place, {})}
        changed = self.fragments.get(mutant.name, {})
        return replace(mutant, module=new_module, scope=scope, **changed), renamed  # type: ignore[arg-type]


def read(path: Path) -> list[Mutant]:
    return [Mutant(**{k: v for k, v in one.items() if k != "name"}) for one in json.loads(path.read_text())["mutants"]]


def written(mutants: Sequence[Mutant], **about: str | int) -> str:
    """Return a list of mutants as JSON, sorted by name."""
    rows = [{"name": one.name, **asdict(one)} for one in sorted(mutants, key=lambda one: one.name)]
    return json.dumps({**about, "mutants": rows}, indent=2, ensure_ascii=False) + "\n"


def path_of(module: str, checkout: Path) -> Path:
    """Return the file of a dotted module, or of a package.

    :raises NotFound: if the checkout has neither.
    """
    path = checkout / (module.replace(".", "/") + ".py")
    package = path.with_suffix("") / "__init__.py"
    if path.exists() or package.exists():
        return path if path.exists() else package
    message = f"no module {module}"
    raise NotFound(message)


def scopes(tree: ast.Module) -> dict[str, ast.stmt]:
    """Return functions, methods, classes and constants of a module by name, outermost functions only."""
    found: dict[str, ast.stmt] = {}

    def add(statements: Sequence[ast.stmt], prefix: str) -> None:
        for statement in statements:
            match statement:
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                    found[prefix + name] = statement
                case ast.ClassDef(name=name):
                    found[prefix + name] = statement
                    add(statement.body, f"{prefix}{name}.")
                case ast.Assign(targets=[ast.Name(id=name), *_]) | ast.AnnAssign(target=ast.Name(id=name)):
                    found[prefix + name] = statement
                case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=name), *_])]):
                    found[prefix + name] = statement

    add(tree.body, "")
    return found


def locate(mutant: Mutant, tree: ast.Module, renamed: Mapping[str, str] | None = None) -> ast.AST:
    """Return the node that a mutant changes.

    :param renamed: new identifiers by their old ones.
    :raises NotFound: if the module has no such function, or that has no such fragment.
    """
    scope = scopes(tree).get(mutant.scope)
    if scope is None:
        message = f"no {mutant.scope} in {mutant.module}"
        raise NotFound(message)
    wanted = ast.dump(_rename(_parse(mutant.original, mutant.kind), renamed or {}))
    found = [node for node in _in_order(scope) if _kind(node) == mutant.kind and ast.dump(node) == wanted]
    if len(found) <= mutant.occurrence:
        message = (
            f"{mutant.original!r} is {len(found)} times in {mutant.module}:{mutant.scope}, not {mutant.occurrence + 1}"
        )
        raise NotFound(message)
    return found[mutant.occurrence]


def mutate(source: str, mutant: Mutant, renamed: Mapping[str, str] | None = None) -> str:
    """Return the source of a module with a mutant in it.

    :raises NotFound: if the fragment is not there.
    """
    node = locate(mutant, ast.parse(source), renamed)
    text = ast.unparse(_rename(_parse(mutant.mutated, mutant.kind), renamed or {}))
    lines = source.encode().splitlines(keepends=True)
    start = sum(len(line) for line in lines[: node.lineno - 1]) + node.col_offset  # type: ignore[attr-defined]
    end = sum(len(line) for line in lines[: node.end_lineno - 1]) + node.end_col_offset  # type: ignore[attr-defined]
    if mutant.kind == EXPRESSION:
        text = f"({text})"
    elif mutant.kind == STATEMENT:
        text = textwrap.indent(text, " " * node.col_offset).lstrip()  # type: ignore[attr-defined]
    encoded = source.encode()
    return (encoded[:start] + text.encode() + encoded[end:]).decode()


def difference(before: ast.AST, after: ast.AST) -> tuple[ast.AST, ast.AST] | None:
    """Return the smallest expression, statement or keyword argument that differs, before and after; None if none.

    A mere name or constant is not enough: it would be found in too many places.
    """
    deepest = None
    pair: tuple[ast.AST, ast.AST] | None = (before, after)
    while pair:
        if _kind(pair[0]) and _kind(pair[0]) == _kind(pair[1]) and not isinstance(pair[0], ATOMS):
            deepest = pair
        pair = _only_difference(*pair)
    return deepest


def _only_difference(before: ast.AST, after: ast.AST) -> tuple[ast.AST, ast.AST] | None:
    """Return the children that differ if exactly one pair does and nothing else."""
    if type(before) is not type(after):
        return None
    pairs: list[tuple[ast.AST, ast.AST]] = []
    for name in before._fields:
        one, other = getattr(before, name, None), getattr(after, name, None)
        ones, others = (one, other) if isinstance(one, list) and isinstance(other, list) else ([one], [other])
        if len(ones) != len(others):
            return None
        for child, changed in zip(ones, others, strict=True):
            if isinstance(child, ast.AST) and isinstance(changed, ast.AST):
                if ast.dump(child) != ast.dump(changed):
                    pairs.append((child, changed))
            elif child != changed:
                return None
    return pairs[0] if len(pairs) == 1 else None


def fragment(node: ast.AST, source: str) -> str:
    """Return the source of a node, as at the left margin."""
    text = ast.get_source_segment(source, node, padded=isinstance(node, ast.stmt)) or ""
    return textwrap.dedent(text)


def occurrence_of(node: ast.AST, scope: ast.AST) -> int:
    """Count the nodes of a scope that come before a node and are equal to it."""
    wanted = ast.dump(node)
    equal = [other for other in _in_order(scope) if ast.dump(other) == wanted]
    return equal.index(node)


def kind_of(node: ast.AST) -> str:
    """Name the kind of a node that a fragment may be."""
    return _kind(node) or ""


def _kind(node: ast.AST) -> str | None:
    match node:
        case ast.expr():
            return EXPRESSION
        case ast.stmt():
            return STATEMENT
        case ast.keyword():
            return KEYWORD
    return None


def _in_order(scope: ast.AST) -> Iterator[ast.AST]:
    """Yield a scope and its nodes in the order of the source."""
    yield scope
    for child in ast.iter_child_nodes(scope):
        yield from _in_order(child)


def _parse(text: str, kind: str) -> ast.AST:
    match kind:
        case "expression":
            return ast.parse(f"({text}\n)", mode="eval").body
        case "keyword":
            call = ast.parse(f"_({text}\n)", mode="eval").body
            assert isinstance(call, ast.Call)
            return call.keywords[0]
    return ast.parse(text).body[0]


def _rename(node: ast.AST, renamed: Mapping[str, str]) -> ast.AST:
    for child in ast.walk(node):
        for name in ("id", "attr", "arg", "name"):
            old = getattr(child, name, None)
            if isinstance(old, str) and old in renamed:
                setattr(child, name, renamed[old])
    return node
