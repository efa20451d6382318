"""Whom the accessibility statement names: an office is told before it opens that it names nobody yet."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info


def check_contact(**_: Any) -> list[CheckMessage]:
    """Say that no address for problems of accessibility is set: nothing needs it to run, but the law asks for it."""
    if settings.ACCESSIBILITY_CONTACT:
        return []
    said = "The accessibility statement says that the office has not named an address yet."
    hint = "Set STATSOFFICE_ACCESSIBILITY_CONTACT to the mail address to which people write about accessibility."
    return [Info(said, hint=hint, id="statsoffice.I001")]
