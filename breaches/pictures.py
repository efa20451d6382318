"""Charts for the breach register and the statistics pages (decision 83)."""

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from statistics import median
from textwrap import wrap
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from breaches import text
from breaches.rules.lifecycle import Cause
from breaches.rules.statistics import Figures
from breaches.statistics import ReleaseResult, SeriesResults
from breaches.statistics_tables import Row, Table
from breaches.text import describe_delay, describe_rate
from releases.pictures import (
    BLUE,
    INK,
    LINE_HEIGHT,
    LINES,
    ORANGE,
    PINK,
    PURPLE,
    Picture,
    label_expression,
    whole_ticks,
)
from releases.rules.calendar import Month, format_month, in_london
from releases.verdict.address import NEEDS_CHECKING, SUSPICIOUS, Outcome

NARROW_LABEL, NARROW_SERIES, NARROW_TITLE = 13, 18, 30
"""The maximum line lengths of labels, series titles and axis titles in a narrow picture, in characters."""


def draw_punctuality(months: Mapping[Month, Figures]) -> Picture:
    """Draw how many releases were on time in each month.

    Releases whose result could not be determined are neither on time nor late. They are drawn as a separate part of the
    bar.
    """
    names = (_("On time"), _("Not on time"), _("Could not be determined"))
    counts = {month: (of.on_time, of.not_on_time, of.unknown) for month, of in months.items()}
    most = max((sum(numbers) for numbers in counts.values()), default=0)
    values = [
        # Show the number only if there is room for it in its part of the bar.
        {
            "month": place,
            "result": name,
            "order": order,
            "releases": number,
            "shown": f"{number:,}" if number * 14 > most else "",
        }
        for place, numbers in enumerate(counts.values())
        for order, (name, number) in enumerate(zip(names, numbers, strict=True))
    ]
    totals = [sum(numbers) for numbers in zip(*counts.values(), strict=True)] or [0, 0, 0]

    def draw(narrow: bool) -> Mapping[str, Any]:  # noqa: FBT001
        period: dict[str, Any] = {
            "field": "month",
            "type": "ordinal",
            "title": None,
            "axis": {
                "labelExpr": label_expression(
                    {place: _month_label(place, month, narrow=narrow) for place, month in enumerate(counts)}
                ),
                "labelAngle": 0,
                "ticks": False,
                "labelPadding": 6,
            },
        }
        number: dict[str, Any] = {
            "field": "releases",
            "type": "quantitative",
            "stack": "zero",
            "title": _("Number of releases"),
            "scale": {"domain": [0, whole_ticks(most)[-1]], "nice": False},
            "axis": {"values": whole_ticks(most), "format": ",d"},
        }
        bands, lengths = ("y", "x") if narrow else ("x", "y")
        base = {bands: period, lengths: number, "order": {"field": "order", "type": "quantitative"}}
        colours = {
            "field": "result",
            "type": "nominal",
            "scale": {"domain": list(names), "range": [BLUE, ORANGE, PURPLE]},
            "legend": {"columns": 1} if narrow else {},
        }
        return {
            "data": {"values": values},
            "layer": [
                {
                    "mark": {"type": "bar", "stroke": "white", "strokeWidth": 1},
                    "encoding": {**base, "color": colours},
                },
                {
                    "mark": {"type": "text"},
                    "encoding": {
                        **base,
                        lengths: {**number, "bandPosition": 0.5},
                        "text": {"field": "shown", "type": "nominal"},
                        "detail": {"field": "order", "type": "quantitative"},
                        "color": {"condition": {"test": "datum.order == 0", "value": "white"}, "value": INK},
                    },
                },
            ],
        }

    rate = Fraction(totals[0], totals[0] + totals[1]) if totals[0] + totals[1] else None
    values_in_words = {
        "on_time": totals[0],
        "known": totals[0] + totals[1],
        "rate": describe_rate(rate),
        "unknown": totals[2],
    }
    summary = ngettext(
        "%(on_time)s of %(known)s release was on time (%(rate)s). %(unknown)s more could not be determined.",
        "%(on_time)s of %(known)s releases were on time (%(rate)s). %(unknown)s more could not be determined.",
        values_in_words["known"],
    )
    rows = [
        Row(format_month(month.first), [*(f"{number:,}" for number in numbers), describe_rate(of.on_time_rate)])
        for (month, of), numbers in zip(months.items(), counts.values(), strict=True)
    ]
    return Picture(
        table=Table(
            "punctuality", str(text.CHARTS["punctuality"]), [_("Month"), *names, _("Percentage on time")], rows
        ),
        summary=summary % values_in_words,
        columns=("month", "on_time", "not_on_time", "could_not_be_determined"),
        list_lines=lambda: [[f"{month.first:%Y-%m}", *numbers] for month, numbers in counts.items()],
        draw=draw,
        width=465,
        height=310,
        narrow_height=LINE_HEIGHT * len(months) + 130,
        nothing="" if sum(totals) else _("No releases were checked in this period."),
    )


