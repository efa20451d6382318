"""The pictures of the documentation: made by a browser when asked for, and all of them there, small and in use.

`pytest tests/browser/test_pictures.py --write-pictures` makes them anew.
"""

import io
import re
from pathlib import Path

import pytest
import time_machine
from django.conf import settings as project
from PIL import Image

from tests.browser.pictured import NOW, pictures

PICTURES = Path(project.BASE_DIR) / "docs" / "pictures"
PAGES = sorted(PICTURES.parent.rglob("*.md"))
MOST = 22
LARGEST = 60_000
SIZE = {"width": 900, "height": 1000}
COLOURS = 32


def small(screenshot: bytes) -> bytes:
    """Write a screenshot with its own palette, and with nothing in it that a second run would write otherwise."""
    out = io.BytesIO()
    image = Image.open(io.BytesIO(screenshot)).convert("RGB")
    image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


@pytest.mark.pictures
@pytest.mark.django_db(transaction=True)
def test_the_pictures_are_made_again(page, live_server, transactional_db, sign_in, settings):
    settings.OFFICE_NAME = "Office for Invented Statistics"
    PICTURES.mkdir(exist_ok=True)
    page.set_viewport_size(SIZE)
    with time_machine.travel(NOW, tick=False):
        for picture in pictures():
            picture.prepare()
            page.context.clear_cookies()
            if picture.who:
                sign_in(picture.who)
            assert page.goto(f"{live_server}{picture.address}").status == 200
            page.wait_for_selector("[data-govuk-skip-link-init]", state="attached")
            if picture.element:
                page.locator(picture.element).first.evaluate("element => element.scrollIntoView()")
            (PICTURES / f"{picture.name}.png").write_bytes(small(page.screenshot()))


def test_every_picture_is_on_a_page_with_words_for_it_and_is_small():
    text = "\n".join(page.read_text() for page in PAGES)
    shown = re.findall(r"!\[([^\]]+)\]\((?:\.\./)?pictures/([\w-]+\.png)\)", text)
    there = sorted(path.name for path in PICTURES.glob("*"))
    assert sorted({name for _, name in shown}) == there
    assert all(len(words.split()) >= 4 for words, _ in shown)
    assert 0 < len(there) <= MOST
    for path in PICTURES.glob("*.png"):
        assert path.stat().st_size <= LARGEST, path.name
        with Image.open(path) as image:
            assert image.mode == "P", path.name
