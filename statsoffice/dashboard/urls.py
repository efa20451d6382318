"""The addresses of the dashboard."""

from django.urls import path

from statsoffice.dashboard import tasks, views

urlpatterns = [
    path("", views.desk, name="desk"),
    path("today/", views.part, name="desk_part"),
    path("missing/<slug:concern>/", tasks.list_missing, name="desk_missing"),
]
