"""The command as `./test` and an office run it: its words, its exit code, and that no answer is never called good."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.dependencies import npm_packages, python_packages
from tests.dependencies.advisory_server import CONTROLS, OSV
from tests.dependencies.answer import Vulnerability
from tests.dependencies.conftest import DJANGO, SASS, nobody

HOLE = Vulnerability(DJANGO, ("PYSEC-2026-7", "CVE-2026-1234"), ("6.1.4",))
ACCEPTED = '[tool.statsoffice.accepted-vulnerabilities]\nCVE-2026-1234 = {{ until = {}, reason = "No LDAP." }}\n'


def audit(address, *options, environment=None):
    """Run the command against a server, and return its exit code and its lines."""
    run = subprocess.run(
        [
            *(sys.executable, "-m", "tests.dependencies", "--osv-url", address + OSV, "--registry", address),
            *map(str, options),
        ],
        cwd=settings.BASE_DIR,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, (run.stdout + run.stderr).splitlines()


def test_all_packages_of_this_project_are_asked_about(advisories):
    code, lines = audit(advisories.address, "--strict")
    python = python_packages.pins((settings.BASE_DIR / "requirements-test.txt").read_text())
    npm = npm_packages.pins(json.loads((settings.BASE_DIR / "package-lock.json").read_text()))
    assert advisories.asked == python | npm | {python_packages.CONTROL, npm_packages.CONTROL}
    assert (code, lines[-1]) == (0, f"none known in {len(python | npm)} packages")


def test_a_known_vulnerability_fails_and_is_told_with_what_mends_it(advisories, checkout):
    advisories.known = [*CONTROLS, HOLE]
    code, lines = audit(advisories.address, "--checkout", checkout)
    assert code == 1
    assert lines == [
        "Vulnerable: django 6.1.3 (Python): PYSEC-2026-7 (also CVE-2026-1234), mended in 6.1.4.",
        "1 known: django 6.1.3 (Python): PYSEC-2026-7",
    ]


@pytest.mark.parametrize(
    ("until", "code", "told"),
    [
        pytest.param("9999-12-31", 0, "Accepted until 31 December 9999: django", id="to-come"),
        pytest.param("2026-11-01", 1, "Vulnerable: django", id="past", marks=pytest.mark.full),
    ],
)
def test_what_is_accepted_passes_until_its_day_and_is_told_anyway(advisories, checkout, until, code, told):
    advisories.known = [*CONTROLS, HOLE]
    (checkout / "pyproject.toml").write_text(ACCEPTED.format(until))
    found, lines = audit(advisories.address, "--checkout", checkout, "--strict")
    assert found == code
    assert lines[0].startswith(told)


@pytest.mark.parametrize(
    ("options", "code", "environment"),
    [
        pytest.param((), 0, {"CI": "true"}, id="lenient-ci"),
        pytest.param(("--strict",), 3, {}, id="strict-by-hand"),
        pytest.param((), 0, {}, id="lenient-by-hand", marks=pytest.mark.full),
        pytest.param(("--strict",), 3, {"CI": "true"}, id="strict-ci", marks=pytest.mark.full),
    ],
)
def test_without_a_network_nothing_is_checked_and_only_the_strict_way_fails(checkout, options, code, environment):
    found, lines = audit(nobody(), "--checkout", checkout, *options, environment=environment)
    assert found == code
    assert lines[-1].startswith("4 of 4 packages not checked (Python: 127.0.0.1: ")
    assert "none known" not in "".join(lines)


def test_of_an_audit_that_was_answered_in_part_both_are_told(advisories, checkout):
    advisories.known = [*CONTROLS, Vulnerability(SASS, ("GHSA-aaaa-bbbb-cccc",), ("1.94.0",))]
    code, lines = audit(advisories.address, "--osv-url", nobody(), "--checkout", checkout, "--strict")
    assert code == 1
    assert lines[-1].startswith(
        "1 known: sass 1.93.0 (npm): GHSA-aaaa-bbbb-cccc; 2 of 4 packages not checked (Python: "
    )


def test_a_clean_half_does_not_speak_for_the_other(advisories, checkout):
    code, lines = audit(advisories.address, "--registry", nobody(), "--checkout", checkout, "--strict")
    assert code == 3
    assert lines[0].startswith("Not checked: 2 of 2 npm packages: ")
    assert lines[1].startswith("2 of 4 packages not checked (npm: ")


@pytest.mark.parametrize(
    ("file", "text", "told"),
    [
        ("pyproject.toml", ACCEPTED.format('"some day"'), "CVE-2026-1234 in [tool.statsoffice.accepted"),
        ("requirements-test.txt", "", "The lock of Python packages pins no version in: it"),
        ("package-lock.json", "{}", "The lock of npm packages pins no version in: it"),
    ],
    ids=["acceptance", "python-lock", "npm-lock"],
)
def test_a_question_that_cannot_be_put_is_refused_in_one_line(advisories, checkout, file, text, told):
    (checkout / file).write_text(text)
    code, lines = audit(advisories.address, "--checkout", checkout)
    assert (code, len(lines)) == (2, 1)
    assert lines[0].startswith(told)
