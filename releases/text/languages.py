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
    """Return the language of the page by its BCP 47 tag: "en-GB" or "cy"."""
    language = get_language() or settings.LANGUAGE_CODE
    name, _hyphen, region = language.partition("-")
    return f"{name}-{region.upper()}" if region else name


def office_names() -> Bilingual:
    return Bilingual(str(settings.OFFICE_NAME), str(settings.WELSH_OFFICE_NAME))


def choose_language(text: Bilingual) -> str:
    """Return a title or a name in the language of the page, in English if there is no Welsh one."""
    return text.welsh if is_welsh() and text.welsh else text.english


def language_of(text: Bilingual) -> str:
    """Return the tag of the language in which `choose_language` writes a text."""
    return WELSH if is_welsh() and text.welsh else ENGLISH


def mark_language(text: Bilingual) -> str:
    """Write a title or a name as HTML; on a Welsh page, an English one is marked as English."""
    if is_welsh() and not text.welsh:
        return format_html('<span lang="en">{}</span>', text.english)
    return choose_language(text)


class LanguagePrefix(RoutePattern):
    """The prefix of public pages: nothing in English, "cy/" while Welsh is the language.

    Django's `i18n_patterns` is allowed only in the root URLconf, but apps list their pages in URLconfs of their own.
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
    """Return URL patterns for pages that exist in both languages, with the prefix of the language."""
    return URLResolver(LanguagePrefix(), list(pages))
