"""The printed report is valid PDF/UA-1 and holds all of its text."""

import dataclasses
from datetime import UTC

import pikepdf

from breaches.core.content import Output, ReportContent
from breaches.core.printed.document import DRAFT_MARK, REHEARSAL_MARK
from tests.breaches.core.printed.test_document import FORM
from tests.breaches.paper.papers import (
    APPROVAL,
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
from tests.breaches.seed_case import TITLE, URL
from tests.verapdf import check_each

# One file for what every page says of a rehearsal, of an approval and of the evidence.
REHEARSED = dataclasses.replace(approved(crowded()), marks=(REHEARSAL_MARK,), evidence_hash="e7" * 32)


def test_every_report_conforms_to_pdf_ua_and_the_checker_finds_one_that_does_not(tmp_path, printed):
    files = []
    for document in (approved(), draft(ReportContent()), draft(crowded()), REHEARSED):
        files.append(tmp_path / f"{len(files)}.pdf")
        files[-1].write_bytes(rendered(document))
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
    assert "just under an hour: between 56 minutes 55 seconds and 57 minutes" in text
    assert TITLE in text
    assert "Approved by Bernard Low, Head of Profession for Statistics, at 2.15pm on 30 June 2020." in text
    assert "One person both wrote and approved this report." in text


def test_every_page_of_an_approved_rehearsal_says_so_and_names_the_hash_of_its_evidence(printed):
    path = printed(REHEARSED)
    pages = [words(text_of(path, page)) for page in range(1, page_count(path) + 1)]

    assert len(pages) > 4
    assert all(REHEARSAL_MARK in page for page in pages)
    assert all(f"Evidence SHA-256 {'e7' * 32}" in page for page in pages)
    assert not any("DRAFT" in page for page in pages)


def test_every_page_of_a_draft_says_so_and_names_report_version_and_hash_and_none_is_blank(printed):
    document = draft(crowded())
    path = printed(document)
    count = page_count(path)

    assert count > 4
    for page in range(1, count + 1):
        text = words(text_of(path, page))
        assert DRAFT_MARK in text
        assert "Report BR-2020-0001, version 1" in text
        assert document.content_hash in text
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
        assert str(file.docinfo["/CreationDate"]) == APPROVAL.at.astimezone(UTC).strftime("D:%Y%m%d%H%M%SZ")
        assert str(file.docinfo["/Title"]) == "Report of a breach of the Code of Practice for Statistics: BR-2020-0001"
        assert str(file.Root.Lang) == "en-GB"
    with pikepdf.open(printed(draft())) as file:
        assert "/CreationDate" not in file.docinfo


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
