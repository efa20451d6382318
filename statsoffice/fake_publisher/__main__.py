"""Run the rehearsal site: `python -m statsoffice.fake_publisher --port 8765 --state FILE`."""

import argparse
import os
import sys
from collections.abc import Sequence
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from statsoffice.fake_publisher.application import application
from statsoffice.fake_publisher.scenes import BadScriptError, load_state


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m statsoffice.fake_publisher", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address unless there is a token")
    parser.add_argument("--port", type=int, default=8765)
    parser.add_argument("--state", type=Path, help="the file that keeps the scripts over a restart")
    chosen = parser.parse_args(arguments)
    # Read the token from the environment, because every user of the machine can read command lines.
    token = os.environ.get("STATSOFFICE_REHEARSAL_TOKEN", "")
    if not token and not _is_loopback(chosen.host):
        parser.error("outside loopback the control endpoint needs a token: set STATSOFFICE_REHEARSAL_TOKEN.")
    try:
        state = load_state(chosen.state)
    except BadScriptError as error:
        parser.error(str(error))
    uvicorn.run(
        application(state, token=token),
        host=chosen.host,
        port=chosen.port,
        http="httptools",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=4096,
        # Longer than the time between two checks, so that a connection can be reused.
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    return 0


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


if __name__ == "__main__":
    sys.exit(main())
