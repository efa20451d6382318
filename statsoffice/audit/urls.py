"""Where the audit trail lives."""

from django.urls import path

from statsoffice.audit import views

app_name = "audit"

urlpatterns = [path("", views.show_trail, name="trail")]