def _month_label(place: int, month: Month, *, narrow: bool) -> str | list[str]:
    """Return the label of a month. The first month and each January also show the year."""
    name = date_format(month.first, "M")
    if place and month.first.month != 1:
        return name
    year = f"{month.first:%Y}"
    return f"{name} {year}" if narrow else [name, year]


# The outcomes that have a delay, and the shape and colour of their marks.
_RESULTS: Sequence[tuple[Outcome, str, str]] = (
    (Outcome.ON_TIME, "circle", BLUE),
    (Outcome.LATE, "triangle-up", ORANGE),
    (Outcome.PARTIAL, "square", PURPLE),
    (Outcome.EARLY, "diamond", PINK),
)
MOST_DOTS = 1500
MOST_SERIES, MOST_ROWS = 25, 100
MINUTE, HOUR, DAY = 60, 3600, 86_400


def draw_delays(found: Mapping[int, SeriesResults], read_results: Callable[[], Sequence[ReleaseResult]]) -> Picture:
    """Draw a row for each series, with a mark for the delay of each release.

    The series with the longest delay comes first. At most `MOST_SERIES` series and `MOST_DOTS` marks are drawn. A
    release has no mark if no check found the release live, or if its result could not be determined. The note gives the
    number of these releases.

    :param read_results: returns the same results with the titles of the releases, sorted by due time. It is called only
        for a file, and not for the summary and the table on a page.
    """
    longest = {
        key: max((delay for delay in of.delays if delay is not None), default=-math.inf) for key, of in found.items()
    }
    order = sorted(found, key=lambda key: (-longest[key], found[key].title, key))
    shown = [key for key in order if longest[key] > -math.inf][:MOST_SERIES]
    known = sum(delay is not None for of in found.values() for delay in of.delays)
    drawn = sum(delay is not None for key in shown for delay in found[key].delays)
    number_of_dots = min(drawn, MOST_DOTS)
    names = {outcome: str(text.OUTCOMES[outcome]) for outcome, _shape, _colour in _RESULTS}
    axis_title = _("Time after the release was due (the scale is not linear)")

    def draw(narrow: bool) -> Mapping[str, Any]:  # noqa: FBT001
        of_shown: dict[int, list[ReleaseResult]] = {key: [] for key in shown}
        for one in read_results():
            if one.delay is not None and one.series in of_shown:
                of_shown[one.series].append(one)
        dots = [one for some in of_shown.values() for one in some]
        dots = sorted(dots, key=lambda one: -abs(one.delay or 0))[:MOST_DOTS]
        places = {key: place for place, key in enumerate(shown)}
        values = [{"series": places[one.series], "delay": one.delay, "result": names[one.outcome]} for one in dots]
        present = [row for row in _RESULTS if any(one.outcome is row[0] for one in dots)]
        delays = [one.delay for one in dots if one.delay is not None]
        ticks = _delay_ticks(min(delays, default=0), max(delays, default=0))
        marks = _narrow_ticks(ticks) if narrow else ticks
        domain = [names[outcome] for outcome, _shape, _colour in present]
        kinds: dict[str, Any] = {"field": "result", "type": "nominal", "legend": {"columns": 2} if narrow else {}}
        titles = [found[key].title for key in shown]
        # In a narrow picture, a series title gets two lines, because the titles of series often begin with the same
        # words.
        labels = [wrap(title, NARROW_SERIES, max_lines=2, placeholder=" …") if narrow else title for title in titles]
        return {
            "data": {"values": values},
            "mark": {"type": "point", "filled": True, "size": 70, "opacity": 0.75},
            "encoding": {
                "y": {
                    "field": "series",
                    "type": "ordinal",
                    "title": None,
                    "axis": {
                        "labelExpr": label_expression(dict(enumerate(labels))),
                        "labelLimit": 120 if narrow else 330,
                        "grid": True,
                        "ticks": False,
                        "domain": False,
                    },
                },
                "x": {
                    "field": "delay",
                    "type": "quantitative",
                    "title": wrap(axis_title, NARROW_TITLE) if narrow else axis_title,
                    "scale": {"type": "symlog", "constant": 5, "domain": [ticks[0], ticks[-1]], "nice": False},
                    "axis": {
                        "values": marks,
                        "labelExpr": label_expression({tick: _tick_label(tick, narrow=narrow) for tick in marks}),
                        # If there is no room for a label, the grid line still shows the tick.
                        "labelFlush": True,
                        "labelOverlap": "greedy",
                        "labelSeparation": 0 if narrow else 8,
                        "gridColor": {"condition": {"test": "datum.value == 0", "value": INK}, "value": LINES},
                    },
                },
                "color": {**kinds, "scale": {"domain": domain, "range": [colour for _o, _s, colour in present]}},
                "shape": {**kinds, "scale": {"domain": domain, "range": [shape for _o, shape, _c in present]}},
            },
        }

    summary = ngettext("%(number)s release with a known delay.", "%(number)s releases with a known delay.", known) % {
        "number": f"{known:,}"
    }
    if times := [seconds for of in found.values() for seconds in _times_after_due(of)]:
        summary += " " + _("The longest time after due is %(longest)s.") % {"longest": describe_delay(max(times))}
    return Picture(
        table=Table(
            "release-delays",
            str(text.CHARTS["release-delays"]),
            [
                _("Series"),
                _("Releases"),
                _("On time"),
                _("Not on time"),
                _("Could not be determined"),
                _("Median time after due"),
                _("Longest time after due"),
            ],
            [_delay_row(found[key]) for key in order[:MOST_ROWS]],
        ),
        summary=summary,
        columns=("series", "release", "due_at", "result", "delay_seconds"),
        list_lines=lambda: [
            [
                one.series_title,
                one.title,
                in_london(one.due_at).replace(tzinfo=None),
                one.outcome.value,
                "" if one.delay is None else one.delay,
            ]
            for one in read_results()
        ],
        draw=draw,
        width=940,
        height=LINE_HEIGHT * max(1, len(shown)) + 110,
        narrow_height=(LINE_HEIGHT + 10) * max(1, len(shown)) + 135,
        note=_delay_note(found, shown=len(shown), dots=number_of_dots, drawn=drawn, known=known),
        nothing="" if drawn else _("No release has a known delay in this period."),
    )


