"""The minute brief: what was live and not live, and the figures of a host."""

from datetime import timedelta

import pytest

from releases.minute_briefs import ReadBrief
from releases.models import MinuteBrief
from releases.text import minute_brief as texts
from releases.verdict.address import Outcome
from releases.verdict.minute_brief import BriefState, DueRelease, build_brief
from tests.support.factories import SEED_DUE

LIMIT = SEED_DUE + timedelta(minutes=2)
LATER = LIMIT + timedelta(minutes=7)
HOST = "www.example.gov.uk"


def due(key, outcome, *, host=HOST, **fields):
    return DueRelease(key=key, host=host, outcome=outcome, **{"limit_at": LIMIT} | fields)


@pytest.mark.parametrize(
    ("outcome", "complete_at", "state"),
    [
        (Outcome.ON_TIME, SEED_DUE, BriefState.LIVE),
        (Outcome.NOT_SEEN, None, BriefState.NOT_LIVE),
        (Outcome.LATE, LATER, BriefState.LIVE_NOW),
        (Outcome.LATE, None, BriefState.NOT_LIVE),
        (Outcome.PARTIAL, None, BriefState.INCOMPLETE),
        (Outcome.PARTIAL, LATER, BriefState.LIVE_NOW),
        (Outcome.PENDING, None, BriefState.NOT_KNOWN),
        (Outcome.CANNOT_TELL, None, BriefState.NOT_KNOWN),
        (Outcome.UNCERTAIN, LATER, BriefState.NOT_KNOWN),
    ],
)
def test_a_release_without_a_usable_verdict_is_not_known_and_never_not_live(outcome, complete_at, state):
    one = due(1, outcome, complete_at=complete_at)
    assert one.state is state
    assert one.was_not_live == (state in {BriefState.NOT_LIVE, BriefState.INCOMPLETE, BriefState.LIVE_NOW})


def test_every_release_is_in_one_state_and_the_figures_count_what_was_not_live_at_the_limit():
    own = [due(number, outcome) for number, outcome in enumerate(Outcome) if outcome is not Outcome.EARLY]
    brief = build_brief(own)
    in_states = [one.key for state in BriefState for one in brief.releases if one.state is state]
    assert sorted(in_states) == sorted(one.key for one in own)
    assert (brief.due, brief.were_not_live) == (len(own), 3)
    assert brief.limit_at == LIMIT


def test_the_figures_of_a_host_count_all_producers_and_give_no_cause():
    own = [due(1, Outcome.NOT_SEEN), due(2, Outcome.ON_TIME), due(3, Outcome.NOT_SEEN, host="other.example.gov.uk")]
    others = [due(4, Outcome.LATE, complete_at=LATER), due(5, Outcome.CANNOT_TELL), due(6, Outcome.NOT_SEEN, host="x")]
    (count,) = build_brief(own, others).hosts
    assert (count.host, count.due, count.not_live, count.not_known) == (HOST, 4, 2, 1)


def test_figures_of_a_host_are_those_of_the_brief_only_if_all_of_its_releases_and_no_others_are_on_it():
    own = [due(1, Outcome.NOT_SEEN), due(2, Outcome.ON_TIME)]
    elsewhere = due(3, Outcome.ON_TIME, host="other.example.gov.uk")
    other = due(4, Outcome.ON_TIME)
    for others, more, is_brief in (
        ([], [], True),
        ([other], [], False),
        ([], [elsewhere], False),
        ([other], [elsewhere], False),
    ):
        (count,) = build_brief([*own, *more], others).hosts
        assert count.is_brief is is_brief


def test_a_host_without_another_release_and_one_on_which_nothing_failed_have_no_figures():
    assert build_brief([due(1, Outcome.NOT_SEEN)]).hosts == ()
    assert build_brief([due(1, Outcome.NOT_SEEN, host=""), due(2, Outcome.NOT_SEEN, host="")]).hosts == ()
    assert build_brief([due(1, Outcome.ON_TIME), due(2, Outcome.ON_TIME)]).hosts == ()


