"""Where each page lives."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path

from statsoffice import health, middleware
from statsoffice.guides import views as guides
from statsoffice.metrics import metrics
from statsoffice.security_txt import security_txt

# One place to sign in, with its limit on attempts; the admin's own log-in page has none.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("statsoffice.accounts.urls")),
    path("accessibility/", guides.accessibility, name="accessibility"),
    path("guides/", include("statsoffice.guides.urls")),
    path("set-up/", include("statsoffice.setup.urls")),
    path("desk/", include("statsoffice.dashboard.urls")),
    path("messages/", include("statsoffice.notifications.urls")),
    path("audit/", include("statsoffice.audit.urls")),
    path("unsent/", middleware.unsent, name="unsent"),
    path("reports/", include("breaches.urls")),
    path("redactions/", include("statsoffice.redaction.urls")),
    path("breaches/", include("breaches.public_urls")),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("metrics", metrics, name="metrics"),
    path("canary/", include("statsoffice.self_monitoring.urls")),
    path("", include("releases.exchange_urls")),
    path("", include("releases.urls")),
]
