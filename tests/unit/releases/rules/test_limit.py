"""Until when a release is on time: the same of a release, of its verdict and of the facts of its account."""

from datetime import timedelta

import pytest

from breaches.facts import facts_of_verifications
from releases import judge
from releases.models import Release, Verification
from releases.rules.calendar import limit_at
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory


def test_the_last_instant_in_time_is_the_due_instant_and_the_tolerance_after_it():
    assert limit_at(SEED_DUE, tolerance_seconds=0) == SEED_DUE
    assert limit_at(SEED_DUE, tolerance_seconds=179) == SEED_DUE + timedelta(seconds=179)


@pytest.mark.django_db
def test_the_limit_of_a_verdict_stays_when_the_series_is_given_another_tolerance():
    release = ReleaseFactory(confirmed=True, series=SeriesFactory(tolerance_seconds=60))
    judge.judge_one(release, now=SEED_DUE - timedelta(minutes=1))
    release.series.tolerance_seconds = 10
    release.series.save()
    (facts,) = facts_of_verifications(Verification.objects.select_related("release__series__producer")).values()
    assert Release.objects.get().limit_at == SEED_DUE + timedelta(seconds=10)
    assert Verification.objects.get().limit_at == facts.limit_at == SEED_DUE + timedelta(seconds=60)


@pytest.mark.django_db
def test_a_release_without_an_exact_time_has_no_limit():
    release = ReleaseFactory()
    release.due_at = None
    with pytest.raises(ValueError, match="no exact time, so it has no limit"):
        release.limit_at  # noqa: B018  # reading it is refused
