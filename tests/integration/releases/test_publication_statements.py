"""Statements of publishing systems: stored once, shown as what the publisher says, and of no effect on any result."""

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from breaches.facts import facts_of_verifications
from breaches.rules.annex import annex_of
from releases import judge
from releases.check_history import release_record_of
from releases.minute_briefs import read_brief
from releases.models import (
    CheckSchedule,
    Observation,
    PublicationStatement,
    Release,
    ReleaseEvent,
    ReleaseRowRecord,
    Verification,
)
from releases.models.append_only import AppendOnlyRow
from releases.publication_statements import (
    MOST_OF_A_RELEASE,
    StatedPublication,
    StatementRefused,
    UnknownRelease,
    find_statements,
    record_statement,
)
from releases.rules.lifecycle import LEADS
from releases.text.minute_brief import publisher_sentence
from tests.support.briefs import BRIEFED, LIMIT, due_release, make_brief
from tests.support.concurrency import are_done_at_once
from tests.support.early_release import FOUND_AT, create_early_release, publish
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory

pytestmark = pytest.mark.django_db

SOURCE = uuid.UUID(int=7)
STATED_AT = SEED_DUE + timedelta(seconds=2)


def stated(reference="schools-march-2020", *, at=STATED_AT, message_id="msg_1", source=SOURCE):
    return StatedPublication(source, "Content management system", message_id, reference, at)


def record(release, *, at=STATED_AT, received_at=None, **fields):
    given = stated(release.reference, at=at, **fields)
    return record_statement(release.series.producer, given, at=received_at or at + timedelta(seconds=1))


@pytest.mark.both_databases
def test_a_statement_is_stored_once_with_a_digest(announced_release):
    first = record(announced_release)
    assert record(announced_release, at=STATED_AT + timedelta(minutes=1)) == first
    (row,) = PublicationStatement.objects.all()
    assert (row.release, row.schedule_version, row.published_at) == (announced_release, 1, STATED_AT)
    assert (row.source, row.source_name, row.received_at) == (
        SOURCE,
        "Content management system",
        STATED_AT + timedelta(seconds=1),
    )
    last = ReleaseRowRecord.in_order().last()
    assert list(last.digests["releases.publicationstatement"]) == [str(row.pk)]


