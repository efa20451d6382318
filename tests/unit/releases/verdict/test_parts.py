"""Parts that are published together: which of them decide the outcome, and how far apart they were."""

from datetime import timedelta

import pytest

from releases.detection.finding import AddressRole
from releases.models.verification import read_results, write_address_result
from releases.rules.parts import Part
from releases.verdict.address import Interval, Outcome
from releases.verdict.parts import measure_spread, summarise_lags
from releases.verdict.release import AddressResult, JudgedPart, combine_addresses, find_main_pages
from tests.support.checks import ABSENT, LIVE, judged, make_check

PAGE, FILE = AddressRole.PAGE, AddressRole.ATTACHMENT
FOLLOWS = timedelta(minutes=15)
LIMIT = 120 + FOLLOWS.total_seconds()


def found(absent: float, live: float, *, limit: float = 120):
    """The verdict on an address that was last absent and first live at these seconds after the due time."""
    return judged(make_check(ABSENT, absent), make_check(LIVE, live), limit=limit)


ON_TIME = found(-5, 0)
LATE = found(120, 900)
NOT_SEEN = judged(make_check(ABSENT, 120))
FOLLOWED = found(230, 240, limit=LIMIT)
FOLLOWS_LATE = found(LIMIT, LIMIT + 10, limit=LIMIT)
AWAITED = judged(make_check(ABSENT, 120), settled=False, limit=LIMIT)


def english(verdict):
    return JudgedPart(PAGE, required=True, verdict=verdict, part=Part.ENGLISH_PAGE)


def welsh(verdict, may_follow=FOLLOWS):
    return JudgedPart(PAGE, required=True, verdict=verdict, part=Part.WELSH_PAGE, may_follow=may_follow)


def tables(verdict, may_follow=timedelta(0)):
    return JudgedPart(FILE, required=True, verdict=verdict, part=Part.TABLES, may_follow=may_follow)


@pytest.mark.parametrize(
    ("parts", "outcome", "deciding"),
    [
        pytest.param([english(ON_TIME), welsh(AWAITED)], Outcome.ON_TIME, ON_TIME, id="a-part-that-may-still-follow"),
        pytest.param([welsh(AWAITED), english(LATE)], Outcome.LATE, LATE, id="late-and-not-waiting-for-a-part"),
        pytest.param([english(ON_TIME), welsh(FOLLOWED)], Outcome.ON_TIME, ON_TIME, id="followed-in-time"),
        pytest.param([english(ON_TIME), welsh(FOLLOWS_LATE)], Outcome.PARTIAL, FOLLOWS_LATE, id="followed-too-late"),
        pytest.param([english(LATE), welsh(FOLLOWED)], Outcome.LATE, LATE, id="only-the-english-page-late"),
        pytest.param(
            [english(ON_TIME), welsh(LATE, timedelta(0))], Outcome.PARTIAL, LATE, id="a-welsh-page-at-the-same-time"
        ),
        pytest.param([welsh(NOT_SEEN, timedelta(0))], Outcome.NOT_SEEN, NOT_SEEN, id="a-welsh-page-alone"),
        pytest.param([english(ON_TIME), tables(NOT_SEEN)], Outcome.PARTIAL, NOT_SEEN, id="tables"),
        pytest.param([welsh(AWAITED)], Outcome.PENDING, AWAITED, id="nothing-that-is-due-at-once"),
    ],
)
def test_a_part_makes_a_release_incomplete_and_never_late(parts, outcome, deciding):
    assert combine_addresses(parts) == (outcome, deciding)


def test_the_limit_of_a_part_that_may_follow_is_later():
    assert (FOLLOWED.outcome, FOLLOWS_LATE.outcome, AWAITED.outcome) == (Outcome.ON_TIME, Outcome.LATE, Outcome.PENDING)
    assert found(230, 240).outcome is not Outcome.ON_TIME


def test_pages_without_names_all_decide_as_before():
    pages = [JudgedPart(PAGE, required=True, verdict=ON_TIME), JudgedPart(PAGE, required=True, verdict=LATE)]
    assert find_main_pages(pages) == pages
    assert combine_addresses(pages)[0] is Outcome.LATE


def lags(*parts):
    spread = measure_spread(parts)
    return [one.lag for one in spread.parts] if spread else None


def test_the_time_after_the_first_part_is_an_interval():
    assert lags(english(found(-5, 0)), welsh(found(230, 240, limit=LIMIT)), tables(found(-5, 3))) == [
        Interval(0, 0),
        Interval(230, 245),
        Interval(0, 8),
    ]


def test_the_first_part_is_the_page_unless_another_was_certainly_before_it():
    assert measure_spread([english(found(-5, 3)), tables(found(-5, 0))]).first.part is Part.ENGLISH_PAGE
    certainly_before = measure_spread([english(found(60, 65)), tables(found(-5, 0))])
    assert certainly_before.first.part is Part.TABLES
    assert [one.lag for one in certainly_before.parts] == [Interval(60, 70), Interval(0, 0)]


def test_a_part_that_is_not_live_has_no_upper_bound_and_one_that_is_not_determined_no_time():
    uncertain = found(-5, 900)
    assert uncertain.outcome is Outcome.UNCERTAIN
    spread = measure_spread([english(ON_TIME), tables(NOT_SEEN), welsh(AWAITED), welsh(uncertain)])
    assert [one.lag for one in spread.parts] == [Interval(0, 0), Interval(120, None), None, None]
    assert [one.part.verdict for one in spread.parts if one.lag is None] == [AWAITED, uncertain]
    assert measure_spread([english(uncertain), tables(NOT_SEEN)]).first is None


@pytest.mark.parametrize(("required", "late"), [(True, 1), (False, 0)])
def test_only_a_part_that_must_be_live_on_time_can_be_late(required, late):
    dashboard = JudgedPart(PAGE, required=required, verdict=NOT_SEEN, part=Part.DASHBOARD)
    spread = measure_spread([english(ON_TIME), dashboard])
    assert [one.is_late for one in spread.parts] == [False, required]
    figures = {one.part: one for one in summarise_lags([spread])}
    assert (figures[Part.DASHBOARD].releases, figures[Part.DASHBOARD].late) == (1, late)


def test_releases_without_named_parts_or_with_one_part_have_no_spread():
    assert lags(JudgedPart(PAGE, required=True, verdict=ON_TIME), JudgedPart(FILE, required=True, verdict=LATE)) is None
    assert lags(english(ON_TIME)) is None


def test_a_result_is_written_with_its_part_only_if_it_has_one():
    plain = AddressResult(1, "https://www.example.gov.uk/", PAGE, True, ON_TIME, timedelta(seconds=10))
    assert not {"part", "may_follow_minutes"} & write_address_result(plain).keys()
    named = AddressResult(
        **{name: getattr(plain, name) for name in ("address", "url", "role", "required", "verdict", "longest_gap")},
        part=Part.WELSH_PAGE,
        may_follow=FOLLOWS,
    )
    written = write_address_result(named)
    assert (written["part"], written["may_follow_minutes"]) == ("welsh_page", 15)
    assert read_results([written, write_address_result(plain)]) == (named, plain)
