"""The code of docs/reference/adapters.md is run unchanged: the adapter, its registration and its own tests."""

import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

from releases.probe import adapters

ROOT = Path(__file__).resolve().parents[4]
GUIDE = ROOT / "docs" / "reference" / "adapters.md"
ADAPTER, REGISTRATION, TESTS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
NAME = "releases.probe.practice_hub"


def module(name: str, source: str) -> types.ModuleType:
    made = types.ModuleType(name)
    exec(compile(source, str(GUIDE), "exec"), made.__dict__)  # noqa: S102  # our own documentation
    return made


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    """Register the adapter of the guide by the very line in the guide."""
    monkeypatch.setitem(sys.modules, NAME, module(NAME, ADAPTER))
    line = module("registration", f"from releases.probe.adapters import *\n{REGISTRATION}")
    monkeypatch.setattr(adapters, "ADAPTERS", adapters.ADAPTERS | {adapter.name: adapter for adapter in line._ALL})


globals().update(
    {name: value for name, value in vars(module("guide_tests", TESTS)).items() if name.startswith("test_")}
)


def test_every_adapter_that_there_is_is_in_the_guide():
    listed = re.findall(r"^\| `([\w-]+)` \|", GUIDE.read_text(), re.MULTILINE)
    assert sorted(adapters.ADAPTERS) == sorted([*listed, "practice-hub"])


@pytest.mark.parametrize("command", [["format", "--check", "--diff"], ["check"]], ids=["form", "rules"])
@pytest.mark.parametrize(
    ("source", "place"),
    [(ADAPTER, "releases/probe/practice_hub.py"), (TESTS, "tests/integration/releases/probe/test_practice_hub.py")],
    ids=["adapter", "tests"],
)
def test_the_guides_code_is_written_as_the_products_own(command, source, place):
    ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(ROOT / place), "-"]
    done = subprocess.run(ruff, input=source, text=True, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout
