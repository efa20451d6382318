"""A tag that decides whether the public calendar links to the punctuality of producers."""

from django import template

from breaches.compliance import is_punctuality_public

register = template.Library()


@register.simple_tag
def shows_punctuality() -> bool:
    return is_punctuality_public()
