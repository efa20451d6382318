"""Drafts of breach reports: from suspicions, each once, or started by a person."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from itertools import batched, chain
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from breaches import code_of_practice, facts, refreshing, versions
from breaches.facts import facts_of_suspicions
from breaches.models import Report, ReportEvent, ReportRowRecord, ReportVersion, StartedReport, Suspicion
from breaches.permissions import TABLE, Action, reports_with, starting_role
from breaches.refreshing import PracticesOn, content_of_releases, content_of_series, facts_now
from breaches.rules.access_account import write_access_account
from breaches.rules.content import ContactPerson, Output, ReportContent, content_to_json
from breaches.rules.lifecycle import RESTRICTED, ReportKind, ReportStatus
from breaches.rules.narrative import write_account
from breaches.rules.validation import find_impossible
from breaches.versions import (
    first_day_of_occurrence,
    free_references,
    new_version,
    record_citations,
    record_event,
    reference_to_start,
)
from releases import exemptions
from releases.models import Producer, Release, Series, Verification
from releases.models.event import lock_release
from releases.models.row_record import Rows
from releases.public import calendar
from releases.rules.lifecycle import MoveRefused, Role
from releases.rules.london import local_date
from releases.verdict.address import ASKS_A_PERSON, Outcome

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


KINDS: Mapping[ReportKind, tuple[Outcome, ...]] = {
    ReportKind.EARLY: (Outcome.EARLY,),
    ReportKind.LATE: (Outcome.LATE, Outcome.NOT_SEEN),
    ReportKind.PARTIAL: (Outcome.PARTIAL,),
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
        covered = exemptions.find_exemptions(missing)
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
    practices_on = cache(code_of_practice.suggest_practices)
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
        facts = facts_of_suspicions(chain.from_iterable(suspected))
        contents = [
            refreshing.machine_content(suspicions, facts, practices_on=practices_on) for suspicions in suspected
        ]
        reports = Report.objects.bulk_create(_reports(suspected, contents, now=now))
        versions = [
            new_version(report, content, machine=report.machine, by=None, at=now, why="drafted")
            for report, content in zip(reports, contents, strict=True)
        ]
        ReportVersion.objects.bulk_create(versions)
        record_citations(dict(zip(reports, contents, strict=True)))
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
            record_event(report, "suspicion_joined", {Suspicion: [suspicion.pk]}, at=now, suspicion=suspicion.kind)


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
            machine=content_to_json(content),
            rehearsal=release.rehearsal,
            drafted_at=now,
            occurred_on=first_day_of_occurrence(content),
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
                "standing": facts_now(suspicions),
            },
        )


# A report about nothing that is on record has no text of the record beside it, only an account that is still empty.
NOTHING_ON_RECORD = {"circumstances": ""}
# Two people who start a report about the same thing at once may want the same name for it.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class ReportSubject:
    """What a report is started from: a release, a series, or a producer alone."""

    producer: Producer
    release: Release | None = None
    series: Series | None = None


@dataclass(frozen=True, slots=True)
class SuggestedReport:
    """What a report on a release that needs checking is about, and the day, in London, on which it was due."""

    kind: ReportKind
    on: date


@dataclass(frozen=True, slots=True)
class StartResult:
    """The report that was started; `is_new` is false where it had been started already."""

    report: Report
    is_new: bool


class CannotHaveHappened(MoveRefused):
    """The days on which it is said to have happened cannot be; `field` names them."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.field = "occurred_on"


def open_reports(about: ReportSubject, *, by: "User") -> list[Report]:
    """Return the undecided reports about a release that a person may read, the latest first; none without one."""
    if about.release is None:
        return []
    theirs = reports_with(by, TABLE[Action.VIEW]).undecided()
    suspected = theirs.filter(suspicions__release=about.release)
    started = theirs.filter(started__release=about.release)
    return list((suspected | started).distinct().order_by("-pk"))


def open_report_about_list(release: Release, *, by: "User") -> Report | None:
    """Return the undecided report about a release's pre-release access list that a person may read, if there is one."""
    theirs = reports_with(by, TABLE[Action.VIEW]).undecided()
    return theirs.filter(started__release=release, kind=ReportKind.PRA).order_by("-pk").first()


def suggest_content(release: Release) -> SuggestedReport | None:
    """Suggest what to start a report with, if the record cannot tell whether a release was on time; else None."""
    verdict = _unsettled_verdict(release)
    return SuggestedReport(ReportKind.LATE, local_date(verdict.due_at)) if verdict else None


def _unsettled_verdict(release: Release) -> Verification | None:
    present = Verification.objects.filter(release=release, schedule_version=release.schedule_version)
    return present.select_related("release__series__producer").filter(outcome__in=ASKS_A_PERSON).first()


def start_about_list(release: Release, *, occurred_on: date, by: "User", at: datetime) -> StartResult:
    """Start a report about a release's pre-release access list, or return the one that is open to the person already.

    Takes and raises what `start` does.
    """
    with transaction.atomic():
        held = lock_release(release.pk)
        if (earlier := open_report_about_list(held, by=by)) is not None:
            return StartResult(earlier, is_new=False)
        about = ReportSubject(held.series.producer, release=held)
        return start_report(about, kind=ReportKind.PRA, occurred_on=(occurred_on,), by=by, at=at, form_key=uuid4())


