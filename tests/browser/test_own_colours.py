"""In the colours of a person's own device: information in colour alone stays visible, by a line or an edge."""

import pytest

pytestmark = pytest.mark.django_db(transaction=True)


def line_of(page, kind):
    """Read by which line a day of the year planner is marked."""
    return page.locator(f"td{kind}").first.evaluate("cell => getComputedStyle(cell).outlineStyle")


def test_weekends_and_holidays_and_the_bars_of_charts_stay_to_be_seen(page, live_server, morning, sign_in):
    sign_in(morning.office.head)
    page.emulate_media(forced_colors="active")
    page.goto(f"{live_server}{morning.pages['the year planner']}")
    weekend, holiday = (line_of(page, f".office-wall__day--{kind}") for kind in ("weekend", "holiday"))
    working = line_of(page, ".office-wall__day:not(.office-wall__day--weekend):not(.office-wall__day--holiday)")
    assert len({weekend, holiday, working}) == 3
    page.goto(f"{live_server}{morning.pages['approving with an annex']}")
    bars = page.locator(".office-chart rect")
    ink = page.locator("main p").first.evaluate("text => getComputedStyle(text).color")
    assert bars.count() > 0
    assert {bar.evaluate("bar => getComputedStyle(bar).stroke") for bar in bars.all()} == {ink}
