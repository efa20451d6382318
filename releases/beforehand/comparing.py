"""The nightly comparison of every release to come with its public announcement on GOV.UK."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import F, Q, QuerySet

from releases.core import announced_differences
from releases.core.announced_differences import Difference, Ours
from releases.core.dates import london
from releases.core.judging.reading import govuk_announcement
from releases.core.judging.reading.govuk_announcement import CANNOT_TELL, Announced, NoAnnouncementError, Problem
from releases.core.looks.answer import Answer
from releases.core.status import Status
from releases.core.web_address import NotAWebAddressError, place_of
from releases.models import Address, Comparison, Release
from releases.watching import beside
from releases.watching.beside import Means

ADAPTER = "govuk"
GOVUK = "https://www.gov.uk/"
MOST_AT_A_TIME = 10
# Where nobody could tell it is tried again, some times in the same night.
TRIED_AGAIN_AFTER = timedelta(hours=1)
TRIED_AGAIN_FOR = timedelta(hours=4)
# A vague release is to come as long as its months may not be over.
LONGEST_VAGUE = timedelta(days=62)


@dataclass(frozen=True, slots=True)
class Compared:
    """How a release stands beside its announcement: the differences, when it was read, and why not since, if so."""

    release: Release
    url: str
    differences: tuple[Difference, ...]
    read_at: datetime | None
    tried_at: datetime
    problem: Problem | None


def planned_at(*, at: time, now: datetime) -> datetime:
    """Return the last instant for which the comparison was planned.

    :param at: STATSOFFICE_COMPARISON_AT, London time.
    :param now: an aware instant.
    """
    today = datetime.combine(london.local_date(now), at, tzinfo=london.LONDON)
    return today if today <= now else today - timedelta(days=1)


def announcements_to_come(*, now: datetime) -> QuerySet[Address]:
    """Return the GOV.UK announcements of releases that are still to come, cancelled ones too.

    :param now: an aware instant.
    """
    vague_since = london.local_date(now) - LONGEST_VAGUE
    to_come = Q(release__due_at__gt=now) | Q(release__due_at__isnull=True, release__planned_on__gte=vague_since)
    return (
        Address.objects.filter(
            to_come,
            Q(adapter=ADAPTER) | Q(url__startswith=GOVUK),
            role=Address.Role.ANNOUNCEMENT,
            release__rehearsal=False,
        )
        .exclude(release__status=Status.PUBLISHED)
        .select_related("release__series__producer", "comparison")
        .order_by("release__planned_on", "pk")
    )


def due(*, at: time, now: datetime) -> QuerySet[Address]:
    """Return the announcements that were not read since the comparison was planned last.

    :param at: STATSOFFICE_COMPARISON_AT, London time.
    :param now: an aware instant.
    """
    planned = planned_at(at=at, now=now)
    never = Q(comparison__isnull=True) | ~Q(comparison__url=F("url"))
    again = Q(comparison__tried_at__lt=planned)
    if now < planned + TRIED_AGAIN_FOR:
        again |= ~Q(comparison__problem="") & Q(comparison__tried_at__lte=now - TRIED_AGAIN_AFTER)
    return announcements_to_come(now=now).filter(never | again)


def compare_due(*, at: time, means: Means, now: datetime) -> int:
    """Read some of the announcements that are due, and keep what they say; return how many could be asked.

    :param at: STATSOFFICE_COMPARISON_AT, London time.
    :param now: the aware instant at which the looks begin.
    """
    return compare(due(at=at, now=now)[:MOST_AT_A_TIME], means=means, now=now)


def compare(addresses: Iterable[Address], *, means: Means, now: datetime) -> int:
    """Read some announcements and keep what they say; return how many could be asked.

    A look at the announcement of a release with an exact date is evidence like any other look at it.

    :param now: the aware instant at which the looks begin.
    """
    asked = [address for address in addresses if _can_be_asked(address, now=now)]
    kept = [address for address in asked if address.adapter == ADAPTER and address.release.due_at]
    answers = {made.row.address_id: made.answer for made in beside.look_at(kept, means=means, now=now)} if kept else {}
    answers |= _asked([address for address in asked if address not in kept], means=means, now=now)
    for address in asked:
        if answer := answers.get(address.pk):
            _keep(address, _read(answer), at=answer.completed_at)
    return len(answers)


def compared(addresses: Iterable[Address]) -> list[Compared]:
    """Say how releases stand beside their announcements now, whatever was changed here since these were read."""
    return [_compared(address) for address in addresses if _is_read(address)]


def differing(announcements: QuerySet[Address]) -> list[Compared]:
    """Return of some announcements those that differ from our calendar as it is now."""
    return [each for each in compared(announcements.filter(comparison__differs=True)) if each.differences]


def _asked(addresses: Iterable[Address], *, means: Means, now: datetime) -> Mapping[int, Answer]:
    asked = ((address, beside.ask(address.url, adapter=ADAPTER, means=means, now=now)) for address in addresses)
    return {address.pk: answer for address, answer in asked if answer is not None}


def _can_be_asked(address: Address, *, now: datetime) -> bool:
    try:
        place_of(address.url)
    except NotAWebAddressError:
        # Without a row it would stay due for ever, before all others.
        _keep(address, Problem.UNREACHABLE, at=now)
        return False
    return True


def _read(answer: Answer) -> Announced | Problem:
    try:
        return govuk_announcement.read_answer(answer)
    except NoAnnouncementError as none:
        return none.problem


def _keep(address: Address, found: Announced | Problem, *, at: datetime) -> None:
    row = Comparison.objects.filter(address=address).first() or Comparison(address=address, tried_at=at)
    if row.url != address.url:
        row.url, row.read_at, row.said, row.missing = address.url, None, {}, ""
    row.tried_at, row.problem = at, ""
    if isinstance(found, Problem) and found in CANNOT_TELL:
        row.problem = found.value
    else:
        missing = found.value if isinstance(found, Problem) else ""
        row.said = {} if isinstance(found, Problem) else govuk_announcement.to_json(found)
        row.read_at, row.missing = at, missing
        _count_news(row, address.release, at=at)
    row.save()


def _count_news(row: Comparison, release: Release, *, at: datetime) -> None:
    found = [[difference.kind.value, difference.theirs] for difference in _differences(row, release)]
    if any(difference not in row.told for difference in found):
        row.news, row.news_at = row.news + 1, at
    row.told, row.differs = found, bool(found)


def _is_read(address: Address) -> bool:
    row = getattr(address, "comparison", None)
    return row is not None and row.url == address.url


def _compared(address: Address) -> Compared:
    row = address.comparison
    return Compared(
        release=address.release,
        url=address.url,
        differences=tuple(_differences(row, address.release)),
        read_at=row.read_at,
        tried_at=row.tried_at,
        problem=Problem(row.problem) if row.problem else None,
    )


def _differences(row: Comparison, release: Release) -> list[Difference]:
    ours = Ours(title=release.title, slot=release.slot, status=Status(release.status))
    if row.missing:
        return announced_differences.of_problem(ours, Problem(row.missing))
    said: Announced | None = govuk_announcement.from_json(row.said) if row.said else None
    return announced_differences.of_announced(ours, said) if said else []
