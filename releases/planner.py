"""Planning many releases at once: next year's releases, addresses by a pattern, and the year planner."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Prefetch, QuerySet

from releases import corrections, host_budgets, permissions, scheduling
from releases.models import Address, Observation, Producer, Release, Series
from releases.models.release import ReleaseQuerySet
from releases.permissions import Action, check_may
from releases.rules import calendar, london, web_address
from releases.rules.calendar import Gap, Nation, Pace, Precision, Rule, Slot
from releases.rules.host_budget import Crowd
from releases.rules.lifecycle import MoveRefused, Status
from releases.rules.web_address import BadPattern, Facts, NotAWebAddressError
from releases.scheduling import PlannedAddress

if TYPE_CHECKING:
    from statsoffice.accounts.models import User


class PlanObjection(StrEnum):
    """Why nothing is planned after a release."""

    NOT_YOURS = "not_yours"
    REHEARSAL = "rehearsal"
    CANCELLED = "cancelled"
    PLANNED_ALREADY = "planned_already"
    DAY_TAKEN = "day_taken"
    REFERENCE_TAKEN = "reference_taken"
    PAST = "past"


@dataclass(frozen=True, slots=True)
class Plan:
    """The release that would come a year after another: its names, its slot, and the days that lay in the way.

    `other` is the release that stands against it, where one does.
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
        """Whether nothing speaks against it."""
        return self.objection is None

    @property
    def holidays_known(self) -> bool:
        """Whether the bank holidays of its year are known by now."""
        return bool(calendar.bank_holidays(self.slot.on.year, nation=_nation(self.source)))


def plan_year(releases: QuerySet[Release], *, rule: Rule, by: "User", now: datetime) -> list[Plan]:
    """Say what would follow a year after each of some releases; nothing is made.

    :param now: the aware instant of asking: nothing is planned for a day that is over.
    """
    found = releases.select_related("series__producer", "planned_next__series").order_by("planned_on", "reference")
    plans = [_of(release, rule=rule) for release in found]
    mine = set(permissions.producers_where(by, Action.EDIT).values_list("pk", flat=True))
    known = Release.objects.filter(reference__in=[each.reference for each in plans]).select_related("series")
    references = {release.reference: release for release in known}
    days = {(release.series_id, release.planned_on): release for release in _in_the_same_places(plans)}
    wanted: set[str] = set()
    checked = []
    for each in plans:
        objection, other = _objection(each, mine=mine, references=references, days=days, now=now)
        if objection is None and each.reference in wanted:
            objection = PlanObjection.REFERENCE_TAKEN
        wanted.add(each.reference)
        checked.append(replace(each, objection=objection, other=other))
    return checked


def make_plan(plans: Iterable[Plan], *, by: "User", at: datetime) -> tuple[list[Release], list[str]]:
    """Record the planned releases to which there is no objection, as provisional and not announced.

    What somebody else has planned meanwhile is not made again.

    :param at: the aware instant of recording.
    :return: the releases that were made, and of the others, which were refused at the last moment, why.
    :raises NotYours: if one of the series is not theirs to edit any more.
    """
    made, refusals = [], []
    for each in plans:
        if not each.may_be_made:
            continue
        check_may(by, Action.EDIT, each.source.series.producer)
        try:
            made.append(_record(each, by=by, at=at))
        except MoveRefused as refusal:
            refusals.append(f"{each.source.reference}: {refusal}")
        except IntegrityError:
            # Somebody planned the same at the same time; what they made stands.
            continue
    return made, refusals


def _record(each: Plan, *, by: "User", at: datetime) -> Release:
    with transaction.atomic():
        made = scheduling.record_release(
            each.source.series, reference=each.reference, title=each.title, slot=each.slot, at=at, by=by
        )
        Release.objects.filter(pk=made.pk).update(planned_from=each.source)
    return made


def _of(release: Release, *, rule: Rule) -> Plan:
    placed = calendar.place_next_year(release.slot, rule=rule, nation=_nation(release))
    slot = placed.slot
    if slot.precision is Precision.EXACT:
        slot = replace(slot, at=release.series.release_time)
    reference = calendar.reference_next_year(release.reference, year=slot.on.year)
    return Plan(release, reference, calendar.title_next_year(release.title), slot, placed.in_the_way)


def _in_the_same_places(plans: Collection[Plan]) -> QuerySet[Release]:
    """Return what stands in the series on the planned days and was not planned by this way itself."""
    present = Release.objects.exclude(status=Status.CANCELLED).filter(planned_from=None, rehearsal=False)
    days, series = {each.slot.on for each in plans}, {each.source.series_id for each in plans}
    return present.filter(planned_on__in=days, series__in=series).select_related("series")


