"""A list taken over from the release before, in one step, once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from releases import pre_release_access, scheduling
from releases.models import PreReleaseAccess, PreReleaseRequest
from releases.permissions import NotYours
from releases.pre_release_access import ListRefused, copy_list, previous_with_list
from releases.rules.lifecycle import Role
from releases.rules.pre_release import Period
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory
from tests.support.pre_release_lists import AFTERWARDS, LONG_BEFORE, MINISTER, SHORTLY_BEFORE, granted, someone

pytestmark = pytest.mark.django_db

A_QUARTER = timedelta(days=91)


@pytest.fixture
def earlier(office, release):
    """The release of the same series a quarter before, with two on its list, one for a shorter period."""
    before = ReleaseFactory(announced=True, series=release.series, reference="earlier", due_at=SEED_DUE - A_QUARTER)
    at = LONG_BEFORE - A_QUARTER
    granted(before, by=office.statistician, at=at)
    granted(before, someone(period=Period(12), period_reason="Travels."), by=office.statistician, at=at)
    return before


def copied(release, source, *, by, at=LONG_BEFORE):
    return copy_list(release, source=source, by=by, at=at)


def test_posts_organisations_persons_and_reasons_are_taken_over_for_the_usual_period(office, release, earlier):
    outcome = copied(release, earlier, by=office.people[Role.CALENDAR_MANAGER])
    assert (outcome.granted, outcome.waiting, outcome.there_already) == (2, 0, 0)
    entries = [entry.details for entry in release.pre_release_access.order_by("pk")]
    assert entries == [MINISTER, someone()]
    assert {entry.granted_at for entry in release.pre_release_access.all()} == {LONG_BEFORE}


def test_a_second_copy_adds_no_one(office, release, earlier):
    copied(release, earlier, by=office.statistician)
    outcome = copied(release, earlier, by=office.statistician)
    assert (outcome.granted, outcome.there_already) == (0, 2)
    assert release.pre_release_access.count() == 2


def test_whose_access_was_withdrawn_is_not_taken_over(office, release, earlier):
    PreReleaseAccess.objects.filter(release=earlier, post=MINISTER.post).update(
        status="withdrawn", withdrawn_at=LONG_BEFORE
    )
    copied(release, earlier, by=office.statistician)
    assert [entry.post for entry in release.pre_release_access.all()] == ["Private secretary"]


def test_within_a_day_before_the_release_everyone_on_the_copy_waits(office, release, earlier):
    outcome = copied(release, earlier, by=office.statistician, at=SHORTLY_BEFORE)
    assert (outcome.granted, outcome.waiting) == (0, 2)
    assert PreReleaseRequest.objects.filter(status="waiting").count() == 2
    assert copied(release, earlier, by=office.statistician, at=SHORTLY_BEFORE).there_already == 2
    assert copied(release, earlier, by=office.head, at=SHORTLY_BEFORE).there_already == 2


def test_a_post_whose_name_was_erased_is_taken_over_without_one(office, release, earlier):
    pre_release_access.erase_name(earlier, by=office.statistician, at=LONG_BEFORE)
    copied(release, earlier, by=office.statistician)
    assert {entry.person for entry in release.pre_release_access.all()} == {""}
    assert {entry.erased_at for entry in release.pre_release_access.all()} == {None}
    assert copied(release, earlier, by=office.statistician).there_already == 2


def test_as_many_nameless_holders_of_a_post_are_taken_over_as_there_were(office, release, earlier):
    granted(earlier, replace(MINISTER, person="Somebody Else"), by=office.statistician, at=LONG_BEFORE - A_QUARTER)
    pre_release_access.erase_name(earlier, by=office.statistician, at=LONG_BEFORE)
    granted(release, by=office.statistician)
    outcome = copied(release, earlier, by=office.statistician)
    assert (outcome.granted, outcome.there_already) == (2, 1)
    posts = sorted(entry.post for entry in release.pre_release_access.all())
    assert posts == [MINISTER.post, MINISTER.post, "Private secretary"]


def test_the_release_before_is_the_nearest_earlier_one_of_the_series_that_has_a_list(office, release, earlier):
    ReleaseFactory(announced=True, series=release.series, reference="without", due_at=SEED_DUE - timedelta(days=28))
    later = ReleaseFactory(
        announced=True, series=release.series, reference="later", due_at=SEED_DUE + timedelta(days=91)
    )
    granted(later, by=office.statistician)
    other = ReleaseFactory(
        announced=True,
        series=SeriesFactory(producer=office.producer),
        reference="other",
        due_at=SEED_DUE - timedelta(days=28),
    )
    granted(other, by=office.statistician, at=LONG_BEFORE - timedelta(days=40))
    assert previous_with_list(release) == earlier
    assert previous_with_list(earlier) is None


def test_another_list_than_the_one_before_is_not_copied(office, release, earlier):
    other = ReleaseFactory(announced=True, reference="of-others", due_at=SEED_DUE - timedelta(days=28))
    with pytest.raises(ListRefused, match="The previous release has changed"):
        copied(release, other, by=office.statistician)


def test_no_one_is_put_on_the_list_of_a_release_that_has_been_due(office, release, earlier):
    with pytest.raises(ListRefused, match="release time has passed"):
        copied(release, earlier, by=office.head, at=AFTERWARDS)
    scheduling.cancel_release(release, reason="Stopped.", by=office.head, at=LONG_BEFORE)
    with pytest.raises(ListRefused, match="cancelled"):
        copied(release, earlier, by=office.head)


@pytest.mark.parametrize("role", [Role.PUBLISHING_TEAM, Role.AUDITOR])
def test_who_does_not_keep_the_list_copies_nothing(office, release, earlier, role):
    with pytest.raises(NotYours):
        copied(release, earlier, by=office.people[role])
    assert not release.pre_release_access.exists()


def test_two_holders_of_one_post_are_both_taken_over(office, release, earlier):
    granted(earlier, replace(MINISTER, person="Somebody Else"), by=office.statistician, at=LONG_BEFORE - A_QUARTER)
    assert copied(release, earlier, by=office.statistician).granted == 3
