"""Which pages ask for a log-in instead of showing the release."""

import pytest

from releases.detection.finding import CheckOutcome, Reason
from tests.support.release_pages import MUCH, TITLE, page, release_page, shown

LIVE, NOT_LIVE, UNRECOGNISED = CheckOutcome.LIVE, CheckOutcome.NOT_LIVE, CheckOutcome.UNRECOGNISED

FORM = '<form><label>E-mail <input name="user"></label><label>Password <input type="PassWord"></label></form>'


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(page(f"<h1>Sign in</h1>{FORM}", title="Sign in"), id="form"),
        pytest.param(page('<h1>Log in to continue</h1><input type="email">', title="Example"), id="e-mail-first"),
        pytest.param(page("<h1>Welcome</h1><p>One moment</p>", title="Sign in to your account"), id="title"),
        pytest.param(page(f"<h1>Staff area</h1>{FORM}", title="Staff area"), id="a-password-and-no-marker"),
        pytest.param(page(f"<h1>Sign in to read {TITLE}</h1>{FORM}", title="Example"), id="heading-names-the-release"),
        pytest.param(page(f"<h1>Login</h1><p>To read {TITLE}</p>{FORM}", title=TITLE), id="title-names-the-release"),
    ],
)
def test_a_log_in_page_is_not_live(body):
    assert (shown(body).result, shown(body).reasons) == (NOT_LIVE, (Reason.LOG_IN,))


def test_a_release_page_with_a_log_in_form_next_to_it_is_live():
    assert shown(release_page(above=FORM)).result is LIVE


def test_a_log_in_form_next_to_the_heading_of_the_series_is_put_to_a_person():
    for text in (MUCH, "<p>Prices of road fuel.</p>"):
        found = shown(page(f"<header><h1>Login</h1>{FORM}</header><h1>Road fuel prices</h1>{text}"))
        assert found.result is UNRECOGNISED
    without_the_marker = page(f"<h1>Login</h1>{FORM}<h1>Road fuel prices</h1>{MUCH}", title="Road fuel prices")
    assert (shown(without_the_marker).result, shown(without_the_marker).reasons) == (NOT_LIVE, (Reason.LOG_IN,))


def test_a_heading_to_log_in_above_a_long_text_is_put_to_a_person_if_the_title_names_the_edition():
    found = shown(page(f"<h1>Login</h1>{FORM}{MUCH}"))
    assert (found.result, found.reasons) == (UNRECOGNISED, (Reason.MARKER_IN_TITLE, Reason.LOG_IN))
    short = shown(page(f"<h1>Example Office</h1><h1>Login</h1>{FORM}<p>To read {TITLE}</p>"))
    assert short.result is UNRECOGNISED


def test_a_hidden_log_in_form_does_not_make_a_log_in_page():
    body = page(f"<h1>Road fuel</h1><div hidden>{FORM}</div>{MUCH}", title="Road fuel")
    assert shown(body).result is UNRECOGNISED


def test_a_release_page_that_shows_its_marker_in_the_text_only_next_to_a_log_in_form_is_live():
    body = page(f"{FORM}<h1>Road fuel prices</h1><p>Figures for June 2026.</p>{MUCH}", title="Road fuel prices")
    assert shown(body).result is LIVE
