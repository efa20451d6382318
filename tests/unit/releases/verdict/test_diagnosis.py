"""What may explain that readers saw a release late: an old copy at the edge, where the checks show one."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import CheckOutcome
from releases.verdict.release import FRESH, PLAIN, Diagnosis, DiagnosticCheck, diagnose

DUE = datetime(2026, 6, 30, 8, 30, tzinfo=UTC)
LIVE, ABSENT = CheckOutcome.LIVE, CheckOutcome.NOT_LIVE
EDGE_CACHE = (Diagnosis.EDGE_CACHE,)


def at(seconds: float) -> datetime:
    return DUE + timedelta(seconds=seconds)


def make_diagnostic_check(
    result: CheckOutcome, seconds: float, *, purpose: str = PLAIN, age: str = ""
) -> DiagnosticCheck:
    headers = [("age", age)] if age else []
    return DiagnosticCheck(purpose, result, at(seconds), at(seconds + 0.2), headers)


def fresh(result: CheckOutcome, seconds: float) -> DiagnosticCheck:
    return make_diagnostic_check(result, seconds, purpose=FRESH)


def test_a_release_live_past_the_caches_while_readers_still_got_the_old_page_may_be_explained_by_an_edge_cache():
    """(V13)"""
    looks = [
        make_diagnostic_check(ABSENT, 0),
        fresh(LIVE, 5),
        make_diagnostic_check(ABSENT, 10),
        make_diagnostic_check(ABSENT, 120),
        make_diagnostic_check(LIVE, 1800),
    ]
    assert diagnose(looks) == EDGE_CACHE
    assert diagnose(reversed(looks)) == EDGE_CACHE


def test_a_release_that_readers_still_do_not_see_may_be_explained_too():
    assert diagnose([make_diagnostic_check(ABSENT, 0), fresh(LIVE, 5), make_diagnostic_check(ABSENT, 10)]) == EDGE_CACHE


@pytest.mark.parametrize(
    "looks",
    [
        [
            make_diagnostic_check(ABSENT, 0),
            fresh(ABSENT, 5),
            make_diagnostic_check(ABSENT, 120),
            make_diagnostic_check(LIVE, 1800),
        ],
        [make_diagnostic_check(ABSENT, 0), fresh(LIVE, 5), make_diagnostic_check(LIVE, 10)],
        [make_diagnostic_check(ABSENT, 4.9), fresh(LIVE, 5), make_diagnostic_check(LIVE, 10)],
        [
            make_diagnostic_check(ABSENT, 0),
            make_diagnostic_check(LIVE, 4),
            fresh(LIVE, 5),
            make_diagnostic_check(ABSENT, 10),
        ],
        [
            make_diagnostic_check(ABSENT, 0),
            fresh(LIVE, 5),
            fresh(ABSENT, 10),
            make_diagnostic_check(ABSENT, 15),
            make_diagnostic_check(LIVE, 1800),
        ],
        [
            make_diagnostic_check(ABSENT, 0),
            fresh(LIVE, 5),
            make_diagnostic_check(CheckOutcome.UNREACHABLE, 10),
            make_diagnostic_check(LIVE, 15),
        ],
        [
            make_diagnostic_check(ABSENT, 0),
            fresh(CheckOutcome.UNRECOGNISED, 5),
            make_diagnostic_check(ABSENT, 10),
            make_diagnostic_check(LIVE, 1800),
        ],
        [],
    ],
    ids=[
        "late for everybody",
        "seen at once by readers",
        "old page before the fresh look was sent",
        "gone again after readers had seen it",
        "gone again past the caches too",
        "no answer is no old page",
        "a fresh look that could not tell",
        "no looks",
    ],
)
def test_checks_that_show_no_old_copy_are_not_explained_by_one(looks):
    assert diagnose(looks) == ()


def test_the_age_of_the_first_copy_with_the_release_may_prove_that_the_last_one_without_it_was_old():
    # Stored at 9:20am and served at 9:40am, while the other copy was made by 9:31am.
    looks = [make_diagnostic_check(ABSENT, 600, age="1200"), make_diagnostic_check(LIVE, 660, age="600")]
    assert diagnose(looks) == EDGE_CACHE


def test_the_publishers_own_time_may_prove_it_too():
    looks = [make_diagnostic_check(ABSENT, 600, age="1200"), make_diagnostic_check(LIVE, 660)]
    assert diagnose(looks) == ()
    assert diagnose(looks, published_at=at(30)) == EDGE_CACHE


@pytest.mark.parametrize(
    ("old", "new"),
    [("", "600"), ("0", "600"), ("1200", ""), ("30", "600"), ("1200", "59"), ("minus one", "600"), ("9" * 30, "600")],
    ids=[
        "old page not from a store",
        "old page made at once",
        "new page not from a store",
        "old page made after the release was out",
        "release out only after the last look",
        "not a number",
        "no number of seconds at all",
    ],
)
def test_ages_that_prove_nothing_explain_nothing(old, new):
    assert diagnose([make_diagnostic_check(ABSENT, 600, age=old), make_diagnostic_check(LIVE, 660, age=new)]) == ()


def test_a_publisher_who_says_later_than_the_old_page_was_served_explains_nothing():
    assert (
        diagnose(
            [make_diagnostic_check(ABSENT, 600, age="1200"), make_diagnostic_check(LIVE, 660)], published_at=at(650)
        )
        == ()
    )
