"""Keeping looks as evidence: one chained row for each, and beside them the bodies that prove something."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from releases.core.canonical import sha256_hex
from releases.core.judging import publisher
from releases.core.judging.evidence import Finding
from releases.core.looks.answer import Answer
from releases.core.status import Status
from releases.models import Address, Observation, Release
from releases.models.observation import Purpose
from releases.record import bodies
from releases.record.bodies import Brought

logger = logging.getLogger(__name__)

# Kept of a response's headers; cookies and everything else are not.
HEADERS_KEPT = frozenset(
    {
        "age",
        "cache-control",
        "cf-cache-status",
        "content-length",
        "content-type",
        "date",
        "etag",
        "expires",
        "last-modified",
        "location",
        "retry-after",
        "x-cache",
    }
)


@dataclass(frozen=True, slots=True)
class Look:
    """One look as it came back, before it is kept, and how far the clock may have been off then (None: unknown)."""

    address: Address
    schedule_version: int
    answer: Answer
    finding: Finding
    purpose: Purpose = Purpose.PLAIN
    clock_bound_seconds: float | None = None


def keep(looks: Sequence[Look], *, watcher: str, at: datetime, replayed: bool = False) -> Sequence[Observation]:
    """Write looks at the end of the evidence chain, together with the bodies that prove something.

    A look made for a schedule that was changed or cancelled meanwhile is kept as superseded. Where the bodies cannot
    be stored, as on a full disk, the looks are kept without them, and that is put on record. (Not so inside a
    transaction of the caller's on SQLite, which undoes all of it: then this fails, and the caller still has the looks.)

    :param at: the aware instant of recording.
    :param replayed: whether the instants are those of a replayed past, not of the machine's clock.
    """
    connection.ensure_connection()
    line = connection.connection
    for beside in (bodies.keep_bodies, bodies.tell_not_kept, _nothing_beside):
        kept: Sequence[Observation] = ()
        try:
            with transaction.atomic():
                kept = _append(looks, watcher=watcher, at=at, replayed=replayed)
                beside(_brought(looks, kept), at=at)
        except Exception:
            # Once the connection is lost nobody knows whether the looks were stored: they must not be doubled here.
            lost = connection.connection is not line or connection.needs_rollback
            if not kept or beside is _nothing_beside or lost:
                raise
            logger.exception("bodies could not be stored; %d looks are kept without them", len(looks))
        else:
            break
    return kept


def _nothing_beside(_brought: Sequence[Brought], *, at: datetime) -> None:
    """Keep the looks alone, once not even the lack of their bodies can be put on record."""


def _brought(looks: Sequence[Look], kept: Sequence[Observation]) -> list[Brought]:
    return [
        Brought(row, look.answer.body, _storable(look.answer.header("content-type")))
        for look, row in zip(looks, kept, strict=True)
        if look.answer.body
    ]


def _append(looks: Sequence[Look], *, watcher: str, at: datetime, replayed: bool) -> Sequence[Observation]:
    now_scheduled = dict(
        Release.objects.filter(pk__in={look.address.release_id for look in looks})
        .exclude(status=Status.CANCELLED)
        .values_list("pk", "schedule_version")
    )
    return Observation.append(
        [
            _row(
                look,
                superseded=now_scheduled.get(look.address.release_id) != look.schedule_version,
                replayed=replayed,
                watcher=watcher,
                at=at,
            )
            for look in looks
        ]
    )


def _row(look: Look, *, superseded: bool, replayed: bool, watcher: str, at: datetime) -> Observation:
    answer, finding = look.answer, look.finding
    return Observation(
        release=look.address.release,
        address=look.address,
        url=look.address.url,
        schedule_version=look.schedule_version,
        superseded=superseded,
        replayed=replayed,
        planned_at=answer.planned_at,
        sent_at=answer.sent_at,
        completed_at=answer.completed_at,
        recorded_at=at,
        result=finding.result,
        reasons=list(finding.reasons),
        adapter=look.address.adapter,
        failure=answer.failure or "",
        failure_detail=_storable(answer.failure_detail[:500]),
        status=answer.status,
        hops=_storable([[hop.url, hop.status] for hop in answer.hops]),
        headers=_storable([[name, value[:500]] for name, value in answer.headers if name in HEADERS_KEPT]),
        seconds={name: round(value, 6) for name, value in answer.seconds.items()},
        body_sha256=sha256_hex(answer.body) if answer.body else "",
        text_digest=finding.text_digest,
        peer_address=answer.peer_address,
        certificate_sha256=answer.certificate_sha256,
        watcher=watcher,
        purpose=look.purpose,
        vantage=answer.vantage,
        # A whole number would come back as a fraction, and be hashed as another thing.
        clock_bound_seconds=None if look.clock_bound_seconds is None else float(look.clock_bound_seconds),
        publisher_says=_storable(publisher.as_json(finding.publisher)),
    )


def _storable(value: Any) -> Any:
    """Replace the signs that a site can send and a database cannot hold, wherever they stand in a JSON-able value."""
    match value:
        case str():
            return value.replace("\0", "\ufffd").encode(errors="replace").decode()
        case list():
            return [_storable(part) for part in value]
        case dict():
            return {name: _storable(part) for name, part in value.items()}
        case _:
            return value