@pytest.mark.both_databases
def test_a_statement_cannot_be_changed_or_deleted(announced_release):
    row = record(announced_release)
    row.published_at = SEED_DUE
    with pytest.raises(AppendOnlyRow):
        row.save()
    with pytest.raises(AppendOnlyRow):
        PublicationStatement.objects.all().delete()
    if connection.vendor == "postgresql":
        with (
            pytest.raises(IntegrityError, match="kept as they were written"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute("UPDATE releases_publicationstatement SET source_name = 'x'")


@pytest.mark.both_databases
@pytest.mark.django_db(transaction=True)
def test_the_same_message_at_the_same_time_is_one_statement():
    release = ReleaseFactory(announced=True)
    rows = []
    assert are_done_at_once(*[lambda: rows.append(record(release).pk)] * 4) == [True] * 4
    assert len(set(rows)) == 1
    assert PublicationStatement.objects.count() == 1


def test_a_release_of_another_producer_and_one_that_does_not_exist_are_refused_alike(announced_release):
    elsewhere = SeriesFactory().producer
    sentences = set()
    for reference in (announced_release.reference, "no-such-release"):
        with pytest.raises(UnknownRelease) as refusal:
            record_statement(elsewhere, stated(reference), at=STATED_AT)
        sentences.add(str(refusal.value))
    assert sentences == {"We do not know a release with this reference."}
    assert not PublicationStatement.objects.exists()


def test_a_time_in_the_future_and_a_flood_are_refused(announced_release):
    with pytest.raises(StatementRefused, match="future"):
        record(announced_release, at=STATED_AT, received_at=STATED_AT - timedelta(minutes=6))
    for number in range(MOST_OF_A_RELEASE):
        record(announced_release, message_id=f"msg_{number}")
    with pytest.raises(StatementRefused, match="already made 20"):
        record(announced_release, message_id="msg_more")
    assert record(announced_release, message_id="msg_more", source=uuid.UUID(int=8))


def all_but_statements(release):
    """Everything that a statement must not change."""
    return (
        list(Verification.objects.filter(release=release).values()),
        list(Release.objects.filter(pk=release.pk).values()),
        list(CheckSchedule.objects.filter(address__release=release).values()),
        Observation.objects.count(),
        ReleaseEvent.objects.count(),
    )


@pytest.mark.parametrize("results", [(), ("not_live",), ("live",)])
def test_a_statement_changes_no_verdict_no_check_and_no_status(series, results):
    """A late release stays late, an unchecked one pending, whatever a system states."""
    release = due_release(series, "stated", *results)
    judge.judge_one(release, now=BRIEFED)
    before = all_but_statements(release)
    record(release, at=SEED_DUE)
    judge.judge_one(release, now=BRIEFED)
    assert all_but_statements(release) == before


def test_the_release_page_has_it_for_everyone_with_a_role(office):
    release = ReleaseFactory(series=SeriesFactory(producer=office.producer), announced=True)
    row = record(release)
    for person in office.people.values():
        shown = release_record_of(release, by=person, now=BRIEFED)
        assert (list(shown.publications), shown.anything_said) == ([row], True)


def test_a_statement_from_before_the_due_time_is_only_for_people_who_may_know_of_early_releases(office):
    """(decision 73)"""
    release = ReleaseFactory(series=SeriesFactory(producer=office.producer), announced=True)
    row = record(release, at=SEED_DUE - timedelta(minutes=10))
    also = record(
        release, at=SEED_DUE - timedelta(seconds=1), received_at=SEED_DUE + timedelta(hours=1), message_id="2"
    )
    for role, person in office.people.items():
        shown = release_record_of(release, by=person, now=SEED_DUE - timedelta(minutes=9))
        assert list(shown.publications) == ([row, also] if role in LEADS else []), role
    assert find_statements([release]) == {}
    Release.objects.filter(pk=release.pk).update(status="published")
    release.refresh_from_db()
    assert find_statements([release]) == {release.pk: [row, also]}


def test_the_minute_brief_has_the_first_statement_of_each_system(series):
    release = due_release(series, "late", "not_live")
    record(release)
    record(release, at=STATED_AT + timedelta(seconds=5), message_id="msg_2", received_at=LIMIT)
    (line,) = read_brief(make_brief()).not_live
    assert publisher_sentence(line) == "Content management system states that it published this at 9:30:02am."


def test_the_annex_has_it_as_no_observation(series):
    release = due_release(series, "late", "not_live")
    record(release)
    verification = Verification.objects.select_related("release__series__producer").get(release=release)
    facts = facts_of_verifications([verification])[verification.pk]
    assert [one.system for one in facts.publications] == ["Content management system"]
    (output,) = annex_of([facts]).outputs
    (note,) = [one for one in output.notes if "Content management system" in one]
    assert note == (
        "Content management system, a system of the publisher, stated that it published the release at 9:30:02am. We "
        "received this statement at 9:30:03am. It is not an observation."
    )
    assert output.publisher_at is None


def test_the_annex_of_an_early_release_has_it_only_once_the_release_is_published():
    early = create_early_release()
    record(early.release, at=FOUND_AT)
    verification = Verification.objects.select_related("release__series__producer").get(release=early.release)
    assert facts_of_verifications([verification])[verification.pk].publications == ()
    publish(early)
    verification = Verification.objects.select_related("release__series__producer").get(release=early.release)
    assert len(facts_of_verifications([verification])[verification.pk].publications) == 1


def test_a_message_is_unique_for_its_source_in_the_database(announced_release):
    row = record(announced_release)
    with pytest.raises(IntegrityError), transaction.atomic():
        PublicationStatement.objects.create(
            release=announced_release,
            schedule_version=1,
            source=row.source,
            source_name=row.source_name,
            message_id=row.message_id,
            published_at=SEED_DUE,
            received_at=SEED_DUE,
        )
