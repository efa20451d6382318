"""Questions about packages and their answers; a missing answer is never taken for a good one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PROVES_NOTHING = "the service knows nothing of {control}, which is known to be vulnerable: its silence proves nothing"


@dataclass(frozen=True, order=True)
class Package:
    """One pinned package."""

    system: str  # whose it is: Python or npm
    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} ({self.system})"


@dataclass(frozen=True)
class Vulnerability:
    """A known vulnerability of a package, by the name of its advisory and the names that others gave to it."""

    package: Package
    names: tuple[str, ...]
    mended_in: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What one tool was asked about and what it said; `unchecked` has the reason for each package without an answer."""

    asked: frozenset[Package]
    vulnerabilities: tuple[Vulnerability, ...] = ()
    unchecked: Mapping[Package, str] = field(default_factory=dict)


def none(asked: Iterable[Package], *, why: str) -> Answer:
    """Return the answer that says nothing of any package."""
    asked = frozenset(asked)
    return Answer(asked, unchecked=dict.fromkeys(asked, why))


def held_to_control(answer: Answer, control: Package) -> Answer:
    """Take the control out of an answer, and believe the answer's silence only if it spoke of the control.

    A mirror without advisories, a gateway and a setting such as npm's `offline` all answer as if nothing were known of
    any package.

    :param control: a package that was asked about in addition to ours because it is known to be vulnerable.
    """
    found = {vulnerability.package for vulnerability in answer.vulnerabilities}
    unchecked = {package: why for package, why in answer.unchecked.items() if package not in found | {control}}
    if control not in found:
        why = PROVES_NOTHING.format(control=f"{control.name} {control.version}")
        unchecked = dict.fromkeys(answer.asked - found - {control}, why) | unchecked
    return Answer(
        answer.asked - {control},
        tuple(vulnerability for vulnerability in answer.vulnerabilities if vulnerability.package != control),
        unchecked,
    )
