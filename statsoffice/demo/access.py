"""The pre-release access lists of the demonstration. All posts and people are invented."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from releases import pre_release_access
from releases.models import Release
from releases.rules.lifecycle import Role, Status
from releases.rules.pre_release import Details, Period
from statsoffice.demo.office import find_user

# The series with pre-release access. The next release of the demonstration is in the first of these series.
ACCESS_SERIES = ("air-quality", "school-inspections")
DEPARTMENT = "Department for Invented Affairs"
LISTED = (
    Details(
        post="Minister of State for Invented Affairs",
        organisation=DEPARTMENT,
        person="Robin Marsh",
        email="robin.marsh@example.gov.uk",
        period=Period(24),
        reason="Answers questions in Parliament on the day of the release.",
    ),
    Details(
        post="Permanent Secretary",
        organisation=DEPARTMENT,
        person="Ines Calder",
        email="ines.calder@example.gov.uk",
        period=Period(24),
        reason="Accounts for the department’s work.",
    ),
    Details(
        post="Chief press officer",
        organisation=DEPARTMENT,
        person="Tom Quill",
        email="tom.quill@example.gov.uk",
        period=Period(3),
        reason="Answers the press from the release on.",
        period_reason="A press officer needs no more than the morning.",
    ),
)
ADDED_LATER = Details(
    post="Private secretary to the Minister",
    organisation=DEPARTMENT,
    person="Lena Frost",
    email="lena.frost@example.gov.uk",
    period=Period(24),
    reason="Prepares the Minister’s answers.",
)


EDITIONS_WITH_LIST = 3


def record_past_access(past: Sequence[Release]) -> None:
    """Add access lists to the last releases of each series in `ACCESS_SERIES`, and record when access began and ended.

    :param past: releases that are not published yet, sorted by due time.
    """
    statistician = find_user(Role.STATISTICIAN)
    for slug in ACCESS_SERIES:
        for release in [one for one in past if one.series.slug == slug][-EDITIONS_WITH_LIST:]:
            assert release.due_at is not None, release  # noqa: S101  # it was due
            _grant_access(release, at=release.due_at - timedelta(days=10))
            for granted in release.pre_release_access.select_related("release__series__producer"):
                if granted.begins_at is None:
                    continue
                began = pre_release_access.record_begin(
                    granted,
                    began_at=granted.begins_at,
                    by=statistician,
                    at=granted.begins_at,
                    expected_version=granted.version,
                )
                pre_release_access.record_end(
                    began, ended_at=release.due_at, by=statistician, at=release.due_at, expected_version=began.version
                )


def grant_upcoming_access(*, now: datetime) -> None:
    """Add an access list to the next release of each series in `ACCESS_SERIES`, and request access for one more post.

    If the release is due within a day, a Head of Profession or deputy has to decide on the request. Otherwise, access
    is granted at once.
    """
    for slug in ACCESS_SERIES:
        upcoming = Release.objects.public().filter(series__slug=slug, status=Status.CONFIRMED, due_at__gt=now)
        release = upcoming.order_by("due_at").first()
        if release and not release.pre_release_access.exists():
            _grant_access(release, at=now - timedelta(days=10))
            pre_release_access.grant_access(release, ADDED_LATER, by=find_user(Role.STATISTICIAN), at=now)


def _grant_access(release: Release, *, at: datetime) -> None:
    for details in LISTED:
        pre_release_access.grant_access(release, details, by=find_user(Role.STATISTICIAN), at=at)
