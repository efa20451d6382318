"""The dashboard: today, across both apps."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "statsoffice.dashboard"
    label = "desk"
