"""The figures of a year beside those of the year before, as tables, and the charts that stand beside them."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial

from django.utils.translation import gettext as _

from breaches.core.decision import Decision
from breaches.core.figures.figures import Figures, History, repeat_causes
from breaches.core.printed.chart import Bar, Group, laid_out
from breaches.registers.report_tables import handled, handled_columns
from breaches.registers.year_on_year import Address, Counted, Row, Table, both_years, in_year, side_by_side
from breaches.words.figures_wording import OUTCOMES, days, delay, middle, nearly_all, quarter, rate, worst
from releases.verdict.address import Outcome


def whole_year(counted: Counted) -> Table:
    """Set the figures of a year beside those of the year before."""
    year = counted.year
    rows = [Row(name, [cell(figures) for figures in counted.whole]) for name, cell in _measures()]
    again = [sum(in_year(quarters, one) for quarters in counted.again.values()) for one in (year, year - 1)]
    rows.append(Row(_("Breaches of a cause that came again"), [f"{number:,}" for number in again]))
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
    yield _("From occurrence to sending, longest"), lambda figures: days(worst(figures.days_to_sending))
    yield _("Approved by one person who had written it"), lambda figures: f"{figures.one_person_approvals:,}"
    yield _("Dates changed on the day of release"), lambda figures: f"{figures.same_day_changes:,}"
    yield _("Corrective actions that are not done"), lambda figures: f"{figures.open_actions:,}"
    yield _("Corrective actions that are overdue"), lambda figures: f"{figures.overdue_actions:,}"


def _outcome(outcome: Outcome, figures: Figures) -> str:
    return f"{figures.by_outcome.get(outcome, 0):,}"


def on_time(counted: Counted) -> Table:
    """Show by quarter how many releases were on time, and the rate of a year before."""
    pairs = counted.quarters
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
    groups = side_by_side(counted, _rate_bar)
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


def compared(
    parts: Mapping[int, History], names: Mapping[int, str], year: int, *, what: str, address: Address
) -> Iterable[Table]:
    """Set producers, or series, beside each other: their releases, and then their reports.

    :param parts: a history for each key; what has none is shown with nothing in it.
    :param names: what the keys are called, in the order in which they are shown.
    :param what: the heading of the first column.
    :param address: gives the address of the figures of one key.
    """
    pairs = {key: both_years(parts.get(key, History()), year) for key in names}
    releases = [
        _("Due and verified"),
        _("On time, per cent"),
        _("Per cent a year before"),
        _("Delay, median"),
        _("95th percentile"),
        _("Worst"),
    ]
    rows = [Row(names[key], _releases(*pair), address(key)) for key, pair in pairs.items()]
    said = {"what": what, "year": year}
    yield Table("compared", _("%(what)s: releases of %(year)s") % said, [what, *releases], rows)
    reports = [
        _("Breaches"),
        _("Breaches a year before"),
        _("Not decided yet"),
        _("Dismissed"),
        _("Kept in our own log"),
        _("Actions not done"),
        _("Of these overdue"),
    ]
    rows = [Row(names[key], _reports(*pair), address(key)) for key, pair in pairs.items()]
    yield Table("compared-reports", _("%(what)s: reports of %(year)s") % said, [what, *reports], rows)
    again = {key: len(repeat_causes(parts.get(key, History()).cases)) for key in names}
    rows = [Row(names[key], [*handled(now), f"{again[key]:,}"], address(key)) for key, (now, _before) in pairs.items()]
    caption = _("%(what)s: days to report, approvals, changes of date and causes, %(year)s") % said
    yield Table("compared-handling", caption, [what, *handled_columns(), _("Causes that came again")], rows)


def _releases(now: Figures, before: Figures) -> list[str]:
    return [
        f"{now.due:,}",
        rate(now.on_time_rate),
        rate(before.on_time_rate),
        *(delay(figure(now.delays)) for figure in (middle, nearly_all, worst)),
    ]


def _reports(now: Figures, before: Figures) -> list[str]:
    return [
        f"{now.breaches:,}",
        f"{before.breaches:,}",
        f"{now.undecided:,}",
        f"{now.by_decision.get(Decision.DISMISSED, 0):,}",
        f"{now.by_decision.get(Decision.RECORDED, 0):,}",
        f"{now.open_actions:,}",
        f"{now.overdue_actions:,}",
    ]


def _rate_bar(of: Figures) -> tuple[str, float | None]:
    share = of.on_time_rate
    return (_("no release to tell of"), None) if share is None else (rate(share), float(share))
