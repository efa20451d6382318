"""A release that fell due with nobody looking: nobody can tell, and a person is asked (V4, V9)."""

from datetime import timedelta

import pytest

from breaches import drafting
from releases import asking, judging
from releases.models import Release, Verification
from releases.verdict import Outcome
from tests.factories import SEED_DUE, a_confirmed_release
from tests.releases.record import looks_at

LIMIT = SEED_DUE + timedelta(minutes=2)

pytestmark = pytest.mark.django_db


def test_a_release_that_nobody_looked_at_is_put_to_a_person_and_never_called_late():
    a_confirmed_release()
    assert judging.judge_unobserved(now=LIMIT + timedelta(seconds=14)) == []
    assert len(judging.judge_unobserved(now=LIMIT + timedelta(seconds=15))) == 1
    assert judging.judge_unobserved(now=LIMIT + timedelta(minutes=1)) == []
    assert Verification.objects.get().outcome == Outcome.CANNOT_TELL
    assert asking.unanswered(Release.objects.all()).exists()
    assert drafting.draft_missing(now=LIMIT + timedelta(minutes=1)) == []


def test_a_release_with_a_look_since_it_was_due_is_left_to_the_watch():
    looks_at(a_confirmed_release(), "not_live", start=SEED_DUE)
    assert judging.judge_unobserved(now=LIMIT + timedelta(minutes=1)) == []


def test_a_release_already_past_when_it_was_recorded_is_not_asked_about():
    a_confirmed_release(recorded_at=SEED_DUE + timedelta(hours=1), rehearsal=True)
    assert judging.judge_unobserved(now=SEED_DUE + timedelta(hours=2)) == []
