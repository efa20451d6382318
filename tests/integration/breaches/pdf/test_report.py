"""The printed report, with its annex or without: valid PDF/UA-1, all of its text, pictures described in words."""

import dataclasses
import io
import re
import subprocess
from datetime import UTC

import pikepdf
from PIL import Image

from breaches.pdf import render_concern, render_pdf
from breaches.rules.annex import annex_of
from breaches.rules.content import AnnexAttachment, AnnexPicture, Output, ReportContent
from breaches.rules.document import DRAFT_MARK, REHEARSAL_MARK, lay_out_concern
from breaches.rules.lifecycle import AttachmentKind
from releases.detection.finding import AddressRole, Source
from tests.integration.breaches.pdf.documents import (
    APPROVED_AT,
    FOOTER,
    LONG_WORD,
    NASTY,
    PAGE_HEIGHT,
    SCRIPTS,
    SEED,
    all_of_the_document,
    approved,
    crowded,
    draft,
    end_of_text,
    page_count,
    rendered,
    solid,
    text_of,
    words,
)
from tests.support.report_evidence import (
    LIVE,
    NOT_LIVE,
    SEED_LOOKS,
    UNREACHABLE,
    address,
    london,
    make_check_fact,
    record,
)
from tests.support.seed_case import FORM, TITLE, URL
from tests.verapdf import check_each

# One file for what every page says of a rehearsal, of an approval and of the evidence.
REHEARSED = dataclasses.replace(approved(crowded()), marks=(REHEARSAL_MARK,), evidence_hash="e7" * 32)
TOLD = (london("10:26:41"), Source.CHANGE_HISTORY)
LATE = record(address(*SEED_LOOKS), publisher_time=TOLD, not_observed=((london("09:33"), london("09:40")),))
PARTS = record(
    address(
        make_check_fact("09:29:55", NOT_LIVE, "not_found"),
        make_check_fact("09:30", UNREACHABLE),
        make_check_fact("09:32", NOT_LIVE),
    ),
    address(make_check_fact("09:29:55", NOT_LIVE), make_check_fact("09:32", LIVE), role=AddressRole.ATTACHMENT),
)
NASTY_TITLES = tuple(
    dataclasses.replace(LATE, release_title=title)
    for title in (NASTY, SCRIPTS, LONG_WORD, "إحصاءات المدارس – 2020", "Ten-year-olds")
)


ATTACHMENTS = (
    AnnexAttachment("cms-log of the morning.log", AttachmentKind.CMS_LOG, 40_000, "a" * 64, APPROVED_AT),
    AnnexAttachment(LONG_WORD[:100], AttachmentKind.EMAIL, 4, "b" * 64, APPROVED_AT),
    *(AnnexAttachment(f"{n}.png", AttachmentKind.SCREENSHOT, n, "c" * 64, APPROVED_AT) for n in range(18)),
)


def with_annex(*facts, content=SEED, attachments=(), pictures=()):
    return dataclasses.replace(content, annex=annex_of(facts, attachments=attachments, pictures=pictures))


def test_a_screenshot_is_printed_in_the_annex_with_its_text_and_the_report_still_conforms(tmp_path, monkeypatch):
    out = io.BytesIO()
    Image.new("RGB", (1280, 4000), "white").save(out, "PNG")
    monkeypatch.setattr("statsoffice.templatetags.reports.read_picture", lambda sha256: out.getvalue())
    picture = AnnexPicture("At the release time", APPROVED_AT, APPROVED_AT, "d" * 64)
    document = approved(with_annex(LATE, pictures=[[picture]]))
    path = tmp_path / "pictured.pdf"
    path.write_bytes(rendered(document))
    assert check_each(path)[path] == []
    assert rendered(document) == path.read_bytes()
    with pikepdf.open(path) as file:
        figures = [str(figure.Alt) for figure in elements(file.Root.StructTreeRoot.K, "/Figure") if "/Alt" in figure]
        assert any("Screenshot of the web page at" in text for text in figures)
        assert any(page.get_images() for page in file.pages)
    assert "page requested at" in text_of(path)


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
    return draft(with_annex(LATE, PARTS, *NASTY_TITLES, content=crowded(), attachments=ATTACHMENTS))


