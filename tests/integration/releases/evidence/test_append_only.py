"""Rows that stay as they were written, and the chain that shows if they were not."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction

from releases.models import (
    AccessLink,
    AccessReceipt,
    AgreementCorrection,
    ChainHead,
    DateChange,
    DelayNotice,
    Departure,
    DummyFile,
    HostAuthorisation,
    ListConfirmation,
    Observation,
    OpenFileCheck,
    OpenFileFinding,
    OpenFileRemedy,
    PhoneConfirmation,
    PreReleaseAccess,
    PublicationStatement,
    PublishedCorrection,
    ReasonCorrection,
    ReleaseEvent,
    Statement,
)
from releases.models.append_only import AppendOnlyRow, check_chain
from releases.models.event import record_event
from statsoffice.office_api.models import ApiToken, TokenRevocation
from statsoffice.webhooks.models import WebhookChange, WebhookEndpoint
from tests.support.factories import SEED_DUE, ReleaseFactory, UserFactory
from tests.support.shared_rows import shared_fixture

AT = datetime(2026, 6, 30, 8, 30, 0, 123456, tzinfo=UTC)
APPEND_ONLY = {
    model._meta.db_table: model
    for model in (
        ReleaseEvent,
        Observation,
        DateChange,
        Statement,
        ReasonCorrection,
        DelayNotice,
        Departure,
        AgreementCorrection,
        PublishedCorrection,
        AccessReceipt,
        ListConfirmation,
        HostAuthorisation,
        DummyFile,
        OpenFileCheck,
        OpenFileFinding,
        OpenFileRemedy,
        PhoneConfirmation,
        ApiToken,
        TokenRevocation,
        PublicationStatement,
        WebhookChange,
    )
}

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]


def on_postgresql():
    return connection.vendor == "postgresql"


def tamper(sql):
    """Do to the events what only someone with the keys of the database can do."""
    with connection.cursor() as cursor:
        if on_postgresql():
            cursor.execute("SET LOCAL session_replication_role = replica")  # no trigger fires
        for statement in sql:
            cursor.execute(statement)


@shared_fixture
def release():
    """A release with five events: recorded, and four more."""
    release = ReleaseFactory()
    for hour in range(4):
        record_event(release, f"event_{hour}", at=AT.replace(hour=9 + hour), words="It went well", delay=[hour, None])
    return release


def make_observation(release, **fields):
    return Observation(
        **{
            "release": release,
            "address": release.addresses.get(),
            "url": release.addresses.get().url,
            "schedule_version": 1,
            "planned_at": SEED_DUE,
            "sent_at": AT,
            "completed_at": AT,
            "recorded_at": AT,
            "result": "not_live",
            "reasons": ["not_found"],
            "adapter": "page",
            "hops": [["https://www.example.gov.uk/", 404]],
            "seconds": {"total": 0.012345},
            "watcher": "a",
            **fields,
        }
    )


def a_date_change(release):
    slot = {"was_on": SEED_DUE, "was_precision": "exact", "to_on": SEED_DUE, "to_precision": "exact"}
    return DateChange.objects.create(
        release=release, schedule_version=2, requested_by=UserFactory(), requested_at=AT, **slot
    )


def a_statement(release):
    return Statement.objects.create(
        release=release, schedule_version=1, kind="not_it", text_digest="d", stated_by=UserFactory(), stated_at=AT
    )


def what_readers_were_told(release, change):
    by = UserFactory()
    ReasonCorrection.objects.create(change=change, number=1, public_reason="Right", agreed_by=by, agreed_at=AT)
    said = {"expected_words": "Later", "contact_name": "A team", "contact_email": "team@example.gov.uk"}
    departure = Departure.objects.create(
        release=release,
        schedule_version=1,
        kind="at_once",
        reason="A leak",
        osr_told_at=AT,
        decided_by=by,
        decided_at=AT,
    )
    AgreementCorrection.objects.create(
        departure=departure, number=1, osr_reference="OSR 12", osr_agreed_on=AT.date(), corrected_by=by, corrected_at=AT
    )
    DelayNotice.objects.create(
        release=release, number=1, schedule_version=1, kind="posted", posted_by=by, posted_at=AT, **said
    )
    PublishedCorrection.objects.create(
        release=release, number=1, revision=1, what_was_wrong="A file", found_at=AT, recorded_by=by, recorded_at=AT
    )
    entry = PreReleaseAccess.objects.create(release=release, post="P", organisation="O", granted_by=by, granted_at=AT)
    link = AccessLink.objects.create(entry=entry, purpose="terms", schedule_version=1, digest="d", made_at=AT)
    AccessReceipt.objects.create(link=link, answer="silent", at=AT)
    ListConfirmation.objects.create(release=release, schedule_version=1, posts=1, confirmed_by=by, confirmed_at=AT)
    PhoneConfirmation.objects.create(entry=entry, schedule_version=1, terms="1:uk", recorded_by=by, recorded_at=AT)


def a_webhook(release):
    endpoint = WebhookEndpoint.objects.create(producer=release.series.producer, name="n", created_at=AT, since=AT)
    WebhookChange.objects.create(endpoint=endpoint, producer=release.series.producer, kind="created", at=AT)
    PublicationStatement.objects.create(
        release=release, schedule_version=1, source=UUID(int=1), source_name="n", message_id="m",
        published_at=AT, received_at=AT,
    )  # fmt: skip


def a_dummy_file(series):
    by = UserFactory()
    HostAuthorisation.objects.create(
        producer=series.producer, host="h", number=1, owner_name="N", owner_post="P", reference="R",
        authorised_on=AT.date(), recorded_by=by, recorded_at=AT,
    )  # fmt: skip
    dummy_file = DummyFile.objects.create(series=series, code="c", token="t", made_by=by, made_at=AT)
    check = OpenFileCheck.objects.create(
        dummy_file=dummy_file, file_url="https://h/c", requested_by=by, requested_at=AT
    )
    OpenFileFinding.objects.create(
        request=check, target="file", url="https://h/c", result="not_known", sign="no_answer", recorded_at=AT
    )
    OpenFileRemedy.objects.create(dummy_file=dummy_file, measure="other", recorded_by=by, recorded_at=AT)


def an_api_token(producer):
    by = UserFactory()
    token = ApiToken.objects.create(
        producer=producer, code="c", digest="d", purpose="P", scopes=[], last_day=AT.date(), issued_by=by, issued_at=AT
    )
    TokenRevocation.objects.create(token=token, revoked_by=by, revoked_at=AT)


def test_a_chain_holds_as_it_is_read_back_from_the_database(release):
    assert check_chain(ReleaseEvent) == (5, None)


def test_a_chain_of_checks_holds_when_written_in_bulk_and_read_back(release):
    Observation.append(
        [make_observation(release), make_observation(release, watcher="b"), make_observation(release, watcher="c")]
    )
    assert check_chain(Observation) == (3, None)
    assert [look.position for look in Observation.in_order()] == [1, 2, 3]


def test_a_chain_of_nothing_holds():
    assert check_chain(ReleaseEvent) == (0, None)
    assert ReleaseEvent.append([]) == []
    assert not ChainHead.objects.exists()


def test_the_events_of_a_release_that_was_never_public_outlive_it_and_hold(release):
    release.delete()
    assert check_chain(ReleaseEvent) == (5, None)


def test_free_words_enter_the_hash_as_a_salted_digest_alone(release):
    first, second = ReleaseEvent.in_order()[1:3]
    assert first.words == second.words
    assert first.payload()["words"] != second.payload()["words"], "the salt keeps equal words from showing as equal"
    assert "went well" not in str(first.payload())


BREAKS = [
    pytest.param(
        ["UPDATE releases_releaseevent SET kind = 'forged' WHERE position = 3"],
        (2, "row 3 was changed after it was written"),
        id="a-changed-kind",
    ),
    pytest.param(
        ["UPDATE releases_releaseevent SET words = 'It went badly' WHERE position = 2"],
        (1, "row 2 was changed after it was written"),
        id="changed-words",
    ),
    pytest.param(
        ["DELETE FROM releases_releaseevent WHERE position = 2"],
        (1, "row 2 is missing"),
        id="a-missing-row",
    ),
    pytest.param(
        ["DELETE FROM releases_releaseevent WHERE position = 1"],
        (0, "row 1 is missing"),
        id="the-first-row-missing",
    ),
    pytest.param(
        [
            "UPDATE releases_releaseevent SET position = 99 WHERE position = 2",
            "UPDATE releases_releaseevent SET position = 2 WHERE position = 3",
            "UPDATE releases_releaseevent SET position = 3 WHERE position = 99",
        ],
        (1, "row 2 does not contain the hash of the row before it"),
        id="two-rows-in-another-order",
    ),
    pytest.param(
        ["DELETE FROM releases_releaseevent WHERE position > 3"],
        (3, "rows after 3 are missing"),
        id="the-end-cut-off",
    ),
    pytest.param(
        ["DELETE FROM releases_releaseevent"],
        (0, "rows after 0 are missing"),
        id="all-rows-gone",
    ),
    pytest.param(
        ["UPDATE releases_chainhead SET position = 4 WHERE chain = 'releases.event'"],
        (4, "row 5 is after the recorded end of the chain"),
        id="a-row-after-the-end",
    ),
    pytest.param(
        ["DELETE FROM releases_chainhead"],
        (0, "row 1 is after the recorded end of the chain"),
        id="the-end-forgotten",
    ),
    pytest.param(
        [
            "DELETE FROM releases_releaseevent WHERE position > 3",
            "UPDATE releases_chainhead SET position = 3 WHERE chain = 'releases.event'",
        ],
        (3, "rows after 3 are missing"),
        id="the-end-cut-off-and-its-position-mended",
    ),
]


@pytest.mark.parametrize(("sql", "found"), BREAKS)
def test_the_first_broken_row_is_named(release, sql, found):
    tamper(sql)
    assert check_chain(ReleaseEvent) == found


CHANGES = [
    pytest.param(lambda row: row.save(), id="saving"),
    pytest.param(lambda row: row.delete(), id="deleting"),
    pytest.param(lambda row: type(row).objects.update(kind="forged"), id="updating-in-bulk"),
    pytest.param(lambda row: type(row).objects.filter(pk=row.pk).delete(), id="deleting-in-bulk"),
    pytest.param(lambda row: row.release.events.all().delete(), id="deleting-by-way-of-the-release"),
    pytest.param(lambda row: type(row).objects.bulk_update([row], ["kind"]), id="bulk-update"),
    pytest.param(
        lambda row: type(row).objects.update_or_create(pk=row.pk, defaults={"kind": "forged"}), id="update-or-create"
    ),
    pytest.param(
        lambda row: type(row).objects.bulk_create(
            [row], update_conflicts=True, update_fields=["kind"], unique_fields=["position"]
        ),
        id="bulk-create-over-what-is-there",
    ),
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_cannot_be_changed_or_deleted_by_the_code(release, change):
    row = ReleaseEvent.in_order()[1]
    row.kind = "forged"
    with pytest.raises(AppendOnlyRow, match=r"(is|are) append-only"), transaction.atomic():
        change(row)
    assert check_chain(ReleaseEvent) == (5, None)


def test_a_new_row_under_an_old_key_does_not_replace_the_old_row(release):
    old = ReleaseEvent.in_order()[1]
    forged = ReleaseEvent(
        pk=old.pk, release=release, release_public_id=release.public_id, kind="forged", at=AT, position=99
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        forged.save()
    assert check_chain(ReleaseEvent) == (5, None)


@pytest.mark.parametrize("change", ["UPDATE {} SET id = id", "DELETE FROM {}"], ids=["updating", "deleting"])
@pytest.mark.parametrize("table", APPEND_ONLY)
def test_postgresql_itself_refuses_to_change_a_row_and_elsewhere_the_code_alone_does(release, table, change):
    Observation.append([make_observation(release)])
    moved, _ = a_date_change(release), a_statement(release)
    what_readers_were_told(release, moved)
    a_dummy_file(release.series)
    an_api_token(release.series.producer)
    a_webhook(release)
    model = APPEND_ONLY[table]
    if on_postgresql():
        refusal = f"rows of {table} are kept as they were written"
        with pytest.raises(IntegrityError, match=refusal), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change.format(table))
    else:
        with pytest.raises(AppendOnlyRow):
            model.objects.update(pk=1) if change.startswith("UPDATE") else model.objects.all().delete()
    assert model.objects.exists()
