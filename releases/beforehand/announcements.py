"""Snapshots of announcements: what was promised, seen again before the release and after it took its place."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db.models import DateTimeField, Max, OuterRef, Q, QuerySet, Subquery

from releases.core.judging.evidence import LookResult
from releases.core.status import Status
from releases.models import Address, Observation, Release
from releases.models.observation import Purpose
from releases.watching import beside
from releases.watching.beside import Made, Means

# Before the release, and after it, when a publisher's system has put the release in the announcement's place.
AGAIN = (-timedelta(hours=1), timedelta(minutes=10), timedelta(days=1))
GIVE_UP = timedelta(days=7)
TRIED_AGAIN_AFTER = timedelta(minutes=15)
MOST_AT_A_TIME = 20

_NOT_SEEN = (LookResult.OBSERVER_FAULT, LookResult.UNREACHABLE)


def is_due(*, seen_at: datetime | None, tried_at: datetime | None, due_at: datetime, now: datetime) -> bool:
    """Tell whether an announcement is to be looked at: it was never seen, or not since the last planned instant.

    :param seen_at: when it was seen last, an aware instant.
    :param tried_at: when it was looked at last, with or without an answer.
    :param due_at: the aware instant for which its release is planned.
    """
    if tried_at is not None and tried_at > now - TRIED_AGAIN_AFTER and (seen_at is None or tried_at > seen_at):
        return False
    if seen_at is None:
        return True
    return any(seen_at < due_at + after <= now for after in AGAIN)


def look_at_due(*, means: Means, now: datetime) -> list[Made]:
    """Look at the announcements whose snapshot is due, and keep what they say.

    :param now: the aware instant at which the looks begin.
    """
    due = [address for address in _standing(now) if _address_is_due(address, now=now)]
    return beside.look_at(due[:MOST_AT_A_TIME], means=means, now=now) if due else []


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What an announcement showed at one look or at several in a row: the same bytes, the same way, the same outcome.

    `leads_to` is where a redirect ended, or an empty text. `first_at` and `last_at` are the instants of sending.
    """

    look: Observation
    leads_to: str
    first_at: datetime
    last_at: datetime
    looks: int

    @property
    def was_read(self) -> bool:
        """Whether an answer came that shows what stands there."""
        return self.look.result not in _NOT_SEEN


def looks_of(release: Release) -> Sequence[Observation]:
    """Return the looks at a release's announcement, the first one first."""
    looks = Observation.objects.filter(release=release, purpose=Purpose.ANNOUNCEMENT).select_related("address")
    return list(looks.order_by("sent_at", "position"))


def snapshots_of(release: Release) -> list[Snapshot]:
    """Return what a release's announcement showed over time, looks that showed the same as one."""
    snapshots: list[Snapshot] = []
    for look in looks_of(release):
        leads_to = look.hops[-1][0] if len(look.hops) > 1 else ""
        last = snapshots[-1] if snapshots else None
        if last and (_shown(last.look), last.leads_to) == (_shown(look), leads_to):
            snapshots[-1] = replace(last, last_at=look.sent_at, looks=last.looks + 1)
        else:
            snapshots.append(Snapshot(look, leads_to, look.sent_at, look.sent_at, 1))
    return snapshots


def _shown(look: Observation) -> tuple[object, ...]:
    return look.url, look.result, tuple(look.reasons), look.body_sha256


def _standing(now: datetime) -> QuerySet[Address]:
    looks = Observation.objects.filter(address=OuterRef("pk"), purpose=Purpose.ANNOUNCEMENT).order_by()
    tried = looks.values("address").annotate(at=Max("sent_at")).values("at")
    seen = looks.exclude(result__in=_NOT_SEEN).values("address").annotate(at=Max("sent_at")).values("at")
    return (
        Address.objects.filter(
            ~Q(release__status=Status.CANCELLED),
            role=Address.Role.ANNOUNCEMENT,
            release__due_at__gt=now - GIVE_UP,
        )
        .annotate(
            tried_at=Subquery(tried, output_field=DateTimeField()), seen_at=Subquery(seen, output_field=DateTimeField())
        )
        .select_related("release__series__producer")
        .order_by("release__due_at", "pk")
    )


def _address_is_due(address: Address, *, now: datetime) -> bool:
    assert address.release.due_at is not None  # noqa: S101  # the query asks for it
    seen_at: datetime | None = address.seen_at  # type: ignore[attr-defined]  # of the query
    tried_at: datetime | None = address.tried_at  # type: ignore[attr-defined]  # of the query
    return is_due(seen_at=seen_at, tried_at=tried_at, due_at=address.release.due_at, now=now)
