"""Which checks of an address prove anything, and which may have shown the last edition all along."""

from releases.verdict.address import BeforeDue, Outcome, early_sightings
from tests.support.checks import ABSENT, DUE, LIVE, UNRECOGNISED, at, judged, look


def test_a_marker_that_matched_from_the_very_first_look_proves_nothing():
    verdict = judged(*(look(LIVE, seconds) for seconds in (-86400, -60, -5, 0, 60, 120, 600)))
    assert (verdict.outcome, verdict.before) == (Outcome.CANNOT_TELL, BeforeDue.NOTHING)
    assert verdict.first_live_at is None


def test_an_absent_look_sent_at_the_very_same_instant_is_no_proof():
    assert judged(look(ABSENT, 0), look(LIVE, 0)).outcome is Outcome.CANNOT_TELL


def test_an_unrecognised_look_before_is_no_proof():
    assert judged(look(UNRECOGNISED, -5), look(LIVE, 0)).outcome is Outcome.CANNOT_TELL


def test_a_release_first_looked_at_after_it_was_due_is_not_called_late_because_its_page_fails_days_later():
    # There was no check before 9.30am; the page was live whenever it was checked, but for one false 404 later.
    looks = [look(LIVE, 10), look(LIVE, 120), look(ABSENT, 172_800)]
    assert judged(*looks).outcome is Outcome.CANNOT_TELL
    assert judged(*looks, look(LIVE, 173_000)).outcome is Outcome.UNCERTAIN


def test_a_marker_that_matched_only_the_day_before_does_not_excuse_an_absent_page_at_the_limit():
    assert judged(look(LIVE, -80_000), look(ABSENT, -70_000), look(ABSENT, 120)).outcome is Outcome.NOT_SEEN


def test_a_text_that_was_shown_all_along_proves_nothing_though_one_look_did_not_find_it():
    # The marker matches the last edition too, and one false 404 came between.
    before = [look(LIVE, -120, text="a"), look(ABSENT, -60), look(LIVE, -45, text="a"), look(LIVE, -30, text="a")]
    assert judged(*before).before is BeforeDue.NOTHING
    same = judged(*before, look(LIVE, 0, text="a"), look(ABSENT, 130), look(LIVE, 600, text="a"))
    assert (same.outcome, same.first_live_at) == (Outcome.CANNOT_TELL, None)
    another = judged(*before, look(LIVE, 0, text="b"))
    assert (another.outcome, another.first_live_at) == (Outcome.ON_TIME, at(0))


def test_a_last_edition_that_matched_all_along_and_is_edited_before_due_proves_nothing():
    before = [look(LIVE, -120, text="a"), look(ABSENT, -60), look(LIVE, -45, text="b"), look(LIVE, -30, text="b")]
    assert judged(*before).before is BeforeDue.NOTHING
    same = judged(*before, look(LIVE, 0, text="b"), look(LIVE, 60, text="b"))
    assert (same.outcome, same.first_live_at) == (Outcome.CANNOT_TELL, None)
    assert judged(*before, look(LIVE, 0, text="c")).outcome is Outcome.ON_TIME
    assert early_sightings(before, due_at=DUE) == []
    assert len(early_sightings(before[1:], due_at=DUE)) == 2, (
        "without the first look nothing is known of the last edition"
    )


def test_a_text_first_shown_after_a_look_that_did_not_find_it_is_proof():
    assert judged(look(ABSENT, -60), look(LIVE, -30, text="a"), look(LIVE, -15, text="a")).before is BeforeDue.EARLY
    assert judged(look(LIVE, -60), look(ABSENT, -45), look(LIVE, 0)).outcome is Outcome.ON_TIME, "no text is known"
