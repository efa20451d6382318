"""An address is corrected or removed while a check of it is under way or is being stored."""

import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import connection, transaction

from releases import corrections
from releases.corrections import CorrectionRefused
from releases.models import Address, Observation
from releases.models.observation import Purpose
from releases.scheduling import PlannedAddress
from tests.support.factories import SEED_DUE, ReleaseFactory
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
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one lock for all writers")
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


def commit_once_waiting(ends):
    """End the other transaction as soon as a statement waits for a lock, in a thread that returns then."""

    def watch():
        deadline = time.monotonic() + 20
        with connection.cursor() as cursor:
            while time.monotonic() < deadline:
                cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
                if cursor.fetchone()[0]:
                    break
                time.sleep(0.01)
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
def test_a_check_of_an_announcement_stays_valid_when_its_address_is_corrected():
    address = create_address()
    announced = PlannedAddress(url=TYPO, role="announcement", required=False)
    announcement = corrections.change_address(address, announced, by=None, at=BEFORE)
    under_way = check(announcement, purpose=Purpose.ANNOUNCEMENT)
    correct(announcement)
    assert not store_checks(under_way)[0].superseded


@pytest.mark.django_db(transaction=True)
def test_a_check_waits_for_a_correction_of_its_address_that_is_being_stored():
    address = create_address()
    with in_another_transaction(lambda: correct(address)) as ends:
        watcher = commit_once_waiting(ends)
        (row,) = store_checks(check(address))
        watcher.join()
    assert row.superseded


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
