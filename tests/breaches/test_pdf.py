"""The printed report: valid PDF/UA-1, all of its text, the same bytes again, and nothing fetched."""

import dataclasses
import hashlib
import http.server
import os
import subprocess
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date
from pathlib import Path

import pikepdf
import pytest

from breaches import pdf
from breaches.content import Output, ReportContent
from breaches.document import DRAFT_MARK, REHEARSAL_MARK, Approval, lay_out
from breaches.glyphs import font_of_boxes
from breaches.narrative import account
from breaches.pdf import NotRendered, print_html, render
from releases.roles import Role
from tests.breaches.record import SEED_LOOKS, address, london, record
from tests.breaches.seed_case import CONTENT, TITLE, URL
from tests.breaches.test_document import FORM
from tests.verapdf import check_pdf_ua

pytestmark = pytest.mark.one_database

SEED = dataclasses.replace(CONTENT, circumstances=account(record(address(*SEED_LOOKS))))
APPROVAL = Approval("Bernard Low", Role.HEAD_OF_PROFESSION, london("14:15"), one_person=True)
NASTY = (
    "<b>bold</b> <script>alert(1)</script> <style>*{display:none}</style> </p></section></body> &amp; {{ 7|add:7 }} "
    "<img src=file:///etc/hostname> <link rel=attachment href=file:///etc/passwd> <object data=file:///etc/passwd>"
)
SCRIPTS = "é ŵ ŷ Ω Ж שלום مرحبا 漢字 😀 👩‍🔬 🏴󠁧󠁢󠁥󠁮󠁧󠁿 \U00013000 \ue000"
ROOT = Path(__file__).resolve().parents[2]
LONG_WORD = "W" * 600


def approved(content=SEED):
    return lay_out(content, reference="BR-2020-0001", version=3, approval=APPROVAL)


def draft(content=SEED):
    return lay_out(content, reference="BR-2020-0001", version=1, ask_for_cause=True)


def crowded():
    """A report with many outputs, practices and days, long texts and everything that people may type."""
    practice = CONTENT.practices[0]
    return dataclasses.replace(
        SEED,
        outputs=tuple(
            Output(f"Statistics of region {number}: {NASTY}", f"{URL}-{number}-{'long-path/' * number}")
            for number in range(1, 21)
        ),
        producers=(NASTY, SCRIPTS),
        practices=tuple(dataclasses.replace(practice, code=f"T3.{number}") for number in range(1, 10)),
        other_practices=SCRIPTS,
        occurred_on=(date(2020, 6, 30), date(2020, 7, 1)),
        impact="\n\n".join([NASTY, SCRIPTS, LONG_WORD, *["A long paragraph of plain words. " * 60] * 12]),
    )


@pytest.fixture
def printed(tmp_path):
    """Print a document into a file and return the file's path."""

    def print_to_file(document):
        path = tmp_path / "report.pdf"
        path.write_bytes(render(document))
        return path

    return print_to_file


def text_of(path, page=None):
    pages = ["-f", str(page), "-l", str(page)] if page else []
    done = subprocess.run(["pdftotext", *pages, str(path), "-"], capture_output=True, check=True)
    return done.stdout.decode()


def words(text):
    return " ".join(text.split())


def solid(text):
    """Text without white space and characters that cannot be seen, as it stays the same wherever its lines end."""
    return "".join(char for char in text if not char.isspace() and unicodedata.category(char) != "Cf")


def page_count(path):
    with pikepdf.open(path) as file:
        return len(file.pages)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(approved(), id="the-seeds-report"),
        pytest.param(draft(ReportContent()), id="an-empty-draft"),
        pytest.param(draft(crowded()), id="a-crowded-draft"),
        pytest.param(approved(crowded()), id="a-crowded-report"),
    ],
)
def test_every_report_conforms_to_pdf_ua(printed, document):
    assert check_pdf_ua(printed(document)) == []


def test_the_checker_of_pdf_ua_finds_a_file_that_does_not_conform(tmp_path, printed):
    whole, broken = printed(approved()), tmp_path / "broken.pdf"
    with pikepdf.open(whole) as file:
        del file.Root.StructTreeRoot
        file.save(broken)

    assert any("7.1" in rule for rule in check_pdf_ua(broken))


