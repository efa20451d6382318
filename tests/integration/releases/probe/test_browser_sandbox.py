"""Chromium's own sandbox below our systemd unit: on with the drop-in file, and never silently off."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from releases.probe.browser import Browser, find_chromium, has_namespaces_below
from releases.probe.browser_process import Settings
from releases.rules.page_view import BrowserState
from tests.support.small_site import served

pytestmark = pytest.mark.browser

DEPLOY = settings.BASE_DIR / "deploy"
WORKER = DEPLOY / "systemd/statsoffice-worker.service"
BACKSTOP = DEPLOY / "systemd/statsoffice-backstop.service"
DROP_IN = DEPLOY / "systemd-browser/sandbox.conf"


def options(*, chromium=None, sandbox=False):
    return Settings(find_chromium("") if chromium is None else chromium, sandbox=sandbox, user_agent="test")


@pytest.mark.parametrize(
    ("chosen", "state"),
    [
        pytest.param({"chromium": ""}, BrowserState.NOT_INSTALLED, id="none"),
        pytest.param({"chromium": "/bin/false"}, BrowserState.DOES_NOT_START, id="does-not-start"),
        pytest.param({"sandbox": False}, BrowserState.WITHOUT_SANDBOX, id="off"),
    ],
)
def test_the_browser_says_how_it_runs(chosen, state):
    with Browser(options(**chosen)) as browser:
        assert browser.find_state() is state


def test_a_process_that_shares_all_namespaces_is_not_taken_for_a_sandbox():
    assert not has_namespaces_below(os.getpid())


def picture_below(*files):
    """Take a picture with the limits of a unit; return how the browser runs, its failure and the picture's size."""
    site = served()
    site.pages["/"] = "<h1>Bus fares</h1>"
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.support.unit_sandbox", *map(str, files), "--"),
                *(sys.executable, "-m", "tests.support.pictured_page", site.place),
            ],
            cwd=settings.BASE_DIR,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
    finally:
        site.shutdown()
        site.server_close()
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


# Only root on Linux can give a process the limits of a unit. systemd, which `./test` needs, brings all that this takes.
if sys.platform == "linux" and os.geteuid() == 0:

    @pytest.mark.parametrize("unit", [WORKER, BACKSTOP], ids=["worker", "backstop"])
    def test_with_the_drop_in_file_chromium_takes_pictures_inside_its_sandbox_below_our_units(unit):
        state, failure, picture = picture_below(unit, DROP_IN)
        assert (state, failure) == ("sandboxed", "")
        assert picture > 1000

    def test_without_the_drop_in_file_chromium_does_not_start_rather_than_run_without_its_sandbox():
        state, _, picture = picture_below(WORKER)
        assert (state, picture) == ("does_not_start", 0)

    @pytest.mark.parametrize("left_out", ["chroot", "capset", "user", "pid", "net"])
    def test_the_drop_in_file_allows_no_more_than_chromium_needs(left_out, tmp_path):
        (smaller := tmp_path / "sandbox.conf").write_text(
            "\n".join(
                " ".join(word for word in line.replace("=", "= ").split(" ") if word != left_out).replace("= ", "=")
                for line in DROP_IN.read_text().splitlines()
            )
        )
        assert picture_below(WORKER, smaller)[0] == "does_not_start"
