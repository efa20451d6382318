"""A vantage point in a network namespace of its own: a practice site on its loopback, and a sweep that checks it.

`python -m tests.servers.vantage_point PORT FOLDER SECONDS` writes the file FOLDER/ready once it can begin. It then
waits for the file FOLDER/scripts.json, publishes these scripts, and sweeps for so many seconds.
STATSOFFICE_VANTAGE_POINT names the vantage point; without it, it is the main one.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import django

from tests.servers import programs


def command(port: int, folder: Path, seconds: float) -> list[str]:
    """Return the command of a vantage point in a new network namespace."""
    return [
        *programs.network_namespace(),
        sys.executable,
        "-m",
        "tests.servers.vantage_point",
        str(port),
        str(folder),
        str(seconds),
    ]


def main(port: str, folder: str, seconds: str) -> None:
    subprocess.run([programs.ip(), "link", "set", "lo", "up"], check=True)
    django.setup()
    from django.conf import settings

    from releases.monitoring.clock import RealClock
    from releases.monitoring.sweep import Sweep
    from releases.probe.probe import probe_from_settings
    from releases.rules.clock_error import SCRIPTED, ClockError
    from statsoffice.fake_publisher.client import rehearsal_site
    from statsoffice.jobs import process_name

    class ConfirmedClock(RealClock):
        def error(self) -> ClockError:
            return SCRIPTED

    clock = ConfirmedClock()
    with rehearsal_site(port=int(port)) as site:
        Path(folder, "ready").touch()
        scripts = Path(folder, "scripts.json")
        while not scripts.exists():
            time.sleep(0.1)
        site.publish_all(json.loads(scripts.read_text()))
        ends_at = time.monotonic() + float(seconds)
        while time.monotonic() < ends_at:
            with probe_from_settings(now=clock.now) as probe:
                Sweep(clock=clock, probe=probe, name=process_name(), vantage_point=settings.VANTAGE_POINT).run(
                    stop=lambda: time.monotonic() > ends_at
                )
            time.sleep(0.5)


if __name__ == "__main__":
    main(*sys.argv[1:])
