"""Whether the watcher is at work, in words."""

from dataclasses import dataclass
from datetime import datetime

from statsoffice.canary import condition, words


@dataclass(frozen=True, slots=True)
class Health:
    """Whether releases are being watched as they should, and the sentence that says so."""

    active: bool
    sentence: str


def watcher(*, now: datetime) -> Health:
    """Say whether the watcher can be relied on at an aware instant, or what is wrong and since when."""
    found = condition.condition(now=now)
    return Health(active=found.is_well, sentence=words.sentence(found, now=now))
