"""Where the calendar and the releases live."""

from django.urls import path, re_path

from releases.api import guide, refusals, routes
from releases.views import (
    agreement,
    answers,
    calendar,
    changes,
    delay,
    feeds,
    kept,
    moves,
    planner,
    pre_release,
    pre_release_entry,
    pre_release_public,
    preflight,
    release,
    tasks,
)

app_name = "releases"

urlpatterns = [
    path("", calendar.calendar, name="calendar"),
    path("calendar/", calendar.all_months, name="all_months"),
    path("calendar/<int:year>/<int:month>/", calendar.calendar, name="month"),
    path("changes/", changes.register, name="changes"),
    path("changes/export/<str:kind>/", changes.export, name="export_changes"),
    path("changes/waiting/", agreement.waiting, name="changes_waiting"),
    path("changes/waiting/<int:key>/refuse/", agreement.refuse, name="refuse_change"),
    path("changes/waiting/<int:key>/withdraw/", agreement.withdraw, name="withdraw_change"),
    path("calendar.ics", feeds.calendar, name="office_calendar"),
    path("changes.atom", feeds.changes, name="office_changes"),
    path("producers/<slug:producer>/calendar.ics", feeds.calendar, name="producer_calendar"),
    path("producers/<slug:producer>/changes.atom", feeds.changes, name="producer_changes"),
    path("producers/<slug:producer>/<slug:series>/calendar.ics", feeds.calendar, name="series_calendar"),
    path("producers/<slug:producer>/<slug:series>/changes.atom", feeds.changes, name="series_changes"),
    path("api/v1/", guide.guide, name="api_guide"),
    path("api/v1/", routes.urls()),
    re_path(r"^api/[\s\S]*$", refusals.nothing_here),  # a line end as well, which <path:> leaves out
    path("planner/", planner.planner, name="planner"),
    path("planner/<int:year>/", planner.planner, name="planner"),
    path("releases/<slug:reference>/", release.release, name="release"),
    path("releases/<slug:reference>/calendar.ics", feeds.release, name="release_calendar"),
    path("releases/<slug:reference>/announce/", moves.announce, name="announce"),
    path("releases/<slug:reference>/confirm/", moves.confirm, name="confirm"),
    path("releases/<slug:reference>/change-date/", moves.change_date, name="change_date"),
    path("releases/<slug:reference>/ask-to-change-date/", agreement.ask, name="ask_date_change"),
    path("releases/<slug:reference>/changes/<int:version>/reason/", changes.correct_reason, name="correct_reason"),
    path("releases/<slug:reference>/delay-notice/", delay.post, name="delay_notice"),
    path("releases/<slug:reference>/delay-notice/withdraw/", delay.withdraw, name="withdraw_delay_notice"),
    path("releases/<slug:reference>/cancel/", moves.cancel, name="cancel"),
    path("tasks/<int:key>/tick/", tasks.tick, name="tick_task"),
    path("releases/<slug:reference>/preflight/", preflight.ask, name="preflight"),
    path("releases/<slug:reference>/say/<int:address>/<str:digest>/", answers.say, name="say"),
    path("releases/<slug:reference>/was-live/", answers.was_live, name="was_live"),
    path("releases/<slug:reference>/evidence/", kept.export, name="export_evidence"),
    path("releases/<slug:reference>/kept/<str:sha256>/", kept.source, name="kept_body"),
    path("releases/<slug:reference>/kept/<str:sha256>/download/", kept.download, name="kept_body_download"),
    path("pre-release-access/<slug:producer>/", pre_release_public.lists_of, name="pre_release_lists"),
    path("releases/<slug:reference>/pre-release-access/", pre_release_public.published, name="pre_release"),
    path("releases/<slug:reference>/pre-release-access/list/", pre_release.kept, name="pre_release_list"),
    path("releases/<slug:reference>/pre-release-access/list/add/", pre_release_entry.add, name="pre_release_add"),
    path("releases/<slug:reference>/pre-release-access/list/copy/", pre_release.copy, name="pre_release_copy"),
    path("releases/<slug:reference>/pre-release-access/list/decide/", pre_release.decide, name="pre_release_decide"),
    path("releases/<slug:reference>/pre-release-access/list/erase/", pre_release.erase, name="pre_release_erase"),
    *(
        path(
            f"releases/<slug:reference>/pre-release-access/list/<int:key>/{name.replace('_', '-')}/",
            view,
            name=f"pre_release_{name}",
        )
        for name, view in pre_release_entry.PAGES.items()
    ),
]