def _times_after_due(found: SeriesResults) -> list[float]:
    """Return how many seconds after it was due each release of a series was found live.

    Releases on time are included. So these figures differ from the delays in `statistics.DELAYED`.
    """
    # The delay of an early release is negative and says nothing about lateness, so it is left out.
    return [
        max(delay, 0)
        for outcome, delay in zip(found.outcomes, found.delays, strict=True)
        if delay is not None and outcome is not Outcome.EARLY
    ]


def _delay_row(found: SeriesResults) -> Row:
    outcomes, times = Counter(found.outcomes), _times_after_due(found)
    cells = [
        len(found.outcomes),
        outcomes[Outcome.ON_TIME],
        sum(outcomes[one] for one in SUSPICIOUS),
        sum(outcomes[one] for one in NEEDS_CHECKING),
    ]
    spread = [median(times) if times else None, max(times, default=None)]
    return Row(found.title, [*(f"{number:,}" for number in cells), *map(describe_delay, spread)])


def _delay_note(found: Mapping[int, SeriesResults], *, shown: int, dots: int, drawn: int, known: int) -> str:
    """Return a note that explains the marks, and says which releases and series the picture does not show.

    :param drawn: the number of delays of the series in the picture. The picture has a mark for `dots` of them.
    :param known: the number of delays of all series.
    """
    sentences = [
        _("Each mark is one release. The delay ends when a check first finds the release, or its missing part.")
    ]
    series = len(found)
    unknown = sum(outcome in NEEDS_CHECKING for of in found.values() for outcome in of.outcomes)
    not_found = sum(of.delays.count(None) for of in found.values()) - unknown
    if not_found:
        sentence = ngettext(
            "%(number)s release that was not live or not complete when last checked has no delay yet.",
            "%(number)s releases that were not live or not complete when last checked have no delay yet.",
            not_found,
        )
        sentences.append(sentence % {"number": f"{not_found:,}"})
    if unknown:
        sentence = ngettext(
            "%(number)s release is not shown because its result could not be determined.",
            "%(number)s releases are not shown because their results could not be determined.",
            unknown,
        )
        sentences.append(sentence % {"number": f"{unknown:,}"})
    values = {"shown": shown, "series": f"{series:,}", "rows": MOST_ROWS}
    if series > MOST_ROWS:
        sentence = _(
            "The chart shows the %(shown)s series with the longest delays, and the table shows %(rows)s. "
            "The CSV file has all %(series)s."
        )
        sentences.append(sentence % values)
    elif shown == MOST_SERIES and series > shown:
        sentence = _("The chart shows the %(shown)s series with the longest delays. The table shows all %(series)s.")
        sentences.append(sentence % values)
    if dots < drawn:
        sentence = _("The chart shows the %(dots)s longest delays. The CSV file has all %(drawn)s.")
        sentences.append(sentence % {"dots": f"{dots:,}", "drawn": f"{known:,}"})
    return " ".join(sentences)


