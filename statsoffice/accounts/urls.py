"""Pages about accounts that django-allauth does not bring: invitations."""

from django.urls import path

from statsoffice.accounts import accepting, views

urlpatterns = [
    path("invitations/", views.invitations, name="invitations"),
    path("invitations/new/", views.invite, name="invite"),
    path("invitations/<int:key>/send-again/", views.send_again, name="send_invitation_again"),
    path("invitations/<int:key>/withdraw/", views.withdraw, name="withdraw_invitation"),
    path("invited/", accepting.accept, name="account_accept"),
    path("invited/<str:secret>/", accepting.follow, name="account_invited"),
]
