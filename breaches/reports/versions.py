"""What a report says and said: its versions, its events, and the one way in which it moves on."""

from collections.abc import Mapping
from datetime import datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from breaches.core.changes import CHANGES, ROW_CHANGES
from breaches.core.content import ReportContent, digest, from_json, to_json
from breaches.models import Report, ReportEvent, ReportRowRecord, ReportVersion
from breaches.reports.filing import cite_anew, first_day
from releases.models.append_only import CHUNK
from releases.models.row_record import Rows
from releases.rules.lifecycle import ChangedMeanwhile, Move

if TYPE_CHECKING:
    from statsoffice.accounts.models import User

CHANGED_SINCE_READ = lazy("The report has changed since you read it; read it again before you decide.")

FACTS = "facts"
"""Why there is a version that the machine alone brought up to date: whoever moved the report on wrote nothing of it."""


def present(report: Report) -> ReportVersion:
    """Return the version that a report, as it was read, stands at."""
    return report.versions.get(number=report.version)


def content_of(report: Report) -> ReportContent:
    """Return what a report, as it was read, says."""
    return from_json(present(report).content)


def record(
    report: Report,
    kind: str,
    also: Rows | None = None,
    /,
    *,
    at: datetime,
    by: "User | None" = None,
    words: str = "",
    **facts: Any,
) -> ReportEvent:
    """Write one event of a report, number the report by it if it outdates open forms, and record what it changed.

    The caller holds the row of the report locked before such an event: others lock the row before the chain.

    :param also: other rows whose digests are recorded with that of the report.
    :param at: the aware instant at which it happened.
    :param by: who did it, or None for the system.
    :param words: what a person wrote about it.
    :param facts: JSON-able facts of the event.
    """
    event = ReportEvent(
        report=report, report_reference=report.reference, kind=kind, at=at, actor=by, words=words, facts=facts
    )
    with transaction.atomic():
        ReportEvent.append([event])
        if kind in CHANGES:
            Report.objects.filter(pk=report.pk).update(last_change=event.position)
            report.last_change = event.position
        changed: Rows = {Report: [report.pk]} if kind in ROW_CHANGES else {}
        ReportRowRecord.record({**changed, **(also or {})})
    return event


def changes_since(report: Report, read: int) -> QuerySet[ReportEvent]:
    """Return the events of a report that outdate a form, in order.

    :param read: the number of the last change that the form carries.
    """
    return report.events.filter(kind__in=CHANGES, position__gt=read).order_by("position")


def new_version(
    report: Report,
    content: ReportContent,
    *,
    machine: dict[str, Any],
    by: "User | None",
    at: datetime,
    why: str,
) -> ReportVersion:
    """Build, without storing it, the version that a report's number now names.

    :param machine: the machine's text of each field, as it stood beside the person's when this was written.
    :param why: what made it: such as drafted, facts, edited, wording, approved or reopened.
    """
    return ReportVersion(
        report=report,
        number=report.version,
        content=to_json(content),
        machine=machine,
        content_sha256=digest(content),
        written_by=by,
        written_at=at,
        why=why,
    )


def advance(
    report: Report,
    move: Move,
    *,
    kind: str,
    by: "User | None",
    at: datetime,
    content: ReportContent | None = None,
    machine: dict[str, Any] | None = None,
    why: str = "",
    values: Mapping[str, Any] | None = None,
    words: str = "",
    **facts: Any,
) -> Report:
    """Make one move of the lifecycle, with a new version if the content is given, and write its event.

    The move is a compare-and-set on the status, the version and the last change with which the report was read.

    :param kind: the event's kind, in the past tense.
    :param machine: the machine's text beside the new content; the one of the present version if not given.
    :param values: further columns of the report to set.
    :return: the report as it now is.
    :raises SomebodyWasFaster: if the report has moved on since it was read; nothing is changed then.
    """
    number = report.version + (content is not None)
    with transaction.atomic():
        unchanged = Report.objects.filter(
            pk=report.pk, status=move.source, version=report.version, last_change=report.last_change
        )
        filed = {} if content is None else {"occurred_on": first_day(content)}
        if not unchanged.update(status=move.target, version=number, **filed, **(values or {})):
            sentence = _("This report was changed by somebody else; look at it again before you go on.")
            raise ChangedMeanwhile(sentence)
        moved = Report.objects.select_related("producer").get(pk=report.pk)
        if content is not None:
            beside = present(report).machine if machine is None else machine
            new_version(moved, content, machine=beside, by=None if why == FACTS else by, at=at, why=why).save()
            cite_anew(moved, content)
        version = present(moved)
        record(
            moved,
            kind,
            {} if content is None else {ReportVersion: [version.pk]},
            at=at,
            by=by,
            words=words,
            status=[move.source, move.target],
            version=[report.version, number],
            content_sha256=version.content_sha256,
            **facts,
        )
    return moved


def check_versions() -> str | None:
    """Return one sentence on the first version of a report that no event names with its hash, or None."""
    versions = list(ReportVersion.objects.values_list("report__reference", "number", "content_sha256", "pk"))
    events = ReportEvent.objects.filter(facts__has_key="content_sha256").values_list("report_reference", "facts")
    named = {
        (reference, _number(facts["version"]), facts["content_sha256"])
        for reference, facts in events.iterator(chunk_size=CHUNK)
    }
    for *version, key in sorted(versions, key=itemgetter(3)):
        if tuple(version) not in named:
            return f"{ReportVersion._meta.label_lower} {key} is not a version that an event names"
    return None


def _number(version: int | list[int]) -> int:
    # A move states the version before as well.
    return version[-1] if isinstance(version, list) else version
