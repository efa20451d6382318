"""An address is corrected or removed while a check of it is under way or is being stored."""

import contextlib
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction

from releases import corrections
from releases.corrections import CorrectionRefused
from releases.evidence import repository
from releases.models import Address, Observation
from releases.models.event import lock_release_rows
from releases.models.observation import Purpose
from releases.monitoring import spool
from releases.monitoring.spool import AddressBeingChanged, Spool
from releases.rules.canonical import sha256_hex
from releases.scheduling import PlannedAddress
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation
from tests.support.stored_checks import make_check, store_checks

BEFORE = SEED_DUE.replace(hour=0)
TYPO = "https://www.example.gov.uk/statistics/shcools"
CORRECT = "https://www.example.gov.uk/statistics/schools"


def create_address(**fields):
    return ReleaseFactory(confirmed=True, url=TYPO, **fields).addresses.get()


def correct(address):
    return corrections.change_address(address, replace(PlannedAddress.of(address), url=CORRECT), by=None, at=BEFORE)


def check(address, *, at=-60, **fields):
    return make_check(address, "not_live", b"Not found", at=at, **fields)


@contextmanager
def in_another_transaction(act):
    """Let another thread act in an open transaction, which is committed at the end of the block."""
    acted, ends, faults = threading.Event(), threading.Event(), []

    def hold():
        try:
            with transaction.atomic():
                act()
                acted.set()
                assert ends.wait(timeout=20)
        except Exception as fault:  # noqa: BLE001  # the test names it
            faults.append(repr(fault))
        finally:
            acted.set()
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert acted.wait(timeout=20)
    try:
        yield ends
    finally:
        ends.set()
        thread.join(timeout=20)
    assert faults == []


def wait_until_waiting():
    """Return as soon as a statement of another transaction waits for a lock."""
    deadline = time.monotonic() + 20
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
            time.sleep(0.01)


def commit_once_waiting(ends):
    """End the other transaction as soon as a statement waits for a lock, in a thread that returns then."""

    def watch():
        wait_until_waiting()
        connection.close()
        ends.set()

    thread = threading.Thread(target=watch)
    thread.start()
    return thread


@pytest.mark.django_db
@pytest.mark.both_databases
@pytest.mark.parametrize("purpose", [Purpose.PLAIN, Purpose.FRESH, Purpose.VANTAGE])
def test_a_check_of_an_address_that_was_corrected_meanwhile_is_stored_and_never_judged(purpose):
    address = create_address()
    under_way = check(address, purpose=purpose)
    correct(address)
    (row,) = store_checks(under_way)
    assert (row.url, row.superseded) == (TYPO, True)
    (later,) = store_checks(check(Address.objects.get(), at=-30, purpose=purpose))
    assert (later.url, later.superseded) == (CORRECT, False)


@pytest.mark.django_db
def test_a_text_of_a_wrong_web_address_is_no_earlier_text_of_the_correct_one():
    """A page that was missing there would otherwise have replaced every text of the correct page."""
    address = create_address()
    under_way = check(address, at=-3600)
    correct(address)
    store_checks(under_way)
    before = SEED_DUE - timedelta(minutes=30)
    create_observation(Address.objects.get(), "unrecognised", at=before, text="previous", reasons=("no_marker",))
    assert repository.read_texts_before([address.pk])[address.pk].lasting == {sha256_hex(b"previous")}


@pytest.mark.django_db
def test_a_check_of_an_announcement_stays_valid_when_its_address_is_corrected():
    address = create_address()
    announced = PlannedAddress(url=TYPO, role="announcement", required=False)
    announcement = corrections.change_address(address, announced, by=None, at=BEFORE)
    under_way = check(announcement, purpose=Purpose.ANNOUNCEMENT)
    correct(announcement)
    assert not store_checks(under_way)[0].superseded


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [correct, lambda address: corrections.remove_address(address, by=None, at=BEFORE)])
def test_a_check_does_not_wait_for_a_person_who_is_changing_its_address_and_is_not_stored(act):
    address = create_address()
    other = create_address(reference="other", series__title="Another series")
    with in_another_transaction(lambda: act(address)):
        # If it waited for the other transaction, it would not end before this one does.
        rows = store_checks(check(address), check(other))
        assert [row.address_id for row in rows] == [other.pk]
    assert [row.address_id for row in Observation.objects.all()] == [other.pk]


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_saved_checks_stay_in_their_file_while_a_person_is_changing_their_address(tmp_path):
    address = create_address()
    with contextlib.closing(Spool(tmp_path, process="gone:7")) as spooled:
        spooled.put([check(address)])
    with in_another_transaction(lambda: correct(address)):
        with pytest.raises(AddressBeingChanged):
            spool.store_left_behind(tmp_path, at=SEED_DUE)
        assert spool.is_any_waiting(tmp_path)
    (row,) = spool.store_left_behind(tmp_path, at=SEED_DUE)
    assert (row.url, row.superseded) == (TYPO, True)
    assert not spool.is_any_waiting(tmp_path)


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
def test_a_release_is_removed_after_the_writers_that_have_locked_it():
    release = create_address().release

    def remove():
        corrections.remove_release(release, by=None, at=BEFORE)
        connection.close()

    remover = threading.Thread(target=remove)
    with in_another_transaction(lambda: lock_release_rows([release.pk])):
        remover.start()
        wait_until_waiting()
        # It would have locked the address first, for which the other writer could be about to wait.
        with transaction.atomic():
            assert Address.objects.select_for_update(no_key=True, skip_locked=True).exists()
    remover.join(timeout=20)
    assert not Address.objects.exists()


@pytest.mark.postgresql_only
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [correct, lambda address: corrections.remove_address(address, by=None, at=BEFORE)])
def test_an_address_is_not_corrected_or_removed_while_its_first_check_is_being_stored(act):
    address = create_address()
    with in_another_transaction(lambda: store_checks(check(address))) as ends:
        watcher = commit_once_waiting(ends)
        with pytest.raises(CorrectionRefused, match="already checked"):
            act(address)
        watcher.join()
    assert Address.objects.get().url == TYPO
    assert not Observation.objects.get().superseded
