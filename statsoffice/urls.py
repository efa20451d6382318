"""Where each page lives."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

# One place to sign in, with its limit on attempts; the admin's own log-in page has none.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
    path("desk/", include("statsoffice.desk.urls")),
    path("reports/", include("breaches.urls")),
    path("", include("releases.urls")),
]
