"""Parse the embedded style sheets of a page, and match elements against their selectors.

Only declarations that can hide text are stored. Elements are matched from the root downwards, so that no selector has
to search the ancestors of an element. So the cost depends only on the length of the style sheets and of the page.
"""

import operator
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import tinycss2
from cssselect2 import parser
from cssselect2.parser import (
    AttributeSelector,
    ClassSelector,
    CombinedSelector,
    CompoundSelector,
    FunctionalPseudoClassSelector,
    IDSelector,
    LocalNameSelector,
    MatchesAnySelector,
    NamespaceSelector,
    NegationSelector,
    PseudoClassSelector,
    Selector,
    SelectorError,
    SpecificityAdjustmentSelector,
)
from tinycss2.nth import parse_nth

MOST_CHARACTERS = 300_000
"""The maximum total length of a page's style sheets, without embedded pictures and fonts.

Parsing longer style sheets would take seconds.
"""

_MOST_OF_AN_ATTRIBUTE = 10_000

_MOST_SELECTORS = 20_000
_SCREEN_WIDTH, _SCREEN_HEIGHT, _EM = 1280, 800, 16

# Only these properties can hide an element or its text. All others are ignored.
PROPERTIES = frozenset({
    "display", "visibility", "content-visibility", "opacity", "filter", "position", "left", "right", "top", "bottom",
    "inset", "margin", "margin-left", "margin-top", "text-indent", "transform", "translate", "scale", "width", "height",
    "max-width", "max-height", "inline-size", "block-size", "max-inline-size", "max-block-size", "overflow",
    "overflow-x", "overflow-y", "clip", "clip-path", "font", "font-size", "color", "background", "background-color",
    "background-image", "background-clip", "-webkit-background-clip", "-webkit-text-fill-color", "animation",
    "animation-name",
})  # fmt: skip
_NEVER_AT_REST = frozenset({
    "hover", "focus", "focus-within", "focus-visible", "active", "visited", "target", "target-within", "fullscreen",
    "popover-open", "modal",
})  # fmt: skip
_ALWAYS = frozenset({"defined", "scope"})
_NAMES = (IDSelector, ClassSelector, LocalNameSelector, NamespaceSelector)
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)")
_DATA = re.compile(r"url\(\s*[\"']?data:[^)]*+(?:\)|\Z)", re.IGNORECASE)
_SIMPLE = re.compile(r"[^\\/(){}\[\]\"'@]*")
_FEATURE = re.compile(r"\(([^()]*)\)")
_LENGTH = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(px|r?em)")


class Unread(Exception):
    """The styles are too long or too complex to evaluate, so we do not know which text they hide."""


