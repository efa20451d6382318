"""Shared rows: written once, seen by the tests that ask for them alone, and never changed by a test."""

import pytest
from django.db import connection, transaction

from releases.models import Producer, Series
from tests.support.factories import ProducerFactory, SeriesFactory
from tests.support.shared_rows import LAYERS, shared_fixture

WRITTEN: list[str] = []


@shared_fixture
def producer() -> Producer:
    WRITTEN.append("producer")
    return ProducerFactory(name="Office of Rows")


@shared_fixture
def series(producer: Producer) -> Series:
    """A series whose producer is the very object that the other fixture returns."""
    WRITTEN.append("series")
    return SeriesFactory(producer=producer, title="Rows")


@shared_fixture
def moved(producer: Producer) -> Producer:
    producer.name = "Office of Columns"
    producer.save()
    return producer


@shared_fixture
def unprepared(producer: Producer) -> None:
    message = "It cannot be prepared."
    raise RuntimeError(message)


@pytest.fixture
def renamed(producer: Producer) -> Producer:
    producer.name = "Renamed"
    producer.save()
    return producer


@pytest.mark.parametrize("again", ["first", "second"])
def test_a_change_of_a_copy_and_of_its_row_reaches_no_other_test(producer, again):
    assert producer.name == Producer.objects.get().name == "Office of Rows"
    producer.name = again
    producer.save()
    Producer.objects.exclude(pk=producer.pk).delete()


@pytest.mark.parametrize("again", ["first", "second"])
def test_objects_refer_to_each_other_as_the_originals_do(series, renamed, again):
    assert series.producer is renamed
    assert Series.objects.get().producer.name == "Renamed"


def test_what_one_shared_fixture_changes_of_another_stays_in_its_own_layer(producer, moved):
    assert producer is moved
    assert producer.name == Producer.objects.get().name == "Office of Columns"


def test_a_test_sees_the_rows_of_its_own_fixtures_alone(producer):
    assert not Series.objects.exists()
    assert len(LAYERS.layers) == 1


@pytest.mark.django_db
def test_a_test_without_shared_fixtures_sees_no_row():
    assert not Producer.objects.exists()
    assert not LAYERS.layers


@pytest.mark.django_db(transaction=True)
def test_a_test_with_real_transactions_has_rows_of_its_own(series):
    assert not connection.in_atomic_block
    assert not LAYERS.layers
    assert series.producer == Producer.objects.get()


def test_a_durable_block_is_allowed_and_nothing_waits_for_a_commit(series):
    with transaction.atomic(durable=True):
        series.delete()
    assert not Series.objects.exists()


def test_rows_are_written_once_while_tests_share_them(request, series):
    shares = [item for item in request.session.items if item.path == request.node.path]
    assert len(shares) > 8
    # Once for the tests that share them, and once for the one with real transactions; once more if that came between.
    assert WRITTEN.count("producer") <= 3


def test_a_shared_fixture_that_no_one_asked_for_in_time_is_an_error(request):
    with pytest.raises(LookupError, match="producer was not prepared"):
        request.getfixturevalue("producer")


@pytest.mark.xfail(raises=RuntimeError, strict=True)
@pytest.mark.parametrize("again", ["first", "second"])
def test_a_preparation_that_fails_gives_each_test_its_own_error(unprepared, again):
    pytest.fail("It was prepared.")


def test_the_tests_after_a_preparation_that_failed_have_their_rows(series):
    assert Series.objects.get() == series