def test_the_seeds_case_holds_the_forms_labels_in_order_the_practice_both_dates_and_the_delay(printed):
    text = words(text_of(printed(approved())))

    positions = [text.index(label) for label in ("REPORT OF A BREACH OF THE CODE OF PRACTICE FOR STATISTICS", *FORM)]
    assert positions == sorted(positions)
    assert "Trustworthiness: T3.6 - Statistics should be released to all users at 9.30am on a weekday." in text
    assert text.count("30 June 2020") >= 3
    assert "just under an hour: between 56 minutes 55 seconds and 57 minutes" in text
    assert TITLE in text
    assert "Approved by Bernard Low, Head of Profession for Statistics, at 2.15pm on 30 June 2020." in text
    assert "One person both wrote and approved this report." in text


def test_every_page_of_an_undecided_report_says_so_and_no_page_of_an_approved_one(printed):
    path = printed(draft(crowded()))
    pages = range(1, page_count(path) + 1)

    assert len(pages) > 4
    assert all(DRAFT_MARK in words(text_of(path, page)) for page in pages)
    assert "DRAFT" not in text_of(printed(approved(crowded())))


def test_every_page_about_a_rehearsal_says_so_also_when_it_is_approved(printed):
    path = printed(dataclasses.replace(approved(crowded()), marks=(REHEARSAL_MARK,)))
    pages = range(1, page_count(path) + 1)

    assert all(REHEARSAL_MARK in words(text_of(path, page)) for page in pages)
    assert check_pdf_ua(path) == []


def test_every_page_names_the_report_its_version_and_the_hash_of_its_content_and_none_is_blank(printed):
    document = draft(crowded())
    path = printed(document)
    count = page_count(path)

    for page in range(1, count + 1):
        text = words(text_of(path, page))
        assert "Report BR-2020-0001, version 1" in text
        assert document.content_hash in text
        assert f"Page {page} of {count}" in text
        assert len(text) > 300


def test_the_extracted_text_holds_all_that_the_document_says(printed):
    document = draft(crowded())
    text = solid(text_of(printed(document)))

    for section in document.sections:
        for part in (section.heading, section.prompt, *(row.label for row in section.rows)):
            assert solid(part) in text
        for row in section.rows:
            for entry in row.entries:
                for line in entry:
                    assert all(solid(word) in text for word in line.text.split())
        for paragraph in section.paragraphs:
            for line in paragraph:
                assert all(solid(word) in text for word in line.split())


def test_only_web_addresses_become_links(printed):
    outputs = (Output("Web", URL), Output("File", "file:///etc/passwd"), Output("Script", "javascript:alert(1)"))
    path = printed(draft(dataclasses.replace(SEED, outputs=outputs, impact=f"See {URL} and {NASTY}")))

    with pikepdf.open(path) as file:
        targets = {str(note.A.URI) for page in file.pages for note in page.get("/Annots", []) if "/A" in note}
    assert targets == {URL}
    assert "file:///etc/passwd" in text_of(path)


def test_what_people_typed_fetches_nothing(printed):
    asked = []

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):  # the name that the library calls
            asked.append(self.path)
            self.send_error(404)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        address_of_site = f"http://127.0.0.1:{site.server_port}/x"
        typed = (
            f"<img src={address_of_site}.png> <link rel=stylesheet href={address_of_site}.css> "
            f"<style>@import url({address_of_site})</style>"
        )
        outputs = (Output(typed, f"{address_of_site}.html"),)
        path = printed(draft(dataclasses.replace(SEED, outputs=outputs, impact=typed, producers=(typed,))))
        site.shutdown()

    assert asked == []
    assert solid(typed) in solid(text_of(path))
    with pikepdf.open(path) as file:
        assert not file.attachments


@pytest.mark.parametrize(
    "markup",
    [
        pytest.param('<img src="http://127.0.0.1:9/x.png" alt="x">', id="image"),
        pytest.param('<link rel="stylesheet" href="file:///etc/passwd">', id="stylesheet"),
        pytest.param("<style>@import url(file:///etc/passwd);</style>", id="import"),
        pytest.param('<p style="background: url(data:image/png;base64,AAAA)">x</p>', id="data"),
        pytest.param('<link rel="attachment" href="file:///etc/passwd">', id="attachment"),
    ],
)
def test_a_template_that_refers_to_anything_outside_is_not_printed(markup):
    with pytest.raises(NotRendered, match="not one of the report's own files"):
        print_html(f"<html lang=en-GB><title>x</title><body>{markup}<p>text</p>")


def printed_elsewhere(document, **environment):
    """Print one of this module's documents in a process of its own and return the hash of the file."""
    program = (
        "import django, hashlib; django.setup()\n"
        f"from tests.breaches.test_pdf import *\nprint(hashlib.sha256(render({document})).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}", **environment},
    )
    return done.stdout.strip()


