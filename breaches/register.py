"""The register of breach reports: its filters and lists, its export as a file, and the log of near misses."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time
from functools import reduce
from operator import or_
from typing import Any

from django.contrib.postgres.search import SearchVector
from django.db.models import (
    Case,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    IntegerField,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextField,
    When,
)
from django.db.models import Value as Constant
from django.db.models.expressions import BaseExpression, Combinable
from django.db.models.fields.json import KeyTextTransform, KeyTransform
from django.db.models.functions import Cast, Concat, Lower
from django.utils.translation import gettext as _

from breaches import text
from breaches.models import (
    ApprovedDocument,
    CorrectiveAction,
    Dispatch,
    JoinedDraft,
    PracticeCitation,
    RegisterEvent,
    Report,
    ReportEvent,
    ReportQuerySet,
    ReportVersion,
    StartedReport,
    Suspicion,
)
from breaches.permissions import TABLE, Action, listed_reports_with
from breaches.rules.content import ReportContent, content_from_json
from breaches.rules.lifecycle import (
    BREACHES,
    CORRECT,
    MERGED_OR_SPLIT,
    PAST_TENSE,
    STATES,
    Decision,
    ReportKind,
    ReportStatus,
    sort_kinds,
)
from releases.models import PreflightRun, Producer, Release, Series, Statement, Verification
from releases.permissions import (
    COVER_ROLE,
    NotYours,
    Person,
    User,
    cover_of,
    producers_with,
    roles_of,
    standing_roles_of,
)
from releases.rules import tables
from releases.rules.calendar import from_london, in_london, local_date
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import BY_WEIGHT, LEADS
from releases.rules.tables import TableKind, Value
from releases.verdict.address import SUSPICIOUS, Outcome

REASON_AFTER = "."
EDITION_BEFORE = " "


@dataclass(frozen=True, slots=True)
class RegisterFilter:
    """The filters that a person requested. None and "" mean that a filter is not used.

    `decision` is a value of `Decision`, or a decision and a reason, such as "dismissed.check_error". `practice` has the
    edition and the code, such as "2.1 T3.6". If `actions` is "open", only reports with unfinished corrective actions
    match. `first` and `last` are the first and the last day of occurrence, in London, both included.
    """

    producer: Producer | None = None
    series: Series | None = None
    kind: str = ""
    cause: str = ""
    state: str = ""
    decision: str = ""
    practice: str = ""
    actions: str = ""
    first: date | None = None
    last: date | None = None


def describe_filter(value: Any) -> str:
    """Return the value of a filter as text for a query string."""
    return value.isoformat() if isinstance(value, date) else str(getattr(value, "slug", value))


def select_reports(
    filters: RegisterFilter, *, by: Person, action: Action = Action.VIEW, unlisted: Collection[int] | None = None
) -> ReportQuerySet:
    """Return the reports that match the filters, ordered by the day of occurrence, the latest first.

    Reports without a day of occurrence come last. They do not match if a first or last day is requested.

    :param by: the person for whom the reports are listed.
    :param action: only reports on which the person may take this action are returned.
    :param unlisted: the result of `find_unlisted_reports`, if the caller already has it.
    """
    # Leave out merged drafts, because the joint report is listed. Leave out joint reports that were split, because
    # their drafts are listed.
    listed = listed_reports_with(by, TABLE[action], unlisted=unlisted)
    found = listed.official().exclude(status__in=MERGED_OR_SPLIT)
    for choice in fields(filters):
        if value := getattr(filters, choice.name):
            found = found.filter(CONDITIONS[choice.name](value))
    return found.order_by(F("occurred_on").desc(nulls_last=True), "-pk")


def with_text(found: ReportQuerySet) -> ReportQuerySet:
    """Load the producer and the present version of each report.

    The present version is the only item of the list `standing`.
    """
    # The automatic text is not loaded. It is as long as the report, so rows with this text would be slow to sort.
    standing = ReportVersion.objects.filter(number=F("report__version")).defer("machine")
    return (
        found.defer("machine")
        .select_related("producer")
        .prefetch_related(Prefetch("versions", standing, to_attr="standing"))
    )


def list_reports(keys: Sequence[int]) -> "list[Any]":
    """Return the reports with these primary keys, in the order of the keys.

    Each report is loaded with its present version, with the attributes of `with_outcome`, and with the verdicts on its
    releases.

    The caller sorts and pages the keys in a separate query, because sorting whole rows is slow.
    """
    outcomes = Prefetch("suspicions", Suspicion.objects.with_outcome())
    reports = with_outcome(with_text(Report.objects.filter(pk__in=keys))).prefetch_related(outcomes)
    found = {report.pk: report for report in reports}
    return [found[key] for key in keys if key in found]


def with_outcome(found: "QuerySet[Report]") -> "QuerySet[Any]":
    """Annotate each report with its first approval, its first dispatch, and whether one person wrote and approved it.

    `approved_at` is an aware instant, and `sent_on` is a day in London. An email counts as a dispatch from the day on
    which the mail server accepted it. `alone` is true if the person who gave the last approval had also written or
    submitted the report. Each attribute is None until there is an approval or a dispatch.
    """
    documents = ApprovedDocument.objects.filter(report=OuterRef("pk"))
    return found.annotate(
        approved_at=Subquery(documents.order_by("approved_at").values("approved_at")[:1]),
        sent_on=first_day_sent(),
        alone=Subquery(documents.order_by("-version").values("one_person")[:1]),
    )


def first_day_sent() -> Subquery:
    """Return the day on which the first version of a report was sent, as an expression for queries of reports."""
    sent = Dispatch.objects.filter(report=OuterRef("pk")).reported().order_by("reported_on")
    return Subquery(sent.values("reported_on")[:1])


def correction_begun_at() -> Subquery:
    """Return when the last correction of a report began, as an expression for queries of reports, or NULL."""
    begun = ReportEvent.objects.filter(report=OuterRef("pk"), kind=PAST_TENSE[CORRECT])
    return Subquery(begun.order_by("-position").values("at")[:1])


def sort_keys() -> Mapping[str, str | BaseExpression | Combinable]:
    """Return a dict that maps each column of the register to the field or expression for sorting by this column."""
    outputs = KeyTransform("outputs", "content")
    title = Lower(KeyTextTransform("title", KeyTransform(0, outputs)))
    standing = ReportVersion.objects.filter(report=OuterRef("pk"), number=OuterRef("version"))
    practices = PracticeCitation.objects.filter(report=OuterRef("pk")).order_by("code")
    return {
        "occurred": "occurred_on",
        "output": Subquery(standing.annotate(first_title=title).values("first_title")[:1]),
        "kind": _by_label("kind", text.KINDS),
        "practice": Subquery(practices.values("code")[:1]),
        "cause": _by_label("cause", text.CAUSES),
        "status": _by_label("status", {state: label for state, (label, _colour) in text.STATUSES.items()}),
        "days": ExpressionWrapper(first_day_sent() - F("occurred_on"), output_field=DurationField()),
    }


def with_words(found: "QuerySet[Report]") -> "QuerySet[Any]":
    """Annotate reports with `words`, the text to search: output titles, circumstances and impact."""
    standing = ReportVersion.objects.filter(report=OuterRef("pk"), number=OuterRef("version"))
    return found.annotate(words=Subquery(standing.order_by().annotate(words=_searched_text()).values("words")[:1]))


def versions_with_vector() -> "QuerySet[Any]":
    """Return all versions of reports with `vector`, the search vector that PostgreSQL searches and indexes."""
    return ReportVersion.objects.annotate(vector=SearchVector(_searched_text(), config="english"))


def _searched_text() -> Concat:
    texts = [Cast(KeyTextTransform(name, "content"), TextField()) for name in ("circumstances", "impact")]
    space = Constant(" ", TextField())
    return Concat(_OutputTitles("content"), space, texts[0], space, texts[1], output_field=TextField())


class _OutputTitles(Func):
    """The titles of all outputs in a report's content, joined into one text."""

    output_field = TextField()
    arity = 1
    template = "jsonb_path_query_array(%(expressions)s, '$.outputs[*].title')::text"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        titles = (
            "(SELECT group_concat(json_extract(value, '$.title'), ' ') FROM json_each(%(expressions)s, '$.outputs'))"
        )
        found: tuple[str, Any] = self.as_sql(compiler, connection, template=f"COALESCE({titles}, '')", **context)
        return found


