"""Figures for the yearly compliance table and the lists behind them, and figures for public punctuality pages.

Releases and reports are counted in `breaches/statistics.py`, so that each number is defined only once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from operator import itemgetter
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper, F, Min, Prefetch, Q, QuerySet, Value
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import ExtractYear, TruncDate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from breaches import publication, statistics
from breaches.models import ComplianceDocument, CorrectiveAction, Report, ReportVersion, Suspicion
from breaches.register import is_breach, with_outcome
from breaches.rules.compliance import (
    GROUPS,
    ComplianceTable,
    Figure,
    FigureList,
    FigureLists,
    Group,
    ListRow,
    PersonalCell,
    PersonalText,
)
from breaches.rules.lifecycle import DECIDED, UNDECIDED, Decision, ReportStatus
from breaches.rules.statistics import History, Verdicts, figures_of, quarter_of
from breaches.statistics import ReleaseResult, Scope, counted_reports, counted_verdicts, list_results
from breaches.text import NOT_APPLICABLE, describe_rate, describe_status, kind_name
from releases.early_findings import mask_verdict
from releases.exemptions import find_exemptions
from releases.models import DateChange, Departure, Exemption, PreReleaseAccess, Producer, Release, Verification
from releases.overview import MADE_AT, london_day, london_days
from releases.permissions import Person, find_roles_at
from releases.rules.calendar import LONDON, NOTICE, days_of_notice, format_day, format_moment, local_date, month_of
from releases.rules.lifecycle import Role, Status
from releases.rules.pre_release import AccessStatus
from releases.text.release import duration, name_outcome
from releases.verdict.address import NEEDS_CHECKING, SUSPICIOUS, Outcome

FIGURES: Mapping[Figure, Any] = {
    Figure.DUE: lazy("Releases due"),
    Figure.ON_TIME: lazy("On time, within our tolerance"),
    Figure.NOT_ON_TIME: lazy("Not on time"),
    Figure.NOT_DETERMINED: lazy("Could not be determined"),
    Figure.NO_RESULT: lazy("Without a result"),
    Figure.RATE: lazy("On time, where the result is known"),
    Figure.FOUR_WEEKS: lazy("Date first announced four weeks ahead or more"),
    Figure.SHORT_NOTICE: lazy("Date first announced less than four weeks ahead"),
    Figure.NOT_ANNOUNCED: lazy("Date not announced"),
    Figure.LEAST_NOTICE: lazy("Shortest notice of the first announced date"),
    Figure.MOVED: lazy("Changes of announced dates"),
    Figure.MOVED_BY_HEAD: lazy("Agreed by the Head of Profession"),
    Figure.MOVED_BY_DEPUTY: lazy("Agreed by a deputy or a person covering for the Head of Profession"),
    Figure.MOVED_PROVISIONAL: lazy("Provisional dates, which need no agreement"),
    Figure.ACCESS_RELEASES: lazy("Releases with pre-release access"),
    Figure.ACCESS_POSTS: lazy("Posts with pre-release access"),
    Figure.MOST_POSTS: lazy("Most posts for one release"),
    Figure.EXEMPTIONS: lazy("Exemptions agreed by OSR"),
    Figure.EXEMPTED: lazy("Releases not on time but covered by an exemption"),
    Figure.EXCEPTIONS: lazy("Exceptions for individual releases"),
    Figure.REPORTED: lazy("Breaches reported to OSR"),
    Figure.NOT_SENT: lazy("Breaches approved but not yet reported to OSR"),
    Figure.RECORDED: lazy("Breaches recorded in our breach log only"),
    Figure.ACTIONS_DONE: lazy("Corrective actions done"),
    Figure.ACTIONS_OPEN: lazy("Corrective actions not done"),
    Figure.ACTIONS_OVERDUE: lazy("Corrective actions overdue"),
}
GROUP_NAMES: Mapping[Group, Any] = {
    Group.RELEASES: lazy("Releases"),
    Group.NOTICE: lazy("Notice of release dates"),
    Group.DATE_CHANGES: lazy("Changes of dates"),
    Group.ACCESS: lazy("Pre-release access"),
    Group.EXEMPTIONS: lazy("Exemptions and exceptions"),
    Group.BREACHES: lazy("Breaches of the Code of Practice"),
    Group.ACTIONS: lazy("Corrective actions of these breaches"),
}


@dataclass(frozen=True, slots=True)
class SortableColumns:
    """The columns by which a list behind a figure can be sorted.

    Columns are given by their position, from 0. A list can also be sorted by every column for which its rows have sort
    keys.

    :ivar own: the column by which the list is sorted by default, in ascending order, or None. People can reverse this
        order.
    :ivar texts: the columns that are sorted as text. Columns with dates or counts need sort keys instead.
    """

    own: int | None
    texts: tuple[int, ...]


_SORTING_OF_GROUPS: Mapping[Group, SortableColumns] = {
    Group.RELEASES: SortableColumns(2, (0, 1, 3)),
    Group.NOTICE: SortableColumns(3, (0,)),
    Group.DATE_CHANGES: SortableColumns(None, (0, 3)),
    Group.BREACHES: SortableColumns(2, (0, 1, 3, 4)),
    Group.ACTIONS: SortableColumns(None, (0, 1)),
}
_SORTING_OF_FIGURES: Mapping[Figure, SortableColumns] = {
    Figure.ACCESS_RELEASES: SortableColumns(1, (0,)),
    Figure.ACCESS_POSTS: SortableColumns(0, (1,)),
    Figure.MOST_POSTS: SortableColumns(None, (0,)),
    Figure.EXEMPTIONS: SortableColumns(2, (0, 1)),
    Figure.EXEMPTED: SortableColumns(1, (0, 2, 3)),
    Figure.EXCEPTIONS: SortableColumns(1, (0, 2)),
}


def sorting_of(figure: Figure) -> SortableColumns:
    """Return the columns by which the list behind a figure can be sorted."""
    group = next(group for group, figures in GROUPS.items() if figure in figures)
    return _SORTING_OF_FIGURES.get(figure) or _SORTING_OF_GROUPS[group]


# Releases with one of these statuses count as due, whether or not they were checked. Cancelled releases do not count.
_DUE = (Status.CONFIRMED, Status.PUBLISHED)


@dataclass(frozen=True, slots=True)
class YearRecord:
    """The current figures of a year.

    `listings` has the list behind each figure, and `undecided` is the number of undecided reports. `corrections` is the
    number of reports that were sent and are being corrected. They count as reported.
    """

    table: ComplianceTable
    listings: FigureLists
    undecided: int
    corrections: int


def days_of_year(year: int, today: date) -> tuple[date, date]:
    """Return the first and the last day that the table of a year covers.

    The last day is 31 December, or today if the year is not over.
    """
    return date(year, 1, 1), min(date(year, 12, 31), today)


def list_years(producers: Collection[Producer], *, by: Person, today: date) -> dict[int, list[int]]:
    """Return a dict that maps each producer's key to the years that have a table, the latest first.

    These are the years since the producer's first release, the current year, the years of breaches that the person may
    read, and the years with an approved table. If the first release was moved to another year, its result still counts
    in the year in which it was due before.
    """
    due = Release.objects.official().filter(series__producer__in=producers, due_at__isnull=False)
    verdicts = Verification.objects.filter(release__series__producer__in=producers, release__rehearsal=False)
    since = {"first": ExtractYear(Min("due_at"), tzinfo=LONDON), "last": Value(today.year)}
    reports = counted_reports(Scope(date.min, date.max), by).filter(producer__in=producers)
    documents = ComplianceDocument.objects.filter(producer__in=producers)
    spans = (
        due.order_by()
        .values_list("series__producer")
        .annotate(**since)
        .union(
            verdicts.order_by().values_list("release__series__producer").annotate(**since),
            reports.annotate(first=ExtractYear("counts_on"), last=F("first")).values_list("producer", "first", "last"),
            documents.order_by().annotate(last=F("year")).values_list("producer", "year", "last"),
        )
        .order_by()  # a union has the default order of its first model again
    )
    years = {producer.pk: {today.year} for producer in producers}
    for producer, first, last in spans:
        years[producer].update(range(int(first), int(last) + 1))
    return {key: sorted((year for year in found if year <= today.year), reverse=True) for key, found in years.items()}


def read_year(producer: Producer, year: int, *, by: Person, now: datetime) -> YearRecord:
    """Count the figures of a producer for a year. Reports that the person may not know of are left out.

    :param by: a person who may read the producer's reports.
    """
    today = local_date(now)
    first, until = days_of_year(year, today)
    scope = Scope(first, date(year, 12, 31), producer=producer)
    counted = figures_of(statistics.read_breach_history(scope, by=by, today=today))
    due = _due_releases(first, until, now=now).filter(series__producer=producer)
    access, given = _access_to(due), _given_dates(due)
    breaches = _breaches(scope, by)
    listings = {
        **_list_results(list_results(scope, by=by), due),
        **_list_notice(given),
        **_list_date_changes(_announced_changes(producer, first, until)),
        **_list_access(access),
        **_list_exemptions(producer, first, until, scope, due),
        **_list_breaches(breaches),
        **_list_actions(breaches, today=today),
    }
    table = ComplianceTable(
        year,
        until,
        {
            **{figure: f"{len(listing.rows):,}" for figure, listing in listings.items()},
            Figure.ON_TIME: f"{counted.on_time:,}",
            Figure.NOT_ON_TIME: f"{counted.not_on_time:,}",
            Figure.NOT_DETERMINED: f"{counted.unknown:,}",
            Figure.RATE: describe_rate(counted.on_time_rate),
            Figure.LEAST_NOTICE: _describe_days(min(_days(given), default=None)),
            Figure.MOST_POSTS: f"{max(_posts_by_release(access).values(), default=0):,}",
            Figure.REPORTED: f"{counted.sent_reports:,}",
            Figure.NOT_SENT: f"{counted.unsent_reports:,}",
            Figure.RECORDED: f"{counted.by_decision.get(Decision.RECORDED, 0):,}",
            Figure.ACTIONS_DONE: f"{counted.done_actions:,}",
            Figure.ACTIONS_OPEN: f"{counted.open_actions:,}",
            Figure.ACTIONS_OVERDUE: f"{counted.overdue_actions:,}",
        },
        tolerances=_tolerances(counted_verdicts(scope)),
    )
    corrections = sum(report.status in UNDECIDED for report in breaches)
    return YearRecord(table, listings, undecided=counted.undecided, corrections=corrections)


def _due_releases(first: date, until: date, *, now: datetime) -> "QuerySet[Release]":
    """Return the releases that were due from `first` to `until` (days in London), sorted by due time.

    Rehearsals, cancelled releases, and releases that are due after `now` are left out.
    """
    since, before = london_days(first, until)
    found = Release.objects.official().filter(due_at__gte=since, due_at__lt=min(before, now), status__in=_DUE)
    return found.select_related("series").order_by("due_at", "pk")


def _tolerances(verdicts: "QuerySet[Verification]") -> tuple[int, ...]:
    return tuple(sorted(set(verdicts.order_by().values_list("tolerance_seconds", flat=True).distinct())))


def describe_on_time(tolerances: Collection[int]) -> str:
    """Return a text that defines "on time" for releases with these tolerances.

    If the tolerances differ, the text gives the shortest and the longest.

    :param tolerances: in seconds.
    """
    if len(set(tolerances)) == 1:
        sentence = _(
            "A release is on time if it was live within our tolerance of %(tolerance)s after its announced time."
        )
        return sentence % {"tolerance": duration(timedelta(seconds=min(tolerances)))}
    if tolerances:
        shortest, longest = (duration(timedelta(seconds=value)) for value in (min(tolerances), max(tolerances)))
        sentence = _(
            "A release is on time if it was live within our tolerance after its announced time. The tolerance is "
            "between %(shortest)s and %(longest)s, depending on the statistics."
        )
        return sentence % {"shortest": shortest, "longest": longest}
    return _("A release is on time if it was live within our tolerance after its announced time.")


def describe_notice() -> str:
    """Return a text that defines "notice", and says which figure counts later changes of a date."""
    return _(
        "Notice is the number of days from the announcement of the first date of a release until that date. If the "
        "date was confirmed after it was announced, we count from the day on which the date was confirmed. A later "
        "change of the date counts under ‘Changes of announced dates’, in the year in which the date was changed."
    )


def _list_results(results: Sequence[ReleaseResult], due: "QuerySet[Release]") -> dict[Figure, FigureList]:
    columns = (_("Release"), _("Series"), _("Due"), _("Result"))

    def listing(wanted: Collection[Outcome]) -> FigureList:
        return FigureList(columns, [_result_row(result) for result in results if result.outcome in wanted])

    known = {(result.reference, result.due_at) for result in results}
    without = [
        (_due_at(release), _row_without_result(release))
        for release in due
        if (release.reference, release.due_at) not in known
    ]
    by_due = sorted([*((result.due_at, _result_row(result)) for result in results), *without], key=itemgetter(0))
    every = FigureList(columns, [row for _due, row in by_due])
    return {
        Figure.DUE: every,
        Figure.ON_TIME: listing({Outcome.ON_TIME}),
        Figure.NOT_ON_TIME: listing(SUSPICIOUS),
        Figure.NOT_DETERMINED: listing(NEEDS_CHECKING),
        Figure.NO_RESULT: FigureList(columns, [row for _due, row in without]),
        Figure.RATE: every,
    }


def _result_row(result: ReleaseResult) -> ListRow:
    cells = (result.title, result.series_title, format_moment(result.due_at), name_outcome(result.outcome))
    return ListRow(cells, release=result.reference)


def _row_without_result(release: Release) -> ListRow:
    cells = (release.title, release.series.title, format_moment(_due_at(release)), _("No result"))
    return ListRow(cells, release=release.reference)


def _keys(values: Mapping[int, date | datetime | int | None]) -> tuple[tuple[int, str | int], ...]:
    """Return the sort keys of a row as pairs of a column and its key.

    A cell without a value gets no key and is sorted last.
    """

    def write(value: date | datetime | int) -> str | int:
        if isinstance(value, datetime):
            return value.astimezone(UTC).isoformat(timespec="microseconds")
        return value.isoformat() if isinstance(value, date) else value

    return tuple((column, write(value)) for column, value in values.items() if value is not None)


def _due_at(release: Release) -> datetime:
    assert release.due_at is not None  # noqa: S101  # the query asked for it
    return release.due_at


@dataclass(frozen=True, slots=True)
class _Given:
    """The first exact date that readers were given for a release.

    :ivar at: the time when the date was confirmed or announced, whichever was later. None if the date was not confirmed
        or not announced.
    :ivar changes: later changes of the announced date, the earliest first.
    """

    release: Release
    at: datetime | None
    changes: Sequence[DateChange]

    @property
    def first_date(self) -> date:
        return self.changes[0].was_on if self.changes else self.release.planned_on

    @property
    def days(self) -> int | None:
        """The days of notice, or None if the date was not confirmed or not announced.

        The number is negative if the date was confirmed or announced only after it had passed.

        Source: Code of Practice for Statistics, T3.1 in edition 2.1, and 3.1 in edition 3.0. The Code asks for four
        weeks, where practicable.
        """
        return None if self.at is None else days_of_notice(self.first_date, given_at=self.at)


def _given_dates(due: "QuerySet[Release]") -> list[_Given]:
    """Return the first date that readers were given for each release, with its later changes.

    Changes before the announcement are left out, because readers did not see the earlier dates.
    """
    agreed = DateChange.objects.filter(
        release__in=due.values("pk"), agreed_at__isnull=False, announced_at__isnull=False
    )
    changes: dict[int, list[DateChange]] = defaultdict(list)
    for change in agreed.order_by("schedule_version"):
        changes[change.release_id].append(change)
    return [
        _Given(
            release,
            max(release.confirmed_at, release.announced_at) if release.confirmed_at and release.announced_at else None,
            changes[release.pk],
        )
        for release in due
    ]


def _days(given: Iterable[_Given]) -> list[int]:
    return [one.days for one in given if one.days is not None]


def _describe_days(days: int | None) -> str:
    return NOT_APPLICABLE if days is None else ngettext("%(days)s day", "%(days)s days", days) % {"days": f"{days:,}"}


def _list_notice(found: Iterable[_Given]) -> dict[Figure, FigureList]:
    columns = (
        _("Release"),
        _("First announced date"),
        _("Confirmed and announced"),
        _("Notice"),
        _("Reason for short notice"),
        _("Later changes of the date"),
    )
    not_announced = (columns[0], _("Date"), *columns[2:])
    given = sorted(found, key=lambda one: (one.days is None, one.days or 0))

    def listing(wanted: Callable[[int | None], bool], columns: tuple[str, ...] = columns) -> FigureList:
        rows = [
            ListRow(
                (
                    one.release.title,
                    format_day(one.first_date),
                    format_day(one.at) if one.at else _("Not announced"),
                    _describe_days(one.days),
                    one.release.short_notice_reason,
                    _describe_changes(one.changes),
                ),
                release=one.release.reference,
                keys=_keys({1: one.first_date, 2: one.at}),
            )
            for one in given
            if wanted(one.days)
        ]
        return FigureList(columns, rows)

    return {
        Figure.FOUR_WEEKS: listing(lambda days: days is not None and days >= NOTICE.days),
        Figure.SHORT_NOTICE: listing(lambda days: days is not None and days < NOTICE.days),
        Figure.NOT_ANNOUNCED: listing(lambda days: days is None, not_announced),
        Figure.LEAST_NOTICE: listing(lambda days: days is not None),
    }


def _describe_changes(changes: Iterable[DateChange]) -> str:
    """Return a text that lists changes of a date, such as "19 February 2026: changed to 2 March 2026 9:30am"."""
    sentence = _("%(on)s: changed to %(slot)s")
    return "; ".join(sentence % {"slot": change.to, "on": format_day(change.made_at)} for change in changes)


def _announced_changes(producer: Producer, first: date, until: date) -> list[DateChange]:
    """Return changes of announced dates that were made from `first` to `until` (days in London), the earliest first.

    An exact date within the announced month or two months is no change (decision 158).
    """
    announced = DateChange.objects.filter(
        announced_at__isnull=False, release__rehearsal=False, release__series__producer=producer
    )
    since, before = london_days(first, until)
    made = announced.annotate(made=MADE_AT).filter(made__gte=since, made__lt=before)
    found = made.select_related("release", "agreed_by").order_by("made", "pk")
    return [change for change in found if not change.to.is_day_within(change.was)]


_AGREED_BY = 3


def _list_date_changes(found: Sequence[DateChange]) -> dict[Figure, FigureList]:
    columns = (_("Release"), _("From"), _("To"), _("Agreed by"), _("Agreed on"))

    def agreement(change: DateChange) -> tuple[int, int, datetime] | None:
        by, at = change.agreed_by_id, change.agreed_at
        return None if by is None or at is None else (by, change.release.series.producer_id, at)

    # The role at the time of the agreement counts, because the person's role may have changed since.
    roles = find_roles_at({moment for change in found if (moment := agreement(change))})

    def row(change: DateChange) -> ListRow:
        agreed_by = str(change.agreed_by) if change.agreed_by else _("No agreement needed")
        agreed_on = format_day(change.agreed_at) if change.agreed_at else ""
        cells = (change.release.title, str(change.was), str(change.to), agreed_by, agreed_on)
        by = change.agreed_by_id
        named = None if by is None else PersonalCell(_AGREED_BY, PersonalText.ACCOUNT_NAME, by)
        keys = _keys({1: change.was.due_at or change.was.on, 2: change.to.due_at or change.to.on, 4: change.agreed_at})
        return ListRow(cells, release=change.release.reference, personal=named, keys=keys)

    agreed = [(change, roles.get(moment)) for change in found if (moment := agreement(change))]
    groups = {
        Figure.MOVED: found,
        Figure.MOVED_BY_HEAD: [change for change, role in agreed if role is Role.HEAD_OF_PROFESSION],
        Figure.MOVED_BY_DEPUTY: [change for change, role in agreed if role is not Role.HEAD_OF_PROFESSION],
        Figure.MOVED_PROVISIONAL: [change for change in found if not change.agreed_by_id],
    }
    return {figure: FigureList(columns, [row(change) for change in some]) for figure, some in groups.items()}


def _access_to(due: "QuerySet[Release]") -> list[PreReleaseAccess]:
    """Return the entries of the pre-release access lists of these releases, without withdrawn entries.

    Names and email addresses are not read.
    """
    entries = PreReleaseAccess.objects.filter(release__in=due.values("pk")).exclude(status=AccessStatus.WITHDRAWN)
    return list(entries.select_related("release").defer("person", "email").order_by("release__due_at", "pk"))


def _posts_by_release(access: Iterable[PreReleaseAccess]) -> Counter[Release]:
    return Counter(entry.release for entry in access)


def _list_access(access: Sequence[PreReleaseAccess]) -> dict[Figure, FigureList]:
    counted = _posts_by_release(access)

    def listing(releases: Iterable[Release]) -> FigureList:
        rows = [
            ListRow(
                (one.title, format_moment(_due_at(one)), f"{counted[one]:,}"),
                release=one.reference,
                keys=_keys({1: _due_at(one), 2: counted[one]}),
            )
            for one in releases
        ]
        return FigureList((_("Release"), _("Due"), _("Posts")), rows)

    posts = Counter((entry.post, entry.organisation) for entry in access)
    of_posts = FigureList(
        (_("Post"), _("Organisation"), _("Releases")),
        [
            ListRow((post, organisation, f"{number:,}"), keys=_keys({2: number}))
            for (post, organisation), number in sorted(posts.items())
        ],
    )
    return {
        Figure.ACCESS_RELEASES: listing(counted),
        Figure.ACCESS_POSTS: of_posts,
        Figure.MOST_POSTS: listing(release for release, _number in counted.most_common()),
    }


def _suspicious(verdicts: "QuerySet[Any]") -> list[Verification]:
    found = verdicts.filter(shown__in=SUSPICIOUS).select_related("release__series__producer")
    return [mask_verdict(verdict) for verdict in found.order_by("due_at", "pk")]


def _list_exemptions(
    producer: Producer, first: date, until: date, scope: Scope, due: "QuerySet[Release]"
) -> dict[Figure, FigureList]:
    exemptions = [
        ListRow(
            (
                exemption.reference,
                exemption.series.title if exemption.series else _("All series"),
                format_day(exemption.covers_from),
                format_day(exemption.covers_to),
                exemption.words,
            ),
            keys=_keys({3: exemption.covers_to}),
        )
        for exemption in _exemptions_in_force(producer, first, until).order_by("covers_from", "pk")
    ]
    verdicts = _suspicious(counted_verdicts(scope))
    covering = find_exemptions(verdicts)
    exempted = [
        ListRow(
            (
                verdict.release.title,
                format_moment(verdict.due_at),
                name_outcome(Outcome(verdict.outcome)),
                ", ".join(exemption.reference for exemption in covering[verdict.pk]),
            ),
            release=verdict.release.reference,
        )
        for verdict in verdicts
        if verdict.pk in covering
    ]
    exceptions = [
        ListRow(
            (
                departure.release.title,
                format_moment(_due_at(departure.release)),
                departure.get_kind_display(),
                departure.agreement.osr_reference or departure.present_reason,
            ),
            release=departure.release.reference,
        )
        for departure in _departures(due).prefetch_related("corrections")
    ]
    what = (_("Exemption"), _("Series"), _("From"), _("To"), _("What it covers"))
    return {
        Figure.EXEMPTIONS: FigureList(what, exemptions),
        Figure.EXEMPTED: FigureList((_("Release"), _("Due"), _("Result"), _("Exemption")), exempted),
        Figure.EXCEPTIONS: FigureList((_("Release"), _("Due"), _("Kind"), _("Agreement or reason")), exceptions),
    }


def _exemptions_in_force(producer: Producer, first: date, until: date) -> "QuerySet[Exemption]":
    """Return the exemptions that were in force on at least one day from `first` to `until`, with their series.

    An exemption that was withdrawn before its first day began was never in force.
    """
    # At the start of a day, the instant before belongs to the day before.
    last_instant = ExpressionWrapper(F("ended_at") - timedelta(microseconds=1), output_field=DateTimeField())
    dated = Exemption.objects.alias(last_day=TruncDate(last_instant, tzinfo=LONDON))
    in_force = dated.filter(
        Q(ended_at__isnull=True) | Q(ended_at__gte=london_day(first)[0], last_day__gte=F("covers_from")),
        producer=producer,
        covers_from__lte=until,
        covers_to__gte=first,
    )
    return in_force.exclude(end=Exemption.End.IN_ERROR).select_related("series")


def _departures(due: "QuerySet[Release]") -> "QuerySet[Departure]":
    of_present = Departure.objects.filter(release__in=due.values("pk"), schedule_version=F("release__schedule_version"))
    return of_present.select_related("release").order_by("release__due_at", "pk")


def _breaches(scope: Scope, by: Person) -> list[Any]:
    breaches = counted_reports(scope, by).filter(is_breach())
    outcomes = Prefetch("suspicions", Suspicion.objects.with_outcome())
    return list(with_outcome(breaches).prefetch_related(outcomes).order_by("counts_on", "pk"))


def _list_breaches(breaches: Sequence[Any]) -> dict[Figure, FigureList]:
    columns = (_("Report"), _("Outputs"), _("Date of breach"), _("Kind of breach"), _("Status"))
    titles = find_output_titles([report.pk for report in breaches])
    recorded = [report for report in breaches if report.status == ReportStatus.RECORDED]

    def listing(reports: Iterable[Any]) -> FigureList:
        rows = [
            ListRow(
                (
                    report.number,
                    titles.get(report.pk, ""),
                    format_day(report.occurred_on) if report.occurred_on else "",
                    kind_name(report),
                    describe_status(report, was_sent=report.sent_on is not None),
                ),
                report=report.reference,
                personal=PersonalCell(1, PersonalText.OUTPUT_TITLE, report.pk),
            )
            for report in reports
        ]
        return FigureList(columns, rows)

    return {
        # A report that was sent counts as reported, even if its correction is not approved or not sent yet.
        Figure.REPORTED: listing(report for report in breaches if report.sent_on),
        Figure.NOT_SENT: listing(report for report in breaches if not report.sent_on and report not in recorded),
        Figure.RECORDED: listing(recorded),
    }


def find_output_titles(reports: Collection[int]) -> dict[int, str]:
    """Return a dict that maps the key of each report to the titles of its outputs, joined in one string.

    The outputs are those in the current version of the report.
    """
    present = ReportVersion.objects.filter(report__in=reports, number=F("report__version"))
    outputs = present.values_list("report", KeyTransform("outputs", "content"))
    return {report: "; ".join(output["title"] for output in of_it) for report, of_it in outputs if of_it}


def _list_actions(breaches: Sequence[Any], *, today: date) -> dict[Figure, FigureList]:
    columns = (_("Corrective action"), _("Report"), _("Due"), _("Done"))
    actions = CorrectiveAction.objects.select_related("task").order_by("added_at", "pk").pair_with(breaches)

    def listing(pairs: Iterable[tuple[CorrectiveAction, Report]]) -> FigureList:
        rows = [
            ListRow(
                (
                    action.text,
                    report.number,
                    format_day(action.due) if action.due else "",
                    format_day(action.finished_at) if action.finished_at else _("Not done"),
                ),
                report=report.reference,
                personal=PersonalCell(0, PersonalText.ACTION_TEXT, action.pk),
                keys=_keys({2: action.due, 3: action.finished_at}),
            )
            for action, report in pairs
        ]
        return FigureList(columns, rows)

    still_open = [pair for pair in actions if pair[0].finished_at is None]
    return {
        Figure.ACTIONS_DONE: listing(pair for pair in actions if pair[0].finished_at is not None),
        Figure.ACTIONS_OPEN: listing(still_open),
        Figure.ACTIONS_OVERDUE: listing(pair for pair in still_open if pair[0].due and pair[0].due < today),
    }


@dataclass(frozen=True, slots=True)
class Punctuality:
    """The figures of one year on a public punctuality page.

    They cover only announced releases. A suspected breach counts only once it is decided.

    :ivar until: the last day that the figures cover, in London. It is the last day of a month.
    :ivar not_determined: the number of releases whose result is unknown, or whose suspected breach is not decided. They
        are counted together, so that readers cannot infer that there is a suspected breach.
    :ivar not_breaches: the number of releases in `not_on_time` that were not breaches. Their reports were dismissed or
        withdrawn, or an exemption covers them.
    :ivar exemptions: the number of exemptions that cover all series, or a series with an announced release that was due
        in the period. Exemptions for other series are left out, because readers do not know of these series.
    :ivar statements: the number of published statements about breaches, or None if the office does not publish
        statements.
    """

    year: int
    until: date
    due: int
    on_time: int
    not_on_time: int
    not_breaches: int
    not_determined: int
    rate: str
    four_weeks: int
    short_notice: int
    moved: int
    access_releases: int
    access_posts: int
    exemptions: int
    exceptions: int
    statements: int | None
    on_time_rule: str
    notice_rule: str


def punctuality_years(producer: Producer, *, today: date) -> list[int]:
    """Return the years that a public punctuality page covers, the latest first.

    The earliest year is the year of the producer's first public release. The current month is not covered, because it
    is not over.
    """
    last_day = month_of(today).previous.last
    due = Release.objects.public().filter(series__producer=producer, due_at__lt=london_day(last_day)[1])
    first = due.order_by("due_at").values_list("due_at", flat=True).first()
    return list(range(last_day.year, local_date(first).year - 1, -1)) if first else []


def read_punctuality(producer: Producer, year: int, *, now: datetime) -> Punctuality:
    """Return the public figures of a year, up to the end of the last complete month.

    A release that was not on time is counted in `not_on_time` if all its suspected breaches are decided, or if an
    exemption covers it. Until then, it is counted in `not_determined`.
    """
    first = date(year, 1, 1)
    until = min(date(year, 12, 31), month_of(local_date(now)).previous.last)
    scope = Scope(first, until, producer=producer)
    verdicts = counted_verdicts(scope).filter(release__announced_at__isnull=False)
    suspicious = _suspicious(verdicts)
    statuses = _statuses_of_reports(suspicious)
    dismissed = _all_in(statuses, (ReportStatus.DISMISSED, ReportStatus.WITHDRAWN))
    decided = _all_in(statuses, DECIDED)
    exempted = set(find_exemptions(suspicious))
    on_time = verdicts.filter(shown=Outcome.ON_TIME).count()
    not_on_time = len(decided | exempted)
    due = _due_releases(first, until, now=now).filter(series__producer=producer, announced_at__isnull=False)
    known = list(verdicts.values_list("release_id", "due_at"))
    number = len(known) + len({(release.pk, release.due_at) for release in due}.difference(known))
    access = _access_to(due.filter(status=Status.PUBLISHED))
    notice = _days(_given_dates(due))
    quarter = quarter_of(first)
    counted = [
        Verdicts(outcome=outcome, number=count, producer=producer.pk, quarter=quarter)
        for outcome, count in ((Outcome.ON_TIME, on_time), (Outcome.LATE, not_on_time))
    ]
    return Punctuality(
        year=year,
        until=until,
        due=number,
        on_time=on_time,
        not_on_time=not_on_time,
        not_breaches=len(dismissed | exempted),
        not_determined=number - on_time - not_on_time,
        rate=describe_rate(figures_of(History(verdicts=counted)).on_time_rate),
        four_weeks=sum(days >= NOTICE.days for days in notice),
        short_notice=sum(days < NOTICE.days for days in notice),
        moved=len(_announced_changes(producer, first, until)),
        access_releases=len(_posts_by_release(access)),
        access_posts=len({(entry.post, entry.organisation) for entry in access}),
        exemptions=_exemptions_in_force(producer, first, until)
        .filter(Q(series=None) | Q(series__in=due.values("series")))
        .count(),
        exceptions=_departures(due).count(),
        statements=_count_statements(producer, first, until) if settings.BREACHES_PUBLIC else None,
        on_time_rule=describe_on_time(_tolerances(verdicts)),
        notice_rule=describe_notice(),
    )


def _statuses_of_reports(verdicts: Collection[Verification]) -> Mapping[int, Collection[str | None]]:
    """Return a dict that maps each verdict's key to the statuses of the reports about its suspected breaches.

    If a suspected breach has no report, its status is None. Early releases that are still to be published are left out.
    """
    statuses: dict[int, list[str | None]] = defaultdict(list)
    found = Suspicion.objects.filter(verification__in=[verdict.pk for verdict in verdicts])
    found = found.exclude(pk__in=Suspicion.objects.unpublished_early())
    for verdict, status in found.values_list("verification_id", "report__status"):
        statuses[verdict].append(status)
    return statuses


def _all_in(statuses: Mapping[int, Collection[str | None]], states: Collection[ReportStatus]) -> set[int]:
    return {verdict for verdict, of_it in statuses.items() if all(status in states for status in of_it)}


def _count_statements(producer: Producer, first: date, until: date) -> int:
    published = publication.published_statements().filter(report__producer=producer)
    return published.filter(report__occurred_on__gte=first, report__occurred_on__lte=until).count()
