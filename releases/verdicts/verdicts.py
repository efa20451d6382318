"""Verdicts kept: compared and set, with their events, and what was seen live made published."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from releases.calendar import scheduling
from releases.core.judging.judgement import Judgement
from releases.core.judging.verdict import RULES_VERSION, Outcome
from releases.core.status import Status
from releases.models import Release, Verification, Watch
from releases.models.event import ReleaseEvent, happening, hold_all, record_rows
from releases.verdicts.schedules import Schedule


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
        standing = hold_all({change.schedule.release.pk for change in changes})
        unchanged = Verification.objects.filter(pk__in=[change.verification.pk for change in changes])
        revisions = dict(unchanged.select_for_update().order_by("pk").values_list("pk", "revision"))
        mine = [c for c in changes if revisions.get(c.verification.pk) == c.verification.revision]
        kept = [_as_judged(change, now=now) for change in mine]
        columns = {name for change in mine for name in change.judgement.found}
        if kept:
            # Ten times as fast as an UPDATE of as many rows; they are locked, so each of them is there.
            columns |= {"decided_at", "revision", "rules_version"}
            Verification.objects.bulk_create(
                kept, update_conflicts=True, unique_fields=["id"], update_fields=list(columns)
            )
        _look_again(mine, standing, now=now)
        published = scheduling.publish_all(_seen_live(mine, standing), at=now)
        ReleaseEvent.append([*_judged(mine, now=now), *_flipped(mine, now=now), *published])
        record_rows({Verification: [row.pk for row in kept], Release: [event.release_id for event in published]})
    return {change.schedule.key: verification for change, verification in zip(mine, kept, strict=True)}


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
        rules_version=RULES_VERSION,
        **found,
    )


def _judged(changes: Sequence[Change], *, now: datetime) -> list[ReleaseEvent]:
    return [
        happening(
            change.schedule.release,
            "judged",
            at=now,
            outcome=[change.verification.outcome, change.judgement.found["outcome"]],
            schedule_version=change.schedule.version,
            rules=RULES_VERSION,
            delay_seconds=[change.judgement.found["delay_from"], change.judgement.found["delay_to"]],
        )
        for change in changes
        if change.verification.outcome != change.judgement.found["outcome"]
    ]


def _flipped(changes: Sequence[Change], *, now: datetime) -> list[ReleaseEvent]:
    """Tell of each address that went away after it had been seen live, and of each that came back, once."""
    return [
        happening(change.schedule.release, kind, at=now, url=address["url"], seen_at=seen_at)
        for change in changes
        for address in change.judgement.found["addresses"]
        for kind, seen_at in _new_flips(address, _flips_before(change, address["address"]))
    ]


def _flips_before(change: Change, address: int) -> Sequence[Sequence[str | None]]:
    kept = (one for one in change.verification.addresses if one["address"] == address)
    return next((one.get("flips", ()) for one in kept), ())


def _new_flips(address: Mapping[str, Any], before: Sequence[Sequence[str | None]]) -> Iterator[tuple[str, str]]:
    # By their number: an answer that came in late may move the instant of one that was told already.
    for number, (gone_at, back_at) in enumerate(address["flips"]):
        known = before[number] if number < len(before) else None
        if known is None:
            yield "gone_again", gone_at
        if back_at and (known is None or known[1] is None):
            yield "back_again", back_at


def _look_again(changes: Sequence[Change], standing: Mapping[int, Release], *, now: datetime) -> None:
    """Take up the close watch again of addresses that, by what a person said since, were not live after all."""
    not_live = [
        address["address"]
        for change in changes
        if standing[change.schedule.release.pk].schedule_version == change.schedule.version
        for address in change.judgement.found["addresses"]
        if address["address"] not in change.judgement.live_since
    ]
    Watch.objects.filter(address__in=not_live, live_since__isnull=False).update(live_since=None, next_look_at=now)


def _seen_live(changes: Sequence[Change], standing: Mapping[int, Release]) -> list[tuple[Release, datetime]]:
    # On time or late, what readers can see is published; somebody may have moved or cancelled it meanwhile.
    return [
        (release, change.judgement.live_at)
        for change in changes
        if change.judgement.live_at is not None
        and (release := standing[change.schedule.release.pk]).status == Status.CONFIRMED
        and release.schedule_version == change.schedule.version
    ]
