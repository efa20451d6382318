"""Simplify or refuse markup that would take a parser too much time or memory.

By the rules of HTML, a parser searches its open elements at almost every tag, compares each attribute of an element
with all others, and repeats unclosed formatting such as `<b>` in every later paragraph. So the time and memory can grow
faster than the length of the page. For example, 84 kB of HTML can become a tree of 5.8 GB.

This module reads the tags once, before a parser builds the tree. It follows the rules of the standard
(https://html.spec.whatwg.org/multipage/parsing.html) closely enough to count open elements and repeated formatting.
"""

import re
from collections import defaultdict
from collections.abc import Sequence

MOST_DEPTH = 512
"""The maximum depth of nested elements. Browsers have the same limit (Blink: `kMaximumHTMLParserDOMTreeDepth`)."""
MOST_ATTRIBUTES = 256
MOST_FORMATTING = 50
"""The maximum number of different formatting elements that are open at the same time."""
MOST_OPTIONS = 1_000
"""The maximum number of options in the select elements of a page. If there are more, the tags of all options are
removed, because a parser compares each option with all others."""
_FEW_TAGS = 1_000
"""Markup with fewer "<", fewer "=" and fewer spaces than this is not checked, because it cannot take long to parse."""
_REPEATED_AT_ONCE, _REPEATED_PER_TAG = 10_000, 4

_NAME = r"[a-z][^\t\n\f\r />]*+"
_ATTRIBUTE = (
    r"""[^\t\n\f\r />][^\t\n\f\r />=]*+"""
    r"""(?:[\t\n\f\r ]*+=[\t\n\f\r ]*+(?:"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^\t\n\f\r >"'][^\t\n\f\r >]*+)?+)?+"""
)
_PLAIN_ATTRIBUTE = r"""[ \n]++[a-z-]++(?:="[^"<>]*+"|=[\w./#:-]++)?+(?=[ \n>])"""
_SPACE = r"[\t\n\f\r ]"
_ANY = (
    rf"(?P<end>/?)(?P<name>{_NAME})(?P<attributes>(?:[\t\n\f\r /]++|{_ATTRIBUTE})*+)(?:>|\Z)"
    r"|!(?P<comment>--)|[!?/][^>]*+(?:>|\Z)"
)
_SHORT = rf"<(?P<short>td|th|li|p|a|b|i|em|strong|span|dt|dd|h[1-6])(?:{_PLAIN_ATTRIBUTE})*+>[^<]*+</(?P=short)>"
_ROW = (
    rf"<tr(?:{_PLAIN_ATTRIBUTE})*+>(?:{_SPACE}*+<(?:td|th)(?:{_PLAIN_ATTRIBUTE})*+>[^<]*+</(?:td|th)>)*+{_SPACE}*+</tr>"
)
_TAG = re.compile(rf"{_SHORT}|<(?:{_ANY})", re.IGNORECASE | re.ASCII)
# If no paragraph, list item or link is open, short elements that contain only text do not change the state. Table rows
# whose cells contain only text do not change it either. These elements and rows are skipped as a whole, which reduces
# the time for a large table to a quarter.
_TAGS = re.compile(
    rf"(?P<rows>(?:{_ROW}{_SPACE}*+)++)|(?P<run>(?:{_SHORT.replace('td|th|', '')}[^<]*+|<br ?/?>[^<]*+)++)|<(?:{_ANY})",
    re.IGNORECASE | re.ASCII,
)
_ATTRIBUTES = re.compile(_ATTRIBUTE)
_END_OF_COMMENT = re.compile("--!?>")
_END_OF_RAW_TEXT = {
    name: re.compile(rf"</{name}(?=[\t\n\f\r />])", re.IGNORECASE | re.ASCII)
    for name in ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
}


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_VOID = _set(
    "area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr html head body"
)
_FORMATTING = _set("a b big code em font i nobr s small strike strong tt u")
_HEADINGS = _set("h1 h2 h3 h4 h5 h6")
_BLOCKS = _HEADINGS | _set(
    "address article aside blockquote center dd details dialog dir div dl dt fieldset figcaption figure footer form"
    " header hgroup hr li listing main menu nav ol p plaintext pre search section summary table ul xmp"
)
_SCOPES = _set("applet caption foreignobject html marquee object table td template th")
_MARKERS = _set("applet caption marquee object td template th")
_SPECIAL = (_BLOCKS | _SCOPES | _VOID | frozenset(_END_OF_RAW_TEXT)) - {"dialog"} | _set(
    "button colgroup noscript select tbody tfoot thead tr"
)
_SECTIONS = _set("tbody tfoot thead")
_CELLS = _set("td th")
_IN_TABLE = _SECTIONS | _set("colgroup table tr")
_TERMS = _set("dd dt")
_IN_FORMATTING = _set("applet area br button embed img input keygen marquee object select wbr xmp")
_CHOICES = _set("option optgroup")
_NOT_FOREIGN = (_HEADINGS | _FORMATTING) - {"a"} | _set(
    "blockquote body br center dd div dl dt embed head hr img li listing menu meta ol p pre ruby span sub sup table"
    " ul var"
)
_FOREIGN = _set("svg math")
_INTEGRATION = _set("foreignobject desc title mi mo mn ms mtext annotation-xml")


