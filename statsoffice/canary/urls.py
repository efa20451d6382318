"""Where the canary's page lives."""

from django.urls import path

from statsoffice.canary import views

urlpatterns = [path("<str:token>/", views.canary_page, name="canary_page")]
