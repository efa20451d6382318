import pytest

pytestmark = [pytest.mark.browser]
PAGES = [
    "a report, draft",
    "a report, with_hop",
    "section impact",
    "section circumstances",
    "the cause",
    "approving",
    "check your answers",
    "a report, approved",
    "dismissing",
]


def test_look(morning, sign_in, page, live_server):

    sign_in(morning.office.head)
    for w in (1280, 375):
        page.set_viewport_size({"width": w, "height": 900})
        for i, n in enumerate(PAGES):
            page.goto(f"{live_server}{morning.pages[n]}")
            page.screenshot(path=f"/tmp/rep-{w}-{i}.png", full_page=True)
