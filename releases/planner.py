"""Plan next year's releases, set addresses from a pattern, and show the plan of a year."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby

from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django.db import IntegrityError, transaction
from django.db.models import Count, Prefetch, QuerySet

from releases import corrections, host_budgets, permissions, scheduling
from releases.evidence import repository
from releases.models import Address, Producer, Release, Series
from releases.models.release import ReleaseQuerySet
from releases.permissions import Action, User, check_may
from releases.rules import calendar, web_address
from releases.rules.calendar import Gap, Nation, Pace, Precision, Rule, Slot
from releases.rules.edition import Shift, advance_edition, advance_reference
from releases.rules.lifecycle import MoveRefused, Status
from releases.rules.parts import MAIN
from releases.rules.web_address import BadPattern, Facts, NotAWebAddressError
from releases.scheduling import PlannedAddress

LONGEST_REFERENCE = 100


class PlanObjection(StrEnum):
    NOT_YOURS = "not_yours"
    REHEARSAL = "rehearsal"
    CANCELLED = "cancelled"
    PLANNED_ALREADY = "planned_already"
    DAY_TAKEN = "day_taken"
    REFERENCE_TAKEN = "reference_taken"
    NOT_A_REFERENCE = "not_a_reference"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Plan:
    """A planned release, one year after the release `source`.

    `in_the_way` contains the non-working days that were skipped to find the date. `objection` is the reason why the
    release cannot be recorded, or None. `other` is the release that conflicts with the plan, if any.
    """

    source: Release
    reference: str
    title: str
    slot: Slot
    in_the_way: tuple[date, ...] = ()
    objection: PlanObjection | None = None
    other: Release | None = None

    @property
    def may_be_made(self) -> bool:
        return self.objection is None

    @property
    def holidays_known(self) -> bool:
        return bool(calendar.bank_holidays(self.slot.on.year, nation=_nation(self.source)))


def plan_year(
    releases: QuerySet[Release], *, rule: Rule, by: User, now: datetime, references: Mapping[int, str] | None = None
) -> list[Plan]:
    """Plan each release again, one year later, and return the plans. Nothing is recorded.

    :param references: maps the key of this year's release to the reference that the person typed for the new release.
    """
    plans, typed = [], references or {}
    found = releases.select_related("series__producer", "planned_next__series")
    found = found.prefetch_related("series__producer__non_working_days")
    for release in found.order_by("planned_on", "reference"):
        closed = release.series.producer.closed_days()
        placed = calendar.place_later(release.slot, months=12, rule=rule, nation=_nation(release), closed=closed)
        slot = placed.slot
        if slot.precision is Precision.EXACT:
            slot = replace(slot, at=release.series.release_time)
        shift = Shift(was=release.slot.on, to=slot.on, months=12)
        reference = typed.get(release.pk) or advance_reference(release.reference, shift)
        plans.append(Plan(release, reference, advance_edition(release.title, shift), slot, placed.in_the_way))
    editable = set(permissions.producers_where(by, Action.EDIT).values_list("pk", flat=True))
    known = Release.objects.filter(reference__in=[plan.reference for plan in plans]).select_related("series")
    by_reference = {release.reference: release for release in known}
    # Other releases of the same series on the planned days.
    present = Release.objects.exclude(status=Status.CANCELLED).filter(
        planned_from=None,
        rehearsal=False,
        planned_on__in={plan.slot.on for plan in plans},
        series__in={plan.source.series_id for plan in plans},
    )
    days = {(release.series_id, release.planned_on): release for release in present.select_related("series")}
    wanted: set[str] = set()
    checked = []
    for plan in plans:
        objection, other = _objection(plan, editable=editable, references=by_reference, days=days, now=now)
        if objection is None and plan.reference in wanted:
            objection = PlanObjection.REFERENCE_TAKEN
        wanted.add(plan.reference)
        checked.append(replace(plan, objection=objection, other=other))
    return checked


def record_plans(plans: Iterable[Plan], *, by: User, at: datetime) -> tuple[list[Release], list[str]]:
    """Record the planned releases that have no objection. They are provisional and not announced.

    :return: the recorded releases, and a message for each release that was refused when it was saved.
    """
    recorded, refusals = [], []
    for plan in plans:
        if not plan.may_be_made:
            continue
        check_may(by, Action.EDIT, plan.source.series.producer)
        try:
            with transaction.atomic():
                release = scheduling.record_release(
                    plan.source.series, reference=plan.reference, title=plan.title, slot=plan.slot, at=at, by=by
                )
                Release.objects.filter(pk=release.pk).update(planned_from=plan.source)
        except MoveRefused as refusal:
            refusals.append(f"{plan.source.reference}: {refusal}")
        except IntegrityError:
            # Another person planned the same release at the same time, so skip it.
            continue
        else:
            recorded.append(release)
    return recorded, refusals


def _objection(
    plan: Plan,
    *,
    editable: Collection[int],
    references: dict[str, Release],
    days: dict[tuple[int, date], Release],
    now: datetime,
) -> tuple[PlanObjection | None, Release | None]:
    source, today = plan.source, calendar.local_date(now)
    over = plan.slot.on <= today if plan.slot.precision is Precision.EXACT else plan.slot.on < today.replace(day=1)
    planned: Release | None = getattr(source, "planned_next", None)
    same_day = days.get((source.series_id, plan.slot.on))
    same_reference = references.get(plan.reference)
    against = (
        (PlanObjection.NOT_YOURS, source.series.producer_id not in editable, None),
        (PlanObjection.REHEARSAL, source.rehearsal, None),
        (PlanObjection.CANCELLED, source.status == Status.CANCELLED, None),
        (PlanObjection.PLANNED_ALREADY, planned is not None, planned),
        (PlanObjection.PAST, over, None),
        (PlanObjection.DAY_TAKEN, same_day is not None, same_day),
        (PlanObjection.NOT_A_REFERENCE, not is_reference(plan.reference), None),
        (PlanObjection.REFERENCE_TAKEN, same_reference is not None, same_reference),
    )
    objection, other = next(((why, other) for why, applies, other in against if applies), (None, None))
    # The reference may be in use by another producer. Do not disclose that producer's release.
    if other and other.series.producer_id != source.series.producer_id:
        other = None
    return objection, other


def is_reference(text: str) -> bool:
    """Return whether a text is valid as the reference of a release.

    A reference has at most LONGEST_REFERENCE characters: letters, digits, hyphens and underscores.
    """
    try:
        validate_slug(text)
    except ValidationError:
        return False
    return len(text) <= LONGEST_REFERENCE


def _nation(release: Release) -> Nation:
    return release.series.order_nation


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggestion for the next release of a series, based on earlier releases. A person completes the suggestion.

    :ivar after: the release on which the suggestion is based, or None if the series has no releases yet.
    :ivar in_the_way: the non-working days that were skipped to find the date.
    """

    series: Series
    title: str
    reference: str
    slot: Slot
    addresses: tuple[PlannedAddress, ...] = ()
    after: Release | None = None
    in_the_way: tuple[date, ...] = ()


