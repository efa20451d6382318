"""Verdicts computed from the stored checks again, to compare them with the verdicts as they are stored."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched

from django.db.models import F

from releases.core.judging.verdict import RULES_VERSION, Outcome
from releases.models import Observation, Verification
from releases.models.append_only import Follow, unfollowed
from releases.verdicts import judging
from releases.verdicts.schedules import Schedule

COMPARED = ("outcome", "last_not_live_at", "first_live_at", "delay_from", "delay_to", "occurred_at")
# Monitoring stores checks and judges them in the seconds after that.
JUDGED_WITHIN = timedelta(minutes=1)


def check_verdicts(*, now: datetime, follow: Follow = unfollowed) -> str | None:
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
    for row in _differing(follow(rows.iterator(chunk_size=judging.JUDGED_AT_ONCE), rows.count()), now=now):
        being_judged = Observation.objects.filter(release=row.release_id, recorded_at__gte=now - JUDGED_WITHIN)
        # It may have been judged again since it was read.
        if not being_judged.exists() and any(_differing(rows.filter(pk=row.pk), now=now)):
            return f"{Verification._meta.label_lower} {row.pk} is not the verdict that the checks give"
    return None


def _differing(verifications: Iterable[Verification], *, now: datetime) -> Iterator[Verification]:
    for some in batched(verifications, judging.JUDGED_AT_ONCE):
        listed = [(Schedule(row.release, row.schedule_version, row.due_at), row) for row in some]
        for row, judgement in zip(some, judging.compute(listed, now=now), strict=True):
            if any(getattr(row, name) != judgement.found[name] for name in COMPARED):
                yield row