def test_every_report_conforms_to_pdf_ua_and_the_checker_finds_one_that_does_not(tmp_path, printed):
    files = []
    alone = approved(with_annex(attachments=ATTACHMENTS))
    with_annexes = (approved(with_annex(LATE)), all_at_once(), draft(with_annex(*[LATE] * 10)), alone)
    for document in (approved(), draft(ReportContent()), draft(crowded()), REHEARSED, *with_annexes):
        files.append(tmp_path / f"{len(files)}.pdf")
        files[-1].write_bytes(rendered(document))
    for concern in (lay_out_concern(SEED, approved()), lay_out_concern(crowded(), draft(crowded()))):
        files.append(tmp_path / f"{len(files)}.pdf")
        files[-1].write_bytes(render_concern(concern))
    broken = tmp_path / "broken.pdf"
    with pikepdf.open(printed(approved())) as file:
        del file.Root.StructTreeRoot
        file.save(broken)

    found = check_each(*files, broken)
    assert [found[path] for path in files] == [[]] * len(files)
    assert any("7.1" in rule for rule in found[broken])


def test_the_seeds_case_holds_the_forms_labels_in_order_the_practice_both_dates_and_the_delay(printed):
    text = words(text_of(printed(approved())))

    positions = [text.index(label) for label in ("REPORT OF A BREACH OF THE CODE OF PRACTICE FOR STATISTICS", *FORM)]
    assert positions == sorted(positions)
    assert "Trustworthiness: T3.6 - Statistics should be released to all users at 9.30am on a weekday." in text
    assert text.count("30 June 2020") >= 3
    assert "between 10:26:55am and 10:27am, just under an hour late" in text
    assert TITLE in text
    assert "Approved by Bernard Low, Head of Profession for Statistics, at 2:15pm on 30 June 2020." in text
    assert "One person both wrote and approved this report." in text


def test_the_report_of_the_published_case_fits_on_one_page_with_its_title_as_the_link(printed):
    path = printed(approved())

    assert page_count(path) == 1
    with pikepdf.open(path) as file:
        links = [str(note.A.URI) for note in file.pages[0].Annots if "/URI" in note.get("/A", {})]
    assert set(links) == {URL}
    assert page_count(printed(draft())) == 1


def test_the_short_concern_of_the_published_case_fills_half_a_page_and_has_the_same_bytes_each_time(tmp_path):
    path = tmp_path / "concern.pdf"
    concern = lay_out_concern(SEED, approved())
    path.write_bytes(render_concern(concern))

    assert page_count(path) == 1
    assert end_of_text(path) < PAGE_HEIGHT * 0.52
    assert render_concern(concern) == path.read_bytes()
    with pikepdf.open(path) as file:
        assert str(file.docinfo["/Title"]) == "Concern under the Code of Practice for Statistics: BR-2020-001"
        assert "/CreationDate" in file.docinfo


def test_every_page_of_an_approved_rehearsal_says_so(printed):
    path = printed(REHEARSED)
    pages = [words(text_of(path, page)) for page in range(1, page_count(path) + 1)]

    assert len(pages) > 4
    assert all(REHEARSAL_MARK in page for page in pages)
    assert not any("DRAFT" in page for page in pages)


def test_every_page_of_a_draft_says_so_and_has_its_number_without_a_hash_and_none_is_blank(printed):
    document = draft(crowded())
    path = printed(document)
    count = page_count(path)

    assert count > 4
    for page in range(1, count + 1):
        text = words(text_of(path, page))
        assert DRAFT_MARK in text
        assert "Report BR-2020-001" in text
        assert "version" not in text
        assert "SHA" not in text
        assert document.content_hash not in text
        assert f"Page {page} of {count}" in text
        assert len(text) > 300


def test_the_extracted_text_holds_all_that_the_document_says(printed):
    document = draft(crowded())
    text = solid(text_of(printed(document)))

    said = list(all_of_the_document(document))
    assert len(said) > 1000
    assert {word for word in said if word not in text} == set()
    assert all(solid(f"T{number}.{number} - Practice number {number}.") in text for number in range(1, 51))


