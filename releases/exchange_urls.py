"""Addresses of the import and export pages."""

from django.urls import path

from releases.views import imports

app_name = "exchange"

urlpatterns = [
    path("your-releases/", imports.own_releases, name="release_list"),
    path("your-releases/export/<str:kind>/", imports.export_releases, name="export"),
    path("imports/template/<str:kind>/", imports.download_template, name="template"),
    path("imports/columns/", imports.column_guide, name="columns"),
    path("imports/govuk/", imports.from_govuk, name="from_govuk"),
    path("imports/govuk/record/", imports.record_announcement, name="record_from_govuk"),
    path("imports/", imports.imports_page, name="imports"),
    path("imports/<uuid:public_id>/", imports.show_import, name="import"),
    path("imports/<uuid:public_id>/progress/", imports.import_progress, name="import_progress"),
    path("imports/<uuid:public_id>/confirm/", imports.confirm_import, name="confirm_import"),
    path("imports/<uuid:public_id>/discard/", imports.discard_import, name="discard_import"),
]
