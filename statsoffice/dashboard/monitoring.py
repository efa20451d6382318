"""The status of monitoring and the results of preflights, for the dashboard."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils.translation import ngettext

from releases import host_budgets
from releases import preflight as releases_preflight
from releases.early_findings import listed_preflights
from releases.host_budgets import budgets_from_settings
from releases.models import PreflightRun
from releases.rules import cadence, calendar
from releases.text import preflight as text_preflight
from releases.text.preflight import BEGINS
from statsoffice.dashboard.upcoming_releases import UpcomingRelease
from statsoffice.self_monitoring import status


@dataclass(frozen=True, slots=True)
class Health:
    """Whether monitoring works, a sentence about the status, and a sentence for each problem."""

    active: bool
    sentence: str
    problems: tuple[str, ...]


def monitoring_status(*, now: datetime) -> Health:
    found = status.condition(now=now)
    return Health(
        active=found.is_well,
        sentence=status.status_sentence(found, now=now),
        problems=tuple(status.describe_problem(problem, now=now) for problem in found.problems),
    )


MOST_LINES = 20
MOST_NOTED = 5


@dataclass(frozen=True, slots=True)
class Preflight:
    """The results of the preflights of upcoming releases.

    `problems` has the first releases with problems, and sentences that describe the problems of each release.
    `left_out` is the number of further releases with problems. `well` is the number of releases without problems, and
    `checked_at` is the time of the latest preflight of these releases. `waiting` is the number of releases whose
    preflight is due or requested. Each entry in `notes` has a text, the first releases with this note, and the number
    of further releases with this note. `crowds` has sentences about releases that are due on the same host at the same
    time.
    """

    problems: list[tuple[UpcomingRelease, list[str]]]
    left_out: int
    well: int
    checked_at: datetime | None
    waiting: int
    notes: list[tuple[str, list[UpcomingRelease], int]]
    crowds: list[str]

    def __bool__(self) -> bool:
        return bool(self.problems or self.well or self.waiting or self.crowds)


def detection_chances() -> list[tuple[str, str]]:
    """Return table rows about the chances of detecting an early release.

    Each row has two texts. The first text says when the release goes live. The second text gives the chance of
    detection for each length of time in `cadence.LENGTHS` for which the release may be live early.
    """
    rows = []
    for begins, words in BEGINS.items():
        chances = [(length, cadence.chance_of_detection(length, begins).detected) for length in cadence.LENGTHS]
        rows.append((str(words), ", ".join(text_preflight.chance_of(length, chance) for length, chance in chances)))
    return rows


def preflight_summary_of(upcoming: Iterable[UpcomingRelease], *, now: datetime) -> Preflight:
    """Summarise the preflights of the releases that a person may view.

    :param upcoming: the upcoming releases that the person may view.
    """
    to_come = sorted((one for one in upcoming if one.is_to_come), key=lambda one: (one.due_at, one.key))
    if not to_come:
        return Preflight(problems=[], left_out=0, well=0, checked_at=None, waiting=0, notes=[], crowds=[])
    newest = listed_preflights().newest().filter(release__in=[one.key for one in to_come])
    runs = {run.release_id: run for run in newest}
    done = [one.key for one in to_come if one.key in runs]
    troubled = [key for key in done if runs[key].problems]
    noted = _find_notes(done, runs)
    releases = {one.key: one for one in to_come}
    well = [runs[key] for key in done if not runs[key].problems]
    requested = {one.key for one in to_come if one.is_requested}
    due = {one.key for one in _find_due([one for one in to_come if one.key not in runs], now=now)}
    return Preflight(
        problems=[(releases[key], _sentences(releases[key], runs[key])) for key in troubled[:MOST_LINES]],
        left_out=max(0, len(troubled) - MOST_LINES),
        well=len(well),
        checked_at=max((run.done_at for run in well if run.done_at), default=None),
        waiting=len(due | requested),
        notes=[
            (str(words), [releases[key] for key in keys[:MOST_NOTED]], max(0, len(keys) - MOST_NOTED))
            for code, words in text_preflight.NOTED.items()
            if (keys := noted[code])
        ],
        crowds=_crowds(to_come, now=now),
    )


def _sentences(release: UpcomingRelease, run: PreflightRun) -> list[str]:
    found = [finding for finding in text_preflight.read_findings(run.findings) if finding.is_problem]
    counted = Counter(text_preflight.finding_sentence(finding, planned=release.due_at) for finding in found)
    return [
        sentence
        if count == 1
        else ngettext("%(sentence)s (%(count)s address)", "%(sentence)s (%(count)s addresses)", count)
        % {"sentence": sentence, "count": count}
        for sentence, count in counted.items()
    ]


def _find_notes(done: Sequence[int], runs: Mapping[int, PreflightRun]) -> dict[str, list[int]]:
    """Return a dict that maps the code of each note to the primary keys of the releases with this note."""
    noted: dict[str, list[int]] = {code: [] for code in text_preflight.NOTED}
    for key in done:
        for code in {found["code"] for found in runs[key].findings} & noted.keys():
            noted[code].append(key)
    return noted


def _find_due(unchecked: Sequence[UpcomingRelease], *, now: datetime) -> list[UpcomingRelease]:
    """Return the releases whose preflight is due."""
    columns = [(one.key, one.due_at, one.producer) for one in unchecked]
    planned = releases_preflight.find_planned_instants(columns, at=settings.PREFLIGHT_AT)
    return [one for one in unchecked if planned[one.key] <= now]


def _crowds(upcoming: Sequence[UpcomingRelease], *, now: datetime) -> list[str]:
    """Return a sentence for each group of releases that are due on the same host at the same time.

    Only the releases of today and of the next day with releases are considered.
    """
    today = calendar.local_date(now)
    last = next((day for one in upcoming if (day := calendar.local_date(one.due_at)) > today), today)
    end = calendar.from_london(datetime.combine(last + timedelta(days=1), time()))
    found = host_budgets.crowds_between(now, end, budgets=budgets_from_settings())
    keys = {one.key for one in upcoming}
    counted = [(crowd, len(keys.intersection(crowd.releases))) for crowd in found]
    return [text_preflight.crowd_sentence(crowd, visible=visible) for crowd, visible in counted if visible]