TICKS = (
    *(-DAY, -HOUR, -MINUTE),
    *(0, 10, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY, 365 * DAY),
)
NARROW_TICKS = frozenset({-DAY, -HOUR, 0, MINUTE, 30 * MINUTE, 6 * HOUR, 7 * DAY})


def _delay_ticks(least: float, most: float) -> list[int]:
    """Return the ticks of an axis that contains 0 and the delays.

    The axis never extends beyond the first and the last of `TICKS`, even if a delay does.
    """
    first = max((tick for tick in TICKS if tick <= min(least, 0)), default=TICKS[0])
    last = min((tick for tick in TICKS if tick >= max(most, MINUTE)), default=TICKS[-1])
    return [tick for tick in TICKS if first <= tick <= last]


def _narrow_ticks(ticks: Sequence[int]) -> list[int]:
    """Return the ticks that a narrow picture has room for."""
    # If the axis begins before "Due", there is no room for "1 minute" between "Due" and "30 minutes".
    left_out = {MINUTE} if ticks[0] < 0 and ticks[-1] > MINUTE else set()
    return [tick for tick in ticks if tick in NARROW_TICKS - left_out]


def _tick_label(seconds: int, *, narrow: bool) -> Sequence[str]:
    """Return the lines of a tick's label.

    In a narrow picture, a tick after the due time has the number on one line and the unit on the next.
    """
    if seconds == 0:
        return [_("Due")]
    label = describe_delay(abs(seconds))
    if seconds < 0:
        return wrap(_("%(time)s before") % {"time": label}, len(label))
    return label.split() if narrow else [label]


def draw_causes(causes: Mapping[Cause | None, int]) -> Picture:
    """Draw how many breaches had each cause. Breaches without a cause have a separate bar."""
    names = {cause: str(text.CAUSES[cause]) if cause else _("No cause recorded") for cause in causes}
    ordered = sorted(causes, key=lambda cause: (cause is None, -causes[cause], names[cause]))
    values = [{"cause": place, "breaches": causes[cause]} for place, cause in enumerate(ordered)]
    labels = {place: names[cause] for place, cause in enumerate(ordered)}

    def draw(narrow: bool) -> Mapping[str, Any]:  # noqa: FBT001
        encoding = {
            "y": {
                "field": "cause",
                "type": "ordinal",
                "title": None,
                "axis": {
                    "labelExpr": label_expression(labels),
                    "labelLimit": 150 if narrow else 220,
                    "ticks": False,
                    "labelPadding": 6,
                },
            },
            "x": {"field": "breaches", "type": "quantitative", "axis": None},
        }
        return {
            "data": {"values": values},
            "encoding": encoding,
            "layer": [
                {"mark": {"type": "bar", "color": BLUE, "height": {"band": 0.75}}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 4},
                    "encoding": {"text": {"field": "breaches", "type": "quantitative"}},
                },
            ],
        }

    number = sum(causes.values())
    summary = ngettext("%(number)s breach.", "%(number)s breaches.", number) % {"number": f"{number:,}"}
    parts = [f"{names[cause]}: {causes[cause]:,}." for cause in ordered]
    return Picture(
        table=Table(
            "causes",
            str(text.CHARTS["causes"]),
            [_("Cause"), _("Breaches")],
            [Row(names[cause], [f"{causes[cause]:,}"]) for cause in ordered],
        ),
        summary=" ".join([summary, *parts]),
        columns=("cause", "breaches"),
        list_lines=lambda: [[cause.value if cause else "", causes[cause]] for cause in ordered],
        draw=draw,
        width=465,
        height=(LINE_HEIGHT + 6) * max(1, len(ordered)) + 20,
        narrow_height=(LINE_HEIGHT + 6) * max(1, len(ordered)) + 20,
        nothing="" if causes else _("There are no breaches in this period."),
    )


