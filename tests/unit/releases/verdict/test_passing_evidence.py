"""Sentences that name the edition on another one's page: what they say is to come, or they say it in passing."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from releases.detection.finding import CheckOutcome, Reason
from releases.detection.rules import examine
from releases.models import Verification
from releases.monitoring.sweep import Sweep
from releases.verdict.address import Outcome
from statsoffice.fake_publisher import pages as site_pages
from tests.support.factories import SEED_DUE, ReleaseFactory
from tests.support.release_pages import AT, MUCH, answered, expected, page, shown
from tests.support.scripted_publisher import JumpingClock, MorningOver, ScriptedPublisher

LIVE, NOT_LIVE, UNRECOGNISED = CheckOutcome.LIVE, CheckOutcome.NOT_LIVE, CheckOutcome.UNRECOGNISED
BEFORE = AT - timedelta(minutes=30)


def of_the_series(text: str) -> bytes:
    return page(f"<h1>Road fuel prices</h1>{text}{MUCH}", title="Road fuel prices")


def examine_body(body: bytes, *, at=AT, **known):
    looked = replace(answered(body), sent_at=at, completed_at=at)
    return examine(looked, expected(due_at=AT, **known))


@pytest.mark.parametrize(
    "sentence",
    [
        "Ahead of the June 2026 release we asked users what they need.",
        "Data for June 2026 are being collected.",
        "Data for June 2026 are not in this bulletin.",
        "Prices are shown excluding June 2026.",
        "Look out for June 2026 figures.",
        "June 2026 figures are out on 30 June 2026.",
        "The June 2026 release is delayed.",
        "Sign up to be told when June 2026 is published.",
        "The closing date for comments is June 2026.",
        "Revisions to be introduced in June 2026.",
        "We are introducing a new method in June 2026.",
        "The June 2026 bulletin follows in July.",
        "Data correct as at June 2026",
        "User survey June 2026: have your say",
    ],
)
def test_what_is_said_to_come_or_asked_for_is_not_there(sentence):
    finding = shown(of_the_series(f"<p>{sentence}</p>"))
    assert (finding.result, finding.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TEXT, Reason.STILL_TO_COME))


NOTICE = of_the_series("<p>We consulted users of these statistics in June 2026.</p>")


def test_one_sentence_added_before_the_time_proves_nothing_then_and_later():
    early = examine_body(NOTICE, at=BEFORE)
    assert (early.result, early.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TEXT, Reason.MENTIONED_ONCE))
    later = examine_body(NOTICE, texts_before=frozenset({early.text_digest}))
    assert (later.result, later.reasons) == (early.result, early.reasons)


def test_a_text_that_named_the_edition_all_along_may_be_the_release_and_is_not_called_unchanged():
    text = frozenset({examine_body(NOTICE, at=BEFORE).text_digest})
    assert examine_body(NOTICE, texts_before=text, texts_not_live=text).result is UNRECOGNISED


def test_one_sentence_of_a_new_text_is_enough_from_the_due_time_on():
    assert examine_body(of_the_series("<p>Prices of road fuel rose in June 2026.</p>")).result is LIVE


@pytest.mark.parametrize(
    "text",
    [
        "<h2>June 2026</h2>",
        "<p>Prices of road fuel rose in June 2026.</p><p>Only in June 2026 was it dearer than in May 2026.</p>",
        "<table><tr><th>May 2026<th>June 2026<tr><td>1<td>2</table>",
    ],
    ids=["heading", "twice", "table"],
)
def test_a_text_that_holds_the_edition_is_live_before_its_time_too(text):
    assert examine_body(of_the_series(text), at=BEFORE).result is LIVE


@pytest.mark.django_db
@pytest.mark.usefixtures("calendar_at_rest")
def test_a_notice_on_the_last_editions_page_makes_nothing_early_and_nothing_on_time():
    name = "State-funded schools inspections and outcomes"
    ReleaseFactory(confirmed=True, url="https://www.example.gov.uk/inspections")
    last = site_pages.release_page(name, published="31 March 2020")
    noted = last.replace("</h1>", "</h1><p>We consulted users of these statistics on 31 March 2020.</p>", 1)
    clock = JumpingClock(SEED_DUE - timedelta(seconds=60), ends_at=SEED_DUE + timedelta(seconds=140))

    def script(url, at):
        if not url.endswith("/inspections"):
            return 404, "", 0.1
        return 200, noted if at >= SEED_DUE - timedelta(seconds=30) else last, 0.1

    publisher = ScriptedPublisher(clock, script)
    with suppress(MorningOver):
        Sweep(clock=clock, probe=publisher, name="passing").run()
    assert Verification.objects.get().outcome == Outcome.CANNOT_TELL
