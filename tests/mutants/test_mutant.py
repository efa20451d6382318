"""A mutant is found again where its function was moved, its names changed and its lines laid out otherwise."""

import pytest

from tests.mutants.mutant import Moved, Mutant, NotFound, mutate

DRAWN = Mutant(
    stratum="verdict",
    module="releases.old",
    scope="judge",
    operator="comparison",
    kind="expression",
    original="look.sent_at < due_at",
    mutated="look.sent_at <= due_at",
    occurrence=1,
    line=1,
    diff=[],
)
NOW = """
class Judge:
    def early(self, checks, due_at):
        first = [check for check in checks if check.sent_at < due_at]
        return first or any(
            check.sent_at
            < due_at  # both sides
            for check in reversed(checks)
        )
"""
MOVED = Moved(functions={"releases.old:judge": "releases.new:Judge.early"}, names={"*": {"look": "check"}})


def test_a_mutant_is_applied_to_code_that_was_moved_renamed_and_laid_out_otherwise() -> None:
    mutant, renamed = MOVED.apply(DRAWN)
    changed = mutate(NOW, mutant, renamed)
    assert mutant.module == "releases.new"
    assert changed.count("check.sent_at < due_at") == 1
    assert "(check.sent_at <= due_at)" in changed.split("return")[1]


def test_a_mutant_whose_code_is_gone_is_not_applied_elsewhere() -> None:
    mutant, _ = MOVED.apply(DRAWN)
    with pytest.raises(NotFound, match=r"look\.sent_at < due_at.* is 0 times in releases\.new:Judge\.early"):
        mutate(NOW, mutant)
