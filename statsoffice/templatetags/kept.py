"""Kept bodies in pages, worded by `releases.proof_in_words`."""

from collections.abc import Sequence

from django import template

from releases import proof_in_words
from releases.proof import Place

register = template.Library()


@register.filter
def places_in_words(places: Sequence[Place]) -> str:
    """Say as what a look's body is kept."""
    return proof_in_words.places_in_words(places)
