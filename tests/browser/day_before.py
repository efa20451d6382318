"""What the day before brings: releases of tomorrow that were checked, one with all kinds of problems."""

from datetime import timedelta

from releases.detection.preflight import PreflightCode, PreflightFinding
from releases.models import PreflightRun, Release, Series
from releases.scheduling import PlannedAddress, add_address
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation

TOMORROW = SEED_DUE + timedelta(days=1)
ANNOUNCED = "https://www.example.gov.uk/government/statistics/announcements/" + "state-funded-schools-" * 5


def checked_releases(series: Series) -> Release:
    """Record two releases of tomorrow: one that is well, and one with problems, notes and an announcement over time."""
    well = ReleaseFactory(
        announced=True, series=series, reference="well", title="Nothing wrong with it", due_at=TOMORROW
    )
    _check(well, PreflightFinding(PreflightCode.NO_ATTACHMENTS))
    ill = ReleaseFactory(
        announced=True,
        series=series,
        reference="ill",
        title="A release with problems",
        due_at=TOMORROW,
        url=ANNOUNCED + "-out",
    )
    announcement = add_address(
        ill, PlannedAddress(url=ANNOUNCED, role="announcement", required=False), at=ill.recorded_at
    )
    create_observation(announcement, "not_live", at=SEED_DUE - timedelta(days=20), body_sha256="a" * 64)
    create_observation(announcement, "not_live", at=SEED_DUE - timedelta(days=10), body_sha256="a" * 64)
    hops = ((ANNOUNCED, 301), (ANNOUNCED + "-out", 200))
    create_observation(announcement, "not_live", at=SEED_DUE - timedelta(hours=1), body_sha256="b" * 64, hops=hops)
    page = ill.addresses.get(role="page")
    _check(ill, PreflightFinding(PreflightCode.NO_HEAD), at=SEED_DUE - timedelta(hours=2))
    _check(
        ill,
        PreflightFinding(PreflightCode.MARKER_MATCHES_ALREADY, page.pk, {"reasons": ["marker_in_title"]}),
        PreflightFinding(
            PreflightCode.ANNOUNCED_FOR_ANOTHER_TIME,
            announcement.pk,
            {"announced_for": (TOMORROW + timedelta(days=1)).isoformat(), "announced_text": "", "note": "More time."},
        ),
        PreflightFinding(
            PreflightCode.SHARES_MINUTE,
            facts={"place": "www.example.gov.uk", "releases": 2, "looks": 3, "seconds": 0.3},
        ),
    )
    return ill


def _check(release: Release, *found: PreflightFinding, at=SEED_DUE - timedelta(minutes=30)) -> None:
    problems = sum(each.is_problem for each in found)
    PreflightRun.objects.create(
        release=release,
        schedule_version=release.schedule_version,
        asked_at=at,
        done_at=at,
        findings=[each.to_json() for each in found],
        problems=problems,
        news=problems,
        vantage="watcher.example.gov.uk through proxy proxy.example.gov.uk:3128",
    )