def suggest_next(series: Series, *, now: datetime) -> Suggestion:
    """Suggest the next release of a series.

    The suggested date is the date of the last release plus the usual interval of the series. The suggested time is the
    usual release time of the series. If the series has no releases yet, the suggested date is a working day at least
    four weeks ahead, and the title and the reference name the month of that date.
    """
    in_order = series.releases.official().exclude(status=Status.CANCELLED).order_by("planned_on", "pk")
    last = in_order.last()
    if last is None:
        today = calendar.local_date(now)
        placed = calendar.place_on_working_day(
            Slot(on=today + calendar.NOTICE, at=series.release_time),
            nation=series.order_nation,
            closed=series.producer.closed_days(),
        )
        title = f"{series.title}: {calendar.format_month(placed.slot.on)}"
        reference = advance_reference(series.slug, Shift(today, placed.slot.on, months=1), taken=_references(series))
        return Suggestion(series, title[:300], reference, placed.slot, in_the_way=placed.in_the_way)
    step = _months_between(series)
    today = calendar.local_date(now)
    # The series may have paused, so add intervals until the date is in the future.
    months = step
    while calendar.months_after(last.planned_on, months) <= today:
        months += step
    return suggest_after(last, months=months)


def suggest_like(release: Release) -> Suggestion:
    """Suggest a release that follows the given release at the usual interval of the series."""
    return suggest_after(release, months=_months_between(release.series))


