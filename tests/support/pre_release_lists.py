"""An invented office whose statistics some people may see before they are out; names that no other text holds."""

from dataclasses import replace
from datetime import timedelta

from releases import pre_release_access, receipts
from releases.models import PreReleaseAccess, PreReleaseRequest, Release
from releases.rules.pre_release import Details, Period
from tests.support.factories import SEED_DUE

LONG_BEFORE = SEED_DUE - timedelta(days=10)
SHORTLY_BEFORE = SEED_DUE - timedelta(hours=3)
AFTERWARDS = SEED_DUE + timedelta(hours=2)

PERSON = "Quillon Featherstonehaugh"
EMAIL = "quillon.f@example.gov.uk"
MINISTER = Details(
    post="Minister of State for Schools",
    organisation="Department for Invented Education",
    person=PERSON,
    email=EMAIL,
    period=Period(24),
    reason="Answers questions in Parliament at 11am.",
)


def someone(post: str = "Private secretary", **fields) -> Details:
    """Another person on the list."""
    return replace(MINISTER, **({"post": post, "person": f"Holder of {post}", "email": ""} | fields))


def granted(release: Release, details: Details = MINISTER, *, by, at=LONG_BEFORE) -> PreReleaseAccess:
    """An entry that was granted long before the release."""
    entry = pre_release_access.grant_access(release, details, by=by, at=at)
    assert isinstance(entry, PreReleaseAccess)
    return entry


def seen(release: Release) -> str:
    """The digest of the list as it is now, which its page sends along."""
    return receipts.digest_list(release, release.pre_release_access.all())


def asked(release: Release, details: Details = MINISTER, *, by, at=SHORTLY_BEFORE):
    """A request to add someone shortly before the release."""
    request = pre_release_access.grant_access(release, details, by=by, at=at)
    assert isinstance(request, PreReleaseRequest)
    return request
