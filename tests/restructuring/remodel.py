# ruff: noqa
"""Move, merge and rename modules for issue H, with all imports, uses, quoted names and paths. Removed with the issue.

    /usr/bin/python3 tests/restructuring/remodel.py ROOT PLAN [PLAN ...] [--dry]

A plan has one line for each step; # begins a comment:

    module NEW = OLD [OLD ...]      the new module gets the contents of the old ones (dotted names)
    doc NEW "sentence"              the docstring of a new module; without it that of the first old one stays
    rename OLDMODULE.name newname   a top-level name, by the module that has it before the move
    package NEW "sentence"          the docstring of a new package

With --dry it lists names that would collide or be hidden by a local name. Rename these until no problem is left. Run it on
a clean checkout without __pycache__, then ruff --fix, ruff format, mypy, check_references.py and the tests. Names that are
patched as text, read by getattr, or imported inside a text need a correction by hand; check_references.py lists them.
"""

import ast, os, re, subprocess, sys, shlex
from collections import defaultdict
from pathlib import Path

ROOT = Path(sys.argv[1]).resolve()
PLAN = sys.argv[2:]
DRY = "--dry" in PLAN
PLAN = [p for p in PLAN if p != "--dry"]
APPS = ["releases", "breaches", "statsoffice"]
TREES = [*APPS, "tests", "benchmarks", "deploy"]

target = {}  # old module -> new module
sources = {}  # new module -> [old]
docs, packages = {}, {}
renames = {}  # (oldmod, name) -> new
for p in PLAN:
    for n, line in enumerate(Path(p).read_text().splitlines(), 1):
        line = line.split(" #")[0].strip() if not line.startswith("#") else ""
        if not line:
            continue
        w = shlex.split(line)
        if w[0] == "module":
            assert w[2] == "=", (p, n, line)
            for old in w[3:]:
                assert old not in target, (p, n, old, "twice")
                target[old] = w[1]
            sources.setdefault(w[1], []).extend(w[3:])
        elif w[0] == "doc":
            docs[w[1]] = w[2]
        elif w[0] == "package":
            packages[w[1]] = w[2]
        elif w[0] == "rename":
            m, _, name = w[1].rpartition(".")
            renames[m, name] = w[2]
        else:
            raise SystemExit(f"{p}:{n}: {line}")


def modname(path):
    parts = list(path.relative_to(ROOT).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    return ".".join(parts)


files = [
    ROOT / f
    for f in subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "*.py"], cwd=ROOT, capture_output=True, text=True
    ).stdout.split()
]
files = [f for f in files if f.exists() and not f.is_symlink()]
mods, is_pkg = {}, set()
for f in files:
    m = modname(f)
    mods[m] = f
    if f.name == "__init__.py":
        is_pkg.add(m)
for old in target:
    assert old in mods, f"no module {old}"
src = {m: f.read_text() for m, f in mods.items()}
trees = {m: ast.parse(s) for m, s in src.items()}


def new_of(m):
    return target.get(m, m)