def _months_between(series: Series) -> int:
    """Return the usual number of months between releases of a series, or 1 if there is no regular interval."""
    in_order = series.releases.official().exclude(status=Status.CANCELLED).order_by("planned_on", "pk")
    days = [
        calendar.representative_day(on, precision=Precision(precision))
        for on, precision in in_order.values_list("planned_on", "precision")
    ]
    pace = calendar.pace_of(days)
    return calendar.MONTHS[pace] if pace else 1


def suggest_after(release: Release, *, months: int) -> Suggestion:
    """Suggest a release like the given release, but some months later.

    The suggested release has the same files. Dates in the title, the reference and the addresses are moved forward.
    """
    series = release.series
    placed = calendar.place_later(
        release.slot,
        months=months,
        rule=Rule.SAME_WEEKDAY,
        nation=series.order_nation,
        closed=series.producer.closed_days(),
    )
    slot = placed.slot
    if slot.precision is Precision.EXACT:
        slot = replace(slot, at=series.release_time)
    shift = Shift(was=release.slot.on, to=slot.on, months=months)
    return Suggestion(
        series=series,
        title=advance_edition(release.title, shift),
        reference=advance_reference(release.reference, shift, taken=_references(series)),
        slot=slot,
        addresses=tuple(_addresses_after(release, shift)),
        after=release,
        in_the_way=placed.in_the_way,
    )


def _addresses_after(release: Release, shift: Shift) -> Iterator[PlannedAddress]:
    """Yield the page and the files of a release, with the dates in their addresses and markers moved forward.

    Announcements are skipped, because the address of the next announcement cannot be predicted.
    """
    for address in release.addresses.all():
        if address.role != Address.Role.ANNOUNCEMENT:
            was = PlannedAddress.of(address)
            yield replace(was, url=advance_edition(was.url, shift), marker=advance_edition(was.marker, shift))


def _references(series: Series) -> list[str]:
    # References are unique across all producers. But a suggested reference is only likely to be in use in the same
    # series, so only that series is searched.
    return list(series.releases.values_list("reference", flat=True))


