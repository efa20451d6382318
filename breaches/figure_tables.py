"""The figures of a year beside those of the year before, as tables, and the charts that stand beside them."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.utils.translation import gettext as _

from breaches import wording
from breaches.chart import Bar, Chart, Group, laid_out
from breaches.decision import Decision
from breaches.figures import Figures, History, by_quarter, by_year, figures_of
from breaches.figures_wording import (
    OUTCOMES,
    days,
    delay,
    middle,
    months,
    nearly_all,
    quarter,
    rate,
    worst,
)
from breaches.quarter import Quarter, quarters_of
from breaches.register import REASON_AFTER
from breaches.status import DismissalReason, RecordingReason
from releases.verdict import Outcome

type Pair = tuple[Figures, Figures]
# The address of the register, narrowed to what is named.
type Register = Callable[..., str]

NOTHING = figures_of(History())


@dataclass(frozen=True, slots=True)
class Row:
    """One line: what it is about, its figures, and where the reports behind it are listed."""

    name: str
    cells: Sequence[str]
    address: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its caption, the heading of each column, its lines, and the chart of some of its figures."""

    key: str
    caption: str
    columns: Sequence[str]
    rows: Sequence[Row]
    chart: Chart | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A year beside the year before, counted as a whole and by quarter."""

    year: int
    whole: Pair
    quarters: Mapping[Quarter, Pair]


def count(history: History, year: int) -> Counted:
    """Count a history of two years once, for every table of it.

    :param year: the later of the two.
    """
    parts = {part: figures_of(of) for part, of in by_quarter(history).items()}
    quarters = {one: (parts.get(one, NOTHING), parts.get(one.a_year_before, NOTHING)) for one in quarters_of(year)}
    return Counted(year, _of_both(history, year), quarters)


def _of_both(history: History, year: int) -> Pair:
    years = by_year(history)
    now, before = (figures_of(years[one]) if one in years else NOTHING for one in (year, year - 1))
    return now, before


def whole_year(counted: Counted) -> Table:
    """Set the figures of a year beside those of the year before."""
    year = counted.year
    rows = [Row(name, [cell(figures) for figures in counted.whole]) for name, cell in _measures()]
    caption = _("%(year)s and the year before") % {"year": year}
    return Table("year", caption, [_("Figure"), str(year), str(year - 1)], rows)


def _measures() -> Iterable[tuple[str, Callable[[Figures], str]]]:
    yield _("Releases due and verified"), lambda figures: f"{figures.due:,}"
    for outcome, name in OUTCOMES.items():
        yield str(name), partial(_outcome, outcome)
    yield _("Could not be told"), lambda figures: f"{figures.unknown:,}"
    yield _("On time, of those that could be told"), lambda figures: rate(figures.on_time_rate)
    yield _("Delay, median"), lambda figures: delay(middle(figures.delays))
    yield _("Delay, 95th percentile"), lambda figures: delay(nearly_all(figures.delays))
    yield _("Delay, worst"), lambda figures: delay(worst(figures.delays))
    yield _("Breaches (to be reported, or kept in our own log)"), lambda figures: f"{figures.breaches:,}"
    yield _("Reports not decided yet"), lambda figures: f"{figures.undecided:,}"
    yield _("Dismissed"), lambda figures: f"{figures.by_decision.get(Decision.DISMISSED, 0):,}"
    yield _("Withdrawn"), lambda figures: f"{figures.by_decision.get(Decision.WITHDRAWN, 0):,}"
    yield _("From occurrence to approval, median"), lambda figures: days(middle(figures.days_to_approval))
    yield _("From occurrence to approval, longest"), lambda figures: days(worst(figures.days_to_approval))
    yield _("From occurrence to sending, median"), lambda figures: days(middle(figures.days_to_sending))
    yield _("Approved by one person who had written it"), lambda figures: f"{figures.one_person_approvals:,}"
    yield _("Dates changed on the day of release"), lambda figures: f"{figures.same_day_changes:,}"


def _outcome(outcome: Outcome, figures: Figures) -> str:
    return f"{figures.by_outcome.get(outcome, 0):,}"


def on_time(counted: Counted) -> Table:
    """Show by quarter how many releases were on time, and the rate of a year before."""
    pairs, year = counted.quarters, counted.year
    rows = [
        Row(
            quarter(one),
            [
                f"{now.due:,}",
                f"{now.on_time:,}",
                f"{now.not_on_time:,}",
                f"{now.unknown:,}",
                rate(now.on_time_rate),
                rate(before.on_time_rate),
            ],
        )
        for one, (now, before) in pairs.items()
    ]
    columns = [
        _("Quarter"),
        _("Due and verified"),
        _("On time"),
        _("Not on time"),
        _("Could not be told"),
        _("On time, per cent"),
        _("Per cent a year before"),
    ]
    groups = _year_on_year(pairs, year, _rate_bar)
    chart = laid_out(_("Releases on time, by quarter"), groups, greatest=1.0)
    return Table("on-time", _("Releases on time, by quarter"), columns, rows, chart)


def delays(counted: Counted) -> Table:
    """Show by quarter how late the late ones were, and the median of a year before."""
    pairs = counted.quarters
    rows = [
        Row(
            quarter(one),
            [
                f"{now.delays.number if now.delays else 0:,}",
                *(delay(figure(now.delays)) for figure in (middle, nearly_all, worst)),
                delay(middle(before.delays)),
            ],
        )
        for one, (now, before) in pairs.items()
    ]
    columns = [
        _("Quarter"),
        _("Seen late"),
        _("Median"),
        _("95th percentile"),
        _("Worst"),
        _("Median a year before"),
    ]
    groups = [
        Group(
            quarter(one),
            [
                Bar(name, delay(seconds) if seconds else _("none"), seconds)
                for name, seconds in ((_("Median"), middle(now.delays)), (_("Worst"), worst(now.delays)))
            ],
        )
        for one, (now, _before) in pairs.items()
    ]
    return Table("delays", _("Delays, by quarter"), columns, rows, laid_out(_("Delays, by quarter"), groups))


def breaches(counted: Counted, *, register: Register) -> Table:
    """Show by quarter of occurrence how many breaches count, and how many counted a year before."""
    pairs, year = counted.quarters, counted.year
    rows = [
        Row(
            quarter(one),
            [
                f"{now.by_decision.get(Decision.REPORTED, 0):,}",
                f"{now.by_decision.get(Decision.RECORDED, 0):,}",
                f"{now.breaches:,}",
                f"{before.breaches:,}",
                f"{now.undecided:,}",
            ],
            register(first=one.first, last=one.last),
        )
        for one, (now, before) in pairs.items()
    ]
    columns = [
        _("Quarter"),
        str(wording.DECISIONS[Decision.REPORTED]),
        str(wording.DECISIONS[Decision.RECORDED]),
        _("Breaches"),
        _("Breaches a year before"),
        str(wording.DECISIONS[Decision.UNDECIDED]),
    ]
    groups = _year_on_year(pairs, year, lambda of: (f"{of.breaches:,}", float(of.breaches)))
    caption = _("Breaches, by quarter of occurrence")
    return Table("breaches", caption, columns, rows, laid_out(caption, groups))


def reasons(counted: Counted, *, register: Register) -> Table:
    """Show why what was not reported was not: dismissed, and kept in the office's own log."""
    year = counted.year
    listed: list[tuple[Decision, str, Any]] = [
        *((Decision.DISMISSED, one.value, wording.REASONS[one]) for one in DismissalReason),
        *((Decision.RECORDED, one.value, wording.RECORDING_REASONS[one]) for one in RecordingReason),
    ]
    whole = {"first": Quarter(year, 1).first, "last": Quarter(year, 4).last}
    rows = [
        Row(
            f"{wording.DECISIONS[decision]}: {words}",
            [f"{of.by_reason.get((decision, reason), 0):,}" for of in counted.whole],
            register(decision=f"{decision}{REASON_AFTER}{reason}", **whole),
        )
        for decision, reason, words in listed
    ]
    return Table("reasons", _("Not reported, by reason"), [_("Reason"), str(year), str(year - 1)], rows)


