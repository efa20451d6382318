"""Where an office is set up."""

from django.urls import path

from statsoffice.setup import views
from statsoffice.setup.steps import Step

app_name = "setting_up"

urlpatterns = [
    path("", views.overview, name="overview"),
    *(path(f"{step.value}/", getattr(views, step.name.lower()), name=step.name.lower()) for step in Step),
]
