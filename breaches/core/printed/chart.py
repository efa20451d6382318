"""Bars lying one under the other, laid out for a picture that takes the width it is given.

Lengths are shares of the width and heights are those of body text, so that words keep their size on a phone and on
paper. What a bar stands for is written above it, in words: nobody has to tell colours apart or to read an axis.
"""

from collections.abc import Sequence
from dataclasses import dataclass

# The two colours that the Government Analysis Function gives for charts of two categories.
COLOURS = ("#12436D", "#F46A25")
TEXT, THICK, GAP, BETWEEN_GROUPS = 22, 14, 6, 14
FULL = 100.0


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure: its name, what it is in words, and its length; nothing is drawn of nought and of None."""

    name: str
    words: str
    length: float | None


@dataclass(frozen=True, slots=True)
class Group:
    """The bars that are compared with each other, under one heading."""

    name: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Words:
    """Some words at a height, counted from the top in pixels; those of a heading are bold."""

    text: str
    baseline: int
    is_heading: bool = False


@dataclass(frozen=True, slots=True)
class Drawn:
    """One bar as it is drawn: its top edge in pixels, its width and its left edge as shares of 100, and its colour."""

    top: int
    width: float
    colour: str
    left: float = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture: its title, what it shows in a sentence, its height in pixels, and what is in it.

    The description may be empty, where the title says it all.
    """

    title: str
    description: str
    height: int
    words: Sequence[Words]
    bars: Sequence[Drawn]
    thick: int = THICK


def laid_out(title: str, groups: Sequence[Group], *, greatest: float | None = None) -> Chart:
    """Lay bars out under their headings.

    The description says every figure, for whoever does not see the picture.

    :param greatest: the length that fills the width; the longest bar's if none is given.
    """
    lengths = [bar.length for group in groups for bar in group.bars if bar.length]
    full = greatest or max(lengths, default=FULL)
    top, words, drawn = 0, list[Words](), list[Drawn]()
    for group in groups:
        words.append(Words(group.name, top + TEXT - GAP, is_heading=True))
        top += TEXT
        for number, bar in enumerate(group.bars):
            words.append(Words(f"{bar.name}: {bar.words}", top + TEXT - GAP))
            top += TEXT
            if bar.length:
                drawn.append(Drawn(top, round(bar.length / full * FULL, 2), COLOURS[number % len(COLOURS)]))
                top += THICK + GAP
        top += BETWEEN_GROUPS
    description = " ".join(
        f"{group.name}: {', '.join(f'{bar.name} {bar.words}' for bar in group.bars)}." for group in groups
    )
    return Chart(title, description, max(0, top - BETWEEN_GROUPS), words, drawn)