def draw_bars(table: Table) -> Picture:
    """Draw the bars of a table, grouped by period."""
    names = [bar.name for bar in table.bars[0].bars]
    values = [
        {"period": place, "name": bar.name, "order": order, "value": bar.length or 0, "words": bar.words}
        for place, group in enumerate(table.bars)
        for order, bar in enumerate(group.bars)
    ]
    longest = table.greatest or max((bar.length or 0 for group in table.bars for bar in group.bars), default=0) or 1
    labels = {place: group.name for place, group in enumerate(table.bars)}

    def draw(narrow: bool) -> Mapping[str, Any]:  # noqa: FBT001
        lines = {place: wrap(name, NARROW_LABEL) if narrow else name for place, name in labels.items()}
        offset = {"field": "order", "type": "ordinal", "scale": {"paddingInner": 0.1}}
        base = {
            "y": {
                "field": "period",
                "type": "ordinal",
                "title": None,
                "scale": {"paddingInner": 0.3},
                "axis": {"labelExpr": label_expression(lines), "ticks": False, "labelPadding": 6},
            },
            "yOffset": offset,
            "x": {
                "field": "value",
                "type": "quantitative",
                "title": None,
                "scale": {"domain": [0, max(longest, _length_with_words(values, narrow=narrow))], "nice": False},
                "axis": None,
            },
        }
        colours = {
            "field": "name",
            "type": "nominal",
            "scale": {"domain": names, "range": [BLUE, ORANGE][: len(names)]},
        }
        return {
            "data": {"values": values},
            "layer": [
                {"mark": {"type": "bar"}, "encoding": {**base, "color": colours}},
                {
                    "mark": {"type": "text", "align": "left", "dx": 4},
                    "encoding": {**base, "text": {"field": "words", "type": "nominal"}},
                },
            ],
        }

    summary = " ".join(
        f"{group.name}: {', '.join(f'{bar.name} {bar.words}' for bar in group.bars)}." for group in table.bars
    )
    height = sum(24 * len(group.bars) + 12 for group in table.bars) + 45
    return Picture(
        table=table,
        summary=summary,
        columns=("period", "name", "value"),
        list_lines=lambda: [
            [group.name, bar.name, "" if bar.length is None else bar.length]
            for group in table.bars
            for bar in group.bars
        ],
        draw=draw,
        width=620,
        height=height,
        narrow_height=height,
    )


# The width of the area for bars in a wide picture, the width of this area in a narrow picture, and the width of a
# character, all in pixels.
BARS_WIDTH, NARROW_BARS_WIDTH, CHARACTER_WIDTH = 440, 200, 7


def _length_with_words(bars: Sequence[Mapping[str, Any]], *, narrow: bool) -> float:
    """Return the length of an axis on which every bar fits, together with the text after the bar."""
    width = NARROW_BARS_WIDTH if narrow else BARS_WIDTH
    # A bar gets at least a quarter of the width, even if the text after it is long.
    left = (max(0.25, 1 - len(bar["words"]) * CHARACTER_WIDTH / width) for bar in bars)
    return max((bar["value"] / part for bar, part in zip(bars, left, strict=True)), default=1)