def _by_label(field_name: str, labels: Mapping[Any, Any]) -> Case:
    """Return an expression that sorts the codes in a field by their labels in the reader's language."""
    in_order = sorted(labels, key=lambda code: str(labels[code]).casefold())
    places = [When(**{field_name: code}, then=Constant(place)) for place, code in enumerate(in_order)]
    return Case(*places, output_field=IntegerField())


def list_cited_practices(*, by: Person, unlisted: Collection[int] | None = None) -> list[tuple[str, str]]:
    """Return the edition and the code of each practice that the reports in a person's register cite.

    Other reports are left out, because a practice that only a restricted report cites would disclose this report.
    """
    listed = select_reports(RegisterFilter(), by=by, unlisted=unlisted).order_by()
    cited = PracticeCitation.objects.filter(report__in=listed.values("pk"))
    return list(cited.order_by("edition", "code").values_list("edition", "code").distinct())


def about_series(series: Series) -> Q:
    suspected = Suspicion.objects.filter(release__series=series, report__isnull=False).values("report")
    started = StartedReport.objects.filter(Q(release__series=series) | Q(series=series)).values("report")
    return Q(pk__in=suspected) | Q(pk__in=started)


def about_kind(kind: str) -> Q:
    """Return the condition for the reports of a kind. A report can have suspicions of several kinds."""
    return Q(kind=kind) | Q(pk__in=Suspicion.objects.filter(kind=kind, report__isnull=False).values("report"))