class AddressObjection(StrEnum):
    NOT_YOURS = "not_yours"
    DUE = "due"
    CANCELLED = "cancelled"
    NOTHING_TO_CHANGE = "nothing_to_change"
    HAS_ONE = "has_one"
    NAMED_ALREADY = "named_already"
    LOOKED_AT = "looked_at"
    NOT_TOLD_APART = "not_told_apart"
    PATTERN = "pattern"
    NOT_AN_ADDRESS = "not_an_address"


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern for URLs and a pattern for markers. The other fields are the same for all addresses.

    If a release already has an address with the same URL, or if the pattern is for pages and the release already has a
    page, the existing address is only changed if `replaces` is true.
    """

    url: str
    marker: str = ""
    role: str = Address.Role.PAGE
    adapter: str = "page"
    required: bool = True
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    release: Release
    planned: PlannedAddress | None = None
    instead_of: Address | None = None
    objection: AddressObjection | None = None
    fault: BadPattern | None = None

    @property
    def may_be_set(self) -> bool:
        return self.objection is None


def propose_addresses(releases: QuerySet[Release], pattern: Pattern, *, by: User, now: datetime) -> list[Proposal]:
    """Return a proposal for each release, with the address that the pattern gives. Nothing is saved."""
    addresses = Prefetch(
        "addresses", Address.objects.annotate(was_checked=repository.address_has_check()), to_attr="present_addresses"
    )
    found = releases.select_related("series__producer").prefetch_related(addresses).order_by("planned_on", "reference")
    editable = set(permissions.producers_where(by, Action.EDIT).values_list("pk", flat=True))
    proposals = [
        _proposal(release, pattern, may_edit=release.series.producer_id in editable, now=now) for release in found
    ]
    return _object_to_twins(proposals) if pattern.role == Address.Role.PAGE else proposals


def apply_addresses(proposals: Iterable[Proposal], *, by: User, at: datetime) -> tuple[int, list[str]]:
    """Save the proposed addresses that have no objection, and record a separate event for each of them.

    :return: the number of saved addresses, and a message for each address that was refused when it was saved.
    """
    done, refusals = 0, []
    for proposal in proposals:
        if proposal.planned is None or not proposal.may_be_set:
            continue
        try:
            if proposal.instead_of is None:
                corrections.correct_missing_address(proposal.release, proposal.planned, by=by, at=at)
            else:
                corrections.change_address(proposal.instead_of, proposal.planned, by=by, at=at)
        except MoveRefused as refusal:
            refusals.append(str(refusal))
        else:
            done += 1
    return done, refusals


def _proposal(release: Release, pattern: Pattern, *, may_edit: bool, now: datetime) -> Proposal:
    if not may_edit:
        return Proposal(release, objection=AddressObjection.NOT_YOURS)
    if corrections.are_addresses_fixed(release, now=now):
        return Proposal(release, objection=AddressObjection.DUE)
    if release.status == Status.CANCELLED:
        return Proposal(release, objection=AddressObjection.CANCELLED)
    facts = Facts(
        on=release.planned_on,
        precision=Precision(release.precision),
        slug=release.series.slug,
        reference=release.reference,
        title=release.title,
    )
    try:
        planned = PlannedAddress(
            url=web_address.fill_pattern(pattern.url, facts, is_address=True),
            marker=web_address.fill_pattern(pattern.marker, facts, is_address=False),
            role=pattern.role,
            adapter=pattern.adapter,
            required=pattern.required,
        )
    except BadPattern as fault:
        return Proposal(release, objection=AddressObjection.PATTERN, fault=fault)
    try:
        web_address.parse_address(planned.url)
    except NotAWebAddressError:
        return Proposal(release, planned, objection=AddressObjection.NOT_AN_ADDRESS)
    present: Sequence[Address] = release.present_addresses  # type: ignore[attr-defined]  # of the prefetch
    same = next((address for address in present if address.url == planned.url), None)
    # A new page replaces the main page of the release. A new attachment is added to the existing attachments.
    pages = [address for address in present if address.role == planned.role == Address.Role.PAGE]
    pages.sort(key=lambda address: address.part not in MAIN)
    if was := same or next(iter(pages), None):
        planned = replace(planned, part=was.part, may_follow_minutes=was.may_follow_minutes if planned.required else 0)
    return _compare_with_present(release, planned, was, replaces=pattern.replaces)


def _compare_with_present(
    release: Release, planned: PlannedAddress, was: Address | None, *, replaces: bool
) -> Proposal:
    if was is None:
        return Proposal(release, planned)
    if was.url == planned.url and was.role != planned.role:
        objection = AddressObjection.NAMED_ALREADY
    elif PlannedAddress.of(was) == planned:
        objection = AddressObjection.NOTHING_TO_CHANGE
    elif not replaces:
        objection = AddressObjection.HAS_ONE
    elif was.was_checked and was.url != planned.url:  # type: ignore[attr-defined]  # annotated
        objection = AddressObjection.LOOKED_AT
    else:
        return Proposal(release, planned, was)
    return Proposal(release, planned, was, objection)


def _object_to_twins(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Add an objection to each proposal that has the same page and marker as another release.

    If two releases have the same page and marker, both count as live as soon as one of them is live.
    """
    wanted = Counter((each.planned.url, each.planned.marker) for each in proposals if each.planned)
    others = Address.objects.filter(url__in={url for url, _ in wanted}, role=Address.Role.PAGE)
    others = others.exclude(release__in=[proposal.release.pk for proposal in proposals])
    taken = set(others.values_list("url", "marker"))
    twins = taken | {pair for pair, number in wanted.items() if number > 1}
    return [
        replace(each, objection=AddressObjection.NOT_TOLD_APART)
        if each.planned and each.may_be_set and (each.planned.url, each.planned.marker) in twins
        else each
        for each in proposals
    ]


