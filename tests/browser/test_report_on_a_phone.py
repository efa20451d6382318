"""The report as it will be printed, read on the screen of a phone."""

import pytest

from tests.browser.barriers import SIZES

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    # pytest-playwright's own fixture `base_url`, of which pytest 9 disapproves
    pytest.mark.filterwarnings("ignore:Session-scoped fixtures defined as instance methods"),
]
LABEL = "Name and contact details of person dealing with report"


@pytest.mark.parametrize(("screen", "is_beside", "is_above"), [("wide", True, False), ("phone", False, True)])
def test_a_label_stands_next_to_its_answer_and_on_a_phone_above_it(
    page, live_server, morning, sign_in, screen, is_beside, is_above
):
    sign_in(morning.office.head)
    page.set_viewport_size(SIZES[screen])
    page.goto(f"{live_server}{morning.pages['check your answers']}")
    row = page.get_by_role("row", name=LABEL)
    label, answer = row.get_by_role("rowheader").bounding_box(), row.get_by_role("cell").bounding_box()
    assert (label["x"] + label["width"] <= answer["x"] + 1) == is_beside
    assert (label["y"] + label["height"] <= answer["y"] + 1) == is_above


@pytest.mark.parametrize("height", [500, 1600], ids=["higher than the window", "lower than the window"])
def test_beside_the_document_the_decision_stays_in_sight(page, live_server, morning, sign_in, height):
    sign_in(morning.office.head)
    page.set_viewport_size({"width": 1280, "height": height})
    page.goto(f"{live_server}{morning.pages['a report, with_hop']}")
    side = page.locator(".office-report__side")
    page.evaluate("document.querySelector('.office-report').style.minHeight = '6000px'")
    page.evaluate("scrollTo(0, 3000)")
    box = side.bounding_box()
    assert box["y"] == pytest.approx(min(0, height - box["height"]), abs=1)
