"""Open reports brought up to date with the record: what nobody edited is refreshed, the rest is offered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Prefetch
from django.utils.translation import gettext as _

from breaches.core.account.facts import Facts
from breaches.core.account.gone_again import away_of
from breaches.core.content import ReportContent, from_json, to_json
from breaches.core.status import EDIT, REPORT, ReportStatus
from breaches.drafts.machine_text import FROM_FACTS, machine_content
from breaches.models import Report, ReportEvent, ReportVersion, Suspicion
from breaches.reports import facts_on_record, practices
from breaches.reports.versions import FACTS, advance, content_of, present, record
from releases.rules.lifecycle import ChangedMeanwhile

# While a report is with the Head of Profession nothing enters it but by a person's act.
OPEN_TO_THE_MACHINE = (ReportStatus.DRAFT, ReportStatus.RETURNED)
ENTERED = ("drafted", "joint_drafted", "facts_refreshed")
ABOUT_FACTS = (*ENTERED, "facts_offered")

# A release that is still missing changes its figures with every look; the account follows at growing intervals.
SHORTEST_INTERVAL = timedelta(minutes=15)
SHARE_OF_ITS_AGE = 0.25


def standing(suspicions: Iterable[Suspicion]) -> list[list[Any]]:
    """Say where the verdicts of a report stand: what changes in it is news, other figures merely grow.

    :param suspicions: read with their verification.
    """
    return [
        [
            suspicion.kind,
            suspicion.verification.outcome,
            suspicion.verification.first_live_at and suspicion.verification.first_live_at.isoformat(),
            [
                [address["outcome"], address["from_due"], address["gone_again_at"], *_first_back(address)]
                for address in suspicion.verification.addresses
            ],
        ]
        for suspicion in sorted(suspicions, key=lambda suspicion: suspicion.pk)
    ]


def _first_back(address: Mapping[str, Any]) -> list[str]:
    """Return when an address was seen again after it had first gone; how often that happens again merely grows."""
    return [away.back_at.isoformat() for away in away_of(address)[:1] if away.back_at]


def refresh_open_reports(*, now: datetime, faults: list[Exception]) -> None:
    """Bring every undecided report up to date whose verdicts have moved on since.

    :param now: the aware instant of refreshing.
    :param faults: takes what went wrong with single reports; the others are refreshed all the same.
    """
    outdated = (
        Report.objects.undecided()
        .filter(suspicions__verification__revision__gt=F("suspicions__facts_revision"))
        .select_related("producer")
        .prefetch_related(Prefetch("suspicions", Suspicion.objects.with_facts()))
        .distinct()
    )
    reports = list(outdated)
    told = _last_told(reports)
    for report in reports:
        suspicions = list(report.suspicions.all())
        if not _is_due(standing(suspicions), told.get(report.pk), now=now, drafted_at=report.drafted_at):
            continue
        try:
            _refresh(report, suspicions, now=now)
        except ChangedMeanwhile:
            continue  # a person saved at this very moment; the next run finds what they wrote
        except Exception as fault:  # noqa: BLE001  # raised by draft_missing once the others are done
            faults.append(fault)


def offers(report: Report, version: ReportVersion) -> dict[str, Any]:
    """Return the machine's newer text of each field that changed since the field was last refreshed or saved.

    :return: values as `content.to_json` writes them, by the content's field.
    """
    return {
        field: report.machine[field]
        for field in FROM_FACTS
        if field in report.machine
        and report.machine[field] != version.machine.get(field)
        and report.machine[field] != version.content[field]
    }


def up_to_date(report: Report, suspicions: Sequence[Suspicion], facts: Mapping[int, Facts]) -> ReportContent:
    """Return what an undecided report says, in what nobody edited as the record has it by now; nothing is written.

    :param suspicions: those of the report, read `with_facts`.
    :param facts: the facts on each suspicion's verdict, by the verdict's key.
    """
    version = present(report)
    machine = machine_content(suspicions, facts, practices_on=practices.suggested_for)
    content, _beside = _refreshed(version, machine)
    return from_json(version.content) if content is None else content


def with_grown_figures(report: Report) -> ReportContent:
    """Return what an undecided report says, with the figures of the machine's own text that merely grew since.

    A person's move takes them along unread; news in them it does not, for a person has to read that first.
    """
    suspicions = list(report.suspicions.with_facts())
    told = report.events.filter(kind__in=ENTERED).order_by("position").last()
    if not suspicions or told is None or told.facts["standing"] != standing(suspicions):
        return content_of(report)
    return up_to_date(report, suspicions, facts_on_record.facts_of_suspicions(suspicions))


def machine_beside(report: Report, content: ReportContent) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the machine's text to keep beside a content that only the machine brought up to date, and the newest.

    :param content: what `up_to_date` made of the present version.
    """
    version, told = present(report), to_json(content)
    changed = {
        field: told[field]
        for field in FROM_FACTS
        # Settled wording enters a choice of practices that people have made, which stays theirs.
        if told[field] != version.content[field] and is_untouched(version, field)
    }
    return version.machine | changed, report.machine | changed


