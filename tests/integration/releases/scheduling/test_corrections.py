"""Corrections that move nothing, and what may not be corrected any more (C9, design of evidence)."""

from datetime import timedelta

import pytest

from releases import corrections, scheduling
from releases.corrections import CorrectionRefused
from releases.models import Address, DateChange, Release, ReleaseEvent, Verification
from releases.models.append_only import check_chain
from releases.permissions import NotYours
from releases.rules.lifecycle import Role
from releases.scheduling import PlannedAddress
from tests.integration.releases.evidence.test_append_only import make_observation
from tests.support.factories import (
    A_LONG_TIME_AGO,
    SEED_DUE,
    ReleaseFactory,
    create_member,
    london_slot,
)

BEFORE = SEED_DUE - timedelta(days=1)
PAGE = PlannedAddress(url="https://www.example.gov.uk/statistics/other", marker="31 March 2020")

pytestmark = pytest.mark.django_db


def keeper_of(release):
    return create_member(Role.CALENDAR_MANAGER, release.series.producer)


def last_event():
    return ReleaseEvent.in_order().last()


def test_a_title_is_corrected_with_an_event_and_a_history_row(announced_release):
    by = keeper_of(announced_release)
    corrections.correct_release(
        announced_release, title="Schools, March 2020", reference=announced_release.reference, by=by, at=BEFORE
    )
    assert Release.objects.get().title == "Schools, March 2020"
    assert (last_event().kind, last_event().actor, list(last_event().facts["changed"])) == ("corrected", by, ["title"])
    assert Release.history.latest().title == "Schools, March 2020"


def test_a_correction_from_a_stale_copy_writes_nothing_but_what_is_corrected():
    stale = ReleaseFactory(confirmed=True)
    scheduling.publish(Release.objects.get(), by=None, at=BEFORE, published_at=BEFORE)
    corrections.correct_release(stale, title="Schools", reference=stale.reference, by=None, at=BEFORE)
    assert Release.objects.get().status == "published"


def test_a_reference_stays_once_it_is_part_of_a_public_address():
    draft = ReleaseFactory()
    corrections.correct_release(draft, title=draft.title, reference="another", by=None, at=BEFORE)
    public = scheduling.announce_release(Release.objects.get(), by=None, at=BEFORE)
    with pytest.raises(CorrectionRefused, match="public web address"):
        corrections.correct_release(public, title=public.title, reference="a-third", by=None, at=BEFORE)
    assert Release.objects.get().reference == "another"


def test_what_is_corrected_into_itself_leaves_no_event(provisional_release):
    count = ReleaseEvent.objects.count()
    corrections.correct_release(
        provisional_release,
        title=provisional_release.title,
        reference=provisional_release.reference,
        by=None,
        at=BEFORE,
    )
    address = provisional_release.addresses.get()
    same = PlannedAddress(url=address.url, marker=address.marker)
    corrections.change_address(address, same, by=None, at=BEFORE)
    assert ReleaseEvent.objects.count() == count


@pytest.mark.parametrize("role", [Role.STATISTICIAN, Role.PUBLISHING_TEAM, Role.AUDITOR])
def test_only_those_who_keep_the_calendar_correct_it(role, provisional_release):
    by, address = create_member(role, provisional_release.series.producer), provisional_release.addresses.get()
    for correction in (
        lambda: corrections.correct_release(provisional_release, title="X", reference="x", by=by, at=BEFORE),
        lambda: corrections.correct_missing_address(provisional_release, PAGE, by=by, at=BEFORE),
        lambda: corrections.change_address(address, PAGE, by=by, at=BEFORE),
        lambda: corrections.remove_address(address, by=by, at=BEFORE),
        lambda: corrections.remove_release(provisional_release, by=by, at=BEFORE),
    ):
        with pytest.raises(NotYours):
            correction()
    assert Release.objects.get().title == provisional_release.title
    assert Address.objects.get().url == address.url


