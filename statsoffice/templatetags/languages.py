"""Template tags for pages that are in English and in Welsh."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from releases.text import languages
from statsoffice import welsh

register = template.Library()

register.filter("in_language", languages.mark_language)
register.filter("plain_in_language", languages.choose_language)


@register.filter
def mark_english(text: str) -> str:
    """Return a text that people wrote in English. On a Welsh page, mark the text as English."""
    return format_html('<span lang="en">{}</span>', text) if languages.is_welsh() and text else text


@register.simple_tag
def in_english() -> SafeString:
    """Return the attribute that marks a text as English on a Welsh page.

    On an English page, return an empty string.
    """
    return SafeString(' lang="en"' if languages.is_welsh() else "")


@register.simple_tag
def office_language() -> SafeString:
    """Return the attribute that marks the office's name as English on a Welsh page.

    If the page is in English, or the office has a Welsh name, return an empty string.
    """
    return SafeString("" if languages.office_names().welsh else in_english())


@register.simple_tag
def marked_office_name() -> str:
    """Return the office's name as HTML. If a Welsh page shows the English name, mark the name as English.

    Do not use this tag in titles and attributes, because the mark is an HTML element.
    """
    return languages.mark_language(languages.office_names())


@register.simple_tag(takes_context=True)
def language_links(context: dict[str, Any]) -> welsh.LanguageLinks | None:
    return welsh.find_language_links(context.get("request"))