def _objection(
    each: Plan,
    *,
    mine: Collection[int],
    references: dict[str, Release],
    days: dict[tuple[int, date], Release],
    now: datetime,
) -> tuple[PlanObjection | None, Release | None]:
    source = each.source
    planned: Release | None = getattr(source, "planned_next", None)
    same_day = days.get((source.series_id, each.slot.on))
    same_reference = references.get(each.reference)
    against = (
        (PlanObjection.NOT_YOURS, source.series.producer_id not in mine, None),
        (PlanObjection.REHEARSAL, source.rehearsal, None),
        (PlanObjection.CANCELLED, source.status == Status.CANCELLED, None),
        (PlanObjection.PLANNED_ALREADY, planned is not None, planned),
        (PlanObjection.PAST, _is_past(each.slot, today=london.local_date(now)), None),
        (PlanObjection.DAY_TAKEN, same_day is not None, same_day),
        (PlanObjection.REFERENCE_TAKEN, same_reference is not None, same_reference),
    )
    objection, other = next(((why, other) for why, applies, other in against if applies), (None, None))
    # A reference may be taken by somebody else's release, of which no more is told.
    told = other if other and other.series.producer_id == source.series.producer_id else None
    return objection, told


def _is_past(slot: Slot, *, today: date) -> bool:
    return slot.on <= today if slot.precision is Precision.EXACT else slot.on < today.replace(day=1)


def _nation(release: Release) -> Nation:
    return Nation(release.series.producer.nation)


