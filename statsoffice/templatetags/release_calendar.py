"""The calendar in pages: how a release stands."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from releases.public.feeds import STATUSES
from releases.rules.announced import PublicStatus

register = template.Library()

COLOURS = {
    PublicStatus.PROVISIONAL: "yellow",
    PublicStatus.CONFIRMED: "blue",
    PublicStatus.POSTPONED: "orange",
    PublicStatus.PUBLISHED: "green",
    PublicStatus.CANCELLED: "grey",
}


@register.filter
def status_tag(status: PublicStatus) -> SafeString:
    return format_html('<strong class="govuk-tag govuk-tag--{}">{}</strong>', COLOURS[status], STATUSES[status])
