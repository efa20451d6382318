"""The same document gives the same bytes, on any machine, whatever fonts it has."""

import dataclasses
import hashlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from breaches.core.printed.glyphs import font_of_boxes
from breaches.paper.pdf import render
from tests.breaches.paper.papers import SCRIPTS, SEED, approved, crowded, solid, text_of
from tests.verapdf import check_pdf_ua

ROOT = Path(__file__).resolve().parents[3]


def printed_elsewhere(document, **environment):
    """Print one of the tests' documents in a process of its own and return the hash of the file."""
    program = (
        "import django, hashlib; django.setup()\n"
        "from breaches.paper.pdf import render; from tests.breaches.paper.papers import *\n"
        f"print(hashlib.sha256(render({document})).hexdigest())"
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
    with ThreadPoolExecutor(3) as threads:
        at_once = list(threads.map(render, [document] * 3))

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


def test_a_change_of_any_word_changes_the_bytes():
    assert render(approved()) != render(approved(dataclasses.replace(SEED, impact=f"{SEED.impact} More.")))


def test_ordinary_text_uses_the_fonts_of_the_product_alone(printed):
    done = subprocess.run(["pdffonts", str(printed(approved()))], capture_output=True, text=True, check=True)
    fonts = {line.split()[0].partition("+")[2] for line in done.stdout.splitlines()[2:]}

    assert fonts == {"Report-Sans", "Report-Sans-Bold"}


def test_a_font_of_boxes_has_the_same_bytes_whenever_it_is_built_and_needs_characters():
    assert font_of_boxes({"漢", "字"}) == font_of_boxes(["字", "漢"])
    with pytest.raises(ValueError, match="at least one character"):
        font_of_boxes(set())
