"""The documentation as a site, opened from its folder as a reader without a web server opens it."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.repository.test_documentation import build

WIDTHS = {"wide": 1280, "phone": 375}
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(folder)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
def test_a_reader_searches_the_folder_and_opens_what_was_found(page: Page, site: Path, width: int) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("request", lambda request: None if request.url.startswith("file:") else faults.append(request.url))
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(f"file://{site}/index.html")
    if width < 960:
        page.locator("label[for=__search]").first.click()
    page.get_by_role("textbox", name="Search").press_sequentially("webhook teams")
    page.locator(".md-search-result__link").first.click()
    expect(page).to_have_url(re.compile(r"/recipes/teams\.html"))
    expect(page.get_by_role("heading", name="Send notifications to Teams")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert faults == []
    results = Axe().run(page, options=WCAG)  # requests the styles itself, which a folder refuses
    assert results.violations_count == 0, results.generate_report()
