"""Rows that are written by COPY are those that an INSERT writes."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from releases.models import Address, Observation, Verification
from releases.models.append_only import check_chain
from releases.models.bulk_insert import WORTH_COPYING, update_rows
from releases.verdict.address import Outcome
from tests.support.factories import ReleaseFactory

AT = datetime(2026, 6, 30, 8, 30, 0, 123456, tzinfo=UTC)
DIFFICULT = "tab\t, new line\n, backslash \\N \\t, quotes ' \" and a letter ŵ"

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def checks(number):
    address = Address.objects.first() or ReleaseFactory().addresses.get()
    return [
        Observation(
            release=address.release,
            address=address,
            url=address.url,
            schedule_version=1,
            planned_at=AT,
            sent_at=AT + timedelta(microseconds=place),
            completed_at=AT + timedelta(seconds=1),
            recorded_at=AT,
            result="not_live",
            reasons=["gone"] if place % 2 else [],
            adapter="page",
            failure_detail=DIFFICULT,
            status=None if place % 2 else 404,
            hops=[[address.url, 404]],
            headers=[["etag", DIFFICULT]],
            seconds={"total": 0.25},
            watcher="test",
            clock_bound_seconds=None if place % 2 else 0.5,
            publisher_says={"change_note": DIFFICULT} if place % 2 else {},
        )
        for place in range(number)
    ]


@pytest.mark.parametrize("number", [1, WORTH_COPYING - 1, WORTH_COPYING, 450])
def test_rows_are_read_as_they_were_written_and_continue_the_chain(number):
    before = check_chain(Observation)
    written = Observation.append(checks(number))
    assert all(row.pk and not row._state.adding for row in written)
    stored = {row.pk: row for row in Observation.objects.filter(pk__in=[row.pk for row in written])}
    assert len(stored) == number
    for row in written:
        for field in Observation._meta.concrete_fields:
            assert getattr(stored[row.pk], field.attname) == getattr(row, field.attname), field.attname
    assert check_chain(Observation) == (before[0] + number, None)


def test_a_key_that_was_reserved_is_not_used_again():
    copied = Observation.append(checks(WORTH_COPYING))
    (one,) = Observation.append(checks(1))
    assert one.pk not in {row.pk for row in copied}


def test_postgresql_copies_many_rows_and_inserts_few():
    many, few = checks(WORTH_COPYING), checks(WORTH_COPYING - 1)
    with CaptureQueriesContext(connection) as of_many:
        Observation.append(many)
    with CaptureQueriesContext(connection) as of_few:
        Observation.append(few)

    def has_copy(queries):
        return any(query["sql"].startswith("COPY ") for query in queries.captured_queries)

    assert (has_copy(of_many), has_copy(of_few)) == (connection.vendor == "postgresql", False)


def test_a_refused_row_is_refused_as_by_an_insert():
    rows = checks(WORTH_COPYING)
    rows[3].watcher = None
    with pytest.raises(IntegrityError), transaction.atomic():
        Observation.append(rows)


def verdicts(number, *, reference="many-dates"):
    release = ReleaseFactory(reference=reference)
    return Verification.objects.bulk_create(
        Verification(release=release, schedule_version=place + 1, due_at=AT, tolerance_seconds=120)
        for place in range(number)
    )


@pytest.mark.parametrize("number", [0, 1, WORTH_COPYING - 1, WORTH_COPYING, 450])
def test_changed_rows_are_read_as_they_were_written_and_others_stay(number):
    (other,) = verdicts(1)
    rows = verdicts(number, reference="another")
    for place, row in enumerate(rows):
        row.outcome, row.revision = Outcome.LATE, place
        row.last_not_live_at = None if place % 2 else AT + timedelta(microseconds=place)
        row.delay_from, row.delay_to = 0.1 + place, None if place % 2 else 1e-7 + place + 1
        row.addresses = [{"url": DIFFICULT, "looks": place, "delay": [0.1, None], "required": True}]
        row.reasons, row.publisher_source = ["gone"] if place % 2 else [], DIFFICULT[:40]
        row.tolerance_seconds = 1  # not among the columns
    columns = [
        "outcome",
        "last_not_live_at",
        "delay_from",
        "delay_to",
        "addresses",
        "reasons",
        "publisher_source",
        "revision",
    ]
    update_rows(rows, columns)
    stored = Verification.objects.in_bulk([row.pk for row in rows])
    for row in rows:
        for column in columns:
            assert getattr(stored[row.pk], column) == getattr(row, column), column
        assert stored[row.pk].tolerance_seconds == 120
    other.refresh_from_db()
    assert other.outcome == Outcome.PENDING


def test_a_refused_change_is_refused_as_by_an_update():
    rows = verdicts(WORTH_COPYING)
    rows[3].outcome = "nonsense"
    with pytest.raises(IntegrityError), transaction.atomic():
        update_rows(rows, ["outcome"])


def test_a_column_that_does_not_exist_is_refused():
    rows = verdicts(1)
    with pytest.raises(ValueError, match="Verification has no outcom"):
        update_rows(rows, ["revision", "outcom"])
