"""The pages and files of the rehearsal site are believable and hold what they were given."""

import pytest
from pypdf import PdfReader

from statsoffice.fake_publisher import pages
from tests.support import practice_pages


@pytest.mark.parametrize(
    "build",
    [
        lambda words: pages.release_page(words, published=words, summary=words),
        lambda words: pages.coming_soon_page(words, expected=words),
    ],
)
def test_words_are_never_markup_of_a_page(build):
    page = build("<script>alert('1')</script>\"")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_pdf_file_can_be_read_and_holds_its_title(tmp_path):
    file = tmp_path / "a.pdf"
    file.write_bytes(practice_pages.pdf_file("Tables (2026) – by region\\area"))
    reader = PdfReader(file, strict=True)
    text = reader.pages[0].extract_text()
    assert "Tables (2026) – by region\\area" in text
    assert "All figures are invented." in text