def test_addresses_are_added_changed_and_removed_before_the_release_is_due_with_an_event_each(confirmed_release):
    by = keeper_of(confirmed_release)
    address = corrections.correct_missing_address(confirmed_release, PAGE, by=by, at=BEFORE)
    corrections.change_address(address, PlannedAddress(url=PAGE.url, marker="March 2020"), by=by, at=BEFORE)
    assert Address.objects.get(pk=address.pk).marker == "March 2020"
    corrections.remove_address(address, by=by, at=BEFORE)
    assert confirmed_release.addresses.count() == 1
    kinds = [event.kind for event in ReleaseEvent.in_order()][-3:]
    assert kinds == ["address_added", "address_changed", "address_removed"]


@pytest.mark.parametrize(("late", "refused"), [(timedelta(microseconds=-1), False), (timedelta(0), True)])
def test_addresses_stay_from_the_due_instant_on(late, refused, confirmed_release):
    address = confirmed_release.addresses.get()
    trials = [
        lambda at: corrections.correct_missing_address(confirmed_release, PAGE, by=None, at=at),
        lambda at: corrections.change_address(
            address, PlannedAddress(url=address.url, marker=address.marker, required=False), by=None, at=at
        ),
        lambda at: corrections.remove_address(address, by=None, at=at),
    ]
    for trial in trials:
        if refused:
            with pytest.raises(CorrectionRefused, match="because its release time has passed"):
                trial(SEED_DUE + late)
        else:
            trial(SEED_DUE + late)


def test_the_addresses_of_a_rehearsal_may_change_at_any_time():
    release = ReleaseFactory(confirmed=True, rehearsal=True)
    corrections.correct_missing_address(release, PAGE, by=None, at=SEED_DUE + timedelta(hours=1))
    assert release.addresses.count() == 2


def test_an_address_that_was_checked_at_keeps_its_place_and_its_row(confirmed_release):
    make_observation(confirmed_release).append([make_observation(confirmed_release)])
    address = confirmed_release.addresses.get()
    with pytest.raises(CorrectionRefused, match="Add the new web address instead"):
        corrections.change_address(address, PAGE, by=None, at=BEFORE)
    with pytest.raises(CorrectionRefused, match="was already checked"):
        corrections.remove_address(address, by=None, at=BEFORE)
    marker = PlannedAddress(url=address.url, marker="March 2020")
    assert corrections.change_address(address, marker, by=None, at=BEFORE).marker == "March 2020"


def test_a_release_that_was_never_public_is_removed_and_its_events_and_date_changes_stay(confirmed_release):
    head = create_member(Role.DEPUTY, confirmed_release.series.producer)
    day = SEED_DUE.date().replace(day=29)
    confirmed_release = scheduling.change_date(
        confirmed_release, to=london_slot(day), reason="Sooner", by=head, at=A_LONG_TIME_AGO
    )
    corrections.remove_release(confirmed_release, by=head, at=BEFORE)
    assert not Release.objects.exists()
    assert DateChange.objects.count() == 1
    assert (last_event().kind, last_event().facts["reference"]) == ("removed", "schools-march-2020")
    assert check_chain(ReleaseEvent)[1] is None


def test_a_release_that_was_ever_public_is_not_removed_and_the_advice_is_to_cancel_it(announced_release):
    scheduling.cancel_release(announced_release, reason="Not needed", by=keeper_of(announced_release), at=BEFORE)
    with pytest.raises(CorrectionRefused, match=r"because it was announced\. Cancel it instead"):
        corrections.remove_release(announced_release, by=None, at=BEFORE)


def test_a_removal_from_a_copy_that_was_not_public_yet_is_refused_if_it_is_public_by_now():
    stale = ReleaseFactory(confirmed=True)
    scheduling.announce_release(Release.objects.get(), by=None, at=BEFORE)
    with pytest.raises(CorrectionRefused):
        corrections.remove_release(stale, by=None, at=BEFORE)
    assert Release.objects.exists()


@pytest.mark.parametrize("trace", ["a-look", "a-verdict"])
def test_a_release_of_which_anything_was_seen_is_not_removed(trace, confirmed_release):
    if trace == "a-look":
        make_observation(confirmed_release).append([make_observation(confirmed_release)])
    else:
        Verification.objects.create(
            release=confirmed_release, schedule_version=1, due_at=SEED_DUE, tolerance_seconds=120
        )
    with pytest.raises(CorrectionRefused, match="was already checked"):
        corrections.remove_release(confirmed_release, by=None, at=BEFORE)
