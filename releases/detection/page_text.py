"""The visible text of a page, and its metadata."""

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from releases.detection.characters import fold
from releases.detection.hidden_text import HiddenText, find_hidden_text
from releases.detection.markup import simplify_markup

_META = frozenset({
    "description", "title", "og:title", "og:description", "twitter:title", "twitter:description", "dc.title",
    "dc.description", "dc.date", "dcterms.title", "dcterms.description", "dcterms.temporal", "dcterms.issued",
    "dcterms.date", "citation_title", "article:published_time",
})  # fmt: skip
_LINKED = (
    "name",
    "headline",
    "alternativeHeadline",
    "alternateName",
    "description",
    "temporalCoverage",
    "datePublished",
)
_MOST_CHARACTERS = 200_000
_REFRESH = re.compile(r"\s*(\d+)(?:\.\d*)?\s*[;,]\s*(?:url\s*=\s*)?[\"']?([^\"']+)", re.IGNORECASE)
_SOON_SECONDS = 10


def _meta(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css("meta[content]"):
        name = (node.attributes.get("name") or node.attributes.get("property") or "").strip().lower()
        if name in _META and (content := node.attributes.get("content")):
            yield content


def _leads_on_to(tree: LexborHTMLParser) -> str:
    without_scripts: set[int] | None = None
    for node in tree.css("meta[http-equiv][content]"):
        if (node.attributes.get("http-equiv") or "").strip().lower() != "refresh":
            continue
        found = _REFRESH.match(node.attributes.get("content") or "")
        if not found or int(found[1][:9]) > _SOON_SECONDS:
            continue
        if without_scripts is None:
            without_scripts = {each.mem_id for each in tree.css("noscript meta")}
        if node.mem_id not in without_scripts:
            return found[2].strip()
    return ""


def _linked_data(tree: LexborHTMLParser) -> Iterator[str]:
    for node in tree.css("script[type]"):
        if (node.attributes.get("type") or "").partition(";")[0].strip().lower() != "application/ld+json":
            continue
        text = node.text() or ""
        if len(text) > _MOST_CHARACTERS:
            continue
        try:
            written = json.loads(text)
        except (ValueError, RecursionError):
            continue
        for thing in _things(written):
            yield from (value for key in _LINKED if isinstance(value := thing.get(key), str))


def _things(written: Any) -> Iterator[dict[str, Any]]:
    """Yield the top-level objects of linked data.

    Nested objects, which may describe other editions, are left out.
    """
    for each in written if isinstance(written, list) else [written]:
        if not isinstance(each, dict):
            continue
        graph = each.get("@graph")
        members = graph if isinstance(graph, list) else [each]
        # Objects whose type ends in "List", such as a breadcrumb trail, are about other pages.
        yield from (
            member
            for member in members
            if isinstance(member, dict) and member.get("@type") and not str(member["@type"]).endswith("List")
        )


_NEVER_SHOWN = frozenset({
    "script", "style", "template", "noscript", "head", "svg", "math", "iframe", "object", "embed", "audio", "video",
    "canvas", "textarea", "select", "datalist", "noembed", "noframes",
})  # fmt: skip
_HIDING = frozenset({
    "hidden", "d-none", "visually-hidden", "govuk-visually-hidden", "sr-only", "screen-reader-text"
})  # fmt: skip
_MARKED_HIDDEN = ", ".join(("[hidden]", "dialog:not([open])", *(f".{name}" for name in sorted(_HIDING))))
# Classes of Bootstrap and Tailwind that show or hide an element on screens of at least a certain width. Each of these
# widths is at most 1,280 pixels.
_SHOWN_WHEN_WIDE = re.compile(
    r"(?:d-(?:sm|md|lg|xl)-|(?:sm|md|lg|xl):)"
    r"(?:(?:inline-)?(?:block|flex|grid)|inline|contents|flow-root|table(?:-row|-cell)?)"
)
_HIDDEN_WHEN_WIDE = re.compile(r"d-(?:sm|md|lg|xl)-none|(?:sm|md|lg|xl):hidden")
_FRAMES = frozenset({"iframe", "object", "embed"})
_INLINE = frozenset({
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "dfn", "em", "font", "i", "img", "ins",
    "kbd", "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "time", "tt", "u", "var", "wbr",
})  # fmt: skip
_AROUND = (
    "nav, footer, aside, header, "
    "[role=navigation], [role=banner], [role=contentinfo], [role=complementary], [role=search]"
)
_OWN = "main header, article header, [role=main] header"
_BANNER = re.compile(
    r"(?:^|[\s_-])(?:cookies?|cookiebanner|cookieconsent|cookiebot|cybotcookiebotdialog|gdpr|onetrust)(?:$|[\s_-])"
)
_CONSENT_HEADING = re.compile("cookie|privacy", re.IGNORECASE)
_NAMED_LIKE_A_BANNER = ", ".join(
    f"[{attribute}*={word} i]" for attribute in ("id", "class", "aria-label") for word in ("cookie", "gdpr", "onetrust")
)
_MOST_OF_A_BANNER = 3_000


class Place(StrEnum):
    HEADING = "heading"
    BODY = "body"
    TABLE = "table"
    AROUND = "around"


@dataclass(frozen=True, slots=True)
class Block:
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class PageText:
    """The title, the visible blocks and the metadata of a page.

    `title` is not folded. If the page has a cookie banner, `has_banner` is true, and the banner is left out of the
    blocks. If the page's own content includes a frame, such as a dashboard of another site, `has_frame` is true.
    `hidden` contains the texts that the page hides by its own styles, an attribute or a class. If its styles could not
    be read, `styles_known` is false. `leads_on_to` is the address to which the page redirects its readers within
    seconds, or an empty string.
    """

    title: str
    blocks: tuple[Block, ...]
    has_password_field: bool
    has_script: bool = False
    has_banner: bool = False
    has_frame: bool = False
    hidden: tuple[Block, ...] = ()
    styles_known: bool = True
    meta: tuple[str, ...] = ()
    linked_data: tuple[str, ...] = ()
    language: str = ""
    leads_on_to: str = ""

    @property
    def headings(self) -> tuple[str, ...]:
        return (fold(self.title), *(block.text for block in self.blocks if block.place is Place.HEADING))

    @property
    def text(self) -> str:
        """The folded text of all visible blocks, with one line for each block. The title is not included."""
        return "\n".join(block.text for block in self.blocks)

    @property
    def own_blocks(self) -> tuple[Block, ...]:
        """The blocks of the page's own content, without menus, banners, footers and sidebars."""
        return tuple(block for block in self.blocks if block.place is not Place.AROUND)

    @property
    def own_length(self) -> int:
        return sum(len(block.text) for block in self.own_blocks)


def read_page(html: str) -> PageText:
    """Read the title and the visible text of a page.

    The text does not include scripts, comments, templates, attributes, hidden elements, text hidden by the page's own
    styles, or the options of forms.

    :raises TooComplex: if parsing the page's markup would take more than linear time or memory.
    """
    tree = LexborHTMLParser(simplify_markup(html))
    title = tree.css_first("head > title")
    language = (tree.root.attributes.get("lang") or "") if tree.root else ""
    hidden = find_hidden_text(tree)
    reading = _Reading(hidden)
    if tree.body is not None:
        reading.read(tree.body)
    return PageText(
        " ".join(title.text().split()) if title else "",
        tuple(reading.blocks),
        reading.has_password_field,
        has_script=tree.css_first("script:not([type='application/ld+json'])") is not None,
        has_banner=reading.has_banner,
        has_frame=reading.has_frame,
        hidden=tuple(reading.hidden_blocks),
        styles_known=hidden.is_known,
        meta=tuple(_meta(tree)),
        linked_data=tuple(_linked_data(tree)),
        language=language.partition("-")[0].strip().lower(),
        leads_on_to=_leads_on_to(tree),
    )


class _Reading:
    """A walk through the nodes of a page.

    The walk uses no recursion, because a hostile page may be nested to any depth.
    """

    def __init__(self, styled_away: HiddenText) -> None:
        self.blocks: list[Block] = []
        self.hidden_blocks: list[Block] = []
        self._styled_away = styled_away
        self.has_password_field = False
        self.has_banner = False
        self.has_frame = False
        self._pieces: list[str] = []
        self._hidden_pieces: list[str] = []
        self._places: list[tuple[int, Place]] = []
        self._hidden: set[int] = set()
        self._marked_hidden: set[int] = set()
        self._around: set[int] = set()

    def read(self, body: LexborNode) -> None:
        marked = {node.mem_id for node in body.css(_MARKED_HIDDEN) if _is_hidden(node)}
        self._hidden = marked | self._styled_away.elements
        own = {node.mem_id for node in body.css(_OWN)}
        headings = body.css("h1")
        headed = _holders(headings)
        self._around = {
            node.mem_id for node in body.css(_AROUND) if node.mem_id not in own and node.mem_id not in headed
        }
        banners = _find_banners(body, headings)
        self.has_banner = bool(banners - self._hidden)
        self._hidden |= banners
        self._marked_hidden = marked - banners
        node: LexborNode | None = body
        while node is not None:
            inside = self._enter(node)
            if inside is not None:
                node = inside
                continue
            while node is not None and node.next is None and node.mem_id != body.mem_id:
                self._leave(node)
                node = node.parent
            if node is None or node.mem_id == body.mem_id:
                break
            self._leave(node)
            node = node.next
        self._end_block()

    def _enter(self, node: LexborNode) -> LexborNode | None:
        tag = node.tag or ""
        if tag == "-text":
            is_visible = node.parent is None or node.parent.mem_id not in self._styled_away.own_text
            (self._pieces if is_visible else self._hidden_pieces).append(node.text_content or "")
            return None
        if node.mem_id in self._styled_away.elements and tag not in _NEVER_SHOWN:
            self._end_block()
            self._hidden_pieces.append(node.text(separator=" "))
            self._end_block()
            return None
        if tag.startswith("-") or tag in _NEVER_SHOWN or node.mem_id in self._hidden:
            self.has_frame = self.has_frame or self._is_frame(node, tag)
            if node.mem_id in self._marked_hidden and tag not in _NEVER_SHOWN:
                # This does not end the block, because words for screen readers may be part of a visible sentence.
                self.hidden_blocks.append(Block(fold(node.text(separator=" ")), Place.BODY))
            return None
        if tag not in _INLINE:
            self._end_block()
        if tag == "input" and (node.attributes.get("type") or "").casefold() == "password":
            self.has_password_field = True
        if place := self._place_of(node, tag):
            self._places.append((node.mem_id, place))
        return node.child

    def _is_frame(self, node: LexborNode, tag: str) -> bool:
        shown = tag in _FRAMES and node.mem_id not in self._hidden and not _is_a_speck(node)
        return shown and not (self._places and self._places[-1][1] is Place.AROUND)

    def _leave(self, node: LexborNode) -> None:
        if (node.tag or "-").startswith("-") or node.tag in _INLINE:
            return
        self._end_block()
        if self._places and self._places[-1][0] == node.mem_id:
            self._places.pop()

    def _place_of(self, node: LexborNode, tag: str) -> Place | None:
        if node.mem_id in self._around:
            return Place.AROUND
        return {"h1": Place.HEADING, "table": Place.TABLE}.get(tag)

    def _end_block(self) -> None:
        if self._pieces and (text := fold("".join(self._pieces))):
            self.blocks.append(Block(text, self._places[-1][1] if self._places else Place.BODY))
        if self._hidden_pieces and (text := fold("".join(self._hidden_pieces))):
            self.hidden_blocks.append(Block(text, Place.BODY))
        self._pieces.clear()
        self._hidden_pieces.clear()


def _is_a_speck(node: LexborNode) -> bool:
    return bool({"0", "1", "0px", "1px"} & {node.attributes.get(side) or "" for side in ("width", "height")})


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if "hidden" in attributes or node.tag == "dialog":
        return True
    classes = (attributes.get("class") or "").split()
    hiding = _HIDING.intersection(classes)
    if hiding <= {"hidden", "d-none"} and any(map(_SHOWN_WHEN_WIDE.fullmatch, classes)):
        return any(map(_HIDDEN_WHEN_WIDE.fullmatch, classes))
    return bool(hiding)


def _holders(nodes: Iterable[LexborNode]) -> set[int]:
    holders: set[int] = set()
    for node in nodes:
        above: LexborNode | None = node
        while above is not None and above.mem_id not in holders:
            holders.add(above.mem_id)
            above = above.parent
    return holders


def _find_banners(body: LexborNode, headings: Sequence[LexborNode]) -> set[int]:
    """Return the `mem_id`s of the elements whose class, id or label shows that they are cookie banners.

    If an element contains the page's own content, it is not a banner.
    """
    named = [node for node in body.css(_NAMED_LIKE_A_BANNER) if _is_named_like_a_banner(node)]
    if not named:
        return set()
    own = (heading for heading in headings if not _CONSENT_HEADING.search(heading.text() or ""))
    holders = _holders(body.css("main, article, table")) | _holders(own)
    likely = [node for node in named if node.mem_id not in holders]
    lengths = _text_lengths(likely)
    return {node.mem_id for node in likely if lengths[node.mem_id] < _MOST_OF_A_BANNER}


def _is_named_like_a_banner(node: LexborNode) -> bool:
    if node.tag in {"html", "body", "main", "article", "h1", "p", "table"}:
        return False
    attributes = node.attributes
    names = " ".join(attributes.get(key) or "" for key in ("id", "class", "aria-label")).lower()
    return _BANNER.search(names) is not None


def _text_lengths(nodes: Sequence[LexborNode]) -> dict[int, int]:
    """Return the number of characters of text in each element, keyed by `mem_id`.

    Each outermost element is walked once. The elements inside it are counted in the same walk.
    """
    wanted, lengths = {node.mem_id for node in nodes}, dict[int, int]()
    for outermost in nodes:
        if outermost.mem_id not in lengths:
            _add_text_lengths(outermost, wanted, lengths)
    return lengths


def _add_text_lengths(outermost: LexborNode, wanted: set[int], lengths: dict[int, int]) -> None:
    length, begun = 0, dict[int, int]()
    node, entered = outermost, True
    while True:
        if entered:
            if node.mem_id in wanted:
                begun[node.mem_id] = length
            if node.tag == "-text":
                length += len(node.text_content or "")
            if (child := node.child) is not None:
                node = child
                continue
        if node.mem_id in begun:
            lengths[node.mem_id] = length - begun.pop(node.mem_id)
        above = node.parent
        if node.mem_id == outermost.mem_id or above is None:
            return
        entered = (following := node.next) is not None
        node = following if following is not None else above


_CLOCK = r"\d{1,2}(?:[:.]\d\d){1,2}(?:\.\d+)?(?: ?[ap]\.?m\.?)?(?: ?(?:gmt|bst|utc|z)\b)?"
_DATE = r"(?:\d{1,2}(?:st|nd|rd|th)? [a-z]{3,9},? \d{4}|\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4})"
_RENDERED = (
    r"(?:(?:last |page |this page (?:was )?(?:last )?|data ){0,4}(?:refreshed|rendered|generated|served|loaded"
    r"|retrieved|accessed|printed|checked)|(?:current|local|server|page) (?:date and )?time|it is now|today is"
    r"|time now)"
)
# Each pattern below begins at a word boundary and has bounded repetitions. Otherwise, the time for a long page would
# grow with the square of its length.
_LENGTH = r"(?:\d{1,9} ?(?:days?|hours?|hrs?|minutes?|mins?|seconds?|secs?|[dhms])\b[ ,:]{0,3}(?:and )?){1,8}"
_NUMBERED = (
    r"(?:request|trace|correlation)(?: id)?|(?:ray|incident|support|session|transaction|csrf) (?:id|number|token)"
)
_AT = rf"(?:[\d.]+ ?(?:ms|milliseconds|s|seconds)\b|{_DATE}(?:,? (?:at )?{_CLOCK})?|{_CLOCK}(?:,? (?:on )?{_DATE})?)"
_READERS = r"(?:people|users|readers|visitors) (?:are |is )?(?:now |currently )?(?:viewing|online|reading|on this)"
_OPENING = r"(?:released?|releases|publish(?:es|ed)|publication|live|available|opens?|starts?|countdown|remaining)"
_PASSING = tuple(
    (re.compile(pattern), sign)
    for pattern, sign in (
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "#id"),
        # Long mixes of letters and digits are identifiers. Words have no digits, and the codes of tables are shorter.
        (r"\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{16,}\b|\b(?=[a-z]*\d)(?=\d*[a-z])[a-z0-9]{20,}={0,2}", "#id"),
        (rf"\b(?:{_NUMBERED}):? ?#?(?=[\w.:-]{{0,200}}\d)[\w.:-]{{6,}}", "#id"),
        (r"\b(?:served by|server:|host:|node:|instance:) [\w.-]*\d[\w.-]*", "#server"),
        (rf"\b{_RENDERED}(?: (?:at|on|in|by))?:? {_AT}", "#clock"),
        (rf"\b(?:updated|modified|changed):? (?:at )?{_CLOCK}", "#clock"),
        (r"\b\d{1,2}:\d\d:\d\d(?:\.\d+)?\b", "#clock"),
        (r"\b(?:just now|a moment ago|(?:a|an|\d+) (?:second|minute|hour|day)s? ago)\b", "#ago"),
        (rf"\b{_OPENING}(?: (?:starts )?in)?:? {_LENGTH}", "#countdown"),
        (rf"\b{_LENGTH}(?:to go|remaining|left|until)\b", "#countdown"),
        (r"\bvisitor (?:number|no\.?|counter|count):? [\d,]+", "#count"),
        (r"\b(?:page views|hits|views|viewed|downloads):? [\d,]+(?: times)?", "#count"),
        (rf"\b[\d,]{{1,15}} {_READERS}\b", "#count"),
        (r"^[\d,]+ (?:page )?(?:views|hits|downloads)$", "#count"),
    )
)  # fmt: skip


_MAY_PASS = re.compile(r"\d|\bago\b|just now")


def stable_text(page: PageText) -> str:
    """Return the folded title and text of a page, in a form that can be compared between two checks.

    Each block is one line. Content that changes with each request, such as a clock or a counter, is replaced by
    placeholders, except in the title and in tables. Menus and other content around the page's own content are left out,
    unless the page has nothing else.
    """
    blocks = page.own_blocks or page.blocks
    lines = [
        *page.headings[:1],
        *(block.text if block.place is Place.TABLE else _stabilise(block.text) for block in blocks),
    ]
    return "\n".join(line for line in lines if line)


def _stabilise(text: str) -> str:
    if _MAY_PASS.search(text):
        for pattern, sign in _PASSING:
            text = pattern.sub(sign, text)
    return text
