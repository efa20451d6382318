"""The addresses of all pages, and the view of security.txt."""

from datetime import UTC, datetime, time, timedelta

from allauth.account.decorators import secure_admin_login
from allauth.account.urls import urlpatterns as allauth_pages
from django.conf import settings
from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

import breaches.urls
import releases.urls
from releases.text.languages import in_both_languages
from statsoffice import early_releases, guides, health, middleware, minute_briefs, redaction
from statsoffice.accounts import cover, provider, text_numbers
from statsoffice.accounts import views as accounts
from statsoffice.audit import views as audit
from statsoffice.dashboard import sheet, tasks
from statsoffice.dashboard import views as dashboard
from statsoffice.metrics import metrics
from statsoffice.notifications import views as notifications
from statsoffice.office_api import api as office_api
from statsoffice.office_api import views as tokens
from statsoffice.search import search_page
from statsoffice.self_monitoring.page import canary_page
from statsoffice.setup import views as setup
from statsoffice.setup.steps import Step
from statsoffice.webhooks import views as webhooks
from statsoffice.webhooks.inbound import state_publication

admin.autodiscover()
# Replace the log-in page of the admin site, because it does not limit attempts. Our own sign-in page does.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# RFC 9116 recommends less than a year. The time starts on the day of each response, so we never send an expired file.
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


# The account pages of django-allauth that have an address. Its other account pages, such as those for further email
# addresses and for sign-in by code, have none. The sign-up page has an address, but sign-up is closed.
ALLAUTH_PAGES = frozenset(
    {
        "account_login",
        "account_logout",
        "account_inactive",
        "account_signup",
        "account_reauthenticate",
        "account_change_password",
        "account_set_password",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
    }
)
account_pages = [
    path("", accounts.your_account, name="your_account"),
    path("invitations/", accounts.invitation_list, name="invitations"),
    path("invitations/new/", accounts.invite_view, name="invite"),
    path("invitations/<int:key>/", accounts.own_invitation, name="own_invitation"),
    path("invitations/<int:key>/send-again/", accounts.send_again_view, name="send_invitation_again"),
    path("invitations/<int:key>/withdraw/", accounts.withdraw_view, name="withdraw_invitation"),
    path("numbers/", text_numbers.confirm_numbers_view, name="text_numbers"),
    path("cover/", cover.cover_list, name="cover"),
    path("cover/<slug:producer>/new/", cover.name_cover_view, name="name_cover"),
    path("cover/<int:key>/end/", cover.end_cover_view, name="end_cover"),
    path("tokens/", tokens.list_tokens, name="api_tokens"),
    path("tokens/<slug:producer>/new/", tokens.create_token_view, name="create_api_token"),
    path("tokens/<int:key>/revoke/", tokens.revoke_token_view, name="revoke_api_token"),
    path("invited/", accounts.accept_invitation, name="account_accept"),
    path("invited/<str:secret>/", accounts.follow_invitation, name="account_invited"),
    path("sessions/end/", accounts.sign_out_everywhere, name="sign_out_everywhere"),
    path("sessions/", include("allauth.usersessions.urls")),
    path("oidc/login/", provider.begin_sign_in, name="openid_connect_login"),
    path("oidc/login/callback/", provider.finish_sign_in, name="openid_connect_callback"),
    path("2fa/", include("allauth.mfa.urls")),
    *(page for page in allauth_pages if page.name in ALLAUTH_PAGES),
]
guide_pages = [
    path("", guides.guide_list, name="guides"),
    path("<slug:guide>/", guides.guide, name="guide"),
]
setup_pages = [
    path("", setup.overview, name="overview"),
    *(path(f"{step.value}/", getattr(setup, step.name.lower()), name=step.name.lower()) for step in Step),
]
# The addresses of these pages do not begin with /reports/. If a person submits a form under /reports/ after their
# session has ended, we store the form in the session. But we must not store another copy of the words that the person
# wants to remove.
redaction_pages = [
    path("<slug:reference>/", redaction.start_redaction, name="ask"),
    path("<slug:reference>/remove/", redaction.remove, name="remove"),
    path("<slug:reference>/<int:position>/", redaction.show_redaction, name="done"),
]