def test_dates_in_the_file_are_the_approvals_and_a_draft_has_none(printed):
    with pikepdf.open(printed(approved())) as file:
        assert str(file.docinfo["/CreationDate"]) == APPROVED_AT.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
        assert str(file.docinfo["/Title"]) == "Report of a breach of the Code of Practice for Statistics: BR-2020-001"
        assert str(file.Root.Lang) == "en-GB"
    with pikepdf.open(printed(draft())) as file:
        assert "/CreationDate" not in file.docinfo


def test_an_address_with_hyphens_is_copied_from_the_file_as_it_is(printed):
    path = "https://www.example.gov.uk/" + "/".join(["state-funded-schools-and-colleges"] * 6)
    content = dataclasses.replace(SEED, outputs=(Output("Schools", path),), impact=f"Seen at {path} today.")

    assert solid(text_of(printed(draft(content)))).count(path) == 1


def test_a_row_that_is_longer_than_a_page_goes_on_over_pages_without_losing_an_entry(printed):
    outputs = tuple(Output(f"Output {number}.", f"{URL}/{number}.") for number in range(1, 161))
    path = printed(draft(dataclasses.replace(SEED, outputs=outputs)))
    text = solid(text_of(path))

    assert page_count(path) > 3
    assert all(solid(f"Output {number}.") in text for number in range(1, 161))
    assert URL not in text


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


def test_the_annex_of_a_report_without_checks_lists_the_attachments_alone(printed):
    text = words(text_of(printed(approved(with_annex(attachments=ATTACHMENTS)))))
    assert "Annex: list of attachments" in text
    assert "automatic check" not in text.partition("Annex: list of attachments")[2]
    assert "marked OFFICIAL-SENSITIVE, and they are not part of this document" in text
    assert "cms-log of the morning.log CMS log 40 KB 30 June 2020, 2:15pm" in text
    assert f"SHA-256 of cms-log of the morning.log: {'a' * 64}" in text


def test_a_link_on_several_lines_is_one_link_and_a_table_on_several_pages_one_table(printed):
    outputs = tuple(Output(f"Output {number} {'of a long title ' * 12}", f"{URL}/{number}") for number in range(1, 41))
    whole = draft(with_annex(*[LATE] * 30, content=dataclasses.replace(SEED, outputs=outputs)))
    with pikepdf.open(printed(whole)) as file:
        root = file.Root.StructTreeRoot.K
        links = list(elements(root, "/Link"))
        tables = list(elements(root, "/Table"))
        assert len(file.pages) > 5
        targets = [[str(one.Obj.A.URI) for one in link.K if not isinstance(one, int)] for link in links]
        assert [target[0] for target in targets] == [output.url for output in outputs]
        assert all(len(target) > 1 and len(set(target)) == 1 for target in targets)
        # One of each section, the overview, and two of each of the 30 outputs.
        assert len(tables) == 2 + 1 + 2 * 30
        overview = next(table for table in tables if len(list(elements(table.K, "/TR"))) == 31)
        assert [str(part.S) for part in overview.K] == ["/THead", "/TBody"]


def test_each_row_of_a_table_on_several_pages_is_a_row_in_the_structure_whatever_its_cells_are(printed):
    checks = [make_check_fact(f"09:30:{second:02}", NOT_LIVE, "not_found") for second in range(60)]
    document = draft(with_annex(record(address(*checks, *SEED_LOOKS))))
    (part,) = document.annex.parts
    told = dataclasses.replace(part, checks=part.checks * 12)
    whole = dataclasses.replace(document, annex=dataclasses.replace(document.annex, parts=(told,)))
    with pikepdf.open(printed(whole)) as file:
        *_, summary, looks = elements(file.Root.StructTreeRoot.K, "/Table")
        assert len(file.pages) > 3
        assert len(list(elements(summary.K, "/TR"))) == len(told.summary)
        rows = [len(list(elements(row.K, "/TD"))) for row in elements(looks.K, "/TR")]
    assert rows == [0, *[3] * len(told.checks)]


