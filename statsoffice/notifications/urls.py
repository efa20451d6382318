"""The address of the page that shows sent messages."""

from django.urls import path

from statsoffice.notifications import views

app_name = "outbox"

urlpatterns = [path("", views.list_notifications, name="sent")]
