"""Run the tests' own OpenID Connect provider for as long as it is needed."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from tests.servers.ports import free_port
from tests.servers.process import running


@contextlib.contextmanager
def openid_provider(log: Path) -> Iterator[str]:
    """Run a provider in its own process for the time of a `with` block, and yield its address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            return requests.get(f"{address}/keys", timeout=5).ok
        except requests.ConnectionError:
            return False

    command = [sys.executable, "-m", "tests.servers.openid_provider", str(port), str(free_port())]
    with running(command, answers=answers, log=log):
        yield address


def tell(address: str, **told: Any) -> None:
    """Set whom the provider signs in next, and what it does wrong: the fields of its `Told`."""
    requests.post(f"{address}/next", json=told, timeout=5).raise_for_status()