BIND = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def top_names(tree):
    out = {}

    def visit(stmts):
        for s in stmts:
            if isinstance(s, BIND):
                out[s.name] = s
            elif isinstance(s, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                for t in s.targets if isinstance(s, ast.Assign) else [s.target]:
                    for n in ast.walk(t):
                        if isinstance(n, ast.Name):
                            out[n.id] = s
            elif isinstance(s, ast.TypeAlias):
                out[s.name.id] = s
            elif isinstance(s, (ast.If, ast.Try, ast.With, ast.For)):
                for b in ("body", "orelse", "finalbody"):
                    visit(getattr(s, b, []))
                for h in getattr(s, "handlers", []):
                    visit(h.body)
                if isinstance(s, ast.For):
                    for n in ast.walk(s.target):
                        if isinstance(n, ast.Name):
                            out[n.id] = s

    visit(tree.body)
    return out


tops = {m: top_names(t) for m, t in trees.items()}


def imports_of(m, node):
    """alias nodes -> ('mod', oldmod) | ('sym', oldmod, name) | None, for ImportFrom."""
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            pkg = m if m in is_pkg else m.rpartition(".")[0]
            for _ in range(node.level - 1):
                pkg = pkg.rpartition(".")[0]
            base = f"{pkg}.{base}" if base else pkg
        if base.split(".")[0] not in TREES and base not in mods:
            return None
        out = []
        for a in node.names:
            if f"{base}.{a.name}" in mods and a.name not in tops.get(base, {}):
                out.append((a, ("mod", f"{base}.{a.name}")))
            else:
                out.append((a, ("sym", base, a.name)))
        return out
    return None


# resolve re-exports: (m, name) defined where?
modimports = {}
for _m, _t in trees.items():
    d = {}
    for _n in _t.body:
        stm = _n.body if isinstance(_n, ast.If) and ast.unparse(_n.test) == "TYPE_CHECKING" else [_n]
        for _s in stm:
            if isinstance(_s, ast.ImportFrom):
                for a, what in imports_of(_m, _s) or []:
                    if what[0] == "sym":
                        d[a.asname or a.name] = what[1:]
    modimports[_m] = d


def pkg_origin(m, name):
    seen = set()
    while m in mods and name not in tops[m] and name in modimports[m] and (m, name) not in seen:
        seen.add((m, name))
        m, name = modimports[m][name]
    return m, name


def origin(m, name):
    seen = set()
    while m in mods and m not in is_pkg and name not in tops[m] and name in modimports[m] and (m, name) not in seen:
        seen.add((m, name))
        m, name = modimports[m][name]
    return m, name


# automatic renames of collisions in merged modules
auto = []


def suffix(m):
    return m.rpartition(".")[2]


for new, olds in sources.items():
    if len(olds) < 2:
        continue
    seen = defaultdict(list)
    for o in olds:
        for name, node in tops[o].items():
            seen[renames.get((o, name), name)].append((o, name, node))
        for s in ast.walk(trees[o]):
            pass
    for final, places in seen.items():
        if len(places) < 2:
            continue
        texts = {ast.unparse(node) for _, _, node in places}
        if len(texts) == 1 and isinstance(places[0][2], (ast.Assign, ast.AnnAssign, ast.TypeAlias)):
            continue
        if len(texts) == 1:
            # identical functions: keep one (handled in composition)
            continue
        for o, name, node in places[1:] if final.startswith("_") else places:
            if (o, name) in renames:
                continue
            fresh = f"{name}_{suffix(o)}"
            renames[o, name] = fresh
            auto.append(f"{new}: {o}.{name} -> {fresh}")


def final_of(m, name):
    return new_of(m), renames.get((m, name), name)


class Scope:
    def __init__(self, node, parent, kind):
        self.node, self.parent, self.kind, self.names, self.imports, self.globals = node, parent, kind, set(), {}, set()


def bound_in(body_nodes, scope, m):
    """collect names bound directly in this scope."""

    def add_target(t):
        for n in ast.walk(t):
            if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Store, ast.Del)):
                scope.names.add(n.id)

    def visit(n):
        if isinstance(n, BIND):
            scope.names.add(n.name)
            for d in n.decorator_list:
                visit(d)
            return
        if isinstance(n, ast.Lambda):
            return
        if isinstance(n, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            # walrus leaks
            for c in ast.walk(n):
                if isinstance(c, ast.NamedExpr):
                    scope.names.add(c.target.id)
            return
        if isinstance(n, (ast.Global, ast.Nonlocal)):
            scope.globals.update(n.names)
            return
        if isinstance(n, ast.Import):
            for a in n.names:
                scope.names.add((a.asname or a.name).split(".")[0])
            return
        if isinstance(n, ast.ImportFrom):
            res = imports_of(m, n)
            for a in n.names:
                scope.names.add(a.asname or a.name)
            if res:
                for a, what in res:
                    scope.imports[a.asname or a.name] = what
            return
        if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Store, ast.Del)):
            scope.names.add(n.id)
        if isinstance(n, ast.ExceptHandler) and n.name:
            scope.names.add(n.name)
        if isinstance(n, (ast.MatchAs, ast.MatchStar)) and n.name:
            scope.names.add(n.name)
        if isinstance(n, ast.MatchMapping) and n.rest:
            scope.names.add(n.rest)
        for c in ast.iter_child_nodes(n):
            visit(c)

    for b in body_nodes:
        visit(b)
    scope.names -= scope.globals


