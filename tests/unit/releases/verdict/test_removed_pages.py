"""A page that was taken away after it was due had been there: that makes nothing late, and is reported all the same."""

from datetime import timedelta

import pytest

from releases import judge
from releases.detection.finding import CheckOutcome, Reason, is_taken_away
from releases.models import ReleaseEvent
from releases.verdict.address import Outcome
from tests.support.checks import ABSENT, LIVE, at, judged, make_check
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation
from tests.support.release_pages import AT, MUCH, TITLE, page, release_page, shown

NOBODY_LOOKED = (make_check(ABSENT, -60), make_check(ABSENT, -5))


def test_a_page_that_was_found_taken_away_after_no_one_had_checked_is_not_called_late():
    gone = make_check(ABSENT, 1_800, taken_away=True)
    assert judged(*NOBODY_LOOKED, gone).outcome is Outcome.CANNOT_TELL
    assert judged(*NOBODY_LOOKED, make_check(ABSENT, 1_800)).outcome is Outcome.NOT_SEEN


def test_a_page_that_was_missing_at_the_limit_is_late_whatever_became_of_it():
    seen = [*NOBODY_LOOKED, make_check(ABSENT, 120), make_check(ABSENT, 1_800, taken_away=True)]
    assert judged(*seen).outcome is Outcome.NOT_SEEN
    assert judged(*seen, make_check(LIVE, 3_600)).delay.from_seconds == 120


def test_a_page_that_comes_back_was_first_published_before_it_was_taken_away():
    verdict = judged(*NOBODY_LOOKED, make_check(ABSENT, 1_800, taken_away=True), make_check(LIVE, 3_600))
    assert (verdict.outcome, verdict.last_not_live_at) == (Outcome.UNCERTAIN, at(-5))


def test_a_page_that_was_gone_before_it_was_due_is_missing_like_any_other():
    gone = [make_check(ABSENT, seconds, taken_away=True) for seconds in (-60, -5, 120)]
    assert judged(*gone).outcome is Outcome.NOT_SEEN


def test_a_page_that_was_seen_and_then_taken_away_is_described_as_gone_again():
    verdict = judged(make_check(ABSENT, -5), make_check(LIVE, 0), make_check(ABSENT, 60, taken_away=True))
    assert (verdict.outcome, verdict.gone_again_at) == (Outcome.ON_TIME, at(60))


@pytest.mark.parametrize(
    ("reasons", "told"),
    [
        ((Reason.GONE,), True),
        ((Reason.WITHDRAWN,), True),
        ((Reason.NEGATIVE_MARKER, Reason.WITHDRAWN), True),
        ((Reason.NOT_FOUND,), False),
        ((Reason.WITHDRAWN, Reason.UNCHANGED), False),
        ((Reason.WITHDRAWN, Reason.EARLIER_EDITION), False),
        (("gone",), True),
        ((), False),
    ],
)
def test_which_reasons_tell_that_it_had_been_there(reasons, told):
    assert is_taken_away(reasons) is told


@pytest.mark.parametrize(
    ("notice", "withdrawn"),
    [
        ("This publication was withdrawn on 30 June 2026", True),
        ("This publication was withdrawn on 2 July 2026", True),
        ("This publication has been withdrawn.", True),
        ("This publication was withdrawn on 29 June 2026", False),
        ("This release has been cancelled.", False),
        ("This release is not yet published.", False),
    ],
)
def test_a_notice_of_withdrawal_from_the_due_day_on_tells_that_the_release_had_been_there(notice, withdrawn):
    finding = shown(release_page(f"<h2>{notice}</h2>"), due_at=AT)
    assert finding.result is CheckOutcome.NOT_LIVE
    assert (Reason.WITHDRAWN in finding.reasons) is withdrawn


def test_a_title_that_is_marked_as_withdrawn_tells_so_and_the_page_find_edition_remarks_does_not():
    assert Reason.WITHDRAWN in shown(release_page(heading=f"[Withdrawn] {TITLE}"), due_at=AT).reasons
    other = page(f"<h1>Road fuel prices</h1><p>This publication was withdrawn.</p>{MUCH}", title="Road fuel prices")
    assert shown(other, due_at=AT).reasons == (Reason.NEGATIVE_MARKER,)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("reasons", "outcome"),
    [(("gone",), Outcome.CANNOT_TELL), (("not_found",), Outcome.NOT_SEEN)],
    ids=["taken away", "not there"],
)
def test_the_record_of_a_hole_before_a_page_was_found_gone_accuses_no_one(reasons, outcome):
    address = ReleaseFactory(confirmed=True).addresses.get()
    create_observation(address, "not_live", at=SEED_DUE - timedelta(minutes=1), reasons=("not_found",))
    for second in range(0, 120, 10):
        create_observation(
            address, "unreachable" if reasons == ("gone",) else "not_live", at=SEED_DUE + timedelta(seconds=second)
        )
    for minutes in (2, 30):
        create_observation(address, "not_live", at=SEED_DUE + timedelta(minutes=minutes), reasons=reasons)
    verification = judge.judge_one(address.release, now=SEED_DUE + timedelta(hours=1))
    assert verification.outcome == outcome


@pytest.mark.django_db
def test_a_release_found_live_and_then_gone_has_its_event():
    address = ReleaseFactory(confirmed=True).addresses.get()
    for minutes, result, reasons in ((-1, "not_live", ("not_found",)), (0, "live", ()), (9, "not_live", ("gone",))):
        create_observation(address, result, at=SEED_DUE + timedelta(minutes=minutes), reasons=reasons)
    judge.judge_one(address.release, now=SEED_DUE + timedelta(hours=1))
    assert ReleaseEvent.objects.filter(release=address.release, kind="gone_again").count() == 1
