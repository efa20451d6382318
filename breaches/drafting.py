"""Drafts of breach reports, made from verdicts or started by a person.

`draft_missing` raises a suspicion for each verdict that shows a breach, and drafts a report for each suspicion.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache, partial
from itertools import batched, chain
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from breaches import code_of_practice, editing, facts, refreshing, versions
from breaches.facts import facts_of_suspicions
from breaches.models import (
    Report,
    ReportEvent,
    ReportRowRecord,
    ReportVersion,
    StartedReport,
    Suspicion,
    SuspicionQuerySet,
)
from breaches.permissions import TABLE, Action, producers_written_for, reports_with, starting_role
from breaches.refreshing import PracticesOn, content_of_releases, content_of_series, state_of_facts
from breaches.rules.answers import NO_ANSWERS
from breaches.rules.causes import NO_CAUSE
from breaches.rules.content import ContactPerson, Output, ReportContent, content_to_json, find_impossible
from breaches.rules.facts import Facts
from breaches.rules.incident import write_incident_account
from breaches.rules.lifecycle import RESTRICTED, UNDECIDED, ReportKind, ReportStatus
from breaches.rules.narrative import write_account
from breaches.versions import (
    assign_numbers,
    content_of,
    new_version,
    number_missing,
    record_citations,
    record_report_event,
    reference_to_start,
    references_to_draft,
)
from releases import exemptions, receipts
from releases.early_findings import mask_verdict, masked_outcomes
from releases.models import AccessReceipt, Producer, Release, Series, Verification
from releases.models.bulk_insert import insert_rows, update_rows
from releases.models.event import lock_release
from releases.models.training import is_shown_to
from releases.permissions import User
from releases.public import calendar
from releases.rules.calendar import local_date
from releases.rules.lifecycle import TO_COME, FieldRefused, Role
from releases.verdict.address import Outcome

SUSPECTED_OUTCOMES: Mapping[ReportKind, tuple[Outcome, ...]] = {
    ReportKind.EARLY: (Outcome.EARLY,),
    ReportKind.LATE: (Outcome.LATE, Outcome.NOT_SEEN),
    ReportKind.PARTIAL: (Outcome.PARTIAL,),
}

# The kinds and the states of a report by a person to which a suspicion of the same breach is added, instead of a second
# draft. If the report was dismissed or withdrawn, the new results need a new decision, so they get a new draft.
TAKES_SUSPICION = (ReportKind.LATE, ReportKind.PARTIAL)
TAKEN_BY = (*UNDECIDED, ReportStatus.APPROVED, ReportStatus.RECORDED, ReportStatus.SENT, ReportStatus.CLOSED)

# The automatic text of a report for which no facts are recorded.
NOTHING_ON_RECORD = {"circumstances": ""}
# The maximum number of attempts to store a started report. If two people start reports about the same release at the
# same time, both reports may get the same reference. Then one of them cannot be stored, and the attempt is repeated.
ATTEMPTS = 5
NEAR = timedelta(weeks=2)

# The key of a release, and the version of its schedule.
type Schedule = tuple[int, int]

# The number of schedules in a batch. It is large enough to draft a thousand reports in seconds, and small enough not to
# block other writers for long.
BATCH = 250


def draft_missing(*, now: datetime) -> list[Report]:
    """Do the work of `draft_new_reports` and `refresh_reports`, and return the drafted reports.

    :raises ExceptionGroup: if some reports could not be drafted or refreshed. All other reports are processed first.
    """
    faults: list[Exception] = []
    drafted = _draft_new_reports(now=now, faults=faults)
    refreshing.refresh_open_reports(now=now, faults=faults)
    _raise_faults(faults)
    return drafted


def draft_new_reports(*, now: datetime) -> list[Report]:
    """Raise missing suspicions, and draft their reports.

    This function can run repeatedly and in several processes at the same time. There is only one suspicion for each
    release, schedule and kind, and only one report for each suspicion.

    :return: the reports that were drafted by this call.
    :raises ExceptionGroup: if some reports could not be drafted. All other reports are drafted first.
    """
    faults: list[Exception] = []
    drafted = _draft_new_reports(now=now, faults=faults)
    _raise_faults(faults)
    return drafted


def refresh_reports(*, now: datetime) -> None:
    """Refresh the undecided reports.

    :raises ExceptionGroup: if some reports could not be refreshed. All other reports are refreshed first.
    """
    faults: list[Exception] = []
    refreshing.refresh_open_reports(now=now, faults=faults)
    _raise_faults(faults)


def _draft_new_reports(*, now: datetime, faults: list[Exception]) -> list[Report]:
    number_missing(now=now)
    _raise_suspicions(now=now)
    return _draft_reports(now=now, faults=faults)


def _raise_faults(faults: Sequence[Exception]) -> None:
    if faults:
        message = "Some reports could not be drafted or refreshed"
        raise ExceptionGroup(message, faults)


def _raise_suspicions(*, now: datetime) -> None:
    # If an early release was taken down, checks from the due time on may also find it late or incomplete. Everyone can
    # see this second breach, so it is suspected as well. If there were no draft for it, people could conclude that the
    # release was found early (decision 73).
    masked = masked_outcomes()
    for kind, outcomes in SUSPECTED_OUTCOMES.items():
        raised = Suspicion.objects.filter(
            release=OuterRef("release"), schedule_version=OuterRef("schedule_version"), kind=kind
        )
        seen_by_all = [key for key, outcome in masked.items() if outcome in outcomes]
        suspected = Q(outcome__in=outcomes) | Q(pk__in=seen_by_all)
        unraised = Verification.objects.filter(~Exists(raised), suspected).order_by("pk")
        missing = list(unraised.values_list("pk", "release_id", "schedule_version", "decided_at"))
        # If an exemption covers a verdict, no suspicion is raised.
        covered = _find_covered(unraised, kind=kind) if missing else set()
        suspicions = [
            Suspicion(
                release_id=release,
                schedule_version=version,
                kind=kind,
                verification_id=verification,
                # A suspicion must not be raised before its verdict. So if the verdict was made after `now`, use the
                # time of the verdict.
                raised_at=max(now, decided_at or now),
            )
            for verification, release, version, decided_at in missing
            if verification not in covered
        ]
        if not suspicions:
            continue
        verdicts = [suspicion.verification_id for suspicion in suspicions]
        with transaction.atomic():
            Suspicion.objects.bulk_create(suspicions, ignore_conflicts=True)
            keys = Suspicion.objects.filter(kind=kind, verification__in=verdicts).values_list("pk", flat=True)
            ReportRowRecord.record({Suspicion: list(keys)})


def _find_covered(verifications: QuerySet[Verification], *, kind: ReportKind) -> set[int]:
    """Return the keys of the verdicts that are covered by exemptions.

    Few producers have exemptions, so only the verdicts of these producers are read.
    """
    with_exemptions = verifications.filter(release__series__producer__in=exemptions.producers_with_exemptions())
    found = with_exemptions.select_related("release__series")
    return set(exemptions.find_exemptions(found if kind is ReportKind.EARLY else map(mask_verdict, found)))


def _draft_reports(*, now: datetime, faults: list[Exception]) -> list[Report]:
    drafted: list[Report] = []
    practices_on = cache(code_of_practice.suggest_practices)
    # If an early release is still to be published, it gets a separate report, which only few people may read.
    for is_known_to_few in (False, True):
        draft = partial(_draft_batch, is_known_to_few=is_known_to_few, now=now, practices_on=practices_on)
        waiting = _waiting(is_known_to_few=is_known_to_few).values_list("release_id", "schedule_version")
        for batch in batched(dict.fromkeys(waiting), BATCH):
            try:
                drafted += draft(batch)
            except Exception:  # noqa: BLE001  # retried one by one below, so that one failure stops no other draft
                for schedule in batch:
                    try:
                        drafted += draft([schedule])
                    except Exception as fault:  # noqa: BLE001  # raised once the others are done
                        faults.append(fault)
    return drafted


def _waiting(*, is_known_to_few: bool) -> SuspicionQuerySet:
    """Return the suspicions that have no report yet.

    If `is_known_to_few` is true, return those of early releases that are still to be published. Otherwise, return all
    others.
    """
    waiting, early = Suspicion.objects.without_report(), Suspicion.objects.unpublished_early()
    return waiting.filter(pk__in=early) if is_known_to_few else waiting.exclude(pk__in=early)


def _draft_batch(
    schedules: Collection[Schedule], *, is_known_to_few: bool, now: datetime, practices_on: PracticesOn
) -> Sequence[Report]:
    """Draft the reports for some schedules in one transaction. Skip schedules that another process is drafting."""
    with transaction.atomic():
        claimed = _claim_suspicions(schedules, _waiting(is_known_to_few=is_known_to_few))
        now = max((now, *(suspicion.raised_at for suspicions in claimed.values() for suspicion in suspicions)))
        if not is_known_to_few:
            _add_to_existing_reports(claimed, now=now)
        suspected = list(claimed.values())
        facts = facts_of_suspicions(chain.from_iterable(suspected))
        contents = [
            refreshing.automatic_content(suspicions, facts, practices_on=practices_on) for suspicions in suspected
        ]
        references = references_to_draft(
            [(f"breach-{one.release.reference}", ReportKind(one.kind)) for one, *_ in suspected]
        )
        reports = [
            Report(
                reference=reference,
                producer=suspicions[0].release.series.producer,
                kind=suspicions[0].kind,
                status=ReportStatus.DRAFT,
                machine=content_to_json(content),
                rehearsal=suspicions[0].release.rehearsal,
                training_id=suspicions[0].release.training_id,
                drafted_at=now,
                occurred_on=content.first_day,
            )
            for suspicions, content, reference in zip(suspected, contents, references, strict=True)
        ]
        assign_numbers(reports)
        insert_rows(reports)
        versions = [
            new_version(report, report.machine, machine=report.machine, by=None, at=now, why="drafted")
            for report in reports
        ]
        insert_rows(versions)
        record_citations(dict(zip(reports, contents, strict=True)))
        for report, suspicions in zip(reports, suspected, strict=True):
            for suspicion in suspicions:
                suspicion.report, suspicion.facts_revision = report, suspicion.verification.revision
        update_rows(list(chain.from_iterable(suspected)), ["report", "facts_revision"])
        _record_drafts(versions, suspected, facts, at=now)
    return reports


def _record_drafts(
    versions: Sequence[ReportVersion],
    suspected: Sequence[Sequence[Suspicion]],
    facts: Mapping[int, Facts],
    *,
    at: datetime,
) -> None:
    events = [
        ReportEvent(
            report=version.report,
            report_reference=version.report.reference,
            kind="drafted",
            at=at,
            facts={
                "version": version.number,
                "content_sha256": version.content_sha256,
                "suspicions": [suspicion.kind for suspicion in suspicions],
                **state_of_facts(suspicions, facts),
            },
        )
        for version, suspicions in zip(versions, suspected, strict=True)
    ]
    ReportEvent.append(events)
    ReportRowRecord.record(
        {
            Report: [version.report_id for version in versions],
            Suspicion: [suspicion.pk for suspicion in chain.from_iterable(suspected)],
            ReportVersion: [version.pk for version in versions],
        }
    )


def _claim_suspicions(schedules: Collection[Schedule], waiting: SuspicionQuerySet) -> dict[Schedule, list[Suspicion]]:
    """Lock the suspicions that have no report yet, and return them grouped by schedule.

    All suspicions of a schedule go into one report. If another process has locked one of them, or if one was just
    added, the schedule is skipped. Without this rule, the schedule could get two reports. The other process or the next
    run drafts the report.
    """
    waiting = waiting.filter(release__in={release for release, _ in schedules})
    together: dict[Schedule, list[Suspicion]] = {}
    for suspicion in waiting.with_shared_facts().select_for_update(skip_locked=True, of=("self",)):
        together.setdefault((suspicion.release_id, suspicion.schedule_version), []).append(suspicion)
    keys = {suspicion.pk for suspicions in together.values() for suspicion in suspicions}
    with_others = set(waiting.exclude(pk__in=keys).values_list("release_id", "schedule_version"))
    mine = together.keys() - with_others
    return {schedule: together[schedule] for schedule in schedules if schedule in mine}


def _add_to_existing_reports(claimed: dict[Schedule, list[Suspicion]], *, now: datetime) -> None:
    """Add suspicions to the existing report about their schedule, and remove them from `claimed`.

    This is the undecided report that a person started about the same breach, or else the undecided report with another
    suspicion of the schedule, or else a decided report that a person started. A decided report takes only suspicions of
    its own kind. All other suspicions stay in `claimed`.
    """
    undecided, started = _lock_open_reports(claimed.keys()), _lock_started_reports(claimed)
    undecided |= {schedule: report for schedule, report in started.items() if report.status in UNDECIDED}
    for schedule, report in (started | undecided).items():
        suspicions = claimed.pop(schedule)
        if left := [one for one in suspicions if schedule not in undecided and one.kind != report.kind]:
            claimed[schedule] = left
        for suspicion in suspicions:
            if suspicion in left:
                continue
            if suspicion.kind == ReportKind.LATE and _has_other_late_release(report, suspicion.release_id):
                editing.remove_stated_time(report, at=now)
            # The suspicion still has facts revision 0, so `refresh_open_reports` writes its facts into an undecided
            # report.
            Suspicion.objects.filter(pk=suspicion.pk).update(report=report)
            record_report_event(
                report, "suspicion_joined", {Suspicion: [suspicion.pk]}, at=now, suspicion=suspicion.kind
            )


def _has_other_late_release(report: Report, release: int) -> bool:
    """Return whether a report has late releases, but a given release is not one of them."""
    late = set(report.suspicions.filter(kind=ReportKind.LATE).values_list("release_id", flat=True))
    return bool(late) and release not in late


def _lock_open_reports(schedules: Collection[Schedule]) -> dict[Schedule, Report]:
    """Lock the undecided reports about some schedules, and return them.

    While they are locked, no one can decide on them or merge them.
    """
    undecided = Report.objects.undecided().listed()
    in_reports = Suspicion.objects.filter(release__in={release for release, _ in schedules}, report__in=undecided)
    while True:
        # If several reports are about one schedule, the first report is used. The rows are in reverse order, so the
        # first report comes last and overwrites the others in `found`.
        rows = in_reports.reverse().values_list("release", "schedule_version", "report")
        found = {(release, number): key for release, number, key in rows if (release, number) in schedules}
        locked = undecided.filter(pk__in=found.values()).order_by("pk").select_for_update(no_key=True)
        reports = {report.pk: report for report in locked}
        # If a report is missing, it was decided or merged before it could be locked. Its suspicions may be in another
        # report by now, so the query is repeated.
        if reports.keys() == set(found.values()):
            return {schedule: reports[key] for schedule, key in found.items()}


def _lock_started_reports(claimed: Mapping[Schedule, Collection[Suspicion]]) -> dict[Schedule, Report]:
    """Lock the reports that people started about the same breaches as some suspicions, and return them.

    A report is about the same breach if it is of the same kind, and about the same due date. A decided report is
    included, unless it was dismissed or withdrawn (decision 154). An undecided report is preferred, then the first one.
    """
    of_release = Q(started__release__in={release for release, _version in claimed})
    started = Report.objects.filter(of_release, kind__in=TAKES_SUSPICION, status__in=TAKEN_BY)
    found: dict[Schedule, Report] = {}
    locked = started.select_for_update(no_key=True, of=("self",)).select_related("started").order_by("pk")
    for report in sorted(locked, key=lambda report: (report.status not in UNDECIDED, report.pk)):
        due_at = facts.find_reported_due(report, content_of(report))
        for schedule, suspicions in claimed.items():
            is_same = schedule[0] == report.started.release_id and any(
                suspicion.kind == report.kind and suspicion.verification.due_at == due_at for suspicion in suspicions
            )
            if is_same:
                found.setdefault(schedule, report)
    return found


def draft_disclosures(*, now: datetime) -> list[Report]:
    """Draft a restricted report for each possible disclosure that a recipient of pre-release access reported.

    This function can run repeatedly and in several processes at the same time. It drafts only one report for each
    disclosure. The draft does not accuse anyone. A person checks the reported disclosure and decides on it.

    :raises ExceptionGroup: if some reports could not be drafted. All others are drafted first.
    """
    keys = receipts.disclosures().filter(started_report__isnull=True).values_list("pk", flat=True)
    drafted: list[Report] = []
    faults: list[Exception] = []
    for key in list(keys):
        try:
            report = _draft_disclosure(key, now=now)
        except Exception as fault:  # noqa: BLE001  # raised below once the others are done
            faults.append(fault)
        else:
            drafted += [report] if report else []
    if faults:
        raise ExceptionGroup("Some reported disclosures could not be drafted", faults)
    return drafted


@dataclass(frozen=True, slots=True)
class ReportSubject:
    """The release, series or producer that a new report is about."""

    producer: Producer
    release: Release | None = None
    series: Series | None = None


def open_reports(about: ReportSubject, *, by: User) -> list[Report]:
    """Return the undecided reports about the subject's release that a person may read, the latest first."""
    if about.release is None:
        return []
    theirs = reports_with(by, TABLE[Action.VIEW]).undecided()
    suspected = theirs.filter(suspicions__release=about.release)
    started = theirs.filter(started__release=about.release)
    outcomes = Prefetch("suspicions", Suspicion.objects.with_outcome())
    return list((suspected | started).distinct().order_by("-pk").prefetch_related(outcomes))


