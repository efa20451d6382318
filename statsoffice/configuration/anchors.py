"""Whether the anchors of the record reach anyone outside: an office is told before it opens where they do not."""

from typing import Any

from django.conf import settings
from django.core import checks


def check_anchors(**_: Any) -> list[checks.CheckMessage]:
    """Warn where neither an authority stamps the anchors nor anyone receives them."""
    if settings.TIMESTAMP_AUTHORITY or settings.ANCHOR_RECIPIENTS:
        return []
    said = "The anchors of the record stay inside the office."
    hint = (
        "Set STATSOFFICE_TIMESTAMP_AUTHORITY, or STATSOFFICE_ANCHOR_RECIPIENTS with someone outside the office. "
        "Without them, a person with access to the database can write the whole record anew, and nothing shows it."
    )
    return [checks.Warning(said, hint=hint, id="statsoffice.W005")]
