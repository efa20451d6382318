"""The confusion tables of the corpus: right answers against findings, by our rules and by two naive checks."""

from collections import Counter
from collections.abc import Callable
from functools import cache

from tests.corpus.case import Case, Look, Right
from tests.corpus.examination import CASES, Found, examined
from tests.corpus.naive import bare_status, keyword

Confusion = Counter[tuple[Right, Right]]
Naive = Callable[[Case, Look], Right]


@cache
def _found() -> tuple[Found, ...]:
    return tuple(found for case in CASES for found in examined(case))


def ours() -> Confusion:
    """Count each check of the corpus by the right answer and by what our rules made of it."""
    return Counter((found.look.right, found.answer) for found in _found())


def naively(check: Naive) -> Confusion:
    """Count each check of the corpus by the right answer and by what a naive check made of it."""
    return Counter((look.right, check(case, look)) for case in CASES for look in case.looks)


def wrong(confusion: Confusion) -> int:
    """Count the answers that say live or not live where that is not so, or where the answer is inconclusive."""
    return sum(count for (right, found), count in confusion.items() if found is not Right.NOBODY and found is not right)


def mistakes() -> list[Found]:
    """List the checks of which our rules gave another answer than the right one."""
    return [found for found in _found() if found.answer is not found.look.right]


def confusion_table() -> str:
    """Write the three tables side by side as one in Markdown, with a line that says what they were counted from."""
    counted = {
        "our rules": ours(),
        "status alone": naively(lambda case, look: bare_status(case, look.reply)),
        "keyword": naively(lambda case, look: keyword(case, look.reply)),
    }
    shown = [
        (name, found) for name in counted for found in (Right if name == "our rules" else (Right.LIVE, Right.NOT_LIVE))
    ]
    lines = [
        f"{len(CASES)} cases with {sum(len(case.looks) for case in CASES)} checks.",
        "",
        "| right result | " + " | ".join(f"{name}: {found}" for name, found in shown) + " |",
        "|---" * (len(shown) + 1) + "|",
    ]
    for right in Right:
        cells = (str(counted[name][right, found]) for name, found in shown)
        lines.append(f"| {right} | {' | '.join(cells)} |")
    lines += ["", *(f"Wrong by {name}: {wrong(confusion)}." for name, confusion in counted.items())]
    return "\n".join(lines)


def case_list() -> str:
    """Write every check of the corpus with its right answer, the finding and its reason, in Markdown."""
    lines = ["| case | minute | right | found | because |", "|---|---|---|---|---|"]
    for found in _found():
        reasons = ", ".join(reason.replace("_", " ") for reason in found.finding.reasons)
        name = found.case.name.replace("-", " ")
        row = (name, f"{found.look.minutes:+g}", found.look.right, found.answer, reasons)
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)
