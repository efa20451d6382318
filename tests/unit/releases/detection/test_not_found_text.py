"""The text stored of a host's answer for an address that cannot exist."""

import pytest

from releases.detection.finding import Reason
from releases.detection.interstitials import MOST_CHARACTERS, is_like_not_found
from releases.detection.rules import read_not_found_text
from releases.rules.response import Failure
from tests.corpus.layouts import PROSE, bare, office, shell
from tests.support.release_pages import answered, page, shown

NOTHING_HERE = bare(
    "Wandered off", "<h1>Gone for a walk</h1><p>That one is not with us. Use the map of our site instead.</p>"
)


def test_the_text_of_a_page_is_stored_folded_and_without_its_frame():
    text = read_not_found_text(
        answered(page("<h1>Page not found</h1><p>Check the Address.</p>", title="Nothing"), status=404)
    )
    assert text == "nothing - example office\npage not found\ncheck the address."


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answered(failure=Failure.TIMEOUT), id="no-answer"),
        pytest.param(answered(NOTHING_HERE, status=503), id="a-fault"),
        pytest.param(answered(NOTHING_HERE, status=403), id="a-refusal"),
        pytest.param(answered(shell("Office of Figures")), id="a-shell"),
        pytest.param(answered(bare("Just a moment...", "<h1>Just a moment...</h1>")), id="a-check-for-robots"),
        pytest.param(answered(bare("Hello", "<h1>Before you continue</h1><p>We use cookies.</p>")), id="a-consent"),
        pytest.param(answered(bare("Sorry", "<h1>Site under maintenance</h1>")), id="maintenance"),
        pytest.param(answered(office("Sign in", '<input type="password">')), id="a-log-in"),
        pytest.param(answered(b"%PDF-1.7", content_type="application/pdf"), id="a-file"),
        pytest.param(answered(NOTHING_HERE, final_url="https://stats.example.gov.uk/"), id="the-home-page"),
        pytest.param(answered(b"<p>" + b"<div>" * 20_000), id="too-deep"),
    ],
)
def test_an_answer_that_says_nothing_of_what_is_not_there_leaves_no_text(answer):
    assert read_not_found_text(answer) == ""


def test_a_very_long_page_is_stored_in_part():
    assert len(read_not_found_text(answered(office("Nothing", PROSE * 100)))) == MOST_CHARACTERS


def test_the_same_page_with_another_address_and_day_on_it_is_alike():
    one = "nothing at /a/b-2026 on 14 july. use the map of the site or ring us on any working day"
    other = "nothing at /a/no-such-page-8f2a on 15 july. use the map of the site or ring us on any working day"
    assert is_like_not_found(one, other, url="https://x.example/a/b-2026")
    assert not is_like_not_found(one, "ring us on any day of the site or use nothing else of that map here", url="")


@pytest.mark.parametrize("text", ["", "nothing here", "page not found"])
def test_a_text_of_few_words_is_like_nothing(text):
    assert not is_like_not_found(text, text, url="")


def test_being_like_it_never_speaks_against_a_heading_that_carries_the_edition():
    body = office("Road fuel prices, June 2026", PROSE)
    finding = shown(
        body, not_found_text=read_not_found_text(answered(office("Road fuel prices", PROSE))), not_found_certain=True
    )
    assert finding.reasons == (Reason.MARKER_IN_TITLE, Reason.LIKE_NOT_FOUND)
