"""What an exemption covers, and that no one hides a breach by one (design of verdicts)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from releases.detection.finding import AddressRole
from releases.verdict.address import Outcome
from releases.verdict.release import Covers, Terms, applies, faults_to_cover, find_covering_exemptions

DUE = datetime(2020, 6, 30, 8, 30, tzinfo=UTC)
BEFORE = DUE - timedelta(days=10)
PAGE, ATTACHMENT = AddressRole.PAGE, AddressRole.ATTACHMENT


def terms(*covers, **fields):
    given = {
        "covers": frozenset(covers or Covers),
        "covers_from": date(2020, 6, 30),
        "covers_to": date(2020, 6, 30),
        "approved_on": date(2020, 6, 19),
        "recorded_at": BEFORE,
    }
    return Terms(**given | fields)


@pytest.mark.parametrize(
    ("outcome", "sides", "what"),
    [
        pytest.param(Outcome.LATE, (), {Covers.LATE}, id="late"),
        pytest.param(Outcome.NOT_SEEN, (), {Covers.LATE}, id="not-seen"),
        pytest.param(Outcome.PARTIAL, (), {Covers.PARTIAL}, id="partial"),
        pytest.param(Outcome.EARLY, ((PAGE, Outcome.ON_TIME),), {Covers.EARLY}, id="early"),
        pytest.param(Outcome.EARLY, ((PAGE, Outcome.PENDING),), {Covers.EARLY}, id="early-so-far"),
        pytest.param(Outcome.EARLY, ((PAGE, Outcome.NOT_SEEN),), {Covers.EARLY, Covers.LATE}, id="early-and-then-late"),
        pytest.param(
            Outcome.EARLY,
            ((PAGE, Outcome.ON_TIME), (ATTACHMENT, Outcome.LATE)),
            {Covers.EARLY, Covers.PARTIAL},
            id="early-and-then-partial",
        ),
        *(
            pytest.param(outcome, ((PAGE, Outcome.LATE),), set(), id=outcome.value)
            for outcome in (Outcome.ON_TIME, Outcome.UNCERTAIN, Outcome.CANNOT_TELL, Outcome.PENDING)
        ),
    ],
)
def test_what_has_to_be_covered_follows_from_the_verdict(outcome, sides, what):
    assert faults_to_cover(outcome, sides) == what


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        pytest.param({}, True, id="recorded-and-approved-before"),
        pytest.param({"recorded_at": DUE - timedelta(microseconds=1)}, True, id="recorded-just-before"),
        pytest.param({"recorded_at": DUE}, False, id="recorded-as-it-was-due"),
        pytest.param({"recorded_at": DUE + timedelta(days=1)}, False, id="recorded-after"),
        pytest.param({"approved_on": date(2020, 6, 30)}, True, id="approved-on-the-day-and-recorded-before"),
        pytest.param({"approved_on": date(2020, 7, 1)}, False, id="approved-after"),
        pytest.param({"covers_from": date(2020, 7, 1), "covers_to": date(2020, 7, 9)}, False, id="later-days"),
        pytest.param({"covers_from": date(2020, 6, 1), "covers_to": date(2020, 6, 29)}, False, id="earlier-days"),
        pytest.param({"covers_from": date(2020, 6, 1), "covers_to": date(2020, 7, 9)}, True, id="a-span-of-days"),
        pytest.param({"ended_at": DUE - timedelta(hours=1)}, False, id="withdrawn-before"),
        pytest.param({"ended_at": DUE}, False, id="withdrawn-as-it-was-due"),
        pytest.param({"ended_at": DUE + timedelta(hours=1)}, True, id="withdrawn-after"),
        pytest.param({"ended_at": DUE + timedelta(days=9), "in_error": True}, False, id="recorded-in-error"),
    ],
)
def test_an_exemption_speaks_only_to_what_happened_after_it_was_there(fields, expected):
    assert applies(terms(**fields), due_at=DUE, occurred_at=DUE) is expected


def test_an_early_release_is_covered_only_by_what_was_recorded_before_it_was_seen():
    seen_at = DUE - timedelta(hours=3)
    assert not applies(terms(recorded_at=DUE - timedelta(hours=1)), due_at=DUE, occurred_at=seen_at)
    assert applies(terms(recorded_at=DUE - timedelta(hours=4)), due_at=DUE, occurred_at=seen_at)


def test_the_days_that_it_covers_are_londons():
    late_evening = datetime(2020, 6, 29, 23, 30, tzinfo=UTC)
    assert applies(terms(), due_at=late_evening, occurred_at=None)


def cover(*exemptions, what):
    return find_covering_exemptions(exemptions, what=frozenset(what), due_at=DUE, occurred_at=DUE)


def test_exemptions_cover_together_what_none_of_them_covers_alone():
    early, late = ("early", terms(Covers.EARLY)), ("late", terms(Covers.LATE))
    both = {Covers.EARLY, Covers.LATE}
    assert cover(early, late, what=both) == ["early", "late"]
    assert cover(early, what=both) == []
    assert cover(early, late, what={Covers.LATE}) == ["late"]


def test_where_nothing_needs_to_be_covered_nothing_is():
    assert cover(("all", terms()), what=set()) == []


def test_an_exemption_for_other_faults_covers_nothing():
    assert cover(("early", terms(Covers.EARLY)), what={Covers.LATE}) == []
