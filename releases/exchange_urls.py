"""Where calendars come in and go out."""

from django.urls import path

from releases.views import imports

app_name = "exchange"

urlpatterns = [
    path("imports/", imports.imports_page, name="imports"),
    path("imports/<uuid:public_id>/", imports.show, name="import"),
    path("imports/<uuid:public_id>/progress/", imports.progress, name="import_progress"),
    path("imports/<uuid:public_id>/confirm/", imports.confirm, name="confirm_import"),
    path("imports/<uuid:public_id>/discard/", imports.discard, name="discard_import"),
]
