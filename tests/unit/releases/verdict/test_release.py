"""A release, judged from the verdicts on its addresses."""

import itertools

import pytest

from releases.detection.finding import AddressRole
from releases.verdict.address import AddressVerdict, Outcome
from releases.verdict.release import JudgedPart, combine_addresses
from tests.support.checks import ABSENT, LIVE, judged, make_check

PAGE, ATTACHMENT = AddressRole.PAGE, AddressRole.ATTACHMENT

EARLY = judged(make_check(ABSENT, -60), make_check(LIVE, -30), make_check(LIVE, -15), make_check(LIVE, 0))
ON_TIME = judged(make_check(ABSENT, -5), make_check(LIVE, 0))
LATE = judged(make_check(ABSENT, 120), make_check(LIVE, 900))
NOT_SEEN = judged(make_check(ABSENT, 120))
UNCERTAIN = judged(make_check(ABSENT, -5), make_check(LIVE, 900))
CANNOT_TELL = judged(make_check(ABSENT, -5))
PENDING = judged(make_check(ABSENT, -5), settled=False)
EVERY = {verdict.outcome: verdict for verdict in (EARLY, ON_TIME, LATE, NOT_SEEN, UNCERTAIN, CANNOT_TELL, PENDING)}


def outcome_of(page: AddressVerdict, *attachments: AddressVerdict) -> Outcome:
    return combine_addresses(
        [JudgedPart(PAGE, True, page), *(JudgedPart(ATTACHMENT, True, each) for each in attachments)]
    )[0]


@pytest.mark.parametrize("verdict", EVERY.values(), ids=EVERY)
def test_a_release_with_one_page_has_the_outcome_of_its_page(verdict):
    assert combine_addresses([JudgedPart(PAGE, True, verdict)]) == combine_addresses(
        [JudgedPart(PAGE, True, verdict), JudgedPart(ATTACHMENT, False, LATE)]
    )
    assert outcome_of(verdict) is verdict.outcome


@pytest.mark.parametrize("missing", [LATE, NOT_SEEN], ids=["late", "not-seen"])
def test_a_release_whose_page_is_live_and_whose_attachment_is_missing_is_partial(missing):
    verdict = combine_addresses(
        [JudgedPart(PAGE, True, ON_TIME), JudgedPart(ATTACHMENT, True, ON_TIME), JudgedPart(ATTACHMENT, True, missing)]
    )
    assert verdict == (Outcome.PARTIAL, missing)


def test_an_early_attachment_makes_the_release_early_whatever_else_is_pending_or_missing():
    for other in EVERY.values():
        assert outcome_of(other, EARLY) is Outcome.EARLY


@pytest.mark.parametrize("outcome", [Outcome.LATE, Outcome.NOT_SEEN])
def test_a_page_that_is_late_or_not_seen_goes_before_what_its_attachments_show(outcome):
    for other in EVERY.values():
        expected = other.outcome if other in (EARLY, PENDING) else outcome
        assert outcome_of(EVERY[outcome], other) is expected


def test_a_missing_attachment_is_partial_also_where_the_page_cannot_be_determined():
    assert outcome_of(CANNOT_TELL, NOT_SEEN) is Outcome.PARTIAL
    assert outcome_of(UNCERTAIN, LATE) is Outcome.PARTIAL


def test_otherwise_the_worst_address_decides():
    assert outcome_of(ON_TIME, CANNOT_TELL, UNCERTAIN) is Outcome.CANNOT_TELL
    assert outcome_of(UNCERTAIN, ON_TIME) is Outcome.UNCERTAIN
    assert outcome_of(ON_TIME, ON_TIME) is Outcome.ON_TIME


def test_a_release_is_pending_while_a_required_address_is():
    assert outcome_of(ON_TIME, PENDING) is Outcome.PENDING
    assert outcome_of(NOT_SEEN, PENDING) is Outcome.PENDING


def test_an_address_that_is_not_required_never_decides():
    for page, optional in itertools.product(EVERY.values(), repeat=2):
        verdict = combine_addresses([JudgedPart(ATTACHMENT, False, optional), JudgedPart(PAGE, True, page)])
        assert verdict == (page.outcome, page)


def test_a_release_without_a_required_address_cannot_be_determined_once_nothing_is_pending():
    assert combine_addresses([])[0] is Outcome.CANNOT_TELL
    assert combine_addresses([JudgedPart(ATTACHMENT, False, PENDING)])[0] is Outcome.PENDING
    assert combine_addresses([JudgedPart(ATTACHMENT, False, EARLY)])[0] is Outcome.CANNOT_TELL


def test_every_combination_of_three_addresses_has_one_outcome_whatever_their_order():
    for page, first, second in itertools.product(EVERY.values(), repeat=3):
        addresses = [
            JudgedPart(PAGE, True, page),
            JudgedPart(ATTACHMENT, True, first),
            JudgedPart(ATTACHMENT, True, second),
        ]
        outcomes = {combine_addresses(order)[0] for order in itertools.permutations(addresses)}
        assert len(outcomes) == 1


def test_the_most_telling_address_is_first():
    sooner = judged(make_check(ABSENT, -90), make_check(LIVE, -80), make_check(LIVE, -15))
    _, deciding = combine_addresses(
        [JudgedPart(PAGE, True, EARLY), JudgedPart(ATTACHMENT, True, sooner), JudgedPart(ATTACHMENT, True, ON_TIME)]
    )
    assert deciding is sooner
    later = judged(make_check(ABSENT, 120), make_check(LIVE, 2000))
    _, deciding = combine_addresses(
        [
            JudgedPart(PAGE, True, ON_TIME),
            JudgedPart(ATTACHMENT, True, LATE),
            JudgedPart(ATTACHMENT, True, later),
            JudgedPart(ATTACHMENT, True, NOT_SEEN),
        ]
    )
    assert deciding is NOT_SEEN
