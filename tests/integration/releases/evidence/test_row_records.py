"""The embargo on bodies seen too early: whose it is, and by which facts it ends."""

from datetime import timedelta

import pytest

from releases import scheduling
from releases.evidence import embargo
from releases.models import Release
from releases.models.observation import Purpose
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, create_member, london_slot
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

BODY = b"the figures"
SHA256 = sha256_hex(BODY)
BEFORE, AFTER = SEED_DUE - timedelta(minutes=1), SEED_DUE + timedelta(minutes=1)
ELSEWHERE = "https://www.example.gov.uk/statistics/elsewhere"


@shared_fixture
def release():
    return ReleaseFactory(confirmed=True)


def see(release, result="live", *, at=-600, body=BODY, **more):
    store_checks(make_check(release.addresses.first(), result, body, at=at, **more))


def publish(release):
    scheduling.publish(Release.objects.get(pk=release.pk), by=None, at=SEED_DUE, published_at=SEED_DUE)


def sealed(*, now):
    return bool(embargo.seals_on({SHA256}, now=now))


@pytest.mark.parametrize("result", ["live", "unrecognised", "unreachable", "observer_fault"])
def test_what_may_be_the_release_is_sealed_before_it_is_due(release, result):
    see(release, result)
    assert embargo.seals_on({SHA256, "another"}, now=BEFORE) == {SHA256: {release.series.producer_id}}


def test_what_is_not_live_is_not_sealed(release):
    see(release, "not_live")
    assert not sealed(now=BEFORE)


def test_the_seal_is_lifted_once_the_release_has_been_due_and_found_live_and_not_by_either_alone(release):
    see(release)
    assert sealed(now=BEFORE)
    assert sealed(now=AFTER), "due, and not seen live"
    publish(release)
    assert sealed(now=BEFORE), "seen live, and not due"
    assert not sealed(now=SEED_DUE)


def test_what_is_seen_from_the_due_instant_on_is_not_sealed(release):
    see(release, at=0)
    see(release, "unrecognised", at=5)
    assert not sealed(now=AFTER)


def test_a_release_that_is_moved_to_a_later_day_seals_again_what_was_seen_before_that(release):
    see(release, "live", at=30)
    assert not sealed(now=AFTER)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    later = SEED_DUE + timedelta(days=14)
    scheduling.change_date(
        release, to=london_slot(later.date()), reason="Late data", by=head, at=SEED_DUE + timedelta(hours=1)
    )
    assert sealed(now=SEED_DUE + timedelta(hours=2))
    assert sealed(now=later + timedelta(hours=1)), "it was not seen live since"


def test_a_cancelled_release_keeps_its_seal(release):
    see(release)
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.cancel_release(release, reason="The survey was stopped", by=head, at=BEFORE)
    assert sealed(now=SEED_DUE + timedelta(days=1000))


def test_a_release_without_an_exact_time_keeps_its_seal(release):
    see(release)
    Release.objects.filter(pk=release.pk).update(
        status="provisional", precision="month", due_at=None, planned_at=None, confirmed_at=None
    )
    assert sealed(now=SEED_DUE + timedelta(days=1000))


def test_the_same_bytes_are_sealed_wherever_they_were_seen(release):
    other = ReleaseFactory(confirmed=True, reference="another", series=SeriesFactory())
    see(release)
    see(other, "not_live")
    assert embargo.seals_on({SHA256}, now=BEFORE) == {SHA256: {release.series.producer_id}}
    see(other, "live")
    assert embargo.seals_on({SHA256}, now=BEFORE)[SHA256] == {release.series.producer_id, other.series.producer_id}


@pytest.mark.parametrize(
    ("seen", "is_sealed"),
    [
        pytest.param({"result": "not_live"}, False, id="as-itself"),
        pytest.param({"result": "not_live", "hops": (ELSEWHERE, ELSEWHERE + "/2")}, True, id="leading-elsewhere"),
        pytest.param({"result": "live"}, True, id="as-the-release-itself"),
        pytest.param({"result": "not_live", "at": 60, "hops": (ELSEWHERE, ELSEWHERE)}, False, id="after-the-release"),
    ],
)
def test_an_announcement_is_sealed_where_it_may_be_the_release(release, seen, is_sealed):
    see(release, purpose=Purpose.ANNOUNCEMENT, **seen)
    assert sealed(now=AFTER) is is_sealed


@pytest.mark.parametrize("role", list(Role))
def test_only_who_leads_every_producer_concerned_may_read(release, role):
    ours, other = release.series.producer, SeriesFactory().producer
    person = create_member(role, ours)
    leads = role in {Role.HEAD_OF_PROFESSION, Role.DEPUTY}
    assert embargo.may_read(person, set())
    assert embargo.may_read(person, {ours.pk}) is leads
    assert not embargo.may_read(person, {other.pk})
    assert not embargo.may_read(person, {ours.pk, other.pk})
    person.memberships.create(producer=other, role=Role.DEPUTY)
    assert embargo.may_read(person, {ours.pk, other.pk}) is leads