def about_decision(value: str) -> Q:
    decision, _, reason = value.partition(REASON_AFTER)
    decided = has_decision(Decision(decision))
    return decided & Q(decision_reason=reason) if reason else decided


def has_decision(decision: Decision) -> Q:
    """Return the condition for the reports for which `decision_on` returns this decision."""
    states = Q(status__in=STATES[decision])
    was_sent = Q(Exists(Dispatch.objects.filter(report=OuterRef("pk")).reported()))
    if decision is Decision.UNDECIDED:
        return states & ~was_sent
    if decision is Decision.REPORTED:
        return states | Q(status__in=STATES[Decision.UNDECIDED]) & was_sent
    return states


def is_breach() -> Q:
    """Return the condition for the reports that count as breaches."""
    return reduce(or_, map(has_decision, BREACHES))


def about_practice(value: str) -> Q:
    edition, _, code = value.partition(EDITION_BEFORE)
    return Q(pk__in=PracticeCitation.objects.filter(edition=edition, code=code).values("report"))


def with_open_actions(_value: str) -> Q:
    still_open = CorrectiveAction.objects.open()
    # An action of a merged draft counts in the joint report.
    merged = still_open.filter(report__status=ReportStatus.JOINED).values_list("report", flat=True)
    joints = JoinedDraft.objects.in_force().last_joints_of(merged)
    return Q(pk__in=still_open.values("report")) | Q(pk__in=[joint.pk for joint in joints.values()])


# Functions that convert the value of a filter to a query condition. The keys are the names of the filters.
CONDITIONS: Mapping[str, Callable[[Any], Q]] = {
    "producer": lambda producer: Q(producer=producer),
    "series": about_series,
    "kind": about_kind,
    "cause": lambda cause: Q(cause=cause),
    "state": lambda state: Q(status=state),
    "decision": about_decision,
    "practice": about_practice,
    "actions": with_open_actions,
    "first": lambda day: Q(occurred_on__gte=day),
    "last": lambda day: Q(occurred_on__lte=day),
}


def list_report_entries() -> list[dict[str, Any]]:
    """Return a dict for each listed report, in the order of drafting. The command breach_reports prints the dicts.

    Rehearsals are included, and training reports are left out. If a report has several suspicions, the release, time
    and delay are those of the first suspicion. If a person started the report, `occurred_at` is None, because no time
    is recorded. The day of occurrence is in the content of the report. Instants are in ISO 8601.
    """
    return describe_reports(Report.objects.listed().filter(training__isnull=True).order_by("drafted_at", "pk"))


