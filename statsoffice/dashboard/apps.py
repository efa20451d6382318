"""The desk: today, across both apps."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Django's entry for the desk."""

    name = "statsoffice.dashboard"
    label = "desk"
