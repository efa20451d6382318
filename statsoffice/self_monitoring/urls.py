"""The address of the page of the self-test."""

from django.urls import path

from statsoffice.self_monitoring import page

urlpatterns = [path("<str:token>/", page.canary_page, name="canary_page")]
