"""Where calendars come in and go out."""

from django.urls import path

from releases.views import exports, govuk, imports

app_name = "exchange"

urlpatterns = [
    path("your-releases/", exports.release_list, name="release_list"),
    path("your-releases/export/<str:kind>/", exports.export, name="export"),
    path("imports/template/<str:kind>/", exports.template, name="template"),
    path("imports/columns/", exports.columns, name="columns"),
    path("imports/govuk/", govuk.from_govuk, name="from_govuk"),
    path("imports/govuk/record/", govuk.record, name="record_from_govuk"),
    path("imports/", imports.imports_page, name="imports"),
    path("imports/<uuid:public_id>/", imports.show, name="import"),
    path("imports/<uuid:public_id>/progress/", imports.progress, name="import_progress"),
    path("imports/<uuid:public_id>/confirm/", imports.confirm, name="confirm_import"),
    path("imports/<uuid:public_id>/discard/", imports.discard, name="discard_import"),
]
