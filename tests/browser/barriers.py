"""Whether a page has barriers: findings of axe, content wider than the screen, and problems for a screen reader.

A run with --full checks every page with axe at both widths. Other runs check each template once with axe at the wide
width, and the pages that they open for a phone's width.
"""

import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve
from selectolax.lexbor import LexborHTMLParser

from tests.browser.screen_reader import unclear
from tests.browser.shape import faulty_ids, headings_out_of_order, shape_of

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 320, "height": 640}}
# axe checks the size of targets (24 pixels, WCAG 2.2 AA) only if it is asked to. Passed rules are left out of its
# results, because there are many of them.
RULES = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
# Half a megabyte of script is written into a page once for both widths.
ALREADY_THERE = Axe(axe_script="window.axe.version")
ERRORS = {"include": [[".govuk-error-summary"], [".govuk-form-group--error"]]}
# The width of the page, and the elements that scroll sideways, except the overview of an annex, which the accessibility
# statement names as a limit.
FITS = """() => [document.documentElement.scrollWidth, [...document.querySelectorAll("main *")].filter((one) =>
  one.scrollWidth > one.clientWidth && ["auto", "scroll"].includes(getComputedStyle(one).overflowX)
  && one.tagName !== "TEXTAREA" && !one.querySelector(".report-document__overview")
).map((one) => one.outerHTML.slice(0, 200))]"""


class Thoroughness:
    """Which pages axe checks; `full` is set by the option --full.

    :param checked: a folder with a file for each kind of page that one of the processes of this run has checked.
    """

    full = False
    checked = Path()


def is_clean(page, *, template=None):
    """Assert that a page has no barriers, no sideways scrolling, and can be understood by ear.

    :param template: of the page, where it is known; its route is used otherwise.
    """
    page.wait_for_load_state()  # a click ends when the next page begins to arrive, which may have no element yet
    assert unclear(page) == [], f"{page.url}: {unclear(page)}"
    has_no_barriers(page, template=template)


def has_clean_errors(page):
    """Assert the same of a page with errors of which `walk` checks the rest without them."""
    page.wait_for_load_state()
    assert unclear(page) == [], f"{page.url}: {unclear(page)}"
    if Thoroughness.full:
        has_no_barriers(page)
    else:
        _is_accessible(page, Axe(), context=ERRORS)
        _fits(page, SIZES["phone"])


def has_no_barriers(page, *, template=None):
    """Assert that axe finds nothing on a page, and that nothing scrolls sideways; it ends at the width of a phone."""
    if Thoroughness.full or _is_first_of_its_kind(page, template or _route(page.url)):
        _fits(page, SIZES["wide"])
        _is_accessible(page, Axe())
    _fits(page, SIZES["phone"])
    if Thoroughness.full:
        _is_accessible(page, ALREADY_THERE)


def _fits(page, size):
    if page.viewport_size != size:
        page.set_viewport_size(size)
    width, sideways = page.evaluate(FITS)
    assert width <= size["width"], page.url
    assert sideways == [], f"{page.url} at {size['width']}: {sideways}"


def _is_accessible(page, axe, *, context=None):
    results = axe.run(page, context=context, options=RULES)
    assert results.violations_count == 0, f"{page.url} at {page.viewport_size}: {results.generate_report()}"


def _is_first_of_its_kind(page, template):
    kind = f"{template} {page.locator('.govuk-error-summary').count() > 0}"
    try:
        (Thoroughness.checked / sha256(kind.encode()).hexdigest()).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _route(url):
    path = urlsplit(url).path
    try:
        return resolve(path).route
    except Resolver404:
        return path


def walk(page, live_server, addresses, subtests, *, client=None):
    """Open pages one after the other, each as its own test.

    :param client: signed in as the same person. Given it, a run without --full opens the first page of each template
        and each page that has a kind of element which no page before it had. The outline of the others is read.
    """
    assert addresses
    opened_templates, seen = set(), set()
    for name, address in addresses.items():
        with subtests.test(name):
            expected = 409 if name == "a move that is not possible" else 200
            template = None
            if client and not Thoroughness.full:
                answer = client.get(address, follow=True)
                assert answer.status_code == expected
                html, template = answer.content.decode(), answer.templates[0].name
                shape = shape_of(html)
                if template in opened_templates and shape <= seen:
                    _has_outline(html)
                    continue
                opened_templates.add(template)
                seen |= shape
            complaints = []
            page.on("pageerror", lambda error, heard=complaints: heard.append(str(error)))
            response = page.goto(f"{live_server}{address}")
            assert response.status == expected
            _has_outline(page.content())
            is_clean(page, template=template)
            assert complaints == []


def _has_outline(html):
    """Assert that a page has a title of two parts, one main heading, at most one summary of errors, and order."""
    tree = LexborHTMLParser(html)
    assert re.fullmatch(r".+ – .+", " ".join(tree.css_first("title").text().split()))
    assert len(tree.css("h1")) == 1
    assert len(tree.css(".govuk-error-summary")) <= 1
    assert headings_out_of_order(html) == []
    assert faulty_ids(html) == []
