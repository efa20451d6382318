"""`./manage.py` works after `./run --setup`, whichever Python starts it."""

import shutil
import subprocess
import sys

import django
import pytest
from django.conf import settings

PYTHON_OF_THE_SYSTEM = sys._base_executable


@pytest.fixture
def checkout(tmp_path):
    """Give a checkout in which nothing was set up."""
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    return tmp_path


@pytest.fixture
def environment(checkout):
    """Set up an environment that only tells what it is asked to do."""
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "asked for: $*"\n')
    python.chmod(0o755)


def manage(checkout, *command, **surroundings):
    """Run a command in the checkout."""
    return subprocess.run(command, cwd=checkout, env=surroundings or None, capture_output=True, text=True, check=False)


def test_the_python_of_the_system_hands_over_to_the_environment(checkout, environment):
    told = manage(checkout, PYTHON_OF_THE_SYSTEM, "manage.py", "watch", "--help")
    assert told.stdout == "asked for: manage.py watch --help\n", told.stderr


def test_it_starts_where_no_program_is_called_python_without_a_number(checkout, environment):
    (checkout / "bin").mkdir()
    (checkout / "bin" / "python3").symlink_to(PYTHON_OF_THE_SYSTEM)
    told = manage(checkout, "/usr/bin/env", "./manage.py", "check", PATH=str(checkout / "bin"))
    assert told.stdout == "asked for: ./manage.py check\n", told.stderr


def test_an_environment_that_is_active_does_the_work_itself(checkout, environment):
    assert manage(checkout, sys.executable, "manage.py", "--version").stdout.strip() == django.get_version()


def test_with_nothing_set_up_it_says_what_to_type(checkout):
    told = manage(checkout, PYTHON_OF_THE_SYSTEM, "-I", "-S", "manage.py", "check")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr.endswith("./run --setup sets everything up.\n")
    assert len(told.stderr.splitlines()) == 1
