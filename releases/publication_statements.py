"""Signed statements from publishers' systems that a release has been published (decision 111).

We store the statements and show them as the publisher's own account. Verdicts, checks and lifecycle moves do not use
them.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from releases.models import Producer, PublicationStatement, Release
from releases.models.event import lock_release, record_rows
from releases.rules.lifecycle import TO_COME

CLOCKS_APART = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
MOST_OF_A_RELEASE = 20
"""The maximum number of statements that we store from one system about one release. A repeated message counts once."""


class StatementRefused(ValueError):
    """A statement cannot be stored. The message is one sentence, which may be shown to the sender."""


class UnknownRelease(StatementRefused):
    """The producer has no release with this reference.

    The message does not disclose whether another producer has a release with this reference.
    """


@dataclass(frozen=True, slots=True)
class StatedPublication:
    """The content of a statement. `source` is the key of the system, and `published_at` is an aware datetime."""

    source: UUID
    source_name: str
    message_id: str
    reference: str
    published_at: datetime


def record_statement(producer: Producer, stated: StatedPublication, *, at: datetime) -> PublicationStatement:
    """Store a statement about a release of a producer.

    If the message is already stored, return the existing row.

    :raises UnknownRelease: if the producer has no release with this reference.
    :raises StatementRefused: if the time is in the future or before 2000, or the system has made too many statements
        about the release.
    """
    if (first := _find_first(stated)) is not None:
        return first
    if stated.published_at > at + CLOCKS_APART:
        raise StatementRefused("The time of publication is in the future.")
    if stated.published_at < EARLIEST:
        raise StatementRefused("The time of publication is before 2000.")
    known = Release.objects.filter(reference=stated.reference, series__producer=producer, training__isnull=True)
    key = known.values_list("pk", flat=True).first()
    if key is None:
        raise UnknownRelease("We do not know a release with this reference.")
    try:
        with transaction.atomic():
            return _store(lock_release(key), stated, at=at)
    except IntegrityError:
        # Another process has just stored the same message for a different release.
        if (first := _find_first(stated)) is None:
            raise
        return first


def _store(release: Release, stated: StatedPublication, *, at: datetime) -> PublicationStatement:
    """Store a statement. The caller must hold the lock of the release."""
    if (first := _find_first(stated)) is not None:
        return first
    if PublicationStatement.objects.filter(release=release, source=stated.source).count() >= MOST_OF_A_RELEASE:
        raise StatementRefused(f"This system has already made {MOST_OF_A_RELEASE} statements about this release.")
    row = PublicationStatement.objects.create(
        release=release,
        schedule_version=release.schedule_version,
        source=stated.source,
        source_name=stated.source_name,
        message_id=stated.message_id,
        published_at=stated.published_at,
        received_at=at,
    )
    record_rows({PublicationStatement: [row.pk]})
    return row


def _find_first(stated: StatedPublication) -> PublicationStatement | None:
    return PublicationStatement.objects.filter(source=stated.source, message_id=stated.message_id).first()


def find_statements(
    releases: Collection[Release], *, with_early: bool = False
) -> dict[int, list[PublicationStatement]]:
    """Return a dict that maps the keys of releases to their statements, in order of arrival.

    :param with_early: whether to include statements that may reveal an early release. See `is_early_secret`.
    """
    found: dict[int, list[PublicationStatement]] = defaultdict(list)
    by_key = {release.pk: release for release in releases}
    for row in PublicationStatement.objects.filter(release__in=by_key).order_by("received_at", "pk"):
        if with_early or not is_early_secret(row, by_key[row.release_id]):
            found[row.release_id].append(row)
    return found


def is_early_secret(row: PublicationStatement, release: Release) -> bool:
    """Return whether a statement may reveal an early release.

    If so, the statement is shown only to people who may know of early releases.

    While a release is still to come, a statement is secret if it was received before the due time, or gives a
    publication time before the due time. If the release has no due time yet, all statements about it are secret.
    """
    if release.status not in TO_COME:
        return False
    return release.due_at is None or min(row.published_at, row.received_at) < release.due_at
