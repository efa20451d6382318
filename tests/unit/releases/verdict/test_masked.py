"""A verdict without what was found before the due time, for lists and for people who may not know (decision 73)."""

from datetime import UTC, datetime, timedelta

import pytest

from releases.detection.finding import AddressRole, CheckOutcome
from releases.early_findings import is_hidden, mask_verdict
from releases.models import Release, Verification
from releases.models.verification import write_verdict
from releases.verdict.address import Outcome
from releases.verdict.release import AddressChecks, AddressResult, judge_release
from tests.support.checks import DUE, judged, make_check

LIVE, NOT_LIVE = CheckOutcome.LIVE, CheckOutcome.NOT_LIVE


def verification(*checks, status="confirmed", settled=True):
    result = AddressResult(
        address=1,
        url="https://www.example.gov.uk/page",
        role=AddressRole.PAGE,
        required=True,
        verdict=judged(*checks, settled=settled),
        longest_gap=timedelta(seconds=30),
        reasons=("marker_in_title",),
    )
    verdict = judge_release([(result, AddressChecks())], due_at=DUE)
    release = Release(status=status, due_at=DUE)
    return Verification(release=release, due_at=DUE, tolerance_seconds=120, **write_verdict(verdict))


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


EARLY = (make_check(NOT_LIVE, -600), make_check(LIVE, -300), make_check(LIVE, -290))
ONCE = (make_check(NOT_LIVE, -600), make_check(LIVE, -300))
GONE = (*(make_check(NOT_LIVE, at) for at in range(0, 125, 5)),)


@pytest.mark.parametrize(
    ("checks", "settled", "shown"),
    [
        (EARLY, False, Outcome.PENDING),
        (ONCE, False, Outcome.PENDING),
        ((*EARLY, *GONE), True, Outcome.NOT_SEEN),
        ((*ONCE, *GONE), True, Outcome.NOT_SEEN),
    ],
    ids=["early", "seen once", "early and taken down", "seen once and taken down"],
)
def test_only_what_was_found_from_the_due_time_on_is_left(checks, settled, shown):
    whole = verification(*checks, settled=settled)
    masked = mask_verdict(whole)
    assert masked.outcome == shown
    row = {field.attname: getattr(masked, field.attname) for field in Verification._meta.concrete_fields}
    assert [instant for instant in instants(list(row.values())) if instant < DUE] == []
    assert not is_hidden(masked.release, [masked])
    assert whole.first_live_at or whole.addresses[0]["live_before_due_at"], "the verdict itself is not changed"


def test_a_published_release_and_one_without_such_findings_are_shown_as_they_are():
    for whole in (
        verification(*EARLY, status="published"),
        verification(*GONE),
        verification(*EARLY, status="cancelled"),
    ):
        assert mask_verdict(whole) is whole
