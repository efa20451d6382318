"""Releases with checks and verdicts, and the minute brief of their morning."""

from datetime import timedelta

from releases import judge, minute_briefs
from releases.models import Release
from releases.scheduling import PlannedAddress, add_address
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation, create_observations

LIMIT = SEED_DUE + timedelta(minutes=2)
BRIEFED = LIMIT + timedelta(seconds=5)
SECOND = timedelta(seconds=1)


def due_release(series, slug, *results, host="www.example.gov.uk", now=BRIEFED, **fields):
    """A release due at 9:30am with the results of its checks: one before, at the due time, and at the limit."""
    fields = {"announced": True} | fields
    release = ReleaseFactory(
        series=series, reference=slug, title=f"Release {slug}", url=f"https://{host}/{slug}", **fields
    )
    page = release.addresses.get(role="page")
    create_observation(page, "not_live", at=SEED_DUE - 5 * SECOND)
    if results == ("not_live",):
        create_observations(release, "not_live", start=LIMIT)
    elif results:
        for number, result in enumerate(results):
            text = "A page" if result == "unrecognised" else ""
            create_observation(page, result, at=SEED_DUE + number * SECOND, text=text)
    if results:
        judge.judge_one(release, now=now)
    return Release.objects.get(pk=release.pk)


def release_with_a_part_that_may_follow(series, slug, *, minutes=15):
    """A release whose page was live at 9:30am, and whose Welsh page may follow by some minutes and the tolerance."""
    release = due_release(series, slug)
    url = f"https://www.example.gov.uk/cy/{slug}"
    planned = PlannedAddress(url, marker="Mawrth", part="welsh_page", may_follow_minutes=minutes)
    welsh = add_address(release, planned, at=release.recorded_at)
    create_observation(release.addresses.get(part=""), "live", at=SEED_DUE + SECOND)
    create_observation(welsh, "not_live", at=SEED_DUE)
    judge.judge_one(release, now=BRIEFED)
    return release


def part_not_live(release, *, at, every=30 * SECOND):
    """Checks, by default every half minute and the last one at its own limit, find that the part is not live."""
    welsh, check_at = release.addresses.get(part="welsh_page"), SEED_DUE
    while check_at < at:
        check_at = min(check_at + every, at)
        create_observation(welsh, "not_live", at=check_at)
    judge.judge_one(release, now=at + SECOND)


def found_live(release, *, at):
    """A later check finds the release live."""
    create_observation(release.addresses.get(role="page"), "live", at=at)
    judge.judge_one(release, now=at + SECOND)


def make_brief(*, now=BRIEFED):
    """The one brief that is made at an instant."""
    (brief,) = minute_briefs.make_due_briefs(now=now)
    return brief