def args_of(a):
    out = [x.arg for x in [*a.posonlyargs, *a.args, *a.kwonlyargs]]
    if a.vararg:
        out.append(a.vararg.arg)
    if a.kwarg:
        out.append(a.kwarg.arg)
    return out


problems = []

group_alias = defaultdict(lambda: defaultdict(set))  # new module -> alias -> {new modules or external}
for _m, _t in trees.items():
    for _n in ast.walk(_t):
        if isinstance(_n, ast.ImportFrom):
            res = imports_of(_m, _n)
            for a in _n.names:
                what = next((w for b, w in (res or []) if b is a), None)
                if what and what[0] == "mod":
                    nm = new_of(what[1])
                    group_alias[new_of(_m)][
                        a.asname if a.asname and nm == what[1] else (nm.rpartition(".")[2] if nm != what[1] else a.name)
                    ].add(nm)
                else:
                    group_alias[new_of(_m)][a.asname or a.name].add("external:" + str(_n.module) + "." + a.name)
        elif isinstance(_n, ast.Import):
            for a in _n.names:
                group_alias[new_of(_m)][(a.asname or a.name).split(".")[0]].add("external:" + a.name)
group_tops = defaultdict(set)
for _m in mods:
    group_tops[new_of(_m)] |= {renames.get((_m, n), n) for n in tops[_m]}


class Edits:
    def __init__(self, text):
        self.text = text.encode()
        self.starts = [0]
        for l in self.text.split(b"\n"):
            self.starts.append(self.starts[-1] + len(l) + 1)
        self.list = []

    def pos(self, line, col):
        return self.starts[line - 1] + col

    def add(self, node, new):
        self.list.append((self.pos(node.lineno, node.col_offset), self.pos(node.end_lineno, node.end_col_offset), new))

    def raw(self, a, b, new):
        self.list.append((a, b, new))

    def apply(self):
        t = self.text
        last = None
        for a, b, new in sorted(set(self.list), key=lambda e: (-e[0], -e[1])):
            if last is not None and b > last:
                raise SystemExit(f"overlap {t[a:b]!r} {new}")
            t = t[:a] + new.encode() + t[b:]
            last = a
        return t.decode()


