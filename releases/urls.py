"""URL patterns for the calendar, release pages, imports and exports."""

from django.urls import path, re_path

from releases.public import api
from releases.text.languages import in_both_languages
from releases.views import (
    calendar,
    date_changes,
    imports,
    notices,
    open_files,
    pre_release,
    publishers,
    receipts,
    release,
    trainings,
    year_reviews,
)

app_name = "releases"

# Pages for readers, in English and in Welsh. Pages for staff and pages of the API are only in English.
public_pages = [
    path("", calendar.month_page, name="calendar"),
    path("calendar/", calendar.all_months, name="all_months"),
    path("calendar/<int:year>/<int:month>/", calendar.month_page, name="month"),
    path("calendar.ics", calendar.calendar_file_page, name="office_calendar"),
    path("changes.atom", calendar.change_feed_page, name="office_changes"),
    path("producers/<slug:producer>/calendar.ics", calendar.calendar_file_page, name="producer_calendar"),
    path("producers/<slug:producer>/changes.atom", calendar.change_feed_page, name="producer_changes"),
    path("producers/<slug:producer>/<slug:series>/calendar.ics", calendar.calendar_file_page, name="series_calendar"),
    path("producers/<slug:producer>/<slug:series>/changes.atom", calendar.change_feed_page, name="series_changes"),
    path("releases/<slug:reference>/", release.show_release, name="release"),
    path("releases/<slug:reference>/calendar.ics", calendar.release_file_page, name="release_calendar"),
    path("pre-release-access/<slug:producer>/", pre_release.published_lists_of, name="pre_release_lists"),
    path("releases/<slug:reference>/pre-release-access/", pre_release.published_list, name="pre_release"),
]

urlpatterns = [
    in_both_languages(public_pages),
    path("changes/", date_changes.date_register, name="changes"),
    path("changes/export/<str:kind>/", date_changes.export_changes, name="export_changes"),
    path("changes/waiting/", date_changes.waiting_changes, name="changes_waiting"),
    path("changes/waiting/<int:key>/refuse/", date_changes.refuse_change, name="refuse_change"),
    path("changes/waiting/<int:key>/withdraw/", date_changes.withdraw_change, name="withdraw_change"),
    path("api/v1/", api.api_guide, name="api_guide"),
    path("api/v1/", api.urls()),
    re_path(r"^api/[\s\S]*$", api.nothing_here),  # unlike <path:>, this also matches line breaks
    path("planner/", calendar.year_planner, name="planner"),
    path("planner/<int:year>/", calendar.year_planner, name="planner"),
    path("releases/<slug:reference>/announce/", date_changes.announce_view, name="announce"),
    path("releases/<slug:reference>/confirm/", date_changes.confirm_view, name="confirm"),
    path("releases/<slug:reference>/change-date/", date_changes.change_date_view, name="change_date"),
    path(
        "releases/<slug:reference>/ask-to-change-date/", date_changes.request_date_change_view, name="ask_date_change"
    ),
    path("releases/<slug:reference>/changes/<int:version>/reason/", date_changes.correct_reason, name="correct_reason"),
    path(
        "releases/<slug:reference>/changes/<int:version>/agreement/",
        date_changes.correct_agreement_view,
        name="correct_agreement",
    ),
    path("releases/<slug:reference>/delay-notice/", release.post_delay_notice, name="delay_notice"),
    path(
        "releases/<slug:reference>/delay-notice/withdraw/", release.withdraw_delay_notice, name="withdraw_delay_notice"
    ),
    path("releases/<slug:reference>/no-answer/", release.record_no_answer_view, name="no_answer"),
    path("releases/<slug:reference>/no-answer/undo/", release.undo_no_answer_view, name="undo_no_answer"),
    path("trainings/", trainings.list_trainings, name="trainings"),
    path("trainings/<int:key>/", trainings.show_training, name="training"),
    path("trainings/<int:key>/participants/", trainings.change_participants_view, name="change_participants"),
    path("trainings/<slug:producer>/add/", trainings.plan_training_view, name="plan_training"),
    path("open-files/", open_files.list_open_files, name="open_files"),
    path("open-files/<int:key>/", open_files.show_open_file, name="open_file"),
    path("open-files/<int:key>/file/<str:kind>/", open_files.download_dummy_file, name="dummy_file"),
    path("open-files/<int:key>/check/", open_files.check_open_file, name="check_open_file"),
    path("open-files/<int:key>/dealt-with/", open_files.record_remedy_view, name="open_file_dealt_with"),
    path("open-files/hosts/<int:key>/withdraw/", open_files.withdraw_host_view, name="withdraw_host"),
    path("open-files/<slug:producer>/add/", open_files.make_dummy_file_view, name="make_dummy_file"),
    path("open-files/<slug:producer>/hosts/add/", open_files.authorise_host_view, name="authorise_host"),
    # Personal links for people without an account. The logs leave out the token after /receipts/ (statsoffice/logs.py).
    path("receipts/<str:token>/", receipts.show_link, name="receipt"),
    path("receipts/<str:token>/disclosure/", receipts.report_disclosure, name="receipt_disclosure"),
    path("outages/<slug:producer>/<str:host>/<str:due>/", notices.post_outage_notice_view, name="outage"),
    path("corrections/", notices.list_corrections, name="corrections"),
    path("releases/<slug:reference>/corrections/add/", notices.add_correction, name="add_correction"),
    path("releases/<slug:reference>/corrections/<int:number>/", notices.show_correction, name="correction"),
    path(
        "releases/<slug:reference>/corrections/<int:number>/change/",
        notices.change_correction_view,
        name="change_correction",
    ),
    path(
        "releases/<slug:reference>/corrections/<int:number>/withdraw/",
        notices.withdraw_correction_view,
        name="withdraw_correction",
    ),
    path("releases/<slug:reference>/release-at-once/", date_changes.release_at_once_view, name="release_at_once"),
    path("releases/<slug:reference>/on-the-day/", date_changes.decide_on_day, name="decide_on_day"),
    path("releases/<slug:reference>/cancel/", date_changes.cancel_view, name="cancel"),
    path("tasks/<int:key>/tick/", release.tick_task_view, name="tick_task"),
    path("releases/<slug:reference>/preflight/", release.request_preflight_view, name="preflight"),
    path("releases/<slug:reference>/say/<int:address>/<str:digest>/", release.answer_question, name="say"),
    path("releases/<slug:reference>/was-live/", release.state_live_time, name="was_live"),
    path("releases/<slug:reference>/evidence/", release.export_bundle, name="export_evidence"),
    path("releases/<slug:reference>/screenshots/", release.choose_screenshots_view, name="screenshots"),
    path("releases/<slug:reference>/screenshots/<int:key>/", release.show_screenshot, name="screenshot"),
    path("releases/<slug:reference>/screenshots/<int:key>/small/", release.small_screenshot, name="small_screenshot"),
    path("releases/<slug:reference>/kept/<str:sha256>/", release.show_source, name="kept_body"),
    path("releases/<slug:reference>/kept/<str:sha256>/download/", release.download_body, name="kept_body_download"),
    path("releases/<slug:reference>/pre-release-access/list/", pre_release.access_list, name="pre_release_list"),
    path("releases/<slug:reference>/pre-release-access/list/add/", pre_release.add_entry, name="pre_release_add"),
    path(
        "releases/<slug:reference>/pre-release-access/list/copy/", pre_release.copy_list_view, name="pre_release_copy"
    ),
    path(
        "releases/<slug:reference>/pre-release-access/list/decide/",
        pre_release.decide_request_view,
        name="pre_release_decide",
    ),
    path(
        "releases/<slug:reference>/pre-release-access/list/confirm/",
        pre_release.confirm_list_view,
        name="pre_release_confirm_list",
    ),
    path("pre-release-access/<slug:producer>/ask/", pre_release.ask_recipients_view, name="ask_recipients"),
    path(
        "releases/<slug:reference>/pre-release-access/list/erase/",
        pre_release.erase_names_view,
        name="pre_release_erase",
    ),
    *(
        path(
            f"releases/<slug:reference>/pre-release-access/list/<int:key>/{name.replace('_', '-')}/",
            view,
            name=f"pre_release_{name}",
        )
        for name, view in pre_release.PAGES.items()
    ),
]

