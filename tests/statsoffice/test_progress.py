"""Commands that take minutes show their progress on a terminal, and print nothing about it elsewhere."""

import os
import pty
import subprocess
import sys

import pytest
from django.conf import settings

from tests.shared_database import environment_of_processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.one_database]


@pytest.mark.parametrize(
    ("command", "title"), [(["verify_evidence"], b"releases.observation"), (["backup", "{}/backup"], b"Database")]
)
def test_progress_is_shown_on_a_terminal_alone(command, title, tmp_path):
    words = [sys.executable, "manage.py", *(word.format(tmp_path) for word in command)]
    environment = environment_of_processes(redis_url="") | {"STATSOFFICE_VAR": str(tmp_path / "var")}
    ours, theirs = pty.openpty()
    subprocess.run(words, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, stderr=theirs, check=True)
    assert title in os.read(ours, 100_000)
    os.close(theirs)
    os.close(ours)
    more = ["--overwrite"] if "backup" in command else []
    run = subprocess.run([*words, *more], cwd=settings.BASE_DIR, env=environment, capture_output=True, check=True)
    assert run.stderr == b""
