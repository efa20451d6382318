"""Where it is shown what was sent."""

from django.urls import path

from statsoffice.notifications import views

app_name = "outbox"

urlpatterns = [path("", views.list_notifications, name="sent")]
