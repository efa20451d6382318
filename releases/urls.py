"""Where the calendar and the releases live."""

from django.urls import path

from releases.views import answers, calendar, kept, moves, planner, preflight, release

app_name = "releases"

urlpatterns = [
    path("", calendar.calendar, name="calendar"),
    path("calendar/<int:year>/<int:month>/", calendar.calendar, name="month"),
    path("planner/", planner.planner, name="planner"),
    path("planner/<int:year>/", planner.planner, name="planner"),
    path("releases/<slug:reference>/", release.release, name="release"),
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
