"""Tags for every page: the office's name and sign-in provider, second factors and pagination."""

from collections.abc import Iterator

from django import template
from django.conf import settings
from django.core.paginator import Page

from statsoffice.accounts.second_factor import lacks_second_factor
from statsoffice.env import OfficeProvider

register = template.Library()

register.simple_tag(lacks_second_factor, name="lacks_second_factor")


@register.simple_tag
def office_name() -> str:
    """Return the office's name; this also works on the error page, which is rendered without a request."""
    return str(settings.OFFICE_NAME)


@register.simple_tag
def office_provider() -> OfficeProvider | None:
    provider: OfficeProvider | None = settings.OFFICE_PROVIDER
    return provider


@register.filter
def page_numbers(page: "Page[object]") -> Iterator[str | int]:
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