# If there are more releases than this, the page does not list them, and asks for a narrower filter.
MOST_LISTED = 1000
MOST_CLASHES = 50
# The pace of a series is calculated from its releases in this period. A yearly series has at least five releases in it.
PAST_THAT_COUNTS = timedelta(days=5 * 366)
# Releases in this period after the end of the year are also read, because they may belong to the last expected period
# of the year.
BEYOND = timedelta(days=200)
# A release calendar covers the next twelve months. Source: Code of Practice for Statistics, edition 2.1, T3.1 (edition
# 3.0: 3.1).
PLANNED_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A bank holiday, and the displayed nations that have this holiday.

    `everywhere` is true if all displayed nations have the holiday.
    """

    title: str
    nations: tuple[Nation, ...]
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Day:
    on: date
    statuses: tuple[tuple[str, int], ...]
    holidays: tuple[Holiday, ...]

    @property
    def is_weekend(self) -> bool:
        return self.on.weekday() >= 5


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the year plan.

    `undated` contains a (status, number) pair for each status. The number counts the releases that have this status and
    no exact day. `entries` maps a day to the releases on that day. `vague` lists the releases without an exact due
    time.
    """

    first: date
    days: tuple[Day, ...]
    undated: tuple[tuple[str, int], ...] = ()
    entries: dict[date, list[Release]] = field(default_factory=dict)
    vague: list[Release] = field(default_factory=list)

    @property
    def days_missing(self) -> int:
        return 31 - len(self.days)

    @property
    def listed(self) -> list[tuple[Day, list[Release]]]:
        return [(day, self.entries.get(day.on, [])) for day in self.days if day.on in self.entries or day.holidays]


@dataclass(frozen=True, slots=True)
class Clash:
    """Releases of the person's producers that are due on the same host at the same instant."""

    due_at: datetime
    place: str
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True)
class UnevenSeries:
    """A series that has a regular pace, but no planned release in some expected periods of the year.

    `gaps` contains these periods.
    """

    series: Series
    pace: Pace
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class YearPlan:
    """The releases that are planned in one year.

    `total` is the number of all these releases. If `total` is more than MOST_LISTED, the months list no releases.
    `clashes` contains at most MOST_CLASHES clashes. `clashes_left_out` is the number of clashes that were left out.
    """

    year: int
    months: list[Month]
    total: int
    clashes: list[Clash]
    clashes_left_out: int
    uneven: list[UnevenSeries]
    holidays_unknown: bool

    @property
    def is_listed(self) -> bool:
        return self.total <= MOST_LISTED


