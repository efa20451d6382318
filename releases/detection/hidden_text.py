"""Find text that a page's own styles hide from readers.

Hidden text proves nothing, because readers do not see it. Only style attributes and style elements in the page itself
are evaluated. The effect of external style sheets and scripts can only be found with a browser.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from operator import attrgetter
from typing import Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode
from tinycss2.color3 import RGBA, parse_color

from releases.detection.styles import (
    Declarations,
    Element,
    Rule,
    Sheet,
    Step,
    Unread,
    applies_to_screen,
    matches,
    read_sheet,
    split_inline,
)

_OFF_SCREEN = 500  # pixels beyond an edge of the screen
_FAR_RIGHT = 5_000
_NOTHING = 0.05  # an element with at most this opacity is invisible
_LEAST_CONTRAST = 1.1  # contrast ratio as defined by WCAG 2; it is 1 if both colours are the same
# Limits for one page. A page that reaches one of these limits takes at most two seconds.
_MOST_MATCHES, _MOST_STYLES = 2_000_000, 10_000
_NUMBER = r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?"
_LENGTH = re.compile(rf"({_NUMBER})(%|[a-z]*)")
_PIXELS = {
    "": 1,
    "px": 1,
    "em": 16,
    "rem": 16,
    "ex": 8,
    "ch": 8,
    "pt": 1.33,
    "pc": 16,
    "in": 96,
    "cm": 37.8,
    "mm": 3.78,
}
_SIDES = {"%": 10, "vw": 12.8, "vh": 8, "vmin": 8, "vmax": 12.8}
"""The number of pixels for each relative unit, on a screen of 1,280 by 800 pixels. One per cent of the size of any
element counts as 10 pixels."""
_FUNCTION = re.compile(r"(?<![a-z0-9-])([a-z0-9-]+)\(([^()]*)\)")
_INLINE = re.compile(
    r"display|visib|opacity|filter|position|indent|transform|translate|scale|width|height|size|clip|font|color|background"
    r"|margin|animation",
    re.IGNORECASE,
)
_TALL = ("height", "max-height", "block-size", "max-block-size")
_WIDE = ("width", "max-width", "inline-size", "max-inline-size")

type Colour = tuple[float, float, float]
type Unknown = Literal["unknown"]
"""A colour that cannot be read from the page, such as the colour of a picture."""

UNKNOWN: Unknown = "unknown"
WHITE, BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class HiddenText:
    """The elements of a page that are hidden, given by the `mem_id` of their nodes.

    `elements` contains elements that are hidden with all their content. `own_text` contains elements of which only the
    direct text is hidden. If the styles could not be read, `is_known` is false, and any text may be hidden.
    """

    elements: frozenset[int] = frozenset()
    own_text: frozenset[int] = frozenset()
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Style:
    """The style of an element. If a field is None, the element inherits the value of its parent.

    If `hides` is true, the element is hidden with all its content. `hides` is not inherited.
    """

    hides: bool = False
    is_invisible: bool | None = None
    has_no_size: bool | None = None
    is_off_screen: bool | None = None
    colour: Colour | Unknown | None = None
    alpha: float = 1
    background: Colour | Unknown | None = None

    @property
    def hides_text(self) -> bool:
        return bool(self.is_invisible or self.has_no_size or self.is_off_screen) or self._is_without_contrast

    @property
    def _is_without_contrast(self) -> bool:
        if self.alpha <= _NOTHING:
            return True
        if not isinstance(self.colour, tuple) or not isinstance(self.background, tuple):
            return False
        return _contrast(_over(self.colour, self.alpha, self.background), self.background) < _LEAST_CONTRAST

    def inherit(self, parent: "Style") -> "Style":
        return Style(
            is_invisible=parent.is_invisible if self.is_invisible is None else self.is_invisible,
            has_no_size=parent.has_no_size if self.has_no_size is None else self.has_no_size,
            is_off_screen=parent.is_off_screen if self.is_off_screen is None else self.is_off_screen,
            colour=parent.colour if self.colour is None else self.colour,
            alpha=parent.alpha if self.colour is None else self.alpha,
            background=parent.background if self.background is None else self.background,
        )


_NO_STYLE = Style()
# External style sheets often set the colour of text, so it counts as unknown. They seldom set the background of the
# whole page, so the background counts as white.
_OF_PAGE = Style(colour=UNKNOWN, background=WHITE)


@dataclass(slots=True)
class _Level:
    style: Style
    ancestors: int
    parent: int
    before: int = 0
    siblings: int = 0
    place: int = 0


def find_hidden_text(tree: LexborHTMLParser) -> HiddenText:
    text = "\n".join(_sheets(tree))
    inline = {node.mem_id for node in tree.css("[style], [bgcolor], font[color], body[text]") if _is_styled(node)}
    if not text and not inline:
        return HiddenText()
    try:
        sheet = read_sheet(text) if text else Sheet()
        return _Walk(sheet, inline).find(tree)
    except (Unread, RecursionError, ValueError, OverflowError):  # tinycss2 raises the last two for very large numbers
        return HiddenText(is_known=False)


def _sheets(tree: LexborHTMLParser) -> list[str]:
    found = []
    for node in tree.css("style"):
        attributes = node.attributes
        kind, media = (attributes.get("type") or "").strip().lower(), attributes.get("media") or ""
        is_inert = node.parent is not None and node.parent.tag in {"noscript", "template", "svg"}
        if kind in {"", "text/css"} and applies_to_screen(media) and not is_inert:
            found.append(node.text(deep=True))
    return found


def _is_styled(node: LexborNode) -> bool:
    attributes = node.attributes
    return "style" not in attributes or bool(_INLINE.search(attributes["style"] or ""))


class _Walk:
    def __init__(self, sheet: Sheet, inline: set[int]) -> None:
        self._sheet = sheet
        self._inline = inline
        self._elements: set[int] = set()
        self._own_text: set[int] = set()
        self._matches = 0
        self._styles: dict[tuple[object, ...], Style] = {}
        self._alike: dict[tuple[object, ...], tuple[int, tuple[Rule, ...]]] = {}
        self._inherited: dict[tuple[int, int], tuple[Style, bool, Style]] = {}

    def find(self, tree: LexborHTMLParser) -> HiddenText:
        root = tree.root
        levels = [_Level(_OF_PAGE, 0, 0)]
        node: LexborNode | None = root
        while node is not None:
            child = self._enter(node, levels) if _is_element(node) else None
            if child is not None:
                node = child
                continue
            while node is not None and node.next is None and len(levels) > 1:
                node = node.parent
                levels.pop()
            if node is None or len(levels) == 1:
                break
            node = node.next
        return HiddenText(frozenset(self._elements), frozenset(self._own_text))

    def _enter(self, node: LexborNode, levels: list[_Level]) -> LexborNode | None:
        """Evaluate an element, and return its first child if the children must be evaluated too.

        If the element is completely hidden or contains only text, the result is None.
        """
        level = levels[-1]
        level.place += 1
        matched, rules = self._match(node, level, is_root=len(levels) == 1) if self._sheet.steps else (0, ())
        level.before = matched
        level.siblings |= matched
        own = self._own_style(node, rules)
        if own.hides:
            self._elements.add(node.mem_id)
            return None
        style, hides_text = self._inherit(level.style, own)
        if hides_text:
            self._own_text.add(node.mem_id)
        child = node.child
        if child is None or (child.next is None and not _is_element(child)):
            return None
        levels.append(_Level(style, level.ancestors | matched, matched))
        return child

    def _match(self, node: LexborNode, level: _Level, *, is_root: bool) -> tuple[int, tuple[Rule, ...]]:
        """Return the bits of the matching compounds (see `Step`), and the matching rules, weakest first."""
        tag, attributes = node.tag or "", node.attributes
        steps = self._steps_for(tag, attributes)
        if not steps:
            return 0, ()
        # Results are cached, because a large page has many elements that are alike, such as the cells of a table.
        around = (tag, attributes.get("class"), attributes.get("id"), level.ancestors, level.parent)
        if (known := self._alike.get(around)) is not None:
            return known
        classes = frozenset((attributes.get("class") or "").split())
        element = Element(tag, attributes, classes, level.place, lambda: _is_last(node), is_root, node.child is None)
        matched, rules = 0, []
        for step in steps:
            self._matches += step.cost
            if self._matches > _MOST_MATCHES:
                raise Unread
            if _fits_combinator(step.combinator, step.needs, level) and matches(step.compound, element):
                matched |= step.gives
                rules += [step.rule] if step.rule is not None else []
        found = matched, tuple(sorted(rules, key=_rank))
        if all(step.is_plain for step in steps):
            self._alike[around] = found
        return found

    def _steps_for(self, tag: str, attributes: Mapping[str, str | None]) -> Sequence[Step]:
        steps = self._sheet.steps
        names = set((attributes.get("class") or "").split()) if "class" in attributes else ()
        keys = ("*", tag, *(f".{name}" for name in names), f"#{attributes['id']}" if "id" in attributes else "*")
        return tuple(chain.from_iterable(steps[key] for key in dict.fromkeys(keys) if key in steps))

    def _own_style(self, node: LexborNode, rules: Sequence[Rule]) -> Style:
        is_styled = node.mem_id in self._inline
        if not rules and not is_styled:
            return _NO_STYLE
        style, hints = "", _NO_HINTS
        if is_styled:
            attributes = node.attributes
            style = attributes.get("style") or ""
            hints = (attributes.get("bgcolor"), attributes.get("text"), node.tag == "font" and attributes.get("color"))
        key = (*map(id, rules), style, *hints)
        own = self._styles.get(key)
        if own is None:
            if len(self._styles) > _MOST_STYLES:
                raise Unread
            found = _style_of(self._cascaded(rules, style, hints), self._sheet.keyframes)
            own = self._styles[key] = _NO_STYLE if found == _NO_STYLE else found
        return own

    def _inherit(self, parent: Style, own: Style) -> tuple[Style, bool]:
        key = (id(parent), id(own))  # safe, because the walk holds a reference to each style
        known = self._inherited.get(key)
        if known is None:
            style = parent if own is _NO_STYLE else own.inherit(parent)
            known = self._inherited[key] = style, style.hides_text, parent
        return known[0], known[1]

    def _cascaded(self, rules: Sequence[Rule], style: str, hints: tuple[object, object, object]) -> Declarations:
        background, text, font = hints
        found: dict[str, str] = {}
        if background:
            found["background-color"] = str(background).lower()
        if font or text:
            found["color"] = str(font or text).lower()
        normal, important = split_inline(style, self._sheet) if style else ({}, {})
        for rule in rules:
            _declare(found, rule.normal, rule)
        _declare(found, normal)
        for rule in rules:
            _declare(found, rule.important, rule)
        _declare(found, important)
        return found


_NO_HINTS: tuple[object, object, object] = (None, None, False)
_rank = attrgetter("rank")
# Maps each shorthand property to the properties that it also sets.
_SHORTHANDS: Mapping[str, tuple[str, ...]] = {
    "font": ("font-size",),
    "background": ("background-color", "background-image", "background-clip", "-webkit-background-clip"),
    "inset": ("left", "right", "top", "bottom"),
    "margin": ("margin-left", "margin-top"),
    "overflow": ("overflow-x", "overflow-y"),
    "animation": ("animation-name",),
}


def _declare(found: dict[str, str], declared: Declarations, rule: Rule | None = None) -> None:
    for name, value in declared.items():
        if rule is not None and not rule.is_certain and not _may_hide(name, value):
            continue
        for longer in _SHORTHANDS.get(name, ()):
            found.pop(longer, None)
        found[name] = value


def _may_hide(name: str, value: str) -> bool:
    style = _style_of({"position": "absolute", "overflow": "hidden", name: value}, {})
    hides = (style.hides, style.is_invisible, style.has_no_size, style.is_off_screen, style.alpha <= _NOTHING)
    return any(hides) or name in {"position", "overflow", "overflow-x", "overflow-y"}


def _style_of(declared: Declarations, keyframes: Mapping[str, Declarations]) -> Style:
    if name := next((name for name in _animations(declared) if name in keyframes), None):
        declared = {**declared, **keyframes[name]}  # the state after the animation
    colour, alpha = _colour_of(declared)
    return Style(
        hides=any(rule(declared) for rule in _HIDING),
        is_invisible=_choice(declared.get("visibility"), hidden={"hidden", "collapse"}),
        has_no_size=_has_no_size(declared),
        is_off_screen=_is_indented_away(declared.get("text-indent")),
        colour=colour,
        alpha=alpha,
        background=_background_of(declared),
    )


def _animations(declared: Declarations) -> list[str]:
    named = declared.get("animation-name") or declared.get("animation") or ""
    return [name for name in re.split(r"[\s,]+", named) if name]


def _choice(value: str | None, *, hidden: set[str]) -> bool | None:
    return None if value is None or value in {"inherit", "unset"} else value in hidden


def _is_not_displayed(declared: Declarations) -> bool:
    return declared.get("display") == "none" or declared.get("content-visibility") == "hidden"


def _is_transparent(declared: Declarations) -> bool:
    opacity = _share(declared.get("opacity", ""))
    filters = [_share(inside) for name, inside in _FUNCTION.findall(declared.get("filter", "")) if name == "opacity"]
    return any(share is not None and share <= _NOTHING for share in (opacity, *filters))


def _is_placed_off_screen(declared: Declarations) -> bool:
    margins = declared.get("margin", "").split() or ["0"]
    left = declared.get("margin-left", margins[-1] if len(margins) in {2, 4} else margins[len(margins) // 3])
    if min(_pixels(left), _pixels(declared.get("margin-top", margins[0]))) <= -_OFF_SCREEN:
        return True
    if declared.get("position", "static") == "static":
        return False
    inset = [_pixels(each) for each in declared.get("inset", "").split()]
    sides = {side: _pixels(declared.get(side)) for side in ("left", "right", "top", "bottom")}
    return any(side <= -_OFF_SCREEN for side in (*sides.values(), *inset)) or sides["left"] >= _FAR_RIGHT


def _is_moved_away(declared: Declarations) -> bool:
    moved = [_pixels(each) for each in declared.get("translate", "").split()]
    scaled = [share for each in declared.get("scale", "").split() if (share := _share(each)) is not None]
    for name, inside in _FUNCTION.findall(declared.get("transform", "")):
        parts = re.split(r"[\s,]+", inside.strip())
        if name.startswith("translate") and name != "translatez":
            moved += [_pixels(each) for each in parts]
        elif name.startswith("scale") and name != "scalez":
            scaled += [share for each in parts if (share := _share(each)) is not None]
        elif name == "matrix" and len(parts) == 6:
            scaled += [share for each in (parts[0], parts[3]) if (share := _share(each)) is not None]
        elif name in {"rotatex", "rotatey"} and re.fullmatch(r"-?(?:90deg|0?\.25turn|100grad)", parts[0]):
            return True
    return any(each <= -_OFF_SCREEN or each >= _FAR_RIGHT for each in moved) or any(abs(each) < 0.01 for each in scaled)


def _has_no_room(declared: Declarations) -> bool:
    for lengths, axis in ((_TALL, "overflow-y"), (_WIDE, "overflow-x")):
        overflow = declared.get(axis) or (declared.get("overflow", "").split() or ["visible"])[0]
        if overflow in {"hidden", "clip", "scroll", "auto"} and any(
            name in declared and 0 <= _pixels(declared[name], unknown=99) <= 1 for name in lengths
        ):
            return True
    return False


def _is_clipped(declared: Declarations) -> bool:
    clip = _FUNCTION.match(declared.get("clip", ""))
    if clip and clip[1] == "rect" and declared.get("position") in {"absolute", "fixed"}:
        edges = [_pixels(each, unknown=9_999) for each in re.split(r"[\s,]+", clip[2].strip())]
        if len(edges) == 4 and (edges[2] - edges[0] <= 1 or edges[1] - edges[3] <= 1):
            return True
    path = _FUNCTION.match(declared.get("clip-path", ""))
    if not path:
        return False
    parts = re.split(r"[\s,]+", path[2].strip())
    if path[1] == "inset":
        inset = [each for each in parts[: parts.index("round") if "round" in parts else 4] if each]
        return bool(inset) and all(_is_half(each) for each in (inset * 4)[:1] + inset[2:3])
    if path[1] in {"circle", "ellipse"}:
        return bool(parts[0]) and _pixels(parts[0], unknown=99) <= 1
    return path[1] == "polygon" and len(set(parts)) == 1


_HIDING: tuple[Callable[[Declarations], bool], ...] = (
    _is_not_displayed, _is_transparent, _is_placed_off_screen, _is_moved_away, _has_no_room, _is_clipped,
)  # fmt: skip


def _has_no_size(declared: Declarations) -> bool | None:
    value = declared.get("font-size") or _size_in_shorthand(declared.get("font", ""))
    if value is None or value in {"inherit", "unset"}:
        return None
    found = _LENGTH.fullmatch(value)
    if not found:
        return None if value in {"smaller", "larger"} or "(" in value else False
    if found[2] in {"em", "%"} and float(found[1]) > _NOTHING:
        return None  # relative to the inherited size
    return _pixels(value, unknown=99) <= 1


def _size_in_shorthand(font: str) -> str | None:
    sizes = re.findall(rf"(?<![\w.-])({_NUMBER}(?:%|[a-z]+)?)(?=\s*/|\s)", font)
    return next((size for size in sizes if not re.fullmatch(r"[1-9]00", size)), None)


def _is_indented_away(value: str | None) -> bool | None:
    return None if value is None or value in {"inherit", "unset"} else abs(_pixels(value.split()[0])) >= _OFF_SCREEN


def _colour_of(declared: Declarations) -> tuple[Colour | Unknown | None, float]:
    if "text" in (declared.get("background-clip", ""), declared.get("-webkit-background-clip", "")) or re.search(
        r"\btext\b", declared.get("background", "")
    ):
        return UNKNOWN, 1  # the background shows through the letters
    value = declared.get("-webkit-text-fill-color") or declared.get("color")
    if value is None or value in {"inherit", "unset", "currentcolor"}:
        return None, 1
    if value in {"initial", "revert", "revert-layer"}:
        return BLACK, 1
    found = parse_color(value)
    if not isinstance(found, RGBA):
        return UNKNOWN, 1
    return (found.red, found.green, found.blue), found.alpha


def _background_of(declared: Declarations) -> Colour | Unknown | None:
    whole = declared.get("background", "")
    if any("(" in value and not _is_plain(value) for value in (whole, declared.get("background-image", ""))):
        return UNKNOWN
    words = re.findall(r"[^\s(]+(?:\([^)]*\))?", whole)
    value = declared.get("background-color") or next((word for word in words if parse_color(word)), None)
    if value is None or value in {"inherit", "unset", "initial", "transparent"}:
        return None
    found = parse_color(value)
    if not isinstance(found, RGBA):
        return UNKNOWN
    if found.alpha <= _NOTHING:
        return None
    return (found.red, found.green, found.blue) if found.alpha > 1 - _NOTHING else UNKNOWN


def _is_plain(value: str) -> bool:
    return all(name in {"rgb", "rgba", "hsl", "hsla"} for name, _ in _FUNCTION.findall(value))


def _pixels(value: str | None, *, unknown: float = 0) -> float:
    """Return a length in pixels, or `unknown` for a value without a length, such as "auto"."""
    if value is None:
        return unknown
    found = _LENGTH.fullmatch(value)
    if found is None:
        inside = re.match(rf"calc\(\s*({_NUMBER})(px|r?em|vw|vh|%)\s*[-+)]", value)
        found = _LENGTH.fullmatch(inside[1] + inside[2]) if inside else None
    unit = _PIXELS.get(found[2]) or _SIDES.get(found[2]) if found else None
    return float(found[1]) * unit if found and unit else unknown


def _share(value: str) -> float | None:
    found = re.fullmatch(rf"({_NUMBER})(%?)", value.strip())
    return float(found[1]) / (100 if found[2] else 1) if found else None


def _is_half(value: str) -> bool:
    return (value.endswith("%") and (_share(value) or 0) >= 0.5) or _pixels(value) >= _OFF_SCREEN


def _over(colour: Colour, alpha: float, background: Colour) -> Colour:
    red, green, blue = (one * alpha + other * (1 - alpha) for one, other in zip(colour, background, strict=True))
    return red, green, blue


@lru_cache(maxsize=1024)
def _contrast(one: Colour, other: Colour) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in (min(max(0.0, p), 1.0) for p in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _fits_combinator(combinator: str, needs: int, level: _Level) -> bool:
    match combinator:
        case "":
            return True
        case ">":
            return bool(level.parent & needs)
        case "+":
            return bool(level.before & needs)
        case "~":
            return bool(level.siblings & needs)
    return bool(level.ancestors & needs)


def _is_element(node: LexborNode) -> bool:
    return not (node.tag or "-").startswith("-")


def _is_last(node: LexborNode) -> bool:
    following = node.next
    while following is not None and not _is_element(following):
        following = following.next
    return following is None
