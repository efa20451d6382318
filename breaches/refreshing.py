"""The automatic text of reports, which is refreshed in undecided reports when the record changes."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery
from django.utils.translation import gettext as _

from breaches import code_of_practice
from breaches.facts import (
    cause_of_account,
    facts_of_suspicions,
    find_release_with_list,
    incident_of,
    posts_on_list,
    recorded_cause,
    screenshots_of_suspicions,
)
from breaches.models import Attachment, Report, ReportEvent, ReportVersion, Suspicion
from breaches.rules.annex import EDITED_TEXT, LATER_CHECKS, OWN_TEXT, annex_of
from breaches.rules.causes import CAUSE_NOT_RECORDED, NO_CAUSE, RecordedCause, describe_cause, describe_cause_in_full
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
from breaches.rules.incident import write_incident_account
from breaches.rules.lifecycle import EDIT, REPORT, UNDECIDED, WITH_AUTHORS, AttachmentKind, ReportKind
from breaches.rules.narrative import write_account
from breaches.versions import FACTS, advance_report, contact_person, content_of, current_version, record_report_event
from releases.models import AgreementCorrection, Contact, ReasonCorrection, Release, Series, Statement
from releases.models.release import find_main_page
from releases.rules.calendar import local_date
from releases.rules.canonical import sha256_hex
from releases.rules.departure import DepartureKind
from releases.rules.lifecycle import ChangedMeanwhile, Status
from releases.verdict.address import AddressVerdict, Outcome

# A function that takes a kind of breach and the day of occurrence (`on`), and returns the practices that a draft cites.
type PracticesOn = Callable[..., tuple[CitedPractice, ...]]


def automatic_content(
    suspicions: Iterable[Suspicion],
    facts: Mapping[int, Facts],
    *,
    practices_on: PracticesOn = code_of_practice.suggest_practices,
    cause: RecordedCause = NO_CAUSE,
) -> ReportContent:
    """Return the automatic content of a report about these suspicions.

    Impact and corrective actions stay empty, because people write them. The date of the report stays empty until
    approval.

    :param suspicions: loaded by `with_facts()`.
    :param facts: the facts about the verdicts of the suspicions, keyed by the verdict's primary key.
    :param cause: the cause that people recorded for the report.
    """
    listed = list(suspicions)
    # The breach of an early release occurred when the release was found. If the verdict was corrected later,
    # `occurred_at` may be empty. Then the due time is used instead. Any other breach occurred at the due time.
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
    """Return a `ReportContent` with only the outputs, producers and contacts of some releases.

    :param releases: loaded with their addresses and series, and with the producer and contacts of the series.
    """
    outputs = []
    for release in releases:
        page = find_main_page(release.addresses.all())
        outputs.append(Output(release.title, page.url if page else ""))
    return replace(content_of_series([release.series for release in releases]), outputs=tuple(outputs))


def content_of_series(series: Collection[Series]) -> ReportContent:
    """Return a `ReportContent` with only the producers and contacts of some series.

    :param series: loaded with their producer and contacts.
    """
    return ReportContent(
        producers=tuple(dict.fromkeys(one.producer.name for one in series)),
        dealing=_first_person(one.responsible for one in series),
        head_of_profession=_first_person(one.head_of_profession for one in series),
    )


def _first_person(contacts: Iterable[Contact | None]) -> ContactPerson | None:
    contact = next((contact for contact in contacts if contact), None)
    return contact_person(contact) if contact else None


# The automatic text is refreshed in these states. While a report awaits the decision of the Head of Profession, only
# people change its text.
TEXT_EVENTS = ("drafted", "joint_drafted", "facts_refreshed")
FACT_EVENTS = (*TEXT_EVENTS, "facts_offered")

# Until a release is found live, each check changes the figures in the account. If only figures have changed, the
# account is refreshed at growing intervals. The interval is a quarter of the report's age, but at least 15 minutes.
SHORTEST_INTERVAL = timedelta(minutes=15)
SHARE_OF_ITS_AGE = 0.25
# A statement or correction that does not change the text is not followed by an event, so each run would read the facts
# again for it.
STATEMENT_IS_NEW_FOR = timedelta(hours=1)


def state_of_verdicts(suspicions: Iterable[Suspicion]) -> list[list[Any]]:
    """Return the state of a report's verdicts, without the figures that grow with each check.

    For an early release, the state also includes the response to the release. People must know when the state changes,
    but not when only figures change.

    :param suspicions: loaded with their verification and release.
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
                    *result.vantage.live_only,
                ]
                for result in verdict.results
            ],
            *_response_to_early(suspicion),
        ]
        for suspicion in sorted(suspicions, key=lambda suspicion: suspicion.pk)
        for verdict in [suspicion.shown_verdict]
    ]


