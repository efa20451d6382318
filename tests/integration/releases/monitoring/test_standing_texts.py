"""Which texts count as unchanged: those that were there all along, never one that came while we monitored."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from releases.detection.finding import CheckOutcome, EarlierTexts, Reason
from releases.models import Observation, Verification
from releases.monitoring import targets
from releases.monitoring.sweep import Sweep
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.observations import create_observation
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

ABSENT, UNKNOWN = CheckOutcome.NOT_LIVE, CheckOutcome.UNRECOGNISED


def find_lasting_texts(texts: str, *, shuffled: bool = False) -> str:
    """Note one check a minute, each with a text of one letter ("-" is no page), and return the unchanged texts."""
    before = EarlierTexts()
    looks = list(enumerate(texts))
    if shuffled:
        random.Random(1).shuffle(looks)  # noqa: S311  # any order
    for minute, text in looks:
        at = SEED_DUE + timedelta(minutes=minute)
        before.note(ABSENT if text == "-" else UNKNOWN, (), text.strip("-"), first=at, last=at)
    return "".join(sorted(before.lasting))


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ("aaaa", "a"),
        ("aaab", "a"),
        ("---b", ""),
        ("a-a-a", "a"),
        ("a--b", "a"),
        ("abab", "ab"),
        ("abba", "ab"),
        ("abcb", "a"),
        ("abcabc", "abc"),
        ("-a-", "a"),
        ("", ""),
    ],
)
def test_a_text_stands_that_took_no_other_ones_place_for_good(texts, expected):
    assert find_lasting_texts(texts) == find_lasting_texts(texts, shuffled=True) == expected


@pytest.mark.parametrize(
    ("result", "reasons"),
    [
        (CheckOutcome.UNREACHABLE, ("timeout",)),
        (CheckOutcome.OBSERVER_FAULT, ("our_error",)),
        (CheckOutcome.LIVE, ("marker_in_title",)),
        (UNKNOWN, ("obstacle",)),
        (UNKNOWN, ("no_marker", "fault_text")),
        (UNKNOWN, ("script_shell",)),
    ],
)
def test_what_shows_nothing_of_the_page_takes_no_text_away(result, reasons):
    before = EarlierTexts()
    before.note(result, reasons, "x", first=SEED_DUE, last=SEED_DUE)
    later = SEED_DUE + timedelta(minutes=1)
    before.note(UNKNOWN, ("no_marker",), "a", first=later, last=later)
    assert before.lasting == {"a"}


@pytest.mark.django_db
def test_the_texts_that_stood_before_a_release_are_read_from_the_record_and_go_on_in_memory():
    page = ReleaseFactory(confirmed=True).addresses.get()
    for minutes, text in ((-90, "old"), (-30, "old"), (-20, "new"), (5, "after")):
        create_observation(
            page, "unrecognised", at=SEED_DUE + timedelta(minutes=minutes), text=text, reasons=("no_marker",)
        )
    create_observation(page, "unrecognised", at=SEED_DUE - timedelta(minutes=120), text="robots", reasons=("obstacle",))
    old, new = (Observation.objects.filter(address=page, text_digest__gt="").order_by("sent_at")[i] for i in (1, 3))
    (target,) = targets.load_targets([page])
    assert target.texts_before.lasting == {old.text_digest}
    later = SEED_DUE - timedelta(minutes=10)
    target.texts_before.note(UNKNOWN, (Reason.NO_MARKER,), old.text_digest, first=later, last=later)
    assert target.texts_before.lasting == {old.text_digest, new.text_digest}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("seconds", "outcome"),
    [(-8, Outcome.CANNOT_TELL), (8, Outcome.CANNOT_TELL), (-90_000, Outcome.NOT_SEEN)],
    ids=["seconds early", "seconds late", "the last edition"],
)
@pytest.mark.usefixtures("calendar_at_rest")
def test_a_release_under_an_unexpected_title_is_not_called_unchanged_because_it_came_early(seconds, outcome):
    ReleaseFactory(confirmed=True, url="https://www.example.gov.uk/inspections")
    name = "State-funded schools inspections and outcomes as at the summer"
    renamed = pages.release_page(name, published="30 June 2020")
    out = SEED_DUE + timedelta(seconds=seconds)
    clock = JumpingClock(SEED_DUE - timedelta(seconds=30), ends_at=SEED_DUE + timedelta(seconds=140))

    def script(url, at):
        return (200, renamed, 0.1) if at >= out and url.endswith("/inspections") else (404, "", 0.1)

    publisher = ScriptedPublisher(clock, script)
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="standing").run()
    assert Verification.objects.get().outcome == outcome
