"""`./test` reports the outcome by its own word, and fails on a known vulnerability; `./test --audit` is strict."""

import subprocess

import pytest
from django.conf import settings

from tests.dependencies.advisory_server import CONTROLS, OSV
from tests.dependencies.answer import Vulnerability
from tests.dependencies.conftest import DJANGO, nobody

HOLE = Vulnerability(DJANGO, ("PYSEC-2026-7",), ("6.1.4",))
TITLE = "Known vulnerabilities of packages"
# All that the script defines, and nothing of what it then does.
FUNCTIONS = """eval "$(sed '/^case /,$d' "$0")"\n"""
AUDIT = '.venv/bin/python -m tests.dependencies --strict "$@"'


def script(commands, address, checkout):
    """Run commands with the functions of `./test`; the options of the audit are the script's arguments."""
    options = ["--osv-url", address + OSV, "--registry", address, "--checkout", str(checkout)]
    return subprocess.run(
        ["bash", "-c", FUNCTIONS + commands, "./test", *options],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("answers", "known", "word", "failures"),
    [
        (True, [], "ok", 0),
        (True, [HOLE], "FAILED", 1),
        (False, [], "not checked", 0),
    ],
    ids=["clean", "vulnerable", "nobody-answers"],
)
def test_the_summary_tells_the_outcome_by_its_word_and_in_one_line(
    advisories, checkout, answers, known, word, failures
):
    advisories.known = [*CONTROLS, *known]
    commands = f"begin_background audit {AUDIT}\n" + f'end_audit "{TITLE}"\n'
    commands += 'printf "%s" "$summary" >&2; echo "$failures $uncounted"\n'
    run = script(commands, advisories.address if answers else nobody(), checkout)
    *shown, told, counts = run.stdout.splitlines()
    assert shown[0] == f"{TITLE} ... {word}"
    (summary,) = run.stderr.splitlines()
    assert summary.split(" s  ") == [f"  {word:<11} {summary[14:19]}", f"{TITLE}: {told}"]
    assert counts == f"{failures} {failures}"


def test_an_audit_that_breaks_down_fails(checkout, advisories):
    run = script('begin_background audit false\nend_audit "Audit"\necho "$failures"', advisories.address, checkout)
    assert run.stdout.splitlines() == ["Audit ... FAILED", "1"]


@pytest.mark.parametrize(("answers", "code"), [(True, 0), (False, 3)], ids=["clean", "nobody-answers"])
def test_alone_it_installs_the_packages_of_the_tests_and_is_strict(advisories, checkout, answers, code):
    commands = 'make_environment() { :; }\ninstall_python_packages() { echo "$1"; }\naudit_alone "$@"\n'
    run = script(commands, advisories.address if answers else nobody(), checkout)
    assert (run.returncode, run.stdout.splitlines()[0]) == (code, "requirements-test.txt")