class TooComplex(Exception):
    """Parsing the page's markup would take more than linear time or memory. The message says why."""


def simplify_markup(html: str) -> str:
    """Return markup that has the same visible text and can be parsed in linear time.

    If a page has more than `MOST_OPTIONS` options in lists, the tags of the options are removed, because readers see no
    options before they open a list.

    :raises TooComplex: if elements are nested too deeply, if an element has too many attributes, or if too many
        formatting elements are not closed.
    """
    if html.count("<") < _FEW_TAGS and html.count("=") < _FEW_TAGS and html.count(" ") < _FEW_TAGS:
        return html
    markup = _Markup(html)
    markup.read()
    if len(markup.choices) <= MOST_OPTIONS:
        return html
    pieces, end = [], 0
    for begin, after in markup.choices:
        pieces.append(html[end:begin])
        end = after
    return "".join([*pieces, html[end:]])


class _Markup:
    """The state of a parser at a position in the page: the open elements and the active formatting elements.

    `_formatting` is a list of pairs (name, attributes). In this list, None marks the start of a cell or a similar
    element. `_pending` contains formatting elements that were closed implicitly and are reopened before the next text.
    """

    def __init__(self, html: str) -> None:
        self.choices: list[tuple[int, int]] = []
        """The start and end positions of each tag of an option."""
        self._html = html
        self._open: list[tuple[str, str]] = []
        self._count: defaultdict[str, int] = defaultdict(int)
        self._formatting: list[tuple[str, str] | None] = []
        self._pending: list[tuple[str, str]] = []
        self._repeated = 0
        self._most_repeated = _REPEATED_AT_ONCE
        self._attributes_of_root = 0

    def read(self) -> None:
        place = 0
        while (found := (_TAGS if self._is_calm else _TAG).search(self._html, place)) is not None:
            self._most_repeated += _REPEATED_PER_TAG
            if self._pending and found.start() > place:
                self._repeat()
            if found["name"]:
                place = self._read_tag(found)
            elif found.lastgroup == "comment":
                end = _END_OF_COMMENT.search(self._html, found.start() + 2)
                place = end.end() if end else len(self._html)
            else:
                place = found.end()
                self._read_short(found)

    def _read_tag(self, tag: re.Match[str]) -> int:
        """Open or close an element, and return the position from which to search for the next tag."""
        name, after = tag["name"].lower(), tag.end()
        if name in _CHOICES and self._count["select"]:
            self.choices.append(tag.span())
        elif tag["end"]:
            self._end(name)
        else:
            attributes = tag["attributes"]
            if len(attributes) > MOST_ATTRIBUTES or (attributes and name in {"html", "body"}):
                self._check_attributes(name, attributes)
            if self._start(name, attributes) and name in _END_OF_RAW_TEXT:
                end = _END_OF_RAW_TEXT[name].search(self._html, after)
                self._end(name)
                return end.start() if end else len(self._html)
            if name == "plaintext":
                return len(self._html)
        return after

    @property
    def _is_calm(self) -> bool:
        count = self._count
        return not (
            self._pending
            or count["p"]
            or count["li"]
            or count["a"]
            or count["dd"]
            or count["dt"]
            or (self._open and self._open[-1][0] in _HEADINGS)
        )

    def _read_short(self, found: re.Match[str]) -> None:
        if found.lastgroup == "rows":
            # The first row may close an open element of the table, such as a row without an end tag.
            name = "tr"
        elif found.lastgroup == "short":
            name = found["short"].lower()
            if not self._pending and (name in _CELLS and self._open and self._open[-1][0] == "tr"):
                return
        else:
            return
        self._start(name, "")
        if self._pending:
            self._repeat()
        self._end(name)

    def _check_attributes(self, name: str, attributes: str) -> None:
        # A parser adds the attributes of all html tags to one html element, and those of all body tags to one body
        # element.
        number = len(_ATTRIBUTES.findall(attributes))
        if name in {"html", "body"}:
            self._attributes_of_root += number
            number = self._attributes_of_root
        if number > MOST_ATTRIBUTES:
            raise TooComplex(f"One element has more than {MOST_ATTRIBUTES} attributes.")

    def _start(self, name: str, attributes: str) -> bool:
        """Open an element, and return whether its content may be raw text."""
        foreign = any(self._count[each] for each in _FOREIGN)
        if foreign and not any(self._count[each] for each in _INTEGRATION):
            if name not in _NOT_FOREIGN:
                self._start_part_of_drawing(name, attributes)
                return False
            self._pop_through(_FOREIGN, until=frozenset())
            foreign = False
        if name in _FORMATTING:
            self._start_formatting(name, attributes)
            return False
        if not self._make_room(name):
            return False
        if self._pending and (name not in _SPECIAL or name in _IN_FORMATTING):
            self._repeat()
        closed = attributes.endswith("/") and (name in _FOREIGN or (foreign and name not in _SPECIAL))
        if name not in _VOID and not closed:
            self._push(name, attributes)
            if name in _MARKERS:
                self._formatting.append(None)
        return not foreign

    def _start_part_of_drawing(self, name: str, attributes: str) -> None:
        if not attributes.endswith("/"):
            self._push(name, attributes)

    def _make_room(self, name: str) -> bool:
        """Close the elements that a start tag implicitly closes, and return whether the tag opens a new element."""
        if name in _BLOCKS:
            self._start_block(name)
            return name != "form" or not self._count["form"]
        if name in _CELLS or name in _SECTIONS or name in {"tr", "caption", "colgroup"}:
            return self._start_in_table(name)
        if name in _CHOICES and self._open and self._open[-1][0] == "option":
            self._pop()
        if name in {"button", "select"} and self._count[name]:
            self._pop_through(frozenset({name}), until=_SCOPES)
            return name != "select"
        return True

    def _start_block(self, name: str) -> None:
        if name in _HEADINGS and self._open and self._open[-1][0] in _HEADINGS:
            self._pop()
        if name == "li" and self._count["li"]:
            self._end_item(frozenset({"li"}))
        elif name in _TERMS and (self._count["dd"] or self._count["dt"]):
            self._end_item(_TERMS)
        if name == "table" and self._open and self._open[-1][0] in _IN_TABLE:
            self._pop_through(frozenset({"table"}), until=frozenset())
        if self._count["p"]:
            self._pop_through(frozenset({"p"}), until=_SCOPES | {"button"})

    def _end_item(self, names: frozenset[str]) -> None:
        for name, _ in reversed(self._open):
            if name in names:
                self._pop_through(names, until=frozenset())
                return
            if name in _SPECIAL and name not in {"address", "div", "p"}:
                return

    def _start_formatting(self, name: str, attributes: str) -> None:
        if name in {"a", "nobr"} and self._count[name]:
            self._end_formatting(name)
        if self._pending:
            self._repeat()
        element = (name, attributes)
        since = self._since_marker()
        if since.count(element) >= 3:
            del self._formatting[self._formatting.index(element, len(self._formatting) - len(since))]
        elif len(since) >= MOST_FORMATTING:
            raise TooComplex(f"More than {MOST_FORMATTING} formatting elements are open.")
        self._formatting.append(element)
        self._push(name, attributes)

    def _start_in_table(self, name: str) -> bool:
        """Close the elements that a new row, cell or table section closes, and return whether a table is open."""
        if not self._count["table"]:
            return False
        stay = {"table", "template"}
        if name in _CELLS:
            stay |= {"tr"}
        if name in _CELLS or name == "tr":
            stay |= _SECTIONS
        while self._open and self._open[-1][0] not in stay:
            self._pop()
        self._pending = []
        if name in _CELLS and self._open and self._open[-1][0] != "tr":
            self._push("tr", "")
        return True

    def _end(self, name: str) -> None:
        count = self._count
        if not count[name] and name not in _HEADINGS:
            return
        if name in _FORMATTING:
            self._end_formatting(name)
        elif name in _HEADINGS:
            self._pop_through(_HEADINGS, until=_SCOPES)
        elif name in _CELLS or name in _SECTIONS or name in {"tr", "table", "caption", "template"}:
            self._pop_through(frozenset({name}), until=frozenset({"table", "template"}) - {name})
            self._pending = [] if name == "table" or name in _CELLS else self._pending
        elif name in _BLOCKS or (name in _SCOPES and name != "foreignobject") or name in {"button", "select"}:
            self._pop_through(frozenset({name}), until=_SCOPES - {name})
        else:
            self._pop_through(frozenset({name}), until=_SPECIAL - {name})

    def _end_formatting(self, name: str) -> None:
        element = next((each for each in reversed(self._since_marker()) if each[0] == name), None)
        if element is None:
            return
        del self._formatting[_last(self._formatting, element)]
        if element in self._pending:
            self._pending.remove(element)
            return
        place = _last(self._open, element)
        if any(each in _SPECIAL for each, _ in self._open[place + 1 :]):
            # Blocks inside the formatting element stay open.
            del self._open[place]
            self._count[name] -= 1
            return
        while len(self._open) > place + 1:
            self._pop()
        self._pop(ended=True)

    def _since_marker(self) -> list[tuple[str, str]]:
        since: list[tuple[str, str]] = []
        for each in reversed(self._formatting):
            if each is None:
                break
            since.append(each)
        return since[::-1]

    def _pop_through(self, names: frozenset[str], *, until: frozenset[str]) -> None:
        """Close the innermost open element with one of these names, and all elements inside it.

        The search starts at the innermost element. If an element in `until` comes first, nothing is closed.
        """
        for place in range(len(self._open) - 1, -1, -1):
            name = self._open[place][0]
            if name in names:
                if place == len(self._open) - 1 and name not in _MARKERS and name not in _FORMATTING:
                    self._open.pop()
                    self._count[name] -= 1
                    return
                while len(self._open) > place:
                    self._pop()
                return
            if name in until:
                return

    def _pop(self, *, ended: bool = False) -> None:
        element = self._open.pop()
        name = element[0]
        self._count[name] -= 1
        if name in _MARKERS:
            self._pending = []
            while self._formatting and self._formatting.pop() is not None:
                pass
        elif (
            name in _FORMATTING
            and not ended
            # The parser reopens an element only as many times as the list of active formatting elements contains it.
            # This is at most three times.
            and self._pending.count(element) < self._since_marker().count(element)
        ):
            self._pending.append(element)

    def _push(self, name: str, attributes: str) -> None:
        self._open.append((name, attributes))
        self._count[name] += 1
        if len(self._open) > MOST_DEPTH:
            raise TooComplex(f"Elements nest more than {MOST_DEPTH} deep.")

    def _repeat(self) -> None:
        """Reopen formatting elements that had no end tag and were closed by the end of a block."""
        pending, self._pending = self._pending, []
        self._repeated += len(pending)
        if self._repeated > self._most_repeated:
            raise TooComplex("Unclosed formatting is repeated too often.")
        for name, attributes in reversed(pending):
            self._push(name, attributes)


def _last[T](elements: Sequence[T], element: T) -> int:
    return len(elements) - 1 - elements[::-1].index(element)
