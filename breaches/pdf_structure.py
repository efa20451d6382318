"""The structure that screen readers follow in a printed file.

WeasyPrint writes a separate structure element for each line of a link, and for each page of a table. Without
`join_fragments`, screen readers would announce a link once for each line, and a table once for each page.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pydyf
from weasyprint import Document

NULL: Final = b"null"
WORD_JOINER: Final = "\u2060"


def join_fragments(document: Document, pdf: pydyf.PDF) -> None:
    """Join the structure elements of each link, and of each table, into one element.

    On later pages of a table, the column headers are printed again. The repeated headers become artifacts, so screen
    readers do not announce them.

    Bookmarks contain the word joiners of the headings. These word joiners are removed.

    :param pdf: the file after its layout and before it is written. WeasyPrint passes it to the `finisher`.
    """
    structure = _Structure(pdf)
    structure.join_links()
    structure.clean_bookmarks()
    structure.join_tables([id(box.element) for page in document.pages for box in _table_boxes(page._page_box)])


def _table_boxes(box: Any) -> Iterator[Any]:
    """Yield the boxes of tables. A table on two pages has two boxes with the same HTML element."""
    if getattr(box, "is_table_wrapper", False):
        yield box
    for child in getattr(box, "children", ()):
        yield from _table_boxes(child)


class _Structure:
    # An element is a pydyf.Dictionary. `S` is its type, `P` its parent, `Pg` its page and `K` its content. The content
    # is a list. Its items are numbers of marked content on this page, and references to elements and annotations.

    def __init__(self, pdf: pydyf.PDF) -> None:
        self.pdf = pdf
        tree = self._resolve(pdf.catalog["StructTreeRoot"])
        self.root = self._resolve(tree["K"][0])
        # A flat list in which keys and values alternate. The value for an annotation is its structure element. The
        # value for a page is a list of structure elements, indexed by the numbers of the marked content.
        self.owners = self._resolve(tree["ParentTree"])["Nums"]

    def join_links(self) -> None:
        for element in [self.root, *self._descendants(self.root)]:
            self._join_links(element)

    def join_tables(self, identities: Sequence[int]) -> None:
        """Join the parts of each table.

        :param identities: a number for each part, in page order. Parts of the same table have the same number.
        """
        tables: dict[int, Any] = {}
        parts = list(self._descendants(self.root, "/Table"))
        for identity, table in zip(identities, parts, strict=True):
            if identity in tables:
                self._append_table(tables[identity], table)
            else:
                tables[identity] = table

    def clean_bookmarks(self) -> None:
        for item in self.pdf.objects:
            if isinstance(item, dict) and "Title" in item and "Parent" in item:
                item["Title"].string = item["Title"].string.replace(WORD_JOINER, "")

    def _join_links(self, parent: Any) -> None:
        last: Any = None
        for child in list(self._children(parent)):
            if last is not None and self._target(child) and self._target(child) == self._target(last):
                last["K"].extend(child["K"])
                for position, owner in enumerate(self.owners):
                    if isinstance(owner, pydyf.Array):
                        owner[:] = [last.reference if one == child.reference else one for one in owner]
                    elif owner == child.reference:
                        self.owners[position] = last.reference
                self._remove(child, parent)
            else:
                last = child

    def _target(self, element: Any) -> str:
        """Return the address of a link, or an empty string for any other element."""
        if element["S"] != "/Link":
            return ""
        annotations = [self._resolve(one) for one in element["K"] if isinstance(one, bytes)]
        actions = [self._resolve(one["Obj"]).get("A", {}) for one in annotations if "Obj" in one]
        return next((str(action["URI"].string) for action in actions if "URI" in action), "")

    def _append_table(self, table: Any, rest: Any) -> None:
        """Append the rows that are on a later page of a table.

        :param rest: the structure element for the later page.
        """
        body = list(self._children(table))[-1]
        for group in list(self._children(rest)):
            if group["S"] == "/THead":
                for cell, repeated in zip(
                    self._descendants(table, "/TH"), self._descendants(group, "/TH"), strict=False
                ):
                    # Cells refer to a header by its identifier. The reference and the identifier are the same string
                    # object. So after this change, the cells of this page refer to the header on the first page.
                    repeated["ID"].string = cell["ID"].string
                for element in (group, *self._descendants(group)):
                    self._hide_content(element)
                continue
            rows = list(self._children(group))
            headers = [cell for cell in self._children(rows[0]) if cell["S"] == "/TH"]
            if headers and not any(map(self._has_content, headers)):
                # The row was split between two pages. The content of its header is on the previous page.
                last = list(self._children(body))[-1]
                for cell, further in zip(self._children(last), self._children(rows.pop(0)), strict=True):
                    self._move(self._children(further), cell)
            self._move(rows, body)
        self._remove(rest, self._resolve(rest["P"]))

    def _hide_content(self, element: Any) -> None:
        """Mark the content of an element as an artifact."""
        page = self._resolve(element["Pg"])
        content = self._resolve(page["Contents"]).stream
        owned = self.owners[2 * list(self.pdf.page_references).index(element["Pg"]) + 1]
        for number in [one for one in element["K"] if isinstance(one, int)]:
            place = next(i for i, one in enumerate(content) if isinstance(one, dict) and one.get("MCID") == number)
            content[place - 1 : place + 2] = ["/Artifact", b"BMC"]
            owned[number] = NULL

    def _has_content(self, element: Any) -> bool:
        return any(isinstance(one, int) for child in (element, *self._descendants(element)) for one in child["K"])

    def _move(self, elements: Any, parent: Any) -> None:
        for element in list(elements):
            element["P"] = parent.reference
            parent["K"].append(element.reference)

    def _remove(self, element: Any, parent: Any) -> None:
        """Remove an element, and also each parent that is then empty."""
        parent["K"].remove(element.reference)
        element.free = "f"
        if not parent["K"]:
            self._remove(parent, self._resolve(parent["P"]))

    def _descendants(self, element: Any, kind: str = "") -> Iterator[Any]:
        for child in self._children(element):
            if kind in {"", child["S"]}:
                yield child
            yield from self._descendants(child, kind)

    def _children(self, element: Any) -> Iterator[Any]:
        for one in element["K"]:
            child = self._resolve(one) if isinstance(one, bytes) else {}
            if child.get("Type") == "/StructElem":
                yield child

    def _resolve(self, reference: bytes) -> Any:
        return self.pdf.objects[int(reference.split()[0])]
