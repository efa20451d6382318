"""Start every process of the product, watch them, and stop them all when one ends or somebody asks."""

import argparse
import os
import sys
import time
from collections.abc import Callable

from django.conf import settings

from statsoffice import broker
from statsoffice.running.processes import (
    DEMO,
    WORKER_WITH_BEAT,
    EndedByItself,
    Occupied,
    Processes,
    StopAsked,
    address,
    environment,
    refuse_taken_ports,
    rehearsal_site,
    take_ports,
    web,
    web_answers,
)

# A worker answers no request; if it cannot work, it ends within these seconds.
SETTLING_SECONDS = 3.0


def main(arguments: list[str]) -> int:
    """Run the product until it is stopped; gives the exit code."""
    parser = argparse.ArgumentParser(prog="./run", description=__doc__)
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--rehearsal-port", type=int, default=8765)
    parser.add_argument("--no-demo", action="store_true")
    chosen = parser.parse_args(arguments)
    wanted = {"--port": chosen.port}
    if not chosen.no_demo:
        wanted["--rehearsal-port"] = chosen.rehearsal_port
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "statsoffice.settings")
    os.environ |= environment(os.environ, port=chosen.port, rehearsal_port=wanted.get("--rehearsal-port"))
    try:
        with take_ports(settings.VAR_DIR, address=address(chosen.port)):
            refuse_taken_ports(wanted)
            return _run(port=chosen.port, rehearsal_port=wanted.get("--rehearsal-port"))
    except (Occupied, PermissionError) as error:
        _say(str(error))
        return 1


def _run(*, port: int, rehearsal_port: int | None) -> int:
    try:
        with Processes(settings.VAR_DIR / "log", os.environ) as processes:
            try:
                accounts = _start(processes, port=port, rehearsal_port=rehearsal_port)
                _say(
                    f"\n{accounts}Open {address(port)}/desk/ in a browser and sign in; the calendar for "
                    f"everybody is at {address(port)}/. Ctrl-C here stops everything."
                )
                processes.watch()
            finally:
                _say("\nStopping ...")
    except StopAsked:
        _say("Everything has stopped.")
        return 0
    except EndedByItself as error:
        _say(f"{error}\nEverything else has been stopped.")
        return 1
    return 0


def _start(processes: Processes, *, port: int, rehearsal_port: int | None) -> str:
    """Start one process after the other; gives what the demo says about its accounts, if there is a demo."""
    var = settings.VAR_DIR
    accounts = ""

    def start(name: str, command: list[str], answers: Callable[[], bool]) -> None:
        _step(f"Starting {name}", lambda: processes.start(name, command, answers=answers))

    if broker.is_private():
        address = broker.url(var=var)
        start("broker", broker.server_command(var=var), lambda: broker.answers(address, within_seconds=1))
    if rehearsal_port is not None:
        site = rehearsal_site(rehearsal_port, var=var)
        start("rehearsal site", site, lambda: web_answers(rehearsal_port))
        accounts = _step("Loading the demo", lambda: processes.complete("demo", DEMO)) + "\n"
    start("web", web(port), lambda: web_answers(port))
    start("worker", WORKER_WITH_BEAT, _once_over(SETTLING_SECONDS))
    return accounts


def _once_over(seconds: float) -> Callable[[], bool]:
    """Give a question that is answered with yes as soon as some seconds are over."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def _step[Result](title: str, act: Callable[[], Result]) -> Result:
    """Do something and show that it is under way."""
    sys.stdout.write(f"{title} ... ")
    sys.stdout.flush()
    began = time.monotonic()
    result = act()
    _say(f"done in {time.monotonic() - began:.0f} s")
    return result


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
