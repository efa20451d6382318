"""The site as a process of its own, for as long as somebody needs it."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from statsoffice.rehearsal_site.client import RehearsalSite

_ROOT = Path(__file__).resolve().parent.parent.parent


@contextmanager
def rehearsal_site(*, port: int = 0, token: str = "", state: Path | None = None) -> Iterator[RehearsalSite]:
    """Run a site on 127.0.0.1 until the end of the block, and give its control.

    :param port: 0 takes any free one.
    :param token: what its control endpoint asks for; empty leaves it open.
    :param state: the file that keeps its scripts.
    :raises RehearsalSiteError: if it does not come up.
    """
    chosen = port or _free_port()
    command = [sys.executable, "-m", "statsoffice.rehearsal_site", "--port", str(chosen)]
    command += ["--state", str(state)] if state else []
    environment = os.environ | {"STATSOFFICE_REHEARSAL_TOKEN": token}
    process = subprocess.Popen(command, cwd=_ROOT, env=environment)  # noqa: S603 (all of it is ours)
    try:
        site = RehearsalSite(f"http://127.0.0.1:{chosen}", token)
        site.wait_until_up()
        yield site
    finally:
        process.terminate()
        process.wait(timeout=10)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port
