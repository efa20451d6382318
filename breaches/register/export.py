"""The register and its figures as files. Each export of the register is recorded."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _

from breaches import text
from breaches.models import CorrectiveAction, RegisterEvent, Suspicion
from breaches.permissions import TABLE, Action
from breaches.register import search
from breaches.register.search import RegisterFilter
from breaches.rules.content import ReportContent, content_from_json
from breaches.rules.lifecycle import Cause, Decision, DismissalReason, RecordingReason, ReportKind, ReportStatus
from breaches.rules.statistics import (
    Figures,
    History,
    Quarter,
    by_quarter,
    by_year,
    figures_of,
    quarters_of,
    repeat_causes,
)
from releases.models import Membership, Producer
from releases.permissions import NotYours, producers_with
from releases.rules import tables
from releases.rules.calendar import in_london, local_date
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import BY_WEIGHT, LEADS, Role
from releases.rules.tables import TableKind, Value
from releases.verdict.address import Outcome

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


WHOSE = ("producer", "series", "first_day", "last_day")
SHARES = 10_000


@dataclass(frozen=True, slots=True)
class FigurePart:
    """The producer and series that the figures of some lines are about; "" means all."""

    producer: str
    series: str
    history: History


def _figure_values(of: Figures) -> dict[str, Value]:
    return {
        "due_and_verified": of.due,
        **{one.value: of.by_outcome.get(one, 0) for one in Outcome if one is not Outcome.PENDING},
        "share_on_time": _share(of.on_time_rate),
        "delays": of.delays.number,
        "delay_median_seconds": _blank(of.delays.middle),
        "delay_95th_percentile_seconds": _blank(of.delays.nearly_all),
        "delay_worst_seconds": _blank(of.delays.worst),
        "breaches": of.breaches,
        **{one.value: of.by_decision.get(one, 0) for one in Decision},
        **{f"dismissed_{one.value}": of.by_reason.get((Decision.DISMISSED, one), 0) for one in DismissalReason},
        **{f"recorded_{one.value}": of.by_reason.get((Decision.RECORDED, one), 0) for one in RecordingReason},
        "days_to_approval_median": _blank(of.days_to_approval.middle),
        "days_to_approval_longest": _blank(of.days_to_approval.worst),
        "days_to_sending_median": _blank(of.days_to_sending.middle),
        "days_to_sending_longest": _blank(of.days_to_sending.worst),
        "approvals": of.approvals,
        "one_person_approvals": of.one_person_approvals,
        "dates_changed_on_the_day": of.same_day_changes,
        "actions_not_done": of.open_actions,
        "actions_overdue": of.overdue_actions,
        **{f"cause_{one.value}": of.by_cause.get(one, 0) for one in Cause},
    }


def _share(rate: Fraction | None) -> Value:
    """Write a share, rounded down as on the page, so that 1 means all of them."""
    return "" if rate is None else math.floor(rate * SHARES) / SHARES


def _blank(value: float | None) -> Value:
    return "" if value is None else value


NOTHING = figures_of(History())
AGAIN = "breaches_of_a_cause_that_came_again"
FIGURE_COLUMNS = (*WHOSE, *_figure_values(NOTHING), AGAIN)


def write_figures(parts: Iterable[FigurePart], kind: TableKind, *, year: int, title: str) -> bytes:
    """Write the figures of a year and of the previous year, for each whole year and each quarter.

    :param title: the title of a sheet.
    """
    lines = (line for part in parts for line in _figure_lines(part, year))
    return tables.write_table(kind, FIGURE_COLUMNS, lines, title=title)


def _figure_lines(part: FigurePart, year: int) -> Iterator[list[Value]]:
    years = {one: figures_of(of) for one, of in by_year(part.history).items()}
    quarters = {one: figures_of(of) for one, of in by_quarter(part.history).items()}
    again = repeat_causes(part.history.cases).values()

    def line(within: Sequence[Quarter], figures: Figures) -> list[Value]:
        whose = [part.producer, part.series, within[0].first.isoformat(), within[-1].last.isoformat()]
        repeats = sum(found.get(one, 0) for one in within for found in again)
        return [*whose, *_figure_values(figures).values(), repeats]

    for one in (year, year - 1):
        yield line(quarters_of(one), years.get(one, NOTHING))
        for quarter in quarters_of(one):
            yield line([quarter], quarters.get(quarter, NOTHING))


EXPORTED = "exported"
MOST_REPORTS = 10_000
ZONE = "Europe/London"


class CannotBeExported(Exception):
    """No report fits, or there are more than a file can contain; the message is one sentence."""


def producers_with_contacts(person: "User") -> QuerySet[Producer]:
    """Return the producers for which a person may export contacts: those that they lead."""
    return producers_with(person, LEADS)


def export_register(
    filters: RegisterFilter, kind: TableKind, *, by: "User", at: datetime, contacts: bool = False
) -> bytes:
    """Write the requested reports as a file, and record who downloads it, when, and what it contains.

    The event is written before the file is sent.

    :param at: the aware instant of the export.
    :param contacts: whether the person asks for names, addresses and numbers; they are written for the producers where
        the person leads, and for no other.
    :raises NotYours: if a person who leads no producer asks for contacts.
    :raises CannotBeExported: if no report fits, or there are more than a file can contain.
    """
    with_contacts = set(producers_with_contacts(by).values_list("pk", flat=True)) if contacts else set[int]()
    if contacts and not with_contacts:
        message = f"{by} may take no contacts out of the register."
        raise NotYours(message)
    found = search.select_reports(filters, by=by, action=Action.DOWNLOAD)
    number = found.count()
    if not number:
        raise CannotBeExported(_("No report that you may download fits."))
    if number > MOST_REPORTS:
        sentence = _("A file holds %(most)s reports at most, and these are %(number)s: choose fewer.")
        raise CannotBeExported(sentence % {"most": f"{MOST_REPORTS:,}", "number": f"{number:,}"})
    raised = Suspicion.objects.select_related("release__series", "verification")
    planned = CorrectiveAction.objects.select_related("task")
    reports = list(
        search.with_outcome(search.with_text(found))
        .select_related("started__release__series", "started__series")
        .prefetch_related(
            Prefetch("suspicions", raised, to_attr="raised"), Prefetch("actions", planned, to_attr="planned")
        )
    )
    rows = [_register_row(report, with_contacts, local_date(at)) for report in reports]
    written = tables.write_table(kind, list(rows[0]), (list(row.values()) for row in rows), title=_("Breach reports"))
    query = {
        field.name: search.describe_filter(value)
        for field in fields(filters)
        if (value := getattr(filters, field.name))
    }
    facts = {"asked": query, "file": kind.value, "sha256": sha256_hex(written)}
    numbers = Counter(report.producer_id for report in reports)
    roles = _download_roles(by)
    RegisterEvent.append(
        [
            RegisterEvent(
                producer_id=producer,
                kind=EXPORTED,
                at=at,
                actor=by,
                facts={**facts, "role": roles[producer], "reports": number, "contacts": producer in with_contacts},
            )
            for producer, number in sorted(numbers.items())
        ]
    )
    return written


def _register_row(report: Any, with_contacts: Collection[int], today: date) -> dict[str, Value]:
    """Return the values of a report by column.

    :param with_contacts: the keys of the producers whose contacts are written; with none there are no such columns.
    """
    content = content_from_json(report.standing[0].content)
    open_actions = [action for action in report.planned if action.finished_at is None]
    verification = report.raised[0].verification if report.raised else None
    return {
        "reference": report.reference,
        "producer": report.producer.name,
        "producers_named": "; ".join(content.producers),
        "outputs": "; ".join(output.title for output in content.outputs),
        "series": "; ".join(dict.fromkeys(_series_titles(report))),
        "kind": str(text.KINDS[ReportKind(report.kind)]),
        "cause": text.cause_name(report.cause),
        "state": str(text.STATUSES[ReportStatus(report.status)][0]),
        "reason_not_reported": text.reason_name(report),
        "occurred_on": _day(report.occurred_on),
        "all_days_of_occurrence": " ".join(map(_day, sorted(content.occurred_on))),
        "practices": "; ".join(f"{practice.code} (edition {practice.edition})" for practice in content.practices),
        "delay_at_least_seconds": _seconds(verification and verification.delay_from),
        "delay_at_most_seconds": _seconds(verification and verification.delay_to),
        "drafted_at": _local(report.drafted_at),
        "decided_at": _local(report.decided_at),
        "first_approved_at": _local(report.approved_at),
        "first_sent_on": _day(report.sent_on),
        "approved_by_who_wrote_it": "yes" if report.alone else "",
        "actions": len(report.planned),
        "actions_not_done": len(open_actions),
        "actions_overdue": sum(action.due is not None and action.due < today for action in open_actions),
        "statement": content.statement_url,
        "zone": ZONE,
        **(_contacts(content, visible=report.producer_id in with_contacts) if with_contacts else {}),
    }


def _series_titles(report: Any) -> Iterator[str]:
    yield from (suspicion.release.series.title for suspicion in report.raised)
    if started := getattr(report, "started", None):
        series = started.release.series if started.release else started.series
        yield from [series.title] if series else []


def _contacts(content: ReportContent, *, visible: bool) -> dict[str, Value]:
    people = {"dealing": content.dealing, "head_of_profession": content.head_of_profession}
    return {
        f"{whose}_{part}": getattr(person, part) if visible and person else ""
        for whose, person in people.items()
        for part in ("name", "email", "telephone")
    }


def _download_roles(person: "User") -> Mapping[int, Role]:
    """Return, for each producer, the most senior role that lets a person download reports."""
    held: dict[int, set[Role]] = {}
    allowed = Membership.objects.filter(user=person, role__in=list(TABLE[Action.DOWNLOAD]))
    for producer, role in allowed.values_list("producer_id", "role"):
        held.setdefault(producer, set()).add(Role(role))
    return {producer: next(role for role in BY_WEIGHT if role in roles) for producer, roles in held.items()}


def _seconds(value: float | None) -> Value:
    return "" if value is None else round(value)


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""


def _local(instant: datetime | None) -> Value:
    return in_london(instant).replace(tzinfo=None) if instant else ""
