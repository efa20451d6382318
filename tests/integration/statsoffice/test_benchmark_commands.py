"""Every measurement can be made: with next to nothing to do, and no figure compared with anything."""

import subprocess
import sys

import pytest
from django.conf import settings

from benchmarks.measurement import MEASUREMENTS


def run(*options):
    """Run the command, and return what it printed."""
    command = [sys.executable, "-m", "benchmarks", *options]
    return subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)


# Each makes the databases that it measures.
@pytest.mark.sqlite_only
@pytest.mark.full
@pytest.mark.parametrize("name", [one.name for one in MEASUREMENTS])
def test_a_measurement_can_be_made(name):
    made = run("--quick", "--only", name)
    assert made.returncode == 0, made.stderr
    table = made.stdout.partition("\nwhat ")[2].splitlines()[1:]
    assert table
    assert "MISSED" not in made.stdout


def test_a_measurement_that_is_not_there_is_refused_with_those_that_are():
    refused = run("--only", "nothing")
    assert refused.returncode == 2
    assert all(one.name in refused.stderr for one in MEASUREMENTS)


@pytest.mark.parametrize("typed", ["0", "-1", "many"])
def test_a_number_of_rounds_that_is_none_is_refused_by_what_was_typed(typed):
    refused = run("--only", "pdf", f"--rounds={typed}")
    assert refused.returncode == 2
    assert f"{typed!r} is not a number of rounds" in refused.stderr


def test_every_measurement_says_in_its_own_file_what_its_floor_is():
    for one in MEASUREMENTS:
        text = (settings.BASE_DIR / "benchmarks" / f"{one.name}.py").read_text()
        assert "floor is" in text.partition('"""')[2].partition('"""')[0].replace("\n", " "), one.name
