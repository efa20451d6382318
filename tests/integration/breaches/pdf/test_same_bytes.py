"""The same document makes the same bytes, on any machine, whatever fonts it has."""

import dataclasses
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from breaches.pdf import make_box_font, render_pdf
from tests.integration.breaches.pdf.documents import SCRIPTS, SEED, approved, rendered, scripts, solid, text_of
from tests.verapdf import check_pdf_ua

ROOT = Path(__file__).resolve().parents[4]


def printed_elsewhere(*documents, folder=None, **environment):
    """Print some of the tests' documents in its own process and return the files, in their order."""
    program = (
        "import django, sys; django.setup()\n"
        "from pathlib import Path; from breaches.pdf import render_pdf\n"
        "from tests.integration.breaches.pdf.documents import *\n"
        f"for number, document in enumerate([{', '.join(documents)}]):\n"
        "    Path(sys.argv[1], str(number)).write_bytes(render_pdf(document))\n"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program, str(folder)],
        check=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}", **environment},
    )
    return [Path(folder, str(number)) for number in range(len(documents))]


def test_the_same_document_gives_the_same_bytes_in_every_process_and_thread(tmp_path):
    document = approved(scripts())
    here = render_pdf(document)
    with ThreadPoolExecutor(3) as threads:
        at_once = list(threads.map(render_pdf, [document] * 3))

    (elsewhere,) = printed_elsewhere("approved(scripts())", folder=tmp_path)
    assert elsewhere.read_bytes() == here
    assert set(at_once) == {here}


@pytest.mark.full
def test_without_fonts_of_the_machine_the_bytes_are_the_same_or_boxes_in_a_file_that_conforms(tmp_path):
    no_fonts = tmp_path / "fonts.conf"
    no_fonts.write_text(f"<fontconfig><dir>{tmp_path}</dir><cachedir>{tmp_path}/cache</cachedir></fontconfig>")

    bare, boxes = printed_elsewhere("approved()", "draft(scripts())", folder=tmp_path, FONTCONFIG_FILE=str(no_fonts))

    assert bare.read_bytes() == rendered(approved())
    assert check_pdf_ua(boxes) == []
    assert all(solid(word) in solid(text_of(boxes)) for word in SCRIPTS.split())


def test_a_change_of_any_word_changes_the_bytes():
    assert rendered(approved()) != render_pdf(approved(dataclasses.replace(SEED, impact=f"{SEED.impact} More.")))


def test_ordinary_text_uses_the_fonts_of_the_product_alone(printed):
    done = subprocess.run(["pdffonts", str(printed(approved()))], capture_output=True, text=True, check=True)
    fonts = {line.split()[0].partition("+")[2] for line in done.stdout.splitlines()[2:]}

    assert fonts == {"Report-Sans", "Report-Sans-Bold"}


def test_a_font_of_boxes_has_the_same_bytes_whenever_it_is_built_and_needs_characters():
    assert make_box_font({"漢", "字"}) == make_box_font(["字", "漢"])
    with pytest.raises(ValueError, match="at least one character"):
        make_box_font(set())
