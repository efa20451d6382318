"""Hook of mkdocs: adapts lists to Python-Markdown, and lists the decisions in the navigation and on their page."""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

INDEX = "decisions/index.md"
ITEM = re.compile(r" *(?:[-*]|\d+\.) +(?=\S)")
INDENT = 4
"""Spaces by which Python-Markdown expects the blocks of an item. GitHub takes the width of "- " or "1. "."""


def on_config(config: MkDocsConfig) -> None:
    """Put every decision below the page that lists them, so that a new one needs no entry in mkdocs.yml."""
    decisions = [INDEX, *(f"decisions/{path.name}" for path in _find_decisions(config))]
    for section in config.nav or []:
        for entries in section.values() if isinstance(section, dict) else []:
            for entry in entries if isinstance(entries, list) else []:
                if isinstance(entry, dict) and INDEX in entry.values():
                    entry[next(iter(entry))] = decisions


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, **_: object) -> str:
    if page.file.src_uri == INDEX:
        titles = {path.name: path.read_text().partition("\n")[0].removeprefix("# ") for path in _find_decisions(config)}
        markdown += "\n".join(f"- [{title}]({name})" for name, title in titles.items())
    return adapt_lists(markdown)


def on_post_page(output: str, **_: object) -> str:
    """Name the dialog of the search, which has no name in the theme."""
    dialog = 'data-md-component="search" role="dialog"'
    return output.replace(dialog, f'{dialog} aria-label="Search"')


def adapt_lists(markdown: str) -> str:
    """Return a text whose lists Python-Markdown reads as GitHub does.

    It expects an empty line before a list and after an item with several blocks, which are indented by four spaces.
    """
    lines: list[str] = []
    width = 0  # of the mark of the present item, or 0 outside lists
    has_blocks = is_code = False
    for line in markdown.split("\n"):
        text = line.lstrip(" ")
        indent = len(line) - len(text)
        item = None if is_code or indent else ITEM.match(line)
        if item:
            if (has_blocks or not width) and lines and lines[-1].strip():
                lines.append("")
            width, has_blocks = len(item[0]), False
        elif text and indent < width:
            width = 0
        has_blocks |= not text
        lines.append(" " * (INDENT - width) + line if text and not item and 0 < width < INDENT else line)
        is_code ^= text.startswith("```")
    return "\n".join(lines)


def _find_decisions(config: MkDocsConfig) -> list[Path]:
    return sorted(path for path in Path(config.docs_dir, "decisions").glob("*.md") if re.match(r"\d{4}-", path.name))
