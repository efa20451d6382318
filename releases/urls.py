"""Where the calendar and the releases live."""

from django.urls import path, re_path

from releases.api import guide, refusals, routes
from releases.views import answers, calendar, feeds, kept, moves, preflight, release

app_name = "releases"

urlpatterns = [
    path("", calendar.calendar, name="calendar"),
    path("calendar/", calendar.all_months, name="all_months"),
    path("calendar/<int:year>/<int:month>/", calendar.calendar, name="month"),
    path("calendar.ics", feeds.calendar, name="office_calendar"),
    path("changes.atom", feeds.changes, name="office_changes"),
    path("producers/<slug:producer>/calendar.ics", feeds.calendar, name="producer_calendar"),
    path("producers/<slug:producer>/changes.atom", feeds.changes, name="producer_changes"),
    path("producers/<slug:producer>/<slug:series>/calendar.ics", feeds.calendar, name="series_calendar"),
    path("producers/<slug:producer>/<slug:series>/changes.atom", feeds.changes, name="series_changes"),
    path("api/v1/", guide.guide, name="api_guide"),
    path("api/v1/", routes.urls()),
    re_path(r"^api/[\s\S]*$", refusals.nothing_here),  # a line end as well, which <path:> leaves out
    path("releases/<slug:reference>/", release.release, name="release"),
    path("releases/<slug:reference>/calendar.ics", feeds.release, name="release_calendar"),
    path("releases/<slug:reference>/announce/", moves.announce, name="announce"),
    path("releases/<slug:reference>/confirm/", moves.confirm, name="confirm"),
    path("releases/<slug:reference>/change-date/", moves.change_date, name="change_date"),
    path("releases/<slug:reference>/cancel/", moves.cancel, name="cancel"),
    path("releases/<slug:reference>/preflight/", preflight.ask, name="preflight"),
    path("releases/<slug:reference>/say/<int:address>/<str:digest>/", answers.say, name="say"),
    path("releases/<slug:reference>/was-live/", answers.was_live, name="was_live"),
    path("releases/<slug:reference>/evidence/", kept.export, name="export_evidence"),
    path("releases/<slug:reference>/kept/<str:sha256>/", kept.source, name="kept_body"),
    path("releases/<slug:reference>/kept/<str:sha256>/download/", kept.download, name="kept_body_download"),
]
