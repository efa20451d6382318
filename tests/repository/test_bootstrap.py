"""The scripts find a Python that works, name the missing parts and what to type, and stop cleanly."""

import shutil
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings

from tests.servers.process import has_ended

BOOTSTRAP = settings.BASE_DIR / ".ci" / "bootstrap.sh"


@pytest.fixture
def machine(tmp_path):
    """Return a machine on which only the programs of /usr/bin and those that a test adds are found."""
    (tmp_path / "bin").mkdir()
    return tmp_path


def add_program(machine, name, script):
    """Put a program first on the machine's PATH."""
    program = machine / "bin" / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def add_python(machine, name, *, version="3.13.5", lacks=""):
    """Put a Python on the machine that answers as one of that version, with or without a module."""
    code = f"import sys; sys.version_info = tuple(map(int, {version!r}.split('.'))); sys.modules.update("
    code += f"{{{lacks!r}: None}}); exec(sys.argv[1])"
    add_program(machine, name, f'exec \'{sys.executable}\' -c "{code}" "$2"')


def command(machine, script):
    """Return the command and surroundings that run a script with the bootstrap's functions."""
    environment = {"PATH": f"{machine}/bin:/usr/bin:/bin", "HOME": str(machine)}
    return {"args": ["bash", "-euc", f". '{BOOTSTRAP}'\n{script}"], "cwd": machine, "env": environment, "text": True}


def bash(machine, script):
    """Run a script with the bootstrap's functions."""
    return subprocess.run(**command(machine, script), capture_output=True, check=False)


def test_the_first_python_that_really_works_is_taken(machine):
    add_program(machine, "python3.14", "echo 'shim: command not found' >&2; exit 127")
    add_python(machine, "python3.13", version="3.11.7")
    add_python(machine, "python3.12", lacks="ensurepip")
    add_python(machine, "python3", version="3.12.1")
    found = bash(machine, "find_python; echo $found")
    assert found.stdout == "python3\n", found.stderr


def test_with_no_python_that_works_each_is_told_with_its_reason_and_what_to_install(machine):
    add_program(machine, "python3.14", "exit 127")
    add_python(machine, "python3.13", version="3.11.7")
    add_python(machine, "python3.12", lacks="ensurepip")
    told = bash(
        machine,
        "PYTHON_CANDIDATES='python3.14 python3.13 python3.12 python9'; is_debian() { false; }; make_environment",
    )
    assert told.returncode == 1
    for sentence in (
        "Python 3.12 or newer is needed",
        "python3.14 does not start",
        "python3.13 is 3.11.7, too old",
        "python3.12 is 3.13.5, but lacks venv, ensurepip, ssl or sqlite3",
        "python9 is not there",
        "brew install python@3.13",
        "apt-get install -y python3 python3-venv",
    ):
        assert sentence in told.stderr


def test_an_environment_that_is_a_link_into_another_folder_is_left_as_it_is_there(machine):
    (machine / "elsewhere").mkdir()
    (machine / "elsewhere" / "kept").touch()
    (machine / ".venv").symlink_to(machine / "elsewhere")
    add_program(machine, "python3.14", 'case "$*" in *--clear*) rm -rf .venv/*; mkdir -p .venv;; esac')
    made = bash(machine, "make_environment")
    assert made.returncode == 0, made.stderr
    assert (machine / "elsewhere" / "kept").exists()
    assert not (machine / ".venv").is_symlink()


def test_who_may_not_install_is_told_the_one_command_to_type(machine):
    add_program(machine, "dpkg-query", '[ "$4" = libpango-1.0-0 ] && echo installed')
    add_program(machine, "apt-get", "exit 1")
    add_program(machine, "id", "echo 1000")
    told = bash(machine, "install_system_packages libpango-1.0-0 qpdf redis-server")
    assert told.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y --no-install-recommends qpdf redis-server\n" in told.stderr


def test_root_installs_what_is_missing_after_an_update_where_the_lists_are_old(machine):
    add_program(machine, "dpkg-query", '[ "$4" = libpango-1.0-0 ] && echo installed')
    add_program(machine, "id", "echo 0")
    add_program(machine, "apt-get", 'echo "$@" >>calls; [ "$1" = update ] && touch lists; [ -f lists ]')
    done = bash(machine, "install_system_packages libpango-1.0-0 qpdf")
    assert done.returncode == 0, done.stderr
    install = "install -y --no-install-recommends qpdf"
    assert (machine / "calls").read_text().splitlines() == [install, "update", install]


def test_nothing_is_installed_where_nothing_is_missing(machine):
    add_program(machine, "dpkg-query", "echo installed")
    add_program(machine, "apt-get", "touch called")
    assert bash(machine, "install_system_packages qpdf").stdout == ""
    assert not (machine / "called").exists()


def test_packages_are_installed_again_only_when_the_lock_has_changed(machine):
    (machine / ".venv" / "bin").mkdir(parents=True)
    (machine / ".venv" / "bin" / "python").symlink_to(machine / "bin" / "pip")
    add_program(machine, "pip", 'echo "$@" >>calls')
    lock = machine / "requirements.txt"
    for text in ("django==6.1.3", "django==6.1.3", "django==6.1.4"):
        lock.write_text(text)
        assert bash(machine, "install_python_packages requirements.txt").returncode == 0
    calls = (machine / "calls").read_text().splitlines()
    assert len(calls) == 2
    assert all("--require-hashes -r requirements.txt" in call for call in calls)


