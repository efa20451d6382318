"""What templates ask of accounts."""

from django import template

from statsoffice.accounts.models import User
from statsoffice.accounts.second_factor import lacks_one

register = template.Library()


@register.simple_tag
def lacks_second_factor(person: User) -> bool:
    """Tell whether a person must have a second factor and has none."""
    return lacks_one(person)
