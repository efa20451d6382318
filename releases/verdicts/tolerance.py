"""The tolerance that counts for a schedule: the series' up to the due time, and fixed from then on."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db import transaction

from releases.models import ReleaseRowRecord, Series, Verification
from releases.models.append_only import CHUNK
from releases.models.event import hold_all, record_rows
from releases.models.row_record import hold_heads
from releases.verdicts.schedules import Schedule


def verifications_of(schedules: Collection[Schedule], *, now: datetime) -> dict[tuple[int, int], Verification]:
    """Return the verification of each schedule, begun where there is none, with the tolerance in force.

    Nobody widens a tolerance afterwards: from the due time on it is the one that the series had then.

    :param now: the aware instant of judging.
    """
    present = dict(
        Series.objects.filter(pk__in={schedule.release.series_id for schedule in schedules}).values_list(
            "pk", "tolerance_seconds"
        )
    )
    stored = _stored(schedules)
    missing = [schedule for schedule in schedules if schedule.key not in stored]
    in_force = _in_force(missing, present, now=now)
    if missing:
        with transaction.atomic():
            # Before the heads: an INSERT would wait for a release that others hold who wait for the heads.
            hold_all({schedule.release.pk for schedule in missing})
            # A person who answers a question holds them too when their transaction comes to the same verification.
            hold_heads(ReleaseRowRecord)
            Verification.objects.bulk_create(
                [
                    Verification(
                        release=schedule.release,
                        schedule_version=schedule.version,
                        due_at=schedule.due_at,
                        tolerance_seconds=in_force.get(schedule.key, present[schedule.release.series_id]),
                    )
                    for schedule in missing
                ],
                ignore_conflicts=True,
            )
            stored = _stored(schedules)
            record_rows({Verification: [stored[schedule.key].pk for schedule in missing]})
    _correct(schedules, stored, present, now=now)
    return stored


def check_tolerances() -> str | None:
    """Return one sentence on the first series whose tolerance is not the last one of its history, or None."""
    differing = _differing_from_history()
    # One that was just saved may have had its history written since.
    still = differing & _differing_from_history() if differing else differing
    return f"the tolerance of releases.series {min(still)} is not the last one of its history" if still else None


def _differing_from_history() -> set[int]:
    history = Series.history.order_by("history_date", "history_id").values_list("id", "tolerance_seconds")
    last = dict(history.iterator(chunk_size=CHUNK))
    return {key for key, seconds in Series.objects.values_list("pk", "tolerance_seconds") if last.get(key) != seconds}


def _stored(schedules: Iterable[Schedule]) -> dict[tuple[int, int], Verification]:
    wanted = {schedule.key for schedule in schedules}
    rows = Verification.objects.filter(release__in={release for release, _ in wanted})
    found = {(row.release_id, row.schedule_version): row for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def _correct(
    schedules: Iterable[Schedule],
    stored: Mapping[tuple[int, int], Verification],
    present: Mapping[int, int],
    *,
    now: datetime,
) -> None:
    differing = [s for s in schedules if stored[s.key].tolerance_seconds != present[s.release.series_id]]
    in_force = _in_force(differing, present, now=now)
    rows: dict[int, list[Verification]] = defaultdict(list)
    for schedule in differing:
        row = stored[schedule.key]
        if in_force.get(schedule.key, row.tolerance_seconds) != row.tolerance_seconds:
            rows[in_force[schedule.key]].append(row)
    for seconds, changed in rows.items():
        keys = [row.pk for row in changed]
        with transaction.atomic():
            # Before the heads, as `verdicts.keep` does, and in its order.
            list(Verification.objects.select_for_update().filter(pk__in=keys).order_by("pk").values_list("pk"))
            hold_heads(ReleaseRowRecord)
            Verification.objects.filter(pk__in=keys).update(tolerance_seconds=seconds)
            record_rows({Verification: keys})
        for row in changed:
            row.tolerance_seconds = seconds


def _in_force(
    schedules: Collection[Schedule], present: Mapping[int, int], *, now: datetime
) -> dict[tuple[int, int], int]:
    """Return the tolerance at each due time, or the present one if that is still to come.

    A schedule whose series' history begins after its due time is left out.
    """
    due = [schedule for schedule in schedules if schedule.due_at <= now]
    changes: dict[int, list[tuple[datetime, int]]] = defaultdict(list)
    if due:
        history = Series.history.filter(id__in={schedule.release.series_id for schedule in due})
        rows = history.order_by("history_date", "history_id").values_list("id", "history_date", "tolerance_seconds")
        for series, since, seconds in rows:
            changes[series].append((since, seconds))
    found = {s.key: present[s.release.series_id] for s in schedules if s.due_at > now}
    for schedule in due:
        until = [seconds for since, seconds in changes[schedule.release.series_id] if since <= schedule.due_at]
        if until:
            found[schedule.key] = until[-1]
    return found
