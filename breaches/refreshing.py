"""The automatic text of a report, and open reports brought up to date with the record."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from django.db import transaction
from django.db.models import F, Prefetch
from django.utils.translation import gettext as _

from breaches import code_of_practice
from breaches.facts import facts_of_suspicions
from breaches.models import Report, ReportEvent, ReportVersion, Suspicion
from breaches.rules.annex import annex_of
from breaches.rules.content import (
    FROM_FACTS,
    CitedPractice,
    ContactPerson,
    Output,
    ReportContent,
    content_from_json,
    content_to_json,
)
from breaches.rules.facts import Facts
from breaches.rules.lifecycle import EDIT, OPEN, REPORT, ReportStatus
from breaches.rules.narrative import write_account
from breaches.versions import FACTS, advance_report, content_of, current_version, record_event
from releases.models import Address, Contact, Release, Series
from releases.rules.lifecycle import ChangedMeanwhile
from releases.rules.london import local_date
from releases.verdict.address import AddressVerdict


class PracticesOn(Protocol):
    """Gives what the machine cites for a kind of breach and a day of occurrence."""

    def __call__(self, kind: str, *, on: date) -> tuple[CitedPractice, ...]: ...


def machine_content(
    suspicions: Iterable[Suspicion],
    facts: Mapping[int, Facts],
    *,
    practices_on: PracticesOn,
) -> ReportContent:
    """Fill in what is on record about the suspicions of one report.

    Cause, impact, corrective actions and the date of the report stay empty: people write the first three, and
    approval sets the last.

    :param suspicions: read with `release__series__producer`, the series' contacts, and the release's addresses.
    :param facts: the facts on each suspicion's verdict, by the verdict's key.
    :param practices_on: gives what the machine cites for a kind of breach and a day of occurrence.
    """
    listed = list(suspicions)
    occurred = [(suspicion.kind, on) for suspicion in listed if (on := _occurred_on(suspicion)) is not None]
    verdicts = dict.fromkeys(suspicion.verification_id for suspicion in listed)
    return replace(
        content_of_releases({suspicion.release_id: suspicion.release for suspicion in listed}.values()),
        practices=tuple(dict.fromkeys(practice for kind, on in occurred for practice in practices_on(kind, on=on))),
        occurred_on=tuple(sorted({on for _kind, on in occurred})),
        circumstances="\n\n".join(write_account(facts[verdict]) for verdict in verdicts),
    )


def content_of_releases(releases: Collection[Release]) -> ReportContent:
    """Fill in what is on record about some releases: outputs, producers, and whom to reach.

    :param releases: read with their series, its producer and contacts, and their addresses.
    """
    outputs = tuple(Output(release.title, _page(release)) for release in releases)
    return replace(content_of_series([release.series for release in releases]), outputs=outputs)


def content_of_series(series: Collection[Series]) -> ReportContent:
    """Fill in what is on record about some series: producers, and whom to reach.

    :param series: read with their producer and contacts.
    """
    return ReportContent(
        producers=tuple(dict.fromkeys(one.producer.name for one in series)),
        dealing=_first_person(one.responsible for one in series),
        head_of_profession=_first_person(one.head_of_profession for one in series),
    )


def _occurred_on(suspicion: Suspicion) -> date | None:
    # A verdict that was corrected since no longer says when; what was due then is still the day in question.
    occurred_at = suspicion.verification.occurred_at or suspicion.verification.due_at
    return local_date(occurred_at) if occurred_at else None


def _page(release: Release) -> str:
    pages = (address.url for address in release.addresses.all() if address.role == Address.Role.PAGE)
    return next(pages, "")


def _first_person(contacts: Iterable[Contact | None]) -> ContactPerson | None:
    contact = next((contact for contact in contacts if contact), None)
    if contact is None:
        return None
    return ContactPerson(contact.name, contact.email, contact.telephone, is_team=contact.is_team)


# While a report is with the Head of Profession nothing enters it but by a person's act.
OPEN_TO_THE_MACHINE = (ReportStatus.DRAFT, ReportStatus.RETURNED)
ENTERED = ("drafted", "joint_drafted", "facts_refreshed")
ABOUT_FACTS = (*ENTERED, "facts_offered")

# A release that is still missing changes its figures with every look; the account follows at growing intervals.
SHORTEST_INTERVAL = timedelta(minutes=15)
SHARE_OF_ITS_AGE = 0.25


def facts_now(suspicions: Iterable[Suspicion]) -> list[list[Any]]:
    """Say where the verdicts of a report stand: what changes in it is news, other figures merely grow.

    :param suspicions: read with their verification.
    """
    return [
        [
            suspicion.kind,
            suspicion.verification.outcome,
            suspicion.verification.first_live_at and suspicion.verification.first_live_at.isoformat(),
            [
                [
                    result.verdict.outcome,
                    result.verdict.from_due,
                    *_first_flip(result.verdict),
                ]
                for result in suspicion.verification.results
            ],
        ]
        for suspicion in sorted(suspicions, key=lambda suspicion: suspicion.pk)
    ]


def _first_flip(verdict: AddressVerdict) -> list[str | None]:
    """Return when an address was first gone, and when it was seen again; how often that happens again merely grows."""
    if not verdict.flips:
        return [None]
    first = verdict.flips[0]
    return [first.gone_at.isoformat(), *([first.back_at.isoformat()] if first.back_at else [])]


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
        if not _is_due(facts_now(suspicions), told.get(report.pk), now=now, drafted_at=report.drafted_at):
            continue
        try:
            _refresh(report, suspicions, now=now)
        except ChangedMeanwhile:
            continue  # a person saved at this very moment; the next run finds what they wrote
        except Exception as fault:  # noqa: BLE001  # raised by draft_missing once the others are done
            faults.append(fault)


def changed_facts(report: Report, version: ReportVersion) -> dict[str, Any]:
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


def refreshed_content(report: Report, suspicions: Sequence[Suspicion], facts: Mapping[int, Facts]) -> ReportContent:
    """Return what an undecided report says, in what nobody edited as the record has it by now; nothing is written.

    :param suspicions: those of the report, read `with_facts`.
    :param facts: the facts on each suspicion's verdict, by the verdict's key.
    """
    version = current_version(report)
    machine = machine_content(suspicions, facts, practices_on=code_of_practice.suggest_practices)
    content, _beside = _refreshed(version, machine)
    return content_from_json(version.content) if content is None else content


def with_annex(report: Report) -> ReportContent:
    """Return what a report says with what the looks show by now as its annex, which is None without a suspicion.

    What nobody edited in an undecided report is told from the very looks of its annex: nothing is written. Beside any
    other text the annex says that it may tell of more.
    """
    suspicions = list(report.suspicions.with_facts())
    facts = facts_of_suspicions(suspicions)
    is_open = bool(facts) and report.status in OPEN
    own_text = not is_open or not current_version(report).is_untouched("circumstances")
    content = refreshed_content(report, suspicions, facts) if is_open else content_of(report)
    return replace(content, annex=annex_of(facts.values(), own_text=own_text) if facts else None)


def with_grown_figures(report: Report) -> ReportContent:
    """Return what an undecided report says, with the figures of the machine's own text that merely grew since.

    A person's move takes them along unread; news in them it does not, for a person has to read that first.
    """
    suspicions = list(report.suspicions.with_facts())
    told = report.events.filter(kind__in=ENTERED).order_by("position").last()
    if not suspicions or told is None or told.facts["standing"] != facts_now(suspicions):
        return content_of(report)
    return refreshed_content(report, suspicions, facts_of_suspicions(suspicions))


def automatic_texts(report: Report, content: ReportContent) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the machine's text to keep beside a content that only the machine brought up to date, and the newest.

    :param content: what `up_to_date` made of the present version.
    """
    version, told = current_version(report), content_to_json(content)
    changed = {
        field: told[field]
        for field in FROM_FACTS
        # Settled wording enters a choice of practices that people have made, which stays theirs.
        if told[field] != version.content[field] and version.is_untouched(field)
    }
    return version.machine | changed, report.machine | changed