def start_report(
    about: ReportSubject, *, kind: ReportKind, occurred_on: Sequence[date], by: "User", at: datetime, form_key: UUID
) -> StartResult:
    """Start a report, or return the one that the same form has started already.

    The machine fills in what is on record: title, producer, contacts, the practices of the Code that are suggested for
    the kind, of a pre-release access list what it holds, and of a late release what the checks showed if they do not
    show whether it was late. People write the rest of the account, the impact and the actions. A
    report of a restricted kind is assigned to the person who starts it, because it may be about the responsible
    statistician, who may then not read it.

    :param occurred_on: the days, in London, on which it happened, as the person says; the editions of the Code in
        force on them are cited.
    :param at: the aware instant of starting.
    :param form_key: of the form that the person sent.
    :raises NotYours: if the person writes no reports of the producer.
    :raises CannotHaveHappened: if no day is given, or one is still to come.
    """
    role = starting_role(by, about.producer)
    if (earlier := _started_by_form(form_key, by=by)) is not None:
        return earlier
    content = _content(about, kind=kind, occurred_on=occurred_on, by=by, at=at)
    if not content.occurred_on:
        raise CannotHaveHappened(_("Give the day on which it happened."))
    if remarks := find_impossible(content, today=local_date(at)):
        raise CannotHaveHappened(remarks[0].sentence)
    for attempt in range(ATTEMPTS):
        try:
            return _stored(about, content, kind=kind, by=by, role=role, at=at, form_key=form_key)
        except IntegrityError:
            if (earlier := _started_by_form(form_key, by=by)) is not None:
                return earlier
            if attempt == ATTEMPTS - 1:
                raise
    raise AssertionError  # the loop returns or raises


def _stored(
    about: ReportSubject,
    content: ReportContent,
    *,
    kind: ReportKind,
    by: "User",
    role: Role,
    at: datetime,
    form_key: UUID,
) -> StartResult:
    on_record = content_to_json(content) if content.circumstances else {}
    with transaction.atomic():
        report = Report.objects.create(
            reference=reference_to_start(_wanted(about, kind, content.occurred_on[0]), kind=kind),
            producer=about.producer,
            kind=kind,
            status=ReportStatus.DRAFT,
            machine=on_record,
            rehearsal=about.release is not None and about.release.rehearsal,
            drafted_at=at,
            occurred_on=versions.first_day_of_occurrence(content),
        )
        versions.record_citations({report: content})
        StartedReport.objects.create(
            report=report,
            release=about.release,
            series=about.series,
            started_by=by,
            started_at=at,
            form_key=form_key,
        )
        beside = on_record or NOTHING_ON_RECORD
        version = new_version(report, content, machine=beside, by=None, at=at, why="started")
        version.save()
        also: Rows = {ReportVersion: [version.pk]}
        record_event(report, "started", also, at=at, by=by, role=role, **_facts(about, report, version.content_sha256))
    return StartResult(report, is_new=True)


def _started_by_form(form_key: UUID, *, by: "User") -> StartResult | None:
    earlier = StartedReport.objects.select_related("report").filter(form_key=form_key, started_by=by).first()
    return StartResult(earlier.report, is_new=False) if earlier else None


def _content(
    about: ReportSubject, *, kind: ReportKind, occurred_on: Sequence[date], by: "User", at: datetime
) -> ReportContent:
    days = tuple(sorted(set(occurred_on)))
    cited = dict.fromkeys(practice for on in days for practice in code_of_practice.suggest_practices(kind, on=on))
    on_record = _on_record(about, at=at)
    if kind in RESTRICTED and not _is_responsible(by, about):
        on_record = replace(on_record, dealing=ContactPerson(by.name, by.email))
    return replace(
        on_record,
        practices=tuple(cited),
        occurred_on=days,
        circumstances=_account(about, kind=kind, at=at),
    )


def _on_record(about: ReportSubject, *, at: datetime) -> ReportContent:
    if about.release is not None:
        release = about.release
        # The address of a release that is not out is nobody's to know, and the report may leave the house before.
        outputs = (Output(release.title, calendar.live_page_of(release, now=at)),)
        return replace(content_of_releases([release]), outputs=outputs)
    if about.series is not None:
        return replace(content_of_series([about.series]), outputs=(Output(about.series.title),))
    return ReportContent(producers=(about.producer.name,))


def _is_responsible(person: "User", about: ReportSubject) -> bool:
    series = about.release.series if about.release else about.series
    return bool(series and series.responsible and series.responsible.user_id == person.pk)


def _account(about: ReportSubject, *, kind: ReportKind, at: datetime) -> str:
    if about.release is None:
        return ""
    if kind is ReportKind.PRA:
        return write_access_account(facts.access_facts_of(about.release, now=at))
    verdict = _unsettled_verdict(about.release) if kind is ReportKind.LATE else None
    return write_account(facts.facts_of([verdict])[verdict.pk]) if verdict else ""


def _wanted(about: ReportSubject, kind: ReportKind, on: date) -> str:
    if about.release is not None:
        return (
            f"breach-pra-{about.release.reference}" if kind is ReportKind.PRA else f"breach-{about.release.reference}"
        )
    return f"breach-{about.series.slug if about.series else about.producer.slug}-{on.isoformat()}"


def _facts(about: ReportSubject, report: Report, content_sha256: str) -> dict[str, Any]:
    about_release = {"release": about.release.reference} if about.release else {}
    about_series = {"series": about.series.slug} if about.series else {}
    numbered = {"version": report.version, "content_sha256": content_sha256, "breach": report.kind}
    return about_release | about_series | numbered
