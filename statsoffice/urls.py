"""Where each page lives."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("desk/", include("statsoffice.desk.urls")),
    path("reports/", include("breaches.urls")),
    path("", include("releases.urls")),
]
