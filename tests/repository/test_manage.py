"""`./manage.py` works after `./run --setup`, whichever Python starts it, and `manage.py test` runs pytest."""

import shutil
import subprocess
import sys

import django
import pytest
from django.conf import settings
from django.core.management.base import CommandError

from tests.support.runner import find_tests, pytest_options

PYTHON_OF_THE_SYSTEM = sys._base_executable


@pytest.fixture
def checkout(tmp_path):
    """Return a checkout in which nothing was set up."""
    shutil.copy(settings.BASE_DIR / "manage.py", tmp_path)
    return tmp_path


@pytest.fixture
def environment(checkout):
    """Set up an environment that only reports what it is asked to do."""
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


@pytest.mark.parametrize(
    ("label", "tests"),
    [
        ("releases", ["tests/unit/releases", "tests/integration/releases", "tests/pages/releases"]),
        ("releases/imports", ["tests/integration/releases/imports", "tests/pages/releases/imports"]),
        ("unit/breaches", ["tests/unit/breaches"]),
        ("unit.releases.rules", ["tests/unit/releases/rules"]),
        ("tests.repository.test_manage", ["tests/repository/test_manage.py"]),
        ("tests.repository.test_manage.TestLabels.test_one", ["tests/repository/test_manage.py::TestLabels::test_one"]),
        ("tests/repository/test_manage.py::test_one", ["tests/repository/test_manage.py::test_one"]),
    ],
)
def test_a_label_of_django_names_the_same_tests_to_pytest(label, tests):
    assert find_tests(label) == tests


def test_a_label_without_tests_is_refused():
    with pytest.raises(CommandError, match=r"no tests called releases\.nowhere\."):
        find_tests("releases.nowhere")


def test_options_of_django_are_translated_for_pytest():
    options = {"failfast": True, "keepdb": True, "parallel": 2, "patterns": ["late", "*early*"]}
    options |= {"tags": ["slow", "browser"], "exclude_tags": ["waits"], "verbosity": 2}
    assert pytest_options(options) == [
        *("-v", "-x", "--reuse-db", "-n", "2"),
        *("-k", "(late) or (early)", "-m", "(slow or browser) and not waits"),
    ]


@pytest.mark.parametrize(
    ("pattern", "code", "end"),
    [("shows_the_end_of_what_it_printed", 0, "1 passed"), ("no_such_test", 1, "deselected")],
    ids=["passed", "none"],
)
def test_the_test_command_runs_pytest_and_ends_as_it_does(tmp_path, pattern, code, end):
    command = (sys.executable, str(settings.BASE_DIR / "manage.py"), "test", "repository.test_bootstrap", "-k", pattern)
    run = manage(tmp_path, *command, PATH="/usr/bin:/bin", STATSOFFICE_VAR=str(tmp_path))
    assert run.returncode == code, run.stderr
    assert end in run.stdout.splitlines()[-1]
