"""Verdicts recomputed from the stored checks, to compare them with the stored verdicts."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, starmap
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from releases import judge
from releases.judge import Schedule
from releases.models import Observation, ReleaseEvent, ReleaseRowRecord, Verification
from releases.models.append_only import CHUNK, Follow, without_progress
from releases.models.row_record import lock_heads
from releases.models.verification import write_verdict
from releases.verdict.address import RULES_VERSION, Outcome

COMPARED = ("outcome", "last_not_live_at", "first_live_at", "delay_from", "delay_to", "occurred_at")
# Monitoring stores checks and judges them in the seconds after that.
JUDGED_WITHIN = timedelta(minutes=1)


def check_verdicts(*, now: datetime, follow: Follow = without_progress) -> str | None:
    """Return one sentence on the first verdict that the stored checks and statements do not give, or None.

    Only verdicts by the present version of the rules, on the present schedule, are computed: the addresses of an
    earlier schedule, and of a rehearsal, may have been changed since. A pending verdict is left out.

    :param now: the aware instant of checking.
    """
    rows = (
        Verification.objects.filter(
            rules_version=RULES_VERSION, schedule_version=F("release__schedule_version"), release__rehearsal=False
        )
        .exclude(outcome=Outcome.PENDING)
        .select_related("release")
        .order_by("pk")
    )
    for row in _differing(follow(rows.iterator(chunk_size=judge.JUDGED_AT_ONCE), rows.count()), now=now):
        being_judged = Observation.objects.filter(release=row.release_id, recorded_at__gte=now - JUDGED_WITHIN)
        # It may have been judged again since it was read.
        if not being_judged.exists() and any(_differing(rows.filter(pk=row.pk), now=now)):
            return f"{Verification._meta.label_lower} {row.pk} is not the verdict that the checks give"
    return None


def check_outcomes(*, follow: Follow = without_progress) -> str | None:
    """Return one sentence on the first verdict that is not the one of its last `judged` event, or None.

    The version of the rules may be later than that of the event: later rules may have given the same outcome.
    """
    judged = _last_judged()
    newest = max((RULES_VERSION, *(rules for _, rules in judged.values())))
    rows = Verification.objects.order_by("pk")
    for found in follow(_outcomes(rows), rows.count()):
        if not found.follows(judged, newest=newest) and not _follows_now(found, newest=newest):
            return f"{Verification._meta.label_lower} {found.key} is not the verdict of its last event"
    return None


# By the release's public identity and the schedule version: outcome, and version of the rules.
type Outcomes = Mapping[tuple[UUID, int], tuple[str, int]]


@dataclass(frozen=True, slots=True)
class _Outcome:
    key: int
    release: UUID
    schedule_version: int
    outcome: str
    rules: int

    def follows(self, judged: Outcomes, *, newest: int) -> bool:
        outcome, rules = judged.get((self.release, self.schedule_version), (Outcome.PENDING, 0))
        return self.outcome == outcome and rules <= self.rules <= newest


def _outcomes(rows: QuerySet[Verification]) -> Iterator[_Outcome]:
    columns = ("pk", "release__public_id", "schedule_version", "outcome", "rules_version")
    return starmap(_Outcome, rows.values_list(*columns).iterator(chunk_size=CHUNK))


def _last_judged(*releases: UUID) -> Outcomes:
    events = ReleaseEvent.objects.filter(kind="judged").order_by("position")
    if releases:
        events = events.filter(release_public_id__in=releases)
    rows = events.values_list("release_public_id", "facts").iterator(chunk_size=CHUNK)
    return {(release, facts["schedule_version"]): (facts["outcome"][1], facts["rules"]) for release, facts in rows}


def _follows_now(found: _Outcome, *, newest: int) -> bool:
    """Compare a verdict again while none can be written: it may have been judged between the two readings."""
    with transaction.atomic():
        lock_heads(ReleaseRowRecord)
        judged = _last_judged(found.release)
        return all(one.follows(judged, newest=newest) for one in _outcomes(Verification.objects.filter(pk=found.key)))


def _differing(verifications: Iterable[Verification], *, now: datetime) -> Iterator[Verification]:
    for some in batched(verifications, judge.JUDGED_AT_ONCE):
        schedules = [Schedule(row.release, row.schedule_version, row.due_at) for row in some]
        compute = judge.read_schedules(schedules, now=now)
        for schedule, row in zip(schedules, some, strict=True):
            columns = write_verdict(compute(schedule, row))
            if any(getattr(row, name) != columns[name] for name in COMPARED):
                yield row
