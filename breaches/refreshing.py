"""The automatic text of a report, and its update in undecided reports when the record changes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Prefetch, Q
from django.utils.translation import gettext as _

from breaches import code_of_practice
from breaches.facts import (
    cause_of_account,
    facts_of_suspicions,
    find_release_with_list,
    posts_on_list,
    recorded_cause,
    screenshots_of_suspicions,
)
from breaches.models import Attachment, Report, ReportEvent, ReportVersion, Suspicion
from breaches.rules.annex import annex_of
from breaches.rules.causes import CAUSE_NOT_RECORDED, NO_CAUSE, RecordedCause, describe_cause
from breaches.rules.content import (
    FROM_FACTS,
    AnnexAttachment,
    CitedPractice,
    ContactPerson,
    Output,
    ReportContent,
    content_from_json,
    content_to_json,
)
from breaches.rules.facts import Facts
from breaches.rules.lifecycle import EDIT, REPORT, UNDECIDED, AttachmentKind, ReportKind, ReportStatus
from breaches.rules.narrative import write_account
from breaches.versions import FACTS, advance_report, contact_person, content_of, current_version, record_report_event
from releases.models import Contact, Release, Series
from releases.models.release import find_main_page
from releases.rules.calendar import local_date
from releases.rules.canonical import sha256_hex
from releases.rules.departure import DepartureKind
from releases.rules.lifecycle import ChangedMeanwhile, Status
from releases.verdict.address import AddressVerdict, Outcome

# Returns the practices that a draft cites, for a kind of breach and a day of occurrence (`on`).
type PracticesOn = Callable[..., tuple[CitedPractice, ...]]


def automatic_content(
    suspicions: Iterable[Suspicion],
    facts: Mapping[int, Facts],
    *,
    practices_on: PracticesOn = code_of_practice.suggest_practices,
    cause: RecordedCause = NO_CAUSE,
) -> ReportContent:
    """Return the automatic content of a report about these suspicions.

    Impact and corrective actions stay empty for people to write; approval sets the date of the report.

    :param suspicions: read `with_facts`.
    :param facts: the facts on each suspicion's verdict, by the verdict's key.
    :param cause: what people recorded for the report.
    """
    listed = list(suspicions)
    # An early release occurred when it was found. If its verdict was corrected since, `occurred_at` is empty, and the
    # due time is used. Any other breach occurred at the due time.
    instants = (
        (one.kind, (one.verification.occurred_at if one.kind == ReportKind.EARLY else None) or one.verification.due_at)
        for one in listed
    )
    occurred = [(kind, local_date(at)) for kind, at in instants if at]
    verdicts = dict.fromkeys(suspicion.verification_id for suspicion in listed)
    return replace(
        content_of_releases({suspicion.release_id: suspicion.release for suspicion in listed}.values()),
        practices=tuple(dict.fromkeys(practice for kind, on in occurred for practice in practices_on(kind, on=on))),
        occurred_on=tuple(sorted({on for _kind, on in occurred})),
        circumstances=write_account(*(facts[verdict] for verdict in verdicts), cause=cause),
    )


def content_of_releases(releases: Collection[Release]) -> ReportContent:
    """Return the content that follows from the releases: outputs, producers, and contacts.

    :param releases: read with their series, its producer and contacts, and their addresses.
    """
    outputs = []
    for release in releases:
        page = find_main_page(release.addresses.all())
        outputs.append(Output(release.title, page.url if page else ""))
    return replace(content_of_series([release.series for release in releases]), outputs=tuple(outputs))


def content_of_series(series: Collection[Series]) -> ReportContent:
    """Return the content that follows from the series: producers and contacts.

    :param series: read with their producer and contacts.
    """
    return ReportContent(
        producers=tuple(dict.fromkeys(one.producer.name for one in series)),
        dealing=_first_person(one.responsible for one in series),
        head_of_profession=_first_person(one.head_of_profession for one in series),
    )


def _first_person(contacts: Iterable[Contact | None]) -> ContactPerson | None:
    contact = next((contact for contact in contacts if contact), None)
    return contact_person(contact) if contact else None


# The states in which the automatic text is refreshed. While a report is with the Head of Profession, only people change
# it.
REFRESHED_STATES = (ReportStatus.DRAFT, ReportStatus.RETURNED)
TEXT_EVENTS = ("drafted", "joint_drafted", "facts_refreshed")
FACT_EVENTS = (*TEXT_EVENTS, "facts_offered")

# Every check of a release that is still missing changes its figures. So an account in which only figures have changed
# is refreshed at growing intervals. Each interval is the larger of the shortest interval and a share of the report's
# age.
SHORTEST_INTERVAL = timedelta(minutes=15)
SHARE_OF_ITS_AGE = 0.25


def state_of_verdicts(suspicions: Iterable[Suspicion]) -> list[list[Any]]:
    """Return the parts of a report's verdicts, and of the response to an early release, that people must know of.

    All other changes of the verdicts are figures that grow with each check.

    :param suspicions: read with their verification and release.
    """
    return [
        [
            suspicion.kind,
            verdict.outcome,
            verdict.first_live_at and verdict.first_live_at.isoformat(),
            [
                [
                    result.verdict.outcome,
                    result.verdict.from_due,
                    *_first_flip(result.verdict),
                ]
                for result in verdict.results
            ],
            *_response_to_early(suspicion),
        ]
        for suspicion in sorted(suspicions, key=lambda suspicion: suspicion.pk)
        for verdict in [suspicion.shown_verdict]
    ]


def digest_facts(report: Report) -> str:
    """Return one SHA-256 over the facts of a report that people must know of.

    Further checks with the same result do not change it. It covers what the account and the annex contain besides
    checks: results, statements, exceptions and decisions.
    """
    suspicions = list(report.suspicions.with_facts())
    known = [
        (
            *(facts.release_title, facts.series_title, facts.due_at, facts.tolerance_seconds, facts.date_changed),
            *(facts.statements, facts.publisher_time, facts.publications, facts.exceptions),
            *(facts.decision, facts.at_once, [(one.url, one.part, one.may_follow) for one in facts.addresses]),
        )
        for facts in facts_of_suspicions(suspicions).values()
    ]
    return sha256_hex(repr((state_of_verdicts(suspicions), known)).encode())


def _response_to_early(suspicion: Suspicion) -> list[list[int]]:
    """Return the response to an early release as its account describes it; empty if there is none.

    A new date alone changes no account.

    :return: one list of three numbers: the number of decisions; the schedule version of the release at once, or 0; and
        1 if checks that had not ended will not continue because the release has another date, else 0.
    """
    if suspicion.kind != ReportKind.EARLY:
        return []
    decided, at_once, is_cut_short = suspicion.decisions.count(), 0, 0
    present = suspicion.release.schedule_version
    if present != suspicion.schedule_version:
        departures = suspicion.release.departures.filter(kind=DepartureKind.AT_ONCE, schedule_version=present)
        at_once = present if departures.exists() else 0
        is_cut_short = int(any(one.verdict.from_due is Outcome.PENDING for one in suspicion.verification.results))
    return [[decided, at_once, is_cut_short]] if decided or at_once or is_cut_short else []


def _first_flip(verdict: AddressVerdict) -> list[str | None]:
    """Return when an address first disappeared, and when it was found again.

    Later disappearances are left out, so they do not make the account outdated at once.
    """
    if not verdict.flips:
        return [None]
    first = verdict.flips[0]
    return [first.gone_at.isoformat(), *([first.back_at.isoformat()] if first.back_at else [])]


def refresh_open_reports(*, now: datetime, faults: list[Exception]) -> None:
    """Refresh every undecided report with facts that its text may not have yet.

    These are revised verdicts, a decision on an early release or its change of date, and an early finding that readers
    may know of since the release was published or cancelled.

    :param faults: receives the errors of single reports; the other reports are refreshed anyway.
    """
    is_revised = Q(suspicions__verification__revision__gt=F("suspicions__facts_revision"))
    is_changed = Q(suspicions__release__schedule_version__gt=F("suspicions__schedule_version"))
    is_answered = Q(suspicions__kind=ReportKind.EARLY) & (Q(suspicions__decisions__isnull=False) | is_changed)
    # Once the release is published or cancelled, readers may know of the early finding that these reports left out.
    is_disclosed = Q(
        suspicions__kind__in=[ReportKind.LATE, ReportKind.PARTIAL],
        suspicions__verification__outcome=Outcome.EARLY,
        suspicions__release__status__in=[Status.PUBLISHED, Status.CANCELLED],
    )
    outdated = (
        Report.objects.undecided()
        .filter(is_revised | is_answered | is_disclosed)
        .select_related("producer")
        .prefetch_related(Prefetch("suspicions", Suspicion.objects.with_facts()))
        .distinct()
    )
    reports = list(outdated)
    events = ReportEvent.objects.filter(report__in=reports, kind__in=FACT_EVENTS).order_by("position")
    last_events = {event.report_id: event for event in events}
    for report in reports:
        suspicions, last = list(report.suspicions.all()), last_events.get(report.pk)
        if last is not None and last.facts["standing"] == state_of_verdicts(suspicions):
            if all(one.verification.revision <= one.facts_revision for one in suspicions):
                continue  # nothing has changed since the last refresh
            interval = max(SHORTEST_INTERVAL, SHARE_OF_ITS_AGE * (now - report.drafted_at))
            if now - last.at < interval:
                continue
        try:
            _refresh(report, suspicions, now=now)
        except ChangedMeanwhile:
            continue  # a person saved the report at the same moment; the next run uses their text
        except Exception as fault:  # noqa: BLE001  # raised by draft_missing once the others are done
            faults.append(fault)


def changed_facts(report: Report, version: ReportVersion) -> dict[str, Any]:
    """Return the newer automatic text, as JSON, of each field that changed since it was last refreshed or saved."""
    return {
        field: report.machine[field]
        for field in FROM_FACTS
        if field in report.machine
        and report.machine[field] != version.machine.get(field)
        and report.machine[field] != version.content[field]
    }


def insert_newest_account(report: Report, typed: str) -> str:
    """Return typed circumstances in which the newest automatic account replaces the account of the present version.

    People's own text around the earlier account stays if they left that account word for word. Otherwise the newest
    account replaces everything. The account of an edited report is written without a cause that people chose later (see
    `cause_of_account`). So this cause, if there is one, replaces the sentence that no cause is recorded.
    """
    typed = typed.replace("\r\n", "\n")
    earlier = current_version(report).machine.get("circumstances", "")
    cause = describe_cause(recorded_cause(report)) or CAUSE_NOT_RECORDED
    newest: str = report.machine.get("circumstances", typed).replace(CAUSE_NOT_RECORDED, cause)
    return typed.replace(earlier, newest, 1) if earlier and earlier in typed else newest


def refreshed_content(report: Report, suspicions: Sequence[Suspicion], facts: Mapping[int, Facts]) -> ReportContent:
    """Return the content of an undecided report, with its untouched fields refreshed. Nothing is written.

    :param suspicions: those of the report, read `with_facts`.
    :param facts: the facts on each suspicion's verdict, by the verdict's key.
    """
    version = current_version(report)
    machine = automatic_content(suspicions, facts, cause=cause_of_account(report, version))
    content, _automatic = _refresh_untouched(version, machine)
    return content


def with_annex(report: Report) -> ReportContent:
    """Return the content of a report with an annex of the newest record. The annex is None if there is nothing to list.

    A report about pre-release access has the complete list of its release in the annex.

    In an undecided report, untouched text is written from the same checks as the annex. With any other text, the annex
    says that it may show later checks. The annex lists the attachments of the report as well. Nothing is stored.
    """
    suspicions = list(report.suspicions.with_facts())
    facts = facts_of_suspicions(suspicions)
    is_open = bool(facts) and report.status in UNDECIDED
    own_text = not is_open or not current_version(report).is_untouched("circumstances")
    content = refreshed_content(report, suspicions, facts) if is_open else content_of(report)
    files = tuple(
        AnnexAttachment(one.name, AttachmentKind(one.kind), one.size, one.sha256, one.added_at)
        for one in Attachment.objects.of(report).stored()
    )
    pictures = screenshots_of_suspicions(suspicions)
    shown = [pictures.get(key, ()) for key in facts]
    listing = find_release_with_list(report)
    if not (facts or files or listing):
        return replace(content, annex=None)
    annex = annex_of(
        facts.values(),
        pictures=shown,
        attachments=files,
        posts=posts_on_list(listing) if listing else None,
        posts_of=listing.title if listing else "",
        own_text=own_text,
    )
    return replace(content, annex=annex)


def with_new_figures(report: Report) -> ReportContent:
    """Return the content of an undecided report, updated if only figures have grown since its text was refreshed.

    A move may include new figures although the person has not read them. If anything else has changed, the content
    stays as it is, because a person has to read the changes first.
    """
    suspicions = list(report.suspicions.with_facts())
    last = report.events.filter(kind__in=TEXT_EVENTS).order_by("position").last()
    if not suspicions or last is None or last.facts["standing"] != state_of_verdicts(suspicions):
        return content_of(report)
    return refreshed_content(report, suspicions, facts_of_suspicions(suspicions))


def automatic_texts(report: Report, content: ReportContent) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values for `ReportVersion.machine` and `Report.machine` when this content is stored.

    :param content: the content of the present version, or the result of `refreshed_content`.
    """
    version, refreshed = current_version(report), content_to_json(content)
    changed = {
        field: refreshed[field]
        for field in FROM_FACTS
        # Confirmed wording also changes a field of practices that people chose. Such a field is not automatic text, so
        # it is left out.
        if refreshed[field] != version.content[field] and version.is_untouched(field)
    }
    return version.machine | changed, report.machine | changed