exchange = (
    [
        path("your-releases/", imports.own_releases, name="release_list"),
        path("your-releases/export/<str:kind>/", imports.export_releases, name="export"),
        path("imports/template/<str:kind>/", imports.download_template, name="template"),
        path("imports/columns/", imports.column_guide_view, name="columns"),
        path("imports/govuk/", imports.from_govuk, name="from_govuk"),
        path("imports/govuk/record/", imports.record_announcement, name="record_from_govuk"),
        path("imports/calendars/<str:source>/", publishers.import_publisher_calendar, name="import_listing"),
        path("imports/past-years/", year_reviews.list_reviews, name="year_reviews"),
        path("imports/past-years/<int:key>/", year_reviews.show_review, name="year_review"),
        path("imports/past-years/<int:key>/progress/", year_reviews.review_progress, name="year_review_progress"),
        path("imports/past-years/<int:key>/read-again/", year_reviews.restart_review_view, name="restart_year_review"),
        path("imports/past-years/<int:key>/remove/", year_reviews.remove_review_view, name="remove_year_review"),
        path(
            "imports/past-years/<int:key>/table/<str:kind>/", year_reviews.export_review_file, name="export_year_review"
        ),
        path(
            "imports/past-years/<int:key>/delays/<str:kind>/", year_reviews.review_picture, name="year_review_picture"
        ),
        path("imports/", imports.imports_page, name="imports"),
        path("imports/<uuid:public_id>/", imports.show_import, name="import"),
        path("imports/<uuid:public_id>/progress/", imports.import_progress, name="import_progress"),
        path("imports/<uuid:public_id>/confirm/", imports.confirm_import_view, name="confirm_import"),
        path("imports/<uuid:public_id>/date-order/", imports.set_date_order_view, name="set_date_order"),
        path("imports/<uuid:public_id>/options/", imports.change_options_view, name="change_options"),
        path("imports/<uuid:public_id>/discard/", imports.discard_import_view, name="discard_import"),
    ],
    "exchange",
)
