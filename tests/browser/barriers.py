"""Whether a page has barriers: what axe finds, what is wider than the screen, what a screen reader would stumble over.

A run with --full checks every page with axe at both widths. Other runs check each route once, at the wide one, and once
more with an error summary, because the pages of a route share their template.
"""

import re
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from django.urls import Resolver404, resolve

from tests.browser.listening import unclear

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 320, "height": 640}}
# axe checks the size of targets (24 pixels, WCAG 2.2 AA) only if it is asked to. Passed rules are left out of its
# results, because there are many of them.
RULES = {"rules": {"target-size": {"enabled": True}}, "resultTypes": ["violations"]}
# Half a megabyte of script is written into a page once for both widths.
ALREADY_THERE = Axe(axe_script="window.axe.version")
# Elements that scroll sideways, except the overview of an annex, which the accessibility statement names as a limit.
SIDEWAYS = """[...document.querySelectorAll("main *")].filter((one) =>
  ["auto", "scroll"].includes(getComputedStyle(one).overflowX) && one.scrollWidth > one.clientWidth
  && one.tagName !== "TEXTAREA" && !one.querySelector(".report-document__overview")
).map((one) => one.outerHTML.slice(0, 200))"""


class Thoroughness:
    """Which pages axe checks; `full` is set by the option --full."""

    full = False
    checked: set[tuple[str, bool]] = set()  # of the complete run


def is_clean(page):
    """Assert that a page has no barriers, no sideways scrolling at both widths, and can be understood by ear."""
    assert unclear(page) == [], page.url
    has_no_barriers(page)


def has_no_barriers(page):
    """Assert that axe finds nothing on a page, and that nothing scrolls sideways at both widths."""
    for axe, size in zip(_scripts_for(page), SIZES.values(), strict=True):
        page.set_viewport_size(size)
        if axe:
            results = axe.run(page, options=RULES)
            assert results.violations_count == 0, f"{page.url} at {size['width']}: {results.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], page.url
        assert page.evaluate(SIDEWAYS) == [], f"{page.url} at {size['width']}"


def _scripts_for(page):
    if Thoroughness.full:
        return Axe(), ALREADY_THERE
    kind = _route(page.url), page.locator(".govuk-error-summary").count() > 0
    if kind in Thoroughness.checked:
        return None, None
    Thoroughness.checked.add(kind)
    return Axe(), None


def _route(url):
    path = urlsplit(url).path
    try:
        return resolve(path).route
    except Resolver404:
        return path


def walk(page, live_server, addresses, subtests):
    """Open pages one after the other, each as a test of its own."""
    assert addresses
    for name, address in addresses.items():
        with subtests.test(name):
            complaints = []
            page.on("pageerror", lambda error, heard=complaints: heard.append(str(error)))
            response = page.goto(f"{live_server}{address}")
            assert response.status == (409 if name == "a move that is not possible" else 200)
            assert re.fullmatch(r".+ – .+", page.title())
            assert page.locator("h1").count() == 1
            assert page.locator(".govuk-error-summary").count() <= 1
            is_clean(page)
            assert complaints == []
