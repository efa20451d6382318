"""The status of monitoring and the results of preflights, for the dashboard."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import NamedTuple

from django.conf import settings
from django.utils.translation import ngettext

from releases import host_budgets
from releases import preflight as releases_preflight
from releases.early_findings import listed_preflights
from releases.host_budgets import budgets_from_settings
from releases.models import PreflightRun, Release
from releases.permissions import Action, Person, producers_where
from releases.rules import cadence, calendar
from releases.rules.lifecycle import Status
from releases.text import preflight as text_preflight
from releases.text.preflight import BEGINS
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

    problems: list[tuple[Release, list[str]]]
    left_out: int
    well: int
    checked_at: datetime | None
    waiting: int
    notes: list[tuple[str, list[Release], int]]
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


class _Upcoming(NamedTuple):
    """A release that is due soon enough for a preflight. `key` and `producer` are primary keys."""

    key: int
    due_at: datetime
    producer: int


def preflight_summary_of(person: Person, *, now: datetime) -> Preflight:
    visible = Release.objects.shown_to(person).filter(
        series__producer__in=producers_where(person, Action.VIEW),
        due_at__gt=now,
        due_at__lte=now + releases_preflight.AHEAD,
        status__in=[Status.PROVISIONAL, Status.CONFIRMED],
    )
    columns = visible.order_by("due_at", "pk").values_list("pk", "due_at", "series__producer_id")
    upcoming = [_Upcoming(key, due_at, producer) for key, due_at, producer in columns if due_at]
    if not upcoming:
        return Preflight(problems=[], left_out=0, well=0, checked_at=None, waiting=0, notes=[], crowds=[])
    runs = {run.release_id: run for run in listed_preflights().newest().filter(release__in=visible.values("pk"))}
    done = [one.key for one in upcoming if one.key in runs]
    troubled = [key for key in done if runs[key].problems]
    noted = _find_notes(done, runs)
    named = {*troubled[:MOST_LINES], *(key for keys in noted.values() for key in keys[:MOST_NOTED])}
    releases = Release.objects.in_bulk(named) if named else {}
    well = [runs[key] for key in done if not runs[key].problems]
    requests = PreflightRun.objects.open().filter(release__in=visible.values("pk"))
    requested = set(requests.values_list("release_id", flat=True))
    due = {one.key for one in _find_due([one for one in upcoming if one.key not in runs], now=now)}
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
        crowds=_crowds(upcoming, now=now),
    )


def _sentences(release: Release, run: PreflightRun) -> list[str]:
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


def _find_due(unchecked: Sequence[_Upcoming], *, now: datetime) -> list[_Upcoming]:
    """Return the releases whose preflight is due."""
    planned = releases_preflight.find_planned_instants(unchecked, at=settings.PREFLIGHT_AT)
    return [one for one in unchecked if planned[one.key] <= now]


def _crowds(upcoming: Sequence[_Upcoming], *, now: datetime) -> list[str]:
    """Return a sentence for each group of releases that are due on the same host at the same time.

    Only the releases of today and of the next day with releases are considered.
    """
    days = sorted({calendar.local_date(one.due_at) for one in upcoming})
    today = calendar.local_date(now)
    last = next((day for day in days if day > today), today)
    end = calendar.from_london(datetime.combine(last + timedelta(days=1), time()))
    found = host_budgets.crowds_between(now, end, budgets=budgets_from_settings())
    keys = {one.key for one in upcoming}
    return [text_preflight.crowd_sentence(crowd) for crowd in found if not keys.isdisjoint(crowd.releases)]
