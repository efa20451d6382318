"""What people are asked of several releases at once, where they say different things of the very same text."""

from datetime import timedelta

import pytest

from breaches.facts import facts_of_verifications
from releases import judge, statements
from releases.detection.finding import CheckOutcome
from releases.evidence import repository
from releases.models import Release, Statement, Verification
from releases.monitoring import targets
from releases.rules.canonical import sha256_hex
from releases.rules.lifecycle import Role
from tests.support.factories import SEED_DUE, ReleaseFactory, SeriesFactory, create_member
from tests.support.observations import create_observation
from tests.support.shared_rows import shared_fixture

pytestmark = pytest.mark.django_db

AFTER = SEED_DUE + timedelta(hours=1)
TEXT = "Inspection outcomes"
DIGEST = sha256_hex(TEXT.encode())


@shared_fixture
def series():
    return SeriesFactory()


def seen_all_along(series, reference):
    """A release whose marker matched from the very first check: a person is asked what that text is."""
    release = ReleaseFactory(announced=True, series=series, reference=reference)
    for minutes in (-5, 0, 2):
        create_observation(release.addresses.get(), "live", at=SEED_DUE + timedelta(minutes=minutes), text=TEXT)
    return release


def asked_about(releases):
    return {question.address.release.reference for question in statements.find_open_questions(releases)}


def test_what_is_said_of_one_release_answers_no_question_on_another_with_the_same_text(series):
    answered, open_still = seen_all_along(series, "answered"), seen_all_along(series, "open-still")
    by = create_member(Role.STATISTICIAN, series.producer)
    page = answered.addresses.get()
    statements.record_text_statement(answered, page, "previous_edition", text_digest=DIGEST, by=by, at=AFTER)
    assert asked_about([open_still]) == {"open-still"}
    assert asked_about(Release.objects.all()) == {"open-still"}


def test_of_two_statements_of_one_instant_the_one_kept_last_counts_everywhere(series):
    release = ReleaseFactory(announced=True, series=series)
    page = release.addresses.get()
    create_observation(page, "unrecognised", at=SEED_DUE, text=TEXT)
    judge.judge_one(release, now=AFTER)
    # Rows that come back in the order in which they were written, as PostgreSQL returns them, come the wrong way round.
    for key, kind in ((2, "this_is_it"), (1, "previous_edition")):
        Statement.objects.create(
            pk=key,
            release=release,
            address=page,
            schedule_version=1,
            kind=kind,
            text_digest=DIGEST,
            stated_by=create_member(Role.STATISTICIAN, series.producer),
            stated_at=AFTER,
        )
    (look,) = repository.read_sightings([release.pk])((release.pk, 1))[page.pk].sightings
    (facts,) = facts_of_verifications(Verification.objects.select_related("release__series__producer")).values()
    (target,) = targets.load_targets([page])
    assert look.result == facts.addresses[0].checks[0].sighting.result == CheckOutcome.LIVE
    assert target.statements == {DIGEST: "this_is_it"}
