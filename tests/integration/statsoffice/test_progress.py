"""Commands that take minutes show their progress on a terminal, and print nothing about it elsewhere."""

import os
import pty
import subprocess
import sys
import termios

import pytest
from django.conf import settings

from tests.support.shared_database import environment_of_processes

pytestmark = [pytest.mark.django_db(transaction=True)]


def on_a_terminal(words, environment):
    """Run a command whose standard error is a terminal; return its output."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    shown = b""
    with subprocess.Popen(words, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=theirs) as run:
        os.close(theirs)
        try:
            while piece := os.read(ours, 10_000):
                shown += piece
        except OSError:  # Linux's way to say that the other side is closed
            pass
        run.communicate()
    os.close(ours)
    assert run.returncode == 0, shown
    return shown


@pytest.mark.parametrize(
    ("command", "title"),
    [
        (["verify_evidence"], b"releases.observation"),
        pytest.param(["backup", "{}/backup"], b"Database", marks=pytest.mark.full),
    ],
)
def test_progress_is_shown_on_a_terminal_alone(command, title, tmp_path):
    words = [sys.executable, "manage.py", *(word.format(tmp_path) for word in command)]
    environment = environment_of_processes(redis_url="") | {"STATSOFFICE_VAR": str(tmp_path / "var")}
    assert title in on_a_terminal(words, environment)
    more = ["--overwrite"] if "backup" in command else []
    run = subprocess.run([*words, *more], cwd=settings.BASE_DIR, env=environment, capture_output=True, check=True)
    assert run.stderr == b""
