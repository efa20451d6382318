"""While a long file is checked, other threads and processes can write. SQLite has one lock for all of them."""

import threading

import pytest
from django.db import connection, transaction

from releases.rules.lifecycle import Role
from statsoffice.database import let_others_write
from tests.support.factories import ProducerFactory, SeriesFactory, create_member
from tests.support.stored_imports import turn, uploaded

pytestmark = [pytest.mark.sqlite_only, pytest.mark.django_db(transaction=True)]

BATCHES = 10


@pytest.fixture
def keeper():
    series = SeriesFactory(producer=ProducerFactory(name="Office for Rain"), title="Monthly rain")
    return create_member(Role.CALENDAR_MANAGER, series.producer)


def test_another_writer_gets_the_lock_between_two_batches_of_rows(keeper):
    uploaded(keeper, *({"reference": f"rain-{number}"} for number in range(20 * BATCHES)))
    batches, begun_after = [], []

    def write():
        with transaction.atomic():
            begun_after.append(len(batches))
        connection.close()

    writer = threading.Thread(target=write)

    def stop():
        if batches and not writer.is_alive() and not begun_after:
            writer.start()
        return False

    def pause():
        batches.append("tried")
        let_others_write()

    turn(stop=stop, pause=pause)
    writer.join()
    assert len(batches) == BATCHES
    assert begun_after[0] < BATCHES
