"""Bar charts and the interval chart of one output, laid out for any width."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from breaches.rules.delay import round_down, round_up

# The two colours that the Government Analysis Function sets for charts of two categories.
COLOURS = ("#12436D", "#F46A25")
TEXT, THICK, GAP, BETWEEN_GROUPS = 22, 14, 6, 14
FULL = 100.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure: its name, what it is in words, and its length; no bar is drawn of 0 and of None."""

    name: str
    words: str
    length: float | None


@dataclass(frozen=True, slots=True)
class BarGroup:
    name: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class ChartWords:
    """Some words at a height, counted from the top in pixels; those of a heading are bold."""

    text: str
    baseline: int
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class DrawnBar:
    """One bar: its top edge in pixels, its width and its left edge as shares of 100."""

    top: int
    width: float
    colour: str
    left: float = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, `height` in pixels. The description may be empty if the title says it all."""

    title: str
    description: str
    height: int
    words: Sequence[ChartWords]
    bars: Sequence[DrawnBar]
    thick: int = THICK


def lay_out_chart(title: str, groups: Sequence[BarGroup], *, greatest: float | None = None) -> Chart:
    """Lay bars out under their headings, with a description that says every figure for those who do not see the chart.

    :param greatest: the length that fills the width; the longest bar's if none is given.
    """
    lengths = [bar.length for group in groups for bar in group.bars if bar.length]
    full = greatest or max(lengths, default=FULL)
    top, words, drawn = 0, list[ChartWords](), list[DrawnBar]()
    for group in groups:
        words.append(ChartWords(group.name, top + TEXT - GAP, is_heading=True))
        top += TEXT
        for number, bar in enumerate(group.bars):
            words.append(ChartWords(f"{bar.name}: {bar.words}", top + TEXT - GAP))
            top += TEXT
            if bar.length:
                drawn.append(DrawnBar(top, round(bar.length / full * FULL, 2), COLOURS[number % len(COLOURS)]))
                top += THICK + GAP
        top += BETWEEN_GROUPS
    description = " ".join(
        f"{group.name}: {', '.join(f'{bar.name} {bar.words}' for bar in group.bars)}." for group in groups
    )
    return Chart(title, description, max(0, top - BETWEEN_GROUPS), words, drawn)


GROUND = "#d9dcdd"
MARGIN = 0.04
THINNEST = 0.8
# So many signs of body text have room on a phone.
WIDTH = 34


def interval_chart(
    *,
    due: tuple[datetime, str],
    limit: tuple[datetime, str],
    absent: tuple[datetime, str] | None,
    live: tuple[datetime, str] | None,
    publisher: tuple[datetime, str] | None = None,
) -> Chart:
    """Draw from when to when an output was in time, when it became visible, and the publisher's figure.

    Each bar has a grey ground, which is the whole scale, and words above it, so that no one has to distinguish colours.
    The title says all of it for people who do not see the chart.

    :param due: an aware instant with its words, as are the others.
    """
    instants = [instant for instant, _ in filter(None, (due, limit, absent, live, publisher))]
    start, end = round_down(min(instants)), round_up(max(instants))
    slack = max((end - start) * MARGIN, timedelta(seconds=1))
    start, end = start - slack, end + slack
    lines: list[tuple[str, datetime, datetime, str]] = [
        (f"In time: {due[1]} to {limit[1]}", due[0], limit[0], COLOURS[0])
    ]
    if absent and live:
        visible = f"Became visible: after {absent[1]} and by {live[1]}"
        lines.append((visible, absent[0], live[0], COLOURS[1]))
    elif absent:
        # If the last check that shows this was before it was due, there is no stretch in which it was overdue.
        lines.append((f"Not seen up to {absent[1]}", min(due[0], absent[0]), absent[0], COLOURS[1]))
    elif live:
        lines.append((f"First seen at {live[1]}, and not known since when", live[0], live[0], COLOURS[1]))
    if publisher:
        figure = f"The publisher’s own figure, no observation: {publisher[1]}"
        lines.append((figure, publisher[0], publisher[0], "#383f43"))
    words, bars, top = list[ChartWords](), list[DrawnBar](), 0
    for text, from_, to, colour in lines:
        for line in textwrap.wrap(text, WIDTH):
            words.append(ChartWords(line, top + TEXT - GAP))
            top += TEXT
        left, right = sorted((_share(from_, start, end), _share(to, start, end)))
        width = max(right - left, THINNEST)
        bars += [
            DrawnBar(top, 100, GROUND),
            DrawnBar(top, round(width, 2), colour, left=round(min(left, 100 - width), 2)),
        ]
        top += THICK + GAP
    return Chart(f"{'. '.join(text for text, *_ in lines)}.", "", top, words, bars)


def _share(instant: datetime, start: datetime, end: datetime) -> float:
    return (instant - start) / (end - start) * 100
