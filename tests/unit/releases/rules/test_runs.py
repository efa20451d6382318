"""Consecutive checks that showed the same are one line."""

from datetime import timedelta

from releases.check_history import CheckEntry, fold_runs
from tests.support.factories import SEED_DUE


def make_entries(*results, start=SEED_DUE, reasons=("not_found",), said=""):
    return [
        CheckEntry(result, reasons, start + timedelta(seconds=5 * n), start + timedelta(seconds=5 * n + 1), said)
        for n, result in enumerate(results)
    ]


def summarise_runs(runs):
    return [(run.result, run.checks) for run in runs]


def test_checks_of_the_same_result_are_one_run_with_its_first_and_last_instant():
    run, *others = fold_runs(make_entries("not_live", "not_live", "not_live"), due_at=SEED_DUE)
    assert others == []
    assert (run.checks, run.first_at, run.last_at) == (3, SEED_DUE, SEED_DUE + timedelta(seconds=10))


def test_another_result_or_reason_or_word_of_a_person_begins_a_new_run():
    assert summarise_runs(fold_runs(make_entries("not_live", "live", "live", "not_live"), due_at=SEED_DUE)) == [
        ("not_live", 1),
        ("live", 2),
        ("not_live", 1),
    ]
    later = SEED_DUE + timedelta(minutes=1)
    assert (
        len(
            fold_runs(
                make_entries("not_live") + make_entries("not_live", start=later, reasons=("gone",)), due_at=SEED_DUE
            )
        )
        == 2
    )
    assert (
        len(fold_runs(make_entries("live") + make_entries("live", start=later, said="this_is_it"), due_at=SEED_DUE))
        == 2
    )


def test_a_run_never_reaches_across_the_due_instant():
    start = SEED_DUE - timedelta(seconds=10)
    assert summarise_runs(
        fold_runs(make_entries("not_live", "not_live", "not_live", "not_live", start=start), due_at=SEED_DUE)
    ) == [
        ("not_live", 2),
        ("not_live", 2),
    ]


def test_checks_kept_out_of_order_are_folded_in_the_order_in_which_they_were_sent():
    assert summarise_runs(fold_runs(reversed(make_entries("not_live", "not_live", "live")), due_at=SEED_DUE)) == [
        ("not_live", 2),
        ("live", 1),
    ]


def test_no_checks_are_no_runs():
    assert fold_runs([], due_at=SEED_DUE) == []