def state_of_facts(suspicions: Collection[Suspicion], facts: Mapping[int, Facts]) -> dict[str, Any]:
    """Return the state of a report's facts, as events store it.

    `standing` is the state of the verdicts. `known` is the SHA-256 of the statements, exceptions, decisions and other
    facts in the account and in the annex. A further check with the same result changes neither of them.

    :param suspicions: loaded by `with_facts()`.
    :param facts: the facts about the verdicts of the suspicions, keyed by the verdict's primary key.
    """
    known = [
        (
            *(one.release_title, one.series_title, one.due_at, one.tolerance_seconds, one.date_changed),
            *(one.statements, one.publisher_time, one.publications, one.exceptions),
            *(one.decision, one.at_once, [(part.url, part.part, part.may_follow) for part in one.addresses]),
        )
        for verdict in sorted({suspicion.verification_id for suspicion in suspicions})
        for one in [facts[verdict]]
    ]
    return {"standing": state_of_verdicts(suspicions), "known": sha256_hex(repr(known).encode())}


def digest_facts(report: Report) -> str:
    """Return the SHA-256 of the state of a report's facts."""
    suspicions = list(report.suspicions.with_facts())
    return sha256_hex(repr(state_of_facts(suspicions, facts_of_suspicions(suspicions))).encode())


def _response_to_early(suspicion: Suspicion) -> list[list[int]]:
    """Return the parts of the response to an early release that its account describes.

    A new date alone is left out, because it does not change the account.

    :return: an empty list if there is no response. Otherwise the list has one item with three numbers. The first is the
        number of decisions. The second is the present schedule version if someone decided to publish the release at
        once, and 0 otherwise. The third is 1 if unfinished checks will not continue because the release has a new date,
        and 0 otherwise.
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

    Later disappearances are left out. Otherwise each of them would make the account outdated at once.
    """
    if not verdict.flips:
        return [None]
    first = verdict.flips[0]
    return [first.gone_at.isoformat(), *([first.back_at.isoformat()] if first.back_at else [])]


def refresh_open_reports(*, now: datetime, faults: list[Exception]) -> None:
    """Refresh every undecided report whose text may be outdated.

    The text may be outdated if a verdict was revised, if a person has made a statement about the release, if a decision
    was made on an early release, or if an early release got another date. It may also be outdated if a release was
    found early and has now been published or cancelled, because readers may then know that the release was early.

    :param faults: receives the error of each report that could not be refreshed. The other reports are still refreshed.
    """
    is_revised = Q(suspicions__verification__revision__gt=F("suspicions__facts_revision"))
    is_changed = Q(suspicions__release__schedule_version__gt=F("suspicions__schedule_version"))
    is_answered = Q(suspicions__kind=ReportKind.EARLY) & (Q(suspicions__decisions__isnull=False) | is_changed)
    # Until the release is published or cancelled, the text of these reports does not say that the release was found
    # early. After that, readers may know this, so the text is refreshed.
    is_disclosed = Q(
        suspicions__kind__in=[ReportKind.LATE, ReportKind.PARTIAL],
        suspicions__verification__outcome=Outcome.EARLY,
        suspicions__release__status__in=[Status.PUBLISHED, Status.CANCELLED],
    )
    fact_events = ReportEvent.objects.filter(report=OuterRef("pk"), kind__in=FACT_EVENTS).order_by("-position")
    outdated = (
        Report.objects.undecided()
        .annotate(refreshed_at=Subquery(fact_events.values("at")[:1]))
        .annotate(has_statement=_has_new_statement(now))
        .filter(is_revised | is_answered | is_disclosed | Q(has_statement=True))
        .select_related("producer", "started")
        .prefetch_related(Prefetch("suspicions", Suspicion.objects.with_facts()))
        .distinct()
    )
    reports = list(outdated)
    events = ReportEvent.objects.filter(report__in=reports, kind__in=FACT_EVENTS).order_by("position")
    last_events = {event.report_id: event for event in events}
    for report in reports:
        suspicions, last = list(report.suspicions.all()), last_events.get(report.pk)
        has_statement = report.has_statement  # type: ignore[attr-defined]  # by the annotation
        if last is not None and not has_statement and last.facts["standing"] == state_of_verdicts(suspicions):
            if all(one.verification.revision <= one.facts_revision for one in suspicions):
                continue  # nothing has changed since the last refresh
            interval = max(SHORTEST_INTERVAL, SHARE_OF_ITS_AGE * (now - report.drafted_at))
            if all(one.facts_revision for one in suspicions) and now - last.at < interval:
                continue
        try:
            _refresh(report, suspicions, now=now)
        except ChangedMeanwhile:
            continue  # a person saved the report at the same moment; the next run uses their text
        except Exception as fault:  # noqa: BLE001  # raised by drafting once the others are done
            faults.append(fault)


