"""The reports of a year beside those of the year before: what came of them, why, and what is still to be done."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from breaches.core.decision import Decision
from breaches.core.figures.figures import Case, Figures, repeat_causes
from breaches.core.figures.quarter import Quarter, quarters_of
from breaches.core.printed.chart import Bar, Group, laid_out
from breaches.core.status import DismissalReason, RecordingReason
from breaches.registers.register import REASON_AFTER
from breaches.registers.year_on_year import Address, Counted, Row, Table, in_year, side_by_side
from breaches.words import wording
from breaches.words.figures_wording import days, middle, months, quarter, worst


def breaches(counted: Counted, *, register: Address) -> Table:
    """Show by quarter of occurrence how many breaches count, and how many counted a year before."""
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
        for one, (now, before) in counted.quarters.items()
    ]
    columns = [
        _("Quarter"),
        str(wording.DECISIONS[Decision.REPORTED]),
        str(wording.DECISIONS[Decision.RECORDED]),
        _("Breaches"),
        _("Breaches a year before"),
        str(wording.DECISIONS[Decision.UNDECIDED]),
    ]
    groups = side_by_side(counted, lambda of: (f"{of.breaches:,}", float(of.breaches)))
    caption = _("Breaches, by quarter of occurrence")
    return Table("breaches", caption, columns, rows, laid_out(caption, groups))


def reasons(counted: Counted, *, register: Address) -> Table:
    """Show why what was not reported was not: dismissed, and kept in the office's own log."""
    year = counted.year
    listed: list[tuple[Decision, str, Any]] = [
        *((Decision.DISMISSED, one.value, wording.REASONS[one]) for one in DismissalReason),
        *((Decision.RECORDED, one.value, wording.RECORDING_REASONS[one]) for one in RecordingReason),
    ]
    every_quarter = [now for now, _before in counted.quarters.values()]
    rows = [
        Row(
            f"{wording.DECISIONS[decision]}: {words}",
            [f"{of.by_reason.get((decision, reason), 0):,}" for of in (*every_quarter, *counted.whole)],
            register(decision=f"{decision}{REASON_AFTER}{reason}", **_whole(year)),
        )
        for decision, reason, words in listed
    ]
    return Table("reasons", _("Not reported, by reason"), [_("Reason"), *_periods(counted)], rows)


def handling(counted: Counted) -> Table:
    """Show by quarter how long reports took, who approved them, and which dates were changed on the day itself."""
    rows = [
        Row(
            quarter(one),
            [*handled(now), f"{before.one_person_approvals:,}", f"{before.same_day_changes:,}"],
        )
        for one, (now, before) in counted.quarters.items()
    ]
    columns = [
        _("Quarter"),
        *handled_columns(),
        _("One-person approvals a year before"),
        _("Dates changed on the day a year before"),
    ]
    return Table("handling", _("Days to report, approvals and changes of date, by quarter"), columns, rows)


def handled_columns() -> Sequence[str]:
    """Name the figures that `handled` gives."""
    return [
        _("To approval, median"),
        _("To approval, longest"),
        _("To sending, median"),
        _("To sending, longest"),
        _("One-person approvals"),
        _("Dates changed on the day"),
    ]


def handled(figures: Figures) -> list[str]:
    """Write how long reports took, how many were approved by their one author, and the same-day changes of date."""
    return [
        days(middle(figures.days_to_approval)),
        days(worst(figures.days_to_approval)),
        days(middle(figures.days_to_sending)),
        days(worst(figures.days_to_sending)),
        f"{figures.one_person_approvals:,}",
        f"{figures.same_day_changes:,}",
    ]


def actions(counted: Counted, *, register: Address) -> Table:
    """Show by quarter of the breach which corrective actions are not done yet, and which of a year before are not."""
    rows = [
        Row(
            quarter(one),
            [
                f"{now.open_actions:,}",
                f"{now.overdue_actions:,}",
                f"{before.open_actions:,}",
                f"{before.overdue_actions:,}",
            ],
            register(actions="open", first=one.first, last=one.last),
        )
        for one, (now, before) in counted.quarters.items()
    ]
    columns = [
        _("Quarter"),
        _("Not done"),
        _("Of these overdue"),
        _("Not done, of a year before"),
        _("Of these overdue"),
    ]
    groups = [
        Group(
            months(one),
            [
                Bar(_("Not done"), f"{now.open_actions:,}", float(now.open_actions)),
                Bar(_("Of these overdue"), f"{now.overdue_actions:,}", float(now.overdue_actions)),
            ],
        )
        for one, (now, _before) in counted.quarters.items()
    ]
    caption = _("Corrective actions that are not done, by quarter of the breach")
    return Table("actions", caption, columns, rows, laid_out(caption, groups))


def repeats(counted: Counted, parts: Iterable[tuple[str, Sequence[Case], Address]], *, what: str) -> Table:
    """Show which causes came again within the two years: of whom, and how often.

    :param parts: the name of each producer or series, its reports, and the address of the register for it.
    :param what: what the parts are.
    """
    year = counted.year
    found = [
        (name, cause, quarters, register)
        for name, cases, register in parts
        for (_producer, cause), quarters in repeat_causes(cases).items()
    ]
    rows = [
        Row(
            f"{name}: {wording.CAUSES[cause]}" if name else str(wording.CAUSES[cause]),
            [
                *(f"{quarters[one]:,}" for one in quarters_of(year)),
                f"{in_year(quarters, year):,}",
                f"{in_year(quarters, year - 1):,}",
            ],
            register(cause=cause, first=Quarter(year - 1, 1).first, last=Quarter(year, 4).last),
        )
        for name, cause, quarters, register in sorted(found, key=lambda one: -one[2].total())
    ]
    return Table(
        "repeats",
        _("Causes that came again, %(before)s and %(year)s") % {"before": year - 1, "year": year},
        [what, *_periods(counted)],
        rows,
        nothing=_("No cause came again."),
    )


def _whole(year: int) -> Mapping[str, Any]:
    return {"first": Quarter(year, 1).first, "last": Quarter(year, 4).last}


def _periods(counted: Counted) -> list[str]:
    return [*(months(one) for one in counted.quarters), str(counted.year), str(counted.year - 1)]