def releases_due_near(now: datetime, *, by: User) -> list[Release]:
    """Return the releases that are due at most two weeks before or after `now`, the earliest first.

    Only releases about which the person may start a report are returned.
    """
    own = Release.objects.filter(is_shown_to(by), series__producer__in=producers_written_for(by), rehearsal=False)
    near = own.filter(due_at__gte=now - NEAR, due_at__lte=now + NEAR)
    return list(near.select_related("series__producer").order_by("due_at", "title", "pk"))


def kinds_about(about: ReportSubject | None) -> tuple[ReportKind, ...]:
    """Return the kinds of breach that are possible for the subject of a new report.

    For a release that was announced before it was due, `NOT_ANNOUNCED` is left out. For any other release,
    `LATE_ANNOUNCEMENT` is left out. If the subject is not a release, all kinds are possible.
    """
    release = about.release if about else None
    if release is None:
        return tuple(ReportKind)
    announced_at, due_at = release.announced_at, release.due_at
    was_announced = announced_at is not None and (due_at is None or announced_at < due_at)
    left_out = ReportKind.NOT_ANNOUNCED if was_announced else ReportKind.LATE_ANNOUNCEMENT
    return tuple(kind for kind in ReportKind if kind is not left_out)


def open_report_about_list(release: Release, *, by: User) -> Report | None:
    """Return the latest undecided report about a release's pre-release access list, or None.

    Only reports that the person may read are considered.
    """
    theirs = reports_with(by, TABLE[Action.VIEW]).undecided()
    return theirs.filter(started__release=release, kind=ReportKind.PRA).order_by("-pk").first()