def test_a_limit_is_named_only_if_it_is_the_same_for_all():
    other = LIMIT + timedelta(minutes=1)
    brief = build_brief([due(1, Outcome.NOT_SEEN), due(2, Outcome.NOT_SEEN, limit_at=other)])
    assert brief.limit_at is None
    assert brief.hosts[0].limit_at is None


def test_the_brief_is_open_until_the_last_release_is_live_or_no_longer_expected():
    late = due(1, Outcome.LATE, complete_at=LATER, is_published=True)
    for other, is_open in (
        (due(2, Outcome.NOT_SEEN), True),
        (due(2, Outcome.NOT_SEEN, is_over=True), False),
        (due(2, Outcome.PENDING), True),
        (due(2, Outcome.UNCERTAIN, is_published=True), False),
        (due(2, Outcome.PARTIAL, is_published=True), True),
        (due(2, Outcome.ON_TIME, is_published=True), False),
    ):
        assert build_brief([late, other]).is_open == is_open, other


def test_the_time_at_which_all_are_live_is_that_of_the_last():
    earlier = due(1, Outcome.LATE, complete_at=LATER)
    assert build_brief([earlier, due(2, Outcome.LATE, complete_at=LATER + timedelta(minutes=1))]).live_at == (
        LATER + timedelta(minutes=1)
    )
    assert build_brief([earlier, due(2, Outcome.NOT_SEEN)]).live_at is None
    assert build_brief([due(1, Outcome.ON_TIME)]).live_at is None


ABSENT, PART, PUNCTUAL = Outcome.NOT_SEEN, Outcome.PARTIAL, Outcome.ON_TIME


@pytest.mark.parametrize(
    ("outcomes", "headline", "short"),
    [
        ([PART], "The release was not complete at 9:32am.", "1 of 1 not complete at 9:32am"),
        ([ABSENT], "The release was not live at 9:32am.", "1 of 1 not live at 9:32am"),
        (
            [PART, PUNCTUAL],
            "1 of 2 releases was not complete at 9:32am.",
            "1 of 2 not complete at 9:32am",
        ),
        (
            [PART, PART, PUNCTUAL],
            "2 of 3 releases were not complete at 9:32am.",
            "2 of 3 not complete at 9:32am",
        ),
        (
            [PART, ABSENT, PUNCTUAL],
            "2 of 3 releases were not live or not complete at 9:32am.",
            "2 of 3 not live or not complete at 9:32am",
        ),
        ([ABSENT, PUNCTUAL], "1 of 2 releases was not live at 9:32am.", "1 of 2 not live at 9:32am"),
    ],
)
def test_an_incomplete_release_is_not_said_to_be_not_live(outcomes, headline, short):
    own = [due(number, outcome) for number, outcome in enumerate(outcomes)]
    read = read_of(own)
    assert (texts.brief_headline(read), texts.short_headline(read)) == (headline, short)
    (count,) = build_brief(own, [due(9, PUNCTUAL)]).hosts
    most, _space, _when = headline.partition(" at 9")
    figures = f"{read.brief.were_not_live} of {len(own) + 1} releases on {HOST} "
    assert texts.host_sentence(count).startswith(figures)
    assert texts.host_sentence(count).endswith(f"{most.partition(' not ')[2]} at 9:32am. Cause not known.")


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([PART], "It is complete now. We first found it complete at 9:39:00am."),
        ([PART, ABSENT], "All of them are complete now. We first found the last one complete at 9:39:00am."),
        ([ABSENT, ABSENT], "All of them are live now. We first found the last one complete at 9:39:00am."),
    ],
)
def test_what_was_incomplete_is_said_to_be_complete_now(outcomes, said):
    own = [due(number, outcome, complete_at=LATER) for number, outcome in enumerate(outcomes)]
    assert texts.since_sentence(read_of(own)) == said


def read_of(own):
    return ReadBrief(MinuteBrief(due_at=SEED_DUE), build_brief(own), ())
