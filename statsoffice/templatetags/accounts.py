"""What templates ask of accounts."""

from django import template
from django.conf import settings

from statsoffice.accounts.models import User
from statsoffice.accounts.second_factor import lacks_one
from statsoffice.env import OfficeProvider

register = template.Library()


@register.simple_tag
def lacks_second_factor(person: User) -> bool:
    return lacks_one(person)


@register.simple_tag
def office_provider() -> OfficeProvider | None:
    """Return the office's own provider of sign-in, if there is one."""
    provider: OfficeProvider | None = settings.OFFICE_PROVIDER
    return provider
