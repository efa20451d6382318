"""The morning summary: every release due at 9:30am, with its result."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db.models import F, QuerySet

from releases.early_findings import mask_verdict
from releases.models import Producer, Release, RollCall, Verification
from releases.models.verification import read_results
from releases.rules import calendar
from releases.rules.calendar import STANDARD_RELEASE_TIME
from releases.rules.lifecycle import Status
from releases.verdict.address import Outcome
from releases.verdict.release import AddressResult

LIVE = {Outcome.ON_TIME, Outcome.EARLY, Outcome.LATE}
# Outcomes with at least one part that was missing at the time of the summary.
NOT_LIVE = {Outcome.NOT_SEEN, Outcome.PARTIAL}
# This long after 9:30am, the summary is recorded even if some releases are not judged. These releases are counted as
# "cannot tell".
LONGEST_WAIT = timedelta(minutes=10)


def record_missing_summaries(*, now: datetime) -> list[RollCall]:
    """Record this morning's summary for each producer whose releases due at 9:30am are all judged.

    Ten minutes after 9:30am, the summary is recorded in any case. Rehearsals are left out. Each producer has one
    summary for each day.

    :param now: the aware instant. Before 9:30am in London, nothing is recorded.
    :return: the new summaries.
    """
    day = calendar.local_date(now)
    half_past_nine = standard_time(day)
    if now < half_past_nine:
        return []
    due = Release.objects.official().filter(due_at=half_past_nine, status__in=[Status.CONFIRMED, Status.PUBLISHED])
    called = RollCall.objects.filter(day=day).values("producer")
    waiting = Producer.objects.filter(series__releases__in=due).exclude(pk__in=called).distinct()
    summaries = [
        _record_summary(producer, due.filter(series__producer=producer), due_at=half_past_nine, now=now)
        for producer in waiting
    ]
    return [summary for summary in summaries if summary is not None]


def standard_time(day: date) -> datetime:
    return calendar.from_london(datetime.combine(day, STANDARD_RELEASE_TIME))


def _record_summary(producer: Producer, due: QuerySet[Release], *, due_at: datetime, now: datetime) -> RollCall | None:
    # This runs every two seconds until all releases are judged, and there may be thousands of releases. So read only
    # the columns that the summary counts.
    outcomes = dict.fromkeys(due.values_list("reference", flat=True), Outcome.PENDING)
    # Read only verdicts on present schedules. If a release was moved to another time and back, it also has an earlier
    # verdict for the same time.
    present = Verification.objects.filter(release__in=due, schedule_version=F("release__schedule_version"))
    outcomes |= {
        reference: Outcome(outcome) for reference, outcome in present.values_list("release__reference", "outcome")
    }
    # Until an early release is published, count it without its early findings. Lists do the same, because only a few
    # people may know that the release was found early.
    early = present.filter(outcome=Outcome.EARLY).exclude(release__status=Status.PUBLISHED).select_related("release")
    outcomes |= {row.release.reference: Outcome(mask_verdict(row).outcome) for row in early}
    if Outcome.PENDING in outcomes.values() and now < due_at + LONGEST_WAIT:
        return None
    partial = present.filter(outcome=Outcome.PARTIAL).values_list("release__reference", "addresses")
    whole = {reference for reference, addresses in partial if _are_all_there(read_results(addresses))}
    count = Counter(
        "live" if outcome in LIVE or reference in whole else "not_live" if outcome in NOT_LIVE else "cannot_tell"
        for reference, outcome in outcomes.items()
    )
    summary, created = RollCall.objects.get_or_create(
        producer=producer,
        day=calendar.local_date(due_at),
        defaults={
            "due": len(outcomes),
            "live": count["live"],
            "not_live": count["not_live"],
            "cannot_tell": count["cannot_tell"],
            "releases": [
                {"reference": reference, "outcome": outcome} for reference, outcome in sorted(outcomes.items())
            ],
            "called_at": now,
        },
    )
    return summary if created else None


def _are_all_there(results: Iterable[AddressResult]) -> bool:
    """Return whether every required part of a release was found live, even if it was late.

    If so, the release counts as live.
    """
    return all(result.verdict.first_live_at for result in results if result.required)
