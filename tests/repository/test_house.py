"""Rules of the project that no linter checks: paths in documents, the pure core, lock files, executable scripts."""

import ast
import builtins
import json
import re
import subprocess
import tomllib

import pytest
import yaml
from django.conf import settings

ROOT = settings.BASE_DIR
APPS = ("releases", "breaches", "statsoffice")
REGISTRIES = ("registry.npmjs" + ".org", "pypi" + ".org", "pythonhosted" + ".org", "yarnpkg" + ".com")
FILES_THAT_NAME_DOWNLOAD_ADDRESSES = {"uv.lock", "pylock.toml", "yarn.lock"}


def tracked(pattern="*"):
    """List the files that git tracks and that are there."""
    return [
        path for name in git("ls-files", "-z", "--", pattern).split("\0") if name and (path := ROOT / name).is_file()
    ]


def git(*words):
    """Ask git about this checkout, which another account may own, as where root tests what a CI fetched."""
    command = ["git", "-c", f"safe.directory={ROOT}", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


def name(path):
    """Return a file's path as people write it."""
    return str(path.relative_to(ROOT))


def pins(lock):
    """Read the exact versions of a lock file, by package and condition."""
    return dict(re.findall(r"^([\w.\[\]-]+)==(.+?) *\\?$", (ROOT / lock).read_text(), flags=re.MULTILINE))


INVENTED = {"releases/probe/practice_hub.py"}


def test_every_path_that_the_documentation_names_is_there():
    named = {
        (name(document), path)
        for document in tracked("*.md")
        for path in re.findall(r"`([a-z_]+/[\w./-]*)`", document.read_text())
        if path not in INVENTED
    }
    assert len(named) > 200
    assert {(document, path) for document, path in named if not is_there(path)} == set()


def test_every_module_that_the_documentation_names_without_its_folder_is_there():
    modules = {path.name for path in tracked("*.py")}
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *tracked("docs/*.md")]
    named = {
        (name(document), module)
        for document in documents
        if "decisions" not in document.parts
        for module in re.findall(r"`(\w+\.py)`", document.read_text())
    }
    assert len(named) > 30
    assert {(document, module) for document, module in named if module not in modules} == set()


def test_every_name_that_the_documentation_places_in_a_file_is_in_it():
    documents = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *tracked("docs/*.md")]
    placed = {
        (name(document), thing, path)
        for document in documents
        if "decisions" not in document.parts
        for things, path in re.findall(r"((?:`[\w.]+`(?:, | and )?)+) in `([a-z_]+/[\w/]+\.py)`", document.read_text())
        for thing in re.findall(r"`(?:\w+\.)*(\w+)`", things)
    }
    assert len(placed) > 20
    assert {(*one, path) for *one, path in placed if one[-1] not in (ROOT / path).read_text()} == set()


def test_every_module_that_a_comment_or_docstring_names_is_there():
    sources = {path: path.read_text() for app in APPS for path in tracked(f"{app}/*.py")}
    modules = {part for path in sources for part in path.relative_to(ROOT).with_suffix("").parts}
    named = {
        (name(path), first)
        for path, source in sources.items()
        for first in re.findall(r"`([a-z_]+)\.\w+(?:\.\w+)*`", source)
        # Other names before a dot are those of variables and packages, which the code itself uses.
        if not re.search(rf"(?<!`)\b{first}\b", source)
    }
    assert {(path, first) for path, first in named if first not in modules} == set()


