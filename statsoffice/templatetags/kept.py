"""Kept bodies in pages, worded by `releases.words.proof_in_words`."""

from collections.abc import Sequence

from django import template

from releases.core.judging.proof import Place
from releases.words import proof_in_words

register = template.Library()


@register.filter
def places_in_words(places: Sequence[Place]) -> str:
    """Say as what a look's body is kept."""
    return proof_in_words.places_in_words(places)
