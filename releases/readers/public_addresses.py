"""Whole addresses of public pages, as feeds, files and the API tell them."""

from django.conf import settings
from django.http import QueryDict
from django.urls import reverse

from releases.readers.following import Followed


def whole(page: str, *which: str) -> str:
    """Return the address of a page with the host under which the service is known, whoever asks for it how."""
    return str(settings.ADDRESS) + reverse(page, args=which)


def releases_at() -> str:
    """Return the address below which each release has its page."""
    return whole("releases:release", "x").removesuffix("x/")


def page_address(what: Followed) -> str:
    """Return the address of the page that shows what somebody follows."""
    asked = QueryDict(mutable=True)
    asked.update({name: one.slug for name, one in (("producer", what.producer), ("series", what.series)) if one})
    return whole("releases:all_months") + (f"?{asked.urlencode()}" if asked else "")


def feed_address(kind: str, what: Followed) -> str:
    """Return the address of one of the feeds, "calendar" or "changes", of what somebody follows."""
    if what.producer is None:
        return whole(f"releases:office_{kind}")
    if what.series is None:
        return whole(f"releases:producer_{kind}", what.producer.slug)
    return whole(f"releases:series_{kind}", what.producer.slug, what.series.slug)


def follow(what: Followed) -> dict[str, str]:
    """Return what a page needs to let its reader follow something: whose releases, and the addresses of its feeds."""
    return {
        "whose": what.name or str(settings.OFFICE_NAME),
        "calendar": feed_address("calendar", what),
        "changes": feed_address("changes", what),
    }
