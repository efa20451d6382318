"""From verdicts to suspicions and from suspicions to drafts: each once, whatever runs twice."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import batched, chain

from django.db import transaction
from django.db.models import Exists, OuterRef

from breaches.core.content import ReportContent, to_json
from breaches.core.status import Kind, ReportStatus
from breaches.drafts import machine_text, refreshing
from breaches.drafts.machine_text import PracticesOn
from breaches.drafts.refreshing import standing
from breaches.models import Report, ReportEvent, ReportRowRecord, ReportVersion, Suspicion
from breaches.reports import facts_on_record, filing, practices
from breaches.reports.references import free_references
from breaches.reports.versions import new_version, record
from releases import exemptions
from releases.models import Verification
from releases.verdict.address import Outcome

KINDS: Mapping[Kind, tuple[Outcome, ...]] = {
    Kind.EARLY: (Outcome.EARLY,),
    Kind.LATE: (Outcome.LATE, Outcome.NOT_SEEN),
    Kind.PARTIAL: (Outcome.PARTIAL,),
}

# release, schedule version
type Schedule = tuple[int, int]

# Enough to draft a thousand reports in seconds, few enough to let other writers in between.
BATCH = 100


def draft_missing(*, now: datetime) -> list[Report]:
    """Raise the suspicions that the verdicts hold, draft the reports they lack, and refresh the open drafts.

    Run twice, late or by two at once, it ends in the same place: one suspicion for each release, schedule and
    kind, and one report for each suspicion.

    :param now: the aware instant of drafting.
    :return: the reports that were drafted by this call.
    :raises ExceptionGroup: after everything else was done, if some reports could not be drafted or refreshed.
    """
    _raise_suspicions(now=now)
    faults: list[Exception] = []
    drafted = _draft_reports(now=now, faults=faults)
    refreshing.refresh_open_reports(now=now, faults=faults)
    if faults:
        message = "Some reports could not be drafted or refreshed"
        raise ExceptionGroup(message, faults)
    return drafted


def _raise_suspicions(*, now: datetime) -> None:
    for kind, outcomes in KINDS.items():
        raised = Suspicion.objects.filter(
            release=OuterRef("release"), schedule_version=OuterRef("schedule_version"), kind=kind
        )
        missing = list(
            Verification.objects.filter(~Exists(raised), outcome__in=outcomes)
            .order_by("pk")
            .select_related("release__series")
        )
        # A verdict that an exemption covers is kept as it is, and accuses nobody.
        covered = exemptions.find_covered(missing)
        suspicions = [
            Suspicion(
                release_id=verification.release_id,
                schedule_version=verification.schedule_version,
                kind=kind,
                verification=verification,
                # A verdict may fall between the beginning of this step and its question.
                raised_at=max(now, verification.decided_at or now),
            )
            for verification in missing
            if verification.pk not in covered
        ]
        with transaction.atomic():
            Suspicion.objects.bulk_create(suspicions, ignore_conflicts=True)
            about = [suspicion.verification_id for suspicion in suspicions]
            keys = Suspicion.objects.filter(kind=kind, verification__in=about).values_list("pk", flat=True)
            ReportRowRecord.record({Suspicion: list(keys)} if about else {})


def _draft_reports(*, now: datetime, faults: list[Exception]) -> list[Report]:
    waiting = Suspicion.objects.without_report().values_list("release_id", "schedule_version")
    drafted: list[Report] = []
    practices_on = cache(practices.suggested_for)
    for batch in batched(dict.fromkeys(waiting), BATCH):
        try:
            drafted += _draft_batch(batch, now=now, practices_on=practices_on)
        except Exception:  # noqa: BLE001  # found again, and kept, one by one: a fault in one draft stops no other
            for schedule in batch:
                try:
                    drafted += _draft_batch([schedule], now=now, practices_on=practices_on)
                except Exception as fault:  # noqa: BLE001  # raised by draft_missing once the others are done
                    faults.append(fault)
    return drafted


def _draft_batch(schedules: Collection[Schedule], *, now: datetime, practices_on: PracticesOn) -> list[Report]:
    """Draft the reports of some schedules in one transaction; those that somebody else is drafting are left out."""
    with transaction.atomic():
        morning = _claim(schedules)
        now = max((now, *(suspicion.raised_at for suspicions in morning.values() for suspicion in suspicions)))
        _join_open_reports(morning, now=now)
        suspected = list(morning.values())
        facts = facts_on_record.facts_of_suspicions(chain.from_iterable(suspected))
        contents = [
            machine_text.machine_content(suspicions, facts, practices_on=practices_on) for suspicions in suspected
        ]
        reports = Report.objects.bulk_create(_reports(suspected, contents, now=now))
        versions = [
            new_version(report, content, machine=report.machine, by=None, at=now, why="drafted")
            for report, content in zip(reports, contents, strict=True)
        ]
        ReportVersion.objects.bulk_create(versions)
        filing.cite(dict(zip(reports, contents, strict=True)))
        for report, suspicions in zip(reports, suspected, strict=True):
            for suspicion in suspicions:
                suspicion.report, suspicion.facts_revision = report, suspicion.verification.revision
        # Several times as fast as an UPDATE of as many rows; they are locked, so each of them is there.
        Suspicion.objects.bulk_create(
            list(chain.from_iterable(suspected)),
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=["report", "facts_revision"],
        )
        ReportEvent.append(list(_events(suspected, versions, now=now)))
        told = [suspicion.pk for suspicion in chain.from_iterable(suspected)]
        written = [version.pk for version in versions]
        ReportRowRecord.record({Report: [report.pk for report in reports], Suspicion: told, ReportVersion: written})
    return reports


def _claim(schedules: Collection[Schedule]) -> dict[Schedule, list[Suspicion]]:
    """Lock the suspicions of some schedules that have no report, those of one together: they are told in one report.

    A schedule of which somebody else holds one, or which has got one this moment, is left to them or to the next run:
    another kind of breach, raised while they are drafting, would be drafted once more.
    """
    waiting = Suspicion.objects.without_report().filter(release__in={release for release, _ in schedules})
    together: dict[Schedule, list[Suspicion]] = {}
    for suspicion in waiting.with_facts().select_for_update(skip_locked=True, of=("self",)):
        together.setdefault((suspicion.release_id, suspicion.schedule_version), []).append(suspicion)
    keys = {suspicion.pk for suspicions in together.values() for suspicion in suspicions}
    with_others = set(waiting.exclude(pk__in=keys).values_list("release_id", "schedule_version"))
    mine = together.keys() - with_others
    return {schedule: together[schedule] for schedule in schedules if schedule in mine}


def _join_open_reports(morning: dict[Schedule, list[Suspicion]], *, now: datetime) -> None:
    """Take out of the morning what an undecided report of the same release and schedule already tells."""
    for schedule, report in _open_reports(morning.keys()).items():
        for suspicion in morning.pop(schedule, []):
            # Facts revision nought: the next step of the same run writes the new facts into the report.
            Suspicion.objects.filter(pk=suspicion.pk).update(report=report)
            record(report, "suspicion_joined", {Suspicion: [suspicion.pk]}, at=now, suspicion=suspicion.kind)


def _open_reports(schedules: Collection[Schedule]) -> dict[Schedule, Report]:
    """Return the undecided reports about some schedules, locked, so that nobody decides on them or joins them."""
    undecided = Report.objects.undecided()
    told = Suspicion.objects.filter(release__in={release for release, _ in schedules}, report__in=undecided)
    while True:
        # Of several reports about one schedule the one that was there first, which is read last.
        rows = told.reverse().values_list("release", "schedule_version", "report")
        found = {(release, number): key for release, number, key in rows if (release, number) in schedules}
        locked = undecided.filter(pk__in=found.values()).order_by("pk").select_for_update(no_key=True)
        reports = {report.pk: report for report in locked}
        # What was decided on, or joined, until it was locked is not among them: then its suspicions may be elsewhere.
        if reports.keys() == set(found.values()):
            return {schedule: reports[key] for schedule, key in found.items()}


def _reports(
    suspected: Sequence[Sequence[Suspicion]], contents: Sequence[ReportContent], *, now: datetime
) -> Iterable[Report]:
    wanted = [f"breach-{suspicions[0].release.reference}" for suspicions in suspected]
    references = free_references(wanted)
    for suspicions, content, reference in zip(suspected, contents, references, strict=True):
        release = suspicions[0].release
        yield Report(
            reference=reference,
            producer=release.series.producer,
            kind=suspicions[0].kind,
            status=ReportStatus.DRAFT,
            machine=to_json(content),
            rehearsal=release.rehearsal,
            drafted_at=now,
            occurred_on=filing.first_day(content),
        )


def _events(
    suspected: Iterable[Sequence[Suspicion]], versions: Iterable[ReportVersion], *, now: datetime
) -> Iterable[ReportEvent]:
    for suspicions, version in zip(suspected, versions, strict=True):
        yield ReportEvent(
            report=version.report,
            report_reference=version.report.reference,
            kind="drafted",
            at=now,
            facts={
                "version": version.number,
                "content_sha256": version.content_sha256,
                "suspicions": [suspicion.kind for suspicion in suspicions],
                "standing": standing(suspicions),
            },
        )
