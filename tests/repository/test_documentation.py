"""The documentation as a site: it is built with every warning as an error, and needs nothing from outside."""

import importlib.util
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from markdown_it import MarkdownIt

ROOT = settings.BASE_DIR
DOCS = ROOT / "docs"
LONGEST_PAGE = 900
"""Words of a page for operators, without its commands."""


def build(into: Path, config: Path = ROOT / "mkdocs.yml") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--config-file", config, "--site-dir", into]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = build(folder)
    assert built.returncode == 0, built.stderr
    return folder


class Page(HTMLParser):
    """What a browser requests to show a page, and the pages to which it links."""

    LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.pictures_without_words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if address := given.get(self.LOADED.get(tag, "")):
            self.loaded.append(address)
        if tag == "a" and (link := given.get("href")):
            self.links.append(link)
        if tag == "img" and len((given.get("alt") or "").split()) < 4:
            self.pictures_without_words.append(given.get("src") or "")


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[str, Page]:
    return {str(path.relative_to(site)): Page(path.read_text()) for path in site.rglob("*.html")}


def test_no_page_loads_anything_from_another_site(site: Path, pages: dict[str, Page]) -> None:
    assert len(pages) > 100
    outside = re.compile(r"^(\w+:)?//")
    assert [(name, one) for name, page in pages.items() for one in page.loaded if outside.match(one)] == []
    styles = {path.name: path.read_text() for path in site.rglob("*.css")}
    assert styles
    assert [name for name, text in styles.items() if re.search(r"""(url\(|@import )["']?(\w+:)?//""", text)] == []


def test_everything_that_a_page_loads_or_links_to_is_in_the_site(site: Path, pages: dict[str, Page]) -> None:
    missing = []
    for name, page in pages.items():
        if name == "404.html":  # its addresses begin at the top of the site, because it answers at any depth
            continue
        for address in [*page.loaded, *page.links]:
            path = address.partition("#")[0]
            if path and not re.match(r"\w+:", path) and not (site / name).parent.joinpath(path).exists():
                missing.append((name, address))
    assert missing == []


def test_every_picture_has_words_for_it(pages: dict[str, Page]) -> None:
    assert {name: page.pictures_without_words for name, page in pages.items() if page.pictures_without_words} == {}


def test_every_decision_is_on_the_page_of_decisions(pages: dict[str, Page]) -> None:
    decisions = {f"{path.stem}.html" for path in (DOCS / "decisions").glob("0*.md")}
    assert len(decisions) > 80
    assert decisions <= set(pages["decisions/index.html"].links)


def test_a_reader_can_search_without_a_server_of_ours(site: Path) -> None:
    index = (site / "search" / "search_index.json").read_text()
    assert "Point-in-time recovery" in index


def test_no_page_for_operators_is_long() -> None:
    lengths = {
        path.name: len(re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.DOTALL | re.MULTILINE).split())
        for path in (DOCS / "operations").glob("*.md")
    }
    assert len(lengths) > 20
    assert {name: length for name, length in lengths.items() if length > LONGEST_PAGE} == {}


def count_blocks(html: str) -> dict[str, int]:
    return {tag: len(re.findall(rf"<{tag}[ >]", html)) for tag in ("ol", "ul", "li", "table", "pre", "h2", "h3")}


def test_every_page_has_the_lists_tables_and_code_that_github_shows(site: Path) -> None:
    github = MarkdownIt("commonmark").enable("table")
    for document in sorted(DOCS.rglob("*.md")):
        path = document.relative_to(DOCS)
        if str(path) in ("roadmap.md", "decisions/index.md"):  # not in the site, and with a list of its own there
            continue
        page = (site / path.with_suffix(".html")).read_text()
        (article,) = re.findall(r"<article[^>]*>(.*?)</article>", page, re.DOTALL)
        assert count_blocks(article) == count_blocks(github.render(document.read_text())), path


LISTS = """\
A list follows:
- first, on
  two lines
  - inner
- second

  ```
  - code
  ```
1. one

   more
2. two

Text.
- again"""

ADAPTED = """\
A list follows:

- first, on
    two lines
    - inner
- second

    ```
    - code
    ```

1. one

    more

2. two

Text.

- again"""


def test_lists_are_read_as_they_are_elsewhere() -> None:
    spec = importlib.util.spec_from_file_location("hooks", DOCS / "hooks.py")
    assert spec
    assert spec.loader
    hooks = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hooks)
    assert hooks.adapt_lists(LISTS) == ADAPTED


FAULTS = {
    "a link to a page that is not there": "[page](nothing.md)",
    "a link to a heading that is not there": "[heading](other.md#nothing)",
    "a picture that is not there": "![four words for it](nothing.png)",
    "a link out of the site": "[readme](../README.md)",
}


def test_a_broken_link_and_a_page_outside_the_navigation_fail_the_build(tmp_path: Path) -> None:
    documents = tmp_path / "docs"
    documents.mkdir()
    (documents / "index.md").write_text("# Index\n\n" + "\n\n".join(FAULTS.values()))
    for name in ("other", "alone"):
        (documents / f"{name}.md").write_text(f"# {name}\n")
    text = (ROOT / "mkdocs.yml").read_text()
    validation = re.search(r"^validation:\n(?:  .*\n)+", text, re.MULTILINE)
    assert validation
    assert yaml.safe_load(validation[0])
    config = tmp_path / "mkdocs.yml"
    config.write_text(f"site_name: test\nnav: [index.md, other.md]\n{validation[0]}")
    built = build(tmp_path / "site", config)
    assert built.returncode == 1
    for named in ("nothing.md", "other.md#nothing", "nothing.png", "../README.md", "- alone.md"):
        assert named in built.stderr
