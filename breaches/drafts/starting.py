"""A report that a person starts by hand, with what is on record about a release, a series or a producer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from breaches.core.account.access_account import account_of_access
from breaches.core.account.narrative import account
from breaches.core.content import Output, Person, ReportContent, to_json
from breaches.core.remarks import impossible
from breaches.core.status import RESTRICTED, Kind, ReportStatus
from breaches.drafts import access_on_record
from breaches.drafts.machine_text import of_releases, of_series
from breaches.models import Report, ReportVersion, StartedReport
from breaches.permissions import TABLE, Action, reports_with, starting_role
from breaches.reports import facts_on_record, filing, practices
from breaches.reports.references import reference_to_start
from breaches.reports.versions import new_version, record
from releases.models import Producer, Release, Series, Verification
from releases.models.event import hold
from releases.models.row_record import Rows
from releases.public import calendar
from releases.rules.lifecycle import MoveRefused, Role
from releases.rules.london import local_date
from releases.verdict.address import ASKS_A_PERSON

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

# A report about nothing that is on record has no text of the record beside it, only an account that is still empty.
NOTHING_ON_RECORD = {"circumstances": ""}
# Two people who start a report about the same thing at once may want the same name for it.
ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class About:
    """What a report is started from: a release, a series, or a producer alone."""

    producer: Producer
    release: Release | None = None
    series: Series | None = None


@dataclass(frozen=True, slots=True)
class Suggested:
    """What a report on a release that needs checking is about, and the day, in London, on which it was due."""

    kind: Kind
    on: date


@dataclass(frozen=True, slots=True)
class Started:
    """The report that was started; `is_new` is false where it had been started already."""

    report: Report
    is_new: bool


class CannotHaveHappened(MoveRefused):
    """The days on which it is said to have happened cannot be; `field` names them."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.field = "occurred_on"


def open_reports(about: About, *, by: "User") -> list[Report]:
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
    return theirs.filter(started__release=release, kind=Kind.PRA).order_by("-pk").first()


def suggest(release: Release) -> Suggested | None:
    """Suggest what to start a report with, if the record cannot tell whether a release was on time; else None."""
    verdict = _unsettled_verdict(release)
    return Suggested(Kind.LATE, local_date(verdict.due_at)) if verdict else None


def _unsettled_verdict(release: Release) -> Verification | None:
    present = Verification.objects.filter(release=release, schedule_version=release.schedule_version)
    return present.select_related("release__series__producer").filter(outcome__in=ASKS_A_PERSON).first()


def start_about_list(release: Release, *, occurred_on: date, by: "User", at: datetime) -> Started:
    """Start a report about a release's pre-release access list, or return the one that is open to the person already.

    Takes and raises what `start` does.
    """
    with transaction.atomic():
        held = hold(release.pk)
        if (earlier := open_report_about_list(held, by=by)) is not None:
            return Started(earlier, is_new=False)
        about = About(held.series.producer, release=held)
        return start(about, kind=Kind.PRA, occurred_on=(occurred_on,), by=by, at=at, form_key=uuid4())


def start(
    about: About, *, kind: Kind, occurred_on: Sequence[date], by: "User", at: datetime, form_key: UUID
) -> Started:
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
    if remarks := impossible(content, today=local_date(at)):
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
    about: About, content: ReportContent, *, kind: Kind, by: "User", role: Role, at: datetime, form_key: UUID
) -> Started:
    on_record = to_json(content) if content.circumstances else {}
    with transaction.atomic():
        report = Report.objects.create(
            reference=reference_to_start(_wanted(about, kind, content.occurred_on[0]), kind=kind),
            producer=about.producer,
            kind=kind,
            status=ReportStatus.DRAFT,
            machine=on_record,
            rehearsal=about.release is not None and about.release.rehearsal,
            drafted_at=at,
            occurred_on=filing.first_day(content),
        )
        filing.cite({report: content})
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
        record(report, "started", also, at=at, by=by, role=role, **_facts(about, report, version.content_sha256))
    return Started(report, is_new=True)


def _started_by_form(form_key: UUID, *, by: "User") -> Started | None:
    earlier = StartedReport.objects.select_related("report").filter(form_key=form_key, started_by=by).first()
    return Started(earlier.report, is_new=False) if earlier else None


def _content(about: About, *, kind: Kind, occurred_on: Sequence[date], by: "User", at: datetime) -> ReportContent:
    days = tuple(sorted(set(occurred_on)))
    cited = dict.fromkeys(practice for on in days for practice in practices.suggested_for(kind, on=on))
    on_record = _on_record(about, at=at)
    if kind in RESTRICTED and not _is_responsible(by, about):
        on_record = replace(on_record, dealing=Person(by.name, by.email))
    return replace(
        on_record,
        practices=tuple(cited),
        occurred_on=days,
        circumstances=_account(about, kind=kind, at=at),
    )


def _on_record(about: About, *, at: datetime) -> ReportContent:
    if about.release is not None:
        release = about.release
        # The address of a release that is not out is nobody's to know, and the report may leave the house before.
        outputs = (Output(release.title, calendar.page_of(release, now=at)),)
        return replace(of_releases([release]), outputs=outputs)
    if about.series is not None:
        return replace(of_series([about.series]), outputs=(Output(about.series.title),))
    return ReportContent(producers=(about.producer.name,))


def _is_responsible(person: "User", about: About) -> bool:
    series = about.release.series if about.release else about.series
    return bool(series and series.responsible and series.responsible.user_id == person.pk)


def _account(about: About, *, kind: Kind, at: datetime) -> str:
    if about.release is None:
        return ""
    if kind is Kind.PRA:
        return account_of_access(access_on_record.access_facts_of(about.release, now=at))
    verdict = _unsettled_verdict(about.release) if kind is Kind.LATE else None
    return account(facts_on_record.facts_of([verdict])[verdict.pk]) if verdict else ""


def _wanted(about: About, kind: Kind, on: date) -> str:
    if about.release is not None:
        return f"breach-pra-{about.release.reference}" if kind is Kind.PRA else f"breach-{about.release.reference}"
    return f"breach-{about.series.slug if about.series else about.producer.slug}-{on.isoformat()}"


def _facts(about: About, report: Report, content_sha256: str) -> dict[str, Any]:
    about_release = {"release": about.release.reference} if about.release else {}
    about_series = {"series": about.series.slug} if about.series else {}
    numbered = {"version": report.version, "content_sha256": content_sha256, "breach": report.kind}
    return about_release | about_series | numbered