def _has_new_statement(now: datetime) -> Q:
    """Return a condition for reports with a statement or a corrected exception since their last refresh.

    It needs the annotation `refreshed_at`.
    """
    recent, last, report = now - STATEMENT_IS_NEW_FOR, OuterRef("refreshed_at"), OuterRef("pk")
    statements = Statement.objects.filter(stated_at__gt=recent).filter(
        stated_at__gt=last, release__suspicions__report=report
    )
    reasons = ReasonCorrection.objects.filter(agreed_at__gt=recent).filter(
        agreed_at__gt=last, change__release__suspicions__report=report
    )
    agreements = AgreementCorrection.objects.filter(corrected_at__gt=recent).filter(
        corrected_at__gt=last, departure__release__suspicions__report=report
    )
    return Q(Exists(statements)) | Q(Exists(reasons)) | Q(Exists(agreements))


def changed_facts(report: Report, version: ReportVersion) -> dict[str, Any]:
    """Return the automatic text that is newer than a version, as JSON, keyed by field.

    A field is returned if its automatic text differs from the automatic text stored with the version, and also from the
    text in the version's content.
    """
    return {
        field: report.machine[field]
        for field in FROM_FACTS
        if field in report.machine
        and report.machine[field] != version.machine.get(field)
        and report.machine[field] != version.content[field]
    }


def insert_newest_account(report: Report, typed: str) -> str:
    """Return the circumstances that a person typed, with the newest automatic account in place of the earlier one.

    If the typed text contains the earlier account word for word, only the account is replaced, and the text around it
    stays. Otherwise the newest account replaces the whole text.

    The newest account may say that no cause is recorded, although people have chosen a cause (see `cause_of_account`).
    In this case, the chosen cause replaces this sentence. If people's description of the cause is too long for a
    sentence, the description is the last paragraph instead.
    """
    typed = typed.replace("\r\n", "\n")
    earlier = current_version(report).machine.get("circumstances", "")
    around = typed.replace(earlier, "", 1) if earlier and earlier in typed else None
    newest: str = report.machine.get("circumstances", typed)
    if CAUSE_NOT_RECORDED in newest:
        recorded = recorded_cause(report)
        if said := describe_cause(recorded):
            newest = newest.replace(CAUSE_NOT_RECORDED, said)
        else:
            newest = newest.replace(f" {CAUSE_NOT_RECORDED}", "")
            in_full = describe_cause_in_full(recorded)
            newest = newest if around and in_full in around else f"{newest}\n\n{in_full}"
    return newest if around is None else typed.replace(earlier, newest, 1)


def refreshed_content(report: Report, suspicions: Sequence[Suspicion], facts: Mapping[int, Facts]) -> ReportContent:
    """Return the content of an undecided report, with refreshed text in the fields that people have not edited.

    Nothing is saved.

    :param suspicions: the suspicions of the report, loaded by `with_facts()`.
    :param facts: the facts about the verdicts of the suspicions, keyed by the verdict's primary key.
    """
    version = current_version(report)
    machine = _newest_content(report, version, suspicions, facts)
    content, _automatic = _refresh_untouched(version, machine)
    return content


def _newest_content(
    report: Report, version: ReportVersion, suspicions: Sequence[Suspicion], facts: Mapping[int, Facts]
) -> ReportContent:
    """Return the newest automatic content of a report with suspicions.

    If a person started the report, the days of occurrence stay as they are, because a person entered them. Once
    questions are answered, the account is written from the answers, followed by the results of our checks.
    """
    machine = automatic_content(suspicions, facts, cause=cause_of_account(report, version))
    if not hasattr(report, "started"):
        return machine
    content = content_from_json(version.content)
    machine = replace(machine, occurred_on=content.occurred_on)
    if not content.answers.given():
        return machine
    # The time is only needed for access lists, and reports with suspicions have none.
    incident = incident_of(report, content, now=report.drafted_at)
    return replace(machine, circumstances=write_incident_account(incident))