class AddressObjection(StrEnum):
    """Why a release keeps the addresses that it has."""

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
    """Patterns of the address and of the words by which an edition is known, and how the address is read.

    A release that has an address of this role already keeps it, unless `replaces`.
    """

    url: str
    marker: str = ""
    role: str = Address.Role.PAGE
    adapter: str = "page"
    required: bool = True
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a pattern makes of one release: the address planned, the one in whose place it comes, or an objection."""

    release: Release
    planned: PlannedAddress | None = None
    instead_of: Address | None = None
    objection: AddressObjection | None = None
    fault: BadPattern | None = None

    @property
    def may_be_set(self) -> bool:
        """Whether nothing speaks against it."""
        return self.objection is None


def propose_addresses(releases: QuerySet[Release], pattern: Pattern, *, by: "User", now: datetime) -> list[Proposal]:
    """Say what a pattern would make of each of some releases; nothing is changed.

    :param now: the aware instant of asking: the addresses of what is due by then stay as they are.
    """
    looked_at = Exists(Observation.objects.filter(address=OuterRef("pk")))
    addresses = Prefetch("addresses", Address.objects.annotate(looked_at=looked_at), to_attr="present_addresses")
    found = releases.select_related("series__producer").prefetch_related(addresses).order_by("planned_on", "reference")
    mine = set(permissions.producers_where(by, Action.EDIT).values_list("pk", flat=True))
    each = [_proposal(release, pattern, mine=release.series.producer_id in mine, now=now) for release in found]
    return _told_apart(each) if pattern.role == Address.Role.PAGE else each


def apply_addresses(proposals: Iterable[Proposal], *, by: "User", at: datetime) -> tuple[int, list[str]]:
    """Set the addresses to which there is no objection; each release for itself, with an event of its own.

    :param at: the aware instant of setting.
    :return: how many were set, and of the others, which were refused at the last moment, why.
    :raises NotYours: if one of the releases is not theirs to edit any more.
    """
    done, refusals = 0, []
    for proposal in proposals:
        if proposal.planned is None or not proposal.may_be_set:
            continue
        try:
            if proposal.instead_of is None:
                corrections.add_address(proposal.release, proposal.planned, by=by, at=at)
            else:
                corrections.change_address(proposal.instead_of, proposal.planned, by=by, at=at)
        except MoveRefused as refusal:
            refusals.append(str(refusal))
        else:
            done += 1
    return done, refusals


def _proposal(release: Release, pattern: Pattern, *, mine: bool, now: datetime) -> Proposal:
    if not mine:
        return Proposal(release, objection=AddressObjection.NOT_YOURS)
    if corrections.addresses_are_fixed(release, now=now):
        return Proposal(release, objection=AddressObjection.DUE)
    if release.status == Status.CANCELLED:
        return Proposal(release, objection=AddressObjection.CANCELLED)
    try:
        planned = _planned(release, pattern)
        web_address.parse_address(planned.url)
    except BadPattern as fault:
        return Proposal(release, objection=AddressObjection.PATTERN, fault=fault)
    except NotAWebAddressError:
        return Proposal(release, planned, objection=AddressObjection.NOT_AN_ADDRESS)
    present: Sequence[Address] = release.present_addresses  # type: ignore[attr-defined]  # of the prefetch
    return _beside(release, planned, present, replaces=pattern.replaces)


def _told_apart(proposals: Sequence[Proposal]) -> list[Proposal]:
    """Object to what would give two releases one page and one marker: the first that is live would prove both."""
    wanted = Counter(_known_by(proposal.planned) for proposal in proposals if proposal.planned)
    urls = {url for url, _ in wanted}
    others = Address.objects.filter(url__in=urls, role=Address.Role.PAGE)
    others = others.exclude(release__in=[proposal.release.pk for proposal in proposals])
    taken = set(others.values_list("url", "marker"))
    return [
        replace(proposal, objection=AddressObjection.NOT_TOLD_APART)
        if proposal.planned
        and proposal.may_be_set
        and (wanted[_known_by(proposal.planned)] > 1 or _known_by(proposal.planned) in taken)
        else proposal
        for proposal in proposals
    ]


def _known_by(planned: PlannedAddress) -> tuple[str, str]:
    return planned.url, planned.marker


def _planned(release: Release, pattern: Pattern) -> PlannedAddress:
    facts = Facts(
        on=release.planned_on,
        precision=Precision(release.precision),
        slug=release.series.slug,
        reference=release.reference,
        title=release.title,
    )
    return PlannedAddress(
        url=web_address.fill_pattern(pattern.url, facts),
        marker=web_address.pattern_words(pattern.marker, facts),
        role=pattern.role,
        adapter=pattern.adapter,
        required=pattern.required,
    )


def _beside(release: Release, planned: PlannedAddress, present: Sequence[Address], *, replaces: bool) -> Proposal:
    """Compare the planned address with those that the release has."""
    same = next((address for address in present if address.url == planned.url), None)
    if same is not None and same.role != planned.role:
        return Proposal(release, planned, same, AddressObjection.NAMED_ALREADY)
    of_role = [address for address in present if address.role == planned.role]
    # A page stands by itself; attachments stand beside each other, so that one more takes nobody's place.
    other = of_role[0] if of_role and planned.role == Address.Role.PAGE else None
    was = same or other
    if was is None:
        return Proposal(release, planned)
    if all(getattr(was, name) == getattr(planned, name) for name in ("url", "marker", "adapter", "required")):
        return Proposal(release, planned, was, AddressObjection.NOTHING_TO_CHANGE)
    if not replaces:
        return Proposal(release, planned, was, AddressObjection.HAS_ONE)
    looked_at: bool = was.looked_at  # type: ignore[attr-defined]  # annotated
    if looked_at and was.url != planned.url:
        return Proposal(release, planned, was, AddressObjection.LOOKED_AT)
    return Proposal(release, planned, was)


# A year's page with more releases than this is of no use to a person; it asks for a narrower choice.
MOST_LISTED = 1000
MOST_CLASHES = 50
# Of a yearly series five years are six beats.
PAST_THAT_COUNTS = timedelta(days=5 * 366)
# A release that comes so long after New Year may still fill the last expected period of a year.
BEYOND = timedelta(days=200)
# Code of Practice for Statistics, edition 2.1, T3.1 (3.0: 3.1): a calendar is kept twelve months ahead.
KEPT_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A bank holiday, and in which of the nations shown it is one; `everywhere` if in all of them."""

    title: str
    nations: tuple[Nation, ...]
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the wall: how many releases of each status it has, and whether offices work on it."""

    on: date
    statuses: tuple[tuple[str, int], ...]
    holidays: tuple[Holiday, ...]

    @property
    def is_weekend(self) -> bool:
        """Whether it is a Saturday or a Sunday."""
        return self.on.weekday() >= 5


@dataclass(frozen=True, slots=True)
class Month:
    """One month: all of its days and what has no day yet, for the wall; the releases one by one, for the list."""

    first: date
    days: tuple[Day, ...]
    undated: tuple[tuple[str, int], ...] = ()
    entries: dict[date, list[Release]] = field(default_factory=dict)
    vague: list[Release] = field(default_factory=list)

    @property
    def days_missing(self) -> int:
        """By how many days it is shorter than the longest month."""
        return 31 - len(self.days)

    @property
    def listed(self) -> list[tuple[Day, list[Release]]]:
        """The days that the list names, each with its releases."""
        return [(day, self.entries.get(day.on, [])) for day in self.days if day.on in self.entries or day.holidays]


@dataclass(frozen=True, slots=True)
class Clash:
    """Releases of one's own that are due at the same host at the same aware instant."""

    due_at: datetime
    place: str
    releases: tuple[Release, ...]