def find_uncertain_day(release: Release) -> date | None:
    """Return the day (in London) on which a release was due, if it is uncertain whether the release was on time.

    Otherwise, return None.
    """
    verdict = facts.uncertain_verdict(release)
    return local_date(verdict.due_at) if verdict else None


def start_about_list(release: Release, *, occurred_on: date, by: User, at: datetime) -> tuple[Report, bool]:
    """Start a report about a release's pre-release access list.

    If the person may read an undecided report about this list, return that report instead. The return value and the
    exceptions are those of `start_report`.
    """
    with transaction.atomic():
        held = lock_release(release.pk)
        if (earlier := open_report_about_list(held, by=by)) is not None:
            return earlier, False
        about = ReportSubject(held.series.producer, release=held)
        return start_report(about, kind=ReportKind.PRA, occurred_on=(occurred_on,), by=by, at=at, form_key=uuid4())


def _draft_disclosure(key: int, *, now: datetime) -> Report | None:
    with transaction.atomic():
        receipt = receipts.disclosures().get(pk=key)
        release = lock_release(receipt.link.entry.release_id)
        if StartedReport.objects.filter(receipt=receipt).exists():
            return None  # another process was faster
        about = ReportSubject(release.series.producer, release=release)
        # Recipients can state when a disclosure happened, but not when it was noticed. If the recipient did not state a
        # time, the report has no day of occurrence.
        stated = [local_date(receipt.happened_at)] if receipt.happened_at else []
        content = _content(about, kind=ReportKind.PRA, occurred_on=stated, by=None, at=now, receipt=receipt)
        return _store(about, content, kind=ReportKind.PRA, by=None, role=None, at=now, form_key=None, receipt=receipt)


