"""The languages of public pages: English, and Welsh below /cy/ (decision 89)."""

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.urls import URLPattern, URLResolver
from django.urls.resolvers import RoutePattern
from django.utils.html import format_html
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from releases.rules.public_calendar import Bilingual

ENGLISH, WELSH = "en", "cy"
WELSH_PREFIX = f"{WELSH}/"


def join_with_and(items: Iterable[str]) -> str:
    """Join words in the language of the page: "a, b and c"."""
    # Django's `get_text_list` is not used, because its Welsh list separator is a comma without a space.
    *most, last = list(items) or [""]
    return f"{', '.join(most)} {_('and')} {last}" if most else last


def is_welsh() -> bool:
    return get_language() == WELSH


def language_tag() -> str:
    """Return the BCP 47 tag of the page's language: "en-GB" or "cy"."""
    language = get_language() or settings.LANGUAGE_CODE
    name, _hyphen, region = language.partition("-")
    return f"{name}-{region.upper()}" if region else name


def office_names() -> Bilingual:
    return Bilingual(str(settings.OFFICE_NAME), str(settings.WELSH_OFFICE_NAME))


def choose_language(text: Bilingual) -> str:
    """Return a title or a name in the language of the page. If there is no Welsh text, return the English text."""
    return text.welsh if is_welsh() and text.welsh else text.english


def language_of(text: Bilingual) -> str:
    """Return the tag of the language that `choose_language` chooses for a text."""
    return WELSH if is_welsh() and text.welsh else ENGLISH


def mark_language(text: Bilingual) -> str:
    """Return a title or a name for a page, in the language of the page.

    If the page is in Welsh and there is no Welsh text, return HTML that marks the English text as English.
    """
    if is_welsh() and not text.welsh:
        return format_html('<span lang="en">{}</span>', text.english)
    return choose_language(text)


class LanguagePrefix(RoutePattern):
    """The language prefix of public pages. It is empty for English and "cy/" for Welsh.

    Django allows `i18n_patterns` only in the root URLconf, but each of our apps lists its pages in its own URLconf.
    """

    def __init__(self) -> None:
        super().__init__("")

    @property
    def regex(self) -> re.Pattern[str]:  # type: ignore[override]  # Django's is a descriptor
        return re.compile(re.escape(str(self)))

    def match(self, path: str) -> tuple[str, tuple[()], dict[str, Any]] | None:
        prefix = str(self)
        return (path.removeprefix(prefix), (), {}) if path.startswith(prefix) else None

    def check(self) -> list[Any]:
        return []

    def __str__(self) -> str:
        return WELSH_PREFIX if is_welsh() else ""


def in_both_languages(pages: Iterable[URLPattern | URLResolver]) -> URLResolver:
    """Return a URL resolver for pages that exist in English and in Welsh.

    The addresses of the Welsh pages begin with "cy/".
    """
    return URLResolver(LanguagePrefix(), list(pages))
