"""What a page is built of, without its words: enough to say whether a browser would meet anything new in it."""

from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
MATTERS = ("class", "role", "type", "aria-labelledby", "aria-describedby", "aria-label", "alt", "for", "scope", "href")

type Shape = frozenset[tuple[object, ...]]


def shape_of(html: str) -> Shape:
    """Return the kinds of elements of a page, each with the kind of its parent; how many there are does not matter."""
    return frozenset((_kind(node.parent), *_kind(node)) for node in _elements(html))


def headings_out_of_order(html: str) -> list[str]:
    """Name each heading more than one level below the one before it; an error summary may come before the first."""
    found, level = [], 1
    for node in _elements(html):
        if node.tag in HEADINGS:
            here = HEADINGS.index(node.tag) + 1
            if here > level + 1:
                found.append(f"{node.tag} after h{level}: {' '.join(node.text().split())}")
            level = here
    return found


def faulty_ids(html: str) -> list[str]:
    """Name each identifier that several elements of a page have, or that begins with a digit (invalid in a picture)."""
    ids = [node.attributes["id"] for node in _elements(html) if node.attributes.get("id")]
    return sorted({each for each in ids if each and (ids.count(each) > 1 or each[0].isdigit())})


def _elements(html: str) -> Iterator[LexborNode]:
    body = LexborHTMLParser(html).body
    assert body is not None
    yield from body.traverse()


def _kind(node: LexborNode | None) -> tuple[object, ...]:
    """Return an element's kind: its tag, its classes, and which attributes it has that a barrier may lie in."""
    if node is None:
        return ()
    given = node.attributes
    return (node.tag, given.get("class"), given.get("role"), given.get("type"), *(name in given for name in MATTERS))
