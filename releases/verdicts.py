"""Verdicts kept: compared and set, with their events, and what was seen live made published."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from releases import scheduling
from releases.judgement import Judgement
from releases.models import Release, Verification
from releases.models.event import ReleaseEvent, happening
from releases.schedules import Schedule
from releases.status import Status
from releases.verdict import Outcome


@dataclass(frozen=True, slots=True)
class Change:
    """A judgement that differs from the verification, as it was read, of the same schedule."""

    schedule: Schedule
    verification: Verification
    judgement: Judgement


def keep(changes: Sequence[Change], *, now: datetime) -> dict[tuple[int, int], Verification]:
    """Write verdicts over the ones they were judged from, in one transaction and a fixed number of queries.

    :param now: the aware instant of judging.
    :return: the verifications as they now stand, by schedule; one that somebody else wrote meanwhile is not among them.
    """
    if not changes:
        return {}
    with transaction.atomic():
        # Whoever writes a release's events locks its row before the chain, or two of them would wait for each other.
        standing = _locked({change.schedule.release.pk for change in changes})
        unchanged = Verification.objects.filter(pk__in=[change.verification.pk for change in changes])
        revisions = dict(unchanged.select_for_update().order_by("pk").values_list("pk", "revision"))
        mine = [c for c in changes if revisions.get(c.verification.pk) == c.verification.revision]
        kept = [_as_judged(change, now=now) for change in mine]
        columns = {name for change in mine for name in change.judgement.found}
        if kept:
            # Ten times as fast as an UPDATE of as many rows; they are locked, so each of them is there.
            Verification.objects.bulk_create(
                kept, update_conflicts=True, unique_fields=["id"], update_fields=[*columns, "decided_at", "revision"]
            )
        published = scheduling.publish_all(_seen_live(mine, standing), at=now)
        ReleaseEvent.append([*_judged(mine, now=now), *published])
    return {change.schedule.key: verification for change, verification in zip(mine, kept, strict=True)}


def _locked(releases: Collection[int]) -> dict[int, Release]:
    rows = Release.objects.filter(pk__in=releases).select_for_update(no_key=True).order_by("pk")
    return {release.pk: release for release in rows}


def _as_judged(change: Change, *, now: datetime) -> Verification:
    was, found = change.verification, change.judgement.found
    settled = found["outcome"] != Outcome.PENDING
    return Verification(
        pk=was.pk,
        release=change.schedule.release,
        schedule_version=was.schedule_version,
        due_at=was.due_at,
        tolerance_seconds=was.tolerance_seconds,
        decided_at=(was.decided_at or now) if settled else None,
        revision=was.revision + 1,
        **found,
    )


def _judged(changes: Sequence[Change], *, now: datetime) -> list[ReleaseEvent]:
    return [
        happening(
            change.schedule.release,
            "judged",
            at=now,
            outcome=[change.verification.outcome, change.judgement.found["outcome"]],
            delay_seconds=[change.judgement.found["delay_from"], change.judgement.found["delay_to"]],
        )
        for change in changes
        if change.verification.outcome != change.judgement.found["outcome"]
    ]


def _seen_live(changes: Sequence[Change], standing: dict[int, Release]) -> list[tuple[Release, datetime]]:
    # On time or late, what readers can see is published; somebody may have moved or cancelled it meanwhile.
    return [
        (release, change.judgement.live_at)
        for change in changes
        if change.judgement.live_at is not None
        and (release := standing[change.schedule.release.pk]).status == Status.CONFIRMED
        and release.schedule_version == change.schedule.version
    ]
