"""The text by which two checks are compared: what passes is left out, and what a publisher changes is not."""

import pytest

from tests.corpus.layouts import PROSE
from tests.support.release_pages import page, shown


def digest(extra, *, head=""):
    """Return the digest of a page with something in it."""
    return shown(page(f"<h1>Road fuel prices</h1>{extra}{PROSE}", head=head)).text_digest


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>Last refreshed 09:29:58</p>", "<p>Last refreshed 09:30:03</p>"),
        ("<p>Page generated on 14 July 2026 at 9:30</p>", "<p>Page generated on 15 July 2026 at 7:12</p>"),
        ("<p>It is now 9.29am</p>", "<p>It is now 9.30am</p>"),
        ("<p>Updated 3 minutes ago</p>", "<p>Updated just now</p>"),
        ("<p>Rendered in 0.034 seconds</p>", "<p>Rendered in 1.2 seconds</p>"),
        ("<p>You are visitor number 10,441</p>", "<p>You are visitor number 10,977</p>"),
        ("<p>23 people are viewing this page</p>", "<p>1 people are viewing this page</p>"),
        ("<p>This page has been viewed 1,204 times</p>", "<p>This page has been viewed 1,305 times</p>"),
        ("<p>Request ID: 8f3a-77b1-c2</p>", "<p>Request ID: 01ac-9d2e-44</p>"),
        ("<p>Ray ID: 7d2b41c09e8f2a31</p>", "<p>Ray ID: 0c1d2e3f4a5b6c7d</p>"),
        ("<p>6f9619ff-8b86-d011-b42d-00cf4fc964ff</p>", "<p>01234567-8b86-d011-b42d-00cf4fc964aa</p>"),
        ("<p>Released in 10 minutes 0 seconds</p>", "<p>Released in 4 minutes 55 seconds</p>"),
        ("<p>2 hours 5 minutes to go</p>", "<p>1 hour 59 minutes to go</p>"),
        ("<script nonce='a1'>t=1</script>", "<script nonce='b2'>t=2</script>"),
        ('<input type="hidden" name="csrf" value="x1">', '<input type="hidden" name="csrf" value="y2">'),
        ('<div class="cookie-banner">We use cookies.</div>', ""),
        ('<div id="onetrust-consent-sdk"><p>Your privacy</p></div>', ""),
        ("<aside><p>Most read: House sales</p></aside>", "<aside><p>Most read: Bus journeys</p></aside>"),
        ("<nav>Home</nav>", "<nav>Home News</nav>"),
        ("<p>Served by web03</p>", "<p>Served by web11</p>"),
    ],
)
def test_what_passes_makes_no_other_text(one, other):
    assert digest(one) == digest(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<p>142.3 pence</p>", "<p>142.4 pence</p>"),
        ("<p>Published 9 June 2026</p>", "<p>Published 14 July 2026</p>"),
        ("<p>Last updated 9 June 2026</p>", "<p>Last updated 14 July 2026</p>"),
        ("<p>May</p>", "<p>June</p>"),
        ("<p>Average wait: 3 hours 20 minutes</p>", "<p>Average wait: 3 hours 40 minutes</p>"),
        ("<p>Visits to museums: 1,204</p>", "<p>Visits to museums: 1,305</p>"),
        ("<p>1,204 visitors from abroad</p>", "<p>1,305 visitors from abroad</p>"),
        ("<p>road-fuel-prices-may-2026.ods</p>", "<p>road-fuel-prices-june-2026.ods</p>"),
        ("<table><tr><td>09:30:15</td></tr></table>", "<table><tr><td>09:30:16</td></tr></table>"),
        ("<p>Support line: 0300 123456</p>", "<p>Support line: 0300 654321</p>"),
        ("<p>Series K02000001</p>", "<p>Series K02000002</p>"),
        ('<div class="cookies"><article>12</article></div>', '<div class="cookies"><article>13</article></div>'),
    ],
)  # fmt: skip
def test_what_a_publisher_changes_makes_another_text(one, other):
    assert digest(one) != digest(other)


def test_a_page_with_nothing_but_a_frame_is_recognised_by_its_frame():
    one, other = (f"<html><body><nav>{text}</nav></body></html>".encode() for text in ("Home", "News"))
    assert shown(one).text_digest != shown(other).text_digest != ""
