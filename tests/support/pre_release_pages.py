"""Addresses of a list's pages, and its forms filled in."""

from django.urls import reverse
from selectolax.lexbor import LexborHTMLParser

from breaches.models import Report
from releases.models import AccessLink, AccessReceipt, ReleaseEvent
from statsoffice.notifications.models import Message
from tests.support.pre_release_lists import MINISTER

# By entry; the others are pages of the whole list.
OF_AN_ENTRY = (
    "change",
    "withdraw",
    "begin",
    "end",
    "take_back",
    "erase_name",
    "renew_links",
    "confirm_by_phone",
    "take_back_phone",
)
OF_THE_LIST = ("list", "add", "copy", "decide", "erase", "confirm_list")


def address(name, release, *key):
    """The address of a page: "list", "add", or "change" with the key of an entry."""
    return reverse(f"releases:pre_release_{name}", args=[release.reference, *key])


def published(release):
    """The address of the published list."""
    return reverse("releases:pre_release", args=[release.reference])


def entry_form(details=MINISTER, **fields):
    """The form of an entry, filled in."""
    typed = {
        "post": details.post,
        "organisation": details.organisation,
        "person": details.person,
        "email": details.email,
        "reason": details.reason,
        "length": details.period.length,
        "unit": details.period.unit.value,
        "period_reason": details.period_reason,
    }
    return typed | fields


def time_form(entry, clock="8:30am", day=30):
    """The form of an instant in June 2020, filled in."""
    return {"version": entry.version, "on-day": day, "on-month": 6, "on-year": 2020, "time": clock}


def seen_on(response):
    """The form of a page that confirms the list as the page shows it."""
    (field,) = LexborHTMLParser(response.text).css("input[name=seen]")
    return {"seen": field.attributes["value"]}


def errors(response):
    """The errors of the form on a page, by field."""
    return {field: list(found) for field, found in response.context["form"].errors.items()}


def words(response):
    """The text of a page, white space made one."""
    return " ".join(response.text.split())


def record_of_visits():
    """What a visit could change: links are compared with all their values, other rows by their number."""
    counted = (AccessReceipt, ReleaseEvent, Report, Message)
    return list(AccessLink.objects.order_by("pk").values()), [model.objects.count() for model in counted]