def start_report(
    about: ReportSubject, *, kind: ReportKind, occurred_on: Sequence[date], by: User, at: datetime, form_key: UUID
) -> tuple[Report, bool]:
    """Start a report. If a report was already started from the same form, return that report.

    The title, producer, contacts and suggested practices are filled in from the record. The account is also filled in
    if the report is about a pre-release access list, or about a release whose checks do not show whether it was late.
    In a restricted report, the person who starts it is named as the person dealing with it, because the report may be
    about the responsible statistician.

    :param occurred_on: days in London. The report cites the editions of the Code that were in force on these days.
    :param form_key: the key of the form that the person sent.
    :return: the report, and whether it is new.
    :raises NotYours: if the person may not write reports for the producer, or if the release belongs to a training in
        which they do not take part.
    :raises FieldRefused: if no day is given, or if a day is in the future.
    """
    role = starting_role(by, about.producer, release=about.release)
    if (earlier := _find_started(form_key, by=by)) is not None:
        return earlier, False
    content = _content(about, kind=kind, occurred_on=occurred_on, by=by, at=at)
    if not content.occurred_on:
        raise FieldRefused("occurred_on", _("Enter the day of the breach."))
    if remarks := find_impossible(content, today=local_date(at)):
        raise FieldRefused("occurred_on", remarks[0].sentence)
    for attempt in range(ATTEMPTS):
        try:
            return _store(about, content, kind=kind, by=by, role=role, at=at, form_key=form_key), True
        except IntegrityError:
            if (earlier := _find_started(form_key, by=by)) is not None:
                return earlier, False
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError  # the loop always returns or raises


