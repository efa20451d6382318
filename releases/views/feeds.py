"""The calendar for other programs to follow: iCalendar files and Atom feeds of the office, a producer or a series."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from releases.models import Release
from releases.readers import calendar_file, change_feed, following, public
from releases.readers.calendar_file import Titled
from releases.readers.change_feed import FeedTitled
from releases.readers.following import CHANGES_PER_PAGE, MOST_PAGES, MOST_RELEASES, Followed, NothingAnnounced
from releases.readers.for_programs import for_programs
from releases.readers.public_addresses import page_address, releases_at, whole


@for_programs
def calendar(request: HttpRequest, producer: str = "", series: str = "") -> HttpResponse:
    """Give the calendar of the whole office, a producer or a series to subscribe to."""
    what = _followed(producer, series)
    words = {"name": what.name or settings.OFFICE_NAME, "most": f"{MOST_RELEASES:,}"}
    description = _("%(name)s: releases of the last year and releases to come, the nearest %(most)s.") % words
    titled = Titled(_("Releases: %(name)s") % words, description, page_address(what))
    releases = following.releases_of(what, now=timezone.now())
    written = calendar_file.calendar_file(releases, titled=titled, releases_at=releases_at())
    return HttpResponse(written, content_type=calendar_file.MEDIA_TYPE)


@for_programs
def release(request: HttpRequest, reference: str) -> HttpResponse:
    """Give one announced release as a calendar file."""
    found = public.facts(Release.objects.public().filter(reference=reference))
    if not found:
        message = f"There is no announced release {reference}."
        raise Http404(message)
    page = whole("releases:release", reference)
    titled = Titled(found[0].title, found[0].series.name, page)
    written = calendar_file.calendar_file(found, titled=titled, releases_at=releases_at())
    response = HttpResponse(written, content_type=calendar_file.MEDIA_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{reference}.ics"'
    return response


@for_programs
def changes(request: HttpRequest, producer: str = "", series: str = "") -> HttpResponse:
    """Give what happened to announced releases, the newest first, in pages that lead to each other."""
    what, page = _followed(producer, series), _page(request.GET.get("page", "1"))
    found, more = following.newest_changes(what, page=page)
    first = settings.ADDRESS + request.path
    links = {"self": first if page == 1 else f"{first}?page={page}", "first": first}
    if page > 1:
        links["previous"] = first if page == 2 else f"{first}?page={page - 1}"
    if more:
        links["next"] = f"{first}?page={page + 1}"
    name = _("Changes to releases: %(name)s") % {"name": what.name or settings.OFFICE_NAME}
    titled = FeedTitled(name, settings.OFFICE_NAME, page_address(what), links)
    written = change_feed.change_feed(found, titled=titled, releases_at=releases_at())
    return HttpResponse(written, content_type=change_feed.MEDIA_TYPE)


def _followed(producer: str, series: str) -> Followed:
    try:
        return following.followed(producer=producer, series=series)
    except NothingAnnounced as nothing:
        raise Http404(str(nothing)) from nothing


def _page(asked: str) -> int:
    if asked in {str(page) for page in range(1, MOST_PAGES + 1)}:
        return int(asked)
    message = f"There is no page {asked[:20]} of this feed: it has {MOST_PAGES} pages of {CHANGES_PER_PAGE} changes."
    raise Http404(message)
