"""A copy installed by pip starts, has its templates and static files, and writes nothing among other packages."""

import os
import subprocess
import sys
import zipfile

import pytest
from django.conf import settings

SCRIPT = """
import django
django.setup()
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template.loader import get_template
call_command("check")
print(get_template("base.html").origin.name)
print(finders.find("pdf/report.css"))
print(settings.VAR_DIR)
print(settings.STATIC_ROOT)
from importlib.resources import files
from releases.evidence.export import README, SCRIPT
print(files("releases.evidence").joinpath(SCRIPT).read_text().splitlines()[0])
assert files("releases.evidence").joinpath(README).read_text()
from statsoffice.welsh import read_catalogue
assert read_catalogue()
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Build the wheel as pip does, and unpack it as pip does."""
    folder = tmp_path_factory.mktemp("wheel")
    built = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(built, cwd=settings.BASE_DIR, capture_output=True, check=True)
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site-packages")
    return folder / "site-packages"


def test_an_installed_copy_starts_with_its_own_files_and_writes_into_the_current_folder(installed, tmp_path):
    before = set(installed.iterdir())
    environment = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME"}}
    environment |= {"PYTHONPATH": str(installed), "DJANGO_SETTINGS_MODULE": "statsoffice.settings"}
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert run.stdout.splitlines()[1:] == [
        str(installed / "statsoffice/templates/base.html"),
        str(installed / "statsoffice/static/pdf/report.css"),
        str(tmp_path / "var"),
        str(tmp_path / "staticfiles"),
        "#!/bin/sh",
    ]
    assert set(installed.iterdir()) == before


def test_an_installed_copy_holds_the_three_packages_and_the_licence_only(installed):
    (metadata,) = installed.glob("*.dist-info")
    assert {path.name for path in installed.iterdir()} == {"statsoffice", "releases", "breaches", metadata.name}
    assert (metadata / "licenses" / "LICENSE").exists()
    assert "License-Expression: MIT\n" in (metadata / "METADATA").read_text()
