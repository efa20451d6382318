"""A report that a person starts by hand about a release's pre-release access list, with the facts that it holds."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction

from breaches import access_on_record, filing, practices
from breaches.access_account import account_of_access
from breaches.content import Output, ReportContent, to_json
from breaches.machine_text import of_releases
from breaches.models import Report, StartedReport
from breaches.permissions import starting_role
from breaches.references import free_references
from breaches.remarks import impossible
from breaches.status import Kind, ReportStatus
from breaches.versions import new_version, record
from releases import public
from releases.lifecycle import MoveRefused
from releases.london import local_date
from releases.models import Release

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


@dataclass(frozen=True, slots=True)
class Started:
    """The report about a list; `is_new` is false where somebody had started it already."""

    report: Report
    is_new: bool


class CannotHaveHappened(MoveRefused):
    """The day on which it is said to have happened cannot be; `field` names it."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.field = "occurred_on"


def open_report(release: Release) -> Report | None:
    """Return the undecided report about a release's pre-release access list, if somebody has started one."""
    return Report.objects.undecided().filter(started__release=release, kind=Kind.PRA).order_by("-pk").first()


def start(release: Release, *, occurred_on: date, by: "User", at: datetime) -> Started:
    """Start a report about a release's pre-release access list, or return the one that is open already.

    The machine fills in what the list holds: posts and organisations, periods and times. What happened, its impact and
    what is done about it are for people to write.

    :param occurred_on: the day, in London, on which it happened, as the person says; its edition of the Code is cited.
    :param at: the aware instant of starting.
    :raises NotYours: if the person writes no reports of the release's producer.
    :raises CannotHaveHappened: if that day is still to come.
    """
    with transaction.atomic():
        stored = _held(release)
        role = starting_role(by, stored.series.producer)
        if (earlier := open_report(stored)) is not None:
            return Started(earlier, is_new=False)
        content = _content(stored, occurred_on=occurred_on, at=at)
        if remarks := impossible(content, today=local_date(at)):
            raise CannotHaveHappened(remarks[0].sentence)
        (reference,) = free_references([f"breach-pra-{stored.reference}"])
        report = Report.objects.create(
            reference=reference,
            producer=stored.series.producer,
            kind=Kind.PRA,
            status=ReportStatus.DRAFT,
            machine=to_json(content),
            rehearsal=stored.rehearsal,
            drafted_at=at,
            occurred_on=filing.first_day(content),
        )
        filing.cite({report: content})
        number = StartedReport.objects.filter(release=stored).count() + 1
        StartedReport.objects.create(report=report, release=stored, number=number, started_by=by, started_at=at)
        version = new_version(report, content, machine=report.machine, by=None, at=at, why="started")
        version.save()
        record(
            report,
            "started",
            at=at,
            by=by,
            role=role,
            release=stored.reference,
            version=version.number,
            content_sha256=version.content_sha256,
        )
    return Started(report, is_new=True)


def _held(release: Release) -> Release:
    """Return a release as it is stored, locked, so that two who start a report about it start one."""
    held = Release.objects.select_for_update(of=("self",)).select_related(
        "series__producer", "series__responsible", "series__head_of_profession"
    )
    return held.prefetch_related("addresses").get(pk=release.pk)


def _content(release: Release, *, occurred_on: date, at: datetime) -> ReportContent:
    facts = access_on_record.access_facts_of(release, now=at)
    return replace(
        of_releases([release]),
        # The address of a release that is not out is nobody's to know, and the report may leave the house before.
        outputs=(Output(release.title, public.page_of(release, now=at)),),
        practices=practices.of_pre_release_access(occurred_on),
        occurred_on=(occurred_on,),
        circumstances=account_of_access(facts),
    )