@dataclass(frozen=True, slots=True)
class Uneven:
    """A series that has a pace, and the expected periods of the year in which nothing is planned."""

    series: Series
    pace: Pace
    gaps: Sequence[Gap]


@dataclass(frozen=True, slots=True)
class YearPlan:
    """A year of some series. `total` counts all releases; where there are too many of them, none is listed.

    `clashes_left_out` counts the clashes beyond the longest list, which begins with the year.
    """

    year: int
    months: list[Month]
    total: int
    clashes: list[Clash]
    clashes_left_out: int
    uneven: list[Uneven]
    holidays_unknown: bool

    @property
    def is_listed(self) -> bool:
        """Whether the releases are listed one by one."""
        return self.total <= MOST_LISTED


def year_plan_of(producers: Collection[Producer], series: Series | None, *, year: int, now: datetime) -> YearPlan:
    """Return a year as it is planned, with a constant number of queries.

    :param producers: those whose releases are shown; the caller has asked whether the person may see them.
    :param series: the one series to which it is narrowed, or None.
    :param now: the aware instant that parts what is past, from which a rhythm follows, from what is to come.
    """
    shown = Release.objects.official().filter(series__producer__in=producers)
    if series is not None:
        shown = shown.filter(series=series)
    in_year = shown.filter(planned_on__year=year)
    counted = list(
        in_year.values_list("planned_on", "precision", "status").annotate(Count("pk")).order_by("planned_on", "status")
    )
    total = sum(count for *_, count in counted)
    holidays = _holidays(year, nations={Nation(producer.nation) for producer in producers})
    months = list(_months(year, counted, holidays))
    if total <= MOST_LISTED:
        _fill(months, in_year.select_related("series__producer"))
    found = _clashing(in_year, Release.objects.official().filter(series__producer__in=producers))
    return YearPlan(
        year=year,
        months=months,
        total=total,
        clashes=_named(found[:MOST_CLASHES]),
        clashes_left_out=max(0, len(found) - MOST_CLASHES),
        uneven=_uneven(shown, year=year, today=london.local_date(now)),
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


def _fill(months: Sequence[Month], releases: ReleaseQuerySet) -> None:
    for release in releases.order_by("planned_on", "planned_at", "title", "pk"):
        month = months[release.planned_on.month - 1]
        if release.due_at is None:
            month.vague.append(release)
        else:
            month.entries.setdefault(release.planned_on, []).append(release)


def _clashing(shown: ReleaseQuerySet, own: ReleaseQuerySet) -> list[Crowd]:
    """Find the clashes of the releases shown, with whatever else of the same people stands in their way."""
    instants = shown.filter(due_at__isnull=False).values("due_at")
    keys = set(shown.values_list("pk", flat=True))
    return [crowd for crowd in host_budgets.crowds_among(own.filter(due_at__in=instants)) if keys & set(crowd.releases)]


def _named(found: Sequence[Crowd]) -> list[Clash]:
    named = Release.objects.in_bulk({key for crowd in found for key in crowd.releases})
    return [
        Clash(crowd.due_at, crowd.place, tuple(named[key] for key in crowd.releases if key in named)) for crowd in found
    ]


def _uneven(shown: ReleaseQuerySet, *, year: int, today: date) -> list[Uneven]:
    first, last = date(year, 1, 1), date(year, 12, 31)
    until = min(last, today + KEPT_AHEAD)
    about = shown.filter(planned_on__gte=min(first, today) - PAST_THAT_COUNTS, planned_on__lte=last + BEYOND)
    beats: dict[int, list[date]] = defaultdict(list)
    for key, on, precision in about.values_list("series_id", "planned_on", "precision"):
        beats[key].append(calendar.beat(on, precision=Precision(precision)))
    found = {}
    for key, days in beats.items():
        pace = calendar.pace_of(day for day in days if day <= today)
        if pace is not None and (gaps := calendar.gaps(days, pace, start=first, end=until)):
            found[key] = (pace, gaps)
    named = Series.objects.filter(pk__in=found).select_related("producer").order_by("title")
    return [Uneven(series, *found[series.pk]) for series in named]
