"""The end of a body's time: bytes go, hashes and events stay, and the record holds as before."""

from datetime import timedelta

import pytest

from releases import scheduling
from releases.evidence import store
from releases.evidence.store import PruneResult
from releases.models import Body, Observation, Release, ReleaseEvent, StoredBody
from releases.models.append_only import check_chain
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, create_member
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

KEPT_FOR = timedelta(days=365)
NOW = SEED_DUE + KEPT_FOR + timedelta(days=1)


def in_use(*releases):
    """A predicate: these releases are still needed."""
    return lambda asked: {release.pk for release in releases} & set(asked)


@shared_fixture
def release():
    release = ReleaseFactory(confirmed=True)
    address = release.addresses.get()
    store_checks(make_check(address, "not_live", b"not yet", at=-5), make_check(address, "live", b"live", at=0))
    return release


def prune(*needed, now=NOW, dry_run=False):
    return store.prune_bodies(now=now, retention=KEPT_FOR, needed=in_use(*needed), dry_run=dry_run)


@pytest.mark.both_databases
def test_what_is_old_goes_and_leaves_its_hash_and_an_event(release):
    assert prune() == PruneResult(releases=1, bodies=4, spared=0)
    assert not Body.objects.exists()
    assert set(StoredBody.objects.values_list("state", flat=True)) == {"pruned"}
    assert {kept.sha256 for kept in StoredBody.objects.all()} == {sha256_hex(b"not yet"), sha256_hex(b"live")}
    event = ReleaseEvent.objects.get(kind="bodies_pruned")
    assert event.facts["sha256"] == sorted([sha256_hex(b"not yet"), sha256_hex(b"live")])
    assert event.actor is None


def test_the_record_holds_as_before(release):
    prune()
    assert check_chain(Observation) == (2, None)
    assert check_chain(ReleaseEvent)[1] is None
    assert store.check_bodies() == (0, None)
    assert [look.body_sha256 for look in Observation.in_order()] == [sha256_hex(b"not yet"), sha256_hex(b"live")]


def test_a_second_run_finds_nothing(release):
    prune()
    assert prune() == PruneResult(releases=0, bodies=0, spared=0)
    assert ReleaseEvent.objects.filter(kind="bodies_pruned").count() == 1


def test_a_dry_run_says_the_same_and_removes_nothing(release):
    before = ReleaseEvent.objects.count()
    assert prune(dry_run=True) == PruneResult(releases=1, bodies=4, spared=0)
    assert Body.objects.count() == 2
    assert ReleaseEvent.objects.count() == before


@pytest.mark.both_databases
def test_what_is_needed_is_spared_however_old(release):
    assert prune(release) == PruneResult(releases=0, bodies=0, spared=1)
    assert Body.objects.count() == 2


@pytest.mark.both_databases
def test_what_another_release_still_needs_stays(release):
    other = ReleaseFactory(confirmed=True, reference="other", series=release.series)
    store_checks(make_check(other.addresses.get(), "live", b"live", at=0))
    assert prune(other) == PruneResult(releases=1, bodies=4, spared=1)
    assert Body.objects.get().content == b"live"


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(SEED_DUE + KEPT_FOR, id="to-the-second"),
        pytest.param(SEED_DUE + timedelta(days=1), id="a-day-old"),
    ],
)
def test_what_is_not_older_than_it_is_stored_for_stays(release, now):
    assert prune(now=now).bodies == 0


@pytest.mark.parametrize("due", [timedelta(0), timedelta(days=-10)], ids=["still-to-come", "due-lately"])
def test_an_old_body_of_a_release_that_is_not_old_stays(release, due):
    """An announcement may be seen long before the day that it announces."""
    Release.objects.filter(pk=release.pk).update(due_at=NOW + due)
    assert prune().bodies == 0


def test_a_release_without_an_exact_time_keeps_what_it_has_until_it_is_cancelled(release):
    Release.objects.filter(pk=release.pk).update(
        status="provisional", precision="month", due_at=None, planned_at=None, confirmed_at=None
    )
    assert prune().bodies == 0
    head = create_member(Role.HEAD_OF_PROFESSION, release.series.producer)
    scheduling.cancel_release(Release.objects.get(pk=release.pk), reason="Stopped", by=head, at=NOW)
    assert prune().bodies == 4


@pytest.mark.both_databases
def test_many_releases_are_asked_about_a_few_at_a_time(release, monkeypatch):
    monkeypatch.setattr(store, "RELEASES_AT_A_TIME", 1)
    other = ReleaseFactory(confirmed=True, reference="other", series=release.series)
    store_checks(make_check(other.addresses.get(), "live", b"other", at=0))
    asked = []
    store.prune_bodies(now=NOW, retention=KEPT_FOR, needed=lambda some: asked.append(list(some)) or ())
    assert asked == [[release.pk], [other.pk]]
    assert not Body.objects.exists()
