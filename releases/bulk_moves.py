"""Moves of several releases at once, after a preview.

`plan_moves` changes nothing. A page shows the plans, and a person confirms them. Then `make_moves` makes each move
separately, with the same function as the page of a single release.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from releases import date_changes, preflight, readiness, scheduling
from releases.models import Release
from releases.permissions import TABLE, Action, NotYours, User, check_may, roles_of
from releases.readiness import ReleaseWarning
from releases.rules import calendar
from releases.rules.calendar import Precision, Slot
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import LEADS, MoveRefused, Status

LATER_REASON = "to be given"


class BulkMove(StrEnum):
    ANNOUNCE = "announce"
    CONFIRM = "confirm"
    CANCEL = "cancel"
    PREFLIGHT = "ask_preflight"
    MOVE_DATES = "move_dates"


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers that a person enters once for all releases.

    :ivar reason: the reason for a cancellation, short notice or a change of date. Empty if no reason is given yet.
    :ivar days: the number of days by which dates move. Negative numbers move dates to earlier days.
    """

    reason: str = ""
    days: int = 0


@dataclass(frozen=True, slots=True)
class PlannedMove:
    """The planned move of one release, or the reason why the release cannot be moved.

    :ivar refusal: a sentence that says why the move is not possible. Empty if the move is possible.
    :ivar to: the new date, if the move is a change of date.
    :ivar in_the_way: the non-working days that were skipped to find the new date.
    :ivar is_request: whether the Head of Profession or a deputy must agree before the date changes.
    """

    release: Release
    refusal: str = ""
    warnings: tuple[ReleaseWarning, ...] = ()
    to: Slot | None = None
    in_the_way: tuple[date, ...] = ()
    is_request: bool = False

    @property
    def is_possible(self) -> bool:
        return not self.refusal

    @property
    def needs_reason(self) -> bool:
        """Whether the person must give a reason, because the release would be confirmed at short notice."""
        return self.is_possible and any(each.kind in readiness.NEEDS_REASON for each in self.warnings)


@dataclass(frozen=True, slots=True)
class BulkResult:
    """The results of a bulk move.

    :ivar requested: the confirmed releases for which another date was only requested.
    :ivar refusals: the references of the refused releases, keyed by the reason for the refusal.
    """

    moved: list[Release]
    requested: list[Release]
    refusals: Mapping[str, list[str]]


def plan_moves(
    releases: QuerySet[Release], move: BulkMove, answers: Answers, *, by: User, at: datetime
) -> list[PlannedMove]:
    """Plan the move of each release, without changing anything. The plans are sorted by the dates of the releases."""
    found = releases.select_related("series__producer", "series__responsible", "series__head_of_profession")
    found = found.prefetch_related("addresses", "series__producer__non_working_days")
    rules = _MOVES[move]
    planned = []
    for release in found.order_by("planned_on", "planned_at", "reference"):
        plan = PlannedMove(release)
        try:
            plan = rules.plan(release, answers, by, at)
        except MoveRefused as refusal:
            plan = PlannedMove(release, refusal=str(refusal))
        except NotYours:
            plan = PlannedMove(release, refusal=_("You do not have permission to do this."))
        planned.append(plan)
    return planned


def make_moves(
    planned: Iterable[PlannedMove], move: BulkMove, answers: Answers, *, by: User, now: Callable[[], datetime]
) -> BulkResult:
    """Make each planned move that is possible.

    If the move of a release is refused because the release has changed meanwhile, the other releases are still moved.

    :param now: the clock. It is read before each move, because a release may become due while the others are moved.
    """
    moved: list[Release] = []
    requested: list[Release] = []
    refusals: dict[str, list[str]] = defaultdict(list)
    for plan in planned:
        if not plan.is_possible:
            continue
        try:
            _MOVES[move].make(plan, answers, by, now())
        except MoveRefused as refusal:
            refusals[str(refusal)].append(plan.release.reference)
        except NotYours:
            refusals[_("You do not have permission to do this.")].append(plan.release.reference)
        else:
            (requested if plan.is_request else moved).append(plan.release)
    return BulkResult(moved, requested, refusals)


def digest_plans(planned: Iterable[PlannedMove]) -> str:
    """Return a digest of the plans that a page shows.

    The page posts the digest. The moves are then planned again, and are made only if the digest of the new plans is the
    same.
    """
    shown = [
        (plan.release.pk, plan.release.schedule_version, plan.release.status, plan.is_possible, str(plan.to))
        for plan in planned
    ]
    return sha256_hex(repr(shown).encode())[:16]


