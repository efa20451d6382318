"""Tags for many pages: the office's name, sign-in provider, navigation, second factors, pagination and punctuality."""

from collections.abc import Iterator
from typing import Any

from django import template
from django.conf import settings
from django.core.paginator import Page

from breaches.compliance import is_punctuality_public
from releases.permissions import Person, roles_anywhere
from releases.text.languages import choose_language, office_names
from statsoffice.accounts.second_factor import lacks_second_factor
from statsoffice.env import OfficeProvider
from statsoffice.navigation import Link, Navigation, find_navigation, find_signed_out_links

register = template.Library()

register.simple_tag(lacks_second_factor, name="lacks_second_factor")
register.simple_tag(is_punctuality_public, name="shows_punctuality")


@register.simple_tag
def office_name() -> str:
    """Return the office's name. This tag also works on the error page, which is rendered without a request."""
    return choose_language(office_names())


@register.simple_tag
def office_provider() -> OfficeProvider | None:
    provider: OfficeProvider | None = settings.OFFICE_PROVIDER
    return provider


@register.simple_tag(takes_context=True)
def navigation(context: dict[str, Any]) -> Navigation:
    return find_navigation(context["request"])


@register.simple_tag(takes_context=True)
def signed_out_navigation(context: dict[str, Any]) -> tuple[Link, ...]:
    return find_signed_out_links(context.get("request"))


@register.filter
def has_role(person: Person) -> bool:
    """Return whether a person has any role, and so may open pages such as the guides and the year planner."""
    return bool(roles_anywhere(person))


@register.filter
def page_numbers(page: "Page[object]") -> Iterator[str | int]:
    return page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
