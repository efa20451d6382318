"""Bodies that are stored with the checks: each once, and its bytes only while something needs them."""

import pytest
from django.db import IntegrityError, connection, transaction

from releases.detection.finding import Reason
from releases.evidence import store
from releases.models import Body, Observation, StoredBody
from releases.models.append_only import AppendOnlyRow
from releases.models.observation import LEVEL, Purpose
from releases.rules.canonical import sha256_hex
from tests.support.factories import ReleaseFactory
from tests.support.shared_rows import shared_fixture
from tests.support.stored_checks import make_check, store_checks

pytestmark = pytest.mark.django_db

FILE = "https://www.example.gov.uk/media/tables.ods"


@shared_fixture
def release():
    return ReleaseFactory(confirmed=True)


@shared_fixture
def address(release):
    return release.addresses.get()


def held(release):
    """The bodies of a release: by reason and side the bytes, or what became of them."""
    return {
        (kept.why, kept.since_due): kept.body.content if kept.body else kept.state
        for kept in StoredBody.objects.filter(release=release).select_related("body")
    }


def test_a_morning_leaves_the_bodies_that_prove_it_and_no_others(release, address):
    for seconds, body in ((-60, b"one"), (-10, b"two"), (-5, b"three")):
        store_checks(make_check(address, "not_live", body, at=seconds))
    store_checks(make_check(address, "live", b"four", at=0))
    store_checks(make_check(address, "live", b"five", at=5))
    assert held(release) == {
        ("first_seen", False): b"one",
        ("last_before_due", False): b"three",
        ("last_not_live", False): b"three",
        ("first_live", True): b"four",
    }
    assert sorted(body.content for body in Body.objects.all()) == [b"four", b"one", b"three"]
    assert Observation.objects.count() == 5


@pytest.mark.both_databases
def test_checks_that_are_stored_together_end_where_checks_kept_one_by_one_end(release, address):
    store_checks(
        make_check(address, "not_live", b"one", at=-10),
        make_check(address, "not_live", b"two", at=-5),
        make_check(address, "live", b"three", at=0),
    )
    assert held(release)["last_before_due", False] == b"two"
    assert held(release)["first_live", True] == b"three"


@pytest.mark.both_databases
def test_a_body_that_many_checks_of_many_releases_bring_is_stored_once(release, address):
    other = ReleaseFactory(confirmed=True, reference="another")
    store_checks(
        make_check(address, "not_live", b"the same", at=-5),
        make_check(other.addresses.get(), "not_live", b"the same", at=-5),
    )
    assert StoredBody.objects.filter(sha256=sha256_hex(b"the same")).count() == 6
    assert Body.objects.get().size == len(b"the same")
    store_checks(make_check(address, "not_live", b"something else", at=-3))
    assert Body.objects.count() == 2, "the other release still needs the first one"


def test_a_link_names_the_check_that_brought_the_body(release, address):
    first, second = store_checks(
        make_check(address, "not_live", b"one", at=-10), make_check(address, "not_live", b"one", at=-5)
    )
    assert {kept.why: kept.observation for kept in StoredBody.objects.all()} == {
        "first_seen": first,
        "last_before_due": second,
        "last_not_live": second,
    }


def test_a_check_without_a_body_leaves_what_is_held_as_it_is(release, address):
    store_checks(make_check(address, "not_live", b"one", at=-10))
    store_checks(make_check(address, "unreachable", b"", at=-5))
    assert held(release)["last_before_due", False] == b"one"
    assert Observation.objects.last().body_sha256 == ""


def test_a_superseded_check_proves_nothing(release, address):
    type(release).objects.filter(pk=release.pk).update(schedule_version=2)
    (row,) = store_checks(make_check(address, "not_live", b"one", at=-5))
    assert row.superseded
    assert held(release) == {}


def test_a_check_by_a_clock_that_was_off_is_no_proof_of_a_publication(release, address):
    store_checks(make_check(address, "live", b"one", at=0, reasons=(Reason.MARKER_IN_TITLE, Reason.CLOCK_OFF)))
    assert held(release) == {("first_seen", False): b"one"}


def test_a_new_schedule_keeps_its_own_bodies_next_to_those_of_the_old_one(release, address):
    store_checks(make_check(address, "not_live", b"old", at=-5))
    type(release).objects.filter(pk=release.pk).update(schedule_version=2)
    address.refresh_from_db()
    store_checks(make_check(address, "not_live", b"new", at=-4))
    assert {
        (kept.schedule_version, kept.body.content) for kept in StoredBody.objects.filter(why="last_before_due")
    } == {
        (1, b"old"),
        (2, b"new"),
    }