webhook_pages = [
    path("", webhooks.list_webhooks, name="webhooks"),
    path("<int:key>/", webhooks.show_webhook, name="webhook"),
    path("<int:key>/test/", webhooks.send_test_view, name="send_test"),
    path("<int:key>/secret/", webhooks.replace_secret_view, name="replace_secret"),
    path("<int:key>/off/", webhooks.turn_off_view, name="turn_off"),
    path("<int:key>/on/", webhooks.turn_on_view, name="turn_on"),
    path("<int:key>/leave-off/", webhooks.leave_off_view, name="leave_off"),
    path("deliveries/<int:key>/again/", webhooks.send_again_view, name="send_again"),
    path("systems/<int:key>/remove/", webhooks.remove_system_view, name="remove_system"),
    path("<slug:producer>/add/", webhooks.create_webhook_view, name="create_webhook"),
    path("<slug:producer>/systems/add/", webhooks.add_system_view, name="add_system"),
]

message_pages = [
    path("", notifications.list_notifications, name="sent"),
    path("<slug:reference>/<int:dispatch>/again/", notifications.retry_dispatch_view, name="retry_dispatch"),
]

# Emails contain these addresses, so the addresses do not name the release.
early_release_pages = [
    path("", early_releases.list_early_releases, name="early_releases"),
    path("<int:key>/", early_releases.show_early_release, name="early_release"),
    path("contact/<slug:producer>/", early_releases.name_contact_view, name="contact"),
]

# These pages are also in Welsh, like the public pages of releases.
public_pages: list[URLPattern | URLResolver] = [
    path("accessibility/", guides.accessibility, name="accessibility"),
    path("contact/", guides.contact, name="contact"),
    path("cookies/", guides.cookies, name="cookies"),
    path("privacy/", guides.privacy, name="privacy"),
    path("", include((breaches.urls.public_urlpatterns, "transparency"))),
]

urlpatterns = [
    in_both_languages(public_pages),
    path("admin/", admin.site.urls),
    path("accounts/", include(account_pages)),
    path("guides/", include((guide_pages, "guides"))),
    path("set-up/", include((setup_pages, "setting_up"))),
    path("desk/", dashboard.desk, name="desk"),
    path("desk/today/", dashboard.part, name="desk_part"),
    path("desk/morning-sheet/", sheet.show_sheet, name="morning_sheet"),
    path("desk/morning-sheet/pdf/", sheet.print_sheet, name="morning_sheet_pdf"),
    path("desk/missing/<slug:concern>/", tasks.list_missing, name="desk_missing"),
    path("early-releases/", include((early_release_pages, "early_releases"))),
    # Emails and text messages contain these addresses, so the addresses have only the number of the brief.
    path("briefs/<int:key>/", minute_briefs.show_brief, name="minute_brief"),
    path("briefs/<int:key>/part/", minute_briefs.update_brief, name="minute_brief_part"),
    path("api/published/<uuid:source>/", state_publication, name="state_publication"),
    path("webhooks/", include((webhook_pages, "webhooks"))),
    path("messages/", include((message_pages, "outbox"))),
    path("audit/", include(([path("", audit.show_trail, name="trail")], "audit"))),
    path("search/", search_page, name="search"),
    path("unsent/", middleware.show_unsent_form, name="unsent"),
    path("reports/", include("breaches.urls")),
    path("redactions/", include((redaction_pages, "redacting"))),
    path("health/live", health.live, name="health_live"),
    path("health/ready", health.ready, name="health_ready"),
    path(".well-known/security.txt", show_security_txt, name="security_txt"),
    path("metrics", metrics, name="metrics"),
    path("canary/<str:token>/", canary_page, name="canary_page"),
    # This must come before the addresses of the public API, which match every other path below /api/.
    path("api/office/v1/", office_api.urls()),
    path("", include(releases.urls.exchange)),
    path("", include("releases.urls")),
]