type Declarations = Mapping[str, str]
"""A mapping of CSS properties to values, both in lower case.

Variables in the values are replaced, except in keyframes.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """The declarations of one selector.

    If several rules match an element, a rule with a higher `rank` overrides rules with a lower rank.
    """

    rank: tuple[int, tuple[int, ...], int]
    normal: Declarations
    important: Declarations
    is_certain: bool = True
    """False if we cannot evaluate a part of the selector.

    If so, we do not know to which elements the rule applies, so only declarations that may hide text are used.
    """


@dataclass(frozen=True, slots=True)
class Step:
    """One compound of a selector, such as `.note` in `main > .note`.

    Each compound except the last has its own bit, which is set for elements that match the compound. `gives` is the bit
    of this compound, or 0 for the last one. `needs` is the bit of the previous compound, or 0 for the first one.
    `combinator` is the symbol between the previous compound and this one. It selects the elements in which the bit
    `needs` must be set, for example the parent. Only the last compound has a `rule`. `cost` is the number of parts to
    compare.
    """

    compound: CompoundSelector
    combinator: str
    needs: int
    gives: int
    rule: Rule | None
    cost: int
    is_plain: bool
    """Whether a match depends only on the element's type, class, ID, parent and ancestors.

    If all steps for an element are plain, the result is cached and used for all elements with the same values.
    """


@dataclass(slots=True)
class Sheet:
    steps: dict[str, list[Step]] = field(default_factory=lambda: defaultdict(list))
    variables: dict[str, str] = field(default_factory=dict)
    keyframes: dict[str, Declarations] = field(default_factory=dict)
    _bits: int = 0
    _selectors: int = 0

    def add(self, selector: Selector, normal: Declarations, important: Declarations, *, layered: bool) -> None:
        """:raises Unread: if the sheet has too many selectors."""
        self._selectors += 1
        if self._selectors > _MOST_SELECTORS:
            raise Unread
        compounds = list(_compounds(selector.parsed_tree))
        if any(_is_never_at_rest(compound) for compound, _combinator in compounds):
            return
        certain = all(_is_evaluated(compound) for compound, _combinator in compounds)
        rule = Rule((0 if layered else 1, tuple(selector.specificity), self._selectors), normal, important, certain)
        needs = 0
        for place, (compound, combinator) in enumerate(compounds):
            is_last = place == len(compounds) - 1
            gives = 0 if is_last else 1 << self._bits
            self._bits += not is_last
            is_plain = combinator not in {"+", "~"} and all(
                isinstance(part, _NAMES) for part in compound.simple_selectors
            )
            made = rule if is_last else None
            step = Step(compound, combinator, needs, gives, made, _count_parts(compound), is_plain)
            self.steps[_key(compound)].append(step)
            needs = gives


@dataclass(slots=True)
class Element:
    tag: str
    attributes: Mapping[str, str | None]
    classes: frozenset[str]
    place: int
    is_last: Callable[[], bool]
    is_root: bool
    is_empty: bool


@lru_cache(maxsize=64)  # cached, because a page is checked many times
def read_sheet(text: str) -> Sheet:
    """Read the text of a style sheet.

    The parser raises RecursionError if the text is nested too deeply, and ValueError if a number has too many digits.

    :raises Unread: if the text is too long or has too many selectors.
    """
    text = _DATA.sub("url()", text)
    if len(text) > MOST_CHARACTERS:
        raise Unread
    sheet = Sheet()
    nodes = tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)
    pending: list[tuple[list[str], list[tuple[str, str, bool]], bool]] = []
    _read_rules(nodes, (), sheet, pending, layered=False)
    for selectors, declared, layered in pending:
        normal, important = _split(declared, sheet.variables)
        if not normal and not important:
            continue
        for selector in selectors:
            for one in _selectors_of(selector):
                sheet.add(one, normal, important, layered=layered)
    return sheet


@lru_cache(maxsize=4096)
def read_inline(text: str) -> tuple[tuple[str, str, bool], ...]:
    """Return the property and value of each declaration in a style attribute, and whether the declaration is important.

    The parser raises the same errors as in `read_sheet`.

    :raises Unread: if the text is too long.
    """
    text = _DATA.sub("url()", text)
    if len(text) > _MOST_OF_AN_ATTRIBUTE:
        raise Unread
    if _SIMPLE.fullmatch(text):
        return tuple(_simple_declarations(text))
    return tuple(_declarations(tinycss2.parse_blocks_contents(text, skip_comments=True, skip_whitespace=True)))


def _simple_declarations(text: str) -> Iterator[tuple[str, str, bool]]:
    """Read a style attribute that has no brackets, quotes, comments or escapes.

    This is several times faster than a CSS parser. Variables are left out, because no value without brackets uses one.
    """
    for declaration in text.split(";"):
        name, colon, value = declaration.partition(":")
        name = name.strip().lower()
        if colon and name in PROPERTIES:
            value, mark, _ = value.partition("!")
            yield name, value.strip().lower(), bool(mark)


def split_inline(text: str, sheet: Sheet) -> tuple[Declarations, Declarations]:
    declared = read_inline(text)
    return _split(declared, sheet.variables | {name: value for name, value, _important in declared if name[:2] == "--"})


def applies_to_screen(query: str) -> bool:
    """Return whether a media query matches a 1,280 by 800 pixel screen. Unknown media features count as matching."""
    return any(map(_is_met, query.lower().split(","))) if query.strip() else True


def matches(compound: CompoundSelector, element: Element) -> bool:
    """Return whether an element matches one compound. Parts that we cannot evaluate count as matching."""
    return all(_has(element, part) for part in compound.simple_selectors)


def _read_rules(
    nodes: Iterable[tinycss2.ast.Node],
    parents: Sequence[str],
    sheet: Sheet,
    pending: list[tuple[list[str], list[tuple[str, str, bool]], bool]],
    *,
    layered: bool,
) -> None:
    own: list[tinycss2.ast.Node] = []
    for node in nodes:
        if node.type == "qualified-rule":
            selectors = _nested(_split_list(node.prelude), parents)
            if len(selectors) + len(pending) > _MOST_SELECTORS:
                raise Unread
            inside = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
            _read_rules(inside, selectors, sheet, pending, layered=layered)
        elif node.type == "at-rule" and node.content is not None:
            _read_at_rule(node, parents, sheet, pending, layered=layered)
        elif node.type == "declaration":
            own.append(node)
    if own and parents:
        declared = list(_declarations(own))
        sheet.variables |= {name: value for name, value, _important in declared if name.startswith("--")}
        pending.append((list(parents), declared, layered))


def _read_at_rule(
    node: tinycss2.ast.AtRule,
    parents: Sequence[str],
    sheet: Sheet,
    pending: list[tuple[list[str], list[tuple[str, str, bool]], bool]],
    *,
    layered: bool,
) -> None:
    name, prelude = node.lower_at_keyword, tinycss2.serialize(node.prelude).strip()
    if name.endswith("keyframes"):
        _read_keyframes(prelude, node, sheet)
        return
    if name == "media" and not applies_to_screen(prelude):
        return
    if name == "supports" and prelude.lower().startswith("not"):
        return
    if name in {"media", "supports", "layer", "container", "scope"}:
        inside = tinycss2.parse_blocks_contents(node.content, skip_comments=True, skip_whitespace=True)
        _read_rules(inside, parents, sheet, pending, layered=layered or name == "layer")


def _read_keyframes(name: str, node: tinycss2.ast.AtRule, sheet: Sheet) -> None:
    for frame in tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True):
        if frame.type == "qualified-rule" and re.search(r"\bto\b|\b100%", tinycss2.serialize(frame.prelude).lower()):
            inside = tinycss2.parse_blocks_contents(frame.content, skip_comments=True, skip_whitespace=True)
            sheet.keyframes[name.lower().strip("\"'")] = {key: value for key, value, _ in _declarations(inside)}


def _declarations(nodes: Iterable[tinycss2.ast.Node]) -> Iterator[tuple[str, str, bool]]:
    for node in nodes:
        if node.type == "declaration" and (node.lower_name in PROPERTIES or node.name.startswith("--")):
            name = node.name if node.name.startswith("--") else node.lower_name
            yield name, tinycss2.serialize(node.value).strip().lower(), node.important


def _split(
    declared: Iterable[tuple[str, str, bool]], variables: Mapping[str, str]
) -> tuple[Declarations, Declarations]:
    normal: dict[str, str] = {}
    important: dict[str, str] = {}
    for name, value, is_important in declared:
        if not name.startswith("--"):
            (important if is_important else normal)[name] = _resolved(value, variables)
    return normal, important


def _resolved(value: str, variables: Mapping[str, str]) -> str:
    # The value of a variable can contain other variables, or the variable itself. So the replacement is repeated, but
    # only a few times.
    for _ in range(4):
        if "var(" not in value or len(value) > MOST_CHARACTERS // 100:
            break
        value = _VARIABLE.sub(lambda found: variables.get(found[1], found[2] or "unset").strip(), value)
    return value


def _split_list(tokens: Iterable[tinycss2.ast.Node]) -> list[str]:
    found: list[list[tinycss2.ast.Node]] = [[]]
    for token in tokens:
        if token.type == "literal" and token.value == ",":
            found.append([])
        else:
            found[-1].append(token)
    return [tinycss2.serialize(each).strip() for each in found]


def _nested(selectors: Iterable[str], parents: Sequence[str]) -> list[str]:
    if not parents:
        return list(selectors)
    return [
        each.replace("&", parent) if "&" in each else f"{parent} {each}" for parent in parents for each in selectors
    ]


def _selectors_of(text: str) -> list[Selector]:
    try:
        return [one for one in parser.parse(text) if one.pseudo_element is None]
    except SelectorError:
        return []  # a browser also ignores an invalid selector


def _compounds(tree: CombinedSelector | CompoundSelector) -> Iterator[tuple[CompoundSelector, str]]:
    found: list[tuple[CompoundSelector, str]] = []
    # The last compound is at the root of the parser's tree, so the compounds are read from right to left.
    while isinstance(tree, CombinedSelector):
        found.append((tree.right, tree.combinator))
        tree = tree.left
    found.append((tree, ""))
    yield from reversed(found)


def _is_never_at_rest(compound: CompoundSelector) -> bool:
    states = (part.name for part in compound.simple_selectors if isinstance(part, PseudoClassSelector))
    return not _NEVER_AT_REST.isdisjoint(states)


def _count_parts(compound: CompoundSelector) -> int:
    inner = sum(len(getattr(part, "selector_list", ())) for part in compound.simple_selectors)
    return 1 + len(compound.simple_selectors) + inner


def _key(compound: CompoundSelector) -> str:
    parts = compound.simple_selectors
    for part in parts:
        if isinstance(part, IDSelector):
            return f"#{part.ident}"
    for part in parts:
        if isinstance(part, ClassSelector):
            return f".{part.class_name}"
    for part in parts:
        if isinstance(part, LocalNameSelector):
            return str(part.lower_local_name)
    return "*"


def _is_evaluated(compound: CompoundSelector) -> bool:
    return all(_is_part_evaluated(part) for part in compound.simple_selectors)


def _is_part_evaluated(part: object) -> bool:
    if isinstance(part, MatchesAnySelector | SpecificityAdjustmentSelector | NegationSelector):
        inner = [one.parsed_tree for one in part.selector_list]
        return all(isinstance(one, CompoundSelector) and _is_evaluated(one) for one in inner)
    if isinstance(part, PseudoClassSelector):
        return part.name in _NEVER_AT_REST | _ALWAYS | _STRUCTURE.keys()
    if isinstance(part, FunctionalPseudoClassSelector):
        return part.name == "nth-child" and _nth(part) is not None
    return isinstance(part, IDSelector | ClassSelector | LocalNameSelector | AttributeSelector | NamespaceSelector)


def _has(element: Element, part: object) -> bool:
    test = _TESTS.get(type(part))
    return test is None or test(element, part)


def _may_match(element: Element, selector: Selector) -> bool:
    tree = selector.parsed_tree
    return matches(tree.right if isinstance(tree, CombinedSelector) else tree, element)


def _surely_matches(element: Element, selector: Selector) -> bool:
    tree = selector.parsed_tree
    return isinstance(tree, CompoundSelector) and _is_evaluated(tree) and matches(tree, element)


_STRUCTURE: Mapping[str, Callable[[Element], bool]] = {
    "root": lambda element: element.is_root,
    "first-child": lambda element: element.place == 1,
    "last-child": lambda element: element.is_last(),
    "only-child": lambda element: element.place == 1 and element.is_last(),
    "empty": lambda element: element.is_empty,
    "link": lambda element: element.tag == "a" and "href" in element.attributes,
    "any-link": lambda element: element.tag == "a" and "href" in element.attributes,
    "checked": lambda element: "checked" in element.attributes or "selected" in element.attributes,
    "disabled": lambda element: "disabled" in element.attributes,
    "enabled": lambda element: "disabled" not in element.attributes,
}


def _nth(part: FunctionalPseudoClassSelector) -> tuple[int, int] | None:
    found: tuple[int, int] | None = parse_nth(part.arguments)
    return found


def _is_nth(element: Element, part: FunctionalPseudoClassSelector) -> bool:
    if part.name != "nth-child" or (nth := _nth(part)) is None:
        return True
    step, offset = nth
    distance = element.place - offset
    return distance == 0 if step == 0 else distance % step == 0 and distance // step >= 0


def _has_attribute(element: Element, part: AttributeSelector) -> bool:
    if part.lower_name not in element.attributes:
        return False
    if part.operator is None:
        return True
    found, value = element.attributes[part.lower_name] or "", str(part.value)
    if part.case_sensitive is False:
        found, value = found.lower(), value.lower()
    return _OPERATORS[part.operator](found, value)


_OPERATORS: Mapping[str, Callable[[str, str], bool]] = {
    "=": lambda found, value: found == value,
    "~=": lambda found, value: value in found.split(),
    "|=": lambda found, value: found == value or found.startswith(f"{value}-"),
    "^=": lambda found, value: bool(value) and found.startswith(value),
    "$=": lambda found, value: bool(value) and found.endswith(value),
    "*=": lambda found, value: bool(value) and value in found,
}
_TESTS: Mapping[type, Callable[[Element, Any], bool]] = {
    IDSelector: lambda element, part: element.attributes.get("id") == part.ident,
    ClassSelector: lambda element, part: part.class_name in element.classes,
    LocalNameSelector: lambda element, part: part.lower_local_name == element.tag,
    AttributeSelector: _has_attribute,
    PseudoClassSelector: lambda element, part: (
        part.name not in _NEVER_AT_REST and (part.name not in _STRUCTURE or _STRUCTURE[part.name](element))
    ),
    FunctionalPseudoClassSelector: _is_nth,
    MatchesAnySelector: lambda element, part: any(_may_match(element, one) for one in part.selector_list),
    SpecificityAdjustmentSelector: lambda element, part: any(_may_match(element, one) for one in part.selector_list),
    NegationSelector: lambda element, part: not any(_surely_matches(element, one) for one in part.selector_list),
}


def _is_met(query: str) -> bool:
    words = _FEATURE.sub(" ", query).replace(" and ", " ").split()
    negated = "not" in words
    kinds = [word for word in words if word not in {"not", "only", "and"}]
    met = not (kinds and kinds[0] in {"print", "speech", "aural", "tty"}) and all(
        _is_met_feature(feature.strip()) for feature in _FEATURE.findall(query)
    )
    return met != negated


_COMPARED: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


def _is_met_feature(feature: str) -> bool:
    name, _, value = (part.strip() for part in feature.partition(":"))
    bounds = {"min-width": _SCREEN_WIDTH, "max-width": _SCREEN_WIDTH, "min-height": _SCREEN_HEIGHT}
    bounds["max-height"] = _SCREEN_HEIGHT
    if name in bounds and (length := _LENGTH.fullmatch(value)):
        bound = float(length[1]) * (1 if length[2] == "px" else _EM)
        return bound <= bounds[name] if name.startswith("min") else bound >= bounds[name]
    if found := re.fullmatch(rf"(width|height)\s*([<>]=?)\s*{_LENGTH.pattern}", feature):
        bound = float(found[3]) * (1 if found[4] == "px" else _EM)
        return _COMPARED[found[2]](_SCREEN_WIDTH if found[1] == "width" else _SCREEN_HEIGHT, bound)
    others = {
        "prefers-color-scheme": "light", "prefers-reduced-motion": "no-preference", "prefers-contrast": "no-preference",
        "forced-colors": "none", "scripting": "enabled", "orientation": "landscape", "hover": "hover",
        "pointer": "fine", "display-mode": "browser", "prefers-reduced-data": "no-preference",
    }  # fmt: skip
    return others.get(name, value) == value
