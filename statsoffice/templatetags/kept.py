"""Kept bodies in pages, worded by `releases.text.release`."""

from collections.abc import Sequence

from django import template

from releases.text import release
from releases.verdict.proof import Place

register = template.Library()


@register.filter
def places_in_words(places: Sequence[Place]) -> str:
    return release.places_in_words(places)
