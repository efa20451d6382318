"""A time of day as people type it: 9:30am, 9.30 am, 09:30, 9am, 10:27:05."""

import re
from datetime import time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

WRITTEN = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?:[:.](\d{2}))?\s*(am|pm)?", re.IGNORECASE)


class ClockTimeField(forms.Field):
    """A time of day; its widget shows what was typed."""

    widget = forms.TextInput
    default_error_messages = {
        "required": "Enter a time, such as 9:30am",
        "invalid": "Enter a real time, such as 9:30am or 14:05",
    }

    def to_python(self, value: Any) -> time | None:
        """Read a time of day, or None where nothing was typed.

        :raises ValidationError: if it is no time.
        """
        if value in self.empty_values or isinstance(value, time):
            return value or None
        written = WRITTEN.fullmatch(str(value).strip())
        if not written or (written[2] is None and not written[4]):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        hour, minute, second = (int(part or 0) for part in written.group(1, 2, 3))
        half = (written[4] or "").lower()
        if half and not 1 <= hour <= 12:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        try:
            return time(hour, minute, second)
        except ValueError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def prepare_value(self, value: Any) -> Any:
        """Write a time as calendars do: "9:30am"; what was typed stays as it was typed."""
        if not isinstance(value, time):
            return value
        seconds = f":{value:%S}" if value.second else ""
        return f"{value.hour % 12 or 12}:{value:%M}{seconds}{'am' if value.hour < 12 else 'pm'}"
