"""Rows that seem to differ are read again a few at a time: writers of the chain do not wait for all of them."""

import pytest

from releases.evidence import recorded_rows
from releases.evidence.recorded_rows import RowHistory, check_rows
from releases.models import MonitoringRowRecord, Release, ReleaseRowRecord
from releases.models.event import lock_heads
from tests.support.factories import ReleaseFactory, SeriesFactory

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def held(monkeypatch):
    """The chains whose heads were locked, once for each lock."""
    held, hold = [], lock_heads
    monkeypatch.setattr(recorded_rows, "EXAMINED_AT_ONCE", 2)
    monkeypatch.setattr(recorded_rows, "lock_heads", lambda record: held.append(record.CHAIN) or hold(record))
    return held


@pytest.fixture
def read():
    """The records as a walk began to read them."""
    series = SeriesFactory()
    for number in range(5):
        ReleaseFactory(confirmed=True, series=series, reference=f"release-{number}")
    read = RowHistory(ReleaseRowRecord)
    read.read()
    return read


def test_the_first_real_difference_ends_the_reading(held, read):
    Release.objects.update(title="Another")
    assert str(recorded_rows._changed(ReleaseRowRecord.TABLES[0], read)).endswith("was changed after it was recorded")
    assert held == [ReleaseRowRecord.CHAIN]


def test_what_was_recorded_meanwhile_is_no_difference(held, read, monkeypatch):
    differing = recorded_rows._differing

    def while_the_product_writes(table, read):
        keys = list(Release.objects.values_list("pk", flat=True))
        Release.objects.update(title="Another")
        found = differing(table, read)
        ReleaseRowRecord.record({Release: keys})
        return found

    monkeypatch.setattr(recorded_rows, "_differing", while_the_product_writes)
    assert recorded_rows._changed(ReleaseRowRecord.TABLES[0], read) is None
    assert held == [ReleaseRowRecord.CHAIN] * 3


def test_nothing_is_held_where_nothing_differs(held, read):
    assert recorded_rows._changed(ReleaseRowRecord.TABLES[0], read) is None
    assert check_rows(RowHistory(MonitoringRowRecord), redacted={}) is None
    assert held == []
