"""Two vantage points, each in a network namespace of its own, check the same releases at the same time."""

import contextlib
import json
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from releases.models import CheckSchedule, HostLease, Observation, Verification
from releases.text.release import describe_vantage
from statsoffice.fake_publisher import pages
from statsoffice.fake_publisher.scenes import scene
from tests.servers import vantage_point
from tests.servers.ports import free_port
from tests.servers.process import running
from tests.support.factories import ReleaseFactory, SeriesFactory

# An office has to turn this on. Its rules have tests of their own, which run at each commit.
pytestmark = [pytest.mark.slow, pytest.mark.full]

DUE_IN, TOLERANCE, LASTS = timedelta(seconds=12), 10, 100
MARKER = "31 March 2020"
TITLE = f"State-funded schools inspections and outcomes as at {MARKER}"


@dataclass(frozen=True)
class VantagePoint:
    process: subprocess.Popen
    folder: Path

    @property
    def log(self):
        return self.folder / "log"


@contextlib.contextmanager
def run_vantage_point(name, port, folder, environment):
    """Run a vantage point until the end of the block, and yield it once it can begin."""
    folder.mkdir()
    own = {"STATSOFFICE_VANTAGE_POINT": name, "STATSOFFICE_PROBE_ALLOW_PRIVATE": f"127.0.0.1:{port}"}
    command = vantage_point.command(port, folder, LASTS)
    ready = (folder / "ready").exists
    with running(command, answers=ready, log=folder / "log", within_seconds=120, environment=environment | own) as one:
        yield VantagePoint(one, folder)


def test_the_verdict_names_what_only_one_of_two_vantage_points_observed(process_environment, tmp_path):
    port = free_port()
    with contextlib.ExitStack() as stack:
        main, london = (
            stack.enter_context(run_vantage_point(name, port, tmp_path / (name or "main"), process_environment))
            for name in ("", "London")
        )
        # Releases are due at whole minutes.
        due_at = (datetime.now(UTC) + DUE_IN).replace(second=0, microsecond=0) + timedelta(minutes=1)
        # What each of the two is shown.
        absent = scene(pages.not_found_page(), status=404)
        live = [absent, scene(pages.release_page(TITLE, published="today"), starts=due_at)]
        never, failing = [absent], [absent, scene("Broken", status=503, starts=due_at)]
        shown = {
            "both": (live, live),
            "london-only": (never, live),
            "main-fails": (failing, live),
            "london-fails": (never, failing),
            "main-only": (live, never),
        }
        series = SeriesFactory(tolerance_seconds=TOLERANCE)
        for name in shown:
            url = f"http://127.0.0.1:{port}/{name}"
            ReleaseFactory(
                confirmed=True, rehearsal=True, series=series, reference=name, url=url, marker=MARKER, due_at=due_at
            )
        for number, point in enumerate((main, london)):
            written = point.folder / "unfinished"
            written.write_text(json.dumps({f"/{path}": both[number] for path, both in shown.items()}))
            written.rename(point.folder / "scripts.json")
        for point in (main, london):
            assert point.process.wait(LASTS + 60) == 0, point.log.read_text()
    found = {one.release.reference: one for one in Verification.objects.select_related("release")}
    assert {name: one.outcome for name, one in found.items()} == {
        "both": "on_time",
        "london-only": "uncertain",
        "main-fails": "on_time",
        "london-fails": "not_seen",
        "main-only": "on_time",
    }
    assert {name: describe_vantage(one) for name, one in found.items()} == {
        "both": [],
        "london-only": ["Found live from ‘London’ only."],
        "main-fails": ["Found live from ‘London’ only."],
        "london-fails": [],
        "main-only": ["Not live from ‘London’ at the end of the tolerance."],
    }
    london = Observation.objects.filter(purpose="vantage")
    assert set(london.values_list("vantage", flat=True)) == {"London"}
    assert london.filter(sent_at__lt=due_at).exists()
    assert not Observation.objects.exclude(purpose="vantage").filter(vantage="London").exists()
    assert CheckSchedule.objects.count() == len(shown)
    assert set(HostLease.objects.exclude(host__startswith="sweep ").values_list("host", flat=True)) >= {
        f"127.0.0.1:{port}",
        f"vantage London 127.0.0.1:{port}",
    }