class Rewriter:
    def __init__(self, m):
        self.m, self.new = m, new_of(m)
        self.tree, self.ed = trees[m], Edits(src[m])
        self.module_scope = Scope(self.tree, None, "module")
        bound_in(self.tree.body, self.module_scope, m)
        self.need = defaultdict(set)  # scope-import-node -> set of (kind, newmod, name, asname)
        self.import_nodes = []  # (node, result, scope)
        self.used_alias = {}
        self.changed_aliases = {}
        # names any scope binds, for alias collision
        self.all_names = (
            {n.id for n in ast.walk(self.tree) if isinstance(n, ast.Name)}
            | {a.arg for a in ast.walk(self.tree) if isinstance(a, ast.arg)}
            | set(tops[m])
        )
        self.attr_used = set()
        self.extra = defaultdict(set)  # old mod -> symbols imported directly instead of via the module alias
        self.alias_for = {}
        self.plan_aliases()
        self.visit_block(self.tree.body, self.module_scope)
        for node, res, scope in self.import_nodes:
            self.write_import(node, res, scope)

    def plan_aliases(self):
        """module alias for each imported old module: alias name in the new text."""
        wanted = {}
        for n in ast.walk(self.tree):
            if isinstance(n, ast.ImportFrom) and (res := imports_of(self.m, n)):
                for a, what in res:
                    if what[0] == "mod":
                        old = what[1]
                        nm = new_of(old)
                        if nm == old:
                            wanted[old] = a.asname or a.name
                            if not a.asname and self.new in sources and len(group_alias[self.new][a.name]) > 1:
                                wanted[old] = nm.split(".")[-2] + "_" + a.name
                            continue
                        base = nm.rpartition(".")[2]
                        before = a.asname or a.name
                        wanted[old] = before if a.asname else base
                        if not a.asname and (len(group_alias[self.new][base]) > 1 or base in group_tops[self.new]):
                            wanted[old] = nm.split(".")[-2] + "_" + base
        # collision: the alias equals another name used in this module (not an imported module that goes away)
        gone = {
            (a.asname or a.name)
            for n in ast.walk(self.tree)
            if isinstance(n, ast.ImportFrom)
            for a, what in (imports_of(self.m, n) or [])
            if what[0] == "mod"
        }
        taken = defaultdict(set)
        for old, alias in wanted.items():
            taken[alias].add(new_of(old))
        for old, alias in wanted.items():
            nm = new_of(old)
            clash = (
                alias not in {nm.rpartition(".")[2]}
                and False
                or nm != old
                and (
                    alias in self.all_names - gone
                    or len(taken[alias]) > 1
                    or (alias in self.module_scope.names and alias not in gone)
                )
            )
            if alias in gone and nm != old:
                # the alias was the name of another module import which stays
                for o2, a2 in wanted.items():
                    if o2 != old and a2 == alias and new_of(o2) != nm:
                        clash = True
            self.alias_for[old] = None if clash else alias

    def resolve(self, name, scope):
        s, first = scope, True
        while s is not None:
            if (s.kind != "class" or first) and name in s.names:
                return s
            first = False if s.kind != "comp" else first
            s = s.parent
        return None

    def shadowed(self, name, scope):
        """whether a bare module-level name is hidden at this scope."""
        s, first = scope, True
        while s is not None and s.kind != "module":
            if (s.kind != "class" or first) and name in s.names:
                return True
            if s.kind != "comp":
                first = False
            s = s.parent
        return False

    def ref(self, what, attr, scope, node):
        """text for (old module, attr)."""
        old = what
        om, on = origin(old, attr)
        nm, nn = final_of(om, on)
        if nm == self.new:
            if self.shadowed(nn, scope):
                problems.append(
                    f"{mods[self.m].relative_to(ROOT)}:{node.lineno}: {nn} (of {old}) is hidden by a local name"
                )
            elif (
                nn in self.module_scope.names
                and nn not in tops[self.m]
                and self.module_scope.imports.get(nn) not in {("sym", old, attr)}
                and nn not in {a for a in ()}
            ):
                w = self.module_scope.imports.get(nn)
                if w is None or (w[0] == "mod" and new_of(w[1]) != self.new):
                    problems.append(
                        f"{mods[self.m].relative_to(ROOT)}:{node.lineno}: {nn} (of {old}) is another name of this module"
                    )
            return nn
        alias = self.alias_for.get(old)
        if om != old and nm != new_of(old):
            alias = None
        if alias and not self.shadowed(alias, scope):
            self.attr_used.add(old)
            return f"{alias}.{nn}"
        self.extra[old].add((nm, nn))
        if self.shadowed(nn, scope) or nn in tops[self.m]:
            problems.append(f"{mods[self.m].relative_to(ROOT)}:{node.lineno}: {nn} imported from {nm} is hidden")
        return nn

    def visit_block(self, nodes, scope):
        for n in nodes:
            self.visit(n, scope)

    def visit(self, n, scope):
        if isinstance(n, (ast.Import,)):
            return
        if isinstance(n, ast.ImportFrom):
            if res := imports_of(self.m, n):
                self.import_nodes.append((n, res, scope))
            return
        if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for d in n.decorator_list:
                self.visit(d, scope)
            tscope = scope
            if n.type_params:
                tscope = Scope(n, scope, "function")
                tscope.names |= {t.name for t in n.type_params}
                for t in n.type_params:
                    if getattr(t, "bound", None):
                        self.visit(t.bound, scope)
            a = n.args
            for d in [*a.defaults, *[k for k in a.kw_defaults if k]]:
                self.visit(d, tscope)
            for x in [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, [a.vararg, a.kwarg])]:
                if x.annotation:
                    self.visit(x.annotation, tscope)
            if n.returns:
                self.visit(n.returns, tscope)
            s = Scope(n, tscope, "function")
            s.names |= set(args_of(a))
            bound_in(n.body, s, self.m)
            if scope.kind == "module":
                self.define(n)
            self.visit_block(n.body, s)
            return
        if isinstance(n, ast.ClassDef):
            for d in n.decorator_list:
                self.visit(d, scope)
            tscope = scope
            if n.type_params:
                tscope = Scope(n, scope, "function")
                tscope.names |= {t.name for t in n.type_params}
                for t in n.type_params:
                    if getattr(t, "bound", None):
                        self.visit(t.bound, scope)
            for b in [*n.bases, *[k.value for k in n.keywords]]:
                self.visit(b, tscope)
            s = Scope(n, tscope, "class")
            bound_in(n.body, s, self.m)
            if scope.kind == "module":
                self.define(n)
            self.visit_block(n.body, s)
            return
        if isinstance(n, ast.Lambda):
            for d in [*n.args.defaults, *[k for k in n.args.kw_defaults if k]]:
                self.visit(d, scope)
            s = Scope(n, scope, "function")
            s.names |= set(args_of(n.args))
            self.visit(n.body, s)
            return
        if isinstance(n, (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            s = Scope(n, scope, "comp")
            for g in n.generators:
                for x in ast.walk(g.target):
                    if isinstance(x, ast.Name):
                        s.names.add(x.id)
            for i, g in enumerate(n.generators):
                self.visit(g.iter, scope if i == 0 else s)
                self.visit(g.target, s)
                for c in g.ifs:
                    self.visit(c, s)
            if isinstance(n, ast.DictComp):
                self.visit(n.key, s)
                self.visit(n.value, s)
            else:
                self.visit(n.elt, s)
            return
        if isinstance(n, ast.TypeAlias) and n.type_params:
            s = Scope(n, scope, "function")
            s.names |= {t.name for t in n.type_params}
            self.visit(n.name, scope)
            self.visit(n.value, s)
            return
        if isinstance(n, ast.Call):
            self.patch_strings(n, scope)
        if (
            isinstance(n, ast.Constant)
            and isinstance(n.value, str)
            and re.fullmatch(r"[A-Z][\w\[\], .|]*", n.value)
            and n.lineno == n.end_lineno
        ):

            def sub(x):
                s = self.resolve(x[0], scope)
                if s is None:
                    return x[0]
                what = s.imports.get(x[0])
                if what and what[0] == "sym":
                    o = origin(what[1], what[2])
                    return renames.get(o, x[0])
                if s.kind == "module" and x[0] in tops[self.m]:
                    return renames.get((self.m, x[0]), x[0])
                return x[0]

            t = re.sub(r"(?<![\w.])[A-Z]\w+", sub, n.value)
            if t != n.value and self.ed.text[self.ed.pos(n.lineno, n.col_offset) :][:1] == b'"':
                self.ed.add(n, '"' + t + '"')
            return
        if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name):
            s = self.resolve(n.value.id, scope)
            what = s.imports.get(n.value.id) if s else None
            if what and what[0] == "mod":
                old = what[1]
                if old in is_pkg and f"{old}.{n.attr}" in mods:
                    pass
                om, on = origin(old, n.attr)
                if (
                    new_of(old) != old
                    or (om, on) in renames
                    or om != old
                    or self.alias_for.get(old) not in {None, n.value.id}
                ):
                    self.ed.add(n, self.ref(old, n.attr, scope, n))
                return
        if isinstance(n, ast.Name):
            s = self.resolve(n.id, scope)
            if s is None:
                return
            what = s.imports.get(n.id)
            if what and what[0] == "mod":
                old = what[1]
                if new_of(old) != old or self.alias_for.get(old) not in {None, n.id}:
                    if new_of(old) == self.new:
                        problems.append(
                            f"{mods[self.m].relative_to(ROOT)}:{n.lineno}: module {old} used as a value in the module it is merged into"
                        )
                    alias = self.alias_for.get(old)
                    if alias is None:
                        alias = new_of(old).rpartition(".")[2] + "_module"
                        self.alias_for.setdefault(("as", old), alias)
                        self.alias_for["as", old] = alias
                    self.ed.add(n, alias)
                return
            if what and what[0] == "sym":
                old, name = origin(what[1], what[2])
                nn = renames.get((old, name))
                if nn and n.id == what[2]:
                    if self.shadowed(nn, scope):
                        problems.append(f"{mods[self.m].relative_to(ROOT)}:{n.lineno}: {nn} is hidden by a local name")
                    self.ed.add(n, nn)
                return
            if s.kind == "module" and (self.m, n.id) in renames and n.id in tops[self.m]:
                nn = renames[self.m, n.id]
                if self.shadowed(nn, scope):
                    problems.append(f"{mods[self.m].relative_to(ROOT)}:{n.lineno}: {nn} is hidden by a local name")
                self.ed.add(n, nn)
            return
        if isinstance(n, ast.Global):
            return
        for c in ast.iter_child_nodes(n):
            self.visit(c, scope)

    def define(self, n):
        if (self.m, n.name) in renames:
            line = n.lineno
            a = self.ed.pos(line, n.col_offset)
            text = self.ed.text[a : self.ed.pos(n.body[0].lineno, 0) if n.body[0].lineno != line else None]
            mt = re.match(rb"(async\s+def|def|class)\s+" + n.name.encode() + rb"\b", text)
            assert mt, (self.m, n.name)
            self.ed.raw(a + mt.end() - len(n.name.encode()), a + mt.end(), renames[self.m, n.name])

    def patch_strings(self, call, scope):
        """monkeypatch.setattr(module, "name", ...) with renamed names."""
        f = call.func
        if (
            isinstance(f, ast.Attribute)
            and f.attr in {"setattr", "delattr", "object", "spy"}
            and len(call.args) >= 2
            and isinstance(call.args[0], ast.Name)
            and isinstance(call.args[1], ast.Constant)
            and isinstance(call.args[1].value, str)
        ):
            s = self.resolve(call.args[0].id, scope)
            what = s.imports.get(call.args[0].id) if s else None
            if what and what[0] == "mod" and (what[1], call.args[1].value) in renames:
                self.ed.add(call.args[1], f'"{renames[what[1], call.args[1].value]}"')

    def write_import(self, node, res, scope):
        if all(
            (
                new_of(w[1]) == w[1]
                and (
                    w[0] == "mod"
                    and not self.extra.get(w[1])
                    and self.alias_for.get(w[1]) == (_.asname or _.name)
                    or w[0] == "sym"
                    and (w[1], w[2]) not in renames
                    and origin(w[1], w[2]) == (w[1], w[2])
                    and new_of(pkg_origin(w[1], w[2])[0]) != self.new
                )
            )
            for _, w in res
        ):
            return
        out, mod_lines = [], []
        by = defaultdict(list)
        for a, what in res:
            if what[0] == "mod":
                old = what[1]
                nm = new_of(old)
                if nm == old:
                    alias = self.alias_for.get(old) or a.asname or a.name
                    by[old.rpartition(".")[0]].append(a.name + (f" as {alias}" if alias != a.name else ""))
                    for m2, name in sorted(self.extra.get(old, ())):
                        by[m2].append(name)
                    continue
                pkg, _, last = nm.rpartition(".")
                if nm != self.new:
                    alias = self.alias_for.get(old)
                    if alias:
                        by[pkg].append(last + (f" as {alias}" if alias != last else ""))
                    if ("as", old) in self.alias_for:
                        by[pkg].append(f"{last} as {self.alias_for['as', old]}")
                    for m2, name in sorted(self.extra.get(old, ())):
                        by[m2].append(name)
            else:
                old, name = origin(what[1], what[2])
                po, pn = pkg_origin(old, name)
                if new_of(po) == self.new and po != self.m:
                    old, name = po, pn
                nm, nn = final_of(old, name)
                if nm == self.new:
                    if a.asname and a.asname != nn:
                        problems.append(
                            f"{mods[self.m].relative_to(ROOT)}:{node.lineno}: {name} as {a.asname} is now in this module"
                        )
                    continue
                by[nm].append(nn + (f" as {a.asname}" if a.asname else ""))
        lines = [f"from {p} import {', '.join(dict.fromkeys(names))}" for p, names in by.items()]
        indent = " " * node.col_offset
        text = ("\n" + indent).join(lines)
        if not lines:
            text = "pass  # removed import" if scope.kind != "module" or node.col_offset else ""
        self.ed.add(node, text)


out = {}
for m in mods:
    out[m] = Rewriter(m).ed.apply()


def compose(new, olds):
    doc, imports, bodies, seen = None, [], [], {}
    for o in olds:
        text = out[o]
        tree = ast.parse(text)
        lines = text.split("\n")
        stmts = list(tree.body)
        if (
            stmts
            and isinstance(stmts[0], ast.Expr)
            and isinstance(stmts[0].value, ast.Constant)
            and isinstance(stmts[0].value.value, str)
        ):
            d = "\n".join(lines[stmts[0].lineno - 1 : stmts[0].end_lineno])
            doc = doc or d
            start = stmts[0].end_lineno
            stmts = stmts[1:]
        else:
            start = 0
        # leading imports
        cut = start
        for s in stmts:
            if isinstance(s, (ast.Import, ast.ImportFrom)) or (
                isinstance(s, ast.If) and ast.unparse(s.test) == "TYPE_CHECKING"
            ):
                imports.append("\n".join(lines[cut : s.end_lineno]))
                cut = s.end_lineno
            else:
                break
        rest = "\n".join(lines[cut:])
        # drop duplicates of identical definitions
        t2 = ast.parse(rest)
        rl = rest.split("\n")
        drop = []
        for s in t2.body:
            names = (
                [s.name]
                if isinstance(s, BIND)
                else [
                    n.id
                    for t in (s.targets if isinstance(s, ast.Assign) else [s.target])
                    for n in ast.walk(t)
                    if isinstance(n, ast.Name)
                ]
                if isinstance(s, (ast.Assign, ast.AnnAssign))
                else [s.name.id]
                if isinstance(s, ast.TypeAlias)
                else []
            )
            for name in names:
                if seen.get(name) == ast.unparse(s):
                    drop.append(s)
                elif name not in seen:
                    seen[name] = ast.unparse(s)
        for s in reversed(drop):
            b = min([s.lineno] + [d.lineno for d in getattr(s, "decorator_list", [])])
            del rl[b - 1 : s.end_lineno]
        bodies.append("\n".join(rl).strip("\n"))
    if new in docs:
        doc = '"""' + docs[new] + '"""'
    imp = "\n".join(i.strip("\n") for i in imports if i.strip())
    return (doc or "") + "\n\n" + imp + "\n\n\n" + "\n\n\n".join(b for b in bodies if b) + "\n"


def clean(t):
    t = re.sub(r"\nif TYPE_CHECKING:\n    pass  # removed import\n", "\n", t)
    t = re.sub(r"\n +pass  # removed import\n\n?(?= +\S)", "\n", t)
    return t


def path_of(m, pkg=False):
    return ROOT / (m.replace(".", "/") + ("/__init__.py" if pkg else ".py"))


# textual names
pairs = []
for (o, name), nn in renames.items():
    pairs.append((f"{o}.{name}", f"{new_of(o)}.{nn}"))
for o, nm in target.items():
    if o == nm:
        continue
    pairs.append((o, nm))
    p, q = o.replace(".", "/"), nm.replace(".", "/")
    pairs.append((p + ".py", q + ".py"))
    pairs.append((p, q))
    app, _, rel = p.partition("/")
    app2, _, rel2 = q.partition("/")
    if app == app2 and "/" in rel:
        pairs.append((rel + ".py", rel2 + ".py"))
pairs.sort(key=lambda x: -len(x[0]))
table = dict(reversed(pairs))
rx = re.compile(r"(?<![\w./])(" + "|".join(re.escape(a) for a, _ in pairs) + r")(?![\w])(?!/)") if pairs else None


def retext(s):
    return rx.sub(lambda x: table[x[1]], s) if rx else s


print(f"{len(target)} modules moved, {len(renames)} names; automatic renames: {len(auto)}; problems: {len(problems)}")
for a in auto:
    print("auto", a)
for p in problems:
    print("problem", p)
if DRY:
    sys.exit()

written = {}
for new, olds in sources.items():
    if len(olds) == 1 and new not in docs:
        written[new] = out[olds[0]]
    elif len(olds) == 1:
        t = out[olds[0]]
        tr = ast.parse(t)
        ls = t.split("\n")
        d = tr.body[0]
        ls[d.lineno - 1 : d.end_lineno] = ['"""' + docs[new] + '"""']
        written[new] = "\n".join(ls)
    else:
        written[new] = compose(new, olds)
for m in mods:
    if m not in target:
        if out[m] != src[m]:
            mods[m].write_text(clean(out[m]))


def git(*a):
    subprocess.run(["git", *a], cwd=ROOT, check=True, capture_output=True)


for new, olds in sources.items():
    first = max(olds, key=lambda o: len(src[o]))
    dest = path_of(new, pkg=any(o in is_pkg for o in olds))
    if mods[first] != dest:
        if dest.exists() and modname(dest) not in target:
            raise SystemExit(f"{dest} exists")
for new, olds in sources.items():
    for o in olds:
        if mods[o].exists():
            mods[o].unlink()
for new, olds in sources.items():
    dest = path_of(new)
    dest.parent.mkdir(parents=True, exist_ok=True)
    dest.write_text(clean(written[new]))
    d = dest.parent
    while d != ROOT and d.relative_to(ROOT).parts[0] in APPS:
        init = d / "__init__.py"
        if not init.exists():
            dn = ".".join(d.relative_to(ROOT).parts)
            init.write_text(f'"""{packages[dn]}"""\n' if dn in packages else "")
        d = d.parent
# empty packages
for app in APPS:
    for d, subs, fs in sorted(os.walk(ROOT / app), key=lambda x: -len(x[0])):
        p = Path(d)
        if "__pycache__" in d:
            continue
        real = [x for x in p.iterdir() if x.name != "__pycache__"]
        if (
            real == [p / "__init__.py"]
            and not (p / "__init__.py").read_text().count("import")
            and p.name not in {"migrations", "commands", "management"}
        ):
            (p / "__init__.py").unlink()
            subprocess.run(["rm", "-rf", str(p)])
# text
for f in subprocess.run(
    ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
).stdout.split("\n"):
    p = ROOT / f
    if (
        not f
        or not p.is_file()
        or p.is_symlink()
        or p.suffix in {".png", ".pdf", ".mo", ".woff2", ".gz", ".lock"}
        or f.startswith("CHANGELOG")
    ):
        continue
    try:
        s = p.read_text()
    except UnicodeDecodeError:
        continue
    t = retext(s)
    if t != s:
        p.write_text(t)
