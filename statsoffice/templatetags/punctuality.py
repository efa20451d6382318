"""Whether readers can see the punctuality of any producer, for the link below the public calendar."""

from django import template

from breaches.compliance import is_punctuality_public

register = template.Library()


@register.simple_tag
def shows_punctuality() -> bool:
    return is_punctuality_public()
