"""The pinned Python packages, asked about by pip-audit."""

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.dependencies.answer import Answer, Package, Vulnerability, held_to_control, none
from tests.dependencies.asking import Said, in_one_line, listen

SYSTEM = "Python"
ENTRY = re.compile(r"^[^\s#-].*", flags=re.MULTILINE)
PIN = re.compile(r"([\w.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
CONTROL = Package(SYSTEM, "bottle", "0.12.8")  # CVE-2016-9964, CVE-2020-28473
SERVICES = ("osv", "pypi")
SECONDS_FOR_A_REQUEST = 15


def pins(lock: str) -> frozenset[Package]:
    """Read the packages of a lock, those for other machines than this one included.

    :raises ValueError: if an entry pins no version, or there is none.
    """
    entries = ENTRY.findall(lock)
    pinned = [PIN.match(entry) for entry in entries]
    if not entries or None in pinned:
        message = f"The lock of Python packages pins no version in: {entries[pinned.index(None)] if entries else 'it'}"
        raise ValueError(message)
    return frozenset(_package(*pin.groups()) for pin in pinned if pin)


def ask(packages: Iterable[Package], *, service: str, osv_url: str | None, limit_seconds: float) -> Answer:
    """Ask a service of advisories about packages, and about the control.

    :param service: one of SERVICES.
    :param osv_url: where another service answers that speaks as OSV does.
    """
    asked = frozenset(packages) | {CONTROL}
    with tempfile.TemporaryDirectory(prefix="audit-python-") as name:
        folder = Path(name)
        (folder / "pins.txt").write_text("".join(f"{one.name}=={one.version}\n" for one in sorted(asked)))
        run = partial(subprocess.run, _command(service, osv_url), check=False)
        said = listen(run, folder=folder, limit_seconds=limit_seconds)
    return held_to_control(read(said, asked), CONTROL)


def _command(service: str, osv_url: str | None) -> Sequence[str]:
    return (
        *(sys.executable, "-m", "pip_audit", "--requirement", "pins.txt", "--no-deps", "--disable-pip"),
        *("--format", "json", "--desc", "off", "--aliases", "on", "--progress-spinner", "off"),
        *("--timeout", str(SECONDS_FOR_A_REQUEST), "--cache-dir", "kept", "--vulnerability-service", service),
        *(("--osv-url", osv_url) if osv_url else ()),
    )


def read(said: Said, asked: frozenset[Package]) -> Answer:
    """Read what pip-audit printed about the packages that it was asked about."""
    told = said.json().get("dependencies")
    if not isinstance(told, list):
        return none(asked, why=in_one_line(said.why_not or _reason(said.errors)))
    skipped = {canonicalize_name(one["name"]): one["skip_reason"] for one in told if "skip_reason" in one}
    answered = {_package(one["name"], one["version"]): one for one in told if "version" in one}
    return Answer(
        asked,
        tuple(
            _vulnerability(package, one)
            for package in sorted(asked & set(answered))
            for one in answered[package]["vulns"]
        ),
        {package: _why_skipped(skipped.get(package.name)) for package in asked - set(answered)},
    )


def _package(name: str, version: str) -> Package:
    return Package(SYSTEM, canonicalize_name(name), str(Version(version)))


def _vulnerability(package: Package, told: Mapping[str, Any]) -> Vulnerability:
    newer = tuple(version for version in told["fix_versions"] if Version(version) > Version(package.version))
    return Vulnerability(package, (told["id"], *sorted(told["aliases"])), newer)


def _why_skipped(reason: str | None) -> str:
    """Return the reason for a package without the package itself, so that equal reasons are reported once."""
    if reason is None:
        return "pip-audit said nothing of them"
    return in_one_line(reason.partition(": ")[0])


def _reason(errors: str) -> str:
    """Find the line of what pip-audit wrote that says what went wrong; behind it come tips or what followed from it."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith(("ERROR:", "requests.exceptions."))]
    line = (telling or lines[-1:] or ["pip-audit said nothing"])[0]
    return _cause(line) or re.sub(r"^(ERROR:[\w.]+:|requests\.exceptions\.)", "", line)


def _cause(line: str) -> str:
    """Take host and cause out of the long line about a connection; empty if it is another line."""
    found = re.search(r"host='([^']+)'.*\(Caused by (.*)", line)
    if found is None:
        return ""
    host, cause = found.groups()
    return f"{host}: " + re.sub(r"[\"']\)+$", "", cause.rpartition("): ")[2])
