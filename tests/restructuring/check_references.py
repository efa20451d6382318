# ruff: noqa
"""List uses of names that a module of the project does not have, also in scripts inside texts. See remodel.py."""

import textwrap
import ast, subprocess, sys
from pathlib import Path

fs = [
    f
    for f in subprocess.run(["git", "ls-files", "*.py"], capture_output=True, text=True).stdout.split()
    if Path(f).exists() and not Path(f).is_symlink()
]
mods = {f[:-3].replace("/", ".").removesuffix(".__init__"): f for f in fs}
trees = {m: ast.parse(open(f).read()) for m, f in mods.items()}


def names(t):
    out = set()
    for n in ast.walk(t):
        if isinstance(n, (ast.FunctionDef, ast.ClassDef, ast.AsyncFunctionDef)):
            out.add(n.name)
        elif isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store):
            out.add(n.id)
        elif isinstance(n, (ast.Import, ast.ImportFrom)):
            for a in n.names:
                out.add((a.asname or a.name).split(".")[0])
        elif isinstance(n, ast.TypeAlias):
            out.add(n.name.id)
    return out


N = {m: names(t) for m, t in trees.items()}
subs = {}
for m in mods:
    p, _, l = m.rpartition(".")
    subs.setdefault(p, set()).add(l)
for m, t in trees.items():
    if m.startswith(("tests.", "benchmarks")) or True:
        imp = {}
        for n in ast.walk(t):
            if isinstance(n, ast.ImportFrom) and n.module and not n.level:
                for a in n.names:
                    x = f"{n.module}.{a.name}"
                    if x in mods:
                        imp[a.asname or a.name] = x
                    elif n.module in mods and a.name not in N[n.module] and a.name not in subs.get(n.module, ()):
                        print(f"{mods[m]}:{n.lineno}: {n.module} has no {a.name}")
        for n in ast.walk(t):
            if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name) and n.value.id in imp:
                x = imp[n.value.id]
                if n.attr not in N[x] and n.attr not in subs.get(x, ()) and not n.attr.startswith("__"):
                    print(f"{mods[m]}:{n.lineno}: {x}.{n.attr}")
            if (
                isinstance(n, ast.Call)
                and isinstance(n.func, ast.Attribute)
                and n.func.attr in ("setattr", "delattr", "spy", "object")
            ):
                a = n.args
                if (
                    len(a) > 1
                    and isinstance(a[0], ast.Name)
                    and a[0].id in imp
                    and isinstance(a[1], ast.Constant)
                    and isinstance(a[1].value, str)
                ):
                    x = imp[a[0].id]
                    if a[1].value.split(".")[0] not in N[x]:
                        print(f"{mods[m]}:{n.lineno}: patch {x} {a[1].value}")
                if a and isinstance(a[0], ast.Attribute) and isinstance(a[0].value, ast.Name) and a[0].value.id in imp:
                    print(f"{mods[m]}:{n.lineno}: patch chained {ast.unparse(a[0])} {ast.unparse(a[1])}")
                if a and isinstance(a[0], ast.Constant) and isinstance(a[0].value, str):
                    parts = a[0].value.split(".")
                    for k in range(len(parts), 0, -1):
                        x = ".".join(parts[:k])
                        if x in mods:
                            if k < len(parts) and parts[k] not in N[x]:
                                print(f"{mods[m]}:{n.lineno}: patch string {a[0].value}")
                            break
                    else:
                        if parts[0] in ("releases", "breaches", "statsoffice"):
                            print(f"{mods[m]}:{n.lineno}: patch string {a[0].value}")

for m, t in trees.items():
    for c in ast.walk(t):
        if (
            isinstance(c, ast.Constant)
            and isinstance(c.value, str)
            and "import " in c.value
            and ("releases" in c.value or "breaches" in c.value or "statsoffice" in c.value)
        ):
            try:
                u = ast.parse(textwrap.dedent(c.value))
            except SyntaxError:
                continue
            imp = {}
            for n in ast.walk(u):
                if isinstance(n, ast.ImportFrom) and n.module:
                    for a in n.names:
                        x = f"{n.module}.{a.name}"
                        if x in mods:
                            imp[a.asname or a.name] = x
            for n in ast.walk(u):
                if (
                    isinstance(n, ast.Attribute)
                    and isinstance(n.value, ast.Name)
                    and n.value.id in imp
                    and n.attr not in N[imp[n.value.id]]
                    and n.attr not in subs.get(imp[n.value.id], ())
                ):
                    print(mods[m], c.lineno, n.value.id, n.attr)