def _plan_announcement(release: Release, answers: Answers, by: User, at: datetime) -> PlannedMove:
    scheduling.check_announce(release, by=by)
    if release.announced_at is not None:
        return PlannedMove(release, refusal=_("This release is already in the public calendar."))
    found = readiness.find_warnings(release, at=at)
    if release.status == Status.PROVISIONAL:
        # The notice of a provisional date is not known yet, because the date may still change.
        found = tuple(each for each in found if each.kind not in readiness.NEEDS_REASON)
    return PlannedMove(release, warnings=found)


def _plan_confirmation(release: Release, answers: Answers, by: User, at: datetime) -> PlannedMove:
    scheduling.check_confirm(release, by=by, at=at, reason=answers.reason or LATER_REASON)
    return PlannedMove(release, warnings=readiness.find_warnings(release, at=at))


def _plan_cancellation(release: Release, answers: Answers, by: User, at: datetime) -> PlannedMove:
    scheduling.check_cancel(release, by=by, at=at, reason=answers.reason or LATER_REASON)
    scheduling.refuse_during_judgement(release, at=at)
    return PlannedMove(release)


def _plan_preflight(release: Release, answers: Answers, by: User, at: datetime) -> PlannedMove:
    preflight.check_request(release, by=by, now=at)
    return PlannedMove(release)


def _plan_date(release: Release, answers: Answers, by: User, at: datetime) -> PlannedMove:
    """Plan to move the date by `answers.days`. If the new date is not a working day, use the next working day."""
    roles = roles_of(by, release.series.producer)
    scheduling.refuse_during_judgement(release, at=at)
    if release.slot.precision is not Precision.EXACT:
        return PlannedMove(
            release,
            refusal=_("The exact day of this release is not known yet. Change the date on the page of the release."),
        )
    wanted = replace(release.slot, on=release.slot.on + timedelta(days=answers.days))
    producer = release.series.producer
    placed = calendar.place_on_working_day(wanted, nation=release.series.order_nation, closed=producer.closed_days())
    is_request = (
        release.status == Status.CONFIRMED and not LEADS & roles and bool(TABLE[Action.ASK_DATE_CHANGE] & roles)
    )
    if is_request:
        date_changes.check_request_possible(release)
    scheduling.prepare_date_change(
        release,
        to=placed.slot,
        reason=answers.reason or (LATER_REASON if release.status == Status.CONFIRMED else ""),
        roles=LEADS if is_request else roles,
        at=at,
    )
    return PlannedMove(release, to=placed.slot, in_the_way=placed.in_the_way, is_request=is_request)


def _move_date(plan: PlannedMove, answers: Answers, by: User, at: datetime) -> None:
    release = plan.release
    assert plan.to is not None  # noqa: S101  # a possible change has its date
    change = date_changes.request_date_change if plan.is_request else scheduling.change_date
    if not plan.is_request:
        check_may(by, Action.EDIT, release.series.producer)
    change(
        release,
        to=plan.to,
        reason=answers.reason,
        by=by,
        at=at,
        expected_version=release.schedule_version,
        expected_status=Status(release.status),
    )


@dataclass(frozen=True, slots=True)
class _Rules:
    """The function that plans a move, and the function that makes the move.

    The last two arguments of both functions are the person who makes the move, and an aware instant.
    """

    plan: Callable[[Release, Answers, User, datetime], PlannedMove]
    make: Callable[[PlannedMove, Answers, User, datetime], object]


_MOVES: dict[BulkMove, _Rules] = {
    BulkMove.ANNOUNCE: _Rules(
        _plan_announcement, lambda plan, answers, by, at: scheduling.announce_release(plan.release, by=by, at=at)
    ),
    BulkMove.CONFIRM: _Rules(
        _plan_confirmation,
        lambda plan, answers, by, at: scheduling.confirm_release(plan.release, by=by, at=at, reason=answers.reason),
    ),
    BulkMove.CANCEL: _Rules(
        _plan_cancellation,
        lambda plan, answers, by, at: scheduling.cancel_release(plan.release, reason=answers.reason, by=by, at=at),
    ),
    BulkMove.PREFLIGHT: _Rules(
        _plan_preflight, lambda plan, answers, by, at: preflight.request_preflight(plan.release, by=by, now=at)
    ),
    BulkMove.MOVE_DATES: _Rules(_plan_date, _move_date),
}
