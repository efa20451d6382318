"""The geometry of time charts: an axis with round London times, and a strip that shows the checks around a due time.

Places on an axis are percentages of its width, so that a chart fits any screen.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from itertools import groupby, pairwise

from releases.rules.calendar import LONDON, format_time, format_time_with_seconds, in_london, local_date

FULL = 100.0
MARGIN = 0.04
THINNEST = 0.8
# If a tick is nearer than this to an edge of the axis, its text begins or ends at the tick, so that it has room.
NEAR_THE_EDGE = 10
# `CHARACTER` is the width of a character on a phone, as a percentage of the width of the axis. It is used to ensure
# that the texts of ticks do not touch each other.
CHARACTER, MOST_TICKS = 2.7, 4
SECOND, MINUTE, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(days=1)
STEPS = (
    *(timedelta(seconds=seconds) for seconds in (1, 2, 5, 10, 15, 30)),
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15, 30)),
    *(timedelta(hours=hours) for hours in (1, 2, 3, 6, 12)),
    *(timedelta(days=days) for days in (1, 2, 7, 14, 28, 91, 182, 364)),
)


@dataclass(frozen=True, slots=True)
class AxisTick:
    """A time on the axis.

    `anchor` says which point of `text` is at the tick: "start", "middle" or "end", as in SVG.
    """

    place: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """An axis between two aware instants, with round times on it."""

    start: datetime
    end: datetime
    ticks: tuple[AxisTick, ...] = ()

    def place(self, instant: datetime) -> float:
        return (instant - self.start) / (self.end - self.start) * FULL

    def label(self, instant: datetime, text: str) -> AxisTick:
        """Return a tick at an instant, with its text on the side that has more room."""
        place = round(self.place(instant), 2)
        return AxisTick(place, text, anchor="end" if place > FULL / 2 else "start")

    def span(self, from_: datetime, to: datetime, *, thinnest: float = THINNEST) -> tuple[float, float]:
        """Return the left edge and the width of the area between two instants. The width is at least `thinnest`."""
        left, right = sorted((self.place(from_), self.place(to)))
        width = max(right - left, thinnest)
        return round(min(left, FULL - width), 2), round(width, 2)


def axis_around(instants: Iterable[datetime]) -> TimeAxis:
    """Return an axis that contains the given instants, with a margin on both sides."""
    known = sorted(instants)
    start, end = known[0].replace(microsecond=0), known[-1]
    if end.microsecond:
        end = end.replace(microsecond=0) + SECOND
    slack = max((end - start) * MARGIN, SECOND)
    start, end = start - slack, end + slack
    axes = [_axis_with_steps(start, end, step) for step in STEPS if (end - start) // step < MOST_TICKS]
    if not axes:
        return TimeAxis(start, end)
    # If the texts do not fit with any step, use the shortest step and show only every second tick.
    alternate = replace(axes[0], ticks=axes[0].ticks[::2])
    return next((axis for axis in axes if axis.ticks and _texts_are_apart(axis.ticks)), alternate)


def _axis_with_steps(start: datetime, end: datetime, step: timedelta) -> TimeAxis:
    times = _round_times(start, end, step)
    # A round time just after the end is included, because it makes the place of the last instant easier to read.
    if times[-1] - end < (end - start) * 2 * MARGIN:
        end = max(end, times[-1])
    bare = TimeAxis(start, end)
    one_day = local_date(start) == local_date(end)
    return TimeAxis(start, end, tuple(_tick(at, step, axis=bare, one_day=one_day) for at in times if at <= end))


def _texts_are_apart(ticks: Sequence[AxisTick]) -> bool:
    extents = [_extent_of_text(tick) for tick in ticks]
    return all(right <= left for (_, right), (left, _) in pairwise(extents))


def _extent_of_text(tick: AxisTick) -> tuple[float, float]:
    width = CHARACTER * (len(tick.text) + 1)
    left = tick.place - width * {"start": 0, "middle": 0.5, "end": 1}[tick.anchor]
    return left, left + width


def _round_times(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    """Return the round London times from `start` to `end`, and the next round time after `end`.

    The times are counted from midnight on the London clock. So they are also round on days with 23 or 25 hours.
    """
    first = in_london(start)
    at = datetime.combine(first.date(), time(), tzinfo=LONDON)
    at += (first.replace(tzinfo=None) - at.replace(tzinfo=None)) // step * step
    times = []
    while at <= end:
        times += [at] if at >= start else []
        at += step
    return [*times, at]


def _tick(at: datetime, step: timedelta, *, axis: TimeAxis, one_day: bool) -> AxisTick:
    place = round(axis.place(at), 2)
    if step >= DAY or (at.time() == time() and not one_day):
        text = f"{at.day} {at:%B}"
    else:
        text = format_time_with_seconds(at) if step < MINUTE else format_time(at)
    if place < NEAR_THE_EDGE:
        return AxisTick(place, text, anchor="start")
    if place > FULL - NEAR_THE_EDGE:
        return AxisTick(place, text, anchor="end")
    return AxisTick(place, text)


class Mark(StrEnum):
    """The kind of a tick on a strip.

    `OVERDUE` means that the release was not live after the end of the tolerance. `EARLY` means that a release with an
    early verdict was live before its due time.

    `MADE` marks a check without its result. It is used for checks from before the due time while their results are
    concealed, because a result could show that the release is live early.

    If there is no response, or the response does not show its edition, the check is never drawn as not live.
    """

    MADE = "made"
    NOT_LIVE = "not_live"
    OVERDUE = "overdue"
    EARLY = "early"
    LIVE = "live"
    NO_ANSWER = "no_answer"
    NOT_RECOGNISED = "not_recognised"


@dataclass(frozen=True, slots=True)
class CheckMark:
    """One check: the aware instants at which it was sent and completed, and its kind."""

    sent_at: datetime
    completed_at: datetime
    mark: Mark


@dataclass(frozen=True, slots=True)
class MarkRun:
    """Consecutive checks of one kind; the first was sent at `first_at`, the last at `last_at`."""

    mark: Mark
    first_at: datetime
    last_at: datetime
    count: int


# A strip begins this long before the due time and ends this long after the end of the tolerance.
BEFORE_DUE, AFTER_LIMIT = 2 * MINUTE, MINUTE
SLOT = timedelta(seconds=15)
"""The longest interval between checks in the two minutes before the due time. If results are concealed, we draw one
tick for each interval in which a check was sent. More ticks could reveal the additional checks that confirm an early
release."""
WIDTH = 600
"""The width of a strip in drawing units. With the default tolerance, two units are one second. Pages stretch the
drawing."""
# Maps a kind of tick to its strokes. Each stroke has a top and a bottom, in units. The drawing is 24 units high. The
# kinds differ in shape, and not only in colour.
STROKES = {
    Mark.MADE: ((10, 14),),
    Mark.NOT_LIVE: ((14, 24),),
    Mark.OVERDUE: ((7, 24),),
    Mark.EARLY: ((0, 17),),
    Mark.LIVE: ((0, 24),),
    Mark.NO_ANSWER: ((0, 8), (16, 24)),
    Mark.NOT_RECOGNISED: ((0, 10),),
}


@dataclass(frozen=True, slots=True)
class CheckStrip:
    """The checks around a due time as a drawing of `WIDTH` by 24 units.

    `due` is the place of the due time. `tolerance` is the left edge and the width of the tolerance, and `unmonitored`
    has the left edge and the width of each unmonitored period. All of them are in units. `paths` has one SVG path for
    each kind of tick. `runs`, `gaps` and `early_from` describe the checks, the unmonitored periods and an early release
    for people who cannot see the drawing.
    """

    axis: TimeAxis
    due: float
    tolerance: tuple[float, float]
    paths: tuple[tuple[Mark, str], ...] = ()
    unmonitored: tuple[tuple[float, float], ...] = ()
    runs: tuple[MarkRun, ...] = ()
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    early_from: datetime | None = None


def strip_window(due_at: datetime, limit_at: datetime) -> tuple[datetime, datetime]:
    """Return the first and the last instant of a strip."""
    return due_at - BEFORE_DUE, limit_at + AFTER_LIMIT


def lay_out_strip(
    due_at: datetime,
    limit_at: datetime,
    checks: Iterable[CheckMark] = (),
    *,
    gaps: Sequence[tuple[datetime, datetime]] = (),
    axis: TimeAxis | None = None,
    conceal_before_due: bool = True,
    early_from: datetime | None = None,
) -> CheckStrip:
    """Lay out the checks of one address around its due time; instants are aware.

    :param gaps: the periods without monitoring.
    :param axis: the period that the strip covers. By default, it begins two minutes before the due time and ends one
        minute after the limit.
    :param conceal_before_due: whether checks from before the due time are drawn without their results.
    :param early_from: when the first check that proves an early release was completed. None if the release was not
        early, or if the drawing may not show it.
    """
    axis = axis or TimeAxis(*strip_window(due_at, limit_at))
    within = sorted(
        (check for check in checks if axis.start <= check.sent_at <= axis.end), key=lambda check: check.sent_at
    )
    if conceal_before_due:
        within = [*_slots([check for check in within if check.sent_at < due_at], due_at=due_at), *(
            check for check in within if check.sent_at >= due_at
        )]  # fmt: skip
    within = [_mark_overdue_or_early(check, due_at, limit_at, early_from=early_from) for check in within]
    unmonitored = [(max(begins, axis.start), min(ends, axis.end)) for begins, ends in gaps]
    unmonitored = [(begins, ends) for begins, ends in unmonitored if begins < ends]
    return CheckStrip(
        axis=axis,
        due=_units(axis, due_at),
        tolerance=_extent(axis, due_at, limit_at),
        paths=tuple(
            (mark, path) for mark in Mark if (path := _path([check for check in within if check.mark is mark], axis))
        ),
        unmonitored=tuple(_extent(axis, begins, ends) for begins, ends in unmonitored),
        runs=tuple(_runs(within)),
        gaps=tuple(unmonitored),
        early_from=early_from,
    )


def _mark_overdue_or_early(
    check: CheckMark, due_at: datetime, limit_at: datetime, *, early_from: datetime | None
) -> CheckMark:
    if check.mark is Mark.NOT_LIVE and check.sent_at > limit_at:
        return replace(check, mark=Mark.OVERDUE)
    # A check that was still open at the due time does not show that the release was early.
    if check.mark is Mark.LIVE and early_from and early_from <= check.completed_at < due_at:
        return replace(check, mark=Mark.EARLY)
    return check


def _slots(checks: Iterable[CheckMark], *, due_at: datetime) -> list[CheckMark]:
    """Return one tick without a result for each slot before the due time in which at least one check was sent."""
    slots = {(due_at - check.sent_at) // SLOT for check in checks}
    middles = [due_at - (slot + 0.5) * SLOT for slot in sorted(slots, reverse=True)]
    return [CheckMark(middle, middle, Mark.MADE) for middle in middles]


def _path(checks: Iterable[CheckMark], axis: TimeAxis) -> str:
    places = dict.fromkeys(f"{_units(axis, check.sent_at):g}" for check in checks)
    marks = {check.mark for check in checks}
    strokes = [stroke for mark in marks for stroke in STROKES[mark]]
    return "".join(f"M{place} {top}V{bottom}" for place in places for top, bottom in strokes)


def _runs(checks: Iterable[CheckMark]) -> Iterable[MarkRun]:
    for mark, same in groupby(checks, key=lambda check: check.mark):
        listed = list(same)
        yield MarkRun(mark, listed[0].sent_at, listed[-1].sent_at, len(listed))


def _units(axis: TimeAxis, instant: datetime) -> float:
    return round(axis.place(instant) / FULL * WIDTH, 1)


def _extent(axis: TimeAxis, from_: datetime, to: datetime) -> tuple[float, float]:
    left, width = axis.span(from_, to, thinnest=0)
    return round(left / FULL * WIDTH, 1), round(width / FULL * WIDTH, 1)
