"""A verdict without what was found before the due time, for lists and for people who may not know (decision 73)."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.early_findings import is_hidden, mask_before_publication, mask_verdict, outcome_from_due
from releases.models import ReleaseEvent, Verification
from releases.rules.lifecycle import Status
from releases.text.release import describe_verdict
from releases.verdict.address import Outcome
from tests.support.early_release import add_checks, create_release
from tests.support.factories import SEED_DUE
from tests.support.people import create_office

pytestmark = pytest.mark.django_db

ONCE = (("live", -1200),)
EARLY = (*ONCE, ("live", -1185))
GONE = tuple(("not_live", at) for at in range(0, 125, 5))
NO_ANSWER = tuple(("unreachable", at) for at in range(0, 125, 5))


def judge_release(*checks, clock_bound=0.0):
    """Store a check long before the due time and then these, and return the verdict."""
    release = create_release(create_office())
    add_checks(release, *checks, clock_bound=clock_bound)
    return Verification.objects.select_related("release").get(release=release)


def instants(value):
    """Every instant in a row, also in its JSON."""
    if isinstance(value, datetime):
        yield value
    elif isinstance(value, str):
        try:
            yield datetime.fromisoformat(value).replace(tzinfo=UTC)
        except ValueError:
            return
    elif isinstance(value, dict):
        for each in value.values():
            yield from instants(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from instants(each)


@pytest.mark.parametrize(
    ("checks", "shown"),
    [
        (EARLY, Outcome.PENDING),
        (ONCE, Outcome.PENDING),
        ((*EARLY, *GONE), Outcome.NOT_SEEN),
        ((*ONCE, *GONE), Outcome.NOT_SEEN),
    ],
    ids=["early", "seen once", "early and taken down", "seen once and taken down"],
)
def test_only_what_was_found_from_the_due_time_on_is_left(checks, shown):
    whole = judge_release(*checks)
    masked = mask_verdict(whole)
    assert masked.outcome == shown
    row = {field.attname: getattr(masked, field.attname) for field in Verification._meta.concrete_fields}
    assert [instant for instant in instants(list(row.values())) if instant < SEED_DUE] == []
    assert not is_hidden(masked.release, [masked])
    assert whole.first_live_at or whole.addresses[0]["live_before_due_at"], "the verdict itself is not changed"


@pytest.mark.parametrize(
    "checks",
    [EARLY, ONCE, (*ONCE, *NO_ANSWER), (*EARLY, *NO_ANSWER)],
    ids=["early", "seen once", "seen once without answers", "early without answers"],
)
def test_no_delay_is_left_that_was_measured_before_the_due_time(checks):
    masked = mask_before_publication(judge_release(*checks))
    assert (masked.delay_from, masked.delay_to) == (None, None)
    assert [result["delay"] for result in masked.addresses] == [None]


@pytest.mark.parametrize(
    ("live_at", "outcome", "hidden"), [(-1200, Outcome.CANNOT_TELL, True), (20, Outcome.UNCERTAIN, False)]
)
def test_what_a_check_of_an_unconfirmed_clock_leaves_open_is_the_same_for_everyone(live_at, outcome, hidden):
    verdict = judge_release(("live", live_at), *NO_ANSWER, clock_bound=None)
    judged = ReleaseEvent.objects.filter(release=verdict.release, kind="judged").last()
    assert is_hidden(verdict.release, [verdict]) is hidden
    assert judged.facts["outcome"][1] == verdict.outcome == outcome
    assert mask_verdict(verdict).outcome == mask_before_publication(verdict).outcome == outcome
    assert outcome_from_due(verdict) == outcome
    sentences = {describe_verdict(each) for each in (verdict, mask_verdict(verdict), mask_before_publication(verdict))}
    assert not [sentence for sentence in sentences if "We found it live later" in sentence]
    said = {sentence for sentence in sentences if "we could not confirm our clock at that time" in sentence}
    assert said == (sentences if outcome is Outcome.UNCERTAIN else set())


def test_of_a_release_that_was_taken_down_the_last_check_in_the_tolerance_is_left():
    masked = mask_verdict(judge_release(*EARLY, *GONE))
    assert masked.last_not_live_at == SEED_DUE + timedelta(seconds=120)


@pytest.mark.parametrize("status", [Status.PUBLISHED, Status.CANCELLED])
def test_a_published_and_a_cancelled_release_are_shown_as_they_are(status):
    early = judge_release(*EARLY)
    early.release.status = status
    assert mask_verdict(early) is early


def test_a_release_that_nothing_was_found_of_before_it_was_due_is_shown_as_it_is():
    missing = judge_release(*GONE)
    assert mask_verdict(missing) is missing