def _store(
    about: ReportSubject,
    content: ReportContent,
    *,
    kind: ReportKind,
    by: User | None,
    role: Role | None,
    at: datetime,
    form_key: UUID | None,
    receipt: AccessReceipt | None = None,
) -> Report:
    """Store a new report with its first version and an event.

    :param receipt: the recipient's answer from which the report is drafted, if no person starts it.
    """
    on_record = content_to_json(content) if content.circumstances else {}
    with transaction.atomic():
        report = Report(
            reference=reference_to_start(
                _wanted_reference(about, kind, content.first_day or local_date(at)), kind=kind
            ),
            producer=about.producer,
            kind=kind,
            status=ReportStatus.DRAFT,
            machine=on_record,
            rehearsal=about.release is not None and about.release.rehearsal,
            training_id=about.release.training_id if about.release else None,
            drafted_at=at,
            occurred_on=content.first_day,
        )
        versions.assign_numbers([report])
        report.save(force_insert=True)
        versions.record_citations({report: content})
        StartedReport.objects.create(
            report=report,
            release=about.release,
            series=about.series,
            started_by=by,
            receipt=receipt,
            started_at=at,
            form_key=form_key,
        )
        automatic = on_record or NOTHING_ON_RECORD
        version = new_version(report, content_to_json(content), machine=automatic, by=None, at=at, why="started")
        version.save()
        about_what = {"release": about.release.reference} if about.release else {}
        about_what |= {"series": about.series.slug} if about.series else {}
        about_what |= {"role": role} if role else {}
        about_what |= {"receipt": str(receipt.pk)} if receipt else {}
        record_report_event(
            report,
            "started",
            {ReportVersion: [version.pk]},
            at=at,
            by=by,
            version=report.version,
            content_sha256=version.content_sha256,
            breach=report.kind,
            **about_what,
        )
    return report


