"""Whether the watcher is at work, in words."""

from dataclasses import dataclass
from datetime import datetime

from statsoffice.canary import condition, words


@dataclass(frozen=True, slots=True)
class Health:
    """Whether releases are being watched as they should, the sentence that says so, and what is wrong."""

    active: bool
    sentence: str
    problems: tuple[str, ...]


def watcher(*, now: datetime) -> Health:
    """Say whether the watcher can be relied on at an aware instant, or what is wrong and since when."""
    found = condition.condition(now=now)
    return Health(
        active=found.is_well,
        sentence=words.sentence(found, now=now),
        problems=tuple(words.problem_in_words(problem, now=now) for problem in found.problems),
    )
