"""The product's commands as an operator runs them, each in its own process on its own database."""

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings


def manage(*words, environment, fails=False):
    """Run one command; returns its output, or the sentence with which it failed."""
    run = subprocess.run(
        [sys.executable, "manage.py", *map(str, words)],
        cwd=settings.BASE_DIR,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert bool(run.returncode) == fails, run.stdout + run.stderr
    return run.stderr if fails else run.stdout


def script(text, *, environment):
    """Run a few lines in the product's shell; returns what they print."""
    return manage("shell", "--verbosity=0", "--command", text, environment=environment).strip()


def an_office_elsewhere(database_url, folder: Path) -> dict[str, str]:
    """The environment of another installation: its database and its folder."""
    folder.mkdir(exist_ok=True)
    return {"DATABASE_URL": database_url, "STATSOFFICE_VAR": str(folder), "STATSOFFICE_CANARY": "off"}
