"""The end of a name's time: erased by hand or by the clock, with a dated marker, and never before the release."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from releases import scheduling
from releases.models import PreReleaseAccess, PreReleaseRequest, ReleaseEvent
from releases.permissions import NotYours
from releases.pre_release_access import ListRefused, erase_name, erase_old_names
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.pre_release_lists import AFTERWARDS, LONG_BEFORE, MINISTER, asked, granted, someone

pytestmark = pytest.mark.django_db

KEEPERS = {Role.STATISTICIAN, Role.CALENDAR_MANAGER, Role.HEAD_OF_PROFESSION, Role.DEPUTY}
KEPT_FOR = timedelta(days=365)
MUCH_LATER = SEED_DUE + KEPT_FOR + timedelta(seconds=1)


def nobody_needs(releases):
    return ()


def old(*, now=MUCH_LATER, needed=nobody_needs, **given):
    return erase_old_names(now=now, retention=KEPT_FOR, needed=needed, **given)


@pytest.mark.parametrize("role", list(Role))
def test_the_person_who_keeps_the_list_erases_its_names_after_the_release(office, release, role, entry):
    if role not in KEEPERS:
        with pytest.raises(NotYours):
            erase_name(release, by=office.people[role], at=AFTERWARDS)
        return
    assert erase_name(release, by=office.people[role], at=AFTERWARDS) == 1
    entry = PreReleaseAccess.objects.get()
    assert (entry.person, entry.email, entry.erased_at, entry.post) == ("", "", AFTERWARDS, MINISTER.post)
    event = ReleaseEvent.objects.get(kind="pre_release_names_erased")
    assert event.facts == {"posts": ["Minister of State for Schools, Department for Invented Education"]}


def test_one_name_alone_can_be_erased(office, release):
    entry, other = granted(release, by=office.statistician), granted(release, someone(), by=office.statistician)
    assert erase_name(release, entry=entry, by=office.statistician, at=AFTERWARDS) == 1
    other.refresh_from_db()
    assert other.person == someone().person


def test_a_second_time_erases_nothing_and_moves_no_marker(office, release, entry):
    erase_name(release, by=office.statistician, at=AFTERWARDS)
    assert erase_name(release, by=office.statistician, at=AFTERWARDS + timedelta(days=1)) == 0
    assert PreReleaseAccess.objects.get().erased_at == AFTERWARDS
    assert ReleaseEvent.objects.filter(kind="pre_release_names_erased").count() == 1


def test_before_the_release_the_list_says_who_has_access(office, release, entry):
    with pytest.raises(ListRefused, match="after the release time"):
        erase_name(release, by=office.head, at=SEED_DUE - timedelta(seconds=1))
    scheduling.cancel_release(release, reason="Stopped.", by=office.head, at=LONG_BEFORE)
    assert erase_name(release, by=office.head, at=LONG_BEFORE) == 1


def test_the_name_in_a_request_that_no_one_decided_goes_too(office, release, waiting):
    assert erase_name(release, by=office.statistician, at=AFTERWARDS) == 1
    assert (PreReleaseRequest.objects.get().person, PreReleaseRequest.objects.get().status) == ("", "waiting")


def test_names_go_once_their_time_is_over_and_not_a_second_before(office, release, entry):
    asked(release, someone(), by=office.statistician)
    assert old(now=SEED_DUE + KEPT_FOR).names == 0
    assert (old(dry_run=True).names, PreReleaseAccess.objects.get().person) == (2, MINISTER.person)
    done = old()
    assert (done.names, done.releases, done.spared) == (2, 1, 0)
    assert PreReleaseAccess.objects.get().erased_at == MUCH_LATER
    assert ReleaseEvent.objects.get(kind="pre_release_names_erased").actor is None
    assert old().names == 0


def test_names_that_someone_still_needs_are_spared(office, release, entry):
    assert old(needed=lambda releases: releases) == old(needed=lambda releases: set(releases))
    assert old(needed=lambda releases: releases).spared == 1
    assert PreReleaseAccess.objects.get().person == MINISTER.person


def test_of_a_cancelled_release_the_time_runs_from_the_day_it_was_cancelled(office, release, entry):
    scheduling.cancel_release(release, reason="Stopped.", by=office.head, at=LONG_BEFORE)
    assert old(now=LONG_BEFORE + KEPT_FOR).names == 0
    assert old(now=LONG_BEFORE + KEPT_FOR + timedelta(seconds=1)).names == 1


def test_releases_of_later_keep_their_names(office, release):
    later = ReleaseFactory(
        announced=True, series=release.series, reference="later", due_at=SEED_DUE + timedelta(days=364)
    )
    granted(later, by=office.statistician)
    assert old().names == 0


def test_the_database_itself_keeps_no_name_next_to_the_marker(office, release, entry):
    with pytest.raises(IntegrityError), transaction.atomic():
        PreReleaseAccess.objects.filter(pk=entry.pk).update(erased_at=AFTERWARDS)
    request = asked(release, someone(), by=office.statistician)
    with pytest.raises(IntegrityError), transaction.atomic():
        PreReleaseRequest.objects.filter(pk=request.pk).update(
            status="agreed", decided_by=office.head, decided_at=AFTERWARDS
        )