def test_a_file_that_is_missing_once_the_page_is_live_is_stored_as_partial():
    release = ReleaseFactory(confirmed=True, attachments=(FILE,))
    page, file = release.addresses.get(role="page"), release.addresses.get(role="attachment")
    store_checks(make_check(page, "live", b"page", at=0), make_check(file, "not_live", b"not yet", at=0))
    assert ("first_partial", True) not in held(release)
    store_checks(make_check(file, "not_live", b"still not", at=5), make_check(file, "not_live", b"and not", at=10))
    assert held(release)["first_partial", True] == b"still not"


def test_of_a_check_past_the_caches_the_first_live_body_is_stored(release, address):
    store_checks(
        make_check(address, "not_live", b"stale", at=125),
        make_check(address, "live", b"fresh", at=125.1, purpose=Purpose.FRESH),
    )
    assert held(release)["first_live_fresh", True] == b"fresh"
    assert held(release)["last_not_live", True] == b"stale"


@pytest.mark.both_databases
def test_bytes_of_any_kind_come_back_as_they_were_seen(release, address):
    content = bytes(range(256)) * 4000
    store_checks(make_check(address, "live", content, at=0, media_type="application/pdf"))
    body = Body.objects.get()
    assert (body.content, body.size, body.media_type) == (content, 1_024_000, "application/pdf")
    assert len(bytes(body.compressed)) < 20_000
    assert LEVEL < 6


CHANGES = [
    pytest.param(lambda: Body.objects.get().save(), id="saving"),
    pytest.param(lambda: Body.objects.get().delete(), id="deleting"),
    pytest.param(lambda: Body.objects.update(media_type="text/plain"), id="updating-in-bulk"),
    pytest.param(lambda: Body.objects.all().delete(), id="deleting-in-bulk"),
]


@pytest.mark.both_databases
@pytest.mark.parametrize("change", CHANGES)
def test_a_body_is_neither_changed_nor_removed_while_it_is_needed(release, address, change):
    store_checks(make_check(address, "live", b"one", at=0))
    with pytest.raises(AppendOnlyRow):
        change()
    assert Body.objects.discard_unneeded([sha256_hex(b"one")]) == 0
    assert Body.objects.get().is_intact()


@pytest.mark.both_databases
def test_postgresql_itself_refuses_to_change_a_body(release, address):
    store_checks(make_check(address, "live", b"one", at=0))
    statement = "UPDATE releases_body SET media_type = 'text/plain'"
    if connection.vendor == "postgresql":
        with pytest.raises(IntegrityError, match="kept as they were written"), transaction.atomic():
            connection.cursor().execute(statement)
    assert Body.objects.get().media_type.startswith("text/html")


@pytest.mark.both_databases
def test_every_body_is_checked_against_its_hash_and_its_check(release, address):
    store_checks(make_check(address, "not_live", b"one", at=-5), make_check(address, "live", b"two", at=0))
    assert store.check_bodies() == (2, None)
    StoredBody.objects.filter(why="first_live").update(sha256="0" * 64, body=None, state="pruned")
    assert store.check_bodies()[1] == "the stored body of check 2 does not match the check"


@pytest.mark.parametrize("damage", [b"", b"no zlib", Body.of(b"two", sha256="", media_type="").compressed])
def test_bytes_that_are_not_those_that_were_seen_are_named(release, address, damage):
    store_checks(make_check(address, "live", b"one", at=0))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE releases_body SET compressed = %s", [damage])
    why = f"the stored body {sha256_hex(b'one')} does not match its recorded size and hash"
    assert store.check_bodies() == (0, why)


@pytest.mark.both_databases
def test_the_bodies_of_many_releases_are_replaced_together_as_one_by_one():
    addresses = [ReleaseFactory(confirmed=True, reference=f"part-{number}").addresses.get() for number in range(12)]
    store_checks(*(make_check(address, "not_live", b"one", at=-10) for address in addresses))
    before = set(StoredBody.objects.values_list("pk", flat=True))
    looks = store_checks(*(make_check(address, "not_live", b"two", at=-5) for address in addresses))
    assert set(StoredBody.objects.values_list("pk", flat=True)) == before
    for address, look in zip(addresses, looks, strict=True):
        assert held(address.release)["first_seen", False] == b"one"
        for stored in StoredBody.objects.filter(address=address).exclude(why="first_seen"):
            assert (stored.body_id, stored.sha256, stored.observation) == (sha256_hex(b"two"), sha256_hex(b"two"), look)
            assert stored.stored_at == look.recorded_at
