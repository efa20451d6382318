"""Texts about the parts of a release, and about how far apart the parts were published."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from releases.models import Verification
from releases.rules import calendar
from releases.rules.parts import Part
from releases.text.release import (
    OUTCOMES,
    clock_of_response,
    describe_seconds,
    name_outcome,
    name_part,
    name_result,
    write_follow_limit,
)
from releases.verdict.address import Interval, Outcome
from releases.verdict.parts import PartLag, Spread, measure_spread
from releases.verdict.release import AddressResult


def describe_lag(lag: Interval | None, *, first: str) -> str:
    """Say how long after the first part another part was published.

    The text says no more than the checks prove.

    :param first: the name of the first part.
    """
    if lag is None:
        return _("Our checks do not show this")
    if lag.to_seconds is None:
        return _("Not live %(time)s after the %(first)s") % {
            "time": describe_seconds(math.floor(lag.from_seconds)),
            "first": _in_sentence(first),
        }
    if lag.from_seconds <= 0:
        return _("Together with the %(first)s, within %(time)s") % {
            "first": _in_sentence(first),
            "time": describe_seconds(max(1, math.ceil(lag.to_seconds))),
        }
    return _("%(interval)s after the %(first)s") % {"interval": describe_range(lag), "first": _in_sentence(first)}


def describe_range(lag: Interval) -> str:
    """Write an interval: "Between 3 minutes 50 seconds and 4 minutes".

    The lower bound is rounded down, and the upper bound is rounded up.
    """
    low, high = math.floor(lag.from_seconds), math.ceil(lag.to_seconds or lag.from_seconds)
    return _("Between %(low)s and %(high)s") % {"low": describe_seconds(low), "high": describe_seconds(high)}


def _in_sentence(name: str) -> str:
    """Begin the name of a part with a lower-case letter, unless the name is "English page" or "Welsh page"."""
    return (
        name if name in {name_part(Part.ENGLISH_PAGE), name_part(Part.WELSH_PAGE)} else f"{name[:1].lower()}{name[1:]}"
    )


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part of a release in the list on the release's page.

    `after` says how long after the first part this part was published. `colour` is the colour of the outcome's tag.
    """

    name: str
    due: str
    live: str
    after: str
    outcome: str
    colour: str


def describe_time_after(lag: Interval | None) -> str:
    """Write how long after the first part another part was published.

    The text names neither part. It is used in tables in which each row names its part.
    """
    if lag is None:
        return _("Not known")
    if lag.to_seconds is None:
        return _("More than %(time)s") % {"time": describe_seconds(math.floor(lag.from_seconds))}
    if lag.to_seconds <= 0:  # this is the first part itself
        return describe_seconds(0)
    if lag.from_seconds <= 0:
        return _("At most %(time)s") % {"time": describe_seconds(max(1, math.ceil(lag.to_seconds)))}
    return describe_range(lag)


def list_parts(verification: Verification) -> list[PartRow]:
    """Return a row for each part of a release.

    Return an empty list if the release has fewer than two parts, or no part with a name.
    """
    spread = measure_spread(verification.results)
    return [_row(one, spread, verification) for one in spread.parts] if spread else []


def _row(one: PartLag[AddressResult], spread: Spread[AddressResult], verification: Verification) -> PartRow:
    result, due_at = one.part, verification.due_at
    verdict = result.verdict
    due = calendar.format_time(due_at)
    if not result.required:
        due = _("Not required")
    elif result.may_follow:
        due = _("Until %(clock)s") % {"clock": write_follow_limit(result, verification)}
    if spread.first is None:
        after = _("Our checks do not show this")
    elif result is spread.first:
        after = _("First part")
    else:
        after = describe_lag(one.lag, first=name_result(spread.first))
    is_awaited = bool(result.may_follow) and verdict.outcome is Outcome.PENDING
    return PartRow(
        name=name_result(result),
        due=due,
        live=clock_of_response(verdict.first_live_at, due_at=due_at) if verdict.first_live_at else _("Not found live"),
        after=after,
        outcome=_("May still follow") if is_awaited else name_outcome(verdict.outcome),
        colour="blue" if is_awaited else OUTCOMES[verdict.outcome][1],
    )


def spread_sentences(verification: Verification) -> Iterator[str]:
    """Yield a short text about each part that was late, or that followed the first part by more than the tolerance."""
    spread = measure_spread(verification.results)
    if spread is None:
        return
    for one in spread.find_notable(tolerance_seconds=verification.tolerance_seconds):
        name = name_result(one.part)
        if one.lag is None or spread.first is None:
            yield _("%(part)s late") % {"part": name}
        else:
            words = describe_lag(one.lag, first=name_result(spread.first))
            yield _("%(part)s: %(words)s") % {"part": name, "words": f"{words[:1].lower()}{words[1:]}"}
