"""The status of monitoring and the results of preflights, for the dashboard."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings

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
    """The status of monitoring in one sentence, and the problems in words."""

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
    """The releases with problems, the number of others, notes, and sentences on shared hosts.

    `checked_at` is the last check of a release without problems. `left_out` counts problems beyond the longest list.
    Each note has its text, some of the releases and the number of others.
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
    """Return the chance to detect an early release, by when it begins and how long it lasts."""
    rows = []
    for begins, words in BEGINS.items():
        chances = [(length, cadence.chance_of_detection(length, begins).detected) for length in cadence.LENGTHS]
        rows.append((str(words), ", ".join(text_preflight.chance_of(length, chance) for length, chance in chances)))
    return rows


def preflight_summary_of(person: Person, *, now: datetime) -> Preflight:
    visible = Release.objects.shown_to(person).filter(
        series__producer__in=producers_where(person, Action.VIEW),
        due_at__gt=now,
        due_at__lte=now + releases_preflight.AHEAD,
        status__in=[Status.PROVISIONAL, Status.CONFIRMED],
    )
    # Releases share the objects of their series and producers.
    releases_to_come = visible.prefetch_related("series__producer__non_working_days").order_by("due_at", "pk")
    releases = {release.pk: release for release in releases_to_come}
    runs = {run.release_id: run for run in listed_preflights().newest().filter(release__in=releases)}
    troubled = [release for release in releases.values() if release.pk in runs and runs[release.pk].problems]
    well = [run for run in runs.values() if not run.problems]
    return Preflight(
        problems=[(release, _sentences(release, runs[release.pk])) for release in troubled[:MOST_LINES]],
        left_out=max(0, len(troubled) - MOST_LINES),
        well=len(well),
        checked_at=max((run.done_at for run in well if run.done_at), default=None),
        waiting=_count_waiting(releases, runs.keys(), now=now),
        notes=_notes(releases, runs),
        crowds=_crowds(releases, now=now),
    )


def _sentences(release: Release, run: PreflightRun) -> list[str]:
    found = [finding for finding in text_preflight.read_findings(run.findings) if finding.is_problem]
    counted = Counter(text_preflight.finding_sentence(finding, planned=release.due_at) for finding in found)
    return [sentence if count == 1 else f"{sentence} ({count} addresses)" for sentence, count in counted.items()]


def _notes(releases: Mapping[int, Release], runs: Mapping[int, PreflightRun]) -> list[tuple[str, list[Release], int]]:
    noted: dict[str, list[Release]] = {code: [] for code in text_preflight.NOTED}
    for release in releases.values():
        for code in {found["code"] for found in runs[release.pk].findings} & noted.keys() if release.pk in runs else ():
            noted[code].append(release)
    return [
        (str(words), noted[code][:MOST_NOTED], max(0, len(noted[code]) - MOST_NOTED))
        for code, words in text_preflight.NOTED.items()
        if noted[code]
    ]


def _count_waiting(releases: Mapping[int, Release], checked: Collection[int], *, now: datetime) -> int:
    """Count the releases whose check is due, and those for which a person requested one."""
    requested = PreflightRun.objects.open().filter(release__in=releases).values_list("release_id", flat=True)
    at = settings.PREFLIGHT_AT
    due = {
        key for key in releases.keys() - checked if releases_preflight.preflight_planned_at(releases[key], at=at) <= now
    }
    return len(due | set(requested))


def _crowds(releases: Mapping[int, Release], *, now: datetime) -> list[str]:
    """Describe the releases of today and of the next day with a release that share a host and a minute."""
    days = sorted({calendar.local_date(release.due_at) for release in releases.values() if release.due_at})
    today = calendar.local_date(now)
    last = next((day for day in days if day > today), today)
    end = calendar.from_london(datetime.combine(last + timedelta(days=1), time()))
    found = host_budgets.crowds_between(now, end, budgets=budgets_from_settings())
    return [text_preflight.crowd_sentence(crowd) for crowd in found if releases.keys() & set(crowd.releases)]
