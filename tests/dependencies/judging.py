"""What the answers come to: a known vulnerability, none, or that it is not known."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from tests.dependencies.accepted import TABLE, Acceptance
from tests.dependencies.answer import Answer, Vulnerability


class Outcome(StrEnum):
    """The word for it in the summary of `./test`."""

    CLEAN = "ok"
    VULNERABLE = "FAILED"
    UNCHECKED = "not checked"


@dataclass(frozen=True)
class Judgement:
    """The outcome, one line for each thing that it rests on, and all of it in one line."""

    outcome: Outcome
    lines: Sequence[str]
    in_short: str


def judge(answers: Iterable[Answer], accepted: Mapping[str, Acceptance], *, today: date) -> Judgement:
    """Return what the answers come to.

    A known vulnerability outweighs an unchecked package, and both are reported. An unchecked package is never clean.

    :param accepted: by the names of advisories in capitals.
    :param today: an acceptance holds through its last day.
    """
    answers = list(answers)
    found = [one for answer in answers for one in answer.vulnerabilities]
    held = {one: acceptance for one in found if (acceptance := _acceptance(one, accepted))}
    open_ones = [one for one in found if one not in held or held[one].until < today]
    reasons = _reasons(answers)
    lines = [_told(one, held.get(one), today=today) for one in found]
    lines += [f"Not checked: {reason}." for reason in reasons.values()]
    lines += _left_over(found, accepted, all_checked=not reasons)
    return Judgement(
        _outcome(open_ones, reasons), lines, _in_short(answers, open_ones, len(found) - len(open_ones), reasons)
    )


def _outcome(open_ones: Sequence[Vulnerability], reasons: Mapping[tuple[str, str], str]) -> Outcome:
    if open_ones:
        return Outcome.VULNERABLE
    return Outcome.UNCHECKED if reasons else Outcome.CLEAN


def _acceptance(vulnerability: Vulnerability, accepted: Mapping[str, Acceptance]) -> Acceptance | None:
    by_name = [accepted[name.upper()] for name in vulnerability.names if name.upper() in accepted]
    return max(by_name, key=lambda acceptance: acceptance.until, default=None)


def _reasons(answers: Iterable[Answer]) -> dict[tuple[str, str], str]:
    """Say how many packages were not checked, by ecosystem and reason."""
    told = {}
    for answer in answers:
        by_reason = Counter((package.system, why) for package, why in sorted(answer.unchecked.items()))
        for (system, why), number in by_reason.items():
            told[system, why] = f"{number} of {len(answer.asked)} {system} packages: {why}"
    return told


def _told(vulnerability: Vulnerability, acceptance: Acceptance | None, *, today: date) -> str:
    name, *others = vulnerability.names
    also = f" (also {', '.join(others)})" if others else ""
    mended = ", ".join(vulnerability.mended_in)
    what = f"{vulnerability.package}: {name}{also}, " + (
        f"mended in {mended}" if mended else "no version is told that mends it"
    )
    if acceptance is None:
        return f"Vulnerable: {what}."
    until = f"{acceptance.until:%d %B %Y}".lstrip("0")
    if acceptance.until < today:
        return f"Vulnerable: {what}; it was accepted until {until}, which has passed: {acceptance.reason}"
    return f"Accepted until {until}: {what}: {acceptance.reason}"


def _left_over(
    found: Iterable[Vulnerability], accepted: Mapping[str, Acceptance], *, all_checked: bool
) -> Iterator[str]:
    """Report accepted advisories that were found in no package; that is known only where all were checked."""
    names = {name.upper() for one in found for name in one.names}
    for advisory in accepted if all_checked else ():
        if advisory not in names:
            yield f"{advisory} is accepted, but found in no package any more: take it out of [{TABLE}]."


def _in_short(
    answers: Sequence[Answer],
    open_ones: Sequence[Vulnerability],
    accepted: int,
    reasons: Mapping[tuple[str, str], str],
) -> str:
    asked, unchecked = sum(len(answer.asked) for answer in answers), sum(len(answer.unchecked) for answer in answers)
    parts = []
    if open_ones:
        which = ", ".join(f"{one.package}: {one.names[0]}" for one in open_ones)
        parts.append(f"{len(open_ones)} known: {which}")
    elif not reasons:
        parts.append(f"none known in {asked} packages" + (" but what is accepted" if accepted else ""))
    if accepted:
        parts.append(f"{accepted} accepted")
    if reasons:
        why = "; ".join(f"{system}: {reason}" for system, reason in reasons)
        parts.append(f"{unchecked} of {asked} packages not checked ({why})")
    return "; ".join(parts)
