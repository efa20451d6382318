"""The chance of noticing a release that is out early for a while: computed, played, and written down."""

import random
import re
from datetime import timedelta

import pytest
from django.conf import settings

from releases.detection.finding import CheckOutcome
from releases.rules import cadence
from releases.rules.cadence import LENGTHS, Begins, chance_of_detection
from releases.text import preflight
from releases.verdict.address import BeforeDue, Sighting, judge_address
from tests.support.checks import DUE

GLANCE = timedelta(milliseconds=1)
PLAYED = 400


def watched(goes_out, length, key):
    """Check by the cadence an address that is out for a while before its time; return the findings before due."""
    sightings, first = [], None
    at = goes_out - timedelta(minutes=20)
    instant = None
    while True:
        instant = cadence.next_check_at(
            due_at=DUE,
            limit_at=DUE,
            after=instant or at,
            now=instant or at,
            key=key,
            live_early=first if sum(one.result is CheckOutcome.LIVE for one in sightings) == 1 else None,
        )
        if instant >= DUE or (instant > goes_out + length + timedelta(minutes=2)):
            break
        result = CheckOutcome.LIVE if goes_out <= instant < goes_out + length else CheckOutcome.NOT_LIVE
        first = first or (instant if result is CheckOutcome.LIVE else None)
        sightings.append(Sighting(result, instant, instant, instant + GLANCE))
    return judge_address(sightings, due_at=DUE, limit_at=DUE, longest_gap=timedelta(seconds=10), settled=True).before


def pairs():
    """Yield every length with every beginning; ./test plays each of them once, the chances of all are written down."""
    for row, begins in enumerate(Begins):
        for column, length in enumerate(LENGTHS):
            played = (column - row) % max(len(Begins), len(LENGTHS)) == 0
            marks = () if played else pytest.mark.full
            yield pytest.param(begins, length, marks=marks, id=f"{length.seconds} s-{begins.name.lower()}")


@pytest.mark.parametrize(("begins", "length"), list(pairs()))
def test_exposures_that_are_played_are_noticed_as_often_as_the_chance_says(begins, length):
    chances = random.Random(f"{begins}{length}")  # noqa: S311  # a script, not a secret
    from_, to = (before.total_seconds() for before in begins.value)
    found = []
    for number in range(PLAYED):
        before = chances.uniform(to, min(from_, 23.7 * 3600))
        found.append(watched(DUE - timedelta(seconds=before), length, f"release-{number}"))
    computed = chance_of_detection(length, begins)
    seen = sum(one is not BeforeDue.NOTHING for one in found) / PLAYED
    proven = sum(one is BeforeDue.EARLY for one in found) / PLAYED
    # Three and a half standard deviations of so many plays, and the shifts of the plan at the ends of a stretch.
    assert seen == pytest.approx(computed.detected, abs=0.09)
    assert proven == pytest.approx(computed.proven, abs=0.09)
    if computed.detected == 1:
        assert seen == 1


def test_a_longer_exposure_and_one_nearer_to_its_time_is_never_noticed_less():
    stretches = [begins for begins in Begins if begins is not Begins.LAST_MINUTE]
    for begins in Begins:
        seen = [chance_of_detection(timedelta(seconds=seconds), begins) for seconds in range(0, 1000, 13)]
        assert [one.detected for one in seen] == sorted(one.detected for one in seen)
        assert [one.proven for one in seen] == sorted(one.proven for one in seen)
        assert all(0 <= one.proven <= one.detected <= 1 for one in seen)
    for length in LENGTHS:
        assert [chance_of_detection(length, begins).detected for begins in stretches] == sorted(
            chance_of_detection(length, begins).detected for begins in stretches
        )


def test_what_goes_out_in_the_last_five_seconds_is_not_distinguished_from_what_is_on_time():
    assert chance_of_detection(timedelta(hours=1), Begins.LAST_MINUTE).detected == pytest.approx(55 / 60)


def test_the_chances_in_the_documentation_are_those_that_are_computed():
    written = (settings.BASE_DIR / "docs" / "reference" / "preflight.md").read_text()
    rows = re.findall(r"^\| ([^|]+) \|((?: [^|/]*% / [^|/]*% \|)+)$", written, re.MULTILINE)
    assert [words for words, _ in rows] == [str(words) for words in preflight.BEGINS.values()]
    for begins, (_, figures) in zip(Begins, rows, strict=True):
        computed = [chance_of_detection(length, begins) for length in LENGTHS]
        told = [
            f"{preflight.describe_percent(one.detected)} / {preflight.describe_percent(one.proven)}" for one in computed
        ]
        assert figures.strip(" |").split(" | ") == told
    heads = " | ".join(f"for {preflight.describe_length(length)}" for length in LENGTHS)
    assert f"| it goes out | {heads} |" in written


@pytest.mark.parametrize(("share", "written"), [(0, "under 1%"), (0.0099, "under 1%"), (0.999, "99%"), (1.0, "100%")])
def test_a_chance_is_never_written_as_more_than_it_is(share, written):
    assert preflight.describe_percent(share) == written
