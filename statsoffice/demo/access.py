"""Who could see the statistics before they were out: lists of pre-release access of invented posts and people."""

from datetime import datetime, timedelta

from releases import pre_release_access
from releases.models import Release
from releases.rules.lifecycle import Role, Status
from releases.rules.pre_release import Details, Period
from statsoffice.demo import offices

# The series whose figures some people see before they are out; the first has the release that is due next.
SERIES = ("air-quality", "school-inspections")
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


def grant(release: Release, *, at: datetime) -> None:
    """Put the invented posts on a release's list, as its statistician does.

    :param at: the aware instant of granting, more than a day before the release is due.
    """
    for details in LISTED:
        pre_release_access.grant_access(release, details, by=offices.user(Role.STATISTICIAN), at=at)


def record(release: Release) -> None:
    """Record when access began and ended, each at its time, on a release whose list was granted."""
    statistician = offices.user(Role.STATISTICIAN)
    for granted in release.pre_release_access.select_related("release__series__producer"):
        began_at = granted.begins_at
        if began_at and release.due_at:
            began = pre_release_access.record_begin(
                granted, began_at=began_at, by=statistician, at=began_at, expected_version=granted.version
            )
            pre_release_access.record_end(
                began, ended_at=release.due_at, by=statistician, at=release.due_at, expected_version=began.version
            )


def of_what_comes_next(*, now: datetime) -> None:
    """Give the next release of each of these series its list, and ask for one post more.

    Within a day before the release that post waits for the Head of Profession; earlier it is granted at once.

    :param now: the aware instant of the present.
    """
    for series in SERIES:
        upcoming = Release.objects.public().filter(series__slug=series, status=Status.CONFIRMED, due_at__gt=now)
        release = upcoming.order_by("due_at").first()
        if release and not release.pre_release_access.exists():
            grant(release, at=now - timedelta(days=10))
            pre_release_access.grant_access(release, ADDED_LATER, by=offices.user(Role.STATISTICIAN), at=now)
