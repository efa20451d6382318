"""What the tests of the dashboard share: two moments of a morning, people at the dashboard, a suspected release."""

from datetime import timedelta

from breaches import drafting
from releases import judge
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, create_member
from tests.support.observations import create_observations

BEFORE = SEED_DUE - timedelta(minutes=3, seconds=20)
AFTER = SEED_DUE + timedelta(minutes=5)


def sign_in(client, release, role=Role.STATISTICIAN):
    person = create_member(role, release.series.producer)
    client.force_login(person)
    return person


def suspect(release):
    """Put checks on record that make a release suspected, and draft its report."""
    create_observations(release, "not_live", start=SEED_DUE + timedelta(seconds=120))
    judge.judge_one(release, now=AFTER)
    (report,) = drafting.draft_missing(now=AFTER)
    return report