@pytest.fixture
def checkout(machine):
    """Return a checkout with one stylesheet, and a pip and an npm that record what they are asked."""
    (machine / ".venv" / "bin").mkdir(parents=True)
    (machine / "static").mkdir()
    for name in ("requirements.txt", "requirements-test.txt", "requirements-build.txt", "package.json"):
        (machine / name).write_text(name)
    (machine / "package-lock.json").write_text("govuk-frontend 6.6.0")
    (machine / "static" / "office.scss").write_text("a { color: red }")
    for name, script in {
        "python": 'echo "pip $*" | grep -o "requirements.*" >>calls',
        "npm": 'echo "npm $(echo "$*" | sed "s/--[^ ]* //g")" >>calls; mkdir -p node_modules static/built',
    }.items():
        program = machine / ".venv" / "bin" / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return machine


def calls_of(checkout, script):
    """Run a script with the bootstrap's functions, and return what it asked of pip and npm."""
    (checkout / "calls").write_text("")
    done = bash(
        checkout, f"install_system_packages() {{ :; }}; make_environment() {{ :; }}; check_pango() {{ :; }}\n{script}"
    )
    assert done.returncode == 0, done.stderr
    return (checkout / "calls").read_text().splitlines()


BUILD = ["requirements-build.txt", "npm ci", "npm run build"]


def test_node_is_installed_only_when_the_styles_are_out_of_date(checkout):
    assert calls_of(checkout, "bootstrap requirements.txt") == ["requirements.txt", *BUILD]
    assert calls_of(checkout, "bootstrap requirements.txt") == []
    shutil.rmtree(checkout / "node_modules")
    (checkout / ".venv" / "installed-requirements-build.txt").unlink()
    assert calls_of(checkout, "bootstrap requirements.txt") == []
    (checkout / "static" / "office.scss").write_text("a { color: blue }")
    assert calls_of(checkout, "bootstrap requirements.txt") == BUILD


def test_a_new_environment_gets_node_again_before_the_styles_are_compiled(checkout):
    calls_of(checkout, "bootstrap requirements.txt")
    (checkout / ".venv" / "installed-requirements-build.txt").unlink()
    (checkout / "static" / "office.scss").write_text("a { color: blue }")
    assert calls_of(checkout, "bootstrap requirements.txt") == ["requirements-build.txt", "npm run build"]


def test_the_tests_get_the_npm_packages_even_where_the_styles_are_compiled(checkout):
    calls_of(checkout, "bootstrap requirements.txt")
    shutil.rmtree(checkout / "node_modules")
    assert calls_of(checkout, "bootstrap requirements-test.txt") == ["requirements-test.txt", "npm ci"]


def test_npm_packages_that_are_a_link_into_another_folder_are_left_as_they_are_there(checkout):
    (checkout / "elsewhere").mkdir()
    (checkout / "elsewhere" / "kept").touch()
    (checkout / "node_modules").symlink_to(checkout / "elsewhere")
    npm = checkout / ".venv" / "bin" / "npm"
    npm.write_text("#!/bin/sh\nrm -f node_modules/*\nmkdir -p node_modules\n")
    made = bash(checkout, "install_npm_packages")
    assert made.returncode == 0, made.stderr
    assert (checkout / "elsewhere" / "kept").exists()
    assert not (checkout / "node_modules").is_symlink()


def test_a_step_that_fails_shows_the_end_of_what_it_printed_and_ends_the_script(machine):
    told = bash(machine, "step 'Baking bread' sh -c 'echo no flour; exit 3'; echo eaten")
    assert told.returncode == 1
    assert told.stdout.startswith("Baking bread ... failed.")
    assert "no flour" in told.stderr
    assert "eaten" not in told.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["ctrl-c", "term", "hang-up"])
def test_a_signal_ends_a_step_and_all_that_it_started(machine, number):
    script = "step 'Baking bread' sh -c 'sleep 61 & echo $! >child; wait'"
    wanted = {**command(machine, script), "stderr": subprocess.PIPE, "process_group": 0}
    with subprocess.Popen(**wanted, preexec_fn=heed_signals) as run:
        child = wait_for(machine / "child")
        run.send_signal(number)
        assert "Stopped." in run.stderr.read()
    assert run.returncode in {130, 143}
    assert has_ended(child)


def heed_signals():
    """Let a program be asked to stop, also where these tests run in the background, which ignores Ctrl-C."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def wait_for(file):
    """Read the process id in a file that is about to be written."""
    until = time.monotonic() + 5
    while not (file.exists() and file.read_text().strip()):
        assert time.monotonic() < until
        time.sleep(0.02)
    return int(file.read_text())


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--port"], "--port needs a number from 1 to 65535."),
        (["--port", "eighty"], "--port needs a number from 1 to 65535."),
        (["--port", "70000"], "--port needs a number from 1 to 65535; 70000 is too large."),
        (["--prot", "80"], "--prot is not an option of ./run."),
    ],
    ids=["no-port", "port-in-words", "port-too-large", "unknown-option"],
)
def test_a_wrong_option_of_run_is_refused_in_one_sentence(options, sentence):
    told = subprocess.run(["./run", *options], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.splitlines()[0] == sentence