def compared(
    parts: Mapping[int, History], names: Mapping[int, str], year: int, *, what: str, caption: str, address: Register
) -> Table:
    """Set producers, or series, beside each other.

    :param parts: a history for each key; what has none is shown with nothing in it.
    :param names: what the keys are called, in the order in which they are shown.
    :param what: the heading of the first column.
    :param address: gives the address of the figures of one key.
    """
    rows = [Row(names[key], _compared(*_of_both(parts.get(key, History()), year)), address(key)) for key in names]
    columns = [
        what,
        _("Due and verified"),
        _("On time, per cent"),
        _("Per cent a year before"),
        _("Worst delay"),
        _("Breaches"),
        _("Not decided yet"),
    ]
    return Table("compared", caption, columns, rows)


def _compared(now: Figures, before: Figures) -> list[str]:
    return [
        f"{now.due:,}",
        rate(now.on_time_rate),
        rate(before.on_time_rate),
        delay(worst(now.delays)),
        f"{now.breaches:,}",
        f"{now.undecided:,}",
    ]


def _year_on_year(
    pairs: Mapping[Quarter, Pair], year: int, figure: Callable[[Figures], tuple[str, float | None]]
) -> list[Group]:
    return [
        Group(months(one), [Bar(str(year), *figure(now)), Bar(str(year - 1), *figure(before))])
        for one, (now, before) in pairs.items()
    ]


def _rate_bar(of: Figures) -> tuple[str, float | None]:
    share = of.on_time_rate
    return (_("no release to tell of"), None) if share is None else (rate(share), float(share))
