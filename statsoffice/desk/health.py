"""Whether the watcher is at work, in words."""

from dataclasses import dataclass
from datetime import datetime

from releases import london
from releases.coverage import LONGEST_SILENCE
from releases.models import Coverage


@dataclass(frozen=True, slots=True)
class Health:
    """Whether releases are being watched, and the sentence that says so."""

    active: bool
    sentence: str


def watcher(*, now: datetime) -> Health:
    """Say whether any watcher was active within the last 15 seconds before an aware instant, or when one last was."""
    last = Coverage.objects.order_by("-ended_at").values_list("ended_at", flat=True).first()
    if last is None:
        return Health(active=False, sentence="The watcher has never been active. No release is being watched.")
    if now - last <= LONGEST_SILENCE:
        return Health(active=True, sentence="The watcher is active.")
    at = f"{london.clock_time_with_seconds(last)} on {london.day(last)}"
    return Health(active=False, sentence=f"The watcher was last active at {at}. No release is being watched.")
