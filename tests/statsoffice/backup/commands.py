"""The product's commands as an operator runs them, each in a process of its own on a database of its own."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

from django.conf import settings


def manage(*words, environment, fails=False):
    """Run one command; gives its output, or the sentence with which it failed."""
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
    """Run a few lines in the product's shell; gives what they print."""
    return manage("shell", "--verbosity=0", "--command", text, environment=environment).strip()


def an_office_elsewhere(database_url, folder: Path) -> dict[str, str]:
    """The environment of another installation: its database and its folder."""
    folder.mkdir(exist_ok=True)
    return {"DATABASE_URL": database_url, "STATSOFFICE_VAR": str(folder), "STATSOFFICE_CANARY": "off"}


def said_by(path):
    """What an archive says of itself."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("manifest.json"))


def rows_of(path, model):
    """The rows that an archive holds of one table, each by column."""
    (table,) = (table for table in said_by(path)["tables"] if table["model"] == model)
    with zipfile.ZipFile(path) as archive:
        lines = archive.read(table["part"]["name"]).splitlines()
    return [dict(zip(table["columns"], json.loads(line), strict=True)) for line in lines]
