"""Releases with checks and verdicts, and the minute brief of their morning."""

from datetime import timedelta

from releases import judge, minute_briefs
from releases.models import Release
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


def found_live(release, *, at):
    """A later check finds the release live."""
    create_observation(release.addresses.get(role="page"), "live", at=at)
    judge.judge_one(release, now=at + SECOND)


def make_brief(*, now=BRIEFED):
    """The one brief that is made at an instant."""
    (brief,) = minute_briefs.make_due_briefs(now=now)
    return brief
