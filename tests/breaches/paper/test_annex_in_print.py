"""A report printed with its annex: valid PDF/UA, all of the text, a picture that is told in words, the same bytes."""

import dataclasses
import re
import subprocess

import pikepdf

from breaches.core.account.facts import PublisherTime
from breaches.core.printed.annex_facts import annex_of
from breaches.core.printed.document import DRAFT_MARK
from breaches.paper.pdf import render
from releases.core.judging.evidence import AddressRole
from releases.core.judging.publisher import Source
from tests.breaches.paper.papers import (
    LONG_WORD,
    NASTY,
    SCRIPTS,
    SEED,
    all_of_the_document,
    approved,
    crowded,
    draft,
    page_count,
    rendered,
    solid,
    text_of,
    words,
)
from tests.breaches.record import LIVE, NOT_LIVE, SEED_LOOKS, UNREACHABLE, address, london, look, record
from tests.verapdf import check_pdf_ua

TOLD = PublisherTime(london("10:26:41"), Source.CHANGE_HISTORY)
LATE = record(address(*SEED_LOOKS), publisher_time=TOLD, not_observed=((london("09:33"), london("09:40")),))
PARTS = record(
    address(look("09:29:55", NOT_LIVE, "not_found"), look("09:30", UNREACHABLE), look("09:32", NOT_LIVE)),
    address(look("09:29:55", NOT_LIVE), look("09:32", LIVE), role=AddressRole.ATTACHMENT),
)
NASTY_TITLES = tuple(
    dataclasses.replace(LATE, release_title=title)
    for title in (NASTY, SCRIPTS, LONG_WORD, "إحصاءات المدارس – 2020", "Ten-year-olds")
)


def with_annex(*facts, content=SEED):
    return dataclasses.replace(content, annex=annex_of(facts))


def elements(element, kind):
    if isinstance(element, pikepdf.Array):
        for child in element:
            yield from elements(child, kind)
    elif isinstance(element, pikepdf.Dictionary) and "/S" in element:
        if str(element.S) == kind:
            yield element
        yield from elements(element.get("/K", pikepdf.Array()), kind)


def all_at_once():
    """A crowded draft with everything that an annex can hold."""
    return draft(with_annex(LATE, PARTS, *NASTY_TITLES, content=crowded()))


def test_a_report_with_an_annex_conforms_to_pdf_ua(tmp_path):
    files = []
    for document in (approved(with_annex(LATE)), all_at_once(), draft(with_annex(*[LATE] * 10))):
        files.append(tmp_path / f"{len(files)}.pdf")
        files[-1].write_bytes(rendered(document))
    assert check_pdf_ua(*files) == []


def test_the_extracted_text_holds_all_that_the_report_and_its_annex_say(printed):
    document = all_at_once()
    text = solid(text_of(printed(document)))
    told = [document.annex.heading, *document.annex.paragraphs, *document.annex.columns]
    told += [cell for row in (document.annex.overview_columns, *document.annex.overview) for cell in row]
    for part in document.annex.parts:
        told += [part.heading, part.not_listed, *part.notes, *(cell for row in part.summary for cell in row)]
        told += [words.text for words in part.chart.words]
        told += [cell for one in part.looks for cell in (one.sent, one.answered, one.showed)]
    assert len(told) > 100
    assert [each for each in told if not all(solid(word) in text for word in each.split())] == []
    assert {word for word in all_of_the_document(document) if word not in text} == set()
    assert all(solid(f"T{number}.{number} - Practice number {number}.") in text for number in range(1, 51))


def test_each_picture_is_a_figure_whose_alternative_says_what_it_shows(printed):
    document = approved(with_annex(LATE, PARTS))
    with pikepdf.open(printed(document)) as file:
        figures = list(elements(file.Root.StructTreeRoot.K, "/Figure"))
    assert [str(figure.Alt) for figure in figures] == [part.chart.title for part in document.annex.parts]


def test_every_page_of_the_annex_carries_mark_reference_and_digest_and_begins_behind_the_report(printed):
    document = draft(with_annex(*[LATE] * 10))
    path = printed(document)
    pages = [words(text_of(path, page)) for page in range(1, page_count(path) + 1)]
    first = next(number for number, page in enumerate(pages) if document.annex.heading in page)
    assert len(pages) - first >= 5
    for page in pages[first:]:
        assert DRAFT_MARK in page
        assert f"Report {document.reference}, version {document.version}" in page
        assert document.content_hash in page
        assert len(page) > 400
    assert "4. Corrective actions" in " ".join(pages[:first])
    assert "Report BR-2020-0001, version 1." in pages[first - 1]


def test_how_many_looks_are_not_listed_never_stands_alone_on_a_page(tmp_path):
    document = dataclasses.replace(draft(with_annex(LATE)), sections=())
    (part,) = document.annex.parts
    path, alone = tmp_path / "report.pdf", []
    for rows in range(4, 16):
        told = dataclasses.replace(part, looks=part.looks[:1] * rows, not_listed="67 more looks are on record.")
        annex = dataclasses.replace(document.annex, parts=(told,))
        path.write_bytes(render(dataclasses.replace(document, annex=annex)))
        last = words(text_of(path, page_count(path)))
        assert told.not_listed in last
        if document.annex.heading not in last and told.looks[0].sent not in last:
            alone.append(rows)
    assert alone == []


def test_no_word_of_an_annex_lies_beyond_the_margins(printed):
    path = printed(all_at_once())
    done = subprocess.run(["pdftotext", "-bbox", str(path), "-"], capture_output=True, check=True)
    placed = [
        tuple(map(float, edges)) for edges in re.findall(r'<word xMin="([^"]+)".*?xMax="([^"]+)"', done.stdout.decode())
    ]
    left, right = 20 / 25.4 * 72, (210 - 20) / 25.4 * 72
    assert len(placed) > 500
    assert [edges for edges in placed if edges[0] < left - 1 or edges[1] > right + 1] == []


def test_the_same_annex_gives_the_same_bytes_and_another_one_others():
    late = rendered(approved(with_annex(LATE)))
    assert render(approved(with_annex(LATE))) == late
    assert rendered(approved(with_annex(PARTS))) != late
    assert rendered(approved(SEED)) != late


def test_the_words_of_a_picture_are_set_in_the_products_own_font(printed):
    with pikepdf.open(printed(approved(with_annex(LATE)))) as file:
        names = {str(font.BaseFont).partition("+")[2] for page in file.pages for font in page.Resources.Font.values()}
    assert names
    assert all("Fira" in name or "Report-Sans" in name for name in names)