def _find_started(form_key: UUID, *, by: User) -> Report | None:
    earlier = StartedReport.objects.select_related("report").filter(form_key=form_key, started_by=by).first()
    return earlier.report if earlier else None


def _content(
    about: ReportSubject,
    *,
    kind: ReportKind,
    occurred_on: Sequence[date],
    by: User | None,
    at: datetime,
    receipt: AccessReceipt | None = None,
) -> ReportContent:
    days = tuple(sorted(set(occurred_on)))
    # If no day is stated, the report cites the edition in force on the day on which it is drafted.
    cited = dict.fromkeys(
        practice for on in days or (local_date(at),) for practice in code_of_practice.suggest_practices(kind, on=on)
    )
    on_record = _on_record(about, at=at)
    series = about.release.series if about.release else about.series
    is_responsible = bool(by and series and series.responsible and series.responsible.user_id == by.pk)
    if _is_restricted(about, kind) and not is_responsible:
        on_record = replace(on_record, dealing=ContactPerson(by.name, by.email) if by else None)
    return replace(
        on_record,
        practices=tuple(cited),
        occurred_on=days,
        circumstances=_account(about, kind=kind, at=at, receipt=receipt),
    )


def _is_restricted(about: ReportSubject, kind: ReportKind) -> bool:
    """Return whether only few people may know of a report.

    A restricted report names the responsible statistician as the person dealing with it only if they start the report.
    """
    if kind is ReportKind.EARLY and about.release is not None:
        return Release.objects.filter(pk=about.release.pk, status__in=TO_COME).exists()
    return kind in RESTRICTED


