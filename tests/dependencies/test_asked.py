"""The real pip-audit and the real npm ask a real server: known advisories and missing answers are both reported."""

import json
from http import HTTPStatus

import pytest

from tests.dependencies import npm_packages, python_packages
from tests.dependencies.advisory_server import CONTROLS, OSV
from tests.dependencies.answer import Package, Vulnerability, held_to_control
from tests.dependencies.asking import Said
from tests.dependencies.conftest import COLORAMA, DJANGO, LOCK, NPM_LOCK, SASS, nobody

IMMUTABLE = Package("npm", "immutable", "5.1.4")
PYTHON, NPM = frozenset({DJANGO, COLORAMA}), frozenset({SASS, IMMUTABLE})


def ask_python(address, *, limit_seconds=60):
    packages = python_packages.pins(LOCK)
    return python_packages.ask(packages, service="osv", osv_url=address + OSV, limit_seconds=limit_seconds)


def ask_npm(address, *, limit_seconds=60):
    return npm_packages.ask(NPM_LOCK, registry=address, limit_seconds=limit_seconds)


TOOLS = pytest.mark.parametrize(("ask", "packages"), [(ask_python, PYTHON), (ask_npm, NPM)], ids=["pip-audit", "npm"])


@TOOLS
def test_every_pinned_package_is_asked_about_and_silence_on_it_is_clean(advisories, ask, packages):
    answer = ask(advisories.address)
    assert advisories.asked >= packages
    assert (answer.asked, answer.vulnerabilities, answer.unchecked) == (packages, (), {})


def test_a_vulnerable_python_package_is_told_with_all_names_of_its_advisory_and_the_newer_versions(advisories):
    names = ("PYSEC-2026-7", "CVE-2026-1234", "GHSA-aaaa-bbbb-cccc")
    advisories.known = [*CONTROLS, Vulnerability(DJANGO, names, ("5.2.9", "6.1.4"))]
    assert ask_python(advisories.address).vulnerabilities == (Vulnerability(DJANGO, names, ("6.1.4",)),)


def test_a_package_for_other_machines_is_told_as_well(advisories):
    known = Vulnerability(COLORAMA, ("PYSEC-2026-8",))
    advisories.known = [*CONTROLS, known]
    assert ask_python(advisories.address).vulnerabilities == (known,)


@pytest.mark.parametrize("package", [SASS, IMMUTABLE], ids=["our-own", "one-below"])
@pytest.mark.parametrize("mended_in", [("9.0.0",), ()], ids=["mended", "unmended"])
def test_a_vulnerable_npm_package_is_told_with_its_advisory_and_the_version_that_mends_it(
    advisories, package, mended_in
):
    known = Vulnerability(package, ("GHSA-aaaa-bbbb-cccc",), mended_in)
    advisories.known = [*CONTROLS, known]
    answer = ask_npm(advisories.address)
    assert (answer.vulnerabilities, answer.unchecked) == ((known,), {})


@TOOLS
def test_a_server_that_is_at_fault_checks_nothing(advisories, ask, packages):
    advisories.status = HTTPStatus.INTERNAL_SERVER_ERROR
    assert_unchecked(ask(advisories.address), packages, why="500 ")


@TOOLS
def test_a_page_of_a_gateway_checks_nothing(advisories, ask, packages):
    advisories.body = b"<p>Sign in to the network</p>"
    assert_unchecked(ask(advisories.address), packages)


@TOOLS
def test_a_server_that_knows_nothing_at_all_checks_nothing(advisories, ask, packages):
    advisories.known = []
    assert_unchecked(ask(advisories.address), packages, why="its silence proves nothing")


@TOOLS
def test_a_server_that_says_nothing_is_left_when_the_time_is_over(advisories, ask, packages):
    advisories.silent = True
    assert_unchecked(ask(advisories.address, limit_seconds=2), packages, why="no answer within 2 seconds")


@TOOLS
def test_where_no_one_answers_nothing_is_checked(ask, packages):
    assert_unchecked(ask(nobody()), packages, why="127.0.0.1")


def assert_unchecked(answer, packages, *, why=""):
    assert (answer.asked, answer.vulnerabilities) == (packages, ())
    assert set(answer.unchecked) == packages
    (reason,) = set(answer.unchecked.values())
    assert reason
    assert why in reason
    assert "\n" not in reason


def test_npm_that_is_set_to_ask_no_one_checks_nothing(advisories, monkeypatch):
    monkeypatch.setenv("npm_config_offline", "true")
    assert_unchecked(ask_npm(advisories.address), NPM, why="its silence proves nothing")


def test_a_package_that_pip_audit_skips_is_not_checked_and_the_others_are():
    control = python_packages.CONTROL
    told = [
        {"name": "django", "version": "6.1.3", "vulns": []},
        {"name": "colorama", "skip_reason": "Dependency not found and could not be audited: colorama (0.4.6)"},
        {
            "name": control.name,
            "version": control.version,
            "vulns": [{"id": "PYSEC-2018-66", "aliases": [], "fix_versions": []}],
        },
    ]
    said = Said(json.dumps({"dependencies": told}), "")
    answer = held_to_control(python_packages.read(said, PYTHON | {control}), control)
    assert answer.unchecked == {COLORAMA: "Dependency not found and could not be audited"}


@pytest.mark.parametrize(
    "lock", ["", "# none\n", f"{LOCK}local @ file:///srv/local\n"], ids=["empty", "none", "a-path"]
)
def test_a_python_lock_with_what_cannot_be_asked_about_is_refused(lock):
    with pytest.raises(ValueError, match="pins no version in"):
        python_packages.pins(lock)


@pytest.mark.parametrize(
    "packages", [{}, {"": {}}, {"node_modules/local": {"link": True}}], ids=["empty", "none", "a-path"]
)
def test_an_npm_lock_with_what_cannot_be_asked_about_is_refused(packages):
    with pytest.raises(ValueError, match="pins no version in"):
        npm_packages.pins({"packages": packages})


def test_no_control_is_one_of_our_own_packages(settings):
    python = python_packages.pins((settings.BASE_DIR / "requirements-test.txt").read_text())
    npm = npm_packages.pins(json.loads((settings.BASE_DIR / "package-lock.json").read_text()))
    assert {one.name for one in python | npm} & {python_packages.CONTROL.name, npm_packages.CONTROL.name} == set()
