"""Hook of mkdocs: lists the decisions in the navigation, and on their page."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

INDEX = "decisions/index.md"


def on_config(config: MkDocsConfig) -> None:
    """Put every decision below the page that lists them, so that a new one needs no entry in mkdocs.yml."""
    decisions = [INDEX, *(f"decisions/{path.name}" for path in _find_decisions(config))]
    for section in config.nav or []:
        for entries in section.values() if isinstance(section, dict) else []:
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict) and INDEX in entry.values():
                    entry[next(iter(entry))] = decisions


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: object) -> str:
    """Add the list of decisions to their page."""
    if page.file.src_uri != INDEX:
        return markdown
    titles = [(path, path.read_text().partition("\n")[0].removeprefix("# ")) for path in _find_decisions(config)]
    return markdown + "\n".join(f"- [{title}]({path.name})" for path, title in titles)


def _find_decisions(config: MkDocsConfig) -> list[Path]:
    return sorted(path for path in Path(config.docs_dir, "decisions").glob("*.md") if re.match(r"\d{4}-", path.name))