def _last_told(reports: Sequence[Report]) -> dict[int, ReportEvent]:
    events = ReportEvent.objects.filter(report__in=reports, kind__in=ABOUT_FACTS).order_by("position")
    return {event.report_id: event for event in events}


def _is_due(stands: list[list[Any]], told: ReportEvent | None, *, now: datetime, drafted_at: datetime) -> bool:
    if told is None or told.facts["standing"] != stands:
        return True
    return now - told.at >= max(SHORTEST_INTERVAL, SHARE_OF_ITS_AGE * (now - drafted_at))


def _refresh(report: Report, suspicions: Sequence[Suspicion], *, now: datetime) -> None:
    facts = facts_of_suspicions(suspicions)
    machine = machine_content(suspicions, facts, practices_on=code_of_practice.suggest_practices)
    version = current_version(report)
    content, beside = _refreshed(version, machine) if report.status in OPEN_TO_THE_MACHINE else (None, None)
    newest = content_to_json(machine)
    stands = facts_now(suspicions)
    with transaction.atomic():
        if content is not None:
            advance_report(
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
    content, newest = content_from_json(version.content), content_to_json(machine)
    changed = {
        field: getattr(machine, field)
        for field in FROM_FACTS
        if version.is_untouched(field) and version.content[field] != newest[field]
    }
    if not changed:
        return None, None
    return replace(content, **changed), version.machine | {field: newest[field] for field in changed}


def _offer(report: Report, machine: dict[str, Any], *, now: datetime, standing: list[list[Any]]) -> None:
    unchanged = Report.objects.filter(pk=report.pk, status=report.status, version=report.version)
    if not unchanged.update(machine=machine):
        sentence = _("This report was changed by somebody else.")
        raise ChangedMeanwhile(sentence)
    record_event(report, "facts_offered", at=now, standing=standing)