def _on_record(about: ReportSubject, *, at: datetime) -> ReportContent:
    if about.release is not None:
        release = about.release
        # The address of a release is confidential until the release is due and live. The report may be sent before
        # then, so the address is left out until the release is live.
        outputs = (Output(release.title, calendar.live_page_of(release, now=at)),)
        return replace(content_of_releases([release]), outputs=outputs)
    if about.series is not None:
        return replace(content_of_series([about.series]), outputs=(Output(about.series.title),))
    return ReportContent(producers=(about.producer.name,))


def _account(about: ReportSubject, *, kind: ReportKind, at: datetime, receipt: AccessReceipt | None) -> str:
    if about.release is None:
        return ""
    if kind is ReportKind.PRA:
        incident = facts.incident_about(
            about.release, kind=kind, answers=NO_ANSWERS, cause=NO_CAUSE, now=at, receipt=receipt
        )
        return write_incident_account(incident)
    verdict = facts.uncertain_verdict(about.release) if kind is ReportKind.LATE else None
    return write_account(facts.facts_of_verifications([verdict])[verdict.pk]) if verdict else ""


def _wanted_reference(about: ReportSubject, kind: ReportKind, on: date) -> str:
    if about.release is not None:
        pra = "pra-" if kind is ReportKind.PRA else ""
        return f"breach-{pra}{about.release.reference}"
    return f"breach-{about.series.slug if about.series else about.producer.slug}-{on.isoformat()}"