def test_no_page_of_an_annex_ends_in_a_large_gap_unless_a_chart_follows(tmp_path):
    path = tmp_path / "annex.pdf"
    path.write_bytes(render_pdf(draft(with_annex(*[LATE] * 8))))
    pages = page_count(path)
    gaps = {page: PAGE_HEIGHT - FOOTER - end_of_text(path, page) for page in range(2, pages)}
    before_chart = {page for page in gaps if "On time (shaded)" in words(text_of(path, page + 1))[:140]}

    assert pages > 6
    assert len(before_chart) < pages / 2
    assert {page: gap for page, gap in gaps.items() if gap > (55 if page in before_chart else 25)} == {}


def test_bookmarks_hold_no_invisible_character(printed):
    with pikepdf.open(printed(draft(with_annex(*NASTY_TITLES)))) as file, file.open_outline() as outline:
        annex = outline.root[0].children[-1]
        titles = [item.title for item in annex.children]
    assert titles[-1].endswith("Ten-year-olds")
    assert not any("\u2060" in title for title in titles)


def test_the_extracted_text_holds_all_that_the_report_and_its_annex_say(printed):
    document = all_at_once()
    text = solid(text_of(printed(document)))
    told = [document.annex.heading, *document.annex.paragraphs, *document.annex.columns]
    told += [cell for row in (document.annex.overview_columns, *document.annex.overview) for cell in row]
    for part in document.annex.parts:
        told += [part.heading, part.not_listed, *part.notes, *(cell for row in part.summary for cell in row)]
        told += [words.text for words in part.chart.words]
        told += [cell for look in part.checks for cell in look]
    assert len(told) > 100
    assert [each for each in told if not all(solid(word) in text for word in each.split())] == []
    assert {word for word in all_of_the_document(document) if word not in text} == set()
    assert all(solid(f"T{number}.{number} - Practice number {number}.") in text for number in range(1, 51))


def test_each_picture_is_a_figure_whose_alternative_says_what_it_shows(printed):
    document = approved(with_annex(LATE, PARTS))
    with pikepdf.open(printed(document)) as file:
        figures = list(elements(file.Root.StructTreeRoot.K, "/Figure"))
    assert [str(figure.Alt) for figure in figures] == [part.chart.title for part in document.annex.parts]


def test_the_annex_begins_behind_the_report_has_mark_and_number_on_each_page_and_the_digests_at_its_end(printed):
    document = draft(with_annex(*[LATE] * 10))
    path = printed(document)
    pages = [words(text_of(path, page)) for page in range(1, page_count(path) + 1)]
    first = next(number for number, page in enumerate(pages) if document.annex.heading in page)
    assert len(pages) - first >= 5
    for page in pages[first:]:
        assert DRAFT_MARK in page
        assert f"Report {document.number}" in page
    assert all(len(page) > 300 for page in pages[first:-1])
    assert [document.content_hash in page for page in pages] == [False] * (len(pages) - 1) + [True]
    assert "4. Corrective actions" in " ".join(pages[:first])


def test_how_many_checks_are_not_listed_never_stands_alone_on_a_page(tmp_path):
    document = dataclasses.replace(draft(with_annex(LATE)), sections=())
    (part,) = document.annex.parts
    path, alone = tmp_path / "report.pdf", []
    for rows in range(4, 16):
        told = dataclasses.replace(part, checks=part.checks[:1] * rows, not_listed="67 more checks are on record.")
        annex = dataclasses.replace(document.annex, parts=(told,))
        path.write_bytes(render_pdf(dataclasses.replace(document, annex=annex)))
        pages = [words(text_of(path, page)) for page in range(1, page_count(path) + 1)]
        (last,) = (page for page in pages if told.not_listed in page)
        if document.annex.heading not in last and told.checks[0][0] not in last:
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
    assert render_pdf(approved(with_annex(LATE))) == late
    assert rendered(approved(with_annex(PARTS))) != late
    assert rendered(approved(SEED)) != late


def test_the_words_of_a_picture_are_set_in_the_products_own_font(printed):
    with pikepdf.open(printed(approved(with_annex(LATE)))) as file:
        names = {str(font.BaseFont).partition("+")[2] for page in file.pages for font in page.Resources.Font.values()}
    assert names
    assert all("Fira" in name or "Report-Sans" in name for name in names)