def test_every_exception_that_a_docstring_names_is_known_in_its_module_or_a_class_of_the_product():
    trees = {path: ast.parse(path.read_text()) for app in APPS for path in tracked(f"{app}/*.py")}
    classes = {node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    named = {
        (name(path), exception)
        for path in trees
        for exception in re.findall(r":raises (\w+):", path.read_text())
        if not hasattr(builtins, exception) and exception not in classes
    }
    assert {(path, exception) for path, exception in named if not is_imported(exception, trees[ROOT / path])} == set()


def is_imported(name, tree):
    return any(
        name == (alias.asname or alias.name).rpartition(".")[2]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    )


def is_there(path):
    """Return whether there is a file, a folder or, without its ending, a module; inside an app where none is named."""
    tried = [ROOT / app / path for app in ("", "releases", "breaches", "statsoffice", "tests")]
    return any(one.exists() or one.with_suffix(".py").exists() for one in tried)


def test_the_commit_hooks_make_the_checks_of_the_test_script():
    checks = re.search(r'^CHECKS="(.*?)"$', (ROOT / "test").read_text(), re.MULTILINE | re.DOTALL)
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    assert {line.partition("|")[2] for line in checks[1].splitlines()} == {hook["name"] for hook in hooks}


def test_the_lowest_layer_of_both_apps_is_pure():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    lowest = {
        f"{contract['containers'][0]}.{module}"
        for contract in contracts
        if "containers" in contract
        for module in re.split(r"\W+", contract["layers"][-1])
    }
    (pure,) = (contract for contract in contracts if contract["name"].startswith("the rules are pure"))
    assert lowest <= set(pure["source_modules"])


MAY_QUERY_CHECKS = ("releases/evidence/repository.py", "releases/models/", "releases/admin/", "releases/migrations/")


def test_only_the_repository_queries_stored_checks():
    texts = {name(path): path.read_text() for app in APPS for path in tracked(f"{app}/*.py")}
    found = {path: list(queries_of_checks(ast.parse(text))) for path, text in texts.items()}
    assert found["releases/evidence/repository.py"]
    others = {path: lines for path, lines in found.items() if lines and not path.startswith(MAY_QUERY_CHECKS)}
    assert others == {}


def queries_of_checks(tree):
    """Yield the lines that name a manager of Observation, or a relation to its rows, also within a look-up."""
    managers = {"objects", "in_order", "_base_manager", "_default_manager"}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=attr, value=(ast.Name(id="Observation") | ast.Attribute(attr="Observation"))):
                named = attr in managers
            case ast.Attribute(attr=text) | ast.keyword(arg=str(text)) | ast.Constant(value=str(text)):
                named = "observations" in text.split("__")
            case _:
                named = False
        if named:
            yield f"{node.lineno}: {ast.unparse(node)}"


def test_the_composition_imports_nothing_by_being_there():
    assert (ROOT / "statsoffice" / "__init__.py").read_text() == ""


def test_no_file_names_a_registry():
    texts = {name(path): path.read_bytes() for path in tracked()}
    assert [path for path, text in texts.items() if any(host.encode() in text for host in REGISTRIES)] == []


def test_the_locks_name_no_download_addresses():
    assert {path.name for path in tracked()} & FILES_THAT_NAME_DOWNLOAD_ADDRESSES == set()
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    assert [package for package, entry in packages.items() if "resolved" in entry] == []


@pytest.mark.parametrize(
    "lock",
    ["requirements.txt", "requirements-build.txt", "requirements-browser.txt", "requirements-test.txt"],
    ids=["product", "build", "browser", "tests"],
)
def test_every_pinned_package_has_a_hash(lock):
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text().strip())
    assert len(entries) == len(pins(lock))
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_tests_run_on_the_very_packages_of_the_product():
    product = pins("requirements.txt") | pins("requirements-build.txt") | pins("requirements-browser.txt")
    tests = pins("requirements-test.txt")
    # The tests may need a package on every system that the product needs on one.
    other = {name for name, pin in product.items() if tests.get(name) not in (pin, pin.partition(" ;")[0])}
    assert other == set()


@pytest.mark.parametrize("script", ["run", "test", ".ci/run"])
def test_a_script_can_be_executed_after_a_clone(script):
    assert git("ls-files", "-s", script).startswith("100755")
    subprocess.run(["bash", "-n", script], cwd=ROOT, check=True)
