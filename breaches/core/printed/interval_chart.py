"""One output's morning as a small picture: announced time and limit, and when it became visible, on one scale."""

import textwrap
from datetime import datetime, timedelta

from breaches.core.account.times import down, up
from breaches.core.printed.chart import COLOURS, GAP, TEXT, THICK, Chart, Drawn, Words

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
    seen: tuple[datetime, str] | None,
    publisher: tuple[datetime, str] | None = None,
) -> Chart:
    """Draw from when to when an output was in time, when it became visible, and the publisher's figure.

    Each bar lies on a grey ground that is the whole scale, and says above it in words what it is, so that nobody has
    to tell colours apart. The title says all of it for whoever does not see the picture.

    :param due: an aware instant with its words, as are the others; None where there is none.
    """
    told = [instant for instant, _ in filter(None, (due, limit, absent, seen, publisher))]
    start, end = down(min(told)), up(max(told))
    slack = max((end - start) * MARGIN, timedelta(seconds=1))
    start, end = start - slack, end + slack
    lines: list[tuple[str, datetime, datetime, str]] = [
        (f"In time: {due[1]} to {limit[1]}", due[0], limit[0], COLOURS[0])
    ]
    if absent and seen:
        visible = f"Became visible: after {absent[1]} and by {seen[1]}"
        lines.append((visible, absent[0], seen[0], COLOURS[1]))
    elif absent:
        # Where nobody could tell any more before it was due, there is no stretch in which it was overdue.
        lines.append((f"Not seen up to {absent[1]}", min(due[0], absent[0]), absent[0], COLOURS[1]))
    elif seen:
        lines.append((f"First seen at {seen[1]}, and not known since when", seen[0], seen[0], COLOURS[1]))
    if publisher:
        figure = f"The publisher’s own figure, no observation: {publisher[1]}"
        lines.append((figure, publisher[0], publisher[0], "#383f43"))
    words, bars, top = list[Words](), list[Drawn](), 0
    for text, from_, to, colour in lines:
        for line in textwrap.wrap(text, WIDTH):
            words.append(Words(line, top + TEXT - GAP))
            top += TEXT
        left, right = sorted((_share(from_, start, end), _share(to, start, end)))
        width = max(right - left, THINNEST)
        bars += [Drawn(top, 100, GROUND), Drawn(top, round(width, 2), colour, left=round(min(left, 100 - width), 2))]
        top += THICK + GAP
    return Chart(f"{'. '.join(text for text, *_ in lines)}.", "", top, words, bars)


def _share(instant: datetime, start: datetime, end: datetime) -> float:
    return (instant - start) / (end - start) * 100
