"""Pages about accounts: our own, and of django-allauth's those that are wanted here."""

from allauth.account.urls import urlpatterns as allauth_pages
from django.urls import include, path

from statsoffice.accounts import provider, views

# Whatever else it brings (other e-mail addresses, sign-in by code) has no address. Sign-up has one, and is closed.
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

urlpatterns = [
    path("", views.your_account, name="your_account"),
    path("invitations/", views.invitation_list, name="invitations"),
    path("invitations/new/", views.invite, name="invite"),
    path("invitations/<int:key>/send-again/", views.send_again, name="send_invitation_again"),
    path("invitations/<int:key>/withdraw/", views.withdraw, name="withdraw_invitation"),
    path("invited/", views.accept_invitation, name="account_accept"),
    path("invited/<str:secret>/", views.follow_invitation, name="account_invited"),
    path("sessions/end/", views.sign_out_everywhere, name="sign_out_everywhere"),
    path("sessions/", include("allauth.usersessions.urls")),
    path("oidc/login/", provider.begin_sign_in, name="openid_connect_login"),
    path("oidc/login/callback/", provider.finish_sign_in, name="openid_connect_callback"),
    path("2fa/", include("allauth.mfa.urls")),
    *(page for page in allauth_pages if page.name in ALLAUTH_PAGES),
]
