"""A font of empty boxes for characters that no font on the machine can draw.

Without it such a character would be printed as a glyph that is missing from its font: PDF/UA-1 forbids that, and
readers of the file may lose the text. With it the character is a box on paper and itself when it is read or copied.
"""

import io
from collections.abc import Collection

from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]  # carries no types
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]

FAMILY = "Report Boxes"
UNITS_PER_EM = 1000
WIDTH = 700


def font_of_boxes(characters: Collection[str]) -> bytes:
    """Build a TrueType font in which each of the characters is a box; the same characters give the same bytes.

    :raises ValueError: if there are no characters.
    """
    if not characters:
        message = "A font of boxes needs at least one character."
        raise ValueError(message)
    # Next to a box the machine's fonts are left, so the spaces between boxes come from here as well.
    blank = {char for char in (*characters, " ") if char.isspace()}
    names = {ord(char): f"u{ord(char):04X}" for char in sorted({*characters, *blank})}
    order = [".notdef", *names.values()]
    builder = FontBuilder(UNITS_PER_EM, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap(names)
    blank_names = {names[ord(char)] for char in blank}
    builder.setupGlyf({name: TTGlyphPen(None).glyph() if name in blank_names else _box() for name in order})
    builder.setupHorizontalMetrics(dict.fromkeys(order, (WIDTH, 60)))
    builder.setupHorizontalHeader(ascent=800, descent=-200)
    builder.setupNameTable({"familyName": FAMILY, "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=800, sTypoDescender=-200, usWinAscent=800, usWinDescent=200)
    builder.setupPost()
    # The time of building would make every file different.
    builder.font["head"].created = builder.font["head"].modified = 0
    builder.font.recalcTimestamp = False
    file = io.BytesIO()
    builder.save(file)
    return file.getvalue()


def _box() -> object:
    pen = TTGlyphPen(None)
    for left, bottom, right, top in ((60, 0, 640, 700), (110, 50, 590, 650)):
        corners = [(left, bottom), (left, top), (right, top), (right, bottom)]
        corners = corners if left == 60 else corners[::-1]
        pen.moveTo(corners[0])
        for corner in corners[1:]:
            pen.lineTo(corner)
        pen.closePath()
    return pen.glyph()