def describe_reports(found: "QuerySet[Report]") -> list[dict[str, Any]]:
    """Return the dicts of `list_report_entries` for some reports, in the order of the query."""
    suspicions = Prefetch("suspicions", Suspicion.objects.select_related("release", "verification"), to_attr="raised")
    reports = with_text(found).select_related("started__release").prefetch_related(suspicions)  # type: ignore[arg-type]
    return [_entry(report) for report in reports]


def _entry(report: Any) -> dict[str, Any]:
    first = report.raised[0] if report.raised else None
    release = first.release if first else report.started.release if hasattr(report, "started") else None
    verdict = first.shown_verdict if first else None
    occurred_at = verdict.occurred_at if verdict else None
    delay = [verdict.delay_from, verdict.delay_to] if verdict and verdict.delay_from is not None else None
    return {
        "reference": report.reference,
        "release": release.reference if release else "",
        "kind": report.kind,
        "kinds": _list_kinds(report),
        "status": report.status,
        "practices": [practice.code for practice in content_from_json(report.standing[0].content).practices],
        "occurred_at": occurred_at.astimezone(UTC).isoformat() if occurred_at else None,
        "delay_seconds": delay,
        "number": report.number,
    }


# With these outcomes, the checks do not show whether the release was on time. A person's statement can show it.
SILENT = (Outcome.UNCERTAIN, Outcome.CANNOT_TELL)


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A release that was nearly a breach, and the reasons why.

    If the release was late, but within its tolerance, `within_tolerance` is its verdict. If the checks could not show
    whether the release was on time, `stated` has the statements of people who say that it was on time.

    `failed_run` and `passed_run` are set if a preflight found problems, but the last preflight before the due time did
    not. `failed_run` is the last preflight with problems, and `passed_run` is the last preflight.
    """

    release: Release
    within_tolerance: Verification | None = None
    stated: tuple[Statement, ...] = field(default=())
    failed_run: PreflightRun | None = None
    passed_run: PreflightRun | None = None


def near_miss_releases(
    producers: Iterable[Producer] | QuerySet[Producer],
    *,
    now: datetime,
    series: Series | None = None,
    first: date | None = None,
    last: date | None = None,
) -> QuerySet[Release]:
    """Return the releases of some producers that were near misses, the latest first. Rehearsals are left out.

    :param now: the current instant (aware). Releases that are due later are left out, because they have no verdict yet.
    :param first: only releases that were due on or after this London day are returned.
    :param last: only releases that were due on or before this London day are returned.
    """
    judged = Verification.objects.filter(release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"))
    due = Release.objects.filter(series__producer__in=producers, rehearsal=False, due_at__lte=now)
    if series is not None:
        due = due.filter(series=series)
    if first is not None:
        due = due.filter(due_at__gte=from_london(datetime.combine(first, time.min)))
    if last is not None:
        due = due.filter(due_at__lte=from_london(datetime.combine(last, time.max)))
    near = Q(Exists(judged.filter(outcome=Outcome.ON_TIME, delay_from__gt=0)))
    near |= Q(pk__in=_stated_in_time(due))
    runs = PreflightRun.objects.filter(
        release=OuterRef("pk"), schedule_version=OuterRef("schedule_version"), done_at__lt=OuterRef("due_at")
    )
    newer_run = PreflightRun.objects.filter(
        release=OuterRef("release"),
        schedule_version=OuterRef("schedule_version"),
        done_at__gt=OuterRef("done_at"),
        done_at__lt=OuterRef("release__due_at"),
    )
    without_problems = runs.filter(~Exists(newer_run), problems=0)
    near |= Q(Exists(runs.filter(problems__gt=0))) & Q(Exists(without_problems)) & Q(Exists(judged))
    listed = due.filter(near).exclude(Exists(judged.filter(outcome__in=SUSPICIOUS)))
    return listed.select_related("series__producer").order_by("-due_at", "-pk")


def find_near_misses(releases: Sequence[Release]) -> list[NearMiss]:
    """Return the reasons why each release was a near miss, in a fixed number of queries.

    :param releases: some or all of the releases that `near_miss_releases` returns.
    """
    keys = [release.pk for release in releases]
    of_present = Q(schedule_version=F("release__schedule_version"))
    verdicts = {one.release_id: one for one in Verification.objects.filter(of_present, release__in=keys)}
    statements: dict[int, list[Statement]] = defaultdict(list)
    stated = Statement.objects.filter(of_present, release__in=keys, kind=Statement.Kind.WAS_LIVE)
    for statement in stated.select_related("stated_by"):
        statements[statement.release_id].append(statement)
    runs: dict[int, list[PreflightRun]] = defaultdict(list)
    done = PreflightRun.objects.filter(of_present, release__in=keys, done_at__lt=F("release__due_at"))
    for run in done.order_by("done_at", "pk"):
        runs[run.release_id].append(run)
    return [_near_miss(one, verdicts.get(one.pk), statements[one.pk], runs[one.pk]) for one in releases]


def _near_miss(
    release: Release, verdict: Verification | None, statements: Collection[Statement], runs: Sequence[PreflightRun]
) -> NearMiss:
    late = verdict is not None and verdict.outcome == Outcome.ON_TIME and (verdict.delay_from or 0) > 0
    silent = verdict is not None and verdict.outcome in SILENT
    failed_run = next((run for run in reversed(runs) if run.problems), None)
    is_corrected = failed_run is not None and not runs[-1].problems
    return NearMiss(
        release=release,
        within_tolerance=verdict if late else None,
        stated=tuple(one for one in statements if silent and verdict and _in_time(one, verdict)),
        failed_run=failed_run if is_corrected else None,
        passed_run=runs[-1] if is_corrected else None,
    )


def _in_time(statement: Statement, verdict: Verification) -> bool:
    assert statement.live_at is not None  # noqa: S101  # of this kind of statement it is never empty
    return verdict.due_at <= statement.live_at <= verdict.limit_at


def _stated_in_time(due: QuerySet[Release]) -> set[int]:
    """Return the keys of the releases that were live in time according to a person's statement.

    Releases are left out if their checks show whether they were on time.
    """
    statements = Statement.objects.filter(release__in=due, kind=Statement.Kind.WAS_LIVE)
    silent = Verification.objects.filter(
        release__in=statements.values("release"), schedule_version=F("release__schedule_version"), outcome__in=SILENT
    )
    verdicts = {(one.release_id, one.schedule_version): one for one in silent}
    of_silent = statements.filter(release__in=[release for release, _ in verdicts])
    return {
        one.release_id
        for one in of_silent
        if (verdict := verdicts.get((one.release_id, one.schedule_version))) and _in_time(one, verdict)
    }


EXPORTED = "exported"
MOST_REPORTS = 10_000
ZONE = "Europe/London"


class CannotBeExported(Exception):
    """No report matches the filters, or too many reports match for one file. The message is shown to the person."""


def producers_with_contacts(person: User) -> QuerySet[Producer]:
    """Return the producers whose contacts a person may export, because the person leads them."""
    return producers_with(person, LEADS)


def export_register(
    filters: RegisterFilter, kind: TableKind, *, by: User, at: datetime, contacts: bool = False
) -> bytes:
    """Write the reports that match the filters as a file, and record the export.

    Each producer with reports in the file gets an event, which says who exported the file, when, and what it contains.
    The events are saved before the file is sent.

    :param at: the time of the export (aware).
    :param contacts: whether to include names, email addresses and telephone numbers. They are only included for the
        producers that the person leads.
    :raises NotYours: if a person who leads no producer asks for contacts.
    :raises CannotBeExported: if no report matches the filters, or too many reports match for one file.
    """
    with_contacts = set(producers_with_contacts(by).values_list("pk", flat=True)) if contacts else set[int]()
    if contacts and not with_contacts:
        raise NotYours(f"{by} may not export contacts from the register.")
    found = select_reports(filters, by=by, action=Action.DOWNLOAD)
    number = found.count()
    if not number:
        raise CannotBeExported(_("There are no reports that you can download with these filters."))
    if number > MOST_REPORTS:
        sentence = _("You selected %(number)s reports. A file can have up to %(most)s. Select fewer reports.")
        raise CannotBeExported(sentence % {"most": f"{MOST_REPORTS:,}", "number": f"{number:,}"})
    raised = Suspicion.objects.select_related("release__series", "verification")
    reports = list(
        with_outcome(with_text(found))
        .select_related("started__release__series", "started__series")
        .prefetch_related(Prefetch("suspicions", raised, to_attr="raised"))
    )
    actions: dict[int, list[CorrectiveAction]] = defaultdict(list)
    for action, counted in CorrectiveAction.objects.select_related("task").pair_with(reports):
        actions[counted.pk].append(action)
    rows = [_register_row(report, actions[report.pk], with_contacts, local_date(at)) for report in reports]
    written = tables.write_table(kind, list(rows[0]), (list(row.values()) for row in rows), title=_("Breach reports"))
    query = {field.name: describe_filter(value) for field in fields(filters) if (value := getattr(filters, field.name))}
    facts = {"asked": query, "file": kind.value, "sha256": sha256_hex(written)}
    numbers = Counter(report.producer for report in reports)
    events = []
    for producer, number in sorted(numbers.items(), key=lambda item: item[0].pk):
        has_contacts = producer.pk in with_contacts
        exporter = _describe_exporter(by, producer, contacts=has_contacts, at=at)
        contained = {"reports": number, "contacts": has_contacts}
        of_producer = {**facts, **exporter, **contained}
        events.append(RegisterEvent(producer=producer, kind=EXPORTED, at=at, actor=by, facts=of_producer))
    RegisterEvent.append(events)
    return written


def _register_row(
    report: Any, actions: Collection[CorrectiveAction], with_contacts: Collection[int], today: date
) -> dict[str, Value]:
    """Return the values of a report, keyed by column.

    :param actions: the corrective actions of the report, including those of drafts that were merged into it.
    :param with_contacts: the primary keys of the producers whose contacts are included. If there are none, the row has
        no columns for contacts.
    """
    content = content_from_json(report.standing[0].content)
    open_actions = [action for action in actions if action.finished_at is None]
    verification = report.raised[0].shown_verdict if report.raised else None
    return {
        "reference": report.reference,
        "producer": report.producer.name,
        "producers_named": "; ".join(content.producers),
        "outputs": "; ".join(output.title for output in content.outputs),
        "series": "; ".join(dict.fromkeys(_series_titles(report))),
        "kind": "; ".join(str(text.KINDS[kind]) for kind in _list_kinds(report)),
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
        "actions": len(actions),
        "actions_not_done": len(open_actions),
        "actions_overdue": sum(action.due is not None and action.due < today for action in open_actions),
        "statement": content.statement_url,
        "zone": ZONE,
        **(_contacts(content, visible=report.producer_id in with_contacts) if with_contacts else {}),
        # New columns come last, so that programs that read columns by position continue to work.
        "number": report.number,
    }


def _list_kinds(report: Any) -> list[ReportKind]:
    """:param report: a report whose suspicions were prefetched as `raised`."""
    return list(sort_kinds(report.kind, (suspicion.kind for suspicion in report.raised)))


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


def _describe_exporter(person: User, producer: Producer, *, contacts: bool, at: datetime) -> dict[str, Any]:
    """Return the role in which a person exports reports of a producer, and for whom they cover, as facts of an event.

    A role that the person has only while covering for someone else is stated only if no other role is sufficient.
    """
    held = (LEADS if contacts else TABLE[Action.DOWNLOAD]) & roles_of(person, producer)
    own = held & standing_roles_of(person, producer)
    role = next(role for role in BY_WEIGHT if role in (own or held))
    cover = cover_of(person.pk, producer.pk, at=at) if role is COVER_ROLE else None
    return {"role": role, **({"covers": cover.absent_id} if cover else {})}


def _seconds(value: float | None) -> Value:
    return "" if value is None else round(value)


def _day(on: date | None) -> str:
    return on.isoformat() if on else ""


def _local(instant: datetime | None) -> Value:
    return in_london(instant).replace(tzinfo=None) if instant else ""
