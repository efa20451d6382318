"""What docs/adapters.md shows is run as it stands there: the adapter, its registration and its own tests."""

import re
import subprocess
import sys
import types
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from releases.core.judging.evidence import AddressRole, Expectation
from releases.core.looks.errand import Errand
from releases.probe import registry
from releases.probe.probe import probe_from_settings

ROOT = Path(__file__).resolve().parents[3]
GUIDE = ROOT / "docs" / "adapters.md"
ADAPTER, REGISTRATION, TESTS = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), re.DOTALL)
NAME = "releases.probe.practice_hub"


def module(name: str, source: str) -> types.ModuleType:
    made = types.ModuleType(name)
    exec(compile(source, str(GUIDE), "exec"), made.__dict__)  # noqa: S102  # our own documentation
    return made


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    """Register the adapter of the guide by the very line that the guide gives."""
    monkeypatch.setitem(sys.modules, NAME, module(NAME, ADAPTER))
    line = module("registration", f"from releases.probe.registry import *\n{IMPORTS}\n{REGISTRATION}")
    monkeypatch.setattr(registry, "ADAPTERS", {adapter.name: adapter for adapter in line._ALL})


# What the registry has at its top already.
IMPORTS = "\n".join(
    line for line in (ROOT / "releases/probe/registry.py").read_text().splitlines() if line.startswith("from releases")
)


@pytest.fixture
def look(site):
    """Ask for a page's address through the real probe, and examine what the site's scenes answered."""

    def ask(adapter: str, path: str, pages: Mapping[str, Mapping[str, object]]):
        site.publish_all({where: [scene] for where, scene in pages.items()})
        expectation = Expectation(
            role=AddressRole.PAGE,
            url=site.url(path),
            marker="June 2026",
            release_title="Bus fares: June 2026",
            series_title="Bus fares",
            due_at=datetime(2026, 6, 30, 8, 30, tzinfo=UTC),
        )
        with probe_from_settings(now=lambda: datetime.now(UTC)) as probe:
            hosts = frozenset({site.base_url.removeprefix("http://")})
            url = probe.fetched_address(adapter, site.url(path))
            probe.start(Errand("one", url, hosts, datetime.now(UTC), adapter=adapter))
            answers = []
            while not answers:
                answers = probe.poll(1.0)
            answer = answers[0][1]
            return probe.examine(adapter, answer, expectation), answer

    return ask


globals().update(
    {name: value for name, value in vars(module("guide_tests", TESTS)).items() if name.startswith("test_")}
)


def test_every_adapter_that_there_is_stands_in_the_guide():
    listed = re.findall(r"^\| `([\w-]+)` \|", GUIDE.read_text(), re.MULTILINE)
    assert sorted(listed) == ["govuk", "page"]
    assert sorted(registry.ADAPTERS) == sorted([*listed, "practice-hub"])


@pytest.mark.parametrize("command", [["format", "--check", "--diff"], ["check"]], ids=["form", "rules"])
@pytest.mark.parametrize(
    ("source", "place"),
    [(ADAPTER, "releases/probe/practice_hub.py"), (TESTS, "tests/releases/probe/test_practice_hub.py")],
    ids=["adapter", "tests"],
)
def test_the_guides_code_is_written_as_the_products_own(command, source, place):
    ruff = [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(ROOT / place), "-"]
    done = subprocess.run(ruff, input=source, text=True, capture_output=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stdout
