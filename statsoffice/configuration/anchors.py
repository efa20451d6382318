"""Whether the anchors of the record leave the office: check --deploy warns if they do not."""

from typing import Any

from django.conf import settings
from django.core import checks

HINT = (
    "Set STATSOFFICE_ANCHOR_RECIPIENTS to someone outside the office, or STATSOFFICE_TIMESTAMP_AUTHORITY. Otherwise a "
    'person with access to the database can rewrite the record without trace (docs/operations.md, "Anchors").'
)


def check_anchors(**_: Any) -> list[checks.CheckMessage]:
    """Warn where neither an authority stamps the anchors nor anyone receives them, or only examples would."""
    recipients = settings.ANCHOR_RECIPIENTS
    if recipients and all(_is_example(address) for address in recipients):
        said = "All addresses in STATSOFFICE_ANCHOR_RECIPIENTS are examples, so the anchors reach no one."
    elif not recipients and not settings.TIMESTAMP_AUTHORITY:
        said = "Nothing outside the office can prove your record."
    else:
        return []
    return [checks.Warning(said, hint=HINT, id="statsoffice.W005")]


def _is_example(address: str) -> bool:
    return "example" in address.lower().rpartition("@")[2].split(".")
