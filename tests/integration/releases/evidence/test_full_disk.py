"""A body that cannot be stored does not lose its check, and its absence is recorded."""

import os

import pytest
from django.db import OperationalError, connection, transaction
from django.urls import reverse

from releases import judge
from releases.models import Body, Observation, ReleaseEvent, StoredBody
from releases.models.append_only import check_chain
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.early_release import FOUND_AT
from tests.support.factories import ReleaseFactory, SeriesFactory
from tests.support.people import create_office
from tests.support.stored_checks import make_check, store_checks

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db(transaction=True)]

LARGE = os.urandom(1_000_000)
FULL = """
CREATE OR REPLACE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = 'disk_full'; END $$
"""


@pytest.fixture
def address():
    return ReleaseFactory(confirmed=True).addresses.get()


def execute(*statements):
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def lift_limits():
    if connection.vendor == "sqlite":
        execute("PRAGMA max_page_count = 4294967294")
    else:
        execute("DROP TRIGGER IF EXISTS full_disk ON releases_body")


@pytest.fixture
def full_disk():
    """A database with room for rows and not for bodies: on SQLite in fact, on PostgreSQL by its own error."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")  # Pages that earlier tests have left empty would have room for a body.
            pages = cursor.execute("PRAGMA page_count").fetchone()[0]
            cursor.execute(f"PRAGMA max_page_count = {pages + 100}")
    else:
        execute(FULL, "CREATE TRIGGER full_disk BEFORE INSERT ON releases_body EXECUTE FUNCTION no_room()")
    yield
    lift_limits()


def test_the_check_is_stored_and_says_what_it_saw_and_the_missing_body_is_on_record(address, full_disk, caplog):
    (look,) = store_checks(make_check(address, "live", LARGE, at=0))
    assert Observation.objects.get().body_sha256 == sha256_hex(LARGE)
    assert not Body.objects.exists()
    assert {kept.why: (kept.state, kept.sha256, kept.observation) for kept in StoredBody.objects.all()} == {
        why: ("not_stored", sha256_hex(LARGE), look) for why in ("first_seen", "first_live")
    }
    event = ReleaseEvent.objects.get(kind="bodies_not_kept")
    assert event.facts == {"looks": [1], "sha256": [sha256_hex(LARGE)]}
    assert check_chain(Observation) == (1, None)
    assert "1 checks are stored without them" in caplog.text


def test_a_disk_that_stays_full_is_told_once_and_a_body_that_fits_again_takes_its_place(address, full_disk):
    for seconds in (-15, -10, -5):
        store_checks(make_check(address, "not_live", LARGE + b"%d" % seconds, at=seconds))
    assert Observation.objects.count() == 3
    assert ReleaseEvent.objects.filter(kind="bodies_not_kept").count() == 1
    if connection.vendor == "postgresql":
        execute("ALTER TABLE releases_body DISABLE TRIGGER full_disk")
    store_checks(make_check(address, "not_live", b"small", at=-3))
    assert StoredBody.objects.get(why="last_before_due").body.content == b"small"
    assert StoredBody.objects.get(why="first_seen").state == "not_stored"


def test_an_early_body_that_could_not_be_stored_is_hidden_like_a_stored_one(client, full_disk, time_machine):
    time_machine.move_to(FOUND_AT, tick=False)
    office = create_office()
    release = ReleaseFactory(announced=True, series=SeriesFactory(producer=office.producer))
    address = release.addresses.get()
    store_checks(make_check(address, "not_live", b"<!doctype html><title>Not found</title>", at=-1800))
    store_checks(*(make_check(address, "live", LARGE, at=seconds) for seconds in (-1200, -1185)))
    lift_limits()
    judge.judge_one(release, now=FOUND_AT)
    early = StoredBody.objects.filter(sha256=sha256_hex(LARGE))
    assert {row.state for row in early} == {"not_stored"}
    shown = {}
    for role in (Role.STATISTICIAN, Role.DEPUTY):
        client.force_login(office.people[role])
        shown[role] = client.get(reverse("releases:release", args=[release.reference])).text
    assert "Copies of pages" in shown[Role.STATISTICIAN]
    assert "First live copy" not in shown[Role.STATISTICIAN]
    assert "First live copy, before release time" in shown[Role.DEPUTY]
    assert "Could not be stored. We keep its hash." in shown[Role.DEPUTY]
    # Not even a lead can open a body that is not stored.
    assert "Only the Head of Profession and deputies can open it" not in shown[Role.DEPUTY]
    assert reverse("releases:kept_body", args=[release.reference, sha256_hex(LARGE)]) not in shown[Role.DEPUTY]


def test_where_not_even_that_can_be_recorded_the_check_is_stored_anyway(address, full_disk):
    execute("ALTER TABLE releases_keptbody RENAME TO elsewhere")
    try:
        store_checks(make_check(address, "live", LARGE, at=0))
    finally:
        execute("ALTER TABLE elsewhere RENAME TO releases_keptbody")
    assert Observation.objects.get().body_sha256 == sha256_hex(LARGE)
    assert not Body.objects.exists()


def test_a_check_that_cannot_be_stored_itself_is_an_error(address):
    execute("ALTER TABLE releases_observation RENAME TO elsewhere")
    try:
        with pytest.raises(Exception, match="releases_observation"):
            store_checks(make_check(address, "live", b"one", at=0))
    finally:
        execute("ALTER TABLE elsewhere RENAME TO releases_observation")
    assert not Body.objects.exists()


def test_inside_a_larger_transaction_the_check_is_stored_or_the_caller_is_told(address, full_disk):
    """SQLite undoes the whole transaction that fills the disk."""
    try:
        with transaction.atomic():
            store_checks(make_check(address, "live", LARGE, at=0))
            kept = 1
    except OperationalError:
        assert connection.vendor == "sqlite"
        kept = 0
    assert Observation.objects.count() == kept


@pytest.mark.postgresql_only  # a database in a file has no connection to lose
def test_where_the_connection_breaks_nothing_is_tried_again(address, caplog):
    """It is then unknown whether the checks were stored: the process that holds them asks the database first."""
    execute(
        "CREATE OR REPLACE FUNCTION hang_up() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$",
        "CREATE TRIGGER hang_up BEFORE INSERT ON releases_body EXECUTE FUNCTION hang_up()",
    )
    try:
        with pytest.raises(OperationalError, match="terminating connection"):
            store_checks(make_check(address, "live", b"one", at=0))
    finally:
        connection.close()
        execute("DROP TRIGGER hang_up ON releases_body")
    assert not Observation.objects.exists()
    assert "stored without them" not in caplog.text
