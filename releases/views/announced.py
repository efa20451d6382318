"""How a release stands beside its public announcement, for its staff."""

from dataclasses import dataclass
from datetime import datetime

from releases.beforehand import comparing
from releases.beforehand.comparing import Compared
from releases.models import Release
from releases.words import announcement_wording, comparison_wording


@dataclass(frozen=True, slots=True)
class Part:
    """What the release's page shows of the last comparison: the differences, and why it could not be read since."""

    compared: Compared
    differences: list[str]
    problem: str


def part_of(release: Release, *, now: datetime) -> Part | None:
    """Gather what the page of a release shows of its comparison; None where there was none, or it is past.

    :param now: the aware instant from which on releases are still to come.
    """
    found = comparing.compared(comparing.announcements_to_come(now=now).filter(release=release))
    if not found:
        return None
    (compared,) = found
    return Part(
        compared,
        [comparison_wording.sentence(difference) for difference in compared.differences],
        str(announcement_wording.PROBLEMS[compared.problem]) if compared.problem else "",
    )