def _refresh(report: Report, suspicions: Sequence[Suspicion], *, now: datetime) -> None:
    version = current_version(report)
    cause = cause_of_account(report, version)
    machine = automatic_content(suspicions, facts_of_suspicions(suspicions), cause=cause)
    content, automatic = _refresh_untouched(version, machine)
    is_changed = content != content_from_json(version.content)
    newest = content_to_json(machine)
    standing = state_of_verdicts(suspicions)
    with transaction.atomic():
        if is_changed and report.status in REFRESHED_STATES:
            advance_report(
                report,
                REPORT.find(EDIT, source=report.status),
                kind="facts_refreshed",
                by=None,
                at=now,
                content=content,
                machine=automatic,
                why=FACTS,
                values={"machine": newest},
                standing=standing,
            )
        elif newest != report.machine:
            unchanged = Report.objects.filter(pk=report.pk, status=report.status, version=report.version)
            if not unchanged.update(machine=newest):
                raise ChangedMeanwhile(_("Another person changed this report. Check it before you try again."))
            record_report_event(report, "facts_offered", at=now, standing=standing)
        for suspicion in suspicions:
            revision = suspicion.verification.revision
            Suspicion.objects.filter(pk=suspicion.pk, facts_revision__lt=revision).update(facts_revision=revision)


def _refresh_untouched(version: ReportVersion, machine: ReportContent) -> tuple[ReportContent, dict[str, Any]]:
    """Return the content of a version with its untouched fields refreshed, and the automatic text stored with it."""
    newest = content_to_json(machine)
    outdated = [
        field for field in FROM_FACTS if version.is_untouched(field) and version.content[field] != newest[field]
    ]
    content = replace(content_from_json(version.content), **{field: getattr(machine, field) for field in outdated})
    return content, version.machine | {field: newest[field] for field in outdated}
