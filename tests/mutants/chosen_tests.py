"""A pytest plugin that runs the tests listed in a file, in that order, and begins none after some seconds.

It is loaded by name from its own folder, so that it also works in a checkout without it. CHOSEN_TESTS names a file of
JSON: `order`, the node ids; `until`, the time (as of time.time) after which no test begins; `report`, a file for what
was run and which test is running.
"""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

CHOSEN = json.loads(Path(os.environ["CHOSEN_TESTS"]).read_text())
REPORT = Path(CHOSEN["report"])
state: dict[str, Any] = {"found": 0, "run": 0, "running": None, "failed": None, "began": 0.0, "took": 0.0}


def _write() -> None:
    REPORT.write_text(json.dumps(state))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    place = {node: number for number, node in enumerate(CHOSEN["order"])}
    chosen = sorted((item for item in items if item.nodeid in place), key=lambda item: place[item.nodeid])
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in place])
    items[:] = chosen
    state["found"] = len(chosen)
    _write()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> bool | None:
    if time.time() > CHOSEN["until"]:
        item.session.shouldstop = "the time for this mutant is over"
        return True  # and is not run
    state["running"], state["began"] = item.nodeid, time.time()
    _write()
    return None


def pytest_runtest_logfinish() -> None:
    state["took"] = time.time() - state["began"]
    state["running"] = None
    state["run"] += 1
    _write()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.failed and state["failed"] is None:
        state["failed"] = report.nodeid


def pytest_sessionfinish() -> None:
    _write()
