"""The yearly compliance table as HTML, OpenDocument text and PDF/UA, rendered without external files."""

import io
from collections.abc import Sequence

from django.template.loader import render_to_string
from odf import dc, meta, office
from odf.opendocument import OpenDocumentText
from odf.style import ParagraphProperties, Style, TableCellProperties, TableColumnProperties, TextProperties
from odf.table import Table, TableCell, TableColumn, TableHeaderRows, TableRow
from odf.text import A, H, LineBreak, P

from breaches.compliance import ComplianceFiles, ComplianceLayout, ComplianceLine
from breaches.pdf import metadata_date, print_html


def write_files(layout: ComplianceLayout) -> ComplianceFiles:
    """Write the three files of a table. The same layout always produces the same HTML and PDF.

    :raises breaches.pdf.NotRendered: if the template refers to an external file.
    """
    return ComplianceFiles(html=write_html(layout), odt=write_odt(layout), pdf=write_pdf(layout))


def write_html(layout: ComplianceLayout) -> bytes:
    return _html(layout).encode()


def write_pdf(layout: ComplianceLayout) -> bytes:
    return print_html(_html(layout))


def _html(layout: ComplianceLayout) -> str:
    approved_at = metadata_date(layout.approved_at)
    return render_to_string("breaches/compliance/document.html", {"layout": layout, "approved_at": approved_at})


def write_odt(layout: ComplianceLayout) -> bytes:
    """Write a text document with one table for each group of figures. Each figure links to its list.

    Headings have outline levels, so that programs and screen readers can list them.
    """
    document = OpenDocumentText()
    styles = _add_styles(document)
    _describe(document, layout)
    text = document.text
    text.addElement(H(outlinelevel=1, stylename=styles["h1"], text=layout.title))
    text.addElement(P(stylename=styles["lead"], text=f"{layout.producer}, {layout.period}"))
    text.addElement(P(stylename=styles["lead"], text=layout.approval or layout.draft_mark))
    for heading, paragraphs in layout.before:
        _add_section(text, styles, heading, paragraphs)
    text.addElement(H(outlinelevel=2, stylename=styles["h2"], text=layout.table_heading))
    for heading, lines in layout.groups:
        text.addElement(H(outlinelevel=3, stylename=styles["h3"], text=heading))
        text.addElement(_table(styles, heading, lines, layout.columns))
    text.addElement(H(outlinelevel=3, stylename=styles["h3"], text=layout.rules_heading))
    for rule in layout.rules:
        text.addElement(P(stylename=styles["body"], text=rule))
    for heading, paragraphs in layout.after:
        _add_section(text, styles, heading, paragraphs)
    file = io.BytesIO()
    document.write(file)
    return file.getvalue()


def _add_styles(document: OpenDocumentText) -> dict[str, Style]:
    """Add the styles to a document, and return them keyed by the names that this module uses."""
    text = {"fontfamily": "Arial", "language": "en", "country": "GB"}
    paragraphs = {
        "h1": ({"fontsize": "20pt", "fontweight": "bold"}, "0.4cm", "Heading 1"),
        "h2": ({"fontsize": "15pt", "fontweight": "bold"}, "0.3cm", "Heading 2"),
        "h3": ({"fontsize": "12pt", "fontweight": "bold"}, "0.2cm", "Heading 3"),
        "lead": ({"fontsize": "11pt", "fontweight": "bold"}, "0.25cm", "Lead"),
        "body": ({"fontsize": "11pt"}, "0.25cm", "Text body"),
        "cell": ({"fontsize": "11pt"}, "0cm", "Table contents"),
        "head": ({"fontsize": "11pt", "fontweight": "bold"}, "0cm", "Table heading"),
        "number": ({"fontsize": "11pt"}, "0cm", "Table number"),
        "number_head": ({"fontsize": "11pt", "fontweight": "bold"}, "0cm", "Table number heading"),
    }
    styles = {}
    for key, (font, below, name) in paragraphs.items():
        style = Style(name=name.replace(" ", "_20_"), displayname=name, family="paragraph")
        above = "0.5cm" if key in {"h2", "h3"} else "0cm"
        keep = {"keepwithnext": "always"} if key.startswith("h") else {}
        align = {"textalign": "end"} if key.startswith("number") else {}
        style.addElement(ParagraphProperties(margintop=above, marginbottom=below, **keep, **align))
        style.addElement(TextProperties(**text, **font))
        document.styles.addElement(style)
        styles[key] = style
    for key, width in (("label", "12.5cm"), ("value", "4.5cm")):
        column = Style(name=key, family="table-column")
        column.addElement(TableColumnProperties(columnwidth=width))
        document.automaticstyles.addElement(column)
        styles[key] = column
    border = Style(name="border", family="table-cell")
    border.addElement(TableCellProperties(padding="0.12cm", borderbottom="0.5pt solid #6f777b"))
    document.automaticstyles.addElement(border)
    return {**styles, "border": border}


def _describe(document: OpenDocumentText, layout: ComplianceLayout) -> None:
    document.meta.addElement(dc.Title(text=f"{layout.title}: {layout.producer}"))
    document.meta.addElement(dc.Language(text="en-GB"))
    if layout.approved_at:
        document.meta.addElement(dc.Date(text=metadata_date(layout.approved_at)))
    document.meta.addElement(meta.Keyword(text=layout.period))


def _add_section(
    text: office.Text, styles: dict[str, Style], heading: str, paragraphs: Sequence[Sequence[str]]
) -> None:
    text.addElement(H(outlinelevel=2, stylename=styles["h2"], text=heading))
    for lines in paragraphs:
        paragraph = P(stylename=styles["body"])
        for number, line in enumerate(lines):
            if number:
                paragraph.addElement(LineBreak())
            paragraph.addText(line)
        text.addElement(paragraph)


def _table(styles: dict[str, Style], name: str, lines: Sequence[ComplianceLine], columns: tuple[str, str]) -> Table:
    table = Table(name=name)
    for key in ("label", "value"):
        table.addElement(TableColumn(stylename=styles[key]))
    header = TableHeaderRows()
    heads = zip(("head", "number_head"), columns, strict=True)
    header.addElement(_row(styles, [P(stylename=styles[head], text=column) for head, column in heads]))
    table.addElement(header)
    for line in lines:
        value = P(stylename=styles["number"])
        value.addElement(A(type="simple", href=line.address, text=line.value))
        table.addElement(_row(styles, [P(stylename=styles["cell"], text=line.label), value]))
    return table


def _row(styles: dict[str, Style], paragraphs: Sequence[P]) -> TableRow:
    row = TableRow()
    for paragraph in paragraphs:
        cell = TableCell(stylename=styles["border"], valuetype="string")
        cell.addElement(paragraph)
        row.addElement(cell)
    return row