def test_the_same_document_gives_the_same_bytes_in_every_process_and_thread():
    document = approved(crowded())
    here = hashlib.sha256(render(document)).hexdigest()
    with ThreadPoolExecutor(4) as threads:
        at_once = list(threads.map(render, [document] * 6))

    assert printed_elsewhere("approved(crowded())") == here
    assert {hashlib.sha256(file).hexdigest() for file in at_once} == {here}


def test_the_bytes_do_not_depend_on_the_fonts_of_the_machine(tmp_path):
    no_fonts = tmp_path / "fonts.conf"
    no_fonts.write_text(f"<fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>")

    bare = printed_elsewhere("approved()", FONTCONFIG_FILE=str(no_fonts))
    assert bare == hashlib.sha256(render(approved())).hexdigest()


def test_characters_that_no_font_of_the_machine_can_draw_are_boxes_in_a_file_that_conforms(tmp_path):
    no_fonts, path = tmp_path / "fonts.conf", tmp_path / "boxes.pdf"
    no_fonts.write_text(f"<fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>")
    document = f"[open({str(path)!r}, 'wb').write(file := render(draft(crowded()))), file][1] and draft()"

    printed_elsewhere(document, FONTCONFIG_FILE=str(no_fonts))

    assert check_pdf_ua(path) == []
    assert all(solid(word) in solid(text_of(path)) for word in SCRIPTS.split())


def test_dates_in_the_file_are_the_approvals_and_a_draft_has_none(printed):
    with pikepdf.open(printed(approved())) as file:
        assert str(file.docinfo["/CreationDate"]) == APPROVAL.at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
        assert str(file.docinfo["/Title"]) == "Report of a breach of the Code of Practice for Statistics: BR-2020-0001"
        assert str(file.Root.Lang) == "en-GB"
    with pikepdf.open(printed(draft())) as file:
        assert "/CreationDate" not in file.docinfo


def test_a_change_of_any_word_changes_the_bytes():
    assert render(approved()) != render(approved(dataclasses.replace(SEED, impact=f"{SEED.impact} More.")))


def test_ordinary_text_uses_the_fonts_of_the_product_alone(printed):
    done = subprocess.run(["pdffonts", str(printed(approved()))], capture_output=True, text=True, check=True)
    fonts = {line.split()[0].partition("+")[2] for line in done.stdout.splitlines()[2:]}

    assert fonts == {"Report-Sans", "Report-Sans-Bold"}


def test_an_address_with_hyphens_is_copied_from_the_file_as_it_is(printed):
    path = "https://www.example.gov.uk/" + "/".join(["state-funded-schools-and-colleges"] * 6)
    content = dataclasses.replace(SEED, outputs=(Output("Schools", path),), impact=f"Seen at {path} today.")

    assert solid(text_of(printed(draft(content)))).count(path) == 2


def test_a_row_that_is_longer_than_a_page_goes_on_over_pages_without_losing_an_entry(printed):
    outputs = tuple(Output(f"Output {number}.", f"{URL}/{number}.") for number in range(1, 61))
    path = printed(draft(dataclasses.replace(SEED, outputs=outputs)))
    text = solid(text_of(path))

    assert page_count(path) > 3
    assert all(solid(f"Output {number}.{URL}/{number}.") in text for number in range(1, 61))


def test_row_labels_are_headers_of_their_rows_in_the_structure_of_the_file(printed):
    def kinds(element):
        if isinstance(element, pikepdf.Dictionary) and "/S" in element:
            yield str(element.S)
            children = element.get("/K", [])
            for child in children if isinstance(children, pikepdf.Array) else [children]:
                yield from kinds(child)

    with pikepdf.open(printed(approved())) as file:
        found = list(kinds(file.Root.StructTreeRoot.K[0]))
    assert found.count("/Table") == 2
    assert found.count("/TH") == 8
    assert found.count("/H1") == 1
    assert found.count("/H2") == 4


def test_a_font_of_boxes_has_the_same_bytes_whenever_it_is_built_and_needs_characters():
    assert font_of_boxes({"漢", "字"}) == font_of_boxes(["字", "漢"])
    with pytest.raises(ValueError, match="at least one character"):
        font_of_boxes(set())


def test_a_missing_stylesheet_stops_the_printing(monkeypatch, settings):
    pdf._stylesheet.cache_clear()
    monkeypatch.setattr(pdf, "STYLESHEET", "pdf/absent.css")
    try:
        with pytest.raises(NotRendered, match=r"pdf/absent\.css"):
            render(approved())
    finally:
        pdf._stylesheet.cache_clear()