def with_annex(report: Report) -> ReportContent:
    """Return the content of a report, with an annex made from the newest record. Nothing is saved.

    The annex lists the checks and the attachments. If the report is about pre-release access, the annex also has the
    complete access list of the release. If there is nothing to list, the annex is None.

    If the report is undecided and its account was not edited, the account is written again from the checks that are in
    the annex. Otherwise the annex says that it may include later checks. If a person wrote or edited the account, the
    annex says this too.
    """
    suspicions = list(report.suspicions.with_facts())
    facts = facts_of_suspicions(suspicions)
    is_open = bool(facts) and report.status in UNDECIDED
    version = current_version(report)
    later_checks = ""
    if not version.is_untouched("circumstances"):
        later_checks = EDITED_TEXT if version.machine.get("circumstances") else OWN_TEXT
    elif not is_open:
        later_checks = LATER_CHECKS
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
        later_checks=later_checks,
    )
    return replace(content, annex=annex)


def with_new_figures(report: Report) -> ReportContent:
    """Return the content of an undecided report, with new figures if only figures have changed since the last refresh.

    A person need not read new figures before the report is submitted or decided. If anything else has changed, for
    example because a person has made a statement, the present content is returned, because a person must read the
    changes first.
    """
    suspicions = list(report.suspicions.with_facts())
    last = report.events.filter(kind__in=TEXT_EVENTS).order_by("position").last()
    if not suspicions or last is None:
        return content_of(report)
    facts = facts_of_suspicions(suspicions)
    if any(last.facts.get(name) != value for name, value in state_of_facts(suspicions, facts).items()):
        return content_of(report)
    return refreshed_content(report, suspicions, facts)


def automatic_texts(report: Report, content: ReportContent) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the values to store in `ReportVersion.machine` and `Report.machine` together with a content.

    :param content: the content of the present version, or the result of `refreshed_content`.
    """
    version, refreshed = current_version(report), content_to_json(content)
    changed = {
        field: refreshed[field]
        for field in FROM_FACTS
        # When wording is confirmed, the field `practices` changes too. If people chose the practices, this field is not
        # automatic text, so it is left out.
        if refreshed[field] != version.content[field] and version.is_untouched(field)
    }
    return version.machine | changed, report.machine | changed


def _refresh(report: Report, suspicions: Sequence[Suspicion], *, now: datetime) -> None:
    version = current_version(report)
    facts = facts_of_suspicions(suspicions)
    machine = _newest_content(report, version, suspicions, facts)
    content, automatic = _refresh_untouched(version, machine)
    is_changed = content != content_from_json(version.content)
    newest = content_to_json(machine)
    state = state_of_facts(suspicions, facts)
    with transaction.atomic():
        if is_changed and report.status in WITH_AUTHORS:
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
                **state,
            )
        elif newest != report.machine:
            unchanged = Report.objects.filter(
                pk=report.pk, status=report.status, version=report.version, last_change=report.last_change
            )
            if not unchanged.update(machine=newest):
                raise ChangedMeanwhile(_("Another person changed this report. Check it before you try again."))
            record_report_event(report, "facts_offered", at=now, **state)
        for suspicion in suspicions:
            revision = suspicion.verification.revision
            # If the suspicion has moved to another report meanwhile, that report still needs the facts.
            # If it was set to 0 meanwhile, a person requested a further refresh.
            unwritten = Suspicion.objects.filter(
                pk=suspicion.pk, report=report, facts_revision=suspicion.facts_revision
            )
            unwritten.update(facts_revision=revision)


def _refresh_untouched(version: ReportVersion, machine: ReportContent) -> tuple[ReportContent, dict[str, Any]]:
    """Return the content of a version with refreshed text, and the automatic text to store with the content.

    Fields that people have edited are not refreshed.
    """
    newest = content_to_json(machine)
    outdated = [
        field for field in FROM_FACTS if version.is_untouched(field) and version.content[field] != newest[field]
    ]
    content = replace(content_from_json(version.content), **{field: getattr(machine, field) for field in outdated})
    return content, version.machine | {field: newest[field] for field in outdated}
