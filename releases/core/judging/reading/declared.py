"""What a page says of itself to machines: its meta elements, linked data, language and where it sends a reader on."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from selectolax.lexbor import LexborHTMLParser

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


@dataclass(frozen=True, slots=True)
class Declared:
    """What stands in a page's head and in its data for machines, as it was written there.

    `leads_on_to` is the address to which the page sends its readers within seconds, or empty.
    """

    meta: tuple[str, ...] = ()
    linked_data: tuple[str, ...] = ()
    language: str = ""
    leads_on_to: str = ""


def read_declared(tree: LexborHTMLParser) -> Declared:
    """Read what a page declares of itself; what cannot be read as linked data is passed over."""
    root = tree.root
    language = (root.attributes.get("lang") or "") if root else ""
    return Declared(
        meta=tuple(_meta(tree)),
        linked_data=tuple(_linked_data(tree)),
        language=language.partition("-")[0].strip().lower(),
        leads_on_to=_leads_on_to(tree),
    )


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
    """Give the things that the data is about: those at the top, not those that they mention, such as other editions."""
    for each in written if isinstance(written, list) else [written]:
        if not isinstance(each, dict):
            continue
        graph = each.get("@graph")
        members = graph if isinstance(graph, list) else [each]
        # A trail of breadcrumbs or a list names other pages.
        yield from (
            member
            for member in members
            if isinstance(member, dict) and member.get("@type") and not str(member["@type"]).endswith("List")
        )
