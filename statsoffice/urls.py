"""Where each page lives, and security.txt, which is in no app."""

from datetime import UTC, datetime, time, timedelta

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

import breaches.urls
import releases.urls
from statsoffice import health, middleware
from statsoffice.guides import views as guides
from statsoffice.metrics import metrics

# One place to sign in, with its limit on attempts; the admin's own log-in page has none.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# RFC 9116 recommends less than a year. Each response counts from its own day, so the file never expires in use.
SECURITY_TXT_VALID_FOR = timedelta(days=90)


@require_safe
def show_security_txt(_request: HttpRequest) -> HttpResponse:
    """Show where to report a vulnerability (RFC 9116).

    :raises Http404: if the office has not set a contact.
    """
    if not settings.SECURITY_CONTACT:
        raise Http404("No contact for vulnerabilities is set.")
    expires = datetime.combine(timezone.now().astimezone(UTC), time(), tzinfo=UTC) + SECURITY_TXT_VALID_FOR
    lines = (
        f"Contact: mailto:{settings.SECURITY_CONTACT}",
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        "Preferred-Languages: en",
        f"Canonical: {settings.ADDRESS}{reverse('security_txt')}",
    )
    return HttpResponse("\n".join([*lines, ""]), content_type="text/plain; charset=utf-8")


urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include("statsoffice.accounts.urls")),
    path("accessibility/", guides.accessibility, name="accessibility"),
    path("guides/", include("statsoffice.guides.urls")),
    path("set-up/", include("statsoffice.setup.urls")),
    path("desk/", include("statsoffice.dashboard.urls")),
    path("messages/", include("statsoffice.notifications.urls")),
    path("audit/", include("statsoffice.audit.urls")),
    path("unsent/", middleware.show_unsent_form, name="unsent"),
    path("reports/", include("breaches.urls")),
    path("redactions/", include("statsoffice.redaction.urls")),
    path("breaches/", include((breaches.urls.public_urlpatterns, "transparency"))),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path(".well-known/security.txt", show_security_txt, name="security_txt"),
    path("metrics", metrics, name="metrics"),
    path("canary/", include("statsoffice.self_monitoring.urls")),
    path("", include(releases.urls.exchange)),
    path("", include("releases.urls")),
]
