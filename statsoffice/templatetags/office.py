"""What pages need to know of the office, with no help from a request: its name, and which pages of a list to offer."""

from collections.abc import Iterator

from django import template
from django.conf import settings
from django.core.paginator import Page

register = template.Library()


@register.simple_tag
def office_name() -> str:
    """Name the office, on the page for a failure too, which is rendered without a request."""
    return str(settings.OFFICE_NAME)


@register.filter
def page_numbers(page: "Page[object]") -> Iterator[str | int]:
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
