"""Printing fetches nothing, links to web addresses alone, and is refused rather than done in part."""

import dataclasses
import http.server
import threading

import pikepdf
import pytest

from breaches import pdf
from breaches.pdf import NotRendered, print_html, render_pdf
from breaches.rules.content import Output
from tests.integration.breaches.pdf.documents import NASTY, SEED, approved, draft, solid, text_of
from tests.support.seed_case import URL


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


def test_a_missing_stylesheet_stops_the_printing(monkeypatch, settings):
    pdf._stylesheet.cache_clear()
    monkeypatch.setattr(pdf, "STYLESHEET", "pdf/absent.css")
    try:
        with pytest.raises(NotRendered, match=r"pdf/absent\.css"):
            render_pdf(approved())
    finally:
        pdf._stylesheet.cache_clear()