def year_plan_of(producers: Collection[Producer], series: Series | None, *, year: int, now: datetime) -> YearPlan:
    """Return the year plan of some producers, with a constant number of queries.

    :param series: if given, the plan contains only the releases of this series.
    """
    of_producers = Release.objects.official().filter(series__producer__in=producers)
    shown = of_producers if series is None else of_producers.filter(series=series)
    in_year = shown.filter(planned_on__year=year)
    counted = list(
        in_year.values_list("planned_on", "precision", "status").annotate(Count("pk")).order_by("planned_on", "status")
    )
    total = sum(count for *_, count in counted)
    holidays = _holidays(year, nations={Nation(producer.nation) for producer in producers})
    months = list(_months(year, counted, holidays))
    if total <= MOST_LISTED:
        listed = in_year.select_related("series__producer").order_by("planned_on", "planned_at", "title", "pk")
        for release in listed:
            month = months[release.planned_on.month - 1]
            if release.due_at is None:
                month.vague.append(release)
            else:
                month.entries.setdefault(release.planned_on, []).append(release)
    # A clash is listed if the plan shows at least one of its releases. Its other releases may be in other series of the
    # same producers.
    instants = in_year.filter(due_at__isnull=False).values("due_at")
    keys = set(in_year.values_list("pk", flat=True))
    crowds = host_budgets.crowds_among(of_producers.filter(due_at__in=instants))
    crowds = [crowd for crowd in crowds if keys & set(crowd.releases)]
    first = crowds[:MOST_CLASHES]
    named = Release.objects.in_bulk({key for crowd in first for key in crowd.releases})
    return YearPlan(
        year=year,
        months=months,
        total=total,
        clashes=[
            Clash(crowd.due_at, crowd.place, tuple(named[key] for key in crowd.releases if key in named))
            for crowd in first
        ],
        clashes_left_out=len(crowds) - len(first),
        uneven=_uneven(shown, year=year, today=calendar.local_date(now)),
        holidays_unknown=not holidays,
    )


def _holidays(year: int, *, nations: Collection[Nation]) -> dict[date, tuple[Holiday, ...]]:
    found: dict[date, dict[str, list[Nation]]] = defaultdict(lambda: defaultdict(list))
    for nation in sorted(nations):
        for on, title in calendar.bank_holidays(year, nation=nation).items():
            found[on][title].append(nation)
    return {
        on: tuple(Holiday(title, tuple(where), len(where) == len(nations)) for title, where in titles.items())
        for on, titles in found.items()
    }


def _months(
    year: int, counted: Iterable[tuple[date, str, str, int]], holidays: dict[date, tuple[Holiday, ...]]
) -> Iterator[Month]:
    statuses: dict[date, Counter[str]] = defaultdict(Counter)
    undated: dict[int, Counter[str]] = defaultdict(Counter)
    for on, precision, status, count in counted:
        place = statuses[on] if precision == Precision.EXACT else undated[on.month]
        place[status] += count
    first = date(year, 1, 1)
    days = [first + timedelta(days=number) for number in range((date(year + 1, 1, 1) - first).days)]
    for month, of_month in groupby(days, key=lambda day: day.replace(day=1)):
        each = (Day(on, tuple(statuses[on].items()), holidays.get(on, ())) for on in of_month)
        yield Month(month, tuple(each), tuple(undated[month.month].items()))


def _uneven(shown: ReleaseQuerySet, *, year: int, today: date) -> list[UnevenSeries]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    until = min(last, today + PLANNED_AHEAD)
    about = shown.filter(planned_on__gte=min(first, today) - PAST_THAT_COUNTS, planned_on__lte=last + BEYOND)
    beats: dict[int, list[date]] = defaultdict(list)
    for key, on, precision in about.values_list("series_id", "planned_on", "precision"):
        beats[key].append(calendar.representative_day(on, precision=Precision(precision)))
    found = {}
    for key, days in beats.items():
        pace = calendar.pace_of(day for day in days if day <= today)
        if pace is not None and (gaps := calendar.gaps(days, pace, start=first, end=until)):
            found[key] = (pace, gaps)
    named = Series.objects.filter(pk__in=found).select_related("producer").order_by("title")
    return [UnevenSeries(series, *found[series.pk]) for series in named]