def is_untouched(version: ReportVersion, field: str) -> bool:
    """Tell whether a field still holds the machine's own text."""
    return bool(version.content[field] == version.machine.get(field))


def _last_told(reports: Sequence[Report]) -> dict[int, ReportEvent]:
    events = ReportEvent.objects.filter(report__in=reports, kind__in=ABOUT_FACTS).order_by("position")
    return {event.report_id: event for event in events}


def _is_due(stands: list[list[Any]], told: ReportEvent | None, *, now: datetime, drafted_at: datetime) -> bool:
    if told is None or told.facts["standing"] != stands:
        return True
    return now - told.at >= max(SHORTEST_INTERVAL, SHARE_OF_ITS_AGE * (now - drafted_at))


def _refresh(report: Report, suspicions: Sequence[Suspicion], *, now: datetime) -> None:
    facts = facts_on_record.facts_of_suspicions(suspicions)
    machine = machine_content(suspicions, facts, practices_on=practices.suggested_for)
    version = present(report)
    content, beside = _refreshed(version, machine) if report.status in OPEN_TO_THE_MACHINE else (None, None)
    newest = to_json(machine)
    stands = standing(suspicions)
    with transaction.atomic():
        if content is not None:
            advance(
                report,
                REPORT.find(EDIT, source=report.status),
                kind="facts_refreshed",
                by=None,
                at=now,
                content=content,
                machine=beside,
                why=FACTS,
                values={"machine": newest},
                standing=stands,
            )
        elif newest != report.machine:
            _offer(report, newest, now=now, standing=stands)
        for suspicion in suspicions:
            revision = suspicion.verification.revision
            Suspicion.objects.filter(pk=suspicion.pk, facts_revision__lt=revision).update(facts_revision=revision)


def _refreshed(version: ReportVersion, machine: ReportContent) -> tuple[ReportContent | None, dict[str, Any] | None]:
    """Return the content with its untouched facts refreshed, and the machine's text beside it; None if none changes."""
    content, newest = from_json(version.content), to_json(machine)
    changed = {
        field: getattr(machine, field)
        for field in FROM_FACTS
        if is_untouched(version, field) and version.content[field] != newest[field]
    }
    if not changed:
        return None, None
    return replace(content, **changed), version.machine | {field: newest[field] for field in changed}


def _offer(report: Report, machine: dict[str, Any], *, now: datetime, standing: list[list[Any]]) -> None:
    unchanged = Report.objects.filter(pk=report.pk, status=report.status, version=report.version)
    if not unchanged.update(machine=machine):
        sentence = _("This report was changed by somebody else.")
        raise ChangedMeanwhile(sentence)
    record(report, "facts_offered", at=now, standing=standing)
