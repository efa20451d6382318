"""Which checks of an address prove anything, and which may have shown the last edition all along."""

from releases.verdict.address import BeforeDue, Outcome
from tests.support.checks import ABSENT, LIVE, UNRECOGNISED, at, judged, make_check


def test_a_marker_that_matched_from_the_very_first_check_proves_nothing():
    verdict = judged(*(make_check(LIVE, seconds) for seconds in (-86400, -60, -5, 0, 60, 120, 600)))
    assert (verdict.outcome, verdict.before) == (Outcome.CANNOT_TELL, BeforeDue.NOTHING)
    assert verdict.first_live_at is None


def test_an_absent_check_sent_at_the_very_same_instant_is_no_proof():
    assert judged(make_check(ABSENT, 0), make_check(LIVE, 0)).outcome is Outcome.CANNOT_TELL


def test_an_unrecognised_check_before_is_no_proof():
    assert judged(make_check(UNRECOGNISED, -5), make_check(LIVE, 0)).outcome is Outcome.CANNOT_TELL


def test_a_release_first_checked_at_after_it_was_due_is_not_called_late_because_its_page_fails_days_later():
    # There was no check before 9:30am; the page was live whenever it was checked, but for one false 404 later.
    looks = [make_check(LIVE, 10), make_check(LIVE, 120), make_check(ABSENT, 172_800)]
    assert judged(*looks).outcome is Outcome.CANNOT_TELL
    assert judged(*looks, make_check(LIVE, 173_000)).outcome is Outcome.UNCERTAIN


def test_a_marker_that_matched_only_the_day_before_does_not_excuse_an_absent_page_at_the_limit():
    assert (
        judged(make_check(LIVE, -80_000), make_check(ABSENT, -70_000), make_check(ABSENT, 120)).outcome
        is Outcome.NOT_SEEN
    )


def test_a_text_that_was_shown_all_along_proves_nothing_though_one_check_did_not_find_it():
    # The marker matches the last edition too, and one false 404 came between.
    before = [
        make_check(LIVE, -120, text="a"),
        make_check(ABSENT, -60),
        make_check(LIVE, -45, text="a"),
        make_check(LIVE, -30, text="a"),
    ]
    assert judged(*before).before is BeforeDue.NOTHING
    same = judged(*before, make_check(LIVE, 0, text="a"), make_check(ABSENT, 130), make_check(LIVE, 600, text="a"))
    assert (same.outcome, same.first_live_at) == (Outcome.CANNOT_TELL, None)
    another = judged(*before, make_check(LIVE, 0, text="b"))
    assert (another.outcome, another.first_live_at) == (Outcome.ON_TIME, at(0))


def test_a_last_edition_that_matched_all_along_and_is_edited_before_due_proves_nothing():
    before = [
        make_check(LIVE, -120, text="a"),
        make_check(ABSENT, -60),
        make_check(LIVE, -45, text="b"),
        make_check(LIVE, -30, text="b"),
    ]
    assert judged(*before).before is BeforeDue.NOTHING
    same = judged(*before, make_check(LIVE, 0, text="b"), make_check(LIVE, 60, text="b"))
    assert (same.outcome, same.first_live_at) == (Outcome.CANNOT_TELL, None)
    assert judged(*before, make_check(LIVE, 0, text="c")).outcome is Outcome.ON_TIME
    assert judged(*before[1:]).before is BeforeDue.EARLY, "without the first look nothing is known of the last edition"


def test_a_text_first_shown_after_a_check_that_did_not_find_it_is_proof():
    assert (
        judged(make_check(ABSENT, -60), make_check(LIVE, -30, text="a"), make_check(LIVE, -15, text="a")).before
        is BeforeDue.EARLY
    )
    assert judged(make_check(LIVE, -60), make_check(ABSENT, -45), make_check(LIVE, 0)).outcome is Outcome.ON_TIME, (
        "no text is known"
    )
