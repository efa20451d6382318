"""Where the desk lives."""

from django.urls import path

from statsoffice.desk import missing, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("today/", views.part, name="desk_part"),
    path("missing/<slug:concern>/", missing.listed, name="desk_missing"),
]
